// SPDX-License-Identifier: GPL-2.0-only
/*
 * physdev_op: how domain 0 tells the hypervisor of interrupts and devices that
 * it found in ACPI and on PCI, and asks for numbers to bind them by. One
 * function per command; each copies its structure in once, whole.
 *
 * ABI: physdev.h; what is refused: Documentation/abi/physdev.rst.
 */
#include <hv/hypercall.h>

#include <hv/acpi.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/msi.h>
#include <hv/pci.h>
#include <hv/percpu.h>
#include <hv/pirq.h>
#include <hv/printk.h>

#include <xen/physdev.h>

#define NR_PORTS		65536
#define IOAPIC_FIRST_RTE	0x10
#define RTE_ACTIVE_LOW		BIT(13)
#define RTE_LEVEL		BIT(15)

/* Any PV domain, about itself. */

static long set_iopl(unsigned long arg)
{
	struct physdev_set_iopl op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.iopl > 3)
		return -EINVAL;
	current->arch.iopl = op.iopl;
	return 0;
}

/* The bitmap stays the guest's: it is read when an instruction asks. */
static long set_iobitmap(unsigned long arg)
{
	struct physdev_set_iobitmap op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.nr_ports > NR_PORTS)
		return -EINVAL;
	current->arch.iobmp = handle_va(op.bitmap);
	current->arch.iobmp_limit = op.nr_ports;
	return 0;
}

static long eoi(unsigned long arg)
{
	struct domain *d = current->domain;
	struct physdev_eoi op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (pirq_to_irq(d, op.irq) < 0)
		return -EINVAL;
	if (pirq_auto_unmask(d))
		evtchn_unmask_pirq(d, op.irq);
	pirq_guest_eoi(d, op.irq);
	return 0;
}

/*
 * A guest that does not look at the EOI page must end every interrupt: one
 * that needs no end today may tomorrow.
 */
static long irq_status_query(unsigned long arg)
{
	struct domain *d = current->domain;
	struct physdev_irq_status_query op;
	int irq;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.irq >= pirq_count(d))
		return -EINVAL;
	irq = pirq_to_irq(d, op.irq);
	op.flags = XENIRQSTAT_needs_eoi;
	if (irq >= 0 && irq_is_shared(irq))
		op.flags |= XENIRQSTAT_shared;
	return copy_to_guest(arg, &op);
}

static long set_eoi_page(unsigned long arg, bool auto_unmask)
{
	struct physdev_pirq_eoi_gmfn op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return pirq_set_eoi_page(current->domain, op.gmfn, auto_unmask);
}

static long eoi_page_v1(unsigned long arg)
{
	return set_eoi_page(arg, true);
}

static long eoi_page_v2(unsigned long arg)
{
	return set_eoi_page(arg, false);
}

static long get_free_pirq(unsigned long arg)
{
	struct physdev_get_free_pirq op;
	int pirq;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.type != MAP_PIRQ_TYPE_GSI && op.type != MAP_PIRQ_TYPE_MSI)
		return -EINVAL;
	pirq = pirq_reserve(current->domain, op.type == MAP_PIRQ_TYPE_GSI, 1);
	if (pirq < 0)
		return pirq;
	op.pirq = pirq;
	if (copy_to_guest(arg, &op)) {
		pirq_unmap(current->domain, pirq);
		return -EFAULT;
	}
	return 0;
}

/* The hardware domain, about the machine. */

/* @pirq negative: any. The domain's own number for a line, kept if it has one. */
static int map_gsi(struct domain *d, int gsi, int *pirq)
{
	int old, rc;

	if (gsi < 0 || (unsigned int)gsi >= nr_gsis || !irq_exists(gsi))
		return -EINVAL;
	old = pirq_of_irq(d, gsi);
	if (old >= 0 && *pirq >= 0 && *pirq != old)
		return -EEXIST;
	if (old < 0 && *pirq < 0) {
		rc = pirq_reserve(d, true, 1);
		if (rc < 0)
			return rc;
		*pirq = rc;
	} else if (old >= 0) {
		*pirq = old;
	}
	return pirq_map(d, *pirq, gsi);
}

static int map_message(struct domain *d, struct physdev_map_pirq *op)
{
	bool msix = op->type != MAP_PIRQ_TYPE_MULTI_MSI && op->table_base;
	struct msi_request req = {
		.sbdf = { .bus = op->bus, .devfn = op->devfn },
		.msix = msix,
		.nr = op->type == MAP_PIRQ_TYPE_MULTI_MSI ? (unsigned int)op->entry_nr : 1,
		.entry = op->entry_nr,
		.table_base = op->table_base,
		.pirq = op->pirq,
	};
	int rc;

	if (op->type != MAP_PIRQ_TYPE_MSI)
		req.sbdf.seg = (u32)op->bus >> 16;
	if (op->devfn & ~0xff || (op->entry_nr & ~0xffff))
		return -EINVAL;
	if (op->type == MAP_PIRQ_TYPE_MSI && op->bus & ~0xff)
		return -EINVAL;
	rc = msi_map(d, &req);
	op->pirq = req.pirq;
	if (op->type == MAP_PIRQ_TYPE_MULTI_MSI)
		op->entry_nr = req.nr;
	return rc;
}

static int map_by_type(struct domain *d, struct physdev_map_pirq *op)
{
	switch (op->type) {
	case MAP_PIRQ_TYPE_GSI:
		return map_gsi(d, op->index, &op->pirq);
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		return apic_enabled() ? map_message(d, op) : -ENODEV;
	}
	return -EINVAL;
}

/* The answer goes back in any case: an error may say how many would do. */
static long map_pirq(unsigned long arg)
{
	struct physdev_map_pirq op;
	struct domain *d;
	int rc;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	d = domain_get(op.domid);
	if (!d)
		return -ESRCH;
	rc = map_by_type(d, &op);
	domain_put(d);
	if (copy_to_guest(arg, &op))
		return -EFAULT;
	return rc;
}

static int unmap_from(struct domain *d, int pirq)
{
	int irq = pirq < 0 ? -EINVAL : pirq_to_irq(d, pirq);

	if (irq < 0)
		return irq;
	if ((unsigned int)irq >= nr_gsis)
		return msi_unmap(d, irq);
	return pirq_unmap(d, pirq) < 0 ? -EINVAL : 0;
}

static long unmap_pirq(unsigned long arg)
{
	struct physdev_unmap_pirq op;
	struct domain *d;
	int rc;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	d = domain_get(op.domid);
	if (!d)
		return -ESRCH;
	rc = unmap_from(d, op.pirq);
	domain_put(d);
	return rc;
}

static long alloc_irq_vector(unsigned long arg)
{
	struct physdev_irq op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.irq >= nr_gsis)
		return -EINVAL;
	/* Vectors are ours; the guest only wants a number of its own. */
	op.vector = op.irq;
	return copy_to_guest(arg, &op);
}

static long setup_gsi(unsigned long arg)
{
	struct physdev_setup_gsi op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.gsi < 0)
		return -EINVAL;
	return irq_set_gsi_mode(op.gsi, op.triggering, op.polarity);
}

static long apic_read(unsigned long arg)
{
	struct physdev_apic op;
	int rc;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	rc = ioapic_guest_read(op.apic_physbase, op.reg, &op.value);
	return rc ? rc : copy_to_guest(arg, &op);
}

/* Of a route only the trigger is the guest's to choose: the low half tells it. */
static long apic_write(unsigned long arg)
{
	struct physdev_apic op;
	int gsi;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	gsi = ioapic_rte_gsi(op.apic_physbase, op.reg);
	if (gsi < 0)
		return gsi;
	if (op.reg & 1)
		return 0;
	return irq_set_gsi_mode(gsi, op.value & RTE_LEVEL, op.value & RTE_ACTIVE_LOW);
}

static long add_device(struct pci_dev *dev)
{
	int rc = pci_dev_add(dev);

	if (!rc)
		pr_info("PCI: add %s " PCI_FMT "\n",
			dev->is_virtfn ? "virtual function" : "device", PCI_ARGS(dev->sbdf));
	return rc;
}

static long remove_device(struct pci_sbdf s)
{
	int rc = pci_dev_remove(s);

	if (!rc)
		pr_info("PCI: remove device " PCI_FMT "\n", PCI_ARGS(s));
	return rc;
}

static long pci_device_add(unsigned long arg)
{
	struct physdev_pci_device_add op;
	u32 node;

	if (raw_copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if ((op.flags & XEN_PCI_DEV_PXM) &&
	    copy_from_guest(&node, arg + offsetof(struct physdev_pci_device_add, optarr)))
		return -EFAULT;
	return add_device(&(struct pci_dev){
		.sbdf = { op.seg, op.bus, op.devfn },
		.is_extfn = op.flags & XEN_PCI_DEV_EXTFN,
		.is_virtfn = op.flags & XEN_PCI_DEV_VIRTFN,
		.physfn = { op.seg, op.physfn.bus, op.physfn.devfn },
	});
}

static long pci_device_remove(unsigned long arg)
{
	struct physdev_pci_device op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return remove_device((struct pci_sbdf){ op.seg, op.bus, op.devfn });
}

static long manage_pci_add(unsigned long arg)
{
	struct physdev_manage_pci op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return add_device(&(struct pci_dev){ .sbdf = { 0, op.bus, op.devfn } });
}

static long manage_pci_add_ext(unsigned long arg)
{
	struct physdev_manage_pci_ext op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.is_extfn > 1 || op.is_virtfn > 1)
		return -EINVAL;
	return add_device(&(struct pci_dev){
		.sbdf = { 0, op.bus, op.devfn },
		.is_extfn = op.is_extfn,
		.is_virtfn = op.is_virtfn,
		.physfn = { 0, op.physfn.bus, op.physfn.devfn },
	});
}

static long manage_pci_remove(unsigned long arg)
{
	struct physdev_manage_pci op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return remove_device((struct pci_sbdf){ 0, op.bus, op.devfn });
}

static long pci_mmcfg_reserved(unsigned long arg)
{
	struct physdev_pci_mmcfg_reserved op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.flags & ~(u32)XEN_PCI_MMCFG_RESERVED)
		return -EINVAL;
	return pci_mmcfg_set(op.address, op.segment, op.start_bus, op.end_bus,
			     op.flags & XEN_PCI_MMCFG_RESERVED);
}

static long restore_msi(unsigned long arg)
{
	struct physdev_restore_msi op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return msi_restore((struct pci_sbdf){ 0, op.bus, op.devfn });
}

static long restore_msi_ext(unsigned long arg)
{
	struct physdev_pci_device op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return msi_restore((struct pci_sbdf){ op.seg, op.bus, op.devfn });
}

static long do_msix_prepare(unsigned long arg, bool prepare)
{
	struct physdev_pci_device op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return msix_prepare((struct pci_sbdf){ op.seg, op.bus, op.devfn }, prepare);
}

static long prepare_msix(unsigned long arg)
{
	return do_msix_prepare(arg, true);
}

static long release_msix(unsigned long arg)
{
	return do_msix_prepare(arg, false);
}

/* We have no console on an EHCI debug port: a reset of the bus disturbs nothing. */
static long dbgp_op(unsigned long arg)
{
	struct physdev_dbgp_op op;

	return copy_from_guest(&op, arg);
}

static const struct {
	u8 cmd;
	bool hardware_domain_only;
	long (*fn)(unsigned long arg);
} ops[] = {
	{ PHYSDEVOP_eoi, false, eoi },
	{ PHYSDEVOP_irq_status_query, false, irq_status_query },
	{ PHYSDEVOP_set_iopl, false, set_iopl },
	{ PHYSDEVOP_set_iobitmap, false, set_iobitmap },
	{ PHYSDEVOP_pirq_eoi_gmfn_v1, false, eoi_page_v1 },
	{ PHYSDEVOP_pirq_eoi_gmfn_v2, false, eoi_page_v2 },
	{ PHYSDEVOP_get_free_pirq, false, get_free_pirq },
	{ PHYSDEVOP_apic_read, true, apic_read },
	{ PHYSDEVOP_apic_write, true, apic_write },
	{ PHYSDEVOP_alloc_irq_vector, true, alloc_irq_vector },
	{ PHYSDEVOP_map_pirq, true, map_pirq },
	{ PHYSDEVOP_unmap_pirq, true, unmap_pirq },
	{ PHYSDEVOP_manage_pci_add, true, manage_pci_add },
	{ PHYSDEVOP_manage_pci_remove, true, manage_pci_remove },
	{ PHYSDEVOP_manage_pci_add_ext, true, manage_pci_add_ext },
	{ PHYSDEVOP_restore_msi, true, restore_msi },
	{ PHYSDEVOP_setup_gsi, true, setup_gsi },
	{ PHYSDEVOP_pci_mmcfg_reserved, true, pci_mmcfg_reserved },
	{ PHYSDEVOP_pci_device_add, true, pci_device_add },
	{ PHYSDEVOP_pci_device_remove, true, pci_device_remove },
	{ PHYSDEVOP_restore_msi_ext, true, restore_msi_ext },
	{ PHYSDEVOP_dbgp_op, true, dbgp_op },
	{ PHYSDEVOP_prepare_msix, true, prepare_msix },
	{ PHYSDEVOP_release_msix, true, release_msix },
};

/**
 * do_physdev_op() - Hypercall 33.
 * @a1: PHYSDEVOP_*
 * @a2: guest address of its structure
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: that of the command; -ENOSYS for one that is not known; -EPERM for
 * one that is the hardware domain's.
 */
long do_physdev_op(unsigned long a1, unsigned long a2, unsigned long a3,
		   unsigned long a4, unsigned long a5)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		if (ops[i].cmd != (u32)a1)
			continue;
		if (ops[i].hardware_domain_only && !current->domain->is_hardware_domain)
			return -EPERM;
		return ops[i].fn(a2);
	}
	return -ENOSYS;
}
