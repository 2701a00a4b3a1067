// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handing devices to guests and taking them back.
 *
 * While a guest has a device, the kernel knows that (device domain owner), so
 * that MSI is set up for that domain and not for this one.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <xen/pci.h>

#include "pciback.h"

/**
 * pb_below_export() - Does the guest have a bridge above this device?
 * @exports: the guest's devices, locked
 * @export:  one of them
 */
bool pb_below_export(struct list_head *exports, const struct pb_export *export)
{
	struct pci_dev *up = export->pb->pdev;
	struct pb_addr addr;

	while ((up = pci_upstream_bridge(up))) {
		addr = pb_addr_of(up);
		if (pb_view_find_real(exports, &addr))
			return true;
	}
	return false;
}

static void set_owner(struct pci_dev *pdev, domid_t domid)
{
	if (!xen_register_device_domain_owner(pdev, domid))
		return;
	/* Somebody else's record of a guest that is gone: the toolstack's word counts. */
	xen_unregister_device_domain_owner(pdev);
	xen_register_device_domain_owner(pdev, domid);
}

static int hand_over(struct pb_guest *guest, struct pb_dev *pb, struct pb_export *e)
{
	struct pci_dev *pdev = pb->pdev;
	int rc;

	e->pb = pb;
	e->real = pb_addr_of(pdev);
	e->virtfn = pdev->is_virtfn;
	mutex_lock(&guest->lock);
	rc = guest->view->place(&guest->exports, e);
	mutex_unlock(&guest->lock);
	if (rc)
		return rc;
	rc = pci_enable_device(pdev);
	if (rc)
		return rc;
	pb->gsi = pdev->irq;
	pb_config_reset(pb);
	set_owner(pdev, guest->domid);
	pci_set_dev_assigned(pdev);
	pb->guest = guest;
	kref_get(&guest->ref);

	mutex_lock(&guest->lock);
	list_add_tail(&e->list, &guest->exports);
	mutex_unlock(&guest->lock);
	pci_info(pdev, "given to domain %d\n", guest->domid);
	return 0;
}

static int assign_locked(struct pb_guest *guest, struct pci_dev *pdev, struct pb_addr *virt)
{
	struct device *dev = &guest->be->dev->dev;
	struct pb_dev *pb = pb_of(pdev);
	struct pb_export *e;
	int rc;

	if (!pb) {
		dev_err(dev, "%s belongs to %s, not to pciback; take it by \"xl pci-assignable-add %s\" or name it in hide=\n",
			pci_name(pdev), pdev->dev.driver ? pdev->dev.driver->name : "no driver",
			pci_name(pdev));
		return -ENODEV;
	}
	if (pb->guest) {
		dev_err(dev, "%s is domain %d's; detach it there by \"xl pci-detach\" first\n",
			pci_name(pdev), pb->guest->domid);
		return -EBUSY;
	}
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	rc = hand_over(guest, pb, e);
	if (rc) {
		dev_err(dev, "%s cannot be given to domain %d: error %d\n", pci_name(pdev),
			guest->domid, rc);
		kfree(e);
		return rc;
	}
	*virt = e->virt;
	return 0;
}

static struct pci_dev *find_pci(const struct pb_addr *addr)
{
	return pci_get_domain_bus_and_slot(addr->domain, addr->bus, addr->devfn);
}

/**
 * pb_assign() - Hand a device to a guest.
 * @guest: the guest
 * @addr:  the device
 * @virt:  set to where the guest sees it
 *
 * Context: process; takes device_lock() and guest->lock.
 * Return: 0; -ENODEV if it is not there or not ours, -EBUSY if it is another
 * guest's, -ENOSPC if the guest has no slot left, all of them logged.
 */
int pb_assign(struct pb_guest *guest, const struct pb_addr *addr, struct pb_addr *virt)
{
	struct pci_dev *pdev = find_pci(addr);
	int rc;

	if (!pdev) {
		dev_err(&guest->be->dev->dev,
			"there is no device %04x:%02x:%02x.%x for domain %d; \"xl pci-assignable-list\" names those there are\n",
			PB_ADDR_ARGS(addr), guest->domid);
		return -ENODEV;
	}
	device_lock(&pdev->dev);
	rc = assign_locked(guest, pdev, virt);
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
	return rc;
}

static void drop_export(struct pb_guest *guest, const struct pb_addr *addr)
{
	struct pb_export *e;

	mutex_lock(&guest->lock);
	e = pb_view_find_real(&guest->exports, addr);
	if (e)
		list_del(&e->list);
	mutex_unlock(&guest->lock);
	kfree(e);
}

static void free_guest(struct kref *ref)
{
	kfree(container_of(ref, struct pb_guest, ref));
}

/**
 * pb_guest_put() - Drop a reference to a guest.
 * @guest: freed with the last one
 */
void pb_guest_put(struct pb_guest *guest)
{
	kref_put(&guest->ref, free_guest);
}

/**
 * pb_release_locked() - Take a device back from the guest that has it.
 * @pb: the device, with a guest; device_lock() held
 *
 * Out of the guest's reach first, then quiet, then reset.
 */
void pb_release_locked(struct pb_dev *pb)
{
	struct pb_addr addr = pb_addr_of(pb->pdev);
	struct pb_guest *guest = pb->guest;

	drop_export(guest, &addr);
	pb_quiesce(pb);
	pb_reset(pb);
	pb_idle(pb);
	xen_unregister_device_domain_owner(pb->pdev);
	pci_clear_dev_assigned(pb->pdev);
	pci_info(pb->pdev, "taken back from domain %d\n", guest->domid);
	pb->guest = NULL;
	pb_guest_put(guest);
}

static void take_back(struct pb_guest *guest, struct pci_dev *pdev)
{
	struct pb_dev *pb;

	device_lock(&pdev->dev);
	pb = pb_of(pdev);
	if (pb && pb->guest == guest)
		pb_release_locked(pb);
	device_unlock(&pdev->dev);
}

/**
 * pb_take_back() - Take one device back; harmless if the guest does not have it.
 * @guest: the guest
 * @addr:  the device
 *
 * Context: process; takes device_lock() and guest->lock.
 */
void pb_take_back(struct pb_guest *guest, const struct pb_addr *addr)
{
	struct pci_dev *pdev = find_pci(addr);

	if (!pdev)
		return;
	take_back(guest, pdev);
	pci_dev_put(pdev);
}

static struct pci_dev *first_export(struct pb_guest *guest)
{
	struct pb_export *e;
	struct pci_dev *pdev;

	mutex_lock(&guest->lock);
	e = list_first_entry_or_null(&guest->exports, struct pb_export, list);
	pdev = e ? pci_dev_get(e->pb->pdev) : NULL;
	mutex_unlock(&guest->lock);
	return pdev;
}

/**
 * pb_take_back_all() - Take all of a guest's devices back.
 * @guest: the guest
 *
 * Context: process; takes device_lock() and guest->lock.
 */
void pb_take_back_all(struct pb_guest *guest)
{
	struct pci_dev *pdev;

	while ((pdev = first_export(guest))) {
		take_back(guest, pdev);
		pci_dev_put(pdev);
	}
}
