/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a scheduling policy provides to the mechanism, sched/sched.c. A policy
 * orders the vCPUs that wait on a CPU and says when one must go; who is runnable,
 * where it may run and how it gets there is the mechanism's.
 *
 * Unless said otherwise an operation on a vCPU is called with the run-queue lock
 * of v->processor held and interrupts off, one on a CPU with that CPU's. The
 * running vCPU is not in the policy's hands: pick() takes it out, and when it
 * leaves the CPU but stays runnable, it comes back by enqueue().
 */
#ifndef HV_SCHED_OPS_H
#define HV_SCHED_OPS_H

#include <hv/cpumask.h>
#include <hv/domain.h>

struct xen_domctl_scheduler_op;
struct xen_sysctl_scheduler_op;

#define SCHED_NEVER	(~0UL)

struct sched_policy {
	const char *name;	/* sched=NAME */
	u32 abi_id;		/* XEN_SCHEDULER_* */

	/* No lock held. */
	int (*init_cpu)(unsigned int cpu);
	void (*domain_init)(struct domain *d);
	void (*domain_destroy)(struct domain *d);
	void (*vcpu_init)(struct vcpu *v);
	/* @v, asleep, is about to belong to another CPU, or to go. NULL: nothing to do. */
	void (*leave)(struct vcpu *v);

	/*
	 * @ran: it was running there until now, and the CPU is about to pick; else
	 * it slept, or waited on another CPU. Returns when the CPU is to pick again,
	 * which may be past; SCHED_NEVER: no sooner than before.
	 */
	u64 (*enqueue)(struct vcpu *v, bool ran, u64 now);
	void (*dequeue)(struct vcpu *v);
	/*
	 * Next vCPU, out of the queue, NULL if nobody may run, and after how
	 * long to pick again, 0 for never.
	 */
	struct vcpu *(*pick)(unsigned int cpu, u64 now, u64 *slice_ns);
	/* @v, picked earlier, may have to go: account for it. */
	void (*stopped)(struct vcpu *v, u64 now);
	/* The running @v gives the rest of its turn away; others wait. */
	void (*yield)(struct vcpu *v, u64 now);

	/*
	 * A vCPU in @from's queue that @to, another CPU, should have instead, NULL if
	 * there is none. @idle: @to has nothing else to do. Both locks held.
	 */
	struct vcpu *(*candidate)(unsigned int from, unsigned int to, bool idle, u64 now);
	/*
	 * Who should be offered a vCPU that waits on @cpu, MAX_CPUS for nobody: a
	 * guess, without the other CPUs' locks. NULL: never.
	 */
	unsigned int (*taker)(unsigned int cpu, u64 now);
	/* Of the CPUs in @allowed, where @v, asleep, goes; NULL: the mechanism decides. */
	unsigned int (*place)(const struct vcpu *v, const cpumask_t *allowed);

	/* ABI structures; no lock held. NULL: the policy has no such parameters. */
	int (*get_params)(struct domain *d, struct xen_domctl_scheduler_op *op);
	int (*set_params)(struct domain *d, const struct xen_domctl_scheduler_op *op);
	int (*get_global)(struct xen_sysctl_scheduler_op *op);
	int (*set_global)(const struct xen_sysctl_scheduler_op *op);

	/* Debug key 'r': the queue of @cpu, in lines. No lock held. */
	void (*dump)(unsigned int cpu);
};

extern const struct sched_policy *sched_policy;
extern const struct sched_policy sched_credit2, sched_null;

#endif
