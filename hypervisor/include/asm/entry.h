/* SPDX-License-Identifier: GPL-2.0-only */
/* The C side of entry.S: what it calls, and where C enters it. */
#ifndef HV_ASM_ENTRY_H
#define HV_ASM_ENTRY_H

#include <hv/percpu.h>
#include <asm/x86-defs.h>

/* Flags a guest may load: arithmetic, TF, DF, NT, RF, AC, ID. */
#define PV_RFLAGS_GUEST	0x254dd5UL

void guest_exception(struct cpu_user_regs *regs);
void hv_exception(struct cpu_user_regs *regs);
void pv_syscall_bounce(struct cpu_user_regs *regs);
void pv_syscall32_bounce(struct cpu_user_regs *regs);
void pv_sysenter_bounce(struct cpu_user_regs *regs);
void pv_deliver_bounce(void);
void pv_deliver_event(void);
bool pv_deliver_async(void);
void pv_frame_fault(void);
void pv_iret_fault(struct cpu_user_regs *regs);

void reset_stack_and_exit(struct cpu_info *info) __noreturn;
void reset_stack_and_jump(struct cpu_info *info, void (*fn)(void)) __noreturn;

#endif
