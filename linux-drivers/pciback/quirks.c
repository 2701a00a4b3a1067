// SPDX-License-Identifier: GPL-2.0-only
/* Registers of a device that somebody allows its guest by hand, through sysfs. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "config.h"

#define QUIRKS_MAX	256	/* of a device */

/**
 * pb_quirk_add() - Let the guest write a register.
 * @pb:   the device
 * @text: which one
 *
 * Context: process; takes pb->lock.
 * Return: 0; -EINVAL beyond the device's configuration space; -ENOSPC; -ENOMEM.
 */
int pb_quirk_add(struct pb_dev *pb, const struct pb_quirk_text *text)
{
	struct pb_quirk *q, *old;
	int count = 0;

	if (text->reg + text->size > pb->pdev->cfg_size)
		return -EINVAL;
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	q->field.offset = text->reg;
	q->field.size = text->size;
	q->field.rw = text->mask;

	mutex_lock(&pb->lock);
	list_for_each_entry(old, &pb->quirks, list)
		count++;
	if (count < QUIRKS_MAX)
		list_add_tail(&q->list, &pb->quirks);
	mutex_unlock(&pb->lock);
	if (count < QUIRKS_MAX)
		return 0;
	kfree(q);
	return -ENOSPC;
}

struct page_at {
	char *buf;
	int at;
};

static int show_field(struct pb_dev *pb, const struct pb_field *f, int where, void *arg)
{
	struct page_at *p = arg;

	p->at += sysfs_emit_at(p->buf, p->at, "\t\t%08x:%01x:%08x\n", where, f->size, f->rw);
	return 0;
}

/**
 * pb_quirks_show() - List all fields of a device.
 * @pb:  the device
 * @buf: a page of sysfs
 * @at:  bytes that it holds already
 *
 * Context: process; takes pb->lock.
 * Return: bytes added.
 */
int pb_quirks_show(struct pb_dev *pb, char *buf, int at)
{
	struct pci_dev *pdev = pb->pdev;
	struct page_at p = { .buf = buf, .at = at };

	p.at += sysfs_emit_at(buf, p.at, "%02x:%02x.%01x\n\t%04x:%04x:%04x:%04x\n",
			      pdev->bus->number, PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn),
			      pdev->vendor, pdev->device, pdev->subsystem_vendor,
			      pdev->subsystem_device);
	mutex_lock(&pb->lock);
	pb_config_each(pb, show_field, &p);
	mutex_unlock(&pb->lock);
	return p.at - at;
}

/**
 * pb_quirks_free() - Drop what was added.
 * @pb: the device, out of anybody's reach
 */
void pb_quirks_free(struct pb_dev *pb)
{
	struct pb_quirk *q, *next;

	list_for_each_entry_safe(q, next, &pb->quirks, list) {
		list_del(&q->list);
		kfree(q);
	}
}
