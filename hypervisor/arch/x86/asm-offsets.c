// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and offsets for the assembly; compiled to text, never linked. */
#include <hv/percpu.h>
#include <hv/domain.h>
#include <asm/entry.h>

#include <xen/callback.h>

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
	DEFINE(CPU_INFO_running, offsetof(struct cpu_info, running));
	DEFINE(CPU_INFO_percpu, offsetof(struct cpu_info, percpu));
	DEFINE(PERCPU_softirq_pending, offsetof(struct percpu, softirq_pending));
	DEFINE(VCPU_vcpu_info, offsetof(struct vcpu, vcpu_info));
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, arch.kernel_mode));
	DEFINE(VCPU_domain, offsetof(struct vcpu, domain));
	DEFINE(VCPU_runstate_stale, offsetof(struct vcpu, runstate_stale));
	DEFINE(VCPU_async_masked, offsetof(struct vcpu, arch.async_masked));
	DEFINE(VCPU_callback_masks, offsetof(struct vcpu, arch.callback_masks));
	DEFINE(VCPU_syscall_callback, offsetof(struct vcpu, arch.syscall_callback));
	DEFINE(VCPU_kernel_sp, offsetof(struct vcpu, arch.kernel_sp));
	DEFINE(VCPU_guest_table, offsetof(struct vcpu, arch.guest_table));
	DEFINE(VCPU_guest_table_user, offsetof(struct vcpu, arch.guest_table_user));
	DEFINE(VCPU_cr3, offsetof(struct vcpu, arch.cr3));
	DEFINE(DOMAIN_vm_assist, offsetof(struct domain, arch.vm_assist));
	DEFINE(HYPERCALL_iret, __HYPERVISOR_iret);
	DEFINE(CALLBACK_MASK_syscall, BIT(CALLBACKTYPE_syscall));
	DEFINE(VM_ASSIST_architectural_iopl, BIT(VMASST_TYPE_architectural_iopl));
	DEFINE(PV_RFLAGS_GUEST, PV_RFLAGS_GUEST);
	DEFINE(VCPU_bounce_flags, offsetof(struct vcpu, arch.trap_bounce.flags));
	DEFINE(VCPU_exit_work, offsetof(struct vcpu, arch.exit_work));
	DEFINE(VCPUINFO_upcall_pending, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(VCPUINFO_upcall_mask, offsetof(struct vcpu_info, evtchn_upcall_mask));
}
