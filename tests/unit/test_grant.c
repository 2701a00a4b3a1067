// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants between domains, over the real counting of frames. Each test ends with
 * the death of all domains, after which nothing may be left.
 */
#include "test.h"
#include "grant_host.h"

#define HOST	GNTMAP_host_map
#define DEV	GNTMAP_device_map
#define RO	GNTMAP_readonly
#define PTE	GNTMAP_contains_pte
#define IN_USE	(GTF_reading | GTF_writing)

static int start(void **state)
{
	host_start();
	return 0;
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

/* Domain @dom, by index, grants page @page to domain index @to. */
static void grant(unsigned int dom, u32 ref, unsigned int page, unsigned int to, u16 flags)
{
	struct grant_entry_v1 *e = host_entry(dom, ref);

	e->domid = ids[to];
	e->frame = (u32)host_mfn(dom, page);
	e->flags = flags;
}

static long call(unsigned int cmd, void *op, unsigned int count)
{
	return do_grant_table_op(cmd, (unsigned long)op, count, 0, 0);
}

static struct gnttab_map_grant_ref map_op(unsigned int slot, u32 flags, unsigned int dom, u32 ref)
{
	return (struct gnttab_map_grant_ref){
		.host_addr = flags & PTE ? (mfn_x(page_to_mfn(l1[domain_index(current->domain)])) <<
					    PAGE_SHIFT) + slot * 8 : host_va(slot),
		.flags = flags, .dom = ids[dom], .ref = ref, .status = 77,
	};
}

static int map(unsigned int slot, u32 flags, unsigned int dom, u32 ref, u32 *handle)
{
	struct gnttab_map_grant_ref op = map_op(slot, flags, dom, ref);

	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	*handle = op.handle;
	return op.status;
}

static int unmap(unsigned int slot, u64 bus, u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = slot == ~0U ? 0 : host_va(slot), .dev_bus_addr = bus,
		.handle = handle, .status = 77,
	};

	assert_int_equal(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

static u64 refs(unsigned int dom, unsigned int page)
{
	return pages[dom][page]->state & PG_REFS_MASK;
}

static u64 type_refs(unsigned int dom, unsigned int page)
{
	return pg_type_refs(pages[dom][page]->state);
}

static void test_map_counts(void **state)
{
	u32 h[4];

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, HOST, 1, 9, &h[0]), 0);
	assert_int_equal(refs(1, 0), 2);
	assert_int_equal(type_refs(1, 0), 1);
	assert_int_equal(pg_type(pages[1][0]->state), PT_WRITABLE);
	assert_int_equal(domains[1].refcount, 2);
	assert_int_equal(map(1, HOST | RO, 1, 9, &h[1]), 0);
	assert_int_equal(map(2, HOST | DEV, 1, 9, &h[2]), 0);
	assert_int_equal(map(3, DEV | RO, 1, 9, &h[3]), 0);
	assert_int_equal(refs(1, 0), 6);
	assert_int_equal(type_refs(1, 0), 3);
	assert_int_equal(page_pin(pages[1][0], 1, PT_L1), -EBUSY);

	assert_int_equal(unmap(0, 0, h[0]), 0);
	assert_int_equal(unmap(2, host_mfn(1, 0) << 12, h[2]), 0);
	assert_int_equal(type_refs(1, 0), 0);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(1, 0, h[1]), 0);
	assert_int_equal(unmap(~0U, host_mfn(1, 0) << 12, h[3]), 0);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access);
	assert_int_equal(domains[1].refcount, 2);
}

/* Who may map what of whom. */
static void test_permissions(void **state)
{
	u32 h;

	grant(1, 9, 0, 2, GTF_permit_access);
	assert_int_equal(map(0, HOST, 1, 9, &h), GNTST_general_error);
	current = &vcpus[2];
	assert_int_equal(map(0, HOST, 1, 9, &h), 0);
	current = &vcpus[3];
	assert_int_equal(map(0, HOST, 1, 9, &h), GNTST_general_error);
	assert_int_equal(unmap(0, 0, 0), GNTST_bad_handle);

	/* A frame of a third domain's, and one that is free. */
	host_entry(1, 10)->domid = 7;
	host_entry(1, 10)->flags = GTF_permit_access;
	host_entry(1, 10)->frame = (u32)host_mfn(2, 0);
	assert_int_equal(map(0, HOST, 1, 10, &h), GNTST_bad_page);
	assert_int_equal(map(0, HOST | RO, 1, 10, &h), GNTST_bad_page);
	assert_int_equal(map(0, DEV, 1, 10, &h), GNTST_bad_page);
	host_entry(1, 10)->frame = 0x2fff;
	assert_int_equal(map(0, HOST, 1, 10, &h), GNTST_bad_page);
	host_entry(1, 10)->frame = ~0U;
	assert_int_equal(map(0, HOST, 1, 10, &h), GNTST_bad_page);
	/* A page table: to be read only. */
	host_entry(1, 10)->frame = (u32)mfn_x(page_to_mfn(l1[1]));
	assert_int_equal(map(0, HOST, 1, 10, &h), GNTST_general_error);
	assert_int_equal(map(0, HOST | DEV, 1, 10, &h), GNTST_general_error);
	assert_int_equal(map(0, HOST | RO, 1, 10, &h), 0);
	assert_int_equal(host_entry(1, 10)->flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(0, 0, h), 0);
	assert_int_equal(host_entry(1, 10)->flags, GTF_permit_access);

	/* Entries in tables of others', and of theirs. */
	struct gnttab_map_grant_ref op = map_op(0, HOST | PTE | RO, 1, 10);

	op.host_addr = mfn_x(page_to_mfn(l1[2])) << 12;
	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	op.host_addr = host_mfn(3, 0) << 12;
	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	assert_int_equal(refs(1, 0), 2);
}

/* The references of a host mapping are its entry's. */
static void test_entry_overwritten(void **state)
{
	pte_t pte;
	u32 h;

	grant(1, 9, 0, 2, GTF_permit_access);
	current = &vcpus[2];
	assert_int_equal(map(5, HOST, 1, 9, &h), 0);
	pte = *host_pte(2, 5);

	/* Its own mmu_update can take it away, not put it back, nor make it of another kind. */
	assert_int_equal(host_update(2, 5, pte & ~PTE_RW, 2), -EINVAL);
	assert_int_equal(*host_pte(2, 5), pte);
	assert_int_equal(host_update(2, 5, pte & ~PTE_A, 2), 0);
	assert_int_equal(host_update(2, 5, 0, 2), 0);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(type_refs(1, 0), 0);
	assert_int_equal(host_update(2, 5, pte, 2), -EINVAL);
	assert_int_equal(unmap(5, 0, h), GNTST_general_error);
	assert_int_equal(host_entry(1, 9)->flags & IN_USE, IN_USE);

	/* The frame is another's by now: no further mapping by what was remembered. */
	assert_true(page_get(pages[1][0], 1));
	page_give_up(pages[1][0]);
	page_put(pages[1][0]);
	assert_int_equal(map(6, HOST, 1, 9, &h), GNTST_bad_page);
}

static void test_table_retired(void **state)
{
	bool idle;
	u32 h;

	grant(1, 9, 0, 2, GTF_permit_access);
	current = &vcpus[2];
	assert_int_equal(map(5, HOST, 1, 9, &h), 0);
	assert_true(page_get(l1[2], 2));
	assert_int_equal(page_unpin(l1[2], &idle), 0);
	assert_true(idle);
	assert_int_equal(page_retire(l1[2]), PT_ENTRIES);
	assert_int_equal(refs(1, 0), 1);
	/* It is no table now: nothing there to unmap. */
	assert_int_equal(unmap(5, 0, h), GNTST_general_error);
	/* Nor can it be one again with a frame that is not its own. */
	assert_int_equal(page_pin(l1[2], 2, PT_L1), -EINVAL);
	*host_pte(2, 5) = 0;
	assert_int_equal(page_pin(l1[2], 2, PT_L1), 0);
	page_put(l1[2]);
}

static u64 refs_at_flush;
static u16 flags_at_flush;

static void note_flush(void)
{
	refs_at_flush = refs(1, 0);
	flags_at_flush = host_entry(1, 9)->flags;
}

static void test_one_flush_before_the_end(void **state)
{
	struct gnttab_unmap_grant_ref u[3];
	u32 h;

	grant(1, 9, 0, 0, GTF_permit_access);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(map(i, HOST, 1, 9, &h), 0);
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = host_va(i), .handle = h };
	}
	on_flush = note_flush;
	assert_int_equal(nr_tlb_flushes, 0);
	assert_int_equal(call(GNTTABOP_unmap_grant_ref, u, 3), 0);
	assert_int_equal(nr_tlb_flushes, 1);
	assert_int_equal(refs_at_flush, 4);
	assert_int_equal(flags_at_flush & IN_USE, IN_USE);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access);

	/* Nothing was mapped for the host: nothing to flush. */
	assert_int_equal(map(0, DEV, 1, 9, &h), 0);
	assert_int_equal(unmap(~0U, host_mfn(1, 0) << 12, h), 0);
	assert_int_equal(nr_tlb_flushes, 1);
}

/* The same handle twice in a batch, and the parts of one in two elements. */
static void test_handle_twice(void **state)
{
	struct gnttab_unmap_grant_ref u[3] = { 0 };
	u32 h;

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, HOST | DEV, 1, 9, &h), 0);
	u[0] = (struct gnttab_unmap_grant_ref){ .host_addr = host_va(0), .handle = h };
	u[1] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = host_mfn(1, 0) << 12, .handle = h };
	u[2] = u[0];
	assert_int_equal(call(GNTTABOP_unmap_grant_ref, u, 3), 0);
	assert_int_equal(u[0].status, 0);
	assert_int_equal(u[1].status, 0);
	assert_int_equal(u[2].status, GNTST_bad_handle);
	assert_int_equal(refs(1, 0), 1);
}

/* A granter dies while it is mapped: it goes with the last mapping. */
static void test_granter_dies(void **state)
{
	unsigned long mfn = host_mfn(1, 0);
	u32 h, h2;

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, HOST, 1, 9, &h), 0);
	assert_int_equal(map(1, HOST, 1, 9, &h2), 0);
	host_kill(1);
	assert_int_equal(domains[1].tot_pages, 1);
	assert_int_equal(*(u8 *)mfn_to_virt(_mfn(mfn)), 0x10);
	assert_int_equal(host_update(0, 1, 0, 0), 0);
	assert_int_equal(unmap(0, 0, h), 0);
	assert_int_equal(domains[1].tot_pages, 0);
	assert_int_equal(domains[1].refcount, 0);
	assert_null(domains[1].grant);
	assert_int_equal(unmap(1, 0, h2), GNTST_general_error);
}

/* A handle outlives the mapping and the granter, whose number another has then. */
static void test_granter_reborn(void **state)
{
	struct maptrack *m;
	u32 h, h2, h3;

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, HOST, 1, 9, &h), 0);
	assert_int_equal(map(1, HOST, 1, 9, &h2), 0);
	assert_int_equal(host_update(0, 0, 0, 0), 0);
	assert_int_equal(host_update(0, 1, 0, 0), 0);
	host_kill(1);
	assert_int_equal(domains[1].refcount, 0);
	host_domain(1);
	current = &vcpus[0];

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(2, HOST, 1, 9, &h3), 0);
	m = maptrack_find(domains[0].grant, h);
	m->mfn = (u32)host_mfn(1, 0);	/* as chance may have it */
	assert_int_equal(unmap(2, 0, h), 0);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(host_entry(1, 9)->flags & IN_USE, IN_USE);
	assert_int_equal(unmap(2, 0, h3), GNTST_general_error);
	host_kill(0);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access);
}

static void test_mapper_dies(void **state)
{
	u32 h;

	grant(1, 9, 0, 2, GTF_permit_access);
	grant(2, 9, 0, 2, GTF_permit_access);
	current = &vcpus[2];
	assert_int_equal(map(0, HOST, 1, 9, &h), 0);
	assert_int_equal(map(1, DEV, 1, 9, &h), 0);
	assert_int_equal(map(2, HOST | DEV | RO, 1, 9, &h), 0);
	assert_int_equal(map(3, HOST, 2, 9, &h), 0);
	current = &vcpus[0];
	preempt = true;
	assert_int_equal(gnttab_release_mappings(&domains[2]), -ERESTART);
	preempt = false;
	host_kill(2);
	assert_int_equal(domains[2].refcount, 0);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access);
}

static void test_handles_run_out(void **state)
{
	u32 first, h;

	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, DEV, 1, 9, &first), 0);
	for (unsigned int i = 1; i < HOST_MAPTRACK << MAPTRACK_SHIFT; i++)
		assert_int_equal(map(0, DEV, 1, 9, &h), 0);
	assert_int_equal(map(0, DEV, 1, 9, &h), GNTST_no_space);
	assert_int_equal(unmap(~0U, host_mfn(1, 0) << 12, first), 0);
	assert_int_equal(map(0, DEV, 1, 9, &h), 0);
	assert_int_equal(h, first);
}

/* More than the table has room for from the beginning, some of them in use meanwhile. */
static void test_many_handles(void **state)
{
	const unsigned int blocks = MAPTRACK_FIRST + 4, nr = blocks << MAPTRACK_SHIFT;
	struct grant_table *gt = domains[0].grant;
	u8 *seen = calloc(nr, 1);
	u32 h;

	/* Whose array is pages of its own: all of them must come back. */
	gt->max_maptrack = 1024;
	grant(1, 9, 0, 0, GTF_permit_access);
	assert_ptr_equal(gt->maptrack, gt->maptrack_first);
	for (unsigned int i = 0; i < nr; i++) {
		assert_int_equal(map(0, DEV, 1, 9, &h), 0);
		assert_true(h < nr && !seen[h]);
		seen[h] = 1;
	}
	assert_ptr_not_equal(gt->maptrack, gt->maptrack_first);
	for (unsigned int i = 0; i < nr; i++)
		assert_int_equal(unmap(~0U, host_mfn(1, 0) << 12, i), 0);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access);
	free(seen);
}

static void test_continuation(void **state)
{
	static struct gnttab_map_grant_ref m[70];
	u32 left = 70;

	grant(1, 9, 0, 0, GTF_permit_access);
	for (unsigned int i = 0; i < 70; i++)
		m[i] = map_op(i, HOST, 1, 9);
	preempt = true;
	assert_int_equal(call(GNTTABOP_map_grant_ref, m, 70), -ERESTART);
	while (nr_continued) {
		nr_continued = 0;
		assert_int_equal(continue_args[2], left -= GRANT_BATCH);
		assert_ptr_equal(continue_args[1], &m[70 - left]);
		do_grant_table_op(continue_args[0], continue_args[1], continue_args[2], 0, 0);
	}
	for (unsigned int i = 0; i < 70; i++)
		assert_int_equal(m[i].status, 0);
	assert_int_equal(refs(1, 0), 71);
}

static int copy(unsigned int from, u32 from_ref, unsigned int to, u32 to_ref, u16 offset, u16 len)
{
	struct gnttab_copy op = {
		.source = { .u.ref = from_ref, .domid = ids[from], .offset = offset },
		.dest = { .u.ref = to_ref, .domid = ids[to], .offset = offset },
		.len = len, .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref, .status = 77,
	};

	assert_int_equal(call(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static void test_copy(void **state)
{
	u8 *to = page_to_virt(pages[2][1]);

	grant(1, 9, 0, 0, GTF_permit_access | GTF_readonly);
	grant(2, 11, 1, 0, GTF_permit_access);
	assert_int_equal(copy(1, 9, 2, 11, 100, 50), 0);
	assert_int_equal(to[99], 0x21);
	assert_int_equal(to[100], 0x10);
	assert_int_equal(to[149], 0x10);
	assert_int_equal(to[150], 0x21);
	assert_int_equal(copy(2, 11, 1, 9, 100, 50), GNTST_general_error);
	assert_int_equal(copy(1, 10, 2, 11, 0, 50), GNTST_general_error);
	assert_int_equal(refs(1, 0), 1);
	assert_int_equal(refs(2, 1), 1);
	assert_int_equal(host_entry(1, 9)->flags, GTF_permit_access | GTF_readonly);
	assert_int_equal(host_entry(2, 11)->flags, GTF_permit_access);
	current = &vcpus[3];
	assert_int_equal(copy(1, 9, 2, 11, 100, 50), GNTST_general_error);
}

/* A batch in which sides stay the same, change, and fail. */
static void test_copy_sides(void **state)
{
	struct gnttab_copy op[40];

	for (u32 i = 0; i < 4; i++)
		grant(1, 8 + i, i, 0, GTF_permit_access);
	for (u32 i = 0; i < 40; i++)
		op[i] = (struct gnttab_copy){
			.source = { .u.ref = 8 + i / 10, .domid = 1, .offset = 5 },
			.dest = { .u.gmfn = host_mfn(0, i % 3), .domid = DOMID_SELF,
				  .offset = (u16)(10 * i) },
			.len = i == 7 ? 5000 : 10, .flags = GNTCOPY_source_gref, .status = 77,
		};
	op[20].dest.u.gmfn = host_mfn(2, 0);
	op[30].source.u.ref = 5000;
	op[31].dest.domid = 2;
	assert_int_equal(call(GNTTABOP_copy, op, 40), 0);
	for (unsigned int i = 0; i < 40; i++) {
		const u8 *to = (u8 *)page_to_virt(pages[0][i % 3]) + 10 * i;

		switch (i) {
		case 7:
			assert_int_equal(op[i].status, GNTST_bad_copy_arg);
			break;
		case 20:
			assert_int_equal(op[i].status, GNTST_bad_page);
			break;
		case 30:
			assert_int_equal(op[i].status, GNTST_bad_gntref);
			break;
		case 31:
			assert_int_equal(op[i].status, GNTST_permission_denied);
			break;
		default:
			assert_int_equal(op[i].status, 0);
			assert_int_equal(to[9], 0x10 + i / 10);
		}
	}
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(host_entry(1, 8 + i)->flags, GTF_permit_access);
		assert_int_equal(refs(1, i), 1);
	}
}

static void set_version(unsigned int dom, u32 version, long rc)
{
	struct gnttab_set_version op = { .version = version };
	struct vcpu *was = current;

	current = &vcpus[dom];
	assert_int_equal(call(GNTTABOP_set_version, &op, 1), rc);
	current = was;
}

static union grant_entry_v2 *entry2(unsigned int dom, u32 ref, unsigned int to)
{
	union grant_entry_v2 *e = shared_v2(domains[dom].grant, ref);

	e->hdr.domid = ids[to];
	return e;
}

static void test_transitive(void **state)
{
	u8 *to = page_to_virt(pages[0][0]);
	union grant_entry_v2 *e;
	u32 h;

	set_version(1, 2, 0);
	grant(2, 12, 3, 1, GTF_permit_access);
	e = entry2(1, 9, 0);
	e->transitive.trans_domid = ids[2];
	e->transitive.gref = 12;
	e->hdr.flags = GTF_transitive | GTF_readonly;
	grant(0, 13, 0, 0, GTF_permit_access);
	assert_int_equal(copy(1, 9, 0, 13, 0, 4096), 0);
	assert_int_equal(to[4095], 0x23);
	assert_int_equal(copy(0, 13, 1, 9, 0, 4096), GNTST_general_error);
	assert_int_equal(map(0, HOST | RO, 1, 9, &h), GNTST_general_error);
	opts.gnttab_transitive = false;
	assert_int_equal(copy(1, 9, 0, 13, 0, 4096), GNTST_general_error);
	opts.gnttab_transitive = true;
	assert_int_equal(host_entry(2, 12)->flags, GTF_permit_access);
	assert_int_equal(*status_v2(domains[1].grant, 9), 0);

	/* One step only, and only by what was granted to the one between. */
	e->transitive.gref = 13;
	assert_int_equal(copy(1, 9, 0, 13, 0, 1), GNTST_general_error);
	set_version(2, 2, 0);
	e = entry2(2, 12, 1);
	e->transitive.trans_domid = ids[3];
	e->transitive.gref = 9;
	e->hdr.flags = GTF_transitive;
	grant(3, 9, 0, 2, GTF_permit_access);
	entry2(1, 9, 0)->transitive.gref = 12;
	assert_int_equal(copy(1, 9, 0, 13, 0, 1), GNTST_general_error);
	assert_int_equal(*status_v2(domains[1].grant, 9), 0);
	assert_int_equal(*status_v2(domains[2].grant, 12), 0);
	assert_int_equal(host_entry(3, 9)->flags, GTF_permit_access);
}

static void test_versions(void **state)
{
	struct grant_table *gt = domains[1].grant;
	struct page_info *pg;
	u32 h, h1;
	mfn_t mfn;

	grant(1, 1, 1, 0, GTF_permit_access);
	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(gnttab_get_status_frame(&domains[1], 0, &mfn), -EINVAL);
	assert_int_equal(gnttab_get_shared_frame(&domains[1], HOST_FRAMES, &mfn), -EINVAL);
	assert_int_equal(gnttab_get_shared_frame(&domains[1], 1, &mfn), 0);
	assert_int_equal(gt->nr_frames, 2);
	assert_ptr_equal(mfn_to_virt(mfn), gt->shared[1]);
	assert_int_equal(map(0, HOST, 1, 9, &h), 0);
	assert_int_equal(map(1, HOST, 1, 1, &h1), 0);
	set_version(1, 2, -EBUSY);
	assert_int_equal(unmap(0, 0, h), 0);
	set_version(1, 0, -EINVAL);
	set_version(1, 2, 0);
	assert_int_equal(gnttab_get_status_frame(&domains[1], 0, &mfn), 0);
	assert_int_equal(*status_v2(gt, 1), IN_USE);
	assert_int_equal(shared_v2(gt, 1)->hdr.flags, GTF_permit_access);
	assert_int_equal(shared_v2(gt, 9)->hdr.flags, 0);

	/* The status frame is mapped: it cannot go. */
	pg = mfn_to_page(mfn);
	assert_int_equal(page_get_and_type(pg, 1, PT_WRITABLE), 0);
	set_version(1, 1, -EBUSY);
	page_put_and_type(pg);
	entry2(1, 0, 0)->full_page.frame = 1UL << 32;
	entry2(1, 0, 0)->hdr.flags = GTF_permit_access;
	set_version(1, 1, -ERANGE);
	entry2(1, 0, 0)->hdr.flags = 0;
	set_version(1, 1, 0);
	assert_int_equal(host_entry(1, 1)->flags, GTF_permit_access | IN_USE);
	assert_int_equal(unmap(1, 0, h1), 0);
	assert_int_equal(host_entry(1, 1)->flags, GTF_permit_access);
	domains[1].grant->max_version = 1;
	set_version(1, 2, -ENOSYS);
}

/* A frame of the table that is mapped when the domain dies keeps it. */
static void test_table_still_mapped(void **state)
{
	struct page_info *pg = virt_to_page(domains[3].grant->shared[0]);

	assert_true(page_get(pg, ids[3]));
	host_kill(3);
	assert_int_equal(domains[3].tot_pages, 0);
	assert_int_equal(domains[3].refcount, 1);
	page_put(pg);
	assert_int_equal(domains[3].refcount, 0);
}

static void test_permission_of_tables(void **state)
{
	struct gnttab_query_size q = { .dom = 2 };
	struct gnttab_get_version v = { .dom = 2 };
	u64 list[HOST_FRAMES];
	struct gnttab_setup_table s = { .dom = 2, .nr_frames = 2, .frame_list = { (void *)list } };

	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, 0);
	assert_int_equal(call(GNTTABOP_query_size, &q, 1), 0);
	assert_int_equal(q.nr_frames, 2);
	assert_int_equal(q.max_nr_frames, HOST_FRAMES);
	assert_int_equal(call(GNTTABOP_get_version, &v, 1), 0);
	assert_int_equal(v.version, 1);
	current = &vcpus[1];
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, GNTST_permission_denied);
	assert_int_equal(call(GNTTABOP_query_size, &q, 1), 0);
	assert_int_equal(q.status, GNTST_permission_denied);
	assert_int_equal(call(GNTTABOP_get_version, &v, 1), -EPERM);
	s.dom = DOMID_SELF;
	s.nr_frames = HOST_FRAMES + 1;
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, GNTST_general_error);
	s.nr_frames = 1;
	s.frame_list.p = (void *)8;
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, GNTST_bad_virt_addr);
}

static int transfer(unsigned long mfn, domid_t to, u32 ref)
{
	struct gnttab_transfer op = { .mfn = mfn, .domid = to, .ref = ref, .status = 77 };

	assert_int_equal(call(GNTTABOP_transfer, &op, 1), 0);
	return op.status;
}

static void test_transfer(void **state)
{
	const u16 done = GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed;
	struct grant_entry_v1 *e = host_entry(2, 9);
	struct page_info *pg;

	e->domid = 1;
	e->flags = GTF_accept_transfer;
	current = &vcpus[1];
	assert_int_equal(transfer(host_mfn(1, 0), 2, 9), 0);
	assert_int_equal(e->flags, done);
	pg = mfn_to_page(_mfn(e->frame));
	assert_int_equal(page_owner(pg), 2);
	assert_int_equal(*(u8 *)page_to_virt(pg), 0x10);
	assert_int_equal(domains[1].tot_pages, HOST_PAGES);
	assert_int_equal(domains[2].tot_pages, HOST_PAGES + 2);
	assert_false(page_get(pages[1][0], 1));

	/* What is not one's own stays; what is in use too. */
	assert_int_equal(transfer(host_mfn(2, 0), 2, 9), GNTST_bad_page);
	assert_int_equal(transfer(~0UL, 2, 9), GNTST_bad_page);
	assert_true(page_get(pages[1][1], 1));
	assert_int_equal(transfer(host_mfn(1, 1), 2, 9), GNTST_general_error);
	page_put(pages[1][1]);
	assert_int_equal(domains[1].tot_pages, HOST_PAGES);

	/* Nobody waits: it is gone all the same. */
	assert_int_equal(transfer(host_mfn(1, 1), 2, 9), GNTST_bad_gntref);
	e->flags = GTF_accept_transfer;
	e->domid = 7;
	assert_int_equal(transfer(host_mfn(1, 2), 2, 9), GNTST_bad_gntref);
	assert_int_equal(transfer(host_mfn(1, 3), 9, 9), GNTST_bad_domain);
	e->domid = 1;
	domains[2].max_pages = domains[2].tot_pages;
	assert_int_equal(transfer(host_mfn(1, 4), 2, 9), GNTST_general_error);
	assert_int_equal(e->flags, GTF_accept_transfer);
	assert_int_equal(domains[1].tot_pages, HOST_PAGES - 4);
}

static void test_no_transfer(void **state)
{
	struct gnttab_transfer op = { .mfn = host_mfn(1, 0), .domid = 2, .ref = 9, .status = 77 };
	struct grant_entry_v1 *e = host_entry(2, 9);

	opts.gnttab_transfer = false;
	e->domid = 1;
	e->flags = GTF_accept_transfer;
	current = &vcpus[1];
	assert_int_equal(call(GNTTABOP_transfer, &op, 1), -ENOSYS);
	assert_int_equal(op.status, 77);
	assert_int_equal(e->flags, GTF_accept_transfer);
	assert_int_equal(domains[1].tot_pages, HOST_PAGES + 1);
	opts.gnttab_transfer = true;
}

static void test_cache_flush(void **state)
{
	struct gnttab_cache_flush op = { .length = 64, .op = GNTTAB_CACHE_CLEAN };
	u32 h;

	op.a.dev_bus_addr = host_mfn(0, 0) << 12;
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), 0);
	op.op = GNTTAB_CACHE_INVAL;
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), -EOPNOTSUPP);
	op.op = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL;
	op.a.dev_bus_addr = host_mfn(1, 0) << 12;
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), -ENOENT);
	grant(1, 9, 0, 0, GTF_permit_access);
	assert_int_equal(map(0, HOST | RO, 1, 9, &h), 0);
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), 0);
	op.offset = 4095;
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), -EINVAL);
	op.offset = 0;
	op.a.dev_bus_addr = 1UL << 50;
	assert_int_equal(call(GNTTABOP_cache_flush, &op, 1), -EINVAL);
}

/* ---- Each allocation of each command fails in turn ---- */

static s16 setup_table(unsigned int nr)
{
	static xen_pfn_t frames[HOST_FRAMES];
	struct gnttab_setup_table op = { .dom = ids[1], .nr_frames = nr };

	op.frame_list.p = frames;
	assert_int_equal(call(GNTTABOP_setup_table, &op, 1), 0);
	return op.status;
}

static long grow_table(void)
{
	long rc = setup_table(HOST_FRAMES);

	assert_true(rc == GNTST_okay || rc == GNTST_general_error);
	assert_true(domains[1].grant->nr_frames <= HOST_FRAMES);
	return rc;
}

static long to_version_two(void)
{
	struct gnttab_set_version op = { .version = 2 };
	long rc;

	current = &vcpus[1];
	rc = call(GNTTABOP_set_version, &op, 1);
	current = &vcpus[0];
	assert_int_equal(domains[1].grant->version, rc ? 1 : 2);
	return rc;
}

static void before_map(void)
{
	grant(1, 9, 0, 0, GTF_permit_access);
}

static u32 first_handle;

static long map_first(void)
{
	long rc = map(0, HOST, 1, 9, &first_handle);

	assert_int_equal(refs(1, 0), rc ? 1 : 2);
	assert_int_equal(host_entry(1, 9)->flags, rc ? GTF_permit_access :
						       GTF_permit_access | IN_USE);
	return rc;
}

static void before_transfer(void)
{
	/* Domain 1 lets domain 0 put a page in its slot. */
	struct grant_entry_v1 *e = host_entry(1, 9);

	e->domid = ids[0];
	e->frame = 0x4711;
	e->flags = GTF_accept_transfer;
}

/* The frame is gone in any case; what waited for it waits again. */
static long transfer_one(void)
{
	unsigned int page = domains[0].tot_pages - 2, had = domains[1].tot_pages;
	struct gnttab_transfer op = {
		.mfn = host_mfn(0, page), .domid = ids[1], .ref = 9, .status = 77,
	};

	assert_int_equal(call(GNTTABOP_transfer, &op, 1), 0);
	assert_int_equal(domains[0].tot_pages, page + 1);
	assert_int_equal(domains[1].tot_pages, had + !op.status);
	if (op.status)
		assert_int_equal(host_entry(1, 9)->flags, GTF_accept_transfer);
	return op.status;
}

static void test_failing_allocations(void **state)
{
	static const struct {
		void (*prepare)(void);
		long (*call)(void);
		bool part;	/* what was done by then stays, and is used the next time */
	} calls[] = {
		{ NULL, grow_table, true }, { NULL, to_version_two, true },
		{ before_map, map_first, false }, { before_transfer, transfer_one, true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned int n = 1;
		bool failed;

		do {
			long in_use, rc;

			host_stop();
			host_start();
			if (calls[i].prepare)
				calls[i].prepare();
			in_use = memory_in_use();
			fail_alloc = n++;
			rc = calls[i].call();
			failed = !fail_alloc;
			fail_alloc = 0;
			if (!failed) {
				assert_int_equal(rc, 0);
				continue;
			}
			assert_int_not_equal(rc, 0);
			if (!calls[i].part)
				assert_int_equal(memory_in_use(), in_use);
			assert_int_equal(calls[i].call(), 0);
		} while (failed);
		assert_true(n > 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(test_map_counts),
		T(test_permissions),
		T(test_entry_overwritten),
		T(test_table_retired),
		T(test_one_flush_before_the_end),
		T(test_handle_twice),
		T(test_granter_dies),
		T(test_granter_reborn),
		T(test_mapper_dies),
		T(test_handles_run_out),
		T(test_many_handles),
		T(test_continuation),
		T(test_copy),
		T(test_copy_sides),
		T(test_transitive),
		T(test_versions),
		T(test_table_still_mapped),
		T(test_permission_of_tables),
		T(test_transfer),
		T(test_failing_allocations),
		T(test_no_transfer),
		T(test_cache_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
