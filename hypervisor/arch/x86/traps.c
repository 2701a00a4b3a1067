// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions. One from a guest is handled for it or passed on to it; one from
 * the hypervisor itself is a guest pointer gone wrong, with an entry in the
 * exception table, or our own bug. Vectors: Intel SDM vol. 3, chapter 6.
 */
#include <asm/entry.h>
#include <asm/pv.h>

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/mce.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/panic.h>
#include <hv/perfc.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <asm/desc.h>
#include <asm/system.h>

#include <xen/nmi.h>

/* System control port B, where the chip set tells why. */
#define NMI_STATUS		0x61
#define NMI_STATUS_SERR		0x80
#define NMI_STATUS_IOCHK	0x40

struct ex_entry {
	unsigned long at, go_on;
};

extern const struct ex_entry __ex_table_start[], __ex_table_end[];

static unsigned long ex_fixup(unsigned long rip)
{
	const struct ex_entry *e;

	for (e = __ex_table_start; e < __ex_table_end; e++)
		if (e->at == rip)
			return e->go_on;
	return 0;
}

static bool in_perdomain(unsigned long va)
{
	return va >= PERDOMAIN_START && va < PERDOMAIN_START + (1UL << L4_SHIFT);
}

/*
 * A fault inside the window of the running vCPU's GDT and LDT: a page of the
 * guest's LDT that was not mapped yet. The CPU touches it when it loads a
 * selector, in the guest's name or in ours.
 */
static bool ldt_window_fault(struct vcpu *v, unsigned long va, u32 error_code)
{
	unsigned long base = LDT_VIRT_START(v->vcpu_id);

	if (error_code & (PFEC_W | PFEC_P | PFEC_RSVD))
		return false;
	if (va < base || va >= base + (1UL << 16))
		return false;
	return pv_ldt_fault(v, va - base);
}

static void guest_page_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long va)
{
	u32 ec = regs->error_code;

	if (unlikely(va >= HV_VIRT_START && va < HV_VIRT_END)) {
		if (in_perdomain(va) && !is_idle_vcpu(v) && ldt_window_fault(v, va, ec))
			return;
		/* What lies there is nothing the guest may tell from a hole. */
		if (va >= RO_M2P_END)
			ec &= ~PFEC_P;
	} else if ((ec & (PFEC_P | PFEC_W | PFEC_RSVD)) == (PFEC_P | PFEC_W) &&
		   v->arch.kernel_mode &&
		   (pv_ptwr_fault(regs, va) || pv_mmio_ro_fault(regs, va))) {
		return;
	}
	if (unlikely(ec & PFEC_RSVD))
		pr_warn("d%uv%u: reserved bit set in the entry for %016lx\n",
			v->domain->domain_id, v->vcpu_id, va);
	pv_inject_page_fault(v, va, ec);
}

static void guest_debug(struct vcpu *v, unsigned long dr6)
{
	v->arch.debugreg[6] = dr6;
	pv_inject_trap(v, X86_VEC_DB, 0);
}

/*
 * An INT instruction that our own table refuses arrives as #GP with the
 * vector in the error code; the guest's table is the one that counts.
 */
static void guest_general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
	u32 ec = regs->error_code;

	if (ec & X86_XEC_EXT) {
		pv_inject_trap(v, X86_VEC_GP, ec);
		return;
	}
	if ((ec & 3) == X86_XEC_IDT) {
		if (pv_inject_software_int(v, ec >> 3 & 0xff)) {
			regs->rip += 2;
			return;
		}
	} else if (!(ec & 0xffff) && pv_emulate_privileged(regs)) {
		return;
	}
	pv_inject_trap(v, X86_VEC_GP, ec);
}

/* Machine checks are logged and given to domain 0's handler, from a softirq, as NMIs are. */
static void machine_check(const struct cpu_user_regs *regs)
{
	if (!mce_exception(regs))
		return;
	this_cpu()->mc_count++;
	softirq_raise(SOFTIRQ_NMI);
}

/* What machine_check() put off. */
static void tell_machine_checks(void)
{
	struct percpu *p = this_cpu();
	struct vcpu *v = hardware_domain ? hardware_domain->vcpu[0] : NULL;
	unsigned int count = READ_ONCE(p->mc_count);

	if (count == p->mc_told)
		return;
	p->mc_told = count;
	mce_softirq();
	if (v)
		arch_vcpu_send_mce(v);
}

/* The chip set's own two reasons; any other source leaves no trace. */
static unsigned int nmi_source(const char **name)
{
	u8 status = inb(NMI_STATUS);

	if (status & NMI_STATUS_SERR) {
		*name = "PCI system error";
		return _XEN_NMIREASON_pci_serr;
	}
	if (status & NMI_STATUS_IOCHK) {
		*name = "I/O check error";
		return _XEN_NMIREASON_io_error;
	}
	*name = "of unknown source";
	return _XEN_NMIREASON_unknown;
}

/* What nmi= says. Domain 0 hears of it from a softirq: any lock may be held here. */
static void handle_nmi(const struct cpu_user_regs *regs)
{
	const char *name;
	unsigned int source;

	this_cpu()->nmi_count++;
	if (smp_nmi(regs))
		return;
	if (opts.nmi == NMI_IGNORE)
		return;
	source = nmi_source(&name);
	if (opts.nmi == NMI_FATAL)
		fatal_nmi(regs, name);
	if (!hardware_domain)
		return;
	set_bit_atomic(source, &hardware_domain->shared_info->arch.nmi_reason);
	this_cpu()->nmi_for_dom0 = true;
	softirq_raise(SOFTIRQ_NMI);
}

static void nmi_softirq(void)
{
	tell_machine_checks();
	if (this_cpu()->nmi_for_dom0) {
		this_cpu()->nmi_for_dom0 = false;
		arch_vcpu_send_nmi(hardware_domain->vcpu[0]);
	}
}

/** nmi_init() - Make NMIs reach domain 0. Boot, before it is built. */
void __init nmi_init(void)
{
	softirq_register(SOFTIRQ_NMI, nmi_softirq);
}

/* From entry.S: an exception struck while a guest ran. Interrupts are off. */
void guest_exception(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	unsigned int vector = regs->entry_vector;
	unsigned long fault_va, dr6;

	perfc_incr_nr(exception, vector);

	switch (vector) {
	case X86_VEC_PF:
		fault_va = read_cr2();
		local_irq_enable();
		guest_page_fault(v, regs, fault_va);
		break;
	case X86_VEC_DB:
		__asm__ __volatile__("mov %%db6, %0" : "=r" (dr6));
		__asm__ __volatile__("mov %0, %%db6" :: "r" (0xffff0ff0UL));
		local_irq_enable();
		guest_debug(v, dr6);
		break;
	case X86_VEC_NMI:
		handle_nmi(regs);
		break;
	case X86_VEC_MC:
		machine_check(regs);
		break;
	case X86_VEC_UD:
		local_irq_enable();
		if (!pv_emulate_forced_cpuid(regs))
			pv_inject_trap(v, vector, 0);
		break;
	case X86_VEC_GP:
		local_irq_enable();
		guest_general_protection(v, regs);
		break;
	case X86_VEC_DF:
		fatal_exception(regs);
	case 0x80:
		local_irq_enable();
		if (!pv_inject_software_int(v, vector)) {
			regs->rip -= 2;
			pv_inject_trap(v, X86_VEC_GP, vector << 3 | X86_XEC_IDT);
		}
		break;
	default:
		local_irq_enable();
		pv_inject_trap(v, vector, regs->error_code);
		break;
	}
}

/* From entry.S: an exception struck the hypervisor itself. */
void hv_exception(struct cpu_user_regs *regs)
{
	unsigned int vector = regs->entry_vector;
	unsigned long fixup, va;

	switch (vector) {
	case X86_VEC_NMI:
		handle_nmi(regs);
		return;
	case X86_VEC_MC:
		machine_check(regs);
		return;
	case X86_VEC_DB:
		/* A guest's pending breakpoint, delayed across its SYSCALL: not ours. */
		__asm__ __volatile__("mov %0, %%db6" :: "r" (0xffff0ff0UL));
		regs->rflags &= ~(u64)X86_EFLAGS_TF;
		return;
	case X86_VEC_PF:
		va = read_cr2();
		if (in_perdomain(va) && current && !is_idle_vcpu(current) &&
		    ldt_window_fault(current, va, regs->error_code))
			return;
		break;
	}
	fixup = ex_fixup(regs->rip);
	if (likely(fixup && vector != X86_VEC_DF)) {
		regs->rip = fixup;
		return;
	}
	fatal_exception(regs);
}
