// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that stay mapped from one request to the next.
 *
 * The frontend agreed to keep using the same frames, so a mapping that was
 * made once costs nothing from then on. At most max_persistent_grants stay;
 * what finds no room is mapped or copied for its request alone, and the next
 * purge gives up what was idle meanwhile.
 *
 * The table belongs to the ring's thread; others only count users down.
 */
#include <linux/hash.h>
#include <linux/slab.h>

#include "blkback.h"

/* Idle for so long is given up when there is no room for others. */
#define IDLE_WHEN_FULL	(HZ)

static u32 key(const struct blk_ring *ring, grant_ref_t gref)
{
	return gref ^ ring->hash_key;
}

/**
 * blk_persist_find() - Find the frame that a grant is mapped at.
 * @ring: the ring
 * @gref: grant reference
 *
 * Context: the ring's thread.
 * Return: the entry, which may have failed to be mapped; NULL if there is none.
 */
struct blk_persist *blk_persist_find(struct blk_ring *ring, grant_ref_t gref)
{
	struct blk_persist *p;

	hash_for_each_possible(ring->persist, p, node, key(ring, gref))
		if (p->gref == gref)
			return p;
	return NULL;
}

/**
 * blk_persist_new() - Make an entry, not mapped yet.
 * @ring: the ring
 * @gref: grant reference that blk_persist_find() does not find
 *
 * Context: the ring's thread.
 * Return: the entry; NULL if the table is full or memory is short.
 */
struct blk_persist *blk_persist_new(struct blk_ring *ring, grant_ref_t gref)
{
	struct blk_persist *p;

	if (ring->nr_persist >= (unsigned int)max(READ_ONCE(max_persistent_grants), 0)) {
		ring->persist_full = true;
		return NULL;
	}
	p = kmem_cache_zalloc(blk_persist_cache, GFP_NOIO);
	if (!p)
		return NULL;
	if (gnttab_page_cache_get(&ring->frames, &p->page)) {
		kmem_cache_free(blk_persist_cache, p);
		return NULL;
	}
	p->gref = gref;
	p->handle = INVALID_GRANT_HANDLE;
	hash_add(ring->persist, &p->node, key(ring, gref));
	ring->nr_persist++;
	return p;
}

struct purge {
	struct blk_ring *ring;
	unsigned int nr;
	struct gnttab_unmap_grant_ref op[DONE_OPS];
	struct page *page[DONE_OPS];
};

/* Waits for whoever else still uses the pages, then unmaps. */
static void purge_flush(struct purge *purge)
{
	struct gntab_unmap_queue_data data = {
		.unmap_ops = purge->op,
		.pages = purge->page,
		.count = purge->nr,
	};

	if (!purge->nr)
		return;
	WARN_ON_ONCE(gnttab_unmap_refs_sync(&data));
	gnttab_page_cache_put(&purge->ring->frames, purge->page, purge->nr);
	purge->nr = 0;
}

static void purge_one(struct purge *purge, struct blk_persist *p)
{
	unsigned long addr = (unsigned long)page_address(p->page);

	hash_del(&p->node);
	purge->ring->nr_persist--;
	if (p->handle == INVALID_GRANT_HANDLE) {
		gnttab_page_cache_put(&purge->ring->frames, &p->page, 1);
	} else {
		gnttab_set_unmap_op(&purge->op[purge->nr], addr, GNTMAP_host_map, p->handle);
		purge->page[purge->nr++] = p->page;
	}
	kmem_cache_free(blk_persist_cache, p);
	if (purge->nr == DONE_OPS)
		purge_flush(purge);
}

/* An entry without a mapping serves nobody; the others go when long unused. */
static bool purgeable(const struct blk_persist *p, unsigned long idle)
{
	if (atomic_read(&p->users))
		return false;
	return p->handle == INVALID_GRANT_HANDLE || time_after_eq(jiffies, p->used + idle);
}

static void purge_idle(struct blk_ring *ring, unsigned long idle)
{
	struct purge *purge = kmalloc(sizeof(*purge), GFP_NOIO | __GFP_NOFAIL);
	struct hlist_node *next;
	struct blk_persist *p;
	int bucket;

	purge->ring = ring;
	purge->nr = 0;
	hash_for_each_safe(ring->persist, bucket, next, p, node)
		if (purgeable(p, idle))
			purge_one(purge, p);
	purge_flush(purge);
	kfree(purge);
}

static unsigned long allowed_idle(const struct blk_ring *ring)
{
	unsigned int seconds = READ_ONCE(persistent_grant_unused_seconds);

	if (ring->persist_full)
		return IDLE_WHEN_FULL;
	return seconds ? min(seconds, (unsigned int)INT_MAX / HZ) * HZ : MAX_JIFFY_OFFSET;
}

/**
 * blk_persist_due() - Would a purge find anything to do?
 * @ring: the ring
 *
 * Context: any; a hint.
 */
bool blk_persist_due(struct blk_ring *ring)
{
	return READ_ONCE(ring->nr_persist) &&
	       (READ_ONCE(ring->persist_full) || READ_ONCE(persistent_grant_unused_seconds));
}

/**
 * blk_persist_purge() - Give up what was not used for long.
 * @ring: the ring
 *
 * Context: the ring's thread.
 */
void blk_persist_purge(struct blk_ring *ring)
{
	purge_idle(ring, allowed_idle(ring));
	ring->persist_full = false;
}

/**
 * blk_persist_drop() - Give up all.
 * @ring: without a request in flight and without a thread
 */
void blk_persist_drop(struct blk_ring *ring)
{
	purge_idle(ring, 0);
	WARN_ON_ONCE(ring->nr_persist);
}
