// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's hash settings and the Toeplitz hash itself.
 *
 * The hash is linear over exclusive or: that of the input is the sum of those
 * of its half-octets. The key changes rarely, so it is turned into a table of
 * them, and a hash costs two lookups per octet.
 *
 * ABI: xen/io/netif.h, XEN_NETIF_CTRL_TYPE_*.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "hash.h"

/* The 32 bits of the key from @bit on; zeroes follow the key. */
static u32 key_window(const struct nb_hash *hash, unsigned int bit)
{
	u64 window = 0;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		unsigned int octet = bit / 8 + i;

		window = window << 8 | (octet < NB_HASH_KEY_MAX ? hash->key[octet] : 0);
	}
	return window << bit % 8 >> 32;
}

static void build_table(struct nb_hash *hash)
{
	unsigned int place, value, bit;

	for (place = 0; place < NB_HASH_INPUT_MAX * 2; place++) {
		for (value = 0; value < 16; value++) {
			u32 sum = 0;

			for (bit = 0; bit < 4; bit++)
				if (value & 8 >> bit)
					sum ^= key_window(hash, place * 4 + bit);
			hash->table[place][value] = sum;
		}
	}
}

/**
 * nb_hash_reset() - Forget all settings; hashing is off.
 * @hash: settings
 */
void nb_hash_reset(struct nb_hash *hash)
{
	memset(hash, 0, sizeof(*hash));
}

/**
 * nb_hash_set_algorithm() - Request SET_HASH_ALGORITHM.
 * @hash:	settings
 * @algorithm:	as in the request
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 nb_hash_set_algorithm(struct nb_hash *hash, u32 algorithm)
{
	if (algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE &&
	    algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	WRITE_ONCE(hash->algorithm, algorithm);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_get_flags() - Request GET_HASH_FLAGS.
 * @hash:	settings
 * @flags:	types of hash that can be had, for the response
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 nb_hash_get_flags(const struct nb_hash *hash, u32 *flags)
{
	if (hash->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	*flags = NB_HASH_TYPES;
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_set_flags() - Request SET_HASH_FLAGS.
 * @hash:	settings
 * @flags:	types of hash wanted; 0 turns hashing off
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 nb_hash_set_flags(struct nb_hash *hash, u32 flags)
{
	if (flags & ~NB_HASH_TYPES)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	if (hash->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	WRITE_ONCE(hash->types, flags);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_set_key() - Request SET_HASH_KEY.
 * @hash:	settings
 * @key:	@len octets, private to us
 * @len:	as in the request, any value; @key is not read if it is too large
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 nb_hash_set_key(struct nb_hash *hash, const u8 *key, u32 len)
{
	if (len > NB_HASH_KEY_MAX)
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	memset(hash->key, 0, sizeof(hash->key));
	memcpy(hash->key, key, len);
	build_table(hash);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_set_map_size() - Request SET_HASH_MAPPING_SIZE.
 * @hash:	settings
 * @size:	entries; 0 spreads by modulus
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 nb_hash_set_map_size(struct nb_hash *hash, u32 size)
{
	if (size > NB_HASH_MAP_MAX)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memset(hash->map, 0, sizeof(hash->map));
	WRITE_ONCE(hash->map_size, size);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_set_map() - Request SET_HASH_MAPPING.
 * @hash:	settings
 * @map:	@nr queue numbers, private to us
 * @nr:		entries, any value; @map is not read if it is out of range
 * @at:		first entry to set, any value
 * @nr_queues:	of the device
 *
 * Return: XEN_NETIF_CTRL_STATUS_*; nothing has changed if not success.
 */
u32 nb_hash_set_map(struct nb_hash *hash, const u32 *map, u32 nr, u32 at, u32 nr_queues)
{
	u32 i;

	if (nr > hash->map_size || at > hash->map_size - nr)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	for (i = 0; i < nr; i++)
		if (map[i] >= nr_queues)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memcpy(&hash->map[at], map, nr * sizeof(*map));
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * nb_hash_value() - Toeplitz hash of some octets.
 * @hash:	settings
 * @input:	@len octets
 * @len:	at most NB_HASH_INPUT_MAX
 */
u32 nb_hash_value(const struct nb_hash *hash, const u8 *input, unsigned int len)
{
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < len; i++)
		sum ^= hash->table[2 * i][input[i] >> 4] ^ hash->table[2 * i + 1][input[i] & 15];
	return sum;
}

/**
 * nb_hash_queue() - The queue for a hash value.
 * @hash:	settings
 * @value:	of the packet
 * @nr_queues:	of the device, not 0
 */
u32 nb_hash_queue(const struct nb_hash *hash, u32 value, u32 nr_queues)
{
	u32 size = READ_ONCE(hash->map_size);

	if (!size)
		return value % nr_queues;
	return READ_ONCE(hash->map[value % size]) % nr_queues;
}
