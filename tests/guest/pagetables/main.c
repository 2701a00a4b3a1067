// SPDX-License-Identifier: GPL-2.0-only
/* Every page-table update that a guest may not make, and a few that it may. */
#include "guest.h"

const char *const test_name = "pagetables";

#define GUEST_RW	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define GUEST_RO	(PTE_P | PTE_A | PTE_US)

static u64 *data_page, *other_page;

/* The update must be refused, and the entry must be as it was. */
static void refused(const u64 *entry, u64 val, const char *what)
{
	u64 before = *entry;
	long rc = update_entry(entry, val);

	check_at(rc < 0, what, __FILE__, __LINE__);
	check_at((*entry & ~(PTE_A | PTE_D)) == (before & ~(PTE_A | PTE_D)), what, __FILE__,
		 __LINE__);
	if (rc >= 0) {
		say("not refused: %s\n", what);
		update_entry(entry, before);
	}
}

static void writable_mapping_of_tables(void)
{
	u64 *l1 = (u64 *)((unsigned long)pte_of(data_page) & ~(PAGE_SIZE - 1));
	u64 *l4 = (u64 *)start_info->pt_base;

	CHECK(remap(l1, virt_to_mfn(l1) << 12 | GUEST_RW, UVMF_INVLPG) < 0);
	CHECK(remap(l4, virt_to_mfn(l4) << 12 | GUEST_RW, UVMF_INVLPG) < 0);
	refused(pte_of(data_page), virt_to_mfn(l1) << 12 | GUEST_RW,
		"second writable mapping of an L1");
	refused(pte_of(data_page), virt_to_mfn(l4) << 12 | GUEST_RW,
		"second writable mapping of the L4");
	CHECK_EQ(update_entry(pte_of(data_page), virt_to_mfn(l1) << 12 | GUEST_RO),  0);
	CHECK_EQ(update_entry(pte_of(data_page), virt_to_mfn(other_page) << 12 | GUEST_RW), 0);
}

static void bits_that_are_not_allowed(void)
{
	u64 *l2e = table_at(data_page, 2), *l3e = table_at(data_page, 3);
	u64 *l4e = table_at(data_page, 4);

	refused(l2e, *l2e | PTE_PSE, "2 MiB page");
	refused(l3e, *l3e | PTE_PSE, "1 GiB page");
	refused(l4e, *l4e | PTE_PSE, "PSE in an L4");
	refused(l2e, *l2e | PTE_G, "global L2 entry");
	refused(l2e, *l2e | PTE_PCD, "uncached L2 entry");
	refused(l3e, *l3e | PTE_PWT, "write-through L3 entry");
	refused(l2e, (virt_to_mfn(data_page) << 12 | GUEST_RW), "writable page as an L1");
	refused(l3e, *l2e, "L1 in the place of an L2");
	refused(l4e, *l3e, "L2 in the place of an L3");
	refused(l2e, *l3e, "L2 in the place of an L1");
}

/* Entries that show a table to itself or to its equals. */
static void linear_tables(void)
{
	u64 *l4 = (u64 *)start_info->pt_base;
	u64 self = virt_to_mfn(l4) << 12 | PTE_P | PTE_A | PTE_US;

	refused(&l4[300], self | PTE_RW, "L4 in itself, writable");
	refused(&l4[300], self, "L4 in itself");
	refused(table_at(data_page, 3), self, "L4 as an L2");
}

static void hypervisor_slots(void)
{
	u64 *l4 = (u64 *)start_info->pt_base;
	unsigned int i;

	for (i = 256; i <= 271; i++) {
		refused(&l4[i], 0, "hypervisor slot cleared");
		refused(&l4[i], l4[511], "hypervisor slot replaced");
	}
}

static void frames_that_are_not_ours(void)
{
	/* A frame of the hypervisor's: where its L4 entries point. */
	u64 *l4 = (u64 *)start_info->pt_base;
	u64 hv = l4[262] & PTE_ADDR;
	unsigned long i, mapped = 0;

	CHECK(hv != 0);
	refused(pte_of(data_page), hv | GUEST_RO, "frame of the hypervisor, read-only");
	refused(pte_of(data_page), hv | GUEST_RW, "frame of the hypervisor, writable");
	refused(pte_of(data_page), (l4[260] & PTE_ADDR) | GUEST_RO, "frame of the per-domain slot");
	refused(pte_of(data_page), 0xfee00000UL | GUEST_RW | PTE_PCD, "local APIC");
	refused(pte_of(data_page), 0xfec00000UL | GUEST_RW | PTE_PCD, "I/O APIC");
	refused(pte_of(data_page), 0xffffffffff000UL | GUEST_RW, "frame beyond any machine");

	/* Every frame of the machine: what the M2P calls ours maps, else not. */
	for (i = 0x100; i < 0x4000; i++) {
		u64 before = *pte_of(data_page);

		if (update_entry(pte_of(data_page), i << 12 | GUEST_RO) == 0) {
			u64 pfn = ((u64 *)0xffff800000000000UL)[i];

			mapped++;
			if (pfn >= start_info->nr_pages)
				check_at(false, "frame without a pfn was mapped", __FILE__,
					 __LINE__);
			update_entry(pte_of(data_page), before);
		}
	}
	say("%lu of the lowest frames are ours\n", mapped);
}

/* Pin, unpin, and what a pin protects. */
static void pinning(void)
{
	u64 *l1 = alloc_pages(1);
	u64 mfn = virt_to_mfn(l1);

	l1[0] = virt_to_mfn(other_page) << 12 | GUEST_RW;
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0);	/* still mapped writable */
	CHECK_EQ(make_readonly(l1), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0);	/* twice */
	CHECK(mmuext(MMUEXT_PIN_L2_TABLE, mfn) < 0);
	CHECK(make_writable(l1) < 0);
	refused(&l1[1], mfn << 12 | GUEST_RW, "an L1 that maps itself writable");
	CHECK_EQ(update_entry(&l1[1], mfn << 12 | GUEST_RO), 0);
	CHECK_EQ(update_entry(&l1[1], 0), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK(mmuext(MMUEXT_UNPIN_TABLE, mfn) < 0);
	CHECK_EQ(make_writable(l1), 0);
	l1[0] = 0;

	/* A table with one bad entry is refused whole, and nothing is left behind. */
	l1[0] = virt_to_mfn(other_page) << 12 | GUEST_RW;
	l1[511] = virt_to_mfn(pte_of(data_page)) << 12 | GUEST_RW;
	CHECK_EQ(make_readonly(l1), 0);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0);
	CHECK_EQ(make_writable(l1), 0);
}

/* A store to a page-table page is emulated if it is a valid update. */
static void store(void *arg)
{
	u64 **a = arg;

	*(volatile u64 *)a[0] = (u64)a[1];
}

static void emulated_stores(void)
{
	u64 *entry = pte_of(data_page), good = *entry;
	u64 *args[2] = { entry, (u64 *)(virt_to_mfn(other_page) << 12 | GUEST_RO) };
	u64 *l2e = table_at(data_page, 2);

	CHECK_EQ(catch_trap(store, args), -1);
	CHECK((*entry & PTE_ADDR) == virt_to_mfn(other_page) << 12);
	args[1] = (u64 *)(virt_to_mfn(entry) << 12 | GUEST_RW);
	CHECK_EQ(catch_trap(store, args), 14);
	args[0] = l2e;
	args[1] = (u64 *)*l2e;
	CHECK_EQ(catch_trap(store, args), 14);
	CHECK_EQ(__atomic_exchange_n(entry, good, __ATOMIC_SEQ_CST) & PTE_ADDR,
		 virt_to_mfn(other_page) << 12);
	CHECK((*entry & PTE_ADDR) == (good & PTE_ADDR));
}

static void base_pointers(void)
{
	u64 l4 = virt_to_mfn((void *)start_info->pt_base);

	CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, l4), 0);
	CHECK(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(data_page)) < 0);
	CHECK(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(data_page)) < 0);
	CHECK(mmuext(MMUEXT_NEW_BASEPTR, 0) < 0);
	CHECK(mmuext(MMUEXT_NEW_BASEPTR, ~0UL >> 12) < 0);
	CHECK(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(data_page)) < 0);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, l4), 0);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
}

void test_main(void)
{
	data_page = alloc_pages(1);
	other_page = alloc_pages(1);
	writable_mapping_of_tables();
	bits_that_are_not_allowed();
	linear_tables();
	hypervisor_slots();
	frames_that_are_not_ours();
	pinning();
	emulated_stores();
	base_pointers();
}
