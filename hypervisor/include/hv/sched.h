/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduling as the rest of the hypervisor sees it. Mechanism: sched/sched.c and
 * its neighbours; what a policy provides: hv/sched_ops.h.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/domain.h>

struct xen_domctl_scheduler_op;
struct xen_sysctl_scheduler_op;

/* ---- Boot and life cycle ---- */

/* Takes the policy that sched= names. After softirqs, before any sched_init_cpu(). */
void sched_init(void);
/* Makes @cpu's idle vCPU and run queue; if @cpu is the caller, that vCPU becomes current. */
void sched_init_cpu(unsigned int cpu);
/* The policy's defaults, before any of its vCPUs; and after the last one is gone. */
void sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

/* The idle loop; also where a CPU's boot ends. */
void idle_loop(void) __noreturn;

/* ---- Running, sleeping ---- */

/* Runnable: not blocked, down, polling, shut down or paused, nor its domain paused. */
bool vcpu_runnable(const struct vcpu *v);
/* Re-evaluate after pause_flags or a pause count changed; any context, takes a run-queue lock. */
void vcpu_wake(struct vcpu *v);
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);
void vcpu_block(void);
void vcpu_yield(void);
/* Clears VPF_BLOCKED and VPF_POLL and wakes; called whenever an event becomes pending. */
void vcpu_unblock(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
/* SCHEDOP_poll is over for @v; true if it was polling. Does not wake. */
bool vcpu_poll_end(struct vcpu *v);

/* ---- Pausing: counted, so calls nest and come from several sides ---- */

void vcpu_pause(struct vcpu *v);	/* waits until it is off its CPU */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
/* All vCPUs, those made later too. Not the caller's own domain. */
void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);	/* also the caller's own */
void domain_unpause(struct domain *d);
/*
 * The toolstack's pauses (domctl pausedomain, unpausedomain): counted apart in
 * d->controller_pauses, so that it cannot undo anybody else's. 0, or -EOVERFLOW
 * beyond 255; -EINVAL if it has not paused it.
 */
int domain_pause_by_controller(struct domain *d);
int domain_unpause_by_controller(struct domain *d);

/* ---- Where a vCPU may run ---- */

/*
 * Hard: it runs nowhere else. Soft: it runs there if it can be had. Masks may
 * name CPUs that do not exist (all bits set: anywhere). 0; -EINVAL if no CPU of
 * its pool is in the hard mask; -EBUSY while the vCPU is bound for a moment.
 */
int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask);
int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask);
/* As they were set. Either may be NULL. */
void vcpu_get_affinity(struct vcpu *v, cpumask_t *hard, cpumask_t *soft);
/*
 * SCHEDOP_pin_override: only on @cpu until it is called with -1. Takes effect
 * before the current vCPU next runs guest code. 0; -EINVAL if @cpu is not in its
 * pool; -EBUSY if it is bound already.
 */
int vcpu_bind_current(int cpu);

/* ---- CPUs and pools of them ---- */

#define SCHED_POOLS	32

/*
 * @cpu, with sched_init_cpu() done, online and in its idle loop or about to
 * enter it, takes part from now on, in pool 0. The boot CPU does without being asked.
 */
void sched_cpu_up(unsigned int cpu);
/*
 * Nothing runs on @cpu any more but its idle vCPU; its vCPUs move. 0; -EBUSY for
 * the last CPU of a pool that has domains; -EAGAIN if a vCPU is still on its way
 * out: call again.
 */
int sched_cpu_down(unsigned int cpu);

/* sysctl cpupool_op, one at a time. */
int sched_pool_create(u32 *id, u32 sched_id);
int sched_pool_destroy(u32 id);
int sched_pool_add_cpu(u32 id, u32 cpu);
int sched_pool_remove_cpu(u32 id, u32 *cpu);	/* also -EAGAIN */
int sched_pool_move(struct domain *d, u32 id);
bool sched_pool_exists(u32 id);
/* May a domain be made in it? */
bool sched_pool_usable(u32 id);

struct sched_pool_info {
	u32 id;
	u32 sched_id;		/* XEN_SCHEDULER_* */
	unsigned int nr_domains;
	cpumask_t cpus;
};

/* sysctl cpupool_op INFO: the first pool from @id on. 0; -ENOENT. */
int sched_pool_info(u32 id, struct sched_pool_info *info);
/* FREEINFO: CPUs that are online and in no pool. */
void sched_free_cpus(cpumask_t *cpus);

/* ---- Parameters, for domctl and sysctl ---- */

/* XEN_SCHEDULER_* of the policy at work (sysctl sched_id), and its name. */
u32 sched_abi_id(void);
const char *sched_name(void);
/*
 * domctl scheduler_op getinfo and putinfo: @op->u is read or filled in for
 * @op->sched_id. 0, also for a policy without parameters; -EINVAL if that is not the
 * policy at work.
 * Per-vCPU commands are -EINVAL with all policies there are.
 */
int sched_domain_get_params(struct domain *d, struct xen_domctl_scheduler_op *op);
int sched_domain_set_params(struct domain *d, const struct xen_domctl_scheduler_op *op);
/* sysctl scheduler_op getinfo and putinfo, likewise; @op->cpupool_id is checked (-ESRCH). */
int sched_global_get_params(struct xen_sysctl_scheduler_op *op);
int sched_global_set_params(const struct xen_sysctl_scheduler_op *op);

/* ---- Run states ---- */

/* Times add up to now less the vCPU's creation; time[RUNSTATE_running] is its CPU time. */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/* How long @cpu was idle since it came up (sysctl getcpuinfo). */
u64 sched_idle_time_ns(unsigned int cpu);
/*
 * Write the registered runstate area of @v, the current vCPU, in its address
 * space. While it is in user mode, where its kernel's memory is not mapped,
 * sets v->runstate_stale instead: whoever switches it to kernel mode calls
 * again.
 */
void runstate_publish(struct vcpu *v);

/* VCPUOP_set_periodic_timer; 0 stops. */
void vcpu_set_periodic_timer(struct vcpu *v, u64 period_ns);

/* ---- From the architecture ---- */

/* Wait for an interrupt, unless a softirq is pending; interrupts on before and after. */
void cpu_idle(void);
/*
 * Continue @v on a fresh stack: guests by return_to_guest, idle vCPUs in
 * idle_loop(). Interrupts are on.
 */
void continue_running(struct vcpu *v) __noreturn;

#endif
