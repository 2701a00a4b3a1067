/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's mechanism (sched/sched.c) and what a policy provides. */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/domain.h>

/*
 * A policy picks among runnable vCPUs of one CPU. All are called with that
 * CPU's run-queue lock held and interrupts off.
 */
struct sched_policy {
	const char *name;	/* sched=NAME */
	u32 abi_id;		/* XEN_SCHEDULER_* */
	int (*init_cpu)(unsigned int cpu);
	void (*enqueue)(struct vcpu *v, bool wakeup);
	void (*dequeue)(struct vcpu *v);
	/* Next vCPU (never NULL: the idle one if there is no other) and the length of its turn, 0 for no limit. */
	struct vcpu *(*pick)(unsigned int cpu, u64 now, u64 *slice_ns);
};

extern const struct sched_policy *sched_policy;
extern const struct sched_policy sched_rr;

void sched_init(void);
void sched_init_cpu(unsigned int cpu);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

/* Runnable: not blocked, down, polling, shut down or paused. */
bool vcpu_runnable(const struct vcpu *v);
/* Re-evaluate after pause_flags or pause_count changed; any context, takes the run-queue lock. */
void vcpu_wake(struct vcpu *v);
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);
void vcpu_block(void);
/* Clears VPF_BLOCKED and wakes; called whenever an event becomes pending. */
void vcpu_unblock(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
void vcpu_pause(struct vcpu *v);	/* waits until it is off its CPU */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/* Write the registered runstate area of the running vCPU, in its address space. */
void runstate_publish(struct vcpu *v);

/* The idle loop; also where a CPU's boot ends. */
void idle_loop(void) __noreturn;
/* Continue @v on a fresh stack: guests by return_to_guest, idle vCPUs in idle_loop(). */
void continue_running(struct vcpu *v) __noreturn;

#endif
