/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: registers, a symbolised stack trace, then reboot or halt. */
#ifndef HV_PANIC_H
#define HV_PANIC_H

#include <hv/lib.h>
#include <hv/types.h>

#include <xen/xen.h>

void show_registers(const struct cpu_user_regs *regs);
void show_stack_here(void);
void fatal_exception(const struct cpu_user_regs *regs) __noreturn;
void fatal_nmi(const struct cpu_user_regs *regs, const char *source) __noreturn;
void reboot_or_halt(void) __noreturn;

#endif
