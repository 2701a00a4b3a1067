// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's life as the store tells it: what we offer, what the frontend
 * answers, connecting and disconnecting. The order of things is the shared
 * layer's (xenbus_be.h); all hooks run under be->lock.
 *
 * ABI: xen/io/netif.h and the nodes listed in Documentation/admin/drivers/netback.rst.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netback.h"

/* How long packets wait for a guest that does not tell us when it has room. */
#define DRAIN_WITHOUT_NOTIFY_MSECS	30

static int nr_queues_offered(struct xenbus_be *be)
{
	return ((struct nb_vif *)be->priv)->max_queues;
}

static int split_offered(struct xenbus_be *be)
{
	return nb_separate_tx_rx_irq;
}

static int headroom_offered(struct xenbus_be *be)
{
	return nb_provides_xdp_headroom;
}

static const struct xenbus_be_feature features[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-gso-tcpv6", 1 },
	{ "feature-ipv6-csum-offload", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-rx-flip", 0 },
	{ "feature-multicast-control", 1 },
	{ "feature-dynamic-multicast-control", 1 },
	{ "feature-ctrl-ring", 1 },
	{ "feature-xdp-headroom", .get = headroom_offered },
	{ "feature-split-event-channels", .get = split_offered },
	{ "multi-queue-max-queues", .get = nr_queues_offered },
	{ }
};

static int nb_create(struct xenbus_be *be)
{
	unsigned int handle;
	struct nb_vif *vif;
	int rc;

	rc = xenbus_be_read_uint(be, be->dev->nodename, "handle", U32_MAX, U16_MAX, &handle);
	if (rc)
		return rc;
	if (handle == U32_MAX) {
		dev_err(&be->dev->dev, "%s/handle is missing: the toolstack must write it\n",
			be->dev->nodename);
		return -ENOENT;
	}
	vif = nb_interface_create(be, handle);
	if (IS_ERR(vif))
		return PTR_ERR(vif);
	be->priv = vif;
	return 0;
}

/* Those of nb_uevent(), which the bus can no longer ask: the device is on its way out. */
static void tell_offline(struct xenbus_be *be, const struct nb_vif *vif)
{
	char *script = xenbus_read(XBT_NIL, be->dev->nodename, "script", NULL);
	char name[IFNAMSIZ + 4];
	char *env[3] = { name };

	snprintf(name, sizeof(name), "vif=%s", vif->dev->name);
	if (!IS_ERR(script)) {
		env[1] = kasprintf(GFP_KERNEL, "script=%s", script);
		kfree(script);
	}
	kobject_uevent_env(&be->dev->dev.kobj, KOBJ_OFFLINE, env);
	kfree(env[1]);
}

static void nb_destroy(struct xenbus_be *be)
{
	struct nb_vif *vif = be->priv;

	tell_offline(be, vif);
	nb_interface_destroy(vif);
	xenbus_rm(XBT_NIL, be->dev->nodename, "hotplug-status");
}

/* Udev learns of the interface once the device can answer for it. */
static int nb_gate(struct xenbus_be *be)
{
	struct nb_vif *vif = be->priv;

	if (!vif->announced)
		kobject_uevent(&be->dev->dev.kobj, KOBJ_ONLINE);
	vif->announced = true;
	return xenbus_be_hotplug_done(be);
}

static int nb_uevent(const struct xenbus_be *be, struct kobj_uevent_env *env)
{
	const struct nb_vif *vif = be->priv;
	char *script;
	int rc;

	script = xenbus_read(XBT_NIL, be->dev->nodename, "script", NULL);
	if (!IS_ERR(script)) {
		rc = add_uevent_var(env, "script=%s", script);
		kfree(script);
		if (rc)
			return rc;
	}
	return add_uevent_var(env, "vif=%s", vif->dev->name);
}

static void rate_changed(struct nb_vif *vif)
{
	char *text = xenbus_read(XBT_NIL, vif->be->dev->nodename, "rate", NULL);
	u64 bytes = 0, window_ns = 0;

	if (IS_ERR(text))
		text = NULL;
	if (text && !nb_credit_parse(text, &bytes, &window_ns)) {
		netdev_err(vif->dev, "rate \"%s\" is not BYTES,MICROSECONDS: no limit is set\n",
			   text);
		window_ns = 0;
	}
	nb_credit_set(&vif->credit, bytes, window_ns, ktime_get_ns());
	mod_timer(&vif->credit_timer, jiffies);	/* who waits may wait no longer */
	kfree(text);
}

static void mcast_changed(struct nb_vif *vif)
{
	unsigned int on;

	on = xenbus_read_unsigned(vif->be->dev->otherend, "request-multicast-control", 0);
	WRITE_ONCE(vif->mcast.filter, !!on);
}

/* A flag that the frontend may leave out. */
static int read_flag(struct nb_vif *vif, const char *node, bool def, bool *flag)
{
	unsigned int val;
	int rc;

	rc = xenbus_be_read_uint(vif->be, vif->be->dev->otherend, node, def, U32_MAX, &val);
	*flag = val;
	return rc;
}

static int read_headroom(struct nb_vif *vif)
{
	unsigned int val;
	int rc;

	rc = xenbus_be_read_uint(vif->be, vif->be->dev->otherend, "xdp-headroom", 0,
				 NB_RX_HEADROOM_MAX, &val);
	if (!rc)
		WRITE_ONCE(vif->xdp_headroom, nb_provides_xdp_headroom ? val : 0);
	return rc;
}

static int read_timeouts(struct nb_vif *vif)
{
	bool notifies;
	int rc;

	rc = read_flag(vif, "feature-rx-notify", false, &notifies);
	if (rc)
		return rc;
	vif->drain_timeout = msecs_to_jiffies(notifies ? nb_rx_drain_timeout_msecs :
					      DRAIN_WITHOUT_NOTIFY_MSECS);
	vif->stall_timeout = notifies ? msecs_to_jiffies(nb_rx_stall_timeout_msecs) : 0;
	return 0;
}

static int read_abilities(struct nb_vif *vif)
{
	bool rx_copy, gso4, gso6, no_csum;
	int rc;

	rc = read_flag(vif, "request-rx-copy", false, &rx_copy);
	if (rc)
		return rc;
	if (!rx_copy) {
		dev_err_ratelimited(&vif->be->dev->dev,
				    "%s/request-rx-copy is not 1: only copying is possible\n",
				    vif->be->dev->otherend);
		return -EOPNOTSUPP;
	}
	rc = read_flag(vif, "feature-sg", false, &vif->can_sg);
	rc = rc ?: read_flag(vif, "feature-gso-tcpv4", false, &gso4);
	rc = rc ?: read_flag(vif, "feature-gso-tcpv6", false, &gso6);
	rc = rc ?: read_flag(vif, "feature-no-csum-offload", false, &no_csum);
	rc = rc ?: read_flag(vif, "feature-ipv6-csum-offload", false, &vif->ipv6_csum);
	rc = rc ?: read_headroom(vif);
	rc = rc ?: read_timeouts(vif);
	if (rc)
		return rc;
	vif->ip_csum = !no_csum;
	vif->gso_mask = gso4 << XEN_NETIF_GSO_TYPE_TCPV4 | gso6 << XEN_NETIF_GSO_TYPE_TCPV6;
	return 0;
}

static int read_nr_queues(struct nb_vif *vif, unsigned int *nr)
{
	int rc;

	rc = xenbus_be_read_uint(vif->be, vif->be->dev->otherend, "multi-queue-num-queues", 1,
				 vif->max_queues, nr);
	if (rc)
		return rc;
	return *nr ? 0 : -EINVAL;
}

/* Show the net_device to the stack; queues and events are there. */
static int go_live(struct nb_vif *vif)
{
	struct net_device *dev = vif->dev;
	unsigned int i;
	int rc;

	rtnl_lock();
	rc = netif_set_real_num_tx_queues(dev, vif->nr_queues);
	rc = rc ?: netif_set_real_num_rx_queues(dev, vif->nr_queues);
	if (rc)
		goto unlock;
	if (!vif->can_sg && dev->mtu > ETH_DATA_LEN)
		dev_set_mtu(dev, ETH_DATA_LEN);
	netdev_update_features(dev);

	/* With stall detection the carrier comes when the guest has slots. */
	atomic_set(&vif->stalled_queues, vif->stall_timeout ? vif->nr_queues : 0);
	for (i = 0; i < vif->nr_queues; i++)
		vif->queues[i].rx_stalled = vif->stall_timeout != 0;
	smp_store_release(&vif->connected, true); /* pairs with nb_start_xmit() */
	if (!vif->stall_timeout)
		netif_carrier_on(dev);
	if (netif_running(dev)) {
		netif_tx_start_all_queues(dev);
		nb_queues_start(vif);
	}
unlock:
	rtnl_unlock();
	return rc;
}

static void go_dark(struct nb_vif *vif)
{
	rtnl_lock();
	WRITE_ONCE(vif->connected, false);
	nb_queues_stop(vif);
	netif_carrier_off(vif->dev);	/* last: a poll before may have turned it on */
	rtnl_unlock();
	synchronize_net();	/* the stack has left nb_start_xmit() */
}

static int nb_connect(struct xenbus_be *be)
{
	struct nb_vif *vif = be->priv;
	unsigned int nr, i;
	int rc;

	rc = read_abilities(vif);
	if (rc)
		return rc;
	rc = read_nr_queues(vif, &nr);
	if (rc)
		return rc;
	rc = nb_queues_create(vif, nr);
	if (rc)
		return rc;
	for (i = 0; i < nr; i++) {
		rc = nb_queue_connect(&vif->queues[i]);
		if (rc)
			return rc;
	}
	rc = nb_ctrl_connect(vif);
	if (rc)
		return rc;
	rate_changed(vif);
	mcast_changed(vif);
	vif->rate_watch = nb_watch_start(vif, be->dev->nodename, "rate", rate_changed);
	vif->mcast_watch = nb_watch_start(vif, be->dev->otherend, "request-multicast-control",
					  mcast_changed);
	if (!vif->rate_watch || !vif->mcast_watch)
		return -ENOMEM;
	nb_debugfs_add(vif);
	return go_live(vif);
}

static void nb_disconnect(struct xenbus_be *be)
{
	struct nb_vif *vif = be->priv;

	nb_watch_stop(&vif->rate_watch);
	nb_watch_stop(&vif->mcast_watch);
	nb_debugfs_del(vif);
	go_dark(vif);
	del_timer_sync(&vif->credit_timer);
	nb_ctrl_disconnect(vif);
	nb_queues_destroy(vif);
	nb_mcast_clear(&vif->mcast);
}

/*
 * Linux' frontend says that it reconfigures before it writes how much room it wants, and is
 * Connected again after: who reads at the first may get what was, so it is read at both.
 */
static int nb_reconfigure(struct xenbus_be *be)
{
	return read_headroom(be->priv);
}

struct xenbus_be_driver nb_xenbus_driver = {
	.type		= "vif",
	.features	= features,
	.watch		= "hotplug-status",
	.ready_state	= XenbusStateInitWait,
	.connect_state	= XenbusStateConnected,
	.create		= nb_create,
	.destroy	= nb_destroy,
	.gate		= nb_gate,
	.connect	= nb_connect,
	.disconnect	= nb_disconnect,
	.reconfigure	= nb_reconfigure,
	.reconfigured	= nb_reconfigure,
	.uevent		= nb_uevent,
};
