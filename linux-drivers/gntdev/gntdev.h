/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the gntdev driver share. */
#ifndef HOSPES_GNTDEV_H
#define HOSPES_GNTDEV_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <uapi/xen/gntdev.h>

#include "notify.h"

/*
 * Grants handled per hypercall. The arrays are on the stack, so that unmapping
 * never has to allocate; the hypervisor flushes TLBs once for as many.
 */
#define GNTDEV_BATCH	32

/**
 * struct gntdev_file - one open /dev/xen/gntdev
 * @lock: guards @maps; taken inside the mmap lock, so no user access under it
 * @maps: struct gntdev_map by ascending index
 */
struct gntdev_file {
	struct mutex lock;
	struct list_head maps;
};

/**
 * enum gntdev_state - what became of a map's grants
 * @GNTDEV_IDLE:      not mapped
 * @GNTDEV_MAPPED:    mapped, and visible in a memory area
 * @GNTDEV_UNMAPPING: no longer visible, but somebody (direct I/O, say) still
 *		      uses a page
 */
enum gntdev_state {
	GNTDEV_IDLE,
	GNTDEV_MAPPED,
	GNTDEV_UNMAPPING,
};

/**
 * struct gntdev_user_map - the program's own page table entries (PV domains)
 * @mni:    tells when the kernel is about to drop page table entries
 * @lock:   guards @handle
 * @start:  user address of the first page
 * @pte:    machine address of each page's entry
 * @handle: grant handle of each entry, or INVALID_GRANT_HANDLE
 */
struct gntdev_user_map {
	struct mmu_interval_notifier mni;
	struct mutex lock;
	unsigned long start;
	u64 *pte;
	grant_handle_t *handle;
};

/**
 * struct gntdev_map - grants that one ioctl asked to map together
 * @next:   in the file's list, while the program knows it by its index
 * @users:  the list, each memory area, and a pending unmap hold one each
 * @index:  page offset for mmap()
 * @count:  pages
 * @refs:   what to map
 * @pages:  where it appears in our physical address space
 * @lock:   guards the rest; taken inside the mmap lock
 * @state:  see there
 * @vmas:   memory areas that show a part of it
 * @readonly: mapped without write access
 * @handle: grant handle of each page, or INVALID_GRANT_HANDLE
 * @lost:   pages that could not be unmapped and must not be used again
 * @notify: what to tell the peer when it is unmapped
 * @work:   tries again to unmap
 * @tries:  how often it has
 * @user:   the program's page table entries, in a PV domain
 */
struct gntdev_map {
	struct list_head next;
	refcount_t users;
	unsigned long index;
	u32 count;
	struct ioctl_gntdev_grant_ref *refs;
	struct page **pages;

	struct mutex lock;
	enum gntdev_state state;
	unsigned int vmas;
	bool readonly;
	grant_handle_t *handle;
	bool lost;
	struct unmap_notify notify;
	struct delayed_work work;
	unsigned int tries;
	struct gntdev_user_map user;
};

/* map.c */
struct gntdev_map *gntdev_map_alloc(u32 count, const struct ioctl_gntdev_grant_ref __user *refs);
void gntdev_map_put(struct gntdev_map *map);
int gntdev_map_grants(struct gntdev_map *map);
void gntdev_unmap_grants(struct gntdev_map *map);
int gntdev_map_init(void);
void gntdev_map_exit(void);

/* user.c */
int gntdev_user_alloc(struct gntdev_map *map);
void gntdev_user_free(struct gntdev_map *map);
int gntdev_user_map(struct gntdev_map *map, struct vm_area_struct *vma);
void gntdev_user_unmap(struct gntdev_map *map);

/* vma.c */
struct gntdev_map *gntdev_find_map(struct gntdev_file *f, unsigned long index, u32 count);
struct gntdev_map *gntdev_vma_map(struct vm_area_struct *vma);
int gntdev_mmap(struct file *file, struct vm_area_struct *vma);

/* copy.c */
long gntdev_ioctl_copy(void __user *arg);

#endif
