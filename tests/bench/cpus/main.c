// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs that each have a CPU: events, flushes and wake-ups between them, and
 * calls at once. CPUs take turns in counting, so that a figure is the sum of
 * what all of them did; whoever waits awake takes next to no turn.
 */
#include "measure.h"

const char *const test_name = "cpus";

#define CALLS		200
#define FLUSHES		20
#define GUEST_RO	(PTE_P | PTE_A | PTE_US)
#define NAP_NS		200000

/* ---- A hypercall that does nothing ---- */

static void null_calls(unsigned int id)
{
	for (unsigned int i = 0; i < CALLS; i++)
		HC(xen_version, XENVER_version, 0, 0, 0, 0);
}

static u64 calls_of_one(void)
{
	u64 start = rdtsc();

	null_calls(0);
	return rdtsc() - start;
}

static u32 waiting, go;

static void null_calls_together(unsigned int id)
{
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	while (!READ_ONCE(go))
		relax();
	null_calls(id);
}

static u64 calls_of_all(void)
{
	u64 start;

	waiting = go = 0;
	begin(null_calls_together);
	while (READ_ONCE(waiting) != nr - 1)
		relax();
	start = rdtsc();
	WRITE_ONCE(go, 1);
	null_calls(0);
	end("calls at once");
	return rdtsc() - start;
}

/* ---- A mapping changes while all others run ---- */

static void watch(unsigned int id)
{
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	while (!READ_ONCE(stop))
		relax();
}

static u64 flush(void *page, u64 mfn, unsigned long flags)
{
	u64 start = rdtsc();

	for (unsigned int i = 0; i < FLUSHES; i++)
		CHECK_EQ(remap(page, mfn << 12 | GUEST_RO | (i & 1 ? PTE_RW : 0), flags), 0);
	return rdtsc() - start;
}

static void shootdowns(void)
{
	void *page = alloc_pages(1);
	u64 mfn = virt_to_mfn(page);

	MEASURE("remap-alone", FLUSHES, flush(page, mfn, UVMF_INVLPG | UVMF_LOCAL));
	waiting = 0;
	begin(watch);
	while (READ_ONCE(waiting) != nr - 1)
		relax();
	MEASURE("tlb-shootdown-page", FLUSHES, flush(page, mfn, UVMF_INVLPG | UVMF_ALL));
	MEASURE("tlb-shootdown-all", FLUSHES, flush(page, mfn, UVMF_TLB_FLUSH | UVMF_ALL));
	end("flushed while they ran");
}

/* ---- From the wish to wake somebody to its first instruction ---- */

static u64 woken_at;

static void sleeper(unsigned int id)
{
	if (id != 1)
		return;
	while (!READ_ONCE(stop)) {
		wait_event(1);
		__atomic_store_n(&woken_at, rdtsc(), __ATOMIC_SEQ_CST);
	}
}

static void pass_time(u64 ns)
{
	u64 until = read_clock(0) + ns;

	while (read_clock(0) < until)
		relax();
}

static u64 wake_by_event(void)
{
	u64 start;

	pass_time(NAP_NS);	/* it sleeps soundly */
	woken_at = 0;
	start = rdtsc();
	send(1);
	while (!__atomic_load_n(&woken_at, __ATOMIC_SEQ_CST))
		relax();
	return woken_at - start;
}

static u64 wake_by_timer(void)
{
	u64 deadline = read_clock(0) + NAP_NS, counter = rdtsc(), now;

	wait_until(0, deadline);
	now = read_clock(0);
	/* ns to ticks by what both clocks did meanwhile */
	return (now - deadline) * (rdtsc() - counter) / (now - deadline + NAP_NS);
}

static void wake_ups(void)
{
	begin(sleeper);
	MEASURE("wake-by-event", 1, wake_by_event());
	stop_sleeper();
	end("woken");
	MEASURE("wake-by-timer", 1, wake_by_timer());
}

void test_main(void)
{
	calibrate();
	start_all(4);
	CHECK_EQ(nr, 4);
	MEASURE("null-hypercall", CALLS, calls_of_one());
	MEASURE("null-hypercall-4", CALLS * nr, calls_of_all());
	begin(echo);
	MEASURE("ping-pong-cpus", PING_PONGS, ping_pong());
	stop_sleeper();
	end("ping-pong");
	shootdowns();
	wake_ups();
}
