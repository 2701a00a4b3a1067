/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen-netback: network devices for guests, one net_device "vif<domid>.<handle>"
 * per frontend.
 *
 * "Transmit" and "receive" are the guest's throughout, as in the ABI; the
 * net_device counts them the other way round.
 *
 *   guest's packet    tx_parse.c  slots of the ring -> checked packet, copy plan
 *                     tx.c        NAPI: one grant copy for all packets of a poll,
 *                                 into recycled pages; responses; up the stack
 *   to the guest      interface.c ndo_start_xmit: queue on the ring's list
 *                     rx.c        NAPI: one grant copy for all that fits the ring
 *   on the side       credit.c rate limit, mcast.c filter, hash.c ctrl.c steering
 *   life              xenbus.c    store nodes to a struct nb_vif and back
 */
#ifndef NETBACK_H
#define NETBACK_H

#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "../xenbus/xenbus_be.h"
#include "credit.h"
#include "hash.h"
#include "mcast.h"
#include "owed.h"
#include "rx_layout.h"
#include "tx_parse.h"

#define NB_RING_SIZE	256	/* slots of a one-page data ring */

/* Copies per hypercall: a full ring, every slot split, or all of a poll. */
#define NB_TX_OPS	(2 * NB_RING_SIZE)
#define NB_RX_OPS	(2 * NB_RING_SIZE)

/* Octets waiting for the guest beyond which the stack is told to wait. */
#define NB_RX_QUEUE_BYTES	(NB_RING_SIZE / 2 * XEN_PAGE_SIZE)

struct nb_queue;
struct nb_vif;
struct nb_watch;

/*
 * An event channel that one or both directions of a queue share. The port
 * stays masked from the interrupt until each direction that it woke is done.
 */
struct nb_event {
	struct nb_queue *q;
	int irq;		/* 0 if not bound */
	atomic_t owed;		/* NB_EV_* */
	unsigned int wakes;	/* NB_EV_TX, NB_EV_RX or both */
	char name[IFNAMSIZ + 12];
};

struct nb_tx_done {
	struct sk_buff *skb;
	u16 rsp, nr_rsp;	/* the packet's part of nb_tx_batch.rsp */
	u16 op, nr_ops;		/* and of .op */
	u16 flags;
	u16 gso_size;
	u8 gso_type;
};

/* All that one poll takes off the transmit ring; softirq of the queue only. */
struct nb_tx_batch {
	unsigned int nr_ops, nr_rsp, nr_done;
	struct gnttab_copy op[NB_TX_OPS];
	struct nb_tx_rsp rsp[NB_RING_SIZE];
	struct nb_tx_done done[NAPI_POLL_WEIGHT];
	struct nb_tx_packet pkt;
	struct nb_tx_plan plan;
};

/* All that one poll puts on the receive ring. */
struct nb_rx_batch {
	unsigned int nr_ops, nr_rsp;
	struct sk_buff_head done;
	struct gnttab_copy op[NB_RX_OPS];
	u16 op_rsp[NB_RX_OPS];			/* the response that each op fills */
	union {
		struct xen_netif_rx_response data;
		struct xen_netif_extra_info extra;
	} rsp[NB_RING_SIZE];
};

struct nb_tx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets, bytes, dropped;
	u64_stats_t copies, hypercalls, events;
	u64_stats_t gso_checksum_fixup;
};

struct nb_rx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets, bytes, dropped, expired;
	u64_stats_t copies, hypercalls, events;
};

/*
 * One pair of rings.
 *
 * The tx fields belong to tx_napi's poll, the rx fields to rx_napi's;
 * rx_lock guards rx_list, rx_list_bytes and the stopping of the stack's queue.
 */
struct nb_queue {
	struct nb_vif *vif;
	unsigned int id;

	struct napi_struct tx_napi;
	struct xen_netif_tx_back_ring tx;
	void *tx_ring;			/* mapping */
	struct nb_event *tx_event;
	struct nb_tx_batch *tx_batch;
	struct nb_tx_stats tx_stats;

	struct napi_struct rx_napi;
	struct xen_netif_rx_back_ring rx;
	void *rx_ring;			/* mapping */
	struct nb_event *rx_event;
	struct nb_rx_batch *rx_batch;
	struct sk_buff_head rx_pending;		/* taken off rx_list, not on the ring yet */
	struct timer_list rx_timer;
	unsigned long rx_last_slot;		/* jiffies when the guest last had a slot */
	bool rx_stalled;
	struct nb_rx_stats rx_stats;

	spinlock_t rx_lock ____cacheline_aligned_in_smp;
	struct sk_buff_head rx_list;
	unsigned int rx_list_bytes;

	struct nb_event event[2];		/* tx (or both), rx */
	bool napi_on;
};

/*
 * One backend device.
 *
 * dev lives from create to destroy, queues from connect to disconnect.
 * connected is set last and cleared first; the transmit path of the stack
 * looks at it under rcu_read_lock_bh.
 */
struct nb_vif {
	struct xenbus_be *be;
	struct net_device *dev;
	domid_t domid;
	unsigned int max_queues;	/* as offered to the frontend */
	bool announced;			/* to udev */

	struct nb_queue *queues;
	unsigned int nr_queues;
	bool connected;

	/* what the frontend can take */
	bool can_sg, ip_csum, ipv6_csum;
	u8 gso_mask;			/* 1 << XEN_NETIF_GSO_TYPE_* */
	u16 xdp_headroom;

	unsigned long drain_timeout;	/* jiffies */
	unsigned long stall_timeout;	/* jiffies, 0 for never */
	atomic_t stalled_queues;

	struct nb_credit credit;
	struct timer_list credit_timer;
	struct nb_watch *rate_watch;

	struct nb_mcast mcast;
	struct nb_watch *mcast_watch;

	struct nb_hash hash;
	struct xen_netif_ctrl_back_ring ctrl;
	void *ctrl_ring;		/* mapping, NULL without one */
	void *ctrl_page;		/* bounce buffer for keys and mappings */
	struct xenbus_be_event ctrl_event;

	spinlock_t stats_lock;		/* queues against readers of counts, and: */
	struct rtnl_link_stats64 past;	/* of queues that are gone */
	struct dentry *debugfs;
};

/* main.c: module parameters, with the stock names */
extern bool nb_separate_tx_rx_irq;
extern unsigned int nb_rx_drain_timeout_msecs;
extern unsigned int nb_rx_stall_timeout_msecs;
#define NB_QUEUES_MAX	64U	/* of a device */
extern unsigned int nb_max_queues;
extern unsigned int nb_fatal_skb_slots;
extern bool nb_provides_xdp_headroom;

/* pool.c */
int nb_pool_init(void);
void nb_pool_exit(void);
struct sk_buff *nb_pool_skb(unsigned int len);
struct page *nb_pool_page(void);

/* copy.c */
void nb_copy_add(struct gnttab_copy *op, domid_t domid, grant_ref_t ref, unsigned int src,
		 void *dst, unsigned int len);
void nb_copy_run(struct gnttab_copy *op, unsigned int nr);

/* event.c */
int nb_event_bind(struct nb_queue *q, const char *dir, const char *node, struct nb_event *ev,
		  unsigned int wakes);
void nb_event_unbind(struct nb_event *ev);
void nb_event_useful(struct nb_event *ev);
void nb_event_done(struct nb_event *ev, unsigned int who);

/* tx.c, rx.c */
int nb_tx_poll(struct napi_struct *napi, int budget);
int nb_rx_poll(struct napi_struct *napi, int budget);
void nb_rx_hold(struct nb_queue *q);
void nb_rx_release(struct nb_queue *q);
void nb_rx_enqueue(struct nb_queue *q, struct sk_buff *skb);
void nb_rx_timer(struct timer_list *t);
void nb_rx_purge(struct nb_queue *q);

/* queue.c */
int nb_queues_create(struct nb_vif *vif, unsigned int nr);
int nb_queue_connect(struct nb_queue *q);
void nb_queues_start(struct nb_vif *vif);
void nb_queues_stop(struct nb_vif *vif);
void nb_queues_destroy(struct nb_vif *vif);

/* interface.c, ethtool.c, debugfs.c */
struct nb_vif *nb_interface_create(struct xenbus_be *be, unsigned int handle);
void nb_interface_destroy(struct nb_vif *vif);
void nb_interface_stats(struct nb_vif *vif, struct rtnl_link_stats64 *sum);
extern const struct ethtool_ops nb_ethtool_ops;
void nb_debugfs_init(void);
void nb_debugfs_exit(void);
void nb_debugfs_add(struct nb_vif *vif);
void nb_debugfs_del(struct nb_vif *vif);

/* ctrl.c */
int nb_ctrl_connect(struct nb_vif *vif);
void nb_ctrl_disconnect(struct nb_vif *vif);
u32 nb_hash_skb(const struct nb_vif *vif, struct sk_buff *skb, unsigned int *type);

/* watch.c */
int nb_watch_init(void);
void nb_watch_exit(void);
struct nb_watch *nb_watch_start(struct nb_vif *vif, const char *dir, const char *node,
				void (*fn)(struct nb_vif *vif));
void nb_watch_stop(struct nb_watch **watch);

/* xenbus.c */
extern struct xenbus_be_driver nb_xenbus_driver;

#endif
