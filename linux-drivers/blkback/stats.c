// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device shows in sysfs. xentop (libxenstat) reads statistics/ by
 * these names.
 */
#include "blkback.h"

/**
 * blk_stats_sum() - Add up all queues.
 * @dev: the device
 * @sum: the result
 *
 * Context: any; the values are those of no particular instant.
 */
void blk_stats_sum(const struct blk_dev *dev, struct blk_stats *sum)
{
	const u64 *from;
	u64 *to = (u64 *)sum;
	unsigned int i, k;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < dev->max_rings; i++) {
		from = (const u64 *)&dev->stats[i];
		for (k = 0; k < sizeof(*sum) / sizeof(u64); k++)
			to[k] += READ_ONCE(from[k]);
	}
}

/* Present from create() to destroy(), as are the device's private parts. */
static const struct blk_dev *blk_dev_of(struct device *dev)
{
	const struct xenbus_be *be = xenbus_be_of(dev);

	return be ? be->priv : NULL;
}

#define STAT(field)								\
static ssize_t field##_show(struct device *dev, struct device_attribute *attr,	\
			    char *buf)						\
{										\
	const struct blk_dev *blk = blk_dev_of(dev);				\
	struct blk_stats sum;							\
										\
	if (!blk)								\
		return -ENODEV;							\
	blk_stats_sum(blk, &sum);						\
	return sysfs_emit(buf, "%llu\n", sum.field);				\
}										\
static DEVICE_ATTR_RO(field)

STAT(oo_req);
STAT(rd_req);
STAT(wr_req);
STAT(f_req);
STAT(ds_req);
STAT(rd_sect);
STAT(wr_sect);

static struct attribute *stat_attrs[] = {
	&dev_attr_oo_req.attr, &dev_attr_rd_req.attr, &dev_attr_wr_req.attr,
	&dev_attr_f_req.attr, &dev_attr_ds_req.attr, &dev_attr_rd_sect.attr,
	&dev_attr_wr_sect.attr, NULL
};

static const struct attribute_group stat_group = {
	.name = "statistics",
	.attrs = stat_attrs,
};

static ssize_t physical_device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct blk_dev *blk = blk_dev_of(dev);

	if (!blk)
		return -ENODEV;
	return sysfs_emit(buf, "%x:%x\n", MAJOR(blk->devt), MINOR(blk->devt));
}
static DEVICE_ATTR_RO(physical_device);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct blk_dev *blk = blk_dev_of(dev);

	return blk ? sysfs_emit(buf, "%s\n", blk->mode) : -ENODEV;
}
static DEVICE_ATTR_RO(mode);

static struct attribute *disk_attrs[] = {
	&dev_attr_physical_device.attr, &dev_attr_mode.attr, NULL
};

static const struct attribute_group disk_group = {
	.attrs = disk_attrs,
};

const struct attribute_group *blk_groups[] = { &stat_group, &disk_group, NULL };
