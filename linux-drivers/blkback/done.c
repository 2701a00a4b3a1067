// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answering requests that have ended.
 *
 * They are put on a lock-free list; one context at a time, the holder of
 * RING_DRAINING, empties it: one hypercall for all copies, one for all
 * unmappings, one event to the frontend. Whoever finds the bit taken leaves
 * its request to the holder. So answers gather into batches under load, while
 * a single small request is answered right where it ended, most often in the
 * disk's interrupt. What is too much for an interrupt goes to the thread.
 */
#include "blkback.h"

/* The most segments that an interrupt copies for one request; it unmaps none. */
#define SMALL_SEGS	BLK_DIRECT_SEGS
/* How often an interrupt looks for more before it leaves the rest to the thread. */
#define IRQ_PASSES	4

#define BUSY_RETRY	msecs_to_jiffies(5)

/* Under RING_DRAINING, so the thread cannot answer it, and the ring go, before it is woken. */
static void to_thread(struct blk_req *req)
{
	llist_add(&req->done, &req->ring->slow);
	xenbus_be_event_wake(&req->ring->event);
}

static bool is_small(const struct blk_req *req)
{
	return req->w.nr_segs <= SMALL_SEGS && (req->copied || !req->lent);
}

/* True if the request was put aside. */
static bool put_aside(struct blk_req *req, bool thread)
{
	if (!thread && !is_small(req)) {
		to_thread(req);
		return true;
	}
	if (blk_frames_busy(req)) {
		llist_add(&req->done, &req->ring->busy);
		mod_delayed_work(system_wq, &req->ring->dev->tick, BUSY_RETRY);
		return true;
	}
	return false;
}

static struct llist_node *collect(struct llist_node *list, bool thread)
{
	struct llist_node *ready = NULL;
	struct blk_req *req, *next;

	llist_for_each_entry_safe(req, next, list, done) {
		if (put_aside(req, thread))
			continue;
		blk_frames_leave(req, thread);
		req->done.next = ready;
		ready = &req->done;
	}
	return ready;
}

static void answer(struct llist_node *list)
{
	struct blk_req *req, *next;

	llist_for_each_entry_safe(req, next, list, done) {
		if (req->again) {
			req->again = false;
			to_thread(req);
			continue;
		}
		wire_respond(&req->ring->wire, req->w.id, req->w.op, req->status);
		blk_frames_put(req);
		blk_req_free(req);
	}
}

/*
 * The thread may wait for a barrier's predecessors, or want to wait for the
 * guest's next request; blk_ring_stop() waits for all.
 * The ring may be unmapped and unbound as soon as @responded says so.
 */
static void push(struct blk_ring *ring, bool thread)
{
	bool wake;

	if (ring->wire.rsp_prod == ring->responded)
		return;
	if (wire_push(&ring->wire, ring->responded))
		xenbus_be_event_notify(&ring->event);
	wake = blk_linger_answered(&ring->linger) && READ_ONCE(poll_us) && !thread &&
	       ring->wire.rsp_prod == READ_ONCE(ring->wire.req_cons);
	if (wake || READ_ONCE(ring->held) || READ_ONCE(ring->after))
		xenbus_be_event_wake(&ring->event);
	/* Partner: blk_ring_stop(), which then takes the ring away. */
	smp_store_release(&ring->responded, ring->wire.rsp_prod);
	if (wq_has_sleeper(&ring->idle))
		wake_up(&ring->idle);
}

static void pass(struct blk_ring *ring, bool thread)
{
	struct llist_node *list;

	/* The list is last come, first; collect() turns it round. */
	list = collect(llist_del_all(&ring->done), thread);
	blk_leave_flush(ring, thread);
	answer(list);
	if (thread) {
		list = collect(llist_del_all(&ring->slow), true);
		blk_leave_flush(ring, true);
		answer(list);
	}
	push(ring, thread);
}

static bool begin(struct blk_ring *ring, bool thread)
{
	while (test_and_set_bit_lock(RING_DRAINING, &ring->flags)) {
		/* Others never see @slow, so the thread has to have its turn. */
		if (!thread || llist_empty(&ring->slow))
			return false;
		cond_resched();
	}
	return true;
}

static bool more(struct blk_ring *ring, bool thread)
{
	smp_mb__after_atomic();	/* the bit cleared before the lists are read */
	return !llist_empty(&ring->done) || (thread && !llist_empty(&ring->slow));
}

static void divert(struct blk_ring *ring)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&ring->done));
	struct blk_req *req, *next;

	llist_for_each_entry_safe(req, next, list, done)
		to_thread(req);
}

/**
 * blk_drain() - Answer what has ended.
 * @ring:   the ring, referenced
 * @thread: called by the ring's thread
 *
 * Context: process if @thread, else any.
 */
void blk_drain(struct blk_ring *ring, bool thread)
{
	unsigned int passes = 0;

	while (more(ring, thread) && begin(ring, thread)) {
		if (thread || passes++ < IRQ_PASSES)
			pass(ring, thread);
		else
			divert(ring);
		clear_bit_unlock(RING_DRAINING, &ring->flags);
	}
}

/**
 * blk_done() - A request has ended.
 * @req:    gone when this returns, or soon after
 * @status: BLKIF_RSP_*
 *
 * Context: any.
 */
void blk_done(struct blk_req *req, s16 status)
{
	struct blk_ring *ring = req->ring;

	req->status = status;
	if (in_task() && READ_ONCE(ring->submitter) == current) {
		llist_add(&req->done, &ring->done);
		return;
	}
	/* Once on the list the request, the ring's reason to live, may be answered. */
	kref_get(&ring->ref);
	llist_add(&req->done, &ring->done);
	blk_drain(ring, false);
	blk_ring_put(ring);
}
