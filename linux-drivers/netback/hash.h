/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Toeplitz hashing as a guest configures it over the control ring
 * (xen/io/netif.h, "Control requests").
 */
#ifndef NETBACK_HASH_H
#define NETBACK_HASH_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <xen/interface/io/netif.h>

#define NB_HASH_KEY_MAX		40
#define NB_HASH_MAP_MAX		128
#define NB_HASH_INPUT_MAX	36	/* IPv6 addresses and two ports */
#define NB_HASH_NO_TYPE		0xff	/* not hashed: no _XEN_NETIF_CTRL_HASH_TYPE_* */
#define NB_HASH_TYPES	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 | XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | \
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 | XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/*
 * A guest's choice:
 * algorithm:	XEN_NETIF_CTRL_HASH_ALGORITHM_*
 * types:	XEN_NETIF_CTRL_HASH_TYPE_*
 * key:	zero-padded
 * map_size:	entries of map, 0 to spread by modulus
 * map:	hash modulo map_size to queue
 * table:	hash of each half-octet at each place of the input, by key
 *
 * Written by the control ring's thread only. Readers in softirq may meet a
 * mixture of old and new during a change, which misplaces a packet at worst:
 * a queue number is checked where it is used.
 */
struct nb_hash {
	u32 algorithm;
	u32 types;
	u8 key[NB_HASH_KEY_MAX];
	u32 map_size;
	u32 map[NB_HASH_MAP_MAX];
	u32 table[NB_HASH_INPUT_MAX * 2][16];
};

void nb_hash_reset(struct nb_hash *hash);
u32 nb_hash_set_algorithm(struct nb_hash *hash, u32 algorithm);
u32 nb_hash_get_flags(const struct nb_hash *hash, u32 *flags);
u32 nb_hash_set_flags(struct nb_hash *hash, u32 flags);
u32 nb_hash_set_key(struct nb_hash *hash, const u8 *key, u32 len);
u32 nb_hash_set_map_size(struct nb_hash *hash, u32 size);
u32 nb_hash_set_map(struct nb_hash *hash, const u32 *map, u32 nr, u32 at, u32 nr_queues);
u32 nb_hash_value(const struct nb_hash *hash, const u8 *input, unsigned int len);
u32 nb_hash_queue(const struct nb_hash *hash, u32 value, u32 nr_queues);

static inline bool nb_hash_active(const struct nb_hash *hash)
{
	return READ_ONCE(hash->algorithm) != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE &&
	       READ_ONCE(hash->types);
}

#endif
