// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checking requests that were copied to private memory. No state, no locks.
 *
 * ABI: xen/io/blkif.h. Sectors are of 512 bytes whatever the disk's block size.
 */
#include <linux/errno.h>

#include "wire.h"

static int decode_op(u8 op, enum blk_kind *kind)
{
	switch (op) {
	case BLKIF_OP_READ:
		*kind = BLK_READ;
		return 0;
	case BLKIF_OP_WRITE:
		*kind = BLK_WRITE;
		return 0;
	case BLKIF_OP_WRITE_BARRIER:
		*kind = BLK_BARRIER;
		return 0;
	case BLKIF_OP_FLUSH_DISKCACHE:
		*kind = BLK_FLUSH;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int decode_rw(const struct blkif_request_rw *rw, struct wire_request *req)
{
	req->nr_segs = rw->nr_segments;
	req->sector = rw->sector_number;
	return req->nr_segs > BLK_DIRECT_SEGS ? -EINVAL : 0;
}

static int decode_indirect(const struct blkif_request_indirect *in, struct wire_request *req)
{
	req->op = in->indirect_op;	/* frontends expect the answer to name it */
	req->indirect = true;
	req->nr_segs = in->nr_segments;
	req->sector = in->sector_number;
	req->table = in->indirect_grefs[0];
	if (!req->nr_segs || req->nr_segs > BLK_MAX_SEGS)
		return -EINVAL;
	/* Only what the ABI allows: plain reads and writes. */
	if (in->indirect_op != BLKIF_OP_READ && in->indirect_op != BLKIF_OP_WRITE)
		return -EINVAL;
	return decode_op(in->indirect_op, &req->kind);
}

static void decode_discard(const struct blkif_request_discard *d, struct wire_request *req)
{
	req->kind = BLK_DISCARD;
	req->secure = d->flag & BLKIF_DISCARD_SECURE;
	req->sector = d->sector_number;
	req->nr_sectors = d->nr_sectors;
}

/**
 * wire_decode() - Take a copied entry apart.
 * @raw: the private copy, 64-bit layout
 * @req: the result; @id and @op are set whatever is returned
 *
 * Return: 0; -EOPNOTSUPP for an unknown operation; -EINVAL for a bad count.
 */
int wire_decode(const struct blkif_request *raw, struct wire_request *req)
{
	/* The id stands at the same place in every form. */
	req->id = raw->u.other.id;
	req->op = raw->operation;
	req->secure = false;
	req->indirect = false;
	req->nr_segs = 0;
	req->nr_sectors = 0;
	req->kind = BLK_READ;

	if (raw->operation == BLKIF_OP_INDIRECT)
		return decode_indirect(&raw->u.indirect, req);
	if (raw->operation == BLKIF_OP_DISCARD) {
		decode_discard(&raw->u.discard, req);
		return 0;
	}
	return decode_op(raw->operation, &req->kind) ?: decode_rw(&raw->u.rw, req);
}

/**
 * wire_segment() - Check one segment descriptor.
 * @seg:        private copy
 * @align_mask: logical block size in sectors, minus one
 * @offset:     set to the first byte in the frame
 * @bytes:      set to the length, SECTOR_BYTES to FRAME_BYTES
 *
 * Return: 0; -EINVAL outside the frame, backwards, or not in whole blocks.
 */
int wire_segment(const struct blkif_request_segment *seg, unsigned int align_mask,
		 u16 *offset, u16 *bytes)
{
	unsigned int first = seg->first_sect, last = seg->last_sect;

	if (last >= FRAME_SECTORS || first > last)
		return -EINVAL;
	if ((first | (last + 1)) & align_mask)
		return -EINVAL;
	*offset = first * SECTOR_BYTES;
	*bytes = (last - first + 1) * SECTOR_BYTES;
	return 0;
}

static int check_data(const struct wire_request *req)
{
	if (req->nr_segs)
		return 0;
	return req->kind == BLK_FLUSH || req->kind == BLK_BARRIER ? 0 : -EINVAL;
}

static int check_discard(const struct wire_request *req, const struct wire_limits *lim)
{
	if (!lim->discard || (req->secure && !lim->secure))
		return -EOPNOTSUPP;
	return req->nr_sectors ? 0 : -EINVAL;
}

/**
 * wire_check() - May the disk be asked for this?
 * @req: decoded, @nr_sectors known
 * @lim: the disk's limits
 *
 * Return: 0; -EROFS for a write to a read-only disk; -EOPNOTSUPP for a discard
 * that is not offered; -EINVAL for no data, or a place that is outside the disk
 * or not in whole blocks.
 */
int wire_check(const struct wire_request *req, const struct wire_limits *lim)
{
	int rc;

	if (lim->readonly && req->kind != BLK_READ && req->kind != BLK_FLUSH)
		return -EROFS;
	if (lim->readonly && req->kind == BLK_FLUSH && req->nr_sectors)
		return -EROFS;
	rc = req->kind == BLK_DISCARD ? check_discard(req, lim) : check_data(req);
	if (rc)
		return rc;
	if (!req->nr_sectors)
		return 0;	/* a flush alone; its sector means nothing */
	if ((req->sector | req->nr_sectors) & lim->align_mask)
		return -EINVAL;
	if (req->sector >= lim->sectors || req->nr_sectors > lim->sectors - req->sector)
		return -EINVAL;
	return 0;
}
