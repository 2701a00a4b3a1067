/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layer that every backend driver of this tree stands on.
 *
 * It owns one backend device's life in the store: which state it shows, when
 * its rings are mapped and when they go, in whatever order and however often
 * the frontend, the hotplug script and the toolstack speak. A driver supplies
 * the hooks of struct xenbus_be_driver and never reads or writes a "state" node.
 *
 *   toolstack creates the node     create()       -> InitWait
 *   script wrote what was awaited  gate() == 1    -> .ready_state
 *   frontend is ready              connect()      -> Connected
 *   frontend reconfigures          reconfigure()  -> Reconfigured
 *   frontend closes, restarts,
 *   breaks the protocol, is gone   disconnect()   -> Closing, Closed, InitWait
 *   node or driver removed         disconnect(), destroy()
 *
 * All hooks of one device run one after the other, in process context, under
 * be->lock, never in the store's watch thread: they may sleep, and a device
 * that hangs holds up no other. disconnect() runs only between a connect()
 * that was called (with whatever result) and the next one, destroy() once
 * after a create() that succeeded.
 *
 * The store protocol is that of xen/io/xenbus.h.
 */
#ifndef HOSPES_XENBUS_BE_H
#define HOSPES_XENBUS_BE_H

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

struct attribute_group;
struct kobj_uevent_env;
struct xenbus_be;

/**
 * struct xenbus_be_feature - One node that advertises an ability.
 * @node:  name below the backend's directory; NULL ends the table
 * @value: what is written when @get is NULL
 * @get:   gives the value for this device; a negative one leaves the node out
 */
struct xenbus_be_feature {
	const char *node;
	int value;
	int (*get)(struct xenbus_be *be);
};

/**
 * struct xenbus_be_driver - One backend driver; static storage, unchanged while registered.
 * @type:          device type in the store: "vbd", "vif", "pci"
 * @features:      nodes written after @create and before InitWait; may be NULL
 * @groups:        sysfs groups of the device, from after @create until before
 *                 @destroy (NULL-terminated); may be NULL. Their show functions
 *                 find the device by xenbus_be_of()
 * @watch:         node below the backend's directory whose change runs @gate
 *                 again; "" is the directory itself; NULL for none
 * @ready_state:   state shown when the gate is open and the frontend is not there:
 *                 XenbusStateInitWait, or XenbusStateInitialised for pci
 * @connect_state: the lowest frontend state that asks to be connected:
 *                 XenbusStateInitialised or XenbusStateConnected
 * @create:        make be->priv; fails with a negative errno and nothing left behind
 * @destroy:       undo @create
 * @gate:          is the host's side there? 1 yes, 0 not yet, negative errno: the
 *                 device cannot work. Asked before each connection and after each
 *                 change of @watch, also while connected. NULL means yes.
 *                 xenbus_be_hotplug_done() serves for "hotplug-status"
 * @connect:       read the frontend's nodes, map, bind, start. -EAGAIN waits for the
 *                 next change; any other error closes the device with a message.
 *                 On failure the layer calls @disconnect, so no unwinding is needed
 *                 if that copes with a half-made connection
 * @disconnect:    stop, wait for what is in flight, unbind, unmap
 * @reconfigure:   the frontend moved to Reconfiguring while connected; may be NULL
 * @reconfigured:  and is Connected again: what it wrote meanwhile is complete; may be NULL
 * @refresh:       asked after each xenbus_be_kick() while connected: 1 if the frontend
 *                 shall look at our nodes again (the state is rewritten), 0 if not;
 *                 may be NULL
 * @release:       the device is closed for good and says so next: let go of what the
 *                 toolstack's script then takes down (an open disk). destroy()
 *                 follows; may be NULL
 * @reclaim:       the host is short of memory: free what can be had again. Skipped
 *                 while another hook runs; may be NULL
 * @uevent:        extra variables for udev, without be->lock; may be NULL
 */
struct xenbus_be_driver {
	const char *type;
	const struct xenbus_be_feature *features;
	const struct attribute_group **groups;
	const char *watch;
	enum xenbus_state ready_state;
	enum xenbus_state connect_state;

	int (*create)(struct xenbus_be *be);
	void (*destroy)(struct xenbus_be *be);
	int (*gate)(struct xenbus_be *be);
	int (*connect)(struct xenbus_be *be);
	void (*disconnect)(struct xenbus_be *be);
	int (*reconfigure)(struct xenbus_be *be);
	int (*reconfigured)(struct xenbus_be *be);
	int (*refresh)(struct xenbus_be *be);
	void (*release)(struct xenbus_be *be);
	void (*reclaim)(struct xenbus_be *be);
	int (*uevent)(const struct xenbus_be *be, struct kobj_uevent_env *env);

	/* private: the layer's own */
	struct xenbus_driver xb;
	struct xenbus_device_id ids[2];
};

/**
 * struct xenbus_be - One backend device.
 * @dev:    the bus's device; dev->nodename is our directory, dev->otherend the frontend's
 * @drv:    its driver
 * @priv:   the driver's own
 * @lock:   held around every hook; guards everything below
 */
struct xenbus_be {
	struct xenbus_device *dev;
	struct xenbus_be_driver *drv;
	void *priv;
	struct mutex lock;

	/* private: the layer's own */
	struct xenbus_watch watch;		/* of drv->watch */
	struct xenbus_watch state_watch;	/* of our own state */
	struct work_struct work;
	struct work_struct teardown;
	struct completion gone;
	struct kref ref;
	enum xenbus_state fe_state;	/* written by the watch thread */
	enum xenbus_state fe_handled;	/* the one last acted upon */
	unsigned long flags;		/* atomic: enum in state.c */
	bool touched;			/* connect() was called since disconnect() */
	bool connected;
};

/**
 * xenbus_be_register() - Take over a backend type.
 * @drv: the driver; @type, @create, @destroy, @connect, @disconnect and both states set
 *
 * Devices already in the store are created before this returns or soon after.
 * The module carries MODULE_ALIAS("xen-backend:TYPE") itself.
 *
 * Context: process.
 * Return: 0; -ENODEV without Xen; -EBUSY if another driver has that name.
 */
#define xenbus_be_register(drv) \
	__xenbus_be_register(drv, THIS_MODULE, KBUILD_MODNAME)
int __xenbus_be_register(struct xenbus_be_driver *drv, struct module *owner,
			 const char *mod_name);

/**
 * xenbus_be_unregister() - Undo xenbus_be_register().
 * @drv: a registered driver
 *
 * Devices still there are removed as by the toolstack.
 *
 * Context: process.
 */
void xenbus_be_unregister(struct xenbus_be_driver *drv);

/**
 * xenbus_be_of() - The backend device behind a struct device.
 * @dev: device on the xen-backend bus, bound to a driver of this layer
 *
 * Context: any, while the binding lasts (sysfs show functions, hooks).
 * Return: the device, NULL while it is being made or removed.
 */
struct xenbus_be *xenbus_be_of(const struct device *dev);

/**
 * xenbus_be_kick() - Look at the device again.
 * @be: the device, alive
 *
 * For what the store does not tell: the gate's answer changed, a connect that
 * gave -EAGAIN may now succeed. Asynchronous.
 *
 * Context: any.
 */
void xenbus_be_kick(struct xenbus_be *be);

/**
 * xenbus_be_broken() - The frontend broke the protocol: close its device.
 * @be:  the device, connected
 * @fmt: what it did, without newline; the domain and device are put before it
 *
 * Only the first call of a connection prints (rate-limited) and acts. The
 * disconnection follows asynchronously, so the caller only has to stop using
 * the ring. A frontend may start over by a fresh handshake.
 *
 * Context: any, hard interrupt included.
 */
__printf(2, 3)
void xenbus_be_broken(struct xenbus_be *be, const char *fmt, ...);

/**
 * xenbus_be_is_broken() - Was xenbus_be_broken() called on this connection?
 * @be: the device
 *
 * Context: any.
 */
bool xenbus_be_is_broken(const struct xenbus_be *be);

/**
 * xenbus_be_hotplug_done() - Gate for devices that wait for their script.
 * @be: the device; .watch of its driver is "hotplug-status"
 *
 * Return: 1 if the script wrote "connected", 0 if it has not yet spoken.
 */
int xenbus_be_hotplug_done(struct xenbus_be *be);

#define XENBUS_BE_PATH_MAX	128

/**
 * xenbus_be_queue_path() - Directory of the frontend that holds a queue's nodes.
 * @be:        the device
 * @buf:       @size bytes, XENBUS_BE_PATH_MAX suffices
 * @size:      of @buf
 * @queue:     number of the queue, from 0
 * @nr_queues: as negotiated; with 1 the nodes stand in the frontend's directory
 *             itself, otherwise in "queue-N" below it
 *
 * Return: 0; -ENAMETOOLONG.
 */
int xenbus_be_queue_path(struct xenbus_be *be, char *buf, size_t size,
			 unsigned int queue, unsigned int nr_queues);

/**
 * xenbus_be_read_uint() - Read an unsigned number that the frontend chose.
 * @be:   the device
 * @dir:  directory, of the frontend or from xenbus_be_queue_path()
 * @node: name below it
 * @def:  result if the node does not exist
 * @max:  largest value accepted
 * @val:  the result
 *
 * Decimal as in the store, nothing before or behind it.
 *
 * Return: 0; -EINVAL if it is no number or above @max, with a message that
 * names the domain, node and limit.
 */
int xenbus_be_read_uint(struct xenbus_be *be, const char *dir, const char *node,
			unsigned int def, unsigned int max, unsigned int *val);

/**
 * xenbus_be_map_ring() - Map a ring of one or several pages.
 * @be:       the device
 * @dir:      directory with the reference nodes
 * @node:     "ring-ref", "tx-ring-ref": read as is if @nr_pages is 1 and the node
 *            exists, otherwise with 0 to @nr_pages - 1 appended
 * @nr_pages: 1 to XENBUS_MAX_RING_GRANTS
 * @vaddr:    the mapping, virtually contiguous
 *
 * Context: process.
 * Return: 0; -EINVAL for a missing or bad node or @nr_pages; the map's error.
 */
int xenbus_be_map_ring(struct xenbus_be *be, const char *dir, const char *node,
		       unsigned int nr_pages, void **vaddr);

/**
 * xenbus_be_unmap_ring() - Undo xenbus_be_map_ring(); harmless when repeated.
 * @be:    the device
 * @vaddr: NULL inside, or a mapping; NULL afterwards
 */
void xenbus_be_unmap_ring(struct xenbus_be *be, void **vaddr);

/**
 * struct xenbus_be_event - An event channel bound to an interrupt.
 * @irq:    0 if not bound
 * @owed:   the hard handler ran, and the port is masked until the thread has run, too
 * @fn:     runs in the interrupt's own thread, at normal (not real-time) priority
 * @data:   for @fn
 * @name:   of the interrupt
 */
struct xenbus_be_event {
	int irq;
	unsigned long owed;
	bool (*fn)(void *data);
	void *data;
	char name[32];

	/* private: the thread's own */
	bool calm;		/* has taken its normal priority */
	bool worked;		/* found something to do since the last event */
};

/**
 * xenbus_be_bind_event() - Bind the frontend's event channel.
 * @be:   the device
 * @dir:  directory with the node
 * @node: "event-channel", "event-channel-tx"
 * @ev:   zeroed or unbound before; @fn, @data and @name set. @fn runs at least
 *        once after each event or xenbus_be_event_wake(), never twice at a time,
 *        and tells whether it found anything to do: a frontend that rings for
 *        nothing is slowed down by the kernel (late EOI).
 *        The caller may use the event before this returns.
 *
 * Context: process.
 * Return: 0; -EINVAL for a missing or bad node; the binding's error.
 */
int xenbus_be_bind_event(struct xenbus_be *be, const char *dir, const char *node,
			 struct xenbus_be_event *ev);

/**
 * xenbus_be_unbind_event() - Undo it; waits for @fn; harmless when repeated.
 * @ev: bound or not
 *
 * Context: process, not from @fn.
 */
void xenbus_be_unbind_event(struct xenbus_be_event *ev);

/**
 * xenbus_be_event_sync() - Wait until no run of @fn is under way that began before.
 * @ev: bound or not
 *
 * Context: process, not from @fn.
 */
void xenbus_be_event_sync(struct xenbus_be_event *ev);

/**
 * xenbus_be_event_wake() - Run the event's thread without an event.
 * @ev: bound
 *
 * Context: any, while it is bound.
 */
void xenbus_be_event_wake(struct xenbus_be_event *ev);

/**
 * xenbus_be_event_notify() - Send the frontend an event.
 * @ev: bound
 *
 * Context: any, while it is bound.
 */
void xenbus_be_event_notify(struct xenbus_be_event *ev);

#endif
