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

static struct percpu cpus[CPUS];
static bool starved[CPUS], asked[CPUS];

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

/* A CPU that runs takes its NMI at once. */
bool smp_ask_alive(unsigned int cpu)
{
	bool answered = !asked[cpu];

	asked[cpu] = starved[cpu];
	return answered;
}

void timer_stop(struct timer *t)
{
	t->expires_ns = 0;
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

/* One CPU alone has its heartbeats. */
static void seconds(unsigned int nr, unsigned int cpu)
{
	for (; nr; nr--, now += NSEC_PER_SEC)
		tick(cpu);
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
	seconds(20, 2);
	watchdog_pause(false);
	assert_int_equal(shown, ~0U);

	/* CPU 0 beats no more, but runs; CPU 2, before it in the ring, tells, and not too soon. */
	seconds(6, 2);
	assert_int_equal(shown, ~0U);
	if (!setjmp(dead)) {
		tick(2);
		fail_msg("no panic");
	}
	assert_int_equal(shown, 0);
}

/* The host lets CPU 1 not run, now and then for minutes: nobody is stuck. */
static void test_starved(void **state)
{
	shown = ~0U;
	warnings = 0;
	tick(2);
	tick(1);
	tick(0);
	for (unsigned int spell = 0; spell < 10; spell++) {
		starved[1] = asked[1] = true;
		seconds(spell * 30, 0);
		/* It runs for an instant, in which it takes the NMI first, then its timers. */
		starved[1] = asked[1] = false;
		if (spell % 2)
			seconds(2, 0);
		tick(2);
		tick(1);
	}
	assert_int_equal(shown, ~0U);
	assert_int_equal(warnings, 9);
	/* It hangs now. */
	if (!setjmp(dead)) {
		seconds(10, 0);
		fail_msg("no panic");
	}
	assert_int_equal(shown, 1);
}

/* Who is not online is not waited for; its neighbour is watched in its place. */
static void test_offline(void **state)
{
	shown = ~0U;
	cpus[1].online = false;
	watchdog_cpu(1, false);
	assert_int_equal(timers[1]->expires_ns, 0);
	for (unsigned int s = 0; s < 20; s++, now += NSEC_PER_SEC) {
		tick(0);
		tick(2);
	}
	assert_int_equal(shown, ~0U);
	if (!setjmp(dead)) {
		seconds(10, 0);
		fail_msg("no panic");
	}
	assert_int_equal(shown, 2);

	/* The last one watches nobody. */
	shown = ~0U;
	cpus[2].online = false;
	seconds(20, 0);
	assert_int_equal(shown, ~0U);
	cpus[1].online = true;
	watchdog_cpu(1, true);
	assert_int_equal(timers[1]->expires_ns, now + NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_without_option),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_starved),
		cmocka_unit_test(test_offline),
	};

	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		percpu_of[cpu] = &cpus[cpu];
		cpus[cpu].online = true;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
