// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler's mechanism: who may run, what state each vCPU is in and since
 * when, and the switch from one to the next. Which one is next is the policy's
 * choice (sched/rr.c).
 *
 * A vCPU is runnable when pause_flags and pause_count are both zero. Whoever
 * changes one of them does so atomically, then calls vcpu_wake() or
 * vcpu_sleep_*(), which look again under the run-queue lock; the order of two
 * such changes therefore does not matter.
 *
 * Locks: one run-queue lock per CPU guards sched_current, the policy's lists,
 * and processor, queued, runstate of every vCPU whose processor is that CPU. It
 * is taken with interrupts off; the timer lock may be taken under it, nothing
 * else. Two run-queue locks are never held together: a vCPU that moves is on
 * neither queue between the two.
 */
#include <hv/sched.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/time.h>

struct sched_cpu {
	spinlock_t lock;	/* the run-queue lock: see above */
	unsigned int nr_vcpus;	/* placed here; atomic, a hint */
	struct timer slice_timer;
};

/* A vCPU has a tick of 100 Hz until it says otherwise; kernels that know better stop it. */
#define PERIODIC_DEFAULT_NS	(10 * NSEC_PER_MSEC)

static struct sched_cpu *sched_cpus[MAX_CPUS];

static const struct sched_policy *const policies[] = { &sched_rr };
const struct sched_policy *sched_policy = &sched_rr;

bool vcpu_runnable(const struct vcpu *v)
{
	return !READ_ONCE(v->pause_flags) && !READ_ONCE(v->pause_count);
}

/* Lock the run queue of @v's CPU; @v may be moving to another. */
static struct sched_cpu *vcpu_lock(const struct vcpu *v, unsigned long *flags)
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

static bool is_sched_current(const struct vcpu *v)
{
	return percpu_of[v->processor]->sched_current == v;
}

/* Run-queue lock held. */
static void runstate_change(struct vcpu *v, int state, u64 now)
{
	struct vcpu_runstate_info *rs = &v->runstate;

	if (now > rs->state_entry_time)
		rs->time[rs->state] += now - rs->state_entry_time;
	rs->state_entry_time = now;
	rs->state = state;
}

/* Its state while it is not running. */
static int runstate_waiting(const struct vcpu *v)
{
	if (READ_ONCE(v->pause_flags) & (BIT(VPF_BLOCKED) | BIT(VPF_POLL)))
		return RUNSTATE_blocked;
	return vcpu_runnable(v) ? RUNSTATE_runnable : RUNSTATE_offline;
}

/**
 * runstate_get() - How long a vCPU has been in each state, up to now.
 * @v:	 any vCPU
 * @out: filled in; the times add up to now minus the vCPU's creation
 *
 * ABI: vcpu.h, VCPUOP_get_runstate_info.
 * Context: any; takes the run-queue lock.
 */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	struct sched_cpu *sc = vcpu_lock(v, &flags);
	u64 now = now_ns();

	/* Padding and all: it goes to guests. */
	memcpy(out, &v->runstate, sizeof(*out));
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
	spin_unlock_irqrestore(&sc->lock, flags);
}

/**
 * vcpu_wake() - @v may have become runnable: queue it if so.
 * @v: any vCPU; pause_flags and pause_count are as they shall be
 *
 * Context: any without a run-queue lock.
 */
void vcpu_wake(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = vcpu_lock(v, &flags);
	unsigned int cpu = v->processor;
	int state = runstate_waiting(v);
	bool pick_again = false;

	if (!is_sched_current(v) && !v->queued) {
		if (v->runstate.state != state)
			runstate_change(v, state, now_ns());
		if (state == RUNSTATE_runnable) {
			v->queued = true;
			pick_again = sched_policy->enqueue(v, true);
		}
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	if (pick_again)
		softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
}

/**
 * vcpu_sleep_nosync() - @v may have become unrunnable: take it away if so.
 * @v: any vCPU; pause_flags and pause_count are as they shall be
 *
 * If it is running it stops at its CPU's next softirq run, soon.
 * Context: any without a run-queue lock.
 */
void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = vcpu_lock(v, &flags);
	unsigned int cpu = v->processor;
	int state = runstate_waiting(v);
	bool running = is_sched_current(v);

	if (!running && state != RUNSTATE_runnable) {
		if (v->queued) {
			v->queued = false;
			sched_policy->dequeue(v);
		}
		if (v->runstate.state != state)
			runstate_change(v, state, now_ns());
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	if (running && state != RUNSTATE_runnable)
		softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
}

/**
 * vcpu_sleep_sync() - As vcpu_sleep_nosync(), and wait until @v's registers are saved.
 * @v: not the current vCPU
 *
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
	struct sched_cpu *sc = vcpu_lock(v, &flags);

	sched_policy->yield(v);
	spin_unlock_irqrestore(&sc->lock, flags);
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

/**
 * vcpu_pause_nosync() - Keep @v from running until vcpu_unpause(); calls nest.
 * @v: any vCPU, also the current one
 *
 * Context: any without a run-queue lock.
 */
void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

/**
 * vcpu_pause() - As vcpu_pause_nosync(), and wait until @v is off its CPU.
 * @v: not the current vCPU
 *
 * Context: interrupts on, no lock held.
 */
void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

/**
 * vcpu_unpause() - Undo one vcpu_pause().
 * @v: paused
 *
 * Context: any without a run-queue lock.
 */
void vcpu_unpause(struct vcpu *v)
{
	u32 count = __atomic_fetch_sub(&v->pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(!count);
	if (count == 1)
		vcpu_wake(v);
}

/**
 * domain_pause() - Pause all vCPUs of @d and wait until none runs; calls nest.
 * @d: not the caller's own domain
 *
 * Context: interrupts on, no lock held.
 */
void domain_pause(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_pause_nosync(v);
	for_each_vcpu(d, v)
		vcpu_sleep_sync(v);
}

/**
 * domain_unpause() - Undo one domain_pause().
 * @d: paused
 *
 * Context: any without a run-queue lock.
 */
void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_unpause(v);
}

/* @v left this CPU for good: let it belong to v->migrate_to. */
static void vcpu_move(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = vcpu_lock(v, &flags);
	unsigned int to = v->migrate_to;
	bool may_move = !v->queued;	/* woken meanwhile: it moves next time */

	if (may_move) {
		__atomic_fetch_sub(&sc->nr_vcpus, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&sched_cpus[to]->nr_vcpus, 1, __ATOMIC_RELAXED);
		WRITE_ONCE(v->processor, to);
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	if (!may_move)
		return;
	timer_migrate(&v->singleshot_timer, to);
	timer_migrate(&v->periodic_timer, to);
	timer_migrate(&v->poll_timer, to);
	vcpu_wake(v);
}

/**
 * vcpu_migrate_current() - Let the current vCPU run on @cpu from now on.
 * @cpu: online
 *
 * It moves when it next leaves its CPU, which is asked for at once.
 * Context: hypercall.
 */
void vcpu_migrate_current(unsigned int cpu)
{
	current->migrate_to = cpu;
	softirq_raise(SOFTIRQ_SCHEDULE);
}

/* The periodic tick of a vCPU; runs only while the vCPU does. */
static void periodic_timer_restart(struct vcpu *v)
{
	u64 period = READ_ONCE(v->periodic_period_ns);
	u64 last = READ_ONCE(v->periodic_last_ns);
	u64 now;

	if (!period)
		return;
	now = now_ns();
	if (now >= last + period) {
		last = now;
		WRITE_ONCE(v->periodic_last_ns, now);
		virq_send_vcpu(v, VIRQ_TIMER);
	}
	timer_set(&v->periodic_timer, last + period);
}

static void periodic_timer_fired(void *data)
{
	struct vcpu *v = data;

	/* It may have left the CPU between the expiry and here. */
	if (v == current)
		periodic_timer_restart(v);
}

/**
 * vcpu_set_periodic_timer() - Set or stop the periodic timer.
 * @v:		an existing vCPU, running or not
 * @period_ns:	0 stops
 *
 * ABI: vcpu.h, VCPUOP_set_periodic_timer and VCPUOP_stop_periodic_timer.
 * Context: hypercall.
 */
void vcpu_set_periodic_timer(struct vcpu *v, u64 period_ns)
{
	u64 now = now_ns();

	/* @v may be switched in or out meanwhile: it uses old or new values, both sound. */
	WRITE_ONCE(v->periodic_period_ns, period_ns);
	WRITE_ONCE(v->periodic_last_ns, now);
	if (period_ns)
		timer_set(&v->periodic_timer, now + period_ns);
	else
		timer_stop(&v->periodic_timer);
}

static void singleshot_timer_fired(void *data)
{
	virq_send_vcpu(data, VIRQ_TIMER);
}

static void poll_timer_fired(void *data)
{
	if (vcpu_poll_end(data))
		vcpu_wake(data);
}

static void slice_timer_fired(void *data __maybe_unused)
{
	softirq_raise(SOFTIRQ_SCHEDULE);
}

static void context_switch(struct vcpu *prev, struct vcpu *next) __noreturn;

/* Interrupts are off. */
static void context_switch(struct vcpu *prev, struct vcpu *next)
{
	if (!is_idle_vcpu(prev)) {
		/* Its other vCPUs look there to see that it does not run. */
		runstate_publish(prev);
		timer_stop(&prev->periodic_timer);
	}
	current = next;
	arch_context_switch(prev, next);
	if (prev->migrate_to != prev->processor)
		pv_sync_loaded(prev);
	/* Its registers are saved; partner: vcpu_sleep_sync(). */
	__atomic_store_n(&prev->is_running, false, __ATOMIC_RELEASE);
	local_irq_enable();
	/*
	 * Whoever makes an event pending sees next running and interrupts us,
	 * or next sees the event on its way to the guest. Partner: vcpu_kick().
	 */
	smp_mb();

	if (prev->migrate_to != prev->processor)
		vcpu_move(prev);
	if (!is_idle_vcpu(next)) {
		runstate_publish(next);
		time_update_vcpu(next, false);
		periodic_timer_restart(next);
	}
	continue_running(next);
}

/* SOFTIRQ_SCHEDULE */
static void schedule(void)
{
	struct percpu *pc = this_cpu();
	unsigned int cpu = smp_processor_id();
	struct sched_cpu *sc = sched_cpus[cpu];
	struct vcpu *prev, *next;
	u64 now, slice_ns = 0;

	spin_lock_irq(&sc->lock);
	now = now_ns();
	prev = pc->sched_current;
	if (!is_idle_vcpu(prev)) {
		sched_policy->stopped(prev, now);
		if (vcpu_runnable(prev) && prev->migrate_to == cpu) {
			prev->queued = true;
			sched_policy->enqueue(prev, false);
		}
	}
	next = sched_policy->pick(cpu, now, &slice_ns);
	next->queued = false;
	if (slice_ns)
		timer_set(&sc->slice_timer, now + slice_ns);
	else
		timer_stop(&sc->slice_timer);
	if (prev == next) {
		spin_unlock_irq(&sc->lock);
		return;
	}
	runstate_change(prev, is_idle_vcpu(prev) ? RUNSTATE_runnable : runstate_waiting(prev), now);
	runstate_change(next, RUNSTATE_running, now);
	WRITE_ONCE(next->is_running, true);
	pc->sched_current = next;
	spin_unlock(&sc->lock);
	context_switch(prev, next);
}

/* Write the area at @va: with the assist, so that another vCPU can tell a half-written copy. */
static bool runstate_write(const struct domain *d, unsigned long va,
			   struct vcpu_runstate_info *info)
{
	unsigned long entry_time_va = va + offsetof(struct vcpu_runstate_info, state_entry_time);

	if (!(READ_ONCE(d->arch.vm_assist) & BIT(VMASST_TYPE_runstate_update_flag)))
		return copy_to_guest(va, info) == 0;

	info->state_entry_time |= XEN_RUNSTATE_UPDATE;
	if (copy_to_guest(entry_time_va, &info->state_entry_time))
		return false;
	smp_wmb();	/* partner: the guest reads the flag, the area, the flag */
	if (copy_to_guest(va, info))
		return false;
	smp_wmb();	/* the same */
	info->state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	return copy_to_guest(entry_time_va, &info->state_entry_time) == 0;
}

void runstate_publish(struct vcpu *v)
{
	struct vcpu_runstate_info info;
	unsigned long va = v->runstate_guest;

	if (!va)
		return;
	v->runstate_stale = !v->arch.kernel_mode;
	if (v->runstate_stale)
		return;
	/* Only schedule() on this CPU changes it while the vCPU is current. */
	memcpy(&info, &v->runstate, sizeof(info));
	runstate_write(v->domain, va, &info);
}

static unsigned int choose_cpu(const struct vcpu *v)
{
	unsigned int cpu = 0;

	if (v->domain->is_hardware_domain && opts.dom0_vcpus_pin)
		return v->vcpu_id % nr_cpus;
	for (unsigned int i = 1; i < nr_cpus; i++)
		if (sched_cpus[i]->nr_vcpus < sched_cpus[cpu]->nr_vcpus)
			cpu = i;
	return cpu;
}

/**
 * sched_vcpu_init() - Place a new vCPU on the CPU with the fewest.
 * @v: zeroed, with domain and id set; for an idle vCPU, the id is its CPU
 *
 * The vCPU is down (an idle one runs).
 * Context: domain creation.
 * Return: 0.
 */
int sched_vcpu_init(struct vcpu *v)
{
	unsigned int cpu = 0;

	if (is_idle_vcpu(v)) {
		cpu = v->vcpu_id;
	} else {
		cpu = choose_cpu(v);
		__atomic_fetch_add(&sched_cpus[cpu]->nr_vcpus, 1, __ATOMIC_RELAXED);
		v->pause_flags = BIT(VPF_DOWN);
		v->periodic_period_ns = PERIODIC_DEFAULT_NS;
	}
	v->processor = cpu;
	v->migrate_to = cpu;
	v->home_cpu = cpu;
	v->runstate.state = is_idle_vcpu(v) ? RUNSTATE_running : RUNSTATE_offline;
	v->runstate.state_entry_time = now_ns();
	timer_init(&v->singleshot_timer, singleshot_timer_fired, v, cpu);
	timer_init(&v->periodic_timer, periodic_timer_fired, v, cpu);
	timer_init(&v->poll_timer, poll_timer_fired, v, cpu);
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
	BUG_ON(vcpu_runnable(v) || v->is_running);
	vcpu_sleep_nosync(v);
	timer_kill(&v->singleshot_timer);
	timer_kill(&v->periodic_timer);
	timer_kill(&v->poll_timer);
	__atomic_fetch_sub(&sched_cpus[v->processor]->nr_vcpus, 1, __ATOMIC_RELAXED);
}

void sched_init_cpu(unsigned int cpu)
{
	struct sched_cpu *sc = hv_new(struct sched_cpu);
	struct percpu *pc = percpu_of[cpu];

	if (!sc || sched_policy->init_cpu(cpu))
		panic("No memory for the run queue of CPU %u", cpu);
	spin_lock_init(&sc->lock);
	timer_init(&sc->slice_timer, slice_timer_fired, NULL, cpu);
	sched_cpus[cpu] = sc;

	pc->idle = vcpu_create(dom_idle, cpu);
	if (!pc->idle)
		panic("No memory for the idle vCPU of CPU %u", cpu);
	pc->idle->is_running = true;
	pc->sched_current = pc->idle;
	if (cpu == smp_processor_id())
		current = pc->idle;
}

void sched_init(void)
{
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
	if (!opts.sched[0])
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(policies[i]->name, opts.sched) == 0) {
			sched_policy = policies[i];
			return;
		}
	}
	pr_warn("sched=%s: no such scheduler, using %s\n", opts.sched, sched_policy->name);
}

void idle_loop(void)
{
	for (;;) {
		softirq_run();
		cpu_idle();
	}
}
