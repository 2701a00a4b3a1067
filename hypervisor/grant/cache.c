// SPDX-License-Identifier: GPL-2.0-only
/* Writing back what caches hold of a frame. ABI: grant_table.h, GNTTABOP_cache_flush. */
#include "grant.h"

#include <hv/errno.h>
#include <hv/percpu.h>

#include <asm/flush.h>

/* Does @d use @mfn by a grant of @owner's? */
static bool granted_to(const struct domain *d, struct domain *owner, mfn_t mfn)
{
	struct grant_table *gt = owner->grant;
	unsigned int version;
	bool found = false;

	for (u32 ref = 0; !found && ref < READ_ONCE(gt->nr_entries); ref++) {
		struct grant_active *a = grant_entry_get(gt, ref, &version);

		if (!a)
			break;
		found = entry_in_use(a) && a->domid == d->domain_id &&
			a->kind != GRANT_TRANSITIVE && a->target.mfn == mfn_x(mfn);
		entry_unlock(a);
	}
	return found;
}

static int flush_frame(struct domain *owner, mfn_t mfn, u32 op)
{
	struct page_info *pg = mfn_to_page(mfn);
	int rc = 0;

	if (!page_get(pg, owner->domain_id))
		return -EPERM;
	if (owner != current->domain && !granted_to(current->domain, owner, mfn))
		rc = -ENOENT;
	/* To drop lines without writing them back is not in the CPU's power. */
	else if (!(op & GNTTAB_CACHE_CLEAN))
		rc = -EOPNOTSUPP;
	else
		flush_cache_page(page_to_virt(pg));
	page_put(pg);
	return rc;
}

static int cache_flush(const struct gnttab_cache_flush *op)
{
	mfn_t mfn = _mfn(op->a.dev_bus_addr >> PAGE_SHIFT);
	struct domain *owner;
	int rc;

	if (op->offset >= PAGE_SIZE || op->offset + op->length > PAGE_SIZE ||
	    (op->op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN)))
		return -EINVAL;
	if (!op->length || !op->op)
		return 0;
	if (!mfn_valid(mfn))
		return -EINVAL;
	owner = page_owner(mfn_to_page(mfn)) < DOMID_FIRST_RESERVED ?
		domain_get(page_owner(mfn_to_page(mfn))) : NULL;
	if (!owner)
		return -EPERM;
	rc = flush_frame(owner, mfn, op->op);
	domain_put(owner);
	return rc;
}

/**
 * grant_cache_flush() - GNTTABOP_cache_flush.
 * @ops: struct gnttab_cache_flush, copied in
 * @nr:	 of them
 *
 * Return: 0; -EINVAL, -EPERM; -ENOENT if the frame was not granted; -EOPNOTSUPP for an
 * invalidation alone.
 */
long grant_cache_flush(void *ops, unsigned int nr)
{
	const struct gnttab_cache_flush *op = ops;
	int rc = 0;

	for (unsigned int i = 0; !rc && i < nr; i++)
		rc = cache_flush(&op[i]);
	return rc;
}
