/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scheduler keeps in each vCPU and each domain. For hypervisor/sched/ only. */
#ifndef HV_SCHED_TYPES_H
#define HV_SCHED_TYPES_H

#include <hv/cpumask.h>
#include <hv/pqueue.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

struct vcpu;

/* All under the run-queue lock of the vCPU's processor. */
struct sched_vcpu {
	cpumask_t hard, soft;	/* as set */
	s16 bound_cpu;		/* it runs there only, for a while; -1 */
	bool queued;		/* in the policy's hands */
	bool misplaced;		/* it may not run on its processor (any more) */
	bool in_transit;	/* on its way from there, on that CPU's list of movers */
	struct vcpu *next_mover;

	union {
		/* sched/credit2.c */
		struct {
			struct pq_node node;	/* its key is the virtual time */
			u64 vtime_rest;		/* what the division left */
			u64 picked_ns;		/* when its turn began */
			u64 charged_ns;		/* up to when vtime counts */
			u64 quota_ns;		/* taken out of its domain's budget */
			bool adrift;		/* between two CPUs: see credit2_leave() */
			bool parked;		/* waits for its domain's budget */
			struct vcpu *next_parked;
		} credit2;
		/* sched/null.c */
		struct {
			struct vcpu *next;
		} null;
	};
};

struct sched_domain {
	u8 pool;		/* its number: sched/pool.c */
	u16 weight;
	u16 cap;		/* percent of one CPU; 0: none */
	/* Inside the run-queue locks; guards what follows. */
	spinlock_t budget_lock;
	s64 budget_ns;
	u64 refilled_ns;	/* when a period last began */
	struct timer refill_timer;
	struct vcpu *parked;
};

#endif
