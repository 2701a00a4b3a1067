// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/timer.c with a thread for each CPU, under the thread sanitizer. A timer
 * that one moves from CPU to CPU while another sets and stops it is set exactly
 * when it was last told to be, and its handler does not run once it is killed.
 */
#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <hv/time.h>
#include <hv/timer.h>

#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CPUS	3	/* two that timers fire on; the third sets and stops them */
#define ROUNDS	30000
#define KILLS	2000
#define FAR	(~0UL >> 1)

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
STUB_CPU unsigned int stub_cpu;
STUB_CPU bool stub_irqs_off;
STUB_CURRENT struct vcpu *current;

static struct percpu cpus[CPUS];
static struct timer timer;
static u64 now = 1000;		/* atomic */
static u32 stop, inside, killed;	/* atomic */

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

u64 now_ns(void)
{
	return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

/* The loop of cpu_thread() is the hardware: it looks all the time. */
bool arch_timer_program(u64 deadline_ns)
{
	return true;
}

void send_ipi(unsigned int cpu, u8 vector)
{
}

void bug(const char *what, const char *file, unsigned int line)
{
	fail_msg("%s:%u: %s", file, line, what);
	abort();
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
	for (unsigned long i = 0; i < 2; i++)
		pthread_create(&cpu[i], NULL, cpu_thread, (void *)i);
	pthread_create(&mover, NULL, mover_thread, NULL);
	stub_cpu = 2;
	fn();
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(mover, NULL);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(cpu[i], NULL);
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

	for (unsigned int i = 0; i < CPUS; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
		spin_lock_init(&cpus[i].timer_lock);
	}
	timer_subsystem_init();
	timer_init(&timer, fired, NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
