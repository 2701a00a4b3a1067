// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting things off until no CPU can still have a pointer to them.
 *
 * A CPU keeps no pointer that it did not count from one softirq run to the
 * next: it returns to a guest or idles in between. So what nobody can find any
 * more is free to go when each CPU has run its softirqs once. Each is asked to;
 * the last one calls the function.
 *
 * Lock: rcu_lock guards the list, and which CPUs each entry waits for.
 */
#include <hv/rcu.h>

#include <hv/percpu.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>

#include <asm/flush.h>

static spinlock_t rcu_lock = SPINLOCK_INIT;
static struct rcu_head *pending;

/* Take those that waited for this CPU only off the list. */
static struct rcu_head *take_done(void)
{
	struct rcu_head **link = &pending, *done = NULL, *head;
	unsigned long flags;

	spin_lock_irqsave(&rcu_lock, flags);
	while ((head = *link) != NULL) {
		cpumask_reset(&head->waiting, smp_processor_id());
		if (!cpumask_empty(&head->waiting)) {
			link = &head->next;
			continue;
		}
		*link = head->next;
		head->next = done;
		done = head;
	}
	spin_unlock_irqrestore(&rcu_lock, flags);
	return done;
}

static void rcu_softirq(void)
{
	struct rcu_head *head = take_done();

	while (head) {
		struct rcu_head *next = head->next;

		head->fn(head);
		head = next;
	}
}

/**
 * rcu_call() - Call a function when no CPU can have a pointer any more.
 * @head: in what goes; nobody can find it from here on
 * @fn:	  called with @head, from a softirq, no lock held, interrupts on
 *
 * Context: any but under rcu_lock.
 */
void rcu_call(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	cpumask_t ask;
	unsigned long flags;
	unsigned int cpu;

	cpumask_online(&ask);
	cpumask_set(&ask, smp_processor_id());
	head->fn = fn;
	head->waiting = ask;
	spin_lock_irqsave(&rcu_lock, flags);
	head->next = pending;
	pending = head;
	spin_unlock_irqrestore(&rcu_lock, flags);
	cpumask_for_each(cpu, &ask)
		softirq_raise_cpu(cpu, SOFTIRQ_RCU);
}

/** rcu_init() - Register the softirq, at boot. */
void rcu_init(void)
{
	softirq_register(SOFTIRQ_RCU, rcu_softirq);
}
