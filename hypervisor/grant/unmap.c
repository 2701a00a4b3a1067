// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unmapping what another domain granted. ABI: grant_table.h,
 * GNTTABOP_unmap_grant_ref and unmap_and_replace.
 *
 * An unmap takes down entries first, for a batch, then flushes TLBs once, and
 * only then lets go of frames and of the granter's entry. Meanwhile its handle
 * has MAPTRACK_BUSY, so that no other can begin.
 */
#include "grant.h"

#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>

/* What an unmap has begun. */
struct unmap {
	struct maptrack *m;
	u32 handle;
	u16 flags;	/* the handle's, parts that go included */
	u16 parts;	/* GRANT_MAP_PARTS that go */
};

struct unmap_batch {
	struct domain *d;
	struct domain *granter;	/* of the last one: grant_granter() */
	struct grant_ptes ptes;
	unsigned int nr;
	bool flush;	/* entries are gone */
	struct unmap pending[GRANT_BATCH];
};

/* One of the three commands' structures. */
struct unmap_args {
	u64 host_addr, dev_bus_addr, new_addr;
	u32 handle;
};

/* The handle becomes ours. 0; -EINVAL if it maps nothing; -EBUSY if it is somebody's. */
static int claim(struct maptrack *m, u16 *flags)
{
	u16 old = __atomic_load_n(&m->flags, __ATOMIC_ACQUIRE);

	do {
		if (unlikely(!old))
			return -EINVAL;
		if (unlikely(old & MAPTRACK_BUSY))
			return -EBUSY;
	} while (!__atomic_compare_exchange_n(&m->flags, &old, (u16)(old | MAPTRACK_BUSY), false,
					      __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE));
	*flags = old;
	return 0;
}

static void unclaim(struct maptrack *m, u16 flags)
{
	__atomic_store_n(&m->flags, flags, __ATOMIC_RELEASE);
}

/* All but b->pending, which is large. */
static void unmap_begin(struct unmap_batch *b)
{
	b->d = current->domain;
	b->granter = NULL;
	b->ptes = GRANT_PTES_NONE;
	b->nr = 0;
	b->flush = false;
}

/* Take the parts down that are asked for and there; TLBs may still have them. */
static s16 unmap_parts(struct unmap_batch *b, const struct unmap_args *args, struct unmap *u)
{
	mfn_t mfn = _mfn(u->m->mfn);
	s16 rc;

	u->parts = 0;
	if (args->dev_bus_addr && (u->flags & GNTMAP_device_map)) {
		if (args->dev_bus_addr != mfn_x(mfn) << PAGE_SHIFT)
			return GNTST_bad_dev_addr;
		u->parts = GNTMAP_device_map;
	}
	if (args->host_addr && (u->flags & GNTMAP_host_map)) {
		rc = arch_grant_unmap(&b->ptes, args->host_addr, u->flags, mfn, args->new_addr);
		if (unlikely(rc)) {
			u->parts = 0;
			return rc;
		}
		u->parts |= GNTMAP_host_map;
		b->flush = true;
	}
	return GNTST_okay;
}

/*
 * End the use of the granter's entry by @parts of a mapping. A granter whose
 * frame was mapped no more may be gone, and its number be another domain's.
 */
static __always_inline void end_use(struct domain **last, const struct maptrack *m, bool write,
				    u16 parts)
{
	struct domain *granter = grant_granter(last, m->granter);

	if (likely(granter && granter->grant->serial == m->serial))
		grant_unpin(granter->grant, m->ref, write, grant_nr_parts(parts));
}

/* No TLB has the parts of @u any more: let go of them. */
static void unmap_finish(struct unmap_batch *b, const struct unmap *u)
{
	struct maptrack *m = u->m;
	bool readonly = u->flags & GNTMAP_readonly;
	u16 left = (u16)(u->flags & ~u->parts);

	/* The frame first: who sees the entry unused may make a page table of it. */
	if (u->parts & GNTMAP_host_map)
		arch_grant_put(_mfn(m->mfn), readonly);
	if (u->parts & GNTMAP_device_map)
		grant_frame_put(_mfn(m->mfn), !readonly);
	end_use(&b->granter, m, !readonly, u->parts);
	if (left & GRANT_MAP_PARTS) {
		unclaim(m, left);
		return;
	}
	unclaim(m, 0);
	maptrack_put(b->d->grant, u->handle);
}

static void unmap_finish_all(struct unmap_batch *b)
{
	arch_grant_close(&b->ptes);
	if (b->flush)
		arch_grant_flush();
	b->flush = false;
	for (unsigned int i = 0; i < b->nr; i++)
		unmap_finish(b, &b->pending[i]);
	grant_count(&b->d->grant->nr_unmaps, b->nr);
	b->nr = 0;
}

static s16 unmap_one(struct unmap_batch *b, const struct unmap_args *args)
{
	struct unmap *u = &b->pending[b->nr];
	s16 status;
	int rc;

	u->handle = args->handle;
	u->m = maptrack_find(b->d->grant, args->handle);
	if (unlikely(!u->m))
		return GNTST_bad_handle;
	rc = claim(u->m, &u->flags);
	if (unlikely(rc == -EBUSY && b->nr)) {
		/* Both parts of a handle in one batch: it may be ours. */
		struct maptrack *m = u->m;

		unmap_finish_all(b);
		u = &b->pending[0];
		u->handle = args->handle;
		u->m = m;
		rc = claim(m, &u->flags);
	}
	if (unlikely(rc))
		return GNTST_bad_handle;
	status = unmap_parts(b, args, u);
	if (unlikely(!u->parts))
		unclaim(u->m, u->flags);
	else
		b->nr++;
	return status;
}

/**
 * grant_unmap() - GNTTABOP_unmap_grant_ref.
 * @ops: struct gnttab_unmap_grant_ref, copied in; the status is written there
 * @nr:	 of them, GRANT_BATCH at most
 *
 * Return: 0.
 */
long grant_unmap(void *ops, unsigned int nr)
{
	struct gnttab_unmap_grant_ref *op = ops;
	struct unmap_batch b;

	unmap_begin(&b);
	for (unsigned int i = 0; i < nr; i++) {
		const struct unmap_args args = {
			.host_addr = op[i].host_addr,
			.dev_bus_addr = op[i].dev_bus_addr,
			.handle = op[i].handle,
		};

		op[i].status = unmap_one(&b, &args);
	}
	unmap_finish_all(&b);
	grant_granter_put(b.granter);
	return 0;
}

/**
 * grant_unmap_and_replace() - GNTTABOP_unmap_and_replace.
 * @ops: struct gnttab_unmap_and_replace, copied in; the status is written there
 * @nr:	 of them
 *
 * Return: 0.
 */
long grant_unmap_and_replace(void *ops, unsigned int nr)
{
	struct gnttab_unmap_and_replace *op = ops;
	struct unmap_batch b;

	unmap_begin(&b);
	for (unsigned int i = 0; i < nr; i++) {
		const struct unmap_args args = {
			.host_addr = op[i].host_addr,
			.new_addr = op[i].new_addr,
			.handle = op[i].handle,
		};

		op[i].status = unmap_one(&b, &args);
		/* The next one may move an entry that this one moved. */
		unmap_finish_all(&b);
	}
	grant_granter_put(b.granter);
	return 0;
}

/* The domain's page tables go by themselves, with the references of host mappings. */
static void release_one(struct grant_table *gt, u32 handle, struct maptrack *m, u16 flags)
{
	bool readonly = flags & GNTMAP_readonly;
	struct domain *granter = NULL;

	if (flags & GNTMAP_device_map)
		grant_frame_put(_mfn(m->mfn), !readonly);
	end_use(&granter, m, !readonly, flags);
	grant_granter_put(granter);
	unclaim(m, 0);
	maptrack_put(gt, handle);
}

/**
 * gnttab_release_mappings() - Let go of all that a dying domain has mapped.
 * @d: dying; none of its vCPUs runs, nor will
 *
 * Frames that its page tables map stay until these are dropped.
 * Return: 0; -ERESTART: call again.
 */
int gnttab_release_mappings(struct domain *d)
{
	struct grant_table *gt = d->grant;
	u32 nr = READ_ONCE(gt->nr_maptrack) << MAPTRACK_SHIFT;

	while (gt->release_next < nr) {
		u32 handle = gt->release_next++;
		struct maptrack *m = maptrack_find(gt, handle);
		u16 flags;

		if (claim(m, &flags) == 0)
			release_one(gt, handle, m, flags);
		if (gt->release_next % GRANT_BATCH == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}
