/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which multicast frames a guest wants (xen/io/netif.h, "feature-multicast-control").
 */
#ifndef NETBACK_MCAST_H
#define NETBACK_MCAST_H

#include <linux/if_ether.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* A guest that wants more has to turn the filter off. */
#define NB_MCAST_MAX	64

/**
 * struct nb_mcast - the filter of one device
 * @lock:	guards @addr and @nr
 * @filter:	the guest asked for filtering
 * @nr:		entries of @addr
 * @addr:	the addresses, in no order
 */
struct nb_mcast {
	spinlock_t lock;	/* a leaf: nothing is taken below it */
	bool filter;
	unsigned int nr;
	u8 addr[NB_MCAST_MAX][ETH_ALEN];
};

bool nb_mcast_add(struct nb_mcast *mcast, const u8 *addr);
void nb_mcast_del(struct nb_mcast *mcast, const u8 *addr);
void nb_mcast_clear(struct nb_mcast *mcast);
bool nb_mcast_wanted(struct nb_mcast *mcast, const u8 *addr);

#endif
