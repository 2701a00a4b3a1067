// SPDX-License-Identifier: GPL-2.0-only
/* What evil-blkfront does wrong: one function a case, named in the table below. */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "evil.h"

#define REQ(name)	static void name(struct evil *e, struct blkif_request *r)
#define ACT(name)	static void name(struct evil *e)

/* proper ones, so that the others mean something */
REQ(good_read) { }
REQ(good_write) { r->operation = BLKIF_OP_WRITE; }
REQ(good_flush) { r->operation = BLKIF_OP_FLUSH_DISKCACHE; r->u.rw.nr_segments = 0; }
REQ(good_last) { r->u.rw.sector_number = e->sectors - 8; }
REQ(same_frame_everywhere)
{
	unsigned int i;

	r->u.rw.nr_segments = 11;
	for (i = 0; i < 11; i++)
		r->u.rw.seg[i] = r->u.rw.seg[0];
}
REQ(flush_with_nonsense)
{
	good_flush(e, r);
	r->u.rw.sector_number = ~0ull;
}

/* operations and counts */
REQ(op_4) { r->operation = 4; }
REQ(op_7) { r->operation = 7; }
REQ(op_255) { r->operation = 255; }
REQ(no_segments) { r->u.rw.nr_segments = 0; }
REQ(no_segments_write) { r->operation = BLKIF_OP_WRITE; r->u.rw.nr_segments = 0; }
REQ(segments_12) { r->u.rw.nr_segments = 12; }
REQ(segments_255) { r->u.rw.nr_segments = 255; }

/* segments */
REQ(backwards) { r->u.rw.seg[0].first_sect = 5; r->u.rw.seg[0].last_sect = 4; }
REQ(last_8) { r->u.rw.seg[0].last_sect = 8; }
REQ(last_255) { r->u.rw.seg[0].last_sect = 255; }
REQ(first_8) { r->u.rw.seg[0].first_sect = 8; r->u.rw.seg[0].last_sect = 8; }
REQ(first_255) { r->u.rw.seg[0].first_sect = 255; r->u.rw.seg[0].last_sect = 255; }

/* places */
REQ(at_end) { r->u.rw.sector_number = e->sectors; }
REQ(across_end) { r->u.rw.sector_number = e->sectors - 1; }
REQ(sector_max) { r->u.rw.sector_number = ~0ull; }
REQ(sector_wraps) { r->u.rw.sector_number = ~0ull - 7; }
REQ(sector_63) { r->u.rw.sector_number = 1ull << 63; }
REQ(sector_55) { r->u.rw.sector_number = 1ull << 55; }
REQ(write_at_end) { r->operation = BLKIF_OP_WRITE; r->u.rw.sector_number = e->sectors; }

/* grants */
REQ(gref_3) { r->u.rw.seg[0].gref = 3; }	/* reserved; 0 and 1 are granted to dom0 */
REQ(gref_max) { r->u.rw.seg[0].gref = ~0u; }
REQ(gref_high) { r->u.rw.seg[0].gref = 1u << 20; }
REQ(gref_free) { r->u.rw.seg[0].gref = 500; }
REQ(gref_write_bad) { r->operation = BLKIF_OP_WRITE; r->u.rw.seg[0].gref = ~0u; }
REQ(gref_one_bad)
{
	unsigned int i;

	r->u.rw.nr_segments = 11;
	for (i = 0; i < 11; i++) {
		r->u.rw.seg[i].gref = i == 10 ? ~0u : e->ref[i];
		r->u.rw.seg[i].last_sect = 7;
	}
}
REQ(read_into_readonly) { r->u.rw.seg[0].gref = e->ro_ref; }

/* indirect */
static void indirect(struct evil *e, struct blkif_request *r, unsigned int nr)
{
	unsigned int i;

	memset(r, 0, sizeof(*r));
	r->operation = BLKIF_OP_INDIRECT;
	r->u.indirect.indirect_op = BLKIF_OP_READ;
	r->u.indirect.nr_segments = nr;
	r->u.indirect.id = 815;
	r->u.indirect.indirect_grefs[0] = e->table_ref;
	for (i = 0; i < PAGE_SIZE / sizeof(e->table[0]); i++) {
		e->table[i].gref = e->ref[i % EVIL_PAGES];
		e->table[i].first_sect = 0;
		e->table[i].last_sect = 7;
	}
}
REQ(ind_good) { indirect(e, r, 256); }
REQ(ind_good_1) { indirect(e, r, 1); }
REQ(ind_good_write) { indirect(e, r, 200); r->u.indirect.indirect_op = BLKIF_OP_WRITE; }
REQ(ind_0) { indirect(e, r, 0); }
REQ(ind_257) { indirect(e, r, 257); }
REQ(ind_65535) { indirect(e, r, 65535); }
REQ(ind_op_flush) { indirect(e, r, 1); r->u.indirect.indirect_op = BLKIF_OP_FLUSH_DISKCACHE; }
REQ(ind_op_indirect) { indirect(e, r, 1); r->u.indirect.indirect_op = BLKIF_OP_INDIRECT; }
REQ(ind_op_discard) { indirect(e, r, 1); r->u.indirect.indirect_op = BLKIF_OP_DISCARD; }
REQ(ind_op_99) { indirect(e, r, 1); r->u.indirect.indirect_op = 99; }
REQ(ind_table_bad) { indirect(e, r, 8); r->u.indirect.indirect_grefs[0] = ~0u; }
REQ(ind_table_3) { indirect(e, r, 8); r->u.indirect.indirect_grefs[0] = 3; }
REQ(ind_seg_backwards) { indirect(e, r, 100); e->table[99].first_sect = 7; e->table[99].last_sect = 0; }
REQ(ind_seg_oversize) { indirect(e, r, 100); e->table[50].last_sect = 9; }
REQ(ind_gref_bad) { indirect(e, r, 100); e->table[99].gref = ~0u; }
REQ(ind_gref_all_bad)
{
	unsigned int i;

	indirect(e, r, 256);
	for (i = 0; i < 256; i++)
		e->table[i].gref = 100000 + i;
}
REQ(ind_across_end) { indirect(e, r, 256); r->u.indirect.sector_number = e->sectors - 2047; }
REQ(ind_into_readonly) { indirect(e, r, 20); e->table[19].gref = e->ro_ref; }

/* discard; the disk of the test has none */
static void discard(struct blkif_request *r, u64 at, u64 nr, u8 flag)
{
	memset(r, 0, sizeof(*r));
	r->operation = BLKIF_OP_DISCARD;
	r->u.discard.flag = flag;
	r->u.discard.sector_number = at;
	r->u.discard.nr_sectors = nr;
}
REQ(discard_none) { discard(r, 0, 8, 0); }
REQ(discard_huge) { discard(r, 0, ~0ull, 0); }
REQ(discard_secure) { discard(r, 0, 8, 255); }

/* indices */
static void jump(struct evil *e, RING_IDX to)
{
	WRITE_ONCE(e->sring->req_prod, to);
}
ACT(prod_33) { jump(e, 33); }
ACT(prod_1000) { jump(e, 1000); }
ACT(prod_back) { jump(e, -1); }
ACT(prod_2g) { jump(e, 0x80000000); }
ACT(prod_max) { jump(e, 0x7fffffff); }
ACT(prod_back_later)
{
	struct blkif_request r;

	evil_good_read(e, &r);
	evil_put(e, &r);
	evil_put(e, &r);
	evil_notify(e);
	msleep(100);
	jump(e, 0);
}
ACT(prod_33_after)
{
	struct blkif_request r;

	evil_good_read(e, &r);
	evil_put(e, &r);
	evil_notify(e);
	msleep(100);
	jump(e, e->prod + 33);
}
ACT(full_of_zeroes) { jump(e, 32); }
ACT(rsp_index_overwritten)
{
	struct blkif_request r;

	WRITE_ONCE(e->sring->rsp_prod, 77);
	WRITE_ONCE(e->sring->rsp_event, ~0u);
	evil_good_read(e, &r);
	evil_put(e, &r);
}
ACT(prod_flickers)
{
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		jump(e, i & 31);
		if (i % 64 == 0)
			evil_notify(e);
	}
	jump(e, 0);
}
ACT(ring_without_end)
{
	unsigned int i;

	for (i = 0; i < 20000; i++)
		evil_notify(e);
}

/* torn: the entry changes while it is read */
ACT(torn)
{
	struct blkif_request r;
	unsigned int i, k;

	for (i = 0; i < 200; i++) {
		evil_good_read(e, &r);
		evil_put(e, &r);
		evil_notify(e);
		for (k = 0; k < 200; k++) {
			WRITE_ONCE(e->sring->ring[i % 32].req.u.rw.nr_segments, k);
			WRITE_ONCE(e->sring->ring[i % 32].req.operation, k % 8);
		}
		msleep(1);
		e->prod = READ_ONCE(e->sring->rsp_prod);
	}
}
ACT(table_torn)
{
	struct blkif_request r;
	unsigned int i, k;

	for (i = 0; i < 100; i++) {
		ind_good(e, &r);
		evil_put(e, &r);
		evil_notify(e);
		for (k = 0; k < 256; k++) {
			e->table[k].last_sect = k;
			e->table[k].gref = k * 7;
		}
		msleep(1);
		e->prod = READ_ONCE(e->sring->rsp_prod);
	}
}

/* states, with requests in flight */
static void load(struct evil *e)
{
	struct blkif_request r;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		ind_good(e, &r);
		evil_put(e, &r);
	}
	evil_notify(e);
}
#define STATE(name, state)						\
ACT(name)								\
{									\
	load(e);							\
	xenbus_printf(XBT_NIL, e->dev->nodename, "state", "%d", state);	\
	msleep(300);							\
}
STATE(state_unknown_number, 42)
STATE(state_initialising, XenbusStateInitialising)
STATE(state_initwait, XenbusStateInitWait)
STATE(state_initialised, XenbusStateInitialised)
STATE(state_closing, XenbusStateClosing)
STATE(state_reconfiguring, XenbusStateReconfiguring)
STATE(state_reconfigured, XenbusStateReconfigured)
ACT(state_all)
{
	unsigned int i;

	load(e);
	for (i = 0; i < 100; i++)
		xenbus_printf(XBT_NIL, e->dev->nodename, "state", "%d", 1 + i * 7 % 8);
	msleep(300);
}

#define R(f, want)	{ #f, want, .request = f }
#define A(f, want)	{ #f, want, .act = f }

const struct evil_case evil_cases[] = {
	R(good_read, OKAY), R(good_write, OKAY), R(good_flush, OKAY), R(good_last, OKAY),
	R(same_frame_everywhere, OKAY), R(flush_with_nonsense, OKAY),
	R(op_4, UNSUPPORTED), R(op_7, UNSUPPORTED), R(op_255, UNSUPPORTED),
	R(no_segments, ERROR), R(no_segments_write, ERROR), R(segments_12, ERROR),
	R(segments_255, ERROR), R(backwards, ERROR), R(last_8, ERROR), R(last_255, ERROR),
	R(first_8, ERROR), R(first_255, ERROR), R(at_end, ERROR), R(across_end, ERROR),
	R(sector_max, ERROR), R(sector_wraps, ERROR), R(sector_63, ERROR), R(sector_55, ERROR),
	R(write_at_end, ERROR), R(gref_3, ERROR), R(gref_max, ERROR), R(gref_high, ERROR),
	R(gref_free, ERROR), R(gref_write_bad, ERROR), R(gref_one_bad, ERROR),
	R(read_into_readonly, ERROR), R(ind_good, OKAY), R(ind_good_1, OKAY),
	R(ind_good_write, OKAY), R(ind_0, ERROR), R(ind_257, ERROR), R(ind_65535, ERROR),
	R(ind_op_flush, ERROR), R(ind_op_indirect, ERROR), R(ind_op_discard, ERROR),
	R(ind_op_99, ERROR), R(ind_table_bad, ERROR), R(ind_table_3, ERROR),
	R(ind_seg_backwards, ERROR), R(ind_seg_oversize, ERROR), R(ind_gref_bad, ERROR),
	R(ind_gref_all_bad, ERROR), R(ind_across_end, ERROR), R(ind_into_readonly, ERROR),
	R(discard_none, UNSUPPORTED), R(discard_huge, UNSUPPORTED), R(discard_secure, UNSUPPORTED),
	A(prod_33, CLOSED), A(prod_1000, CLOSED), A(prod_back, CLOSED), A(prod_2g, CLOSED),
	A(prod_max, CLOSED), A(prod_back_later, CLOSED), A(prod_33_after, CLOSED),
	A(full_of_zeroes, ERROR), A(rsp_index_overwritten, ALIVE), A(prod_flickers, ALIVE),
	A(ring_without_end, ALIVE), A(torn, ALIVE), A(table_torn, ALIVE),
	A(state_unknown_number, ALIVE), A(state_initialising, ALIVE), A(state_initwait, ALIVE),
	A(state_initialised, ALIVE), A(state_closing, ALIVE), A(state_reconfiguring, ALIVE),
	A(state_reconfigured, ALIVE), A(state_all, ALIVE),
};
const unsigned int evil_nr_cases = ARRAY_SIZE(evil_cases);

/* Requests of random bytes, half of them with a face of sense; the seed tells which. */
void evil_random(struct evil *e, u32 seed)
{
	struct blkif_request r;
	struct rnd_state rnd;
	unsigned int i, k;

	prandom_seed_state(&rnd, seed);
	for (i = 0; i < 60; i++) {
		prandom_bytes_state(&rnd, &r, sizeof(r));
		r.operation %= 8;
		if (prandom_u32_state(&rnd) % 2) {
			r.u.rw.nr_segments %= 13;
			r.u.rw.sector_number %= e->sectors;
			for (k = 0; k < 11; k++) {
				r.u.rw.seg[k].gref = e->ref[k];
				r.u.rw.seg[k].first_sect %= 9;
				r.u.rw.seg[k].last_sect %= 9;
			}
		}
		if (r.operation == BLKIF_OP_INDIRECT) {
			r.u.indirect.indirect_grefs[0] = e->table_ref;
			r.u.indirect.nr_segments %= 300;
			prandom_bytes_state(&rnd, e->table, PAGE_SIZE);
		}
		evil_put(e, &r);
		if (prandom_u32_state(&rnd) % 4 == 0)
			evil_notify(e);
		if (i % 16 == 15)
			msleep(5);
	}
}
