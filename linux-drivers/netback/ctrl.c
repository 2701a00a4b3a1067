// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control ring: how a guest configures hashing. And the hash of a packet.
 *
 * ABI: xen/io/netif.h, "Control ring" and "Control messages".
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/flow_dissector.h>
#include <xen/page.h>

#include "netback.h"

/* Fetch the start of a granted page into @page. */
static bool ctrl_fetch(struct nb_vif *vif, grant_ref_t ref, unsigned int len, void *page)
{
	struct gnttab_copy op;

	if (!len)
		return true;
	nb_copy_add(&op, vif->domid, ref, 0, page, len);
	nb_copy_run(&op, 1);
	return op.status == GNTST_okay;
}

static u32 ctrl_set_key(struct nb_vif *vif, grant_ref_t ref, u32 len, void *page)
{
	if (len > NB_HASH_KEY_MAX)
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	if (!ctrl_fetch(vif, ref, len, page))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	return nb_hash_set_key(&vif->hash, page, len);
}

static u32 ctrl_set_map(struct nb_vif *vif, grant_ref_t ref, u32 nr, u32 at, void *page)
{
	if (nr > NB_HASH_MAP_MAX)
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	if (!ctrl_fetch(vif, ref, nr * sizeof(u32), page))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	return nb_hash_set_map(&vif->hash, page, nr, at, vif->nr_queues);
}

static u32 ctrl_do(struct nb_vif *vif, const struct xen_netif_ctrl_request *req, u32 *data)
{
	void *page = vif->ctrl_page;

	switch (req->type) {
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		return nb_hash_set_algorithm(&vif->hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		return nb_hash_get_flags(&vif->hash, data);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		return nb_hash_set_flags(&vif->hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return ctrl_set_key(vif, req->data[0], req->data[1], page);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		*data = NB_HASH_MAP_MAX;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		return nb_hash_set_map_size(&vif->hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return ctrl_set_map(vif, req->data[0], req->data[1], req->data[2], page);
	default:
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	}
}

static void ctrl_answer(struct nb_vif *vif)
{
	struct xen_netif_ctrl_response rsp = { };
	struct xen_netif_ctrl_request req;
	int notify;

	RING_COPY_REQUEST(&vif->ctrl, vif->ctrl.req_cons, &req);
	vif->ctrl.req_cons++;
	rsp.id = req.id;
	rsp.type = req.type;
	rsp.status = ctrl_do(vif, &req, &rsp.data);

	*RING_GET_RESPONSE(&vif->ctrl, vif->ctrl.rsp_prod_pvt) = rsp;
	vif->ctrl.rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&vif->ctrl, notify);
	if (notify)
		xenbus_be_event_notify(&vif->ctrl_event);
}

static bool ctrl_handle(void *data)
{
	struct nb_vif *vif = data;
	bool useful = false;
	RING_IDX prod;
	int more;

	if (xenbus_be_is_broken(vif->be))
		return false;
	prod = READ_ONCE(vif->ctrl.sring->req_prod);
	if (RING_REQUEST_PROD_OVERFLOW(&vif->ctrl, prod)) {
		xenbus_be_broken(vif->be, "control ring: request index %u is beyond the ring",
				 prod);
		return false;
	}
	virt_rmb(); /* the requests after the index that covers them */
	for (; vif->ctrl.req_cons != prod; useful = true)
		ctrl_answer(vif);

	RING_FINAL_CHECK_FOR_REQUESTS(&vif->ctrl, more);
	if (more)
		xenbus_be_event_wake(&vif->ctrl_event);
	return useful;
}

/**
 * nb_ctrl_connect() - Connect to the frontend's control ring, if it has one.
 * @vif: device with its queues
 *
 * Context: process.
 * Return: 0 or a negative errno; nb_ctrl_disconnect() undoes what was done.
 */
int nb_ctrl_connect(struct nb_vif *vif)
{
	const char *dir = vif->be->dev->otherend;
	struct xen_netif_ctrl_sring *sring;
	RING_IDX rsp;
	int rc;

	if (!xenbus_exists(XBT_NIL, dir, "ctrl-ring-ref"))
		return 0;
	vif->ctrl_page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!vif->ctrl_page)
		return -ENOMEM;
	rc = xenbus_be_map_ring(vif->be, dir, "ctrl-ring-ref", 1, &vif->ctrl_ring);
	if (rc)
		return rc;
	sring = vif->ctrl_ring;
	rsp = READ_ONCE(sring->rsp_prod);
	BACK_RING_ATTACH(&vif->ctrl, sring, rsp, XEN_PAGE_SIZE);
	vif->ctrl_event.fn = ctrl_handle;
	vif->ctrl_event.data = vif;
	snprintf(vif->ctrl_event.name, sizeof(vif->ctrl_event.name), "%s-ctrl", vif->dev->name);
	rc = xenbus_be_bind_event(vif->be, dir, "event-channel-ctrl", &vif->ctrl_event);
	if (!rc)
		xenbus_be_event_wake(&vif->ctrl_event);
	return rc;
}

/**
 * nb_ctrl_disconnect() - Undo it and forget the hash settings; harmless when repeated.
 * @vif: device that the stack no longer uses
 *
 * Context: process.
 */
void nb_ctrl_disconnect(struct nb_vif *vif)
{
	xenbus_be_unbind_event(&vif->ctrl_event);
	xenbus_be_unmap_ring(vif->be, &vif->ctrl_ring);
	free_page((unsigned long)vif->ctrl_page);
	vif->ctrl_page = NULL;
	nb_hash_reset(&vif->hash);
}

static unsigned int add_ports(u8 *input, const struct flow_keys *keys)
{
	memcpy(input, &keys->ports.src, 2);
	memcpy(input + 2, &keys->ports.dst, 2);
	return 4;
}

/**
 * nb_hash_skb() - The hash that the guest asked for.
 * @vif:	device with hashing active
 * @skb:	packet for the guest
 * @type:	_XEN_NETIF_CTRL_HASH_TYPE_*, or NB_HASH_NO_TYPE if none applies
 *
 * Context: softirq.
 * Return: the value, 0 without a type.
 */
u32 nb_hash_skb(const struct nb_vif *vif, struct sk_buff *skb, unsigned int *type)
{
	u32 types = READ_ONCE(vif->hash.types);
	u8 input[NB_HASH_INPUT_MAX];
	struct flow_keys keys;
	unsigned int len;
	bool tcp;

	*type = NB_HASH_NO_TYPE;
	memset(&keys, 0, sizeof(keys));
	if (!skb_flow_dissect_flow_keys(skb, &keys, 0))
		return 0;
	tcp = keys.basic.ip_proto == IPPROTO_TCP &&
	      !(keys.control.flags & FLOW_DIS_IS_FRAGMENT);

	if (keys.control.addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS) {
		memcpy(input, &keys.addrs.v4addrs, 8);
		len = 8;
		if (tcp && types & XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP) {
			*type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP;
			len += add_ports(input + len, &keys);
		} else if (types & XEN_NETIF_CTRL_HASH_TYPE_IPV4) {
			*type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4;
		}
	} else if (keys.control.addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
		memcpy(input, &keys.addrs.v6addrs, 32);
		len = 32;
		if (tcp && types & XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP) {
			*type = _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;
			len += add_ports(input + len, &keys);
		} else if (types & XEN_NETIF_CTRL_HASH_TYPE_IPV6) {
			*type = _XEN_NETIF_CTRL_HASH_TYPE_IPV6;
		}
	}
	return *type == NB_HASH_NO_TYPE ? 0 : nb_hash_value(&vif->hash, input, len);
}
