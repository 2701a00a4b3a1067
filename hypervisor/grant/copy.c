// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies between frames that are the caller's or granted to it. ABI:
 * grant_table.h, GNTTABOP_copy.
 *
 * A side of a copy is held from one to the next, since many copies in a row
 * have a side in common: a packet in one buffer, a buffer of several packets.
 */
#include "grant.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/string.h>

struct side {
	bool write;		/* it is what is copied to */
	bool held;
	bool is_ref;
	domid_t domid;		/* as the guest named them */
	unsigned long id;	/* ref, or frame */
	struct domain *granter;	/* of the last ref, referenced; NULL: none */
	struct domain *next;	/* where a transitive grant leads, referenced; NULL: it is none */
	u32 next_ref;
	struct page_info *pg;	/* referenced, and PT_WRITABLE if written */
	unsigned int start, end;	/* bytes that may be copied */
};

struct copy_batch {
	struct domain *d;
	struct side source, dest;
};

static noinline void let_go_next(struct side *s)
{
	grant_unpin(s->next->grant, s->next_ref, s->write, 1);
	domain_put(s->next);
	s->next = NULL;
}

/* The granter is kept: the next ref is most likely one of its. */
static void let_go(struct side *s)
{
	if (!s->held)
		return;
	s->held = false;
	grant_frame_put(page_to_mfn(s->pg), s->write);
	if (unlikely(s->next))
		let_go_next(s);
	if (s->is_ref)
		grant_unpin(s->granter->grant, (u32)s->id, s->write, 1);
}

static void end_side(struct side *s)
{
	let_go(s);
	if (s->granter)
		domain_put(s->granter);
}

static s16 hold_page(struct side *s, unsigned long frame, domid_t owner)
{
	s16 rc = grant_frame_get(_mfn(frame), owner, s->write);

	if (likely(!rc))
		s->pg = mfn_to_page(_mfn(frame));
	return rc;
}

/*
 * A transitive grant: the next one must be another domain's, to the one that
 * passes it on, and lead no further. @use is that of the first, and becomes the
 * next one's.
 */
static noinline s16 hold_next(struct side *s, struct grant_use *use)
{
	u32 ref = use->target.next.ref;
	domid_t domid = use->target.next.domid;
	struct domain *d;
	s16 rc;

	use->domid = s->granter->domain_id;
	if (domid >= DOMID_FIRST_RESERVED || domid == use->domid)
		return GNTST_general_error;
	d = domain_get(domid);
	if (!d)
		return GNTST_general_error;
	rc = grant_pin(d->grant, ref, use);
	if (rc) {
		domain_put(d);
		return rc;
	}
	s->next = d;
	s->next_ref = ref;
	return use->kind == GRANT_TRANSITIVE ? GNTST_general_error : GNTST_okay;
}

static s16 hold_frame(struct side *s, struct grant_use *use)
{
	s16 rc = GNTST_okay;

	if (unlikely(use->kind == GRANT_TRANSITIVE))
		rc = hold_next(s, use);
	if (likely(!rc))
		rc = hold_page(s, use->target.mfn, (s->next ?: s->granter)->domain_id);
	if (unlikely(rc && s->next))
		let_go_next(s);
	return rc;
}

static struct domain *granter_of(struct side *s, domid_t domid)
{
	if (likely(s->granter && s->granter->domain_id == domid))
		return s->granter;
	if (s->granter)
		domain_put(s->granter);
	s->granter = domain_get(domid);
	return s->granter;
}

static s16 hold_granted(const struct copy_batch *b, struct side *s, domid_t domid, u32 ref)
{
	struct grant_use use = {
		.domid = b->d->domain_id, .write = s->write, .copy = true, .nr = 1,
	};
	struct domain *granter = granter_of(s, domid);
	s16 rc;

	if (unlikely(!granter))
		return GNTST_bad_domain;
	rc = grant_pin(granter->grant, ref, &use);
	if (unlikely(rc))
		return rc;
	rc = hold_frame(s, &use);
	if (unlikely(rc)) {
		grant_unpin(granter->grant, ref, s->write, 1);
		return rc;
	}
	s->start = use.target.start;
	s->end = s->start + use.target.length;
	return GNTST_okay;
}

static s16 hold_own(const struct copy_batch *b, struct side *s, unsigned long frame)
{
	s16 rc = hold_page(s, frame, b->d->domain_id);

	s->start = 0;
	s->end = PAGE_SIZE;
	return rc;
}

static __always_inline s16 hold(const struct copy_batch *b, struct side *s,
				const struct gnttab_copy_ptr *ptr, bool is_ref)
{
	unsigned long id = is_ref ? ptr->u.ref : ptr->u.gmfn;
	s16 rc;

	if (s->held && s->id == id && s->domid == ptr->domid && s->is_ref == is_ref)
		return GNTST_okay;
	let_go(s);
	rc = is_ref ? hold_granted(b, s, ptr->domid, ptr->u.ref) : hold_own(b, s, ptr->u.gmfn);
	if (unlikely(rc))
		return rc;
	s->held = true;
	s->is_ref = is_ref;
	s->domid = ptr->domid;
	s->id = id;
	return GNTST_okay;
}

static bool within(const struct side *s, unsigned int offset, unsigned int len)
{
	return offset >= s->start && offset + len <= s->end;
}

/* Frames by number are the caller's own only. */
static noinline s16 not_own(domid_t domid)
{
	struct domain *d = domain_get(domid);

	if (!d)
		return GNTST_bad_domain;
	domain_put(d);
	return GNTST_permission_denied;
}

static s16 copy_one(struct copy_batch *b, const struct gnttab_copy *op)
{
	bool from_ref = op->flags & GNTCOPY_source_gref, to_ref = op->flags & GNTCOPY_dest_gref;
	s16 rc;

	if (unlikely(!from_ref && op->source.domid != DOMID_SELF))
		return not_own(op->source.domid);
	if (unlikely(!to_ref && op->dest.domid != DOMID_SELF))
		return not_own(op->dest.domid);
	rc = hold(b, &b->source, &op->source, from_ref);
	if (likely(!rc))
		rc = hold(b, &b->dest, &op->dest, to_ref);
	if (unlikely(rc))
		return rc;
	if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
		     op->dest.offset + op->len > PAGE_SIZE))
		return GNTST_bad_copy_arg;
	if (unlikely(!within(&b->source, op->source.offset, op->len) ||
		     !within(&b->dest, op->dest.offset, op->len)))
		return GNTST_general_error;
	/* The two may be the same frame. */
	memmove((char *)page_to_virt(b->dest.pg) + op->dest.offset,
		(const char *)page_to_virt(b->source.pg) + op->source.offset, op->len);
	return GNTST_okay;
}

static void copy_batch(struct copy_batch *b, struct gnttab_copy *op, unsigned int nr)
{
	struct grant_table *gt = b->d->grant;

	for (unsigned int i = 0; i < nr; i++) {
		op[i].status = copy_one(b, &op[i]);
		if (unlikely(op[i].status))
			grant_count(&gt->nr_failed, 1);
	}
	grant_count(&gt->nr_copies, nr);
}

/**
 * grant_copy() - GNTTABOP_copy.
 * @va:	   array of struct gnttab_copy
 * @count: its length
 *
 * Return: how many were done, each with its status; -EFAULT.
 */
long grant_copy(unsigned long va, unsigned int count)
{
	struct copy_batch b = { .d = current->domain, .dest.write = true };
	struct gnttab_copy op[GRANT_BATCH];
	unsigned int done = 0;
	long rc = 0;

	while (done < count && (!done || !hypercall_preempt_check())) {
		unsigned int nr = min(count - done, (unsigned int)GRANT_BATCH);
		unsigned long at = va + done * sizeof(*op);

		rc = -EFAULT;
		if (raw_copy_from_guest(op, at, nr * sizeof(*op)))
			break;
		copy_batch(&b, op, nr);
		if (raw_copy_to_guest(at, op, nr * sizeof(*op)))
			break;
		rc = 0;
		done += nr;
	}
	end_side(&b.source);
	end_side(&b.dest);
	return rc ?: (long)done;
}
