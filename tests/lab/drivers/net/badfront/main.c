// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connect, misbehave, look at the backend, close; for each case. Then rounds
 * of random slots (seed= rounds=). Lines "BADFRONT ok|not ok NAME".
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "badfront.h"

static uint seed = 1;
module_param(seed, uint, 0444);
static uint rounds = 20;
module_param(rounds, uint, 0444);

u32 bf_random(struct bf *bf)
{
	bf->seed = bf->seed * 1664525 + 1013904223;
	return bf->seed >> 8;
}

void bf_write(struct bf *bf, const char *node, const char *value)
{
	xenbus_write(XBT_NIL, bf->dev->nodename, node, value);
}

void bf_put(struct bf *bf, grant_ref_t ref, u16 offset, u16 size, u16 flags)
{
	struct xen_netif_tx_request *req = RING_GET_REQUEST(&bf->tx, bf->tx.req_prod_pvt);

	*req = (struct xen_netif_tx_request) {
		.gref = ref, .offset = offset, .flags = flags,
		.id = bf->tx.req_prod_pvt, .size = size,
	};
	bf->tx.req_prod_pvt++;
}

void bf_extra(struct bf *bf, u8 type, u8 flags, u16 size, u8 gso_type)
{
	struct xen_netif_extra_info extra = { .type = type, .flags = flags };

	extra.u.gso.size = size;
	extra.u.gso.type = gso_type;
	memcpy(RING_GET_REQUEST(&bf->tx, bf->tx.req_prod_pvt++), &extra, sizeof(extra));
}

void bf_kick(struct bf *bf)
{
	virt_wmb(); /* the slots before the index */
	bf->tx.sring->req_prod = bf->tx.req_prod_pvt;
	virt_mb(); /* the index before the event */
	notify_remote_via_evtchn(bf->port);
}

static bool wait_backend(struct bf *bf, enum xenbus_state state, unsigned int ms)
{
	for (; ms; ms -= min(ms, 20u)) {
		if (xenbus_read_driver_state(bf->dev->otherend) == state)
			return true;
		msleep(20);
	}
	return false;
}

/* A valid broadcast frame; true if it is answered with OKAY. */
static bool good_packet(struct bf *bf)
{
	RING_IDX before = READ_ONCE(bf->tx.sring->rsp_prod);
	unsigned int ms;

	memset(bf->page[DATA], 0xff, 6);
	bf->tx.req_prod_pvt = bf->tx.sring->req_prod;
	if (before != bf->tx.req_prod_pvt)
		for (ms = 0; ms < 2000; ms += 20) {
			if (READ_ONCE(bf->tx.sring->rsp_prod) == bf->tx.req_prod_pvt)
				break;
			msleep(20);
		}
	before = bf->tx.req_prod_pvt;
	bf_put(bf, bf->ref[DATA], 0, 60, 0);
	bf_kick(bf);
	for (ms = 0; ms < 3000; ms += 20) {
		if (READ_ONCE(bf->tx.sring->rsp_prod) == before + 1)
			return RING_GET_RESPONSE(&bf->tx, before)->status == XEN_NETIF_RSP_OKAY;
		msleep(20);
	}
	return false;
}

static int setup(struct bf *bf)
{
	int i, rc;

	bf->wrong = NULL;
	for (i = 0; i < BF_PAGES; i++) {
		bf->page[i] = (void *)get_zeroed_page(GFP_KERNEL);
		rc = gnttab_grant_foreign_access(bf->dev->otherend_id, virt_to_gfn(bf->page[i]), 0);
		if (!bf->page[i] || rc < 0)
			return -ENOMEM;
		bf->ref[i] = rc;
	}
	SHARED_RING_INIT((struct xen_netif_tx_sring *)bf->page[TX_RING]);
	FRONT_RING_INIT(&bf->tx, (struct xen_netif_tx_sring *)bf->page[TX_RING], PAGE_SIZE);
	SHARED_RING_INIT((struct xen_netif_rx_sring *)bf->page[RX_RING]);
	FRONT_RING_INIT(&bf->rx, (struct xen_netif_rx_sring *)bf->page[RX_RING], PAGE_SIZE);
	SHARED_RING_INIT((struct xen_netif_ctrl_sring *)bf->page[CTRL_RING]);
	FRONT_RING_INIT(&bf->ctrl, (struct xen_netif_ctrl_sring *)bf->page[CTRL_RING], PAGE_SIZE);
	/* Room to receive, all in one page. */
	for (i = 0; i < 200; i++) {
		struct xen_netif_rx_request *req = RING_GET_REQUEST(&bf->rx, i);

		req->id = i;
		req->gref = bf->ref[RX_DATA];
	}
	bf->rx.sring->req_prod = 200;
	return xenbus_alloc_evtchn(bf->dev, &bf->port) ?:
	       xenbus_alloc_evtchn(bf->dev, &bf->ctrl_port);
}

static void cleanup(struct bf *bf)
{
	int i;

	xenbus_free_evtchn(bf->dev, bf->port);
	xenbus_free_evtchn(bf->dev, bf->ctrl_port);
	for (i = 0; i < BF_PAGES; i++)
		gnttab_end_foreign_access(bf->ref[i], virt_to_page(bf->page[i]));
}

static void publish(struct bf *bf)
{
	static const char * const drop[] = {
		"multi-queue-num-queues", "xdp-headroom", "ctrl-ring-ref", "event-channel-ctrl",
		"event-channel-tx", "event-channel-rx", "request-multicast-control",
	};
	const char *dir = bf->dev->nodename;
	int i;

	for (i = 0; i < ARRAY_SIZE(drop); i++)
		if (xenbus_exists(XBT_NIL, dir, drop[i]))
			xenbus_rm(XBT_NIL, dir, drop[i]);
	xenbus_printf(XBT_NIL, dir, "tx-ring-ref", "%u", bf->ref[TX_RING]);
	xenbus_printf(XBT_NIL, dir, "rx-ring-ref", "%u", bf->ref[RX_RING]);
	xenbus_printf(XBT_NIL, dir, "event-channel", "%u", bf->port);
	bf_write(bf, "request-rx-copy", "1");
	bf_write(bf, "feature-rx-notify", "1");
	bf_write(bf, "feature-sg", "1");
	bf_write(bf, "feature-gso-tcpv4", "1");
}

static void show(struct bf *bf, enum xenbus_state state)
{
	xenbus_printf(XBT_NIL, bf->dev->nodename, "state", "%d", state);
}

static const char *play(struct bf *bf, const struct bf_case *c)
{
	show(bf, XenbusStateInitialising);
	if (!wait_backend(bf, XenbusStateInitWait, 10000))
		return "the backend does not take a new connection";
	publish(bf);
	if (c->prepare)
		c->prepare(bf);
	show(bf, XenbusStateConnected);
	if (c->run) {
		if (!wait_backend(bf, XenbusStateConnected, 10000))
			return "the backend does not connect";
		c->run(bf);
	}
	if (bf->wrong)
		return bf->wrong;
	switch (c->expect) {
	case LIVES:
		return good_packet(bf) ? NULL : "a good packet is not answered with OKAY";
	case CLOSES:
		return wait_backend(bf, XenbusStateClosed, 10000) ? NULL :
		       "the backend goes on";
	default:
		msleep(200);
		return NULL;
	}
}

static void one_case(struct bf *bf, const struct bf_case *c)
{
	const char *wrong = "no memory";

	if (!setup(bf)) {
		wrong = play(bf, c);
		show(bf, XenbusStateClosed);
		/* Our pages may go only when the backend has let them go. */
		wait_backend(bf, XenbusStateClosed, 10000);
	}
	pr_emerg("BADFRONT %s %s%s%s\n", wrong ? "not ok" : "ok", c->name,
		 wrong ? ": " : "", wrong ?: "");
	cleanup(bf);
}

static void random_slots(struct bf *bf)
{
	int i, burst;

	for (burst = 0; burst < 50; burst++) {
		for (i = bf_random(bf) % 60; i >= 0; i--) {
			u32 r = bf_random(bf);
			u16 size = r & 1 ? bf_random(bf) % 4097 : bf_random(bf);

			if (r % 16 == 2)
				bf_extra(bf, bf_random(bf) % 7, bf_random(bf) & 1, bf_random(bf),
					 r >> 5 & 3);
			else
				bf_put(bf, r & 14 ? bf->ref[DATA] : bf_random(bf),
				       r & 16 ? 0 : bf_random(bf) % 4096, size,
				       r >> 6 & (r & 32 ? 15 : 3));
		}
		bf_kick(bf);
		if (!(bf_random(bf) % 4))
			usleep_range(1000, 3000);
		bf->tx.req_prod_pvt = bf->tx.sring->rsp_prod;
	}
}

static int play_all(void *data)
{
	static const struct bf_case random_case = { "random", EITHER, NULL, random_slots };
	static const struct bf_case good_case = { "still-good", LIVES, NULL, NULL };
	struct bf *bf = data;
	const struct bf_case *c;
	uint i;

	for (c = bf_tx_cases; c->name; c++)
		one_case(bf, c);
	for (c = bf_other_cases; c->name; c++)
		one_case(bf, c);
	for (i = 0; i < rounds; i++)
		one_case(bf, &random_case);
	one_case(bf, &good_case);
	/* What may cost the device for good comes last, one of them. */
	one_case(bf, &bf_last_cases[seed % BF_LAST_CASES]);
	pr_emerg("BADFRONT done\n");
	return 0;
}

static int bf_probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct bf *bf = kzalloc(sizeof(*bf), GFP_KERNEL);

	if (!bf)
		return -ENOMEM;
	bf->dev = dev;
	bf->seed = seed;
	return PTR_ERR_OR_ZERO(kthread_run(play_all, bf, "badfront"));
}

static void bf_changed(struct xenbus_device *dev, enum xenbus_state state)
{
}

static const struct xenbus_device_id bf_ids[] = { { "vif" }, { "" } };
static struct xenbus_driver bf_driver = {
	.ids = bf_ids,
	.probe = bf_probe,
	.otherend_changed = bf_changed,
};

static int __init bf_init(void)
{
	return xenbus_register_frontend(&bf_driver);
}
module_init(bf_init);

MODULE_DESCRIPTION("A network frontend that breaks the rules");
MODULE_LICENSE("GPL");
