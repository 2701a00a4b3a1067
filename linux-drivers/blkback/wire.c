// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying requests out of the shared ring and responses into it.
 *
 * Nothing is read twice. The consumer alone writes req_cons, whoever owns the
 * responses (done.c) rsp_prod; each may read the other's.
 *
 * ABI: xen/io/ring.h, xen/io/blkif.h. The layouts of 64- and 32-bit x86 guests
 * differ by four bytes of padding before the id, and so in the entry's size.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <asm/barrier.h>

#include "wire.h"

static_assert(sizeof(struct blkif_request) == WIRE_STRIDE_64);
static_assert(sizeof(struct blkif_response) == 16);
static_assert(offsetof(struct blkif_sring, ring) == 64);
static_assert(offsetof(struct blkif_request, u.rw.nr_segments) == 1);
static_assert(offsetofend(struct blkif_request, u.rw.seg[0]) == 32);
static_assert(offsetofend(struct blkif_request, u.indirect.indirect_grefs[0]) <= 32);
static_assert(offsetofend(struct blkif_request, u.discard.nr_sectors) <= 32);
static_assert(WIRE_STRIDE_64 == 32 + 8 * (BLK_DIRECT_SEGS - 1));

#define HEAD_BYTES	4	/* operation, count, handle; in the 64-bit layout padding follows */

/* The entries of a 32-bit guest are aligned to four bytes only. */
typedef u64 ring_u64 __attribute__((aligned(4)));

/**
 * wire_ring_init() - Look at freshly mapped pages as a ring.
 * @ring:  to be filled
 * @sring: the mapping, @pages contiguous
 * @pages: 1 to 16
 * @abi32: entries in the 32-bit layout
 *
 * Starts where the frontend's responses stand, so that one that was connected
 * before continues.
 */
void wire_ring_init(struct wire_ring *ring, void *sring, unsigned int pages, bool abi32)
{
	ring->sring = sring;
	ring->stride = abi32 ? WIRE_STRIDE_32 : WIRE_STRIDE_64;
	ring->size = rounddown_pow_of_two((pages * FRAME_BYTES - 64) / ring->stride);
	ring->rsp_prod = READ_ONCE(ring->sring->rsp_prod);
	ring->req_cons = ring->rsp_prod;
}

/**
 * wire_pending() - Look for requests.
 * @ring: the ring
 * @prod: set to the frontend's producer index
 *
 * Return: number of requests not taken yet; -EIO if the index cannot be true,
 * which would make more requests than there are entries without a response.
 */
int wire_pending(const struct wire_ring *ring, RING_IDX *prod)
{
	*prod = READ_ONCE(ring->sring->req_prod);
	virt_rmb();	/* the entries, and our rsp_prod, after the index */
	if (*prod - READ_ONCE(ring->rsp_prod) > ring->size || *prod - ring->req_cons > ring->size)
		return -EIO;
	return *prod - ring->req_cons;
}

static void *wire_entry(const struct wire_ring *ring, RING_IDX idx)
{
	return (char *)ring->sring->ring + (size_t)(idx & (ring->size - 1)) * ring->stride;
}

/*
 * All forms are told apart by four words, but a direct request's segments are
 * one word more each. @head has their number where other forms have a flag.
 */
static unsigned int words_used(u32 head)
{
	unsigned int nr_segs = head >> 8 & 0xff;

	return 4 + min(nr_segs, BLK_DIRECT_SEGS - 1U);
}

/**
 * wire_copy() - Copy an entry to private memory, each word once.
 * @ring: the ring
 * @idx:  of a request below the producer index
 * @raw:  the copy; unset where the request uses nothing
 */
void wire_copy(const struct wire_ring *ring, RING_IDX idx, union wire_raw *raw)
{
	const void *entry = wire_entry(ring, idx);
	const ring_u64 *from = entry + HEAD_BYTES;
	unsigned int i, nr;

	if (ring->stride == WIRE_STRIDE_64)
		from = entry + sizeof(u64);
	raw->word[0] = READ_ONCE(*(const u32 *)entry);
	nr = words_used(raw->word[0]);
	for (i = 1; i < nr; i++)
		raw->word[i] = READ_ONCE(from[i - 1]);
}

/**
 * wire_respond() - Write one response, to be shown by wire_push().
 * @ring:   the ring
 * @id:     of the request
 * @op:     of the request
 * @status: BLKIF_RSP_OKAY, _ERROR or _EOPNOTSUPP
 */
void wire_respond(struct wire_ring *ring, u64 id, u8 op, s16 status)
{
	struct blkif_response *rsp = wire_entry(ring, ring->rsp_prod);

	rsp->id = id;
	rsp->operation = op;
	rsp->status = status;
	WRITE_ONCE(ring->rsp_prod, ring->rsp_prod + 1);
}

/**
 * wire_push() - Show the responses to the frontend.
 * @ring:   the ring
 * @pushed: rsp_prod at the last push
 *
 * Return: whether the frontend asked to be told.
 */
bool wire_push(struct wire_ring *ring, RING_IDX pushed)
{
	RING_IDX new = ring->rsp_prod;

	virt_wmb();	/* the responses before the index */
	WRITE_ONCE(ring->sring->rsp_prod, new);
	virt_mb();	/* the index before the frontend's wish is read */
	return (RING_IDX)(new - READ_ONCE(ring->sring->rsp_event)) < (RING_IDX)(new - pushed);
}

/**
 * wire_rearm() - Ask to be told of the next request.
 * @ring: the ring
 *
 * Return: whether requests came in the meantime.
 */
bool wire_rearm(struct wire_ring *ring)
{
	WRITE_ONCE(ring->sring->req_event, ring->req_cons + 1);
	virt_mb();	/* the wish before the last look */
	return READ_ONCE(ring->sring->req_prod) != ring->req_cons;
}
