// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks. Errors that the hardware corrected are found by looking at all
 * banks of all CPUs every few seconds; others come as an exception. That one goes
 * on if the CPU says that it can, and domain 0 is told; otherwise the machine ends.
 *
 * The exception may strike anywhere, so it takes no lock: it saves what the banks
 * say in the CPU's own buffer, which a softirq empties. If that is full the banks
 * keep what they have, to be found by looking.
 *
 * Intel SDM vol. 3, chapter 15; AMD APM vol. 2, chapter 9.
 */
#include <hv/mce.h>

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <asm/system.h>

#define POLL_NS			(8 * NSEC_PER_SEC)

#define MCG_CAP_COUNT		0xffUL
#define MCG_CAP_CTL_P		BIT(8)
#define MCG_STATUS		0x17aU
#define MCG_STATUS_RIPV		BIT(0)	/* can go on where it was interrupted */
#define MCG_STATUS_MCIP		BIT(2)
#define MCG_CTL			0x17bU

#define MC_CTL(bank)		(0x400U + 4 * (bank))
#define MC_STATUS(bank)		(0x401U + 4 * (bank))
#define MC_ADDR(bank)		(0x402U + 4 * (bank))
#define MC_MISC(bank)		(0x403U + 4 * (bank))
#define MC_STATUS_VALID		BIT(63)
#define MC_STATUS_UC		BIT(61)
#define MC_STATUS_MISC_VALID	BIT(59)
#define MC_STATUS_ADDR_VALID	BIT(58)
#define MC_STATUS_PCC		BIT(57)	/* the CPU's state is not what it should be */

#define SAVED_MAX		8U

static struct timer poll_timer;
static unsigned int nr_banks __ro_after_init;

/* What the exception found; written by it, with interrupts off, and by its own CPU's softirq. */
static struct {
	u32 nr;
	struct mce_record record[SAVED_MAX];
} saved[MAX_CPUS];

/* What @bank has to tell, if anything. It is told once. */
static bool read_bank(unsigned int bank, struct mce_record *r)
{
	u64 status = rdmsr(MC_STATUS(bank));

	if (!(status & MC_STATUS_VALID))
		return false;
	*r = (struct mce_record){
		.status = status, .bank = bank, .cpu = smp_processor_id(),
		.apic_id = this_cpu()->apic_id, .tsc = rdtsc(),
		.domid = DOMID_INVALID, .vcpu_id = ~0,
	};
	if (status & MC_STATUS_ADDR_VALID)
		r->addr = rdmsr(MC_ADDR(bank));
	if (status & MC_STATUS_MISC_VALID)
		r->misc = rdmsr(MC_MISC(bank));
	wrmsr(MC_STATUS(bank), 0);
	return true;
}

/* Context: interrupt, on every CPU. */
static void poll_banks(void *arg __maybe_unused)
{
	struct mce_record r;

	for (unsigned int bank = 0; bank < nr_banks; bank++)
		if (read_bank(bank, &r))
			mce_log(&r);
}

static void poll(void *data __maybe_unused)
{
	on_each_cpu(poll_banks, NULL, false);
	timer_set(&poll_timer, now_ns() + POLL_NS);
}

/* True if the machine cannot go on after it. */
static bool save_banks(u64 global_status)
{
	unsigned int cpu = smp_processor_id(), nr = saved[cpu].nr;
	const struct vcpu *v = current;
	bool fatal = !(global_status & MCG_STATUS_RIPV);

	for (unsigned int bank = 0; bank < nr_banks && nr < SAVED_MAX; bank++) {
		struct mce_record *r = &saved[cpu].record[nr];

		if (!read_bank(bank, r))
			continue;
		r->urgent = true;
		r->global_status = global_status;
		if (v && !is_idle_vcpu(v)) {
			r->domid = v->domain->domain_id;
			r->vcpu_id = v->vcpu_id;
		}
		fatal |= r->status & MC_STATUS_PCC;
		nr++;
	}
	saved[cpu].nr = nr;
	return fatal;
}

/**
 * mce_exception() - #MC.
 * @regs: what it interrupted
 *
 * Context: anywhere at all; interrupts are off.
 * Return: false if it has left nothing behind: a bank of another CPU's, most likely.
 */
bool mce_exception(const struct cpu_user_regs *regs)
{
	const struct mce_record *first = &saved[smp_processor_id()].record[0];
	u64 global_status;

	if (!nr_banks)
		panic("Machine check on a CPU that does not say what it is");
	global_status = rdmsr(MCG_STATUS);
	if (save_banks(global_status))
		panic("Machine check at %016lx, and the CPU cannot go on: global status %#lx, bank %u status %016lx address %016lx. The hardware is faulty",
		      regs->rip, global_status, first->bank, first->status, first->addr);
	/* Another one before this ends the machine without a word. */
	wrmsr(MCG_STATUS, 0);
	return saved[smp_processor_id()].nr;
}

/** mce_softirq() - Log what exceptions saved on this CPU. */
void mce_softirq(void)
{
	unsigned int cpu = smp_processor_id();
	struct mce_record copy[SAVED_MAX];
	unsigned long flags = local_irq_save();
	u32 nr = saved[cpu].nr;

	/* #MC may strike in between: what it saves then is lost, and counted as logged. */
	memcpy(copy, saved[cpu].record, nr * sizeof(copy[0]));
	saved[cpu].nr = 0;
	local_irq_restore(flags);
	for (u32 i = 0; i < nr; i++)
		mce_log(&copy[i]);
}

/**
 * mce_init_cpu() - Let all banks of this CPU tell of all errors.
 *
 * What firmware or an earlier kernel left in them is told of by the first look.
 */
void __init mce_init_cpu(void)
{
	if (!nr_banks)
		return;
	if (rdmsr(MSR_MCG_CAP) & MCG_CAP_CTL_P)
		wrmsr(MCG_CTL, ~0UL);
	for (unsigned int bank = 0; bank < nr_banks; bank++)
		wrmsr(MC_CTL(bank), ~0UL);
}

static bool __init has_mca(void)
{
	u32 a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	return (d & BIT(7)) && (d & BIT(14));	/* MCE and MCA */
}

/**
 * mce_init() - Begin to look.
 *
 * Context: boot, the boot CPU, with timers.
 */
void __init mce_init(void)
{
	if (has_mca())
		nr_banks = min(rdmsr(MSR_MCG_CAP) & MCG_CAP_COUNT, 32UL);
	if (!nr_banks)
		return;
	mce_init_cpu();
	timer_init(&poll_timer, poll, NULL, 0);
	timer_set(&poll_timer, now_ns() + POLL_NS);
	pr_info("Machine checks: %u banks, looked at every %u s\n", nr_banks,
		(unsigned int)(POLL_NS / NSEC_PER_SEC));
}
