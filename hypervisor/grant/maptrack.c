// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: the numbers by which a domain names its mappings of others' grants.
 *
 * Free ones form a stack without a lock. Its head counts its changes, so that
 * who takes one notices if the head was taken and put back meanwhile; the
 * "next" it read in between may then be anything, and is not used. Memory of a
 * handle stays until the domain goes.
 *
 * Handles are in blocks. Pointers to the first few of these are in the table; when
 * they are used up an array takes their place that has room for all there may be.
 * Who still looks at the first ones finds there what it found before.
 *
 * Locks: grant_table.lock, for another block of handles.
 */
#include "grant.h"

#include <hv/bug.h>

#define BLOCK		(1U << MAPTRACK_SHIFT)
#define CHANGE		(1UL << 32)

static struct maptrack *entry(const struct grant_table *gt, u32 handle)
{
	return &READ_ONCE(gt->maptrack)[handle >> MAPTRACK_SHIFT][handle % BLOCK];
}

/* Put handles @first to @last on the stack, that are linked from one to the other. */
static void push(struct grant_table *gt, u32 first, u32 last)
{
	u64 old = atomic64_read(&gt->free_handle), new;

	do {
		WRITE_ONCE(entry(gt, last)->ref, (u32)old);
		new = ((old & ~(CHANGE - 1)) + CHANGE) | first;
	} while (!atomic64_cmpxchg(&gt->free_handle, &old, new));
}

/* *@m: what it stands for. */
static __always_inline u32 pop(struct grant_table *gt, struct maptrack **m)
{
	u64 old = atomic64_read(&gt->free_handle), new;

	do {
		if (unlikely((u32)old == MAPTRACK_NONE))
			return MAPTRACK_NONE;
		*m = entry(gt, (u32)old);
		new = ((old & ~(CHANGE - 1)) + CHANGE) | READ_ONCE((*m)->ref);
	} while (unlikely(!atomic64_cmpxchg(&gt->free_handle, &old, new)));
	return (u32)old;
}

/* Room for more blocks than the first: an array for as many as there may be. */
static bool grow_array(struct grant_table *gt)
{
	struct maptrack **all = hv_new_array(struct maptrack *, gt->max_maptrack);

	if (!all)
		return false;
	spin_lock(&gt->lock);
	if (gt->maptrack == gt->maptrack_first) {
		for (unsigned int i = 0; i < MAPTRACK_FIRST; i++)
			all[i] = gt->maptrack_first[i];
		__atomic_store_n(&gt->maptrack, all, __ATOMIC_RELEASE);
		all = NULL;
	}
	spin_unlock(&gt->lock);
	hv_free(all);
	return true;
}

/* Add a block, of which the first handle is the caller's. */
static noinline u32 grow(struct grant_table *gt)
{
	struct maptrack *block;
	u32 first = MAPTRACK_NONE;

	if (READ_ONCE(gt->nr_maptrack) >= gt->max_maptrack)
		return MAPTRACK_NONE;
	if (READ_ONCE(gt->nr_maptrack) == MAPTRACK_FIRST &&
	    READ_ONCE(gt->maptrack) == gt->maptrack_first && !grow_array(gt))
		return MAPTRACK_NONE;
	block = hv_page_alloc(0);
	if (!block)
		return MAPTRACK_NONE;

	spin_lock(&gt->lock);
	if (gt->nr_maptrack < gt->max_maptrack &&
	    (gt->nr_maptrack < MAPTRACK_FIRST || gt->maptrack != gt->maptrack_first)) {
		first = gt->nr_maptrack << MAPTRACK_SHIFT;
		for (u32 i = 0; i < BLOCK; i++)
			block[i].ref = first + i + 1;
		gt->maptrack[gt->nr_maptrack] = block;
		__atomic_store_n(&gt->nr_maptrack, gt->nr_maptrack + 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&gt->lock);

	if (first == MAPTRACK_NONE)
		hv_page_free(block, 0);
	else
		push(gt, first + 1, first + BLOCK - 1);
	return first;
}

/**
 * maptrack_get() - Take a handle.
 * @gt: of the domain that is to map
 * @m:	out: what it stands for, flags 0
 *
 * Context: may take gt->lock and allocate.
 * Return: the handle; MAPTRACK_NONE if the domain has as many as it may, or there
 * is no memory.
 */
u32 maptrack_get(struct grant_table *gt, struct maptrack **m)
{
	u32 handle = pop(gt, m);

	if (likely(handle != MAPTRACK_NONE))
		return handle;
	handle = grow(gt);
	if (handle == MAPTRACK_NONE)
		/* Others may have freed some, or grown it to its limit. */
		return pop(gt, m);
	*m = entry(gt, handle);
	return handle;
}

/**
 * maptrack_put() - Give a handle back.
 * @gt:	    of the domain
 * @handle: from maptrack_get(), flags 0
 */
void maptrack_put(struct grant_table *gt, u32 handle)
{
	push(gt, handle, handle);
}

/**
 * maptrack_find() - What a handle stands for.
 * @gt:	    of the domain
 * @handle: any number
 *
 * Return: NULL if there never was one by this number.
 */
struct maptrack *maptrack_find(const struct grant_table *gt, u32 handle)
{
	u32 nr = __atomic_load_n(&gt->nr_maptrack, __ATOMIC_ACQUIRE);

	return likely(handle >> MAPTRACK_SHIFT < nr) ? entry(gt, handle) : NULL;
}

/** maptrack_destroy() - Free the memory of all handles of @gt, none in use. */
void maptrack_destroy(struct grant_table *gt)
{
	while (gt->nr_maptrack)
		hv_page_free(gt->maptrack[--gt->nr_maptrack], 0);
	gt->free_handle = MAPTRACK_NONE;
	if (gt->maptrack != gt->maptrack_first)
		hv_free(gt->maptrack);
	gt->maptrack = gt->maptrack_first;
}
