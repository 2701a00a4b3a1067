// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenfs, the file system that is mounted on /proc/xen.
 *
 * Scripts ask its file capabilities whether this is the control domain;
 * xenstored finds its shared page and event channel here; older programs use
 * privcmd and xenbus here instead of in /dev/xen.
 *
 * The kernel's own xenfs takes the privcmd file operations from the kernel's own
 * xen-privcmd, whose symbol version ours cannot promise to match. That is why
 * this module exists.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/kconfig.h>
#include <linux/module.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "../privcmd/privcmd.h"
#include "files.h"

#define XENFS_MAGIC	0xabba1974

static ssize_t capabilities_read(struct file *file, char __user *buf, size_t size, loff_t *off)
{
	static const char control[] = "control_d\n";

	if (!xen_initial_domain())
		return 0;

	return simple_read_from_buffer(buf, size, off, control, sizeof(control) - 1);
}

static const struct file_operations capabilities_fops = {
	.owner	= THIS_MODULE,
	.read	= capabilities_read,
	.llseek	= default_llseek,
};

/* The first two entries are the directory's own. */
#define FILES_COMMON						\
	[2] = { "xenbus", &xen_xenbus_fops, 0600 },		\
	{ "capabilities", &capabilities_fops, 0444 },		\
	{ "privcmd", &xen_privcmd_fops, 0600 }

static const struct tree_descr domu_files[] = {
	FILES_COMMON,
	{ "" },
};

static const struct tree_descr dom0_files[] = {
	FILES_COMMON,
	{ "xsd_kva", &xsd_kva_fops, 0600 },
	{ "xsd_port", &xsd_port_fops, 0600 },
#ifdef CONFIG_XEN_SYMS
	{ "xensyms", &xensyms_fops, 0400 },
#endif
	{ "" },
};

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	return simple_fill_super(sb, XENFS_MAGIC,
				 xen_initial_domain() ? dom0_files : domu_files);
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_single(fc, fill_super);
}

static const struct fs_context_operations context_ops = {
	.get_tree = get_tree,
};

static int init_context(struct fs_context *fc)
{
	fc->ops = &context_ops;
	return 0;
}

static struct file_system_type xenfs_type = {
	.owner		 = THIS_MODULE,
	.name		 = "xenfs",
	.init_fs_context = init_context,
	.kill_sb	 = kill_litter_super,
};
MODULE_ALIAS_FS("xenfs");

static int __init xenfs_init(void)
{
	return xen_domain() ? register_filesystem(&xenfs_type) : 0;
}

static void __exit xenfs_exit(void)
{
	if (xen_domain())
		unregister_filesystem(&xenfs_type);
}

module_init(xenfs_init);
module_exit(xenfs_exit);

MODULE_DESCRIPTION("The file system of /proc/xen");
MODULE_AUTHOR("The Hospes developers");
MODULE_LICENSE("GPL");
