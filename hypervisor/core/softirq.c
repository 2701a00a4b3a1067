// SPDX-License-Identifier: GPL-2.0-only
/*
 * Softirqs: a bit per kind of work in each CPU's softirq_pending. Setting one
 * is atomic, so that interrupts and other CPUs may; only the CPU itself clears
 * it, before the work, so that a request made meanwhile is seen again.
 */
#include <hv/softirq.h>

#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>

static void (*handlers[NR_SOFTIRQS])(void);

/**
 * softirq_register() - Name the function that does the work of @nr.
 * @nr: not registered before
 * @fn: called with interrupts on and no lock held; may not return (a switch of
 *	vCPU does not)
 *
 * Context: boot.
 */
void softirq_register(enum softirq nr, void (*fn)(void))
{
	BUG_ON(nr >= NR_SOFTIRQS || handlers[nr]);
	handlers[nr] = fn;
}

/**
 * softirq_raise() - Ask for @nr to be done on this CPU.
 * @nr: registered
 *
 * Context: any.
 */
void softirq_raise(enum softirq nr)
{
	set_bit_atomic(nr, &this_cpu()->softirq_pending);
}

/**
 * softirq_raise_cpu() - Ask for @nr to be done on @cpu, interrupting it.
 * @cpu: an online CPU, possibly this one
 * @nr:	 registered
 *
 * Context: any.
 */
void softirq_raise_cpu(unsigned int cpu, enum softirq nr)
{
	if (test_and_set_bit_atomic(nr, &percpu_of[cpu]->softirq_pending))
		return;
	if (cpu != smp_processor_id())
		send_ipi(cpu, VECTOR_EVENT_CHECK);
}

/**
 * softirq_is_pending() - Is there work for this CPU?
 *
 * Context: any; the answer holds only while interrupts are off.
 * Return: true if softirq_run() would do something.
 */
bool softirq_is_pending(void)
{
	return READ_ONCE(this_cpu()->softirq_pending) != 0;
}

/**
 * softirq_run() - Do all pending work of this CPU, the most urgent first.
 *
 * Context: interrupts on, no lock held. Returns with interrupts on and
 * nothing pending at that moment, or never, if another vCPU is to run.
 */
void softirq_run(void)
{
	u32 *pending_word = &this_cpu()->softirq_pending;
	u32 pending;

	while ((pending = READ_ONCE(*pending_word)) != 0) {
		unsigned int nr = __builtin_ctz(pending);

		clear_bit_atomic(nr, pending_word);
		BUG_ON(!handlers[nr]);
		handlers[nr]();
	}
}
