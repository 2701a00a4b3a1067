// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler with a thread for each CPU, under the thread sanitizer: wakes,
 * blocks, pauses, moves and switches that really happen at the same time. What
 * is shared without a lock is marked by READ_ONCE and WRITE_ONCE; those accesses
 * the sanitizer leaves alone.
 */
#include <time.h>

static unsigned long host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000000000UL + (unsigned long)ts.tv_nsec;
}

#define MACHINE_NOW	host_ns()

#include "sched_machine.h"
#include "threads.h"

#define CPUS	4
#define VCPUS	7
#define ROUNDS	4000
#define TURNS	1000

static struct domain guest;
static struct vcpu *vcpus[VCPUS];
static u32 events[VCPUS];		/* atomic */
static u32 entered[VCPUS];		/* on how many CPUs it is, atomic */
static u32 stop_cpus;
static u64 turns;

static void machine_entered(struct vcpu *v)
{
	if (__atomic_fetch_add(&entered[v->vcpu_id], 1, __ATOMIC_SEQ_CST))
		bug("a vCPU runs on two CPUs", __FILE__, __LINE__);
	/* Registers: written by each CPU in turn, without a lock. */
	v->regs.rbx++;
	__atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
}

static void machine_left(struct vcpu *v)
{
	v->regs.rbx++;
	__atomic_fetch_sub(&entered[v->vcpu_id], 1, __ATOMIC_SEQ_CST);
}

static bool machine_event(struct vcpu *v)
{
	return __atomic_load_n(&events[v->vcpu_id], __ATOMIC_SEQ_CST);
}

static void guest_code(struct vcpu *v, unsigned int *seed)
{
	v->regs.rbx++;
	switch (rand_r(seed) % 4) {
	case 0:
		vcpu_yield();
		break;
	case 1:
		__atomic_store_n(&events[v->vcpu_id], 0, __ATOMIC_SEQ_CST);
		vcpu_block();
	}
}

static void *cpu_thread(void *data)
{
	unsigned int cpu = (unsigned int)(unsigned long)data, seed = cpu;

	stub_cpu = cpu;
	current = machine[cpu].percpu.idle;
	while (!__atomic_load_n(&stop_cpus, __ATOMIC_SEQ_CST)) {
		if (machine[cpu].timer_ns && machine[cpu].timer_ns <= now_ns()) {
			machine[cpu].timer_ns = 0;
			timer_interrupt();
		}
		machine_run_softirqs();
		if (is_idle_vcpu(current))
			sched_yield();
		else
			guest_code(current, &seed);
	}
	machine[cpu].running = current;
	return NULL;
}

static void send_event(struct vcpu *v)
{
	__atomic_store_n(&events[v->vcpu_id], 1, __ATOMIC_SEQ_CST);
	vcpu_kick(v);
}

static void device_step(struct vcpu *v, unsigned int *seed, unsigned int *paused)
{
	cpumask_t mask = { { 1 + rand_r(seed) % ((1U << CPUS) - 1) } };

	switch (rand_r(seed) % 10) {
	case 0:
		if (*paused)
			vcpu_unpause(v);
		else
			vcpu_pause_nosync(v);
		*paused = !*paused;
		break;
	case 1:
		vcpu_pause(v);
		if (entered[v->vcpu_id])
			bug("a paused vCPU runs", __FILE__, __LINE__);
		v->regs.rbx++;		/* as a debugger would */
		vcpu_unpause(v);
		break;
	case 2:
		if (vcpu_set_hard_affinity(v, &mask))
			bug("affinity", __FILE__, __LINE__);
		break;
	default:
		send_event(v);
	}
}

/* Somebody who is no CPU of theirs; each vCPU has one of them. */
static void *device_thread(void *data)
{
	unsigned int nr = (unsigned int)(unsigned long)data, seed = 100 + nr;
	unsigned int paused[VCPUS] = { 0 };

	stub_cpu = CPUS + nr;
	current = machine[0].percpu.idle;
	/* On until both were at work: how many turns fit into the rounds is the host's affair. */
	for (unsigned int i = 0; i < ROUNDS || __atomic_load_n(&turns, __ATOMIC_RELAXED) < TURNS;
	     i++) {
		unsigned int others = (VCPUS - nr + 1) / 2;
		unsigned int which = nr + 2 * ((unsigned int)rand_r(&seed) % others);

		device_step(vcpus[which], &seed, &paused[which]);
		sched_yield();
	}
	for (unsigned int i = 0; i < VCPUS; i++)
		if (paused[i])
			vcpu_unpause(vcpus[i]);
	return NULL;
}

static void check(void)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		struct vcpu *v = vcpus[i];
		bool runs = is_sched_current(v);

		assert_int_equal(v->pause_count, 0);
		assert_false(v->sched.in_transit);
		assert_int_equal(vcpu_runnable(v), runs || v->sched.queued);
		assert_false(runs && v->sched.queued);
		assert_int_equal(runs, v->is_running);
		assert_int_equal(entered[i], runs);
		assert_false(events[i] && test_bit(VPF_BLOCKED, &v->pause_flags));
	}
}

static void test_threads(void **state)
{
	pthread_t cpu[CPUS], device[2];

	machine_start(CPUS, "credit2");
	sched_ratelimit_us = 0;
	guest.max_vcpus = VCPUS;
	guest.vcpu = vcpus;
	sched_domain_init(&guest);
	for (unsigned int i = 0; i < VCPUS; i++) {
		vcpus[i] = vcpu_create(&guest, i);
		vcpus[i]->pause_flags = BIT(VPF_BLOCKED);
	}
	threads_start(cpu, CPUS, 0, cpu_thread);
	threads_start(device, 2, 0, device_thread);
	threads_join(device, 2);
	__atomic_store_n(&stop_cpus, 1, __ATOMIC_SEQ_CST);
	threads_join(cpu, CPUS);
	current = machine[0].running;
	stub_cpu = 0;
	machine_settle();
	machine[stub_cpu].running = current;
	check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	machine_free();
	return rc;
}
