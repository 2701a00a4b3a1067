/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this folder share: the run queue of a CPU, and moves between two. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/sched_ops.h>

struct sched_cpu {
	spinlock_t lock;	/* the run-queue lock: see sched.c */
	/* How many pick() may give; the policy counts. Others read it as a hint. */
	unsigned int nr_waiting;
	u64 pick_at_ns;		/* when the slice timer fires; SCHED_NEVER */
	struct timer slice_timer;
	/* The CPU's own: what schedule() leaves to be done once it has unlocked. */
	struct vcpu *movers;	/* in transit from here */
	unsigned int push_to;	/* whom to offer a vCPU; MAX_CPUS */
	u64 push_next_ns;	/* not before */
};

extern struct sched_cpu *sched_cpus[MAX_CPUS];
/* CPUs of pool 0, and CPUs of any whose idle vCPU runs. Each bit changes atomically. */
extern cpumask_t sched_pool_cpus, sched_idle_cpus;

/* sched.c */
struct sched_cpu *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags);
/* v->processor's lock is held: its CPU is to pick again at @at_ns, if it would not before. */
void sched_pick_at(struct vcpu *v, u64 at_ns, u64 now);
static inline bool is_sched_current(const struct vcpu *v)
{
	return percpu_of[v->processor]->sched_current == v;
}

/* runstate.c: run-queue lock held. */
void runstate_change(struct vcpu *v, int state, u64 now);
int runstate_waiting(const struct vcpu *v);
/* No lock held. */
void runstate_publish_copy(struct vcpu *v, struct vcpu_runstate_info *info);

/* vcpu_timer.c */
void vcpu_timers_init(struct vcpu *v, unsigned int cpu);
void vcpu_timers_kill(struct vcpu *v);
void vcpu_timers_leave(struct vcpu *v);	/* it stops running */
void vcpu_timers_enter(struct vcpu *v);	/* it runs, here */

/* pool.c */
cpumask_t *sched_pool_mask(unsigned int id);

/* place.c */
bool sched_reconsider(struct vcpu *v);
unsigned int sched_first_cpu(const struct vcpu *v);
void sched_init_affinity(struct vcpu *v);
/* The rest: run-queue lock of @v's CPU held. */
bool sched_may_run(const struct vcpu *v, unsigned int cpu);
bool sched_prefers(const struct vcpu *v, unsigned int cpu);
unsigned int sched_place(const struct vcpu *v);
void sched_set_processor(struct vcpu *v, unsigned int cpu);
void sched_idle_changed(unsigned int cpu, bool idle);

/* A CPU that idles and that @v, which waits, may run on comes and looks. */
void sched_tickle_idle(const struct vcpu *v);

/* balance.c: no lock held. */
void sched_push(unsigned int from, unsigned int to);
bool sched_steal(unsigned int to);

/* params.c */
void sched_params_init(void);
extern u32 sched_ratelimit_us;
int sched_set_ratelimit(u32 us);

#endif
