// SPDX-License-Identifier: GPL-2.0-only
/*
 * What we need of each ACPI table, from its bytes to struct acpi_info. A field
 * beyond the end of a table reads as 0, which is what older, shorter revisions
 * mean by leaving it out; an entry that does not fit ends its list. No state,
 * no locks, no hardware: the unit tests and the fuzzer call these as they are.
 *
 * ABI: ACPI 6.4, 5.2; HPET 1.0a, 3.2.4; PCI Firmware 3.2, 4.1.2.
 */
#include <hv/acpi.h>
#include <hv/lib.h>
#include <hv/string.h>

#define HEADER_SIZE		36

struct bytes {
	const u8 *p;
	u32 len;
};

static u64 get(const struct bytes *b, u32 off, u32 size)
{
	u64 v = 0;

	if (off > b->len || size > b->len - off)
		return 0;
	memcpy(&v, b->p + off, size);
	return v;
}

static u8 get8(const struct bytes *b, u32 off)
{
	return get(b, off, 1);
}

static u16 get16(const struct bytes *b, u32 off)
{
	return get(b, off, 2);
}

static u32 get32(const struct bytes *b, u32 off)
{
	return get(b, off, 4);
}

static u64 get64(const struct bytes *b, u32 off)
{
	return get(b, off, 8);
}

/* Generic address structure. */
static struct acpi_register get_register(const struct bytes *b, u32 off)
{
	return (struct acpi_register){
		.space = get8(b, off),
		.width = get8(b, off + 1),
		.address = get64(b, off + 4),
	};
}

/* Multiple APIC description table, 5.2.12. */

#define MADT_PCAT_COMPAT	0x1
#define MADT_CPU_ENABLED	0x1
#define MADT_POLARITY(flags)	((flags) & 3)
#define MADT_TRIGGER(flags)	((flags) >> 2 & 3)
#define MADT_CONFORMS		0
#define MADT_ACTIVE_LOW		3
#define MADT_LEVEL		3

static void add_cpu(struct acpi_info *info, u32 apic_id, u32 acpi_id, u32 flags)
{
	for (unsigned int i = 0; i < info->nr_cpus; i++)
		if (info->cpu[i].apic_id == apic_id)
			return;
	if (info->nr_cpus == ACPI_MAX_CPUS) {
		info->nr_cpus_dropped++;
		return;
	}
	info->cpu[info->nr_cpus++] = (struct acpi_cpu){
		.apic_id = apic_id,
		.acpi_id = acpi_id,
		.enabled = flags & MADT_CPU_ENABLED,
	};
}

static void madt_lapic(const struct bytes *e, struct acpi_info *info)
{
	/* 0xff: an x2APIC entry describes this processor. */
	if (get8(e, 3) != 0xff)
		add_cpu(info, get8(e, 3), get8(e, 2), get32(e, 4));
}

static void madt_x2apic(const struct bytes *e, struct acpi_info *info)
{
	if (get32(e, 4) != 0xffffffff)
		add_cpu(info, get32(e, 4), get32(e, 12), get32(e, 8));
}

static void madt_ioapic(const struct bytes *e, struct acpi_info *info)
{
	if (info->nr_ioapics == ACPI_MAX_IOAPICS || !get32(e, 4))
		return;
	info->ioapic[info->nr_ioapics++] = (struct acpi_ioapic){
		.id = get8(e, 2),
		.address = get32(e, 4),
		.gsi_base = get32(e, 8),
	};
}

static void madt_override(const struct bytes *e, struct acpi_info *info)
{
	u8 irq = get8(e, 3);
	u16 flags = get16(e, 8);

	if (get8(e, 2) != 0 || irq >= ACPI_NR_ISA_IRQS)	/* bus 0: ISA, the only one */
		return;
	info->isa_irq[irq].gsi = get32(e, 4);
	info->isa_irq[irq].level = MADT_TRIGGER(flags) == MADT_LEVEL;
	info->isa_irq[irq].active_low = MADT_POLARITY(flags) == MADT_ACTIVE_LOW;
	info->isa_irq[irq].valid = true;
	/* What the SCI conforms to is not the ISA bus: 5.2.9, SCI_INT. */
	if (irq == info->sci_irq && irq) {
		info->isa_irq[irq].level |= MADT_TRIGGER(flags) == MADT_CONFORMS;
		info->isa_irq[irq].active_low |= MADT_POLARITY(flags) == MADT_CONFORMS;
	}
}

static void add_lint_nmi(struct acpi_info *info, u8 lint)
{
	if (lint < 2)
		info->lint_nmi_mask |= 1U << lint;
}

static void madt_lapic_nmi(const struct bytes *e, struct acpi_info *info)
{
	add_lint_nmi(info, get8(e, 5));
}

static void madt_x2apic_nmi(const struct bytes *e, struct acpi_info *info)
{
	add_lint_nmi(info, get8(e, 8));
}

static void madt_lapic_address(const struct bytes *e, struct acpi_info *info)
{
	info->lapic_address = get64(e, 4);
}

static const struct {
	u8 type, size;
	void (*parse)(const struct bytes *e, struct acpi_info *info);
} madt_entries[] = {
	{ 0, 8, madt_lapic },
	{ 1, 12, madt_ioapic },
	{ 2, 10, madt_override },
	{ 4, 6, madt_lapic_nmi },
	{ 5, 12, madt_lapic_address },
	{ 9, 16, madt_x2apic },
	{ 10, 12, madt_x2apic_nmi },
};

static void madt_entry(const struct bytes *e, struct acpi_info *info)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(madt_entries); i++)
		if (madt_entries[i].type == e->p[0] && e->len >= madt_entries[i].size)
			madt_entries[i].parse(e, info);
}

/**
 * acpi_parse_madt() - Processors, I/O APICs and how interrupts are wired.
 * @t:    the whole table, header included
 * @len:  bytes readable at @t
 * @info: filled in; its sci_irq is read, so the FADT comes first
 */
void acpi_parse_madt(const u8 *t, u32 len, struct acpi_info *info)
{
	struct bytes b = { t, len };
	u32 off = HEADER_SIZE + 8;

	info->lapic_address = get32(&b, HEADER_SIZE);
	info->has_8259 = get32(&b, HEADER_SIZE + 4) & MADT_PCAT_COMPAT;
	while (off + 2 <= len) {
		struct bytes e = { t + off, t[off + 1] };

		if (e.len < 2 || e.len > len - off)
			return;
		madt_entry(&e, info);
		off += e.len;
	}
}

/* Fixed description table, 5.2.9. */

#define FADT_RESET_SUPPORTED	BIT(10)
#define FADT_TIMER_32BIT	BIT(8)
#define FADT_HW_REDUCED		BIT(20)

/* The extended field wins if it is a port at all; ports have 16 bits. */
static u16 fadt_port(const struct bytes *b, u32 off, u32 extended_off)
{
	struct acpi_register x = get_register(b, extended_off);
	u32 port = get32(b, off);

	if (x.space == ACPI_SPACE_IO && x.address && x.address <= 0xffff)
		return x.address;
	return port <= 0xffff ? port : 0;
}

/**
 * acpi_parse_fadt() - SCI, power-management ports, PM timer, reset register.
 * @t:    the whole table, header included
 * @len:  bytes readable at @t
 * @info: filled in
 */
void acpi_parse_fadt(const u8 *t, u32 len, struct acpi_info *info)
{
	struct bytes b = { t, len };
	u32 flags = get32(&b, 112);
	u32 smi_cmd = get32(&b, 48);

	info->facs_address = get64(&b, 132) ? get64(&b, 132) : get32(&b, 36);
	info->sci_irq = get16(&b, 46);
	info->smi_cmd = smi_cmd <= 0xffff ? smi_cmd : 0;
	info->acpi_enable = get8(&b, 52);
	info->acpi_disable = get8(&b, 53);
	info->pm1a_sts = fadt_port(&b, 56, 148);
	info->pm1b_sts = fadt_port(&b, 60, 160);
	info->pm1a_cnt = fadt_port(&b, 64, 172);
	info->pm1b_cnt = fadt_port(&b, 68, 184);
	info->hw_reduced = flags & FADT_HW_REDUCED;
	if (get8(&b, 91) >= 4 && !info->hw_reduced)
		info->pm_timer_port = fadt_port(&b, 76, 208);
	info->pm_timer_32bit = flags & FADT_TIMER_32BIT;
	info->reset = get_register(&b, 116);
	info->reset_value = get8(&b, 128);
	info->reset_supported = (flags & FADT_RESET_SUPPORTED) && info->reset.address;
	info->sleep_control = get_register(&b, 244);
	info->sleep_status = get_register(&b, 256);
}

/**
 * acpi_parse_hpet() - Where the first event timer block is.
 * @t:    the whole table, header included
 * @len:  bytes readable at @t
 * @info: hpet_address is set, unless an earlier table did, or it is no memory
 */
void acpi_parse_hpet(const u8 *t, u32 len, struct acpi_info *info)
{
	struct bytes b = { t, len };
	struct acpi_register base = get_register(&b, 40);

	if (base.space == ACPI_SPACE_MEMORY && !info->hpet_address)
		info->hpet_address = base.address;
}

/**
 * acpi_parse_mcfg() - Memory-mapped configuration space.
 * @t:    the whole table, header included
 * @len:  bytes readable at @t
 * @info: its mcfg[] is filled, as many as fit
 */
void acpi_parse_mcfg(const u8 *t, u32 len, struct acpi_info *info)
{
	struct bytes b = { t, len };

	for (u32 off = HEADER_SIZE + 8; off + 16 <= len; off += 16) {
		struct acpi_mcfg m = {
			.address = get64(&b, off),
			.segment = get16(&b, off + 8),
			.start_bus = get8(&b, off + 10),
			.end_bus = get8(&b, off + 11),
		};

		if (info->nr_mcfg == ACPI_MAX_MCFG)
			return;
		if (m.address && m.start_bus <= m.end_bus)
			info->mcfg[info->nr_mcfg++] = m;
	}
}
