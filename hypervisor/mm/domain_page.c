// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a domain owns: how they come and go, and what it has of them.
 *
 * As long as a domain owns a page, its pages together hold one reference to
 * it, so that the owner of a page in use can always be found.
 *
 * Locks: d->page_lock guards tot_pages, max_pages and the owner field of the
 * domain's frames. Nothing is taken inside.
 */
#include <hv/mm.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/hypercall.h>

#include <asm/flush.h>
#include <asm/system.h>

#define REGION_SHIFT		(L2_SHIFT - PAGE_SHIFT)	/* bit of owned_regions */
/* One for each level of tables, and one for what they mapped. */
#define RELINQUISH_PASSES	5

static void set_owner(struct domain *d, struct page_info *pg, unsigned int order)
{
	unsigned long mfn = mfn_x(page_to_mfn(pg));

	for (unsigned long i = 0; i < 1UL << order; i++) {
		m2p_rw[mfn + i] = M2P_INVALID;
		pg[i].owner = d->domain_id;
		/* page_get() sees the owner before the reference. */
		__atomic_store_n(&pg[i].state, PG_ALLOCATED | 1, __ATOMIC_RELEASE);
		/* A bit stays set: it says where to look, not what is there. */
		if (d->owned_regions && (i == 0 || IS_ALIGNED(mfn + i, 1UL << REGION_SHIFT)))
			set_bit_atomic((unsigned int)((mfn + i) >> REGION_SHIFT),
				       d->owned_regions);
	}
}

/**
 * domain_page_assign() - Make pages from page_alloc() a domain's own.
 * @d: the new owner, referenced by the caller
 * @pg: first frame, state 0
 * @order: of the block
 *
 * Context: takes d->page_lock.
 * Return: 0; -EINVAL if @d is dying; -E2BIG if it would own more than max_pages.
 * On error the pages stay the caller's.
 */
int domain_page_assign(struct domain *d, struct page_info *pg, unsigned int order)
{
	unsigned long nr = 1UL << order;
	int rc = 0;

	spin_lock(&d->page_lock);
	if (d->dying != DOM_ALIVE) {
		rc = -EINVAL;
	} else if (d->tot_pages + nr < nr || d->tot_pages + nr > d->max_pages) {
		rc = -E2BIG;
	} else {
		if (!d->tot_pages)
			__atomic_add_fetch(&d->refcount, 1, __ATOMIC_SEQ_CST);
		d->tot_pages += nr;
		set_owner(d, pg, order);
	}
	spin_unlock(&d->page_lock);
	return rc;
}

/**
 * domain_page_alloc() - Allocate pages for a domain.
 * @d: the owner to be, referenced by the caller
 * @order: 0 to MAX_ORDER
 * @memflags: MEMF_LOW(bits), MEMF_NO_SCRUB
 *
 * Each page has PG_ALLOCATED and the one reference that goes with it; pages
 * are zeroed unless MEMF_NO_SCRUB.
 *
 * Context: takes the allocator's lock, then d->page_lock; may flush TLBs.
 * Return: the first frame; NULL if there is no memory, or @d may not have it.
 */
struct page_info *domain_page_alloc(struct domain *d, unsigned int order, unsigned int memflags)
{
	struct page_info *pg = page_alloc_for(d, order, memflags);

	if (!pg)
		return NULL;
	for (unsigned long i = 0; !(memflags & MEMF_NO_SCRUB) && i < 1UL << order; i++)
		clear_page(page_to_virt(pg + i));
	if (domain_page_assign(d, pg, order)) {
		page_free(pg, order);
		return NULL;
	}
	if (READ_ONCE(d->claimed_pages))
		page_claim_used(d, 1UL << order);
	return pg;
}

/* What a frame leaves behind when it is nobody's any more; note_stale() follows. */
static void forget(struct page_info *pg)
{
	if (pg->flags & PGF_NONCOHERENT)
		flush_cache_page(page_to_virt(pg));
	m2p_rw[mfn_x(page_to_mfn(pg))] = M2P_INVALID;
}

/**
 * domain_page_free() - The last reference to a domain's page is gone.
 * @pg: owned by a domain, no references, no table entries that hold any
 *
 * Context: takes d->page_lock, then the allocator's lock; may drop the last
 * reference to the domain.
 */
void domain_page_free(struct page_info *pg)
{
	struct domain *d = domain_get(pg->owner);
	bool last;

	BUG_ON(!d);
	forget(pg);
	page_alloc_note_stale();
	spin_lock(&d->page_lock);
	last = --d->tot_pages == 0;
	pg->owner = OWNER_NONE;
	spin_unlock(&d->page_lock);
	page_free(pg, 0);

	if (last)
		domain_put(d);
	domain_put(d);
}

/**
 * domain_page_swap_in() - As domain_page_assign(), in exchange for stolen pages.
 * @d: the owner to be
 * @pg: the first page, owned by nobody
 * @order: 1 << @order pages
 *
 * The count stays: the caller then gives as many pages to domain_page_swap_out().
 * Return: 0; -EINVAL if @d is dying.
 */
int domain_page_swap_in(struct domain *d, struct page_info *pg, unsigned int order)
{
	int rc = 0;

	spin_lock(&d->page_lock);
	if (d->dying != DOM_ALIVE)
		rc = -EINVAL;
	else
		set_owner(d, pg, order);
	spin_unlock(&d->page_lock);
	return rc;
}

/**
 * domain_page_swap_out() - Free a page from page_steal(), replaced by another.
 * @pg: the page
 */
void domain_page_swap_out(struct page_info *pg)
{
	forget(pg);
	page_alloc_note_stale();
	pg->owner = OWNER_NONE;
	page_free(pg, 0);
}

/* Unpin a frame of a dying domain and end its owner's reference; it is retired by that. */
static void relinquish_frame(const struct domain *d, struct page_info *pg)
{
	bool idle;

	if (!page_get(pg, d->domain_id))
		return;
	if (unlikely(READ_ONCE(pg->state) & PG_PINNED))
		page_unpin(pg, &idle);
	page_give_up(pg);
	page_put(pg);
}

/**
 * domain_page_swap_back() - Undo page_steal().
 * @d: the owner, referenced by the caller
 * @pg: the page
 *
 * If @d began to die meanwhile, its end may have passed the page by: then it is
 * taken from @d here.
 */
void domain_page_swap_back(struct domain *d, struct page_info *pg)
{
	page_unsteal(pg);
	smp_mb();	/* partner: domain_kill() says that it dies, then looks for pages */
	if (unlikely(READ_ONCE(d->dying) != DOM_ALIVE))
		relinquish_frame(d, pg);
}

/*
 * Most frames are ordinary memory that nobody else refers to. Those that stand in
 * a row from @mfn on are freed together; returns how many there were.
 */
static unsigned long relinquish_row(struct domain *d, unsigned long mfn, unsigned long end)
{
	unsigned long nr = 0;
	bool last;

	spin_lock(&d->page_lock);
	while (mfn + nr < end && page_take_last(&frame_table[mfn + nr], d->domain_id)) {
		forget(&frame_table[mfn + nr]);
		frame_table[mfn + nr].owner = OWNER_NONE;
		nr++;
	}
	d->tot_pages -= nr;
	last = nr && !d->tot_pages;
	spin_unlock(&d->page_lock);
	if (!nr)
		return 0;

	page_alloc_note_stale();
	page_free_range(_mfn(mfn), nr);
	if (last)
		domain_put(d);
	return nr;
}

static void relinquish_region(struct domain *d, unsigned long region)
{
	unsigned long mfn = region << REGION_SHIFT;
	unsigned long end = min(mfn + (1UL << REGION_SHIFT), max_page);

	/* The frame table has all of a region's entries or none. */
	BUILD_BUG_ON(REGION_SHIFT > FRAME_CHUNK_SHIFT);
	if (!mfn_valid(_mfn(mfn)))
		return;
	while (mfn < end) {
		struct page_info *pg = &frame_table[mfn];
		unsigned long nr = 1;

		if (page_owner(pg) == d->domain_id) {
			nr = relinquish_row(d, mfn, end);
			if (!nr) {
				relinquish_frame(d, pg);
				nr = 1;
			}
		}
		mfn += nr;
	}
}

/**
 * domain_relinquish_memory() - Take from a dying domain all that it owns.
 * @d: dying; none of its vCPUs runs or holds tables
 *
 * Tables hold references to each other, from the highest level down and, by
 * read-only mappings, in circles; each pass retires the tables that the pass
 * before left unused. Pages that other domains map go when those let go.
 * Return: 0 when nothing is left that can be taken; -ERESTART: call again.
 */
int domain_relinquish_memory(struct domain *d)
{
	unsigned long nr = DIV_ROUND_UP(max_page, 1UL << REGION_SHIFT), region;

	if (!READ_ONCE(d->tot_pages))
		return 0;
	for (region = d->relinquish_next; region < nr; region++) {
		if (!test_bit((unsigned int)region, d->owned_regions))
			continue;
		relinquish_region(d, region);
		if (hypercall_preempt_check()) {
			d->relinquish_next = region + 1;
			return -ERESTART;
		}
	}
	d->relinquish_next = 0;
	return READ_ONCE(d->tot_pages) && ++d->relinquish_passes < RELINQUISH_PASSES ?
		-ERESTART : 0;
}
