// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV vCPU's whole state at once, as VCPUOP_initialise and setvcpucontext
 * give it and getvcpucontext takes it. All of it is checked before any of it is
 * loaded; page tables and GDT are taken before the rest, and given back if one
 * of them is refused.
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

#define FXSAVE_MXCSR	24
#define FXSAVE_BYTES	512
#define VM_ASSIST_FROM_CONTEXT	BIT(VMASST_TYPE_runstate_update_flag)

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
	/* Programs have a table of their own, or could not be kept from the kernel's memory. */
	return c->ldt_ents <= 8192 && IS_ALIGNED(c->ldt_base, PAGE_SIZE) &&
	       c->gdt_ents <= GUEST_GDT_PAGES * PT_ENTRIES &&
	       ((c->flags & VGCF_in_kernel) || c->ctrlreg[1]);
}

static mfn_t cr3_mfn(unsigned long cr3)
{
	return _mfn((cr3 & PTE_ADDR_MASK) >> PAGE_SHIFT);
}

static unsigned long mfn_cr3(mfn_t mfn)
{
	return mfn_eq(mfn, INVALID_MFN) ? 0 : mfn_x(mfn) << PAGE_SHIFT;
}

static unsigned int gdt_pages(unsigned int entries)
{
	return DIV_ROUND_UP(entries, (unsigned int)PT_ENTRIES);
}

/* A vCPU that has run keeps its tables; the toolstack gives back what it read. */
static bool same_tables(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	const struct arch_vcpu *a = &v->arch;

	if (c->ctrlreg[3] != mfn_cr3(a->guest_table) ||
	    c->ctrlreg[1] != mfn_cr3(a->guest_table_user) ||
	    c->ldt_base != a->ldt_base || c->ldt_ents != a->ldt_ents ||
	    c->gdt_ents != a->gdt_ents)
		return false;
	for (unsigned int i = 0; i < gdt_pages(a->gdt_ents); i++)
		if (c->gdt_frames[i] != mfn_x(a->gdt_frames[i]))
			return false;
	return true;
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

	for (i = 0; i < NR_GUEST_TRAPS; i++) {
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
	*(u32 *)((u8 *)v->arch.fpu_area + FXSAVE_MXCSR) &= cpu_features.mxcsr_mask;
	/* The XSAVE header: legacy state is there, nothing else. */
	if (cpu_features.xsave)
		*(u64 *)((u8 *)v->arch.fpu_area + FXSAVE_BYTES) = XCR0_X87 | XCR0_SSE;
}

static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned long frames[GUEST_GDT_PAGES];
	mfn_t user = c->ctrlreg[1] ? cr3_mfn(c->ctrlreg[1]) : INVALID_MFN;
	unsigned int i;
	int rc;

	rc = pv_retire_pending(v);
	if (!rc)
		rc = pv_set_kernel_table(v, cr3_mfn(c->ctrlreg[3]));
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

static void load_controls(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct arch_vcpu *a = &v->arch;

	a->cr3 = mfn_cr3(a->kernel_mode ? a->guest_table : a->guest_table_user);
	a->ctrlreg[0] = c->ctrlreg[0] & X86_CR0_TS;
	a->ctrlreg[2] = c->ctrlreg[2];
	a->ctrlreg[4] = c->ctrlreg[4] & pv_cr4_allowed(v->domain);
	if (c->vm_assist)
		v->domain->arch.vm_assist |= c->vm_assist & VM_ASSIST_FROM_CONTEXT;
	/* Those that a guest could not have set itself stay as they are. */
	for (unsigned int i = 0; i < ARRAY_SIZE(c->debugreg); i++)
		pv_set_debugreg(v, i, c->debugreg[i]);
}

/**
 * arch_set_vcpu_context() - Load a vCPU's whole state.
 * @v: of any domain; it does not run and nobody else loads it
 * @c: private copy of what the guest or the toolstack gave
 *
 * One that is initialised keeps its page tables, GDT and LDT.
 *
 * Return: 0; -EINVAL for values that no vCPU can have; -EBUSY for page tables
 * that are none; -EOPNOTSUPP for other tables than it has; -ERESTART to be
 * called again with the same.
 */
int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = 0;

	if (!addresses_ok(c) || !tables_ok(c))
		return -EINVAL;
	pv_sync_loaded(v);
	if (v->initialised && !same_tables(v, c))
		return -EOPNOTSUPP;
	if (!v->initialised)
		rc = take_tables(v, c);
	if (rc) {
		if (rc != -ERESTART)
			pv_vcpu_relinquish(v);
		return rc;
	}
	load_registers(v, c);
	load_entry_points(v, c);
	load_fpu(v, c);
	load_controls(v, c);
	v->initialised = true;
	return 0;
}

static u64 flags_of(const struct vcpu *v)
{
	const struct arch_vcpu *a = &v->arch;
	u64 flags = VGCF_i387_valid;

	if (a->kernel_mode)
		flags |= VGCF_in_kernel;
	if (!test_bit(VPF_DOWN, &v->pause_flags))
		flags |= VGCF_online;
	if (a->callback_masks & BIT(CALLBACKTYPE_failsafe))
		flags |= VGCF_failsafe_disables_events;
	if (a->callback_masks & BIT(CALLBACKTYPE_syscall))
		flags |= VGCF_syscall_disables_events;
	return flags;
}

static void save_registers(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct arch_vcpu *a = &v->arch;

	c->user_regs = v->regs;
	c->user_regs.ds = a->ds;
	c->user_regs.es = a->es;
	c->user_regs.fs = a->fs;
	c->user_regs.gs = a->gs;
	c->user_regs.rflags |= (u64)a->iopl << 12;
	/* Ours, not the guest's. */
	c->user_regs.error_code = 0;
	c->user_regs.entry_vector = 0;
	c->fs_base = a->fs_base;
	c->gs_base_kernel = a->gs_base_kernel;
	c->gs_base_user = a->gs_base_user;
	c->kernel_ss = a->kernel_ss;
	c->kernel_sp = a->kernel_sp;
	memcpy(&c->fpu_ctxt, a->fpu_area, FXSAVE_BYTES);
}

static void save_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct arch_vcpu *a = &v->arch;

	c->gdt_ents = a->gdt_ents;
	for (unsigned int i = 0; i < gdt_pages(a->gdt_ents); i++)
		c->gdt_frames[i] = mfn_x(a->gdt_frames[i]);
	c->ldt_base = a->ldt_base;
	c->ldt_ents = a->ldt_ents;
	c->ctrlreg[0] = a->ctrlreg[0];
	c->ctrlreg[1] = mfn_cr3(a->guest_table_user);
	c->ctrlreg[2] = a->ctrlreg[2];
	c->ctrlreg[3] = mfn_cr3(a->guest_table);
	c->ctrlreg[4] = pv_cr4_to_guest(v);
	memcpy(c->debugreg, a->debugreg, sizeof(c->debugreg));
}

/**
 * arch_get_vcpu_context() - A vCPU's whole state.
 * @v: initialised, and does not run
 * @c: filled in, every byte
 */
void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct arch_vcpu *a = &v->arch;

	memset(c, 0, sizeof(*c));
	pv_sync_loaded(v);
	c->flags = flags_of(v);
	save_registers(v, c);
	save_tables(v, c);
	memcpy(c->trap_ctxt, a->trap_ctxt, sizeof(c->trap_ctxt));
	c->event_callback_eip = a->event_callback;
	c->failsafe_callback_eip = a->failsafe_callback;
	c->syscall_callback_eip = a->syscall_callback;
	c->vm_assist = v->domain->arch.vm_assist;
}
