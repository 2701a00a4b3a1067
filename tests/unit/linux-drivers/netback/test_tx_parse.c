// SPDX-License-Identifier: GPL-2.0-only
/* Transmit rings as guests write them, well and badly: verdict, copy plan, responses. */
#include <string.h>

#include "test.h"
#include "tx_parse.h"

#define SLOTS	256
#define FATAL	20

static union {
	struct xen_netif_tx_sring sring;
	uint8_t page[4096];
} shared;
static struct xen_netif_tx_back_ring ring;
static struct nb_tx_packet pkt;
static struct nb_tx_plan plan;
static struct nb_tx_rsp rsp[SLOTS];
static RING_IDX prod;

static int setup(void **state)
{
	memset(&shared, 0, sizeof(shared));
	BACK_RING_ATTACH(&ring, &shared.sring, 0xfffffff0u, 4096);	/* indices wrap */
	prod = ring.req_cons;
	memset(rsp, 0xee, sizeof(rsp));
	return 0;
}

static void put(uint16_t size, uint16_t offset, uint16_t flags)
{
	struct xen_netif_tx_request *req = RING_GET_REQUEST(&ring, prod);

	*req = (struct xen_netif_tx_request) {
		.gref = 1000 + prod - ring.req_cons, .offset = offset, .flags = flags,
		.id = 7000 + prod - ring.req_cons, .size = size,
	};
	prod++;
}

static void put_extra(uint8_t type, uint8_t flags, uint16_t size, uint8_t gso_type)
{
	struct xen_netif_extra_info extra = { .type = type, .flags = flags };

	extra.u.gso.size = size;
	extra.u.gso.type = gso_type;
	memcpy(RING_GET_REQUEST(&ring, prod++), &extra, sizeof(extra));
}

static enum nb_tx_verdict parse(void)
{
	return nb_tx_parse(&ring, prod, FATAL, &pkt, rsp);
}

/* Every octet of the packet goes to exactly one place, in order, within bounds. */
static void check_plan(void)
{
	unsigned int i, total = 0, head = 0, frag[NB_TX_FRAGS_MAX] = { 0 }, src[NB_TX_SLOTS_MAX] = { 0 };
	unsigned int slot = 0;

	nb_tx_plan(&pkt, &plan);
	assert_true(plan.nr_chunks >= 1 && plan.nr_chunks <= NB_TX_CHUNKS_MAX);
	assert_true(plan.nr_frags <= NB_TX_FRAGS_MAX);
	for (i = 0; i < plan.nr_chunks; i++) {
		const struct nb_tx_chunk *c = &plan.chunk[i];

		assert_true(c->len >= 1);
		assert_true(c->slot >= slot && c->slot < pkt.nr_slots);
		slot = c->slot;
		assert_int_equal(c->src, pkt.slot[c->slot].offset + src[c->slot]);
		src[c->slot] += c->len;
		assert_true(c->src + c->len <= 4096);
		if (c->frag == NB_TX_TO_HEAD) {
			assert_int_equal(c->dst, head);
			head += c->len;
			assert_int_equal(plan.nr_frags * total, plan.nr_frags * (head - c->len));
		} else {
			assert_true(c->frag < plan.nr_frags);
			assert_int_equal(c->dst, frag[c->frag]);
			frag[c->frag] += c->len;
			assert_true(c->dst + c->len <= 4096);
			assert_int_equal(head, plan.head_len);
		}
		total += c->len;
	}
	assert_int_equal(head, plan.head_len);
	assert_true(head >= 14 && head <= NB_TX_LINEAR_MAX);
	assert_int_equal(total, pkt.len);
	for (i = 0; i < plan.nr_frags; i++)
		assert_int_equal(plan.frag_len[i], frag[i]);
	for (i = 0; i < pkt.nr_slots; i++)
		assert_int_equal(src[i], pkt.slot[i].size);
}

static void one_small_slot(void **state)
{
	put(60, 100, 0);
	put(61, 0, 0);
	assert_int_equal(parse(), NB_TX_PACKET);
	assert_int_equal(pkt.consumed, 1);
	assert_int_equal(rsp[0].id, 7000);
	assert_int_equal(rsp[0].status, XEN_NETIF_RSP_OKAY);
	assert_int_equal(rsp[1].id, 0xeeee);
	check_plan();
	assert_int_equal(plan.nr_chunks, 1);
	assert_int_equal(plan.head_len, 60);
	assert_int_equal(plan.nr_frags, 0);
}

static void mtu_packet_is_linear(void **state)
{
	put(1514, 0, XEN_NETTXF_more_data);
	put(1448, 8, 0);
	assert_int_equal(parse(), NB_TX_PACKET);
	assert_int_equal(pkt.slot[0].size, 66);
	check_plan();
	assert_int_equal(plan.head_len, 1514);
	assert_int_equal(plan.nr_frags, 0);
	assert_int_equal(plan.nr_chunks, 2);
}

static void gso_64k_costs_one_copy_per_slot(void **state)
{
	unsigned int i;

	put(66 + 15 * 4096, 10, XEN_NETTXF_more_data | XEN_NETTXF_extra_info | XEN_NETTXF_csum_blank);
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1448, XEN_NETIF_GSO_TYPE_TCPV4);
	for (i = 0; i < 15; i++)
		put(4096, 0, i < 14 ? XEN_NETTXF_more_data : 0);
	assert_int_equal(parse(), NB_TX_PACKET);
	assert_int_equal(pkt.consumed, 17);
	assert_int_equal(rsp[1].status, XEN_NETIF_RSP_NULL);
	assert_int_equal(rsp[16].id, 7016);
	assert_int_equal(nb_tx_extra(&pkt, XEN_NETIF_EXTRA_TYPE_GSO)->u.gso.size, 1448);
	assert_null(nb_tx_extra(&pkt, XEN_NETIF_EXTRA_TYPE_HASH));
	check_plan();
	assert_int_equal(plan.nr_chunks, 16);
	assert_int_equal(plan.head_len, 66);
	assert_int_equal(plan.nr_frags, 15);
}

static void misaligned_slots_fit_the_frags(void **state)
{
	unsigned int i;

	/* 18 slots of which no two fit one page: only dense packing does it */
	put(18 * 3000, 0, XEN_NETTXF_more_data);
	for (i = 1; i < 18; i++)
		put(3000, 1000, i < 17 ? XEN_NETTXF_more_data : 0);
	assert_int_equal(parse(), NB_TX_PACKET);
	check_plan();
}

static void headers_are_in_the_head(void **state)
{
	put(10 + 4000, 0, XEN_NETTXF_more_data);
	put(4000, 96, 0);
	assert_int_equal(parse(), NB_TX_PACKET);
	assert_int_equal(pkt.slot[0].size, 10);
	check_plan();
	assert_int_equal(plan.head_len, NB_TX_HEAD_WANTED);
}

static void too_many_slots_are_dropped_whole(void **state)
{
	unsigned int i;

	put(1900, 0, XEN_NETTXF_more_data);
	for (i = 1; i < 19; i++)
		put(100, 0, i < 18 ? XEN_NETTXF_more_data : 0);
	put(60, 0, 0);
	assert_int_equal(parse(), NB_TX_DROP);
	assert_int_equal(pkt.consumed, 19);
	ring.req_cons += pkt.consumed;
	assert_int_equal(parse(), NB_TX_PACKET);
	assert_int_equal(pkt.len, 60);
}

static void an_endless_packet_is_fatal(void **state)
{
	unsigned int i;

	put(2000, 0, XEN_NETTXF_more_data);
	for (i = 1; i < 200; i++)
		put(1, 0, XEN_NETTXF_more_data);
	assert_int_equal(parse(), NB_TX_FATAL);
	assert_non_null(pkt.reason);
	assert_true(pkt.consumed <= FATAL);
}

static void slots_longer_than_the_packet(void **state)
{
	put(100, 0, XEN_NETTXF_more_data);
	put(101, 0, 0);
	assert_int_equal(parse(), NB_TX_DROP);
	assert_int_equal(pkt.consumed, 2);
}

static void too_short_a_frame(void **state)
{
	put(13, 0, 0);
	assert_int_equal(parse(), NB_TX_DROP);
	prod = ring.req_cons;
	put(0, 0, 0);
	assert_int_equal(parse(), NB_TX_DROP);
}

static void crossing_a_page_is_fatal(void **state)
{
	put(100, 4000, 0);
	assert_int_equal(parse(), NB_TX_FATAL);
	prod = ring.req_cons;
	put(60, 0xffff, 0);
	assert_int_equal(parse(), NB_TX_FATAL);
	prod = ring.req_cons;
	put(5000, 0, XEN_NETTXF_more_data);
	put(4096, 1, 0);
	assert_int_equal(parse(), NB_TX_FATAL);
	prod = ring.req_cons;
	put(5000, 0, 0);
	assert_int_equal(parse(), NB_TX_FATAL);
}

static void the_ring_ends_early(void **state)
{
	put(100, 0, XEN_NETTXF_more_data);
	assert_int_equal(parse(), NB_TX_FATAL);
	prod = ring.req_cons;
	put(100, 0, XEN_NETTXF_extra_info);
	assert_int_equal(parse(), NB_TX_FATAL);
	prod = ring.req_cons;
	put(100, 0, XEN_NETTXF_extra_info);
	put_extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1448, 1);
	assert_int_equal(parse(), NB_TX_FATAL);
}

static void bad_extras_are_fatal(void **state)
{
	static const struct { uint8_t type; uint16_t size; uint8_t gso; } bad[] = {
		{ 0, 1448, 1 }, { XEN_NETIF_EXTRA_TYPE_MAX, 1448, 1 }, { 255, 1448, 1 },
		{ XEN_NETIF_EXTRA_TYPE_GSO, 0, 1 }, { XEN_NETIF_EXTRA_TYPE_GSO, 1448, 0 },
		{ XEN_NETIF_EXTRA_TYPE_GSO, 1448, 3 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		prod = ring.req_cons;
		put(100, 0, XEN_NETTXF_extra_info);
		put_extra(bad[i].type, 0, bad[i].size, bad[i].gso);
		assert_int_equal(parse(), NB_TX_FATAL);
	}
}

static void multicast_requests_carry_no_data(void **state)
{
	put(0, 0, XEN_NETTXF_extra_info);
	put_extra(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0, 0);
	assert_int_equal(parse(), NB_TX_MCAST);
	assert_int_equal(pkt.consumed, 2);
	assert_int_equal(rsp[1].status, XEN_NETIF_RSP_NULL);
}

/* Rings of likely and unlikely values: never out of bounds, plans always whole. */
static void random_rings(void **state)
{
	static const uint16_t sizes[] = { 0, 1, 13, 14, 66, 1448, 1514, 4095, 4096, 4097, 30000, 65535 };
	unsigned long seed = setting("FUZZ_SEED", 1), runs = setting("FUZZ_RUNS", 200000), r;
	unsigned int seen[4] = { 0 };

	srand(seed);
	printf("seed %lu, %lu rings\n", seed, runs);
	for (r = 0; r < runs; r++) {
		unsigned int nr = 1 + rand() % 24, i, total = 14;

		setup(NULL);
		for (i = 0; i < nr; i++) {
			unsigned int rest = nr - i;
			uint16_t size = rand() % 3 ? 1 + rand() % 4096 : sizes[rand() % 12];
			uint16_t flags = rest > 1 ? XEN_NETTXF_more_data : 0;

			if (!(rand() % 50))
				flags ^= 1 << rand() % 4;
			if (i)
				total += size;
			put(size, rand() % 20 ? rand() % (size < 4096 ? 4097 - size : 1) : rand(), flags);
		}
		/* mostly consistent totals, sometimes anything */
		RING_GET_REQUEST(&ring, ring.req_cons)->size =
			rand() % 8 ? (total < 65535 ? total : 65535) : (uint16_t)rand();
		while (ring.req_cons != prod) {
			enum nb_tx_verdict v = parse();

			seen[v]++;
			assert_true(pkt.consumed >= 1 && pkt.consumed <= prod - ring.req_cons);
			if (v == NB_TX_FATAL)
				break;
			if (v == NB_TX_PACKET)
				check_plan();
			ring.req_cons += pkt.consumed;
		}
	}
	assert_true(seen[NB_TX_PACKET] > runs / 100);
	assert_true(seen[NB_TX_DROP] > runs / 1000);
	assert_true(seen[NB_TX_FATAL] > runs / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_small_slot, setup),
		cmocka_unit_test_setup(mtu_packet_is_linear, setup),
		cmocka_unit_test_setup(gso_64k_costs_one_copy_per_slot, setup),
		cmocka_unit_test_setup(misaligned_slots_fit_the_frags, setup),
		cmocka_unit_test_setup(headers_are_in_the_head, setup),
		cmocka_unit_test_setup(too_many_slots_are_dropped_whole, setup),
		cmocka_unit_test_setup(an_endless_packet_is_fatal, setup),
		cmocka_unit_test_setup(slots_longer_than_the_packet, setup),
		cmocka_unit_test_setup(too_short_a_frame, setup),
		cmocka_unit_test_setup(crossing_a_page_is_fatal, setup),
		cmocka_unit_test_setup(the_ring_ends_early, setup),
		cmocka_unit_test_setup(bad_extras_are_fatal, setup),
		cmocka_unit_test_setup(multicast_requests_carry_no_data, setup),
		cmocka_unit_test_setup(random_rings, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
