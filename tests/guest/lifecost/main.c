// SPDX-License-Identifier: GPL-2.0-only
/*
 * What domains cost the hypervisor: memory for one of 256 MiB, and the time to
 * make and to end them, beside how that grows with their number. A verdict it
 * gives only on what must hold everywhere, that all memory comes back; the rest
 * are lines "BENCH name value unit", in instructions if the emulator counts these
 * (-icount shift=0), for whoever compares hypervisors. Runs on Xen, too.
 */
#include "domu.h"

const char *const test_name = "lifecost";

#define TABLE		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define RO		(PTE_P | PTE_A | PTE_US)
#define MANY		100
#define LIST		512	/* extents in one call */
#define EXTENT_ORDER	9
#define EXTENT_PAGES	(1UL << EXTENT_ORDER)

static u64 ticks_per_million;
static xen_pfn_t *list;
static u64 *window;
static u64 window_pte;

static u64 ticks(void)
{
	u32 lo, hi;

	__asm__ __volatile__("lfence; rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
	return lo | (u64)hi << 32;
}

static void calibrate(void)
{
	unsigned long left = 1000000;
	u64 t = ticks();

	__asm__ __volatile__("1: dec %0; jnz 1b" : "+r" (left) :: "cc");
	ticks_per_million = (ticks() - t) / 2;
}

static void bench(const char *what, u64 t)
{
	say("BENCH %s %lu instructions\n", what, t * 1000 / (ticks_per_million / 1000));
}

static long create(u16 *id)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	long rc;

	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 64;
	c->max_maptrack_frames = 1024;
	c->grant_opts = 1;
	rc = domctl(XEN_DOMCTL_createdomain, 0, &op);
	*id = op.domain;
	return rc;
}

static long vcpus(u16 id)
{
	struct xen_domctl op = { .u.max_vcpus.max = 1 };

	return domctl(XEN_DOMCTL_max_vcpus, id, &op);
}

static long populate(u16 id, unsigned int extents)
{
	struct xen_domctl op = { .u.max_mem.max_memkb = extents * EXTENT_PAGES * 4 };
	struct xen_memory_reservation r = { .extent_order = EXTENT_ORDER, .domid = id };
	long rc = domctl(XEN_DOMCTL_max_mem, id, &op);

	for (unsigned int done = 0; !rc && done < extents; done += LIST) {
		unsigned int nr = extents - done < LIST ? extents - done : LIST;

		for (unsigned int i = 0; i < nr; i++)
			list[done + i] = (done + i) * EXTENT_PAGES;
		r.nr_extents = nr;
		r.extent_start.p = &list[done];
		rc = HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0) - (long)nr;
	}
	return rc;
}

static u64 frame(unsigned int n)
{
	return list[n / EXTENT_PAGES] + n % EXTENT_PAGES;
}

static u64 *see(u16 id, unsigned int n)
{
	CHECK_EQ(map_foreign(window, frame(n), id, TABLE), 0);
	return window;
}

/*
 * As a kernel's direct map has it: all memory is mapped by entries of 4 KiB. The
 * first pages are an L4, an L3, the L2s and the L1s.
 */
static void map_all(u16 id, unsigned int extents)
{
	unsigned int l2s = (extents + 511) / 512, tables = 2 + l2s + extents;
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	see(id, 0)[0] = frame(1) << 12 | TABLE;
	see(id, 1);
	for (unsigned int i = 0; i < l2s; i++)
		window[i] = frame(2 + i) << 12 | TABLE;
	for (unsigned int i = 0; i < l2s; i++) {
		see(id, 2 + i);
		for (unsigned int j = 0; j < 512 && i * 512 + j < extents; j++)
			window[j] = frame(2 + l2s + i * 512 + j) << 12 | TABLE;
	}
	for (unsigned int i = 0; i < extents; i++) {
		see(id, 2 + l2s + i);
		for (unsigned int j = 0; j < 512; j++)
			window[j] = frame(i * 512 + j) << 12 |
				    (i * 512 + j < tables ? RO : TABLE);
	}
	window_close(window, window_pte);
	pin.arg1.mfn = frame(0);
	CHECK_EQ(HC(mmuext_op, &pin, 1, 0, id, 0), 0);
}

static void end(u16 id)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_domctl op = { 0 };

	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, id, &op), 0);
	while (domu_info(id, &info))
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* Of one guest, step by step. What is freed lazily is waited for. */
static void memory_of_one(void)
{
	unsigned int extents = 256 / 2;
	u64 before = free_pages(), created, with_vcpu, left;
	u16 id;

	CHECK_EQ(create(&id), 0);
	created = free_pages();
	CHECK_EQ(vcpus(id), 0);
	with_vcpu = free_pages();
	CHECK_EQ(populate(id, extents), 0);
	map_all(id, extents);
	left = free_pages() + extents * EXTENT_PAGES;
	say("BENCH memory-created %lu KiB\n", (before - created) * 4);
	say("BENCH memory-vcpu %lu KiB\n", (created - with_vcpu) * 4);
	say("BENCH memory-256M %lu KiB\n", (before - left) * 4);
	end(id);
}

static void big(unsigned int mib)
{
	unsigned int extents = mib / 2;
	u64 t;
	u16 id;

	t = ticks();
	CHECK_EQ(create(&id), 0);
	CHECK_EQ(vcpus(id), 0);
	bench("create", ticks() - t);
	t = ticks();
	if (populate(id, extents)) {
		say("no memory for a guest of %u MiB\n", mib);
		end(id);
		return;
	}
	bench(mib == 2048 ? "populate-2G" : "populate", ticks() - t);
	t = ticks();
	map_all(id, extents);
	bench(mib == 2048 ? "build-2G" : "build", ticks() - t);
	t = ticks();
	end(id);
	bench(mib == 2048 ? "destroy-2G" : "destroy", ticks() - t);
}

/* All alive at once: does the last cost more than the first? */
static void many(void)
{
	static u16 ids[MANY];
	u64 first = 0, last = 0, before = free_pages();

	for (unsigned int i = 0; i < MANY; i++) {
		u64 t = ticks();

		CHECK_EQ(create(&ids[i]), 0);
		CHECK_EQ(vcpus(ids[i]), 0);
		t = ticks() - t;
		if (i >= 1 && i <= 5)
			first += t;
		if (i >= MANY - 5)
			last += t;
	}
	bench("create-first", first / 5);
	bench("create-100th", last / 5);
	say("BENCH memory-each-of-100 %lu KiB\n", (before - free_pages()) * 4 / MANY);
	u64 t = ticks();

	for (unsigned int i = 0; i < MANY; i++)
		end(ids[i]);
	bench("destroy-empty", (ticks() - t) / MANY);
}

void test_main(void)
{
	u64 before;

	list = alloc_pages(4);
	window = alloc_pages(1);
	window_pte = *pte_of(window);
	calibrate();
	/* The second round is what counts: what grows with use has grown. */
	for (unsigned int round = 0; round < 2; round++) {
		before = free_pages();
		say("round %u, %lu MiB free\n", round, before >> 8);
		memory_of_one();
		big(free_pages() > (2100UL << 8) ? 2048 : 128);
		many();
	}
	/* Xen clears what is free later, and counts it as free only then. */
	for (unsigned int i = 0; i < 1000000 && free_pages() != before; i++)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	CHECK_EQ(free_pages(), before);
}
