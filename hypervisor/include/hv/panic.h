/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: registers, a symbolised stack trace, then reboot or halt. */
#ifndef HV_PANIC_H
#define HV_PANIC_H

#include <hv/lib.h>
#include <hv/types.h>

#include <xen/xen.h>

struct vcpu;

/* What a CPU was doing at some moment, for printing later or elsewhere. */
struct cpu_snapshot {
	struct cpu_user_regs regs;
	unsigned int cpu;
	const struct vcpu *running;
	unsigned long cr2, cr3;
	unsigned long trace[16];
	unsigned int nr_trace;
};

void snapshot_take(struct cpu_snapshot *s, const struct cpu_user_regs *regs);
void snapshot_print(const struct cpu_snapshot *s);
unsigned int stack_trace(unsigned long rbp, unsigned long *trace, unsigned int max);
void show_registers(const struct cpu_user_regs *regs);
void show_stack_here(void);
void fatal_exception(const struct cpu_user_regs *regs) __noreturn;
void fatal_nmi(const struct cpu_user_regs *regs, const char *source) __noreturn;
void reboot_or_halt(void) __noreturn;

#endif
