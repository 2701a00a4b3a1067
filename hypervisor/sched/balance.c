// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving those who wait: a CPU that idles takes one from another (sched_steal),
 * a CPU on which somebody waits too long gives one away (sched_push). Whom, the
 * policy says. Both run-queue locks are held, in the order of the CPUs.
 */
#include "sched.h"

#include <hv/softirq.h>
#include <hv/time.h>

static unsigned long lock_both(unsigned int a, unsigned int b)
{
	unsigned long flags = local_irq_save();

	spin_lock(&sched_cpus[min(a, b)]->lock);
	spin_lock_nested(&sched_cpus[max(a, b)]->lock);
	return flags;
}

static void unlock_both(unsigned int a, unsigned int b, unsigned long flags)
{
	spin_unlock(&sched_cpus[max(a, b)]->lock);
	spin_unlock_irqrestore(&sched_cpus[min(a, b)]->lock, flags);
}

/* Move one that waits on @from to @to, if there is one that may and should. */
static bool move_one(unsigned int from, unsigned int to, bool idle)
{
	unsigned long flags = lock_both(from, to);
	u64 now = now_ns();
	struct vcpu *v = sched_policy->candidate(from, to, idle, now);

	if (v) {
		sched_policy->dequeue(v);
		sched_set_processor(v, to);
		sched_pick_at(v, sched_policy->enqueue(v, false, now), now);
	}
	unlock_both(from, to, flags);
	return v;
}

void sched_push(unsigned int from, unsigned int to)
{
	move_one(from, to, false);
}

/**
 * sched_steal() - A CPU that idles looks for work elsewhere.
 * @to: the caller's CPU
 *
 * Context: the idle loop, interrupts on.
 * Return: true if it found some; it is to be scheduled.
 */
bool sched_steal(unsigned int to)
{
	if (softirq_is_pending())
		return false;
	for (unsigned int i = 1; i < nr_cpus; i++) {
		unsigned int from = (to + i) % nr_cpus;
		unsigned int waiting = sched_cpus[from] ?
				       READ_ONCE(sched_cpus[from]->nr_waiting) : 0;

		/* One that idles takes the first itself. */
		if (waiting > (test_bit(from, &sched_idle_cpus) ? 1 : 0) &&
		    move_one(from, to, true))
			return true;
	}
	return false;
}
