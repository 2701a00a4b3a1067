// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen-netback: module parameters, start and end. See netback.h for the map.
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <xen/xen.h>

#include "netback.h"

bool nb_separate_tx_rx_irq = true;
module_param_named(separate_tx_rx_irq, nb_separate_tx_rx_irq, bool, 0644);
MODULE_PARM_DESC(separate_tx_rx_irq, "Offer one event channel per direction");

unsigned int nb_rx_drain_timeout_msecs = 10000;
module_param_named(rx_drain_timeout_msecs, nb_rx_drain_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_drain_timeout_msecs, "Packets that a guest does not take are dropped after this");

unsigned int nb_rx_stall_timeout_msecs = 60000;
module_param_named(rx_stall_timeout_msecs, nb_rx_stall_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_stall_timeout_msecs, "A guest without receive slots for this long loses its carrier");

unsigned int nb_max_queues;
module_param_named(max_queues, nb_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "Queues per device (default: online CPUs, at most 8)");

unsigned int nb_fatal_skb_slots = 20;
module_param_named(fatal_skb_slots, nb_fatal_skb_slots, uint, 0444);
MODULE_PARM_DESC(fatal_skb_slots, "A guest whose packet takes more slots than this loses its device");

/* Hashing needs no cache here; the name is kept for the modprobe.d files that set it. */
static unsigned int hash_cache_size = 64;
module_param(hash_cache_size, uint, 0644);
MODULE_PARM_DESC(hash_cache_size, "Without effect: hashes are cheap enough to be computed");

bool nb_provides_xdp_headroom = true;
module_param_named(provides_xdp_headroom, nb_provides_xdp_headroom, bool, 0644);
MODULE_PARM_DESC(provides_xdp_headroom, "Offer room before received packets");

#define DEFAULT_QUEUES_MAX	8

static void __init check_parameters(void)
{
	if (!nb_max_queues)
		nb_max_queues = min_t(unsigned int, num_online_cpus(), DEFAULT_QUEUES_MAX);
	if (nb_max_queues > NB_QUEUES_MAX) {
		pr_warn("max_queues=%u is above the most that is possible; using %u\n",
			nb_max_queues, NB_QUEUES_MAX);
		nb_max_queues = NB_QUEUES_MAX;
	}
	if (nb_fatal_skb_slots < NB_TX_SLOTS_MAX) {
		pr_warn("fatal_skb_slots=%u would hit packets that every guest may send; using %u\n",
			nb_fatal_skb_slots, NB_TX_SLOTS_MAX);
		nb_fatal_skb_slots = NB_TX_SLOTS_MAX;
	}
}

static int __init nb_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;
	check_parameters();

	rc = nb_pool_init();
	if (rc)
		return rc;
	rc = nb_watch_init();
	if (rc)
		goto pool;
	nb_debugfs_init();
	rc = xenbus_be_register(&nb_xenbus_driver);
	if (rc)
		goto debugfs;
	return 0;

debugfs:
	nb_debugfs_exit();
	nb_watch_exit();
pool:
	nb_pool_exit();
	return rc;
}

static void __exit nb_exit(void)
{
	xenbus_be_unregister(&nb_xenbus_driver);
	nb_debugfs_exit();
	nb_watch_exit();
	nb_pool_exit();
}

module_init(nb_init);
module_exit(nb_exit);

MODULE_DESCRIPTION("Network devices for Xen guests");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:vif");
