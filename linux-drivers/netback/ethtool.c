// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool -S: what the queues did, summed, from the guest's point of view.
 */
#include <linux/ethtool.h>

#include "netback.h"

static u64 read_stat(const struct u64_stats_sync *syncp, const u64_stats_t *stat)
{
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(syncp);
		value = u64_stats_read(stat);
	} while (u64_stats_fetch_retry(syncp, start));
	return value;
}

#define TX_STAT(n, field) \
	{ n, offsetof(struct nb_queue, tx_stats.field), offsetof(struct nb_queue, tx_stats.syncp) }
#define RX_STAT(n, field) \
	{ n, offsetof(struct nb_queue, rx_stats.field), offsetof(struct nb_queue, rx_stats.syncp) }

static const struct {
	char name[ETH_GSTRING_LEN];
	unsigned int stat, syncp;	/* offsets in struct nb_queue */
} nb_stats[] = {
	TX_STAT("rx_gso_checksum_fixup", gso_checksum_fixup),
	TX_STAT("guest_tx_copies", copies),
	TX_STAT("guest_tx_copy_hypercalls", hypercalls),
	TX_STAT("guest_tx_events_sent", events),
	RX_STAT("guest_rx_copies", copies),
	RX_STAT("guest_rx_copy_hypercalls", hypercalls),
	RX_STAT("guest_rx_events_sent", events),
	RX_STAT("guest_rx_expired", expired),
};

static int nb_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(nb_stats) : -EINVAL;
}

static void nb_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(nb_stats); i++)
		memcpy(data + i * ETH_GSTRING_LEN, nb_stats[i].name, ETH_GSTRING_LEN);
}

static void nb_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct nb_vif *vif = netdev_priv(dev);
	unsigned int i, j;

	memset(data, 0, ARRAY_SIZE(nb_stats) * sizeof(*data));
	spin_lock_bh(&vif->stats_lock);
	for (i = 0; vif->queues && i < vif->nr_queues; i++) {
		const void *q = &vif->queues[i];

		for (j = 0; j < ARRAY_SIZE(nb_stats); j++)
			data[j] += read_stat(q + nb_stats[j].syncp, q + nb_stats[j].stat);
	}
	spin_unlock_bh(&vif->stats_lock);
}

const struct ethtool_ops nb_ethtool_ops = {
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= nb_get_sset_count,
	.get_strings		= nb_get_strings,
	.get_ethtool_stats	= nb_get_ethtool_stats,
};
