// SPDX-License-Identifier: GPL-2.0-only
/* Domains made, run and ended a thousand times: not a page may be left of them. */
#include "domu.h"

const char *const test_name = "cycles";

#define ROUNDS		1000
/* Pages that stay with the allocator of small objects, and with tables of the hypervisor's. */
#define WARM_UP		3

static u64 free_at_start;

static bool is_gone(u16 id)
{
	struct xen_domctl_getdomaininfo info;

	for (unsigned int i = 0; i < 100; i++) {
		if (!domu_info(id, &info))
			return true;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return false;
}

static bool one_life(unsigned int round)
{
	struct domu u;
	long rc = domu_make(&u, 0);

	if (rc) {
		say("round %u: making it gives %ld\n", round, rc);
		return false;
	}
	rc = domu_start(&u);
	if (!rc && round % 4 != 3)
		rc = domu_do(&u, __HYPERVISOR_xen_version, 0, 0, 0, 0, 0) >> 16 == 4 ? 0 : -1;
	if (round % 2)
		domu_unmap(&u);
	rc = rc ?: domu_kill(&u);
	if (!(round % 2))
		domu_unmap(&u);
	if (rc || !is_gone(u.id)) {
		say("round %u: ending it gives %ld\n", round, rc);
		return false;
	}
	return true;
}

void test_main(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i == WARM_UP)
			free_at_start = free_pages();
		if (!one_life(i)) {
			CHECK(false);
			break;
		}
		if (i % 100 == 99)
			say("%u rounds, %lu pages free\n", i + 1, free_pages());
	}
	CHECK_EQ(free_pages(), free_at_start);
}
