// SPDX-License-Identifier: GPL-2.0-only
/* core/rcu.c: nothing goes before every CPU has passed. */
#include <hv/percpu.h>
#include <hv/rcu.h>
#include <hv/softirq.h>

#include <asm/flush.h>

#include "test.h"

unsigned int stub_cpu;
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 4;
static struct percpu cpus[4];
static void (*softirq)(void);
static unsigned int asked[4];

struct thing {
	unsigned int freed;
	struct rcu_head rcu;
};

void softirq_register(enum softirq nr, void (*fn)(void))
{
	assert_int_equal(nr, SOFTIRQ_RCU);
	softirq = fn;
}

void softirq_raise_cpu(unsigned int cpu, enum softirq nr)
{
	asked[cpu]++;
}

void cpumask_online(cpumask_t *mask)
{
	cpumask_clear(mask);
	for (unsigned int i = 0; i < 4; i++)
		if (cpus[i].online)
			cpumask_set(mask, i);
}

static void pass(unsigned int cpu)
{
	stub_cpu = cpu;
	softirq();
	stub_cpu = 0;
}

static void free_thing(struct rcu_head *head)
{
	container_of(head, struct thing, rcu)->freed++;
}

static int setup(void **state)
{
	for (unsigned int i = 0; i < 4; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = i != 3;
		asked[i] = 0;
	}
	return 0;
}

static void test_waits_for_each(void **state)
{
	struct thing a = {}, b = {};

	rcu_call(&a.rcu, free_thing);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(asked[i], i != 3);
	pass(1);
	pass(1);
	pass(2);
	assert_int_equal(a.freed, 0);
	/* For the second all begins anew. */
	rcu_call(&b.rcu, free_thing);
	pass(0);
	assert_int_equal(a.freed, 1);
	assert_int_equal(b.freed, 0);
	pass(2);
	pass(1);
	assert_int_equal(b.freed, 1);
	pass(0);
	pass(1);
	assert_int_equal(a.freed, 1);
	assert_int_equal(b.freed, 1);
}

/* The memory is free with the call: it may be the next one's at once. */
static struct thing again;
static unsigned int rounds;

static void free_and_begin_again(struct rcu_head *head)
{
	if (++rounds < 3)
		rcu_call(&again.rcu, free_and_begin_again);
}

static void test_call_from_a_call(void **state)
{
	cpus[1].online = cpus[2].online = false;
	rcu_call(&again.rcu, free_and_begin_again);
	for (unsigned int i = 1; i <= 3; i++) {
		pass(0);
		assert_int_equal(rounds, i);
	}
	pass(0);
	assert_int_equal(rounds, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_waits_for_each, setup),
		cmocka_unit_test_setup(test_call_from_a_call, setup),
	};

	rcu_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
