// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/timer.c with a thread for each CPU, under the thread sanitizer. A timer
 * that one moves from CPU to CPU while another sets and stops it is set exactly
 * when it was last told to be, and its handler does not run once it is killed.
 */
#include <hv/softirq.h>
#include <hv/time.h>
#include <hv/timer.h>

#define THREAD_CPUS	3	/* two that timers fire on; the third sets and stops them */
#include "threads.h"

#define ROUNDS	30000
#define KILLS	2000
#define FAR	(~0UL >> 1)

static struct timer timer;
static u64 now = 1000;		/* atomic */
static u32 stop, inside, killed;	/* atomic */

u64 now_ns(void)
{
	return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

/* The loop of cpu_thread() is the hardware: it looks all the time. */
bool arch_timer_program(u64 deadline_ns)
{
	return true;
}

static void fired(void *data)
{
	__atomic_store_n(&inside, 1, __ATOMIC_SEQ_CST);
	sched_yield();
	assert_false(__atomic_load_n(&killed, __ATOMIC_SEQ_CST));
	__atomic_store_n(&inside, 0, __ATOMIC_SEQ_CST);
}

static void *cpu_thread(void *data)
{
	stub_cpu = (unsigned int)(unsigned long)data;
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		timer_interrupt();
		softirq_run();
		sched_yield();
	}
	return NULL;
}

/* Only moves, from one to the other. */
static void *mover_thread(void *data)
{
	stub_cpu = 2;
	for (unsigned int i = 0; !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); i++)
		timer_migrate(&timer, i % 2);
	return NULL;
}

static void run_threads(void (*fn)(void))
{
	pthread_t cpu[2], mover;

	stop = 0;
	threads_start(cpu, 2, 0, cpu_thread);
	threads_start(&mover, 1, 2, mover_thread);
	stub_cpu = 2;
	fn();
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	threads_join(&mover, 1);
	threads_join(cpu, 2);
}

static bool is_set(void)
{
	return READ_ONCE(timer.queued);
}

static void stop_against_move(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		timer_set(&timer, FAR);
		timer_stop(&timer);
		/* Nobody has set it since. */
		for (unsigned int look = 0; look < 20; look++)
			assert_false(is_set());
	}
}

static void kill_against_move(void)
{
	for (unsigned int i = 0; i < KILLS; i++) {
		timer_set(&timer, 1);
		if (i % 2)
			sched_yield();
		timer_kill(&timer);
		assert_false(__atomic_load_n(&inside, __ATOMIC_SEQ_CST));
		__atomic_store_n(&killed, 1, __ATOMIC_SEQ_CST);
		timer_set(&timer, 1);
		assert_false(is_set());
		__atomic_store_n(&killed, 0, __ATOMIC_SEQ_CST);
		WRITE_ONCE(timer.killed, false);
	}
}

static void test_stop(void **state)
{
	run_threads(stop_against_move);
}

static void test_kill(void **state)
{
	run_threads(kill_against_move);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_kill),
	};

	cpus_online();
	timer_subsystem_init();
	timer_init(&timer, fired, NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
