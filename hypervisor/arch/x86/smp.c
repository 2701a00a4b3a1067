// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts between CPUs: look at your softirqs, call a function, stop.
 *
 * Locks: call_lock, for one call of many CPUs at a time. Whoever takes it has
 * interrupts on, so that it can itself be called meanwhile. In the order it is
 * outside of all that the called function takes; see locking.rst.
 */
#include <hv/smp.h>

#include <hv/bug.h>
#include <hv/cpu_hotplug.h>
#include <hv/irq.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <asm/flush.h>
#include <asm/system.h>

/* How long others get to stop, or to print, before we go on without them. */
#define STOP_WAIT_US	100000
#define SHOW_WAIT_US	2000000
#define UNPARK_WAIT_MS	10000

/* Bits of percpu.nmi_wanted. */
#define NMI_WANT_STOP	0
#define NMI_WANT_SHOW	1
#define NMI_WANT_ALIVE	2
#define NMI_WANT_ONLINE	3	/* cleared by smp_park(), not by the NMI */

/* Written by the CPU that NMI_WANT_SHOW is set for, until it clears that. */
static struct cpu_snapshot shown;

static spinlock_t call_lock = SPINLOCK_INIT;
static struct {
	void (*fn)(void *arg);
	void *arg;
	bool wait;
	u32 pending;	/* CPUs that have not taken it yet, or with wait, done it */
} call;

void smp_send_event_check(unsigned int cpu)
{
	send_ipi(cpu, VECTOR_EVENT_CHECK);
}

static void event_check_interrupt(void)
{
	/* Taking it was all: softirqs are looked at on the way out. */
}

/* Each CPU of the call is interrupted once, so it is in the call until it counts down. */
static void call_function_interrupt(void)
{
	void (*fn)(void *arg) = call.fn;
	void *arg = call.arg;
	bool wait = call.wait;

	if (!wait)
		__atomic_sub_fetch(&call.pending, 1, __ATOMIC_SEQ_CST);
	fn(arg);
	if (wait)
		__atomic_sub_fetch(&call.pending, 1, __ATOMIC_SEQ_CST);
}

static void call_others(const cpumask_t *others, void (*fn)(void *arg), void *arg, bool wait)
{
	unsigned int cpu, nr = 0;

	cpumask_for_each(cpu, others)
		nr++;
	if (!nr)
		return;
	lockcheck_wait_cpus();
	spin_lock(&call_lock);
	call.fn = fn;
	call.arg = arg;
	call.wait = wait;
	__atomic_store_n(&call.pending, nr, __ATOMIC_SEQ_CST);
	cpumask_for_each(cpu, others)
		send_ipi(cpu, VECTOR_CALL_FUNCTION);
	while (__atomic_load_n(&call.pending, __ATOMIC_SEQ_CST))
		cpu_relax();
	spin_unlock(&call_lock);
}

/**
 * on_selected_cpus() - Call a function on some CPUs.
 * @mask: which; those offline are left out, this one may be among them
 * @fn:   called in interrupt context, interrupts off
 * @arg:  its argument
 * @wait: return when all have called it; otherwise when all are about to
 *
 * Context: interrupts on; no lock held that @fn, or anybody with interrupts
 * off, takes.
 */
void on_selected_cpus(const cpumask_t *mask, void (*fn)(void *arg), void *arg, bool wait)
{
	unsigned int self = smp_processor_id();
	cpumask_t others, online;
	unsigned long flags;

	ASSERT(local_irq_is_enabled());
	cpumask_online(&online);
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		others.bits[i] = mask->bits[i] & online.bits[i];
	cpumask_reset(&others, self);
	call_others(&others, fn, arg, wait);
	if (!cpumask_test(mask, self))
		return;
	flags = local_irq_save();
	fn(arg);
	local_irq_restore(flags);
}

/** on_each_cpu() - on_selected_cpus() of all that are online. */
void on_each_cpu(void (*fn)(void *arg), void *arg, bool wait)
{
	cpumask_t online;

	cpumask_online(&online);
	on_selected_cpus(&online, fn, arg, wait);
}

/* By the clock, not by rounds of a loop, which may take long each. Before time_init(): at once. */
static u64 deadline(unsigned int us)
{
	return rdtsc() + (u64)us * tsc_khz / 1000;
}

static void wait_answer(unsigned int cpu, unsigned int want, u64 until)
{
	while (test_bit(want, &percpu_of[cpu]->nmi_wanted) && rdtsc() < until)
		cpu_relax();
}

static void send_nmi(unsigned int cpu)
{
	__atomic_add_fetch(&percpu_of[cpu]->nmi_sent, 1, __ATOMIC_SEQ_CST);
	send_nmi_ipi(cpu);
}

/* Ask all others by NMI, which gets through whatever they do; wait until all have answered. */
static void nmi_others(unsigned int want, unsigned int wait_us)
{
	unsigned int self = smp_processor_id();
	u64 until = deadline(wait_us);

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct percpu *p = percpu_of[cpu];

		if (cpu == self || !p->online)
			continue;
		set_bit_atomic(want, &p->nmi_wanted);
		send_nmi(cpu);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != self)
			wait_answer(cpu, want, until);
}

/**
 * smp_stop_others() - Let no other CPU run any more, for the machine's end.
 *
 * One that does not answer in time is left to itself.
 * Context: any. Of two CPUs that call it at once, one does not return.
 */
void smp_stop_others(void)
{
	static u32 stopping;
	u32 nobody = 0, self = smp_processor_id() + 1;

	if (!__atomic_compare_exchange_n(&stopping, &nobody, self, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST) && nobody != self)
		for (;;)
			__asm__ __volatile__("cli; hlt");
	nmi_others(NMI_WANT_STOP, STOP_WAIT_US);
}

/**
 * smp_show() - Print what another CPU is doing, by NMI.
 * @cpu: online, not this one
 *
 * Context: any but NMI; one caller at a time.
 */
void smp_show(unsigned int cpu)
{
	struct percpu *p = percpu_of[cpu];

	set_bit_atomic(NMI_WANT_SHOW, &p->nmi_wanted);
	send_nmi(cpu);
	wait_answer(cpu, NMI_WANT_SHOW, deadline(SHOW_WAIT_US));
	if (test_bit(NMI_WANT_SHOW, &p->nmi_wanted))
		printk("CPU%u does not answer\n", cpu);
	else
		snapshot_print(&shown);
}

/**
 * smp_ask_alive() - Does a CPU run at all, whatever it does?
 * @cpu: online, another one
 *
 * Context: any; does not wait. Nobody else asks the same @cpu.
 * Return: whether the NMI of the call before, if there was one, was taken since.
 */
bool smp_ask_alive(unsigned int cpu)
{
	u32 *wanted = &percpu_of[cpu]->nmi_wanted;
	bool answered = !test_bit(NMI_WANT_ALIVE, wanted);

	/* One that is on its way still is not made to wait behind another. */
	if (answered) {
		set_bit_atomic(NMI_WANT_ALIVE, wanted);
		send_nmi(cpu);
	}
	return answered;
}

/**
 * smp_park() - This CPU is offline: halt, until another wants it back.
 *
 * Only NMIs and machine checks wake it meanwhile. Nobody flushes a CPU that is
 * offline, so it does that itself before it is online again.
 * Context: the idle loop, nothing to do, interrupts off; on when it returns.
 */
void smp_park(void)
{
	struct percpu *p = this_cpu();

	while (!test_bit(NMI_WANT_ONLINE, &p->nmi_wanted))
		__asm__ __volatile__("hlt");
	__atomic_store_n(&p->online, true, __ATOMIC_SEQ_CST);
	/* Whoever does not see it online changed translations before this. */
	flush_tlb_local();
	spin_lock(&p->timer_lock);
	p->timer_deadline = 0;
	spin_unlock(&p->timer_lock);
	softirq_raise(SOFTIRQ_TIMER);
	clear_bit_atomic(NMI_WANT_ONLINE, &p->nmi_wanted);
	local_irq_enable();
}

/**
 * smp_unpark() - Let a CPU in smp_park() go on.
 * @cpu: in it, or on its way there
 *
 * Context: waits for it.
 * Return: true when it is online.
 */
bool smp_unpark(unsigned int cpu)
{
	struct percpu *p = percpu_of[cpu];

	set_bit_atomic(NMI_WANT_ONLINE, &p->nmi_wanted);
	/* It may take one after it looked, and halt then: so not only once. */
	for (unsigned int ms = 0; ms < UNPARK_WAIT_MS; ms++) {
		u64 until = deadline(1000);

		send_nmi(cpu);
		while (rdtsc() < until)
			if (!test_bit(NMI_WANT_ONLINE, &p->nmi_wanted))
				return true;
	}
	/* Now it may come or not; what it finds decides. */
	return !test_and_clear_bit_atomic(NMI_WANT_ONLINE, &p->nmi_wanted);
}

/*
 * What an NMI was sent for may have been done before it comes: by the one before it, or
 * because the CPU looked. A CPU keeps one waiting behind the one it takes, so of those
 * that were sent until now no more than one still comes.
 */
static bool nmi_was_sent(struct percpu *p)
{
	u32 sent = __atomic_load_n(&p->nmi_sent, __ATOMIC_SEQ_CST), left = sent - p->nmi_taken;

	if (left)
		p->nmi_taken = sent - (left > 1);
	return left;
}

/**
 * smp_nmi() - Was this NMI another CPU's request? Carry it out.
 * @regs: what it interrupted
 *
 * Context: NMI.
 * Return: false if it has another reason.
 */
bool smp_nmi(const struct cpu_user_regs *regs)
{
	struct percpu *p = this_cpu();
	bool sent;

	if (test_bit(NMI_WANT_STOP, &p->nmi_wanted)) {
		p->online = false;
		clear_bit_atomic(NMI_WANT_STOP, &p->nmi_wanted);
		for (;;)
			__asm__ __volatile__("cli; hlt");
	}
	sent = nmi_was_sent(p);
	if (!READ_ONCE(p->nmi_wanted))
		return sent;
	if (test_bit(NMI_WANT_SHOW, &p->nmi_wanted)) {
		snapshot_take(&shown, regs);
		clear_bit_atomic(NMI_WANT_SHOW, &p->nmi_wanted);
	}
	clear_bit_atomic(NMI_WANT_ALIVE, &p->nmi_wanted);
	return true;
}

/** smp_vectors_init() - Take the vectors of the IPIs. Boot. */
void __init smp_vectors_init(void)
{
	irq_set_vector_handler(VECTOR_EVENT_CHECK, event_check_interrupt);
	irq_set_vector_handler(VECTOR_FLUSH_TLB, flush_tlb_interrupt);
	irq_set_vector_handler(VECTOR_CALL_FUNCTION, call_function_interrupt);
}
