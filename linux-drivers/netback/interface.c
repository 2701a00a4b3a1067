// SPDX-License-Identifier: GPL-2.0-only
/*
 * The net_device that the host sees: "vif<domid>.<handle>".
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>

#include "netback.h"

static u16 nb_select_queue(struct net_device *dev, struct sk_buff *skb, struct net_device *sb_dev)
{
	struct nb_vif *vif = netdev_priv(dev);
	unsigned int type;
	u32 hash;

	if (nb_hash_active(&vif->hash)) {
		hash = nb_hash_skb(vif, skb, &type);
		if (type != NB_HASH_NO_TYPE)
			return nb_hash_queue(&vif->hash, hash, dev->real_num_tx_queues);
	}
	return netdev_pick_tx(dev, skb, NULL) % dev->real_num_tx_queues;
}

static netdev_tx_t nb_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nb_vif *vif = netdev_priv(dev);
	unsigned int index = skb_get_queue_mapping(skb);

	/* Pairs with the release in xenbus.c; the queues outlive this call. */
	if (!smp_load_acquire(&vif->connected) || index >= vif->nr_queues)
		goto drop;
	if (!pskb_may_pull(skb, ETH_HLEN) ||
	    !nb_mcast_wanted(&vif->mcast, ((struct ethhdr *)skb->data)->h_dest))
		goto drop;

	skb_tx_timestamp(skb);
	nb_rx_enqueue(&vif->queues[index], skb);
	return NETDEV_TX_OK;

drop:
	dev_core_stats_tx_dropped_inc(dev);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static int nb_open(struct net_device *dev)
{
	struct nb_vif *vif = netdev_priv(dev);

	if (vif->connected)
		nb_queues_start(vif);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int nb_stop(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
	nb_queues_stop(netdev_priv(dev));
	return 0;
}

static netdev_features_t nb_fix_features(struct net_device *dev, netdev_features_t features)
{
	const struct nb_vif *vif = netdev_priv(dev);

	if (!vif->can_sg)
		features &= ~(NETIF_F_SG | NETIF_F_FRAGLIST);
	if (!(vif->gso_mask & 1 << XEN_NETIF_GSO_TYPE_TCPV4))
		features &= ~NETIF_F_TSO;
	if (!(vif->gso_mask & 1 << XEN_NETIF_GSO_TYPE_TCPV6))
		features &= ~NETIF_F_TSO6;
	if (!vif->ip_csum)
		features &= ~NETIF_F_IP_CSUM;
	if (!vif->ipv6_csum)
		features &= ~NETIF_F_IPV6_CSUM;
	return features;
}

static int nb_change_mtu(struct net_device *dev, int mtu)
{
	const struct nb_vif *vif = netdev_priv(dev);

	if (mtu > ETH_DATA_LEN && !vif->can_sg) {
		netdev_warn(dev, "mtu %d needs scatter-gather, which the guest does not have\n",
			    mtu);
		return -EINVAL;
	}
	dev->mtu = mtu;
	return 0;
}

/* The guest's transmission is what the host receives. */
static void add_queue(const struct nb_queue *q, struct rtnl_link_stats64 *sum)
{
	const struct nb_tx_stats *tx = &q->tx_stats;
	const struct nb_rx_stats *rx = &q->rx_stats;
	struct rtnl_link_stats64 now;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&tx->syncp);
		now.rx_packets = u64_stats_read(&tx->packets);
		now.rx_bytes = u64_stats_read(&tx->bytes);
		now.rx_dropped = u64_stats_read(&tx->dropped);
	} while (u64_stats_fetch_retry(&tx->syncp, start));
	do {
		start = u64_stats_fetch_begin(&rx->syncp);
		now.tx_packets = u64_stats_read(&rx->packets);
		now.tx_bytes = u64_stats_read(&rx->bytes);
		now.tx_dropped = u64_stats_read(&rx->dropped);
	} while (u64_stats_fetch_retry(&rx->syncp, start));

	sum->rx_packets += now.rx_packets;
	sum->rx_bytes += now.rx_bytes;
	sum->rx_dropped += now.rx_dropped;
	sum->tx_packets += now.tx_packets;
	sum->tx_bytes += now.tx_bytes;
	sum->tx_dropped += now.tx_dropped;
}

/**
 * nb_interface_stats() - Add up a device's queues.
 * @vif:	device, its stats_lock held
 * @sum:	added to
 */
void nb_interface_stats(struct nb_vif *vif, struct rtnl_link_stats64 *sum)
{
	unsigned int i;

	for (i = 0; vif->queues && i < vif->nr_queues; i++)
		add_queue(&vif->queues[i], sum);
}

static void nb_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct nb_vif *vif = netdev_priv(dev);

	spin_lock_bh(&vif->stats_lock);
	*stats = vif->past;
	nb_interface_stats(vif, stats);
	spin_unlock_bh(&vif->stats_lock);
}

static const struct net_device_ops nb_netdev_ops = {
	.ndo_select_queue	= nb_select_queue,
	.ndo_start_xmit		= nb_start_xmit,
	.ndo_open		= nb_open,
	.ndo_stop		= nb_stop,
	.ndo_get_stats64	= nb_get_stats64,
	.ndo_change_mtu		= nb_change_mtu,
	.ndo_fix_features	= nb_fix_features,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void nb_credit_timer(struct timer_list *t)
{
	struct nb_vif *vif = container_of(t, struct nb_vif, credit_timer);
	unsigned int i;

	for (i = 0; i < vif->nr_queues; i++)
		napi_schedule(&vif->queues[i].tx_napi);
}

static void nb_setup(struct net_device *dev)
{
	/* The address of a bridge's port must never win against that of a real one. */
	static const u8 address[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

	ether_setup(dev);
	eth_hw_addr_set(dev, address);
	dev->netdev_ops = &nb_netdev_ops;
	dev->ethtool_ops = &nb_ethtool_ops;
	dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			   NETIF_F_TSO | NETIF_F_TSO6;
	dev->features = dev->hw_features | NETIF_F_RXCSUM;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
}

/**
 * nb_interface_create() - Make the net_device of a backend device.
 * @be:		for the name and the parent
 * @handle:	number of the device within its guest
 *
 * It has no carrier until a frontend is connected.
 *
 * Context: process.
 * Return: the device or an ERR_PTR: -ENOMEM, -EEXIST if the name is taken.
 */
struct nb_vif *nb_interface_create(struct xenbus_be *be, unsigned int handle)
{
	/* It may have been written since the module checked it. */
	unsigned int queues = clamp(READ_ONCE(nb_max_queues), 1U, NB_QUEUES_MAX);
	struct net_device *dev;
	char name[IFNAMSIZ];
	struct nb_vif *vif;
	int rc;

	snprintf(name, sizeof(name), "vif%u.%u", be->dev->otherend_id, handle);
	dev = alloc_netdev_mqs(sizeof(*vif), name, NET_NAME_UNKNOWN, nb_setup, queues, queues);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	SET_NETDEV_DEV(dev, &be->dev->dev);

	vif = netdev_priv(dev);
	vif->be = be;
	vif->dev = dev;
	vif->domid = be->dev->otherend_id;
	vif->max_queues = queues;
	vif->can_sg = true;
	vif->ip_csum = true;
	spin_lock_init(&vif->stats_lock);
	spin_lock_init(&vif->credit.lock);
	spin_lock_init(&vif->mcast.lock);
	timer_setup(&vif->credit_timer, nb_credit_timer, 0);
	netif_carrier_off(dev);

	rc = register_netdev(dev);
	if (rc) {
		dev_err(&be->dev->dev, "cannot register network device %s: error %d%s\n", name, rc,
			rc == -EEXIST ? " (another device has that name)" : "");
		free_netdev(dev);
		return ERR_PTR(rc);
	}
	return vif;
}

/**
 * nb_interface_destroy() - Undo it.
 * @vif: disconnected
 *
 * Context: process.
 */
void nb_interface_destroy(struct nb_vif *vif)
{
	unregister_netdev(vif->dev);
	free_netdev(vif->dev);
}
