// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pair of 8259 interrupt controllers: moved out of the exceptions' way and
 * masked for good where there is an I/O APIC, the controller of the 16 ISA
 * lines where there is not (noapic, nolapic, acpi=off).
 *
 * i8259_lock guards the ports and the mask; it is the innermost.
 *
 * Intel 8259A data sheet.
 */
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <asm/system.h>

#define PIC1_CMD		0x20
#define PIC1_DATA		0x21
#define PIC2_CMD		0xa0
#define PIC2_DATA		0xa1
#define CASCADE			2

#define ELCR			0x4d0	/* and 0x4d1: a bit per line, 1 for level */

#define ICW1_INIT		0x11
#define ICW4_8086		0x01
#define OCW3_READ_ISR		0x0b
#define OCW2_SPECIFIC_EOI	0x60

static spinlock_t i8259_lock = SPINLOCK_INIT;
static u16 mask = 0xffff;

static void write_mask(void)
{
	outb(mask, PIC1_DATA);
	outb(mask >> 8, PIC2_DATA);
}

/* The vector follows from the line; trigger modes are the board's affair. */
static void i8259_setup(struct irq_desc *desc)
{
	desc->vector = VECTOR_FIRST_LEGACY + desc->irq;
}

static void i8259_mask(struct irq_desc *desc)
{
	spin_lock(&i8259_lock);
	mask |= 1U << desc->irq;
	write_mask();
	spin_unlock(&i8259_lock);
}

static void i8259_unmask(struct irq_desc *desc)
{
	spin_lock(&i8259_lock);
	mask &= ~(1U << desc->irq);
	if (desc->irq >= 8)
		mask &= ~(1U << CASCADE);
	write_mask();
	spin_unlock(&i8259_lock);
}

static void i8259_eoi(struct irq_desc *desc)
{
	unsigned int line = desc->irq;

	spin_lock(&i8259_lock);
	if (line >= 8) {
		outb(OCW2_SPECIFIC_EOI | (line & 7), PIC2_CMD);
		line = CASCADE;
	}
	outb(OCW2_SPECIFIC_EOI | line, PIC1_CMD);
	spin_unlock(&i8259_lock);
}

/* A line that withdraws is reported as number 7 of its chip, not in service. */
static bool i8259_spurious(struct irq_desc *desc)
{
	unsigned int line = desc->irq;
	u16 cmd = line >= 8 ? PIC2_CMD : PIC1_CMD;
	bool in_service;

	if ((line & 7) != 7)
		return false;
	spin_lock(&i8259_lock);
	outb(OCW3_READ_ISR, cmd);
	in_service = inb(cmd) & 0x80;
	/* The first chip saw a real interrupt on the cascade. */
	if (!in_service && line >= 8)
		outb(OCW2_SPECIFIC_EOI | CASCADE, PIC1_CMD);
	spin_unlock(&i8259_lock);
	return !in_service;
}

const struct irq_controller i8259_controller = {
	.name = "8259",
	.setup = i8259_setup,
	.mask = i8259_mask,
	.unmask = i8259_unmask,
	.eoi = i8259_eoi,
	.spurious = i8259_spurious,
	.fixed_vector = true,
};

/* PCI lines are told apart from ISA's by the edge/level control registers. */
bool __init i8259_is_level(unsigned int line)
{
	u16 levels = inb(ELCR) | inb(ELCR + 1) << 8;

	/* Lines 0, 1, 2, 8 and 13 are edge on every board; no such registers read ~0. */
	if (levels & 0x2107)
		return false;
	return levels >> line & 1;
}

/** i8259_init() - Vectors from VECTOR_FIRST_LEGACY, every line masked. */
void __init i8259_init(void)
{
	outb(0xff, PIC1_DATA);
	outb(0xff, PIC2_DATA);
	outb(ICW1_INIT, PIC1_CMD);
	outb(VECTOR_FIRST_LEGACY, PIC1_DATA);
	outb(1U << CASCADE, PIC1_DATA);
	outb(ICW4_8086, PIC1_DATA);
	outb(ICW1_INIT, PIC2_CMD);
	outb(VECTOR_FIRST_LEGACY + 8, PIC2_DATA);
	outb(CASCADE, PIC2_DATA);
	outb(ICW4_8086, PIC2_DATA);
	write_mask();
}
