// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the debug keys show of the hypervisor's own state. Each runs in a
 * softirq or a hypercall, reads without stopping anybody, and may therefore see
 * counts move.
 */
#include <hv/debug_keys.h>

#include <hv/acpi.h>
#include <hv/domain.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <hv/time.h>

#define KIB(pages)	((pages) << (PAGE_SHIFT - 10))
/* How long a vCPU gets to leave its CPU. */
#define LEAVE_WAIT_NS	(100 * NSEC_PER_MSEC)

/* Frames of one domain by type, in the order of enum page_type. */
struct census {
	unsigned long frames[8];
	unsigned long pinned, validated;
};

static void count_frames(domid_t owner, struct census *c)
{
	unsigned long mfn;

	memset(c, 0, sizeof(*c));
	for (mfn = 0; mfn < max_page; mfn++) {
		const struct page_info *pg = mfn_to_page(_mfn(mfn));
		u64 state;

		if (!mfn_valid(_mfn(mfn)) || page_owner(pg) != owner)
			continue;
		state = READ_ONCE(pg->state);
		if (!(state & PG_REFS_MASK))
			continue;
		c->frames[pg_type_refs(state) ? pg_type(state) : PT_NONE]++;
		c->pinned += !!(state & PG_PINNED);
		c->validated += (state & PG_VALIDATED) && pg_is_table(pg_type(state));
	}
}

/**
 * memory_hypervisor_pages() - RAM that neither a domain has nor anybody could have.
 */
unsigned long memory_hypervisor_pages(void)
{
	unsigned long pages = total_pages - page_alloc_free_pages();
	struct domain *d;

	for_each_domain(d)
		pages -= d->tot_pages;
	return pages;
}

static void show_memory(unsigned char key)
{
	struct domain *d;
	struct census c;

	printk("Memory: %lu KiB, %lu KiB free, %lu KiB the hypervisor's\n", KIB(total_pages),
	       KIB(page_alloc_free_pages()), KIB(memory_hypervisor_pages()));
	for_each_domain(d) {
		count_frames(d->domain_id, &c);
		printk("d%u: %lu of at most %lu pages\n", d->domain_id, d->tot_pages, d->max_pages);
		printk("  L1 %lu, L2 %lu, L3 %lu, L4 %lu, descriptors %lu, writable %lu, untyped %lu\n",
		       c.frames[PT_L1], c.frames[PT_L2], c.frames[PT_L3], c.frames[PT_L4],
		       c.frames[PT_SEGDESC], c.frames[PT_WRITABLE], c.frames[PT_NONE]);
		printk("  pinned %lu, validated tables %lu\n", c.pinned, c.validated);
	}
}

static void show_vcpu(const struct vcpu *v)
{
	printk("  v%u: CPU%u%s flags %#x pauses %u upcall %u mask %u\n", v->vcpu_id, v->processor,
	       v->is_running ? " running" : "", v->pause_flags, v->pause_count,
	       v->vcpu_info->evtchn_upcall_pending, v->vcpu_info->evtchn_upcall_mask);
}

static void show_domains(unsigned char key)
{
	struct domain *d;
	struct vcpu *v;

	printk("Domains at %lu ms:\n", (unsigned long)(now_ns() / NSEC_PER_MSEC));
	for_each_domain(d) {
		printk("d%u: references %u, pages %lu%s%s\n", d->domain_id, d->refcount,
		       d->tot_pages, d->is_privileged ? ", privileged" : "",
		       d->is_shut_down ? ", shut down" : "");
		for_each_vcpu(d, v)
			show_vcpu(v);
	}
}

/* Off its CPU its registers are in v->regs; but no stack is shown: its tables are not loaded. */
static void show_saved_registers(struct vcpu *v)
{
	struct cpu_snapshot s;

	pv_sync_loaded(v);
	snapshot_take(&s, &v->regs);
	s.cpu = v->processor;
	s.running = v;
	s.cr2 = v->arch.ctrlreg[2];
	s.cr3 = v->arch.cr3;
	snapshot_print(&s);
}

/*
 * Not as vcpu_pause() does, for as long as it takes: in a call, it may itself wait
 * for the vCPU that this softirq interrupted.
 */
static bool leaves_its_cpu(const struct vcpu *v)
{
	u64 until = now_ns() + LEAVE_WAIT_NS;

	while (__atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE)) {
		if (now_ns() > until)
			return false;
		cpu_relax();
	}
	return true;
}

static void show_dom0_vcpu(struct vcpu *v)
{
	if (v == current) {
		show_registers(guest_cpu_regs());
		return;
	}
	vcpu_pause_nosync(v);
	if (leaves_its_cpu(v))
		show_saved_registers(v);
	else
		printk("in a hypercall that takes long, on CPU%u\n", v->processor);
	vcpu_unpause(v);
}

/* The registers that domain 0's vCPUs had when they last left their CPU, or have. */
static void show_dom0_registers(unsigned char key)
{
	struct vcpu *v;

	for_each_vcpu(hardware_domain, v) {
		printk("Domain 0, vCPU %u:\n", v->vcpu_id);
		show_dom0_vcpu(v);
	}
}

/* Every CPU, by NMI: also one that hangs. */
static void show_cpus(unsigned char key)
{
	printk("CPU%u's stack:\n", smp_processor_id());
	show_stack_here();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != smp_processor_id() && READ_ONCE(percpu_of[cpu]->online))
			smp_show(cpu);
}

static void reboot_machine(unsigned char key)
{
	printk("'%c' pressed -> rebooting machine\n", key);
	machine_restart();
}

/** debug_keys_init() - Register the keys of this file. */
void __init debug_keys_init(void)
{
	register_keyhandler('0', show_dom0_registers, "dump Dom0 registers");
	register_keyhandler('R', reboot_machine, "reboot machine");
	register_keyhandler('d', show_cpus, "dump registers of all CPUs");
	register_keyhandler('m', show_memory, "memory info");
	register_keyhandler('q', show_domains, "dump domain (and guest debug) info");
}
