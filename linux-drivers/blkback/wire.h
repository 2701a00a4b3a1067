/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shared ring and what travels on it: no state but the ring's, no locks.
 * wire.c copies, request.c checks; both build on the host for the unit tests.
 */
#ifndef HOSPES_BLKBACK_WIRE_H
#define HOSPES_BLKBACK_WIRE_H

#include <linux/types.h>
#include <xen/interface/io/blkif.h>

#define SECTOR_BYTES		512
#define FRAME_BYTES		4096	/* of a grant, whatever PAGE_SIZE is */
#define FRAME_SECTORS		(FRAME_BYTES / SECTOR_BYTES)
#define BLK_DIRECT_SEGS		BLKIF_MAX_SEGMENTS_PER_REQUEST
#define BLK_MAX_SEGS		256	/* of an indirect request; one page of descriptors */

/* Entry sizes of the two layouts, x86_64-abi and x86_32-abi. */
#define WIRE_STRIDE_64		112
#define WIRE_STRIDE_32		108

/**
 * struct wire_ring - The backend's view of one ring.
 * @sring:    the shared pages; everything in them may change at any time
 * @stride:   bytes from one entry to the next
 * @size:     entries, a power of two
 * @req_cons: requests taken; written by the consumer
 * @rsp_prod: responses written, perhaps not yet pushed; written by the producer
 */
struct wire_ring {
	struct blkif_sring *sring;
	unsigned int stride;
	unsigned int size;
	RING_IDX req_cons;
	RING_IDX rsp_prod;
};

/** union wire_raw - A private copy of an entry, in the 64-bit layout. */
union wire_raw {
	u64 word[WIRE_STRIDE_64 / 8];
	struct blkif_request req;
};

/**
 * struct wire_limits - What a disk allows.
 * @sectors:     capacity in units of SECTOR_BYTES
 * @align_mask:  logical block size in sectors, minus one
 * @readonly:    refuse what writes
 * @discard:     pass discards
 * @secure:      pass secure discards
 */
struct wire_limits {
	u64 sectors;
	unsigned int align_mask;
	bool readonly;
	bool discard;
	bool secure;
};

/** enum blk_kind - What a request wants, whatever its wire form. */
enum blk_kind {
	BLK_READ,
	BLK_WRITE,
	BLK_FLUSH,	/* with or without data */
	BLK_BARRIER,
	BLK_DISCARD,
};

/**
 * struct wire_request - A request in private memory, checked as far as it is complete.
 * @id:         echoed in the response
 * @op:         echoed in the response; of an indirect request the inner one
 * @kind:       what to do
 * @secure:     of a discard
 * @nr_segs:    0 to BLK_MAX_SEGS
 * @indirect:   the segments are in @table yet
 * @table:      grant of the page of segment descriptors
 * @sector:     first on the disk
 * @nr_sectors: of a discard; of anything else known when the segments are
 *
 * The segments of a direct request stay in the private copy.
 */
struct wire_request {
	u64 id;
	u8 op;
	enum blk_kind kind;
	bool secure;
	bool indirect;
	unsigned int nr_segs;
	grant_ref_t table;
	u64 sector;
	u64 nr_sectors;
};

void wire_ring_init(struct wire_ring *ring, void *sring, unsigned int pages, bool abi32);
int wire_pending(const struct wire_ring *ring, RING_IDX *prod);
void wire_copy(const struct wire_ring *ring, RING_IDX idx, union wire_raw *raw);
void wire_respond(struct wire_ring *ring, u64 id, u8 op, s16 status);
bool wire_push(struct wire_ring *ring, RING_IDX pushed);
bool wire_rearm(struct wire_ring *ring);

int wire_decode(const struct blkif_request *raw, struct wire_request *req);
int wire_segment(const struct blkif_request_segment *seg, unsigned int align_mask,
		 u16 *offset, u16 *bytes);
int wire_check(const struct wire_request *req, const struct wire_limits *lim);

#endif
