// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entries of grant tables: how a use of one begins and ends, against a
 * guest that writes it at the same time.
 *
 * The guest may end a grant by a compare-and-exchange of the entry's flags as
 * long as neither GTF_reading nor GTF_writing is set. So the check of an entry
 * and the setting of these must be one step: in version 1 by exchanging flags
 * and domid as one word; in version 2, where the bits are in an array of their
 * own, by setting them first and then looking whether the entry is still as it
 * was. ABI: grant_table.h, the comment before grant_ref_t, and gnttab_get_status_frames.
 */
#include "grant.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/lib.h>

/* Times that a version 1 entry may change under our hands. */
#define RETRIES			5

struct grant_word {
	u16 flags;
	domid_t domid;
};

/**
 * grant_entry_get() - Lock what we know of an entry.
 * @gt:	     any domain's table
 * @ref:     number of the entry, untrusted
 * @version: out: of the table, until entry_unlock(), although gt->version may
 *	     be 0 by then for those who come later
 *
 * Context: waits while the version changes, unless gt->lock is held; so no
 * other entry may be locked.
 * Return: the entry; NULL if the table has none by this number.
 */
struct grant_active *grant_entry_get(struct grant_table *gt, u32 ref, unsigned int *version)
{
	struct grant_active *block, *a;

	for (;;) {
		if (unlikely(ref / ENTRIES_V1 >= gt->max_frames))
			return NULL;
		block = __atomic_load_n(&gt->active[ref / ENTRIES_V1], __ATOMIC_ACQUIRE);
		if (unlikely(!block))
			return NULL;
		a = &block[ref % ENTRIES_V1];
		entry_lock(a);
		*version = READ_ONCE(gt->version);
		if (likely(*version)) {
			if (likely(ref < READ_ONCE(gt->nr_entries)))
				return a;
			entry_unlock(a);
			return NULL;
		}
		/* Not by taking the lock again and again: who changes the version wants it. */
		entry_unlock(a);
		while (!READ_ONCE(gt->version))
			cpu_relax();
	}
}

/* May the entry be put to a use that is the first? */
static bool usable(struct grant_word w, const struct grant_use *use, u16 mask)
{
	return (w.flags & mask) == GTF_permit_access && w.domid == use->domid;
}

static bool refused(struct grant_word w, const struct grant_use *use)
{
	return use->write && (w.flags & GTF_readonly);
}

static s16 pin_v1(struct grant_entry_v1 *e, const struct grant_use *use, bool first)
{
	u16 mask = use->copy ? GTF_type_mask : GTF_type_mask | GTF_sub_page;
	u16 set = use->write ? GTF_reading | GTF_writing : GTF_reading;
	union {
		u32 raw;
		struct grant_word w;
	} old = { .raw = READ_ONCE(*(u32 *)e) }, new;

	for (unsigned int i = 0; i < RETRIES; i++) {
		if ((first && !usable(old.w, use, mask)) || refused(old.w, use))
			return GNTST_general_error;
		new = old;
		new.w.flags |= set;
		if (likely(__atomic_compare_exchange_n((u32 *)e, &old.raw, new.raw, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static struct grant_word read_v2(const union grant_entry_v2 *e)
{
	union {
		u32 raw;
		struct grant_word w;
	} word = { .raw = READ_ONCE(*(const u32 *)e) };

	return word.w;
}

/* Version 2: is it a grant of this kind to @use, the first use or a further one? */
static bool allowed_v2(struct grant_word w, const struct grant_use *use, bool first)
{
	u16 mask = use->copy ? GTF_type_mask : GTF_type_mask | GTF_sub_page;
	bool transitive = use->copy && (w.flags & GTF_type_mask) == GTF_transitive &&
			  w.domid == use->domid;

	if (first && !transitive && !usable(w, use, mask))
		return false;
	return !refused(w, use);
}

static s16 pin_v2(const struct grant_table *gt, u32 ref, const struct grant_use *use, bool first,
		  u16 *flags)
{
	grant_status_t *status = status_v2(gt, ref);
	u16 set = use->write ? GTF_reading | GTF_writing : GTF_reading;
	struct grant_word w = read_v2(shared_v2(gt, ref));

	if (!allowed_v2(w, use, first))
		return GNTST_general_error;
	/* A full barrier: partner is the guest's, which clears its flags and then looks here. */
	__atomic_fetch_or(status, set, __ATOMIC_SEQ_CST);
	w = read_v2(shared_v2(gt, ref));
	*flags = w.flags;
	if (likely(allowed_v2(w, use, first)))
		return GNTST_okay;
	__atomic_fetch_and(status, (u16)~(first ? GTF_reading | GTF_writing : GTF_writing),
			   __ATOMIC_SEQ_CST);
	return GNTST_general_error;
}

/* The entry is in use from now on: what for? */
static void note_v1(struct grant_active *a, const struct grant_entry_v1 *e)
{
	a->kind = GRANT_PAGE;
	a->target.mfn = READ_ONCE(e->frame);
	a->target.start = 0;
	a->target.length = PAGE_SIZE;
}

/* The same; false if it can be no frame. */
static bool note_v2(struct grant_active *a, const union grant_entry_v2 *e, u16 flags)
{
	u64 frame;

	if ((flags & GTF_type_mask) == GTF_transitive) {
		a->kind = GRANT_TRANSITIVE;
		a->target.next.ref = READ_ONCE(e->transitive.gref);
		a->target.next.domid = READ_ONCE(e->transitive.trans_domid);
		return true;
	}
	frame = READ_ONCE(e->full_page.frame);
	a->kind = flags & GTF_sub_page ? GRANT_SUB_PAGE : GRANT_PAGE;
	a->target.mfn = (u32)frame;
	a->target.start = flags & GTF_sub_page ? READ_ONCE(e->sub_page.page_off) : 0;
	a->target.length = flags & GTF_sub_page ? READ_ONCE(e->sub_page.length) : PAGE_SIZE;
	return frame == a->target.mfn;
}

static __always_inline void clear_bits(const struct grant_table *gt, unsigned int version, u32 ref,
				       u16 bits)
{
	u16 *word = version == 1 ? &shared_v1(gt, ref)->flags : status_v2(gt, ref);

	__atomic_fetch_and(word, (u16)~bits, __ATOMIC_SEQ_CST);
}

/* The entry's lock is held; @first: nobody uses it. */
static __always_inline s16 pin(const struct grant_table *gt, unsigned int version, u32 ref,
			       struct grant_active *a, const struct grant_use *use, bool first)
{
	u16 flags = 0;
	s16 rc;

	if (likely(version == 1))
		rc = pin_v1(shared_v1(gt, ref), use, first);
	else
		rc = pin_v2(gt, ref, use, first, &flags);
	if (unlikely(rc) || !first)
		return rc;
	if (likely(version == 1)) {
		note_v1(a, shared_v1(gt, ref));
	} else if (!note_v2(a, shared_v2(gt, ref), flags)) {
		clear_bits(gt, version, ref, GTF_reading | GTF_writing);
		return GNTST_bad_page;
	}
	a->domid = use->domid;
	return GNTST_okay;
}

/* A further use of an entry must be of whom and for what the first was. */
static s16 join(const struct grant_active *a, const struct grant_use *use)
{
	if (a->domid != use->domid || (!use->copy && a->kind != GRANT_PAGE) ||
	    a->readers + use->nr > GRANT_PINS_MAX || a->writers + use->nr > GRANT_PINS_MAX)
		return GNTST_general_error;
	return GNTST_okay;
}

static __always_inline s16 pin_locked(const struct grant_table *gt, unsigned int version, u32 ref,
				      struct grant_active *a, struct grant_use *use)
{
	bool first = !entry_in_use(a);
	s16 rc;

	if (!first) {
		rc = join(a, use);
		if (unlikely(rc))
			return rc;
	}
	if (first || (use->write && !a->writers)) {
		rc = pin(gt, version, ref, a, use, first);
		if (unlikely(rc))
			return rc;
	}
	if (use->write)
		a->writers += use->nr;
	else
		a->readers += use->nr;
	use->kind = a->kind;
	use->target = a->target;
	return GNTST_okay;
}

/**
 * grant_pin() - Begin a use of an entry.
 * @gt:	 table of the granter, who is referenced by the caller
 * @ref: number of the entry, untrusted
 * @use: who, and what for; told what the entry stands for. The frame is as the
 *	 granter wrote it: it need not be its own, nor exist.
 *
 * While it is in use, GTF_reading and, for writing, GTF_writing are set.
 * Context: takes the entry's lock, no other held.
 * Return: GNTST_okay, ended by grant_unpin(); GNTST_bad_gntref if there is no such entry;
 * GNTST_general_error if it is not for this; GNTST_bad_page if it can be no frame.
 */
s16 grant_pin(struct grant_table *gt, u32 ref, struct grant_use *use)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version);
	s16 rc;

	if (unlikely(!a))
		return GNTST_bad_gntref;
	rc = pin_locked(gt, version, ref, a, use);
	entry_unlock(a);
	return rc;
}

/**
 * grant_unpin() - End a use that grant_pin() began.
 * @gt:	   the table
 * @ref:   the entry
 * @write: as it was in the use
 * @nr:	   mappings that end, at most those that began
 *
 * Context: as grant_pin(); TLBs no longer hold what ends.
 */
void grant_unpin(struct grant_table *gt, u32 ref, bool write, unsigned int nr)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version);
	u16 clear = 0;

	BUG_ON(!a || (write ? a->writers : a->readers) < nr);
	if (write) {
		a->writers -= nr;
		if (!a->writers)
			clear = GTF_writing;
	} else {
		a->readers -= nr;
	}
	if (!entry_in_use(a))
		clear |= GTF_reading;
	if (clear)
		clear_bits(gt, version, ref, clear);
	entry_unlock(a);
}

/**
 * grant_frame_get() - Take what one mapping or copy holds of a frame.
 * @mfn:   as the granter or the guest named it, untrusted
 * @owner: whose it must be
 * @write: a PT_WRITABLE type reference, too
 *
 * Context: as page_get_and_type().
 * Return: GNTST_okay, undone by grant_frame_put(); GNTST_bad_page if it is not
 * @owner's; GNTST_general_error if it is in use as a page table, say.
 */
s16 grant_frame_get(mfn_t mfn, domid_t owner, bool write)
{
	struct page_info *pg;

	if (unlikely(!mfn_valid(mfn)))
		return GNTST_bad_page;
	pg = mfn_to_page(mfn);
	if (!write)
		return likely(page_get(pg, owner)) ? GNTST_okay : GNTST_bad_page;
	if (likely(page_try_get_writable(pg, owner)))
		return GNTST_okay;
	switch (page_get_and_type(pg, owner, PT_WRITABLE)) {
	case 0:
		return GNTST_okay;
	case -EBUSY:
		return GNTST_general_error;
	default:
		return GNTST_bad_page;
	}
}

/** grant_frame_put() - Undo grant_frame_get(). */
void grant_frame_put(mfn_t mfn, bool write)
{
	if (write)
		page_put_and_type(mfn_to_page(mfn));
	else
		page_put(mfn_to_page(mfn));
}
