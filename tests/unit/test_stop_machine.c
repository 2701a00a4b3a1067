// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/stop_machine.c with a thread for each CPU, under the thread sanitizer:
 * while the function runs, nobody else does, and two CPUs of which one waits for
 * the other's softirqs are no deadlock.
 */
#include <hv/bug.h>
#include <hv/cpu_hotplug.h>
#include <hv/cpumask.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/softirq.h>

#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#define CPUS	4
#define ROUNDS	400

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
STUB_CPU unsigned int stub_cpu;
STUB_CPU bool stub_irqs_off;
STUB_CURRENT struct vcpu *current;

static struct percpu cpus[CPUS];
static unsigned long shared;		/* without a lock: what runs alone may change it */
static u32 served[CPUS];		/* atomic: what a CPU's SOFTIRQ_SCHEDULE has done */
static u32 stop, finished;		/* atomic */

/* With tsan-distinguish-volatile. */
#define VOLATILE(n) \
	void __tsan_volatile_read##n(void *p); \
	void __tsan_volatile_write##n(void *p); \
	void __tsan_volatile_read##n(void *p) {} \
	void __tsan_volatile_write##n(void *p) {}
VOLATILE(1)
VOLATILE(2)
VOLATILE(4)
VOLATILE(8)

void send_ipi(unsigned int cpu, u8 vector)
{
}

void bug(const char *what, const char *file, unsigned int line)
{
	fail_msg("%s:%u: %s", file, line, what);
	abort();
}

void cpumask_online(cpumask_t *mask)
{
	cpumask_clear(mask);
	for (unsigned int i = 0; i < CPUS; i++)
		if (__atomic_load_n(&cpus[i].online, __ATOMIC_SEQ_CST))
			cpumask_set(mask, i);
}

static void serve(void)
{
	__atomic_fetch_add(&served[stub_cpu], 1, __ATOMIC_SEQ_CST);
}

/* As vcpu_sleep_sync(): the other is to run its softirqs, and we do not run ours meanwhile. */
static void wait_for(unsigned int cpu)
{
	u32 before = __atomic_load_n(&served[cpu], __ATOMIC_SEQ_CST);

	softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
	while (__atomic_load_n(&served[cpu], __ATOMIC_SEQ_CST) == before &&
	       !__atomic_load_n(&finished, __ATOMIC_SEQ_CST))
		cpu_relax();
}

/* What all do all the time, never in the middle of it when one runs alone. */
static pthread_mutex_t one_of_others = PTHREAD_MUTEX_INITIALIZER;

static void *cpu_thread(void *data)
{
	unsigned int seed;

	stub_cpu = (unsigned int)(unsigned long)data;
	seed = stub_cpu;
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		softirq_run();
		if (rand_r(&seed) % 4 == 0)
			wait_for(rand_r(&seed) % 2 ? 0 : (stub_cpu + 1) % CPUS);
		pthread_mutex_lock(&one_of_others);
		shared++;
		pthread_mutex_unlock(&one_of_others);
		sched_yield();
	}
	return NULL;
}

static unsigned int ran_on;

static void alone(void *arg)
{
	unsigned long was = shared;

	assert_true(stub_irqs_off);
	for (unsigned int i = 0; i < 20; i++)
		sched_yield();
	assert_int_equal(shared, was);
	shared++;
	ran_on = stub_cpu;
	++*(unsigned int *)arg;
}

static void test_alone(void **state)
{
	unsigned int calls = 0, tries = 0;
	pthread_t thread[CPUS];

	for (unsigned int i = 0; i < CPUS; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
	}
	softirq_register(SOFTIRQ_SCHEDULE, serve);
	stop_machine_init();
	for (unsigned long i = 1; i < CPUS; i++)
		pthread_create(&thread[i], NULL, cpu_thread, (void *)i);
	while (calls < ROUNDS) {
		unsigned int cpu = tries++ % CPUS, before = calls;

		if (stop_machine(cpu, alone, &calls)) {
			assert_int_equal(calls, before + 1);
			assert_int_equal(ran_on, cpu);
		} else {
			assert_int_equal(calls, before);
		}
		assert_false(stub_irqs_off);
		softirq_run();
	}
	__atomic_store_n(&finished, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 1; i < CPUS; i++)
		pthread_join(thread[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
