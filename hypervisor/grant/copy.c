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

/* An entry in use. */
struct held_ref {
	struct domain *granter;	/* referenced; NULL: none */
	u32 ref;
};

struct side {
	bool write;		/* it is what is copied to */
	bool held;
	bool is_ref;
	domid_t domid;		/* as the guest named them */
	unsigned long id;	/* ref, or frame */
	struct held_ref grant, inner;	/* inner: what a transitive grant leads to */
	struct page_info *pg;	/* referenced, and PT_WRITABLE if written */
	unsigned int start, end;	/* bytes that may be copied */
};

struct copy_batch {
	struct domain *d;
	struct side source, dest;
};

static void let_go_ref(struct held_ref *h, bool write)
{
	if (!h->granter)
		return;
	grant_unpin(h->granter->grant, h->ref, write, 1);
	domain_put(h->granter);
	h->granter = NULL;
}

static void let_go_page(const struct side *s)
{
	if (s->write)
		page_put_and_type(s->pg);
	else
		page_put(s->pg);
}

static void let_go(struct side *s)
{
	if (!s->held)
		return;
	s->held = false;
	let_go_page(s);
	let_go_ref(&s->inner, s->write);
	let_go_ref(&s->grant, s->write);
}

static s16 hold_page(struct side *s, unsigned long frame, domid_t owner)
{
	s->pg = mfn_to_page(_mfn(frame));
	if (unlikely(!mfn_valid(_mfn(frame))))
		return GNTST_bad_page;
	if (!s->write)
		return likely(page_get(s->pg, owner)) ? GNTST_okay : GNTST_bad_page;
	switch (page_get_and_type(s->pg, owner, PT_WRITABLE)) {
	case 0:
		return GNTST_okay;
	case -EBUSY:
		return GNTST_general_error;
	default:
		return GNTST_bad_page;
	}
}

/* Use entry @ref of domain @domid. */
static s16 hold_ref(struct held_ref *h, domid_t domid, u32 ref, struct grant_use *use)
{
	struct domain *granter = domain_get(domid);
	s16 rc;

	if (unlikely(!granter))
		return GNTST_bad_domain;
	rc = grant_pin(granter->grant, ref, use);
	if (unlikely(rc)) {
		domain_put(granter);
		return rc;
	}
	h->granter = granter;
	h->ref = ref;
	return GNTST_okay;
}

/*
 * A transitive grant: the next domain's must be to the one that passes it on,
 * and lead no further. @use is that of the first, and becomes the next one's.
 */
static noinline s16 hold_next(struct side *s, struct grant_use *use)
{
	union grant_target next = use->target;
	s16 rc;

	use->domid = s->grant.granter->domain_id;
	if (next.next.domid >= DOMID_FIRST_RESERVED)
		return GNTST_general_error;
	rc = hold_ref(&s->inner, next.next.domid, next.next.ref, use);
	if (rc == GNTST_bad_domain)
		return GNTST_general_error;
	if (rc)
		return rc;
	return use->kind == GRANT_TRANSITIVE ? GNTST_general_error : GNTST_okay;
}

static s16 hold_granted(struct copy_batch *b, struct side *s, domid_t domid, u32 ref)
{
	struct grant_use use = { .domid = b->d->domain_id, .write = s->write, .copy = true, .nr = 1 };
	const struct domain *owner;
	s16 rc = hold_ref(&s->grant, domid, ref, &use);

	if (likely(!rc) && unlikely(use.kind == GRANT_TRANSITIVE))
		rc = hold_next(s, &use);
	owner = s->inner.granter ?: s->grant.granter;
	if (likely(!rc))
		rc = hold_page(s, use.target.mfn, owner->domain_id);
	if (unlikely(rc)) {
		let_go_ref(&s->inner, s->write);
		let_go_ref(&s->grant, s->write);
		return rc;
	}
	s->start = use.target.start;
	s->end = s->start + use.target.length;
	return GNTST_okay;
}

static s16 hold_own(struct copy_batch *b, struct side *s, unsigned long frame)
{
	s16 rc = hold_page(s, frame, b->d->domain_id);

	s->start = 0;
	s->end = PAGE_SIZE;
	return rc;
}

static __always_inline s16 hold(struct copy_batch *b, struct side *s,
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

static s16 copy_one(struct copy_batch *b, const struct gnttab_copy *op)
{
	bool from_ref = op->flags & GNTCOPY_source_gref, to_ref = op->flags & GNTCOPY_dest_gref;
	s16 rc;

	/* Frames by number are the caller's own only. */
	if (unlikely((!from_ref && op->source.domid != DOMID_SELF) ||
		     (!to_ref && op->dest.domid != DOMID_SELF)))
		return GNTST_permission_denied;
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
	memcpy((char *)page_to_virt(b->dest.pg) + op->dest.offset,
	       (const char *)page_to_virt(b->source.pg) + op->source.offset, op->len);
	return GNTST_okay;
}

static void copy_batch(struct copy_batch *b, struct gnttab_copy *op, unsigned int nr)
{
	struct grant_table *gt = b->d->grant;

	for (unsigned int i = 0; i < nr; i++) {
		op[i].status = copy_one(b, &op[i]);
		if (unlikely(op[i].status))
			gt->nr_failed++;
	}
	gt->nr_copies += nr;
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
	let_go(&b.source);
	let_go(&b.dest);
	return rc ?: (long)done;
}
