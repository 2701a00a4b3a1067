// SPDX-License-Identifier: GPL-2.0-only
#include <hv/e820.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"

static struct e820_map map;

static void expect(unsigned int i, u64 start, u64 end, u32 type)
{
	assert_true(i < map.nr);
	assert_int_equal(map.entry[i].addr, start);
	assert_int_equal(map.entry[i].addr + map.entry[i].size, end);
	assert_int_equal(map.entry[i].type, type);
}

static int empty(void **state)
{
	map.nr = 0;
	return 0;
}

static void add(u64 start, u64 end, u32 type)
{
	assert_int_equal(e820_add(&map, start, end - start, type), 0);
}

static void test_sort_and_join(void **state)
{
	add(0x100000, 0x200000, E820_RAM);
	add(0xf0000, 0x100000, E820_RESERVED);
	add(0, 0x9f000, E820_RAM);
	add(0x200000, 0x300000, E820_RAM);
	add(0x5000, 0x5000, E820_RESERVED);
	assert_int_equal(e820_sanitise(&map), 0);
	assert_int_equal(map.nr, 3);
	expect(0, 0, 0x9f000, E820_RAM);
	expect(1, 0xf0000, 0x100000, E820_RESERVED);
	expect(2, 0x100000, 0x300000, E820_RAM);
}

static void test_overlap(void **state)
{
	add(0, 0x10000, E820_RAM);
	add(0x4000, 0x6000, E820_RESERVED);
	add(0x5000, 0x8000, E820_ACPI);
	add(0x5800, 0x5900, E820_UNUSABLE);
	add(0, 0x10000, E820_RAM);
	assert_int_equal(e820_sanitise(&map), 0);
	assert_int_equal(map.nr, 6);
	expect(0, 0, 0x4000, E820_RAM);
	expect(1, 0x4000, 0x5800, E820_RESERVED);
	expect(2, 0x5800, 0x5900, E820_UNUSABLE);
	expect(3, 0x5900, 0x6000, E820_RESERVED);
	expect(4, 0x6000, 0x8000, E820_ACPI);
	expect(5, 0x8000, 0x10000, E820_RAM);
}

static void test_end_of_address_space(void **state)
{
	assert_int_equal(e820_add(&map, 0xfffffffffffff000UL, 0x2000, E820_RESERVED), 0);
	add(0x1000, 0x2000, E820_RAM);
	assert_int_equal(e820_sanitise(&map), 0);
	assert_int_equal(map.nr, 2);
	expect(0, 0x1000, 0x2000, E820_RAM);
	assert_int_equal(map.entry[1].addr, 0xfffffffffffff000UL);
	assert_true(map.entry[1].size <= 0x1000);
}

static void test_full(void **state)
{
	for (unsigned int i = 0; i < E820_MAX; i++)
		add(i * 0x2000UL, i * 0x2000UL + 0x1000, E820_RAM);
	assert_int_equal(e820_add(&map, 1UL << 40, 1, E820_RAM), -ENOSPC);
	assert_int_equal(e820_sanitise(&map), 0);
	assert_int_equal(map.nr, E820_MAX);
	assert_int_equal(e820_reserve(&map, 0x400, 0x100), -ENOSPC);
	/* One that reaches over all of them leaves gaps and pieces: too many. */
	map.entry[0] = (struct e820_entry){ 0, 1UL << 40, E820_PMEM };
	map.entry[1].type = E820_UNUSABLE;
	for (unsigned int i = 2; i < E820_MAX; i++)
		map.entry[i].type = E820_UNUSABLE;
	assert_int_equal(e820_sanitise(&map), -ENOSPC);
	assert_int_equal(map.nr, E820_MAX);
}

/* Against a model: a byte per page. Random maps, random changes. */
#define PAGES 64

static u8 model[PAGES];
static u32 seed = 1;

static u32 rnd(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static unsigned int model_rank(u32 type)
{
	static const u8 ranks[] = { 0, 1, 5, 3, 4, 8, 7, 2 };

	return ranks[type];
}

static void model_put(u32 from, u32 to, u32 type)
{
	for (; from < to; from++)
		if (model_rank(type) > model_rank(model[from]))
			model[from] = (u8)type;
}

static void compare_with_model(void)
{
	for (u32 p = 0; p < PAGES; p++) {
		const struct e820_entry *e = e820_find(&map, p * 4096UL + 7);

		assert_int_equal(e ? e->type : 0, model[p]);
	}
	for (unsigned int i = 1; i < map.nr; i++) {
		const struct e820_entry *a = &map.entry[i - 1], *b = &map.entry[i];

		assert_true(a->addr + a->size <= b->addr);
		assert_false(a->addr + a->size == b->addr && a->type == b->type);
	}
}

static void test_random(void **state)
{
	for (int round = 0; round < 3000; round++) {
		u32 n = rnd(12);

		map.nr = 0;
		memset(model, 0, sizeof(model));
		while (n--) {
			u32 from = rnd(PAGES), to = from + rnd(PAGES - from + 1), type = 1 + rnd(7);

			add(from * 4096UL, to * 4096UL, type);
			model_put(from, to, type);
		}
		assert_int_equal(e820_sanitise(&map), 0);
		compare_with_model();
		for (int change = 0; change < 4; change++) {
			u32 from = rnd(PAGES), to = from + rnd(PAGES - from + 1);
			u32 a = 1 + rnd(7), b = 1 + rnd(7);

			assert_int_equal(e820_change(&map, from * 4096UL, (to - from) * 4096UL,
						     a, b), 0);
			for (u32 p = from; p < to; p++)
				if (model[p] == a)
					model[p] = (u8)b;
			compare_with_model();
		}
	}
}

static void test_queries(void **state)
{
	add(0, 0xa0000, E820_RAM);
	add(0x100000, 0x8000000, E820_RAM);
	add(0x8000000, 0x8010000, E820_ACPI);
	add(1UL << 32, 5UL << 30, E820_RAM);
	assert_int_equal(e820_sanitise(&map), 0);
	assert_int_equal(e820_ram_bytes(&map), 0xa0000 + 0x7f00000 + (1UL << 30));
	assert_int_equal(e820_ram_end(&map), 5UL << 30);
	assert_true(e820_all(&map, 0x100000, 0x8000000, E820_RAM));
	assert_false(e820_all(&map, 0x90000, 0x110000, E820_RAM));
	assert_true(e820_any(&map, 0x90000, 0x110000, E820_RAM));
	assert_false(e820_any(&map, 0xa0000, 0x100000, 0));
	assert_true(e820_any(&map, 0x7fff000, 0x8001000, E820_ACPI));
	assert_int_equal(e820_find_free(&map, 0, 1UL << 32, 0x200000, 0x200000), 0x7e00000);
	assert_int_equal(e820_find_free(&map, 0, ~0UL, 1UL << 30, 4096), 1UL << 32);
	assert_int_equal(e820_find_free(&map, 0, 0x100000, 0x100000, 4096), 0);
	assert_int_equal(e820_find_free(&map, 0, 0x1000, 0x1000, 0x1000), 0);
	assert_int_equal(e820_find_free(&map, 0x10000, 0x20000, 0x1000, 0x1000), 0x1f000);
	assert_int_equal(e820_reserve(&map, 0x200000, 0x1000), 0);
	assert_false(e820_all(&map, 0x200000, 0x200001, E820_RAM));
	e820_clip_ram(&map, 5UL << 30);
	assert_int_equal(e820_ram_end(&map), 5UL << 30);
	e820_clip_ram(&map, 0x281000);
	assert_int_equal(e820_ram_end(&map), 0x281000);
	assert_int_equal(e820_ram_bytes(&map), 0xa0000 + 0x180000);
	assert_true(e820_any(&map, 0x8000000, 0x8010000, E820_ACPI));
	assert_string_equal(e820_type_name(E820_NVS), "ACPI NVS");
	assert_string_equal(e820_type_name(99), "unknown type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sort_and_join, empty),
		cmocka_unit_test_setup(test_overlap, empty),
		cmocka_unit_test_setup(test_end_of_address_space, empty),
		cmocka_unit_test_setup(test_full, empty),
		cmocka_unit_test_setup(test_random, empty),
		cmocka_unit_test_setup(test_queries, empty),
	};

	return cmocka_run_group_tests_name("boot/e820", tests, NULL, NULL);
}
