// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_PRIVCMD_DM_OP: what a device model may ask of the hypervisor.
 *
 * Unlike those of other hypercalls, the buffers are listed, so the kernel can
 * pin them: the hypervisor does not wait for a page that is not there.
 *
 * ABI: uapi/xen/privcmd.h, struct privcmd_dm_op; xen/interface/hvm/dm_op.h.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/dm_op.h>
#include <xen/xen-ops.h>
#include <asm/xen/hypercall.h>

#include "privcmd.h"

static unsigned int dm_op_max_nr_bufs = 16;
module_param(dm_op_max_nr_bufs, uint, 0644);
MODULE_PARM_DESC(dm_op_max_nr_bufs, "Most buffers that a device model may pass in one call (16)");

static unsigned int dm_op_buf_max_size = 4096;
module_param(dm_op_buf_max_size, uint, 0644);
MODULE_PARM_DESC(dm_op_buf_max_size, "Largest such buffer, in bytes (4096)");

/**
 * struct dm_op_call - one call
 * @nr_bufs:  buffers
 * @nr_pages: pages that the buffers touch
 * @pinned:   how many of them are pinned
 * @bufs:     as the program gave them, checked
 * @xbufs:    as the hypervisor takes them
 * @pages:    pinned pages
 */
struct dm_op_call {
	unsigned int nr_bufs;
	unsigned int nr_pages;
	unsigned int pinned;
	struct privcmd_dm_op_buf *bufs;
	struct xen_dm_op_buf *xbufs;
	struct page **pages;
};

static unsigned int pages_of(const struct privcmd_dm_op_buf *buf)
{
	return DIV_ROUND_UP(offset_in_page(buf->uptr) + buf->size, PAGE_SIZE);
}

static int check_bufs(struct dm_op_call *call)
{
	/* One look: the parameter can change. */
	unsigned int max_size = READ_ONCE(dm_op_buf_max_size);
	u64 nr_pages = 0;
	unsigned int i;

	for (i = 0; i < call->nr_bufs; i++) {
		const struct privcmd_dm_op_buf *buf = &call->bufs[i];

		if (buf->size > max_size)
			return -E2BIG;
		if (!access_ok(buf->uptr, buf->size))
			return -EFAULT;
		nr_pages += pages_of(buf);
	}

	if (nr_pages > INT_MAX)
		return -E2BIG;

	call->nr_pages = nr_pages;
	return 0;
}

static int pin_bufs(struct dm_op_call *call)
{
	unsigned int i;

	for (i = 0; i < call->nr_bufs; i++) {
		unsigned long addr = (unsigned long)call->bufs[i].uptr;
		int rc, left = pages_of(&call->bufs[i]);

		for (; left; left -= rc) {
			rc = pin_user_pages_fast(addr & PAGE_MASK, left, FOLL_WRITE,
						 call->pages + call->pinned);
			if (rc <= 0)
				return rc ? : -ENOSPC;
			call->pinned += rc;
			addr += (unsigned long)rc << PAGE_SHIFT;
		}
	}

	return 0;
}

static long make_call(struct dm_op_call *call, domid_t domid)
{
	unsigned int i;
	int rc;

	rc = check_bufs(call);
	if (rc)
		return rc;

	call->pages = kvcalloc(call->nr_pages, sizeof(*call->pages), GFP_KERNEL | __GFP_NOWARN);
	call->xbufs = kcalloc(call->nr_bufs, sizeof(*call->xbufs), GFP_KERNEL);
	if (!call->pages || !call->xbufs)
		return -ENOMEM;

	rc = pin_bufs(call);
	if (rc)
		return rc;

	for (i = 0; i < call->nr_bufs; i++) {
		/* The hypervisor reads the program's memory, which is checked and pinned. */
		set_xen_guest_handle(call->xbufs[i].h, (void __force *)call->bufs[i].uptr);
		call->xbufs[i].size = call->bufs[i].size;
	}

	/* Some operations continue themselves for long, as for a range of pages. */
	xen_preemptible_hcall_begin();
	rc = HYPERVISOR_dm_op(domid, call->nr_bufs, call->xbufs);
	xen_preemptible_hcall_end();

	return rc;
}

/**
 * privcmd_ioctl_dm_op() - IOCTL_PRIVCMD_DM_OP.
 * @f:   open device
 * @arg: user address of a struct privcmd_dm_op
 *
 * Return: what the hypervisor says; 0 if there are no buffers; -E2BIG if there
 *	   are too many or one is too large; -EFAULT if the list or a buffer is
 *	   not the program's to read and write; -EPERM if the file is restricted
 *	   to another domain; -ENOMEM.
 */
long privcmd_ioctl_dm_op(struct privcmd_file *f, void __user *arg)
{
	struct dm_op_call call = {};
	struct privcmd_dm_op op;
	long rc;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	if (!privcmd_allows(f, op.dom))
		return -EPERM;

	if (!op.num)
		return 0;

	if (op.num > READ_ONCE(dm_op_max_nr_bufs))
		return -E2BIG;

	call.nr_bufs = op.num;
	call.bufs = kcalloc(op.num, sizeof(*call.bufs), GFP_KERNEL);
	if (!call.bufs)
		return -ENOMEM;

	if (copy_from_user(call.bufs, op.ubufs, op.num * sizeof(*call.bufs)))
		rc = -EFAULT;
	else
		rc = make_call(&call, op.dom);

	unpin_user_pages_dirty_lock(call.pages, call.pinned, true);
	kfree(call.xbufs);
	kvfree(call.pages);
	kfree(call.bufs);
	return rc;
}
