// SPDX-License-Identifier: GPL-2.0-only
#include <hv/lib.h>
#include <hv/sort.h>
#include <hv/string.h>
#include "test.h"

struct item {
	u16 key;
	u8 payload;
} __packed;

static int compare(const void *a, const void *b)
{
	return (int)((const struct item *)a)->key - (int)((const struct item *)b)->key;
}

static void test_sort(void **state)
{
	u32 seed = 3;

	for (size_t n = 0; n < 200; n++) {
		struct item items[200];
		unsigned int sum = 0, after = 0;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			items[i].key = (u16)(seed >> 16) % (1 + (u16)(n * 2 / 3));
			items[i].payload = (u8)(items[i].key * 37);
			sum += items[i].key;
		}
		sort(items, n, sizeof(items[0]), compare);
		for (size_t i = 0; i < n; i++) {
			assert_true(!i || items[i - 1].key <= items[i].key);
			assert_int_equal(items[i].payload, (u8)(items[i].key * 37));
			after += items[i].key;
		}
		assert_int_equal(sum, after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests_name("lib/sort", tests, NULL, NULL);
}
