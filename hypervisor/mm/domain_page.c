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
#include <hv/printk.h>

#include <asm/flush.h>
#include <asm/system.h>

#define REGION_SHIFT		(L2_SHIFT - PAGE_SHIFT)	/* bit of owned_regions */

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
	struct page_info *pg = page_alloc(order, memflags);

	if (!pg)
		return NULL;
	for (unsigned long i = 0; !(memflags & MEMF_NO_SCRUB) && i < 1UL << order; i++)
		clear_page(page_to_virt(pg + i));
	if (domain_page_assign(d, pg, order)) {
		page_free(pg, order);
		return NULL;
	}
	return pg;
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
	if (pg->flags & PGF_NONCOHERENT)
		flush_cache_page(page_to_virt(pg));
	m2p_rw[mfn_x(page_to_mfn(pg))] = M2P_INVALID;
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
