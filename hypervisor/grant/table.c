// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a grant table, and of its status array with version 2: pages of
 * the hypervisor's that the domain maps. ABI: grant_table.h.
 *
 * Locks: grant_table.lock guards both, the version and the blocks of handles.
 * Who only uses entries takes none: the arrays have room for the maximum from
 * the beginning, and a table only grows.
 */
#include "grant.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/printk.h>

#define INITIAL_FRAMES	1

static u32 nr_tables;	/* ever made; atomic */

/**
 * grant_status_reserve() - Have memory for a status array.
 * @gt:	       the table
 * @nr_frames: of the table, that the array is for
 *
 * The pages stay the hypervisor's own until grant_status_share().
 * Context: takes gt->lock.
 * Return: 0 or -ENOMEM.
 */
int grant_status_reserve(struct grant_table *gt, unsigned int nr_frames)
{
	while (READ_ONCE(gt->nr_status) < STATUS_FRAMES(nr_frames)) {
		void *page = hv_page_alloc(0);

		if (!page)
			return -ENOMEM;
		spin_lock(&gt->lock);
		if (gt->nr_status < STATUS_FRAMES(gt->max_frames)) {
			gt->status[gt->nr_status] = page;
			WRITE_ONCE(gt->nr_status, gt->nr_status + 1);
			page = NULL;
		}
		spin_unlock(&gt->lock);
		hv_page_free(page, 0);
	}
	return 0;
}

/**
 * grant_status_share() - Let the domain map its status array.
 * @gt:	   the table, version 2 or about to be, gt->lock held
 * @first: frame of the array from which on it may not yet
 */
void grant_status_share(struct grant_table *gt, unsigned int first)
{
	for (; first < STATUS_FRAMES(gt->nr_frames); first++)
		hv_page_share(gt->status[first], gt->d, true);
}

/* One frame more, of which the caller gave the memory. False if it is not needed. */
static bool add_frame(struct grant_table *gt, void *shared, struct grant_active *active)
{
	unsigned int nr = gt->nr_frames;

	if (nr == gt->max_frames)
		return false;
	gt->shared[nr] = shared;
	hv_page_share(shared, gt->d, true);
	WRITE_ONCE(gt->nr_frames, nr + 1);
	if (gt->version == 2)
		grant_status_share(gt, STATUS_FRAMES(nr));
	__atomic_store_n(&gt->active[nr], active, __ATOMIC_RELEASE);
	__atomic_store_n(&gt->nr_entries, grant_entries(gt->version, nr + 1), __ATOMIC_RELEASE);
	return true;
}

static int grow_by_one(struct grant_table *gt)
{
	void *shared = hv_page_alloc(0), *active = hv_page_alloc(ACTIVE_ORDER);
	int rc = shared && active ? 0 : -ENOMEM;

	if (!rc && READ_ONCE(gt->version) == 2)
		rc = grant_status_reserve(gt, gt->nr_frames + 1);
	if (!rc) {
		spin_lock(&gt->lock);
		if (gt->d->dying)
			rc = -ESRCH;
		/* If it became version 2 meanwhile there may be no status yet: the next time. */
		else if ((gt->version == 1 || gt->nr_status >= STATUS_FRAMES(gt->nr_frames + 1)) &&
			 add_frame(gt, shared, active))
			shared = active = NULL;
		spin_unlock(&gt->lock);
	}
	hv_page_free(shared, 0);
	hv_page_free(active, ACTIVE_ORDER);
	return rc;
}

/* Up to @nr_frames, at most max_frames. */
static int grow(struct grant_table *gt, unsigned int nr_frames)
{
	int rc = 0;

	while (!rc && READ_ONCE(gt->nr_frames) < nr_frames)
		rc = grow_by_one(gt);
	return rc;
}

/**
 * grant_table_init() - Give a new domain its table of one frame.
 * @d:			 the domain
 * @max_frames:		 to which it may grow
 * @max_maptrack_frames: how much it may map itself, 256 mappings each
 * @max_version:	 1 or 2
 *
 * Return: 0 or -ENOMEM, half-done: grant_table_destroy() undoes it.
 */
int grant_table_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack_frames,
		     unsigned int max_version)
{
	struct grant_table *gt = hv_new(struct grant_table);

	if (!gt)
		return -ENOMEM;
	d->grant = gt;
	gt->d = d;
	gt->serial = __atomic_add_fetch(&nr_tables, 1, __ATOMIC_RELAXED);
	spin_lock_init(&gt->lock);
	gt->version = 1;
	gt->max_version = max_version;
	gt->max_frames = max(max_frames, (unsigned int)INITIAL_FRAMES);
	gt->max_maptrack = max_maptrack_frames;
	gt->free_handle = MAPTRACK_NONE;
	gt->shared = hv_new_array(void *, gt->max_frames);
	gt->status = hv_new_array(grant_status_t *, STATUS_FRAMES(gt->max_frames));
	gt->active = hv_new_array(struct grant_active *, gt->max_frames);
	gt->maptrack = gt->maptrack_first;
	if (!gt->shared || !gt->status || !gt->active)
		return -ENOMEM;
	return grow(gt, INITIAL_FRAMES);
}

/**
 * gnttab_release_frames() - A dying domain lets go of its table.
 * @d: said to be dying; none of its vCPUs runs
 *
 * Mappings of the frames that others have keep @d until they are gone.
 * Return: 0.
 */
int gnttab_release_frames(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned int status;

	/* Who grew the table before it saw that the domain dies is through. */
	spin_lock(&gt->lock);
	status = gt->version == 2 ? STATUS_FRAMES(gt->nr_frames) : 0;
	spin_unlock(&gt->lock);
	for (unsigned int i = 0; i < gt->nr_frames; i++)
		hv_page_release(d, gt->shared[i]);
	for (unsigned int i = 0; i < status; i++)
		hv_page_release(d, gt->status[i]);
	return 0;
}

static void free_frames(struct grant_table *gt)
{
	unsigned int shared = gt->version == 2 ? STATUS_FRAMES(gt->nr_frames) : 0;

	for (unsigned int i = 0; i < gt->nr_frames; i++) {
		hv_page_free_shared(gt->shared[i]);
		hv_page_free(gt->active[i], ACTIVE_ORDER);
	}
	for (unsigned int i = 0; i < gt->nr_status; i++) {
		if (i < shared)
			hv_page_free_shared(gt->status[i]);
		else
			hv_page_free(gt->status[i], 0);
	}
}

/**
 * grant_table_destroy() - Undo grant_table_init(), also a half-done one.
 * @d: nobody refers to it; it maps nothing
 *
 * A mapped frame keeps its owner, so none is left. Entries may still be in use by
 * handles whose page table entry was overwritten: they will find the table gone.
 */
void grant_table_destroy(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	free_frames(gt);
	maptrack_destroy(gt);
	hv_free(gt->shared);
	hv_free(gt->status);
	hv_free(gt->active);
	hv_free(gt);
	d->grant = NULL;
}

/**
 * gnttab_get_shared_frame() - A frame of a domain's table, for acquire_resource.
 * @d:	 the domain, referenced
 * @idx: of the frame; the table grows to have it
 * @mfn: out
 *
 * Context: takes the table's lock; allocates.
 * Return: 0; -EINVAL if the table may not become so large; -ESRCH if its domain dies; -ENOMEM.
 */
int gnttab_get_shared_frame(struct domain *d, unsigned long idx, mfn_t *mfn)
{
	struct grant_table *gt = d->grant;
	int rc;

	if (idx >= gt->max_frames)
		return -EINVAL;
	rc = grow(gt, (unsigned int)idx + 1);
	if (!rc)
		*mfn = virt_to_mfn(gt->shared[idx]);
	return rc;
}

/**
 * gnttab_get_status_frame() - The same of its status array.
 * @d:	 the domain, referenced
 * @idx: of the frame
 * @mfn: out
 *
 * Return: as gnttab_get_shared_frame(); -EINVAL if the table is of version 1.
 */
int gnttab_get_status_frame(struct domain *d, unsigned long idx, mfn_t *mfn)
{
	const unsigned long frames = ENTRIES_STATUS / ENTRIES_V2;
	struct grant_table *gt = d->grant;
	int rc = -EINVAL;

	if (idx >= STATUS_FRAMES(gt->max_frames))
		return -EINVAL;
	if (READ_ONCE(gt->version) == 2) {
		rc = grow(gt, (unsigned int)(idx * frames) + 1);
		if (rc)
			return rc;
	}
	spin_lock(&gt->lock);
	if (gt->version == 2) {
		*mfn = virt_to_mfn(gt->status[idx]);
		rc = 0;
	}
	spin_unlock(&gt->lock);
	return rc;
}

/** gnttab_max_shared_frames() - To how many frames @d's table may grow. */
unsigned int gnttab_max_shared_frames(const struct domain *d)
{
	return d->grant->max_frames;
}

/** gnttab_max_status_frames() - The same of its status array; 0 with version 1. */
unsigned int gnttab_max_status_frames(const struct domain *d)
{
	return READ_ONCE(d->grant->version) == 2 ? STATUS_FRAMES(d->grant->max_frames) : 0;
}

/**
 * grant_table_domain() - The domain that a command is about.
 * @domid:  from the guest
 * @status: out: GNTST_okay, GNTST_bad_domain, GNTST_permission_denied
 *
 * Return: NULL, or the domain, referenced.
 */
struct domain *grant_table_domain(domid_t domid, s16 *status)
{
	struct domain *d = domain_get(domid);

	*status = GNTST_bad_domain;
	if (!d)
		return NULL;
	*status = GNTST_okay;
	if (domain_may_act_on(d))
		return d;
	*status = GNTST_permission_denied;
	domain_put(d);
	return NULL;
}

static s16 setup_frames(struct grant_table *gt, unsigned int nr_frames)
{
	if (nr_frames > gt->max_frames) {
		gprintk(LOG_INFO, "grant table of d%u: %u frames asked for, %u allowed\n",
			gt->d->domain_id, nr_frames, gt->max_frames);
		return GNTST_general_error;
	}
	return grow(gt, nr_frames) ? GNTST_general_error : GNTST_okay;
}

static s16 write_frame_list(void *const *frames, unsigned int nr, unsigned long list)
{
	for (unsigned int i = 0; i < nr; i++) {
		xen_pfn_t frame = mfn_x(virt_to_mfn(frames[i]));

		if (copy_to_guest_index(list, i, &frame))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

/**
 * grant_setup_table() - GNTTABOP_setup_table.
 * @va:	   struct gnttab_setup_table
 * @count: 1
 *
 * Return: 0 with a status; -EINVAL, -EFAULT.
 */
long grant_setup_table(unsigned long va, unsigned int count)
{
	struct gnttab_setup_table op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	d = grant_table_domain(op.dom, &op.status);
	if (d) {
		op.status = setup_frames(d->grant, op.nr_frames);
		if (op.status == GNTST_okay)
			op.status = write_frame_list(d->grant->shared, op.nr_frames,
						     handle_va(op.frame_list));
		domain_put(d);
	}
	return copy_to_guest(va + offsetof(struct gnttab_setup_table, status), &op.status);
}

/* How many status frames the domain may map. */
static unsigned int status_frames(struct grant_table *gt)
{
	unsigned int nr;

	spin_lock(&gt->lock);
	nr = gt->version == 2 ? STATUS_FRAMES(gt->nr_frames) : 0;
	spin_unlock(&gt->lock);
	return nr;
}

/**
 * grant_get_status_frames() - GNTTABOP_get_status_frames.
 * @va:	   struct gnttab_get_status_frames
 * @count: 1
 *
 * Return: 0 with a status; -EINVAL, -EFAULT.
 */
long grant_get_status_frames(unsigned long va, unsigned int count)
{
	struct gnttab_get_status_frames op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	d = grant_table_domain(op.dom, &op.status);
	if (d) {
		if (op.nr_frames > status_frames(d->grant))
			op.status = GNTST_general_error;
		else
			op.status = write_frame_list((void *const *)d->grant->status,
						     op.nr_frames, handle_va(op.frame_list));
		domain_put(d);
	}
	return copy_to_guest(va + offsetof(struct gnttab_get_status_frames, status), &op.status);
}

/**
 * grant_query_size() - GNTTABOP_query_size.
 * @va:	   struct gnttab_query_size
 * @count: 1
 *
 * Return: 0 with a status; -EINVAL, -EFAULT.
 */
long grant_query_size(unsigned long va, unsigned int count)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	op.nr_frames = op.max_nr_frames = 0;
	d = grant_table_domain(op.dom, &op.status);
	if (d) {
		op.nr_frames = READ_ONCE(d->grant->nr_frames);
		op.max_nr_frames = d->grant->max_frames;
		domain_put(d);
	}
	return copy_to_guest(va, &op);
}
