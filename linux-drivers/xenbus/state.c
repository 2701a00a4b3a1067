// SPDX-License-Identifier: GPL-2.0-only
/*
 * One backend device's state, from what the store says now.
 *
 * There is no record of which step comes next: each run of be_work() looks at
 * the frontend's state, the host's side and what we have connected, and does
 * what brings these together. So no order of events is special, and doing it
 * once more changes nothing.
 *
 * be->lock is the only lock. States: xen/io/xenbus.h, enum xenbus_state.
 */
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/sysfs.h>

#include "internal.h"

/* What a frontend's state asks of us. */
enum be_goal {
	GOAL_GONE,	/* as GOAL_CLOSED, and the device goes too if the guest is gone */
	GOAL_WAIT,	/* nothing mapped, ready for a handshake */
	GOAL_CONNECT,
	GOAL_RECONFIGURE,
	GOAL_KEEP,
	GOAL_CLOSING,
	GOAL_CLOSED,
};

static enum be_goal be_goal(const struct xenbus_be *be, enum xenbus_state fe)
{
	switch (fe) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
		return GOAL_WAIT;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return fe >= be->drv->connect_state ? GOAL_CONNECT : GOAL_WAIT;
	case XenbusStateReconfiguring:
		return GOAL_RECONFIGURE;
	case XenbusStateReconfigured:
		return GOAL_KEEP;
	case XenbusStateClosing:
		return GOAL_CLOSING;
	case XenbusStateClosed:
		return GOAL_CLOSED;
	default:
		return GOAL_GONE;
	}
}

/*
 * The toolstack writes our state too (Closing, to detach), behind the back of
 * the value that the bus keeps to leave out writes without effect.
 */
static void be_show(struct xenbus_be *be, enum xenbus_state state)
{
	be->dev->state = xenbus_read_driver_state(be->dev->nodename);
	xenbus_switch_state(be->dev, state);
}

/* Write the state even if it stands there already: whoever watches looks again. */
static void be_show_again(struct xenbus_be *be, enum xenbus_state state)
{
	be->dev->state = XenbusStateUnknown;
	xenbus_switch_state(be->dev, state);
}

static void be_disconnect(struct xenbus_be *be)
{
	if (be->touched)
		be->drv->disconnect(be);
	be->touched = false;
	be->connected = false;
}

static void be_fail(struct xenbus_be *be, int err, const char *what)
{
	xenbus_be_broken(be, "%s: error %d", what, err);
}

/* 1 if the host's side is there, else not; a gate's error closes the device. */
static int be_ask_gate(struct xenbus_be *be)
{
	int rc = be->drv->gate ? be->drv->gate(be) : 1;

	if (rc < 0)
		be_fail(be, rc, "the host's side of the device cannot be used");
	return rc;
}

static void be_wait(struct xenbus_be *be)
{
	int open;

	be_disconnect(be);
	if (xenbus_be_is_broken(be))
		return;
	open = be_ask_gate(be);
	if (open >= 0)
		be_show(be, open ? be->drv->ready_state : XenbusStateInitWait);
}

/*
 * The toolstack asks something of the frontend by writing our state, to close or
 * to reconfigure: it stands until the frontend, which may not yet have seen it,
 * has moved. One that saw Closing must not find us Connected again: Linux's
 * xen-blkfront takes that for a new connection and dies.
 */
static bool be_told_to_close(const struct xenbus_be *be)
{
	return xenbus_read_driver_state(be->dev->nodename) == XenbusStateClosing;
}

static bool be_toolstack_asks(const struct xenbus_be *be)
{
	return be_told_to_close(be) ||
	       (be->drv->reconfigure &&
		xenbus_read_driver_state(be->dev->nodename) == XenbusStateReconfiguring);
}

static void be_connect(struct xenbus_be *be, enum xenbus_state fe)
{
	int rc;

	/* A frontend that was Connected and is less starts over. */
	if (be->connected && be->fe_handled == XenbusStateConnected && fe < be->fe_handled)
		be_disconnect(be);

	if (xenbus_be_is_broken(be))
		return;
	/* A frontend that is not Connected yet needs that from us before it can reconfigure. */
	if (be->connected && (fe == XenbusStateConnected ? be_toolstack_asks(be) :
							   be_told_to_close(be)))
		return;
	if (!be->connected) {
		/* Opening a disk may take longer than a removal waits, and then nobody is there. */
		if (be_ask_gate(be) != 1 || test_bit(BE_REMOVED, &be->flags))
			return;
		be->touched = true;
		rc = be->drv->connect(be);
		if (rc) {
			be_disconnect(be);
			if (rc != -EAGAIN)
				be_fail(be, rc, "cannot connect");
			return;
		}
		be->connected = true;
	} else if (be->fe_handled == XenbusStateReconfiguring && be->drv->reconfigured) {
		rc = be->drv->reconfigured(be);
		if (rc) {
			be_fail(be, rc, "cannot reconfigure");
			return;
		}
	}
	be_show(be, XenbusStateConnected);
}

static void be_reconfigure(struct xenbus_be *be)
{
	int rc;

	if (!be->connected || !be->drv->reconfigure)
		return;
	rc = be->drv->reconfigure(be);
	if (rc)
		be_fail(be, rc, "cannot reconfigure");
	else if (!be_told_to_close(be))
		be_show(be, XenbusStateReconfigured);
}

static void be_finish(struct xenbus_be *be)
{
	if (be->drv->release)
		be->drv->release(be);
	set_bit(BE_FINISHED, &be->flags);
	be_show_again(be, XenbusStateClosed);
}

static void be_close(struct xenbus_be *be, bool for_good)
{
	be_disconnect(be);
	if (for_good || !xenbus_dev_is_online(be->dev))
		be_finish(be);
	else
		be_show(be, XenbusStateClosed);
}

static void be_closing(struct xenbus_be *be)
{
	be_disconnect(be);
	if (be->dev->state != XenbusStateClosed)
		be_show(be, XenbusStateClosing);
}

static void be_reach(struct xenbus_be *be, enum xenbus_state fe)
{
	switch (be_goal(be, fe)) {
	case GOAL_GONE:
		be_close(be, !xenbus_exists(XBT_NIL, be->dev->otherend, "state"));
		break;
	case GOAL_WAIT:
		be_wait(be);
		break;
	case GOAL_CONNECT:
		be_connect(be, fe);
		break;
	case GOAL_RECONFIGURE:
		if (be->fe_handled != fe)
			be_reconfigure(be);
		break;
	case GOAL_KEEP:
		break;
	case GOAL_CLOSING:
		be_closing(be);
		break;
	case GOAL_CLOSED:
		be_close(be, false);
		break;
	}
}

/* The toolstack takes the device from a guest that has no driver for it. */
static bool be_detached_unused(struct xenbus_be *be)
{
	return !be->connected &&
	       xenbus_read_driver_state(be->dev->nodename) == XenbusStateClosing &&
	       !xenbus_dev_is_online(be->dev);
}

/* A closed device may be tried again after a new handshake or a change on the host's side. */
static void be_forgive(struct xenbus_be *be, enum xenbus_state fe, bool gate_moved)
{
	enum be_goal goal = be_goal(be, fe);
	bool restarted = fe != be->fe_handled && (goal == GOAL_WAIT || goal == GOAL_CLOSED);

	if (restarted || gate_moved)
		clear_bit(BE_BROKEN, &be->flags);
}

static void be_step(struct xenbus_be *be)
{
	enum xenbus_state fe = READ_ONCE(be->fe_state);
	bool gate_moved = test_and_clear_bit(BE_GATE_MOVED, &be->flags);
	bool kicked = test_and_clear_bit(BE_KICKED, &be->flags);

	if (xenbus_be_is_broken(be)) {
		be_disconnect(be);
		be_forgive(be, fe, gate_moved);
	}
	if (gate_moved && be->connected)
		be_ask_gate(be);
	if (be_detached_unused(be))
		be_finish(be);
	else
		be_reach(be, fe);
	be->fe_handled = fe;

	/* Every step above may have found the frontend or the host at fault. */
	if (xenbus_be_is_broken(be) && !test_bit(BE_FINISHED, &be->flags)) {
		be_disconnect(be);
		be_show(be, XenbusStateClosed);
	} else if (kicked && be->connected && be->drv->refresh && be->drv->refresh(be) > 0 &&
		   !be_toolstack_asks(be)) {
		be_show_again(be, XenbusStateConnected);
	}
}

/**
 * be_free() - Drop a device when neither the bus nor its work needs it.
 * @ref: of the device
 */
void be_free(struct kref *ref)
{
	struct xenbus_be *be = container_of(ref, struct xenbus_be, ref);

	put_device(&be->dev->dev);
	kfree(be);
}

/**
 * be_work() - Look at the device once; the work item orders all hooks.
 * @work: be->work
 */
void be_work(struct work_struct *work)
{
	struct xenbus_be *be = container_of(work, struct xenbus_be, work);

	mutex_lock(&be->lock);
	if (!test_bit(BE_REMOVED, &be->flags) && !test_bit(BE_FINISHED, &be->flags))
		be_step(be);
	mutex_unlock(&be->lock);
}

/**
 * be_teardown() - The last thing that happens to a device.
 * @work: be->teardown, queued once, after BE_REMOVED was set and the watches are gone
 *
 * The driver itself may queue be->work until destroy() has returned.
 */
void be_teardown(struct work_struct *work)
{
	struct xenbus_be *be = container_of(work, struct xenbus_be, teardown);
	struct module *owner = be->drv->xb.driver.owner;

	mutex_lock(&be->lock);
	be_disconnect(be);
	be->drv->destroy(be);
	mutex_unlock(&be->lock);
	cancel_work_sync(&be->work);
	complete_all(&be->gone);
	kref_put(&be->ref, be_free);
	module_put(owner);
}

/**
 * be_queue() - Have the work look at the device.
 * @be: the device, alive
 *
 * Context: any.
 */
void be_queue(struct xenbus_be *be)
{
	queue_work(xenbus_be_wq, &be->work);
}

void xenbus_be_kick(struct xenbus_be *be)
{
	set_bit(BE_KICKED, &be->flags);
	be_queue(be);
}
EXPORT_SYMBOL_GPL(xenbus_be_kick);

void xenbus_be_broken(struct xenbus_be *be, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (test_and_set_bit(BE_BROKEN, &be->flags))
		return;
	va_start(args, fmt);
	vaf.va = &args;
	dev_err_ratelimited(&be->dev->dev, "domain %d: %pV; its device is closed\n",
			    be->dev->otherend_id, &vaf);
	va_end(args);
	be_queue(be);
}
EXPORT_SYMBOL_GPL(xenbus_be_broken);

bool xenbus_be_is_broken(const struct xenbus_be *be)
{
	return test_bit(BE_BROKEN, &be->flags);
}
EXPORT_SYMBOL_GPL(xenbus_be_is_broken);
