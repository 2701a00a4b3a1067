/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of pending ports of one open /dev/xen/evtchn. */
#ifndef HOSPES_EVTCHN_RING_H
#define HOSPES_EVTCHN_RING_H

#include <linux/types.h>

/**
 * struct port_ring - ports whose events were not read yet
 * @slot:     @size entries, or NULL while @size is 0
 * @size:     power of two, or 0
 * @prod:     free-running index of the next entry to write
 * @cons:     free-running index of the next entry to read
 * @overflow: an event found no room; nothing is read until port_ring_reset()
 *
 * The ring has no lock of its own: its user serialises all calls.
 */
struct port_ring {
	u32 *slot;
	u32 size;
	u32 prod;
	u32 cons;
	bool overflow;
};

static inline u32 port_ring_used(const struct port_ring *ring)
{
	return ring->prod - ring->cons;
}

bool port_ring_push(struct port_ring *ring, u32 port);
u32 port_ring_peek(const struct port_ring *ring, u32 *ports, u32 max);
void port_ring_consume(struct port_ring *ring, u32 nr);
u32 *port_ring_replace(struct port_ring *ring, u32 *slot, u32 size);
void port_ring_reset(struct port_ring *ring);

#endif
