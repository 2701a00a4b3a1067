/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * badfront: a network frontend that breaks every rule of the ring protocol,
 * one case per connection, and reports whether the backend bore it.
 */
#ifndef BADFRONT_H
#define BADFRONT_H

#include <linux/etherdevice.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>
#include <xen/xenbus.h>

/* What the backend must do. */
enum bf_expect {
	LIVES,		/* goes on: a good packet afterwards is answered with OKAY */
	CLOSES,		/* gives the device up by itself */
	EITHER,		/* but it must come back for the next connection */
};

/* Pages shared with the backend. */
enum { TX_RING, RX_RING, DATA, RX_DATA, CTRL_RING, BF_PAGES };

struct bf {
	struct xenbus_device *dev;
	struct xen_netif_tx_front_ring tx;
	struct xen_netif_rx_front_ring rx;
	struct xen_netif_ctrl_front_ring ctrl;
	void *page[BF_PAGES];
	grant_ref_t ref[BF_PAGES];
	evtchn_port_t port, ctrl_port;
	u32 seed;
	const char *wrong;		/* what a case itself found */
};

struct bf_case {
	const char *name;
	enum bf_expect expect;
	void (*prepare)(struct bf *bf);	/* before Connected is shown */
	void (*run)(struct bf *bf);	/* after the backend is connected */
};

#define BF_LAST_CASES 4
extern const struct bf_case bf_tx_cases[], bf_other_cases[], bf_last_cases[BF_LAST_CASES];

void bf_put(struct bf *bf, grant_ref_t ref, u16 offset, u16 size, u16 flags);
void bf_extra(struct bf *bf, u8 type, u8 flags, u16 size, u8 gso_type);
void bf_kick(struct bf *bf);
void bf_write(struct bf *bf, const char *node, const char *value);
u32 bf_random(struct bf *bf);

#endif
