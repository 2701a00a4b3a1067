// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a checked request with its frames at hand to the disk.
 *
 * A blkif request is one run of sectors, so one bio, which is part of the
 * request, always does; the block layer splits it as the disk needs.
 */
#include "blkback.h"

static const blk_opf_t opf[] = {
	[BLK_READ] = REQ_OP_READ,
	[BLK_WRITE] = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE,
	[BLK_FLUSH] = REQ_OP_WRITE | REQ_PREFLUSH,
	[BLK_BARRIER] = REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA,
};

static s16 status_of(int err)
{
	if (!err)
		return BLKIF_RSP_OKAY;
	return err == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

static void end_io(struct bio *bio)
{
	struct blk_req *req = bio->bi_private;
	int err = blk_status_to_errno(bio->bi_status);

	bio_uninit(bio);
	blk_done(req, status_of(err));
}

/* May take long on a large range, so not in the ring's thread. */
static void discard(struct work_struct *work)
{
	struct blk_req *req = container_of(work, struct blk_req, discard);
	struct block_device *bdev = req->ring->dev->bdev;
	int err;

	if (req->w.secure)
		err = blkdev_issue_secure_erase(bdev, req->w.sector, req->w.nr_sectors, GFP_NOIO);
	else
		err = blkdev_issue_discard(bdev, req->w.sector, req->w.nr_sectors, GFP_NOIO);
	blk_done(req, status_of(err));
}

/**
 * blk_submit() - Send a request to the disk.
 * @req: wire_check()ed and blk_frames_ready()
 *
 * blk_done() follows, perhaps before this returns.
 *
 * Context: the ring's thread; may wait for the disk's queue.
 */
void blk_submit(struct blk_req *req)
{
	struct bio *bio = &req->bio;
	const struct blk_seg *seg;
	unsigned int i;

	if (req->w.kind == BLK_DISCARD) {
		INIT_WORK(&req->discard, discard);
		queue_work(blk_wq, &req->discard);
		return;
	}
	bio_init(bio, req->ring->dev->bdev, req->vecs, req->w.nr_segs, opf[req->w.kind]);
	bio->bi_iter.bi_sector = req->w.nr_sectors ? req->w.sector : 0;
	bio->bi_private = req;
	bio->bi_end_io = end_io;
	for (i = 0; i < req->w.nr_segs; i++) {
		seg = &req->segs[i];
		__bio_add_page(bio, seg->page, seg->bytes, seg->offset);
	}
	submit_bio(bio);
}
