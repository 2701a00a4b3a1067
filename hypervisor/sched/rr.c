// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round robin with time slices.
 *
 * Each vCPU has a slice. When it is used up the vCPU goes to the end of the
 * round and gets a new one. One that sleeps keeps what is left of its slice;
 * when it wakes it goes ahead of the round, and runs at once. So an interrupt
 * is answered quickly, and still nobody gets more than one slice in a round:
 * those that sleep and wake use up the same slice in pieces.
 *
 *	woken ->  v v      picked first, in the order of waking
 *	round ->  v v v v  then these; used-up ones join at the end
 *
 * Everything is guarded by the CPU's run-queue lock (sched/sched.c).
 */
#include <hv/sched.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/time.h>

#include <xen/domctl.h>

#define SLICE_NS	(10 * NSEC_PER_MSEC)

enum { LIST_WOKEN, LIST_ROUND, NR_LISTS };

struct rr_cpu {
	struct {
		struct vcpu *first, *last;
	} list[NR_LISTS];
};

static struct rr_cpu *rr_cpus[MAX_CPUS];

static void list_insert(struct vcpu *v, unsigned int nr, bool at_end)
{
	struct rr_cpu *rr = rr_cpus[v->processor];

	v->run_list = nr;
	v->run_prev = at_end ? rr->list[nr].last : NULL;
	v->run_next = at_end ? NULL : rr->list[nr].first;
	if (v->run_prev)
		v->run_prev->run_next = v;
	else
		rr->list[nr].first = v;
	if (v->run_next)
		v->run_next->run_prev = v;
	else
		rr->list[nr].last = v;
}

static void list_remove(struct vcpu *v)
{
	struct rr_cpu *rr = rr_cpus[v->processor];

	if (v->run_prev)
		v->run_prev->run_next = v->run_next;
	else
		rr->list[v->run_list].first = v->run_next;
	if (v->run_next)
		v->run_next->run_prev = v->run_prev;
	else
		rr->list[v->run_list].last = v->run_prev;
	v->run_next = v->run_prev = NULL;
}

static int rr_init_cpu(unsigned int cpu)
{
	rr_cpus[cpu] = hv_new(struct rr_cpu);
	return rr_cpus[cpu] ? 0 : -ENOMEM;
}

static bool rr_enqueue(struct vcpu *v, bool wakeup)
{
	if (!v->slice_left_ns) {
		v->slice_left_ns = SLICE_NS;
		list_insert(v, LIST_ROUND, true);
		return wakeup;	/* whoever runs may run without limit */
	}
	list_insert(v, wakeup ? LIST_WOKEN : LIST_ROUND, wakeup);
	return wakeup;
}

static struct vcpu *rr_pick(unsigned int cpu, u64 now, u64 *slice_ns)
{
	struct rr_cpu *rr = rr_cpus[cpu];
	struct vcpu *v = rr->list[LIST_WOKEN].first;

	if (!v)
		v = rr->list[LIST_ROUND].first;
	if (!v) {
		*slice_ns = 0;
		return percpu_of[cpu]->idle;
	}
	list_remove(v);
	v->slice_end_ns = now + v->slice_left_ns;
	/* Nobody to take turns with: no interrupt. The next to wake makes us pick again. */
	*slice_ns = rr->list[LIST_WOKEN].first || rr->list[LIST_ROUND].first ?
		    v->slice_left_ns : 0;
	return v;
}

static void rr_stopped(struct vcpu *v, u64 now)
{
	v->slice_left_ns = v->slice_end_ns > now ? v->slice_end_ns - now : 0;
}

static void rr_yield(struct vcpu *v)
{
	v->slice_end_ns = 0;
}

const struct sched_policy sched_rr = {
	.name = "rr",
	/* The ABI knows no round robin; null is its scheduler without parameters. */
	.abi_id = XEN_SCHEDULER_NULL,
	.init_cpu = rr_init_cpu,
	.enqueue = rr_enqueue,
	.dequeue = list_remove,
	.pick = rr_pick,
	.stopped = rr_stopped,
	.yield = rr_yield,
};
