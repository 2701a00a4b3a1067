// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/evtchn: event channels for programs.
 *
 * Owns the device node and the file operations. A program binds ports by
 * ioctl, reads the numbers of ports that had an event, and writes a number
 * back when it wants that port's next event.
 *
 * ABI: uapi/xen/evtchn.h.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/xen.h>

#include "evtchn.h"

/* Ports moved per turn of read() and write(), on the stack. */
#define BATCH		32

/* One call moves a page's worth at most, as it always has. */
#define CALL_MAX	(PAGE_SIZE / sizeof(u32))

static bool readable(struct evtchn_user *u)
{
	return READ_ONCE(u->ring.overflow) || READ_ONCE(u->ring.cons) != READ_ONCE(u->ring.prod);
}

/* Copy ports that are in the ring to @buf until it is full or the ring empty. */
static ssize_t drain(struct evtchn_user *u, u32 __user *buf, size_t max)
{
	u32 ports[BATCH];
	size_t done = 0;

	while (done < max) {
		bool overflow;
		u32 nr;

		spin_lock_irq(&u->ring_lock);
		overflow = u->ring.overflow;
		nr = port_ring_peek(&u->ring, ports, min_t(size_t, max - done, BATCH));
		spin_unlock_irq(&u->ring_lock);

		/* What was copied before is reported first. */
		if (overflow && !done)
			return -EFBIG;
		if (overflow || !nr)
			break;
		if (copy_to_user(buf + done, ports, nr * sizeof(*ports)))
			return done ? done * sizeof(*ports) : -EFAULT;

		spin_lock_irq(&u->ring_lock);
		port_ring_consume(&u->ring, nr);
		spin_unlock_irq(&u->ring_lock);
		done += nr;
	}

	return done * sizeof(*ports);
}

static ssize_t evtchn_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct evtchn_user *u = file->private_data;
	size_t max = min_t(size_t, count / sizeof(u32), CALL_MAX);
	ssize_t rc;

	if (!max)
		return 0;

	for (;;) {
		if (mutex_lock_interruptible(&u->read_lock))
			return -ERESTARTSYS;
		rc = drain(u, (u32 __user *)buf, max);
		mutex_unlock(&u->read_lock);

		if (rc)
			return rc;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(u->wait, readable(u)))
			return -ERESTARTSYS;
	}
}

static ssize_t evtchn_write(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	struct evtchn_user *u = file->private_data;
	size_t nr, done, max = min_t(size_t, count / sizeof(u32), CALL_MAX);
	u32 ports[BATCH];
	ssize_t rc = 0;
	u32 i;

	mutex_lock(&u->bind_lock);
	for (done = 0; done < max; done += nr) {
		nr = min_t(size_t, max - done, BATCH);
		if (copy_from_user(ports, buf + done * sizeof(*ports), nr * sizeof(*ports))) {
			rc = -EFAULT;
			break;
		}
		for (i = 0; i < nr; i++)
			evtchn_port_unmask(u, ports[i]);
	}
	mutex_unlock(&u->bind_lock);

	return done ? done * sizeof(*ports) : rc;
}

static __poll_t evtchn_poll(struct file *file, poll_table *wait)
{
	struct evtchn_user *u = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &u->wait, wait);

	spin_lock_irq(&u->ring_lock);
	if (port_ring_used(&u->ring))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (u->ring.overflow)
		mask = EPOLLERR;
	spin_unlock_irq(&u->ring_lock);

	return mask;
}

static int evtchn_fasync(int fd, struct file *file, int on)
{
	struct evtchn_user *u = file->private_data;

	return fasync_helper(fd, file, on, &u->fasync);
}

static int evtchn_open(struct inode *inode, struct file *file)
{
	struct evtchn_user *u = kzalloc(sizeof(*u), GFP_KERNEL);

	if (!u)
		return -ENOMEM;

	u->name = kasprintf(GFP_KERNEL, "evtchn:%s", current->comm);
	if (!u->name) {
		kfree(u);
		return -ENOMEM;
	}

	mutex_init(&u->bind_lock);
	mutex_init(&u->read_lock);
	spin_lock_init(&u->ring_lock);
	init_waitqueue_head(&u->wait);
	xa_init(&u->ports);
	u->restrict_domid = UNRESTRICTED;

	file->private_data = u;
	return stream_open(inode, file);
}

static int evtchn_release(struct inode *inode, struct file *file)
{
	struct evtchn_user *u = file->private_data;

	evtchn_ports_release(u);
	kvfree(u->ring.slot);
	kfree(u->name);
	kfree(u);

	return 0;
}

static const struct file_operations evtchn_fops = {
	.owner		= THIS_MODULE,
	.open		= evtchn_open,
	.release	= evtchn_release,
	.read		= evtchn_read,
	.write		= evtchn_write,
	.poll		= evtchn_poll,
	.fasync		= evtchn_fasync,
	.unlocked_ioctl	= evtchn_ioctl,
};

static struct miscdevice evtchn_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/evtchn",
	.fops	= &evtchn_fops,
};

static int __init evtchn_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;

	rc = misc_register(&evtchn_device);
	if (rc)
		pr_err("cannot register /dev/xen/evtchn (%d): is another evtchn driver loaded?\n",
		       rc);
	else
		pr_info("Event-channel device installed\n");

	return rc;
}

static void __exit evtchn_exit(void)
{
	misc_deregister(&evtchn_device);
}

module_init(evtchn_init);
module_exit(evtchn_exit);

MODULE_DESCRIPTION("Event channels for programs: /dev/xen/evtchn");
MODULE_AUTHOR("The Hospes developers");
MODULE_LICENSE("GPL");
