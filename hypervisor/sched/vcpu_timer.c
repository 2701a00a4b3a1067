// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timers of a vCPU: single-shot, periodic, and the timeout of a poll. They
 * fire on the CPU where the vCPU last ran.
 */
#include "sched.h"

#include <hv/evtchn.h>
#include <hv/time.h>

/* A vCPU has a tick of 100 Hz until it says otherwise; kernels that know better stop it. */
#define PERIODIC_DEFAULT_NS	(10 * NSEC_PER_MSEC)

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

/* Context: the vCPU is being made. */
void vcpu_timers_init(struct vcpu *v, unsigned int cpu)
{
	if (!is_idle_vcpu(v))
		v->periodic_period_ns = PERIODIC_DEFAULT_NS;
	timer_init(&v->singleshot_timer, singleshot_timer_fired, v, cpu);
	timer_init(&v->periodic_timer, periodic_timer_fired, v, cpu);
	timer_init(&v->poll_timer, poll_timer_fired, v, cpu);
}

/* Context: the vCPU does not run any more; no lock held. */
void vcpu_timers_kill(struct vcpu *v)
{
	timer_kill(&v->singleshot_timer);
	timer_kill(&v->periodic_timer);
	timer_kill(&v->poll_timer);
}

/* Context: on @v's CPU, interrupts off, @v still current. */
void vcpu_timers_leave(struct vcpu *v)
{
	if (READ_ONCE(v->periodic_period_ns) || timer_is_set(&v->periodic_timer))
		timer_stop(&v->periodic_timer);
}

/* Context: on @v's CPU, which it now runs on; no lock held. */
void vcpu_timers_enter(struct vcpu *v)
{
	unsigned int cpu = smp_processor_id();

	if (unlikely(READ_ONCE(v->singleshot_timer.cpu) != cpu)) {
		timer_migrate(&v->singleshot_timer, cpu);
		timer_migrate(&v->periodic_timer, cpu);
		timer_migrate(&v->poll_timer, cpu);
	}
	periodic_timer_restart(v);
}
