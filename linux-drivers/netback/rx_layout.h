/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a packet lies on a guest's receive ring: the first slot of data, then
 * the extra infos, then the other slots of data, each filled to its end.
 *
 * ABI: xen/io/netif.h, "Guest receive".
 */
#ifndef NETBACK_RX_LAYOUT_H
#define NETBACK_RX_LAYOUT_H

#include <linux/kernel.h>
#include <linux/types.h>

#define NB_RX_SLOT_SIZE		4096

/* A frontend that wants more room than this before the data gets none. */
#define NB_RX_HEADROOM_MAX	2048

/* 64 KiB with headers at the largest headroom, and three extra infos. */
#define NB_RX_SLOTS_MAX		40

/**
 * struct nb_rx_layout - where the next octet goes
 * @headroom:	octets left free at the start of each slot, up to NB_RX_HEADROOM_MAX
 * @nr_extras:	extra infos of the packet
 * @slot:	current slot of data, counted from the packet's first
 * @end:	end of the data in it
 */
struct nb_rx_layout {
	unsigned int headroom;
	unsigned int nr_extras;
	unsigned int slot;
	unsigned int end;
};

static inline unsigned int nb_rx_slots(unsigned int len, unsigned int headroom,
				       unsigned int nr_extras)
{
	return DIV_ROUND_UP(len, NB_RX_SLOT_SIZE - headroom) + nr_extras;
}

static inline void nb_rx_layout_begin(struct nb_rx_layout *l, unsigned int headroom,
				      unsigned int nr_extras)
{
	l->headroom = headroom;
	l->nr_extras = nr_extras;
	l->slot = 0;
	l->end = headroom;
}

/* Make room in the current slot or go on to the next; gives the room there. */
static inline unsigned int nb_rx_layout_room(struct nb_rx_layout *l)
{
	if (l->end == NB_RX_SLOT_SIZE) {
		l->slot += l->slot ? 1 : 1 + l->nr_extras;
		l->end = l->headroom;
	}
	return NB_RX_SLOT_SIZE - l->end;
}

#endif
