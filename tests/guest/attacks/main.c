// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain without privilege attacks by grants: what was not granted to it, what
 * no longer is, frames in places where they must not be, death at a bad moment.
 * Frames that are exchanged or given up while another still has them.
 */
#include "domu.h"

const char *const test_name = "attacks";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define RO		(PTE_P | PTE_A | PTE_US)
#define HOST		GNTMAP_host_map
#define DEV		GNTMAP_device_map
#define READONLY	GNTMAP_readonly
#define PTE		GNTMAP_contains_pte
#define IN_USE		(GTF_reading | GTF_writing)
#define REF		20
#define NOBODY		77
#define EPERM		(-1L)
#define EBUSY		(-16L)
#define SECRET		0x5ec2e75ec2e75ec2UL
#define PROBES		400

static volatile struct grant_entry_v1 *ours, *theirs;	/* grant tables: our own, the other's */
static u64 theirs_pte;
static u64 *secret;		/* a page of ours */
static u8 *page;		/* an address of ours, to map at */
static u64 page_pte;

static unsigned int round;

/* The allocator of small objects keeps what the first domains needed: not in the first round. */
static void same_memory(u64 before)
{
	if (round)
		CHECK_EQ(free_pages(), before);
}

static u64 data_va(unsigned int n)
{
	return DOMU_VA(DOMU_FIRST + n);
}

static u64 data_mfn(const struct domu *u, unsigned int n)
{
	return u->mfn[DOMU_FIRST + n];
}

static void start(struct domu *u)
{
	u64 frame = 0;

	CHECK_EQ(domu_make(u, 0), 0);
	CHECK_EQ(domu_grant_frame(u, 0, &frame), 0);
	CHECK_EQ(map_foreign((void *)theirs, frame, u->id, RW), 0);
	CHECK_EQ(domu_start(u), 0);
}

static void stop(struct domu *u)
{
	window_close((void *)theirs, theirs_pte);
	CHECK(domu_stop(u));
}

static void grant(volatile struct grant_entry_v1 *e, u16 to, u64 mfn, u16 flags)
{
	e->domid = to;
	e->frame = (u32)mfn;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	e->flags = flags;
}

/* As gnttab_end_foreign_access_ref() does: false while it is in use. */
static bool revoke(volatile struct grant_entry_v1 *e)
{
	u16 flags = e->flags;

	while (!(flags & IN_USE))
		if (__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

static int their_map_at(struct domu *u, u64 addr, u32 flags, u32 ref, u16 dom, u32 *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr, .flags = flags, .ref = ref, .dom = dom, .status = 77,
	};

	CHECK_EQ(domu_do_with(u, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, 0, 1, 0, 2,
			      &op, sizeof(op)), 0);
	*handle = op.handle;
	return op.status;
}

static int their_map(struct domu *u, unsigned int n, u32 flags, u32 *handle)
{
	return their_map_at(u, data_va(n), flags, REF, 0, handle);
}

static int their_unmap(struct domu *u, u64 addr, u64 bus, u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .dev_bus_addr = bus, .handle = handle, .status = 77,
	};

	CHECK_EQ(domu_do_with(u, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, 0, 1, 0, 2,
			      &op, sizeof(op)), 0);
	return op.status;
}

static int their_copy(struct domu *u, u16 flags, u64 from, u16 from_dom, u64 to, u16 to_dom,
		      u16 offset, u16 len)
{
	struct gnttab_copy op = {
		.source = { .u.gmfn = from, .domid = from_dom, .offset = offset },
		.dest = { .u.gmfn = to, .domid = to_dom },
		.len = len, .flags = flags, .status = 77,
	};

	CHECK_EQ(domu_do_with(u, __HYPERVISOR_grant_table_op, GNTTABOP_copy, 0, 1, 0, 2, &op,
			      sizeof(op)), 0);
	return op.status;
}

static int their_transfer(struct domu *u, u64 mfn, u16 to, u32 ref)
{
	struct gnttab_transfer op = { .mfn = mfn, .domid = to, .ref = ref, .status = 77 };

	CHECK_EQ(domu_do_with(u, __HYPERVISOR_grant_table_op, GNTTABOP_transfer, 0, 1, 0, 2, &op,
			      sizeof(op)), 0);
	return op.status;
}

static int our_map(void *va, u32 flags, u32 ref, u16 dom, u32 *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)va, .flags = flags, .ref = ref, .dom = dom, .status = 77,
	};

	CHECK_EQ(HC(grant_table_op, GNTTABOP_map_grant_ref, &op, 1, 0, 0), 0);
	*handle = op.handle;
	return op.status;
}

static int our_unmap(void *va, u32 handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = (u64)va, .handle = handle, .status = 77 };

	CHECK_EQ(HC(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1, 0, 0), 0);
	return op.status;
}

/* ---- References that are not for it ---- */

static void not_granted(struct domu *u)
{
	static const u16 kinds[] = { 0, GTF_accept_transfer, GTF_invalid | GTF_readonly,
				     GTF_permit_access | GTF_sub_page, GTF_transitive };
	u64 mfn = virt_to_mfn(secret);
	u32 h;

	/* For others, of kinds that are not for mapping, past the end. */
	grant(&ours[REF], 0, mfn, GTF_permit_access);
	CHECK_EQ(their_map(u, 0, HOST | READONLY, &h), GNTST_general_error);
	grant(&ours[REF], NOBODY, mfn, GTF_permit_access);
	CHECK_EQ(their_map(u, 0, HOST | READONLY, &h), GNTST_general_error);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		grant(&ours[REF], u->id, mfn, kinds[i]);
		CHECK_EQ(their_map(u, 0, HOST | READONLY, &h), GNTST_general_error);
		CHECK_EQ(their_map(u, 0, DEV | READONLY, &h), GNTST_general_error);
		CHECK_EQ(ours[REF].flags, kinds[i]);
	}
	CHECK_EQ(their_map_at(u, data_va(0), HOST, 512 * 64, 0, &h), GNTST_bad_gntref);
	CHECK_EQ(their_map_at(u, data_va(0), HOST, ~0U, 0, &h), GNTST_bad_gntref);
	CHECK_EQ(their_map_at(u, data_va(0), HOST, REF, DOMID_XEN, &h), GNTST_bad_domain);
	CHECK_EQ(their_map_at(u, data_va(0), HOST, REF, NOBODY, &h), GNTST_bad_domain);

	/* Read-only is read-only, by mapping and by copy. */
	grant(&ours[REF], u->id, mfn, GTF_permit_access | GTF_readonly);
	CHECK_EQ(their_map(u, 0, HOST, &h), GNTST_general_error);
	CHECK_EQ(their_map(u, 0, DEV, &h), GNTST_general_error);
	CHECK_EQ(their_copy(u, GNTCOPY_dest_gref, data_mfn(u, 0), DOMID_SELF, REF, 0, 0, 8),
		 GNTST_general_error);
	CHECK_EQ(ours[REF].flags, GTF_permit_access | GTF_readonly);
	CHECK_EQ(secret[0], SECRET);

	/* A copy by frame number is of its own frames, and no page table. */
	CHECK_EQ(their_copy(u, 0, mfn, 0, data_mfn(u, 0), DOMID_SELF, 0, 8),
		 GNTST_permission_denied);
	CHECK(their_copy(u, 0, mfn, DOMID_SELF, data_mfn(u, 0), DOMID_SELF, 0, 8) < 0);
	CHECK(their_copy(u, 0, data_mfn(u, 0), DOMID_SELF, u->mfn[DOMU_L1], DOMID_SELF, 0, 8) < 0);
	CHECK_EQ(their_copy(u, GNTCOPY_source_gref, REF, 0, data_mfn(u, 0), DOMID_SELF, 4090, 8),
		 GNTST_bad_copy_arg);
	CHECK(revoke(&ours[REF]));
}

/* Whatever frame an accomplice names in its entry: only its own count. */
static void frames_of_others(struct domu *u)
{
	unsigned int mapped = 0;
	u32 h;

	/* The other way round, too: we are what it would have read for it. */
	grant(&theirs[REF], 0, virt_to_mfn(secret), GTF_permit_access);
	CHECK(our_map(page, HOST, REF, u->id, &h) < 0);
	grant(&ours[REF], u->id, data_mfn(u, 1), GTF_permit_access);
	CHECK(their_map(u, 0, HOST, &h) < 0);
	CHECK(their_copy(u, GNTCOPY_source_gref, REF, 0, data_mfn(u, 0), DOMID_SELF, 0, 8) < 0);

	/* Frames at random: what it gets is ours, and not the hypervisor's nor a device's. */
	for (unsigned int i = 0; i < PROBES; i++) {
		u64 mfn = random_below(4) ? random_below(0x20000) : random_below(0x7fffffff);

		grant(&ours[REF], u->id, mfn, GTF_permit_access);
		if (their_map(u, 0, HOST | READONLY, &h) != GNTST_okay)
			continue;
		mapped++;
		CHECK_EQ(their_unmap(u, data_va(0), 0, h), 0);
		CHECK_EQ(map_foreign(page, mfn, DOMID_SELF, RO), 0);
		window_close(page, page_pte);
	}
	say("%u of %u frames were ours\n", mapped, PROBES);
	CHECK(mapped > 0 && mapped < PROBES);
	CHECK(revoke(&ours[REF]));
	CHECK(revoke(&theirs[REF]));
	CHECK_EQ(DOMU_HC(u, update_va_mapping, data_va(0), data_mfn(u, 0) << 12 | RW, UVMF_INVLPG,
			 0), 0);
}

/* To where it must not be mapped: into our tables, the hypervisor's part, no table at all. */
static void places(struct domu *u)
{
	u64 *pte = pte_of(page), was = *pte;
	u64 addrs[] = {
		entry_machine_address(pte), virt_to_mfn(secret) << 12, data_mfn(u, 0) << 12,
		u->mfn[DOMU_L2] << 12, u->mfn[DOMU_L1] << 12 | 4, 0x100000, ~7UL, 0xfee00000,
	};
	static const u64 vas[] = { 0xffff800000000000, 0xffff82d040000000, 0x400000000000,
				   0x8000000000000000, 0x20000000 };
	u32 h;

	grant(&ours[REF], u->id, virt_to_mfn(secret), GTF_permit_access);
	for (unsigned int i = 0; i < ARRAY_SIZE(addrs); i++)
		CHECK(their_map_at(u, addrs[i], HOST | PTE, REF, 0, &h) < 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(vas); i++)
		CHECK(their_map_at(u, vas[i], HOST, REF, 0, &h) < 0);
	CHECK_EQ(*pte, was);
	CHECK_EQ(ours[REF].flags, GTF_permit_access);

	/* What it may map it may not unmap elsewhere, nor end by numbers it made up. */
	CHECK_EQ(their_map(u, 0, HOST, &h), 0);
	CHECK(their_unmap(u, data_va(1), 0, h) < 0);
	CHECK(their_unmap(u, entry_machine_address(pte), 0, h) < 0);
	for (u32 i = 0; i < 600; i++)
		if (i != h)
			CHECK_EQ(their_unmap(u, data_va(0), 0, i), GNTST_bad_handle);
	CHECK_EQ(their_unmap(u, data_va(0), 0, ~0U), GNTST_bad_handle);
	CHECK_EQ(their_unmap(u, data_va(0), 0, h), 0);
	CHECK(revoke(&ours[REF]));
}

/* More mappings than the domain may have: an error, and none is lost. */
static void too_many(struct domu *u)
{
	u32 h, n = 0, first = ~0U;

	grant(&ours[REF], u->id, virt_to_mfn(secret), GTF_permit_access);
	while (n < 5000 && their_map_at(u, 0, DEV | READONLY, REF, 0, &h) == 0) {
		if (!n++)
			first = h;
	}
	CHECK_EQ(n, 4 * 256);
	CHECK_EQ(their_unmap(u, 0, virt_to_mfn(secret) << 12, first), 0);
	CHECK_EQ(their_map_at(u, 0, DEV | READONLY, REF, 0, &h), 0);
	CHECK(!revoke(&ours[REF]));
	for (u32 i = 0; i < 4 * 256; i++)
		CHECK_EQ(their_unmap(u, 0, virt_to_mfn(secret) << 12, i), 0);
	CHECK(revoke(&ours[REF]));
}

/* ---- After the end of a grant ---- */

static long give_up(u64 mfn, u16 domid)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = domid };
	xen_pfn_t frame = mfn;

	set_xen_guest_handle(r.extent_start, &frame);
	return HC(memory_op, XENMEM_decrease_reservation, &r, 0, 0, 0);
}

static u64 take_back(u64 pfn)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	xen_pfn_t frame = pfn;

	set_xen_guest_handle(r.extent_start, &frame);
	CHECK_EQ(HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0), 1);
	return frame;
}

static void use_after_revoke(void)
{
	u64 *victim = alloc_pages(1), mfn = virt_to_mfn(victim), free_before;
	u64 pfn = ((u64 *)0xffff800000000000UL)[mfn];
	struct domu u;
	u32 h;

	start(&u);
	victim[0] = SECRET;
	grant(&ours[REF], u.id, mfn, GTF_permit_access);
	CHECK_EQ(their_map(&u, 0, HOST, &h), 0);
	CHECK_EQ(domu_do(&u, DOMU_LOAD, data_va(0), 0, 0, 0, 0), SECRET);
	CHECK(!revoke(&ours[REF]));

	/* Given up by its owner while it is mapped: nobody else gets it. */
	CHECK_EQ(remap(victim, 0, UVMF_INVLPG), 0);
	free_before = free_pages();
	CHECK_EQ(give_up(mfn, DOMID_SELF), 1);
	CHECK_EQ(free_pages(), free_before);
	CHECK_EQ(domu_do(&u, DOMU_STORE, data_va(0), 4711, 0, 0, 0), 0);
	CHECK_EQ(domu_do(&u, DOMU_LOAD, data_va(0), 0, 0, 0, 0), 4711);
	/* It cannot make more of it either: no table, no exchange, no copy by number. */
	CHECK(their_copy(&u, 0, mfn, DOMID_SELF, data_mfn(&u, 1), DOMID_SELF, 0, 8) < 0);
	CHECK(DOMU_HC(&u, update_va_mapping, data_va(1), mfn << 12 | RO, UVMF_INVLPG, 0) < 0);
	CHECK_EQ(their_transfer(&u, mfn, 0, REF), GNTST_bad_page);
	CHECK_EQ(their_unmap(&u, data_va(0), 0, h), 0);
	CHECK_EQ(free_pages(), free_before + 1);
	CHECK(revoke(&ours[REF]));

	/* All ways to it are closed, the TLB's too. */
	CHECK(their_map(&u, 0, HOST | READONLY, &h) < 0);
	CHECK(their_map_at(&u, 0, DEV | READONLY, REF, 0, &h) < 0);
	CHECK(their_copy(&u, GNTCOPY_source_gref, REF, 0, data_mfn(&u, 1), DOMID_SELF, 0, 8) < 0);
	CHECK_EQ(remap(victim, take_back(pfn) << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(domu_do(&u, DOMU_LOAD, data_va(0), 0, 0, 0, 0), -4000);
	stop(&u);
}

/* It dies with our page mapped, its own way or by the control domain's hand. */
static void mapper_dies(void)
{
	u64 mfn = virt_to_mfn(secret);
	struct domu u;
	u32 h;

	for (unsigned int kind = 0; kind < 4; kind++) {
		start(&u);
		grant(&ours[REF], u.id, mfn, GTF_permit_access);
		CHECK_EQ(their_map(&u, 0, kind & 1 ? HOST | DEV : HOST, &h), 0);
		if (kind & 2)	/* the handle's entry in the page table is no longer there */
			CHECK_EQ(DOMU_HC(&u, update_va_mapping, data_va(0), 0, UVMF_INVLPG, 0), 0);
		else
			CHECK_EQ(domu_do(&u, DOMU_LOAD, 0x40000000, 0, 0, 0, 0), -4000);
		CHECK(!revoke(&ours[REF]));
		stop(&u);
		CHECK_EQ(ours[REF].flags, GTF_permit_access);
		CHECK(revoke(&ours[REF]));
		CHECK_EQ(secret[0], SECRET);
	}
	/* Nothing holds the page: it may become a table. */
	secret[0] = 0;
	CHECK_EQ(make_readonly(secret), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(make_writable(secret), 0);
	secret[0] = SECRET;
}

static void granter_dies(void)
{
	u64 before = free_pages();
	struct domu u, next;
	u32 h;

	start(&u);
	CHECK_EQ(domu_do(&u, DOMU_STORE, data_va(2), 0x1111, 0, 0, 0), 0);
	grant(&theirs[REF], 0, data_mfn(&u, 2), GTF_permit_access);
	CHECK_EQ(our_map(page, HOST, REF, u.id, &h), 0);
	window_close((void *)theirs, theirs_pte);
	domu_unmap(&u);
	CHECK_EQ(domu_kill(&u), 0);
	CHECK_EQ(*(u64 *)page, 0x1111);
	*(u64 *)page = 0x2222;

	/* Its number is not free while we hold on to it; another does not get its page. */
	CHECK_EQ(domu_make(&next, u.id), -17);
	CHECK_EQ(domu_make(&next, 0), 0);
	CHECK_EQ(*(u64 *)page, 0x2222);
	CHECK(domu_stop(&next));
	CHECK_EQ(our_unmap(page, h), 0);
	CHECK_EQ(our_unmap(page, h), GNTST_bad_handle);
	window_close(page, page_pte);
	CHECK(domu_stop(&u));
	same_memory(before);
}

/* ---- Frames that move while somebody has them ---- */

static long their_exchange(struct domu *u, u64 in, u64 in_ptr, u64 out_ptr, u64 *out)
{
	struct {
		struct xen_memory_exchange x;
		xen_pfn_t in, out;
	} ex = {
		.x = { .in = { .nr_extents = 1, .domid = DOMID_SELF },
		       .out = { .nr_extents = 1, .domid = DOMID_SELF } },
		.in = in, .out = 1,
	};
	long rc;

	ex.x.in.extent_start.p = (void *)(in_ptr ?: DOMU_BUF + offsetof(typeof(ex), in));
	ex.x.out.extent_start.p = (void *)(out_ptr ?: DOMU_BUF + offsetof(typeof(ex), out));
	rc = DOMU_OP(u, memory_op, XENMEM_exchange, &ex);
	*out = ex.out;
	return rc;
}

static void exchanges(void)
{
	struct xen_memory_domain self = { .domid = DOMID_SELF };
	u64 before = free_pages(), out;
	struct domu u;
	u32 h;

	start(&u);
	/* A frame that we have by a grant, as a page and for devices. */
	CHECK_EQ(DOMU_HC(&u, update_va_mapping, data_va(3), 0, UVMF_INVLPG, 0), 0);
	grant(&theirs[REF], 0, data_mfn(&u, 3), GTF_permit_access);
	CHECK_EQ(our_map(page, HOST, REF, u.id, &h), 0);
	CHECK_EQ(their_exchange(&u, data_mfn(&u, 3), 0, 0, &out), EBUSY);
	CHECK_EQ(their_transfer(&u, data_mfn(&u, 3), 0, REF), GNTST_general_error);
	CHECK_EQ(our_unmap(page, h), 0);
	window_close(page, page_pte);
	CHECK(revoke(&theirs[REF]));

	/* Its shared page, its grant table, its tables, what it has mapped itself: all in use. */
	CHECK(their_exchange(&u, domu_shared_info(&u), 0, 0, &out) < 0);
	CHECK(their_transfer(&u, domu_shared_info(&u), 0, REF) < 0);
	CHECK(their_exchange(&u, u.mfn[DOMU_L4], 0, 0, &out) < 0);
	CHECK(their_transfer(&u, u.mfn[DOMU_L1], 0, REF) < 0);
	CHECK_EQ(their_exchange(&u, data_mfn(&u, 4), 0, 0, &out), EBUSY);
	CHECK_EQ(their_transfer(&u, data_mfn(&u, 4), 0, REF), GNTST_general_error);
	CHECK(their_exchange(&u, virt_to_mfn(secret), 0, 0, &out) < 0);
	CHECK_EQ(their_transfer(&u, virt_to_mfn(secret), 0, REF), GNTST_bad_page);

	/* Lists where it has nothing, or must not write: whatever comes, no frame is lost. */
	CHECK(their_exchange(&u, data_mfn(&u, 3), 0xffff830000000000, 0, &out) < 0);
	CHECK(their_exchange(&u, data_mfn(&u, 3), 0x50000000, 0, &out) < 0);
	CHECK(their_exchange(&u, data_mfn(&u, 3), 0, 0xffff800000000000, &out) < 0);
	CHECK(their_exchange(&u, data_mfn(&u, 3), 0, DOMU_VA(DOMU_L1), &out) < 0);
	CHECK_EQ(DOMU_OP(&u, memory_op, XENMEM_current_reservation, &self), DOMU_PAGES);

	/* We wait for a page of its, and take it: it has it no more. */
	u64 mfn = data_mfn(&u, 5);
	u64 was = take_back(0x700);	/* so that we may have one more */

	CHECK_EQ(give_up(was, DOMID_SELF), 1);
	CHECK_EQ(domu_do(&u, DOMU_STORE, data_va(5), 0x3333, 0, 0, 0), 0);
	CHECK_EQ(DOMU_HC(&u, update_va_mapping, data_va(5), 0, UVMF_INVLPG, 0), 0);
	grant(&ours[REF], u.id, 0, GTF_accept_transfer);
	CHECK_EQ(their_transfer(&u, mfn, 0, REF), 0);
	CHECK_EQ(ours[REF].flags, GTF_accept_transfer | GTF_transfer_committed |
		 GTF_transfer_completed);
	CHECK_EQ(remap(page, (u64)ours[REF].frame << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(*(u64 *)page, 0x3333);
	window_close(page, page_pte);
	CHECK(DOMU_HC(&u, update_va_mapping, data_va(5), mfn << 12 | RW, UVMF_INVLPG, 0) < 0);
	CHECK_EQ(give_up(ours[REF].frame, DOMID_SELF), 1);
	ours[REF].flags = 0;
	CHECK_EQ(DOMU_OP(&u, memory_op, XENMEM_current_reservation, &self), DOMU_PAGES - 1);
	stop(&u);
	same_memory(before);
}

void test_main(void)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };
	u64 list[1], before;
	struct domu u;

	random_seed();
	set_xen_guest_handle(op.frame_list, list);
	CHECK_EQ(HC(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0), 0);
	ours = alloc_pages(1);
	CHECK_EQ(remap((void *)ours, list[0] << 12 | RW, UVMF_INVLPG), 0);
	theirs = alloc_pages(1);
	theirs_pte = *pte_of((void *)theirs);
	page = alloc_pages(1);
	page_pte = *pte_of(page);
	secret = alloc_pages(1);
	secret[0] = SECRET;

	for (round = 0; round < 2; round++) {
		before = free_pages();
		start(&u);
		not_granted(&u);
		frames_of_others(&u);
		places(&u);
		too_many(&u);
		stop(&u);
		use_after_revoke();
		mapper_dies();
		granter_dies();
		exchanges();
		same_memory(before);
	}
	CHECK_EQ(secret[0], SECRET);
}
