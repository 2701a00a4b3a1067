// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a vCPU may run, and where it should. Which CPUs take part: pool.c.
 *
 * The masks of a vCPU are under the run-queue lock of its CPU, as is
 * sched.misplaced, which says that they, or the pool, do not include that CPU
 * any more. A bit of the pool changes first, then all vCPUs are looked at.
 */
#include "sched.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#include <asm/system.h>

#define NOT_BOUND	(-1)

cpumask_t sched_idle_cpus;

static const cpumask_t any_cpu = { { [0 ... CPUMASK_WORDS - 1] = ~0UL } };

/* Bits change while one looks, and so may the pool. */
static const cpumask_t *pool_cpus(const struct vcpu *v)
{
	return sched_pool_mask(READ_ONCE(v->domain->sched.pool));
}

/* The CPUs of @b that are in @a; either may be changing. */
static cpumask_t common(const cpumask_t *a, const cpumask_t *b)
{
	cpumask_t both;

	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		both.bits[i] = READ_ONCE(a->bits[i]) & READ_ONCE(b->bits[i]);
	return both;
}

/* Where it may run at all. */
static cpumask_t allowed_cpus(const struct vcpu *v)
{
	cpumask_t allowed;

	if (v->sched.bound_cpu == NOT_BOUND)
		return common(&v->sched.hard, pool_cpus(v));
	cpumask_clear(&allowed);
	cpumask_set(&allowed, (unsigned int)v->sched.bound_cpu);
	return allowed;
}

bool sched_may_run(const struct vcpu *v, unsigned int cpu)
{
	if (v->sched.bound_cpu != NOT_BOUND)
		return (unsigned int)v->sched.bound_cpu == cpu;
	return cpumask_test(&v->sched.hard, cpu) && test_bit(cpu, pool_cpus(v));
}

bool sched_prefers(const struct vcpu *v, unsigned int cpu)
{
	return cpumask_test(&v->sched.soft, cpu);
}

/* It idles, and nobody is about to change that. Of another CPU this is a guess. */
static bool is_free(unsigned int cpu)
{
	return test_bit(cpu, &sched_idle_cpus) && !READ_ONCE(sched_cpus[cpu]->nr_waiting);
}

/* The first free CPU of @mask from @start on, once around; MAX_CPUS if there is none. */
static unsigned int first_free(const cpumask_t *mask, unsigned int start)
{
	cpumask_t idle = common(mask, &sched_idle_cpus);
	unsigned int cpu;

	for (cpu = cpumask_next(&idle, start); cpu < MAX_CPUS; cpu = cpumask_next(&idle, cpu + 1))
		if (is_free(cpu))
			return cpu;
	for (cpu = cpumask_next(&idle, 0); cpu < start; cpu = cpumask_next(&idle, cpu + 1))
		if (is_free(cpu))
			return cpu;
	return MAX_CPUS;
}

static unsigned int least_waiting(const cpumask_t *allowed)
{
	unsigned int best = MAX_CPUS, cpu;

	cpumask_for_each(cpu, allowed)
		if (best == MAX_CPUS || READ_ONCE(sched_cpus[cpu]->nr_waiting) <
					READ_ONCE(sched_cpus[best]->nr_waiting))
			best = cpu;
	return best;
}

/*
 * Where it last ran, if that CPU idles: nothing needs to be loaded. Else one that
 * idles, rather of those it prefers. Else where it last ran.
 */
static unsigned int place_among(const struct vcpu *v, const cpumask_t *allowed)
{
	unsigned int last = v->processor, cpu;
	bool last_allowed = cpumask_test(allowed, last);
	bool last_free = last_allowed && is_free(last);
	cpumask_t preferred;

	if (last_free && sched_prefers(v, last))
		return last;
	preferred = common(allowed, &v->sched.soft);
	cpu = first_free(&preferred, last);
	if (cpu < MAX_CPUS)
		return cpu;
	if (last_free)
		return last;
	cpu = first_free(allowed, last);
	if (cpu < MAX_CPUS)
		return cpu;
	if (last_allowed && (sched_prefers(v, last) || cpumask_empty(&preferred)))
		return last;
	return least_waiting(cpumask_empty(&preferred) ? allowed : &preferred);
}

/**
 * sched_place() - Choose the CPU on whose queue a vCPU shall wait.
 * @v: asleep or in transit, and runnable
 *
 * One whose registers are still being saved stays, even where it may not run:
 * pick_next() sends it on. So does one that may run nowhere at this moment, its
 * pool having lost a CPU a moment ago: sched_reconsider() is about to see to it.
 * Context: the run-queue lock of @v's CPU is held.
 */
unsigned int sched_place(const struct vcpu *v)
{
	cpumask_t allowed;

	if (nr_cpus == 1 || __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		return v->processor;
	allowed = allowed_cpus(v);
	if (unlikely(cpumask_empty(&allowed)))
		return v->processor;
	if (sched_policy->place)
		return sched_policy->place(v, &allowed);
	return place_among(v, &allowed);
}

/* Context: v->processor's lock is held; for one that waited, the new CPU's too. */
void sched_set_processor(struct vcpu *v, unsigned int cpu)
{
	if (sched_policy->leave)
		sched_policy->leave(v);
	v->sched.misplaced = false;
	WRITE_ONCE(v->processor, (u16)cpu);
}

void sched_idle_changed(unsigned int cpu, bool idle)
{
	if (idle)
		set_bit_atomic(cpu, &sched_idle_cpus);
	else
		clear_bit_atomic(cpu, &sched_idle_cpus);
}

void sched_tickle_idle(const struct vcpu *v)
{
	unsigned int cpu = v->processor;
	cpumask_t allowed;

	/* Partner: a CPU says that it idles, then looks for those who wait. */
	smp_mb();
	if (test_bit(cpu, &sched_idle_cpus) && sched_cpus[cpu]->nr_waiting <= 1)
		return;		/* it takes @v itself */
	allowed = allowed_cpus(v);
	cpu = first_free(&allowed, cpu);
	if (cpu < MAX_CPUS)
		softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
}

/* Context: the vCPU is being made. */
void sched_init_affinity(struct vcpu *v)
{
	v->sched.hard = v->sched.soft = any_cpu;
	v->sched.bound_cpu = NOT_BOUND;
	if (v->domain->is_hardware_domain && opts.dom0_vcpus_pin) {
		cpumask_clear(&v->sched.hard);
		cpumask_set(&v->sched.hard, v->vcpu_id % nr_cpus);
	}
}

/* Where a new vCPU begins: one CPU after the other. */
unsigned int sched_first_cpu(const struct vcpu *v)
{
	static unsigned int turn;
	cpumask_t allowed = allowed_cpus(v);
	unsigned int start = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % nr_cpus;

	start = cpumask_next(&allowed, start);
	return start < MAX_CPUS ? start : cpumask_next(&allowed, 0);
}

/* Run-queue lock held. Out of the queue, if it is in one; then vcpu_wake() is to place it anew. */
static bool take_out(struct vcpu *v)
{
	/* While its registers are saved it stays queued: see sched_place(). */
	if (!v->sched.queued || __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		return false;
	sched_policy->dequeue(v);
	v->sched.queued = false;
	return true;
}

/* Run-queue lock held, masks or pool changed. True if it must leave. */
static bool check_place(struct vcpu *v)
{
	v->sched.misplaced = !sched_may_run(v, v->processor);
	if (v->sched.misplaced && is_sched_current(v))
		softirq_raise_cpu(v->processor, SOFTIRQ_SCHEDULE);
	return v->sched.misplaced;
}

static bool in_pool(const struct vcpu *v, const cpumask_t *mask)
{
	cpumask_t both = common(mask, pool_cpus(v));

	return !cpumask_empty(&both);
}

/**
 * vcpu_set_hard_affinity() - Say where a vCPU may run at all.
 * @v:	  of a guest, referenced
 * @mask: CPUs; those that do not exist are kept and do no harm
 *
 * A vCPU that runs elsewhere leaves at its CPU's next softirq run.
 * ABI: domctl.h, setvcpuaffinity.
 * Context: no lock held.
 * Return: 0; -EINVAL if no CPU of its pool is in @mask; -EBUSY while
 * vcpu_bind_current() holds it.
 */
int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask)
{
	unsigned long flags;
	struct sched_cpu *sc;
	bool wake = false;
	int rc = 0;

	/* A CPU that goes leaves the pool first, then sched_reconsider() takes this lock. */
	sc = sched_lock_vcpu(v, &flags);
	if (!in_pool(v, mask)) {
		rc = -EINVAL;
	} else if (v->sched.bound_cpu != NOT_BOUND) {
		rc = -EBUSY;
	} else {
		v->sched.hard = *mask;
		check_place(v);
		wake = take_out(v);
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	if (wake)
		vcpu_wake(v);
	return rc;
}

/**
 * vcpu_set_soft_affinity() - Say where a vCPU should rather run.
 * @v:	  of a guest, referenced
 * @mask: CPUs
 *
 * It matters if the vCPU waits now, when it next wakes, and when it is moved for
 * balance.
 * ABI: domctl.h, setvcpuaffinity.
 * Context: no lock held.
 * Return: 0.
 */
int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	bool wake;

	v->sched.soft = *mask;
	wake = take_out(v);
	spin_unlock_irqrestore(&sc->lock, flags);
	if (wake)
		vcpu_wake(v);
	return 0;
}

/**
 * vcpu_get_affinity() - Where a vCPU may and should run, as it was set.
 * @v:	  any vCPU
 * @hard: filled in; NULL if of no interest
 * @soft: likewise
 *
 * Context: no lock held.
 */
void vcpu_get_affinity(struct vcpu *v, cpumask_t *hard, cpumask_t *soft)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

	if (hard)
		*hard = v->sched.hard;
	if (soft)
		*soft = v->sched.soft;
	spin_unlock_irqrestore(&sc->lock, flags);
}

/**
 * vcpu_bind_current() - The current vCPU runs on one CPU only, until called again.
 * @cpu: any number a guest may send; -1: no longer
 *
 * It moves before it next runs guest code.
 * ABI: sched.h, SCHEDOP_pin_override.
 * Context: hypercall.
 * Return: 0; -EINVAL if @cpu is not in its pool; -EBUSY if it is bound already.
 */
int vcpu_bind_current(int cpu)
{
	struct vcpu *v = current;
	unsigned long flags;
	struct sched_cpu *sc;
	int rc = 0;

	if (cpu >= MAX_CPUS)
		return -EINVAL;
	/* As in vcpu_set_hard_affinity(). */
	sc = sched_lock_vcpu(v, &flags);
	if (cpu >= 0 && !test_bit((unsigned int)cpu, pool_cpus(v))) {
		rc = -EINVAL;
	} else if (cpu >= 0 && v->sched.bound_cpu != NOT_BOUND) {
		rc = -EBUSY;
	} else {
		v->sched.bound_cpu = (s16)(cpu < 0 ? NOT_BOUND : cpu);
		check_place(v);
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	return rc;
}

/**
 * sched_reconsider() - The CPUs of a vCPU's pool have changed, or its pool.
 * @v: of any guest
 *
 * It leaves a CPU on which it may no longer run. If none is left to it by its
 * affinity, it may run on any from now on.
 * Context: no run-queue lock held.
 * Return: true if it is on its way out of such a CPU still.
 */
bool sched_reconsider(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	int bound = v->sched.bound_cpu;
	bool wake, stays, broken;

	if (bound != NOT_BOUND && !test_bit((unsigned int)bound, pool_cpus(v)))
		v->sched.bound_cpu = NOT_BOUND;
	broken = !in_pool(v, &v->sched.hard);
	if (broken)
		v->sched.hard = any_cpu;
	wake = check_place(v) && take_out(v);
	stays = v->sched.misplaced && (is_sched_current(v) || v->sched.queued ||
				       v->sched.in_transit || v->is_running);
	spin_unlock_irqrestore(&sc->lock, flags);
	if (broken)
		printk("Breaking the affinity of d%uv%u: its pool has none of those CPUs\n",
		       v->domain->domain_id, v->vcpu_id);
	if (wake)
		vcpu_wake(v);
	return stays;
}
