// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/hypercall: memory for hypercall arguments.
 *
 * The hypervisor reads a program's arguments where they are and fails if a page
 * is not there at that moment. What is mapped from this device is always there:
 * kernel pages, mapped at mmap() and not subject to reclaim or migration.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "compat.h"
#include "privcmd.h"

/**
 * struct hypercall_buf - pages of one mmap()
 * @users:    memory areas that show a part of it
 * @nr_pages: pages
 * @pages:    each zeroed when it was allocated
 */
struct hypercall_buf {
	refcount_t users;
	unsigned long nr_pages;
	struct page *pages[];
};

static void free_buf(struct hypercall_buf *buf)
{
	unsigned long i;

	for (i = 0; i < buf->nr_pages; i++)
		__free_page(buf->pages[i]);
	kvfree(buf);
}

static struct hypercall_buf *alloc_buf(unsigned long nr_pages)
{
	struct hypercall_buf *buf;

	buf = kvzalloc(struct_size(buf, pages, nr_pages), GFP_KERNEL | __GFP_NOWARN);
	if (!buf)
		return NULL;

	refcount_set(&buf->users, 1);
	for (; buf->nr_pages < nr_pages; buf->nr_pages++) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page) {
			free_buf(buf);
			return NULL;
		}
		buf->pages[buf->nr_pages] = page;
	}

	return buf;
}

static void buf_open(struct vm_area_struct *vma)
{
	struct hypercall_buf *buf = vma->vm_private_data;

	refcount_inc(&buf->users);
}

static void buf_close(struct vm_area_struct *vma)
{
	struct hypercall_buf *buf = vma->vm_private_data;

	if (refcount_dec_and_test(&buf->users))
		free_buf(buf);
}

/* All pages are there from the start, so this is past what mmap() made. */
static vm_fault_t buf_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct buf_ops = {
	.open	= buf_open,
	.close	= buf_close,
	.fault	= buf_fault,
};

static int buf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct hypercall_buf *buf;
	int rc;

	/* A private mapping would show the hypervisor the page before the write. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	buf = alloc_buf(vma_pages(vma));
	if (!buf)
		return -ENOMEM;

	vm_flags_set(vma, VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	rc = vm_map_pages_zero(vma, buf->pages, buf->nr_pages);
	if (rc) {
		free_buf(buf);
		return rc;
	}

	vma->vm_ops = &buf_ops;
	vma->vm_private_data = buf;
	return 0;
}

const struct file_operations xen_privcmdbuf_fops = {
	.owner	= THIS_MODULE,
	.mmap	= buf_mmap,
};
EXPORT_SYMBOL_GPL(xen_privcmdbuf_fops);
