// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a guest's device: MSI and MSI-X on its request, and the handler
 * that keeps a shared INTx line alive in this domain.
 *
 * An INTx line that this domain shares with the guest's device raises interrupts
 * that no driver here knows; after many of them the kernel turns the line off.
 * So there is a handler that says they are known.
 *
 * All callers hold pb->lock.
 * ABI: xen/io/pciif.h, XEN_PCI_OP_enable_msi and following.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <xen/events.h>

#include "pciback.h"

#define ASK_EVERY	1000	/* interrupts, whether the line is shared at all */

static irqreturn_t not_ours(int irq, void *data)
{
	struct pb_dev *pb = data;

	if (!READ_ONCE(pb->isr_on) || !READ_ONCE(pb->ack))
		return IRQ_NONE;
	if (++pb->handled % ASK_EVERY == 0 && xen_test_irq_shared(irq)) {
		pci_info(pb->pdev, "its interrupt line %d is shared with no other domain; no longer listened to\n",
			 irq);
		WRITE_ONCE(pb->ack, false);
	}
	return IRQ_HANDLED;
}

static void listen(struct pb_dev *pb)
{
	u8 pin = 0;
	int rc;

	pci_read_config_byte(pb->pdev, PCI_INTERRUPT_PIN, &pin);
	if (pb->listening || !pin || !pb->gsi)
		return;
	rc = request_irq(pb->gsi, not_ours, IRQF_SHARED, pb->irq_name, pb);
	if (rc) {
		dev_warn_ratelimited(&pb->pdev->dev,
				     "interrupt line %u cannot be listened to: error %d; drivers of this domain on it may fail\n",
				     pb->gsi, rc);
		return;
	}
	pb->listening = true;
	WRITE_ONCE(pb->isr_on, true);
	WRITE_ONCE(pb->ack, true);
}

/**
 * pb_intx_update() - The guest turns its device on or off.
 * @pb:     the device
 * @wanted: INTx may be raised
 */
void pb_intx_update(struct pb_dev *pb, bool wanted)
{
	if (pb->pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return;
	if (wanted) {
		listen(pb);
		return;
	}
	WRITE_ONCE(pb->isr_on, false);
	WRITE_ONCE(pb->ack, false);
	if (pb->listening)
		free_irq(pb->gsi, pb);
	pb->listening = false;
}

/**
 * pb_interrupts_off() - No interrupts of any kind from now on.
 * @pb: the device
 */
void pb_interrupts_off(struct pb_dev *pb)
{
	pb_intx_update(pb, false);
	if (pb->pdev->msix_enabled)
		pci_disable_msix(pb->pdev);
	if (pb->pdev->msi_enabled)
		pci_disable_msi(pb->pdev);
}

static u32 pirq_of(unsigned int irq)
{
	return irq ? xen_pirq_from_irq(irq) : 0;
}

static int complain(struct pb_dev *pb, const char *what, int rc)
{
	dev_warn_ratelimited(&pb->pdev->dev, "%s for the guest: error %d\n", what, rc);
	return XEN_PCI_ERR_op_failed;
}

/**
 * pb_enable_msi() - Serve XEN_PCI_OP_enable_msi.
 * @pb: the device
 * @op: private copy; @value is set to the guest's interrupt, 0 on error
 *
 * Return: XEN_PCI_ERR_*.
 */
int pb_enable_msi(struct pb_dev *pb, struct xen_pci_op *op)
{
	struct pci_dev *pdev = pb->pdev;
	int rc;

	op->value = 0;
	if (pdev->msi_enabled || pdev->msix_enabled)
		return XEN_PCI_ERR_op_failed;
	rc = pci_enable_msi(pdev);
	if (rc)
		return complain(pb, "MSI cannot be enabled", rc);
	WRITE_ONCE(pb->ack, false);
	op->value = pirq_of(pdev->irq);
	return XEN_PCI_ERR_success;
}

/**
 * pb_disable_msi() - Serve XEN_PCI_OP_disable_msi.
 * @pb: the device
 * @op: private copy; @value is set to the interrupt of INTx
 *
 * Return: XEN_PCI_ERR_success.
 */
int pb_disable_msi(struct pb_dev *pb, struct xen_pci_op *op)
{
	if (pb->pdev->msi_enabled) {
		pci_disable_msi(pb->pdev);
		WRITE_ONCE(pb->ack, pb->listening);
	}
	op->value = pirq_of(pb->pdev->irq);
	return XEN_PCI_ERR_success;
}

static int check_entries(const struct xen_pci_op *op, int vectors)
{
	u32 i, j;

	if (!op->value || op->value > SH_INFO_MAX_VEC || vectors < 0 || op->value > vectors)
		return -EINVAL;
	for (i = 0; i < op->value; i++) {
		if (op->msix_entries[i].entry >= vectors)
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (op->msix_entries[j].entry == op->msix_entries[i].entry)
				return -EINVAL;
	}
	return 0;
}

static int enable_entries(struct pci_dev *pdev, struct xen_pci_op *op)
{
	struct msix_entry *entries = kcalloc(op->value, sizeof(*entries), GFP_KERNEL);
	u32 i;
	int rc;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < op->value; i++)
		entries[i].entry = op->msix_entries[i].entry;
	rc = pci_enable_msix_exact(pdev, entries, op->value);
	for (i = 0; !rc && i < op->value; i++)
		op->msix_entries[i].vector = pirq_of(entries[i].vector);
	kfree(entries);
	return rc;
}

/**
 * pb_enable_msix() - Serve XEN_PCI_OP_enable_msix.
 * @pb: the device
 * @op: private copy; @value entries of @msix_entries name table entries and are
 *      given their interrupts; @value is then 0
 *
 * Return: XEN_PCI_ERR_*.
 */
int pb_enable_msix(struct pb_dev *pb, struct xen_pci_op *op)
{
	struct pci_dev *pdev = pb->pdev;
	int rc;

	/* With MSI-X on the kernel reads the table, which lies in memory of the device. */
	if (pdev->msi_enabled || pdev->msix_enabled || !pb_decodes_memory(pb))
		return XEN_PCI_ERR_op_failed;
	rc = check_entries(op, pci_msix_vec_count(pdev));
	if (rc)
		return complain(pb, "MSI-X request has impossible entries", rc);
	rc = enable_entries(pdev, op);
	if (rc)
		return complain(pb, "MSI-X cannot be enabled", rc);
	WRITE_ONCE(pb->ack, false);
	op->value = 0;
	return XEN_PCI_ERR_success;
}

/**
 * pb_disable_msix() - Serve XEN_PCI_OP_disable_msix.
 * @pb: the device
 * @op: private copy; @value is set to the interrupt of INTx
 *
 * Return: XEN_PCI_ERR_success.
 */
int pb_disable_msix(struct pb_dev *pb, struct xen_pci_op *op)
{
	if (pb->pdev->msix_enabled) {
		pci_disable_msix(pb->pdev);
		WRITE_ONCE(pb->ack, pb->listening);
	}
	op->value = pirq_of(pb->pdev->irq);
	return XEN_PCI_ERR_success;
}
