// SPDX-License-Identifier: GPL-2.0-only
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"

#define GUARD 16

/* Every size across the word and string-instruction limits, every alignment. */
static void test_memcpy_memset(void **state)
{
	u8 src[400], dst[400];

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = (u8)(i * 7 + 1);
	for (size_t off = 0; off < 9; off++) {
		for (size_t n = 0; n < 300; n += n < 40 ? 1 : 13) {
			for (size_t i = 0; i < sizeof(dst); i++)
				dst[i] = 0xee;
			assert_ptr_equal(memcpy(dst + GUARD + off, src + 3, n), dst + GUARD + off);
			for (size_t i = 0; i < sizeof(dst); i++) {
				bool in = i >= GUARD + off && i < GUARD + off + n;

				assert_int_equal(dst[i], in ? src[i - GUARD - off + 3] : 0xee);
			}
			assert_ptr_equal(memset(dst + GUARD + off, 0x1a5, n), dst + GUARD + off);
			for (size_t i = 0; i < sizeof(dst); i++) {
				bool in = i >= GUARD + off && i < GUARD + off + n;

				assert_int_equal(dst[i], in ? 0xa5 : 0xee);
			}
		}
	}
}

static void check_memmove(size_t from, size_t to, size_t n)
{
	u8 buf[600];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 3);
	memmove(buf + to, buf + from, n);
	for (size_t i = 0; i < sizeof(buf); i++) {
		u8 want = i >= to && i < to + n ? (u8)((i - to + from) * 3) : (u8)(i * 3);

		assert_int_equal(buf[i], want);
	}
}

static void test_memmove(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 127, 128, 129, 255 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_memmove(100, 100, sizes[i]);
		check_memmove(100, 101, sizes[i]);
		check_memmove(101, 100, sizes[i]);
		check_memmove(100, 108, sizes[i]);
		check_memmove(108, 100, sizes[i]);
		check_memmove(0, 300, sizes[i]);
		check_memmove(300, 0, sizes[i]);
	}
}

static void test_compare(void **state)
{
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_true(memcmp("abc", "abd", 3) < 0);
	assert_true(memcmp("\xff", "\x01", 1) > 0);
	assert_null(memchr("abc", 'c', 2));
	assert_string_equal(memchr("abc", 'c', 3), "c");

	assert_int_equal(strlen(""), 0);
	assert_int_equal(strnlen("abc", 2), 2);
	assert_int_equal(strnlen("abc", 9), 3);
	assert_int_equal(strcmp("abc", "abc"), 0);
	assert_true(strcmp("ab", "abc") < 0);
	assert_true(strcmp("\x80", "a") > 0);
	assert_int_equal(strncmp("abcx", "abcy", 3), 0);
	assert_true(strncmp("abcx", "abcy", 4) < 0);
	assert_int_equal(strncmp("ab", "ab", 9), 0);
	assert_int_equal(strcasecmp("MiB", "mIb"), 0);
	assert_true(strcasecmp("a", "B") < 0);
}

static void test_find(void **state)
{
	const char *s = "a,b,c";

	assert_ptr_equal(strchr(s, ','), s + 1);
	assert_ptr_equal(strchr(s, '\0'), s + 5);
	assert_null(strchr(s, 'x'));
	assert_ptr_equal(strrchr(s, ','), s + 3);
	assert_null(strrchr(s, 'x'));
	assert_ptr_equal(strstr(s, "b,c"), s + 2);
	assert_ptr_equal(strstr(s, ""), s);
	assert_null(strstr(s, "b,d"));
	assert_string_equal(skip_spaces(" \t\n x y"), "x y");
}

static void test_strlcpy(void **state)
{
	char buf[6] = "xxxxx";

	assert_int_equal(strlcpy(buf, "hello world", sizeof(buf)), 11);
	assert_string_equal(buf, "hello");
	assert_int_equal(strlcpy(buf, "ab", sizeof(buf)), 2);
	assert_int_equal(strlcat(buf, "cd", sizeof(buf)), 4);
	assert_string_equal(buf, "abcd");
	assert_int_equal(strlcat(buf, "efg", sizeof(buf)), 7);
	assert_string_equal(buf, "abcde");
	assert_int_equal(strlcpy(NULL, "abc", 0), 3);
}

static const struct {
	const char *text;
	unsigned int base;
	int rc;
	u64 val;
	size_t used;
} numbers[] = {
	{ "0", 0, 0, 0, 1 },
	{ "42x", 0, 0, 42, 2 },
	{ "0x3f8,4", 0, 0, 0x3f8, 5 },
	{ "0X3F8", 0, 0, 0x3f8, 5 },
	{ "0x", 0, 0, 0, 1 },
	{ "0xg", 0, 0, 0, 1 },
	{ "017", 0, 0, 15, 3 },
	{ "08", 0, 0, 0, 1 },
	{ "0x10", 16, 0, 16, 4 },
	{ "10", 16, 0, 16, 2 },
	{ "0x10", 10, 0, 0, 1 },
	{ "18446744073709551615", 10, 0, ~0ULL, 20 },
	{ "18446744073709551616", 10, -ERANGE, 0, 20 },
	{ "99999999999999999999999", 10, -ERANGE, 0, 23 },
	{ "0xffffffffffffffff", 0, 0, ~0ULL, 18 },
	{ "0x10000000000000000", 0, -ERANGE, 0, 19 },
	{ "", 0, -EINVAL, 0, 0 },
	{ "-1", 0, -EINVAL, 0, 0 },
	{ " 1", 0, -EINVAL, 0, 0 },
	{ "x", 16, -EINVAL, 0, 0 },
};

static void test_numbers(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *end;
		u64 v = 0;

		assert_int_equal(str_to_u64(numbers[i].text, &end, numbers[i].base, &v),
				 numbers[i].rc);
		assert_int_equal(v, numbers[i].val);
		assert_ptr_equal(end, numbers[i].text + numbers[i].used);
	}
	assert_int_equal(simple_strtoull("", NULL, 0), 0);
	assert_true(simple_strtoull("0x10000000000000000", NULL, 0) == ~0ULL);
	assert_int_equal(simple_strtoull("12", NULL, 10), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy_memset),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_strlcpy),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("lib/string", tests, NULL, NULL);
}
