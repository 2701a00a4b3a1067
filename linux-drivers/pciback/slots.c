// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses that this driver takes when the bus offers it a device: from
 * hide= and from the nodes new_slot and remove_slot.
 *
 * slots_lock guards the list; it is the innermost lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "slots.h"

#define NR_DEVFN	256

/* The wanted functions of one bus. */
struct slot_bus {
	struct list_head list;
	unsigned int domain;
	unsigned int bus;
	DECLARE_BITMAP(wanted, NR_DEVFN);
};

static LIST_HEAD(buses);
static DEFINE_MUTEX(slots_lock);

static struct slot_bus *find_bus(unsigned int domain, unsigned int bus)
{
	struct slot_bus *b;

	list_for_each_entry(b, &buses, list)
		if (b->domain == domain && b->bus == bus)
			return b;
	return NULL;
}

static struct slot_bus *make_bus(unsigned int domain, unsigned int bus)
{
	struct slot_bus *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return NULL;
	b->domain = domain;
	b->bus = bus;
	list_add_tail(&b->list, &buses);
	return b;
}

static bool covers(const struct pb_pattern *p, unsigned int devfn)
{
	return (p->slot == PB_ANY || p->slot == devfn >> 3) &&
	       (p->func == PB_ANY || p->func == (devfn & 7));
}

/**
 * pb_slots_add() - Want devices from now on.
 * @p: their addresses
 *
 * Context: process.
 * Return: 0; -ENOMEM.
 */
int pb_slots_add(const struct pb_pattern *p)
{
	struct slot_bus *b;
	unsigned int devfn;

	mutex_lock(&slots_lock);
	b = find_bus(p->domain, p->bus);
	if (!b)
		b = make_bus(p->domain, p->bus);
	for (devfn = 0; b && devfn < NR_DEVFN; devfn++)
		if (covers(p, devfn))
			__set_bit(devfn, b->wanted);
	mutex_unlock(&slots_lock);
	return b ? 0 : -ENOMEM;
}

/**
 * pb_slots_remove() - No longer want devices; those that are bound stay.
 * @p: their addresses
 *
 * Context: process.
 * Return: 0; -ENOENT if none of them was wanted.
 */
int pb_slots_remove(const struct pb_pattern *p)
{
	struct slot_bus *b;
	unsigned int devfn;
	int rc = -ENOENT;

	mutex_lock(&slots_lock);
	b = find_bus(p->domain, p->bus);
	for (devfn = 0; b && devfn < NR_DEVFN; devfn++)
		if (covers(p, devfn) && __test_and_clear_bit(devfn, b->wanted))
			rc = 0;
	if (b && bitmap_empty(b->wanted, NR_DEVFN)) {
		list_del(&b->list);
		kfree(b);
	}
	mutex_unlock(&slots_lock);
	return rc;
}

/**
 * pb_slots_want() - Is this address wanted?
 * @addr: a function
 *
 * Context: process.
 */
bool pb_slots_want(const struct pb_addr *addr)
{
	struct slot_bus *b;
	bool wanted;

	mutex_lock(&slots_lock);
	b = find_bus(addr->domain, addr->bus);
	wanted = b && test_bit(addr->devfn, b->wanted);
	mutex_unlock(&slots_lock);
	return wanted;
}

/**
 * pb_slots_show() - List what is wanted, as libxl reads it: an address a line.
 * @buf: a page of sysfs
 *
 * Context: process.
 * Return: bytes written; what does not fit in the page is left out.
 */
int pb_slots_show(char *buf)
{
	struct slot_bus *b;
	unsigned int devfn;
	int at = 0;

	mutex_lock(&slots_lock);
	list_for_each_entry(b, &buses, list)
		for_each_set_bit(devfn, b->wanted, NR_DEVFN)
			at += sysfs_emit_at(buf, at, "%04x:%02x:%02x.%x\n", b->domain, b->bus,
					    devfn >> 3, devfn & 7);
	mutex_unlock(&slots_lock);
	return at;
}

/**
 * pb_slots_hide() - Want the devices that hide= names.
 * @list: "(ADDRESS)(ADDRESS)...", blanks between them ignored
 *
 * An entry that cannot be read is named in the log and passed over.
 *
 * Context: process.
 * Return: number of entries passed over; -ENOMEM.
 */
int pb_slots_hide(const char *list)
{
	struct pb_pattern p;
	const char *entry;
	int found, bad = 0;

	for (;;) {
		entry = list;
		found = pb_parse_hidden(&list, &p);
		if (!found)
			return bad;
		if (found > 0) {
			if (pb_slots_add(&p))
				return -ENOMEM;
			continue;
		}
		bad++;
		pr_err("hide: \"%.*s\" is passed over: an entry is (0000:03:00.0), (03:00.0), (03:00.*) or (03:*.*), in hexadecimal as \"lspci -D\" prints it\n",
		       (int)min_t(size_t, list - entry, 40), entry);
	}
}

/**
 * pb_slots_clear() - Forget all of them.
 *
 * Context: process.
 */
void pb_slots_clear(void)
{
	struct slot_bus *b, *next;

	mutex_lock(&slots_lock);
	list_for_each_entry_safe(b, next, &buses, list) {
		list_del(&b->list);
		kfree(b);
	}
	mutex_unlock(&slots_lock);
}
