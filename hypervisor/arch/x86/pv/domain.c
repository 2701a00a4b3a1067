// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV domains and vCPUs as the CPU sees them: the per-domain slot, and what is
 * saved and loaded when a CPU turns from one vCPU to another.
 *
 * A CPU that goes idle keeps the state of the vCPU that blocked loaded: most
 * often the same one comes back. percpu.loaded says whose it is, and the vCPU's
 * loaded_on where; only that CPU changes them, with interrupts off. It writes
 * the state back when it loads another, or when another CPU asks for it in
 * pv_sync_loaded(). A CPU is one of its domain's dirty_cpus from before the
 * domain's tables are loaded until after others are.
 */
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <asm/flush.h>
#include <asm/paging.h>
#include <asm/pv.h>

#include <hv/bug.h>
#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <asm/system.h>

#define PERDOMAIN_ENTRIES	(1U << (PERDOMAIN_VCPU_SHIFT - PAGE_SHIFT))
#define VCPUS_PER_L1		(PT_ENTRIES / PERDOMAIN_ENTRIES)
#define PTE_TABLE		(PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_PERDOMAIN		(PTE_P | PTE_A | PTE_D | PTE_NX)

/* Stands behind every GDT page that the guest did not give. */
static const u8 zero_page[PAGE_SIZE] __section(".bss.page_aligned") __aligned(PAGE_SIZE);

pte_t pv_zero_gdt_entry(void)
{
	return image_virt_to_phys(zero_page) | PTE_PERDOMAIN;
}

int arch_domain_init(struct domain *d)
{
	struct arch_domain *a = &d->arch;

	if (d == dom_idle || d == dom_io || d == dom_xen)
		return 0;
	a->perdomain_l3 = hv_page_alloc(0);
	a->perdomain_l2 = hv_page_alloc(0);
	a->cpu_policy = hv_new(struct cpu_policy);
	if (!a->perdomain_l3 || !a->perdomain_l2 || !a->cpu_policy) {
		arch_domain_destroy(d);
		return -ENOMEM;
	}
	*a->cpu_policy = pv_default_policy;
	a->perdomain_l3[0] = pte_make(virt_to_mfn(a->perdomain_l2), PTE_TABLE);
	return 0;
}

void arch_domain_destroy(struct domain *d)
{
	struct arch_domain *a = &d->arch;
	unsigned int i;

	for (i = 0; a->perdomain_l2 && i < DIV_ROUND_UP(d->max_vcpus, VCPUS_PER_L1); i++)
		if (a->perdomain_l2[i] & PTE_P)
			hv_page_free(mfn_to_virt(pte_mfn(a->perdomain_l2[i])), 0);
	if (a->perdomain_l2)
		hv_page_free(a->perdomain_l2, 0);
	if (a->perdomain_l3)
		hv_page_free(a->perdomain_l3, 0);
	hv_free(a->cpu_policy);
	a->perdomain_l2 = a->perdomain_l3 = NULL;
	hv_free(a->e820);
	a->e820 = NULL;
	a->cpu_policy = NULL;
}

/* The 32 entries of @v's GDT and LDT window. */
static pte_t *window_entries(struct vcpu *v)
{
	pte_t *entry = &v->domain->arch.perdomain_l2[v->vcpu_id / VCPUS_PER_L1];
	pte_t *l1;

	if (!(*entry & PTE_P)) {
		l1 = hv_page_alloc(0);
		if (!l1)
			return NULL;
		*entry = pte_make(virt_to_mfn(l1), PTE_TABLE);
	}
	l1 = mfn_to_virt(pte_mfn(*entry));
	return &l1[(v->vcpu_id % VCPUS_PER_L1) * PERDOMAIN_ENTRIES];
}

int arch_vcpu_init(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;
	unsigned int i;

	BUILD_BUG_ON(MAX_VCPUS > PT_ENTRIES * VCPUS_PER_L1);
	a->guest_table = a->guest_table_user = INVALID_MFN;
	a->loaded_on = NOT_LOADED;
	spin_lock_init(&a->ldt_lock);
	if (is_idle_vcpu(v))
		return 0;
	a->gdt_ldt_l1 = window_entries(v);
	if (!a->gdt_ldt_l1)
		return -ENOMEM;
	for (i = 0; i < PERDOMAIN_ENTRIES; i++)
		a->gdt_ldt_l1[i] = i < 16 ? pv_zero_gdt_entry() : 0;
	for (i = 0; i < GUEST_GDT_PAGES; i++)
		a->gdt_frames[i] = INVALID_MFN;
	a->trap_ctxt = hv_new_array(struct trap_info, NR_GUEST_TRAPS);
	if (!a->trap_ctxt || fpu_init_vcpu(v)) {
		arch_vcpu_destroy(v);
		return -ENOMEM;
	}
	a->kernel_mode = true;
	a->debugreg[6] = 0xffff0ff0;
	a->debugreg[7] = 0x400;
	v->regs.rflags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	v->regs.cs = FLAT_CS64;
	v->regs.ss = FLAT_DS;
	return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
	fpu_destroy_vcpu(v);
	hv_free(v->arch.trap_ctxt);
	v->arch.trap_ctxt = NULL;
}

static void save_segments(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;
	unsigned long active, other;

	__asm__("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		: "=r" (a->ds), "=r" (a->es), "=r" (a->fs), "=r" (a->gs));
	a->fs_base = rdmsr(MSR_FS_BASE);
	active = rdmsr(MSR_GS_BASE);
	other = rdmsr(MSR_KERNEL_GS_BASE);
	a->gs_base_kernel = a->kernel_mode ? active : other;
	a->gs_base_user = a->kernel_mode ? other : active;
}

/* Load a selector; one that the guest's tables no longer have becomes null. */
#define LOAD_SELECTOR(seg, sel)						\
	__asm__ __volatile__(						\
		"1:	mov %w0, %%" #seg "\n"				\
		"2:\n"							\
		"	.section .text.fixup, \"ax\"\n"			\
		"3:	mov %k1, %%" #seg "\n"				\
		"	jmp 2b\n"					\
		"	.previous\n"					\
		"	.section .ex_table, \"a\"\n"			\
		"	.quad 1b, 3b\n"					\
		"	.previous\n"					\
		:: "r" ((u32)(sel)), "r" (0))

static void load_segments(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	LOAD_SELECTOR(ds, a->ds);
	LOAD_SELECTOR(es, a->es);
	LOAD_SELECTOR(fs, a->fs);
	LOAD_SELECTOR(gs, a->gs);
	wrmsr(MSR_FS_BASE, a->fs_base);
	wrmsr(MSR_GS_BASE, a->kernel_mode ? a->gs_base_kernel : a->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, a->kernel_mode ? a->gs_base_user : a->gs_base_kernel);
}

static void load_debug_registers(const struct vcpu *v)
{
	const unsigned long *dr = v->arch.debugreg;

	if (dr[7] & 0xff) {
		__asm__ __volatile__("mov %0, %%db0" :: "r" (dr[0]));
		__asm__ __volatile__("mov %0, %%db1" :: "r" (dr[1]));
		__asm__ __volatile__("mov %0, %%db2" :: "r" (dr[2]));
		__asm__ __volatile__("mov %0, %%db3" :: "r" (dr[3]));
	}
	__asm__ __volatile__("mov %0, %%db7" :: "r" (dr[7]));
}

static void save_state(struct vcpu *v)
{
	v->regs = *guest_cpu_regs();
	save_segments(v);
	fpu_save(v);
}

static void load_state(struct vcpu *v)
{
	struct percpu *p = this_cpu();

	v->arch.gdt_ldt_l1[GUEST_GDT_PAGES] =
		pte_make(virt_to_mfn(p->gdt_page), PTE_PERDOMAIN | PTE_RW);
	cpumask_set_atomic(&v->domain->arch.dirty_cpus, p->info->cpu);
	write_cr3_domain(v->arch.cr3, v->domain->domain_id);
	desc_load_gdt(v);
	desc_load_ldt(v);
	cpu_load_cr4(v);
	load_segments(v);
	load_debug_registers(v);
	if (cpu_features.tsc_aux)
		wrmsr(MSR_TSC_AUX, v->arch.tsc_aux);
	fpu_restore(v);
	*guest_cpu_regs() = v->regs;
	p->loaded = v;
	WRITE_ONCE(v->arch.loaded_on, p->info->cpu);
}

/* Nothing of @v, saved before, is in use here any more. @next: what is loaded instead. */
static void left(struct vcpu *v, const struct vcpu *next)
{
	unsigned int cpu = smp_processor_id();

	if (!next || next->domain != v->domain)
		cpumask_reset_atomic(&v->domain->arch.dirty_cpus, cpu);
	/* The state first; partner: pv_sync_loaded(). */
	__atomic_store_n(&v->arch.loaded_on, NOT_LOADED, __ATOMIC_RELEASE);
}

/**
 * pv_give_up_loaded() - Write back the vCPU that this CPU holds while it idles.
 *
 * Context: interrupts off; nothing happens to the vCPU that runs here.
 */
void pv_give_up_loaded(void)
{
	struct percpu *p = this_cpu();
	struct vcpu *v = p->loaded;

	if (!v || v == current)
		return;
	save_state(v);
	__asm__ __volatile__("mov %0, %%db7" :: "r" (0x400UL));
	LOAD_SELECTOR(ds, 0);
	LOAD_SELECTOR(es, 0);
	LOAD_SELECTOR(fs, 0);
	LOAD_SELECTOR(gs, 0);
	desc_load_gdt(NULL);
	desc_load_ldt(NULL);
	write_cr3_idle(virt_to_paddr_directmap(idle_l4));
	p->loaded = NULL;
	left(v, NULL);
}

/**
 * pv_sync_loaded() - Write back a vCPU that some CPU still holds.
 * @v: not running, and nobody makes it run meanwhile
 *
 * Context: any, interrupts on or off; answers flushes while it waits.
 */
void pv_sync_loaded(struct vcpu *v)
{
	unsigned long flags = local_irq_save();
	unsigned int cpu = __atomic_load_n(&v->arch.loaded_on, __ATOMIC_ACQUIRE);

	if (cpu == smp_processor_id())
		pv_give_up_loaded();
	else if (cpu != NOT_LOADED)
		flush_ask_state(cpu);
	while (__atomic_load_n(&v->arch.loaded_on, __ATOMIC_ACQUIRE) != NOT_LOADED)
		flush_tlb_serve();
	local_irq_restore(flags);
}

/**
 * arch_context_switch() - Make @next the vCPU that this CPU runs.
 * @prev: the one it ran
 * @next: another
 *
 * Context: from the scheduler, interrupts off, current is @next already. The
 * caller then leaves the stack by continue_running().
 */
void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct percpu *p = this_cpu();
	struct vcpu *held;

	if (is_idle_vcpu(next) || p->loaded == next)
		return;
	/* Another CPU may have it since it blocked there. What we hold may go meanwhile. */
	pv_sync_loaded(next);
	held = p->loaded;
	if (held)
		save_state(held);
	load_state(next);
	if (held)
		left(held, next);
}

void continue_running(struct vcpu *v)
{
	if (is_idle_vcpu(v))
		reset_stack_and_jump(get_cpu_info(), idle_loop);
	reset_stack_and_exit(get_cpu_info());
}
