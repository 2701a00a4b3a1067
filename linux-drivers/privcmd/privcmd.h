/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the privcmd driver share. */
#ifndef HOSPES_PRIVCMD_H
#define HOSPES_PRIVCMD_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <xen/interface/xen.h>
#include <uapi/xen/privcmd.h>

/**
 * struct privcmd_file - one open /dev/xen/privcmd
 * @domid: the only domain that calls may name, or DOMID_INVALID if any; then
 *	   also the calls are allowed that the driver cannot check
 */
struct privcmd_file {
	domid_t domid;
};

/**
 * struct privcmd_area - what one mmap() of the device was filled with
 * @users:    memory areas that show a part of it: more than one after a split
 * @pgoff:    page offset of its first page, as vm_pgoff counts
 * @nr_pages: pages it was made for
 * @pages:    where foreign frames appear in our physical address space, in an
 *	      auto-translated domain; empty in a PV domain, where page tables
 *	      take foreign frames as they are
 *
 * A memory area's vm_private_data is the address of @pages, as
 * xen_remap_vma_range() wants it, or NULL while nothing was mapped.
 * Guarded by the mm's mmap lock.
 */
struct privcmd_area {
	refcount_t users;
	unsigned long pgoff;
	unsigned long nr_pages;
	struct page *pages[];
};

/* Whether @f may name @domid. */
static inline bool privcmd_allows(const struct privcmd_file *f, domid_t domid)
{
	return f->domid == DOMID_INVALID || f->domid == domid;
}

/* area.c */
int privcmd_mmap(struct file *file, struct vm_area_struct *vma);
struct vm_area_struct *privcmd_find_vma(unsigned long addr, unsigned long nr_pages);
int privcmd_area_claim(struct vm_area_struct *vma, unsigned long addr, unsigned long nr_pages);
struct page **privcmd_area_pages(struct vm_area_struct *vma, unsigned long addr);

/* one per ioctl */
long privcmd_ioctl_mmap(struct privcmd_file *f, void __user *arg);
long privcmd_ioctl_mmapbatch(struct privcmd_file *f, void __user *arg);
long privcmd_ioctl_mmapbatch_v2(struct privcmd_file *f, void __user *arg);
long privcmd_ioctl_mmap_resource(struct privcmd_file *f, void __user *arg);
long privcmd_ioctl_dm_op(struct privcmd_file *f, void __user *arg);

/* restrict.c */
int privcmd_initial_domid(domid_t *domid);
void privcmd_restrict_init(void);
void privcmd_restrict_exit(void);

extern const struct file_operations xen_privcmd_fops;
extern const struct file_operations xen_privcmdbuf_fops;

#endif
