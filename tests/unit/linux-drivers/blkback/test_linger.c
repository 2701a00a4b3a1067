// SPDX-License-Identifier: GPL-2.0-only
/* How often the thread waits for a guest's next request. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdbool.h>
#include <cmocka.h>

#include "linger.h"

static void only_after_answers(void **state)
{
	struct blk_linger l = { 0 };

	assert_false(blk_linger_begin(&l));
	assert_true(blk_linger_answered(&l));
	assert_true(blk_linger_begin(&l));
	blk_linger_end(&l, true);
	assert_false(blk_linger_begin(&l));
}

static unsigned int tries(struct blk_linger *l, unsigned int rounds, bool came)
{
	unsigned int nr = 0;

	while (rounds--) {
		blk_linger_answered(l);
		if (!blk_linger_begin(l))
			continue;
		blk_linger_end(l, came);
		nr++;
	}
	return nr;
}

static void always_while_it_helps(void **state)
{
	struct blk_linger l = { 0 };

	assert_int_equal(tries(&l, 1000, true), 1000);
}

static void seldom_when_in_vain(void **state)
{
	struct blk_linger l = { 0 };

	/* 1, 2, 4... 1024 left out between them, then 1024 each time */
	assert_int_equal(tries(&l, 2048, false), 11);
	assert_in_range(tries(&l, 102500, false), 99, 101);
	assert_false(blk_linger_answered(&l));
}

static void back_at_once(void **state)
{
	struct blk_linger l = { 0 };

	tries(&l, 5000, false);
	assert_in_range(tries(&l, LINGER_SKIP_MAX + 100, true), 99, 1024 + 100);
	assert_int_equal(tries(&l, 10, true), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_after_answers),
		cmocka_unit_test(always_while_it_helps),
		cmocka_unit_test(seldom_when_in_vain),
		cmocka_unit_test(back_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
