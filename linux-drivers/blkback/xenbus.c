// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the shared layer (../xenbus) calls: a device comes, its disk comes, the
 * frontend comes, and all of them go.
 */
#include <linux/slab.h>

#include "blkback.h"

/* the periodic look */

static void retry_busy(struct blk_ring *ring)
{
	struct llist_node *list = llist_del_all(&ring->busy);
	struct blk_req *req, *next;

	llist_for_each_entry_safe(req, next, list, done)
		blk_done(req, req->status);
}

static void tick_ring(struct blk_ring *ring)
{
	retry_busy(ring);
	gnttab_page_cache_shrink(&ring->frames, blk_pages_keep(ring));
	if (blk_persist_due(ring)) {
		set_bit(RING_PURGE, &ring->flags);
		xenbus_be_event_wake(&ring->event);
	}
}

static void log_device(struct blk_dev *dev)
{
	struct blk_stats s;

	if (!READ_ONCE(log_stats) || time_before(jiffies, dev->next_log))
		return;
	dev->next_log = jiffies + 10 * HZ;
	blk_stats_sum(dev, &s);
	dev_info(&dev->be->dev->dev, "oo %llu rd %llu wr %llu f %llu ds %llu\n", s.oo_req,
		 s.rd_req, s.wr_req, s.f_req, s.ds_req);
}

/* Runs while rings exist; also when a ring waits for pages that others use. */
static void tick(struct work_struct *work)
{
	struct blk_dev *dev = container_of(work, struct blk_dev, tick.work);
	unsigned int i;

	for (i = 0; i < dev->max_rings; i++)
		if (dev->rings[i])
			tick_ring(dev->rings[i]);
	if (bdev_nr_sectors(dev->bdev) != READ_ONCE(dev->told))
		xenbus_be_kick(dev->be);
	log_device(dev);
	queue_delayed_work(system_wq, &dev->tick, round_jiffies_relative(TICK));
}

/* the device */

static int max_segs(struct xenbus_be *be)
{
	return BLK_MAX_SEGS;
}

static int advertised_rings(struct xenbus_be *be)
{
	struct blk_dev *dev = be->priv;

	return dev->max_rings;
}

static int ring_order(struct xenbus_be *be)
{
	return clamp(READ_ONCE(max_ring_page_order), 0, MAX_RING_ORDER);
}

static int persistent(struct xenbus_be *be)
{
	return READ_ONCE(feature_persistent);
}

static const struct xenbus_be_feature features[] = {
	{ .node = "feature-max-indirect-segments", .get = max_segs },
	{ .node = "multi-queue-max-queues", .get = advertised_rings },
	{ .node = "max-ring-page-order", .get = ring_order },
	{ .node = "feature-persistent", .get = persistent },
	{ }
};

static void destroy(struct xenbus_be *be)
{
	struct blk_dev *dev = be->priv;

	blk_disk_close(dev);
	kfree(dev->rings);
	kfree(dev->stats);
	kfree(dev);
	be->priv = NULL;
}

static int create(struct xenbus_be *be)
{
	struct blk_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return -ENOMEM;
	be->priv = dev;
	dev->be = be;
	dev->max_rings = max(READ_ONCE(max_queues), 1U);
	INIT_DELAYED_WORK(&dev->tick, tick);
	dev->squeeze_end = jiffies;
	dev->next_log = jiffies;
	dev->rings = kcalloc(dev->max_rings, sizeof(*dev->rings), GFP_KERNEL);
	dev->stats = kcalloc(dev->max_rings, sizeof(*dev->stats), GFP_KERNEL);
	if (dev->rings && dev->stats)
		return 0;
	destroy(be);
	return -ENOMEM;
}

static int gate(struct xenbus_be *be)
{
	return blk_disk_gate(be->priv);
}

static void release(struct xenbus_be *be)
{
	blk_disk_close(be->priv);
}

static void reclaim(struct xenbus_be *be)
{
	struct blk_dev *dev = be->priv;
	unsigned int i;

	WRITE_ONCE(dev->squeeze_end,
		   jiffies + msecs_to_jiffies(READ_ONCE(buffer_squeeze_duration_ms)));
	for (i = 0; i < dev->max_rings; i++) {
		if (!dev->rings[i])
			continue;
		blk_pages_shrink(dev->rings[i], 0);
		blk_reqs_shrink(dev->rings[i]);
	}
}

/* the connection */

/* 64-bit guests need not name their layout: it is ours. */
static int read_protocol(struct xenbus_be *be, bool *abi32)
{
	char *name = xenbus_read(XBT_NIL, be->dev->otherend, "protocol", NULL);
	int rc = 0;

	*abi32 = false;
	if (IS_ERR(name))
		return PTR_ERR(name) == -ENOENT ? 0 : PTR_ERR(name);
	if (!strcmp(name, "x86_32-abi")) {
		*abi32 = true;
	} else if (strcmp(name, "x86_64-abi")) {
		dev_err_ratelimited(&be->dev->dev,
				    "domain %d: protocol \"%.16s\" is neither x86_64-abi nor x86_32-abi\n",
				    be->dev->otherend_id, name);
		rc = -EINVAL;
	}
	kfree(name);
	return rc;
}

struct handshake {
	bool abi32;
	unsigned int rings;
	unsigned int order;
	unsigned int persistent;
};

static int read_handshake(struct xenbus_be *be, struct handshake *h)
{
	const char *dir = be->dev->otherend;
	struct blk_dev *dev = be->priv;
	int rc;

	rc = read_protocol(be, &h->abi32);
	if (!rc)
		rc = xenbus_be_read_uint(be, dir, "multi-queue-num-queues", 1, dev->max_rings,
					 &h->rings);
	if (!rc)
		rc = xenbus_be_read_uint(be, dir, "ring-page-order", 0, ring_order(be), &h->order);
	if (!rc)
		rc = xenbus_be_read_uint(be, dir, "feature-persistent", 0, 1, &h->persistent);
	return rc ? rc : h->rings ? 0 : -EINVAL;
}

static int start_rings(struct blk_dev *dev, const struct handshake *h)
{
	struct blk_ring *ring;
	unsigned int i;

	dev->nr_rings = h->rings;
	dev->persistent = h->persistent && READ_ONCE(feature_persistent);
	for (i = 0; i < h->rings; i++) {
		ring = blk_ring_start(dev, i, 1U << h->order, h->abi32);
		if (IS_ERR(ring))
			return PTR_ERR(ring);
		dev->rings[i] = ring;
	}
	return 0;
}

static int connect(struct xenbus_be *be)
{
	struct blk_dev *dev = be->priv;
	struct handshake h;
	int rc;

	rc = read_handshake(be, &h);
	if (rc)
		return rc;
	memset(dev->stats, 0, dev->max_rings * sizeof(*dev->stats));
	rc = start_rings(dev, &h);
	if (rc)
		return rc;
	queue_delayed_work(system_wq, &dev->tick, TICK);
	/* A guest may connect as often as it likes. */
	dev_info_ratelimited(&be->dev->dev, "domain %d: %u queue(s) of %u page(s), %s%s\n",
			     be->dev->otherend_id, h.rings, 1U << h.order,
			     h.abi32 ? "x86_32-abi" : "x86_64-abi",
			     dev->persistent ? ", persistent grants" : "");
	return blk_disk_publish(dev);
}

/*
 * Requests that wait for busy pages need the tick, which looks at all rings, so
 * the rings are stopped first, freed from its sight after.
 */
static void disconnect(struct xenbus_be *be)
{
	struct blk_dev *dev = be->priv;
	unsigned int i;

	for (i = 0; i < dev->max_rings; i++)
		if (dev->rings[i])
			blk_ring_quiesce(dev->rings[i]);
	cancel_delayed_work_sync(&dev->tick);
	for (i = 0; i < dev->max_rings; i++) {
		if (dev->rings[i])
			blk_ring_stop(dev->rings[i]);
		dev->rings[i] = NULL;
	}
	dev->nr_rings = 0;
}

static int refresh(struct xenbus_be *be)
{
	return blk_disk_resized(be->priv);
}

struct xenbus_be_driver blk_driver = {
	.type = "vbd",
	.features = features,
	.groups = blk_groups,
	.watch = "physical-device",
	.ready_state = XenbusStateInitWait,
	.connect_state = XenbusStateInitialised,
	.create = create,
	.destroy = destroy,
	.gate = gate,
	.connect = connect,
	.disconnect = disconnect,
	.refresh = refresh,
	.release = release,
	.reclaim = reclaim,
};
