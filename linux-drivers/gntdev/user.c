// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants mapped into the program's page tables: what a map needs in a PV domain
 * beside the kernel's side.
 *
 * In an auto-translated domain the program simply sees the kernel's pages. In a
 * PV domain a page table entry for a granted frame can be made by a grant
 * hypercall only, and must be unmade by one, before the kernel clears it as part
 * of munmap(), mremap(), mprotect() or exit. An MMU notifier says when. That
 * hypercall never waits: the page itself stays mapped on the kernel's side for
 * as long as somebody uses it.
 *
 * ABI: xen/interface/grant_table.h, GNTMAP_contains_pte and
 * GNTMAP_application_map.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include <xen/features.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "gntdev.h"

static bool needs_user_map(void)
{
	return !xen_feature(XENFEAT_auto_translated_physmap);
}

/**
 * gntdev_user_alloc() - Make what gntdev_user_map() will fill.
 * @map: new map, with count set
 *
 * Return: 0; -ENOMEM.
 */
int gntdev_user_alloc(struct gntdev_map *map)
{
	struct gntdev_user_map *user = &map->user;
	u32 i;

	mutex_init(&user->lock);
	if (!needs_user_map())
		return 0;

	user->pte = kvcalloc(map->count, sizeof(*user->pte), GFP_KERNEL);
	user->handle = kvmalloc_array(map->count, sizeof(*user->handle), GFP_KERNEL);
	if (!user->pte || !user->handle)
		return -ENOMEM;

	for (i = 0; i < map->count; i++)
		user->handle[i] = INVALID_GRANT_HANDLE;

	return 0;
}

/**
 * gntdev_user_free() - Undo gntdev_user_alloc(), also one that failed.
 * @map: map that is not visible in any memory area
 */
void gntdev_user_free(struct gntdev_map *map)
{
	kvfree(map->user.pte);
	kvfree(map->user.handle);
}

static u32 entry_flags(const struct gntdev_map *map)
{
	u32 flags = GNTMAP_host_map | GNTMAP_application_map | GNTMAP_contains_pte;

	/*
	 * The hypervisor copies this one to the first software bit of the entry,
	 * which is _PAGE_SPECIAL: the kernel then asks find_special_page() for
	 * the struct page.
	 */
	flags |= 1 << _GNTMAP_guest_avail0;

	return map->readonly ? flags | GNTMAP_readonly : flags;
}

static int map_entries(struct gntdev_map *map, u32 first, u32 nr)
{
	struct gnttab_map_grant_ref op[GNTDEV_BATCH];
	u32 i, flags = entry_flags(map);
	int rc = 0;

	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&op[i], map->user.pte[first + i], flags,
				  map->refs[first + i].ref, map->refs[first + i].domid);
		op[i].handle = INVALID_GRANT_HANDLE;
	}

	gnttab_batch_map(op, nr);

	for (i = 0; i < nr; i++) {
		if (op[i].status == GNTST_okay)
			map->user.handle[first + i] = op[i].handle;
		else
			rc = -EINVAL;
	}

	return rc;
}

static void unmap_entries(struct gntdev_map *map, const u32 *page, u32 nr)
{
	struct gnttab_unmap_grant_ref op[GNTDEV_BATCH];
	u32 i, flags = entry_flags(map);

	for (i = 0; i < nr; i++) {
		gnttab_set_unmap_op(&op[i], map->user.pte[page[i]], flags,
				    map->user.handle[page[i]]);
		op[i].status = GNTST_general_error;
		map->user.handle[page[i]] = INVALID_GRANT_HANDLE;
	}

	if (HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, op, nr))
		pr_err_ratelimited("cannot unmap granted pages from a program\n");

	for (i = 0; i < nr; i++) {
		if (op[i].status != GNTST_okay)
			pr_err_ratelimited("cannot unmap grant %u of domain %u from a program (status %d)\n",
					   map->refs[page[i]].ref, map->refs[page[i]].domid,
					   op[i].status);
	}
}

/* Unmap the program's entries of pages @first up to @end; some may not exist. */
static void unmap_range(struct gntdev_map *map, u32 first, u32 end)
{
	u32 page[GNTDEV_BATCH];
	u32 i, nr = 0;

	lockdep_assert_held(&map->user.lock);

	for (i = first; i < end; i++) {
		if (map->user.handle[i] == INVALID_GRANT_HANDLE)
			continue;
		page[nr++] = i;
		if (nr == GNTDEV_BATCH) {
			unmap_entries(map, page, nr);
			nr = 0;
		}
	}

	if (nr)
		unmap_entries(map, page, nr);
}

/* The kernel is about to drop the entries of @range. */
static bool invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct gntdev_map *map = container_of(mni, struct gntdev_map, user.mni);
	unsigned long start = map->user.start;
	unsigned long end = start + ((unsigned long)map->count << PAGE_SHIFT);

	if (!mmu_notifier_range_blockable(range))
		return false;

	start = max(start, range->start);
	end = min(end, range->end);

	mutex_lock(&map->user.lock);
	mmu_interval_set_seq(mni, seq);
	if (start < end)
		unmap_range(map, (start - map->user.start) >> PAGE_SHIFT,
			    (end - map->user.start) >> PAGE_SHIFT);
	mutex_unlock(&map->user.lock);

	return true;
}

static const struct mmu_interval_notifier_ops mni_ops = {
	.invalidate = invalidate,
};

static int note_entry(pte_t *pte, unsigned long addr, void *data)
{
	struct gntdev_map *map = data;

	map->user.pte[(addr - map->user.start) >> PAGE_SHIFT] =
		arbitrary_virt_to_machine(pte).maddr;

	return 0;
}

/**
 * gntdev_user_map() - Show a map's grants in a memory area.
 * @map: map that is not visible in any area
 * @vma: fresh area with as many pages
 *
 * Context: @map->lock and the mmap lock held, the latter for writing. May sleep.
 * Return: 0, also in an auto-translated domain, which has nothing to do here;
 *	   -ENOMEM; -EINVAL if a grant cannot be mapped. If it fails, nothing
 *	   is left mapped.
 */
int gntdev_user_map(struct gntdev_map *map, struct vm_area_struct *vma)
{
	unsigned long len = vma->vm_end - vma->vm_start;
	u32 first, nr;
	int rc;

	map->user.start = vma->vm_start;
	if (!needs_user_map())
		return 0;

	rc = apply_to_page_range(vma->vm_mm, vma->vm_start, len, note_entry, map);
	if (rc)
		return rc;

	rc = mmu_interval_notifier_insert_locked(&map->user.mni, vma->vm_mm, vma->vm_start, len,
						 &mni_ops);
	if (rc)
		return rc;

	mutex_lock(&map->user.lock);
	for (first = 0; first < map->count && !rc; first += nr) {
		nr = min_t(u32, map->count - first, GNTDEV_BATCH);
		rc = map_entries(map, first, nr);
	}
	mutex_unlock(&map->user.lock);

	if (rc)
		gntdev_user_unmap(map);

	return rc;
}

/**
 * gntdev_user_unmap() - Undo gntdev_user_map().
 * @map: map
 *
 * Entries that are still there are unmapped; normally the notifier has done so.
 *
 * Context: @map->lock and the mmap lock held. May sleep.
 */
void gntdev_user_unmap(struct gntdev_map *map)
{
	if (!needs_user_map())
		return;

	mmu_interval_notifier_remove(&map->user.mni);

	mutex_lock(&map->user.lock);
	unmap_range(map, 0, map->count);
	mutex_unlock(&map->user.lock);
}
