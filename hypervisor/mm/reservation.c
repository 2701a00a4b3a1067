// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subcommands of memory_op that give memory to a domain or take it away. ABI:
 * xen/memory.h, struct xen_memory_reservation. Each works through a list of
 * extents and returns how many it has done.
 */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>

#include <xen/memory.h>

/* Extents for those who build domains and drive devices, and for all others. */
#define MAX_ORDER_PRIVILEGED	12
#define MAX_ORDER_GUEST		9

unsigned int memory_max_order(void)
{
	return current->domain->is_privileged ? MAX_ORDER_PRIVILEGED : MAX_ORDER_GUEST;
}

bool memory_flags(unsigned int mem_flags, unsigned int *memflags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	if (bits && bits <= PAGE_SHIFT)
		return false;
	*memflags = bits < PADDR_BITS ? MEMF_LOW(bits) : 0;
	return true;
}

/* One extent of the list; -EFAULT or another error ends the call there. */
struct extent_work {
	struct domain *d;
	const struct xen_memory_reservation *res;
	unsigned int memflags;
};

static int read_extent(const struct extent_work *w, unsigned long i, xen_pfn_t *frame)
{
	return copy_from_guest_index(frame, handle_va(w->res->extent_start), i);
}

static int write_extent(const struct extent_work *w, unsigned long i, mfn_t mfn)
{
	xen_pfn_t frame = mfn_x(mfn);

	return copy_to_guest_index(handle_va(w->res->extent_start), i, &frame);
}

static struct page_info *allocate(const struct extent_work *w)
{
	struct page_info *pg = domain_page_alloc(w->d, w->res->extent_order, w->memflags);

	if (!pg)
		gprintk(LOG_DEBUG,
			"no memory for an extent of order %u for domain %u (%lu of %lu pages)\n",
			w->res->extent_order, w->d->domain_id, w->d->tot_pages, w->d->max_pages);
	return pg;
}

static int increase_one(const struct extent_work *w, unsigned long i)
{
	struct page_info *pg = allocate(w);

	if (!pg)
		return -ENOMEM;
	return handle_va(w->res->extent_start) ? write_extent(w, i, page_to_mfn(pg)) : 0;
}

static int populate_one(const struct extent_work *w, unsigned long i)
{
	struct page_info *pg;
	xen_pfn_t pfn;
	mfn_t mfn;

	if (read_extent(w, i, &pfn))
		return -EFAULT;
	pg = allocate(w);
	if (!pg)
		return -ENOMEM;
	mfn = page_to_mfn(pg);
	for (unsigned long j = 0; j < 1UL << w->res->extent_order; j++)
		m2p_rw[mfn_x(mfn) + j] = pfn + j;
	return write_extent(w, i, mfn);
}

static int remove_frame(struct domain *d, mfn_t mfn)
{
	struct page_info *pg;
	int rc;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, d->domain_id))
		return -EINVAL;
	rc = page_give_up(pg);
	if (!rc)
		m2p_rw[mfn_x(mfn)] = M2P_INVALID;
	page_put(pg);
	return rc;
}

static int decrease_one(const struct extent_work *w, unsigned long i)
{
	xen_pfn_t first;

	if (read_extent(w, i, &first))
		return -EFAULT;
	for (unsigned long j = 0; j < 1UL << w->res->extent_order; j++) {
		int rc = remove_frame(w->d, _mfn(first + j));

		if (rc) {
			gprintk(LOG_DEBUG, "frame %#lx is not domain %u's to give up\n",
				(unsigned long)first + j, w->d->domain_id);
			return rc;
		}
	}
	return 0;
}

static int one_extent(unsigned int cmd, const struct extent_work *w, unsigned long i)
{
	switch (cmd) {
	case XENMEM_increase_reservation:
		return increase_one(w, i);
	case XENMEM_decrease_reservation:
		return decrease_one(w, i);
	default:
		return populate_one(w, i);
	}
}

/**
 * memory_reservation() - XENMEM_increase_ and _decrease_reservation, _populate_physmap.
 * @cmd: which
 * @arg: guest address of struct xen_memory_reservation
 * @start: in: extents done by earlier rounds; out with -ERESTART: by this too
 *
 * Return: extents done, fewer than asked for if one failed; -EFAULT, -ESRCH, -EPERM.
 */
long memory_reservation(unsigned int cmd, unsigned long arg, unsigned long *start)
{
	struct xen_memory_reservation res;
	struct extent_work w = { .res = &res };
	unsigned long i = *start;
	long rc = 0;

	if (copy_from_guest(&res, arg))
		return -EFAULT;
	/* More could not be told in a continued call. */
	if (res.nr_extents > ~0UL >> MEMOP_EXTENT_SHIFT || i >= res.nr_extents ||
	    res.extent_order > memory_max_order() || !memory_flags(res.mem_flags, &w.memflags))
		return (long)i;
	if (res.mem_flags & XENMEMF_populate_on_demand)
		return (long)i;
	rc = domain_get_target(res.domid, &w.d);
	if (rc)
		return rc;
	while (i < res.nr_extents && !one_extent(cmd, &w, i)) {
		if (++i < res.nr_extents && hypercall_preempt_check()) {
			rc = -ERESTART;
			break;
		}
	}
	domain_put(w.d);
	*start = i;
	return rc ?: (long)i;
}

/**
 * memory_claim() - XENMEM_claim_pages: set memory aside for a domain.
 * @arg: guest address of struct xen_memory_reservation: domid, and in nr_extents
 *	 what the domain shall have in all, 0 to end its claim
 *
 * Return: as page_claim(); -EINVAL also for an unknown domain, a dying one, or
 * other fields that are not zero; -EPERM unless the caller is privileged; -EFAULT.
 */
long memory_claim(unsigned long arg)
{
	struct xen_memory_reservation res;
	struct domain *d;
	long rc = -EINVAL;

	if (copy_from_guest(&res, arg))
		return -EFAULT;
	if (handle_va(res.extent_start) || res.extent_order || res.mem_flags)
		return -EINVAL;
	d = domain_get(res.domid);
	if (!d)
		return -EINVAL;
	if (!current->domain->is_privileged) {
		rc = -EPERM;
	} else {
		spin_lock(&d->page_lock);
		if (d->dying == DOM_ALIVE || !res.nr_extents)
			rc = page_claim(d, res.nr_extents);
		spin_unlock(&d->page_lock);
	}
	domain_put(d);
	return rc;
}
