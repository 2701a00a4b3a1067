// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk behind the device: which the hotplug script chose, what it can do,
 * how large it is.
 *
 * Nodes: physical-device, mode, discard-enable are the toolstack's; what
 * blk_disk_publish() writes is described in xen/io/blkif.h.
 */
#include <linux/slab.h>

#include "blkback.h"

static void read_mode(struct blk_dev *dev)
{
	const char *dir = dev->be->dev->nodename;
	char *mode = xenbus_read(XBT_NIL, dir, "mode", NULL);

	strscpy(dev->mode, IS_ERR(mode) ? "r" : mode, sizeof(dev->mode));
	dev->limits.readonly = !strchr(dev->mode, 'w');
	if (!IS_ERR(mode))
		kfree(mode);
}

/* The toolstack writes it on the frontend's side; a guest that changes it deceives itself. */
static void read_type(struct blk_dev *dev)
{
	char *type = xenbus_read(XBT_NIL, dev->be->dev->otherend, "device-type", NULL);

	dev->cdrom = false;
	if (IS_ERR(type))
		return;
	dev->cdrom = !strcmp(type, "cdrom");
	kfree(type);
}

static void read_limits(struct blk_dev *dev)
{
	struct wire_limits *lim = &dev->limits;
	struct block_device *bdev = dev->bdev;
	bool wanted = xenbus_read_unsigned(dev->be->dev->nodename, "discard-enable", 1);

	lim->sectors = bdev_nr_sectors(bdev);
	lim->align_mask = bdev_logical_block_size(bdev) / SECTOR_BYTES - 1;
	lim->discard = wanted && !lim->readonly && bdev_max_discard_sectors(bdev);
	lim->secure = lim->discard && bdev_max_secure_erase_sectors(bdev);
	WRITE_ONCE(dev->told, lim->sectors);
}

static int open_disk(struct blk_dev *dev, dev_t devt)
{
	struct device *log = &dev->be->dev->dev;
	disk_handle_t handle;

	read_mode(dev);
	read_type(dev);
	handle = disk_open(devt, dev->limits.readonly);
	if (IS_ERR(handle)) {
		dev_err_ratelimited(log,
				    "cannot open disk %x:%x %s: %ld; check the disk line of domain %d\n",
				    MAJOR(devt), MINOR(devt),
				    dev->limits.readonly ? "to read" : "to write",
				    PTR_ERR(handle), dev->be->dev->otherend_id);
		return PTR_ERR(handle);
	}
	dev->handle = handle;
	dev->devt = devt;
	dev->bdev = disk_bdev(handle);
	if (bdev_logical_block_size(dev->bdev) > FRAME_BYTES) {
		dev_err_ratelimited(log, "disk %x:%x has blocks of %u bytes, a frame has %u\n",
				    MAJOR(devt), MINOR(devt), bdev_logical_block_size(dev->bdev),
				    FRAME_BYTES);
		blk_disk_close(dev);
		return -EINVAL;
	}
	read_limits(dev);
	/* What programs of ours wrote through the cache before, the guest must see. */
	sync_blockdev(dev->bdev);
	invalidate_bdev(dev->bdev);
	return 0;
}

/**
 * blk_disk_gate() - Open the disk that the hotplug script named.
 * @dev: the device
 *
 * A disk that changes while the frontend is connected is not followed.
 *
 * Context: be->lock.
 * Return: 1 open, 0 not named yet, negative if it cannot be used.
 */
int blk_disk_gate(struct blk_dev *dev)
{
	struct xenbus_device *xdev = dev->be->dev;
	unsigned int major, minor;
	dev_t devt;
	int rc;

	if (xenbus_scanf(XBT_NIL, xdev->nodename, "physical-device", "%x:%x", &major, &minor) != 2)
		return dev->bdev ? 1 : 0;
	devt = MKDEV(major, minor);
	if (dev->bdev && (dev->devt == devt || dev->nr_rings)) {
		if (dev->devt != devt)
			dev_warn_ratelimited(&xdev->dev,
					     "in use: disk %x:%x is not exchanged for %x:%x\n",
					     MAJOR(dev->devt), MINOR(dev->devt), major, minor);
		return 1;
	}
	blk_disk_close(dev);
	rc = open_disk(dev, devt);
	return rc ? rc : 1;
}

/**
 * blk_disk_close() - Let go of the disk; harmless when repeated.
 * @dev: the device, without rings
 */
void blk_disk_close(struct blk_dev *dev)
{
	if (!dev->bdev)
		return;
	disk_close(dev->handle, dev->limits.readonly);
	dev->bdev = NULL;
}

static unsigned int disk_info(const struct blk_dev *dev)
{
	unsigned int info = 0;

	if (dev->cdrom)
		info |= VDISK_CDROM;
	if (dev->bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		info |= VDISK_REMOVABLE;
	if (dev->limits.readonly)
		info |= VDISK_READONLY;
	return info;
}

struct disk_node {
	const char *name;
	unsigned int value;
	bool only_discard;	/* left out when the disk does not discard */
};

/**
 * blk_disk_publish() - Write what the frontend wants to know before it is Connected.
 * @dev: the device, its disk open
 *
 * Context: be->lock.
 * Return: 0 or the store's error.
 */
int blk_disk_publish(struct blk_dev *dev)
{
	const char *dir = dev->be->dev->nodename;
	struct block_device *bdev = dev->bdev;
	unsigned int flush = bdev_write_cache(bdev);
	const struct disk_node nodes[] = {
		{ "feature-flush-cache", flush },
		{ "feature-barrier", flush },
		{ "feature-discard", dev->limits.discard },
		{ "discard-granularity", bdev_discard_granularity(bdev), true },
		{ "discard-alignment", max(bdev_discard_alignment(bdev), 0), true },
		{ "discard-secure", dev->limits.secure, true },
		{ "info", disk_info(dev) },
		{ "sector-size", bdev_logical_block_size(bdev) },
		{ "physical-sector-size", bdev_physical_block_size(bdev) },
	};
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (nodes[i].only_discard && !dev->limits.discard)
			continue;
		rc = xenbus_printf(XBT_NIL, dir, nodes[i].name, "%u", nodes[i].value);
		if (rc)
			return rc;
	}
	return xenbus_printf(XBT_NIL, dir, "sectors", "%llu", dev->told);
}

/**
 * blk_disk_resized() - Notice a new capacity and write it for the frontend.
 * @dev: the device, its disk open
 *
 * Context: be->lock.
 * Return: true if there is one and it was written.
 */
bool blk_disk_resized(struct blk_dev *dev)
{
	u64 now = bdev_nr_sectors(dev->bdev);

	if (now == dev->told)
		return false;
	dev_info(&dev->be->dev->dev, "disk of domain %d resized from %llu to %llu sectors\n",
		 dev->be->dev->otherend_id, dev->told, now);
	dev->limits.sectors = now;
	WRITE_ONCE(dev->told, now);
	return !xenbus_printf(XBT_NIL, dev->be->dev->nodename, "sectors", "%llu", now);
}
