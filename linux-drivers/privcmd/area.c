// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory areas into which foreign frames are mapped: mmap() of the device
 * makes an empty one, the ioctls fill it, munmap() empties it.
 *
 * In a PV domain a foreign frame is a page table entry and goes when the entry
 * goes. In an auto-translated domain it also takes a page of our physical
 * address space, which must be given back after the last memory area that can
 * reach it: an area may have been split, or moved, in between.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <xen/features.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "compat.h"
#include "privcmd.h"

/* Frames unmapped before others get the CPU. */
#define UNMAP_BATCH	64UL

static struct privcmd_area *area_of(const struct vm_area_struct *vma)
{
	if (!vma->vm_private_data)
		return NULL;

	return container_of(vma->vm_private_data, struct privcmd_area, pages);
}

static void area_open(struct vm_area_struct *vma)
{
	struct privcmd_area *area = area_of(vma);

	if (area)
		refcount_inc(&area->users);
}

static void free_pages_of(struct privcmd_area *area, struct vm_area_struct *vma)
{
	unsigned long first, nr;

	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return;

	/* A hypercall per frame, and a domain builder maps a whole kernel. */
	for (first = 0; first < area->nr_pages; first += nr) {
		int rc;

		nr = min(area->nr_pages - first, UNMAP_BATCH);
		rc = xen_unmap_domain_gfn_range(vma, nr, area->pages + first);
		if (!rc)
			xen_free_unpopulated_pages(nr, area->pages + first);
		else
			pr_crit("cannot unmap %lu foreign frames (%d); their address range is lost\n",
				nr, rc);
		cond_resched();
	}
}

static void area_close(struct vm_area_struct *vma)
{
	struct privcmd_area *area = area_of(vma);

	if (!area || !refcount_dec_and_test(&area->users))
		return;

	free_pages_of(area, vma);
	kvfree(area);
}

/* A page that was never filled, or whose frame could not be mapped. */
static vm_fault_t area_fault(struct vm_fault *vmf)
{
	pr_debug("fault on an empty page at %lx\n", vmf->address);
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct area_ops = {
	.open	= area_open,
	.close	= area_close,
	.fault	= area_fault,
};

/**
 * privcmd_mmap() - Make a memory area that the ioctls can fill.
 * @file: open device
 * @vma:  the new area; any offset, size and protection
 *
 * Return: 0.
 */
int privcmd_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* A fork cannot copy foreign page table entries. */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &area_ops;
	vma->vm_private_data = NULL;

	return 0;
}

/**
 * privcmd_find_vma() - Find the memory area of this device that holds a range.
 * @addr:     user address as the program gave it
 * @nr_pages: pages from there on, as the program gave it
 *
 * Context: current->mm's mmap lock held.
 * Return: the area that holds all of the range; NULL if there is none, the
 *	   range is empty, or @addr is not at the start of a page.
 */
struct vm_area_struct *privcmd_find_vma(unsigned long addr, unsigned long nr_pages)
{
	struct vm_area_struct *vma = find_vma(current->mm, addr);

	if (!vma || vma->vm_ops != &area_ops || addr < vma->vm_start || !PAGE_ALIGNED(addr))
		return NULL;

	if (!nr_pages || nr_pages > (vma->vm_end - addr) >> PAGE_SHIFT)
		return NULL;

	return vma;
}

static struct privcmd_area *area_create(struct vm_area_struct *vma)
{
	bool translated = xen_feature(XENFEAT_auto_translated_physmap);
	unsigned long nr_pages = vma_pages(vma);
	struct privcmd_area *area;
	int rc;

	/* The page allocator below counts in int. */
	if (nr_pages > INT_MAX)
		return ERR_PTR(-ENOMEM);

	area = kvzalloc(struct_size(area, pages, translated ? nr_pages : 0),
			GFP_KERNEL | __GFP_NOWARN);
	if (!area)
		return ERR_PTR(-ENOMEM);

	if (translated) {
		rc = xen_alloc_unpopulated_pages(nr_pages, area->pages);
		if (rc) {
			pr_warn("no room for %lu foreign frames in the physical address space (%d)\n",
				nr_pages, rc);
			kvfree(area);
			return ERR_PTR(-ENOMEM);
		}
	}

	refcount_set(&area->users, 1);
	area->pgoff = vma->vm_pgoff;
	area->nr_pages = nr_pages;

	return area;
}

static int pte_in_use(pte_t *pte, unsigned long addr, void *data)
{
	return pte_none(*pte) ? 0 : -EBUSY;
}

static bool range_in_use(struct vm_area_struct *vma, unsigned long addr, unsigned long nr_pages)
{
	return apply_to_existing_page_range(vma->vm_mm, addr, nr_pages << PAGE_SHIFT,
					    pte_in_use, NULL) != 0;
}

/**
 * privcmd_area_claim() - Check that frames may be mapped to a range.
 * @vma:      area from privcmd_find_vma()
 * @addr:     first page
 * @nr_pages: pages of the range, all of them within @vma
 *
 * The first range that is mapped prepares the area, and must be all of it:
 * what the program says it maps has to be what it asked of mmap(). After that
 * any part may be mapped that still has no frame, for trying again those that
 * failed.
 *
 * Context: current->mm's mmap lock held for writing. May sleep.
 * Return: 0; -EINVAL if the range is not the whole area or is in use; -ENOMEM.
 */
int privcmd_area_claim(struct vm_area_struct *vma, unsigned long addr, unsigned long nr_pages)
{
	struct privcmd_area *area = area_of(vma);

	if (area)
		return range_in_use(vma, addr, nr_pages) ? -EINVAL : 0;

	if (addr != vma->vm_start || nr_pages != vma_pages(vma))
		return -EINVAL;

	area = area_create(vma);
	if (IS_ERR(area))
		return PTR_ERR(area);

	vma->vm_private_data = area->pages;
	return 0;
}

/**
 * privcmd_area_pages() - The pages behind a claimed range.
 * @vma:  area of the range
 * @addr: first page of the range
 *
 * Return: their place in the area's array; NULL in a PV domain, which has none.
 */
struct page **privcmd_area_pages(struct vm_area_struct *vma, unsigned long addr)
{
	struct privcmd_area *area = area_of(vma);

	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return NULL;

	return &area->pages[vma->vm_pgoff - area->pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT)];
}
