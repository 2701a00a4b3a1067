// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_PRIVCMD_MMAP: map ranges of consecutive foreign frames, PV domains only.
 *
 * ABI: uapi/xen/privcmd.h, struct privcmd_mmap and privcmd_mmap_entry.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/features.h>
#include <xen/xen-ops.h>

#include "privcmd.h"

/* Entries copied in at a time. */
#define BATCH	16

/*
 * Map one entry. The first of a call (@next is 0) starts at the start of an
 * area where nothing is mapped; each other goes on where the one before ended.
 */
static int map_entry(const struct privcmd_mmap_entry *entry, domid_t domid, unsigned long *next)
{
	struct vm_area_struct *vma;
	int rc;

	if (entry->npages > INT_MAX || (*next && entry->va != *next))
		return -EINVAL;

	vma = privcmd_find_vma(entry->va, entry->npages);
	if (!vma)
		return -EINVAL;

	if (*next)
		rc = privcmd_area_claim(vma, entry->va, entry->npages);
	else if (entry->va == vma->vm_start)
		rc = privcmd_area_claim(vma, vma->vm_start, vma_pages(vma));
	else
		rc = -EINVAL;
	if (rc)
		return rc;

	rc = xen_remap_domain_gfn_range(vma, entry->va, entry->mfn, entry->npages,
					vma->vm_page_prot, domid, NULL);
	if (rc < 0)
		return rc;

	*next = entry->va + (entry->npages << PAGE_SHIFT);
	return 0;
}

static int map_entries(const struct privcmd_mmap_entry *entries, u32 nr, domid_t domid,
		       unsigned long *next)
{
	int rc = 0;
	u32 i;

	mmap_write_lock(current->mm);
	for (i = 0; i < nr && !rc; i++)
		rc = map_entry(&entries[i], domid, next);
	mmap_write_unlock(current->mm);

	return rc;
}

/**
 * privcmd_ioctl_mmap() - IOCTL_PRIVCMD_MMAP.
 * @f:   open device
 * @arg: user address of a struct privcmd_mmap
 *
 * Return: 0, also for no entries; -ENOSYS in an auto-translated domain; -EFAULT; -EPERM if the
 *	   file is restricted to another domain; -EINVAL if an entry is not
 *	   within an area of this device, does not follow the one before or
 *	   is already mapped; what the hypervisor says to the first frame that
 *	   cannot be mapped.
 */
long privcmd_ioctl_mmap(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_mmap_entry *entries;
	unsigned long next = 0;
	struct privcmd_mmap m;
	int nr, done, rc = 0;

	/* Without a PV domain's page tables only pages one by one can be had. */
	if (xen_feature(XENFEAT_auto_translated_physmap))
		return -ENOSYS;

	if (copy_from_user(&m, arg, sizeof(m)))
		return -EFAULT;

	if (!privcmd_allows(f, m.dom))
		return -EPERM;

	if (m.num <= 0)
		return m.num ? -EINVAL : 0;

	entries = kmalloc_array(BATCH, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;

	for (done = 0; done < m.num && !rc; done += nr) {
		nr = min(m.num - done, BATCH);
		if (copy_from_user(entries, m.entry + done, nr * sizeof(*entries)))
			rc = -EFAULT;
		else
			rc = map_entries(entries, nr, m.dom, &next);

		if (!rc && fatal_signal_pending(current))
			rc = -EINTR;
	}

	kfree(entries);
	return rc;
}
