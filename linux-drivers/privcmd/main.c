// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/privcmd: hypercalls and foreign memory for the toolstack.
 *
 * Owns the device nodes (this one and /dev/xen/hypercall of buf.c), the file
 * operations and the two ioctls that need no file of their own. The file
 * operations are exported for xenfs, which shows the same as /proc/xen/privcmd.
 *
 * ABI: uapi/xen/privcmd.h.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/acpi.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>
#include <asm/xen/hypercall.h>

#include "privcmd.h"

static long ioctl_hypercall(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_hypercall call;
	long rc;

	/* Whom a call concerns cannot be told from here. */
	if (f->domid != DOMID_INVALID)
		return -EPERM;

	if (copy_from_user(&call, arg, sizeof(call)))
		return -EFAULT;

	xen_preemptible_hcall_begin();
	rc = privcmd_call(call.op, call.arg[0], call.arg[1], call.arg[2], call.arg[3],
			  call.arg[4]);
	xen_preemptible_hcall_end();

	return rc;
}

static long ioctl_restrict(struct privcmd_file *f, void __user *arg)
{
	domid_t domid;

	if (copy_from_user(&domid, arg, sizeof(domid)))
		return -EFAULT;

	/* Once only; saying the same again does no harm. */
	if (!privcmd_allows(f, domid))
		return -EINVAL;

	f->domid = domid;
	return 0;
}

#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI
static long ioctl_pcidev_get_gsi(struct privcmd_file *f, void __user *arg)
{
	struct privcmd_pcidev_get_gsi dev;
	int gsi;

	if (copy_from_user(&dev, arg, sizeof(dev)))
		return -EFAULT;

	gsi = xen_acpi_get_gsi_from_sbdf(dev.sbdf);
	if (gsi < 0)
		return gsi;

	dev.gsi = gsi;
	return copy_to_user(arg, &dev, sizeof(dev)) ? -EFAULT : 0;
}
#endif

static long privcmd_ioctl(struct file *file, unsigned int cmd, unsigned long data)
{
	struct privcmd_file *f = file->private_data;
	void __user *arg = (void __user *)data;

	switch (cmd) {
	case IOCTL_PRIVCMD_HYPERCALL:
		return ioctl_hypercall(f, arg);
	case IOCTL_PRIVCMD_MMAP:
		return privcmd_ioctl_mmap(f, arg);
	case IOCTL_PRIVCMD_MMAPBATCH:
		return privcmd_ioctl_mmapbatch(f, arg);
	case IOCTL_PRIVCMD_MMAPBATCH_V2:
		return privcmd_ioctl_mmapbatch_v2(f, arg);
	case IOCTL_PRIVCMD_DM_OP:
		return privcmd_ioctl_dm_op(f, arg);
	case IOCTL_PRIVCMD_RESTRICT:
		return ioctl_restrict(f, arg);
	case IOCTL_PRIVCMD_MMAP_RESOURCE:
		return privcmd_ioctl_mmap_resource(f, arg);
#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI
	case IOCTL_PRIVCMD_PCIDEV_GET_GSI:
		return ioctl_pcidev_get_gsi(f, arg);
#endif
#ifdef IOCTL_PRIVCMD_IRQFD
	/* As a kernel answers that is built without them. */
	case IOCTL_PRIVCMD_IRQFD:
	case IOCTL_PRIVCMD_IOEVENTFD:
		return -EOPNOTSUPP;
#endif
	default:
		return -ENOTTY;
	}
}

static int privcmd_open(struct inode *inode, struct file *file)
{
	struct privcmd_file *f = kzalloc(sizeof(*f), GFP_KERNEL);
	int rc;

	if (!f)
		return -ENOMEM;

	rc = privcmd_initial_domid(&f->domid);
	if (rc) {
		kfree(f);
		return rc;
	}

	file->private_data = f;
	return 0;
}

static int privcmd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

const struct file_operations xen_privcmd_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= privcmd_ioctl,
	.open		= privcmd_open,
	.release	= privcmd_release,
	.mmap		= privcmd_mmap,
};
EXPORT_SYMBOL_GPL(xen_privcmd_fops);

static struct miscdevice privcmd_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/privcmd",
	.fops	= &xen_privcmd_fops,
};

static struct miscdevice hypercall_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/hypercall",
	.fops	= &xen_privcmdbuf_fops,
};

static int __init register_device(struct miscdevice *device)
{
	int rc = misc_register(device);

	if (rc)
		pr_err("cannot register /dev/%s (%d): is another privcmd driver loaded?\n",
		       device->name, rc);

	return rc;
}

static int __init privcmd_init(void)
{
	int rc;

	/* One page of ours is one frame of the hypervisor's throughout. */
	BUILD_BUG_ON(XEN_PAGE_SHIFT != PAGE_SHIFT);

	if (!xen_domain())
		return -ENODEV;

	privcmd_restrict_init();

	rc = register_device(&privcmd_device);
	if (rc)
		goto restrict_exit;

	rc = register_device(&hypercall_device);
	if (rc)
		goto deregister;

	return 0;

deregister:
	misc_deregister(&privcmd_device);
restrict_exit:
	privcmd_restrict_exit();
	return rc;
}

static void __exit privcmd_exit(void)
{
	misc_deregister(&hypercall_device);
	misc_deregister(&privcmd_device);
	privcmd_restrict_exit();
}

module_init(privcmd_init);
module_exit(privcmd_exit);

MODULE_DESCRIPTION("Hypercalls and foreign memory for the toolstack: /dev/xen/privcmd");
MODULE_AUTHOR("The Hospes developers");
MODULE_LICENSE("GPL");
