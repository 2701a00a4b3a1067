/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's transmit ring says, checked and turned into a copy plan.
 */
#ifndef NETBACK_TX_PARSE_H
#define NETBACK_TX_PARSE_H

#include <linux/types.h>
#include <xen/interface/io/netif.h>

/* Slots that any frontend may use for one packet; longer ones are refused. */
#define NB_TX_SLOTS_MAX		XEN_NETIF_NR_SLOTS_MIN

/*
 * A packet up to this length is copied whole into the linear area of its skb,
 * which then stays within half a page; of a longer one at most
 * NB_TX_HEAD_MAX octets go there and the rest into pages.
 */
#define NB_TX_LINEAR_MAX	1664
#define NB_TX_HEAD_MAX		256
#define NB_TX_HEAD_WANTED	128

/* Pages of payload in one packet; never above the kernel's MAX_SKB_FRAGS. */
#define NB_TX_FRAGS_MAX		17
#define NB_TX_PAGE		4096

/* Each slot may be split by the end of the head and by the end of a page. */
#define NB_TX_CHUNKS_MAX	(NB_TX_SLOTS_MAX + NB_TX_FRAGS_MAX + 1)

enum nb_tx_verdict {
	NB_TX_PACKET,	/* a packet to copy and deliver */
	NB_TX_MCAST,	/* a request about the multicast list, no data */
	NB_TX_DROP,	/* a packet that we refuse: answer with an error */
	NB_TX_FATAL,	/* the frontend breaks the protocol: give it up */
};

/**
 * struct nb_tx_rsp - what will be written to one slot of the ring
 * @id:		identifier of the request
 * @status:	XEN_NETIF_RSP_*
 */
struct nb_tx_rsp {
	u16 id;
	s16 status;
};

/**
 * struct nb_tx_packet - private, checked copy of one packet's ring slots
 * @slot:	data slots; the size of the first is its own, not the packet's
 * @nr_slots:	entries of @slot
 * @extra:	extra infos by type - 1; type 0 marks an absent one
 * @consumed:	ring slots taken, extra infos included
 * @len:	octets of the packet
 * @flags:	XEN_NETTXF_* of the first slot
 * @reason:	for the log, when refused
 */
struct nb_tx_packet {
	struct xen_netif_tx_request slot[NB_TX_SLOTS_MAX];
	unsigned int nr_slots;
	struct xen_netif_extra_info extra[XEN_NETIF_EXTRA_TYPE_MAX - 1];
	unsigned int consumed;
	unsigned int len;
	u16 flags;
	const char *reason;
};

static inline const struct xen_netif_extra_info *
nb_tx_extra(const struct nb_tx_packet *pkt, unsigned int type)
{
	const struct xen_netif_extra_info *extra = &pkt->extra[type - 1];

	return extra->type ? extra : NULL;
}

#define NB_TX_TO_HEAD	0xff

/**
 * struct nb_tx_chunk - one contiguous copy out of a slot
 * @slot:	index of the source slot
 * @frag:	index of the destination page, or NB_TX_TO_HEAD
 * @dst:	offset in the destination
 * @src:	offset in the granted page
 * @len:	octets, at least 1
 */
struct nb_tx_chunk {
	u8 slot;
	u8 frag;
	u16 dst;
	u16 src;
	u16 len;
};

/**
 * struct nb_tx_plan - where each octet of a packet goes
 * @chunk:	copies in packet order
 * @nr_chunks:	entries of @chunk
 * @head_len:	octets in the linear area
 * @nr_frags:	pages needed
 * @frag_len:	octets in each of them, from its start
 */
struct nb_tx_plan {
	struct nb_tx_chunk chunk[NB_TX_CHUNKS_MAX];
	unsigned int nr_chunks;
	unsigned int head_len;
	unsigned int nr_frags;
	u16 frag_len[NB_TX_FRAGS_MAX];
};

enum nb_tx_verdict nb_tx_parse(const struct xen_netif_tx_back_ring *ring, RING_IDX prod,
			       unsigned int fatal_slots, struct nb_tx_packet *pkt,
			       struct nb_tx_rsp *rsp);
void nb_tx_plan(const struct nb_tx_packet *pkt, struct nb_tx_plan *plan);

#endif
