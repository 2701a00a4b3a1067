// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of /dev/xen/gntdev: the memory areas that show a map.
 *
 * The grants are mapped when the first area appears and unmapped when the last
 * one goes. Several areas of one map come from splitting one by munmap() or
 * mprotect() of a part, from mremap(), and from fork() in an auto-translated
 * domain.
 *
 * Locks: mmap lock, file's lock, map's lock, in that order.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <xen/features.h>

#include "compat.h"
#include "gntdev.h"

static void area_open(struct vm_area_struct *vma)
{
	struct gntdev_map *map = vma->vm_private_data;

	mutex_lock(&map->lock);
	map->vmas++;
	mutex_unlock(&map->lock);
	refcount_inc(&map->users);
}

static void area_close(struct vm_area_struct *vma)
{
	struct gntdev_map *map = vma->vm_private_data;

	mutex_lock(&map->lock);
	if (!--map->vmas) {
		gntdev_user_unmap(map);
		gntdev_unmap_grants(map);
	}
	mutex_unlock(&map->lock);
	gntdev_map_put(map);
}

/* The struct page behind a page table entry that a grant hypercall made. */
static struct page *area_find_page(struct vm_area_struct *vma, unsigned long addr)
{
	struct gntdev_map *map = vma->vm_private_data;

	return map->pages[vma->vm_pgoff - map->index + ((addr - vma->vm_start) >> PAGE_SHIFT)];
}

static const struct vm_operations_struct area_ops = {
	.open			= area_open,
	.close			= area_close,
	.find_special_page	= area_find_page,
};

/**
 * gntdev_vma_map() - The map that a memory area shows.
 * @vma: any memory area or NULL
 *
 * Context: mmap lock held.
 * Return: the map; NULL if the area is not one of this device.
 */
struct gntdev_map *gntdev_vma_map(struct vm_area_struct *vma)
{
	return vma && vma->vm_ops == &area_ops ? vma->vm_private_data : NULL;
}

/**
 * gntdev_find_map() - Find a map by what the program was told about it.
 * @f:	   open file, its lock held
 * @index: page offset
 * @count: pages
 *
 * Return: the map that has both; NULL if there is none.
 */
struct gntdev_map *gntdev_find_map(struct gntdev_file *f, unsigned long index, u32 count)
{
	struct gntdev_map *map;

	list_for_each_entry(map, &f->maps, next) {
		if (map->index == index)
			return map->count == count ? map : NULL;
	}

	return NULL;
}

static struct gntdev_map *get_map(struct gntdev_file *f, struct vm_area_struct *vma)
{
	struct gntdev_map *map = NULL;

	/* The file's maps count in 32 bits. */
	if (vma_pages(vma) > U32_MAX)
		return NULL;

	mutex_lock(&f->lock);
	map = gntdev_find_map(f, vma->vm_pgoff, vma_pages(vma));
	if (map)
		refcount_inc(&map->users);
	mutex_unlock(&f->lock);

	return map;
}

static int show(struct gntdev_map *map, struct vm_area_struct *vma)
{
	int rc;

	map->readonly = !(vma->vm_flags & VM_WRITE);
	rc = gntdev_map_grants(map);
	if (rc)
		goto unmap_grants;

	rc = gntdev_user_map(map, vma);
	if (rc)
		goto unmap_grants;

	/* Pages that it has inserted are in use until mmap() has cleaned up. */
	if (xen_feature(XENFEAT_auto_translated_physmap))
		rc = vm_map_pages_zero(vma, map->pages, map->count);
	if (rc)
		goto unmap_grants;

	return 0;

unmap_grants:
	gntdev_unmap_grants(map);
	return rc;
}

/**
 * gntdev_mmap() - Map grants and show them in a memory area.
 * @file: open device
 * @vma:  the new area; offset and size those of a map
 *
 * Return: 0; -EINVAL if there is no such map, if a writable area is not shared,
 *	   or if a grant cannot be mapped; -EAGAIN if the map is visible already
 *	   or its pages are still in use from the last time; -ENOMEM.
 */
int gntdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gntdev_map *map;
	int rc = -EAGAIN;

	if ((vma->vm_flags & VM_WRITE) && !(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	map = get_map(file->private_data, vma);
	if (!map)
		return -EINVAL;

	/* Nor may a private one become writable: it would copy granted pages. */
	if (!(vma->vm_flags & VM_SHARED))
		vm_flags_clear(vma, VM_MAYWRITE);

	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP);

	/* A fork cannot copy entries that a grant hypercall made. */
	if (!xen_feature(XENFEAT_auto_translated_physmap))
		vm_flags_set(vma, VM_DONTCOPY);

	mutex_lock(&map->lock);
	if (map->state == GNTDEV_IDLE)
		rc = show(map, vma);
	if (!rc)
		map->vmas = 1;
	mutex_unlock(&map->lock);

	if (rc) {
		gntdev_map_put(map);
		return rc;
	}

	vma->vm_private_data = map;
	vma->vm_ops = &area_ops;
	return 0;
}
