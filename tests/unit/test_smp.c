// SPDX-License-Identifier: GPL-2.0-only
/* arch/x86/smp.c: which NMIs are another CPU's requests, however late they come. */
#include <hv/smp.h>

#include <hv/cpu_hotplug.h>
#include <hv/irq.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>
#include <asm/flush.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 2, stub_cpu;
STUB_CURRENT struct vcpu *current;
u32 tsc_khz = 10;
u64 stub_tsc;

static struct percpu cpus[2];
static const struct cpu_user_regs regs;
static unsigned int sent;		/* NMIs, to CPU 1 */
static unsigned int online_after;	/* the so many-th NMI, CPU 1 sees what is wanted */

/* Tests say themselves when CPU 1 takes one. */
void send_nmi_ipi(unsigned int cpu)
{
	assert_int_equal(cpu, 1);
	if (++sent == online_after)
		percpu_of[1]->nmi_wanted = 0;	/* as smp_park() does */
}

void send_ipi(unsigned int cpu, u8 vector) {}
void irq_set_vector_handler(u8 vector, void (*handler)(void)) {}
void softirq_raise(enum softirq nr) {}
void flush_tlb_interrupt(void) {}
void flush_tlb_local(void) {}
void snapshot_take(struct cpu_snapshot *s, const struct cpu_user_regs *r) {}
void snapshot_print(const struct cpu_snapshot *s) {}
void printk(const char *fmt, ...) {}
void cpumask_online(cpumask_t *mask) {}

void bug(const char *what, const char *file, unsigned int line)
{
	fail_msg("%s:%u: %s", file, line, what);
	abort();
}

static bool cpu1_takes_one(void)
{
	bool ours;

	stub_cpu = 1;
	ours = smp_nmi(&regs);
	stub_cpu = 0;
	return ours;
}

static int start(void **state)
{
	memset(cpus, 0, sizeof(cpus));
	for (unsigned int i = 0; i < 2; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
	}
	sent = online_after = 0;
	return 0;
}

static void test_nobodys(void **state)
{
	assert_false(cpu1_takes_one());
}

static void test_asked(void **state)
{
	smp_ask_alive(1);
	assert_true(cpu1_takes_one());
	assert_false(cpu1_takes_one());
	assert_true(smp_ask_alive(1));
}

/* Brought online by the first of several: the others come when nothing is wanted. */
static void test_late(void **state)
{
	online_after = 1;
	assert_true(smp_unpark(1));
	assert_int_equal(sent, 1);
	assert_true(cpu1_takes_one());
	assert_false(cpu1_takes_one());
}

/* While one is being handled another waits, and no third: those are one. */
static void test_many(void **state)
{
	online_after = 5;
	assert_true(smp_unpark(1));
	assert_int_equal(sent, 5);
	assert_true(cpu1_takes_one());
	assert_true(cpu1_takes_one());
	assert_false(cpu1_takes_one());
}

/* Two requests, done by the first NMI; the second is nobody's only if no more were sent. */
static void test_two_at_once(void **state)
{
	smp_ask_alive(1);
	smp_show(1);
	assert_true(cpu1_takes_one());
	assert_true(cpu1_takes_one());
	assert_false(cpu1_takes_one());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobodys, start),
		cmocka_unit_test_setup(test_asked, start),
		cmocka_unit_test_setup(test_late, start),
		cmocka_unit_test_setup(test_many, start),
		cmocka_unit_test_setup(test_two_at_once, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
