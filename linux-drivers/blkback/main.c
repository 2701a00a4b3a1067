// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen-blkback: parameters, and the module's coming and going.
 *
 * Names, defaults and meaning of the parameters are those of the stock module,
 * which has no poll_us.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "blkback.h"

int max_buffer_pages = 1024;
module_param(max_buffer_pages, int, 0644);
MODULE_PARM_DESC(max_buffer_pages, "Most free pages of a kind that a queue keeps");

int max_persistent_grants = 1056;
module_param(max_persistent_grants, int, 0644);
MODULE_PARM_DESC(max_persistent_grants, "Most grants that a queue keeps mapped");

unsigned int persistent_grant_unused_seconds = 60;
module_param(persistent_grant_unused_seconds, uint, 0644);
MODULE_PARM_DESC(persistent_grant_unused_seconds,
		 "Seconds after which an unused persistent grant is unmapped, 0 for never");

unsigned int max_queues;
module_param(max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "Most queues of a disk, 0 for the number of online CPUs");

int max_ring_page_order = MAX_RING_ORDER;
module_param(max_ring_page_order, int, 0444);
MODULE_PARM_DESC(max_ring_page_order, "Largest order of pages of a ring, 0 to 4");

int log_stats;
module_param(log_stats, int, 0644);
MODULE_PARM_DESC(log_stats, "Log request counts of each disk every 10 seconds");

bool feature_persistent = true;
module_param(feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent, "Offer persistent grants to frontends");

unsigned int buffer_squeeze_duration_ms = 10;
module_param(buffer_squeeze_duration_ms, uint, 0644);
MODULE_PARM_DESC(buffer_squeeze_duration_ms,
		 "Milliseconds for which no free pages are kept when memory is short");

unsigned int poll_us = 50;
module_param(poll_us, uint, 0644);
MODULE_PARM_DESC(poll_us, "Microseconds to look for a guest's next request, 0 for never");

struct kmem_cache *blk_req_cache;
struct kmem_cache *blk_persist_cache;
struct workqueue_struct *blk_wq;

static void free_all(void)
{
	if (blk_wq)
		destroy_workqueue(blk_wq);
	kmem_cache_destroy(blk_persist_cache);
	kmem_cache_destroy(blk_req_cache);
}

static int __init blkback_init(void)
{
	int rc;

	if (!max_queues)
		max_queues = num_online_cpus();
	blk_req_cache = KMEM_CACHE(blk_req, 0);
	blk_persist_cache = KMEM_CACHE(blk_persist, 0);
	blk_wq = alloc_workqueue("xen-blkback", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	rc = -ENOMEM;
	if (blk_req_cache && blk_persist_cache && blk_wq)
		rc = xenbus_be_register(&blk_driver);
	if (rc)
		free_all();
	return rc;
}

static void __exit blkback_exit(void)
{
	xenbus_be_unregister(&blk_driver);
	/* The interrupt that answered the last request may still be on its way out. */
	synchronize_rcu();
	free_all();
}

module_init(blkback_init);
module_exit(blkback_exit);

MODULE_DESCRIPTION("Xen block backend");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:vbd");
