// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntdev: pages that other domains have granted, for programs.
 *
 * Owns the device node and the ioctls. A program names grants and gets an
 * offset; mmap() there maps them. The list of what a file has to offer is kept
 * here, what becomes of one entry in map.c, user.c and vma.c.
 *
 * ABI: uapi/xen/gntdev.h.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/xen.h>

#include "gntdev.h"

static unsigned int limit = 64 * 1024;
module_param(limit, uint, 0644);
MODULE_PARM_DESC(limit, "Most grants that may be mapped by one request (65536)");

/* Put @map into the first gap that is large enough. */
static void add_map(struct gntdev_file *f, struct gntdev_map *new)
{
	struct list_head *before = &f->maps;
	struct gntdev_map *map;

	new->index = 0;
	list_for_each_entry(map, &f->maps, next) {
		if (new->index + new->count <= map->index) {
			before = &map->next;
			break;
		}
		new->index = map->index + map->count;
	}

	list_add_tail(&new->next, before);
}

static long map_grant_ref(struct gntdev_file *f, struct ioctl_gntdev_map_grant_ref __user *arg)
{
	struct ioctl_gntdev_map_grant_ref op;
	size_t head = offsetof(typeof(op), refs);
	struct gntdev_map *map;

	if (copy_from_user(&op, arg, head))
		return -EFAULT;

	if (!op.count || op.count > READ_ONCE(limit))
		return -EINVAL;

	map = gntdev_map_alloc(op.count, (void __user *)arg + head);
	if (IS_ERR(map))
		return PTR_ERR(map);

	/*
	 * The program's other threads may guess the index, use the map and drop
	 * it again before this returns.
	 */
	mutex_lock(&f->lock);
	add_map(f, map);
	op.index = (u64)map->index << PAGE_SHIFT;
	mutex_unlock(&f->lock);

	return copy_to_user(arg, &op, head) ? -EFAULT : 0;
}

static long unmap_grant_ref(struct gntdev_file *f, void __user *arg)
{
	struct ioctl_gntdev_unmap_grant_ref op;
	struct gntdev_map *map;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	mutex_lock(&f->lock);
	map = gntdev_find_map(f, op.index >> PAGE_SHIFT, op.count);
	if (map)
		list_del_init(&map->next);
	mutex_unlock(&f->lock);

	if (!map)
		return -ENOENT;

	gntdev_map_put(map);
	return 0;
}

static long get_offset_for_vaddr(void __user *arg)
{
	struct ioctl_gntdev_get_offset_for_vaddr op;
	struct gntdev_map *map;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	mmap_read_lock(current->mm);
	map = gntdev_vma_map(find_vma(current->mm, op.vaddr));
	if (map) {
		op.offset = (u64)map->index << PAGE_SHIFT;
		op.count = map->count;
	}
	mmap_read_unlock(current->mm);

	if (!map)
		return -EINVAL;

	return copy_to_user(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

/* The program may ask for less than the limit; nothing is reserved by it. */
static long set_max_grants(void __user *arg)
{
	struct ioctl_gntdev_set_max_grants op;

	return copy_from_user(&op, arg, sizeof(op)) ? -EFAULT : 0;
}

/* The map that page offset @pgoff is in. */
static struct gntdev_map *map_at(struct gntdev_file *f, u64 pgoff)
{
	struct gntdev_map *map;

	list_for_each_entry(map, &f->maps, next) {
		if (pgoff >= map->index && pgoff < map->index + map->count)
			return map;
	}

	return NULL;
}

static int set_notify(struct gntdev_map *map, struct unmap_notify *notify)
{
	int rc = 0;

	mutex_lock(&map->lock);
	if ((notify->action & UNMAP_NOTIFY_CLEAR_BYTE) && map->state == GNTDEV_MAPPED &&
	    map->readonly)
		rc = -EINVAL;
	else
		swap(map->notify, *notify);
	mutex_unlock(&map->lock);

	return rc;
}

static long set_unmap_notify(struct gntdev_file *f, void __user *arg)
{
	struct ioctl_gntdev_unmap_notify op;
	struct unmap_notify notify;
	struct gntdev_map *map;
	int rc;

	if (copy_from_user(&op, arg, sizeof(op)))
		return -EFAULT;

	/* Before the old port is let go, which may be the same. */
	rc = unmap_notify_get(op.action, op.event_channel_port);
	if (rc)
		return rc;

	notify.action = op.action;
	notify.port = op.event_channel_port;

	rc = -ENOENT;
	mutex_lock(&f->lock);
	map = map_at(f, op.index >> PAGE_SHIFT);
	if (map) {
		notify.offset = op.index - ((u64)map->index << PAGE_SHIFT);
		rc = set_notify(map, &notify);
	}
	mutex_unlock(&f->lock);

	/* The one that was replaced, or the new one if there was an error. */
	unmap_notify_put(&notify);
	return rc;
}

static long gntdev_ioctl(struct file *file, unsigned int cmd, unsigned long data)
{
	struct gntdev_file *f = file->private_data;
	void __user *arg = (void __user *)data;

	switch (cmd) {
	case IOCTL_GNTDEV_MAP_GRANT_REF:
		return map_grant_ref(f, arg);
	case IOCTL_GNTDEV_UNMAP_GRANT_REF:
		return unmap_grant_ref(f, arg);
	case IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR:
		return get_offset_for_vaddr(arg);
	case IOCTL_GNTDEV_SET_MAX_GRANTS:
		return set_max_grants(arg);
	case IOCTL_GNTDEV_SET_UNMAP_NOTIFY:
		return set_unmap_notify(f, arg);
	case IOCTL_GNTDEV_GRANT_COPY:
		return gntdev_ioctl_copy(arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static int gntdev_open(struct inode *inode, struct file *file)
{
	struct gntdev_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;

	mutex_init(&f->lock);
	INIT_LIST_HEAD(&f->maps);
	file->private_data = f;

	return 0;
}

static int gntdev_release(struct inode *inode, struct file *file)
{
	struct gntdev_file *f = file->private_data;
	struct gntdev_map *map, *next;

	/* A memory area holds the file, so none of these is visible any more. */
	list_for_each_entry_safe(map, next, &f->maps, next) {
		list_del_init(&map->next);
		gntdev_map_put(map);
	}

	kfree(f);
	return 0;
}

static const struct file_operations gntdev_fops = {
	.owner		= THIS_MODULE,
	.open		= gntdev_open,
	.release	= gntdev_release,
	.mmap		= gntdev_mmap,
	.unlocked_ioctl	= gntdev_ioctl,
};

static struct miscdevice gntdev_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/gntdev",
	.fops	= &gntdev_fops,
};

static int __init gntdev_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;

	rc = gntdev_map_init();
	if (rc)
		return rc;

	rc = misc_register(&gntdev_device);
	if (rc) {
		pr_err("cannot register /dev/xen/gntdev (%d): is another gntdev driver loaded?\n",
		       rc);
		gntdev_map_exit();
	}

	return rc;
}

static void __exit gntdev_exit(void)
{
	misc_deregister(&gntdev_device);
	gntdev_map_exit();
}

module_init(gntdev_init);
module_exit(gntdev_exit);

MODULE_DESCRIPTION("Pages granted by other domains, for programs: /dev/xen/gntdev");
MODULE_AUTHOR("The Hospes developers");
MODULE_LICENSE("GPL");
