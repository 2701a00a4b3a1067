// SPDX-License-Identifier: GPL-2.0-only
#include <hv/mm.h>

#include "test.h"
#include "mm_fixture.h"

static unsigned long mfn_of(const struct page_info *pg)
{
	return mfn_x(page_to_mfn(pg));
}

static void give(unsigned long start, unsigned long end)
{
	page_alloc_add_range(_mfn(start), _mfn(end));
}

/* Take everything, so that each test begins with an empty allocator. */
static void drain(void)
{
	while (page_alloc(0, 0))
		;
	assert_int_equal(page_alloc_free_pages(), 0);
}

static void test_blocks_join_again(void **state)
{
	static struct page_info *taken[0x1000];
	unsigned long nr = 0;

	give(0x1000, 0x2000);
	assert_int_equal(page_alloc_free_pages(), 0x1000);
	while (nr < 0x1000 && (taken[nr] = page_alloc(0, 0)))
		nr++;
	assert_int_equal(nr, 0x1000);
	assert_null(page_alloc(0, 0));
	/* In an order that leaves gaps: odd ones first. */
	for (unsigned long i = 1; i < nr; i += 2)
		page_free(taken[i], 0);
	assert_null(page_alloc(1, 0));
	for (unsigned long i = 0; i < nr; i += 2)
		page_free(taken[i], 0);
	assert_int_equal(page_alloc_free_pages(), 0x1000);
	assert_int_equal(mfn_of(page_alloc(12, 0)), 0x1000);
	assert_int_equal(page_alloc_free_pages(), 0);
}

static void test_alignment_and_state(void **state)
{
	give(0x1003, 0x1ffd);
	for (unsigned int order = 0; order < 11; order++) {
		struct page_info *pg = page_alloc(order, 0);

		assert_non_null(pg);
		assert_int_equal(mfn_of(pg) & ((1UL << order) - 1), 0);
		for (unsigned long i = 0; i < 1UL << order; i++) {
			assert_int_equal(pg[i].state, 0);
			assert_int_equal(pg[i].owner, OWNER_NONE);
		}
	}
	drain();
}

static void test_low_memory_goes_last(void **state)
{
	give(1, FIXTURE_FRAMES);
	/* The upper half of the machine first, then each zone below. */
	assert_true(mfn_of(page_alloc(0, 0)) >= FIXTURE_FRAMES / 2);
	assert_null(page_alloc(13, 0));
	assert_int_equal(mfn_of(page_alloc(12, 0)) / 0x1000, 3);
	while (page_alloc_free_pages() > 0x2000 - 1)
		assert_true(mfn_of(page_alloc(0, 0)) >= 0x2000);
	assert_true(mfn_of(page_alloc(0, 0)) < 0x2000);
	drain();
}

static void test_address_limits(void **state)
{
	give(1, FIXTURE_FRAMES);
	for (unsigned int bits = 13; bits <= 26; bits++) {
		struct page_info *pg = page_alloc(0, MEMF_LOW(bits));

		assert_non_null(pg);
		assert_true(mfn_of(pg) < 1UL << (bits - PAGE_SHIFT));
	}
	assert_null(page_alloc(0, MEMF_LOW(12)));
	assert_null(page_alloc(0, MEMF_LOW(1)));
	/* An extent that is as long as all the memory below the limit. */
	assert_null(page_alloc(6, MEMF_LOW(18)));
	assert_null(page_alloc(MAX_ORDER + 1, 0));
	drain();
}

static void test_free_below(void **state)
{
	give(0x10, 0x1000);
	give(0x1000, 0x1800);
	assert_int_equal(page_alloc_free_below(24), 0x1000 - 0x10);
	assert_int_equal(page_alloc_free_below(25), 0x1800 - 0x10);
	assert_int_equal(page_alloc_free_below(0), 0x1800 - 0x10);
	assert_int_equal(page_alloc_free_below(16), 0);
	assert_int_equal(page_alloc_free_below(17), 0x10);
	drain();
}

static void test_bad_pages(void **state)
{
	opts.nr_badpages = 3;
	opts.badpage[0].first = 0x1100;
	opts.badpage[0].last = 0x110f;
	opts.badpage[1].first = 0x0ff0;
	opts.badpage[1].last = 0x1003;
	opts.badpage[2].first = 0x11ff;
	opts.badpage[2].last = 0x2000;
	give(0x1000, 0x1200);
	assert_int_equal(page_alloc_free_pages(), 0x200 - 0x10 - 4 - 1);
	for (struct page_info *pg; (pg = page_alloc(0, 0)) != NULL;) {
		assert_in_range(mfn_of(pg), 0x1004, 0x11fe);
		assert_false(mfn_of(pg) >= 0x1100 && mfn_of(pg) <= 0x110f);
	}
	opts.nr_badpages = 0;
}

static void test_frame_zero_stays(void **state)
{
	give(0, 2);
	assert_int_equal(mfn_of(page_alloc(0, 0)), 1);
	assert_null(page_alloc(0, 0));
}

static void test_stale_translations_are_flushed(void **state)
{
	struct page_info *pg;
	u64 before;

	give(0x1000, 0x1010);
	pg = page_alloc(0, 0);
	before = nr_flushes;
	page_alloc_note_stale();
	page_free(pg, 0);
	assert_int_equal(nr_flushes, before);
	page_alloc(0, 0);
	assert_int_equal(nr_flushes, before + 1);
	/* Once is enough, until the next one. */
	page_alloc(0, 0);
	assert_int_equal(nr_flushes, before + 1);
	drain();
}

/* Many blocks of all sizes come and go; none may overlap another. */
static void test_random_use(void **state)
{
	static u8 used[FIXTURE_FRAMES];
	static struct { struct page_info *pg; unsigned int order; } held[512];
	unsigned long total = 0;

	give(0x800, FIXTURE_FRAMES);
	srandom(1);
	for (unsigned int round = 0; round < 100000; round++) {
		unsigned int i = (unsigned int)random() % ARRAY_SIZE(held);
		unsigned long nr;

		if (held[i].pg) {
			nr = 1UL << held[i].order;
			for (unsigned long j = 0; j < nr; j++)
				used[mfn_of(held[i].pg) + j] = 0;
			page_free(held[i].pg, held[i].order);
			held[i].pg = NULL;
			total -= nr;
			continue;
		}
		held[i].order = (unsigned int)random() % 8;
		held[i].pg = page_alloc(held[i].order, random() & 1 ? MEMF_LOW(25) : 0);
		if (!held[i].pg)
			continue;
		nr = 1UL << held[i].order;
		for (unsigned long j = 0; j < nr; j++)
			assert_int_equal(used[mfn_of(held[i].pg) + j]++, 0);
		total += nr;
		assert_int_equal(page_alloc_free_pages(), FIXTURE_FRAMES - 0x800 - total);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].pg)
			page_free(held[i].pg, held[i].order);
	assert_int_equal(mfn_of(page_alloc(13, 0)), 0x2000);
	assert_int_equal(mfn_of(page_alloc(12, 0)), 0x1000);
	drain();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_join_again),
		cmocka_unit_test(test_alignment_and_state),
		cmocka_unit_test(test_low_memory_goes_last),
		cmocka_unit_test(test_address_limits),
		cmocka_unit_test(test_free_below),
		cmocka_unit_test(test_bad_pages),
		cmocka_unit_test(test_frame_zero_stays),
		cmocka_unit_test(test_stale_translations_are_flushed),
		cmocka_unit_test(test_random_use),
	};

	return cmocka_run_group_tests(tests, map_memory, NULL);
}
