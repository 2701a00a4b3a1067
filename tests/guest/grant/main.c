// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants of a domain to itself: every command, its refusals, and what a guest
 * may do to mappings and entries behind the hypervisor's back. At the end,
 * random calls, after which all that was granted must be revocable.
 */
#include "guest.h"

const char *const test_name = "grant";

#define SELF		0	/* domain 0 */
#define FRAMES		4
#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define HOST		GNTMAP_host_map
#define RO		GNTMAP_readonly
#define DEV		GNTMAP_device_map
#define REF		9	/* the one that most tests use */
#define IN_USE		(GTF_reading | GTF_writing)

static volatile struct grant_entry_v1 *entries;
static volatile union grant_entry_v2 *entries2;
static volatile u16 *status2;
static u64 *granted, *window;	/* a page that is granted; one whose address is mapped to */
static u64 window_pte;

static long gnttab(unsigned int cmd, void *op, unsigned int count)
{
	return HC(grant_table_op, cmd, op, count, 0, 0);
}

static void grant(unsigned int ref, const void *page, u16 flags)
{
	entries[ref].domid = SELF;
	entries[ref].frame = (u32)virt_to_mfn(page);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	entries[ref].flags = flags;
}

static int map_at(u64 addr, u32 flags, u32 ref, u16 dom, u32 *handle, u64 *bus)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr, .flags = flags, .ref = ref, .dom = dom, .status = 77,
	};

	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, &op, 1), 0);
	*handle = op.handle;
	if (bus)
		*bus = op.dev_bus_addr;
	return op.status;
}

static int map(u32 flags, u32 ref, u32 *handle)
{
	return map_at((u64)window, flags, ref, SELF, handle, NULL);
}

static int unmap_at(u64 addr, u64 bus, u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .dev_bus_addr = bus, .handle = handle, .status = 77,
	};

	CHECK_EQ(gnttab(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

static int unmap(u32 handle)
{
	return unmap_at((u64)window, 0, handle);
}

static void setup(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	u64 list[FRAMES];
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = FRAMES };

	CHECK_EQ(gnttab(GNTTABOP_query_size, &size, 1), 0);
	CHECK_EQ(size.status, 0);
	CHECK(size.max_nr_frames >= FRAMES);

	set_xen_guest_handle(op.frame_list, list);
	op.nr_frames = size.max_nr_frames + 1;
	CHECK_EQ(gnttab(GNTTABOP_setup_table, &op, 1), 0);
	CHECK_EQ(op.status, GNTST_general_error);
	op.nr_frames = FRAMES;
	CHECK_EQ(gnttab(GNTTABOP_setup_table, &op, 1), 0);
	CHECK_EQ(op.status, 0);

	entries = alloc_pages(FRAMES);
	entries2 = (void *)entries;
	status2 = alloc_pages(1);
	for (int i = 0; i < FRAMES; i++)
		CHECK_EQ(remap((char *)entries + i * PAGE_SIZE, list[i] << 12 | RW, UVMF_INVLPG),
			 0);

	granted = alloc_pages(1);
	window = alloc_pages(1);
	window_pte = *pte_of(window);
	CHECK_EQ(remap(window, 0, UVMF_INVLPG), 0);
}

static void store(void *arg)
{
	*(volatile u64 *)arg = 1;
}

static void host_maps(void)
{
	u32 handle, second;

	grant(REF, granted, GTF_permit_access);
	granted[3] = 0x1234;
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(entries[REF].flags & IN_USE, IN_USE);
	CHECK_EQ(window[3], 0x1234);
	window[4] = 0x5678;
	CHECK_EQ(granted[4], 0x5678);
	CHECK_EQ(*pte_of(window) >> 12 & 0xffffffffff, virt_to_mfn(granted));
	CHECK(*pte_of(window) & PTE_NX);
	CHECK(*pte_of(window) & PTE_US);
	CHECK(!(*pte_of(window) & PTE_G));
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(*pte_of(window), 0);
	CHECK_EQ(catch_trap(store, window), 14);
	CHECK_EQ(unmap(handle), GNTST_bad_handle);

	/* Read-only, of what may be written and what may not. */
	for (int i = 0; i < 2; i++) {
		grant(REF, granted, GTF_permit_access | (i ? GTF_readonly : 0));
		CHECK_EQ(map(HOST | RO, REF, &handle), 0);
		CHECK_EQ(entries[REF].flags & IN_USE, GTF_reading);
		CHECK_EQ(window[4], 0x5678);
		CHECK_EQ(catch_trap(store, window), 14);
		CHECK_EQ(unmap(handle), 0);
	}
	CHECK_EQ(map(HOST, REF, &handle), GNTST_general_error);
	CHECK_EQ(entries[REF].flags, GTF_permit_access | GTF_readonly);

	/* Twice, reading and writing: the bits go with the last of each. */
	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map(HOST | RO, REF, &handle), 0);
	CHECK_EQ(map_at(0, DEV, REF, SELF, &second, NULL), 0);
	CHECK_EQ(entries[REF].flags & IN_USE, IN_USE);
	CHECK_EQ(unmap_at(0, virt_to_mfn(granted) << 12, second), 0);
	CHECK_EQ(entries[REF].flags & IN_USE, GTF_reading);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
}

static void entry_maps(void)
{
	u64 *pte = pte_of(window), addr = entry_machine_address(pte);
	u32 handle, flags = HOST | GNTMAP_contains_pte | GNTMAP_application_map | 5 << 16;

	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map_at(addr, flags, REF, SELF, &handle, NULL), 0);
	CHECK(*pte & PTE_G);
	CHECK(*pte & PTE_US);
	CHECK_EQ(*pte >> 9 & 7, 5);
	CHECK_EQ(*pte >> 52 & 1, 0);
	window[5] = 0x77;
	CHECK_EQ(granted[5], 0x77);
	CHECK_EQ(unmap_at(addr + 8, 0, handle), GNTST_general_error);
	CHECK_EQ(unmap_at((u64)window, 0, handle), GNTST_general_error);
	CHECK_EQ(unmap_at(addr, 0, handle), 0);
	CHECK_EQ(*pte, 0);

	CHECK_EQ(map_at(addr + 4, flags, REF, SELF, &handle, NULL), GNTST_general_error);
	CHECK_EQ(map_at(virt_to_mfn(granted) << 12, flags, REF, SELF, &handle, NULL),
		 GNTST_general_error);
	CHECK_EQ(map_at(entry_machine_address(table_at(window, 2)), flags, REF, SELF, &handle,
			NULL), GNTST_general_error);
	CHECK_EQ(map_at(~7UL, flags, REF, SELF, &handle, NULL), GNTST_general_error);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
}

static void device_maps(void)
{
	u64 bus, real = virt_to_mfn(granted) << 12;
	u32 handle;

	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map_at(0, DEV, REF, SELF, &handle, &bus), 0);
	CHECK_EQ(bus, real);
	CHECK_EQ(unmap_at(0, real + PAGE_SIZE, handle), GNTST_bad_dev_addr);
	CHECK_EQ(unmap_at(0, 0, handle), 0);	/* asks for nothing */
	CHECK_EQ(entries[REF].flags & IN_USE, IN_USE);
	CHECK_EQ(unmap_at(0, real, handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);

	/* Of what has no device mapping it is ignored. */
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(unmap_at(0, real + PAGE_SIZE, handle), 0);
	CHECK_EQ(unmap_at((u64)window, real + PAGE_SIZE, handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);

	/* Both, ended one by one, and both in one call. */
	CHECK_EQ(map(HOST | DEV, REF, &handle), 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[REF].flags & IN_USE, IN_USE);
	CHECK_EQ(unmap_at(0, real, handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(map(HOST | DEV, REF, &handle), 0);
	CHECK_EQ(unmap_at((u64)window, real, handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(unmap_at(0, real, handle), GNTST_bad_handle);

	CHECK_EQ(map(HOST | DEV, REF, &handle), 0);
	struct gnttab_unmap_grant_ref two[2] = {
		{ .host_addr = (u64)window, .handle = handle, .status = 77 },
		{ .dev_bus_addr = real, .handle = handle, .status = 77 },
	};

	CHECK_EQ(gnttab(GNTTABOP_unmap_grant_ref, two, 2), 0);
	CHECK_EQ(two[0].status, 0);
	CHECK_EQ(two[1].status, 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
}

static void refusals(void)
{
	u32 handle;

	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map(0, REF, &handle), GNTST_bad_gntref);
	CHECK_EQ(map(RO, REF, &handle), GNTST_bad_gntref);
	CHECK_EQ(map(HOST, FRAMES * 512, &handle), GNTST_bad_gntref);
	CHECK_EQ(map(HOST, ~0U, &handle), GNTST_bad_gntref);
	CHECK_EQ(map(HOST, REF + 1, &handle), GNTST_general_error);
	CHECK_EQ(map_at((u64)window, HOST, REF, 7, &handle, NULL), GNTST_bad_domain);
	CHECK_EQ(map_at((u64)window, HOST, REF, DOMID_SELF, &handle, NULL), GNTST_bad_domain);
	CHECK_EQ(map_at((u64)window, HOST, REF, DOMID_IO, &handle, NULL), GNTST_bad_domain);
	CHECK_EQ(map_at(0x123456789000, HOST, REF, SELF, &handle, NULL), GNTST_general_error);
	CHECK_EQ(map_at(0xffff830000000000, HOST, REF, SELF, &handle, NULL), GNTST_general_error);
	CHECK_EQ(map_at(0x8000000000000000, HOST, REF, SELF, &handle, NULL), GNTST_general_error);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(unmap(~0U), GNTST_bad_handle);
	CHECK_EQ(unmap(12345), GNTST_bad_handle);

	entries[REF].domid = 3;
	CHECK_EQ(map(HOST, REF, &handle), GNTST_general_error);
	entries[REF].domid = SELF;
	entries[REF].flags = GTF_accept_transfer;
	CHECK_EQ(map(HOST, REF, &handle), GNTST_general_error);
	entries[REF].flags = GTF_permit_access;

	/* Frames that are not ours to grant. */
	entries[REF].frame = 0xfffffff0;
	CHECK(map(HOST, REF, &handle) < 0);
	CHECK(map_at(0, DEV | RO, REF, SELF, &handle, NULL) < 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	entries[REF].flags = 0;

	/* Bad arrays. */
	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, (void *)8, 1), -14);
	CHECK_EQ(gnttab(GNTTABOP_unmap_grant_ref, (void *)8, 1), -14);
	CHECK_EQ(gnttab(GNTTABOP_copy, (void *)8, 1), -14);
	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, (void *)0xffff830000000000, 1), -14);
	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, &handle, 0x80000000), -22);
	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, (void *)8, 0), 0);
	CHECK_EQ(gnttab(99, &handle, 1), -38);
}

/* The type of a frame stands against its grants, and these against types. */
static void types(void)
{
	u64 *table = alloc_pages(1), mfn = virt_to_mfn(table);
	u32 handle;

	CHECK_EQ(make_readonly(table), 0);
	grant(REF, table, GTF_permit_access);
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) != 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(map_at(0, DEV, REF, SELF, &handle, NULL), 0);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) != 0);
	CHECK_EQ(unmap_at(0, mfn << 12, handle), 0);

	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK(map(HOST, REF, &handle) < 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(map(HOST | RO, REF, &handle), 0);
	CHECK_EQ(window[0], 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(make_writable(table), 0);
}

/* The mapping's references are those of the entry, whoever changes it. */
static void behind_its_back(void)
{
	u64 *table = alloc_pages(1), mfn = virt_to_mfn(table), *pte = pte_of(window), was;
	u32 handle, second;

	CHECK_EQ(make_readonly(table), 0);
	grant(REF, table, GTF_permit_access);

	/* Made read-only and writable again by the guest. */
	CHECK_EQ(map(HOST, REF, &handle), 0);
	was = *pte;
	CHECK_EQ(update_entry(pte, was & ~PTE_RW), 0);
	CHECK_EQ(unmap(handle), GNTST_general_error);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK(update_entry(pte, was) != 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(update_entry(pte, was), 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);

	/* A second mapping over the first: one is ended by it, the other is lost. */
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(map(HOST, REF, &second), 0);
	CHECK_EQ(unmap(second), 0);
	CHECK_EQ(unmap(handle), GNTST_general_error);
	CHECK_EQ(entries[REF].flags & IN_USE, IN_USE);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);

	/* Zapped: the frame is free of it. It can be unmapped where it is mapped again. */
	CHECK_EQ(remap(window, mfn << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);

	/* Over a mapping of its own: that one's references go. */
	CHECK_EQ(remap(window, mfn << 12 | RW, UVMF_INVLPG), 0);
	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(make_writable(table), 0);
}

static int copy(u32 from, u16 from_offset, u32 to, u16 to_offset, u16 len)
{
	struct gnttab_copy op = {
		.source = { .u.ref = from, .domid = SELF, .offset = from_offset },
		.dest = { .u.ref = to, .domid = SELF, .offset = to_offset },
		.len = len, .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref, .status = 77,
	};

	CHECK_EQ(gnttab(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static int copy_frames(u64 from, u16 from_dom, u64 to, u16 to_dom, u16 flags)
{
	struct gnttab_copy op = {
		.source = { .u.gmfn = from, .domid = from_dom },
		.dest = { .u.gmfn = to, .domid = to_dom },
		.len = 16, .flags = flags, .status = 77,
	};

	CHECK_EQ(gnttab(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static void copies(void)
{
	u64 *a = alloc_pages(1), *b = alloc_pages(1);
	char *bytes = (char *)b;

	for (int i = 0; i < 512; i++)
		a[i] = i * 0x0101010101010101UL;
	grant(REF, a, GTF_permit_access | GTF_readonly);
	grant(REF + 1, b, GTF_permit_access);
	CHECK_EQ(copy(REF, 0, REF + 1, 0, 4096), 0);
	CHECK_EQ(b[511], a[511]);
	CHECK_EQ(copy(REF, 8, REF + 1, 1, 5), 0);
	CHECK_EQ(bytes[1], 1);
	CHECK_EQ(bytes[5], 1);
	CHECK_EQ(bytes[0], 0);
	CHECK_EQ(bytes[6], 0);
	CHECK_EQ(copy(REF, 4096, REF + 1, 4096, 0), 0);
	CHECK_EQ(copy(REF, 1, REF + 1, 0, 4096), GNTST_bad_copy_arg);
	CHECK_EQ(copy(REF, 0, REF + 1, 4095, 2), GNTST_bad_copy_arg);
	CHECK_EQ(copy(REF, 0xffff, REF + 1, 0, 0xffff), GNTST_bad_copy_arg);
	CHECK_EQ(copy(REF + 1, 0, REF, 0, 8), GNTST_general_error);
	CHECK_EQ(copy(REF + 2, 0, REF + 1, 0, 8), GNTST_general_error);
	CHECK_EQ(copy(~0U, 0, REF + 1, 0, 8), GNTST_bad_gntref);
	CHECK_EQ(entries[REF].flags, GTF_permit_access | GTF_readonly);
	CHECK_EQ(entries[REF + 1].flags, GTF_permit_access);

	b[0] = 0;
	CHECK_EQ(copy_frames(virt_to_mfn(a + 8), DOMID_SELF, REF + 1, SELF, GNTCOPY_dest_gref), 0);
	CHECK_EQ(b[1], a[1]);
	b[1] = 0;
	CHECK_EQ(copy_frames(REF, SELF, virt_to_mfn(b), DOMID_SELF, GNTCOPY_source_gref), 0);
	CHECK_EQ(b[1], a[1]);
	CHECK_EQ(copy_frames(virt_to_mfn(a), SELF, REF + 1, SELF, GNTCOPY_dest_gref),
		 GNTST_permission_denied);
	CHECK_EQ(copy_frames(REF, SELF, virt_to_mfn(b), SELF, GNTCOPY_source_gref),
		 GNTST_permission_denied);
	CHECK_EQ(copy_frames(REF, SELF, virt_to_mfn(b), 5, GNTCOPY_source_gref),
		 GNTST_bad_domain);
	CHECK_EQ(copy_frames(REF, 5, virt_to_mfn(b), DOMID_SELF, GNTCOPY_source_gref),
		 GNTST_bad_domain);
	CHECK(copy_frames(REF, SELF, 0xfffffffff, DOMID_SELF, GNTCOPY_source_gref) < 0);
	CHECK(copy_frames(REF, SELF, virt_to_mfn(pte_of(a)), DOMID_SELF, GNTCOPY_source_gref) < 0);
	entries[REF].flags = entries[REF + 1].flags = 0;
}

static long set_version(u32 version, u32 *now)
{
	struct gnttab_set_version op = { .version = version };
	long rc = gnttab(GNTTABOP_set_version, &op, 1);

	*now = op.version;
	return rc;
}

static void grant2(unsigned int ref, const void *page, u16 flags)
{
	entries2[ref].hdr.domid = SELF;
	entries2[ref].full_page.frame = virt_to_mfn(page);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	entries2[ref].hdr.flags = flags;
}

static void version_2_uses(void)
{
	u64 *a = alloc_pages(1), *b = alloc_pages(1);
	u32 handle;

	grant2(REF, granted, GTF_permit_access);
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(status2[REF], IN_USE);
	CHECK_EQ(entries2[REF].hdr.flags, GTF_permit_access);
	window[9] = 99;
	CHECK_EQ(granted[9], 99);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(status2[REF], 0);
	CHECK_EQ(map(HOST | RO, REF, &handle), 0);
	CHECK_EQ(status2[REF], GTF_reading);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(map(HOST, FRAMES * 256, &handle), GNTST_bad_gntref);
	entries2[REF].full_page.frame |= 1UL << 40;
	CHECK(map(HOST, REF, &handle) < 0);
	CHECK_EQ(status2[REF], 0);

	/* Part of a page: to copy within, not to map. */
	a[0] = 0x1111111111111111;
	grant2(REF, b, GTF_permit_access | GTF_sub_page);
	entries2[REF].sub_page.page_off = 100;
	entries2[REF].sub_page.length = 8;
	grant2(REF + 1, a, GTF_permit_access | GTF_readonly);
	CHECK_EQ(map(HOST, REF, &handle), GNTST_general_error);
	CHECK_EQ(copy(REF + 1, 0, REF, 100, 8), 0);
	CHECK_EQ(((u8 *)b)[100], 0x11);
	CHECK_EQ(((u8 *)b)[99], 0);
	CHECK_EQ(copy(REF + 1, 0, REF, 99, 8), GNTST_general_error);
	CHECK_EQ(copy(REF + 1, 0, REF, 101, 8), GNTST_general_error);

	/* A grant of a grant must be another domain's. */
	grant2(REF + 2, a, 0);
	entries2[REF + 2].transitive.trans_domid = SELF;
	entries2[REF + 2].transitive.gref = REF;
	entries2[REF + 2].hdr.flags = GTF_transitive;
	CHECK_EQ(copy(REF + 1, 0, REF + 2, 100, 4), GNTST_general_error);
	entries2[REF + 2].transitive.trans_domid = 5;
	CHECK_EQ(copy(REF + 1, 0, REF + 2, 100, 4), GNTST_general_error);
	CHECK_EQ(map(HOST, REF + 2, &handle), GNTST_general_error);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(status2[i + REF], 0);
	for (int i = 0; i < 3; i++)
		entries2[REF + i].hdr.flags = 0;
}

static void versions(void)
{
	struct gnttab_get_status_frames op = { .dom = DOMID_SELF, .nr_frames = 1 };
	u64 frame = 0, was = *pte_of((void *)status2);
	u32 now, handle;

	set_xen_guest_handle(op.frame_list, &frame);
	CHECK_EQ(set_version(3, &now), -22);
	CHECK_EQ(now, 1);
	CHECK_EQ(gnttab(GNTTABOP_get_status_frames, &op, 1), 0);
	CHECK_EQ(op.status, GNTST_general_error);

	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(set_version(2, &now), -16);
	CHECK_EQ(now, 1);
	CHECK_EQ(unmap(handle), 0);

	/* A reserved one may be in use, and stays so. */
	grant(1, granted, GTF_permit_access);
	CHECK_EQ(map(HOST, 1, &handle), 0);
	CHECK_EQ(set_version(2, &now), 0);
	CHECK_EQ(now, 2);
	CHECK_EQ(gnttab(GNTTABOP_get_status_frames, &op, 1), 0);
	CHECK_EQ(op.status, 0);
	CHECK_EQ(remap((void *)status2, frame << 12 | RW, UVMF_INVLPG), 0);
	CHECK_EQ(entries2[1].hdr.flags, GTF_permit_access);
	CHECK_EQ(entries2[1].full_page.frame, virt_to_mfn(granted));
	CHECK_EQ(status2[1], IN_USE);
	CHECK_EQ(entries2[REF].hdr.flags, 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(status2[1], 0);

	version_2_uses();

	CHECK_EQ(set_version(1, &now), -16);
	CHECK_EQ(now, 2);
	entries2[2].hdr.flags = GTF_transitive;
	CHECK_EQ(set_version(1, &now), -34);
	CHECK_EQ(now, 2);
	entries2[2].hdr.flags = 0;
	CHECK_EQ(map(HOST, 1, &handle), 0);
	CHECK_EQ(remap((void *)status2, was, UVMF_INVLPG), 0);
	CHECK_EQ(set_version(1, &now), 0);
	CHECK_EQ(now, 1);
	CHECK_EQ(entries[1].flags, GTF_permit_access | IN_USE);
	CHECK_EQ(entries[1].frame, virt_to_mfn(granted));
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(entries[1].flags, GTF_permit_access);
	entries[1].flags = 0;
}

static int swap(u32 a, u32 b)
{
	struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b, .status = 77 };

	CHECK_EQ(gnttab(GNTTABOP_swap_grant_ref, &op, 1), 0);
	return op.status;
}

static void swaps(void)
{
	u32 handle;

	grant(REF, granted, GTF_permit_access);
	grant(REF + 1, window, 0);
	CHECK_EQ(swap(REF, REF + 1), 0);
	CHECK_EQ(entries[REF].flags, 0);
	CHECK_EQ(entries[REF + 1].frame, virt_to_mfn(granted));
	CHECK_EQ(map(HOST, REF + 1, &handle), 0);
	CHECK_EQ(swap(REF, REF + 1), GNTST_eagain);
	CHECK_EQ(swap(REF, ~0U), GNTST_bad_gntref);
	CHECK_EQ(swap(REF, REF), 0);
	CHECK_EQ(unmap(handle), 0);
	CHECK_EQ(swap(REF + 1, REF), 0);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	entries[REF].flags = 0;
}

static int replace(u64 addr, u64 new_addr, u32 handle)
{
	struct gnttab_unmap_and_replace op = {
		.host_addr = addr, .new_addr = new_addr, .handle = handle, .status = 77,
	};

	CHECK_EQ(gnttab(GNTTABOP_unmap_and_replace, &op, 1), 0);
	return op.status;
}

static void replaces(void)
{
	u64 *spare = alloc_pages(1), mfn = virt_to_mfn(spare), pte = *pte_of(spare);
	u32 handle;

	spare[0] = 0xabcd;
	grant(REF, granted, GTF_permit_access);
	CHECK_EQ(map(HOST, REF, &handle), 0);
	CHECK_EQ(replace((u64)window, (u64)spare, handle), 0);
	CHECK_EQ(window[0], 0xabcd);
	CHECK_EQ(*pte_of(spare), 0);
	CHECK_EQ(*pte_of(window) >> 12 & 0xffffffffff, mfn);
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	CHECK_EQ(remap(window, 0, UVMF_INVLPG), 0);

	/* The frame's count is right: nobody else has it, so it may be a table. */
	CHECK_EQ(remap(spare, pte, UVMF_INVLPG), 0);
	spare[0] = 0;
	CHECK_EQ(make_readonly(spare), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(make_writable(spare), 0);
	CHECK_EQ(replace((u64)window, (u64)spare, 4000), GNTST_bad_handle);
	entries[REF].flags = 0;
}

/* More than one batch, one frame in all. */
static void batches(void)
{
	static struct gnttab_map_grant_ref m[100];
	static struct gnttab_unmap_grant_ref u[100];
	u64 *pages = alloc_pages(100);
	u64 ptes[100];

	grant(REF, granted, GTF_permit_access);
	for (int i = 0; i < 100; i++) {
		m[i] = (struct gnttab_map_grant_ref){
			.host_addr = (u64)pages + i * PAGE_SIZE, .flags = HOST, .ref = REF,
			.dom = i == 50 ? 9 : SELF,
		};
		ptes[i] = *pte_of((char *)pages + i * PAGE_SIZE);
	}
	CHECK_EQ(gnttab(GNTTABOP_map_grant_ref, m, 100), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(m[i].status, i == 50 ? GNTST_bad_domain : 0);
		u[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = m[i].host_addr, .handle = i == 50 ? ~0U : m[i].handle,
		};
	}
	CHECK_EQ(gnttab(GNTTABOP_unmap_grant_ref, u, 100), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(u[i].status, i == 50 ? GNTST_bad_handle : 0);
		CHECK_EQ(remap((char *)pages + i * PAGE_SIZE, ptes[i], UVMF_INVLPG), 0);
	}
	CHECK_EQ(entries[REF].flags, GTF_permit_access);
	entries[REF].flags = 0;
}

static u64 seed = 88172645463325252UL;

static u32 rnd(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 20) % below;
}

#define RANDOM_REFS	6
#define RANDOM_PAGES	4
#define RANDOM_MAPS	64

static struct {
	u64 addr, bus;
	u32 handle;
	bool live;
} maps[RANDOM_MAPS];

static void random_map(u64 *pages, u64 *where)
{
	unsigned int slot = rnd(RANDOM_MAPS);
	u64 addr = (u64)where + rnd(4) * PAGE_SIZE;
	u32 flags = rnd(32), handle;

	if (maps[slot].live)
		return;
	if (flags & GNTMAP_contains_pte)
		addr = rnd(8) ? entry_machine_address(pte_of((void *)addr)) : seed & ~7UL;
	if (map_at(addr, flags | rnd(8) << 16, REF + rnd(RANDOM_REFS + 1), SELF, &handle,
		   &maps[slot].bus))
		return;
	maps[slot].addr = flags & HOST ? addr : 0;
	if (!(flags & DEV))
		maps[slot].bus = 0;
	maps[slot].handle = handle;
	maps[slot].live = true;
}

static void random_step(u64 *pages, u64 *where)
{
	unsigned int slot = rnd(RANDOM_MAPS), ref = REF + rnd(RANDOM_REFS);
	u64 *w = (u64 *)((char *)where + rnd(4) * PAGE_SIZE);

	switch (rnd(8)) {
	case 0:
	case 1:
		random_map(pages, where);
		break;
	case 2:
	case 3:
		if (maps[slot].live &&
		    !unmap_at(maps[slot].addr, maps[slot].bus, maps[slot].handle))
			maps[slot].live = false;
		else
			unmap_at((u64)w, rnd(2) ? seed : 0, rnd(300));
		break;
	case 4:
		copy(REF + rnd(RANDOM_REFS + 1), (u16)rnd(4200), REF + rnd(RANDOM_REFS + 1),
		     (u16)rnd(4200), (u16)rnd(4200));
		break;
	case 5:	/* as the guest may: any flags, any time */
		entries[ref].flags = (u16)(rnd(3) ? GTF_permit_access | rnd(512) << 2 : seed);
		break;
	case 6:
		grant(ref, (char *)pages + rnd(RANDOM_PAGES) * PAGE_SIZE, GTF_permit_access);
		break;
	case 7:
		remap(w, rnd(2) ? 0 : virt_to_mfn((char *)pages + rnd(RANDOM_PAGES) * PAGE_SIZE) <<
			      12 | (rnd(2) ? RW : PTE_P | PTE_US), UVMF_INVLPG);
		break;
	}
}

/* End all, if need be by mapping frames again where the mappings were. */
static u64 *random_entry(u64 *where, u64 addr)
{
	/* An entry's address lies in the table that maps the window. */
	for (int k = 0; k < 4; k++) {
		u64 *va = (u64 *)((char *)where + k * PAGE_SIZE);

		if (addr == entry_machine_address(pte_of(va)))
			return va;
	}
	return (u64 *)addr;
}

static void random_end(u64 *pages, u64 *where)
{
	unsigned int left = 0;

	for (int i = 0; i < RANDOM_MAPS; i++) {
		for (int p = 0; maps[i].live && p < RANDOM_PAGES * 2; p++) {
			u64 pte = virt_to_mfn((char *)pages + p / 2 * PAGE_SIZE) << 12 |
				  (p & 1 ? RW : PTE_P | PTE_US);

			if (maps[i].addr)
				CHECK_EQ(remap(random_entry(where, maps[i].addr), pte,
					       UVMF_INVLPG), 0);
			int rc = unmap_at(maps[i].addr, maps[i].bus, maps[i].handle);

			/* By chance it may have been unmapped before, by its number. */
			maps[i].live = rc && rc != GNTST_bad_handle;
		}
		left += maps[i].live;
	}
	CHECK_EQ(left, 0);
}

static void random_calls(void)
{
	u64 *pages = alloc_pages(RANDOM_PAGES), *where = alloc_pages(4), ptes[4];

	for (int i = 0; i < 4; i++)
		ptes[i] = *pte_of((char *)where + i * PAGE_SIZE);
	for (int i = 0; i < 20000; i++)
		random_step(pages, where);
	random_end(pages, where);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(remap((char *)where + i * PAGE_SIZE, ptes[i], UVMF_INVLPG), 0);

	/* Nobody uses any: a version change says so, and each frame may become a table. */
	for (int i = 0; i < RANDOM_PAGES; i++) {
		u64 *p = (u64 *)((char *)pages + i * PAGE_SIZE), mfn = virt_to_mfn(p);

		memset(p, 0, PAGE_SIZE);
		CHECK_EQ(make_readonly(p), 0);
		CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		CHECK_EQ(make_writable(p), 0);
	}
	u32 now;

	CHECK_EQ(set_version(2, &now), 0);
	CHECK_EQ(set_version(1, &now), 0);
}

void test_main(void)
{
	setup();
	host_maps();
	entry_maps();
	device_maps();
	refusals();
	types();
	behind_its_back();
	copies();
	versions();
	swaps();
	replaces();
	batches();
	random_calls();
}
