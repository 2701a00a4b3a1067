// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: each CPU is in one of them or in none, each domain in one, and runs only
 * on its CPUs. All have the same scheduler. Number 0 is there from the beginning,
 * and a CPU that comes goes there.
 *
 * A bit of a pool, or a domain's pool, changes first, then all vCPUs concerned are
 * looked at (sched_reconsider()). pool_lock guards which pools there are and their
 * CPUs; readers of a mask take none. No run-queue lock is taken inside.
 *
 * ABI: sysctl.h, struct xen_sysctl_cpupool_op.
 */
#include "sched.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/softirq.h>

#include <xen/sysctl.h>

#include <asm/system.h>

cpumask_t sched_pool_cpus;

static cpumask_t more_pools[SCHED_POOLS];	/* [0] is not used */
static u64 pools_there = 1;			/* bit per pool */

static spinlock_t pool_lock = SPINLOCK_INIT;

BUILD_BUG_ON(SCHED_POOLS > 64);

/* The CPUs of pool @id, which exists or did. */
cpumask_t *sched_pool_mask(unsigned int id)
{
	return id ? &more_pools[id] : &sched_pool_cpus;
}

static bool exists(u32 id)
{
	return id < SCHED_POOLS && READ_ONCE(pools_there) & BIT(id);
}

/* The pool that has @cpu; SCHED_POOLS if none has. */
static unsigned int pool_of_cpu(unsigned int cpu)
{
	unsigned int id = 0;

	while (id < SCHED_POOLS && !test_bit(cpu, sched_pool_mask(id)))
		id++;
	return id;
}

static unsigned int count_domains(u32 id)
{
	unsigned int n = 0;
	struct domain *d;

	spin_lock(&domain_list_lock);
	for_each_domain(d)
		n += d->sched.pool == id;
	spin_unlock(&domain_list_lock);
	return n;
}

/* A CPU that is online begins to take part in pool @id, or a pool that was not asked is 0. */
static void join(unsigned int cpu, u32 id)
{
	set_bit_atomic(cpu, &sched_idle_cpus);
	set_bit_atomic(cpu, sched_pool_mask(id));
}

/**
 * sched_cpu_up() - A CPU takes part from now on, in pool 0.
 * @cpu: has its run queue, is online, and is in its idle loop or about to enter it
 *
 * Context: no lock held.
 */
void sched_cpu_up(unsigned int cpu)
{
	spin_lock(&pool_lock);
	join(cpu, 0);
	spin_unlock(&pool_lock);
	softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
}

static bool has_others(const cpumask_t *mask, unsigned int cpu)
{
	cpumask_t others = *mask;

	cpumask_reset(&others, cpu);
	return !cpumask_empty(&others);
}

/* Nobody new comes to @cpu. False: it is the last one of a pool with domains. */
static bool leave(unsigned int cpu, unsigned int id)
{
	bool needed = !id || count_domains(id);
	cpumask_t *mask = sched_pool_mask(id);
	bool leaves;

	spin_lock(&pool_lock);
	/* First look: who wakes does not take the lock. */
	leaves = !needed || has_others(mask, cpu);
	if (leaves) {
		clear_bit_atomic(cpu, mask);
		clear_bit_atomic(cpu, &sched_idle_cpus);
	}
	spin_unlock(&pool_lock);
	return leaves;
}

/* Is nobody left on @cpu who may not be there? */
static int drain(void)
{
	struct domain *d;
	struct vcpu *v;
	bool stays = false;

	spin_lock(&domain_list_lock);
	for_each_domain(d)
		for_each_vcpu(d, v)
			stays |= sched_reconsider(v);
	spin_unlock(&domain_list_lock);
	return stays ? -EAGAIN : 0;
}

/**
 * sched_cpu_down() - A CPU takes part no longer, in whichever pool; its vCPUs move.
 * @cpu: in a pool; or called again after -EAGAIN
 *
 * A vCPU that may run on no other CPU of its pool may run on any from now on.
 * Context: no lock held, interrupts on; one caller at a time.
 * Return: 0 when only its idle vCPU runs there; -EAGAIN if another is still on
 * its way out, call again; -EBUSY for the last CPU of pool 0, or of one with domains.
 */
int sched_cpu_down(unsigned int cpu)
{
	unsigned int id = pool_of_cpu(cpu);

	if (id < SCHED_POOLS && !leave(cpu, id))
		return -EBUSY;
	return drain();
}

/**
 * sched_pool_create() - Make a pool without CPUs.
 * @id:	      its number, or XEN_SYSCTL_CPUPOOL_PAR_ANY; what it is
 * @sched_id: XEN_SCHEDULER_*
 *
 * ABI: sysctl.h, XEN_SYSCTL_CPUPOOL_OP_CREATE.
 * Context: one caller at a time, as for all that follow.
 * Return: 0; -EEXIST; -ENOSPC: there are as many as can be, or @id is beyond;
 * -EOPNOTSUPP: another scheduler than that at work.
 */
int sched_pool_create(u32 *id, u32 sched_id)
{
	u32 new = *id;

	if (sched_id != sched_policy->abi_id)
		return -EOPNOTSUPP;
	if (new == XEN_SYSCTL_CPUPOOL_PAR_ANY)
		for (new = 0; exists(new); new++)
			;
	if (new >= SCHED_POOLS)
		return -ENOSPC;
	if (exists(new))
		return -EEXIST;
	spin_lock(&pool_lock);
	pools_there |= BIT(new);
	spin_unlock(&pool_lock);
	*id = new;
	return 0;
}

/**
 * sched_pool_destroy() - Remove a pool that has nothing any more.
 * @id: any number
 *
 * Return: 0; -ENOENT; -EBUSY: it has CPUs or domains, or is number 0.
 */
int sched_pool_destroy(u32 id)
{
	if (!exists(id))
		return -ENOENT;
	if (!id || !cpumask_empty(sched_pool_mask(id)) || count_domains(id))
		return -EBUSY;
	spin_lock(&pool_lock);
	pools_there &= ~BIT(id);
	spin_unlock(&pool_lock);
	return 0;
}

/**
 * sched_pool_add_cpu() - Put a CPU that is in no pool into one.
 * @id:	 any number
 * @cpu: any number, or XEN_SYSCTL_CPUPOOL_PAR_ANY
 *
 * Return: 0; -ENOENT: no such pool; -EBUSY: the CPU is in one; -EINVAL: no such
 * CPU, or none that is free; -ENODEV: it is offline.
 */
int sched_pool_add_cpu(u32 id, u32 cpu)
{
	cpumask_t free;

	if (!exists(id))
		return -ENOENT;
	sched_free_cpus(&free);
	if (cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY)
		cpu = cpumask_next(&free, 0);
	if (cpu >= nr_cpus)
		return -EINVAL;
	if (!READ_ONCE(percpu_of[cpu]->online))
		return -ENODEV;
	if (!cpumask_test(&free, cpu))
		return -EBUSY;
	spin_lock(&pool_lock);
	join(cpu, id);
	spin_unlock(&pool_lock);
	softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
	return 0;
}

static unsigned int last_cpu(const cpumask_t *mask)
{
	unsigned int last = MAX_CPUS, cpu;

	cpumask_for_each(cpu, mask)
		last = cpu;
	return last;
}

/**
 * sched_pool_remove_cpu() - Take a CPU out of a pool; its vCPUs move within it.
 * @id:	 any number
 * @cpu: any number, or XEN_SYSCTL_CPUPOOL_PAR_ANY; which it is, for the next call
 *
 * Return: as sched_cpu_down(); -ENOENT: no such pool; -EINVAL: the CPU is in
 * another, or there is none.
 */
int sched_pool_remove_cpu(u32 id, u32 *cpu)
{
	unsigned int of;

	if (!exists(id))
		return -ENOENT;
	if (*cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY)
		*cpu = last_cpu(sched_pool_mask(id));
	if (*cpu >= nr_cpus || !READ_ONCE(percpu_of[*cpu]->online))
		return -EINVAL;
	/* In none: the call before took it out, and it was not empty yet. */
	of = pool_of_cpu(*cpu);
	return of == id || of == SCHED_POOLS ? sched_cpu_down(*cpu) : -EINVAL;
}

/**
 * sched_pool_move() - Put a domain into another pool.
 * @d:	referenced
 * @id: any number
 *
 * A vCPU whose affinity allows none of the CPUs there may run on all of them.
 * Return: 0; -ENOENT: no such pool, or without CPUs.
 */
int sched_pool_move(struct domain *d, u32 id)
{
	struct vcpu *v;

	if (!exists(id) || cpumask_empty(sched_pool_mask(id)))
		return -ENOENT;
	WRITE_ONCE(d->sched.pool, (u8)id);
	for_each_vcpu(d, v)
		sched_reconsider(v);
	return 0;
}

/* May a domain be made in it? */
bool sched_pool_usable(u32 id)
{
	return exists(id) && !cpumask_empty(sched_pool_mask(id));
}

bool sched_pool_exists(u32 id)
{
	return exists(id);
}

/**
 * sched_pool_info() - What there is to say about a pool.
 * @id:	  the lowest that is wanted
 * @info: filled in
 *
 * ABI: sysctl.h, XEN_SYSCTL_CPUPOOL_OP_INFO.
 * Context: no lock held.
 * Return: 0; -ENOENT if there is none from @id on.
 */
int sched_pool_info(u32 id, struct sched_pool_info *info)
{
	while (id < SCHED_POOLS && !exists(id))
		id++;
	if (id >= SCHED_POOLS)
		return -ENOENT;
	*info = (struct sched_pool_info){
		.id = id, .sched_id = sched_abi_id(), .cpus = *sched_pool_mask(id),
		.nr_domains = count_domains(id),
	};
	return 0;
}

/**
 * sched_free_cpus() - The CPUs that are online and in no pool.
 * @cpus: filled in
 *
 * ABI: sysctl.h, XEN_SYSCTL_CPUPOOL_OP_FREEINFO.
 */
void sched_free_cpus(cpumask_t *cpus)
{
	cpumask_clear(cpus);
	for (unsigned int i = 0; i < nr_cpus; i++)
		if (percpu_of[i] && percpu_of[i]->online && pool_of_cpu(i) == SCHED_POOLS)
			cpumask_set(cpus, i);
}
