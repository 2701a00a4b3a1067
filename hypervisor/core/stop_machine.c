// SPDX-License-Identifier: GPL-2.0-only
/*
 * All CPUs stand still while one does something.
 *
 * They gather in a softirq: there, none holds a lock or walks a list. With
 * interrupts on they wait for each other, answering whatever others ask for. One
 * that is wanted elsewhere meanwhile (to leave a vCPU that somebody waits to
 * have, say) goes and does that, and comes again: two that wait for each other
 * would never meet. When all are there they turn interrupts off, and the one runs
 * the function.
 *
 *	caller				others
 *	GATHERING, raise the softirq	arrive, wait; may go again
 *	all there: STOPPING		interrupts off, count
 *	all counted: RUNNING		the chosen one runs the function: DONE
 *	DONE				interrupts on, count back
 *	none left: IDLE
 *
 * If the caller itself is wanted elsewhere it says GIVE_UP, and waits until those
 * who had arrived have gone.
 *
 * stop_lock guards the way out of GATHERING, and who has arrived; interrupts are
 * off inside; innermost.
 */
#include <hv/cpu_hotplug.h>

#include <hv/percpu.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <asm/flush.h>

enum stop_state { IDLE, GATHERING, GIVE_UP, STOPPING, RUNNING, DONE };

static spinlock_t stop_lock = SPINLOCK_INIT;
static u32 state;		/* enum stop_state; by the caller, but for DONE */
static u32 arrived, stopped;	/* others than the caller */
static struct {
	unsigned int cpu;
	void (*fn)(void *arg);
	void *arg;
} work;

static enum stop_state now_is(void)
{
	return __atomic_load_n(&state, __ATOMIC_SEQ_CST);
}

static void set_state(enum stop_state next)
{
	__atomic_store_n(&state, next, __ATOMIC_SEQ_CST);
}

static u32 count(const u32 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void add(u32 *counter, u32 by)
{
	__atomic_fetch_add(counter, by, __ATOMIC_SEQ_CST);
}

/* Come or go while they gather. False if they do not any more. */
static bool change_arrived(u32 by)
{
	unsigned long flags;
	bool gathering;

	spin_lock_irqsave(&stop_lock, flags);
	gathering = now_is() == GATHERING;
	if (gathering)
		add(&arrived, by);
	spin_unlock_irqrestore(&stop_lock, flags);
	return gathering;
}

/* Stand still, interrupts off, from STOPPING to DONE. */
static void stand_still(void)
{
	while (now_is() == STOPPING)
		cpu_relax();
	if (smp_processor_id() == work.cpu) {
		work.fn(work.arg);
		set_state(DONE);
	}
	while (now_is() != DONE)
		cpu_relax();
}

static void stop_softirq(void)
{
	if (!change_arrived(1))
		return;
	while (now_is() == GATHERING) {
		if (softirq_is_pending() && change_arrived(-1U)) {
			softirq_raise(SOFTIRQ_STOP);
			return;
		}
		cpu_relax();
	}
	if (now_is() != GIVE_UP) {
		local_irq_disable();
		add(&stopped, 1);
		stand_still();
		add(&stopped, -1U);
		local_irq_enable();
	}
	add(&arrived, -1U);
}

static u32 call_others(void)
{
	cpumask_t online;
	unsigned int cpu;
	u32 nr = 0;

	cpumask_online(&online);
	cpumask_reset(&online, smp_processor_id());
	cpumask_for_each(cpu, &online) {
		softirq_raise_cpu(cpu, SOFTIRQ_STOP);
		nr++;
	}
	return nr;
}

/* False if this CPU is wanted elsewhere before all are there. */
static bool gather(u32 nr)
{
	unsigned long flags;
	bool all;

	while (count(&arrived) < nr && !softirq_is_pending())
		cpu_relax();
	spin_lock_irqsave(&stop_lock, flags);
	all = count(&arrived) == nr;
	set_state(all ? STOPPING : GIVE_UP);
	spin_unlock_irqrestore(&stop_lock, flags);
	return all;
}

static void wait_until(const u32 *counter, u32 value)
{
	while (count(counter) != value)
		cpu_relax();
}

/**
 * stop_machine() - Call a function while all other CPUs stand still.
 * @cpu: online; on which
 * @fn:  interrupts are off; must not wait for another CPU
 * @arg: its argument
 *
 * Context: hypercall, no lock held, interrupts on; one caller at a time.
 * Return: false if it was not called: let softirqs run, and try again.
 */
bool stop_machine(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	bool done;
	u32 nr;

	work.cpu = cpu;
	work.fn = fn;
	work.arg = arg;
	set_state(GATHERING);
	nr = call_others();
	done = gather(nr);
	if (done) {
		local_irq_disable();
		wait_until(&stopped, nr);
		set_state(RUNNING);
		stand_still();
		local_irq_enable();
	}
	wait_until(&arrived, 0);
	set_state(IDLE);
	return done;
}

/** stop_machine_init() - Register the softirq. Boot. */
void __init stop_machine_init(void)
{
	softirq_register(SOFTIRQ_STOP, stop_softirq);
}
