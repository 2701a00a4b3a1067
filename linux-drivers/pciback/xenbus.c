// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the shared layer (../xenbus) calls. A guest has one backend device of type
 * "pci" for all its PCI devices; the toolstack numbers them in its directory:
 *
 *	num_devs, dev-N		which devices, by the machine's addresses
 *	state-N			1: to be handed over, 5: to be taken back
 *	vdev-N			ours: where the guest sees it
 *	root_num, root-N	ours: buses that the guest has to scan
 *
 * Before the guest is connected the list is read whenever num_devs changes.
 * Later the toolstack shows state 7 (Reconfiguring), the guest lets go of what is
 * to be taken, shows 7 too, we do the work and show 8, the guest looks for what
 * is new and shows 4.
 *
 * The toolstack closes gaps in the numbering after a removal, so a number means
 * nothing from one reading to the next; devices are known by their address.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "pciback.h"

#define MAX_DEVS	256	/* 32 slots of 8 functions */
#define NODE_MAX	16	/* "state-255" and more */

static int set_state(struct xenbus_be *be, unsigned int nr, enum xenbus_state state)
{
	char node[NODE_MAX];

	snprintf(node, sizeof(node), "state-%u", nr);
	return xenbus_printf(XBT_NIL, be->dev->nodename, node, "%d", state);
}

static int publish_root(struct pb_guest *guest, const struct pb_addr *root)
{
	const char *dir = guest->be->dev->nodename;
	unsigned int i, n = guest->nr_roots;
	char node[NODE_MAX];
	int rc;

	for (i = 0; i < n; i++)
		if (pb_addr_equal(&guest->roots[i], root))
			return 0;
	if (n == PB_ROOTS_MAX)
		return -ENOSPC;
	snprintf(node, sizeof(node), "root-%u", n);
	rc = xenbus_printf(XBT_NIL, dir, node, "%04x:%02x", root->domain, root->bus);
	if (!rc)
		rc = xenbus_printf(XBT_NIL, dir, "root_num", "%u", n + 1);
	if (rc)
		return rc;
	guest->roots[guest->nr_roots++] = *root;
	return 0;
}

static int publish_root_of(struct pb_guest *guest, const struct pb_addr *addr)
{
	struct pb_addr root;
	struct pb_export *e;
	bool needed;

	mutex_lock(&guest->lock);
	e = pb_view_find_real(&guest->exports, addr);
	needed = e && guest->view->root(&guest->exports, e, &root);
	mutex_unlock(&guest->lock);
	return needed ? publish_root(guest, &root) : 0;
}

/* The frontend reads the function with two digits. */
static int publish(struct pb_guest *guest, unsigned int nr, const struct pb_addr *addr,
		   const struct pb_addr *virt)
{
	char node[NODE_MAX];
	int rc;

	snprintf(node, sizeof(node), "vdev-%u", nr);
	rc = xenbus_printf(XBT_NIL, guest->be->dev->nodename, node, "%04x:%02x:%02x.%02x",
			   virt->domain, virt->bus, virt->devfn >> 3, virt->devfn & 7);
	return rc ? rc : publish_root_of(guest, addr);
}

static int read_dev(struct xenbus_be *be, unsigned int nr, struct pb_addr *addr)
{
	char node[NODE_MAX];
	char *text;
	int rc;

	snprintf(node, sizeof(node), "dev-%u", nr);
	text = xenbus_read(XBT_NIL, be->dev->nodename, node, NULL);
	if (IS_ERR(text)) {
		dev_err(&be->dev->dev, "%s/%s cannot be read: error %ld\n", be->dev->nodename,
			node, PTR_ERR(text));
		return PTR_ERR(text);
	}
	rc = pb_parse_addr(text, addr);
	if (rc)
		dev_err(&be->dev->dev, "%s/%s is \"%.20s\", no device address like 0000:03:00.0\n",
			be->dev->nodename, node, text);
	kfree(text);
	return rc;
}

static void attach(struct pb_guest *guest, unsigned int nr)
{
	struct pb_addr addr, virt;
	int rc;

	rc = read_dev(guest->be, nr, &addr);
	if (!rc)
		rc = pb_assign(guest, &addr, &virt);
	if (rc) {
		set_state(guest->be, nr, XenbusStateClosed);
		return;
	}
	rc = publish(guest, nr, &addr, &virt);
	if (rc) {
		dev_err(&guest->be->dev->dev, PB_ADDR_FMT " cannot be shown to domain %d: error %d\n",
			PB_ADDR_ARGS(&addr), guest->domid, rc);
		pb_take_back(guest, &addr);
	}
	set_state(guest->be, nr, rc ? XenbusStateClosed : XenbusStateInitialised);
}

static void detach(struct pb_guest *guest, unsigned int nr)
{
	struct pb_addr addr;

	if (!read_dev(guest->be, nr, &addr))
		pb_take_back(guest, &addr);
	set_state(guest->be, nr, XenbusStateClosed);
}

static void look_at(struct pb_guest *guest, unsigned int nr)
{
	char node[NODE_MAX];

	snprintf(node, sizeof(node), "state-%u", nr);
	switch (xenbus_read_unsigned(guest->be->dev->nodename, node, XenbusStateUnknown)) {
	case XenbusStateInitialising:
		attach(guest, nr);
		break;
	case XenbusStateClosing:
		detach(guest, nr);
		break;
	}
}

/* Do what the toolstack's list asks for; a device that cannot be had is named, others go on. */
static int follow_list(struct pb_guest *guest)
{
	struct xenbus_be *be = guest->be;
	unsigned int nr, nr_devs;
	int rc;

	rc = xenbus_be_read_uint(be, be->dev->nodename, "num_devs", 0, MAX_DEVS, &nr_devs);
	if (rc)
		return rc;
	for (nr = 0; nr < nr_devs; nr++)
		look_at(guest, nr);
	return 0;
}

/* the hooks */

static int create(struct xenbus_be *be)
{
	struct pb_guest *guest = kzalloc(sizeof(*guest), GFP_KERNEL);

	if (!guest)
		return -ENOMEM;
	be->priv = guest;
	kref_init(&guest->ref);
	guest->domid = be->dev->otherend_id;
	guest->be = be;
	guest->view = pb_passthrough ? &pb_view_real : &pb_view_flat;
	mutex_init(&guest->lock);
	INIT_LIST_HEAD(&guest->exports);
	init_waitqueue_head(&guest->aer_wait);
	return 0;
}

static void release(struct xenbus_be *be)
{
	pb_take_back_all(be->priv);
}

static void destroy(struct xenbus_be *be)
{
	release(be);
	pb_guest_put(be->priv);
	be->priv = NULL;
}

static int gate(struct xenbus_be *be)
{
	int rc = be->connected ? 0 : follow_list(be->priv);

	return rc ? rc : 1;
}

static int check_magic(struct xenbus_be *be)
{
	char *magic = xenbus_read(XBT_NIL, be->dev->otherend, "magic", NULL);
	int rc;

	if (IS_ERR(magic))
		return PTR_ERR(magic);
	rc = strcmp(magic, XEN_PCI_MAGIC) ? -EPROTO : 0;
	if (rc)
		dev_err_ratelimited(&be->dev->dev,
				    "domain %d: speaks version \"%.8s\" of the protocol, here it is \"%s\"; its kernel's pcifront does not fit\n",
				    be->dev->otherend_id, magic, XEN_PCI_MAGIC);
	kfree(magic);
	return rc;
}

static int connect(struct xenbus_be *be)
{
	struct pb_guest *guest = be->priv;
	void *page;
	int rc;

	rc = check_magic(be);
	if (rc)
		return rc;
	rc = xenbus_be_map_ring(be, be->dev->otherend, "pci-op-ref", 1, &page);
	if (rc)
		return rc;
	mutex_lock(&guest->lock);
	guest->shared = page;
	mutex_unlock(&guest->lock);
	guest->event.fn = pb_event;
	guest->event.data = guest;
	snprintf(guest->event.name, sizeof(guest->event.name), PB_NAME "-dom%d",
		 be->dev->otherend_id);
	return xenbus_be_bind_event(be, be->dev->otherend, "event-channel", &guest->event);
}

/*
 * The devices stay the guest's, who may connect again; but as it has no driver
 * for them now, they do nothing.
 */
static void disconnect(struct xenbus_be *be)
{
	struct pb_guest *guest = be->priv;
	struct pb_export *e;
	void *page;

	mutex_lock(&guest->lock);
	page = guest->shared;
	guest->shared = NULL;
	pb_aer_give_up(guest);
	list_for_each_entry(e, &guest->exports, list)
		pb_quiesce(e->pb);
	mutex_unlock(&guest->lock);
	xenbus_be_unbind_event(&guest->event);
	xenbus_be_unmap_ring(be, &page);
}

static int reconfigure(struct xenbus_be *be)
{
	return follow_list(be->priv);
}

struct xenbus_be_driver pb_be_driver = {
	.type = "pci",
	.watch = "num_devs",
	.ready_state = XenbusStateInitialised,
	.connect_state = XenbusStateInitialised,
	.create = create,
	.destroy = destroy,
	.gate = gate,
	.connect = connect,
	.disconnect = disconnect,
	.reconfigure = reconfigure,
	.release = release,
};
