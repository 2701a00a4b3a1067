// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of tables that come out of use and are taken apart from the top, as
 * Linux does; frames exchanged, given up and asked for again.
 */
#include "guest.h"

const char *const test_name = "memory";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define M2P		((volatile u64 *)0xffff800000000000UL)
#define ORDER		2
#define NR		(1UL << ORDER)

static u64 *page(void)
{
	return alloc_pages(1);
}

/* L4 over L3 over L2 over two L1s that map @data. */
struct tree {
	u64 *l4, *l3, *l2, *l1[2], *data;
};

static void build(struct tree *t)
{
	u64 *old_l4 = (u64 *)start_info->pt_base;

	*t = (struct tree){ page(), page(), page(), { page(), page() }, page() };
	for (int i = 272; i < 512; i++)
		t->l4[i] = old_l4[i];
	t->l4[3] = virt_to_mfn(t->l3) << 12 | RW;
	t->l3[7] = virt_to_mfn(t->l2) << 12 | RW;
	for (int i = 0; i < 2; i++) {
		t->l2[9 + 400 * i] = virt_to_mfn(t->l1[i]) << 12 | RW;
		for (int j = 0; j < 512; j++)
			t->l1[i][j] = virt_to_mfn(t->data) << 12 | RW;
	}
	CHECK_EQ(make_readonly(t->l4), 0);
	CHECK_EQ(make_readonly(t->l3), 0);
	CHECK_EQ(make_readonly(t->l2), 0);
	CHECK_EQ(make_readonly(t->l1[0]), 0);
	CHECK_EQ(make_readonly(t->l1[1]), 0);
}

/* Each level must be ordinary memory again at once, whatever comes first. */
static void writable_from_the_top(struct tree *t)
{
	CHECK_EQ(make_writable(t->l3), 0);
	CHECK_EQ(make_writable(t->l2), 0);
	CHECK_EQ(make_writable(t->l1[1]), 0);
	CHECK_EQ(make_writable(t->l1[0]), 0);
	CHECK_EQ(make_writable(t->l4), 0);
	/* The data page may become anything, too. */
	CHECK_EQ(make_readonly(t->data), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(t->data)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t->data)), 0);
	CHECK_EQ(make_writable(t->data), 0);
}

static void unpinned_trees(void)
{
	struct tree t;

	build(&t);
	CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)), 0);
	CHECK(make_writable(t.l3) < 0);
	CHECK(make_writable(t.l1[1]) < 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t.l4)), 0);
	writable_from_the_top(&t);

	/* A table with a pin of its own stays one. */
	build(&t);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(t.l1[0])), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t.l4)), 0);
	CHECK(make_writable(t.l1[0]) < 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t.l1[0])), 0);
	writable_from_the_top(&t);
}

static void replaced_bases(void)
{
	struct tree t;

	build(&t);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(t.l4)), 0);
	CHECK(make_writable(t.l2) < 0);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
	writable_from_the_top(&t);
}

static void replaced_entries(void)
{
	struct tree t;

	build(&t);
	CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)), 0);
	CHECK_EQ(update_entry(&t.l4[3], 0), 0);
	CHECK_EQ(make_writable(t.l3), 0);
	CHECK_EQ(make_writable(t.l2), 0);
	CHECK_EQ(make_writable(t.l1[0]), 0);
	CHECK_EQ(make_writable(t.l1[1]), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t.l4)), 0);
	CHECK_EQ(make_writable(t.l4), 0);
}

/* A tree with one bad entry at its bottom leaves nothing in use. */
static void refused_trees(void)
{
	struct tree t;

	build(&t);
	CHECK_EQ(make_writable(t.l1[1]), 0);
	t.l1[1][511] = virt_to_mfn(t.l4) << 12 | RW;
	CHECK_EQ(make_readonly(t.l1[1]), 0);
	CHECK(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)) < 0);
	writable_from_the_top(&t);
}

static struct xen_memory_exchange exchange_of(xen_pfn_t *in, xen_pfn_t *out, unsigned int bits)
{
	struct xen_memory_exchange x = {
		.in = { .nr_extents = NR, .extent_order = 0, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = ORDER, .domid = DOMID_SELF,
			 .mem_flags = XENMEMF_address_bits(bits) },
	};

	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, out);
	return x;
}

static long do_exchange(struct xen_memory_exchange *x)
{
	return HC(memory_op, XENMEM_exchange, x, 0, 0, 0);
}

/* Pages, their frames, and no mapping of them. */
static void *unmapped_pages(xen_pfn_t *mfn)
{
	u8 *p = alloc_pages(NR);

	for (unsigned long i = 0; i < NR; i++) {
		mfn[i] = virt_to_mfn(p + i * PAGE_SIZE);
		CHECK_EQ(remap(p + i * PAGE_SIZE, 0, UVMF_INVLPG), 0);
	}
	return p;
}

static long reservation(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return HC(memory_op, XENMEM_current_reservation, &d, 0, 0, 0);
}

static void exchange_fails_whole(void)
{
	xen_pfn_t in[NR], out[1] = { 0x1000 };
	u8 *p = unmapped_pages(in);
	struct xen_memory_exchange x;
	long before = reservation();

	/* No memory so low. */
	for (unsigned int bits = 13; bits <= 18; bits++) {
		x = exchange_of(in, out, bits);
		CHECK(do_exchange(&x) < 0);
		CHECK_EQ(x.nr_exchanged, 0);
	}
	x = exchange_of(in, out, 32);
	x.out.domid = 5;
	CHECK_EQ(do_exchange(&x), -22);
	x = exchange_of(in, out, 32);
	x.out.nr_extents = 2;
	CHECK_EQ(do_exchange(&x), -22);
	x = exchange_of(in, out, 32);
	x.nr_exchanged = NR + 1;
	CHECK_EQ(do_exchange(&x), -22);
	x = exchange_of(in, out, 32);
	x.in.extent_order = x.out.extent_order = 60;
	CHECK(do_exchange(&x) < 0);

	/* One of the frames is in use; one comes twice; one is not ours. */
	x = exchange_of(in, out, 32);
	CHECK_EQ(remap(p + PAGE_SIZE, in[1] << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(do_exchange(&x), -16);
	CHECK_EQ(remap(p + PAGE_SIZE, 0, UVMF_INVLPG), 0);
	in[2] = in[1];
	CHECK(do_exchange(&x) < 0);
	in[2] = 0xa0;
	CHECK(do_exchange(&x) < 0);
	in[2] = ~0UL >> 1;
	CHECK(do_exchange(&x) < 0);
	CHECK_EQ(x.nr_exchanged, 0);
	CHECK_EQ(out[0], 0x1000);
	CHECK_EQ(reservation(), before);
	/* All of them are still ours. */
	in[2] = in[1] + 1;
	CHECK_EQ(remap(p, in[0] << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(remap(p + PAGE_SIZE, in[1] << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(remap(p + 3 * PAGE_SIZE, in[3] << 12 | RW, UVMF_INVLPG), 0);
}

static void exchange_works(void)
{
	xen_pfn_t in[NR], out[1] = { 0x1234 };
	u8 *p = unmapped_pages(in);
	struct xen_memory_exchange x = exchange_of(in, out, 32);
	long before = reservation();

	CHECK_EQ(do_exchange(&x), 0);
	CHECK_EQ(x.nr_exchanged, NR);
	CHECK_EQ(out[0] % NR, 0);
	CHECK_EQ(reservation(), before);
	for (unsigned long i = 0; i < NR; i++) {
		CHECK(out[0] + i < 1UL << 20);
		CHECK_EQ(M2P[out[0] + i], 0x1234 + i);
		CHECK(remap(p + i * PAGE_SIZE, in[i] << 12 | RW, UVMF_INVLPG) < 0);
		CHECK_EQ(remap(p + i * PAGE_SIZE, (out[0] + i) << 12 | RW, UVMF_INVLPG), 0);
		for (unsigned long j = 0; j < PAGE_SIZE; j += 8)
			if (*(volatile u64 *)(p + i * PAGE_SIZE + j))
				check_at(false, "memory of somebody else's", __FILE__, __LINE__);
	}
}

static void give_and_take(void)
{
	xen_pfn_t frames[NR];
	u8 *p = unmapped_pages(frames);
	struct xen_memory_reservation r = { .nr_extents = NR, .domid = DOMID_SELF };
	long before = reservation();
	xen_pfn_t pfn[NR];

	set_xen_guest_handle(r.extent_start, frames);
	CHECK_EQ(HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0), NR);
	CHECK_EQ(reservation(), before - (long)NR);
	CHECK(remap(p, frames[0] << 12 | RW, UVMF_INVLPG) < 0);
	/* A second time they are not ours to give. */
	CHECK_EQ(HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0), 0);

	for (unsigned long i = 0; i < NR; i++)
		frames[i] = pfn[i] = 0x777 + i;
	CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), NR);
	CHECK_EQ(reservation(), before);
	for (unsigned long i = 0; i < NR; i++) {
		CHECK_EQ(M2P[frames[i]], pfn[i]);
		CHECK_EQ(remap(p + i * PAGE_SIZE, frames[i] << 12 | RW, UVMF_INVLPG), 0);
	}
	/* The hypervisor's page that is shared with us is not ours to give. */
	frames[0] = start_info->shared_info >> 12;
	r.nr_extents = 1;
	CHECK_EQ(HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0), 0);
	r.domid = 77;
	CHECK_EQ(HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0), -3);
	r.domid = DOMID_SELF;
	r.extent_order = 63;
	CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), 0);
	r.nr_extents = ~0UL;
	r.extent_order = 0;
	CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), 0);
	CHECK_EQ(HC(memory_op, 63, &r, 0, 0, 0), -38);
}

void test_main(void)
{
	unpinned_trees();
	replaced_bases();
	replaced_entries();
	refused_trees();
	exchange_fails_whole();
	exchange_works();
	give_and_take();
}
