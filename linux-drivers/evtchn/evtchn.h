/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the evtchn driver share. */
#ifndef HOSPES_EVTCHN_H
#define HOSPES_EVTCHN_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <xen/interface/xen.h>

#include "ring.h"

#define UNRESTRICTED	((domid_t)-1)

/**
 * struct evtchn_user - one open /dev/xen/evtchn
 * @bind_lock:	guards @ports, @nr_ports, @restrict_domid and each port's
 *		@masked; taken first
 * @ports:	struct evtchn_port by port number
 * @nr_ports:	entries in @ports; the ring has a slot for each
 * @restrict_domid: the only domain to which new ports may be bound, and only
 *		as interdomain ports; or UNRESTRICTED
 * @read_lock:	held by the one reader at work and by reset
 * @ring_lock:	guards @ring; taken last, also by the interrupt handler
 * @ring:	ports with an event that was not read yet
 * @wait:	readers and pollers
 * @fasync:	processes that asked for SIGIO
 * @name:	shown for the ports in /proc/interrupts
 */
struct evtchn_user {
	struct mutex bind_lock;
	struct xarray ports;
	u32 nr_ports;
	domid_t restrict_domid;

	struct mutex read_lock;
	spinlock_t ring_lock;
	struct port_ring ring;
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
	const char *name;
};

int evtchn_port_bind(struct evtchn_user *u, u32 number, bool is_static);
int evtchn_port_unbind(struct evtchn_user *u, u32 number);
int evtchn_port_notify(struct evtchn_user *u, u32 number);
void evtchn_port_unmask(struct evtchn_user *u, u32 number);
void evtchn_ports_release(struct evtchn_user *u);

long evtchn_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
