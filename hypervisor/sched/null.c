// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU for each vCPU. The first to want a CPU owns it until it may no longer run
 * there or its domain ends; nobody takes turns, and nothing is measured. One that
 * finds every CPU owned waits until an owner goes.
 *
 * The run-queue lock guards all of a CPU's. An owner belongs to the CPU that it
 * owns: its processor, which null_leave() is told of.
 */
#include "sched.h"

#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#include <xen/domctl.h>

struct owned_cpu {
	struct vcpu *owner;
	bool owner_waits;	/* it is in the mechanism's queue: to be picked */
	struct vcpu *first;	/* those who wait for the CPU to be free, the last to come first */
};

static struct owned_cpu *owned[MAX_CPUS];

static void count_waiting(unsigned int cpu, int by)
{
	struct sched_cpu *sc = sched_cpus[cpu];

	WRITE_ONCE(sc->nr_waiting, sc->nr_waiting + (unsigned int)by);
}

static int null_init_cpu(unsigned int cpu)
{
	owned[cpu] = hv_new(struct owned_cpu);
	return owned[cpu] ? 0 : -ENOMEM;
}

static void null_vcpu_init(struct vcpu *v __maybe_unused)
{
}

/* The CPU looks for a new owner: its own queue's first, or elsewhere when it idles. */
static void null_leave(struct vcpu *v)
{
	struct owned_cpu *oc = owned[v->processor];

	if (oc->owner != v)
		return;
	oc->owner = NULL;
	softirq_raise_cpu(v->processor, SOFTIRQ_SCHEDULE);
}

static u64 null_enqueue(struct vcpu *v, bool ran __maybe_unused, u64 now)
{
	unsigned int cpu = v->processor;
	struct owned_cpu *oc = owned[cpu];

	if (!oc->owner)
		oc->owner = v;
	count_waiting(cpu, 1);
	if (oc->owner == v) {
		oc->owner_waits = true;
		return now;
	}
	v->sched.null.next = oc->first;
	oc->first = v;
	return SCHED_NEVER;
}

static void null_dequeue(struct vcpu *v)
{
	struct owned_cpu *oc = owned[v->processor];
	struct vcpu **pos = &oc->first;

	count_waiting(v->processor, -1);
	if (oc->owner == v) {
		oc->owner_waits = false;
		return;
	}
	while (*pos != v)
		pos = &(*pos)->sched.null.next;
	*pos = v->sched.null.next;
}

static struct vcpu *null_pick(unsigned int cpu, u64 now __maybe_unused, u64 *slice_ns)
{
	struct owned_cpu *oc = owned[cpu];

	*slice_ns = 0;
	if (!oc->owner && oc->first) {
		oc->owner = oc->first;
		oc->first = oc->owner->sched.null.next;
		oc->owner_waits = true;
	}
	if (!oc->owner || !oc->owner_waits)
		return NULL;
	oc->owner_waits = false;
	count_waiting(cpu, -1);
	return oc->owner;
}

static void null_stopped(struct vcpu *v __maybe_unused, u64 now __maybe_unused)
{
}

/* Its own CPU, else one that nobody owns. A guess: null_enqueue() decides. */
static unsigned int null_place(const struct vcpu *v, const cpumask_t *allowed)
{
	bool may_stay = cpumask_test(allowed, v->processor);
	unsigned int cpu;

	if (may_stay && owned[v->processor]->owner == v)
		return v->processor;
	cpumask_for_each(cpu, allowed)
		if (owned[cpu] && !READ_ONCE(owned[cpu]->owner))
			return cpu;
	return may_stay ? v->processor : cpumask_next(allowed, 0);
}

static struct vcpu *null_candidate(unsigned int from, unsigned int to, bool idle __maybe_unused,
				   u64 now __maybe_unused)
{
	struct vcpu *v;

	if (owned[to]->owner)
		return NULL;
	for (v = owned[from]->first; v; v = v->sched.null.next)
		if (sched_may_run(v, to) && !__atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
			return v;
	return NULL;
}

static void null_dump(unsigned int cpu)
{
	struct owned_cpu *oc = owned[cpu];
	unsigned int waiting = 0;
	int domain_id = -1, vcpu_id = -1;
	unsigned long flags;

	spin_lock_irqsave(&sched_cpus[cpu]->lock, flags);
	if (oc->owner) {
		domain_id = oc->owner->domain->domain_id;
		vcpu_id = oc->owner->vcpu_id;
	}
	for (struct vcpu *v = oc->first; v; v = v->sched.null.next)
		waiting++;
	spin_unlock_irqrestore(&sched_cpus[cpu]->lock, flags);
	if (vcpu_id < 0)
		printk("  nobody's\n");
	else
		printk("  owned by d%dv%d, wanted by %u more\n", domain_id, vcpu_id, waiting);
}

const struct sched_policy sched_null = {
	.name = "null",
	.abi_id = XEN_SCHEDULER_NULL,
	.init_cpu = null_init_cpu,
	.vcpu_init = null_vcpu_init,
	.leave = null_leave,
	.enqueue = null_enqueue,
	.dequeue = null_dequeue,
	.pick = null_pick,
	.stopped = null_stopped,
	.candidate = null_candidate,
	.place = null_place,
	.dump = null_dump,
};
