// SPDX-License-Identifier: GPL-2.0-only
/* core/watchdog.c: who is stuck, and who only looks so. */
#include <hv/watchdog.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/smp.h>
#include <hv/time.h>
#include <hv/timer.h>

#include "test.h"

#include <stdlib.h>
#include <setjmp.h>

#define CPUS	3

struct hv_options opts = { .watchdog_timeout_s = 5 };
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS, stub_cpu;
struct vcpu *current;

static u64 now = NSEC_PER_SEC;
static struct timer *timers[CPUS];
static unsigned int shown = ~0U, warnings;
static jmp_buf dead;

u64 now_ns(void)
{
	return now;
}

void *hv_alloc_array(size_t size, size_t n)
{
	return calloc(n, size);
}

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
	timers[cpu] = t;
}

void timer_set(struct timer *t, u64 expires_ns)
{
	t->expires_ns = expires_ns;
}

void smp_show(unsigned int cpu)
{
	shown = cpu;
}

void printk(const char *fmt, ...)
{
}

void printk_level(enum log_level level, const char *fmt, ...)
{
	warnings += level == LOG_WARN;
}

void panic(const char *fmt, ...)
{
	longjmp(dead, 1);
}

static void tick(unsigned int cpu)
{
	stub_cpu = cpu;
	timers[cpu]->fn(timers[cpu]->data);
}

static void test_nothing_without_option(void **state)
{
	watchdog_init();
	assert_null(timers[0]);
	opts.watchdog = true;
	nr_cpus = 1;
	watchdog_init();
	assert_null(timers[0]);
	assert_int_equal(warnings, 1);
	nr_cpus = CPUS;
}

static void test_stuck(void **state)
{
	opts.watchdog = true;
	watchdog_init();
	for (unsigned int s = 0; s < 20; s++, now += NSEC_PER_SEC)
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			tick(cpu);
	assert_int_equal(shown, ~0U);
	assert_int_equal(timers[1]->expires_ns, now);

	/* All that time CPU 0 prints. */
	watchdog_pause(true);
	for (unsigned int s = 0; s < 20; s++, now += NSEC_PER_SEC)
		tick(2);
	watchdog_pause(false);
	assert_int_equal(shown, ~0U);

	/* CPU 0 beats no more; CPU 2, before it in the ring, tells, after 5 s and not before. */
	for (unsigned int s = 0; s < 4; s++, now += NSEC_PER_SEC) {
		tick(1);
		tick(2);
		assert_int_equal(shown, ~0U);
	}
	tick(1);
	assert_int_equal(shown, ~0U);
	if (!setjmp(dead)) {
		tick(2);
		fail_msg("no panic");
	}
	assert_int_equal(shown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_without_option),
		cmocka_unit_test(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
