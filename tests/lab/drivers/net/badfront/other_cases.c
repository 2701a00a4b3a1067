// SPDX-License-Identifier: GPL-2.0-only
/* Bad receive rings, events, store nodes and states. */
#include <linux/delay.h>

#include "badfront.h"

static void rx_prod(struct bf *bf, u32 prod)
{
	bf->rx.sring->req_prod = prod;
	notify_remote_via_evtchn(bf->port);
	/* The host looks when it sends: our own broadcast makes it answer nothing, its own do. */
	msleep(1500);
}

static void rx_index_257(struct bf *bf) { rx_prod(bf, bf->rx.sring->rsp_prod + 257); }
static void rx_index_back(struct bf *bf) { rx_prod(bf, bf->rx.sring->rsp_prod - 1); }

static void rx_refs_bad(struct bf *bf)
{
	int i;

	for (i = 0; i < 256; i++)
		RING_GET_REQUEST(&bf->rx, i)->gref = bf_random(bf);
	msleep(1500);
}

static void rx_refs_ring(struct bf *bf)
{
	int i;

	for (i = 0; i < 256; i++)
		RING_GET_REQUEST(&bf->rx, i)->gref = bf->ref[i & 1 ? RX_RING : TX_RING];
	msleep(1500);
}

static void event_storm(struct bf *bf)
{
	int i;

	for (i = 0; i < 20000; i++)
		notify_remote_via_evtchn(bf->port);
}

static void event_closed(struct bf *bf)
{
	xenbus_free_evtchn(bf->dev, bf->port);
	xenbus_alloc_evtchn(bf->dev, &bf->port);
}

#define STATE(name, value) static void name(struct bf *bf) { bf_write(bf, "state", value); }
STATE(state_0, "0")
STATE(state_1, "1")
STATE(state_2, "2")
STATE(state_3, "3")
STATE(state_5, "5")
STATE(state_6, "6")
STATE(state_7, "7")
STATE(state_8, "8")
STATE(state_9, "9")
STATE(state_text, "Connected")
STATE(state_minus, "-1")

static void state_dance(struct bf *bf)
{
	int i;

	for (i = 0; i < 200; i++)
		xenbus_printf(XBT_NIL, bf->dev->nodename, "state", "%u", 1 + bf_random(bf) % 8);
}

#define NODE(name, node, value) static void name(struct bf *bf) { bf_write(bf, node, value); }
NODE(queues_0, "multi-queue-num-queues", "0")
NODE(queues_999, "multi-queue-num-queues", "999")
NODE(queues_text, "multi-queue-num-queues", "many")
NODE(queues_minus, "multi-queue-num-queues", "-1")
NODE(ref_text, "tx-ring-ref", "ring")
NODE(ref_wrong, "rx-ring-ref", "4000000000")
NODE(ref_unused, "tx-ring-ref", "399")
NODE(port_text, "event-channel", "port")
NODE(port_unused, "event-channel", "1000")
NODE(port_huge, "event-channel", "4294967295")
NODE(port_0, "event-channel", "0")
NODE(no_copy, "request-rx-copy", "0")
NODE(headroom_huge, "xdp-headroom", "32767")
NODE(headroom_text, "xdp-headroom", "x")
NODE(ctrl_bad, "ctrl-ring-ref", "398")

static void ref_missing(struct bf *bf)
{
	xenbus_rm(XBT_NIL, bf->dev->nodename, "tx-ring-ref");
}

static void same_ring(struct bf *bf)
{
	xenbus_printf(XBT_NIL, bf->dev->nodename, "rx-ring-ref", "%u", bf->ref[TX_RING]);
}

static void ring_overfull(struct bf *bf)
{
	bf->tx.sring->req_prod = 1000;
}

static void headroom_256(struct bf *bf)
{
	bf_write(bf, "xdp-headroom", "256");
}

/* The host's broadcasts come with the room that was asked for, and say so. */
static void headroom_seen(struct bf *bf)
{
	struct xen_netif_rx_response *rsp = RING_GET_RESPONSE(&bf->rx, 0);
	struct xen_netif_extra_info *extra = (void *)RING_GET_RESPONSE(&bf->rx, 1);
	unsigned int try;

	for (try = 0; try < 100 && READ_ONCE(bf->rx.sring->rsp_prod) < 2; try++)
		msleep(100);
	if (bf->rx.sring->rsp_prod < 2)
		bf->wrong = "nothing received";
	else if (!(rsp->flags & XEN_NETRXF_extra_info) || rsp->offset != 256 || rsp->status < 42 ||
		 rsp->status > 200)
		bf->wrong = "the response is not that of a packet behind headroom";
	else if (extra->type != XEN_NETIF_EXTRA_TYPE_XDP || extra->u.xdp.headroom != 256 ||
		 extra->flags)
		bf->wrong = "no extra info about the headroom";
	else if (((u8 *)bf->page[RX_DATA])[0] || !(((u8 *)bf->page[RX_DATA])[256] & 1))
		bf->wrong = "the data is not behind the headroom";
}

static void ctrl_ring(struct bf *bf)
{
	xenbus_printf(XBT_NIL, bf->dev->nodename, "ctrl-ring-ref", "%u", bf->ref[CTRL_RING]);
	xenbus_printf(XBT_NIL, bf->dev->nodename, "event-channel-ctrl", "%u", bf->ctrl_port);
}

static void ctrl_ask(struct bf *bf, u16 type, u32 a, u32 b, u32 c, u32 status, u32 data)
{
	RING_IDX at = bf->ctrl.req_prod_pvt;
	struct xen_netif_ctrl_request *req = RING_GET_REQUEST(&bf->ctrl, at);
	struct xen_netif_ctrl_response *rsp = RING_GET_RESPONSE(&bf->ctrl, at);
	unsigned int try;

	*req = (struct xen_netif_ctrl_request) { .id = at, .type = type, .data = { a, b, c } };
	bf->ctrl.req_prod_pvt++;
	RING_PUSH_REQUESTS(&bf->ctrl);
	notify_remote_via_evtchn(bf->ctrl_port);
	for (try = 0; try < 200 && READ_ONCE(bf->ctrl.sring->rsp_prod) != at + 1; try++)
		msleep(20);
	if (bf->ctrl.sring->rsp_prod != at + 1 || rsp->id != (u16)at || rsp->type != type)
		bf->wrong = "no answer on the control ring";
	else if (rsp->status != status || rsp->data != data)
		bf->wrong = "a wrong answer on the control ring";
}

#define C(t) XEN_NETIF_CTRL_TYPE_##t
#define S(s) XEN_NETIF_CTRL_STATUS_##s

static void ctrl_talk(struct bf *bf)
{
	u32 key = bf->ref[DATA], i;

	ctrl_ask(bf, C(GET_HASH_FLAGS), 0, 0, 0, S(NOT_SUPPORTED), 0);
	ctrl_ask(bf, C(SET_HASH_FLAGS), 1, 0, 0, S(NOT_SUPPORTED), 0);
	ctrl_ask(bf, C(SET_HASH_ALGORITHM), 7, 0, 0, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_ALGORITHM), 1, 0, 0, S(SUCCESS), 0);
	ctrl_ask(bf, C(GET_HASH_FLAGS), 0, 0, 0, S(SUCCESS), 15);
	ctrl_ask(bf, C(SET_HASH_KEY), key, 40, 0, S(SUCCESS), 0);
	ctrl_ask(bf, C(SET_HASH_KEY), key, 41, 0, S(BUFFER_OVERFLOW), 0);
	ctrl_ask(bf, C(SET_HASH_KEY), 0xffffffff, 40, 0, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_KEY), 0xffffffff, 0xffffffff, 0, S(BUFFER_OVERFLOW), 0);
	ctrl_ask(bf, C(GET_HASH_MAPPING_SIZE), 0, 0, 0, S(SUCCESS), 128);
	ctrl_ask(bf, C(SET_HASH_MAPPING_SIZE), 129, 0, 0, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_MAPPING_SIZE), 128, 0, 0, S(SUCCESS), 0);
	memset(bf->page[DATA], 0, PAGE_SIZE);
	ctrl_ask(bf, C(SET_HASH_MAPPING), key, 128, 0, S(SUCCESS), 0);
	ctrl_ask(bf, C(SET_HASH_MAPPING), key, 128, 1, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_MAPPING), key, 1, 0xffffffff, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_MAPPING), key, 0xffffffff, 0, S(BUFFER_OVERFLOW), 0);
	memset(bf->page[DATA], 0xff, PAGE_SIZE);
	ctrl_ask(bf, C(SET_HASH_MAPPING), key, 1, 0, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_FLAGS), 16, 0, 0, S(INVALID_PARAMETER), 0);
	ctrl_ask(bf, C(SET_HASH_FLAGS), 15, 0, 0, S(SUCCESS), 0);
	ctrl_ask(bf, 0, 0, 0, 0, S(NOT_SUPPORTED), 0);
	ctrl_ask(bf, 999, 0, 0, 0, S(NOT_SUPPORTED), 0);
	for (i = 0; i < 200 && !bf->wrong; i++)
		ctrl_ask(bf, C(GET_HASH_FLAGS), 0, 0, 0, S(SUCCESS), 15);
}

static void ctrl_index(struct bf *bf)
{
	bf->ctrl.sring->req_prod = 129;
	notify_remote_via_evtchn(bf->ctrl_port);
}

const struct bf_case bf_other_cases[] = {
	{ "rx-headroom", LIVES, headroom_256, headroom_seen },
	{ "ctrl-talk", LIVES, ctrl_ring, ctrl_talk },
	{ "ctrl-index", CLOSES, ctrl_ring, ctrl_index },
	{ "rx-index-257", EITHER, NULL, rx_index_257 },
	{ "rx-index-back", EITHER, NULL, rx_index_back },
	{ "rx-refs-bad", LIVES, NULL, rx_refs_bad },
	{ "rx-refs-ring", EITHER, NULL, rx_refs_ring },
	{ "event-storm", LIVES, NULL, event_storm },
	{ "event-closed", EITHER, NULL, event_closed },
	{ "state-1", EITHER, NULL, state_1 },
	{ "state-2", EITHER, NULL, state_2 },
	{ "state-3", EITHER, NULL, state_3 },
	{ "state-5", EITHER, NULL, state_5 },
	{ "state-6", CLOSES, NULL, state_6 },
	{ "state-7", EITHER, NULL, state_7 },
	{ "state-8", EITHER, NULL, state_8 },
	{ "state-dance", EITHER, NULL, state_dance },
	{ "store-queues-0", CLOSES, queues_0, NULL },
	{ "store-queues-999", CLOSES, queues_999, NULL },
	{ "store-queues-text", CLOSES, queues_text, NULL },
	{ "store-queues-minus", CLOSES, queues_minus, NULL },
	{ "store-ref-missing", CLOSES, ref_missing, NULL },
	{ "store-ref-text", CLOSES, ref_text, NULL },
	{ "store-ref-wrong", CLOSES, ref_wrong, NULL },
	{ "store-ref-unused", CLOSES, ref_unused, NULL },
	{ "store-port-0", CLOSES, port_0, NULL },
	{ "store-port-text", CLOSES, port_text, NULL },
	{ "store-port-unused", CLOSES, port_unused, NULL },
	{ "store-port-huge", CLOSES, port_huge, NULL },
	{ "store-no-copy", CLOSES, no_copy, NULL },
	{ "store-headroom-huge", CLOSES, headroom_huge, NULL },
	{ "store-headroom-text", CLOSES, headroom_text, NULL },
	{ "store-ctrl-bad", CLOSES, ctrl_bad, NULL },
	{ "store-same-ring", EITHER, same_ring, NULL },
	{ "store-ring-overfull", CLOSES, ring_overfull, NULL },
	{ }
};

/* To the backend these mean that the frontend is gone. */
const struct bf_case bf_last_cases[BF_LAST_CASES] = {
	{ "state-text", EITHER, NULL, state_text },
	{ "state-minus", EITHER, NULL, state_minus },
	{ "state-9", EITHER, NULL, state_9 },
	{ "state-0", EITHER, NULL, state_0 },
};
