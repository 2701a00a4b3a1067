// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do the TSCs of two CPUs agree? Tried once for each CPU that starts, against
 * the one that starts it: both read theirs in turn, under a lock, and nobody
 * may see an earlier time than the other has seen before. If one does, the
 * distance is measured by exchanging readings, and the CPU's system time is
 * put right by it.
 *
 * sync_lock guards last and warp; nothing is taken inside.
 */
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <asm/system.h>

#define COMPARE_US	2000
#define EXCHANGES	64

static spinlock_t sync_lock __initdata = SPINLOCK_INIT;
static u64 last __initdata, warp __initdata;
static bool comparing __initdata;

/* The meetings of the two, counted: each waits until both have come. */
static u32 meetings __initdata;
static u32 asked __initdata, answered __initdata;
static u64 answer __initdata;

static void __init meet(u32 nr)
{
	__atomic_add_fetch(&meetings, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&meetings, __ATOMIC_SEQ_CST) < 2 * nr)
		cpu_relax();
}

static void __init compare_once(void)
{
	u64 now;

	spin_lock(&sync_lock);
	now = rdtsc_ordered();
	if (now < last)
		warp = max(warp, last - now);
	last = now;
	spin_unlock(&sync_lock);
	cpu_relax();
}

static void __init answer_exchanges(void)
{
	for (u32 i = 1; i <= EXCHANGES; i++) {
		while (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) != i)
			cpu_relax();
		answer = rdtsc_ordered();
		__atomic_store_n(&answered, i, __ATOMIC_RELEASE);
	}
}

/* How far this CPU's TSC is ahead of the other's, by the quickest of many exchanges. */
static s64 __init measure_offset(void)
{
	u64 best = ~0UL;
	s64 offset = 0;

	for (u32 i = 1; i <= EXCHANGES; i++) {
		u64 before = rdtsc_ordered(), took;

		__atomic_store_n(&asked, i, __ATOMIC_RELEASE);
		while (__atomic_load_n(&answered, __ATOMIC_ACQUIRE) != i)
			cpu_relax();
		took = rdtsc_ordered() - before;
		if (took >= best)
			continue;
		best = took;
		offset = (s64)(before + took / 2 - answer);
	}
	return offset;
}

/**
 * tsc_sync_prepare() - Before a CPU is started that will call tsc_sync_target().
 */
void __init tsc_sync_prepare(void)
{
	last = warp = 0;
	asked = answered = 0;
	meetings = 0;
	comparing = true;
}

/**
 * tsc_sync_source() - The side of the CPU that starts another.
 *
 * Context: boot, while the other calls tsc_sync_target().
 */
void __init tsc_sync_source(void)
{
	u64 start;

	meet(1);
	start = rdtsc();
	while (rdtsc() - start < (u64)COMPARE_US * tsc_khz / 1000)
		compare_once();
	WRITE_ONCE(comparing, false);
	meet(2);
	if (!warp)
		return;
	pr_debug("time: TSC readings went back by %lu ticks\n", warp);
	time_tsc_unstable("they differ between CPUs");
	answer_exchanges();
	meet(3);
}

/**
 * tsc_sync_target() - The side of the CPU that starts; sets its base of time.
 *
 * Context: boot, interrupts off; percpu.tsc_base is the other CPU's.
 */
void __init tsc_sync_target(void)
{
	meet(1);
	while (READ_ONCE(comparing))
		compare_once();
	meet(2);
	if (!warp)
		return;
	this_cpu()->tsc_base += measure_offset();
	meet(3);
}
