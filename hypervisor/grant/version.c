// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two formats of a grant table, and the change between them. ABI:
 * grant_table.h, GNTTABOP_set_version and "GRANT TABLE REPRESENTATION".
 *
 * While the version is 0, nobody who comes to use an entry goes on. A CPU that
 * came before holds the lock of its entry; to have taken and let go each is to
 * know that none is left. The first entries may be in use meanwhile, they are
 * kept: toolstacks put the console and xenstore there.
 *
 * Locks: grant_table.lock, and inside it entries', by ascending number.
 */
#include "grant.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>

#define RESERVED	GNTTAB_NR_RESERVED_ENTRIES
#define USE_BITS	(GTF_reading | GTF_writing)

/* Is no entry in use, but for reserved ones? With version 0, under gt->lock. */
static bool table_idle(struct grant_table *gt)
{
	bool idle = true;

	for (unsigned int i = 0; i < gt->nr_frames * ENTRIES_V1; i++) {
		struct grant_active *a = &gt->active[i / ENTRIES_V1][i % ENTRIES_V1];

		entry_lock(a);
		if (i >= RESERVED && entry_in_use(a))
			idle = false;
		entry_unlock(a);
	}
	return idle;
}

/* Version 1 has no word for it. */
static bool representable(const struct grant_table *gt)
{
	for (u32 i = 0; i < RESERVED; i++) {
		const union grant_entry_v2 *e = shared_v2(gt, i);
		u16 type = READ_ONCE(e->hdr.flags) & GTF_type_mask;

		if (type == GTF_transitive ||
		    (type == GTF_permit_access && e->full_page.frame >> 32))
			return false;
	}
	return true;
}

static void save_reserved(const struct grant_table *gt, unsigned int version,
			  struct grant_entry_v1 *saved)
{
	for (u32 i = 0; i < RESERVED; i++) {
		const union grant_entry_v2 *e = shared_v2(gt, i);

		if (version == 1) {
			saved[i] = *shared_v1(gt, i);
			continue;
		}
		saved[i].flags = READ_ONCE(e->hdr.flags) | (*status_v2(gt, i) & USE_BITS);
		saved[i].domid = e->hdr.domid;
		saved[i].frame = (u32)e->full_page.frame;
		if ((saved[i].flags & GTF_type_mask) != GTF_permit_access)
			memset(&saved[i], 0, sizeof(saved[i]));
	}
}

static void restore_reserved(const struct grant_table *gt, unsigned int version,
			     const struct grant_entry_v1 *saved)
{
	for (u32 i = 0; i < RESERVED; i++) {
		union grant_entry_v2 *e = shared_v2(gt, i);

		if (version == 1) {
			*shared_v1(gt, i) = saved[i];
			continue;
		}
		e->hdr.flags = saved[i].flags & (u16)~USE_BITS;
		e->hdr.domid = saved[i].domid;
		e->full_page.frame = saved[i].frame;
		*status_v2(gt, i) = saved[i].flags & USE_BITS;
	}
}

/* Take the status array back from the domain: -EBUSY if it still maps any of it. */
static int unshare_status(struct grant_table *gt)
{
	unsigned int nr = STATUS_FRAMES(gt->nr_frames);

	for (unsigned int i = 0; i < nr; i++) {
		if (hv_page_unshare(gt->status[i]) == 0)
			continue;
		while (i--)
			hv_page_share(gt->status[i], gt->d, true);
		return -EBUSY;
	}
	return 0;
}

static void convert(struct grant_table *gt, unsigned int from, unsigned int to)
{
	struct grant_entry_v1 saved[RESERVED];

	save_reserved(gt, from, saved);
	for (unsigned int i = 0; i < gt->nr_frames; i++)
		clear_page(gt->shared[i]);
	if (to == 2) {
		for (unsigned int i = 0; i < STATUS_FRAMES(gt->nr_frames); i++)
			clear_page(gt->status[i]);
		grant_status_share(gt, 0);
	}
	restore_reserved(gt, to, saved);
}

/* Under gt->lock; *@version is left what it is then. */
static int change_version(struct grant_table *gt, unsigned int to)
{
	unsigned int from = gt->version;
	int rc = 0;

	if (from == to)
		return 0;
	if (to == 2 && gt->nr_status < STATUS_FRAMES(gt->nr_frames))
		return -EAGAIN;

	/* A full barrier before entries are looked at: partner is entry_lock(). */
	__atomic_store_n(&gt->version, 0, __ATOMIC_SEQ_CST);
	if (!table_idle(gt))
		rc = -EBUSY;
	if (!rc && from == 2)
		rc = representable(gt) ? unshare_status(gt) : -ERANGE;
	if (!rc)
		convert(gt, from, to);
	if (rc)
		to = from;
	WRITE_ONCE(gt->nr_entries, grant_entries(to, gt->nr_frames));
	__atomic_store_n(&gt->version, to, __ATOMIC_RELEASE);
	return rc;
}

static int set_version(struct grant_table *gt, unsigned int to)
{
	int rc;

	if (to != 1 && to != 2)
		return -EINVAL;
	if (to > gt->max_version)
		return -ENOSYS;
	do {
		rc = to == 2 ? grant_status_reserve(gt, READ_ONCE(gt->nr_frames)) : 0;
		if (rc)
			return rc;
		spin_lock(&gt->lock);
		rc = change_version(gt, to);
		spin_unlock(&gt->lock);
	} while (rc == -EAGAIN);	/* it grew */
	return rc;
}

/**
 * grant_set_version() - GNTTABOP_set_version.
 * @va:	   struct gnttab_set_version, which is told the version that is then in force
 * @count: does not matter
 *
 * Return: 0; -EINVAL if there is no such version; -ENOSYS if the domain may not have it;
 * -EBUSY if grants are in use, or, leaving version 2, the status array is mapped;
 * -ERANGE if then a reserved entry is one that version 1 has not; -ENOMEM; -EFAULT.
 */
long grant_set_version(unsigned long va, unsigned int count)
{
	struct grant_table *gt = current->domain->grant;
	struct gnttab_set_version op;
	int rc;

	if (copy_from_guest(&op, va))
		return -EFAULT;
	rc = set_version(gt, op.version);
	if (rc == -EBUSY)
		gprintk(LOG_INFO, "grant table version %u asked for while grants are in use\n",
			op.version);
	spin_lock(&gt->lock);
	op.version = gt->version;
	spin_unlock(&gt->lock);
	return copy_to_guest(va, &op) ? -EFAULT : rc;
}

/**
 * grant_get_version() - GNTTABOP_get_version.
 * @va:	   struct gnttab_get_version
 * @count: does not matter
 *
 * Return: 0; -ESRCH, -EPERM, -EFAULT.
 */
long grant_get_version(unsigned long va, unsigned int count)
{
	struct gnttab_get_version op;
	struct domain *d;
	s16 status;

	if (copy_from_guest(&op, va))
		return -EFAULT;
	d = grant_table_domain(op.dom, &status);
	if (!d)
		return status == GNTST_bad_domain ? -ESRCH : -EPERM;
	spin_lock(&d->grant->lock);
	op.version = d->grant->version;
	spin_unlock(&d->grant->lock);
	domain_put(d);
	return copy_to_guest(va, &op);
}

static void swap_bytes(void *a, void *b, size_t len)
{
	u8 tmp[sizeof(union grant_entry_v2)];

	memcpy(tmp, a, len);
	memcpy(a, b, len);
	memcpy(b, tmp, len);
}

static void swap_entries(const struct grant_table *gt, u32 a, u32 b)
{
	if (gt->version == 1)
		swap_bytes(shared_v1(gt, a), shared_v1(gt, b), sizeof(struct grant_entry_v1));
	else
		swap_bytes(shared_v2(gt, a), shared_v2(gt, b), sizeof(union grant_entry_v2));
}

/* Both entries unused, whose status is then 0. Under gt->lock, so that the version stays. */
static s16 swap_refs(struct grant_table *gt, u32 low, u32 high)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, low, &version), *b;
	s16 rc = GNTST_bad_gntref;

	if (!a)
		return rc;
	if (low == high) {
		entry_unlock(a);
		return GNTST_okay;
	}
	b = grant_entry_get(gt, high, &version);
	if (b) {
		rc = GNTST_eagain;
		if (!entry_in_use(a) && !entry_in_use(b)) {
			swap_entries(gt, low, high);
			rc = GNTST_okay;
		}
		entry_unlock(b);
	}
	entry_unlock(a);
	return rc;
}

/**
 * grant_swap_ref() - GNTTABOP_swap_grant_ref: exchange entries of the caller's table.
 * @ops: struct gnttab_swap_grant_ref, copied in; the status is written there
 * @nr:	 of them
 *
 * Context: takes gt->lock and in it two entries' locks, that of the lower number first.
 * Return: 0.
 */
long grant_swap_ref(void *ops, unsigned int nr)
{
	struct grant_table *gt = current->domain->grant;
	struct gnttab_swap_grant_ref *op = ops;

	for (unsigned int i = 0; i < nr; i++) {
		u32 low = min(op[i].ref_a, op[i].ref_b), high = max(op[i].ref_a, op[i].ref_b);

		spin_lock(&gt->lock);
		op[i].status = swap_refs(gt, low, high);
		spin_unlock(&gt->lock);
	}
	return 0;
}
