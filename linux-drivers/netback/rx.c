// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the network stack onto a guest's receive ring.
 *
 * The stack leaves packets on a queue's list; a poll in softirq puts all that
 * fit on the ring, copies them in one hypercall and rings the guest once. There
 * is no thread to wake. While the guest has no room the list grows to
 * NB_RX_QUEUE_BYTES, then the stack holds packets back; what has waited for
 * rx_drain_timeout is dropped, and after rx_stall_timeout without a single free
 * slot the carrier goes.
 */
#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "netback.h"

static_assert(NB_RX_SLOT_SIZE == XEN_PAGE_SIZE);

struct rx_cb {
	unsigned long expires;		/* jiffies */
};

static struct rx_cb *rx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rx_cb) > sizeof(skb->cb));
	return (struct rx_cb *)skb->cb;
}

/* The queue whose packets wait for nb_rx_release() on this CPU. */
static DEFINE_PER_CPU(struct nb_queue *, rx_held);

/**
 * nb_rx_hold() - What this CPU enqueues for the guest from now on waits.
 * @q:	a queue whose transmit poll is about to deliver
 *
 * Context: softirq, until nb_rx_release().
 */
void nb_rx_hold(struct nb_queue *q)
{
	this_cpu_write(rx_held, q);
}

/**
 * nb_rx_release() - Poll the receive ring here and now if packets came.
 * @q:	of nb_rx_hold()
 *
 * The stack answers a guest's packets while they are delivered. If the poll for
 * these answers were scheduled, and a program waits for the packets, the kernel
 * would run it from ksoftirqd: two switches of tasks more for each batch.
 *
 * Context: softirq.
 */
void nb_rx_release(struct nb_queue *q)
{
	this_cpu_write(rx_held, NULL);
	if (skb_queue_empty_lockless(&q->rx_list) || !napi_schedule_prep(&q->rx_napi))
		return;
	if (nb_rx_poll(&q->rx_napi, NAPI_POLL_WEIGHT) == NAPI_POLL_WEIGHT)
		__napi_schedule(&q->rx_napi);
}

/**
 * nb_rx_enqueue() - Take a packet for the guest.
 * @q:		queue of a connected device
 * @skb:	the packet, ours from now on
 *
 * Context: bottom halves off.
 */
void nb_rx_enqueue(struct nb_queue *q, struct sk_buff *skb)
{
	rx_cb(skb)->expires = jiffies + q->vif->drain_timeout;

	spin_lock(&q->rx_lock);
	__skb_queue_tail(&q->rx_list, skb);
	q->rx_list_bytes += skb->len;
	if (q->rx_list_bytes > NB_RX_QUEUE_BYTES)
		netif_tx_stop_queue(netdev_get_tx_queue(q->vif->dev, q->id));
	spin_unlock(&q->rx_lock);

	if (this_cpu_read(rx_held) != q)
		napi_schedule(&q->rx_napi);
}

static void rx_fetch_list(struct nb_queue *q)
{
	spin_lock(&q->rx_lock);
	skb_queue_splice_tail_init(&q->rx_list, &q->rx_pending);
	spin_unlock(&q->rx_lock);
}

static void rx_left_list(struct nb_queue *q, unsigned int bytes)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->vif->dev, q->id);

	if (!bytes)
		return;
	spin_lock(&q->rx_lock);
	q->rx_list_bytes -= bytes;
	if (q->rx_list_bytes <= NB_RX_QUEUE_BYTES / 2 && netif_tx_queue_stopped(txq))
		netif_tx_wake_queue(txq);
	spin_unlock(&q->rx_lock);
}

/* Are there @needed slots? If not, the guest will tell us once there are. */
static bool rx_have_slots(struct nb_queue *q, unsigned int needed)
{
	bool asked = false;
	RING_IDX prod;

	for (;;) {
		prod = READ_ONCE(q->rx.sring->req_prod);
		if (RING_REQUEST_PROD_OVERFLOW(&q->rx, prod)) {
			xenbus_be_broken(q->vif->be,
					 "receive queue %u: request index %u is beyond the ring",
					 q->id, prod);
			return false;
		}
		if (prod - q->rx.req_cons >= needed) {
			virt_rmb(); /* the requests after the index that covers them */
			return true;
		}
		if (asked)
			return false;
		WRITE_ONCE(q->rx.sring->req_event, q->rx.req_cons + needed);
		virt_mb(); /* pairs with the one between req_prod and req_event in the guest */
		asked = true;
	}
}

static void rx_run_copies(struct nb_queue *q)
{
	struct nb_rx_batch *b = q->rx_batch;
	unsigned int i;

	if (!b->nr_ops)
		return;
	nb_copy_run(b->op, b->nr_ops);
	for (i = 0; i < b->nr_ops; i++)
		if (unlikely(b->op[i].status != GNTST_okay))
			b->rsp[b->op_rsp[i]].data.status = XEN_NETIF_RSP_ERROR;

	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_add(&q->rx_stats.copies, b->nr_ops);
	u64_stats_inc(&q->rx_stats.hypercalls);
	u64_stats_update_end(&q->rx_stats.syncp);
	b->nr_ops = 0;
}

struct rx_fill {
	struct nb_queue *q;
	struct nb_rx_layout layout;
	unsigned int first;		/* response of the packet's first slot */
	grant_ref_t gref[NB_RX_SLOTS_MAX];
};

/*
 * Is it another guest's page, mapped here? The flag that says so means other
 * things in pages of files and of swap, so a PV domain asks its p2m first.
 */
static struct xen_page_foreign *rx_foreign(struct page *page)
{
	if (!xen_feature(XENFEAT_auto_translated_physmap) &&
	    !(__pfn_to_mfn(page_to_pfn(page)) & FOREIGN_FRAME_BIT))
		return NULL;
	return xen_page_foreign(page);
}

static void rx_add_copy(struct rx_fill *f, void *src, unsigned int len)
{
	struct nb_rx_batch *b = f->q->rx_batch;
	struct xen_page_foreign *foreign = rx_foreign(virt_to_page(src));
	struct gnttab_copy *op;

	if (b->nr_ops == NB_RX_OPS)
		rx_run_copies(f->q);
	op = &b->op[b->nr_ops];
	op->flags = GNTCOPY_dest_gref;
	if (foreign) {
		/* The frame is not ours to name. */
		op->flags |= GNTCOPY_source_gref;
		op->source.u.ref = foreign->gref;
		op->source.domid = foreign->domid;
	} else {
		op->source.u.gmfn = virt_to_gfn(src);
		op->source.domid = DOMID_SELF;
	}
	op->source.offset = xen_offset_in_page(src);
	op->dest.u.ref = f->gref[f->layout.slot];
	op->dest.domid = f->q->vif->domid;
	op->dest.offset = f->layout.end;
	op->len = len;
	b->op_rsp[b->nr_ops++] = f->first + f->layout.slot;
}

/* Copy @len octets of the direct map to where the packet has got to. */
static void rx_add_range(struct rx_fill *f, void *src, unsigned int len)
{
	while (len) {
		unsigned int part = min_t(unsigned int, len,
					  XEN_PAGE_SIZE - xen_offset_in_page(src));
		struct xen_netif_rx_response *rsp;

		part = min(part, nb_rx_layout_room(&f->layout));
		rx_add_copy(f, src, part);
		f->layout.end += part;
		rsp = &f->q->rx_batch->rsp[f->first + f->layout.slot].data;
		rsp->status = f->layout.end - f->layout.headroom;
		src += part;
		len -= part;
	}
}

static void rx_add_skb(struct rx_fill *f, struct sk_buff *skb)
{
	struct sk_buff *part;
	unsigned int i;

	rx_add_range(f, skb->data, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		rx_add_range(f, skb_frag_address(frag), skb_frag_size(frag));
	}
	skb_walk_frags(skb, part)
		rx_add_skb(f, part);
}

static unsigned int rx_make_extras(struct nb_vif *vif, struct sk_buff *skb, u16 headroom,
				   struct xen_netif_extra_info *extra)
{
	struct xen_netif_extra_info *e = extra;
	unsigned int type;
	u32 hash;

	if (skb_is_gso(skb)) {
		*e = (struct xen_netif_extra_info) { .type = XEN_NETIF_EXTRA_TYPE_GSO };
		e->u.gso.size = skb_shinfo(skb)->gso_size;
		e->u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ?
				XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
		e++;
	}
	if (nb_hash_active(&vif->hash)) {
		hash = nb_hash_skb(vif, skb, &type);
		if (type != NB_HASH_NO_TYPE) {
			*e = (struct xen_netif_extra_info) { .type = XEN_NETIF_EXTRA_TYPE_HASH };
			e->u.hash.type = type;
			e->u.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
			memcpy(e->u.hash.value, &hash, sizeof(hash));
			e++;
		}
	}
	if (headroom) {
		*e = (struct xen_netif_extra_info) { .type = XEN_NETIF_EXTRA_TYPE_XDP };
		e->u.xdp.headroom = headroom;
		e++;
	}
	return e - extra;
}

static u16 rx_first_flags(const struct sk_buff *skb, unsigned int nr_extras)
{
	u16 flags = nr_extras ? XEN_NETRXF_extra_info : 0;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		flags |= XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		flags |= XEN_NETRXF_data_validated;
	return flags;
}

/* Take the packet's slots off the ring and prepare a response for each. */
static void rx_take_slots(struct rx_fill *f, unsigned int nr, u16 flags,
			  const struct xen_netif_extra_info *extra)
{
	unsigned int nr_extras = f->layout.nr_extras;
	struct nb_queue *q = f->q;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct nb_rx_batch *b = q->rx_batch;
		struct xen_netif_rx_request req;

		RING_COPY_REQUEST(&q->rx, q->rx.req_cons, &req);
		q->rx.req_cons++;
		f->gref[i] = req.gref;
		if (i >= 1 && i <= nr_extras) {
			b->rsp[b->nr_rsp].extra = extra[i - 1];
			if (i < nr_extras)
				b->rsp[b->nr_rsp].extra.flags = XEN_NETIF_EXTRA_FLAG_MORE;
		} else {
			b->rsp[b->nr_rsp].data = (struct xen_netif_rx_response) {
				.id = req.id,
				.offset = f->layout.headroom,
				.flags = i ? 0 : flags,
			};
			/* More data follows unless this is the last slot but extras. */
			if (i ? i < nr - 1 : nr - 1 > nr_extras)
				b->rsp[b->nr_rsp].data.flags |= XEN_NETRXF_more_data;
		}
		b->nr_rsp++;
	}
}

static void rx_count_drop(struct nb_queue *q, bool expired)
{
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(&q->rx_stats.dropped);
	if (expired)
		u64_stats_inc(&q->rx_stats.expired);
	u64_stats_update_end(&q->rx_stats.syncp);
}

/* Put one packet on the ring; false if there is no room for it now. */
static bool rx_put(struct nb_queue *q, struct sk_buff *skb)
{
	struct xen_netif_extra_info extra[XEN_NETIF_EXTRA_TYPE_MAX];
	u16 headroom = READ_ONCE(q->vif->xdp_headroom);
	struct nb_rx_batch *b = q->rx_batch;
	unsigned int nr, nr_extras;
	struct rx_fill fill;

	nr_extras = rx_make_extras(q->vif, skb, headroom, extra);
	nr = nb_rx_slots(skb->len, headroom, nr_extras);
	if (unlikely(nr > NB_RX_SLOTS_MAX)) {
		__skb_unlink(skb, &q->rx_pending);
		rx_left_list(q, skb->len);
		kfree_skb(skb);
		rx_count_drop(q, false);
		return true;
	}
	if (!rx_have_slots(q, nr))
		return false;

	fill.q = q;
	fill.first = b->nr_rsp;
	nb_rx_layout_begin(&fill.layout, headroom, nr_extras);
	rx_take_slots(&fill, nr, rx_first_flags(skb, nr_extras), extra);
	rx_add_skb(&fill, skb);
	__skb_unlink(skb, &q->rx_pending);
	__skb_queue_tail(&b->done, skb);
	return true;
}

static void rx_respond(struct nb_queue *q)
{
	struct nb_rx_batch *b = q->rx_batch;
	unsigned int i;
	int notify;

	for (i = 0; i < b->nr_rsp; i++)
		*RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++) = b->rsp[i].data;
	b->nr_rsp = 0;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
	if (!notify)
		return;
	notify_remote_via_irq(q->rx_event->irq);
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(&q->rx_stats.events);
	u64_stats_update_end(&q->rx_stats.syncp);
}

static void rx_free_done(struct nb_queue *q, int budget)
{
	unsigned int bytes = 0, packets = 0;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&q->rx_batch->done))) {
		bytes += skb->len;
		packets++;
		napi_consume_skb(skb, budget);
	}
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_add(&q->rx_stats.packets, packets);
	u64_stats_add(&q->rx_stats.bytes, bytes);
	u64_stats_update_end(&q->rx_stats.syncp);
	rx_left_list(q, bytes);
}

static void rx_drop_expired(struct nb_queue *q)
{
	unsigned int bytes = 0;
	struct sk_buff *skb;

	while ((skb = skb_peek(&q->rx_pending)) &&
	       time_after_eq(jiffies, rx_cb(skb)->expires)) {
		__skb_unlink(skb, &q->rx_pending);
		bytes += skb->len;
		kfree_skb(skb);
		rx_count_drop(q, true);
	}
	rx_left_list(q, bytes);
}

static void rx_set_stalled(struct nb_queue *q, bool stalled)
{
	struct nb_vif *vif = q->vif;

	q->rx_stalled = stalled;
	if (stalled && atomic_inc_return(&vif->stalled_queues) == 1) {
		netdev_info(vif->dev, "the guest takes no packets: carrier off\n");
		netif_carrier_off(vif->dev);
	} else if (!stalled && atomic_dec_and_test(&vif->stalled_queues)) {
		netif_carrier_on(vif->dev);
	}
}

/* Without a slot for too long, or with one again. */
static void rx_check_stall(struct nb_queue *q)
{
	if (rx_have_slots(q, 1)) {
		q->rx_last_slot = jiffies;
		if (q->rx_stalled) {
			rx_set_stalled(q, false);
			nb_event_useful(q->rx_event);
		}
	} else if (!q->rx_stalled && q->vif->stall_timeout &&
		   time_after_eq(jiffies, q->rx_last_slot + q->vif->stall_timeout)) {
		rx_set_stalled(q, true);
	}
}

/* Look again when the oldest packet expires or the guest counts as stalled. */
static void rx_set_timer(struct nb_queue *q)
{
	unsigned long when = jiffies + q->vif->drain_timeout;
	struct sk_buff *skb = skb_peek(&q->rx_pending);

	if (skb)
		when = rx_cb(skb)->expires;
	if (!q->rx_stalled && q->vif->stall_timeout &&
	    time_before(q->rx_last_slot + q->vif->stall_timeout, when))
		when = q->rx_last_slot + q->vif->stall_timeout;
	mod_timer(&q->rx_timer, when + 1);
}

/**
 * nb_rx_timer() - See rx_set_timer().
 * @t: nb_queue.rx_timer
 *
 * Context: softirq.
 */
void nb_rx_timer(struct timer_list *t)
{
	struct nb_queue *q = container_of(t, struct nb_queue, rx_timer);

	napi_schedule(&q->rx_napi);
}

/**
 * nb_rx_purge() - Drop all that waits for the guest.
 * @q: queue whose poll is off and that the stack no longer uses
 *
 * Context: any but hard interrupt.
 */
void nb_rx_purge(struct nb_queue *q)
{
	__skb_queue_purge(&q->rx_pending);
	__skb_queue_purge(&q->rx_list);
	q->rx_list_bytes = 0;
}

/**
 * nb_rx_poll() - NAPI poll that fills a queue's receive ring.
 * @napi:	nb_queue.rx_napi
 * @budget:	packets
 *
 * Context: softirq.
 * Return: packets put on the ring.
 */
int nb_rx_poll(struct napi_struct *napi, int budget)
{
	struct nb_queue *q = container_of(napi, struct nb_queue, rx_napi);
	struct sk_buff *skb;
	int work = 0;

	if (!budget)
		return 0;
	if (unlikely(xenbus_be_is_broken(q->vif->be))) {
		napi_complete(napi);
		return 0;
	}

	rx_check_stall(q);
	rx_fetch_list(q);
	while (work < budget && (skb = skb_peek(&q->rx_pending)) && rx_put(q, skb))
		work++;
	if (work) {
		rx_run_copies(q);
		rx_respond(q);
		rx_free_done(q, budget);
		nb_event_useful(q->rx_event);
	}
	rx_drop_expired(q);
	if (work == budget)
		return work;

	if (!skb_queue_empty(&q->rx_pending) || q->rx_stalled)
		rx_set_timer(q);
	/* Lingering, which a count of work asks for, is of no use in this direction. */
	if (!napi_complete_done(napi, 0))
		return work;
	if (!xenbus_be_is_broken(q->vif->be))
		nb_event_done(q->rx_event, NB_EV_RX);
	return work;
}
