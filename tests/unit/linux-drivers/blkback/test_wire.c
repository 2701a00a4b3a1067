// SPDX-License-Identifier: GPL-2.0-only
/* Rings and requests as guests may form them: layouts, limits, hostile values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <linux/errno.h>
#include <linux/string.h>

#include "wire.h"

static char pages[16 * FRAME_BYTES] __attribute__((aligned(FRAME_BYTES)));
static struct wire_ring ring;

static void fresh(unsigned int nr, bool abi32)
{
	memset(pages, 0, sizeof(pages));
	((struct blkif_sring *)pages)->req_event = 1;
	((struct blkif_sring *)pages)->rsp_event = 1;
	wire_ring_init(&ring, pages, nr, abi32);
}

static const struct wire_limits disk = { .sectors = 1000, .discard = true };

/* ring */

static void sizes_are_those_of_the_abi(void **state)
{
	static const unsigned int want[][2] = { {1, 32}, {2, 64}, {4, 128}, {8, 256}, {16, 512} };
	unsigned int i;

	for (i = 0; i < 5; i++) {
		fresh(want[i][0], false);
		assert_int_equal(ring.size, want[i][1]);
		fresh(want[i][0], true);
		assert_int_equal(ring.size, want[i][1]);
	}
}

static void pending_counts_and_refuses_the_impossible(void **state)
{
	RING_IDX prod;

	fresh(1, false);
	assert_int_equal(wire_pending(&ring, &prod), 0);
	ring.sring->req_prod = 32;
	assert_int_equal(wire_pending(&ring, &prod), 32);
	ring.sring->req_prod = 33;
	assert_int_equal(wire_pending(&ring, &prod), -EIO);
	ring.sring->req_prod = (RING_IDX)-1;
	assert_int_equal(wire_pending(&ring, &prod), -EIO);

	/* Taken but not answered: no room for more. */
	ring.sring->req_prod = 32;
	ring.req_cons = 32;
	assert_int_equal(wire_pending(&ring, &prod), 0);
	ring.sring->req_prod = 33;
	assert_int_equal(wire_pending(&ring, &prod), -EIO);
	/* Back below what was taken. */
	ring.sring->req_prod = 31;
	assert_int_equal(wire_pending(&ring, &prod), -EIO);
}

static void indices_wrap(void **state)
{
	RING_IDX prod;

	memset(pages, 0, sizeof(pages));
	((struct blkif_sring *)pages)->rsp_prod = 0xfffffffe;
	wire_ring_init(&ring, pages, 1, false);
	ring.sring->req_prod = 3;
	assert_int_equal(wire_pending(&ring, &prod), 5);
	ring.req_cons = prod;
	wire_respond(&ring, 1, 0, 0);
	wire_respond(&ring, 2, 0, 0);
	wire_respond(&ring, 3, 0, 0);
	ring.sring->rsp_event = 0;
	assert_true(wire_push(&ring, 0xfffffffe));
	assert_int_equal(ring.sring->rsp_prod, 1);
}

static void decode_entry(bool abi32, u8 nr_segs)
{
	const u8 head[4] = { BLKIF_OP_WRITE, nr_segs, 0x34, 0x12 };
	const u64 id = 0x1122334455667788, sector = 77;
	struct blkif_request_segment seg[BLK_DIRECT_SEGS];
	union wire_raw raw;
	struct wire_request w;
	unsigned int i;
	char *e;

	for (i = 0; i < BLK_DIRECT_SEGS; i++)
		seg[i] = (struct blkif_request_segment){ 9 + i, i % 8, 7 - i % 8 };
	fresh(1, abi32);
	e = pages + 64 + 31 * (abi32 ? 108 : 112);
	memcpy(e, head, 4);
	e += abi32 ? 4 : 8;
	memcpy(e, &id, 8);
	memcpy(e + 8, &sector, 8);
	memcpy(e + 16, seg, nr_segs * sizeof(seg[0]));
	wire_copy(&ring, 31 + 32, &raw);
	assert_int_equal(wire_decode(&raw.req, &w), 0);
	assert_int_equal(w.kind, BLK_WRITE);
	assert_int_equal(w.nr_segs, nr_segs);
	assert_true(w.id == id && w.sector == sector);
	assert_memory_equal(raw.req.u.rw.seg, seg, nr_segs * sizeof(seg[0]));
}

static void entry_32_and_64_decode_alike(void **state)
{
	u8 nr;

	for (nr = 1; nr <= BLK_DIRECT_SEGS; nr++) {
		decode_entry(false, nr);
		decode_entry(true, nr);
	}
}

static void a_copy_stays_inside_the_entry(void **state)
{
	struct {
		union wire_raw raw;
		u64 behind;
	} copy = { .behind = 0x5a5a };
	unsigned int nr;

	fresh(1, false);
	for (nr = 0; nr < 256; nr++) {
		pages[64 + 1] = nr;
		wire_copy(&ring, 0, &copy.raw);
		assert_true(copy.behind == 0x5a5a);
	}
}

static void push_tells_whether_to_notify(void **state)
{
	fresh(1, false);
	ring.req_cons = 3;
	wire_respond(&ring, 5, BLKIF_OP_READ, BLKIF_RSP_ERROR);
	assert_int_equal(ring.sring->rsp_prod, 0);
	assert_true(wire_push(&ring, 0));
	assert_int_equal(ring.sring->rsp_prod, 1);
	assert_int_equal(ring.sring->ring[0].rsp.id, 5);
	assert_int_equal(ring.sring->ring[0].rsp.status, BLKIF_RSP_ERROR);
	ring.sring->rsp_event = 3;	/* wake me at the third */
	wire_respond(&ring, 6, 0, 0);
	assert_false(wire_push(&ring, 1));
	wire_respond(&ring, 7, 0, 0);
	assert_true(wire_push(&ring, 2));
}

static void rearm_sees_late_requests(void **state)
{
	fresh(1, false);
	assert_false(wire_rearm(&ring));
	assert_int_equal(ring.sring->req_event, 1);
	ring.sring->req_prod = 1;
	assert_true(wire_rearm(&ring));
}

/* requests */

static void direct(struct blkif_request *raw, u8 op, u8 nr, u64 sector)
{
	memset(raw, 0, sizeof(*raw));
	raw->operation = op;
	raw->u.rw.nr_segments = nr;
	raw->u.rw.sector_number = sector;
	raw->u.rw.id = 42;
}

static int decode(u8 op, u8 nr, struct wire_request *w)
{
	struct blkif_request raw;

	direct(&raw, op, nr, 0);
	return wire_decode(&raw, w);
}

static void operations(void **state)
{
	struct wire_request w;
	int op;

	assert_int_equal(decode(BLKIF_OP_READ, 11, &w), 0);
	assert_int_equal(decode(BLKIF_OP_READ, 12, &w), -EINVAL);
	assert_int_equal(decode(BLKIF_OP_FLUSH_DISKCACHE, 0, &w), 0);
	assert_int_equal(w.kind, BLK_FLUSH);
	assert_int_equal(decode(BLKIF_OP_WRITE_BARRIER, 1, &w), 0);
	assert_int_equal(w.kind, BLK_BARRIER);
	for (op = 0; op < 256; op++) {
		if (op <= BLKIF_OP_FLUSH_DISKCACHE || op == BLKIF_OP_DISCARD ||
		    op == BLKIF_OP_INDIRECT)
			continue;
		assert_int_equal(decode(op, 1, &w), -EOPNOTSUPP);
		assert_int_equal(w.id, 42);
		assert_int_equal(w.op, op);
	}
}

static void indirect(void **state)
{
	struct blkif_request raw = { .operation = BLKIF_OP_INDIRECT };
	struct wire_request w;

	raw.u.indirect.indirect_op = BLKIF_OP_WRITE;
	raw.u.indirect.nr_segments = BLK_MAX_SEGS;
	raw.u.indirect.indirect_grefs[0] = 99;
	assert_int_equal(wire_decode(&raw, &w), 0);
	assert_int_equal(w.table, 99);
	assert_int_equal(w.kind, BLK_WRITE);
	/* Linux' frontend gives the disk up if this is not the inner operation. */
	assert_int_equal(w.op, BLKIF_OP_WRITE);

	raw.u.indirect.nr_segments = BLK_MAX_SEGS + 1;
	assert_int_equal(wire_decode(&raw, &w), -EINVAL);
	raw.u.indirect.nr_segments = 0;
	assert_int_equal(wire_decode(&raw, &w), -EINVAL);
	raw.u.indirect.nr_segments = 1;
	raw.u.indirect.indirect_op = BLKIF_OP_INDIRECT;
	assert_int_equal(wire_decode(&raw, &w), -EINVAL);
	raw.u.indirect.indirect_op = BLKIF_OP_FLUSH_DISKCACHE;
	assert_int_equal(wire_decode(&raw, &w), -EINVAL);
}

static int segment(u8 first, u8 last, unsigned int mask)
{
	struct blkif_request_segment s = { .first_sect = first, .last_sect = last };
	u16 offset, bytes;

	return wire_segment(&s, mask, &offset, &bytes) ?: bytes;
}

static void segments(void **state)
{
	assert_int_equal(segment(0, 7, 0), 4096);
	assert_int_equal(segment(3, 3, 0), 512);
	assert_int_equal(segment(0, 8, 0), -EINVAL);
	assert_int_equal(segment(0, 255, 0), -EINVAL);
	assert_int_equal(segment(4, 3, 0), -EINVAL);
	assert_int_equal(segment(255, 0, 0), -EINVAL);
	assert_int_equal(segment(0, 7, 7), 4096);	/* blocks of 4096 bytes */
	assert_int_equal(segment(0, 3, 7), -EINVAL);
	assert_int_equal(segment(4, 7, 7), -EINVAL);
	assert_int_equal(segment(2, 5, 1), 2048);
	assert_int_equal(segment(1, 2, 1), -EINVAL);
}

static int place(enum blk_kind kind, u64 sector, u64 nr, const struct wire_limits *lim)
{
	struct wire_request w = { .kind = kind, .sector = sector, .nr_sectors = nr,
				  .nr_segs = kind == BLK_DISCARD ? 0 : nr != 0 };

	return wire_check(&w, lim);
}

static void places(void **state)
{
	assert_int_equal(place(BLK_READ, 0, 1000, &disk), 0);
	assert_int_equal(place(BLK_READ, 999, 1, &disk), 0);
	assert_int_equal(place(BLK_READ, 1000, 1, &disk), -EINVAL);
	assert_int_equal(place(BLK_READ, 999, 2, &disk), -EINVAL);
	assert_int_equal(place(BLK_READ, ~0ull, 2, &disk), -EINVAL);
	assert_int_equal(place(BLK_READ, ~0ull - 7, 8, &disk), -EINVAL);
	assert_int_equal(place(BLK_DISCARD, 1, ~0ull, &disk), -EINVAL);
	assert_int_equal(place(BLK_DISCARD, 0, 1000, &disk), 0);
	assert_int_equal(place(BLK_DISCARD, 0, 0, &disk), -EINVAL);
	assert_int_equal(place(BLK_READ, 0, 0, &disk), -EINVAL);
	assert_int_equal(place(BLK_FLUSH, 5000, 0, &disk), 0);
	assert_int_equal(place(BLK_FLUSH, 5000, 8, &disk), -EINVAL);
}

static void what_the_disk_refuses(void **state)
{
	const struct wire_limits ro = { .sectors = 1000, .readonly = true };
	const struct wire_limits big = { .sectors = 1000, .align_mask = 7 };
	struct wire_request secure = { .kind = BLK_DISCARD, .secure = true, .nr_sectors = 8 };

	assert_int_equal(place(BLK_READ, 0, 8, &ro), 0);
	assert_int_equal(place(BLK_WRITE, 0, 8, &ro), -EROFS);
	assert_int_equal(place(BLK_BARRIER, 0, 8, &ro), -EROFS);
	assert_int_equal(place(BLK_DISCARD, 0, 8, &ro), -EROFS);
	assert_int_equal(place(BLK_FLUSH, 0, 8, &ro), -EROFS);
	assert_int_equal(place(BLK_FLUSH, 0, 0, &ro), 0);
	assert_int_equal(place(BLK_READ, 8, 8, &big), 0);
	assert_int_equal(place(BLK_READ, 4, 8, &big), -EINVAL);
	assert_int_equal(place(BLK_DISCARD, 0, 8, &big), -EOPNOTSUPP);
	assert_int_equal(wire_check(&secure, &disk), -EOPNOTSUPP);
}

/* Whatever stands in the ring: what passes the checks lies inside the disk. */
static unsigned long rounds = 200000;
static unsigned int seed = 1;

static u64 rnd(void)
{
	return (u64)rand() << 42 ^ (u64)rand() << 21 ^ rand();
}

static void try_one(void)
{
	struct wire_limits lim = { .sectors = rnd() % 4096, .align_mask = rnd() % 2 ? 7 : 0,
				   .readonly = rnd() % 4 == 0, .discard = rnd() % 2 };
	struct blkif_request_segment seg;
	struct blkif_request raw;
	struct wire_request w;
	unsigned int i;
	u16 off, len;

	for (i = 0; i < sizeof(raw); i++)
		((u8 *)&raw)[i] = rnd() % 3 ? rnd() % 9 : rnd();
	if (wire_decode(&raw, &w))
		return;
	assert_true(w.nr_segs <= BLK_MAX_SEGS);
	assert_true(w.indirect || w.nr_segs <= BLK_DIRECT_SEGS);
	for (i = 0; i < w.nr_segs && !w.indirect; i++) {
		seg = raw.u.rw.seg[i];
		if (wire_segment(&seg, lim.align_mask, &off, &len))
			return;
		assert_true(len && off + len <= FRAME_BYTES && !(len % SECTOR_BYTES));
		w.nr_sectors += len / SECTOR_BYTES;
	}
	if (w.indirect)
		w.nr_sectors = rnd() % (BLK_MAX_SEGS * 8) + 1;
	if (wire_check(&w, &lim))
		return;
	assert_false(lim.readonly && w.kind != BLK_READ && w.nr_sectors);
	if (w.nr_sectors)
		assert_true(w.sector < lim.sectors && w.sector + w.nr_sectors <= lim.sectors &&
			    w.sector + w.nr_sectors > w.sector);
}

static void random_requests_stay_inside(void **state)
{
	unsigned long i;

	srand(seed);
	for (i = 0; i < rounds; i++)
		try_one();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_abi),
		cmocka_unit_test(pending_counts_and_refuses_the_impossible),
		cmocka_unit_test(indices_wrap),
		cmocka_unit_test(entry_32_and_64_decode_alike),
		cmocka_unit_test(a_copy_stays_inside_the_entry),
		cmocka_unit_test(push_tells_whether_to_notify),
		cmocka_unit_test(rearm_sees_late_requests),
		cmocka_unit_test(operations),
		cmocka_unit_test(indirect),
		cmocka_unit_test(segments),
		cmocka_unit_test(places),
		cmocka_unit_test(what_the_disk_refuses),
		cmocka_unit_test(random_requests_stay_inside),
	};

	if (argc > 2) {
		seed = strtoul(argv[1], NULL, 0);
		rounds = strtoul(argv[2], NULL, 0);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
