// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and offsets for the assembly; compiled to text, never linked. */
#include <hv/percpu.h>
#include <hv/domain.h>

void asm_offsets(void);

#define DEFINE(sym, val) \
	__asm__ __volatile__("\n@@" #sym " %0@@" :: "i" (val))
#define REG(sym, field) DEFINE(sym, offsetof(struct cpu_user_regs, field))

void asm_offsets(void)
{
	REG(REGS_r15, r15);
	REG(REGS_rbp, rbp);
	REG(REGS_rbx, rbx);
	REG(REGS_r11, r11);
	REG(REGS_rax, rax);
	REG(REGS_rcx, rcx);
	REG(REGS_rsi, rsi);
	REG(REGS_rdi, rdi);
	REG(REGS_error_code, error_code);
	REG(REGS_entry_vector, entry_vector);
	REG(REGS_rip, rip);
	REG(REGS_cs, cs);
	REG(REGS_eflags, rflags);
	REG(REGS_rsp, rsp);
	REG(REGS_ss, ss);
	REG(REGS_es, es);
	DEFINE(REGS_SIZE, sizeof(struct cpu_user_regs));
	DEFINE(CPU_INFO_SIZE, sizeof(struct cpu_info));
	DEFINE(CPU_INFO_scratch, offsetof(struct cpu_info, scratch));
	DEFINE(CPU_INFO_current, offsetof(struct cpu_info, running));
	DEFINE(CPU_INFO_percpu, offsetof(struct cpu_info, percpu));
	DEFINE(PERCPU_softirq_pending, offsetof(struct percpu, softirq_pending));
	DEFINE(VCPU_vcpu_info, offsetof(struct vcpu, vcpu_info));
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, arch.kernel_mode));
	DEFINE(VCPU_in_syscall, offsetof(struct vcpu, arch.in_syscall));
	DEFINE(VCPU_bounce_flags, offsetof(struct vcpu, arch.trap_bounce.flags));
	DEFINE(VCPU_exit_work, offsetof(struct vcpu, arch.exit_work));
	DEFINE(VCPUINFO_upcall_pending, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(VCPUINFO_upcall_mask, offsetof(struct vcpu_info, evtchn_upcall_mask));
}
