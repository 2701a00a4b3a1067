// SPDX-License-Identifier: GPL-2.0-only
/* core/timer.c and core/softirq.c against a list that is searched from end to end. */
#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <hv/time.h>
#include <hv/timer.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define CPUS		2
#define TIMERS		200

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
unsigned int stub_cpu;
struct vcpu *current;

static struct percpu cpus[CPUS];
static u64 now;
static u64 hardware[CPUS];	/* programmed; 0: nothing */
static unsigned int ipis[CPUS];

static struct model {
	struct timer timer;
	u64 expires;		/* 0: not set */
	unsigned int fired;
	u64 rearm_ns;		/* its handler sets it again this much later */
} models[TIMERS];

static u64 last_fired_expiry;

u64 now_ns(void)
{
	return now;
}

bool arch_timer_program(u64 deadline_ns)
{
	if (deadline_ns <= now)
		return false;
	hardware[stub_cpu] = deadline_ns;
	return true;
}

void send_ipi(unsigned int cpu, u8 vector)
{
	assert_int_equal(vector, VECTOR_EVENT_CHECK);
	ipis[cpu]++;
}

void bug(const char *what, const char *file, unsigned int line)
{
	fail_msg("%s:%u: %s", file, line, what);
	abort();
}

static void fired(void *data)
{
	struct model *m = data;

	assert_int_equal(m->timer.cpu, stub_cpu);
	assert_int_not_equal(m->expires, 0);
	assert_true(m->expires <= now);
	assert_true(m->expires >= last_fired_expiry);
	assert_false(timer_is_set(&m->timer));
	last_fired_expiry = m->expires;
	m->expires = 0;
	m->fired++;
	if (m->rearm_ns) {
		m->expires = now + m->rearm_ns;
		timer_set(&m->timer, m->expires);
	}
}

static int setup(void **state)
{
	static bool registered;

	memset(cpus, 0, sizeof(cpus));
	memset(models, 0, sizeof(models));
	memset(hardware, 0, sizeof(hardware));
	memset(ipis, 0, sizeof(ipis));
	for (unsigned int i = 0; i < CPUS; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
	}
	if (!registered)
		timer_subsystem_init();
	registered = true;
	stub_cpu = 0;
	now = 1000;
	for (unsigned int i = 0; i < TIMERS; i++)
		timer_init(&models[i].timer, fired, &models[i], i % CPUS);
	return 0;
}

static void set(struct model *m, u64 expires)
{
	m->expires = expires;
	timer_set(&m->timer, expires);
	assert_true(timer_is_set(&m->timer));
}

static void stop(struct model *m)
{
	m->expires = 0;
	timer_stop(&m->timer);
	assert_false(timer_is_set(&m->timer));
}

/* Every CPU takes its timer interrupt if it is due, its IPIs, and its softirqs. */
static void run_cpus(void)
{
	for (stub_cpu = 0; stub_cpu < CPUS; stub_cpu++) {
		if (hardware[stub_cpu] && hardware[stub_cpu] <= now) {
			hardware[stub_cpu] = 0;
			timer_interrupt();
		}
		last_fired_expiry = 0;
		softirq_run();
	}
	stub_cpu = 0;
}

/* All that was due has fired, and the hardware will wake each CPU in time for the rest. */
static void check(void)
{
	u64 earliest[CPUS] = { 0 };

	for (unsigned int i = 0; i < TIMERS; i++) {
		struct model *m = &models[i];
		unsigned int cpu = m->timer.cpu;

		assert_int_equal(timer_is_set(&m->timer), m->expires != 0);
		assert_false(m->expires && m->expires <= now);
		if (m->expires && (!earliest[cpu] || m->expires < earliest[cpu]))
			earliest[cpu] = m->expires;
	}
	for (unsigned int i = 0; i < CPUS; i++) {
		if (!earliest[i])
			continue;
		assert_int_not_equal(hardware[i], 0);
		assert_true(hardware[i] <= earliest[i]);
		assert_int_equal(cpus[i].timers->expires_ns, earliest[i]);
	}
}

static void test_random(void **state)
{
	srand(4711);
	for (unsigned int round = 0; round < 20000; round++) {
		struct model *m = &models[rand() % TIMERS];

		stub_cpu = rand() % CPUS;
		switch (rand() % 8) {
		case 0 ... 3:
			set(m, now + 1 + rand() % 5000);
			break;
		case 4:
			stop(m);
			break;
		case 5:
			timer_migrate(&m->timer, rand() % CPUS);
			break;
		case 6:
			m->rearm_ns = rand() % 2 ? rand() % 3000 + 1 : 0;
			break;
		default:
			now += rand() % 1000;
		}
		run_cpus();
		check();
	}
}

static void test_order(void **state)
{
	for (unsigned int i = 0; i < TIMERS; i++)
		timer_migrate(&models[i].timer, 0);
	for (unsigned int i = 0; i < TIMERS; i++)
		set(&models[i], now + 1 + (i * 7919) % 1000);
	now += 2000;
	run_cpus();	/* fired() checks the order */
	for (unsigned int i = 0; i < TIMERS; i++)
		assert_int_equal(models[i].fired, 1);
}

static void test_past_fires_at_once(void **state)
{
	set(&models[0], 1);
	assert_true(softirq_is_pending());
	run_cpus();
	assert_int_equal(models[0].fired, 1);
	set(&models[0], 0);
	models[0].expires = 1;
	run_cpus();
	assert_int_equal(models[0].fired, 2);
}

static void test_other_cpu_is_told(void **state)
{
	set(&models[1], now + 10);
	assert_int_equal(ipis[1], 1);
	set(&models[3], now + 20);	/* not the earliest there: no need */
	assert_int_equal(ipis[1], 1);
}

static void test_killed_stays_dead(void **state)
{
	set(&models[0], now + 10);
	timer_kill(&models[0].timer);
	timer_set(&models[0].timer, now + 10);
	assert_false(timer_is_set(&models[0].timer));
	now += 100;
	run_cpus();
	assert_int_equal(models[0].fired, 0);
}

static void kill_self(void *data)
{
	timer_kill(data);
}

static void test_kill_in_handler(void **state)
{
	struct timer t;

	timer_init(&t, kill_self, &t, 0);
	timer_set(&t, now + 1);
	now += 2;
	run_cpus();
	assert_true(t.killed);
}

/* A timer that is only moved back leaves the hardware alone: one early interrupt, no miss. */
static void test_lazy_hardware(void **state)
{
	set(&models[0], now + 100);
	assert_int_equal(hardware[0], now + 100);
	set(&models[0], now + 500);
	assert_int_equal(hardware[0], now + 100);
	now += 100;
	run_cpus();
	assert_int_equal(models[0].fired, 0);
	assert_int_equal(hardware[0], now + 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_random, setup),
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_past_fires_at_once, setup),
		cmocka_unit_test_setup(test_other_cpu_is_told, setup),
		cmocka_unit_test_setup(test_killed_stays_dead, setup),
		cmocka_unit_test_setup(test_kill_in_handler, setup),
		cmocka_unit_test_setup(test_lazy_hardware, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
