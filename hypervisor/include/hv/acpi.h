/* SPDX-License-Identifier: GPL-2.0-only */
/* What we read of the firmware's tables. arch/x86/acpi.c; ACPI 6.4, chapter 5. */
#ifndef HV_ACPI_H
#define HV_ACPI_H

#include <hv/types.h>

#define ACPI_MAX_CPUS		256
#define ACPI_MAX_IOAPICS	16

struct acpi_cpu {
	u32 apic_id, acpi_id;
	bool enabled;
};

struct acpi_ioapic {
	u8 id;
	paddr_t address;
	u32 gsi_base;
};

/* From MADT, FADT, HPET, MCFG; all zero with acpi=off or no tables. */
struct acpi_info {
	bool present;
	paddr_t rsdp;
	paddr_t lapic_address;
	unsigned int nr_cpus, nr_ioapics;
	struct acpi_cpu cpu[ACPI_MAX_CPUS];
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	struct {
		u32 gsi;
		bool level, active_low, valid;
	} isa_irq[16];		/* interrupt source overrides */
	u16 sci_irq;
	u32 pm_timer_port;	/* 0: none */
	bool pm_timer_32bit;
	u16 pm1a_cnt, pm1b_cnt, pm1a_sts, pm1b_sts;
	u64 reset_address;
	u8 reset_space, reset_value;
	bool reset_supported;
	paddr_t hpet_address;
	paddr_t facs_address;
	u8 acpi_enable, acpi_disable;
	u16 smi_cmd;
};

extern struct acpi_info acpi;

/* Parse everything; @rsdp physical, 0: search the BIOS areas. Errors are logged and leave acpi.present false. */
void acpi_init(paddr_t rsdp);
/* Power off / sleep: the final write. S5 by XENPF_enter_acpi_sleep gives both values. */
int acpi_enter_sleep(u32 pm1a, u32 pm1b, u8 sleep_state);
void machine_restart(unsigned int delay_ms) __noreturn;
void machine_halt(void) __noreturn;

#endif
