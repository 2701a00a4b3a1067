// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of multicast addresses that a guest listens to. Lists are short and
 * filtering is asked for by few guests, so a locked array does.
 */
#include <linux/etherdevice.h>
#include <linux/string.h>

#include "mcast.h"

static int find(const struct nb_mcast *mcast, const u8 *addr)
{
	unsigned int i;

	for (i = 0; i < mcast->nr; i++)
		if (!memcmp(mcast->addr[i], addr, ETH_ALEN))
			return i;
	return -1;
}

/**
 * nb_mcast_add() - The guest wants frames to @addr.
 * @mcast:	the filter
 * @addr:	ETH_ALEN octets as the guest gave them
 *
 * Context: softirq.
 * Return: false if @addr is no multicast address or the list is full.
 */
bool nb_mcast_add(struct nb_mcast *mcast, const u8 *addr)
{
	bool ok = true;

	if (!is_multicast_ether_addr(addr))
		return false;

	spin_lock_bh(&mcast->lock);
	if (find(mcast, addr) >= 0)
		;
	else if (mcast->nr == NB_MCAST_MAX)
		ok = false;
	else
		memcpy(mcast->addr[mcast->nr++], addr, ETH_ALEN);
	spin_unlock_bh(&mcast->lock);
	return ok;
}

/**
 * nb_mcast_del() - The guest no longer wants frames to @addr.
 * @mcast:	the filter
 * @addr:	ETH_ALEN octets; unknown ones are ignored
 *
 * Context: softirq.
 */
void nb_mcast_del(struct nb_mcast *mcast, const u8 *addr)
{
	int i;

	spin_lock_bh(&mcast->lock);
	i = find(mcast, addr);
	if (i >= 0)
		memcpy(mcast->addr[i], mcast->addr[--mcast->nr], ETH_ALEN);
	spin_unlock_bh(&mcast->lock);
}

/**
 * nb_mcast_clear() - Forget all addresses and stop filtering.
 * @mcast:	the filter
 *
 * Context: any but hard interrupt.
 */
void nb_mcast_clear(struct nb_mcast *mcast)
{
	spin_lock_bh(&mcast->lock);
	mcast->nr = 0;
	WRITE_ONCE(mcast->filter, false);
	spin_unlock_bh(&mcast->lock);
}

/**
 * nb_mcast_wanted() - Does a frame pass the filter?
 * @mcast:	the filter
 * @addr:	destination address of the frame
 *
 * Broadcast and unicast frames always pass.
 *
 * Context: softirq, or with bottom halves off.
 */
bool nb_mcast_wanted(struct nb_mcast *mcast, const u8 *addr)
{
	bool wanted;

	if (!READ_ONCE(mcast->filter) || !is_multicast_ether_addr(addr) ||
	    is_broadcast_ether_addr(addr))
		return true;

	spin_lock_bh(&mcast->lock);
	wanted = find(mcast, addr) >= 0;
	spin_unlock_bh(&mcast->lock);
	return wanted;
}
