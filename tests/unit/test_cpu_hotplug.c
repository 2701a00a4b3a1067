// SPDX-License-Identifier: GPL-2.0-only
/* core/cpu_hotplug.c: what is done in which order, and what of it when it fails half-way. */
#include <hv/cpu_hotplug.h>

#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/watchdog.h>
#include <asm/pv.h>

#include "test.h"

#include <string.h>

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 3, stub_cpu;
STUB_CURRENT struct vcpu *current;

static struct percpu cpus[3];
static char done[64];		/* a letter for each step */
static int down_rc, lines_rc[3];	/* of the first, second, third time */
static unsigned int lines_asked;
static bool gathers, wakes;

static void step(char letter)
{
	done[strlen(done)] = letter;
}

void printk_level(enum log_level level, const char *fmt, ...)
{
}

int sched_cpu_down(unsigned int cpu)
{
	step('d');
	return down_rc;
}

void sched_cpu_up(unsigned int cpu)
{
	assert_true(cpus[cpu].online);
	step('u');
}

int irq_cpu_leave(unsigned int cpu)
{
	step('i');
	return lines_rc[lines_asked++];
}

void watchdog_cpu(unsigned int cpu, bool runs)
{
	step(runs ? 'W' : 'w');
}

void pv_give_up_loaded(void)
{
	step('g');
}

void timer_cpu_leave(unsigned int to)
{
	assert_int_equal(to, 0);
	assert_false(cpus[stub_cpu].online);
	step('t');
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_PCPU_STATE);
	step('v');
}

bool stop_machine(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	step('s');
	if (!gathers)
		return false;
	stub_cpu = cpu;
	fn(arg);
	stub_cpu = 0;
	return true;
}

bool smp_unpark(unsigned int cpu)
{
	step('p');
	cpus[cpu].online = wakes;
	return wakes;
}

static int setup(void **state)
{
	for (unsigned int i = 0; i < 3; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
	}
	memset(done, 0, sizeof(done));
	memset(lines_rc, 0, sizeof(lines_rc));
	down_rc = 0;
	lines_asked = 0;
	gathers = wakes = true;
	return 0;
}

static void test_off_and_on(void **state)
{
	assert_int_equal(cpu_offline(1), 0);
	assert_string_equal(done, "disiwgtv");
	assert_false(cpus[1].online);
	assert_int_equal(cpu_offline(1), -EEXIST);
	memset(done, 0, sizeof(done));
	assert_int_equal(cpu_online(1), 0);
	assert_string_equal(done, "puWv");
	assert_int_equal(cpu_online(1), -EEXIST);
}

static void test_refused(void **state)
{
	assert_int_equal(cpu_offline(0), -EINVAL);
	assert_int_equal(cpu_offline(3), -EINVAL);
	assert_int_equal(cpu_offline(~0U), -EINVAL);
	assert_int_equal(cpu_online(3), -EINVAL);
	assert_string_equal(done, "");
	down_rc = -EBUSY;
	assert_int_equal(cpu_offline(1), -EBUSY);
	assert_string_equal(done, "d");
}

/* Nothing is half done but that it is in no pool: the call is issued again. */
static void test_again(void **state)
{
	down_rc = -EAGAIN;
	assert_int_equal(cpu_offline(1), -ERESTART);
	down_rc = 0;
	lines_rc[0] = -EAGAIN;
	assert_int_equal(cpu_offline(1), -ERESTART);
	assert_string_equal(done, "ddi");
	lines_asked = 0;
	lines_rc[0] = 0;
	gathers = false;
	assert_int_equal(cpu_offline(1), -ERESTART);
	assert_string_equal(done, "ddidis");
	assert_true(cpus[1].online);

	/* A line came at the last moment. */
	setup(state);
	lines_rc[1] = -EAGAIN;
	assert_int_equal(cpu_offline(1), -ERESTART);
	assert_string_equal(done, "disi");
	assert_true(cpus[1].online);
}

/* One of its lines cannot go: it is back in a pool. */
static void test_stays(void **state)
{
	lines_rc[0] = -EBUSY;
	assert_int_equal(cpu_offline(1), -EBUSY);
	assert_string_equal(done, "diu");
	setup(state);
	lines_rc[1] = -EBUSY;
	assert_int_equal(cpu_offline(1), -EBUSY);
	assert_string_equal(done, "disiu");
	assert_true(cpus[1].online);
}

static void test_does_not_come_back(void **state)
{
	assert_int_equal(cpu_offline(2), 0);
	memset(done, 0, sizeof(done));
	wakes = false;
	assert_int_equal(cpu_online(2), -EIO);
	assert_string_equal(done, "p");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_off_and_on, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_again, setup),
		cmocka_unit_test_setup(test_stays, setup),
		cmocka_unit_test_setup(test_does_not_come_back, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
