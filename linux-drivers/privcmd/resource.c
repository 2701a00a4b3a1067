// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_PRIVCMD_MMAP_RESOURCE: map a resource of a domain, such as its grant
 * table or the pages of an ioreq server, which have no frame number of theirs.
 *
 * ABI: uapi/xen/privcmd.h, struct privcmd_mmap_resource; xen/interface/memory.h,
 * XENMEM_acquire_resource.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/features.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <asm/xen/hypercall.h>

#include "privcmd.h"

static int acquire(const struct privcmd_mmap_resource *r, xen_pfn_t *frames,
		   struct xen_mem_acquire_resource *op)
{
	*op = (struct xen_mem_acquire_resource) {
		.domid = r->dom,
		.type = r->type,
		.id = r->id,
		.frame = r->idx,
		.nr_frames = r->num,
	};
	set_xen_guest_handle(op->frame_list, frames);

	return HYPERVISOR_memory_op(XENMEM_acquire_resource, op);
}

static long query_size(struct privcmd_mmap_resource *r, void __user *arg)
{
	struct xen_mem_acquire_resource op;
	int rc = acquire(r, NULL, &op);

	if (rc)
		return rc;

	r->num = op.nr_frames;
	return copy_to_user(arg, r, sizeof(*r)) ? -EFAULT : 0;
}

/* The hypervisor puts the frames where our pages are; show the pages. */
static int map_translated(struct vm_area_struct *vma, const struct privcmd_mmap_resource *r,
			  xen_pfn_t *frames)
{
	struct page **pages = privcmd_area_pages(vma, r->addr);
	struct xen_mem_acquire_resource op;
	unsigned long i;
	int rc;

	/* xen_remap_vma_range() shows the array from its start. */
	if (pages != vma->vm_private_data)
		return -EINVAL;

	for (i = 0; i < r->num; i++)
		frames[i] = page_to_xen_pfn(pages[i]);

	rc = acquire(r, frames, &op);
	if (rc)
		return rc;

	return xen_remap_vma_range(vma, r->addr, r->num << PAGE_SHIFT);
}

/* The hypervisor says which machine frames the resource has; map those. */
static int map_pv(struct vm_area_struct *vma, const struct privcmd_mmap_resource *r,
		  xen_pfn_t *frames, int *errs)
{
	struct xen_mem_acquire_resource op;
	domid_t owner;
	unsigned long i;
	int rc;

	rc = acquire(r, frames, &op);
	if (rc)
		return rc;

	owner = op.flags & XENMEM_rsrc_acq_caller_owned ? DOMID_SELF : r->dom;
	rc = xen_remap_domain_mfn_array(vma, r->addr, frames, r->num, errs, vma->vm_page_prot,
					owner);
	if (rc < 0)
		return rc;

	for (i = 0; i < r->num; i++) {
		if (errs[i] < 0)
			return errs[i];
	}

	return 0;
}

static int map_resource(const struct privcmd_mmap_resource *r)
{
	struct vm_area_struct *vma;
	xen_pfn_t *frames;
	int *errs;
	int rc;

	vma = privcmd_find_vma(r->addr, r->num);
	if (!vma)
		return -EINVAL;

	rc = privcmd_area_claim(vma, r->addr, r->num);
	if (rc)
		return rc;

	/* The area bounds num by now. */
	frames = kvcalloc(r->num, sizeof(*frames), GFP_KERNEL | __GFP_NOWARN);
	errs = kvcalloc(r->num, sizeof(*errs), GFP_KERNEL | __GFP_NOWARN);
	if (!frames || !errs)
		rc = -ENOMEM;
	else if (xen_feature(XENFEAT_auto_translated_physmap))
		rc = map_translated(vma, r, frames);
	else
		rc = map_pv(vma, r, frames, errs);

	kvfree(errs);
	kvfree(frames);
	return rc;
}

/**
 * privcmd_ioctl_mmap_resource() - IOCTL_PRIVCMD_MMAP_RESOURCE.
 * @f:   open device
 * @arg: user address of a struct privcmd_mmap_resource; with num and addr 0 its
 *	 num is set to how many frames the resource has
 *
 * Return: 0; -EFAULT; -EPERM if the file is restricted to another domain;
 *	   -EINVAL if the range is not within one area of this device, not all
 *	   of a fresh one, or in use; -ENOMEM; what the hypervisor says.
 */
long privcmd_ioctl_mmap_resource(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_mmap_resource r;
	int rc;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;

	if (!privcmd_allows(f, r.dom))
		return -EPERM;

	/* The hypervisor's type has 16 bits. */
	if (r.type > U16_MAX)
		return -EINVAL;

	if (!r.addr && !r.num)
		return query_size(&r, arg);

	if (r.num > INT_MAX)
		return -EINVAL;

	mmap_write_lock(current->mm);
	rc = map_resource(&r);
	mmap_write_unlock(current->mm);

	return rc;
}
