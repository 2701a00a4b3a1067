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

	nb_owed_begin(&ev->owed, ev->wakes);
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
 * Context: softirq.
 */
void nb_event_useful(struct nb_event *ev)
{
	nb_owed_useful(&ev->owed);
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
	enum nb_owed owed = nb_owed_end(&ev->owed, who);

	if (owed != NB_OWED_STILL)
		xen_irq_lateeoi(ev->irq, owed == NB_OWED_SPURIOUS ? XEN_EOI_FLAG_SPURIOUS : 0);
}
