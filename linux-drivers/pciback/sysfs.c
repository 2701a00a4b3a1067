// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's nodes, /sys/bus/pci/drivers/pciback/. Names and formats are those
 * of the stock module, which libxl and administrators' scripts know.
 */
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "pciback.h"
#include "slots.h"

static ssize_t new_slot_store(struct device_driver *drv, const char *buf, size_t count)
{
	struct pb_pattern p;
	int rc = pb_parse_pattern(buf, &p);

	if (!rc)
		rc = pb_slots_add(&p);
	return rc ? rc : count;
}
static DRIVER_ATTR_WO(new_slot);

static ssize_t remove_slot_store(struct device_driver *drv, const char *buf, size_t count)
{
	struct pb_pattern p;
	int rc = pb_parse_pattern(buf, &p);

	if (!rc)
		rc = pb_slots_remove(&p);
	return rc ? rc : count;
}
static DRIVER_ATTR_WO(remove_slot);

static ssize_t slots_show(struct device_driver *drv, char *buf)
{
	return pb_slots_show(buf);
}
static DRIVER_ATTR_RO(slots);

/* Call @fn with pb_devs_lock held for the device that @text names. */
static int with_device(const struct pb_addr *addr, int (*fn)(struct pb_dev *pb, const void *arg),
		       const void *arg)
{
	struct pb_dev *pb;
	struct pb_addr have;
	int rc = -ENODEV;

	mutex_lock(&pb_devs_lock);
	list_for_each_entry(pb, &pb_devs, list) {
		have = pb_addr_of(pb->pdev);
		if (pb_addr_equal(&have, addr)) {
			rc = fn(pb, arg);
			break;
		}
	}
	mutex_unlock(&pb_devs_lock);
	return rc;
}

static ssize_t change_device(const char *buf, size_t count,
			     int (*fn)(struct pb_dev *pb, const void *arg))
{
	struct pb_addr addr;
	int rc = pb_parse_addr(buf, &addr);

	if (!rc)
		rc = with_device(&addr, fn, NULL);
	return rc ? rc : count;
}

/* One line of @fn's for each device. */
static ssize_t show_devices(char *buf, int (*fn)(struct pb_dev *pb, char *buf, int at))
{
	struct pb_dev *pb;
	int at = 0;

	mutex_lock(&pb_devs_lock);
	list_for_each_entry(pb, &pb_devs, list)
		at += fn(pb, buf, at);
	mutex_unlock(&pb_devs_lock);
	return at;
}

static int show_handler(struct pb_dev *pb, char *buf, int at)
{
	return sysfs_emit_at(buf, at, "%s:%s:%sing:%lu\n", pci_name(pb->pdev),
			     pb->isr_on ? "on" : "off", pb->ack ? "ack" : "not ack", pb->handled);
}

static ssize_t irq_handlers_show(struct device_driver *drv, char *buf)
{
	return show_devices(buf, show_handler);
}
static DRIVER_ATTR_RO(irq_handlers);

static int switch_handler(struct pb_dev *pb, const void *arg)
{
	mutex_lock(&pb->lock);
	WRITE_ONCE(pb->isr_on, !pb->isr_on);
	if (pb->isr_on)
		WRITE_ONCE(pb->ack, true);
	mutex_unlock(&pb->lock);
	return 0;
}

static ssize_t irq_handler_state_store(struct device_driver *drv, const char *buf, size_t count)
{
	ssize_t rc = change_device(buf, count, switch_handler);

	/* For a device that is not ours this node has always had another error than the rest. */
	return rc == -ENODEV ? -ENOENT : rc;
}
static DRIVER_ATTR_WO(irq_handler_state);

static ssize_t quirks_show(struct device_driver *drv, char *buf)
{
	return show_devices(buf, pb_quirks_show);
}

static int add_quirk(struct pb_dev *pb, const void *arg)
{
	return pb_quirk_add(pb, arg);
}

static ssize_t quirks_store(struct device_driver *drv, const char *buf, size_t count)
{
	struct pb_quirk_text q;
	int rc = pb_parse_quirk(buf, &q);

	if (!rc)
		rc = with_device(&q.addr, add_quirk, &q);
	return rc ? rc : count;
}
static DRIVER_ATTR_RW(quirks);

static int show_permissive(struct pb_dev *pb, char *buf, int at)
{
	return pb->permissive ? sysfs_emit_at(buf, at, "%s\n", pci_name(pb->pdev)) : 0;
}

static ssize_t permissive_show(struct device_driver *drv, char *buf)
{
	return show_devices(buf, show_permissive);
}

static int make_permissive(struct pb_dev *pb, const void *arg)
{
	if (!pb->permissive)
		pci_warn(pb->pdev, "its guest may now write all of its configuration space, which can harm the host\n");
	WRITE_ONCE(pb->permissive, true);
	return 0;
}

static ssize_t permissive_store(struct device_driver *drv, const char *buf, size_t count)
{
	return change_device(buf, count, make_permissive);
}
static DRIVER_ATTR_RW(permissive);

static int show_control(struct pb_dev *pb, char *buf, int at)
{
	return pb->intr_control ? sysfs_emit_at(buf, at, "%s\n", pci_name(pb->pdev)) : 0;
}

static ssize_t allow_interrupt_control_show(struct device_driver *drv, char *buf)
{
	return show_devices(buf, show_control);
}

static int give_control(struct pb_dev *pb, const void *arg)
{
	WRITE_ONCE(pb->intr_control, true);
	return 0;
}

static ssize_t allow_interrupt_control_store(struct device_driver *drv, const char *buf,
					     size_t count)
{
	return change_device(buf, count, give_control);
}
static DRIVER_ATTR_RW(allow_interrupt_control);

static struct attribute *driver_attrs[] = {
	&driver_attr_new_slot.attr,
	&driver_attr_remove_slot.attr,
	&driver_attr_slots.attr,
	&driver_attr_irq_handlers.attr,
	&driver_attr_irq_handler_state.attr,
	&driver_attr_quirks.attr,
	&driver_attr_permissive.attr,
	&driver_attr_allow_interrupt_control.attr,
	NULL
};

static const struct attribute_group driver_group = { .attrs = driver_attrs };

const struct attribute_group *pb_driver_groups[] = { &driver_group, NULL };
