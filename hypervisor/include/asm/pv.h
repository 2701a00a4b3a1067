/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of arch/x86/pv and the exception entry ask of each other. */
#ifndef HV_ASM_PV_H
#define HV_ASM_PV_H

#include <hv/domain.h>
#include <hv/cpuid.h>

/* pv/trap.c */
void pv_inject_trap(struct vcpu *v, unsigned int vector, u32 error_code);
void pv_inject_page_fault(struct vcpu *v, unsigned long va, u32 error_code);
void pv_toggle_mode(struct vcpu *v);
bool pv_trap_has_error_code(unsigned int vector);
/* INT @vector executed by the guest: true if its table lets the present mode raise it. */
bool pv_inject_software_int(struct vcpu *v, unsigned int vector);
long pv_iret(struct cpu_user_regs *regs);

/* pv/priv.c: true if the instruction was carried out (and skipped). */
bool pv_emulate_privileged(struct cpu_user_regs *regs);
bool pv_emulate_forced_cpuid(struct cpu_user_regs *regs);

/* pv/ptwr.c: a write fault on a page-table page; true if carried out. */
bool pv_ptwr_fault(struct cpu_user_regs *regs, unsigned long va);
bool pv_mmio_ro_fault(struct cpu_user_regs *regs, unsigned long va);
/* pv/segment.c: fault on the LDT's window at @offset; true if now mapped. */
bool pv_ldt_fault(struct vcpu *v, unsigned long offset);

/* pv/ioport.c: after IOPL and bitmap allowed it. False: the guest gets #GP. */
bool pv_ioport_read(struct vcpu *v, u16 port, unsigned int bytes, u32 *val);
bool pv_ioport_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val);

/* pv/misc_op.c: 0; -EINVAL, -EPERM. @v runs here, or nowhere. */
long pv_set_debugreg(struct vcpu *v, unsigned long reg, unsigned long val);

/* arch/x86/msr.c: 0, or -EINVAL for #GP. */
int pv_rdmsr(struct vcpu *v, u32 msr, u64 *val);
u64 pv_mcg_cap(void);
int pv_wrmsr(struct vcpu *v, u32 msr, u64 val);

/* arch/x86/cpu.c */
#define CR4_GUEST_BITS	(X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE)
unsigned long pv_cr4_to_guest(const struct vcpu *v);
unsigned long pv_cr4_allowed(const struct domain *d);
void pv_set_cr4(struct vcpu *v, unsigned long val);
int fpu_init_vcpu(struct vcpu *v);
void fpu_destroy_vcpu(struct vcpu *v);
void fpu_save(struct vcpu *v);
void fpu_restore(struct vcpu *v);
/* 0, or -EINVAL: XCR0 value refused. */
int pv_set_xcr0(struct vcpu *v, u32 index, u64 val);

/*
 * Replace the registers of @v, which does not run, by an XSAVE image in the
 * standard format, private copy. 0; -EINVAL.
 */
long pv_set_xstate(struct vcpu *v, u64 xcr0, u64 accum, const void *image, size_t size);

/* pv/hypercall_page.c */
void pv_fill_hypercall_page(void *page);

/* pv/domain.c: the GDT window's entry where the guest gave no page. */
pte_t pv_zero_gdt_entry(void);
/* Write back the vCPU that this CPU holds but does not run. Interrupts off. */
void pv_give_up_loaded(void);

#endif
