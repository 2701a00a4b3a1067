// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushing TLBs and caches, here and on other CPUs.
 *
 * A full flush has no request of its own: who wants one reads the flush clock,
 * sets a bit of the other CPU and waits until that has begun a flush later than
 * the reading. So one flush, and one interrupt, serves all who want it at the
 * time. One address, or the caches, are asked for by the one request below.
 *
 * Locks: flush_lock guards that request. Whoever waits for it, or for the
 * others, answers requests meanwhile, so that interrupts may be off; it must
 * hold no lock that another CPU waits for with interrupts off.
 */
#include <asm/flush.h>
#include <asm/page.h>
#include <asm/pv.h>
#include <asm/system.h>

#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/spinlock.h>

/* Bits of percpu.flush_wanted. */
#define FLUSH_WANT_TLB		BIT(0)
#define FLUSH_WANT_STATE	BIT(1)

/* Starts above 0, so that a CPU that has never flushed is older than any stamp. */
u64 tlb_clock = 1;

/*
 * A bit for each domain whose tables may map frames of others, or once could: by
 * grants, or because it manages them. Its TLBs matter to all frames.
 */
static u64 foreign[DOMID_FIRST_RESERVED / 64 + 1];

enum flush_kind { FLUSH_ONE, FLUSH_CACHE };

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
	/* Partner: wait_flushed() and flush_tlb_older() of other CPUs. */
	__atomic_store_n(&this_cpu()->tlb_flush_time, began, __ATOMIC_RELEASE);
}

/* Any change of PGE drops all entries, global ones too (SDM 3, 4.10.4.1). */
static void load_cr3_and_flush(u64 cr3)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
		write_cr3(cr3);
		write_cr4(cr4);
	} else {
		write_cr3(cr3);
	}
}

/**
 * flush_tlb_local() - Drop every translation from this CPU's TLB.
 *
 * Interrupts are off inside: a flush that another CPU asks for meanwhile is
 * the later one, and its time must not be overwritten by this one's.
 */
void flush_tlb_local(void)
{
	unsigned long flags = local_irq_save();
	u64 began = flush_begin();

	load_cr3_and_flush(read_cr3());
	flush_end(began);
	local_irq_restore(flags);
}

/**
 * write_cr3_flush() - Change the address space of this CPU.
 * @cr3: new value, a guest's
 *
 * PV user pages are global, so that the plain "mov cr3" between a guest's
 * kernel and user tables keeps them; another address space must not see them.
 */
void write_cr3_flush(u64 cr3)
{
	unsigned long flags = local_irq_save();
	u64 began;

	__atomic_store_n(&this_cpu()->tlb_idle, false, __ATOMIC_RELAXED);
	/* A full barrier: who did not see the above changed the tables before we read them. */
	began = flush_begin();
	load_cr3_and_flush(cr3);
	flush_end(began);
	local_irq_restore(flags);
}

/**
 * write_cr3_domain() - Change the address space of this CPU to another domain's.
 * @cr3:   new value
 * @domid: of the domain
 *
 * Nobody relies on what is loaded while it changes: who sees the former domain
 * changed entries before we read them, as with tlb_idle.
 */
void write_cr3_domain(u64 cr3, domid_t domid)
{
	struct percpu *p = this_cpu();

	__atomic_store_n(&p->tlb_domid, DOMID_INVALID, __ATOMIC_RELAXED);
	write_cr3_flush(cr3);
	__atomic_store_n(&p->tlb_domid, domid, __ATOMIC_RELEASE);
}

/**
 * write_cr3_idle() - Leave the guests' address spaces.
 * @cr3: of the hypervisor's own tables
 *
 * From here on nobody needs to ask this CPU to flush what guests map.
 */
void write_cr3_idle(u64 cr3)
{
	write_cr3_flush(cr3);
	__atomic_store_n(&this_cpu()->tlb_idle, true, __ATOMIC_RELEASE);
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
	struct percpu *p = this_cpu();
	u32 wanted = 0;

	/* Taken before it is done: who asks later asks again. */
	if (__atomic_load_n(&p->flush_wanted, __ATOMIC_RELAXED))
		wanted = __atomic_exchange_n(&p->flush_wanted, 0, __ATOMIC_SEQ_CST);
	if (wanted & FLUSH_WANT_STATE)
		pv_give_up_loaded();
	if (wanted & FLUSH_WANT_TLB)
		flush_tlb_local();
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

/* The interrupt is on its way already if anything was wanted before. */
static void want(unsigned int cpu, u32 what)
{
	if (!__atomic_fetch_or(&percpu_of[cpu]->flush_wanted, what, __ATOMIC_SEQ_CST))
		send_ipi(cpu, VECTOR_FLUSH_TLB);
}

/**
 * flush_ask_state() - Let a CPU write back the vCPU that it holds while it idles.
 * @cpu: online, another one
 *
 * Context: any; does not wait. The CPU does nothing if it runs that vCPU.
 */
void flush_ask_state(unsigned int cpu)
{
	want(cpu, FLUSH_WANT_STATE);
}

static void wait_flushed(unsigned int cpu, u64 clock)
{
	lockcheck_wait_cpus();
	while (__atomic_load_n(&percpu_of[cpu]->tlb_flush_time, __ATOMIC_ACQUIRE) <= clock)
		flush_tlb_serve();
}

static void flush_others(const cpumask_t *others, enum flush_kind kind, unsigned long va)
{
	unsigned int cpu;

	lockcheck_wait_cpus();
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
			flush_tlb_serve();
	spin_unlock(&flush_lock);
}

/* Those of @mask that run, without this one. */
static cpumask_t others_online(const cpumask_t *mask)
{
	unsigned int cpu, self = smp_processor_id();
	cpumask_t others = {};

	cpumask_for_each(cpu, mask)
		if (cpu != self && READ_ONCE(percpu_of[cpu]->online))
			cpumask_set(&others, cpu);
	return others;
}

static void flush_mask(const cpumask_t *mask, enum flush_kind kind, unsigned long va)
{
	cpumask_t others = others_online(mask);

	if (cpumask_test(mask, smp_processor_id()))
		flush_here(kind, va);
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
	unsigned int cpu, self = smp_processor_id();
	u64 clock = tlb_clock_now();
	cpumask_t asked = {};

	cpumask_for_each(cpu, mask) {
		if (cpu == self || !READ_ONCE(percpu_of[cpu]->online))
			continue;
		want(cpu, FLUSH_WANT_TLB);
		cpumask_set(&asked, cpu);
	}
	if (cpumask_test(mask, self))
		flush_tlb_local();
	cpumask_for_each(cpu, &asked)
		wait_flushed(cpu, clock);
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
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(percpu_of[cpu]->online))
			cpumask_set(mask, cpu);
}

/* Later than @clock, or with nothing of a guest? */
static bool flushed_since(const struct percpu *p, u64 clock)
{
	return __atomic_load_n(&p->tlb_flush_time, __ATOMIC_RELAXED) > clock ||
	       __atomic_load_n(&p->tlb_idle, __ATOMIC_ACQUIRE);
}

/**
 * flush_tlb_older() - Flush each CPU that has not begun to later than a time.
 * @clock: a reading of the flush clock
 *
 * For what guests map: a CPU that has no guest's tables loaded is left alone.
 * Context: as flush_tlb_mask().
 */
void flush_tlb_older(u64 clock)
{
	cpumask_t mask;
	bool any = false;

	cpumask_clear(&mask);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (flushed_since(percpu_of[cpu], clock))
			continue;
		cpumask_set(&mask, cpu);
		any = true;
	}
	if (any)
		flush_tlb_mask(&mask);
}

/* The domain whose tables @p has loaded: could they ever map a frame of @owner's? */
static bool may_map(const struct percpu *p, domid_t owner)
{
	domid_t domid = __atomic_load_n(&p->tlb_domid, __ATOMIC_ACQUIRE);

	return domid == owner || domid >= DOMID_FIRST_RESERVED || test_bit(domid, foreign);
}

/**
 * flush_note_foreign() - A domain's tables are to map a frame of another's.
 * @domid: whose tables
 *
 * Context: before the entry is written: whoever drops the frame's use later, and
 * changes its type, sees it.
 */
void flush_note_foreign(domid_t domid)
{
	if (unlikely(domid < DOMID_FIRST_RESERVED && !test_bit(domid, foreign)))
		set_bit_atomic(domid, foreign);
}

/** flush_forget_foreign() - @domid is a new domain's, which has no tables yet. */
void flush_forget_foreign(domid_t domid)
{
	clear_bit_atomic(domid, foreign);
}

/**
 * flush_tlb_stamp() - Flush each CPU that may hold what ended at a stamp.
 * @stamp: low half of the flush clock at some time in the past
 * @owner: of the frame that it is about
 *
 * The time is taken for the latest one with that low half, which is never
 * earlier than the true one: a stamp older than 2^32 flushes may cost a flush
 * that was not needed, but never spares one that is. A domain that maps only
 * frames of its own is not interrupted for another's.
 */
void flush_tlb_stamp(u32 stamp, domid_t owner)
{
	u64 now = tlb_clock_now(), clock = (now & ~0xffffffffUL) | stamp;
	cpumask_t mask;
	bool any = false;

	if (clock > now)
		clock -= 0x100000000UL;
	cpumask_clear(&mask);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (flushed_since(percpu_of[cpu], clock) || !may_map(percpu_of[cpu], owner))
			continue;
		cpumask_set(&mask, cpu);
		any = true;
	}
	if (any)
		flush_tlb_mask(&mask);
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
