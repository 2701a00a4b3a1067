// SPDX-License-Identifier: GPL-2.0-only
/* Bad things on the transmit ring. */
#include <linux/ip.h>
#include <linux/if_vlan.h>

#include "badfront.h"

#define MORE	XEN_NETTXF_more_data
#define EXTRA	XEN_NETTXF_extra_info
#define BLANK	XEN_NETTXF_csum_blank
#define GSO	XEN_NETIF_EXTRA_TYPE_GSO

static void prod_to(struct bf *bf, u32 ahead)
{
	bf->tx.req_prod_pvt += ahead;
	bf_kick(bf);
	bf->tx.req_prod_pvt -= ahead;
}

#define PROD(name, ahead) static void name(struct bf *bf) { prod_to(bf, ahead); }
PROD(prod_257, 257)
PROD(prod_back, -1)
PROD(prod_half, 0x80000000)
PROD(prod_max, 0x7fffffff)

/* One packet of one slot. */
#define ONE(name, ref, offset, size, flags) \
	static void name(struct bf *bf) { bf_put(bf, ref, offset, size, flags); bf_kick(bf); }
ONE(cross_page, bf->ref[DATA], 4000, 200, 0)
ONE(offset_max, bf->ref[DATA], 0xffff, 60, 0)
ONE(size_max, bf->ref[DATA], 0, 0xffff, 0)
ONE(size_zero, bf->ref[DATA], 0, 0, 0)
ONE(size_13, bf->ref[DATA], 0, 13, 0)
ONE(missing_slot, bf->ref[DATA], 0, 100, MORE)
ONE(missing_extra, bf->ref[DATA], 0, 100, EXTRA)
ONE(ref_max, 0xffffffff, 0, 100, 0)
ONE(ref_free, 400, 0, 100, 0)
ONE(ref_reserved, 0, 0, 100, 0)
ONE(flags_unknown, bf->ref[DATA], 0, 100, 0xfff0)
ONE(ring_as_data, bf->ref[TX_RING], 0, 4096, 0)

#define WITH_EXTRA(name, type, flags, size, gso_type) \
	static void name(struct bf *bf) \
	{ \
		bf_put(bf, bf->ref[DATA], 0, 100, EXTRA); \
		bf_extra(bf, type, flags, size, gso_type); \
		bf_kick(bf); \
	}
WITH_EXTRA(extra_type_0, 0, 0, 0, 0)
WITH_EXTRA(extra_type_6, 6, 0, 0, 0)
WITH_EXTRA(extra_type_255, 255, 0, 0, 0)
WITH_EXTRA(extra_more, GSO, 1, 1448, 1)
WITH_EXTRA(gso_size_0, GSO, 0, 0, 1)
WITH_EXTRA(gso_type_0, GSO, 0, 1448, 0)
WITH_EXTRA(gso_type_9, GSO, 0, 1448, 9)
WITH_EXTRA(gso_no_tcp, GSO, 0, 1, 1)
WITH_EXTRA(gso_v6_on_nothing, GSO, 0, 65535, 2)
WITH_EXTRA(mcast_unicast, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0, 0)
WITH_EXTRA(mcast_del_unknown, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, 0, 1, 0)
WITH_EXTRA(hash_odd, XEN_NETIF_EXTRA_TYPE_HASH, 0, 0xffff, 255)
WITH_EXTRA(xdp_from_guest, XEN_NETIF_EXTRA_TYPE_XDP, 0, 0x7fff, 0)

static void chain(struct bf *bf, unsigned int nr, u16 total, u16 offset, u16 size)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		bf_put(bf, bf->ref[DATA], offset, i ? size : total, i < nr - 1 ? MORE : 0);
	bf_kick(bf);
}

static void slots_18(struct bf *bf) { chain(bf, 18, 1800, 0, 100); }
static void slots_19(struct bf *bf) { chain(bf, 19, 1900, 0, 100); }
static void slots_21(struct bf *bf) { chain(bf, 21, 2100, 0, 100); }
static void slots_256(struct bf *bf) { chain(bf, 256, 65535, 0, 1); }
static void slots_too_long(struct bf *bf) { chain(bf, 3, 100, 0, 80); }
static void slots_empty(struct bf *bf) { chain(bf, 18, 100, 0, 0); }
static void second_crosses(struct bf *bf) { chain(bf, 2, 1000, 3500, 900); }
static void whole_64k(struct bf *bf) { chain(bf, 17, 65535, 0, 4000); }

static void extras_chain(struct bf *bf)
{
	int i;

	bf_put(bf, bf->ref[DATA], 0, 100, EXTRA);
	for (i = 0; i < 200; i++)
		bf_extra(bf, XEN_NETIF_EXTRA_TYPE_HASH, i < 199, 0, 0);
	bf_kick(bf);
}

static void mcast_many(struct bf *bf)
{
	int i;

	for (i = 0; i < 100; i++) {
		bf_put(bf, 0, 0, 0, EXTRA);
		bf_extra(bf, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0x0001, i);
	}
	bf_kick(bf);
}

static void frame(struct bf *bf, __be16 proto, u8 fill, u16 size, u16 flags)
{
	struct ethhdr *eth = bf->page[DATA];

	memset(eth, fill, PAGE_SIZE);
	eth_broadcast_addr(eth->h_dest);
	eth->h_proto = proto;
	bf_put(bf, bf->ref[DATA], 0, size, flags);
	bf_kick(bf);
}

static void csum_unknown(struct bf *bf) { frame(bf, htons(0x88b5), 0, 100, BLANK); }
static void csum_short_ip(struct bf *bf) { frame(bf, htons(ETH_P_IP), 0x45, 20, BLANK); }
static void csum_ip_options(struct bf *bf) { frame(bf, htons(ETH_P_IP), 0x4f, 40, BLANK); }
static void csum_ip_garbage(struct bf *bf) { frame(bf, htons(ETH_P_IP), 0xff, 1514, BLANK); }
static void csum_ip6_garbage(struct bf *bf) { frame(bf, htons(ETH_P_IPV6), 0x60, 60, BLANK); }
static void csum_vlan_in_vlan(struct bf *bf) { frame(bf, htons(ETH_P_8021Q), 0x81, 60, BLANK); }
static void csum_vlan_short(struct bf *bf) { frame(bf, htons(ETH_P_8021Q), 0, 15, BLANK); }

static void revoked(struct bf *bf)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	int ref = gnttab_grant_foreign_access(bf->dev->otherend_id, virt_to_gfn(page), 0);

	gnttab_end_foreign_access_ref(ref);
	bf_put(bf, ref, 0, 100, 0);
	bf_kick(bf);
	gnttab_end_foreign_access(ref, virt_to_page(page));
}

/* The slots change under the reader. */
static void torn(struct bf *bf)
{
	unsigned int i, j;

	for (i = 0; i < 200; i++) {
		bf_put(bf, bf->ref[DATA], 0, 60, 0);
		bf_kick(bf);
		for (j = 0; j < 200; j++) {
			struct xen_netif_tx_request *req = RING_GET_REQUEST(&bf->tx, i);

			WRITE_ONCE(req->size, bf_random(bf));
			WRITE_ONCE(req->offset, bf_random(bf));
			WRITE_ONCE(req->flags, bf_random(bf) & 15);
		}
		bf->tx.req_prod_pvt = bf->tx.sring->rsp_prod;
	}
}

static void indices_overwritten(struct bf *bf)
{
	bf_put(bf, bf->ref[DATA], 0, 60, 0);
	bf->tx.sring->rsp_prod = 12345;
	bf->tx.sring->req_event = 54321;
	bf->tx.sring->rsp_event = 99999;
	bf_kick(bf);
}

const struct bf_case bf_tx_cases[] = {
	{ "tx-nothing", LIVES, NULL, NULL },
	{ "tx-index-257", CLOSES, NULL, prod_257 },
	{ "tx-index-back", CLOSES, NULL, prod_back },
	{ "tx-index-half", CLOSES, NULL, prod_half },
	{ "tx-index-max", CLOSES, NULL, prod_max },
	{ "tx-cross-page", CLOSES, NULL, cross_page },
	{ "tx-offset-max", CLOSES, NULL, offset_max },
	{ "tx-size-max", CLOSES, NULL, size_max },
	{ "tx-size-zero", LIVES, NULL, size_zero },
	{ "tx-size-13", LIVES, NULL, size_13 },
	{ "tx-missing-slot", CLOSES, NULL, missing_slot },
	{ "tx-missing-extra", CLOSES, NULL, missing_extra },
	{ "tx-ref-max", LIVES, NULL, ref_max },
	{ "tx-ref-free", LIVES, NULL, ref_free },
	{ "tx-ref-reserved", LIVES, NULL, ref_reserved },
	{ "tx-ref-revoked", LIVES, NULL, revoked },
	{ "tx-flags-unknown", LIVES, NULL, flags_unknown },
	{ "tx-ring-as-data", LIVES, NULL, ring_as_data },
	{ "tx-extra-type-0", CLOSES, NULL, extra_type_0 },
	{ "tx-extra-type-6", CLOSES, NULL, extra_type_6 },
	{ "tx-extra-type-255", CLOSES, NULL, extra_type_255 },
	{ "tx-extra-more", CLOSES, NULL, extra_more },
	{ "tx-extras-chain", LIVES, NULL, extras_chain },
	{ "tx-gso-size-0", CLOSES, NULL, gso_size_0 },
	{ "tx-gso-type-0", CLOSES, NULL, gso_type_0 },
	{ "tx-gso-type-9", CLOSES, NULL, gso_type_9 },
	{ "tx-gso-no-tcp", LIVES, NULL, gso_no_tcp },
	{ "tx-gso-v6-on-nothing", LIVES, NULL, gso_v6_on_nothing },
	{ "tx-mcast-unicast", LIVES, NULL, mcast_unicast },
	{ "tx-mcast-del-unknown", LIVES, NULL, mcast_del_unknown },
	{ "tx-mcast-many", LIVES, NULL, mcast_many },
	{ "tx-hash-odd", LIVES, NULL, hash_odd },
	{ "tx-xdp-from-guest", LIVES, NULL, xdp_from_guest },
	{ "tx-slots-18", LIVES, NULL, slots_18 },
	{ "tx-slots-19", LIVES, NULL, slots_19 },
	{ "tx-slots-21", CLOSES, NULL, slots_21 },
	{ "tx-slots-256", CLOSES, NULL, slots_256 },
	{ "tx-slots-too-long", LIVES, NULL, slots_too_long },
	{ "tx-slots-empty", LIVES, NULL, slots_empty },
	{ "tx-second-crosses", CLOSES, NULL, second_crosses },
	{ "tx-whole-64k", LIVES, NULL, whole_64k },
	{ "tx-csum-unknown", LIVES, NULL, csum_unknown },
	{ "tx-csum-short-ip", LIVES, NULL, csum_short_ip },
	{ "tx-csum-ip-options", LIVES, NULL, csum_ip_options },
	{ "tx-csum-ip-garbage", LIVES, NULL, csum_ip_garbage },
	{ "tx-csum-ip6-garbage", LIVES, NULL, csum_ip6_garbage },
	{ "tx-csum-vlan-in-vlan", LIVES, NULL, csum_vlan_in_vlan },
	{ "tx-csum-vlan-short", LIVES, NULL, csum_vlan_short },
	{ "tx-torn", EITHER, NULL, torn },
	{ "tx-indices-overwritten", EITHER, NULL, indices_overwritten },
	{ }
};
