// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushing TLBs and caches, here and on other CPUs.
 *
 * Locks: flush_lock guards the one request that other CPUs are asked for.
 * Whoever waits for it, or for the others, answers requests meanwhile, so that
 * interrupts may be off; it must hold no lock under which anybody flushes.
 */
#include <asm/flush.h>
#include <asm/page.h>
#include <asm/system.h>

#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/spinlock.h>

/* Starts above 0, so that a CPU that has never flushed is older than any stamp. */
u64 tlb_clock = 1;

enum flush_kind { FLUSH_TLB, FLUSH_ONE, FLUSH_CACHE };

static spinlock_t flush_lock = SPINLOCK_INIT;
static struct {
	enum flush_kind kind;
	unsigned long va;
	cpumask_t pending;	/* each CPU clears its own bit, atomically */
} request;

/* Noted only once the flush is done; it counts as of when it began. */
static u64 flush_begin(void)
{
	return __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

static void flush_end(u64 began)
{
	this_cpu()->tlb_flush_time = began;
}

/**
 * flush_tlb_local() - Drop every translation from this CPU's TLB.
 */
void flush_tlb_local(void)
{
	u64 began = flush_begin();
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		/* Any change of PGE drops all entries, global ones too (SDM 3, 4.10.4.1). */
		write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	flush_end(began);
}

/**
 * write_cr3_flush() - Change the address space of this CPU.
 * @cr3: new value
 *
 * PV user pages are global, so that the plain "mov cr3" between a guest's
 * kernel and user tables keeps them; another address space must not see them.
 */
void write_cr3_flush(u64 cr3)
{
	u64 began = flush_begin();
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
		write_cr3(cr3);
		write_cr4(cr4);
	} else {
		write_cr3(cr3);
	}
	flush_end(began);
}

/**
 * flush_one_local() - Drop this CPU's translation of one address.
 * @va: any address in its page
 */
void flush_one_local(unsigned long va)
{
	invlpg(va);
}

static void flush_here(enum flush_kind kind, unsigned long va)
{
	switch (kind) {
	case FLUSH_TLB:
		flush_tlb_local();
		break;
	case FLUSH_ONE:
		flush_one_local(va);
		break;
	case FLUSH_CACHE:
		wbinvd();
		break;
	}
}

/**
 * flush_tlb_interrupt() - VECTOR_FLUSH_TLB: another CPU waits for us.
 *
 * Context: interrupts off: twice for one request could answer the next unseen.
 */
void flush_tlb_interrupt(void)
{
	unsigned int cpu = smp_processor_id();

	if (!(__atomic_load_n(&request.pending.bits[cpu / 64], __ATOMIC_SEQ_CST) & BIT(cpu % 64)))
		return;
	flush_here(request.kind, request.va);
	__atomic_and_fetch(&request.pending.bits[cpu / 64], ~BIT(cpu % 64), __ATOMIC_SEQ_CST);
}

/**
 * flush_tlb_serve() - Answer other CPUs' requests while waiting for one of them.
 *
 * Context: any; for loops that may run with interrupts off.
 */
void flush_tlb_serve(void)
{
	unsigned long flags = local_irq_save();

	flush_tlb_interrupt();
	local_irq_restore(flags);
	cpu_relax();
}

static void flush_others(const cpumask_t *others, enum flush_kind kind, unsigned long va)
{
	unsigned int cpu;

	while (!spin_trylock(&flush_lock))
		flush_tlb_serve();
	request.kind = kind;
	request.va = va;
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		__atomic_store_n(&request.pending.bits[i], others->bits[i], __ATOMIC_SEQ_CST);
	cpumask_for_each(cpu, others)
		send_ipi(cpu, VECTOR_FLUSH_TLB);
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		while (__atomic_load_n(&request.pending.bits[i], __ATOMIC_SEQ_CST))
			cpu_relax();
	spin_unlock(&flush_lock);
}

static void flush_mask(const cpumask_t *mask, enum flush_kind kind, unsigned long va)
{
	unsigned int self = smp_processor_id();
	cpumask_t others = *mask;

	if (cpumask_test(mask, self))
		flush_here(kind, va);
	cpumask_reset(&others, self);
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		cpu = cpumask_next(&others, cpu);
		if (cpu < MAX_CPUS && !(percpu_of[cpu] && percpu_of[cpu]->online))
			cpumask_reset(&others, cpu);
	}
	if (!cpumask_empty(&others))
		flush_others(&others, kind, va);
}

/**
 * flush_tlb_mask() - Drop every translation from the TLBs of some CPUs.
 * @mask: CPUs; those offline are left out
 *
 * Context: waits until they have done so.
 */
void flush_tlb_mask(const cpumask_t *mask)
{
	flush_mask(mask, FLUSH_TLB, 0);
}

/** flush_one_mask() - As flush_tlb_mask(), of the one address @va. */
void flush_one_mask(const cpumask_t *mask, unsigned long va)
{
	flush_mask(mask, FLUSH_ONE, va);
}

/** flush_cache_mask() - Write back and drop the caches of some CPUs. */
void flush_cache_mask(const cpumask_t *mask)
{
	flush_mask(mask, FLUSH_CACHE, 0);
}

/**
 * cpumask_online() - The set of CPUs that run.
 * @mask: filled in
 */
void cpumask_online(cpumask_t *mask)
{
	cpumask_clear(mask);
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		if (percpu_of[cpu] && percpu_of[cpu]->online)
			cpumask_set(mask, cpu);
}

/**
 * flush_tlb_older() - Flush each CPU that has not begun to later than a time.
 * @clock: a reading of the flush clock
 *
 * Context: as flush_tlb_mask().
 */
void flush_tlb_older(u64 clock)
{
	cpumask_t mask;
	bool any = false;

	cpumask_clear(&mask);
	for (unsigned int cpu = 0, seen = 0; seen < nr_cpus && cpu < MAX_CPUS; cpu++) {
		struct percpu *p = percpu_of[cpu];

		if (!p)
			continue;
		seen++;
		if (READ_ONCE(p->tlb_flush_time) > clock)
			continue;
		cpumask_set(&mask, cpu);
		any = true;
	}
	if (any)
		flush_tlb_mask(&mask);
}

/**
 * flush_tlb_stamp() - Flush each CPU that may hold what ended at a stamp.
 * @stamp: low half of the flush clock at some time in the past
 *
 * The time is taken for the latest one with that low half, which is never
 * earlier than the true one: a stamp older than 2^32 flushes may cost a flush
 * that was not needed, but never spares one that is.
 */
void flush_tlb_stamp(u32 stamp)
{
	u64 now = tlb_clock_now(), clock = (now & ~0xffffffffUL) | stamp;

	flush_tlb_older(clock > now ? clock - 0x100000000UL : clock);
}

/**
 * flush_cache_page() - Write back and drop every cached line of a page.
 * @page: page-aligned, mapped
 *
 * Lines are 64 bytes on every CPU with 64-bit mode.
 */
void flush_cache_page(const void *page)
{
	for (unsigned int i = 0; i < PAGE_SIZE; i += 64)
		__asm__ __volatile__("clflush %0" :: "m" (((const char *)page)[i]));
	/* The lines have left when the caller goes on: clflush is ordered by this only. */
	smp_mb();
}
