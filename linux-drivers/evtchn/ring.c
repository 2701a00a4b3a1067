// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of pending ports: no allocation, no lock, no knowledge of Xen.
 *
 * A port is masked from its event until the reader writes it back, so it is in
 * the ring once at most, and a ring with a slot for each bound port suffices.
 * Stale entries of ports that were closed and bound anew are the exception:
 * they can fill the ring, which @overflow then tells the reader.
 */
#include <linux/minmax.h>

#include "ring.h"

/**
 * port_ring_push() - Add @port as the newest entry.
 * @ring: ring
 * @port: event channel port
 *
 * Context: caller serialises; does not sleep.
 * Return: true if the ring was empty before, that is, if a reader may sleep.
 *	   If there is no room, the ring is marked as overflown and a reader
 *	   must learn of that: true as well.
 */
bool port_ring_push(struct port_ring *ring, u32 port)
{
	if (port_ring_used(ring) == ring->size) {
		ring->overflow = true;
		return true;
	}

	ring->slot[ring->prod & (ring->size - 1)] = port;
	return ring->prod++ == ring->cons;
}

/**
 * port_ring_peek() - Copy out the oldest entries and leave them in the ring.
 * @ring:  ring
 * @ports: @max entries of room
 * @max:   how many entries are wanted
 *
 * Context: caller serialises; does not sleep.
 * Return: number of entries copied.
 */
u32 port_ring_peek(const struct port_ring *ring, u32 *ports, u32 max)
{
	u32 i, nr = min(max, port_ring_used(ring));

	for (i = 0; i < nr; i++)
		ports[i] = ring->slot[(ring->cons + i) & (ring->size - 1)];

	return nr;
}

/**
 * port_ring_consume() - Drop the oldest entries.
 * @ring: ring
 * @nr:   how many; no more than a port_ring_peek() has copied since the last
 *	  port_ring_reset()
 *
 * Context: caller serialises; does not sleep.
 */
void port_ring_consume(struct port_ring *ring, u32 nr)
{
	ring->cons += min(nr, port_ring_used(ring));
}

/**
 * port_ring_replace() - Move the entries to a larger array.
 * @ring: ring
 * @slot: the new array, from now on the ring's
 * @size: its number of entries, a power of two above the present size
 *
 * Context: caller serialises; does not sleep.
 * Return: the old array, now the caller's to free; NULL if there was none.
 */
u32 *port_ring_replace(struct port_ring *ring, u32 *slot, u32 size)
{
	u32 *old = ring->slot;
	u32 nr = port_ring_peek(ring, slot, size);

	ring->slot = slot;
	ring->size = size;
	ring->cons = 0;
	ring->prod = nr;

	return old;
}

/**
 * port_ring_reset() - Forget all entries and the overflow.
 * @ring: ring
 *
 * Context: caller serialises; does not sleep.
 */
void port_ring_reset(struct port_ring *ring)
{
	ring->cons = ring->prod;
	ring->overflow = false;
}
