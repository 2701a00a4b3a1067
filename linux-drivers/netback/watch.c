// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches on store nodes that change while a device is connected.
 *
 * The bus removes a device from the thread that also runs watches, and waits
 * there for our hooks; a hook that waited for that thread would lock up both.
 * So a watch is cut off from its device at once and unregistered later.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "netback.h"

struct nb_watch {
	struct xenbus_watch watch;
	struct mutex lock;	/* guards vif, and is held while fn runs */
	struct nb_vif *vif;	/* NULL once the device has let go */
	void (*fn)(struct nb_vif *vif);
	struct work_struct end;
};

static struct workqueue_struct *watch_wq;

static void watch_fired(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct nb_watch *w = container_of(watch, struct nb_watch, watch);

	mutex_lock(&w->lock);
	if (w->vif)
		w->fn(w->vif);
	mutex_unlock(&w->lock);
}

static void watch_end(struct work_struct *work)
{
	struct nb_watch *w = container_of(work, struct nb_watch, end);

	unregister_xenbus_watch(&w->watch);
	kfree(w->watch.node);
	kfree(w);
}

/**
 * nb_watch_start() - Call a function now and whenever a node changes.
 * @vif:	for @fn; the watch must be stopped before it goes
 * @dir:	directory in the store
 * @node:	name below it; it need not exist
 * @fn:		reads the node; process context, never after nb_watch_stop()
 *
 * Context: process.
 * Return: the watch, NULL if there is no memory or the store refuses.
 */
struct nb_watch *nb_watch_start(struct nb_vif *vif, const char *dir, const char *node,
				void (*fn)(struct nb_vif *vif))
{
	struct nb_watch *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return NULL;
	mutex_init(&w->lock);
	INIT_WORK(&w->end, watch_end);
	w->vif = vif;
	w->fn = fn;
	w->watch.callback = watch_fired;
	w->watch.node = kasprintf(GFP_KERNEL, "%s/%s", dir, node);
	if (!w->watch.node || register_xenbus_watch(&w->watch)) {
		kfree(w->watch.node);
		kfree(w);
		return NULL;
	}
	return w;
}

/**
 * nb_watch_stop() - Stop it; harmless when repeated.
 * @watch: NULL inside, or from nb_watch_start(); NULL afterwards
 *
 * Context: process; waits for a running function only.
 */
void nb_watch_stop(struct nb_watch **watch)
{
	struct nb_watch *w = *watch;

	if (!w)
		return;
	*watch = NULL;
	mutex_lock(&w->lock);
	w->vif = NULL;
	mutex_unlock(&w->lock);
	queue_work(watch_wq, &w->end);
}

/**
 * nb_watch_init() - Before the first watch.
 * Return: 0 or -ENOMEM.
 */
int nb_watch_init(void)
{
	watch_wq = alloc_workqueue("xen-netback-watch", WQ_UNBOUND, 0);
	return watch_wq ? 0 : -ENOMEM;
}

/**
 * nb_watch_exit() - After the last one was stopped.
 */
void nb_watch_exit(void)
{
	destroy_workqueue(watch_wq);
}
