// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI driver: devices are taken from the bus and given back to it.
 *
 * A device that nobody has is idle: reset, disabled, decoding nothing. All
 * functions here run under device_lock() of their device, which the bus takes
 * around probe and remove; therefore __pci_reset_function_locked().
 *
 * ABI: xen/physdev.h, PHYSDEVOP_prepare_msix and _release_msix; what Xen asks of a
 * device that it assigns is seen in XEN_DOMCTL_assign_device, which gives -EBUSY while
 * the device's MSI-X is masked as a whole.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/pci.h>
#include <linux/slab.h>
#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>
#include <asm/xen/hypercall.h>

#include "pciback.h"
#include "slots.h"

LIST_HEAD(pb_devs);
DEFINE_MUTEX(pb_devs_lock);

/**
 * pb_addr_of() - Address of a device.
 * @pdev: the device
 */
struct pb_addr pb_addr_of(const struct pci_dev *pdev)
{
	return (struct pb_addr){
		.domain = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
	};
}

/**
 * pb_of() - Our part of a device.
 * @pdev: any device, device_lock() held
 *
 * Return: NULL if the device is another driver's.
 */
struct pb_dev *pb_of(struct pci_dev *pdev)
{
	return pdev->dev.driver == &pb_pci_driver.driver ? pci_get_drvdata(pdev) : NULL;
}

/* A device is wanted too if a bridge above it is. */
static bool is_wanted(struct pci_dev *pdev)
{
	struct pb_addr addr;

	for (; pdev; pdev = pci_upstream_bridge(pdev)) {
		addr = pb_addr_of(pdev);
		if (pb_slots_want(&addr))
			return true;
	}
	return false;
}

static bool override_names_us(struct pci_dev *pdev)
{
#ifdef HAVE_DEVICE_MATCH_DRIVER_OVERRIDE
	return device_match_driver_override(&pdev->dev, pdev->dev.driver) > 0;
#else
	return pdev->driver_override && !strcmp(pdev->driver_override, PB_NAME);
#endif
}

/*
 * Node driver_override of the device names us, as libvirt does it. The address is
 * wanted from then on, so that it is seen in slots.
 */
static bool is_overridden(struct pci_dev *pdev)
{
	struct pb_addr addr = pb_addr_of(pdev);
	struct pb_pattern p = {
		.domain = addr.domain,
		.bus = addr.bus,
		.slot = PCI_SLOT(addr.devfn),
		.func = PCI_FUNC(addr.devfn),
	};

	return override_names_us(pdev) && !pb_slots_add(&p);
}

/* The hypervisor keeps the MSI-X table from everybody, dom0 included, from now on. */
static void protect_msix(struct pci_dev *pdev, int cmd)
{
	struct physdev_pci_device dev = {
		.seg = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
	};
	int rc;

	if (!pdev->msix_cap)
		return;
	rc = HYPERVISOR_physdev_op(cmd, &dev);
	if (rc && rc != -ENOSYS)
		pci_warn(pdev, "the hypervisor did not %s the MSI-X table: error %d\n",
			 cmd == PHYSDEVOP_prepare_msix ? "protect" : "release", rc);
}

/* Bring configuration back to what it was when the device was seized. */
static void restore(struct pb_dev *pb)
{
	if (pci_load_saved_state(pb->pdev, pb->saved))
		pci_warn(pb->pdev, "its configuration cannot be restored\n");
	else
		pci_restore_state(pb->pdev);
}

static void clear_flags(struct pci_dev *pdev, int cap, u16 flags)
{
	u16 now = 0;

	pci_read_config_word(pdev, cap, &now);
	if (now & flags)
		pci_write_config_word(pdev, cap, now & ~flags);
}

/*
 * A guest that may write all registers, or that lost its interrupts halfway, leaves
 * MSI on or MSI-X masked, and not every device has a reset. The hypervisor keeps a
 * mask of its own up against us: it drops that when it is told of the table afresh,
 * which lies in memory that the device must decode.
 */
static void forget_interrupts(struct pci_dev *pdev)
{
	const u16 msix_flags = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
	u16 now = 0;

	if (pdev->msi_cap)
		clear_flags(pdev, pdev->msi_cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
	if (!pdev->msix_cap)
		return;
	clear_flags(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, msix_flags);
	pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &now);
	if (!(now & msix_flags))
		return;
	protect_msix(pdev, PHYSDEVOP_release_msix);
	protect_msix(pdev, PHYSDEVOP_prepare_msix);
}

/**
 * pb_reset() - Make a device forget its last user: FLR, power cycle or bus reset.
 * @pb: the device, its interrupts off
 */
void pb_reset(struct pb_dev *pb)
{
	int rc;

	pci_set_power_state(pb->pdev, PCI_D0);
	rc = __pci_reset_function_locked(pb->pdev);
	if (rc && pb->can_reset)
		pci_info(pb->pdev,
			 "there is no way to reset it alone (%d): its next user finds what the last one left in it\n",
			 rc);
	pb->can_reset = !rc;
	restore(pb);
	forget_interrupts(pb->pdev);
}

/**
 * pb_quiesce() - No more interrupts from a device and no more DMA.
 * @pb: the device, pb->lock not held
 */
void pb_quiesce(struct pb_dev *pb)
{
	mutex_lock(&pb->lock);
	pb_interrupts_off(pb);
	if (pb->pdev->hdr_type == PCI_HEADER_TYPE_NORMAL)
		pci_clear_master(pb->pdev);
	pb_config_reset(pb);
	mutex_unlock(&pb->lock);
}

static void decode_nothing(struct pb_dev *pb)
{
	/* Below a bridge there are other devices, perhaps dom0's. */
	if (pb->pdev->hdr_type == PCI_HEADER_TYPE_NORMAL)
		clear_flags(pb->pdev, PCI_COMMAND,
			    PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/**
 * pb_idle() - Nobody has the device: let it decode nothing.
 * @pb: the device, quiet, enabled once
 */
void pb_idle(struct pb_dev *pb)
{
	pci_disable_device(pb->pdev);
	decode_nothing(pb);
}

/**
 * pb_after_slot_reset() - Restore a device that others were reset together with.
 * @pb: the device, with a guest or without; device_lock() held
 *
 * The guest may turn its interrupts on or off at the same time, so it has to wait.
 */
void pb_after_slot_reset(struct pb_dev *pb)
{
	mutex_lock(&pb->lock);
	restore(pb);
	if (!pb->guest)
		decode_nothing(pb);
	mutex_unlock(&pb->lock);
}

static int prepare(struct pb_dev *pb)
{
	struct pci_dev *pdev = pb->pdev;
	int rc;

	/* Only now does the kernel know for certain what its interrupt line is. */
	rc = pci_enable_device(pdev);
	if (rc) {
		pci_err(pdev, "cannot be enabled, so no guest can have it: error %d\n", rc);
		return rc;
	}
	pb->gsi = pdev->irq;
	pci_save_state(pdev);
	pb->saved = pci_store_saved_state(pdev);
	if (!pb->saved) {
		pci_disable_device(pdev);
		return -ENOMEM;
	}
	protect_msix(pdev, PHYSDEVOP_prepare_msix);
	pb_reset(pb);
	pb_idle(pb);
	return 0;
}

static struct pb_dev *alloc_dev(struct pci_dev *pdev)
{
	struct pb_dev *pb = kzalloc(sizeof(*pb), GFP_KERNEL);

	if (!pb)
		return NULL;
	pb->pdev = pdev;
	pb->can_reset = true;
	mutex_init(&pb->lock);
	snprintf(pb->irq_name, sizeof(pb->irq_name), PB_NAME "[%s]", pci_name(pdev));
	pb_config_init(pb);
	return pb;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pb_dev *pb;
	int rc;

	if (!is_wanted(pdev) && !is_overridden(pdev))
		return -ENODEV;
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL && pdev->hdr_type != PCI_HEADER_TYPE_BRIDGE) {
		pci_err(pdev, "is neither a device nor a PCI bridge (header type %d), so no guest can have it\n",
			pdev->hdr_type);
		return -ENODEV;
	}
	pb = alloc_dev(pdev);
	if (!pb)
		return -ENOMEM;
	rc = prepare(pb);
	if (rc) {
		kfree(pb);
		return rc;
	}
	pci_set_drvdata(pdev, pb);
	mutex_lock(&pb_devs_lock);
	list_add_tail(&pb->list, &pb_devs);
	mutex_unlock(&pb_devs_lock);
	pci_info(pdev, "seized for guests\n");
	return 0;
}

static void remove(struct pci_dev *pdev)
{
	struct pb_dev *pb = pci_get_drvdata(pdev);

	if (pb->guest) {
		pci_warn(pdev, "is taken away from domain %d, which uses it and may still touch its memory and ports; detach a device by \"xl pci-detach\" first\n",
			 pb->guest->domid);
		pb_release_locked(pb);
	}
	mutex_lock(&pb_devs_lock);
	list_del(&pb->list);
	mutex_unlock(&pb_devs_lock);

	protect_msix(pdev, PHYSDEVOP_release_msix);
	pci_load_and_free_saved_state(pdev, &pb->saved);
	pci_set_drvdata(pdev, NULL);
	pb_config_free(pb);
	kfree(pb);
}

static void tell_hidden(const struct pb_pattern *p)
{
	struct pci_dev *pdev = pci_get_domain_bus_and_slot(p->domain, p->bus,
							   PCI_DEVFN(p->slot, p->func));

	if (!pdev) {
		pr_warn("hide: there is no device %04x:%02x:%02x.%x; \"lspci -D\" lists those there are\n",
			p->domain, p->bus, p->slot, p->func);
		return;
	}
	device_lock(&pdev->dev);
	if (pdev->dev.driver && !pb_of(pdev))
		pr_warn("hide: %s already has the driver %s; take it by \"xl pci-assignable-add %s\", or load xen-pciback before %s, in the initramfs or by \"softdep %s pre: xen-pciback\" in /etc/modprobe.d\n",
			pci_name(pdev), pdev->dev.driver->name, pci_name(pdev),
			pdev->dev.driver->name, pdev->dev.driver->name);
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
}

/**
 * pb_report_hidden() - Name the devices of hide= that are not there or another driver's.
 * @list: the parameter; entries with wildcards name what there is, so nothing is missing
 *
 * Context: process, after the driver was registered.
 */
void pb_report_hidden(const char *list)
{
	struct pb_pattern p;
	int found;

	do {
		found = pb_parse_hidden(&list, &p);
		if (found > 0 && p.slot != PB_ANY && p.func != PB_ANY)
			tell_hidden(&p);
	} while (found);
}

static const struct pci_device_id any_device[] = {
	{ PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) },
	{ }
};

/* Not in the module's aliases: it shall not be loaded because there is a device. */
struct pci_driver pb_pci_driver = {
	.name = PB_NAME,
	.id_table = any_device,
	.probe = probe,
	.remove = remove,
	.err_handler = &pb_error_handlers,
	.groups = pb_driver_groups,
};
