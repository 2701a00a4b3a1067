// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a guest's transmit ring into the network stack.
 *
 * One poll takes all packets that are there (up to its budget), copies their
 * octets in one hypercall, answers them and only then hands them up. No page
 * of the guest is ever mapped, so nothing has to be unmapped, flushed or waited
 * for, and no packet can hold a guest's grants.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <xen/events.h>

#include "netback.h"

static_assert(XEN_PAGE_SIZE == PAGE_SIZE, "destinations of copies are whole pages");
static_assert(NB_TX_PAGE == XEN_PAGE_SIZE);
static_assert(NB_TX_FRAGS_MAX <= MAX_SKB_FRAGS);
static_assert(NAPI_POLL_WEIGHT <= NB_RING_SIZE);

static struct sk_buff *tx_alloc(const struct nb_tx_plan *plan)
{
	struct sk_buff *skb = nb_pool_skb(plan->head_len);
	unsigned int i;

	if (!skb)
		return NULL;
	for (i = 0; i < plan->nr_frags; i++) {
		struct page *page = nb_pool_page();

		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		skb_add_rx_frag(skb, i, page, 0, plan->frag_len[i], PAGE_SIZE);
	}
	return skb;
}

static void tx_add_copies(struct nb_queue *q, struct sk_buff *skb)
{
	struct nb_tx_batch *b = q->tx_batch;
	unsigned int i;

	for (i = 0; i < b->plan.nr_chunks; i++) {
		const struct nb_tx_chunk *chunk = &b->plan.chunk[i];
		const struct xen_netif_tx_request *slot = &b->pkt.slot[chunk->slot];
		void *dst;

		if (chunk->frag == NB_TX_TO_HEAD)
			dst = skb->data + chunk->dst;
		else
			dst = skb_frag_address(&skb_shinfo(skb)->frags[chunk->frag]) + chunk->dst;
		nb_copy_add(&b->op[b->nr_ops++], q->vif->domid, slot->gref, chunk->src, dst,
			    chunk->len);
	}
}

static void tx_set_hash(struct sk_buff *skb, const struct xen_netif_extra_info *extra)
{
	u32 value;

	if (extra->u.hash.algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return;
	memcpy(&value, extra->u.hash.value, sizeof(value));
	switch (extra->u.hash.type) {
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV4:
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV6:
		skb_set_hash(skb, value, PKT_HASH_TYPE_L3);
		break;
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP:
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP:
		skb_set_hash(skb, value, PKT_HASH_TYPE_L4);
		break;
	}
}

static bool tx_add_packet(struct nb_queue *q, unsigned int first_rsp)
{
	struct nb_tx_batch *b = q->tx_batch;
	struct nb_tx_done *done = &b->done[b->nr_done];
	const struct xen_netif_extra_info *extra;
	struct sk_buff *skb;

	nb_tx_plan(&b->pkt, &b->plan);
	skb = tx_alloc(&b->plan);
	if (!skb)
		return false;

	done->skb = skb;
	done->rsp = first_rsp;
	done->nr_rsp = b->pkt.consumed;
	done->flags = b->pkt.flags;
	extra = nb_tx_extra(&b->pkt, XEN_NETIF_EXTRA_TYPE_GSO);
	done->gso_size = extra ? extra->u.gso.size : 0;
	done->gso_type = extra ? extra->u.gso.type : XEN_NETIF_GSO_TYPE_NONE;
	extra = nb_tx_extra(&b->pkt, XEN_NETIF_EXTRA_TYPE_HASH);
	if (extra)
		tx_set_hash(skb, extra);

	done->op = b->nr_ops;
	tx_add_copies(q, skb);
	done->nr_ops = b->nr_ops - done->op;
	b->nr_done++;
	return true;
}

static void tx_fail(struct nb_tx_batch *b, unsigned int first, unsigned int nr, s16 status)
{
	unsigned int i;

	for (i = first; i < first + nr; i++)
		if (b->rsp[i].status != XEN_NETIF_RSP_NULL)
			b->rsp[i].status = status;
}

static void tx_mcast(struct nb_vif *vif, struct nb_tx_batch *b, struct nb_tx_rsp *rsp)
{
	const struct xen_netif_extra_info *extra;

	extra = nb_tx_extra(&b->pkt, XEN_NETIF_EXTRA_TYPE_MCAST_ADD);
	if (extra && !nb_mcast_add(&vif->mcast, extra->u.mcast.addr))
		rsp->status = XEN_NETIF_RSP_ERROR;
	extra = nb_tx_extra(&b->pkt, XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
	if (extra)
		nb_mcast_del(&vif->mcast, extra->u.mcast.addr);
}

static void tx_count_drop(struct nb_queue *q)
{
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.dropped);
	u64_stats_update_end(&q->tx_stats.syncp);
}

/* True if the packet may pass now; otherwise all queues are woken when it may. */
static bool tx_within_rate(struct nb_vif *vif, unsigned int len)
{
	u64 wait_ns;

	if (!nb_credit_limits(&vif->credit))
		return true;
	wait_ns = nb_credit_take(&vif->credit, len, ktime_get_ns());
	if (!wait_ns)
		return true;
	timer_reduce(&vif->credit_timer, jiffies + nsecs_to_jiffies(wait_ns) + 1);
	return false;
}

/* Take one packet; false to stop taking. */
static bool tx_take(struct nb_queue *q, RING_IDX prod)
{
	struct nb_tx_batch *b = q->tx_batch;
	struct nb_tx_rsp *rsp = &b->rsp[b->nr_rsp];
	unsigned int first = b->nr_rsp;
	enum nb_tx_verdict verdict;

	verdict = nb_tx_parse(&q->tx, prod, nb_fatal_skb_slots, &b->pkt, rsp);
	if (verdict == NB_TX_FATAL) {
		xenbus_be_broken(q->vif->be, "transmit queue %u: %s", q->id, b->pkt.reason);
		return false;
	}
	if (verdict == NB_TX_PACKET && !tx_within_rate(q->vif, b->pkt.len))
		return false;

	q->tx.req_cons += b->pkt.consumed;
	b->nr_rsp += b->pkt.consumed;

	switch (verdict) {
	case NB_TX_MCAST:
		tx_mcast(q->vif, b, rsp);
		break;
	case NB_TX_PACKET:
		if (tx_add_packet(q, first))
			break;
		tx_fail(b, first, b->pkt.consumed, XEN_NETIF_RSP_DROPPED);
		tx_count_drop(q);
		break;
	default:
		net_dbg_ratelimited("%s: packet refused: %s\n", q->vif->dev->name, b->pkt.reason);
		tx_fail(b, first, b->pkt.consumed, XEN_NETIF_RSP_ERROR);
		tx_count_drop(q);
		break;
	}
	return true;
}

/* Drop what could not be copied, before the guest learns the outcome. */
static void tx_check_copies(struct nb_queue *q)
{
	struct nb_tx_batch *b = q->tx_batch;
	unsigned int i, j;

	for (i = 0; i < b->nr_done; i++) {
		struct nb_tx_done *done = &b->done[i];

		for (j = done->op; j < done->op + done->nr_ops; j++)
			if (b->op[j].status != GNTST_okay)
				break;
		if (likely(j == done->op + done->nr_ops))
			continue;
		net_dbg_ratelimited("%s: grant %u of the guest gave error %d\n", q->vif->dev->name,
				    b->op[j].source.u.ref, b->op[j].status);
		tx_fail(b, done->rsp, done->nr_rsp, XEN_NETIF_RSP_ERROR);
		kfree_skb(done->skb);
		done->skb = NULL;
		tx_count_drop(q);
	}
}

static bool tx_respond(struct nb_queue *q)
{
	struct nb_tx_batch *b = q->tx_batch;
	unsigned int i;
	int notify;

	for (i = 0; i < b->nr_rsp; i++) {
		struct xen_netif_tx_response *rsp;

		rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);
		rsp->id = b->rsp[i].id;
		rsp->status = b->rsp[i].status;
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		notify_remote_via_irq(q->tx_event->irq);
	return notify;
}

/*
 * A guest that leaves the checksum to us also leaves its place to us. The
 * kernel finds it behind a VLAN tag only when the tag is out of the way.
 */
static struct sk_buff *tx_set_checksum(struct nb_queue *q, struct sk_buff *skb, u16 flags)
{
	bool recalculate = false;

	if (flags & XEN_NETTXF_csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (flags & XEN_NETTXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	if (skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL) {
		u64_stats_update_begin(&q->tx_stats.syncp);
		u64_stats_inc(&q->tx_stats.gso_checksum_fixup);
		u64_stats_update_end(&q->tx_stats.syncp);
		skb->ip_summed = CHECKSUM_PARTIAL;
		recalculate = true;
	}
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return skb;

	if (eth_type_vlan(skb->protocol)) {
		skb = skb_vlan_untag(skb);
		if (!skb)
			return NULL;
		skb_reset_network_header(skb);
	}
	if (skb_checksum_setup(skb, recalculate)) {
		kfree_skb(skb);
		return NULL;
	}
	skb_probe_transport_header(skb);
	return skb;
}

static void tx_set_gso(struct sk_buff *skb, const struct nb_tx_done *done)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (!done->gso_size)
		return;
	info->gso_size = done->gso_size;
	info->gso_type = done->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	/* The stack checks the headers before it relies on them. */
	info->gso_type |= SKB_GSO_DODGY;
}

/*
 * Only TCP segments can become one. All TCP goes the same way, large segments too,
 * or they would overtake those of their flow that are held back.
 */
static bool tx_may_merge(const struct sk_buff *skb)
{
	unsigned int len = skb_headlen(skb);

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return len >= sizeof(struct iphdr) && ip_hdr(skb)->protocol == IPPROTO_TCP;
	case htons(ETH_P_IPV6):
		return len >= sizeof(struct ipv6hdr) && ipv6_hdr(skb)->nexthdr == IPPROTO_TCP;
	default:
		return skb->protocol == htons(ETH_P_8021Q);
	}
}

static void tx_deliver(struct nb_queue *q)
{
	struct nb_tx_batch *b = q->tx_batch;
	u64 packets = 0, bytes = 0;
	unsigned int i;

	for (i = 0; i < b->nr_done; i++) {
		struct nb_tx_done *done = &b->done[i];
		struct sk_buff *skb = done->skb;
		unsigned int len;

		if (!skb)
			continue;
		len = skb->len;
		tx_set_gso(skb, done);
		skb->protocol = eth_type_trans(skb, q->vif->dev);
		skb_reset_network_header(skb);
		skb = tx_set_checksum(q, skb, done->flags);
		if (!skb) {
			tx_count_drop(q);
			continue;
		}
		skb_record_rx_queue(skb, q->id);
		packets++;
		bytes += len;
		if (tx_may_merge(skb))
			napi_gro_receive(&q->tx_napi, skb);
		else
			netif_receive_skb(skb);
	}

	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_add(&q->tx_stats.packets, packets);
	u64_stats_add(&q->tx_stats.bytes, bytes);
	u64_stats_update_end(&q->tx_stats.syncp);
}

static void tx_finish(struct nb_queue *q)
{
	struct nb_tx_batch *b = q->tx_batch;
	bool notified;

	nb_copy_run(b->op, b->nr_ops);
	tx_check_copies(q);
	notified = tx_respond(q);

	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_add(&q->tx_stats.copies, b->nr_ops);
	u64_stats_add(&q->tx_stats.hypercalls, b->nr_ops != 0);
	u64_stats_add(&q->tx_stats.events, notified);
	u64_stats_update_end(&q->tx_stats.syncp);

	tx_deliver(q);
}

/* Gives the number of packets taken, @budget if there may be more to take now. */
static int tx_run(struct nb_queue *q, int budget, bool *hold)
{
	struct nb_tx_batch *b = q->tx_batch;
	RING_IDX prod = READ_ONCE(q->tx.sring->req_prod);
	unsigned int most = min(budget, NAPI_POLL_WEIGHT);

	if (RING_REQUEST_PROD_OVERFLOW(&q->tx, prod)) {
		xenbus_be_broken(q->vif->be,
				 "transmit queue %u: request index %u is beyond the ring",
				 q->id, prod);
		*hold = true;
		return 0;
	}
	virt_rmb(); /* the requests after the index that covers them */

	b->nr_ops = 0;
	b->nr_rsp = 0;
	b->nr_done = 0;
	while (q->tx.req_cons != prod && b->nr_done < most &&
	       b->nr_ops + NB_TX_CHUNKS_MAX <= NB_TX_OPS) {
		if (!tx_take(q, prod)) {
			*hold = true;
			break;
		}
	}
	if (b->nr_rsp) {
		nb_event_useful(q->tx_event);
		tx_finish(q);
	}
	return !*hold && q->tx.req_cons != prod ? budget : min_t(int, b->nr_done, budget - 1);
}

/**
 * nb_tx_poll() - NAPI poll of a queue's transmit ring.
 * @napi:	nb_queue.tx_napi
 * @budget:	packets
 *
 * A queue that is over its rate or whose frontend is broken is left alone
 * without asking the guest for events; the timer or the next connection wakes it.
 *
 * Context: softirq.
 * Return: packets taken.
 */
int nb_tx_poll(struct napi_struct *napi, int budget)
{
	struct nb_queue *q = container_of(napi, struct nb_queue, tx_napi);
	bool hold = false, done;
	int more = 0, work;

	if (!budget)
		return 0;
	if (unlikely(xenbus_be_is_broken(q->vif->be))) {
		napi_complete(napi);
		return 0;
	}

	nb_rx_hold(q);
	work = tx_run(q, budget, &hold);
	/* Completing delivers too, what was held back for merging. */
	done = work < budget && napi_complete_done(napi, work);
	nb_rx_release(q);
	if (!done)
		return work;

	if (!hold)
		RING_FINAL_CHECK_FOR_REQUESTS(&q->tx, more);
	if (more) {
		napi_schedule(napi);
		return work;
	}
	if (!xenbus_be_is_broken(q->vif->be))
		nb_event_done(q->tx_event, NB_EV_TX);
	return work;
}
