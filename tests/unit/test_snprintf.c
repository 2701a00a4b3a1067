// SPDX-License-Identifier: GPL-2.0-only
/* Against the C library's, which is the authority on all but %pS. */
#include <hv/lib.h>
#include <hv/string.h>
#include <hv/symbols.h>
#include "test.h"

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	*offset = addr & 0xff;
	*size = 0x100;
	return addr >= 0x1000 && addr < 0x1100 ? "do_thing" : NULL;
}

#define CHECK(fmt, ...) do {						\
	char ours[128], theirs[128];					\
	int n = snprintf(ours, sizeof(ours), fmt, __VA_ARGS__);		\
	int m = __builtin_snprintf(theirs, sizeof(theirs), fmt, __VA_ARGS__); \
	assert_string_equal(ours, theirs);				\
	assert_int_equal(n, m);						\
} while (0)

static void test_integers(void **state)
{
	static const char *const fmts[] = {
		"%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%-8.3d|", "%+05d",
		"%08.3d", "%u", "%x", "%X", "%#x", "%#X", "%#10x", "%#010x", "%-#10x|", "%o", "%#o",
		"%.0d", "%.0x",
	};
	static const int values[] = { 0, 1, -1, 42, -42, 99999, -99999, 2147483647,
				      -2147483647 - 1 };

	for (unsigned int f = 0; f < ARRAY_SIZE(fmts); f++)
		for (unsigned int v = 0; v < ARRAY_SIZE(values); v++)
			CHECK(fmts[f], values[v]);
}

static void test_lengths(void **state)
{
	CHECK("%lx", 0x123456789abcdef0UL);
	CHECK("%llx", 0x123456789abcdef0ULL);
	CHECK("%016lx", 0xffff82d040000000UL);
	CHECK("%ld", -9223372036854775807L - 1);
	CHECK("%lu", ~0UL);
	CHECK("%zu", (size_t)12345678901UL);
	CHECK("%zd", (ssize_t)-5);
	CHECK("%hhd", 0x1ff);
	CHECK("%hhu", 0x1ff);
	CHECK("%hd", 0x1ffff);
	CHECK("%hu", 0x1ffff);
	CHECK("%lo", ~0UL);
	CHECK("%jd", (intmax_t)-7);
}

static void test_strings(void **state)
{
	CHECK("%s|", "abc");
	CHECK("%6s|", "abc");
	CHECK("%-6s|", "abc");
	CHECK("%.2s|", "abc");
	CHECK("%6.2s|", "abc");
	CHECK("%*s|", 6, "abc");
	CHECK("%*s|", -6, "abc");
	CHECK("%.*s|", 2, "abc");
	CHECK("%.*s|", -1, "abc");
	CHECK("%*.*s|", 7, 1, "abc");
	CHECK("%c%c", 'a', 'b');
	CHECK("%5c|", 'a');
	CHECK("%s", (char *)NULL);
	CHECK("100%% %d", 1);
	/* Not terminated: the precision must keep it from reading on. */
	CHECK("%.3s", (char[3]) { 'x', 'y', 'z' });
}

static void test_pointers(void **state)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%p", (void *)0xffff82d040001234UL);
	assert_string_equal(buf, "ffff82d040001234");
	snprintf(buf, sizeof(buf), "%p", (void *)0x12UL);
	assert_string_equal(buf, "0000000000000012");
	snprintf(buf, sizeof(buf), "[%pS]", (void *)0x1042UL);
	assert_string_equal(buf, "[do_thing+0x42/0x100]");
	snprintf(buf, sizeof(buf), "[%ps]", (void *)0x1042UL);
	assert_string_equal(buf, "[do_thing]");
	snprintf(buf, sizeof(buf), "[%pS]", (void *)0x5000UL);
	assert_string_equal(buf, "[0x5000]");
}

static void test_truncation(void **state)
{
	char buf[8] = "#######";

	assert_int_equal(snprintf(buf, 4, "%s", "abcdef"), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(buf[4], '#');
	assert_int_equal(snprintf(NULL, 0, "%d", 12345), 5);
	assert_int_equal(scnprintf(buf, 4, "%s", "abcdef"), 3);
	assert_int_equal(scnprintf(buf, 8, "%s", "ab"), 2);
	assert_int_equal(scnprintf(buf, 0, "x"), 0);
	assert_int_equal(scnprintf(buf, 1, "x"), 0);
	assert_string_equal(buf, "");
}

static void test_malformed(void **state)
{
	char buf[64];

	assert_int_equal(snprintf(buf, sizeof(buf), "a%"), 1);
	assert_int_equal(snprintf(buf, sizeof(buf), "a%l"), 1);
	assert_string_equal(buf, "a");
	snprintf(buf, sizeof(buf), "%k!");
	assert_string_equal(buf, "%k!");
	/* An absurd width is bounded, not obeyed. */
	assert_int_equal(snprintf(buf, sizeof(buf), "%*d", 2000000000, 1), 1024);
	assert_int_equal(snprintf(buf, sizeof(buf), "%99999999999d", 1), 1024);
	assert_int_equal(snprintf(buf, sizeof(buf), "%.*d", 2000000000, 1), 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests_name("lib/snprintf", tests, NULL, NULL);
}
