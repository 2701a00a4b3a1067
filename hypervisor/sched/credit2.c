// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proportional share by weight, under the name and with the parameters of Xen's
 * credit2.
 *
 * A vCPU's virtual time is the CPU time that it has had, divided by its weight.
 * The one of least virtual time runs, for a slice; so over time all that want to
 * run have had CPU time in proportion to their weights (start-time fair queueing).
 * One that wakes may be behind the others by WARP and no more: it runs at once
 * if it takes less than its share, and cannot save up for later (borrowed virtual
 * time).
 *
 *	              WARP
 *	   woken  |<--------->|
 *	     v                v queue's time   v     v      v
 *	-----+----------------+----------------+-----+------+---> virtual time
 *	     runs first       runs next        ... and so on
 *
 * Each CPU has a queue with a virtual time of its own: that of the one furthest
 * behind. It never goes back. An offset makes the queues comparable: who waits
 * on a CPU much longer than others do moves to a CPU that is ahead. If a queue falls
 * behind others by SPREAD, its vCPUs being bound to it, that is forgiven.
 *
 * A cap is a budget that a domain gets each PERIOD. Running vCPUs hold a part of
 * it; who finds none parks until the next period.
 *
 * The run-queue lock guards a CPU's queue and sched.credit2 of its vCPUs;
 * domain.sched.budget_lock, inside, the budget and who is parked.
 */
#include "sched.h"

#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define WEIGHT_DEFAULT	256
#define SLICE_MAX_NS	(10 * NSEC_PER_MSEC)	/* from the default weight up */
#define SLICE_MIN_NS	(1 * NSEC_PER_MSEC)
#define PERIOD_NS	(10 * NSEC_PER_MSEC)
#define QUOTA_MIN_NS	(500 * NSEC_PER_USEC)
/* Of a vCPU's own CPU time: that much behind, it is worth a move. */
#define PUSH_LAG_NS	(10 * NSEC_PER_MSEC)
/* Virtual times: nanoseconds of a vCPU of default weight. */
#define WARP		(10 * NSEC_PER_MSEC)
#define SPREAD		NSEC_PER_SEC
#define YIELD		(1 * NSEC_PER_MSEC)
/* How many of those who wait are looked at for one that may move. */
#define CANDIDATES	8
#define CAP_KEEP	0xffff

struct queue {
	struct pqueue waiting;
	u64 vtime;	/* of the queue: see above */
	u64 offset;	/* vtime + offset is what CPUs compare */
	/* Hints for other CPUs: what ran last, since when, from which vtime + offset on. */
	u64 ran_vtime, ran_since_ns;
	u32 ran_weight;
};

static struct queue *queues[MAX_CPUS];

static struct vcpu *node_vcpu(const struct pq_node *n)
{
	return container_of(n, struct vcpu, sched.credit2.node);
}

static u64 *vtime_of(struct vcpu *v)
{
	return &v->sched.credit2.node.key;
}

static u32 weight_of(const struct vcpu *v)
{
	return READ_ONCE(v->domain->sched.weight);
}

static bool is_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static u64 ns_to_virtual(u64 ns, u32 weight)
{
	return ns * WEIGHT_DEFAULT / weight;
}

static u64 slice_of(const struct vcpu *v)
{
	u64 ns = SLICE_MAX_NS / WEIGHT_DEFAULT * weight_of(v);
	u64 least = max_t(u64, SLICE_MIN_NS, READ_ONCE(sched_ratelimit_us) * NSEC_PER_USEC);

	return max_t(u64, least, min_t(u64, ns, SLICE_MAX_NS));
}

static u64 not_charged_ns(const struct vcpu *v, u64 now)
{
	/* Clocks of two CPUs may be read in another order than locks are had. */
	return now > v->sched.credit2.charged_ns ? now - v->sched.credit2.charged_ns : 0;
}

static u64 vtime_now(struct vcpu *v, u64 now)
{
	return *vtime_of(v) + ns_to_virtual(not_charged_ns(v, now), weight_of(v));
}

/* Count what @v has run up to @now. What the division leaves is counted next time. */
static void charge(struct vcpu *v, u64 now)
{
	u64 units = not_charged_ns(v, now) * WEIGHT_DEFAULT + v->sched.credit2.vtime_rest;
	u32 weight = weight_of(v);

	*vtime_of(v) += units / weight;
	v->sched.credit2.vtime_rest = units % weight;
	v->sched.credit2.charged_ns = now;
}

/* The running vCPU; NULL if the CPU idles. */
static struct vcpu *runner(unsigned int cpu)
{
	struct vcpu *v = percpu_of[cpu]->sched_current;

	return is_idle_vcpu(v) ? NULL : v;
}

static void insert(struct queue *q, struct vcpu *v)
{
	pq_insert(&q->waiting, &v->sched.credit2.node);
	WRITE_ONCE(sched_cpus[v->processor]->nr_waiting, sched_cpus[v->processor]->nr_waiting + 1);
}

static void remove(struct queue *q, struct vcpu *v)
{
	pq_remove(&q->waiting, &v->sched.credit2.node);
	WRITE_ONCE(sched_cpus[v->processor]->nr_waiting, sched_cpus[v->processor]->nr_waiting - 1);
}

/* ---- Budgets ---- */

static u64 budget_of_period(const struct domain *d)
{
	return PERIOD_NS / 100 * READ_ONCE(d->sched.cap);
}

/* Budget lock held. What is not used by the end of a period is lost, what is owed is not. */
static void budget_refill(struct domain *d, u64 now)
{
	struct sched_domain *sd = &d->sched;
	u64 periods = now > sd->refilled_ns ? (now - sd->refilled_ns) / PERIOD_NS : 0;
	s64 full = (s64)budget_of_period(d);

	if (!periods)
		return;
	sd->refilled_ns += periods * PERIOD_NS;
	if (periods > NSEC_PER_SEC / PERIOD_NS || sd->budget_ns + (s64)periods * full > full)
		sd->budget_ns = full;
	else
		sd->budget_ns += (s64)periods * full;
}

/* Take a part of the budget for @v to run. False: there is none, @v is parked. */
static bool budget_take(struct vcpu *v, u64 now)
{
	struct domain *d = v->domain;
	struct sched_domain *sd = &d->sched;
	u64 quota;

	spin_lock(&sd->budget_lock);
	budget_refill(d, now);
	if (sd->budget_ns <= 0) {
		v->sched.credit2.parked = true;
		v->sched.credit2.next_parked = sd->parked;
		sd->parked = v;
		timer_set(&sd->refill_timer, sd->refilled_ns + PERIOD_NS);
		spin_unlock(&sd->budget_lock);
		return false;
	}
	quota = max_t(u64, (u64)sd->budget_ns / d->max_vcpus, QUOTA_MIN_NS);
	quota = min_t(u64, quota, (u64)sd->budget_ns);
	sd->budget_ns -= (s64)quota;
	spin_unlock(&sd->budget_lock);
	v->sched.credit2.quota_ns = quota;
	return true;
}

/* @v has stopped: give back what it had not used; it may have used more. */
static void budget_return(struct vcpu *v, u64 now)
{
	struct sched_domain *sd = &v->domain->sched;
	u64 picked = v->sched.credit2.picked_ns;
	u64 ran = now > picked ? now - picked : 0;

	spin_lock(&sd->budget_lock);
	sd->budget_ns += (s64)(v->sched.credit2.quota_ns - ran);
	spin_unlock(&sd->budget_lock);
	v->sched.credit2.quota_ns = 0;
}

/* Run-queue lock held. False if somebody else has taken @v out. */
static bool unpark(struct vcpu *v)
{
	struct sched_domain *sd = &v->domain->sched;
	struct vcpu **pos = &sd->parked;

	if (!v->sched.credit2.parked)
		return false;
	spin_lock(&sd->budget_lock);
	while (*pos != v)
		pos = &(*pos)->sched.credit2.next_parked;
	*pos = v->sched.credit2.next_parked;
	spin_unlock(&sd->budget_lock);
	v->sched.credit2.parked = false;
	return true;
}

static u64 credit2_enqueue(struct vcpu *v, bool ran, u64 now);

/* Let all that are parked compete again. A vCPU outlives this: its domain's end waits for it. */
static void unpark_all(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = d->vcpu[i];
		struct sched_cpu *sc;
		unsigned long flags;

		if (!v)
			continue;
		sc = sched_lock_vcpu(v, &flags);
		if (unpark(v)) {
			u64 now = now_ns();

			sched_pick_at(v, credit2_enqueue(v, false, now), now);
		}
		spin_unlock_irqrestore(&sc->lock, flags);
	}
}

static void refill_timer_fired(void *data)
{
	unpark_all(data);
}

/* ---- What the mechanism calls ---- */

static int credit2_init_cpu(unsigned int cpu)
{
	queues[cpu] = hv_new(struct queue);
	return queues[cpu] ? 0 : -ENOMEM;
}

static void credit2_domain_init(struct domain *d)
{
	d->sched.weight = WEIGHT_DEFAULT;
	spin_lock_init(&d->sched.budget_lock);
	timer_init(&d->sched.refill_timer, refill_timer_fired, d, smp_processor_id());
}

static void credit2_domain_destroy(struct domain *d)
{
	timer_kill(&d->sched.refill_timer);
}

static void credit2_vcpu_init(struct vcpu *v)
{
	v->sched.credit2.adrift = true;
}

/* Until it is queued again, its time is what CPUs compare. */
static void credit2_leave(struct vcpu *v)
{
	if (v->sched.credit2.adrift)
		return;
	*vtime_of(v) += queues[v->processor]->offset;
	v->sched.credit2.adrift = true;
}

/* @v comes from another CPU, or is new. */
static void join(struct queue *q, struct vcpu *v, bool empty)
{
	if (!v->sched.credit2.adrift)
		return;
	v->sched.credit2.adrift = false;
	/* Nobody is here to compete with: go on from where it stands. */
	if (empty && is_before(q->vtime + q->offset, *vtime_of(v)))
		q->offset = *vtime_of(v) - q->vtime;
	*vtime_of(v) -= q->offset;
}

static void advance(struct queue *q, u64 vtime)
{
	if (is_before(q->vtime, vtime))
		q->vtime = vtime;
}

/* How far one that comes may be behind its queue, and ahead of it. */
static void bound_vtime(struct queue *q, struct vcpu *v)
{
	u64 ahead = ns_to_virtual(2 * slice_of(v), weight_of(v));

	if (is_before(*vtime_of(v), q->vtime - WARP))
		*vtime_of(v) = q->vtime - WARP;
	else if (is_before(q->vtime + ahead, *vtime_of(v)))
		*vtime_of(v) = q->vtime + ahead;
}

static u64 credit2_enqueue(struct vcpu *v, bool ran, u64 now)
{
	unsigned int cpu = v->processor;
	struct queue *q = queues[cpu];
	struct pq_node *first = q->waiting.first;
	struct vcpu *curr;
	u64 curr_vtime;

	if (ran) {
		insert(q, v);
		return SCHED_NEVER;
	}
	curr = runner(cpu);
	join(q, v, !curr && !first);
	if (!curr) {
		if (first)
			advance(q, first->key);
		bound_vtime(q, v);
		insert(q, v);
		return now;
	}
	curr_vtime = vtime_now(curr, now);
	advance(q, first && is_before(first->key, curr_vtime) ? first->key : curr_vtime);
	bound_vtime(q, v);
	insert(q, v);
	return curr->sched.credit2.picked_ns + (is_before(*vtime_of(v), curr_vtime) ?
		READ_ONCE(sched_ratelimit_us) * NSEC_PER_USEC : slice_of(curr));
}

static void credit2_dequeue(struct vcpu *v)
{
	if (!unpark(v))
		remove(queues[v->processor], v);
}

static struct vcpu *credit2_pick(unsigned int cpu, u64 now, u64 *slice_ns)
{
	struct queue *q = queues[cpu];
	struct vcpu *v;
	u64 quota;

	do {
		if (!q->waiting.first)
			return NULL;
		v = node_vcpu(q->waiting.first);
		remove(q, v);
		if (likely(!READ_ONCE(v->domain->sched.cap)))
			break;
	} while (!budget_take(v, now));

	quota = v->sched.credit2.quota_ns;
	v->sched.credit2.picked_ns = v->sched.credit2.charged_ns = now;
	advance(q, *vtime_of(v));
	WRITE_ONCE(q->ran_vtime, *vtime_of(v) + q->offset);
	WRITE_ONCE(q->ran_since_ns, now);
	WRITE_ONCE(q->ran_weight, weight_of(v));

	*slice_ns = quota;
	if (q->waiting.first && (!quota || slice_of(v) < quota))
		*slice_ns = slice_of(v);
	return v;
}

static void credit2_stopped(struct vcpu *v, u64 now)
{
	charge(v, now);
	if (unlikely(v->sched.credit2.quota_ns))
		budget_return(v, now);
}

/* Behind the next, and a little more, lest two of them pass the turn between themselves. */
static void credit2_yield(struct vcpu *v, u64 now)
{
	struct queue *q = queues[v->processor];

	charge(v, now);
	if (is_before(*vtime_of(v), q->waiting.first->key))
		*vtime_of(v) = q->waiting.first->key;
	*vtime_of(v) += YIELD;
}

/* ---- Balance ---- */

/* Another CPU's time, as CPUs compare it, guessed without its lock. */
static u64 guess_time(unsigned int cpu, u64 now)
{
	const struct queue *q = queues[cpu];
	u64 since = READ_ONCE(q->ran_since_ns);
	u32 weight = READ_ONCE(q->ran_weight);
	u64 vtime = READ_ONCE(q->ran_vtime);

	return weight && now > since ? vtime + ns_to_virtual(now - since, weight) : vtime;
}

/* Is @v, waiting, so far behind @time that it should go there? */
static bool far_behind(const struct vcpu *v, s64 behind)
{
	if (behind <= 0)
		return false;
	return behind > (s64)(SPREAD / 2) ||
	       (u64)behind * weight_of(v) / WEIGHT_DEFAULT > PUSH_LAG_NS;
}

static unsigned int credit2_taker(unsigned int cpu, u64 now)
{
	struct queue *q = queues[cpu];
	struct vcpu *v = node_vcpu(q->waiting.first);
	unsigned int best = MAX_CPUS;
	u64 best_time = 0;

	for (unsigned int i = 0; i < nr_cpus; i++) {
		u64 time;

		if (i == cpu || !queues[i] || !sched_may_run(v, i) || !sched_prefers(v, i))
			continue;
		if (test_bit(i, &sched_idle_cpus))
			return i;
		time = guess_time(i, now);
		if (best == MAX_CPUS || is_before(best_time, time)) {
			best = i;
			best_time = time;
		}
	}
	if (best == MAX_CPUS)
		return MAX_CPUS;
	if ((s64)(best_time - (q->vtime + q->offset)) > (s64)SPREAD) {
		q->offset = best_time - q->vtime;
		return MAX_CPUS;
	}
	return far_behind(v, (s64)(best_time - (*vtime_of(v) + q->offset))) ? best : MAX_CPUS;
}

/* The nodes nearest the front of a queue, in no strict order. */
static unsigned int front_of(const struct queue *q, struct pq_node *nodes[CANDIDATES])
{
	unsigned int n = 0, next = 0;

	if (q->waiting.first)
		nodes[n++] = q->waiting.first;
	for (; next < n; next++) {
		struct pq_node *at = nodes[next];

		if (at->left && n < CANDIDATES)
			nodes[n++] = at->left;
		if (at->right && n < CANDIDATES)
			nodes[n++] = at->right;
	}
	return n;
}

static struct vcpu *credit2_candidate(unsigned int from, unsigned int to, bool idle, u64 now)
{
	struct queue *q = queues[from];
	struct vcpu *curr = runner(to), *second_best = NULL;
	u64 to_time = curr ? vtime_now(curr, now) + queues[to]->offset : 0;
	struct pq_node *nodes[CANDIDATES];
	unsigned int n = front_of(q, nodes);

	for (unsigned int i = 0; i < n; i++) {
		struct vcpu *v = node_vcpu(nodes[i]);

		/* Its registers are being saved by @from's switch to another: next time. */
		if (!sched_may_run(v, to) || __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
			continue;
		if (!idle && curr &&
		    !far_behind(v, (s64)(to_time - (*vtime_of(v) + q->offset))))
			continue;
		if (sched_prefers(v, to))
			return v;
		if (!second_best)
			second_best = v;
	}
	return idle ? second_best : NULL;
}

/* ---- Parameters ---- */

static int credit2_get_params(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	op->u.credit2.weight = d->sched.weight;
	op->u.credit2.cap = d->sched.cap;
	return 0;
}

static int credit2_set_params(struct domain *d, const struct xen_domctl_scheduler_op *op)
{
	struct sched_domain *sd = &d->sched;
	u16 cap = op->u.credit2.cap;
	unsigned long flags;

	if (op->u.credit2.weight)
		WRITE_ONCE(sd->weight, op->u.credit2.weight);
	if (cap == CAP_KEEP || cap == sd->cap)
		return 0;
	flags = local_irq_save();
	spin_lock(&sd->budget_lock);
	WRITE_ONCE(sd->cap, cap);
	sd->refilled_ns = now_ns();
	sd->budget_ns = (s64)budget_of_period(d);
	spin_unlock(&sd->budget_lock);
	local_irq_restore(flags);
	/* Who runs without a quota takes one at the end of this turn. */
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			softirq_raise_cpu(READ_ONCE(d->vcpu[i]->processor), SOFTIRQ_SCHEDULE);
	unpark_all(d);
	return 0;
}

static int credit2_get_global(struct xen_sysctl_scheduler_op *op)
{
	op->u.sched_credit2.ratelimit_us = sched_ratelimit_us;
	return 0;
}

static int credit2_set_global(const struct xen_sysctl_scheduler_op *op)
{
	return sched_set_ratelimit(op->u.sched_credit2.ratelimit_us);
}

/* One line of the dump, taken under the lock and printed without. */
struct shown {
	domid_t domain_id;
	u16 vcpu_id, weight, cap;
	long ahead_us;
};

static struct shown show(struct vcpu *v, const struct queue *q)
{
	return (struct shown){ v->domain->domain_id, v->vcpu_id, v->domain->sched.weight,
			       v->domain->sched.cap,
			       (long)(*vtime_of(v) - q->vtime) / (long)NSEC_PER_USEC };
}

static void credit2_dump(unsigned int cpu)
{
	struct queue *q = queues[cpu];
	struct shown lines[CANDIDATES + 1];
	struct pq_node *nodes[CANDIDATES];
	struct vcpu *curr;
	unsigned int n, i, nr_lines = 0;
	unsigned long flags;

	spin_lock_irqsave(&sched_cpus[cpu]->lock, flags);
	curr = runner(cpu);
	if (curr)
		lines[nr_lines++] = show(curr, q);
	n = front_of(q, nodes);
	for (i = 0; i < n; i++)
		lines[nr_lines++] = show(node_vcpu(nodes[i]), q);
	spin_unlock_irqrestore(&sched_cpus[cpu]->lock, flags);

	printk("  virtual time %lu us, offset %ld us\n", (unsigned long)(q->vtime / NSEC_PER_USEC),
	       (long)q->offset / (long)NSEC_PER_USEC);
	for (i = 0; i < nr_lines; i++)
		printk("  %s d%uv%u: weight %u, cap %u, at %+ld us\n",
		       i == 0 && curr ? "runs" : "waits", lines[i].domain_id, lines[i].vcpu_id,
		       lines[i].weight, lines[i].cap, lines[i].ahead_us);
}

const struct sched_policy sched_credit2 = {
	.name = "credit2",
	.abi_id = XEN_SCHEDULER_CREDIT2,
	.init_cpu = credit2_init_cpu,
	.domain_init = credit2_domain_init,
	.domain_destroy = credit2_domain_destroy,
	.vcpu_init = credit2_vcpu_init,
	.leave = credit2_leave,
	.enqueue = credit2_enqueue,
	.dequeue = credit2_dequeue,
	.pick = credit2_pick,
	.stopped = credit2_stopped,
	.yield = credit2_yield,
	.candidate = credit2_candidate,
	.taker = credit2_taker,
	.get_params = credit2_get_params,
	.set_params = credit2_set_params,
	.get_global = credit2_get_global,
	.set_global = credit2_set_global,
	.dump = credit2_dump,
};
