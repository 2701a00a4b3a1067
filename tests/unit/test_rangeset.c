// SPDX-License-Identifier: GPL-2.0-only
/* lib/rangeset.c against a plain array of flags. */
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/rangeset.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define NUMBERS	64

static bool no_memory;

void *hv_alloc_array(size_t size, size_t n)
{
	return no_memory ? NULL : calloc(n, size);
}

void hv_free(void *p)
{
	free(p);
}

static void check(const struct rangeset *rs, const bool *model)
{
	for (unsigned int i = 0; i < rs->nr; i++) {
		assert_true(rs->range[i].first <= rs->range[i].last);
		if (i)	/* a gap between any two */
			assert_true(rs->range[i].first > rs->range[i - 1].last + 1);
	}
	for (unsigned long a = 0; a < NUMBERS; a++) {
		bool all = true;

		for (unsigned long b = a; b < NUMBERS; b++) {
			all = all && model[b];
			assert_int_equal(rangeset_contains(rs, a, b), all);
		}
	}
}

static void as_a_set(void **state)
{
	bool model[NUMBERS];

	for (unsigned int seed = 0; seed < 40; seed++) {
		struct rangeset rs;

		srandom(seed);
		rangeset_init(&rs);
		memset(model, 0, sizeof(model));
		for (unsigned int step = 0; step < 60; step++) {
			unsigned long first = random() % NUMBERS;
			unsigned long last = first + random() % (NUMBERS - first);
			bool add = random() & 1;

			if (!(random() & 3))
				last = first;
			assert_int_equal(add ? rangeset_add(&rs, first, last) :
					 rangeset_remove(&rs, first, last), 0);
			memset(model + first, add, last - first + 1);
			check(&rs, model);
			assert_int_equal(rangeset_empty(&rs), rs.nr == 0);
		}
		rangeset_destroy(&rs);
	}
}

static void at_the_ends(void **state)
{
	struct rangeset rs;

	rangeset_init(&rs);
	assert_int_equal(rangeset_add(&rs, 1, 0), -EINVAL);
	assert_int_equal(rangeset_add(&rs, 0, ~0UL), 0);
	assert_true(rangeset_contains(&rs, 0, ~0UL));
	assert_int_equal(rangeset_remove(&rs, ~0UL, ~0UL), 0);
	assert_int_equal(rangeset_remove(&rs, 0, 0), 0);
	assert_true(rangeset_contains(&rs, 1, ~0UL - 1));
	assert_false(rangeset_contains(&rs, 0, 1));
	assert_false(rangeset_contains(&rs, ~0UL - 1, ~0UL));
	assert_int_equal(rangeset_add(&rs, ~0UL, ~0UL), 0);
	assert_int_equal(rangeset_add(&rs, 0, 0), 0);
	assert_int_equal(rs.nr, 1);
	assert_false(rangeset_contains(&rs, 5, 4));
	rangeset_destroy(&rs);
}

static void what_fails_changes_nothing(void **state)
{
	struct rangeset rs;

	rangeset_init(&rs);
	for (unsigned long i = 0; i < RANGESET_MAX; i++)
		assert_int_equal(rangeset_add(&rs, 2 * i, 2 * i), 0);
	assert_int_equal(rangeset_add(&rs, 1UL << 40, 1UL << 40), -ENOMEM);
	assert_int_equal(rs.nr, RANGESET_MAX);
	assert_false(rangeset_contains(&rs, 1UL << 40, 1UL << 40));
	rangeset_destroy(&rs);
	assert_int_equal(rangeset_add(&rs, 3, 9), 0);
	no_memory = true;
	assert_int_equal(rangeset_remove(&rs, 4, 5), -ENOMEM);
	no_memory = false;
	assert_true(rangeset_contains(&rs, 3, 9));
	rangeset_destroy(&rs);
}

/* What a full set allows can be taken back. */
static void full(void **state)
{
	struct rangeset rs;

	rangeset_init(&rs);
	for (unsigned long i = 0; i < RANGESET_MAX; i++)
		assert_int_equal(rangeset_add(&rs, 4 * i, 4 * i + 2), 0);
	assert_int_equal(rangeset_remove(&rs, 1, 1), -ENOMEM);	/* would be one more */
	assert_true(rangeset_contains(&rs, 0, 2));
	assert_int_equal(rangeset_remove(&rs, 2, 2), 0);
	assert_int_equal(rangeset_add(&rs, 7, 7), 0);
	assert_int_equal(rs.nr, RANGESET_MAX - 1);
	assert_int_equal(rangeset_remove(&rs, 5, 5), 0);
	assert_int_equal(rangeset_remove(&rs, 8, 10), 0);
	assert_false(rangeset_contains(&rs, 9, 9));
	assert_int_equal(rs.nr, RANGESET_MAX);
	rangeset_destroy(&rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_set),
		cmocka_unit_test(at_the_ends),
		cmocka_unit_test(what_fails_changes_nothing),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
