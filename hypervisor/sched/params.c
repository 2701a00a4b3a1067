// SPDX-License-Identifier: GPL-2.0-only
/*
 * What administrators see and set of the scheduler: the parameters behind domctl
 * and sysctl, the rate limit, and debug key 'r'.
 */
#include "sched.h"

#include <hv/errno.h>
#include <hv/keyhandler.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/time.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

/* For how long one that runs is not interrupted for another; 0: it always is. */
u32 sched_ratelimit_us;

u32 sched_abi_id(void)
{
	return sched_policy->abi_id;
}

const char *sched_name(void)
{
	return sched_policy->name;
}

/**
 * sched_domain_get_params() - Read a domain's scheduling parameters.
 * @d:	referenced
 * @op: sched_id says which scheduler's; u is filled in
 *
 * ABI: domctl.h, XEN_DOMCTL_SCHEDOP_getinfo.
 * Context: no lock held.
 * Return: 0; -EINVAL if that scheduler is not at work.
 */
int sched_domain_get_params(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	if (op->sched_id != sched_policy->abi_id)
		return -EINVAL;
	return sched_policy->get_params ? sched_policy->get_params(d, op) : 0;
}

/**
 * sched_domain_set_params() - Change a domain's scheduling parameters.
 * @d:	referenced
 * @op: a private copy
 *
 * credit2: a weight of 0 and a cap of 0xffff leave things as they are; a cap of 0
 * is none. They take effect at once.
 * ABI: domctl.h, XEN_DOMCTL_SCHEDOP_putinfo.
 * Context: no lock held.
 * Return: 0; -EINVAL if that scheduler is not at work.
 */
int sched_domain_set_params(struct domain *d, const struct xen_domctl_scheduler_op *op)
{
	if (op->sched_id != sched_policy->abi_id)
		return -EINVAL;
	return sched_policy->set_params ? sched_policy->set_params(d, op) : 0;
}

static int check_global(const struct xen_sysctl_scheduler_op *op)
{
	if (!sched_pool_exists(op->cpupool_id))
		return -ESRCH;
	return op->sched_id == sched_policy->abi_id ? 0 : -EINVAL;
}

/**
 * sched_global_get_params() - Read what is the same for all domains.
 * @op: cpupool_id and sched_id say of what; u is filled in
 *
 * ABI: sysctl.h, XEN_SYSCTL_SCHEDOP_getinfo.
 * Return: 0; -ESRCH if there is no such pool; -EINVAL if that scheduler is not at
 * work or has no such parameters.
 */
int sched_global_get_params(struct xen_sysctl_scheduler_op *op)
{
	int rc = check_global(op);

	if (rc)
		return rc;
	return sched_policy->get_global ? sched_policy->get_global(op) : -EINVAL;
}

/**
 * sched_global_set_params() - Change what is the same for all domains.
 * @op: a private copy
 *
 * ABI: sysctl.h, XEN_SYSCTL_SCHEDOP_putinfo.
 * Return: as sched_global_get_params(); -EINVAL also for a value out of range.
 */
int sched_global_set_params(const struct xen_sysctl_scheduler_op *op)
{
	int rc = check_global(op);

	if (rc)
		return rc;
	return sched_policy->set_global ? sched_policy->set_global(op) : -EINVAL;
}

/* For a policy that has a rate limit. ABI: sysctl.h, XEN_SYSCTL_SCHED_RATELIMIT_*. */
int sched_set_ratelimit(u32 us)
{
	if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
		return -EINVAL;
	WRITE_ONCE(sched_ratelimit_us, us);
	return 0;
}

static void show_queues(unsigned char key __maybe_unused)
{
	printk("Scheduler: %s, rate limit %u us, at %lu ms\n", sched_policy->name,
	       sched_ratelimit_us, (unsigned long)(now_ns() / NSEC_PER_MSEC));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (!sched_cpus[cpu])
			continue;
		printk("CPU%u: %u waiting%s%s, idle for %lu ms in all\n", cpu,
		       READ_ONCE(sched_cpus[cpu]->nr_waiting),
		       test_bit(cpu, &sched_idle_cpus) ? ", idle" : "",
		       !READ_ONCE(percpu_of[cpu]->online) ? ", offline" :
		       test_bit(cpu, &sched_pool_cpus) ? "" : ", not in pool 0",
		       (unsigned long)(sched_idle_time_ns(cpu) / NSEC_PER_MSEC));
		sched_policy->dump(cpu);
	}
}

/* Context: boot, after the options are read. */
void __init sched_params_init(void)
{
	register_keyhandler('r', show_queues, "dump run queues");
	if (sched_set_ratelimit(opts.sched_ratelimit_us)) {
		sched_ratelimit_us = XEN_SYSCTL_SCHED_RATELIMIT_MIN;
		pr_warn("sched_ratelimit_us=%u: must be 0, or %u to %u; using %u\n",
			opts.sched_ratelimit_us, XEN_SYSCTL_SCHED_RATELIMIT_MIN,
			XEN_SYSCTL_SCHED_RATELIMIT_MAX, sched_ratelimit_us);
	}
}
