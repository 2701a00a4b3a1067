// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that a PCI Express device reports (AER): the guest's driver is asked
 * for each step of the recovery, by a request of ours on the shared page.
 *
 * The kernel calls these with device_lock() held, so the device cannot be taken
 * from the guest meanwhile. guest->lock is not held while we wait, because the
 * guest's driver reads and writes configuration space before it answers.
 *
 * A guest that cannot help, does not answer or answers nonsense finds the device
 * stopped; the recovery goes on for the others below the same port.
 *
 * ABI: xen/io/pciif.h, struct xen_pcie_aer_op; err is the channel's state in the
 * request and enum pci_ers_result in the answer.
 */
#include <linux/pci.h>
#include <linux/wait.h>
#include <asm/barrier.h>
#include <asm/sync_bitops.h>

#include "pciback.h"

#define AER_WAIT	(30 * HZ)

/**
 * pb_aer_answered() - Look whether the guest has answered.
 * @guest: connected, guest->lock held
 *
 * Return: it has, just now.
 */
bool pb_aer_answered(struct pb_guest *guest)
{
	if (!guest->aer_busy || (READ_ONCE(guest->shared->flags) & XEN_PCIB_active))
		return false;
	virt_rmb();	/* the answer, after the flag that says it is complete */
	guest->aer_says = READ_ONCE(guest->shared->aer_op.err);
	WRITE_ONCE(guest->aer_busy, false);
	wake_up(&guest->aer_wait);
	return true;
}

/**
 * pb_aer_give_up() - There will be no answer.
 * @guest: guest->lock held
 */
void pb_aer_give_up(struct pb_guest *guest)
{
	if (!guest->aer_busy)
		return;
	guest->aer_says = -1;
	WRITE_ONCE(guest->aer_busy, false);
	wake_up(&guest->aer_wait);
}

static bool put_question(struct pb_guest *guest, struct pb_dev *pb, u32 cmd, int state)
{
	struct xen_pci_sharedinfo *shared = guest->shared;
	struct pb_addr real = pb_addr_of(pb->pdev);
	struct pb_export *e = pb_view_find_real(&guest->exports, &real);

	if (!shared || !e || guest->aer_busy || !(READ_ONCE(shared->flags) & XEN_PCIB_AERHANDLER))
		return false;
	WRITE_ONCE(shared->aer_op.cmd, cmd);
	WRITE_ONCE(shared->aer_op.err, state);
	WRITE_ONCE(shared->aer_op.domain, e->virt.domain);
	WRITE_ONCE(shared->aer_op.bus, e->virt.bus);
	WRITE_ONCE(shared->aer_op.devfn, e->virt.devfn);
	guest->aer_busy = true;
	virt_wmb();	/* the flag says that the question is complete */
	sync_set_bit(_XEN_PCIB_active, (unsigned long *)&shared->flags);
	xenbus_be_event_notify(&guest->event);
	return true;
}

static int wait_for_answer(struct pb_guest *guest)
{
	int says;

	wait_event_timeout(guest->aer_wait, !READ_ONCE(guest->aer_busy), AER_WAIT);
	mutex_lock(&guest->lock);
	if (guest->aer_busy && guest->shared)
		sync_clear_bit(_XEN_PCIB_active, (unsigned long *)&guest->shared->flags);
	pb_aer_give_up(guest);
	says = guest->aer_says;
	mutex_unlock(&guest->lock);
	return says;
}

static bool usable(int says)
{
	return says == (__force int)PCI_ERS_RESULT_CAN_RECOVER ||
	       says == (__force int)PCI_ERS_RESULT_NEED_RESET ||
	       says == (__force int)PCI_ERS_RESULT_RECOVERED;
}

static void lose(struct pb_guest *guest, struct pb_dev *pb)
{
	pci_err(pb->pdev, "reported an error that domain %d does not handle; it has no interrupts and no DMA until its driver is loaded anew\n",
		guest->domid);
	pb_quiesce(pb);
	xenbus_printf(XBT_NIL, guest->be->dev->nodename, "aerState", "aerfail");
}

/* @alone: the answer when nobody has the device, or nobody who helps */
static pci_ers_result_t ask(struct pci_dev *pdev, u32 cmd, int state, pci_ers_result_t alone)
{
	struct pb_dev *pb = pb_of(pdev);
	struct pb_guest *guest = pb ? pb->guest : NULL;
	bool asked;
	int says;

	if (!guest)
		return alone;
	mutex_lock(&guest->lock);
	asked = put_question(guest, pb, cmd, state);
	mutex_unlock(&guest->lock);
	says = asked ? wait_for_answer(guest) : -1;
	if (usable(says))
		return (__force pci_ers_result_t)says;
	if (cmd != XEN_PCI_OP_aer_resume)
		lose(guest, pb);
	return alone;
}

static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	return ask(pdev, XEN_PCI_OP_aer_detected, (__force int)state,
		   state == pci_channel_io_normal ? PCI_ERS_RESULT_CAN_RECOVER :
						    PCI_ERS_RESULT_NEED_RESET);
}

static pci_ers_result_t mmio_enabled(struct pci_dev *pdev)
{
	return ask(pdev, XEN_PCI_OP_aer_mmio, (__force int)pci_channel_io_normal,
		   PCI_ERS_RESULT_RECOVERED);
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	struct pb_dev *pb = pb_of(pdev);

	if (pb)
		pb_after_slot_reset(pb);
	return ask(pdev, XEN_PCI_OP_aer_slotreset, (__force int)pci_channel_io_normal,
		   PCI_ERS_RESULT_RECOVERED);
}

static void resume(struct pci_dev *pdev)
{
	ask(pdev, XEN_PCI_OP_aer_resume, (__force int)pci_channel_io_normal,
	    PCI_ERS_RESULT_RECOVERED);
}

const struct pci_error_handlers pb_error_handlers = {
	.error_detected = error_detected,
	.mmio_enabled = mmio_enabled,
	.slot_reset = slot_reset,
	.resume = resume,
};
