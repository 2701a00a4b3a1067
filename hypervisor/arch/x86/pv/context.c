// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV vCPU's whole state at once, as VCPUOP_initialise and setvcpucontext
 * give it. All of it is checked before any of it is loaded, but for the page
 * tables and the GDT, which are taken last and given back if that fails.
 *
 * ABI: arch-x86/xen.h, struct vcpu_guest_context.
 */
#include <asm/cpu.h>
#include <asm/entry.h>
#include <asm/pv.h>
#include <asm/pv_mm.h>

#include <hv/errno.h>
#include <hv/string.h>
#include <asm/system.h>

#include <xen/callback.h>

#define MXCSR_VALID	0xffbf
#define FXSAVE_MXCSR	24
#define FXSAVE_BYTES	512

static bool addresses_ok(const struct vcpu_guest_context *c)
{
	unsigned int i;

	if (!is_canonical(c->user_regs.rip) || !is_canonical(c->event_callback_eip) ||
	    !is_canonical(c->syscall_callback_eip) || !is_canonical(c->failsafe_callback_eip) ||
	    !is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) ||
	    !is_canonical(c->gs_base_user) || !is_canonical(c->ldt_base))
		return false;
	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		if (!is_canonical(c->trap_ctxt[i].address))
			return false;
	return true;
}

static bool tables_ok(const struct vcpu_guest_context *c)
{
	return c->ldt_ents <= 8192 && IS_ALIGNED(c->ldt_base, PAGE_SIZE) &&
	       c->gdt_ents <= GUEST_GDT_PAGES * PT_ENTRIES;
}

static void load_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct cpu_user_regs *r = &v->regs;
	struct arch_vcpu *a = &v->arch;

	*r = c->user_regs;
	r->cs = (r->cs & 0xffff) | 3;
	r->ss = (r->ss & 0xffff) | 3;
	r->error_code = r->entry_vector = 0;
	a->iopl = c->user_regs.rflags >> 12 & 3;
	r->rflags = (r->rflags & PV_RFLAGS_GUEST) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	a->kernel_mode = c->flags & VGCF_in_kernel;
	a->ds = c->user_regs.ds;
	a->es = c->user_regs.es;
	a->fs = c->user_regs.fs;
	a->gs = c->user_regs.gs;
	a->fs_base = c->fs_base;
	a->gs_base_kernel = c->gs_base_kernel;
	a->gs_base_user = c->gs_base_user;
	a->kernel_ss = (c->kernel_ss & 0xffff) | 3;
	a->kernel_sp = c->kernel_sp;
}

static void load_entry_points(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct arch_vcpu *a = &v->arch;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(a->trap_ctxt); i++) {
		a->trap_ctxt[i] = c->trap_ctxt[i];
		a->trap_ctxt[i].cs |= 3;
	}
	a->event_callback = c->event_callback_eip;
	a->failsafe_callback = c->failsafe_callback_eip;
	a->syscall_callback = c->syscall_callback_eip;
	a->callback_masks = 0;
	if (c->flags & VGCF_failsafe_disables_events)
		a->callback_masks |= BIT(CALLBACKTYPE_failsafe);
	if (c->flags & VGCF_syscall_disables_events)
		a->callback_masks |= BIT(CALLBACKTYPE_syscall);
}

static void load_fpu(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (!(c->flags & VGCF_i387_valid))
		return;
	memcpy(v->arch.fpu_area, &c->fpu_ctxt, FXSAVE_BYTES);
	*(u32 *)((u8 *)v->arch.fpu_area + FXSAVE_MXCSR) &= MXCSR_VALID;
	/* The XSAVE header: legacy state is there, nothing else. */
	if (cpu_features.xsave)
		*(u64 *)((u8 *)v->arch.fpu_area + FXSAVE_BYTES) = XCR0_X87 | XCR0_SSE;
}

static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned long frames[GUEST_GDT_PAGES];
	mfn_t user = c->ctrlreg[1] ? _mfn((c->ctrlreg[1] & PTE_ADDR_MASK) >> PAGE_SHIFT) :
				     INVALID_MFN;
	unsigned int i;
	int rc;

	rc = pv_retire_pending(v);
	if (!rc)
		rc = pv_set_kernel_table(v, _mfn((c->ctrlreg[3] & PTE_ADDR_MASK) >> PAGE_SHIFT));
	if (!rc)
		rc = pv_set_user_table(v, user);
	if (rc)
		return rc;
	for (i = 0; i < GUEST_GDT_PAGES; i++)
		frames[i] = c->gdt_frames[i];
	rc = pv_set_gdt(v, frames, c->gdt_ents);
	if (rc)
		return rc;
	v->arch.ldt_base = c->ldt_base;
	v->arch.ldt_ents = c->ldt_ents;
	return 0;
}

/**
 * arch_set_vcpu_context() - Load a vCPU's whole state.
 * @v: of any domain; it does not run and nobody else loads it
 * @c: private copy of what the guest or the toolstack gave
 *
 * Return: 0; -EINVAL for values that no vCPU can have; -EBUSY for page tables
 * that are none; -ERESTART to be called again with the same.
 */
int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc;

	if (!addresses_ok(c) || !tables_ok(c))
		return -EINVAL;
	pv_sync_loaded(v);
	rc = take_tables(v, c);
	if (rc) {
		if (rc != -ERESTART)
			pv_vcpu_relinquish(v);
		return rc;
	}
	load_registers(v, c);
	load_entry_points(v, c);
	load_fpu(v, c);
	v->arch.ctrlreg[0] = c->ctrlreg[0] & X86_CR0_TS;
	v->arch.ctrlreg[4] = c->ctrlreg[4] & CR4_GUEST_BITS;
	if (c->vm_assist)
		v->domain->arch.vm_assist |= c->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);
	v->initialised = true;
	return 0;
}
