// SPDX-License-Identifier: GPL-2.0-only
/* GDT and LDT: what may be loaded, and what a selector can reach. */
#include "guest.h"

const char *const test_name = "descriptors";

#define CODE64		0x00affa000000ffffUL	/* ring 3 */
#define CODE64_RING0	0x00af9a000000ffffUL
#define DATA		0x00cff2000000ffffUL
#define DATA_RING0	0x00cf92000000ffffUL
#define TSS		0x0000890000000067UL
#define CALL_GATE	0x0000ec0000330000UL
#define LDT_DESC	0x0000820000000067UL

static u64 *gdt;

static long set_gdt(u64 mfn, unsigned int entries)
{
	unsigned long frames[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = mfn;
	return HC(set_gdt, frames, entries, 0, 0, 0);
}

static long set_entry(unsigned int i, u64 desc)
{
	return HC(update_descriptor, virt_to_mfn(gdt) * PAGE_SIZE + i * 8, desc, 0, 0, 0);
}

static void load_ds(void *arg)
{
	unsigned int sel = (unsigned long)arg;

	__asm__ __volatile__("mov %0, %%ds" :: "r" (sel));
}

static void tables(void)
{
	CHECK(set_gdt(virt_to_mfn(gdt), 512) < 0);	/* mapped writable */
	CHECK_EQ(make_readonly(gdt), 0);
	CHECK_EQ(set_gdt(virt_to_mfn(gdt), 16), 0);
	CHECK(set_gdt(virt_to_mfn(gdt), 14 * 512 + 1) < 0);
	CHECK(set_gdt(virt_to_mfn(gdt), ~0U) < 0);
	CHECK(set_gdt(virt_to_mfn((void *)start_info->pt_base), 16) < 0);
	CHECK(set_gdt(0x10, 16) < 0);
	CHECK(set_gdt(~0UL, 16) < 0);
	CHECK(make_writable(gdt) < 0);
	CHECK_EQ(set_gdt(virt_to_mfn(gdt), 16), 0);
}

static void entries(void)
{
	CHECK_EQ(set_entry(1, DATA), 0);
	CHECK_EQ(set_entry(2, CODE64), 0);
	CHECK(set_entry(3, TSS) < 0);
	CHECK(set_entry(3, CALL_GATE) < 0);
	CHECK(set_entry(3, LDT_DESC) < 0);
	/* Ring 0 is not refused but made ring 3. */
	CHECK_EQ(set_entry(4, DATA_RING0), 0);
	CHECK((gdt[4] >> 45 & 3) != 0);
	CHECK_EQ(set_entry(5, CODE64_RING0), 0);
	CHECK((gdt[5] >> 45 & 3) != 0);
	CHECK(HC(update_descriptor, virt_to_mfn(gdt) * PAGE_SIZE + 1, DATA, 0, 0, 0) < 0);
	CHECK(HC(update_descriptor, ~0UL & ~7UL, DATA, 0, 0, 0) < 0);
	CHECK(HC(update_descriptor, virt_to_mfn((void *)start_info->pt_base) * PAGE_SIZE, DATA,
		 0, 0, 0) < 0);
}

static void selectors(void)
{
	CHECK_EQ(catch_trap(load_ds, (void *)(8UL | 3)), -1);
	CHECK_EQ(catch_trap(load_ds, (void *)(3 * 8UL | 3)), 13);
	CHECK_EQ(catch_trap(load_ds, (void *)0xe008UL), 13);	/* the hypervisor's code */
	CHECK_EQ(catch_trap(load_ds, (void *)0xe010UL), 13);	/* its data, ring 0 */
	CHECK_EQ(catch_trap(load_ds, (void *)0xe040UL), 13);	/* its TSS */
	CHECK_EQ(catch_trap(load_ds, (void *)0xe02bUL), -1);
	CHECK_EQ(catch_trap(load_ds, (void *)0xfff8UL), 13);
	CHECK_EQ(catch_trap(load_ds, (void *)0UL), -1);
}

static void ldt(void)
{
	u64 *page = alloc_pages(2);
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

	page[1] = DATA;
	page[2] = TSS;
	page[PAGE_SIZE / 8] = DATA;
	CHECK_EQ(make_readonly(page), 0);
	op.arg1.linear_addr = (unsigned long)page;
	op.arg2.nr_ents = 1024;
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0), 0);
	/* The page has a system descriptor: it cannot become part of an LDT. */
	CHECK(catch_trap(load_ds, (void *)(1 * 8UL | 4 | 3)) > 0);

	CHECK_EQ(make_writable(page), 0);
	page[2] = 0;
	CHECK_EQ(make_readonly(page), 0);
	CHECK_EQ(catch_trap(load_ds, (void *)(1 * 8UL | 4 | 3)), -1);
	/* The second page is mapped writable; it is no LDT either. */
	CHECK(catch_trap(load_ds, (void *)(512 * 8UL | 4 | 3)) > 0);
	CHECK(make_writable(page) < 0);

	op.arg2.nr_ents = 8193;
	CHECK(HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0) < 0);
	op.arg2.nr_ents = 16;
	op.arg1.linear_addr = (unsigned long)page + 8;
	CHECK(HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0) < 0);
	op.arg1.linear_addr = 0xffff830000000000UL;
	HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0);
	CHECK(catch_trap(load_ds, (void *)(1 * 8UL | 4 | 3)) > 0);
	op.arg2.nr_ents = 0;
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, DOMID_SELF, 0), 0);
	CHECK_EQ(catch_trap(load_ds, (void *)0UL), -1);
	CHECK_EQ(make_writable(page), 0);
}

void test_main(void)
{
	gdt = alloc_pages(1);
	gdt[1] = DATA;
	tables();
	entries();
	selectors();
	ldt();
}
