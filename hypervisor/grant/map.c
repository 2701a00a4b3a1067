// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping what another domain granted. ABI: grant_table.h,
 * GNTTABOP_map_grant_ref.
 *
 * Each mapping, for the host or for devices, holds a reference to the frame
 * and, if writable, a PT_WRITABLE type reference. Those of a host mapping are
 * what its page-table entry holds: if the guest overwrites the entry, they go,
 * and the mapping can no longer be unmapped. The handle and the use of the
 * granter's entry then stay until the mapper dies.
 */
#include "grant.h"

#include <hv/bug.h>
#include <hv/percpu.h>

/* What a handle keeps of the flags. */
#define MAP_KEPT	(GRANT_MAP_PARTS | GNTMAP_readonly | GNTMAP_application_map | \
			 GNTMAP_contains_pte)

struct map_batch {
	struct domain *d;	/* who maps */
	struct domain *granter;	/* of the last one: grant_granter() */
	struct grant_ptes ptes;
};

static s16 map_host(struct map_batch *b, const struct gnttab_map_grant_ref *op, mfn_t mfn,
		    domid_t owner)
{
	bool write = !(op->flags & GNTMAP_readonly);
	s16 rc = grant_frame_get(mfn, owner, write);

	if (unlikely(rc))
		return rc;
	rc = arch_grant_map(&b->ptes, op->host_addr, op->flags, mfn);
	if (unlikely(rc))
		grant_frame_put(mfn, write);
	return rc;
}

/* Both parts, or none. */
static __always_inline s16 map_parts(struct map_batch *b, const struct gnttab_map_grant_ref *op,
				     mfn_t mfn, domid_t owner)
{
	bool write = !(op->flags & GNTMAP_readonly);
	s16 rc;

	if (op->flags & GNTMAP_device_map) {
		rc = grant_frame_get(mfn, owner, write);
		if (rc || !(op->flags & GNTMAP_host_map))
			return rc;
		rc = map_host(b, op, mfn, owner);
		if (rc)
			grant_frame_put(mfn, write);
		return rc;
	}
	return map_host(b, op, mfn, owner);
}

static __always_inline s16 map_with(struct map_batch *b, struct gnttab_map_grant_ref *op,
				    struct domain *granter, struct maptrack *m)
{
	struct grant_use use = {
		.domid = b->d->domain_id,
		.write = !(op->flags & GNTMAP_readonly),
		.nr = (u8)grant_nr_parts(op->flags),
	};
	s16 rc = grant_pin(granter->grant, op->ref, &use);

	if (unlikely(rc))
		return rc;
	rc = map_parts(b, op, _mfn(use.target.mfn), granter->domain_id);
	if (unlikely(rc)) {
		grant_unpin(granter->grant, op->ref, use.write, use.nr);
		return rc;
	}
	m->granter = granter->domain_id;
	m->serial = granter->grant->serial;
	m->ref = op->ref;
	m->mfn = use.target.mfn;
	/* From here on it may be unmapped: partner is claim(). */
	__atomic_store_n(&m->flags, (u16)(op->flags & MAP_KEPT), __ATOMIC_RELEASE);
	op->dev_bus_addr = (u64)use.target.mfn << PAGE_SHIFT;
	return GNTST_okay;
}

static s16 map_one(struct map_batch *b, struct gnttab_map_grant_ref *op)
{
	struct domain *granter;
	struct maptrack *m;
	u32 handle;
	s16 rc;

	if (unlikely(!(op->flags & GRANT_MAP_PARTS)))
		return GNTST_bad_gntref;
	granter = grant_granter(&b->granter, op->dom);
	if (unlikely(!granter))
		return GNTST_bad_domain;
	handle = maptrack_get(b->d->grant, &m);
	if (unlikely(handle == MAPTRACK_NONE))
		return GNTST_no_space;
	rc = map_with(b, op, granter, m);
	if (unlikely(rc)) {
		maptrack_put(b->d->grant, handle);
		return rc;
	}
	op->handle = handle;
	return GNTST_okay;
}

/**
 * grant_map() - GNTTABOP_map_grant_ref.
 * @ops: struct gnttab_map_grant_ref, copied in; the outcome is written there
 * @nr:	 of them
 *
 * Context: as do_grant_table_op().
 * Return: 0.
 */
long grant_map(void *ops, unsigned int nr)
{
	struct map_batch b = { .d = current->domain, .ptes = GRANT_PTES_NONE };
	struct gnttab_map_grant_ref *op = ops;

	for (unsigned int i = 0; i < nr; i++) {
		op[i].status = map_one(&b, &op[i]);
		if (op[i].status)
			grant_count(&b.d->grant->nr_failed, 1);
	}
	arch_grant_close(&b.ptes);
	grant_granter_put(b.granter);
	grant_count(&b.d->grant->nr_maps, nr);
	return 0;
}
