// SPDX-License-Identifier: GPL-2.0-only
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>

#include "test.h"
#include "mm_fixture.h"

#include <string.h>

static bool all_zero(const void *p, size_t len)
{
	const char *c = p;

	for (size_t i = 0; i < len; i++)
		if (c[i])
			return false;
	return true;
}

static struct domain owner = { .domain_id = 5, .refcount = 1 };

struct domain *domain_get(domid_t id)
{
	assert_int_equal(id, owner.domain_id);
	owner.refcount++;
	return &owner;
}

void domain_put(struct domain *d)
{
	d->refcount--;
}

static int setup(void **state)
{
	map_memory(state);
	page_alloc_add_range(_mfn(0x1000), _mfn(FIXTURE_FRAMES));
	return 0;
}

static void test_every_size(void **state)
{
	for (size_t size = 1; size < 20000; size += size < 2100 ? 1 : 97) {
		char *a = hv_alloc(size), *b = hv_alloc(size);

		assert_non_null(a);
		assert_non_null(b);
		assert_true(all_zero(a, size));
		memset(a, 0xaa, size);
		memset(b, 0xbb, size);
		assert_int_equal(a[0], (char)0xaa);
		assert_int_equal(a[size - 1], (char)0xaa);
		assert_int_equal((unsigned long)a % 16, 0);
		if (size >= 64)
			assert_int_equal((unsigned long)a % 64, 0);
		if (size > 1984)
			assert_int_equal((unsigned long)a % PAGE_SIZE, 0);
		hv_free(a);
		a = hv_alloc(size);
		assert_true(all_zero(a, size));
		hv_free(a);
		hv_free(b);
	}
}

static void test_pages_come_back(void **state)
{
	static void *held[5000];
	unsigned long before;

	/* The last slab of a class is kept: let each have one. */
	for (size_t size = 16; size < 2000; size += 16)
		hv_free(hv_alloc(size));
	before = page_alloc_free_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = hv_alloc(1 + i * 37 % 6000);
	assert_true(page_alloc_free_pages() < before);
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		hv_free(held[(i * 7) % ARRAY_SIZE(held)]);
	assert_int_equal(page_alloc_free_pages(), before);
}

static void test_refusals(void **state)
{
	assert_null(hv_alloc(0));
	assert_null(hv_alloc((PAGE_SIZE << MAX_ORDER) + 1));
	assert_null(hv_alloc(~0UL));
	assert_null(hv_alloc_array(1UL << 33, 1UL << 33));
	assert_null(hv_alloc(FIXTURE_FRAMES << PAGE_SHIFT));
	hv_free(NULL);
	hv_page_free(NULL, 3);
}

static void test_sharing(void **state)
{
	struct domain d = { .domain_id = 5 };
	void *page = hv_page_alloc(0);
	struct page_info *pg = virt_to_page(page);
	u64 clock = tlb_clock;

	assert_int_equal(page_owner(pg), DOMID_XEN);
	assert_int_equal(pg->state & PG_REFS_MASK, 0);
	hv_page_share(page, &d, true);
	assert_int_equal(page_owner(pg), 5);
	assert_int_equal(m2p_rw[mfn_x(page_to_mfn(pg))], M2P_INVALID);
	pg->state++;	/* the guest maps it */
	assert_int_equal(hv_page_unshare(page), -EBUSY);
	pg->state--;
	assert_int_equal(hv_page_unshare(page), 0);
	assert_int_equal(page_owner(pg), DOMID_XEN);
	assert_int_equal(pg->state, 0);
	/* The guest's TLB may still know it. */
	hv_page_free(page, 0);
	last_flush = clock;
	hv_page_alloc(0);
	assert_true(last_flush > clock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_pages_come_back),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_sharing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
