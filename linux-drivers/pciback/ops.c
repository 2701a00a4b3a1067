// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's requests on the shared page.
 *
 * There is one request at a time, and one is served for each event: a guest that
 * asks without cease gets the time of one thread, no more. The page may change
 * at any time, so a request is copied once and only the copy is looked at.
 *
 * ABI: xen/io/pciif.h.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <asm/barrier.h>
#include <asm/sync_bitops.h>

#include "pciback.h"

static_assert(sizeof(struct xen_pci_op) == 9 * 4 + SH_INFO_MAX_VEC * 4);
static_assert(offsetof(struct xen_pci_sharedinfo, aer_op) == 4 + sizeof(struct xen_pci_op));

union op_copy {
	u32 word[sizeof(struct xen_pci_op) / 4];
	struct xen_pci_op op;
};

static int conf_read(struct pb_dev *pb, struct xen_pci_op *op)
{
	return pb_config_read(pb, op->offset, op->size, &op->value);
}

static int conf_write(struct pb_dev *pb, struct xen_pci_op *op)
{
	return pb_config_write(pb, op->offset, op->size, op->value);
}

static int (*const handlers[])(struct pb_dev *pb, struct xen_pci_op *op) = {
	[XEN_PCI_OP_conf_read] = conf_read,
	[XEN_PCI_OP_conf_write] = conf_write,
	[XEN_PCI_OP_enable_msi] = pb_enable_msi,
	[XEN_PCI_OP_disable_msi] = pb_disable_msi,
	[XEN_PCI_OP_enable_msix] = pb_enable_msix,
	[XEN_PCI_OP_disable_msix] = pb_disable_msix,
};

static int serve(struct pb_guest *guest, struct xen_pci_op *op)
{
	struct pb_addr virt = { .domain = op->domain, .bus = op->bus, .devfn = op->devfn };
	struct pb_export *e = pb_view_find(&guest->exports, &virt);
	u32 cmd = op->cmd;
	int rc;

	if (!e)
		return XEN_PCI_ERR_dev_not_found;
	if (cmd >= ARRAY_SIZE(handlers))
		return XEN_PCI_ERR_not_implemented;
	cmd = array_index_nospec(cmd, ARRAY_SIZE(handlers));
	mutex_lock(&e->pb->lock);
	rc = handlers[cmd](e->pb, op);
	mutex_unlock(&e->pb->lock);
	return rc;
}

static void copy_in(const struct xen_pci_op *from, union op_copy *to)
{
	const u32 *word = (const u32 *)from;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(to->word); i++)
		to->word[i] = READ_ONCE(word[i]);
}

static void answer(struct xen_pci_op *to, const struct xen_pci_op *op)
{
	unsigned int i;

	for (i = 0; op->cmd == XEN_PCI_OP_enable_msix && !op->err && i < SH_INFO_MAX_VEC; i++)
		WRITE_ONCE(to->msix_entries[i].vector, op->msix_entries[i].vector);
	WRITE_ONCE(to->value, op->value);
	WRITE_ONCE(to->err, op->err);
}

static bool serve_request(struct pb_guest *guest)
{
	struct xen_pci_sharedinfo *shared = guest->shared;
	union op_copy copy;

	if (!(READ_ONCE(shared->flags) & XEN_PCIF_active))
		return false;
	virt_rmb();	/* the request, after the flag that says it is complete */
	copy_in(&shared->op, &copy);
	copy.op.err = serve(guest, &copy.op);
	answer(&shared->op, &copy.op);
	virt_wmb();	/* the flag says that the answer is complete */
	sync_clear_bit(_XEN_PCIF_active, (unsigned long *)&shared->flags);
	xenbus_be_event_notify(&guest->event);
	return true;
}

/**
 * pb_event() - The guest rang.
 * @data: struct pb_guest
 *
 * Context: the event's own thread.
 * Return: there was something to do.
 */
bool pb_event(void *data)
{
	struct pb_guest *guest = data;
	bool worked = false;

	mutex_lock(&guest->lock);
	if (guest->shared) {
		worked = pb_aer_answered(guest);
		worked |= serve_request(guest);
	}
	mutex_unlock(&guest->lock);
	return worked;
}
