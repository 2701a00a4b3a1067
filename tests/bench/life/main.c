// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains made and ended, as the tools do, without the tools: what of xl create
 * and xl destroy is the hypervisor's, and how much memory it takes for a guest.
 */
#include "domu.h"
#include "measure.h"

const char *const test_name = "life";

#define MANY		100
#define EXTENT_ORDER	9
#define BIG		(2UL << 30 >> 12 >> EXTENT_ORDER)	/* 2 GiB */
#define BATCH		64	/* extents in a call */
#define TIMES		5	/* a guest of 2 GiB comes and goes */

static u64 destroy(u16 id)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_getdomaininfo info;
	u64 start = rdtsc();

	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, id, &op), 0);
	/* Part of it may be put off until all CPUs have passed by. */
	while (domu_info(id, &info))
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	return rdtsc() - start;
}

/* Limits as xl's by default. */
static u16 create(void)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	u16 id;

	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 64;
	c->max_maptrack_frames = 1024;
	c->grant_opts = 1;
	CHECK_EQ(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	id = op.domain;
	op.u.max_vcpus.max = 1;
	CHECK_EQ(domctl(XEN_DOMCTL_max_vcpus, id, &op), 0);
	op.u.max_mem.max_memkb = ~0U;
	CHECK_EQ(domctl(XEN_DOMCTL_max_mem, id, &op), 0);
	return id;
}

static u64 create_and_end(u64 *took_end)
{
	u64 start = rdtsc();
	u16 id = create();

	start = rdtsc() - start;
	*took_end = destroy(id);
	return start;
}

static void one_after_the_other(void)
{
	u64 ends[SAMPLES + WARM_UP], *next = ends;

	MEASURE("domain-create", 1, create_and_end(next++));
	report("domain-destroy-empty", ends + WARM_UP, 1);
}

/* All there at once: the cost of the first SAMPLES, and of the last. */
static void many(void)
{
	static u16 ids[MANY];
	u64 took[MANY], before = free_pages();

	for (unsigned int i = 0; i < MANY; i++) {
		took[i] = rdtsc();
		ids[i] = create();
		took[i] = rdtsc() - took[i];
	}
	report("domain-create-of-100-first", took, 1);
	report("domain-create-of-100-last", took + MANY - SAMPLES, 1);
	report_one("memory-per-domain-bytes", (before - free_pages()) * PAGE_SIZE / MANY);
	for (unsigned int i = 0; i < MANY; i++)
		destroy(ids[i]);
}

static u64 populate(u16 id)
{
	static xen_pfn_t frames[BATCH];
	struct xen_memory_reservation r = {
		.nr_extents = BATCH, .extent_order = EXTENT_ORDER, .domid = id,
	};
	u64 start = rdtsc();

	set_xen_guest_handle(r.extent_start, frames);
	for (unsigned int i = 0; i < BIG; i += BATCH) {
		for (unsigned int j = 0; j < BATCH; j++)
			frames[j] = (i + j) << EXTENT_ORDER;
		CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), BATCH);
	}
	return rdtsc() - start;
}

static void big(void)
{
	u64 took;

	for (unsigned int i = 0; i < TIMES; i++) {
		u16 id = create();

		took = populate(id);
		report_one("domain-populate-2G", insns(took));
		report_one("domain-destroy-2G", insns(destroy(id)));
	}
}

void test_main(void)
{
	calibrate();
	one_after_the_other();
	many();
	big();
}
