// SPDX-License-Identifier: GPL-2.0-only
#include <hv/console.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"
#include <stdio.h>

static char out[70000];

static u32 read_all(u32 index, bool incremental)
{
	size_t n = 0, got;

	index = conring_begin(index, incremental);
	while ((got = conring_copy(&index, out + n, 100)))
		n += got;
	out[n] = '\0';
	return index;
}

static void put(const char *s)
{
	conring_write(s, strlen(s));
}

static void test_read(void **state)
{
	u32 index;

	put("hello ");
	put("world");
	index = read_all(0, false);
	assert_string_equal(out, "hello world");
	read_all(index, true);
	assert_string_equal(out, "");
	put("!");
	read_all(index, true);
	assert_string_equal(out, "!");
	read_all(index, false);
	assert_string_equal(out, "hello world!");
	/* Nonsense positions give all there is. */
	read_all(index + 1000, true);
	assert_string_equal(out, "hello world!");
	read_all(index - 1000, true);
	assert_string_equal(out, "hello world!");
}

static void test_clear(void **state)
{
	u32 index = read_all(0, false);

	conring_clear(index + 500);
	read_all(0, false);
	assert_string_equal(out, "hello world!");
	conring_clear(index);
	read_all(0, false);
	assert_string_equal(out, "");
	put("new");
	read_all(0, false);
	assert_string_equal(out, "new");
	conring_clear(index - 5);
	read_all(0, false);
	assert_string_equal(out, "new");
}

static void number_lines(unsigned int from, unsigned int to)
{
	char line[16];

	for (; from < to; from++) {
		snprintf(line, sizeof(line), "%07u\n", from);
		put(line);
	}
}

static void test_wrap(void **state)
{
	u32 index = read_all(0, false), behind = index;

	number_lines(0, 10000);		/* 80000 bytes through 16384 */
	read_all(0, false);
	assert_int_equal(strlen(out), conring_size);
	assert_string_equal(out + conring_size - 8, "0009999\n");
	assert_memory_equal(out, "0007952\n", 8);
	/* A reader that fell behind goes on with the oldest. */
	assert_int_equal(read_all(behind, true), index + 80000);
	assert_memory_equal(out, "0007952\n", 8);
	behind = index + 80000;
	number_lines(10000, 10002);
	read_all(behind, true);
	assert_string_equal(out, "0010000\n0010001\n");
	/* One that falls out of the ring between two copies does too. */
	index = conring_begin(0, false);
	conring_copy(&index, out, 8);
	number_lines(20000, 23000);
	conring_copy(&index, out, 8);
	assert_memory_equal(out, "0020952\n", 8);
}

static void test_resize(void **state)
{
	static char bigger[65536];

	assert_int_equal(conring_resize(bigger, 8192), -EINVAL);
	assert_int_equal(conring_resize(bigger, 40000), -EINVAL);
	assert_int_equal(conring_resize(bigger, sizeof(bigger)), 0);
	read_all(0, false);
	assert_int_equal(strlen(out), 16384);
	assert_memory_equal(out, "0020952\n", 8);
	number_lines(30000, 30010);
	read_all(0, false);
	assert_int_equal(strlen(out), 16384 + 80);
	assert_string_equal(out + 16384 + 72, "0030009\n");
}

/* Positions are 32 bits; 4 GiB of log is not the end. */
static void test_position_wrap(void **state)
{
	static char block[1 << 16];
	u32 before, index = read_all(0, false);

	memset(block, 'x', sizeof(block));
	while (index < 0xffff0000U) {
		conring_write(block, sizeof(block));
		index += sizeof(block);
	}
	before = read_all(0, false);
	number_lines(0, 9000);
	index = read_all(before, true);
	assert_true(index < before);
	assert_int_equal(strlen(out), conring_size);
	conring_clear(index);
	put("end");
	read_all(0, false);
	assert_string_equal(out, "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_position_wrap),
	};

	return cmocka_run_group_tests_name("console/ring", tests, NULL, NULL);
}
