// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's access to configuration space, taken apart by the tables' fields.
 *
 * Nothing is believed: offset and size are any numbers. Callers hold pb->lock.
 *
 * ABI: xen/io/pciif.h, XEN_PCI_OP_conf_read and _write, XEN_PCI_ERR_*.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <xen/interface/io/pciif.h>

#include "config.h"

const struct pb_region pb_regions[PB_NR_REGIONS] = {
	{ .hdr = -1, .fields = pb_header_common },
	{ .hdr = PCI_HEADER_TYPE_NORMAL, .fields = pb_header_normal },
	{ .cap = PCI_CAP_ID_PM, .fields = pb_cap_pm },
	{ .cap = PCI_CAP_ID_VPD, .fields = pb_cap_vpd },
	{ .cap = PCI_CAP_ID_MSI, .fields = pb_cap_msi },
	{ .cap = PCI_CAP_ID_MSIX, .fields = pb_cap_msix },
	{ .cap = PCI_CAP_ID_EXP, .fields = pb_cap_exp },
};

/* Of a bridge, in place of the second. */
static const struct pb_region bridge_region = {
	.hdr = PCI_HEADER_TYPE_BRIDGE, .fields = pb_header_bridge,
};

static const struct pb_region *region_of(const struct pb_dev *pb, int i)
{
	const struct pb_region *r = &pb_regions[i];
	bool bridge = pb->pdev->hdr_type == PCI_HEADER_TYPE_BRIDGE;

	return bridge && !r->cap && r->hdr == PCI_HEADER_TYPE_NORMAL ? &bridge_region : r;
}

/**
 * pb_is_permissive() - May the guest write every register?
 * @pb: the device
 */
bool pb_is_permissive(const struct pb_dev *pb)
{
	return READ_ONCE(pb_permissive) || READ_ONCE(pb->permissive);
}

/**
 * pb_hw_read() - Read the device's own configuration space.
 * @pb:    the device
 * @where: offset, a multiple of @size and below pdev->cfg_size
 * @size:  1, 2 or 4
 *
 * Return: the value; all ones if the device does not answer.
 */
u32 pb_hw_read(struct pb_dev *pb, int where, int size)
{
	u32 val = U32_MAX;
	u16 word = 0xffff;
	u8 byte = 0xff;

	switch (size) {
	case 1:
		pci_read_config_byte(pb->pdev, where, &byte);
		return byte;
	case 2:
		pci_read_config_word(pb->pdev, where, &word);
		return word;
	default:
		pci_read_config_dword(pb->pdev, where, &val);
		return val;
	}
}

/**
 * pb_hw_write() - Write the device's own configuration space.
 * @pb:    the device
 * @where: as for pb_hw_read()
 * @size:  1, 2 or 4
 * @val:   the value
 *
 * Return: 0; XEN_PCI_ERR_op_failed.
 */
int pb_hw_write(struct pb_dev *pb, int where, int size, u32 val)
{
	int rc;

	switch (size) {
	case 1:
		rc = pci_write_config_byte(pb->pdev, where, val);
		break;
	case 2:
		rc = pci_write_config_word(pb->pdev, where, val);
		break;
	default:
		rc = pci_write_config_dword(pb->pdev, where, val);
		break;
	}
	return rc ? XEN_PCI_ERR_op_failed : XEN_PCI_ERR_success;
}

static u32 bytes_mask(int size)
{
	return U32_MAX >> (32 - 8 * size);
}

/* Shift a value that begins at @from to where @to begins; what falls off is gone. */
static u32 shifted(u32 val, int from, int to)
{
	int bits = 8 * (from - to);

	if (bits <= -32 || bits >= 32)
		return 0;
	return bits < 0 ? val >> -bits : val << bits;
}

static u32 field_read(struct pb_dev *pb, const struct pb_field *f, int where)
{
	u32 hw = pb_hw_read(pb, where, f->size);

	return (f->read ? f->read(pb, where, hw) : hw & ~f->hide) & bytes_mask(f->size);
}

/* @mask: the bits of @val that the guest wrote; the others keep their value. */
static int field_write(struct pb_dev *pb, const struct pb_field *f, int where, u32 val, u32 mask)
{
	/* What the guest reads is not the hardware's if there is a hook: no way in either. */
	u32 rw = pb_is_permissive(pb) && !f->read ? ~f->rw1c : f->rw;
	u32 hw, next;

	if (f->write) {
		if (mask != bytes_mask(f->size))
			val = (field_read(pb, f, where) & ~mask) | (val & mask);
		return f->write(pb, where, val);
	}
	if (!((rw | f->rw1c) & mask))
		return XEN_PCI_ERR_success;
	hw = pb_hw_read(pb, where, f->size);
	next = (hw & ~(rw & mask) & ~f->rw1c) | (val & mask & (rw | f->rw1c));
	return pb_hw_write(pb, where, f->size, next);
}

/**
 * pb_config_each() - Call a function for each field that the device has.
 * @pb:  the device
 * @fn:  told the field, its offset in configuration space and @arg; a value other than
 *       0 ends the walk
 * @arg: for @fn
 *
 * Context: pb->lock held.
 * Return: 0, or what ended the walk.
 */
int pb_config_each(struct pb_dev *pb,
		   int (*fn)(struct pb_dev *pb, const struct pb_field *f, int where, void *arg),
		   void *arg)
{
	const struct pb_field *f;
	struct pb_quirk *q;
	int i, where, rc;

	for (i = 0; i < PB_NR_REGIONS; i++) {
		if (pb->base[i] < 0)
			continue;
		for (f = region_of(pb, i)->fields; f->size; f++) {
			where = pb->base[i] + f->offset;
			/* A list that runs out of its space is the device's fault. */
			rc = where + f->size <= PCI_CFG_SPACE_SIZE ? fn(pb, f, where, arg) : 0;
			if (rc)
				return rc;
		}
	}
	list_for_each_entry(q, &pb->quirks, list) {
		rc = fn(pb, &q->field, q->field.offset, arg);
		if (rc)
			return rc;
	}
	return 0;
}

/* An access on its way through the fields. */
struct access {
	int offset;
	int size;
	u32 val;
	u32 done;	/* bits that some field took care of */
};

static bool touches(const struct access *a, const struct pb_field *f, int where)
{
	return where < a->offset + a->size && a->offset < where + f->size;
}

static u32 overlap(const struct access *a, const struct pb_field *f, int where)
{
	return shifted(bytes_mask(f->size), where, a->offset) & bytes_mask(a->size);
}

static int read_one(struct pb_dev *pb, const struct pb_field *f, int where, void *arg)
{
	struct access *a = arg;
	u32 mask;

	if (!touches(a, f, where))
		return 0;
	mask = overlap(a, f, where);
	a->val = (a->val & ~mask) | (shifted(field_read(pb, f, where), where, a->offset) & mask);
	return 0;
}

static int write_one(struct pb_dev *pb, const struct pb_field *f, int where, void *arg)
{
	struct access *a = arg;

	if (!touches(a, f, where))
		return 0;
	a->done |= overlap(a, f, where);
	return field_write(pb, f, where, shifted(a->val, a->offset, where),
			   shifted(bytes_mask(a->size), a->offset, where) & bytes_mask(f->size));
}

static bool valid(const struct pb_dev *pb, int offset, int size)
{
	return (size == 1 || size == 2 || size == 4) && offset >= 0 && offset % size == 0 &&
	       offset < pb->pdev->cfg_size;
}

/**
 * pb_config_read() - Read as the guest.
 * @pb:     the device
 * @offset: any
 * @size:   any
 * @val:    the value, 0 on error
 *
 * Context: process; pb->lock held.
 * Return: 0; XEN_PCI_ERR_invalid_offset.
 */
int pb_config_read(struct pb_dev *pb, int offset, int size, u32 *val)
{
	struct access a = { .offset = offset, .size = size };

	*val = 0;
	if (!valid(pb, offset, size))
		return XEN_PCI_ERR_invalid_offset;
	a.val = pb_hw_read(pb, offset, size);
	pb_config_each(pb, read_one, &a);
	*val = a.val;
	return XEN_PCI_ERR_success;
}

static void complain(struct pb_dev *pb, int offset, int size)
{
	if (pb->complained)
		return;
	pb->complained = true;
	dev_info_ratelimited(&pb->pdev->dev,
			     "the guest may not write configuration register %#x (%d bytes); if its driver fails, allow this one by \"echo %s-%x:%x:0 > /sys/bus/pci/drivers/pciback/quirks\" or all by permissive=1 in the guest's pci= line; further ones are not logged\n",
			     offset, size, pci_name(pb->pdev), offset, size);
}

/* Byte by byte, where fields took part of the access. */
static int write_rest(struct pb_dev *pb, const struct access *a)
{
	int i, rc = 0;

	if (!a->done)
		return pb_hw_write(pb, a->offset, a->size, a->val);
	for (i = 0; !rc && i < a->size; i++)
		if (!(a->done >> 8 * i & 0xff))
			rc = pb_hw_write(pb, a->offset + i, 1, a->val >> 8 * i & 0xff);
	return rc;
}

/**
 * pb_config_write() - Write as the guest.
 * @pb:     the device
 * @offset: any
 * @size:   any
 * @val:    any; bits beyond @size are ignored
 *
 * What no field allows is dropped without an error, as drivers expect of
 * read-only registers, and logged once.
 *
 * Context: process, may sleep; pb->lock held.
 * Return: 0; XEN_PCI_ERR_invalid_offset; XEN_PCI_ERR_access_denied;
 * XEN_PCI_ERR_op_failed if the device or the kernel refused.
 */
int pb_config_write(struct pb_dev *pb, int offset, int size, u32 val)
{
	struct access a = { .offset = offset, .size = size };
	int rc;

	if (!valid(pb, offset, size))
		return XEN_PCI_ERR_invalid_offset;
	a.val = val & bytes_mask(size);
	rc = pb_config_each(pb, write_one, &a);
	if (rc || a.done == bytes_mask(size))
		return rc;
	if (pb_is_permissive(pb))
		return write_rest(pb, &a);
	if (!a.done)
		complain(pb, offset, size);
	return XEN_PCI_ERR_success;
}

/**
 * pb_config_init() - Find out which fields a device has.
 * @pb: new, @pdev set
 *
 * Context: process.
 */
void pb_config_init(struct pb_dev *pb)
{
	int i, at;

	INIT_LIST_HEAD(&pb->quirks);
	for (i = 0; i < PB_NR_REGIONS; i++) {
		at = pb_regions[i].cap ? pci_find_capability(pb->pdev, pb_regions[i].cap) : 0;
		pb->base[i] = pb_regions[i].cap && !at ? -1 : at;
	}
	pb_config_reset(pb);
}

/**
 * pb_config_reset() - Forget what the last guest wrote into registers that are not the hardware's.
 * @pb: the device
 */
void pb_config_reset(struct pb_dev *pb)
{
	pb->cmd = pb_decode_bits(pb->pdev);
	pb->turned_on = false;
	pb->sizing = 0;
	pb->complained = false;
}

/**
 * pb_config_free() - Undo pb_config_init().
 * @pb: the device
 */
void pb_config_free(struct pb_dev *pb)
{
	pb_quirks_free(pb);
}
