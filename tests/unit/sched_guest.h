/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One guest on the simulated CPUs of sched_machine.h: what its vCPUs are told and
 * write, the calls by which they sleep and wake, and what must be so whenever
 * nothing is pending.
 */
#ifndef SCHED_GUEST_H
#define SCHED_GUEST_H

#define MACHINE_GUEST_CALLS
#include "sched_machine.h"

#include <hv/hypercall.h>

#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#define CPUS		4
#define VCPUS		12
#define START_NS	1000

static struct domain guest;
static struct vcpu *vcpus[VCPUS];
static struct vcpu_runstate_info areas[VCPUS];
static bool event[VCPUS];		/* pending and not masked */
static bool port_pending[64];
static unsigned int virqs[VCPUS];
static int pollers;
static int shutdown_reason;

/* ---- what the scheduler calls ---- */

static void machine_entered(struct vcpu *v)
{
}

static void machine_left(struct vcpu *v)
{
}

static bool machine_event(struct vcpu *v)
{
	return event[v->vcpu_id];
}

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	assert_int_equal(virq, VIRQ_TIMER);
	virqs[v->vcpu_id]++;
	event[v->vcpu_id] = true;
	vcpu_kick(v);
}

bool evtchn_port_is_valid(struct domain *d, u32 port)
{
	return port && port < ARRAY_SIZE(port_pending);
}

bool evtchn_port_is_pending(struct domain *d, u32 port)
{
	return port_pending[port];
}

void evtchn_poll_count(struct domain *d, int by)
{
	pollers += by;
	assert_true(pollers >= 0);
}

void domain_shutdown(struct domain *d, u8 reason)
{
	shutdown_reason = reason;
}

int domain_set_shutdown_code(struct domain *d, u8 reason)
{
	d->shutdown_code = reason;
	return 0;
}

struct domain *domain_get(domid_t domid)
{
	return domid == guest.domain_id ? &guest : NULL;
}

void domain_put(struct domain *d)
{
}

size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	if (from_va < PAGE_SIZE)
		return len;
	memcpy(to, (void *)from_va, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	if (to_va < PAGE_SIZE)
		return len;
	memcpy((void *)to_va, from, len);
	return 0;
}

/* ---- the guest ---- */

static void start_policy(unsigned int n_cpus, unsigned int n_vcpus, const char *sched)
{
	memset(event, 0, sizeof(event));
	memset(port_pending, 0, sizeof(port_pending));
	memset(virqs, 0, sizeof(virqs));
	memset(areas, 0, sizeof(areas));
	memset(&guest, 0, sizeof(guest));
	pollers = 0;
	machine_start(n_cpus, sched);
	machine_cpu(0);
	domain_list = &guest;
	guest.max_vcpus = n_vcpus;
	guest.vcpu = vcpus;
	sched_domain_init(&guest);
	for (unsigned int i = 0; i < n_vcpus; i++) {
		vcpus[i] = vcpu_create(&guest, i);
		vcpus[i]->runstate_guest = (unsigned long)&areas[i];
	}
}

static __maybe_unused void start(unsigned int n_cpus, unsigned int n_vcpus)
{
	start_policy(n_cpus, n_vcpus, "credit2");
}

static __maybe_unused void bring_up(unsigned int i)
{
	clear_bit_atomic(VPF_DOWN, &vcpus[i]->pause_flags);
	vcpu_wake(vcpus[i]);
}

static __maybe_unused u64 ran_ns(unsigned int i)
{
	struct vcpu_runstate_info info;

	runstate_get(vcpus[i], &info);
	return info.time[RUNSTATE_running];
}

static __maybe_unused void block(unsigned int i)
{
	machine_cpu(vcpus[i]->processor);
	assert_ptr_equal(current, vcpus[i]);
	vcpu_block();
}

static __maybe_unused void wake_by_event(unsigned int i)
{
	event[i] = true;
	vcpu_kick(vcpus[i]);
}

/* ---- checks ---- */

static void check_vcpu(struct vcpu *v)
{
	bool is_current = machine[v->processor].percpu.sched_current == v;
	struct vcpu_runstate_info info;
	u64 sum = 0;
	int state = vcpu_runnable(v) ? RUNSTATE_runnable :
		    v->pause_flags & (BIT(VPF_BLOCKED) | BIT(VPF_POLL)) ? RUNSTATE_blocked :
		    RUNSTATE_offline;

	assert_int_equal(vcpu_runnable(v), is_current || v->sched.queued);
	assert_false(is_current && v->sched.queued);
	assert_false(v->sched.in_transit);
	assert_int_equal(v->sched.misplaced, !sched_may_run(v, v->processor));
	assert_false(v->sched.misplaced && vcpu_runnable(v));
	assert_int_equal(v->is_running, is_current);
	assert_int_equal(v->runstate.state, is_current ? RUNSTATE_running : state);
	for (unsigned int i = 0; i < nr_cpus; i++)
		assert_true(i == v->processor || machine[i].percpu.sched_current != v);
	/* An idle CPU has nobody waiting. */
	if (v->sched.queued && !v->sched.credit2.parked)
		assert_false(is_idle_vcpu(machine[v->processor].percpu.sched_current));
	runstate_get(v, &info);
	for (unsigned int i = 0; i < 4; i++)
		sum += info.time[i];
	assert_int_equal(sum, machine_now - START_NS);
	if (is_current) {
		assert_int_equal(areas[v->vcpu_id].state, RUNSTATE_running);
		assert_false(areas[v->vcpu_id].state_entry_time & XEN_RUNSTATE_UPDATE);
	}
}

static __maybe_unused void check_all(void)
{
	machine[stub_cpu].running = current;
	for (unsigned int i = 0; i < nr_cpus; i++)
		assert_ptr_equal(machine[i].percpu.sched_current, machine[i].running);
	for (unsigned int i = 0; i < guest.max_vcpus; i++)
		check_vcpu(vcpus[i]);
}

#endif
