// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O APICs: which vector and CPU each global system interrupt goes to.
 *
 * A level line is masked when it fires and unmasked when the guest is done
 * (irq/irq.c). The local APIC's end of interrupt then clears remote-IRR while
 * the line is masked, so that a line still asserted fires anew on unmask and
 * never in between.
 *
 * ioapic_lock guards the index and data registers of all; it is the innermost.
 *
 * Intel 82093AA; ICH10 datasheet 13.5.
 */
#include <hv/acpi.h>
#include <hv/errno.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>

#define IOREGSEL		(0x00 / 4)
#define IOWIN			(0x10 / 4)
#define IOAPIC_REG_ID		0
#define IOAPIC_REG_VERSION	1
#define IOAPIC_REG_RTE(pin)	(0x10 + 2 * (pin))
#define IOAPIC_MAX_PINS		240

#define RTE_MASKED		BIT(16)
#define RTE_LEVEL		BIT(15)
#define RTE_ACTIVE_LOW		BIT(13)
#define RTE_DEST_SHIFT		56

struct ioapic {
	volatile u32 *regs;
	paddr_t address;
	unsigned int gsi_base, nr_pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS] __ro_after_init;
static unsigned int nr_ioapics __ro_after_init;
static spinlock_t ioapic_lock = SPINLOCK_INIT;

bool ioapic_present(void)
{
	return nr_ioapics != 0;
}

static u32 reg_read(const struct ioapic *io, u32 reg)
{
	io->regs[IOREGSEL] = reg;
	return io->regs[IOWIN];
}

static void reg_write(const struct ioapic *io, u32 reg, u32 v)
{
	io->regs[IOREGSEL] = reg;
	io->regs[IOWIN] = v;
}

/* The low half holds the mask: it is written last, when the rest is right. */
static void rte_write(const struct ioapic *io, unsigned int pin, u64 rte)
{
	reg_write(io, IOAPIC_REG_RTE(pin) + 1, rte >> 32);
	reg_write(io, IOAPIC_REG_RTE(pin), rte);
}

static const struct ioapic *gsi_to_ioapic(unsigned int gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].nr_pins)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has_gsi(unsigned int gsi)
{
	return gsi_to_ioapic(gsi);
}

static void ioapic_setup(struct irq_desc *desc)
{
	const struct ioapic *io = gsi_to_ioapic(desc->irq);
	u64 rte = RTE_MASKED | desc->vector;

	if (desc->level)
		rte |= RTE_LEVEL;
	if (desc->active_low)
		rte |= RTE_ACTIVE_LOW;
	rte |= (u64)(percpu_of[desc->cpu]->apic_id & 0xff) << RTE_DEST_SHIFT;
	spin_lock(&ioapic_lock);
	rte_write(io, desc->irq - io->gsi_base, rte);
	spin_unlock(&ioapic_lock);
}

static void set_mask(struct irq_desc *desc, bool masked)
{
	const struct ioapic *io = gsi_to_ioapic(desc->irq);
	u32 reg = IOAPIC_REG_RTE(desc->irq - io->gsi_base);
	u32 lo;

	spin_lock(&ioapic_lock);
	lo = reg_read(io, reg) & ~RTE_MASKED;
	reg_write(io, reg, masked ? lo | RTE_MASKED : lo);
	/* The write is posted; the line counts as masked when we go on. */
	if (masked)
		reg_read(io, reg);
	spin_unlock(&ioapic_lock);
}

static void ioapic_mask(struct irq_desc *desc)
{
	set_mask(desc, true);
}

static void ioapic_unmask(struct irq_desc *desc)
{
	set_mask(desc, false);
}

const struct irq_controller ioapic_controller = {
	.name = "IO-APIC",
	.setup = ioapic_setup,
	.mask = ioapic_mask,
	.unmask = ioapic_unmask,
};

/**
 * ioapic_guest_read() - One register, as domain 0 counts the pins.
 * @base: physical address of the I/O APIC
 * @reg:  register number
 * @val:  filled in
 *
 * Return: 0; -EINVAL if @base is none of ours, or @reg is not one that tells
 * nothing about routing.
 */
int ioapic_guest_read(paddr_t base, u32 reg, u32 *val)
{
	unsigned long flags;

	if (reg > IOAPIC_REG_RTE(IOAPIC_MAX_PINS - 1) + 1)
		return -EINVAL;
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (ioapics[i].address != base)
			continue;
		spin_lock_irqsave(&ioapic_lock, flags);
		*val = reg_read(&ioapics[i], reg);
		spin_unlock_irqrestore(&ioapic_lock, flags);
		return 0;
	}
	return -EINVAL;
}

/** ioapic_rte_gsi() - The line whose route register @reg of the I/O APIC at @base is; -EINVAL. */
int ioapic_rte_gsi(paddr_t base, u32 reg)
{
	unsigned int pin = (reg - IOAPIC_REG_RTE(0)) / 2;

	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (ioapics[i].address == base && reg >= IOAPIC_REG_RTE(0) &&
		    pin < ioapics[i].nr_pins)
			return ioapics[i].gsi_base + pin;
	return -EINVAL;
}

/* Firmware's routes are masked; a level line left in service would stay deaf. */
static void __init clear_pin(const struct ioapic *io, unsigned int pin)
{
	u32 lo = reg_read(io, IOAPIC_REG_RTE(pin));

	/* Not the firmware's own: system management interrupts stay. */
	if ((lo >> 8 & 7) == 2)
		return;
	/* A masked edge entry drops remote-IRR. */
	rte_write(io, pin, RTE_MASKED);
}

static void __init add_ioapic(const struct acpi_ioapic *a)
{
	struct ioapic *io = &ioapics[nr_ioapics];
	u32 version;

	io->regs = ioremap(a->address, PAGE_SIZE);
	if (!io->regs)
		return;
	io->address = a->address;
	io->gsi_base = a->gsi_base;
	version = reg_read(io, IOAPIC_REG_VERSION);
	io->nr_pins = (version >> 16 & 0xff) + 1;
	if (version == 0xffffffff || io->nr_pins > IOAPIC_MAX_PINS ||
	    io->gsi_base + io->nr_pins > NR_IRQS / 2 || gsi_to_ioapic(io->gsi_base)) {
		pr_warn("IO-APIC: id %u at %#lx answers %#x for GSI %u and up: ignored\n",
			a->id, a->address, version, a->gsi_base);
		iounmap((void *)io->regs, PAGE_SIZE);
		return;
	}
	for (unsigned int pin = 0; pin < io->nr_pins; pin++)
		clear_pin(io, pin);
	nr_gsis = max(nr_gsis, io->gsi_base + io->nr_pins);
	nr_ioapics++;
	pr_info("IO-APIC: id %u at %#lx, version %#x, GSI %u-%u\n", a->id, a->address,
		version & 0xff, io->gsi_base, io->gsi_base + io->nr_pins - 1);
}

/**
 * ioapic_init() - Map every I/O APIC and mask its lines.
 *
 * None is used with noapic, or without a local APIC. Context: boot.
 */
void __init ioapic_init(void)
{
	if (opts.noapic || !apic_enabled()) {
		pr_info("IO-APIC: not used%s\n", opts.noapic ? " (noapic)" : "");
		return;
	}
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
		add_ioapic(&acpi.ioapic[i]);
}
