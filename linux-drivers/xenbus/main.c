// SPDX-License-Identifier: GPL-2.0-only
/*
 * hospes-xenbus: the backends' side of the xen-backend bus.
 *
 * The bus calls probe, remove and the watches from its one thread. Nothing
 * here waits there for a frontend or for I/O (remove() does, but not for
 * ever): a device's hooks run from its work item, in state.c.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <xen/xen.h>

#include "internal.h"

/* How long the toolstack's removal waits for I/O that does not end. */
#define REMOVE_WAIT	(10 * HZ)

struct workqueue_struct *xenbus_be_wq;

static struct xenbus_be_driver *be_driver(const struct device *dev)
{
	return container_of(to_xenbus_driver(dev->driver), struct xenbus_be_driver, xb);
}

struct xenbus_be *xenbus_be_of(const struct device *dev)
{
	return dev_get_drvdata(dev);
}
EXPORT_SYMBOL_GPL(xenbus_be_of);

static void gate_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xenbus_be *be = container_of(watch, struct xenbus_be, watch);

	set_bit(BE_GATE_MOVED, &be->flags);
	be_queue(be);
}

/* Devices leave the bus here and nowhere else, so never twice: one thread runs all watches. */
static void state_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xenbus_be *be = container_of(watch, struct xenbus_be, state_watch);

	if (test_bit(BE_FINISHED, &be->flags))
		device_unregister(&be->dev->dev);
	else
		be_queue(be);
}

static void otherend_changed(struct xenbus_device *dev, enum xenbus_state state)
{
	struct xenbus_be *be = xenbus_be_of(&dev->dev);

	if (!be)
		return;
	WRITE_ONCE(be->fe_state, state);
	be_queue(be);
}

static void drop_watch(struct xenbus_watch *watch)
{
	if (!watch->node)
		return;
	unregister_xenbus_watch(watch);
	kfree(watch->node);
	watch->node = NULL;
}

static int add_watches(struct xenbus_be *be)
{
	const char *sub = be->drv->watch;
	int rc;

	rc = xenbus_watch_pathfmt(be->dev, &be->state_watch, NULL, state_changed,
				  "%s/state", be->dev->nodename);
	if (rc || !sub)
		return rc;
	rc = xenbus_watch_pathfmt(be->dev, &be->watch, NULL, gate_changed, "%s%s%s",
				  be->dev->nodename, *sub ? "/" : "", sub);
	if (rc)
		drop_watch(&be->state_watch);
	return rc;
}

static int be_publish(struct xenbus_be *be)
{
	int rc = be_write_features(be);

	return rc ? rc : xenbus_switch_state(be->dev, XenbusStateInitWait);
}

static int add_groups(struct xenbus_be *be)
{
	return be->drv->groups ? sysfs_create_groups(&be->dev->dev.kobj, be->drv->groups) : 0;
}

static void remove_groups(struct xenbus_be *be)
{
	if (be->drv->groups)
		sysfs_remove_groups(&be->dev->dev.kobj, be->drv->groups);
}

static struct xenbus_be *be_alloc(struct xenbus_device *dev)
{
	struct xenbus_be *be = kzalloc(sizeof(*be), GFP_KERNEL);

	if (!be)
		return NULL;
	be->dev = dev;
	be->drv = be_driver(&dev->dev);
	be->fe_state = XenbusStateInitialising;
	be->fe_handled = XenbusStateInitialising;
	mutex_init(&be->lock);
	INIT_WORK(&be->work, be_work);
	INIT_WORK(&be->teardown, be_teardown);
	init_completion(&be->gone);
	kref_init(&be->ref);
	get_device(&dev->dev);
	return be;
}

static int probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct xenbus_be *be = be_alloc(dev);
	int rc;

	if (!be)
		return -ENOMEM;
	mutex_lock(&be->lock);
	rc = be->drv->create(be);
	if (rc)
		goto free;
	dev_set_drvdata(&dev->dev, be);
	rc = add_groups(be);
	if (rc)
		goto destroy;
	rc = be_publish(be);
	if (rc)
		goto groups;
	rc = add_watches(be);
	if (rc)
		goto groups;
	__module_get(be->drv->xb.driver.owner);
	mutex_unlock(&be->lock);
	return 0;

groups:
	remove_groups(be);
destroy:
	dev_set_drvdata(&dev->dev, NULL);
	set_bit(BE_REMOVED, &be->flags);
	be->drv->destroy(be);
free:
	mutex_unlock(&be->lock);
	cancel_work_sync(&be->work);
	xenbus_dev_fatal(dev, rc, "cannot set up the device for domain %d", dev->otherend_id);
	kref_put(&be->ref, be_free);
	return rc;
}

/*
 * The bus has dropped the frontend's watch; after ours are gone too, only
 * be_teardown() is left to run. A disk that does not answer must not hold up the
 * bus' thread, and with it all other devices: then it finishes alone.
 */
static void remove(struct xenbus_device *dev)
{
	struct xenbus_be *be = xenbus_be_of(&dev->dev);

	if (!be)
		return;
	drop_watch(&be->watch);
	drop_watch(&be->state_watch);
	remove_groups(be);
	dev_set_drvdata(&dev->dev, NULL);

	kref_get(&be->ref);	/* be_teardown() drops the first */
	set_bit(BE_REMOVED, &be->flags);
	queue_work(xenbus_be_wq, &be->teardown);
	if (!wait_for_completion_timeout(&be->gone, REMOVE_WAIT))
		dev_warn(&dev->dev,
			 "requests of domain %d do not end; the device is freed when they do\n",
			 dev->otherend_id);
	kref_put(&be->ref, be_free);
}

static void reclaim_memory(struct xenbus_device *dev)
{
	struct xenbus_be *be = xenbus_be_of(&dev->dev);

	if (!be || !be->drv->reclaim || !mutex_trylock(&be->lock))
		return;
	be->drv->reclaim(be);
	mutex_unlock(&be->lock);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
static int uevent(const struct xenbus_device *dev, struct kobj_uevent_env *env)
#else
static int uevent(struct xenbus_device *dev, struct kobj_uevent_env *env)
#endif
{
	const struct xenbus_be *be = xenbus_be_of(&dev->dev);

	return be && be->drv->uevent ? be->drv->uevent(be, env) : 0;
}

int __xenbus_be_register(struct xenbus_be_driver *drv, struct module *owner,
			 const char *mod_name)
{
	if (!xen_domain())
		return -ENODEV;
	strscpy(drv->ids[0].devicetype, drv->type, sizeof(drv->ids[0].devicetype));
	drv->xb.ids = drv->ids;
	drv->xb.probe = probe;
	drv->xb.remove = remove;
	drv->xb.otherend_changed = otherend_changed;
	drv->xb.uevent = uevent;
	drv->xb.reclaim_memory = reclaim_memory;
	return __xenbus_register_backend(&drv->xb, owner, mod_name);
}
EXPORT_SYMBOL_GPL(__xenbus_be_register);

void xenbus_be_unregister(struct xenbus_be_driver *drv)
{
	xenbus_unregister_driver(&drv->xb);
}
EXPORT_SYMBOL_GPL(xenbus_be_unregister);

static int __init xenbus_be_init(void)
{
	xenbus_be_wq = alloc_workqueue("hospes-xenbus", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return xenbus_be_wq ? 0 : -ENOMEM;
}

static void __exit xenbus_be_exit(void)
{
	destroy_workqueue(xenbus_be_wq);
}

module_init(xenbus_be_init);
module_exit(xenbus_be_exit);

MODULE_DESCRIPTION("State machine, rings and events that the Xen backends share");
MODULE_LICENSE("GPL");
