// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving a frame away to a domain that waits for one. ABI: grant_table.h,
 * GNTTABOP_transfer and GTF_accept_transfer.
 *
 * What the other gets is a frame of the same contents: it is a new one, of which
 * no TLB knows, and the old one goes to the allocator, which sees to it that
 * none does before it is used again.
 */
#include "grant.h"

#include <hv/errno.h>
#include <hv/options.h>
#include <hv/percpu.h>

/* Times that the waiting entry may change under our hands. */
#define RETRIES		5

/*
 * Flags and domid of both versions' entries are one word. From
 * GTF_transfer_committed on the guest waits for GTF_transfer_completed.
 */
static bool commit(u32 *word, domid_t from)
{
	u32 old = READ_ONCE(*word), wanted = GTF_accept_transfer | (u32)from << 16;

	for (unsigned int i = 0; i < RETRIES && old == wanted; i++)
		if (__atomic_compare_exchange_n(word, &old, old | GTF_transfer_committed, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static u32 *entry_word(const struct grant_table *gt, unsigned int version, u32 ref)
{
	return version == 1 ? (u32 *)shared_v1(gt, ref) : (u32 *)shared_v2(gt, ref);
}

/* The entry, if it waits for a frame of @from's, is ours to complete. */
static bool begin(struct grant_table *gt, u32 ref, domid_t from)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version);
	bool ok;

	if (!a)
		return false;
	ok = !entry_in_use(a) && commit(entry_word(gt, version, ref), from);
	entry_unlock(a);
	return ok;
}

/* If the guest changed the version meanwhile it has lost what it waited for. */
static void complete(struct grant_table *gt, u32 ref, mfn_t mfn)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version);

	if (!a)
		return;
	if (version == 1)
		WRITE_ONCE(shared_v1(gt, ref)->frame, (u32)mfn_x(mfn));
	else
		WRITE_ONCE(shared_v2(gt, ref)->full_page.frame, mfn_x(mfn));
	__atomic_fetch_or((u16 *)entry_word(gt, version, ref), GTF_transfer_completed,
			  __ATOMIC_SEQ_CST);
	entry_unlock(a);
}

/* The reverse of begin(). */
static void cancel(struct grant_table *gt, u32 ref)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version);

	if (!a)
		return;
	__atomic_fetch_and((u16 *)entry_word(gt, version, ref), (u16)~GTF_transfer_committed,
			   __ATOMIC_SEQ_CST);
	entry_unlock(a);
}

static s16 give(const struct page_info *pg, struct domain *to, u32 ref)
{
	domid_t from = current->domain->domain_id;
	struct page_info *new;

	if (!begin(to->grant, ref, from))
		return GNTST_bad_gntref;
	/* Zeroed: the other may map it before it is filled. */
	new = domain_page_alloc(to, 0, 0);
	if (!new) {
		cancel(to->grant, ref);
		return GNTST_general_error;
	}
	copy_page(page_to_virt(new), page_to_virt(pg));
	complete(to->grant, ref, page_to_mfn(new));
	return GNTST_okay;
}

/* The frame is lost to the caller whatever comes, unless it is GNTST_bad_page. */
static s16 transfer(const struct gnttab_transfer *op)
{
	struct page_info *pg;
	struct domain *to;
	s16 status = GNTST_bad_domain;
	int rc;

	if (!mfn_valid(_mfn(op->mfn)))
		return GNTST_bad_page;
	pg = mfn_to_page(_mfn(op->mfn));
	rc = page_steal(pg, current->domain->domain_id);
	if (rc)
		return rc == -EINVAL ? GNTST_bad_page : GNTST_general_error;
	to = op->domid < DOMID_FIRST_RESERVED ? domain_get(op->domid) : NULL;
	if (to) {
		status = give(pg, to, op->ref);
		domain_put(to);
	}
	WRITE_ONCE(pg->state, 0);
	domain_page_free(pg);
	return status;
}

/**
 * grant_transfer() - GNTTABOP_transfer.
 * @ops: struct gnttab_transfer, copied in; the status is written there
 * @nr:	 of them
 *
 * A frame that anything refers to but the caller's ownership is not taken, and
 * gives GNTST_general_error.
 * Return: 0; -ENOSYS if the boot option gnttab=no-transfer forbids it.
 */
long grant_transfer(void *ops, unsigned int nr)
{
	struct gnttab_transfer *op = ops;

	if (!opts.gnttab_transfer)
		return -ENOSYS;
	for (unsigned int i = 0; i < nr; i++)
		op[i].status = transfer(&op[i]);
	return 0;
}
