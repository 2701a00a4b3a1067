/* SPDX-License-Identifier: GPL-2.0-only */
/* What we read of the firmware's tables. arch/x86/acpi.c; ACPI 6.4, chapter 5. */
#ifndef HV_ACPI_H
#define HV_ACPI_H

#include <hv/lib.h>
#include <hv/types.h>

#define ACPI_MAX_CPUS		256
#define ACPI_MAX_IOAPICS	16
#define ACPI_MAX_MCFG		16
#define ACPI_NR_ISA_IRQS	16

/* Address spaces of a generic address structure. ACPI 6.4, 5.2.3.2. */
#define ACPI_SPACE_MEMORY	0
#define ACPI_SPACE_IO		1
#define ACPI_SPACE_PCI_CONFIG	2

struct acpi_cpu {
	u32 apic_id, acpi_id;
	bool enabled;
};

struct acpi_ioapic {
	u8 id;
	paddr_t address;
	u32 gsi_base;
};

/* Memory-mapped configuration space of buses @start_bus to @end_bus. */
struct acpi_mcfg {
	paddr_t address;
	u16 segment;
	u8 start_bus, end_bus;
};

struct acpi_register {
	u8 space, width;
	u64 address;		/* 0: there is none */
};

/* From MADT, FADT, HPET, MCFG; all zero with acpi=off or no tables. */
struct acpi_info {
	bool present;
	paddr_t rsdp;		/* 0: the boot loader gave a copy, not the place */
	paddr_t lapic_address;
	bool has_8259;		/* PCAT_COMPAT: mask it before the I/O APIC is used */
	unsigned int nr_cpus, nr_ioapics, nr_mcfg;
	unsigned int nr_cpus_dropped;	/* beyond ACPI_MAX_CPUS */
	struct acpi_cpu cpu[ACPI_MAX_CPUS];
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	struct acpi_mcfg mcfg[ACPI_MAX_MCFG];
	struct {
		u32 gsi;
		bool level, active_low, valid;
	} isa_irq[ACPI_NR_ISA_IRQS];	/* interrupt source overrides */
	u8 lint_nmi_mask;	/* local interrupt pins wired to NMI: bit 0 LINT0, bit 1 LINT1 */
	u16 sci_irq;
	u32 pm_timer_port;	/* 0: none */
	bool pm_timer_32bit;
	u16 pm1a_cnt, pm1b_cnt, pm1a_sts, pm1b_sts;
	bool hw_reduced;	/* sleep by sleep_control instead of PM1 */
	struct acpi_register sleep_control, sleep_status;
	struct acpi_register reset;
	u8 reset_value;
	bool reset_supported;
	paddr_t hpet_address;
	paddr_t facs_address;
	u8 acpi_enable, acpi_disable;
	u16 smi_cmd;
	bool has_dmar;
};

extern struct acpi_info acpi;

void acpi_init(const void *rsdp, size_t len);
void acpi_hide_dmar(bool hide);

/* arch/x86/acpi_tables.c: one parser per table, @t has @len readable bytes, checksum seen. */
void acpi_parse_madt(const u8 *t, u32 len, struct acpi_info *info);
void acpi_parse_fadt(const u8 *t, u32 len, struct acpi_info *info);
void acpi_parse_hpet(const u8 *t, u32 len, struct acpi_info *info);
void acpi_parse_mcfg(const u8 *t, u32 len, struct acpi_info *info);

/* arch/x86/power.c */
void power_init(void);
int acpi_enter_sleep(u32 pm1a, u32 pm1b, u8 sleep_state);
int acpi_enter_sleep_extended(u8 type_a, u8 sleep_state);
void machine_restart(void) __noreturn;
void machine_halt(void) __noreturn;

#endif
