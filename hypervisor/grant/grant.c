// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grant tables: pages of the hypervisor's that a domain maps to say who may use
 * which of its frames. Here are the table itself, its size and its version;
 * nobody maps or copies by it yet. ABI: grant_table.h.
 *
 * Lock: grant_table.lock guards the frames. A table only grows.
 */
#include <hv/grant.h>

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>

#include <xen/grant_table.h>

#define INITIAL_FRAMES	1

struct grant_table {
	spinlock_t lock;	/* guards all below */
	unsigned int nr_frames, max_frames;
	void **frame;		/* max_frames pages, the guest may map nr_frames of them */
};

/* A page for one more frame, or -errno. No lock held. */
static int add_frame(struct domain *d, struct grant_table *gt)
{
	void *page = hv_page_alloc(0);

	if (!page)
		return -ENOMEM;
	spin_lock(&gt->lock);
	if (gt->nr_frames < gt->max_frames && !d->dying) {
		gt->frame[gt->nr_frames++] = page;
		hv_page_share(page, d, true);
		page = NULL;
	}
	spin_unlock(&gt->lock);
	if (page)
		hv_page_free(page, 0);
	return d->dying ? -EINVAL : 0;
}

static int grow(struct domain *d, struct grant_table *gt, unsigned int nr_frames)
{
	int rc = 0;

	while (!rc && READ_ONCE(gt->nr_frames) < nr_frames)
		rc = add_frame(d, gt);
	return rc;
}

/**
 * grant_domain_init() - Give a new domain its table of one frame.
 * @d:		the domain
 * @max_frames: to which it may grow
 *
 * Return: 0 or -ENOMEM.
 */
int grant_domain_init(struct domain *d, unsigned int max_frames)
{
	struct grant_table *gt = hv_new(struct grant_table);

	if (!gt)
		return -ENOMEM;
	d->grant = gt;
	spin_lock_init(&gt->lock);
	gt->max_frames = max_frames;
	gt->frame = hv_new_array(void *, max_frames);
	if (!gt->frame)
		return -ENOMEM;
	return grow(d, gt, INITIAL_FRAMES);
}

/** gnttab_release_mappings() - Undo what a dying domain mapped: nobody maps by grant yet. */
int gnttab_release_mappings(struct domain *d __maybe_unused)
{
	return 0;
}

/**
 * gnttab_release_frames() - A dying domain lets go of its table.
 * @d: said to be dying; none of its vCPUs runs
 *
 * Return: 0.
 */
int gnttab_release_frames(struct domain *d)
{
	for (unsigned int i = 0; i < d->grant->nr_frames; i++)
		hv_page_release(d, d->grant->frame[i]);
	return 0;
}

/**
 * grant_domain_destroy() - Undo grant_domain_init(), also a half-done one.
 * @d: after gnttab_release_frames(), or never alive; nobody can find it
 */
void grant_domain_destroy(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	for (unsigned int i = 0; i < gt->nr_frames; i++)
		hv_page_free_shared(gt->frame[i]);
	hv_free(gt->frame);
	hv_free(gt);
	d->grant = NULL;
}

int gnttab_get_shared_frame(struct domain *d, unsigned long idx, mfn_t *mfn)
{
	struct grant_table *gt = d->grant;
	int rc;

	if (idx >= gt->max_frames)
		return -EINVAL;
	rc = grow(d, gt, (unsigned int)idx + 1);
	if (!rc)
		*mfn = virt_to_mfn(gt->frame[idx]);
	return rc;
}

int gnttab_get_status_frame(struct domain *d __maybe_unused, unsigned long idx __maybe_unused,
			    mfn_t *mfn __maybe_unused)
{
	return -EINVAL;
}

unsigned int gnttab_max_shared_frames(const struct domain *d)
{
	return d->grant->max_frames;
}

unsigned int gnttab_max_status_frames(const struct domain *d __maybe_unused)
{
	return 0;
}

/* Status for the domain that a command names; GNTST_okay with a reference to it. */
static s16 target_domain(domid_t domid, struct domain **d)
{
	*d = domain_get(domid);
	if (!*d)
		return GNTST_bad_domain;
	if (domain_may_act_on(*d))
		return GNTST_okay;
	domain_put(*d);
	return GNTST_permission_denied;
}

static s16 setup_frames(struct domain *d, unsigned int nr_frames)
{
	struct grant_table *gt = d->grant;

	if (nr_frames > gt->max_frames) {
		gprintk(LOG_INFO, "grant table of d%u: %u frames asked for, %u allowed\n",
			d->domain_id, nr_frames, gt->max_frames);
		return GNTST_general_error;
	}
	return grow(d, gt, nr_frames) ? GNTST_general_error : GNTST_okay;
}

static int write_frame_list(const struct grant_table *gt, const struct gnttab_setup_table *op)
{
	for (unsigned int i = 0; i < op->nr_frames; i++) {
		xen_pfn_t frame = mfn_x(virt_to_mfn(gt->frame[i]));

		if (copy_to_guest_index(handle_va(op->frame_list), i, &frame))
			return -EFAULT;
	}
	return 0;
}

static long grant_setup_table(unsigned long va, unsigned int count)
{
	struct gnttab_setup_table op;
	struct domain *d;
	long rc = 0;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	op.status = target_domain(op.dom, &d);
	if (op.status == GNTST_okay) {
		op.status = setup_frames(d, op.nr_frames);
		if (op.status == GNTST_okay)
			rc = write_frame_list(d->grant, &op);
		domain_put(d);
	}
	if (!rc && raw_copy_to_guest(va + offsetof(struct gnttab_setup_table, status),
				     &op.status, sizeof(op.status)))
		rc = -EFAULT;
	return rc;
}

static long grant_query_size(unsigned long va, unsigned int count)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	op.nr_frames = op.max_nr_frames = 0;
	op.status = target_domain(op.dom, &d);
	if (op.status == GNTST_okay) {
		op.nr_frames = READ_ONCE(d->grant->nr_frames);
		op.max_nr_frames = d->grant->max_frames;
		domain_put(d);
	}
	return copy_to_guest(va, &op);
}

/* There is one version. A guest that asks for the other is told which it has. */
static long grant_set_version(unsigned long va, unsigned int count)
{
	struct gnttab_set_version op;
	u32 wanted;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	wanted = op.version;
	op.version = 1;
	if (copy_to_guest(va, &op))
		return -EFAULT;
	switch (wanted) {
	case 1:
		return 0;
	case 2:
		return -ENOSYS;
	default:
		return -EINVAL;
	}
}

static long grant_get_version(unsigned long va, unsigned int count)
{
	struct gnttab_get_version op;
	struct domain *d;
	long rc = 0;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, va))
		return -EFAULT;
	switch (target_domain(op.dom, &d)) {
	case GNTST_okay:
		domain_put(d);
		break;
	case GNTST_bad_domain:
		rc = -ESRCH;
		break;
	default:
		rc = -EPERM;
	}
	if (rc)
		return rc;
	op.version = 1;
	return copy_to_guest(va, &op);
}

/**
 * do_grant_table_op() - Hypercall grant_table_op.
 * @cmd:   GNTTABOP_*
 * @va:	   guest address of an array of the command's structures
 * @count: entries; the commands here take one
 * @a4:    unused
 * @a5:    unused
 *
 * ABI: grant_table.h.
 * Return: 0, with the outcome in the structure's status where it has one;
 * -EFAULT; -EINVAL for a bad @count; -ENOSYS for a command that is not there
 * (Documentation/abi/grant.rst).
 */
long do_grant_table_op(unsigned long cmd, unsigned long va, unsigned long count, unsigned long a4,
		       unsigned long a5)
{
	switch ((u32)cmd) {
	case GNTTABOP_setup_table:
		return grant_setup_table(va, count);
	case GNTTABOP_query_size:
		return grant_query_size(va, count);
	case GNTTABOP_set_version:
		return grant_set_version(va, count);
	case GNTTABOP_get_version:
		return grant_get_version(va, count);
	default:
		return -ENOSYS;
	}
}
