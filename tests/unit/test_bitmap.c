// SPDX-License-Identifier: GPL-2.0-only
/* Against a model: one byte a bit. */
#include <hv/bitmap.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"

#define BITS 200

static DECLARE_BITMAP(map, BITS);
static DECLARE_BITMAP(other, BITS);
static u8 model[BITS], other_model[BITS];
static u32 seed = 7;

static u32 rnd(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void check(const unsigned long *m, const u8 *want)
{
	for (unsigned int i = 0; i < BITS; i++)
		assert_int_equal(bitmap_test(m, i), want[i]);
}

static void randomise(void)
{
	u32 density = 1 + rnd(40);

	for (unsigned int i = 0; i < BITS; i++) {
		model[i] = !rnd(density);
		other_model[i] = !rnd(density);
		(model[i] ? bitmap_set_bit : bitmap_clear_bit)(map, i);
		(other_model[i] ? bitmap_set_bit : bitmap_clear_bit)(other, i);
	}
}

static void test_ranges(void **state)
{
	bitmap_zero(map, BITS);
	memset(model, 0, sizeof(model));
	for (int i = 0; i < 2000; i++) {
		u32 start = rnd(BITS), nr = rnd(BITS - start + 1);

		if (rnd(2)) {
			bitmap_set(map, start, nr);
			memset(model + start, 1, nr);
		} else {
			bitmap_clear(map, start, nr);
			memset(model + start, 0, nr);
		}
		check(map, model);
	}
	bitmap_fill(map, BITS);
	assert_true(bitmap_full(map, BITS));
	bitmap_zero(map, 70);
	assert_int_equal(bitmap_weight(map, BITS), BITS - 70);
	assert_true(bitmap_empty(map, 70));
	assert_false(bitmap_empty(map, 71));
}

static unsigned long model_next(const u8 *m, unsigned long size, unsigned long from, u8 v)
{
	while (from < size && m[from] != v)
		from++;
	return from < size ? from : size;
}

static unsigned long model_area(unsigned long size, unsigned long from, unsigned long nr)
{
	for (; from + nr <= size; from++) {
		unsigned long i = 0;

		while (i < nr && !model[from + i])
			i++;
		if (i == nr && (nr || !model[from]))
			return from;
	}
	return size;
}

static void test_find(void **state)
{
	for (int round = 0; round < 500; round++) {
		unsigned long size = rnd(BITS + 1), from = rnd(BITS), nr = 1 + rnd(20), bit, n = 0;

		randomise();
		assert_int_equal(bitmap_find_next(map, size, from),
				 model_next(model, size, from, 1));
		assert_int_equal(bitmap_find_next_zero(map, size, from),
				 model_next(model, size, from, 0));
		assert_int_equal(bitmap_find_first(map, size), model_next(model, size, 0, 1));
		assert_int_equal(bitmap_find_first_zero(map, size), model_next(model, size, 0, 0));
		assert_int_equal(bitmap_find_area(map, size, from, nr), model_area(size, from, nr));
		bitmap_for_each(bit, map, size) {
			assert_true(model[bit]);
			n++;
		}
		assert_int_equal(n, bitmap_weight(map, size));
	}
}

static void test_logic(void **state)
{
	for (int round = 0; round < 300; round++) {
		bool subset = true, intersects = false, equal = true;
		DECLARE_BITMAP(out, BITS);
		u8 want[BITS];

		randomise();
		if (!rnd(3)) {
			bitmap_copy(other, map, BITS);
			memcpy(other_model, model, BITS);
		}
		for (unsigned int i = 0; i < BITS; i++) {
			subset &= !model[i] || other_model[i];
			intersects |= model[i] && other_model[i];
			equal &= model[i] == other_model[i];
		}
		assert_int_equal(bitmap_subset(map, other, BITS), subset);
		assert_int_equal(bitmap_intersects(map, other, BITS), intersects);
		assert_int_equal(bitmap_equal(map, other, BITS), equal);
		for (unsigned int i = 0; i < BITS; i++)
			want[i] = model[i] & other_model[i];
		bitmap_and(out, map, other, BITS);
		check(out, want);
		for (unsigned int i = 0; i < BITS; i++)
			want[i] = model[i] | other_model[i];
		bitmap_or(out, map, other, BITS);
		check(out, want);
		for (unsigned int i = 0; i < BITS; i++)
			want[i] = model[i] & !other_model[i];
		bitmap_andnot(out, map, other, BITS);
		check(out, want);
	}
}

/* What lies beyond the size stays as it is, and does not count. */
static void test_tail(void **state)
{
	unsigned long m[2] = { ~0UL, ~0UL }, z[2] = { 0, 0 };

	bitmap_zero(m, 70);
	assert_int_equal(m[1], ~0UL << 6);
	assert_true(bitmap_empty(m, 70));
	assert_true(bitmap_equal(m, z, 70));
	assert_false(bitmap_equal(m, z, 71));
	assert_int_equal(bitmap_weight(m, 70), 0);
	bitmap_copy(z, m, 72);
	assert_int_equal(z[1], 0xc0);
	bitmap_fill(z, 66);
	assert_int_equal(z[1], 0xc3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_tail),
	};

	return cmocka_run_group_tests_name("lib/bitmap", tests, NULL, NULL);
}
