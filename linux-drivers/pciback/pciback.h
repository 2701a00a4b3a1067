/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of pciback share.
 *
 * A device belongs to this driver from seize.c's probe to its remove. In between
 * it may be exported to one guest, whose side is a struct pb_guest.
 *
 * Locks, outermost first: be->lock of the shared layer (xenbus.c's hooks),
 * device_lock() of the PCI device (exporting, taking back, binding, AER),
 * pb_guest.lock (the guest's list, its page, requests under way) or pb_devs_lock
 * (list of all devices), pb_dev.lock (configuration space).
 */
#ifndef HOSPES_PCIBACK_H
#define HOSPES_PCIBACK_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/wait.h>
#include <xen/interface/io/pciif.h>

#include "../xenbus/xenbus_be.h"
#include "config.h"
#include "view.h"

#define PB_ROOTS_MAX	64

/**
 * struct pb_guest - A guest's side, one for each backend device.
 * @ref:      one for the backend device, one for each of @exports
 * @domid:    the guest
 * @be:       the shared layer's part, there as long as there is any of @exports
 * @view:     how @exports are laid out
 * @roots:    buses published to the guest, under be->lock
 * @nr_roots: how many
 * @lock:     guards all below, and the use of any device in @exports
 * @exports:  struct pb_export, also changed under the device's device_lock() only
 * @shared:   the page shared with the guest, NULL while not connected
 * @event:    its event channel
 * @aer_wait: where aer.c waits for the guest's answer
 * @aer_busy: a question is with the guest
 * @aer_says: its answer, negative if it gave none
 */
struct pb_guest {
	struct kref ref;
	domid_t domid;
	struct xenbus_be *be;
	const struct pb_view *view;
	struct pb_addr roots[PB_ROOTS_MAX];
	unsigned int nr_roots;
	struct mutex lock;
	struct list_head exports;
	struct xen_pci_sharedinfo *shared;
	struct xenbus_be_event event;
	wait_queue_head_t aer_wait;
	bool aer_busy;
	int aer_says;
};

/* main.c */
extern bool pb_passthrough;

/* seize.c */
extern struct pci_driver pb_pci_driver;
extern struct list_head pb_devs;
extern struct mutex pb_devs_lock;
struct pb_dev *pb_of(struct pci_dev *pdev);
struct pb_addr pb_addr_of(const struct pci_dev *pdev);
void pb_reset(struct pb_dev *pb);
void pb_after_slot_reset(struct pb_dev *pb);
void pb_quiesce(struct pb_dev *pb);
void pb_idle(struct pb_dev *pb);
void pb_report_hidden(const char *list);

/* virtfn.c */
extern struct notifier_block pb_bus_notifier;

/* sysfs.c */
extern const struct attribute_group *pb_driver_groups[];

/* assign.c */
int pb_assign(struct pb_guest *guest, const struct pb_addr *addr, struct pb_addr *virt);
void pb_take_back(struct pb_guest *guest, const struct pb_addr *addr);
void pb_take_back_all(struct pb_guest *guest);
void pb_release_locked(struct pb_dev *pb);
void pb_guest_put(struct pb_guest *guest);

/* ops.c */
bool pb_event(void *data);

/* intr.c */
void pb_interrupts_off(struct pb_dev *pb);
int pb_enable_msi(struct pb_dev *pb, struct xen_pci_op *op);
int pb_disable_msi(struct pb_dev *pb, struct xen_pci_op *op);
int pb_enable_msix(struct pb_dev *pb, struct xen_pci_op *op);
int pb_disable_msix(struct pb_dev *pb, struct xen_pci_op *op);

/* aer.c */
extern const struct pci_error_handlers pb_error_handlers;
bool pb_aer_answered(struct pb_guest *guest);
void pb_aer_give_up(struct pb_guest *guest);

/* xenbus.c */
extern struct xenbus_be_driver pb_be_driver;

#endif
