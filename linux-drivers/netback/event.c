// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue's event channels. The port is unmasked only when all that the event
 * woke has run, so a guest cannot interrupt us faster than we work; an event
 * that brought no work is reported, and the kernel slows such a guest down.
 */
#include <xen/events.h>

#include "netback.h"

static irqreturn_t nb_event_irq(int irq, void *data)
{
	struct nb_event *ev = data;

	atomic_or(ev->wakes, &ev->owed);
	if (ev->wakes & NB_EV_TX)
		napi_schedule(&ev->q->tx_napi);
	if (ev->wakes & NB_EV_RX)
		napi_schedule(&ev->q->rx_napi);
	return IRQ_HANDLED;
}

/**
 * nb_event_bind() - Bind one of the frontend's event channels.
 * @q:		the queue; its polls may be off yet
 * @dir:	directory with the node
 * @node:	"event-channel", "event-channel-tx" or "event-channel-rx"
 * @ev:		of @q, not bound
 * @wakes:	NB_EV_TX, NB_EV_RX or both
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int nb_event_bind(struct nb_queue *q, const char *dir, const char *node, struct nb_event *ev,
		  unsigned int wakes)
{
	static const char * const suffix[] = { "", "-tx", "-rx", "" };
	struct xenbus_be *be = q->vif->be;
	unsigned int port;
	int rc;

	rc = xenbus_be_read_uint(be, dir, node, 0, U32_MAX, &port);
	if (rc)
		return rc;
	if (!port) {
		dev_err_ratelimited(&be->dev->dev,
				    "%s/%s is missing: the frontend must write its port there\n",
				    dir, node);
		return -EINVAL;
	}

	ev->q = q;
	ev->wakes = wakes;
	atomic_set(&ev->owed, 0);
	snprintf(ev->name, sizeof(ev->name), "%s-q%u%s", q->vif->dev->name, q->id, suffix[wakes]);
	rc = bind_interdomain_evtchn_to_irqhandler_lateeoi(be->dev, port, nb_event_irq, 0,
							   ev->name, ev);
	if (rc < 0) {
		dev_err_ratelimited(&be->dev->dev,
				    "cannot bind event channel %u of %s: error %d\n",
				    port, dir, rc);
		return rc;
	}
	ev->irq = rc;
	return 0;
}

/**
 * nb_event_unbind() - Undo it; harmless when repeated.
 * @ev: bound or not
 *
 * Context: process.
 */
void nb_event_unbind(struct nb_event *ev)
{
	if (!ev->irq)
		return;
	unbind_from_irqhandler(ev->irq, ev);
	ev->irq = 0;
}

/**
 * nb_event_useful() - There was something to do.
 * @ev: bound
 *
 * Counts for the event that is being answered, or else for the next one: a
 * poll may find the work before its interrupt arrives, which is nobody's fault.
 *
 * Context: softirq.
 */
void nb_event_useful(struct nb_event *ev)
{
	if (!(atomic_read(&ev->owed) & NB_EV_USEFUL))
		atomic_or(NB_EV_USEFUL, &ev->owed);
}

/**
 * nb_event_done() - One direction has done what its event asked for.
 * @ev:		bound
 * @who:	NB_EV_TX or NB_EV_RX
 *
 * Context: softirq, after the poll has completed.
 */
void nb_event_done(struct nb_event *ev, unsigned int who)
{
	int owed;

	if (!(atomic_read(&ev->owed) & who))
		return;
	owed = atomic_fetch_andnot(who, &ev->owed);
	if (owed & (NB_EV_TX | NB_EV_RX) & ~who)
		return;
	owed = atomic_fetch_andnot(NB_EV_USEFUL, &ev->owed);
	xen_irq_lateeoi(ev->irq, owed & NB_EV_USEFUL ? 0 : XEN_EOI_FLAG_SPURIOUS);
}
