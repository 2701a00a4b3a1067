// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler's mechanism: who may run, and the switch from one vCPU to the
 * next. Which one is next is the policy's choice (hv/sched_ops.h).
 *
 * A vCPU is runnable when pause_flags and the pause counts, its own and its
 * domain's, are all zero. Whoever changes one of them does so atomically, then
 * calls vcpu_wake() or vcpu_sleep_*(), which look again under the run-queue lock;
 * the order of two such changes therefore does not matter.
 *
 * Under the lock of its processor's run queue a vCPU is exactly one of
 *
 *	running		sched_current of that CPU
 *	queued		in the policy's hands
 *	in transit	it ran on, or waits for, a CPU that it must leave, and moves
 *			as soon as its registers are saved
 *	asleep		none of these
 *
 * and after every settled change "runnable" is the same as "not asleep".
 *
 * Locks: one run-queue lock per CPU guards sched_current, the policy's queue,
 * and processor, runstate and sched of every vCPU whose processor is that CPU.
 * It is taken with interrupts off; a domain's budget lock and the timer lock may
 * be taken under it, nothing else. Two run-queue locks are taken in the order of
 * their CPUs.
 *
 * processor changes under the lock of the CPU left, for a vCPU that is neither
 * running nor queued there, and whose is_running is false: no CPU is still
 * saving its registers. A queued one changes its queue under both locks.
 */
#include "sched.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/time.h>

#include <asm/system.h>

/* How often those who wait on a busy CPU are offered to another. */
#define PUSH_INTERVAL_NS	(5 * NSEC_PER_MSEC)

struct sched_cpu *sched_cpus[MAX_CPUS];

static const struct sched_policy *const policies[] = { &sched_credit2, &sched_null };
const struct sched_policy *sched_policy = &sched_credit2;

bool vcpu_runnable(const struct vcpu *v)
{
	return !READ_ONCE(v->pause_flags) && !READ_ONCE(v->pause_count) &&
	       !READ_ONCE(v->domain->pause_count);
}

/**
 * sched_lock_vcpu() - Lock the run queue of a vCPU's CPU; it may be moving to another.
 * @v:	   any vCPU
 * @flags: interrupt state
 *
 * Context: no run-queue lock held.
 * Return: the run queue of v->processor, which stays that until unlocked.
 */
struct sched_cpu *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->processor);
		struct sched_cpu *sc = sched_cpus[cpu];

		spin_lock_irqsave(&sc->lock, *flags);
		if (v->processor == cpu)
			return sc;
		spin_unlock_irqrestore(&sc->lock, *flags);
	}
}

void sched_pick_at(struct vcpu *v, u64 at_ns, u64 now)
{
	struct sched_cpu *sc = sched_cpus[v->processor];

	if (at_ns <= now) {
		softirq_raise_cpu(v->processor, SOFTIRQ_SCHEDULE);
	} else if (at_ns < sc->pick_at_ns) {
		sc->pick_at_ns = at_ns;
		timer_set(&sc->slice_timer, at_ns);
	}
}

/*
 * Run-queue lock held; @v is asleep, or in transit and its registers are saved.
 * Queue it if it is runnable, here or where it now belongs. False if that is
 * elsewhere: to be called again, with that lock.
 */
static bool activate(struct vcpu *v)
{
	int state = runstate_waiting(v);
	u64 now = now_ns();
	unsigned int cpu;

	if (v->runstate.state != state)
		runstate_change(v, state, now);
	if (state != RUNSTATE_runnable)
		return true;
	cpu = sched_place(v);
	if (cpu != v->processor) {
		sched_set_processor(v, cpu);
		return false;
	}
	/* Set while it slept, it may be out of date. */
	if (unlikely(v->sched.misplaced))
		v->sched.misplaced = !sched_may_run(v, cpu);
	v->sched.queued = true;
	sched_pick_at(v, sched_policy->enqueue(v, false, now), now);
	if (nr_cpus > 1)
		sched_tickle_idle(v);
	return true;
}

/**
 * vcpu_wake() - @v may have become runnable: queue it if so.
 * @v: any vCPU; pause_flags and pause counts are as they shall be
 *
 * Context: any without a run-queue lock.
 */
void vcpu_wake(struct vcpu *v)
{
	unsigned long flags;
	bool done;

	do {
		struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

		done = is_sched_current(v) || v->sched.queued || v->sched.in_transit ||
		       activate(v);
		spin_unlock_irqrestore(&sc->lock, flags);
	} while (!done);
}

/**
 * vcpu_sleep_nosync() - @v may have become unrunnable: take it away if so.
 * @v: any vCPU; pause_flags and pause counts are as they shall be
 *
 * If it is running it stops at its CPU's next softirq run, soon.
 * Context: any without a run-queue lock.
 */
void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	int state = runstate_waiting(v);

	if (state != RUNSTATE_runnable) {
		if (is_sched_current(v)) {
			softirq_raise_cpu(v->processor, SOFTIRQ_SCHEDULE);
		} else {
			if (v->sched.queued) {
				v->sched.queued = false;
				sched_policy->dequeue(v);
			}
			if (v->runstate.state != state)
				runstate_change(v, state, now_ns());
		}
	}
	spin_unlock_irqrestore(&sc->lock, flags);
}

/**
 * vcpu_sleep_sync() - As vcpu_sleep_nosync(), and wait until @v's registers are saved.
 * @v: not the current vCPU
 *
 * Its last CPU may hold them still, until another loads them (arch).
 * Context: interrupts on, no lock held.
 */
void vcpu_sleep_sync(struct vcpu *v)
{
	BUG_ON(v == current);
	vcpu_sleep_nosync(v);
	while (!vcpu_runnable(v) && __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		cpu_relax();
}

/**
 * vcpu_block() - Let the current vCPU sleep until it has an event to take.
 *
 * ABI: sched.h, SCHEDOP_block, after its effect on the event mask.
 * Context: hypercall. Returns at once; the vCPU leaves the CPU at the softirq
 * run before it would return to the guest.
 */
void vcpu_block(void)
{
	struct vcpu *v = current;

	set_bit_atomic(VPF_BLOCKED, &v->pause_flags);
	/*
	 * Set, then look: either we see the event that is pending,
	 * or whoever makes it pending afterwards sees us blocked. Partner:
	 * vcpu_mark_events_pending(), which sets the flag before vcpu_unblock().
	 */
	smp_mb();
	if (local_events_need_delivery(v))
		clear_bit_atomic(VPF_BLOCKED, &v->pause_flags);
	else
		softirq_raise(SOFTIRQ_SCHEDULE);
}

/**
 * vcpu_yield() - The current vCPU gives the rest of its turn to others.
 *
 * ABI: sched.h, SCHEDOP_yield.
 * Context: hypercall.
 */
void vcpu_yield(void)
{
	struct vcpu *v = current;
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	bool others = sc->nr_waiting;

	if (others)
		sched_policy->yield(v, now_ns());
	spin_unlock_irqrestore(&sc->lock, flags);
	if (others)
		softirq_raise(SOFTIRQ_SCHEDULE);
}

/**
 * vcpu_unblock() - An event is pending for @v: it blocks or polls no longer.
 * @v: any vCPU
 *
 * Context: any without a run-queue lock.
 */
void vcpu_unblock(struct vcpu *v)
{
	bool polled = vcpu_poll_end(v);

	if (test_bit(VPF_BLOCKED, &v->pause_flags) &&
	    test_and_clear_bit_atomic(VPF_BLOCKED, &v->pause_flags))
		polled = true;
	if (polled)
		vcpu_wake(v);
}

/**
 * vcpu_kick() - Make @v look at what is pending for it, soon.
 * @v: any vCPU
 *
 * Context: any without a run-queue lock.
 */
void vcpu_kick(struct vcpu *v)
{
	unsigned int cpu;

	vcpu_unblock(v);
	cpu = READ_ONCE(v->processor);
	/* Wherever it was if not running, it looks before it enters its guest. */
	if (READ_ONCE(v->is_running) && cpu != smp_processor_id())
		send_ipi(cpu, VECTOR_EVENT_CHECK);
}

static void slice_timer_fired(void *data __maybe_unused)
{
	softirq_raise(SOFTIRQ_SCHEDULE);
}

/* Run-queue lock held: @v, neither queued nor to be picked, leaves this CPU by send_movers(). */
static void add_mover(struct sched_cpu *sc, struct vcpu *v)
{
	v->sched.in_transit = true;
	v->sched.next_mover = sc->movers;
	sc->movers = v;
}

/*
 * @v must leave this CPU, and its registers are saved. Once it is no longer in
 * transit it may be gone: sched_vcpu_destroy() waits for that.
 */
static void finish_transit(struct vcpu *v)
{
	unsigned long flags;
	bool done;

	do {
		struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

		done = activate(v);
		if (done)
			v->sched.in_transit = false;
		spin_unlock_irqrestore(&sc->lock, flags);
	} while (!done);
}

/* No lock held, nobody's registers in use: what schedule() left to be done. */
static void settle(struct sched_cpu *sc, unsigned int cpu)
{
	struct vcpu *v;
	unsigned int to = sc->push_to;

	while (unlikely((v = sc->movers) != NULL)) {
		sc->movers = v->sched.next_mover;
		finish_transit(v);
	}
	if (unlikely(to != MAX_CPUS)) {
		sc->push_to = MAX_CPUS;
		sched_push(cpu, to);
	}
}

static void context_switch(struct vcpu *prev, struct vcpu_runstate_info *prev_state,
			   struct vcpu *next) __noreturn;

/* Interrupts are off. */
static void context_switch(struct vcpu *prev, struct vcpu_runstate_info *prev_state,
			   struct vcpu *next)
{
	unsigned int cpu = smp_processor_id();

	if (!is_idle_vcpu(prev)) {
		/* Its other vCPUs look there to see that it does not run. */
		runstate_publish_copy(prev, prev_state);
		vcpu_timers_leave(prev);
	}
	current = next;
	arch_context_switch(prev, next);
	/* Its registers are saved, and it may be gone from now on; partner: vcpu_sleep_sync(). */
	__atomic_store_n(&prev->is_running, false, __ATOMIC_RELEASE);
	local_irq_enable();
	/*
	 * Whoever makes an event pending sees next running and interrupts us,
	 * or next sees the event on its way to the guest. Partner: vcpu_kick().
	 */
	smp_mb();
	settle(sched_cpus[cpu], cpu);
	if (!is_idle_vcpu(next)) {
		runstate_publish(next);
		time_update_vcpu(next, false);
		vcpu_timers_enter(next);
	}
	continue_running(next);
}

/* Run-queue lock held. What was running goes back to the queue, unless it sleeps or moves. */
static void put_prev(struct vcpu *prev, unsigned int cpu, u64 now)
{
	sched_policy->stopped(prev, now);
	if (!vcpu_runnable(prev))
		return;
	if (unlikely(prev->sched.misplaced)) {
		add_mover(sched_cpus[cpu], prev);
		return;
	}
	prev->sched.queued = true;
	sched_policy->enqueue(prev, true, now);
}

/*
 * Run-queue lock held. The vCPU to run, and when to choose again. One that was
 * queued here only because its registers were being saved goes where it may run.
 */
static struct vcpu *pick_next(struct sched_cpu *sc, unsigned int cpu, u64 now)
{
	u64 slice_ns = 0;
	struct vcpu *next;

	while ((next = sched_policy->pick(cpu, now, &slice_ns)) != NULL) {
		next->sched.queued = false;
		if (likely(!next->sched.misplaced))
			break;
		add_mover(sc, next);
	}
	if (slice_ns) {
		sc->pick_at_ns = now + slice_ns;
		timer_set(&sc->slice_timer, now + slice_ns);
	} else if (sc->pick_at_ns != SCHED_NEVER) {
		sc->pick_at_ns = SCHED_NEVER;
		timer_stop(&sc->slice_timer);
	}
	return next ? next : percpu_of[cpu]->idle;
}

/* Run-queue lock held. Does somebody who waits here belong on another CPU? */
static void look_for_taker(struct sched_cpu *sc, unsigned int cpu, u64 now)
{
	if (!sc->nr_waiting || now < sc->push_next_ns || !sched_policy->taker)
		return;
	sc->push_next_ns = now + PUSH_INTERVAL_NS;
	sc->push_to = sched_policy->taker(cpu, now);
}

/* SOFTIRQ_SCHEDULE */
static void schedule(void)
{
	struct percpu *pc = this_cpu();
	unsigned int cpu = smp_processor_id();
	struct sched_cpu *sc = sched_cpus[cpu];
	struct vcpu_runstate_info prev_state;
	struct vcpu *prev, *next;
	u64 now;

	spin_lock_irq(&sc->lock);
	now = now_ns();
	prev = pc->sched_current;
	if (!is_idle_vcpu(prev))
		put_prev(prev, cpu, now);
	next = pick_next(sc, cpu, now);
	if (nr_cpus > 1)
		look_for_taker(sc, cpu, now);
	if (prev == next) {
		spin_unlock_irq(&sc->lock);
		settle(sc, cpu);
		return;
	}
	if (is_idle_vcpu(prev) || is_idle_vcpu(next))
		sched_idle_changed(cpu, is_idle_vcpu(next));
	runstate_change(prev, is_idle_vcpu(prev) ? RUNSTATE_runnable : runstate_waiting(prev), now);
	runstate_change(next, RUNSTATE_running, now);
	WRITE_ONCE(next->is_running, true);
	pc->sched_current = next;
	/* Once unlocked, others may wake it or make it sleep. */
	memcpy(&prev_state, &prev->runstate, sizeof(prev_state));
	spin_unlock(&sc->lock);
	context_switch(prev, &prev_state, next);
}

/**
 * sched_vcpu_init() - Place a new vCPU on the CPU with the fewest waiting.
 * @v: zeroed, with domain and id set; for an idle vCPU, the id is its CPU
 *
 * The vCPU is down (an idle one runs).
 * Context: domain creation.
 * Return: 0.
 */
int sched_vcpu_init(struct vcpu *v)
{
	unsigned int cpu;

	sched_init_affinity(v);
	if (is_idle_vcpu(v)) {
		cpu = v->vcpu_id;
	} else {
		cpu = sched_first_cpu(v);
		v->pause_flags = BIT(VPF_DOWN);
		sched_policy->vcpu_init(v);
	}
	v->processor = (u16)cpu;
	v->runstate.state = is_idle_vcpu(v) ? RUNSTATE_running : RUNSTATE_offline;
	v->runstate.state_entry_time = now_ns();
	vcpu_timers_init(v, cpu);
	return 0;
}

/**
 * sched_vcpu_destroy() - Undo sched_vcpu_init().
 * @v: down or paused for good, and off its CPU
 *
 * Context: no lock held.
 */
void sched_vcpu_destroy(struct vcpu *v)
{
	struct sched_cpu *sc;
	unsigned long flags;
	bool in_transit;

	BUG_ON(vcpu_runnable(v) || v->is_running);
	vcpu_sleep_nosync(v);
	do {	/* partner: finish_transit() */
		sc = sched_lock_vcpu(v, &flags);
		in_transit = v->sched.in_transit;
		if (!in_transit && sched_policy->leave)
			sched_policy->leave(v);
		spin_unlock_irqrestore(&sc->lock, flags);
	} while (in_transit);
	vcpu_timers_kill(v);
}

void sched_domain_init(struct domain *d)
{
	d->sched.pool = d->config.cpupool;
	if (sched_policy->domain_init)
		sched_policy->domain_init(d);
}

void sched_domain_destroy(struct domain *d)
{
	if (sched_policy->domain_destroy)
		sched_policy->domain_destroy(d);
}

void sched_init_cpu(unsigned int cpu)
{
	struct sched_cpu *sc = hv_new(struct sched_cpu);
	struct percpu *pc = percpu_of[cpu];

	if (!sc || sched_policy->init_cpu(cpu))
		panic("No memory for the run queue of CPU %u", cpu);
	spin_lock_init(&sc->lock);
	timer_init(&sc->slice_timer, slice_timer_fired, NULL, cpu);
	sc->pick_at_ns = SCHED_NEVER;
	sc->push_to = MAX_CPUS;
	sched_cpus[cpu] = sc;

	pc->idle = vcpu_create(dom_idle, cpu);
	if (!pc->idle)
		panic("No memory for the idle vCPU of CPU %u", cpu);
	pc->idle->is_running = true;
	pc->sched_current = pc->idle;
	if (cpu == smp_processor_id()) {
		current = pc->idle;
		sched_cpu_up(cpu);
	}
}

void sched_init(void)
{
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
	sched_params_init();
	if (!opts.sched[0])
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(policies[i]->name, opts.sched) == 0) {
			sched_policy = policies[i];
			return;
		}
	}
	pr_warn("sched=%s: no such scheduler, using %s; there are: credit2, null\n", opts.sched,
		sched_policy->name);
}

void idle_loop(void)
{
	for (;;) {
		softirq_run();
		if (nr_cpus == 1 || !sched_steal(smp_processor_id()))
			cpu_idle();
	}
}
