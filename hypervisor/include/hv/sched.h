/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's mechanism (sched/sched.c) and what a policy provides. */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/domain.h>

/*
 * A policy picks among runnable vCPUs of one CPU. All but init_cpu are called
 * with the run-queue lock of v->processor held and interrupts off. The running
 * vCPU is not in the policy's hands: pick() takes it out, and when it leaves
 * the CPU but stays runnable, it comes back by enqueue().
 */
struct sched_policy {
	const char *name;	/* sched=NAME */
	u32 abi_id;		/* XEN_SCHEDULER_* */
	int (*init_cpu)(unsigned int cpu);
	/* @wakeup: it was asleep; else it was running. True if the CPU is to pick again. */
	bool (*enqueue)(struct vcpu *v, bool wakeup);
	void (*dequeue)(struct vcpu *v);
	/*
	 * Next vCPU (never NULL: the idle one if there is no other) and after
	 * how long to pick again, 0 for never.
	 */
	struct vcpu *(*pick)(unsigned int cpu, u64 now, u64 *slice_ns);
	/* @v, picked earlier, left the CPU: account for it. */
	void (*stopped)(struct vcpu *v, u64 now);
	/* The running @v gives the rest of its turn away. */
	void (*yield)(struct vcpu *v);
};

extern const struct sched_policy *sched_policy;
extern const struct sched_policy sched_rr;

/* Takes the policy that sched= names. After softirqs, before any sched_init_cpu(). */
void sched_init(void);
/* Makes @cpu's idle vCPU; if @cpu is the caller, that becomes current. */
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
void vcpu_yield(void);
/* Clears VPF_BLOCKED and VPF_POLL and wakes; called whenever an event becomes pending. */
void vcpu_unblock(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
void vcpu_pause(struct vcpu *v);	/* waits until it is off its CPU */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);	/* not the caller's own */
void domain_unpause(struct domain *d);
void vcpu_migrate_current(unsigned int cpu);
/* SCHEDOP_poll is over for @v; true if it was polling. Does not wake. */
bool vcpu_poll_end(struct vcpu *v);

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/*
 * Write the registered runstate area of @v, the current vCPU, in its address
 * space. While it is in user mode, where its kernel's memory is not mapped,
 * sets v->runstate_stale instead: whoever switches it to kernel mode calls
 * again.
 */
void runstate_publish(struct vcpu *v);
/* VCPUOP_set_periodic_timer; 0 stops. */
void vcpu_set_periodic_timer(struct vcpu *v, u64 period_ns);

/* The idle loop; also where a CPU's boot ends. */
void idle_loop(void) __noreturn;
/* arch: wait for an interrupt, unless a softirq is pending; interrupts on before and after. */
void cpu_idle(void);
/*
 * arch: Continue @v on a fresh stack: guests by return_to_guest, idle vCPUs in
 * idle_loop(). Interrupts are on.
 */
void continue_running(struct vcpu *v) __noreturn;

#endif
