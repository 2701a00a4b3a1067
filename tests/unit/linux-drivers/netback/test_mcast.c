// SPDX-License-Identifier: GPL-2.0-only
/* The multicast filter. */
#include <string.h>

#include "test.h"
#include "mcast.h"

static const u8 unicast[] = { 0x00, 0x16, 0x3e, 0, 0, 1 };
static const u8 broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static const u8 *group(unsigned int n)
{
	static u8 addr[ETH_ALEN] = { 0x01, 0x00, 0x5e };

	addr[4] = n >> 8;
	addr[5] = n;
	return addr;
}

static void filter_off(void **state)
{
	struct nb_mcast m = { 0 };

	assert_true(nb_mcast_wanted(&m, group(1)));
	assert_true(nb_mcast_wanted(&m, unicast));
}

static void filter_on(void **state)
{
	struct nb_mcast m = { .filter = true };

	assert_false(nb_mcast_wanted(&m, group(1)));
	assert_true(nb_mcast_wanted(&m, unicast));
	assert_true(nb_mcast_wanted(&m, broadcast));
	assert_false(nb_mcast_add(&m, unicast));
	assert_true(nb_mcast_add(&m, group(1)));
	assert_true(nb_mcast_add(&m, group(1)));
	assert_int_equal(m.nr, 1);
	assert_true(nb_mcast_add(&m, group(2)));
	assert_true(nb_mcast_wanted(&m, group(1)));
	nb_mcast_del(&m, group(3));
	nb_mcast_del(&m, group(1));
	assert_false(nb_mcast_wanted(&m, group(1)));
	assert_true(nb_mcast_wanted(&m, group(2)));
	nb_mcast_clear(&m);
	assert_true(nb_mcast_wanted(&m, group(1)));
	assert_int_equal(m.nr, 0);
}

static void list_is_bounded(void **state)
{
	struct nb_mcast m = { .filter = true };
	unsigned int i;

	for (i = 0; i < NB_MCAST_MAX; i++)
		assert_true(nb_mcast_add(&m, group(i)));
	assert_false(nb_mcast_add(&m, group(NB_MCAST_MAX)));
	assert_true(nb_mcast_add(&m, group(5)));
	for (i = 0; i < NB_MCAST_MAX; i++)
		nb_mcast_del(&m, group(i));
	assert_int_equal(m.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_off),
		cmocka_unit_test(filter_on),
		cmocka_unit_test(list_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
