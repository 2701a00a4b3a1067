// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting at a guest's frames, and letting go of them.
 *
 * Three ways, in this order of cost: a frame that is mapped already
 * (persist.c); a copy to or from a page of ours, one hypercall operation; a
 * mapping for this request, which costs two and a TLB flush but no copy.
 * Operations are collected and handed to the hypervisor in batches.
 *
 * ABI: xen/grant_table.h.
 */
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <xen/page.h>

#include "blkback.h"

/*
 * What frontends send if nothing else was configured is copied: a frame takes
 * two thirds of what mapping and unmapping it takes, and no TLB is flushed (see
 * the figures in Documentation/admin/drivers/blkback.rst). But each takes a page
 * of dom0's, so a queue copies no more at a time than 32 such requests have;
 * larger requests, and those beyond, are mapped.
 */
#define COPY_MAX_SEGS	32
#define COPY_MAX_PAGES	1024

static_assert(COPY_MAX_SEGS <= BATCH_OPS);

static bool to_disk(const struct blk_req *req)
{
	return req->w.kind != BLK_READ;
}

/* pages to copy into */

/**
 * blk_pages_keep() - How many free pages of a kind may a ring keep?
 * @ring: the ring
 */
unsigned int blk_pages_keep(const struct blk_ring *ring)
{
	if (time_before(jiffies, READ_ONCE(ring->dev->squeeze_end)))
		return 0;
	return max(READ_ONCE(max_buffer_pages), 0);
}

static struct page *page_get(struct blk_ring *ring)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	page = list_first_entry_or_null(&ring->pages, struct page, lru);
	if (page) {
		list_del(&page->lru);
		ring->nr_pages--;
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	return page ?: alloc_page(GFP_NOIO | __GFP_NOWARN);
}

/* A page that the network still sends from is not ours to use again. */
static void page_put(struct blk_ring *ring, struct page *page)
{
	unsigned long flags;
	bool keep;

	spin_lock_irqsave(&ring->lock, flags);
	keep = ring->nr_pages < blk_pages_keep(ring) && page_count(page) == 1;
	if (keep) {
		list_add(&page->lru, &ring->pages);
		ring->nr_pages++;
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	if (!keep)
		put_page(page);
}

/**
 * blk_pages_shrink() - Free pages that are not in use.
 * @ring: the ring
 * @keep: how many of each kind to leave
 *
 * Context: process.
 */
void blk_pages_shrink(struct blk_ring *ring, unsigned int keep)
{
	struct page *page;

	gnttab_page_cache_shrink(&ring->frames, keep);
	while (READ_ONCE(ring->nr_pages) > keep) {
		page = page_get(ring);
		if (!page)
			return;
		put_page(page);
	}
}

/* collecting operations */

static void copy_in_add(struct blk_req *req, grant_ref_t gref, struct page *page,
			unsigned int offset, unsigned int bytes)
{
	struct copy_batch *b = req->ring->copy_in;

	if (b->nr == BATCH_OPS)
		blk_copy_in_flush(req->ring);
	b->req[b->nr] = req;
	b->op[b->nr++] = (struct gnttab_copy) {
		.source.u.ref = gref,
		.source.domid = blk_domid(req->ring),
		.source.offset = offset,
		.dest.u.gmfn = xen_page_to_gfn(page),
		.dest.domid = DOMID_SELF,
		.dest.offset = offset,
		.len = bytes,
		.flags = GNTCOPY_source_gref,
	};
}

/**
 * blk_copy_in_flush() - Copy what was collected from the guest.
 * @ring: the ring; a request of which an operation fails gets an error status
 *
 * Context: the ring's thread.
 */
void blk_copy_in_flush(struct blk_ring *ring)
{
	struct copy_batch *b = ring->copy_in;
	unsigned int i;

	if (!b->nr)
		return;
	gnttab_batch_copy(b->op, b->nr);
	for (i = 0; i < b->nr; i++)
		if (b->op[i].status != GNTST_okay)
			b->req[i]->status = BLKIF_RSP_ERROR;
	b->nr = 0;
}

static void map_add(struct blk_req *req, struct blk_seg *seg, unsigned int flags)
{
	struct map_batch *b = req->ring->map;

	if (b->nr == BATCH_OPS)
		blk_map_flush(req->ring);
	gnttab_set_map_op(&b->op[b->nr], (unsigned long)page_address(seg->page), flags,
			  seg->gref, blk_domid(req->ring));
	b->page[b->nr] = seg->page;
	b->req[b->nr] = req;
	b->seg[b->nr++] = seg;
}

static void map_done(struct blk_req *req, struct blk_seg *seg,
		     const struct gnttab_map_grant_ref *op)
{
	grant_handle_t handle = op->status == GNTST_okay ? op->handle : INVALID_GRANT_HANDLE;

	if (handle == INVALID_GRANT_HANDLE)
		req->status = BLKIF_RSP_ERROR;
	if (seg->persist) {
		seg->persist->handle = handle;
		seg->persist->queued = false;
	} else {
		seg->handle = handle;
	}
}

/**
 * blk_map_flush() - Map what was collected.
 * @ring: the ring; a request of which a frame fails gets an error status
 *
 * Context: the ring's thread.
 */
void blk_map_flush(struct blk_ring *ring)
{
	struct map_batch *b = ring->map;
	unsigned int i;

	if (!b->nr)
		return;
	/* Its result says nothing that the operations' status does not. */
	(void)gnttab_map_refs(b->op, NULL, b->page, b->nr);
	for (i = 0; i < b->nr; i++)
		map_done(b->req[i], b->seg[i], &b->op[i]);
	b->nr = 0;
}

/* the segments of a request */

/**
 * blk_table_fetch() - Collect the copy of an indirect request's descriptors.
 * @req:  decoded, @w.indirect
 * @slot: page of the ring's to copy to, 0 to BATCH_REQS - 1
 *
 * The descriptors are in a private page after blk_copy_in_flush().
 *
 * Context: the ring's thread.
 * Return: 0; -ENOMEM.
 */
int blk_table_fetch(struct blk_req *req, unsigned int slot)
{
	struct page **page = &req->ring->tables[slot];

	if (!*page)
		*page = alloc_page(GFP_NOIO | __GFP_NOWARN);
	if (!*page)
		return -ENOMEM;
	copy_in_add(req, req->w.table, *page, 0,
		    req->w.nr_segs * sizeof(struct blkif_request_segment));
	return 0;
}

static int segs_alloc(struct blk_req *req)
{
	unsigned int nr = req->w.nr_segs;

	if (nr <= BLK_DIRECT_SEGS) {
		req->segs = req->few;
		req->vecs = req->few_vecs;
		return 0;
	}
	req->segs = kmalloc_array(nr, sizeof(*req->segs) + sizeof(*req->vecs), GFP_NOIO);
	if (!req->segs)
		return -ENOMEM;
	req->vecs = (struct bio_vec *)(req->segs + nr);
	return 0;
}

/**
 * blk_table_parse() - Check a request's descriptors and make its segments.
 * @req:  decoded; if indirect, its descriptors are in the page of @slot
 * @slot: as for blk_table_fetch()
 *
 * Context: the ring's thread.
 * Return: 0; -EINVAL; -ENOMEM. @w.nr_sectors is known afterwards.
 */
int blk_table_parse(struct blk_req *req, unsigned int slot)
{
	unsigned int align_mask = READ_ONCE(req->ring->dev->limits.align_mask);
	const struct blkif_request_segment *from = req->raw.req.u.rw.seg;
	struct blk_seg *seg;
	unsigned int i;
	int rc;

	if (req->w.indirect)
		from = page_address(req->ring->tables[slot]);
	rc = segs_alloc(req);
	for (i = 0; !rc && i < req->w.nr_segs; i++) {
		seg = &req->segs[i];
		rc = wire_segment(&from[i], align_mask, &seg->offset, &seg->bytes);
		if (rc)
			break;
		seg->gref = from[i].gref;
		seg->page = NULL;
		seg->persist = NULL;
		seg->handle = INVALID_GRANT_HANDLE;
		req->w.nr_sectors += seg->bytes / SECTOR_BYTES;
	}
	if (rc)
		req->w.nr_segs = 0;	/* nothing to let go of */
	return rc;
}

static bool get_persistent(struct blk_req *req, struct blk_seg *seg)
{
	struct blk_persist *p = blk_persist_find(req->ring, seg->gref);

	if (!p)
		p = blk_persist_new(req->ring, seg->gref);
	if (!p)
		return false;
	seg->persist = p;
	seg->page = p->page;
	p->used = jiffies;
	atomic_inc(&p->users);
	if (p->handle == INVALID_GRANT_HANDLE && !p->queued) {
		p->queued = true;
		map_add(req, seg, GNTMAP_host_map);
	}
	return true;
}

static void get_copied(struct blk_req *req, struct blk_seg *seg)
{
	seg->page = page_get(req->ring);
	if (!seg->page) {
		req->status = BLKIF_RSP_ERROR;
		return;
	}
	atomic_inc(&req->ring->nr_copied);
	if (to_disk(req))
		copy_in_add(req, seg->gref, seg->page, seg->offset, seg->bytes);
}

static void get_mapped(struct blk_req *req, struct blk_seg *seg)
{
	if (gnttab_page_cache_get(&req->ring->frames, &seg->page)) {
		seg->page = NULL;
		req->status = BLKIF_RSP_ERROR;
		return;
	}
	map_add(req, seg, GNTMAP_host_map | (to_disk(req) ? GNTMAP_readonly : 0));
}

/* Only the thread counts up. */
static bool may_copy(const struct blk_req *req)
{
	return req->w.nr_segs <= COPY_MAX_SEGS &&
	       atomic_read(&req->ring->nr_copied) + req->w.nr_segs <= COPY_MAX_PAGES;
}

/**
 * blk_frames_get() - Collect what makes a request's frames accessible.
 * @req: with its segments made
 *
 * They are after blk_map_flush() and blk_copy_in_flush(), if blk_frames_ready().
 *
 * Context: the ring's thread.
 */
void blk_frames_get(struct blk_req *req)
{
	unsigned int i;

	req->copied = may_copy(req);
	for (i = 0; i < req->w.nr_segs; i++) {
		if (req->ring->dev->persistent && get_persistent(req, &req->segs[i]))
			continue;
		req->lent = true;
		if (req->copied)
			get_copied(req, &req->segs[i]);
		else
			get_mapped(req, &req->segs[i]);
	}
}

/**
 * blk_frames_ready() - Did all of it succeed?
 * @req: after the flushes
 */
bool blk_frames_ready(const struct blk_req *req)
{
	const struct blk_persist *p;
	unsigned int i;

	for (i = 0; i < req->w.nr_segs; i++) {
		p = req->segs[i].persist;
		if (p && p->handle == INVALID_GRANT_HANDLE)
			return false;
	}
	return req->status == BLKIF_RSP_OKAY;
}

/* letting go */

/**
 * blk_frames_busy() - Does anybody else still use pages that are to be unmapped?
 * @req: that has ended on the disk
 *
 * A network block device's card may still send from a page of a write that its
 * server has confirmed already.
 */
bool blk_frames_busy(const struct blk_req *req)
{
	unsigned int i;

	if (req->copied || !req->lent)
		return false;
	for (i = 0; i < req->w.nr_segs; i++)
		if (req->segs[i].handle != INVALID_GRANT_HANDLE &&
		    page_count(req->segs[i].page) > 1)
			return true;
	return false;
}

/* A copy that would have to wait is left for the thread. */
static void copy_out_flush(struct blk_ring *ring, bool may_sleep)
{
	struct copy_batch *b = ring->copy_out;
	unsigned int i;

	if (!b->nr)
		return;
	if (may_sleep)
		gnttab_batch_copy(b->op, b->nr);
	else if (HYPERVISOR_grant_table_op(GNTTABOP_copy, b->op, b->nr))
		WARN_ON_ONCE(1);
	for (i = 0; i < b->nr; i++) {
		if (b->op[i].status == GNTST_eagain && !may_sleep)
			b->req[i]->again = true;
		else if (b->op[i].status != GNTST_okay)
			b->req[i]->status = BLKIF_RSP_ERROR;
	}
	b->nr = 0;
}

static void unmap_flush(struct blk_ring *ring)
{
	struct unmap_batch *b = ring->unmap;

	if (!b->nr)
		return;
	WARN_ON_ONCE(gnttab_unmap_refs(b->op, NULL, b->page, b->nr));
	b->nr = 0;
}

/**
 * blk_leave_flush() - Copy to the guest and unmap what was collected.
 * @ring:      the ring; requests of which a copy fails get an error status
 * @may_sleep: called by the thread; if not, a request of which a copy would
 *             have to be retried is marked @again
 *
 * Context: holder of RING_DRAINING.
 */
void blk_leave_flush(struct blk_ring *ring, bool may_sleep)
{
	copy_out_flush(ring, may_sleep);
	unmap_flush(ring);
}

static void copy_out_add(struct blk_req *req, const struct blk_seg *seg)
{
	struct copy_batch *b = req->ring->copy_out;

	b->req[b->nr] = req;
	b->op[b->nr++] = (struct gnttab_copy) {
		.source.u.gmfn = xen_page_to_gfn(seg->page),
		.source.domid = DOMID_SELF,
		.source.offset = seg->offset,
		.dest.u.ref = seg->gref,
		.dest.domid = blk_domid(req->ring),
		.dest.offset = seg->offset,
		.len = seg->bytes,
		.flags = GNTCOPY_dest_gref,
		.status = GNTST_okay,
	};
}

static void unmap_add(struct blk_req *req, struct blk_seg *seg)
{
	struct unmap_batch *b = req->ring->unmap;

	if (b->nr == DONE_OPS)
		unmap_flush(req->ring);
	gnttab_set_unmap_op(&b->op[b->nr], (unsigned long)page_address(seg->page),
			    GNTMAP_host_map, seg->handle);
	b->page[b->nr++] = seg->page;
	seg->handle = INVALID_GRANT_HANDLE;
}

static void leave_one(struct blk_req *req, struct blk_seg *seg)
{
	if (seg->persist) {
		atomic_dec(&seg->persist->users);
		seg->persist = NULL;
		seg->page = NULL;
	} else if (seg->handle != INVALID_GRANT_HANDLE) {
		unmap_add(req, seg);
	} else if (req->copied && seg->page && !to_disk(req) && req->status == BLKIF_RSP_OKAY) {
		copy_out_add(req, seg);
	}
}

/**
 * blk_frames_leave() - Collect what a request's end needs.
 * @req:       ended on the disk, or not sent there because of an error
 * @may_sleep: as for blk_leave_flush()
 *
 * To be followed by blk_leave_flush(). May be repeated for a request that is
 * marked @again.
 *
 * Context: holder of RING_DRAINING.
 */
void blk_frames_leave(struct blk_req *req, bool may_sleep)
{
	struct blk_ring *ring = req->ring;
	unsigned int i;

	if (req->copied && ring->copy_out->nr + req->w.nr_segs > BATCH_OPS)
		copy_out_flush(ring, may_sleep);
	for (i = 0; i < req->w.nr_segs; i++)
		leave_one(req, &req->segs[i]);
}

/**
 * blk_frames_put() - Give the pages back.
 * @req: after blk_frames_leave() and the flush
 */
void blk_frames_put(struct blk_req *req)
{
	struct blk_seg *seg;
	unsigned int i;

	if (!req->lent)
		return;
	for (i = 0; i < req->w.nr_segs; i++) {
		seg = &req->segs[i];
		if (!seg->page)
			continue;
		if (req->copied) {
			page_put(req->ring, seg->page);
			atomic_dec(&req->ring->nr_copied);
			continue;
		}
		gnttab_page_cache_put(&req->ring->frames, &seg->page, 1);
	}
}
