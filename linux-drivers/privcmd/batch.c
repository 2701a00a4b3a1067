// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_PRIVCMD_MMAPBATCH and _V2: map a list of foreign frames to consecutive
 * pages, with a verdict for each frame.
 *
 * The list is as long as the program likes, so it is worked off in chunks: copy
 * in, lock the address space, map, unlock, copy the verdicts out. Another
 * thread may change the address space between two chunks, so each looks its
 * area up and checks it anew.
 *
 * ABI: uapi/xen/privcmd.h, struct privcmd_mmapbatch and privcmd_mmapbatch_v2.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/features.h>
#include <xen/xen-ops.h>

#include "privcmd.h"

#define CHUNK		128

/**
 * struct batch - one call
 * @domid:  whose frames
 * @addr:   first page
 * @nr:     frames
 * @gfns:   user's list of them
 * @errs:   where the second version wants an error per frame, or NULL
 * @paged:  a frame was paged out: the program may try again
 * @gfn:    the chunk's frames; the hypervisor calls may change it
 * @err:    the chunk's errors
 */
struct batch {
	domid_t domid;
	unsigned long addr;
	u32 nr;
	xen_pfn_t __user *gfns;
	int __user *errs;
	bool paged;

	xen_pfn_t gfn[CHUNK];
	int err[CHUNK];
};

/* Before anything is mapped: the whole range must be free. */
static int claim_all(struct batch *b)
{
	struct vm_area_struct *vma;
	int rc = -EINVAL;

	mmap_write_lock(current->mm);
	vma = privcmd_find_vma(b->addr, b->nr);
	if (vma)
		rc = privcmd_area_claim(vma, b->addr, b->nr);
	mmap_write_unlock(current->mm);

	return rc;
}

/*
 * In an auto-translated domain the kernel's helper makes an entry for each page,
 * also for one that has no frame. Take those away, so that the page faults and
 * can be tried again.
 */
static void drop_failed(struct batch *b, struct vm_area_struct *vma, unsigned long addr, u32 nr)
{
	u32 i;

	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return;

	for (i = 0; i < nr; i++) {
		if (b->err[i])
			zap_vma_ptes(vma, addr + ((unsigned long)i << PAGE_SHIFT), PAGE_SIZE);
	}
}

static int map_chunk(struct batch *b, u32 first, u32 nr)
{
	unsigned long addr = b->addr + ((unsigned long)first << PAGE_SHIFT);
	struct vm_area_struct *vma;
	int rc = -EINVAL;

	mmap_write_lock(current->mm);
	vma = privcmd_find_vma(addr, nr);
	if (vma)
		rc = privcmd_area_claim(vma, addr, nr);
	/* Its result is that of some frame; @b->err has that of each. */
	if (!rc) {
		xen_remap_domain_gfn_array(vma, addr, b->gfn, nr, b->err, vma->vm_page_prot,
					   b->domid, privcmd_area_pages(vma, addr));
		drop_failed(b, vma, addr, nr);
	}
	mmap_write_unlock(current->mm);

	return rc;
}

/* Tell a frame's error by the top bits of the program's own list. */
static int report_v1(struct batch *b, u32 first, u32 nr)
{
	xen_pfn_t gfn;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!b->err[i])
			continue;
		if (get_user(gfn, b->gfns + first + i))
			return -EFAULT;
		gfn |= b->err[i] == -ENOENT ? PRIVCMD_MMAPBATCH_PAGED_ERROR :
					      PRIVCMD_MMAPBATCH_MFN_ERROR;
		if (put_user(gfn, b->gfns + first + i))
			return -EFAULT;
	}

	return 0;
}

static int report_v2(struct batch *b, u32 first, u32 nr)
{
	return copy_to_user(b->errs + first, b->err, nr * sizeof(*b->err)) ? -EFAULT : 0;
}

static int do_chunk(struct batch *b, u32 first, u32 nr)
{
	u32 i;
	int rc;

	if (copy_from_user(b->gfn, b->gfns + first, nr * sizeof(*b->gfn)))
		return -EFAULT;

	/* What stays for frames that are not even tried. */
	for (i = 0; i < nr; i++)
		b->err[i] = -ENOMEM;

	rc = map_chunk(b, first, nr);
	if (rc)
		return rc;

	for (i = 0; i < nr; i++)
		b->paged |= b->err[i] == -ENOENT;

	return b->errs ? report_v2(b, first, nr) : report_v1(b, first, nr);
}

static int do_batch(struct batch *b)
{
	u32 first, nr;
	int rc = claim_all(b);

	for (first = 0; first < b->nr && !rc; first += nr) {
		nr = min_t(u32, b->nr - first, CHUNK);
		rc = do_chunk(b, first, nr);

		if (!rc && fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched();
	}

	if (rc)
		return rc;

	return b->paged ? -ENOENT : 0;
}

static long run_batch(struct privcmd_file *f, const struct privcmd_mmapbatch_v2 *m)
{
	struct batch *b;
	long rc;

	if (!privcmd_allows(f, m->dom))
		return -EPERM;

	if (!m->num || m->num > INT_MAX)
		return -EINVAL;

	/* A range that the loop does not reach must not show old errors. */
	if (m->err && clear_user(m->err, (unsigned long)m->num * sizeof(*m->err)))
		return -EFAULT;

	b = kvmalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;

	b->domid = m->dom;
	b->addr = m->addr;
	b->nr = m->num;
	b->gfns = (xen_pfn_t __user *)m->arr;
	b->errs = m->err;
	b->paged = false;
	rc = do_batch(b);

	kvfree(b);
	return rc;
}

/**
 * privcmd_ioctl_mmapbatch() - IOCTL_PRIVCMD_MMAPBATCH.
 * @f:   open device
 * @arg: user address of a struct privcmd_mmapbatch
 *
 * Return: 0, also if frames failed: their entries in the list have
 *	   PRIVCMD_MMAPBATCH_MFN_ERROR set. -ENOENT if a frame was paged out,
 *	   with PRIVCMD_MMAPBATCH_PAGED_ERROR in its entry. Otherwise as
 *	   privcmd_ioctl_mmapbatch_v2().
 */
long privcmd_ioctl_mmapbatch(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_mmapbatch_v2 m = {};
	struct privcmd_mmapbatch v1;

	if (copy_from_user(&v1, arg, sizeof(v1)))
		return -EFAULT;

	if (v1.num <= 0)
		return -EINVAL;

	m.num = v1.num;
	m.dom = v1.dom;
	m.addr = v1.addr;
	m.arr = v1.arr;

	return run_batch(f, &m);
}

/**
 * privcmd_ioctl_mmapbatch_v2() - IOCTL_PRIVCMD_MMAPBATCH_V2.
 * @f:   open device
 * @arg: user address of a struct privcmd_mmapbatch_v2
 *
 * Return: 0, also if frames failed: each has its error in the err array.
 *	   -ENOENT if a frame was paged out. -EFAULT if a list cannot be read or
 *	   written, -EPERM if the file is restricted to another domain, -EINVAL
 *	   if the range is not within one area of this device, not all of a
 *	   fresh one, or in use; -ENOMEM; -EINTR if the program is being killed.
 */
long privcmd_ioctl_mmapbatch_v2(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_mmapbatch_v2 m;

	if (copy_from_user(&m, arg, sizeof(m)))
		return -EFAULT;

	if (!m.err)
		return -EFAULT;

	return run_batch(f, &m);
}
