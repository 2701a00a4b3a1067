// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring and its thread: taking requests in batches and sending them on.
 *
 * The thread is the event's own (xenbus/event.c). It alone moves req_cons, so
 * it may be followed by done.c without a lock. Requests behind a barrier stay
 * in the ring until the barrier has ended.
 */
#include <linux/random.h>
#include <linux/sched/clock.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>

#include "blkback.h"

/* One that was used before, without asking the allocator, which would clear it. */
static struct blk_req *req_again(struct blk_ring *ring)
{
	struct llist_node *node;

	if (!ring->spare)
		ring->spare = llist_del_all(&ring->freed);
	node = ring->spare;
	if (!node)
		return NULL;
	ring->spare = node->next;
	return llist_entry(node, struct blk_req, done);
}

/**
 * blk_req_new() - Make a request; waits for memory, of which it takes little.
 * @ring: of the request
 *
 * Context: the ring's thread.
 */
struct blk_req *blk_req_new(struct blk_ring *ring)
{
	struct blk_req *req = req_again(ring);

	if (!req)
		req = kmem_cache_alloc(blk_req_cache, GFP_NOIO | __GFP_NOFAIL);
	req->ring = ring;
	req->status = BLKIF_RSP_OKAY;
	req->copied = false;
	req->lent = false;
	req->again = false;
	req->segs = req->few;
	return req;
}

/**
 * blk_req_free() - Undo blk_req_new().
 * @req: with its frames put
 *
 * Context: any.
 */
void blk_req_free(struct blk_req *req)
{
	if (req->segs != req->few)
		kfree(req->segs);
	llist_add(&req->done, &req->ring->freed);
}

static void free_list(struct llist_node *list)
{
	struct blk_req *req, *next;

	llist_for_each_entry_safe(req, next, list, done)
		kmem_cache_free(blk_req_cache, req);
}

/**
 * blk_reqs_shrink() - Free requests that are not in use; a ring keeps at most
 * as many as it has entries.
 * @ring: the ring
 *
 * Context: any.
 */
void blk_reqs_shrink(struct blk_ring *ring)
{
	free_list(llist_del_all(&ring->freed));
}

/* taking requests */

static void fail(struct blk_req *req, int err)
{
	req->status = err == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

static struct blk_req *take_one(struct blk_ring *ring)
{
	struct blk_req *req = blk_req_new(ring);
	int rc;

	wire_copy(&ring->wire, ring->wire.req_cons, &req->raw);
	WRITE_ONCE(ring->wire.req_cons, ring->wire.req_cons + 1);
	rc = wire_decode(&req->raw.req, &req->w);
	if (rc) {
		req->w.nr_segs = 0;
		fail(req, rc);
	}
	return req;
}

static unsigned int in_flight(const struct blk_ring *ring)
{
	return ring->wire.req_cons - READ_ONCE(ring->wire.rsp_prod);
}

/* The order of the two steps pairs with that of push() in done.c. */
static bool barrier_must_wait(struct blk_ring *ring)
{
	smp_mb();	/* held or after set before rsp_prod is read */
	return in_flight(ring) > (ring->held ? 1 : 0);
}

/*
 * True if nothing may be taken. A barrier whose turn it is ends up in @batch,
 * alone.
 */
static bool take_barrier(struct blk_ring *ring, struct blk_req **batch, unsigned int *nr)
{
	if ((ring->held || ring->after) && barrier_must_wait(ring))
		return true;
	WRITE_ONCE(ring->after, false);
	if (!ring->held)
		return false;
	batch[(*nr)++] = ring->held;
	WRITE_ONCE(ring->held, NULL);
	WRITE_ONCE(ring->after, true);
	return true;
}

static int pending(struct blk_ring *ring, RING_IDX *prod)
{
	int rc = wire_pending(&ring->wire, prod);

	if (rc < 0)
		xenbus_be_broken(ring->dev->be,
				 "request index %u of a ring with %u entries, %u answered", *prod,
				 ring->wire.size, READ_ONCE(ring->wire.rsp_prod));
	return rc;
}

static unsigned int take(struct blk_ring *ring, struct blk_req **batch)
{
	unsigned int nr = 0;
	struct blk_req *req;
	RING_IDX prod;

	if (test_bit(RING_CLOSING, &ring->flags) || xenbus_be_is_broken(ring->dev->be))
		return 0;
	if (take_barrier(ring, batch, &nr) || pending(ring, &prod) <= 0)
		return nr;
	while (nr < BATCH_REQS && ring->wire.req_cons != prod) {
		req = take_one(ring);
		if (req->status == BLKIF_RSP_OKAY && req->w.kind == BLK_BARRIER) {
			WRITE_ONCE(ring->held, req);
			break;
		}
		batch[nr++] = req;
	}
	if (in_flight(ring) == ring->wire.size)
		ring->stats->oo_req++;
	return nr;
}

/*
 * Wait a moment for a guest that has all its answers, unless somebody else
 * wants the CPU.
 */
static void linger(struct blk_ring *ring)
{
	u64 max_ns = READ_ONCE(poll_us) * (u64)NSEC_PER_USEC;
	bool came = false;
	RING_IDX prod;
	u64 end;

	if (!max_ns || !blk_linger_begin(&ring->linger) || in_flight(ring))
		return;
	end = local_clock() + min_t(u64, max_ns, NSEC_PER_MSEC);
	while (!came && single_task_running() && !need_resched() && local_clock() < end) {
		cpu_relax();
		came = wire_pending(&ring->wire, &prod);
	}
	blk_linger_end(&ring->linger, came);
}

/* Not in a loop: the producer index is the guest's and may come and go. */
static unsigned int take_or_rearm(struct blk_ring *ring, struct blk_req **batch)
{
	unsigned int nr = take(ring, batch);

	if (nr)
		return nr;
	linger(ring);
	wire_rearm(&ring->wire);
	return take(ring, batch);
}

/* sending them on */

static void fetch_tables(struct blk_ring *ring, struct blk_req **batch, unsigned int nr)
{
	unsigned int i;
	int rc;

	for (i = 0; i < nr; i++) {
		if (batch[i]->status != BLKIF_RSP_OKAY || !batch[i]->w.indirect)
			continue;
		rc = blk_table_fetch(batch[i], i);
		if (rc)
			fail(batch[i], rc);
	}
	blk_copy_in_flush(ring);
}

static void count(struct blk_stats *stats, const struct wire_request *w)
{
	switch (w->kind) {
	case BLK_READ:
		stats->rd_req++;
		stats->rd_sect += w->nr_sectors;
		break;
	case BLK_WRITE:
		stats->wr_req++;
		stats->wr_sect += w->nr_sectors;
		break;
	case BLK_FLUSH:
	case BLK_BARRIER:
		stats->f_req++;
		stats->wr_sect += w->nr_sectors;
		break;
	case BLK_DISCARD:
		stats->ds_req++;
		break;
	}
}

static void prepare(struct blk_req *req, unsigned int slot, const struct wire_limits *lim)
{
	int rc = 0;

	if (req->status == BLKIF_RSP_OKAY)
		rc = blk_table_parse(req, slot);
	if (req->status == BLKIF_RSP_OKAY && !rc)
		rc = wire_check(&req->w, lim);
	if (rc)
		fail(req, rc);
	if (req->status != BLKIF_RSP_OKAY) {
		req->w.nr_segs = 0;
		return;
	}
	count(req->ring->stats, &req->w);
	blk_frames_get(req);
}

static void submit(struct blk_ring *ring, struct blk_req **batch, unsigned int nr)
{
	struct blk_plug plug;
	unsigned int i;

	WRITE_ONCE(ring->submitter, current);
	if (nr > 1)
		blk_start_plug(&plug);
	for (i = 0; i < nr; i++) {
		if (blk_frames_ready(batch[i]))
			blk_submit(batch[i]);
		else
			blk_done(batch[i], batch[i]->status ?: BLKIF_RSP_ERROR);
	}
	if (nr > 1)
		blk_finish_plug(&plug);
	WRITE_ONCE(ring->submitter, NULL);
}

static void process(struct blk_ring *ring, struct blk_req **batch, unsigned int nr)
{
	struct wire_limits lim = ring->dev->limits;
	unsigned int i;

	lim.sectors = bdev_nr_sectors(ring->dev->bdev);
	if (lim.sectors != READ_ONCE(ring->dev->told))
		xenbus_be_kick(ring->dev->be);

	fetch_tables(ring, batch, nr);
	for (i = 0; i < nr; i++)
		prepare(batch[i], i, &lim);
	blk_map_flush(ring);
	blk_copy_in_flush(ring);
	submit(ring, batch, nr);
}

/* The event's thread: returns whether there was anything to do. */
static bool run(void *data)
{
	struct blk_req *batch[BATCH_REQS];
	struct blk_ring *ring = data;
	bool worked = false;
	unsigned int nr;

	do {
		blk_drain(ring, true);
		nr = take_or_rearm(ring, batch);
		if (nr)
			process(ring, batch, nr);
		worked |= nr;
		cond_resched();
	} while (nr || (ring->held && !barrier_must_wait(ring) &&
			!test_bit(RING_CLOSING, &ring->flags) &&
			!xenbus_be_is_broken(ring->dev->be)));

	if (test_and_clear_bit(RING_PURGE, &ring->flags))
		blk_persist_purge(ring);
	return worked;
}

/* making and unmaking */

static void ring_free(struct kref *ref)
{
	struct blk_ring *ring = container_of(ref, struct blk_ring, ref);

	kfree(ring->map);
	kfree(ring->copy_in);
	kfree(ring->copy_out);
	kfree(ring->unmap);
	kfree(ring);
}

/**
 * blk_ring_put() - Drop a reference.
 * @ring: the ring
 *
 * Context: any.
 */
void blk_ring_put(struct blk_ring *ring)
{
	kref_put(&ring->ref, ring_free);
}

static struct blk_ring *ring_alloc(struct blk_dev *dev, unsigned int nr)
{
	struct blk_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return NULL;
	kref_init(&ring->ref);
	ring->dev = dev;
	ring->stats = &dev->stats[nr];
	ring->hash_key = get_random_u32();
	ring->map = kzalloc(sizeof(*ring->map), GFP_KERNEL);
	ring->copy_in = kzalloc(sizeof(*ring->copy_in), GFP_KERNEL);
	ring->copy_out = kzalloc(sizeof(*ring->copy_out), GFP_KERNEL);
	ring->unmap = kzalloc(sizeof(*ring->unmap), GFP_KERNEL);
	init_llist_head(&ring->done);
	init_llist_head(&ring->slow);
	init_llist_head(&ring->busy);
	init_llist_head(&ring->freed);
	init_waitqueue_head(&ring->idle);
	gnttab_page_cache_init(&ring->frames);
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->pages);
	hash_init(ring->persist);
	if (ring->map && ring->copy_in && ring->copy_out && ring->unmap)
		return ring;
	blk_ring_put(ring);
	return NULL;
}

/**
 * blk_ring_start() - Connect to a queue of the frontend.
 * @dev:   the disk, open; its nr_rings is known
 * @nr:    number of the queue
 * @pages: of the ring
 * @abi32: its layout
 *
 * Context: process.
 * Return: the ring, which may be running already; ERR_PTR of -ENOMEM, or of
 * what the frontend's nodes caused.
 */
struct blk_ring *blk_ring_start(struct blk_dev *dev, unsigned int nr, unsigned int pages,
				bool abi32)
{
	struct blk_ring *ring = ring_alloc(dev, nr);
	char dir[XENBUS_BE_PATH_MAX];
	int rc;

	if (!ring)
		return ERR_PTR(-ENOMEM);
	rc = xenbus_be_queue_path(dev->be, dir, sizeof(dir), nr, dev->nr_rings);
	if (rc)
		goto put;
	rc = xenbus_be_map_ring(dev->be, dir, "ring-ref", pages, &ring->vaddr);
	if (rc)
		goto put;
	wire_ring_init(&ring->wire, ring->vaddr, pages, abi32);
	ring->responded = ring->wire.rsp_prod;

	ring->event.fn = run;
	ring->event.data = ring;
	snprintf(ring->event.name, sizeof(ring->event.name), "blkback-%d-%u",
		 dev->be->dev->otherend_id, nr);
	rc = xenbus_be_bind_event(dev->be, dir, "event-channel", &ring->event);
	if (rc)
		goto unmap;
	return ring;

unmap:
	xenbus_be_unmap_ring(dev->be, &ring->vaddr);
put:
	blk_ring_put(ring);
	return ERR_PTR(rc);
}

static void free_tables(struct blk_ring *ring)
{
	unsigned int i;

	for (i = 0; i < BATCH_REQS; i++)
		if (ring->tables[i])
			__free_page(ring->tables[i]);
}

/**
 * blk_ring_quiesce() - Take no more requests and wait for those in flight.
 * @ring: the ring
 *
 * Context: process; dev->tick still works.
 */
void blk_ring_quiesce(struct blk_ring *ring)
{
	set_bit(RING_CLOSING, &ring->flags);
	xenbus_be_event_sync(&ring->event);
	/* From here on the thread only answers. */
	if (ring->held) {
		ring->held->w.nr_segs = 0;
		blk_done(ring->held, BLKIF_RSP_ERROR);
		WRITE_ONCE(ring->held, NULL);
	}
	/* Partner: push(), which no longer touches the ring. */
	wait_event(ring->idle, smp_load_acquire(&ring->responded) == ring->wire.req_cons);
}

/**
 * blk_ring_stop() - Undo blk_ring_start().
 * @ring: quiesced; gone afterwards
 *
 * Context: process.
 */
void blk_ring_stop(struct blk_ring *ring)
{
	xenbus_be_unbind_event(&ring->event);
	blk_persist_drop(ring);
	blk_pages_shrink(ring, 0);
	blk_reqs_shrink(ring);
	free_list(ring->spare);
	free_tables(ring);
	xenbus_be_unmap_ring(ring->dev->be, &ring->vaddr);
	blk_ring_put(ring);
}
