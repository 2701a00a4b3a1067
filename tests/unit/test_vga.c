// SPDX-License-Identifier: GPL-2.0-only
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"
#include <stdlib.h>

#define COLUMNS 80
#define ROWS 25

static u16 *cells;

/* From the heap, so that ASan sees a cell too far. */
static int fresh(void **state)
{
	free(cells);
	cells = malloc(COLUMNS * ROWS * sizeof(*cells));
	memset(cells, 0x55, COLUMNS * ROWS * sizeof(*cells));
	vga_init(cells, COLUMNS, ROWS);
	return 0;
}

static void put(const char *s)
{
	vga_write(s, strlen(s));
}

static void expect_row(unsigned int y, const char *want)
{
	size_t n = strlen(want);

	for (unsigned int x = 0; x < COLUMNS; x++)
		assert_int_equal(cells[y * COLUMNS + x], 0x0700 | (x < n ? (u8)want[x] : ' '));
}

static void test_text(void **state)
{
	expect_row(24, "");
	put("hello\nworld\r\nW");
	put("\ta\tb\n");
	put("abc\rx\b\by\xe9");
	expect_row(0, "hello");
	expect_row(1, "world");
	expect_row(2, "W       a       b");
	expect_row(3, "y\351c");
}

static void test_wrap_and_scroll(void **state)
{
	char line[COLUMNS + 4];

	memset(line, 'x', COLUMNS + 3);
	line[COLUMNS + 3] = '\0';
	put(line);
	expect_row(1, "xxx");
	put("\n");
	for (int i = 0; i < 30; i++)
		put(i == 29 ? "last\n" : "line\n");
	expect_row(22, "line");
	expect_row(23, "last");
	expect_row(24, "");
	/* A full line and then a newline: one line, not two. */
	line[COLUMNS] = '\0';
	put(line);
	expect_row(24, line);
	put("\nend");
	expect_row(23, line);
	expect_row(24, "end");
}

static void test_relinquish(void **state)
{
	assert_true(vga_present());
	vga_init(NULL, 0, 0);
	assert_false(vga_present());
	put("nowhere");
	expect_row(0, "");
	vga_init(cells, 0, 0);
	assert_false(vga_present());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text, fresh),
		cmocka_unit_test_setup(test_wrap_and_scroll, fresh),
		cmocka_unit_test_setup(test_relinquish, fresh),
	};
	int rc = cmocka_run_group_tests_name("console/vga", tests, NULL, NULL);

	free(cells);
	return rc;
}
