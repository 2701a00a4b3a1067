// SPDX-License-Identifier: GPL-2.0-only
/*
 * XENMEM_exchange: frames of a PV domain for others, contiguous or below some
 * address. ABI: xen/memory.h, struct xen_memory_exchange.
 *
 * One chunk is the larger of the two extents: several of one side for one of
 * the other. A chunk is exchanged whole or not at all: what may fail comes
 * first, with the input frames taken out of use and put back if it does.
 */
#include "memory_op.h"

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>

#include <xen/memory.h>

struct exchange {
	struct xen_memory_exchange op;
	struct domain *d;
	unsigned int memflags;
	unsigned long nr_in, nr_out;	/* extents of a chunk */
	u32 *in, *out;			/* frames of the chunk; first frames of its new extents */
};

static int check(struct exchange *x)
{
	const struct xen_memory_reservation *in = &x->op.in, *out = &x->op.out;
	unsigned int max_order = memory_max_order();

	if (in->extent_order > max_order || out->extent_order > max_order)
		return -EPERM;
	if (x->op.nr_exchanged > in->nr_extents || in->domid != out->domid ||
	    in->nr_extents > ~0UL >> in->extent_order ||
	    out->nr_extents > ~0UL >> out->extent_order ||
	    in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
		return -EINVAL;
	if (!memory_flags(out->mem_flags, &x->memflags))
		return -ENOMEM;
	x->nr_in = x->nr_out = 1;
	if (in->extent_order < out->extent_order)
		x->nr_in = 1UL << (out->extent_order - in->extent_order);
	else
		x->nr_out = 1UL << (in->extent_order - out->extent_order);
	/* Progress is counted in input extents, but made in chunks. */
	if (x->op.nr_exchanged % x->nr_in)
		return -EINVAL;
	return 0;
}

/* Take the frames of chunk @chunk; those taken stand in x->in. */
static int steal_chunk(struct exchange *x, unsigned long chunk, unsigned long *nr)
{
	unsigned long frames = 1UL << x->op.in.extent_order;

	for (unsigned long i = 0; i < x->nr_in; i++) {
		xen_pfn_t first;

		if (copy_from_guest_index(&first, handle_va(x->op.in.extent_start),
					  chunk * x->nr_in + i))
			return -EFAULT;
		for (unsigned long j = 0; j < frames; j++) {
			mfn_t mfn = _mfn(first + j);
			int rc = mfn_valid(mfn) ?
				page_steal(mfn_to_page(mfn), x->d->domain_id) : -EINVAL;

			if (rc)
				return rc;
			x->in[(*nr)++] = (u32)mfn_x(mfn);
		}
	}
	return 0;
}

static int allocate_chunk(struct exchange *x, unsigned long *nr)
{
	while (*nr < x->nr_out) {
		struct page_info *pg = page_alloc_for(x->d, x->op.out.extent_order,
						      x->memflags);

		if (!pg)
			return -ENOMEM;
		for (unsigned long j = 0; j < 1UL << x->op.out.extent_order; j++)
			clear_page(page_to_virt(pg + j));
		x->out[(*nr)++] = (u32)mfn_x(page_to_mfn(pg));
	}
	return 0;
}

/* The pfns at which the new extents are to stand, read before anything is done. */
static int read_pfns(const struct exchange *x, unsigned long chunk, xen_pfn_t *pfns)
{
	size_t len = x->nr_out * sizeof(*pfns);

	return raw_copy_from_guest(pfns, handle_va(x->op.out.extent_start) + chunk * len, len) ?
		-EFAULT : 0;
}

/* The new frames become the domain's and the old ones nobody's: nothing fails from here on. */
static int commit_chunk(struct exchange *x, unsigned long chunk, const xen_pfn_t *pfns)
{
	unsigned long frames = 1UL << x->op.out.extent_order;
	unsigned long nr = x->nr_in << x->op.in.extent_order;
	int rc = 0;

	for (unsigned long i = 0; i < nr; i++)
		domain_page_swap_out(mfn_to_page(_mfn(x->in[i])));
	for (unsigned long i = 0; i < x->nr_out; i++) {
		xen_pfn_t mfn = x->out[i];

		for (unsigned long j = 0; j < frames; j++)
			m2p_rw[mfn + j] = pfns[i] + j;
		if (copy_to_guest_index(handle_va(x->op.out.extent_start),
					chunk * x->nr_out + i, &mfn))
			rc = -EFAULT;
	}
	return rc;
}

static int swap_in(struct exchange *x, unsigned long *nr)
{
	for (; *nr < x->nr_out; (*nr)++) {
		int rc = domain_page_swap_in(x->d, mfn_to_page(_mfn(x->out[*nr])),
					     x->op.out.extent_order);

		if (rc)
			return rc;
	}
	return 0;
}

static int exchange_chunk(struct exchange *x, unsigned long chunk, xen_pfn_t *pfns)
{
	unsigned long stolen = 0, allocated = 0, owned = 0;
	int rc = read_pfns(x, chunk, pfns);

	if (!rc)
		rc = steal_chunk(x, chunk, &stolen);
	if (!rc)
		rc = allocate_chunk(x, &allocated);
	if (!rc)
		rc = swap_in(x, &owned);
	if (!rc)
		return commit_chunk(x, chunk, pfns);

	/*
	 * Extents already the domain's, which began to die meanwhile, go with
	 * it: their number is that of the stolen frames that do not come back.
	 */
	for (unsigned long i = owned; i < allocated; i++)
		page_free(mfn_to_page(_mfn(x->out[i])), x->op.out.extent_order);
	for (unsigned long i = 0; i < owned << x->op.out.extent_order; i++)
		domain_page_swap_out(mfn_to_page(_mfn(x->in[i])));
	for (unsigned long i = owned << x->op.out.extent_order; i < stolen; i++)
		domain_page_swap_back(x->d, mfn_to_page(_mfn(x->in[i])));
	return rc;
}

/* Whole chunks until one fails; -ERESTART if preempted between two. */
static long exchange_chunks(struct exchange *x, xen_pfn_t *pfns)
{
	unsigned long chunk = x->op.nr_exchanged / x->nr_in, nr = x->op.in.nr_extents / x->nr_in;
	long rc;

	while (chunk < nr) {
		rc = exchange_chunk(x, chunk, pfns);
		if (rc && rc != -EFAULT)
			return rc;
		chunk++;
		x->op.nr_exchanged = chunk * x->nr_in;
		if (rc)
			return rc;
		if (chunk < nr && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

static long exchange_with_buffers(struct exchange *x)
{
	xen_pfn_t *pfns = hv_alloc_array(sizeof(*pfns), x->nr_out);
	long rc = -ENOMEM;

	x->in = hv_alloc_array(sizeof(*x->in), x->nr_in << x->op.in.extent_order);
	x->out = hv_alloc_array(sizeof(*x->out), x->nr_out);
	if (pfns && x->in && x->out)
		rc = exchange_chunks(x, pfns);
	hv_free(pfns);
	hv_free(x->in);
	hv_free(x->out);
	return rc;
}

/**
 * memory_exchange() - XENMEM_exchange.
 * @arg: guest address of struct xen_memory_exchange; nr_exchanged is written back
 *
 * Return: 0, all was exchanged; otherwise nr_exchanged input extents were, and
 * -EINVAL: the numbers do not agree, or a frame is not the domain's; -EBUSY: it
 * is mapped or in use; -ENOMEM: nothing of that size below that address; -EPERM:
 * extents too large, or no rights over the domain; -EFAULT, -ESRCH. -ERESTART: to be continued.
 */
long memory_exchange(unsigned long arg)
{
	struct exchange x = {};
	unsigned long before;
	long rc;

	if (copy_from_guest(&x.op, arg))
		return -EFAULT;
	rc = check(&x);
	if (rc)
		return rc;
	rc = domain_get_target(x.op.in.domid, &x.d);
	if (rc)
		return rc;
	before = x.op.nr_exchanged;
	rc = exchange_with_buffers(&x);
	domain_put(x.d);
	if (x.op.nr_exchanged != before &&
	    copy_to_guest(arg + offsetof(struct xen_memory_exchange, nr_exchanged),
			  &x.op.nr_exchanged))
		return -EFAULT;
	return rc;
}
