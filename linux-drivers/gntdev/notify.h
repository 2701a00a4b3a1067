/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the peer that a page is no longer mapped: what gntdev and gntalloc
 * share. A program sets it up in advance, so that the peer learns of the
 * program's death too.
 *
 * ABI: uapi/xen/gntdev.h and gntalloc.h, SET_UNMAP_NOTIFY (the same in both).
 */
#ifndef HOSPES_GNTDEV_NOTIFY_H
#define HOSPES_GNTDEV_NOTIFY_H

#include <linux/errno.h>
#include <linux/types.h>
#include <uapi/xen/gntdev.h>
#include <xen/events.h>

/**
 * struct unmap_notify - what to do when the mapping goes
 * @action: UNMAP_NOTIFY_*, 0 if nothing
 * @offset: byte to clear, from the start of what is mapped
 * @port:   event channel to send, of which a reference is held while @action
 *	    has UNMAP_NOTIFY_SEND_EVENT
 */
struct unmap_notify {
	u32 action;
	u64 offset;
	evtchn_port_t port;
};

/**
 * unmap_notify_get() - Check a request and take hold of its port.
 * @action: as the program gave it
 * @port:   as the program gave it
 *
 * Return: 0; -EINVAL if @action has unknown bits, or if it wants an event and
 *	   @port is not one that a program has bound.
 */
static inline int unmap_notify_get(u32 action, evtchn_port_t port)
{
	if (action & ~(UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT))
		return -EINVAL;

	if ((action & UNMAP_NOTIFY_SEND_EVENT) && evtchn_get(port))
		return -EINVAL;

	return 0;
}

/* Let go of the port. */
static inline void unmap_notify_put(struct unmap_notify *notify)
{
	if (notify->action & UNMAP_NOTIFY_SEND_EVENT)
		evtchn_put(notify->port);
	notify->action = 0;
}

/* Send the event, if one was asked for, and forget all. */
static inline void unmap_notify_send(struct unmap_notify *notify)
{
	if (notify->action & UNMAP_NOTIFY_SEND_EVENT)
		notify_remote_via_evtchn(notify->port);
	unmap_notify_put(notify);
}

#endif
