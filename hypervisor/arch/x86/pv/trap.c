// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a PV guest sees of exceptions, events and system calls: a frame on its
 * kernel stack and a jump to the handler it registered.
 *
 * ABI: arch-x86/xen.h (trap_info), arch-x86/xen-x86_64.h (iret_context),
 * callback.h; frame layout in Documentation/abi/pv-traps.rst. Everything here
 * runs on the vCPU's own CPU, without locks.
 */
#include <asm/pv.h>

#include <hv/bug.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/hypercall.h>
#include <asm/system.h>
#include <asm/entry.h>

#include <xen/callback.h>

/* Cleared on the way into any handler. */
#define HANDLER_CLEARS	(X86_EFLAGS_TF | X86_EFLAGS_VM | X86_EFLAGS_RF | \
			 X86_EFLAGS_NT | X86_EFLAGS_AC)

bool pv_trap_has_error_code(unsigned int vector)
{
	return vector < 32 && (0x60227d00U >> vector & 1);
}

/**
 * pv_toggle_mode() - Change between the guest's kernel and its programs.
 * @v: the running vCPU; its other table must exist
 *
 * User pages are global in the TLB and survive the plain CR3 write, which is
 * what makes a system call affordable; kernel pages are not and do not.
 */
void pv_toggle_mode(struct vcpu *v)
{
	mfn_t table;

	v->arch.kernel_mode = !v->arch.kernel_mode;
	table = v->arch.kernel_mode ? v->arch.guest_table : v->arch.guest_table_user;
	v->arch.cr3 = mfn_x(table) << PAGE_SHIFT;
	__asm__ __volatile__("swapgs" ::: "memory");
	write_cr3(v->arch.cr3);
	if (unlikely(v->runstate_stale))
		runstate_publish(v);
}

/* Push @nr words, highest address last, and switch to @eip. */
static void enter_handler(struct vcpu *v, struct cpu_user_regs *regs, unsigned long eip,
			  const u64 *frame, unsigned int nr, unsigned long sp, bool mask_events)
{
	sp -= nr * sizeof(u64);
	if (unlikely(raw_copy_to_guest(sp, frame, nr * sizeof(u64)))) {
		domain_crash(v->domain, "cannot write an exception frame at %016lx", sp);
		return;
	}
	if (unlikely(!eip || !is_canonical(eip))) {
		domain_crash(v->domain, "no handler to enter (address %016lx)", eip);
		return;
	}
	regs->entry_vector = 0;
	regs->rip = eip;
	regs->cs = FLAT_CS64;
	regs->rflags &= ~(u64)HANDLER_CLEARS;
	regs->rsp = sp;
	regs->ss = FLAT_DS;
	if (mask_events)
		v->vcpu_info->evtchn_upcall_mask = 1;
}

/* The stack a handler starts on; from a program, the kernel's. */
static unsigned long handler_stack(struct vcpu *v, const struct cpu_user_regs *regs)
{
	unsigned long sp = regs->rsp;

	if (!v->arch.kernel_mode) {
		pv_toggle_mode(v);
		sp = v->arch.kernel_sp;
	}
	return sp & ~0xfUL;
}

static u64 saved_rflags(struct vcpu *v, const struct cpu_user_regs *regs)
{
	u64 flags = regs->rflags & ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

	if (!v->vcpu_info->evtchn_upcall_mask)
		flags |= X86_EFLAGS_IF;
	if (v->domain->arch.vm_assist & BIT(VMASST_TYPE_architectural_iopl))
		flags |= (u64)v->arch.iopl << 12;
	return flags;
}

static void bounce(struct vcpu *v, struct cpu_user_regs *regs, unsigned long eip,
		   const u32 *error_code, bool mask_events)
{
	bool from_kernel = v->arch.kernel_mode;
	u64 mask = v->vcpu_info->evtchn_upcall_mask;
	u64 cs = from_kernel ? regs->cs & ~3 : regs->cs;
	u64 rflags = saved_rflags(v, regs);
	unsigned long sp = handler_stack(v, regs);
	u64 frame[8];
	unsigned int n = 0;

	frame[n++] = regs->rcx;
	frame[n++] = regs->r11;
	if (error_code)
		frame[n++] = *error_code;
	frame[n++] = regs->rip;
	frame[n++] = cs | mask << 32;
	frame[n++] = rflags;
	frame[n++] = regs->rsp;
	frame[n++] = regs->ss;
	enter_handler(v, regs, eip, frame, n, sp, mask_events);
}

/**
 * pv_inject_trap() - Let the guest handle an exception.
 * @v:          the running vCPU
 * @vector:     below 256
 * @error_code: pushed if the vector has one
 *
 * The frame is built on the way back to the guest.
 */
void pv_inject_trap(struct vcpu *v, unsigned int vector, u32 error_code)
{
	const struct trap_info *ti = &v->arch.trap_ctxt[vector];
	struct trap_bounce *tb = &v->arch.trap_bounce;

	if (unlikely(!ti->address)) {
		domain_crash(v->domain, "exception %u (error code %04x) has no handler",
			     vector, error_code);
		return;
	}
	tb->flags = TBF_EXCEPTION;
	if (pv_trap_has_error_code(vector))
		tb->flags |= TBF_ERROR_CODE;
	if (ti->flags & 4)
		tb->flags |= TBF_INTERRUPT;
	tb->error_code = error_code;
	tb->eip = ti->address;
}

void pv_inject_page_fault(struct vcpu *v, unsigned long va, u32 error_code)
{
	v->arch.ctrlreg[2] = va;
	v->vcpu_info->arch.cr2 = va;
	if (v->arch.kernel_mode)
		error_code &= ~PFEC_U;
	else
		error_code |= PFEC_U;
	pv_inject_trap(v, X86_VEC_PF, error_code);
}

bool pv_inject_software_int(struct vcpu *v, unsigned int vector)
{
	const struct trap_info *ti = &v->arch.trap_ctxt[vector];
	unsigned int cpl = v->arch.kernel_mode ? 1 : 3;

	if (!ti->address || (ti->flags & 3) < cpl)
		return false;
	v->arch.trap_bounce.flags = TBF_EXCEPTION | (ti->flags & 4 ? TBF_INTERRUPT : 0);
	v->arch.trap_bounce.eip = ti->address;
	return true;
}

/* From guest_exit, when a frame is due. */
void pv_deliver_bounce(void)
{
	struct vcpu *v = current;
	struct trap_bounce tb = v->arch.trap_bounce;

	v->arch.trap_bounce.flags = 0;
	bounce(v, guest_cpu_regs(), tb.eip, tb.flags & TBF_ERROR_CODE ? &tb.error_code : NULL,
	       tb.flags & TBF_INTERRUPT);
}

/* From guest_exit, when an event is pending and not masked. */
void pv_deliver_event(void)
{
	struct vcpu *v = current;

	bounce(v, guest_cpu_regs(), v->arch.event_callback, NULL, true);
}

static bool deliver_async(struct vcpu *v, unsigned int vector, u8 mask)
{
	if (v->arch.async_masked & mask || !v->arch.trap_ctxt[vector].address)
		return false;
	v->arch.async_masked |= mask;
	pv_inject_trap(v, vector, 0);
	return true;
}

void arch_vcpu_send_nmi(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->arch.nmi_pending, true, __ATOMIC_SEQ_CST))
		return;
	WRITE_ONCE(v->arch.exit_work, 1);
	vcpu_kick(v);
}

/* A machine check, the same way. */
void arch_vcpu_send_mce(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->arch.mce_pending, true, __ATOMIC_SEQ_CST))
		return;
	WRITE_ONCE(v->arch.exit_work, 1);
	vcpu_kick(v);
}

/* Is there anything that deliver_async() would not refuse? */
static bool async_deliverable(const struct vcpu *v)
{
	return (v->arch.mce_pending && !(v->arch.async_masked & 2) &&
		v->arch.trap_ctxt[X86_VEC_MC].address) ||
	       (v->arch.nmi_pending && !(v->arch.async_masked & 1) &&
		v->arch.trap_ctxt[X86_VEC_NMI].address);
}

/* From guest_exit: an NMI or machine check waits. True if one was taken. */
bool pv_deliver_async(void)
{
	struct vcpu *v = current;
	bool taken = false;

	/* Before the look: a sender sets its flag first, then this. */
	__atomic_store_n(&v->arch.exit_work, 0, __ATOMIC_SEQ_CST);
	if (v->arch.mce_pending && deliver_async(v, X86_VEC_MC, 2)) {
		v->arch.mce_pending = false;
		taken = true;
	} else if (v->arch.nmi_pending && deliver_async(v, X86_VEC_NMI, 1)) {
		v->arch.nmi_pending = false;
		taken = true;
	}
	if (async_deliverable(v))
		v->arch.exit_work = 1;
	return taken;
}

static bool callback_masks(const struct vcpu *v, unsigned int type)
{
	return v->arch.callback_masks & BIT(type);
}

/* From entry.S: the frame of a system call did not find room. */
void pv_frame_fault(void)
{
	domain_crash(current->domain, "cannot write a system call's frame below %016lx",
		     current->arch.kernel_sp);
}

/* A program's SYSCALL: to the kernel's entry point. */
void pv_syscall_bounce(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (unlikely(!v->arch.syscall_callback)) {
		regs->rip -= 2;
		pv_inject_trap(v, X86_VEC_UD, 0);
		return;
	}
	bounce(v, regs, v->arch.syscall_callback, NULL, callback_masks(v, CALLBACKTYPE_syscall));
	regs->rflags &= ~(u64)X86_EFLAGS_DF;
}

void pv_syscall32_bounce(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (v->arch.kernel_mode || !v->arch.syscall32_callback) {
		regs->rip -= 2;
		pv_inject_trap(v, X86_VEC_UD, 0);
		return;
	}
	bounce(v, regs, v->arch.syscall32_callback, NULL,
	       callback_masks(v, CALLBACKTYPE_syscall32));
	regs->rflags &= ~(u64)X86_EFLAGS_DF;
}

/* SYSENTER saves nothing: CS 3, RIP 0, RSP 0 is all that the kernel is told. */
void pv_sysenter_bounce(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	regs->rflags |= X86_EFLAGS_IF;
	regs->rflags &= ~(u64)(X86_EFLAGS_NT | X86_EFLAGS_VM | X86_EFLAGS_IOPL);
	if (v->arch.kernel_mode || !v->arch.sysenter_callback) {
		/* The instruction's address is lost; only the kernel could want it. */
		pv_inject_trap(v, X86_VEC_GP, 0);
		return;
	}
	bounce(v, regs, v->arch.sysenter_callback, NULL,
	       callback_masks(v, CALLBACKTYPE_sysenter));
}

/* IRETQ to the guest faulted on what the guest asked to be loaded. */
void pv_iret_fault(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	bool from_kernel = v->arch.kernel_mode;
	u64 mask = v->vcpu_info->evtchn_upcall_mask;
	u64 cs, rflags;
	unsigned long sp;
	u16 ds, es, fs, gs;

	if (!v->arch.failsafe_callback) {
		pv_inject_trap(v, X86_VEC_GP, 0);
		return;
	}
	__asm__("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		: "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs));
	cs = from_kernel ? regs->cs & ~3 : regs->cs;
	rflags = saved_rflags(v, regs);
	sp = handler_stack(v, regs);
	{
		u64 frame[] = { regs->rcx, regs->r11, ds, es, fs, gs, regs->rip,
				cs | mask << 32, rflags, regs->rsp, regs->ss };

		enter_handler(v, regs, v->arch.failsafe_callback, frame, ARRAY_SIZE(frame), sp,
			      callback_masks(v, CALLBACKTYPE_failsafe));
	}
}

/**
 * pv_iret() - Hypercall 23: leave an exception or system call.
 * @regs: the guest kernel's; RSP points at a struct iret_context
 *
 * ABI: arch-x86/xen-x86_64.h, struct iret_context.
 * Return: what RAX is to hold; the domain is crashed if its frame is unusable.
 */
long pv_iret(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct iret_context ctxt;

	if (unlikely(copy_from_guest(&ctxt, regs->rsp))) {
		domain_crash(v->domain, "iret frame at %016lx is not readable",
			     (unsigned long)regs->rsp);
		return 0;
	}
	if ((ctxt.cs & 3) == 3) {
		if (unlikely(mfn_eq(v->arch.guest_table_user, INVALID_MFN))) {
			domain_crash(v->domain, "iret to a program, but no user page table is set");
			return 0;
		}
		pv_toggle_mode(v);
	}
	if (v->domain->arch.vm_assist & BIT(VMASST_TYPE_architectural_iopl))
		v->arch.iopl = ctxt.rflags >> 12 & 3;

	regs->rip = ctxt.rip;
	regs->cs = (ctxt.cs & 0xffff) | 3;
	regs->rflags = (ctxt.rflags & PV_RFLAGS_GUEST) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	regs->rsp = ctxt.rsp;
	regs->ss = (ctxt.ss & 0xffff) | 3;
	if (!(ctxt.flags & VGCF_in_syscall)) {
		regs->entry_vector = 0;
		regs->r11 = ctxt.r11;
		regs->rcx = ctxt.rcx;
	}
	v->vcpu_info->evtchn_upcall_mask = !(ctxt.rflags & X86_EFLAGS_IF);
	if (unlikely(v->arch.async_masked)) {
		/* The innermost of machine check and NMI ends. */
		v->arch.async_masked &= v->arch.async_masked & 2 ? ~2 : ~1;
		v->arch.exit_work = 1;
	}
	return ctxt.rax;
}
