// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch/x86/flush.c with threads for CPUs. Each has a TLB of one entry for every
 * slot of a shared table, takes interrupts wherever it has them on, and
 * sometimes leaves the guests' tables and comes back. Whoever changed a slot
 * and flushed may find the old value in nobody's TLB.
 */
#include <asm/flush.h>
#include <asm/pv.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/spinlock.h>

#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CPUS	4
#define ROUNDS	3000

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
__thread unsigned int stub_cpu;
__thread struct vcpu *current;

static struct percpu cpus[CPUS];
static u32 interrupt[CPUS];
static u64 table[CPUS];			/* slot of each CPU, changed by it alone */
static u64 tlb[CPUS][CPUS];		/* [whose][slot]; 0: not cached */
static u32 holds[CPUS];			/* a vCPU's state, while idle */
static u32 ipis, stale, finished;
static bool interrupt_within;		/* a flush of CPU 0: by another's request */
static __thread u64 cr4 = X86_CR4_PGE;
__thread bool stub_irqs_off;

void bug(const char *what, const char *file, unsigned int line)
{
	abort();
}

void send_ipi(unsigned int cpu, u8 vector)
{
	assert_int_equal(vector, VECTOR_FLUSH_TLB);
	__atomic_add_fetch(&ipis, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&interrupt[cpu], 1, __ATOMIC_SEQ_CST);
}

static void drop_all(void)
{
	for (unsigned int slot = 0; slot < CPUS; slot++)
		__atomic_store_n(&tlb[stub_cpu][slot], 0, __ATOMIC_SEQ_CST);
}

static void take_interrupt(void)
{
	if (!stub_irqs_off && __atomic_exchange_n(&interrupt[stub_cpu], 0, __ATOMIC_SEQ_CST)) {
		stub_irqs_off = true;
		flush_tlb_interrupt();
		stub_irqs_off = false;
	}
}

unsigned long stub_read_cr4(void)
{
	if (interrupt_within) {
		interrupt_within = false;
		cpus[0].flush_wanted = 1;	/* FLUSH_WANT_TLB */
		interrupt[0] = 1;
	}
	take_interrupt();
	return cr4;
}

void stub_write_cr4(unsigned long v)
{
	take_interrupt();
	if ((cr4 ^ v) & X86_CR4_PGE)
		drop_all();
	cr4 = v;
}

unsigned long stub_read_cr3(void)
{
	return 0;
}

void stub_write_cr3(unsigned long v)
{
}

void stub_invlpg(unsigned long va)
{
	__atomic_store_n(&tlb[stub_cpu][va], 0, __ATOMIC_SEQ_CST);
}

void pv_give_up_loaded(void)
{
	__atomic_store_n(&holds[stub_cpu], 0, __ATOMIC_SEQ_CST);
}

/* Translate by a slot, as the CPU would: from the TLB, or from the table into it. */
static void walk(unsigned int slot)
{
	u64 *entry = &tlb[stub_cpu][slot];

	if (!__atomic_load_n(entry, __ATOMIC_SEQ_CST))
		__atomic_store_n(entry, __atomic_load_n(&table[slot], __ATOMIC_SEQ_CST),
				 __ATOMIC_SEQ_CST);
}

static void check_nobody_has(u64 older_than)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		u64 seen = __atomic_load_n(&tlb[cpu][stub_cpu], __ATOMIC_SEQ_CST);

		if (seen && seen < older_than)
			__atomic_add_fetch(&stale, 1, __ATOMIC_RELAXED);
	}
}

static void flush_somehow(unsigned int how)
{
	cpumask_t all;

	switch (how % 5) {
	case 0:
		cpumask_online(&all);
		flush_tlb_mask(&all);
		break;
	case 1:
		cpumask_online(&all);
		flush_one_mask(&all, stub_cpu);
		break;
	case 2:
		flush_tlb_older(tlb_clock_now());
		break;
	/* CPUs that there are not are not waited for. */
	case 3:
		memset(&all, 0xff, sizeof(all));
		flush_tlb_mask(&all);
		break;
	case 4:
		memset(&all, 0xff, sizeof(all));
		flush_one_mask(&all, stub_cpu);
		break;
	}
}

static void change_own_slot(u64 round)
{
	__atomic_store_n(&table[stub_cpu], round, __ATOMIC_SEQ_CST);
	flush_somehow(round + stub_cpu);
	check_nobody_has(round);
}

/* Two CPUs may want each other's at the same time: the wait answers requests. */
static void take_state_of(unsigned int cpu)
{
	__atomic_store_n(&holds[stub_cpu], 1, __ATOMIC_SEQ_CST);
	flush_ask_state(cpu);
	while (__atomic_load_n(&holds[cpu], __ATOMIC_SEQ_CST) &&
	       __atomic_load_n(&holds[stub_cpu], __ATOMIC_SEQ_CST))
		flush_tlb_serve();
	__atomic_store_n(&holds[stub_cpu], 0, __ATOMIC_SEQ_CST);
}

static void *run_cpu(void *arg)
{
	stub_cpu = (unsigned int)(unsigned long)arg;
	write_cr3_flush(1);
	for (u64 round = 2; round < ROUNDS; round++) {
		for (unsigned int slot = 0; slot < CPUS; slot++)
			walk(slot);
		take_interrupt();
		if (round % 3 == 0)
			change_own_slot(round);
		if (round % 64 == stub_cpu)
			take_state_of((stub_cpu + 1) % CPUS);
		if (round % 16 == 0) {
			write_cr3_idle(0);
			sched_yield();
			take_interrupt();
			write_cr3_flush(1);
		}
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < CPUS) {
		take_interrupt();
		sched_yield();
	}
	return NULL;
}

static void test_nothing_stale(void **state)
{
	pthread_t threads[CPUS];

	for (unsigned long cpu = 0; cpu < CPUS; cpu++) {
		percpu_of[cpu] = &cpus[cpu];
		cpus[cpu].online = true;
		cpus[cpu].tlb_idle = true;
		table[cpu] = 1;
	}
	for (unsigned long cpu = 0; cpu < CPUS; cpu++)
		assert_int_equal(pthread_create(&threads[cpu], NULL, run_cpu, (void *)cpu), 0);
	for (unsigned long cpu = 0; cpu < CPUS; cpu++)
		pthread_join(threads[cpu], NULL);
	assert_int_equal(stale, 0);
	assert_true(ipis > 0);
}

/* Who has flushed since, or has no guest's tables, is left alone. */
static void test_least_work(void **state)
{
	u64 clock;

	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		cpus[cpu].tlb_idle = cpu != 0;
	clock = tlb_clock_now();
	flush_tlb_local();
	ipis = 0;
	flush_tlb_older(clock);
	assert_int_equal(ipis, 0);
	assert_int_equal(cpus[0].tlb_flush_time, clock + 1);
	flush_tlb_stamp((u32)clock, 0);
	assert_int_equal(cpus[0].tlb_flush_time, clock + 1);
	flush_tlb_stamp((u32)clock + 1, 0);
	assert_int_equal(cpus[0].tlb_flush_time, clock + 2);
	assert_int_equal(ipis, 0);
}

static bool flushed_for(domid_t owner)
{
	u64 before = cpus[0].tlb_flush_time;

	flush_tlb_stamp((u32)tlb_clock_now(), owner);
	return cpus[0].tlb_flush_time != before;
}

/* A CPU is flushed for frames that the domain on it may map: its own, or if it maps others'. */
static void test_whose_frames(void **state)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		cpus[cpu].tlb_idle = true;
	write_cr3_domain(1, 5);
	assert_true(flushed_for(5));
	assert_false(flushed_for(6));
	flush_note_foreign(4);
	assert_false(flushed_for(6));
	flush_note_foreign(5);
	assert_true(flushed_for(6));
	write_cr3_domain(1, 6);
	assert_false(flushed_for(5));
	write_cr3_domain(1, 5);
	flush_forget_foreign(5);
	assert_false(flushed_for(6));
	flush_note_foreign(DOMID_XEN);
	/* Its tables are being changed: who knows. */
	cpus[0].tlb_domid = DOMID_INVALID;
	assert_true(flushed_for(6));
	write_cr3_idle(1);
	assert_false(flushed_for(5));
}

static void flush_by_cr3(void)
{
	write_cr3_flush(1);
}

/* Another flush is asked for and done within one: its time is what remains noted. */
static void test_interrupted(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		void (*flush[])(void) = { flush_tlb_local, flush_by_cr3 };

		interrupt_within = true;
		flush[i]();
		assert_false(interrupt_within);
		/* With interrupts off it waits until the end; then it is the later one. */
		take_interrupt();
		assert_int_equal(cpus[0].tlb_flush_time, tlb_clock_now());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_stale),
		cmocka_unit_test(test_least_work),
		cmocka_unit_test(test_whose_frames),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
