/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: registers, a symbolised stack trace, then reboot or halt. */
#ifndef HV_PANIC_H
#define HV_PANIC_H

#include <hv/types.h>

#include <xen/xen.h>

void show_registers(const struct cpu_user_regs *regs);
void show_stack_here(void);
void fatal_exception(const struct cpu_user_regs *regs) __attribute__((noreturn));
void fatal_nmi(const struct cpu_user_regs *regs, const char *source) __attribute__((noreturn));
void reboot_or_halt(void) __attribute__((noreturn));

#endif
