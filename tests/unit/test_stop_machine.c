// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/stop_machine.c with a thread for each CPU, under the thread sanitizer:
 * while the function runs, nobody else does, and two CPUs of which one waits for
 * the other's softirqs are no deadlock.
 */
#include <hv/cpu_hotplug.h>
#include <hv/cpumask.h>
#include <hv/softirq.h>

#define THREAD_CPUS	4
#include "threads.h"

#define CPUS	THREAD_CPUS
#define ROUNDS	400

static unsigned long shared;		/* without a lock: what runs alone may change it */
static u32 served[CPUS];		/* atomic: what a CPU's SOFTIRQ_SCHEDULE has done */
static u32 stop, finished;		/* atomic */

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
	pthread_t thread[CPUS - 1];

	cpus_online();
	softirq_register(SOFTIRQ_SCHEDULE, serve);
	stop_machine_init();
	threads_start(thread, CPUS - 1, 1, cpu_thread);
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
	threads_join(thread, CPUS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
