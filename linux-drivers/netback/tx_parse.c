// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the slots of a guest's transmit ring to one checked packet and the list
 * of copies that fetch it.  Nothing here allocates, locks or talks to the
 * hypervisor; each slot is read from the shared page once.
 *
 * ABI: xen/io/netif.h, "Guest transmit" and "Extra Info".
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/if_ether.h>

#include "tx_parse.h"

struct cursor {
	const struct xen_netif_tx_back_ring *ring;
	RING_IDX prod;
	struct nb_tx_packet *pkt;
	struct nb_tx_rsp *rsp;
};

static bool ring_ended(const struct cursor *c)
{
	return c->ring->req_cons + c->pkt->consumed == c->prod;
}

static void take_request(struct cursor *c, struct xen_netif_tx_request *req)
{
	RING_COPY_REQUEST(c->ring, c->ring->req_cons + c->pkt->consumed, req);
	c->rsp[c->pkt->consumed].id = req->id;
	c->rsp[c->pkt->consumed].status = XEN_NETIF_RSP_OKAY;
	c->pkt->consumed++;
}

/* An extra info lies over a request, which is the larger of the two. */
static void take_extra(struct cursor *c, struct xen_netif_extra_info *extra)
{
	struct xen_netif_tx_request raw;

	BUILD_BUG_ON(sizeof(*extra) > sizeof(raw));
	RING_COPY_REQUEST(c->ring, c->ring->req_cons + c->pkt->consumed, &raw);
	memcpy(extra, &raw, sizeof(*extra));
	c->rsp[c->pkt->consumed].id = 0;
	c->rsp[c->pkt->consumed].status = XEN_NETIF_RSP_NULL;
	c->pkt->consumed++;
}

static enum nb_tx_verdict refuse(struct cursor *c, enum nb_tx_verdict verdict,
				 const char *reason)
{
	if (!c->pkt->reason || verdict == NB_TX_FATAL)
		c->pkt->reason = reason;
	return verdict;
}

static enum nb_tx_verdict take_extras(struct cursor *c)
{
	struct xen_netif_extra_info extra;

	do {
		if (ring_ended(c))
			return refuse(c, NB_TX_FATAL, "an announced extra info is missing");
		take_extra(c, &extra);
		if (!extra.type || extra.type >= XEN_NETIF_EXTRA_TYPE_MAX)
			return refuse(c, NB_TX_FATAL, "the type of an extra info is unknown");
		c->pkt->extra[extra.type - 1] = extra;
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);

	return NB_TX_PACKET;
}

static bool leaves_page(const struct xen_netif_tx_request *req)
{
	return (u32)req->offset + req->size > NB_TX_PAGE;
}

/*
 * Take the slots after the first.  A packet with too many or too large ones is
 * refused, but its slots are still taken, so that the next packet begins where
 * the frontend thinks it does.
 */
static enum nb_tx_verdict take_more(struct cursor *c, unsigned int fatal_slots)
{
	struct nb_tx_packet *pkt = c->pkt;
	enum nb_tx_verdict verdict = NB_TX_PACKET;
	struct xen_netif_tx_request req;
	unsigned int nr = 1;

	do {
		if (ring_ended(c))
			return refuse(c, NB_TX_FATAL, "an announced slot is missing");
		if (nr >= fatal_slots)
			return refuse(c, NB_TX_FATAL, "a packet uses too many slots");
		take_request(c, &req);
		nr++;
		if (leaves_page(&req))
			return refuse(c, NB_TX_FATAL, "a slot crosses the end of its page");
		if (nr > NB_TX_SLOTS_MAX) {
			verdict = refuse(c, NB_TX_DROP, "more slots than a packet may have");
			continue;
		}
		if (req.size > pkt->slot[0].size) {
			verdict = refuse(c, NB_TX_DROP, "slots are longer than their packet");
			continue;
		}
		pkt->slot[0].size -= req.size;
		if (req.size)
			pkt->slot[pkt->nr_slots++] = req;
	} while (req.flags & XEN_NETTXF_more_data);

	return verdict;
}

static enum nb_tx_verdict check_gso(struct cursor *c)
{
	const struct xen_netif_extra_info *gso = nb_tx_extra(c->pkt, XEN_NETIF_EXTRA_TYPE_GSO);

	if (!gso)
		return NB_TX_PACKET;
	if (gso->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	    gso->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6)
		return refuse(c, NB_TX_FATAL, "the type of segmentation is unknown");
	if (!gso->u.gso.size)
		return refuse(c, NB_TX_FATAL, "the size of a segment is zero");
	return NB_TX_PACKET;
}

/**
 * nb_tx_parse() - Take one packet off a guest's transmit ring.
 * @ring:	mapped ring; slots from its req_cons are read, it is not changed
 * @prod:	private copy of the producer index; at least one and at most one
 *		ring's worth of slots ahead of req_cons
 * @fatal_slots: a packet with more slots than this is an attack; above
 *		NB_TX_SLOTS_MAX
 * @pkt:	filled in; for a refused packet only @consumed and @reason count
 * @rsp:	filled in, one per slot taken, room for @prod - req_cons;
 *		status is that of a success
 *
 * ABI: xen/io/netif.h. The first slot's size is that of the whole packet.
 * Return: the verdict. After NB_TX_FATAL the ring must not be used again.
 */
enum nb_tx_verdict nb_tx_parse(const struct xen_netif_tx_back_ring *ring, RING_IDX prod,
			       unsigned int fatal_slots, struct nb_tx_packet *pkt,
			       struct nb_tx_rsp *rsp)
{
	struct cursor c = { .ring = ring, .prod = prod, .pkt = pkt, .rsp = rsp };
	enum nb_tx_verdict verdict = NB_TX_PACKET;

	pkt->nr_slots = 1;
	pkt->consumed = 0;
	pkt->reason = NULL;
	memset(pkt->extra, 0, sizeof(pkt->extra));

	take_request(&c, &pkt->slot[0]);
	pkt->flags = pkt->slot[0].flags;
	pkt->len = pkt->slot[0].size;

	if (pkt->flags & XEN_NETTXF_extra_info)
		verdict = take_extras(&c);
	if (verdict != NB_TX_PACKET)
		return verdict;
	if (nb_tx_extra(pkt, XEN_NETIF_EXTRA_TYPE_MCAST_ADD) ||
	    nb_tx_extra(pkt, XEN_NETIF_EXTRA_TYPE_MCAST_DEL))
		return NB_TX_MCAST;

	if (pkt->flags & XEN_NETTXF_more_data)
		verdict = take_more(&c, fatal_slots);
	if (verdict != NB_TX_PACKET)
		return verdict;
	if (leaves_page(&pkt->slot[0]))
		return refuse(&c, NB_TX_FATAL, "the first slot crosses the end of its page");
	if (pkt->len < ETH_HLEN)
		return refuse(&c, NB_TX_DROP, "shorter than an Ethernet header");

	return check_gso(&c);
}

static unsigned int choose_head(const struct nb_tx_packet *pkt)
{
	unsigned int first = pkt->slot[0].size;

	if (pkt->len <= NB_TX_LINEAR_MAX)
		return pkt->len;
	/* Frontends tend to send the headers as a slot of their own. */
	if (first >= ETH_HLEN && first <= NB_TX_HEAD_MAX)
		return first;
	return NB_TX_HEAD_WANTED;
}

/*
 * Lay the packet out. With @dense each page is filled to its end, which costs
 * a second copy for a slot that straddles two pages; without, a slot that does
 * not fit begins a new page. False if that takes too many pages.
 */
static bool lay_out(const struct nb_tx_packet *pkt, struct nb_tx_plan *plan, bool dense)
{
	unsigned int head_left = plan->head_len;
	unsigned int i, used = NB_TX_PAGE;

	plan->nr_chunks = 0;
	plan->nr_frags = 0;

	for (i = 0; i < pkt->nr_slots; i++) {
		unsigned int src = pkt->slot[i].offset;
		unsigned int left = pkt->slot[i].size;

		while (left) {
			struct nb_tx_chunk *chunk = &plan->chunk[plan->nr_chunks];

			chunk->slot = i;
			chunk->src = src;
			if (head_left) {
				chunk->frag = NB_TX_TO_HEAD;
				chunk->dst = plan->head_len - head_left;
				chunk->len = min(left, head_left);
				head_left -= chunk->len;
			} else {
				if (used == NB_TX_PAGE || (!dense && left > NB_TX_PAGE - used)) {
					if (plan->nr_frags == NB_TX_FRAGS_MAX)
						return false;
					plan->nr_frags++;
					used = 0;
				}
				chunk->frag = plan->nr_frags - 1;
				chunk->dst = used;
				chunk->len = min(left, NB_TX_PAGE - used);
				used += chunk->len;
				plan->frag_len[chunk->frag] = used;
			}
			plan->nr_chunks++;
			src += chunk->len;
			left -= chunk->len;
		}
	}
	return true;
}

/**
 * nb_tx_plan() - Decide where the octets of a packet go.
 * @pkt:	result of nb_tx_parse() with verdict NB_TX_PACKET
 * @plan:	filled in
 *
 * A packet has at most 65535 octets, so that NB_TX_FRAGS_MAX pages hold it
 * whenever they are filled densely.
 */
void nb_tx_plan(const struct nb_tx_packet *pkt, struct nb_tx_plan *plan)
{
	/* What most packets are must not pay for what the others may be. */
	if (pkt->nr_slots == 1 && pkt->len <= NB_TX_LINEAR_MAX) {
		plan->chunk[0] = (struct nb_tx_chunk) {
			.frag = NB_TX_TO_HEAD,
			.src = pkt->slot[0].offset,
			.len = pkt->len,
		};
		plan->nr_chunks = 1;
		plan->head_len = pkt->len;
		plan->nr_frags = 0;
		return;
	}
	plan->head_len = choose_head(pkt);
	if (!lay_out(pkt, plan, false))
		lay_out(pkt, plan, true);
}
