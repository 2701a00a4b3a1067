// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is read from and written to the store for a backend device. Values in
 * the frontend's directory are the guest's and are believed only in range.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * be_write_features() - Write the driver's feature table to the backend's directory.
 * @be: the device
 *
 * Context: process, be->lock held.
 * Return: 0 or the store's error.
 */
int be_write_features(struct xenbus_be *be)
{
	const struct xenbus_be_feature *f = be->drv->features;
	int rc, value;

	for (; f && f->node; f++) {
		value = f->get ? f->get(be) : f->value;
		if (value < 0)
			continue;
		rc = xenbus_printf(XBT_NIL, be->dev->nodename, f->node, "%d", value);
		if (rc)
			return rc;
	}
	return 0;
}

int xenbus_be_hotplug_done(struct xenbus_be *be)
{
	char *status = xenbus_read(XBT_NIL, be->dev->nodename, "hotplug-status", NULL);
	int done;

	if (IS_ERR(status))
		return 0;
	done = !strcmp(status, "connected");
	kfree(status);
	return done;
}
EXPORT_SYMBOL_GPL(xenbus_be_hotplug_done);

int xenbus_be_queue_path(struct xenbus_be *be, char *buf, size_t size,
			 unsigned int queue, unsigned int nr_queues)
{
	int len;

	if (nr_queues == 1)
		len = snprintf(buf, size, "%s", be->dev->otherend);
	else
		len = snprintf(buf, size, "%s/queue-%u", be->dev->otherend, queue);
	return len < size ? 0 : -ENAMETOOLONG;
}
EXPORT_SYMBOL_GPL(xenbus_be_queue_path);

int xenbus_be_read_uint(struct xenbus_be *be, const char *dir, const char *node,
			unsigned int def, unsigned int max, unsigned int *val)
{
	char *text = xenbus_read(XBT_NIL, dir, node, NULL);
	int rc;

	if (IS_ERR(text)) {
		*val = def;
		return PTR_ERR(text) == -ENOENT ? 0 : PTR_ERR(text);
	}
	rc = kstrtouint(text, 10, val);
	if (rc || *val > max) {
		dev_err_ratelimited(&be->dev->dev,
				    "domain %d: %s/%s is \"%.16s\", not a number up to %u\n",
				    be->dev->otherend_id, dir, node, text, max);
		rc = -EINVAL;
	}
	kfree(text);
	return rc;
}
EXPORT_SYMBOL_GPL(xenbus_be_read_uint);
