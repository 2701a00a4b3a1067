// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of /dev/xen/evtchn, one function each.
 *
 * ABI: uapi/xen/evtchn.h for the arguments, xen/interface/event_channel.h for
 * the hypercalls behind them.
 */
#include <linux/uaccess.h>
#include <xen/interface/event_channel.h>
#include <uapi/xen/evtchn.h>
#include <xen/events.h>
#include <xen/xen-ops.h>
#include <asm/xen/hypercall.h>

#include "evtchn.h"

static long bind_virq(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_bind_virq bind;
	struct evtchn_bind_virq op;
	int rc;

	if (u->restrict_domid != UNRESTRICTED)
		return -EACCES;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;

	op.virq = bind.virq;
	op.vcpu = xen_vcpu_nr(0);
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &op);
	if (rc)
		return rc;

	return evtchn_port_bind(u, op.port, false);
}

static long bind_interdomain(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_bind_interdomain bind;
	struct evtchn_bind_interdomain op;
	int rc;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;

	if (u->restrict_domid != UNRESTRICTED && u->restrict_domid != bind.remote_domain)
		return -EACCES;

	op.remote_dom = bind.remote_domain;
	op.remote_port = bind.remote_port;
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &op);
	if (rc)
		return rc;

	return evtchn_port_bind(u, op.local_port, false);
}

static long bind_unbound_port(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_bind_unbound_port bind;
	struct evtchn_alloc_unbound op;
	int rc;

	if (u->restrict_domid != UNRESTRICTED)
		return -EACCES;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;

	op.dom = DOMID_SELF;
	op.remote_dom = bind.remote_domain;
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op);
	if (rc)
		return rc;

	return evtchn_port_bind(u, op.port, false);
}

#ifdef IOCTL_EVTCHN_BIND_STATIC
static long bind_static(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_bind bind;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;

	if (bind.port >= xen_evtchn_nr_channels())
		return -EINVAL;

	if (xa_load(&u->ports, bind.port))
		return -EISCONN;

	/* Not one of the kernel's: failing to share it would close it. */
	if ((int)irq_from_evtchn(bind.port) > 0)
		return -EBUSY;

	return evtchn_port_bind(u, bind.port, true);
}
#endif

static long unbind(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_unbind unbind;

	if (copy_from_user(&unbind, arg, sizeof(unbind)))
		return -EFAULT;

	return evtchn_port_unbind(u, unbind.port);
}

static long notify(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_notify notify;

	if (copy_from_user(&notify, arg, sizeof(notify)))
		return -EFAULT;

	return evtchn_port_notify(u, notify.port);
}

static long reset(struct evtchn_user *u)
{
	mutex_lock(&u->read_lock);
	spin_lock_irq(&u->ring_lock);
	port_ring_reset(&u->ring);
	spin_unlock_irq(&u->ring_lock);
	mutex_unlock(&u->read_lock);

	return 0;
}

static long restrict_domid(struct evtchn_user *u, void __user *arg)
{
	struct ioctl_evtchn_restrict_domid restrict_to;

	if (copy_from_user(&restrict_to, arg, sizeof(restrict_to)))
		return -EFAULT;

	if (u->restrict_domid != UNRESTRICTED)
		return -EACCES;

	if (!restrict_to.domid || restrict_to.domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;

	u->restrict_domid = restrict_to.domid;
	return 0;
}

static long do_ioctl(struct evtchn_user *u, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case IOCTL_EVTCHN_BIND_VIRQ:
		return bind_virq(u, arg);
	case IOCTL_EVTCHN_BIND_INTERDOMAIN:
		return bind_interdomain(u, arg);
	case IOCTL_EVTCHN_BIND_UNBOUND_PORT:
		return bind_unbound_port(u, arg);
#ifdef IOCTL_EVTCHN_BIND_STATIC
	case IOCTL_EVTCHN_BIND_STATIC:
		return bind_static(u, arg);
#endif
	case IOCTL_EVTCHN_UNBIND:
		return unbind(u, arg);
	case IOCTL_EVTCHN_NOTIFY:
		return notify(u, arg);
	case IOCTL_EVTCHN_RESET:
		return reset(u);
	case IOCTL_EVTCHN_RESTRICT_DOMID:
		return restrict_domid(u, arg);
	default:
		return -ENOSYS;
	}
}

/**
 * evtchn_ioctl() - Entry of all ioctls on /dev/xen/evtchn.
 * @file: open file
 * @cmd:  one of IOCTL_EVTCHN_*
 * @arg:  user address of the structure that @cmd names
 *
 * Return: the port for the bind calls, 0 for the others; -EFAULT if the
 *	   argument cannot be read; -EACCES if the file is restricted and
 *	   the call is not for that domain; -ENOSYS for an unknown @cmd; what the call and the
 *	   hypervisor say.
 */
long evtchn_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct evtchn_user *u = file->private_data;
	long rc;

	mutex_lock(&u->bind_lock);
	rc = do_ioctl(u, cmd, (void __user *)arg);
	mutex_unlock(&u->bind_lock);

	return rc;
}
