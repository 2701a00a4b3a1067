/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen-blkback: a disk of ours as a virtual disk of a guest.
 *
 * A request's way, one file per stage:
 *
 *   queue.c    the event's thread takes a batch of requests off the ring
 *   wire.c     each is copied once; request.c checks the copy
 *   grant.c    its frames are found mapped, mapped, or copied, a hypercall per batch
 *   bio.c      one bio per request goes to the disk
 *   done.c     what has ended is copied back or unmapped and answered, in batches,
 *              where it ended if that is little, else in the thread
 *
 * Owners: the thread alone takes requests and touches the table of persistent
 * grants; whoever holds RING_DRAINING alone writes responses.
 */
#ifndef HOSPES_BLKBACK_H
#define HOSPES_BLKBACK_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>

#include "../xenbus/xenbus_be.h"
#include "compat.h"
#include "linger.h"
#include "wire.h"

#define BATCH_REQS	32	/* requests taken off a ring in one go */
#define BATCH_OPS	128	/* grant operations in one hypercall, thread */
#define DONE_OPS	64	/* the same, when requests end */
#define MAX_RING_ORDER	4
#define TICK		(2 * HZ)

struct blk_dev;
struct blk_ring;

/**
 * struct blk_persist - A frame that stays mapped.
 * @node:   in the ring's table
 * @gref:   the key
 * @handle: INVALID_GRANT_HANDLE while it is not mapped
 * @page:   where
 * @queued: in the batch that is to be mapped
 * @users:  requests in flight that use it
 * @used:   jiffies of the last use
 */
struct blk_persist {
	struct hlist_node node;
	grant_ref_t gref;
	grant_handle_t handle;
	struct page *page;
	bool queued;
	atomic_t users;
	unsigned long used;
};

/** struct blk_seg - One segment: a part of a frame of the guest, and the page that has it here. */
struct blk_seg {
	struct page *page;
	struct blk_persist *persist;	/* or mapped or copied for this request alone */
	grant_ref_t gref;
	grant_handle_t handle;
	u16 offset;
	u16 bytes;
};

/*
 * struct blk_req - A request in flight.
 * @done:     in ring->done, ->slow or ->busy when it has ended, then in ->freed
 * @status:   BLKIF_RSP_*
 * @copied:   segments without @persist are copied, else mapped
 * @lent:     there are such, with pages to be given back
 * @raw:      as the guest wrote it
 * @segs:     @w.nr_segs of them: @few, or allocated together with @vecs
 */
struct blk_req {
	struct blk_ring *ring;
	struct llist_node done;
	s16 status;
	bool copied;
	bool lent;
	bool again;
	struct wire_request w;
	union wire_raw raw;
	struct blk_seg *segs;
	struct bio_vec *vecs;
	struct work_struct discard;
	struct bio bio;
	struct blk_seg few[BLK_DIRECT_SEGS];
	struct bio_vec few_vecs[BLK_DIRECT_SEGS];
};

/** struct blk_stats - Of one ring, kept until the device goes; only the thread writes. */
struct blk_stats {
	u64 oo_req, rd_req, wr_req, f_req, ds_req;
	u64 rd_sect, wr_sect;
};

/** struct map_batch - Frames to be mapped by one hypercall; @req[i] fails with its frame. */
struct map_batch {
	unsigned int nr;
	struct gnttab_map_grant_ref op[BATCH_OPS];
	struct page *page[BATCH_OPS];
	struct blk_req *req[BATCH_OPS];
	struct blk_seg *seg[BATCH_OPS];
};

struct copy_batch {
	unsigned int nr;
	struct gnttab_copy op[BATCH_OPS];
	struct blk_req *req[BATCH_OPS];
};

struct unmap_batch {
	unsigned int nr;
	struct gnttab_unmap_grant_ref op[DONE_OPS];
	struct page *page[DONE_OPS];
};

/* bits of blk_ring.flags */
enum {
	RING_DRAINING,	/* somebody writes responses */
	RING_PURGE,	/* the thread shall look for persistent grants to give up */
	RING_CLOSING,	/* take nothing more */
};

/*
 * struct blk_ring - One queue.
 * @ref:         one for the device, one for each request while it is being answered
 * @responded:   responses that are pushed and forgotten
 * @idle:        woken when @responded moves
 * @submitter:   the thread while it submits: what ends meanwhile is answered after
 * @held:        a barrier that waits for what was before it
 * @after:       a barrier is in flight: take nothing more
 * @done:        ended, to be answered by whoever comes first
 * @slow:        ended, too much for an interrupt: for the thread
 * @spare:       requests to be used again
 * @freed:       the same, as they were freed
 * @busy:        ended, but somebody else (a network card) still uses the pages
 * @nr_copied:   pages that requests in flight copy from or to
 */
struct blk_ring {
	struct blk_dev *dev;
	struct blk_stats *stats;
	struct wire_ring wire;
	struct xenbus_be_event event;
	void *vaddr;
	struct kref ref;
	unsigned long flags;

	/* the thread's */
	struct task_struct *submitter;
	struct blk_req *held;
	bool after;
	bool persist_full;
	struct blk_linger linger;
	struct llist_node *spare;
	unsigned int nr_persist;
	u32 hash_key;
	struct map_batch *map;
	struct copy_batch *copy_in;
	struct page *tables[BATCH_REQS];

	struct llist_head done;
	struct llist_head slow;
	struct llist_head busy;
	struct llist_head freed;
	RING_IDX responded;
	wait_queue_head_t idle;

	/* of the holder of RING_DRAINING */
	struct copy_batch *copy_out;
	struct unmap_batch *unmap;

	struct gnttab_page_cache frames;	/* to map foreign frames at */
	spinlock_t lock;			/* pages, nr_pages */
	struct list_head pages;			/* to copy into */
	unsigned int nr_pages;
	atomic_t nr_copied;

	DECLARE_HASHTABLE(persist, 9);
};

/*
 * struct blk_dev - One virtual disk.
 * @limits:   of the disk now; sectors and align_mask are read by all rings
 * @told:     capacity that the frontend was told
 */
struct blk_dev {
	struct xenbus_be *be;
	disk_handle_t handle;
	struct block_device *bdev;	/* NULL: closed */
	dev_t devt;
	bool cdrom;
	char mode[8];
	struct wire_limits limits;
	u64 told;
	unsigned int max_rings;		/* advertised */
	unsigned int nr_rings;
	bool persistent;		/* negotiated */
	unsigned long squeeze_end;
	unsigned long next_log;
	struct delayed_work tick;
	struct blk_ring **rings;
	struct blk_stats *stats;
};

static inline domid_t blk_domid(const struct blk_ring *ring)
{
	return ring->dev->be->dev->otherend_id;
}

/* parameters, main.c */
extern int max_buffer_pages;
extern int max_persistent_grants;
extern unsigned int persistent_grant_unused_seconds;
extern unsigned int max_queues;
extern int max_ring_page_order;
extern int log_stats;
extern bool feature_persistent;
extern unsigned int buffer_squeeze_duration_ms;
extern unsigned int poll_us;

/* main.c */
extern struct kmem_cache *blk_req_cache;
extern struct kmem_cache *blk_persist_cache;
extern struct workqueue_struct *blk_wq;

/* xenbus.c */
extern struct xenbus_be_driver blk_driver;

/* disk.c */
int blk_disk_gate(struct blk_dev *dev);
void blk_disk_close(struct blk_dev *dev);
int blk_disk_publish(struct blk_dev *dev);
bool blk_disk_resized(struct blk_dev *dev);

/* queue.c */
struct blk_ring *blk_ring_start(struct blk_dev *dev, unsigned int nr, unsigned int pages,
				bool abi32);
void blk_ring_quiesce(struct blk_ring *ring);
void blk_ring_stop(struct blk_ring *ring);
void blk_ring_put(struct blk_ring *ring);
struct blk_req *blk_req_new(struct blk_ring *ring);
void blk_req_free(struct blk_req *req);
void blk_reqs_shrink(struct blk_ring *ring);

/* grant.c */
int blk_table_fetch(struct blk_req *req, unsigned int slot);
int blk_table_parse(struct blk_req *req, unsigned int slot);
void blk_frames_get(struct blk_req *req);
void blk_map_flush(struct blk_ring *ring);
void blk_copy_in_flush(struct blk_ring *ring);
bool blk_frames_ready(const struct blk_req *req);
bool blk_frames_busy(const struct blk_req *req);
void blk_frames_leave(struct blk_req *req, bool may_sleep);
void blk_leave_flush(struct blk_ring *ring, bool may_sleep);
void blk_frames_put(struct blk_req *req);
void blk_pages_shrink(struct blk_ring *ring, unsigned int keep);
unsigned int blk_pages_keep(const struct blk_ring *ring);

/* persist.c */
struct blk_persist *blk_persist_find(struct blk_ring *ring, grant_ref_t gref);
struct blk_persist *blk_persist_new(struct blk_ring *ring, grant_ref_t gref);
void blk_persist_purge(struct blk_ring *ring);
void blk_persist_drop(struct blk_ring *ring);
bool blk_persist_due(struct blk_ring *ring);

/* bio.c */
void blk_submit(struct blk_req *req);

/* done.c */
void blk_done(struct blk_req *req, s16 status);
void blk_drain(struct blk_ring *ring, bool thread);

/* stats.c */
extern const struct attribute_group *blk_groups[];
void blk_stats_sum(const struct blk_dev *dev, struct blk_stats *sum);

#endif
