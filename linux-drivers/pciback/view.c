// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two layouts of a guest's PCI devices.
 *
 * flat: one bus, 0000:00, each slot of the machine one of its 32 slots, so that
 * the functions of one device stay together. A virtual function comes alone,
 * as function 0, because a guest need not look for others where there is none.
 *
 * real: the addresses of the machine, as passthrough=1 asks.
 *
 * Lists are their owner's to lock.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "view.h"

#define NR_SLOTS	32

static unsigned int slot_of(const struct pb_addr *a)
{
	return a->devfn >> 3;
}

static unsigned int func_of(const struct pb_addr *a)
{
	return a->devfn & 7;
}

/**
 * pb_view_find() - The device that a guest means.
 * @exports: the guest's devices
 * @virt:    address as the guest said it, any values
 *
 * Return: the entry, NULL if there is none.
 */
struct pb_export *pb_view_find(struct list_head *exports, const struct pb_addr *virt)
{
	struct pb_export *e;

	list_for_each_entry(e, exports, list)
		if (pb_addr_equal(&e->virt, virt))
			return e;
	return NULL;
}

/**
 * pb_view_find_real() - The entry of one of the machine's devices.
 * @exports: a guest's devices
 * @real:    address in the machine
 *
 * Return: the entry, NULL if there is none.
 */
struct pb_export *pb_view_find_real(struct list_head *exports, const struct pb_addr *real)
{
	struct pb_export *e;

	list_for_each_entry(e, exports, list)
		if (pb_addr_equal(&e->real, real))
			return e;
	return NULL;
}

static bool same_slot(const struct pb_addr *a, const struct pb_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && slot_of(a) == slot_of(b);
}

static struct pb_export *sibling(struct list_head *exports, const struct pb_export *export)
{
	struct pb_export *e;

	list_for_each_entry(e, exports, list)
		if (!e->virtfn && same_slot(&e->real, &export->real))
			return e;
	return NULL;
}

static int free_slot(struct list_head *exports)
{
	struct pb_export *e;
	u32 used = 0;

	list_for_each_entry(e, exports, list)
		used |= 1u << slot_of(&e->virt);
	return used == U32_MAX ? -ENOSPC : __builtin_ctz(~used);
}

static int flat_place(struct list_head *exports, struct pb_export *export)
{
	struct pb_export *e = export->virtfn ? NULL : sibling(exports, export);
	int slot = e ? slot_of(&e->virt) : free_slot(exports);

	if (slot < 0)
		return slot;
	export->virt.domain = 0;
	export->virt.bus = 0;
	export->virt.devfn = slot << 3 | (export->virtfn ? 0 : func_of(&export->real));
	return 0;
}

static bool flat_root(struct list_head *exports, const struct pb_export *export,
		      struct pb_addr *root)
{
	*root = (struct pb_addr){ 0 };
	return true;
}

static int real_place(struct list_head *exports, struct pb_export *export)
{
	export->virt = export->real;
	return 0;
}

static bool real_root(struct list_head *exports, const struct pb_export *export,
		      struct pb_addr *root)
{
	*root = (struct pb_addr){ .domain = export->real.domain, .bus = export->real.bus };
	return !pb_below_export(exports, export);
}

const struct pb_view pb_view_flat = { .place = flat_place, .root = flat_root };
const struct pb_view pb_view_real = { .place = real_place, .root = real_root };
