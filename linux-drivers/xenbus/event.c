// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frontend's event channel as a threaded interrupt.
 *
 * The port stays masked from the hard handler until the thread has looked at
 * the ring (late EOI), so a guest that rings without cease costs one run of
 * the thread at a time; a run that finds nothing tells the kernel so, which
 * then delays the next unmasking.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>
#include <xen/events.h>

#include "internal.h"

#define OWED	0	/* bit of xenbus_be_event.owed */

static irqreturn_t event_hard(int irq, void *dev_id)
{
	struct xenbus_be_event *ev = dev_id;

	set_bit(OWED, &ev->owed);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t event_thread(int irq, void *dev_id)
{
	struct xenbus_be_event *ev = dev_id;
	bool owed;

	/* A guest's I/O load must not outrank the host's own programs. */
	if (!ev->calm) {
		sched_set_normal(current, 0);
		ev->calm = true;
	}
	owed = test_and_clear_bit(OWED, &ev->owed);
	ev->worked |= ev->fn(ev->data);
	if (owed) {
		xen_irq_lateeoi(irq, ev->worked ? 0 : XEN_EOI_FLAG_SPURIOUS);
		ev->worked = false;
	}
	return IRQ_HANDLED;
}

static irqreturn_t event_none(int irq, void *dev_id)
{
	return IRQ_HANDLED;
}

/* A bound interrupt is released through its handler only, so it must have one. */
static void unbind_bare(int irq, void *dev_id)
{
	if (!request_irq(irq, event_none, 0, "unbinding", dev_id))
		unbind_from_irqhandler(irq, dev_id);
}

int xenbus_be_bind_event(struct xenbus_be *be, const char *dir, const char *node,
			 struct xenbus_be_event *ev)
{
	unsigned int port;
	int irq, rc;

	/* Port 0 is never valid, so it can stand for a node that is missing. */
	rc = xenbus_be_read_uint(be, dir, node, 0, U32_MAX, &port);
	if (rc)
		return rc;
	if (!port) {
		dev_err_ratelimited(&be->dev->dev, "domain %d: %s has no %s\n",
				    be->dev->otherend_id, dir, node);
		return -EINVAL;
	}
	ev->owed = 0;
	ev->calm = false;
	ev->worked = false;
	irq = bind_interdomain_evtchn_to_irq_lateeoi(be->dev, port);
	if (irq < 0)
		return irq;
	ev->irq = irq;
	rc = request_threaded_irq(irq, event_hard, event_thread, 0, ev->name, ev);
	if (rc) {
		ev->irq = 0;
		unbind_bare(irq, ev);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(xenbus_be_bind_event);

void xenbus_be_unbind_event(struct xenbus_be_event *ev)
{
	if (!ev->irq)
		return;
	unbind_from_irqhandler(ev->irq, ev);
	ev->irq = 0;
}
EXPORT_SYMBOL_GPL(xenbus_be_unbind_event);

void xenbus_be_event_sync(struct xenbus_be_event *ev)
{
	if (ev->irq)
		synchronize_irq(ev->irq);
}
EXPORT_SYMBOL_GPL(xenbus_be_event_sync);

void xenbus_be_event_wake(struct xenbus_be_event *ev)
{
	irq_wake_thread(ev->irq, ev);
}
EXPORT_SYMBOL_GPL(xenbus_be_event_wake);

void xenbus_be_event_notify(struct xenbus_be_event *ev)
{
	notify_remote_via_irq(ev->irq);
}
EXPORT_SYMBOL_GPL(xenbus_be_event_notify);
