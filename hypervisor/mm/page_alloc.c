// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buddy allocator over all RAM.
 *
 * A zone holds the blocks whose first frame has one certain highest bit, so
 * that "below 2^n bytes", for any n, is a prefix of the zones. Allocation goes
 * from the highest permitted zone downwards: low memory is left to those who
 * need it. Free blocks are linked through their head's frame-table entry by
 * frame number; frame 0 ends a list and is therefore never handed out.
 *
 * A domain may claim memory before it is allocated: then others get only what is
 * free beyond all claims. What one gets of its own counts against its claim.
 *
 * Locks: heap_lock guards every list and count here, and domains' claimed_pages.
 * Nothing is taken inside.
 */
#include <hv/mm.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/spinlock.h>

#include <asm/flush.h>

#define NR_ZONES		33	/* frame numbers have at most 32 bits */

static spinlock_t heap_lock = SPINLOCK_INIT;
static u32 free_list[NR_ZONES][MAX_ORDER + 1];
static u32 orders_present[NR_ZONES];	/* bit per order with a non-empty list */
static unsigned long zone_free[NR_ZONES];	/* frames */
static unsigned long free_pages;
static unsigned long claimed_pages;	/* the sum of all domains' */

/* Flush clock when a frame was last freed that a guest could map; 0: never. */
static u64 freed_clock;

static unsigned int zone_of(unsigned long mfn)
{
	return fls64(mfn);
}

static void list_add(unsigned long mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn);
	struct page_info *pg = &frame_table[mfn];
	u32 head = free_list[zone][order];

	pg->next = head;
	pg->prev = 0;
	if (head)
		frame_table[head].prev = (u32)mfn;
	WRITE_ONCE(pg->state, PG_FREE(order));
	free_list[zone][order] = (u32)mfn;
	orders_present[zone] |= 1U << order;
}

static void list_del(unsigned long mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn);
	struct page_info *pg = &frame_table[mfn];

	if (pg->prev)
		frame_table[pg->prev].next = pg->next;
	else
		free_list[zone][order] = pg->next;
	if (pg->next)
		frame_table[pg->next].prev = pg->prev;
	if (!free_list[zone][order])
		orders_present[zone] &= ~(1U << order);
	WRITE_ONCE(pg->state, 0);
}

/* Give a block to the lists, joined with its free neighbours. */
static void block_free(unsigned long mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn);

	zone_free[zone] += 1UL << order;
	free_pages += 1UL << order;

	while (order < MAX_ORDER) {
		unsigned long buddy = mfn ^ (1UL << order);

		if (zone_of(buddy) != zone || buddy >= max_page ||
		    READ_ONCE(frame_table[buddy].state) != PG_FREE(order))
			break;
		list_del(buddy, order);
		mfn &= ~(1UL << order);
		order++;
	}
	list_add(mfn, order);
}

/* A block of @order from @zone, the smallest that will do; 0 if there is none. */
static unsigned long block_take(unsigned int zone, unsigned int order)
{
	u32 fitting = orders_present[zone] & (~0U << order);
	unsigned int have;
	unsigned long mfn;

	if (!fitting)
		return 0;
	have = (unsigned int)__builtin_ctz(fitting);
	mfn = free_list[zone][have];
	list_del(mfn, have);
	while (have > order) {
		have--;
		list_add(mfn + (1UL << have), have);
	}
	zone_free[zone] -= 1UL << order;
	free_pages -= 1UL << order;
	return mfn;
}

/* The highest zone all of whose frames are below 1 << @bits bytes. */
static unsigned int highest_zone(unsigned int bits)
{
	if (!bits || bits - 1 >= NR_ZONES - 1 + PAGE_SHIFT)
		return NR_ZONES - 1;
	return bits > PAGE_SHIFT ? bits - PAGE_SHIFT : 0;
}

/* Is what @d may take enough? Others' claims may exceed what is free, for a moment. */
static bool may_take(const struct domain *d, unsigned long nr)
{
	unsigned long others = claimed_pages - (d ? d->claimed_pages : 0);

	return nr <= free_pages && others <= free_pages - nr;
}

/**
 * page_alloc_for() - Take 1 << @order contiguous frames, aligned to their size.
 * @d: for whom: its claim may be used; NULL for nobody
 * @order: 0 to MAX_ORDER
 * @memflags: MEMF_LOW(bits) or 0
 *
 * The contents are whatever was there; each frame's state is 0 and its owner
 * OWNER_NONE. No TLB holds a translation that an earlier owner made.
 *
 * Context: takes heap_lock; may flush TLBs.
 * Return: the first frame; NULL if there is no such block.
 */
struct page_info *page_alloc_for(struct domain *d, unsigned int order, unsigned int memflags)
{
	unsigned int zone = highest_zone(memflags & 0x3f);
	unsigned long mfn = 0;
	struct page_info *pg;
	u64 clock;

	if (order > MAX_ORDER)
		return NULL;

	spin_lock(&heap_lock);
	for (; zone > 0 && !mfn && may_take(d, 1UL << order); zone--)
		mfn = block_take(zone, order);
	clock = freed_clock;
	spin_unlock(&heap_lock);
	if (!mfn)
		return NULL;

	if (clock)
		flush_tlb_older(clock);
	pg = &frame_table[mfn];
	for (unsigned long i = 0; i < 1UL << order; i++) {
		pg[i].owner = OWNER_NONE;
		pg[i].order = 0;
		pg[i].flags = 0;
		pg[i].tlb_stamp = 0;
	}
	return pg;
}

/** page_alloc() - page_alloc_for() nobody in particular. */
struct page_info *page_alloc(unsigned int order, unsigned int memflags)
{
	return page_alloc_for(NULL, order, memflags);
}

/**
 * page_claim() - Set memory aside for a domain, until it is allocated.
 * @d: alive; tot_pages of it must not change meanwhile (d->page_lock)
 * @pages: how many it shall have in all; 0 ends its claim
 *
 * ABI: memory.h, XENMEM_claim_pages.
 * Context: takes heap_lock; also under d->page_lock.
 * Return: 0; -EINVAL if it has a claim, or that many pages, or may not have
 * them; -ENOMEM if less is free and unclaimed.
 */
int page_claim(struct domain *d, unsigned long pages)
{
	int rc = 0;

	spin_lock(&heap_lock);
	if (!pages) {
		claimed_pages -= d->claimed_pages;
		d->claimed_pages = 0;
	} else if (d->claimed_pages || pages <= d->tot_pages || pages > d->max_pages) {
		rc = -EINVAL;
	} else if (!may_take(NULL, pages - d->tot_pages)) {
		rc = -ENOMEM;
	} else {
		d->claimed_pages = pages - d->tot_pages;
		claimed_pages += d->claimed_pages;
	}
	spin_unlock(&heap_lock);
	return rc;
}

/**
 * page_claim_used() - A domain got pages: that much less is to be set aside.
 * @d: the domain
 * @pages: how many it got
 */
void page_claim_used(struct domain *d, unsigned long pages)
{
	spin_lock(&heap_lock);
	pages = min(pages, d->claimed_pages);
	d->claimed_pages -= pages;
	claimed_pages -= pages;
	spin_unlock(&heap_lock);
}

/** page_claims() - Pages set aside for all domains, of those that are free. */
unsigned long page_claims(void)
{
	return READ_ONCE(claimed_pages);
}

static void poison(unsigned long mfn, unsigned int order)
{
	u64 *p = mfn_to_virt(_mfn(mfn));

	if (!IS_ENABLED(CONFIG_HV_DEBUG))
		return;
	/* Bit 0 clear: a page-table walk that is late finds nothing present. */
	for (unsigned long i = 0; i < PAGE_SIZE / 8 << order; i++)
		p[i] = 0xfeedfeedfeedfee0UL;
}

/**
 * page_free() - Give back what page_alloc() gave, or an aligned part of it.
 * @pg: first frame; no reference to any of the frames is left
 * @order: 0 to MAX_ORDER
 *
 * Context: takes heap_lock.
 */
void page_free(struct page_info *pg, unsigned int order)
{
	unsigned long mfn = mfn_x(page_to_mfn(pg));

	BUG_ON(order > MAX_ORDER || !mfn || !IS_ALIGNED(mfn, 1UL << order));
	for (unsigned long i = 0; i < 1UL << order; i++) {
		BUG_ON(pg_type(pg[i].state) == PT_FREE || pg[i].state & PG_REFS_MASK);
		WRITE_ONCE(pg[i].state, 0);
	}
	poison(mfn, order);
	spin_lock(&heap_lock);
	block_free(mfn, order);
	spin_unlock(&heap_lock);
}

/**
 * page_alloc_note_stale() - A frame that a guest could map is about to be freed.
 *
 * All references to it are gone, but TLBs may still hold its translations.
 * They are flushed before any frame is handed out again.
 * Context: before page_free(); takes heap_lock.
 */
void page_alloc_note_stale(void)
{
	spin_lock(&heap_lock);
	freed_clock = tlb_clock_now();
	spin_unlock(&heap_lock);
}

unsigned long page_alloc_free_pages(void)
{
	return READ_ONCE(free_pages);
}

/**
 * page_alloc_free_below() - Frames free now below an address.
 * @bits: count those below 1 << @bits bytes; 0 counts all
 */
unsigned long page_alloc_free_below(unsigned int bits)
{
	unsigned long n = 0;

	spin_lock(&heap_lock);
	for (unsigned int zone = 1; zone <= highest_zone(bits); zone++)
		n += zone_free[zone];
	spin_unlock(&heap_lock);
	return n;
}

/* The largest block that begins at @start and does not reach beyond @end. */
static unsigned int order_within(unsigned long start, unsigned long end)
{
	unsigned int aligned = (unsigned int)__builtin_ctzl(start);

	return min(min(aligned, fls64(end - start) - 1), (unsigned int)MAX_ORDER);
}

/**
 * page_free_range() - page_free() of frames that stand in a row.
 * @start: the first, not 0
 * @nr: how many; no reference to any of them is left
 *
 * Context: takes heap_lock, for each of as few blocks as they are.
 */
void page_free_range(mfn_t start, unsigned long nr)
{
	unsigned long mfn = mfn_x(start), end = mfn + nr;

	while (mfn < end) {
		unsigned int order = order_within(mfn, end);

		page_free(mfn_to_page(_mfn(mfn)), order);
		mfn += 1UL << order;
	}
}

static void add_good_range(unsigned long start, unsigned long end)
{
	spin_lock(&heap_lock);
	while (start < end) {
		unsigned int order = order_within(start, end);

		block_free(start, order);
		start += 1UL << order;
	}
	spin_unlock(&heap_lock);
}

/**
 * page_alloc_add_range() - Give RAM to the allocator.
 * @start: first frame
 * @end: the frame after the last, at most max_page
 *
 * The frames are mapped, used by nobody, and their frame-table entries zero.
 * Frame 0 and the frames of badpage= are left out.
 * Context: boot; ranges may come in any order but must not overlap.
 */
void page_alloc_add_range(mfn_t start, mfn_t end)
{
	unsigned long from = max(mfn_x(start), 1UL), to = min(mfn_x(end), max_page);

	while (from < to) {
		unsigned long stop = to, skip = to;

		/* The first bad range that touches [from, to). */
		for (unsigned int i = 0; i < opts.nr_badpages; i++) {
			unsigned long first = opts.badpage[i].first, last = opts.badpage[i].last;

			if (last < from || first >= stop)
				continue;
			stop = max(first, from);
			skip = min(last, to - 1) + 1;
		}
		if (stop > from)
			add_good_range(from, stop);
		if (stop < to)
			pr_info("badpage: frames %#lx to %#lx are not used\n", stop, skip - 1);
		from = stop < to ? skip : to;
	}
}
