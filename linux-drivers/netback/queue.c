// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: made, connected to a frontend's rings and events, started, stopped.
 *
 * Rings and events come and go with the connection, under be->lock. Polls run
 * while the device is both connected and up, under the RTNL.
 */
#include <linux/mm.h>
#include <linux/rtnetlink.h>

#include "netback.h"

static int queue_init(struct nb_vif *vif, struct nb_queue *q, unsigned int id)
{
	q->vif = vif;
	q->id = id;
	spin_lock_init(&q->rx_lock);
	__skb_queue_head_init(&q->rx_list);
	__skb_queue_head_init(&q->rx_pending);
	timer_setup(&q->rx_timer, nb_rx_timer, 0);
	u64_stats_init(&q->tx_stats.syncp);
	u64_stats_init(&q->rx_stats.syncp);

	q->tx_batch = kvzalloc(sizeof(*q->tx_batch), GFP_KERNEL);
	q->rx_batch = kvzalloc(sizeof(*q->rx_batch), GFP_KERNEL);
	if (!q->tx_batch || !q->rx_batch)
		return -ENOMEM;
	__skb_queue_head_init(&q->rx_batch->done);

	netif_napi_add(vif->dev, &q->tx_napi, nb_tx_poll);
	netif_napi_add(vif->dev, &q->rx_napi, nb_rx_poll);
	return 0;
}

/**
 * nb_queues_create() - Make a device's queues, not yet connected.
 * @vif:	device without queues
 * @nr:		of them, at least 1
 *
 * Context: process.
 * Return: 0 or -ENOMEM; nb_queues_destroy() frees what was made.
 */
int nb_queues_create(struct nb_vif *vif, unsigned int nr)
{
	struct nb_queue *queues = kvcalloc(nr, sizeof(*queues), GFP_KERNEL);
	int rc;

	if (!queues)
		return -ENOMEM;
	for (vif->nr_queues = 0; vif->nr_queues < nr; vif->nr_queues++) {
		rc = queue_init(vif, &queues[vif->nr_queues], vif->nr_queues);
		if (rc) {
			vif->nr_queues++;
			break;
		}
	}
	spin_lock_bh(&vif->stats_lock);
	vif->queues = queues;
	spin_unlock_bh(&vif->stats_lock);
	return rc;
}

static int attach_error(struct nb_queue *q, const char *which)
{
	dev_err_ratelimited(&q->vif->be->dev->dev,
			    "%s ring of queue %u holds more requests than slots\n", which, q->id);
	return -EINVAL;
}

/* The frontend may have put requests on the ring before we came. */
static int attach_rings(struct nb_queue *q, struct xen_netif_tx_sring *txs,
			struct xen_netif_rx_sring *rxs)
{
	RING_IDX rsp;

	rsp = READ_ONCE(txs->rsp_prod);
	BACK_RING_ATTACH(&q->tx, txs, rsp, XEN_PAGE_SIZE);
	if (RING_REQUEST_PROD_OVERFLOW(&q->tx, READ_ONCE(txs->req_prod)))
		return attach_error(q, "transmit");

	rsp = READ_ONCE(rxs->rsp_prod);
	BACK_RING_ATTACH(&q->rx, rxs, rsp, XEN_PAGE_SIZE);
	if (RING_REQUEST_PROD_OVERFLOW(&q->rx, READ_ONCE(rxs->req_prod)))
		return attach_error(q, "receive");
	return 0;
}

static int bind_events(struct nb_queue *q, const char *dir)
{
	unsigned int split;
	int rc;

	q->tx_event = &q->event[0];
	rc = xenbus_be_read_uint(q->vif->be, dir, "event-channel-tx", 0, U32_MAX, &split);
	if (rc)
		return rc;
	if (!split) {
		q->rx_event = &q->event[0];
		return nb_event_bind(q, dir, "event-channel", &q->event[0], NB_EV_TX | NB_EV_RX);
	}
	q->rx_event = &q->event[1];
	rc = nb_event_bind(q, dir, "event-channel-tx", &q->event[0], NB_EV_TX);
	return rc ? rc : nb_event_bind(q, dir, "event-channel-rx", &q->event[1], NB_EV_RX);
}

/**
 * nb_queue_connect() - Map a queue's rings and bind its events.
 * @q: from nb_queues_create()
 *
 * Context: process.
 * Return: 0 or a negative errno; nb_queues_destroy() undoes what was done.
 */
int nb_queue_connect(struct nb_queue *q)
{
	struct xenbus_be *be = q->vif->be;
	char dir[XENBUS_BE_PATH_MAX];
	int rc;

	static_assert(__CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE) == NB_RING_SIZE);
	static_assert(__CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE) == NB_RING_SIZE);

	rc = xenbus_be_queue_path(be, dir, sizeof(dir), q->id, q->vif->nr_queues);
	if (rc)
		return rc;
	rc = xenbus_be_map_ring(be, dir, "tx-ring-ref", 1, &q->tx_ring);
	if (rc)
		return rc;
	rc = xenbus_be_map_ring(be, dir, "rx-ring-ref", 1, &q->rx_ring);
	if (rc)
		return rc;
	rc = attach_rings(q, q->tx_ring, q->rx_ring);
	if (rc)
		return rc;
	q->rx_last_slot = jiffies;
	return bind_events(q, dir);
}

/**
 * nb_queues_start() - Let the polls run.
 * @vif: connected device that is up
 *
 * Context: process, RTNL held.
 */
void nb_queues_start(struct nb_vif *vif)
{
	unsigned int i;

	for (i = 0; i < vif->nr_queues; i++) {
		struct nb_queue *q = &vif->queues[i];

		if (q->napi_on)
			continue;
		q->napi_on = true;
		napi_enable(&q->tx_napi);
		napi_enable(&q->rx_napi);
		/* What came in the meantime raised events that nobody could follow. */
		local_bh_disable();
		napi_schedule(&q->tx_napi);
		napi_schedule(&q->rx_napi);
		local_bh_enable();
	}
}

/**
 * nb_queues_stop() - Undo it; harmless when repeated.
 * @vif: the device
 *
 * Context: process, RTNL held; waits for the polls.
 */
void nb_queues_stop(struct nb_vif *vif)
{
	unsigned int i;

	for (i = 0; i < vif->nr_queues; i++) {
		struct nb_queue *q = &vif->queues[i];

		if (!q->napi_on)
			continue;
		q->napi_on = false;
		napi_disable(&q->tx_napi);
		napi_disable(&q->rx_napi);
	}
}

static void queue_free(struct nb_queue *q)
{
	struct xenbus_be *be = q->vif->be;

	nb_event_unbind(&q->event[0]);
	nb_event_unbind(&q->event[1]);
	del_timer_sync(&q->rx_timer);
	if (q->tx_napi.dev) {
		netif_napi_del(&q->tx_napi);
		netif_napi_del(&q->rx_napi);
	}
	nb_rx_purge(q);
	xenbus_be_unmap_ring(be, &q->tx_ring);
	xenbus_be_unmap_ring(be, &q->rx_ring);
	kvfree(q->tx_batch);
	kvfree(q->rx_batch);
}

/**
 * nb_queues_destroy() - Disconnect and free the queues; harmless when repeated.
 * @vif: device whose queues are stopped and no longer used by the stack
 *
 * Their counts are kept.
 *
 * Context: process.
 */
void nb_queues_destroy(struct nb_vif *vif)
{
	struct nb_queue *queues = vif->queues;
	unsigned int i, nr = vif->nr_queues;

	if (!queues)
		return;
	spin_lock_bh(&vif->stats_lock);
	nb_interface_stats(vif, &vif->past);
	vif->queues = NULL;
	vif->nr_queues = 0;
	spin_unlock_bh(&vif->stats_lock);

	for (i = 0; i < nr; i++)
		queue_free(&queues[i]);
	kvfree(queues);
}
