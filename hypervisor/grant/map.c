// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping what another domain granted, and unmapping it. ABI: grant_table.h,
 * GNTTABOP_map_grant_ref, unmap_grant_ref and unmap_and_replace.
 *
 * Each mapping, for the host or for devices, holds a reference to the frame
 * and, if writable, a PT_WRITABLE type reference. Those of a host mapping are
 * what its page-table entry holds: if the guest overwrites the entry, they go,
 * and the mapping can no longer be unmapped. The handle and the use of the
 * granter's entry then stay until the mapper dies.
 *
 * An unmap takes down entries first, for a batch, then flushes TLBs once, and
 * only then lets go of frames and of the granter's entry. Meanwhile its handle
 * has MAPTRACK_BUSY, so that no other can begin.
 */
#include "grant.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>

#define MAP_PARTS	(GNTMAP_device_map | GNTMAP_host_map)
/* What a handle keeps of the flags. */
#define MAP_KEPT	(MAP_PARTS | GNTMAP_readonly | GNTMAP_application_map | GNTMAP_contains_pte)

struct map_batch {
	struct domain *d;	/* who maps */
	struct domain *granter;	/* of the last one: granter_of() */
	struct grant_ptes ptes;
};

static unsigned int nr_parts(u32 flags)
{
	return (flags & MAP_PARTS) == MAP_PARTS ? 2 : 1;
}

/*
 * Most of a batch are grants of one domain's: *@last is kept from one to the
 * next, and given back by granter_put().
 */
static struct domain *granter_of(struct domain **last, domid_t domid)
{
	if (likely(*last && (*last)->domain_id == domid))
		return *last;
	if (*last)
		domain_put(*last);
	*last = domid < DOMID_FIRST_RESERVED ? domain_get(domid) : NULL;
	return *last;
}

static void granter_put(struct domain *last)
{
	if (last)
		domain_put(last);
}

/* One mapping's references to a frame of @owner's. */
static s16 take_frame(mfn_t mfn, domid_t owner, bool write)
{
	struct page_info *pg;

	if (unlikely(!mfn_valid(mfn)))
		return GNTST_bad_page;
	pg = mfn_to_page(mfn);
	if (!write)
		return likely(page_get(pg, owner)) ? GNTST_okay : GNTST_bad_page;
	switch (page_get_and_type(pg, owner, PT_WRITABLE)) {
	case 0:
		return GNTST_okay;
	case -EBUSY:
		return GNTST_general_error;	/* a page table, say */
	default:
		return GNTST_bad_page;
	}
}

static void put_frame(mfn_t mfn, bool write)
{
	if (write)
		page_put_and_type(mfn_to_page(mfn));
	else
		page_put(mfn_to_page(mfn));
}

static s16 map_host(struct map_batch *b, const struct gnttab_map_grant_ref *op, mfn_t mfn,
		    domid_t owner)
{
	bool write = !(op->flags & GNTMAP_readonly);
	s16 rc = take_frame(mfn, owner, write);

	if (unlikely(rc))
		return rc;
	rc = arch_grant_map(&b->ptes, op->host_addr, op->flags, mfn);
	if (unlikely(rc))
		put_frame(mfn, write);
	return rc;
}

/* Both parts, or none. */
static __always_inline s16 map_parts(struct map_batch *b, const struct gnttab_map_grant_ref *op,
				     mfn_t mfn, domid_t owner)
{
	bool write = !(op->flags & GNTMAP_readonly);
	s16 rc;

	if (op->flags & GNTMAP_device_map) {
		rc = take_frame(mfn, owner, write);
		if (rc || !(op->flags & GNTMAP_host_map))
			return rc;
		rc = map_host(b, op, mfn, owner);
		if (rc)
			put_frame(mfn, write);
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
		.nr = (u8)nr_parts(op->flags),
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

	if (unlikely(!(op->flags & MAP_PARTS)))
		return GNTST_bad_gntref;
	granter = granter_of(&b->granter, op->dom);
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

static void map_batch(struct map_batch *b, struct gnttab_map_grant_ref *op, unsigned int nr)
{
	struct grant_table *gt = b->d->grant;

	b->ptes = GRANT_PTES_NONE;
	for (unsigned int i = 0; i < nr; i++) {
		op[i].status = map_one(b, &op[i]);
		if (op[i].status)
			gt->nr_failed++;
	}
	arch_grant_close(&b->ptes);
	gt->nr_maps += nr;
}

/**
 * grant_map() - GNTTABOP_map_grant_ref.
 * @va:	   array of struct gnttab_map_grant_ref
 * @count: its length
 *
 * Context: as do_grant_table_op().
 * Return: how many were done, each with its status; -EFAULT.
 */
long grant_map(unsigned long va, unsigned int count)
{
	struct map_batch b = { .d = current->domain };
	struct gnttab_map_grant_ref op[GRANT_BATCH];
	unsigned int done = 0;
	long rc = 0;

	while (done < count && (!done || !hypercall_preempt_check())) {
		unsigned int nr = min(count - done, (unsigned int)GRANT_BATCH);
		unsigned long at = va + done * sizeof(*op);

		rc = -EFAULT;
		if (raw_copy_from_guest(op, at, nr * sizeof(*op)))
			break;
		map_batch(&b, op, nr);
		if (raw_copy_to_guest(at, op, nr * sizeof(*op)))
			break;
		rc = 0;
		done += nr;
	}
	granter_put(b.granter);
	return rc ?: (long)done;
}

/* What an unmap has begun. */
struct unmap {
	struct maptrack *m;
	u32 handle;
	u16 flags;	/* the handle's, parts that go included */
	u16 parts;	/* MAP_PARTS that go */
};

struct unmap_batch {
	struct domain *d;
	struct domain *granter;	/* of the last one: granter_of() */
	struct grant_ptes ptes;
	unsigned int nr;
	bool flush;	/* entries are gone */
	struct unmap todo[GRANT_BATCH];
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

/* All but b->todo, which is large. */
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
static void end_use(struct domain **last, const struct maptrack *m, bool write, u16 parts)
{
	struct domain *granter = granter_of(last, m->granter);

	if (likely(granter && granter->grant->serial == m->serial))
		grant_unpin(granter->grant, m->ref, write, nr_parts(parts));
}

/* No TLB has the parts of @u any more: let go of them. */
static void unmap_finish(struct unmap_batch *b, const struct unmap *u)
{
	struct maptrack *m = u->m;
	bool readonly = u->flags & GNTMAP_readonly;
	u16 left = (u16)(u->flags & ~u->parts);

	end_use(&b->granter, m, !readonly, u->parts);
	if (u->parts & GNTMAP_host_map)
		arch_grant_put(_mfn(m->mfn), readonly);
	if (u->parts & GNTMAP_device_map)
		put_frame(_mfn(m->mfn), !readonly);
	if (left & MAP_PARTS) {
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
		unmap_finish(b, &b->todo[i]);
	b->d->grant->nr_unmaps += b->nr;
	b->nr = 0;
}

static s16 unmap_one(struct unmap_batch *b, const struct unmap_args *args)
{
	struct unmap *u = &b->todo[b->nr];
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
		u = &b->todo[0];
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

static void unmap_batch(struct unmap_batch *b, struct gnttab_unmap_grant_ref *op, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		const struct unmap_args args = {
			.host_addr = op[i].host_addr,
			.dev_bus_addr = op[i].dev_bus_addr,
			.handle = op[i].handle,
		};

		op[i].status = unmap_one(b, &args);
	}
	unmap_finish_all(b);
}

/**
 * grant_unmap() - GNTTABOP_unmap_grant_ref.
 * @va:	   array of struct gnttab_unmap_grant_ref
 * @count: its length
 *
 * Return: how many were done, each with its status; -EFAULT.
 */
long grant_unmap(unsigned long va, unsigned int count)
{
	struct unmap_batch b;
	struct gnttab_unmap_grant_ref op[GRANT_BATCH];
	unsigned int done = 0;
	long rc = 0;

	unmap_begin(&b);
	while (done < count && (!done || !hypercall_preempt_check())) {
		unsigned int nr = min(count - done, (unsigned int)GRANT_BATCH);
		unsigned long at = va + done * sizeof(*op);

		rc = -EFAULT;
		if (raw_copy_from_guest(op, at, nr * sizeof(*op)))
			break;
		unmap_batch(&b, op, nr);
		if (raw_copy_to_guest(at, op, nr * sizeof(*op)))
			break;
		rc = 0;
		done += nr;
	}
	granter_put(b.granter);
	return rc ?: (long)done;
}

/**
 * grant_unmap_and_replace() - GNTTABOP_unmap_and_replace.
 * @va:	   array of struct gnttab_unmap_and_replace
 * @count: its length
 *
 * Return: how many were done, each with its status; -EFAULT.
 */
long grant_unmap_and_replace(unsigned long va, unsigned int count)
{
	struct unmap_batch b;
	unsigned int done;
	int rc = 0;

	unmap_begin(&b);
	for (done = 0; done < count && (!done || !hypercall_preempt_check()); done++) {
		struct gnttab_unmap_and_replace op;
		struct unmap_args args = {};

		rc = copy_from_guest_index(&op, va, done);
		if (rc)
			break;
		args.host_addr = op.host_addr;
		args.new_addr = op.new_addr;
		args.handle = op.handle;
		op.status = unmap_one(&b, &args);
		unmap_finish_all(&b);
		rc = copy_to_guest_index(va, done, &op);
		if (rc)
			break;
	}
	granter_put(b.granter);
	return rc ?: (long)done;
}

/* The domain's page tables go by themselves, with the references of host mappings. */
static void release_one(struct grant_table *gt, u32 handle, struct maptrack *m, u16 flags)
{
	bool readonly = flags & GNTMAP_readonly;
	struct domain *granter = NULL;

	end_use(&granter, m, !readonly, flags);
	granter_put(granter);
	if (flags & GNTMAP_device_map)
		put_frame(_mfn(m->mfn), !readonly);
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
