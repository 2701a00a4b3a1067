// SPDX-License-Identifier: GPL-2.0-only
/*
 * XENMEM_acquire_resource: frames of a domain that are not its memory, for a
 * tool to map. ABI: xen/memory.h, struct xen_mem_acquire_resource.
 *
 * A PV caller gets machine frames and maps them as that domain's. Nothing is
 * held for it until it does.
 */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>

#include <xen/memory.h>

/* How many frames there can be; 0: no such resource of a PV domain. */
static unsigned int max_frames(struct domain *d, const struct xen_mem_acquire_resource *res)
{
	if (res->type != XENMEM_resource_grant_table)
		return 0;
	switch (res->id) {
	case XENMEM_resource_grant_table_id_shared:
		return gnttab_max_shared_frames(d);
	case XENMEM_resource_grant_table_id_status:
		return gnttab_max_status_frames(d);
	default:
		return 0;
	}
}

static int get_frame(struct domain *d, u32 id, u64 frame, mfn_t *mfn)
{
	if (id == XENMEM_resource_grant_table_id_shared)
		return gnttab_get_shared_frame(d, frame, mfn);
	return gnttab_get_status_frame(d, frame, mfn);
}

static long write_frames(struct domain *d, const struct xen_mem_acquire_resource *res,
			 unsigned long *done)
{
	while (*done < res->nr_frames) {
		xen_pfn_t frame;
		mfn_t mfn;
		int rc = get_frame(d, res->id, res->frame + *done, &mfn);

		if (rc)
			return rc;
		frame = mfn_x(mfn);
		if (copy_to_guest_index(handle_va(res->frame_list), *done, &frame))
			return -EFAULT;
		if (++*done < res->nr_frames && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

static long acquire(struct domain *d, unsigned long arg,
		    const struct xen_mem_acquire_resource *res, unsigned long *done)
{
	unsigned int max = max_frames(d, res);

	if (!max)
		return -EINVAL;
	if (!handle_va(res->frame_list)) {
		if (res->nr_frames)
			return -EINVAL;
		return copy_to_guest(arg + offsetof(struct xen_mem_acquire_resource, nr_frames),
				     &max);
	}
	if (*done >= res->nr_frames || res->nr_frames > max || res->frame > max - res->nr_frames)
		return -EINVAL;
	return write_frames(d, res, done);
}

/**
 * memory_acquire_resource() - XENMEM_acquire_resource.
 * @arg: guest address of struct xen_mem_acquire_resource
 * @done: in: frames told by earlier rounds; out with -ERESTART: by this too
 *
 * A NULL list asks how many frames there can be. The table grows as is needed.
 * Return: 0; -EINVAL if there is no such resource or frame, the padding is not
 * zero, or no frames are asked for; -EPERM for the caller's own domain or one it
 * has no rights over; -ESRCH, -ENOMEM, -EFAULT; -ERESTART.
 */
long memory_acquire_resource(unsigned long arg, unsigned long *done)
{
	struct xen_mem_acquire_resource res;
	struct domain *d;
	long rc;

	if (copy_from_guest(&res, arg))
		return -EFAULT;
	if (res.pad)
		return -EINVAL;
	rc = domain_get_target(res.domid, &d);
	if (rc)
		return rc;
	rc = d == current->domain ? -EPERM : acquire(d, arg, &res, done);
	domain_put(d);
	return rc;
}
