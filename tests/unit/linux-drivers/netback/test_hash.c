// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hashing: against the reference code of the public header and against the
 * published verification values of receive-side scaling, and each request's
 * limits.
 */
#include <arpa/inet.h>
#include <string.h>

#define XEN_NETIF_DEFINE_TOEPLITZ
#include "test.h"
#include "hash.h"

static const u8 rss_key[NB_HASH_KEY_MAX] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static struct nb_hash hash;

static int setup(void **state)
{
	nb_hash_reset(&hash);
	return 0;
}

static void published_values(void **state)
{
	/* 66.9.149.187:2794 to 161.142.100.80:1766 */
	static const u8 input[] = { 66, 9, 149, 187, 161, 142, 100, 80, 0x0a, 0xea, 0x06, 0xe6 };

	assert_int_equal(nb_hash_set_key(&hash, rss_key, sizeof(rss_key)),
			 XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_int_equal(nb_hash_value(&hash, input, 8), 0x323e8fc2);
	assert_int_equal(nb_hash_value(&hash, input, 12), 0x51ccc178);
}

static void random_inputs(void **state)
{
	u8 key[NB_HASH_KEY_MAX], input[NB_HASH_INPUT_MAX];
	unsigned int run, i;

	srand(setting("FUZZ_SEED", 1));
	for (run = 0; run < 2000; run++) {
		unsigned int key_len = rand() % (sizeof(key) + 1), len = rand() % (sizeof(input) + 1);

		for (i = 0; i < sizeof(key); i++)
			key[i] = rand();
		for (i = 0; i < sizeof(input); i++)
			input[i] = rand();
		nb_hash_set_key(&hash, key, key_len);
		assert_int_equal(nb_hash_value(&hash, input, len),
				 xen_netif_toeplitz_hash(key, key_len, input, len));
	}
}

static void requests(void **state)
{
	u32 flags = 0, i, map[NB_HASH_MAP_MAX] = { 0 };

	assert_int_equal(nb_hash_get_flags(&hash, &flags), XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	assert_int_equal(nb_hash_set_flags(&hash, 1), XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	assert_int_equal(nb_hash_set_algorithm(&hash, 2), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_algorithm(&hash, 1), XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_false(nb_hash_active(&hash));
	assert_int_equal(nb_hash_get_flags(&hash, &flags), XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_int_equal(flags, 15);
	assert_int_equal(nb_hash_set_flags(&hash, 16), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_flags(&hash, 15), XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_true(nb_hash_active(&hash));
	assert_int_equal(nb_hash_set_key(&hash, NULL, 41), XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(nb_hash_set_key(&hash, rss_key, 0), XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_int_equal(nb_hash_value(&hash, rss_key, 36), 0);

	assert_int_equal(nb_hash_queue(&hash, 7, 4), 3);
	assert_int_equal(nb_hash_set_map(&hash, NULL, 1, 0, 4), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_map_size(&hash, 129), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_map_size(&hash, 128), XEN_NETIF_CTRL_STATUS_SUCCESS);
	for (i = 0; i < 128; i++)
		map[i] = 3 - i % 4;
	assert_int_equal(nb_hash_set_map(&hash, map, 128, 0, 4), XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_int_equal(nb_hash_queue(&hash, 129, 4), 2);
	/* the device has fewer queues now: never a number out of range */
	assert_true(nb_hash_queue(&hash, 128, 2) < 2);
	assert_int_equal(nb_hash_set_map(&hash, map, 128, 1, 4), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_map(&hash, map, 2, 127, 4), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_map(&hash, map, 2, UINT32_MAX, 4),
			 XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(nb_hash_set_map(&hash, map, UINT32_MAX, 1, 4),
			 XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	map[0] = 4;
	assert_int_equal(nb_hash_set_map(&hash, map, 1, 0, 4), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	assert_int_equal(hash.map[0], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(published_values, setup),
		cmocka_unit_test_setup(random_inputs, setup),
		cmocka_unit_test_setup(requests, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
