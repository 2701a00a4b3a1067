// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntalloc: pages of ours, granted to another domain by a program.
 *
 * A program allocates pages that are granted at once, learns their grant
 * references and an offset, and mmap()s them there. A page goes when the program
 * has deallocated it and no memory area shows it; if the other domain still has
 * it mapped then, the grant table core keeps it until it has not.
 *
 * One lock, list_lock, guards every file's list and what may be notified. It is
 * taken inside the mmap lock, so there is no user access under it.
 *
 * ABI: uapi/xen/gntalloc.h.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <uapi/xen/gntalloc.h>

#include "compat.h"
#include "notify.h"

static unsigned int limit = 1024;
module_param(limit, uint, 0644);
MODULE_PARM_DESC(limit, "Most pages that programs may have granted at a time (1024)");

static DEFINE_MUTEX(list_lock);
static unsigned int nr_granted;	/* under list_lock */

/**
 * struct gntalloc_file - one open /dev/xen/gntalloc
 * @pages: struct gntalloc_page by ascending index
 * @next_index: for the next page; never used twice
 */
struct gntalloc_file {
	struct list_head pages;
	u64 next_index;
};

/**
 * struct gntalloc_page - one granted page
 * @next:   in its file's list, until it is deallocated
 * @users:  the list and each memory area hold one
 * @index:  page offset for mmap()
 * @page:   the page
 * @ref:    grant reference
 * @notify: what to tell the peer when the page goes; offset within the page
 */
struct gntalloc_page {
	struct list_head next;
	refcount_t users;
	u64 index;
	struct page *page;
	grant_ref_t ref;
	struct unmap_notify notify;
};

/**
 * struct gntalloc_area - pages shown by memory areas
 * @users: memory areas; more than one after a split or fork
 * @count: pages
 * @pages: each with a reference held
 */
struct gntalloc_area {
	refcount_t users;
	unsigned long count;
	struct gntalloc_page *pages[];
};

static void put_page_locked(struct gntalloc_page *gpage)
{
	lockdep_assert_held(&list_lock);

	if (!refcount_dec_and_test(&gpage->users))
		return;

	if (gpage->notify.action & UNMAP_NOTIFY_CLEAR_BYTE)
		memset_page(gpage->page, gpage->notify.offset, 0, 1);
	unmap_notify_send(&gpage->notify);

	/* Frees the page too, when the peer no longer maps it. */
	gnttab_end_foreign_access(gpage->ref, gpage->page);
	nr_granted--;
	kfree(gpage);
}

static struct gntalloc_page *grant_page(domid_t domid, bool readonly)
{
	struct gntalloc_page *gpage = kzalloc(sizeof(*gpage), GFP_KERNEL);
	int ref;

	if (!gpage)
		return ERR_PTR(-ENOMEM);

	gpage->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!gpage->page) {
		kfree(gpage);
		return ERR_PTR(-ENOMEM);
	}

	ref = gnttab_grant_foreign_access(domid, xen_page_to_gfn(gpage->page), readonly);
	if (ref < 0) {
		__free_page(gpage->page);
		kfree(gpage);
		return ERR_PTR(ref);
	}

	gpage->ref = ref;
	refcount_set(&gpage->users, 1);
	return gpage;
}

static void drop_list(struct list_head *pages)
{
	struct gntalloc_page *gpage, *next;

	list_for_each_entry_safe(gpage, next, pages, next) {
		list_del_init(&gpage->next);
		put_page_locked(gpage);
	}
}

static int grant_pages(const struct ioctl_gntalloc_alloc_gref *op, struct list_head *pages,
		       u32 *refs)
{
	u32 i;

	lockdep_assert_held(&list_lock);

	for (i = 0; i < op->count; i++) {
		struct gntalloc_page *gpage;

		gpage = grant_page(op->domid, !(op->flags & GNTALLOC_FLAG_WRITABLE));
		if (IS_ERR(gpage)) {
			drop_list(pages);
			return PTR_ERR(gpage);
		}

		list_add_tail(&gpage->next, pages);
		refs[i] = gpage->ref;
		nr_granted++;
	}

	return 0;
}

static void number_pages(struct gntalloc_file *f, struct list_head *pages,
			 struct ioctl_gntalloc_alloc_gref *op)
{
	struct gntalloc_page *gpage;

	op->index = f->next_index << PAGE_SHIFT;
	list_for_each_entry(gpage, pages, next)
		gpage->index = f->next_index++;
}

/* Add numbered pages to the file's list; another thread's may have come first. */
static void list_pages(struct gntalloc_file *f, struct list_head *pages)
{
	u64 index = list_first_entry(pages, struct gntalloc_page, next)->index;
	struct gntalloc_page *gpage;

	list_for_each_entry_reverse(gpage, &f->pages, next) {
		if (gpage->index < index)
			break;
	}

	/* After the page found, or at the head if there was none. */
	list_splice(pages, &gpage->next);
}

static long alloc_gref(struct gntalloc_file *f, struct ioctl_gntalloc_alloc_gref __user *arg)
{
	struct ioctl_gntalloc_alloc_gref op;
	size_t head = offsetof(typeof(op), gref_ids);
	unsigned int max = READ_ONCE(limit);
	LIST_HEAD(pages);
	u32 *refs;
	int rc;

	if (copy_from_user(&op, arg, head))
		return -EFAULT;

	if (!op.count || (op.flags & ~GNTALLOC_FLAG_WRITABLE))
		return -EINVAL;

	if (op.count > max)
		return -ENOSPC;

	refs = kvcalloc(op.count, sizeof(*refs), GFP_KERNEL);
	if (!refs)
		return -ENOMEM;

	mutex_lock(&list_lock);
	if (nr_granted > max - op.count)
		rc = -ENOSPC;
	else
		rc = grant_pages(&op, &pages, refs);
	if (!rc)
		number_pages(f, &pages, &op);
	mutex_unlock(&list_lock);

	if (rc)
		goto free;

	/* Nobody can find the pages yet, so they can still be taken back. */
	if (copy_to_user(arg, &op, head) ||
	    copy_to_user((void __user *)arg + head, refs, op.count * sizeof(*refs)))
		rc = -EFAULT;

	mutex_lock(&list_lock);
	if (rc)
		drop_list(&pages);
	else
		list_pages(f, &pages);
	mutex_unlock(&list_lock);

free:
	kvfree(refs);
	return rc;
}

/* The first of @count pages with consecutive numbers from @index on, or NULL. */
static struct gntalloc_page *find_pages(struct gntalloc_file *f, u64 index, unsigned long count)
{
	struct gntalloc_page *gpage, *first = NULL;

	lockdep_assert_held(&list_lock);

	list_for_each_entry(gpage, &f->pages, next) {
		if (!first && gpage->index == index)
			first = gpage;
		if (!first)
			continue;
		if (gpage->index != index++)
			return NULL;
		if (!--count)
			return first;
	}

	return NULL;
}

static long dealloc_gref(struct gntalloc_file *f, void __user *arg)
{
	struct ioctl_gntalloc_dealloc_gref op;
	struct gntalloc_page *gpage, *next;
	long rc = -EINVAL;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	if (!op.count)
		return -EINVAL;

	mutex_lock(&list_lock);
	gpage = find_pages(f, op.index >> PAGE_SHIFT, op.count);
	if (gpage) {
		rc = 0;
		list_for_each_entry_safe_from(gpage, next, &f->pages, next) {
			list_del_init(&gpage->next);
			put_page_locked(gpage);
			if (!--op.count)
				break;
		}
	}
	mutex_unlock(&list_lock);

	return rc;
}

static long set_unmap_notify(struct gntalloc_file *f, void __user *arg)
{
	struct ioctl_gntalloc_unmap_notify op;
	struct gntalloc_page *gpage;
	struct unmap_notify notify;
	int rc;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	/* Before the old port is let go, which may be the same. */
	rc = unmap_notify_get(op.action, op.event_channel_port);
	if (rc)
		return rc;

	notify.action = op.action;
	notify.offset = offset_in_page(op.index);
	notify.port = op.event_channel_port;

	mutex_lock(&list_lock);
	gpage = find_pages(f, op.index >> PAGE_SHIFT, 1);
	if (gpage)
		swap(gpage->notify, notify);
	else
		rc = -ENOENT;
	mutex_unlock(&list_lock);

	/* The one that was replaced, or the new one if there was an error. */
	unmap_notify_put(&notify);
	return rc;
}

static long gntalloc_ioctl(struct file *file, unsigned int cmd, unsigned long data)
{
	struct gntalloc_file *f = file->private_data;
	void __user *arg = (void __user *)data;

	switch (cmd) {
	case IOCTL_GNTALLOC_ALLOC_GREF:
		return alloc_gref(f, arg);
	case IOCTL_GNTALLOC_DEALLOC_GREF:
		return dealloc_gref(f, arg);
	case IOCTL_GNTALLOC_SET_UNMAP_NOTIFY:
		return set_unmap_notify(f, arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static void area_open(struct vm_area_struct *vma)
{
	struct gntalloc_area *area = vma->vm_private_data;

	refcount_inc(&area->users);
}

static void put_area(struct gntalloc_area *area)
{
	unsigned long i;

	if (!refcount_dec_and_test(&area->users))
		return;

	mutex_lock(&list_lock);
	for (i = 0; i < area->count; i++)
		put_page_locked(area->pages[i]);
	mutex_unlock(&list_lock);

	kvfree(area);
}

static void area_close(struct vm_area_struct *vma)
{
	put_area(vma->vm_private_data);
}

static const struct vm_operations_struct area_ops = {
	.open	= area_open,
	.close	= area_close,
};

static struct gntalloc_area *make_area(struct gntalloc_file *f, u64 index, unsigned long count)
{
	struct gntalloc_page *gpage;
	struct gntalloc_area *area;

	area = kvzalloc(struct_size(area, pages, count), GFP_KERNEL | __GFP_NOWARN);
	if (!area)
		return ERR_PTR(-ENOMEM);

	refcount_set(&area->users, 1);

	mutex_lock(&list_lock);
	gpage = find_pages(f, index, count);
	if (gpage) {
		list_for_each_entry_from(gpage, &f->pages, next) {
			refcount_inc(&gpage->users);
			area->pages[area->count++] = gpage;
			if (area->count == count)
				break;
		}
	}
	mutex_unlock(&list_lock);

	if (area->count == count)
		return area;

	kvfree(area);
	return ERR_PTR(-ENOENT);
}

static int gntalloc_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long i, count = vma_pages(vma);
	struct gntalloc_area *area;
	int rc = 0;

	if (!(vma->vm_flags & VM_SHARED)) {
		pr_debug("a mapping of /dev/xen/gntalloc must be MAP_SHARED\n");
		return -EINVAL;
	}

	area = make_area(file->private_data, vma->vm_pgoff, count);
	if (IS_ERR(area))
		return PTR_ERR(area);

	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);

	for (i = 0; i < count && !rc; i++)
		rc = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT), area->pages[i]->page);
	if (rc) {
		put_area(area);
		return rc;
	}

	vma->vm_private_data = area;
	vma->vm_ops = &area_ops;
	return 0;
}

static int gntalloc_open(struct inode *inode, struct file *file)
{
	struct gntalloc_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;

	INIT_LIST_HEAD(&f->pages);
	file->private_data = f;
	return 0;
}

static int gntalloc_release(struct inode *inode, struct file *file)
{
	struct gntalloc_file *f = file->private_data;

	mutex_lock(&list_lock);
	drop_list(&f->pages);
	mutex_unlock(&list_lock);

	kfree(f);
	return 0;
}

static const struct file_operations gntalloc_fops = {
	.owner		= THIS_MODULE,
	.open		= gntalloc_open,
	.release	= gntalloc_release,
	.mmap		= gntalloc_mmap,
	.unlocked_ioctl	= gntalloc_ioctl,
};

static struct miscdevice gntalloc_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/gntalloc",
	.fops	= &gntalloc_fops,
};

static int __init gntalloc_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;

	rc = misc_register(&gntalloc_device);
	if (rc)
		pr_err("cannot register /dev/xen/gntalloc (%d): is another gntalloc driver loaded?\n",
		       rc);

	return rc;
}

static void __exit gntalloc_exit(void)
{
	misc_deregister(&gntalloc_device);
}

module_init(gntalloc_init);
module_exit(gntalloc_exit);

MODULE_DESCRIPTION("Pages granted to other domains by programs: /dev/xen/gntalloc");
MODULE_AUTHOR("The Hospes developers");
MODULE_LICENSE("GPL");
