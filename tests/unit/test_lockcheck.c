// SPDX-License-Identifier: GPL-2.0-only
/* core/lockcheck.c: each misuse of a lock is found once and named, proper use is not. */
#include <hv/lockcheck.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>

#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 2, stub_cpu;
struct vcpu *current;
bool stub_irqs_off;

static struct percpu cpus[2];
static char logged[4096];
static void (*print)(void);

void bug(const char *what, const char *file, unsigned int line)
{
	abort();
}

void printk(const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list args;

	/* What %pS adds is the hypervisor's own. */
	va_start(args, fmt);
	vsnprintf(logged + n, sizeof(logged) - n, fmt, args);
	va_end(args);
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	assert_int_equal(nr, SOFTIRQ_LOCKCHECK);
	print = fn;
}

static bool raised;

void softirq_raise(enum softirq nr)
{
	raised = true;
}

/* What was found since the last time. */
static const char *findings(void)
{
	logged[0] = '\0';
	if (raised)
		print();
	raised = false;
	return logged;
}

#define NOTHING()	assert_string_equal(findings(), "")

static void test_order(void **state)
{
	spinlock_t a, b, c;

	spin_lock_init(&a);
	spin_lock_init(&b);
	spin_lock_init(&c);
	for (int i = 0; i < 2; i++) {
		spin_lock(&a);
		spin_lock(&b);
		spin_unlock(&b);
		spin_unlock(&a);
	}
	spin_lock(&b);
	spin_lock(&c);
	spin_unlock(&b);	/* in any order */
	spin_unlock(&c);
	NOTHING();
	/* c inside of b inside of a: a inside of c closes the circle. */
	spin_lock(&c);
	assert_true(spin_trylock(&a));
	spin_unlock(&a);
	NOTHING();
	spin_lock(&a);
	spin_unlock(&a);
	spin_unlock(&c);
	findings();
	assert_non_null(strstr(logged, "taken inside of each other"));
	assert_non_null(strstr(logged, "&a of test_lockcheck.c"));
	assert_non_null(strstr(logged, "&c of test_lockcheck.c"));
	spin_lock(&c);
	spin_lock(&a);
	spin_unlock(&a);
	spin_unlock(&c);
	NOTHING();
}

static void test_two_cpus(void **state)
{
	spinlock_t a, b;

	spin_lock_init(&a);
	spin_lock_init(&b);
	/* What another CPU holds is nothing to this one. */
	spin_lock(&a);
	stub_cpu = 1;
	spin_lock(&b);
	stub_cpu = 0;
	spin_unlock(&a);
	spin_lock(&a);
	stub_cpu = 1;
	spin_unlock(&b);
	stub_cpu = 0;
	spin_unlock(&a);
	NOTHING();
}

static void make_pair(spinlock_t pair[2])
{
	for (int i = 0; i < 2; i++)
		spin_lock_init(&pair[i]);
}

static void test_one_kind(void **state)
{
	spinlock_t pair[2];

	make_pair(pair);
	spin_lock(&pair[0]);
	spin_lock_nested(&pair[1]);
	spin_unlock(&pair[1]);
	NOTHING();
	spin_lock(&pair[1]);
	assert_non_null(strstr(findings(), "two locks of one kind"));
	assert_non_null(strstr(logged, "&pair[i] of "));
	spin_unlock(&pair[1]);
	spin_unlock(&pair[0]);
}

static void test_interrupts(void **state)
{
	static spinlock_t safe = SPINLOCK_INIT, unsafe = SPINLOCK_INIT;
	unsigned long flags;

	spin_lock_irqsave(&safe, flags);
	spin_unlock_irqrestore(&safe, flags);
	stub_irqs_off = true;
	cpus[0].irq_depth = 1;
	spin_lock(&safe);
	spin_unlock(&safe);
	spin_lock(&unsafe);
	spin_unlock(&unsafe);
	cpus[0].irq_depth = 0;
	stub_irqs_off = false;
	NOTHING();
	spin_lock(&unsafe);
	spin_unlock(&unsafe);
	assert_non_null(strstr(findings(), "taken by interrupts, and with interrupts on"));
}

static void test_what_is_done_meanwhile(void **state)
{
	spinlock_t a, b;
	unsigned long flags;

	spin_lock_init(&a);
	spin_lock_init(&b);
	lockcheck_guest_access();
	lockcheck_wait_cpus();
	NOTHING();
	spin_lock(&a);
	/* Whoever wants this one answers meanwhile. */
	lockcheck_wait_cpus();
	NOTHING();
	lockcheck_guest_access();
	assert_non_null(strstr(findings(), "guest memory touched under a lock"));
	spin_unlock(&a);
	spin_lock_irqsave(&b, flags);
	lockcheck_wait_cpus();
	assert_non_null(strstr(findings(), "CPUs waited for"));
	spin_unlock_irqrestore(&b, flags);
	lockcheck_guest_access();
	NOTHING();
}

static int setup(void **state)
{
	for (unsigned int i = 0; i < 2; i++)
		percpu_of[i] = &cpus[i];
	lockcheck_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_one_kind),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_what_is_done_meanwhile),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
