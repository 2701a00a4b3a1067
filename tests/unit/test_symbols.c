// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of test_symbols_nm.txt as tools/symbols.awk makes it; the
 * Makefile runs that, so this tests the two together.
 */
#include <hv/lib.h>
#include <hv/string.h>
#include <hv/symbols.h>
#include "test.h"

extern const u32 symbols_count;

static void expect(unsigned long addr, const char *name, unsigned long offset, unsigned long size)
{
	unsigned long o = 1, s = 1;
	const char *got = symbol_lookup(addr, &o, &s);

	if (name)
		assert_string_equal(got, name);
	else
		assert_null(got);
	assert_int_equal(o, offset);
	assert_int_equal(s, size);
}

static void test_lookup(void **state)
{
	assert_int_equal(symbols_count, 6);
	expect(0xffff82d040000000UL, "start", 0, 0x40);
	expect(0xffff82d04000003fUL, "start", 0x3f, 0x40);
	expect(0xffff82d040000040UL, "entry_syscall", 0, 0x10);
	expect(0xffff82d040000051UL, "weak_one", 1, 0xfb0);
	expect(0xffff82d040001000UL, "last_of_text", 0, 0x1000);
	expect(0xffff82d080000010UL, "init_far_away", 0x10, 0x20);
}

static void test_outside(void **state)
{
	expect(0, NULL, 0, 0);
	expect(0xffff82d03fffffffUL, NULL, 0, 0);
	expect(0xffff82d040002000UL, NULL, 0, 0);
	expect(0xffff82d040003008UL, NULL, 0, 0);
	expect(0xffff82d080000020UL, NULL, 0, 0);
	expect(0xffff82d140000000UL, NULL, 0, 0);
	expect(~0UL, NULL, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests_name("lib/symbols", tests, NULL, NULL);
}
