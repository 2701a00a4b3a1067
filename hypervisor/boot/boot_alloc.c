// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory before the page allocator exists: page tables, the frame table and
 * the machine-to-phys table are cut from the free ranges of the memory map.
 * Boot CPU only, no locks.
 */
#include <hv/boot_alloc.h>

#include <hv/bug.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/string.h>

struct e820_map boot_free_map __initdata;
u64 boot_alloc_limit = 1UL << 32;
bool boot_alloc_done;

/**
 * boot_alloc_phys() - Take a range of RAM for good.
 * @size:  bytes, a multiple of PAGE_SIZE
 * @align: power of two, at least PAGE_SIZE
 * @below: end of the range at the latest
 *
 * Takes from the highest range that serves: low memory is what devices need.
 * Return: physical address. Panics if no range serves.
 */
u64 __init boot_alloc_phys(u64 size, u64 align, u64 below)
{
	u64 best = 0;
	unsigned int i;

	for (i = 0; i < boot_free_map.nr; i++) {
		const struct e820_entry *e = &boot_free_map.entry[i];
		u64 end = min(e->addr + e->size, below), start;

		if (e->type != E820_RAM || end < size)
			continue;
		start = ROUND_DOWN(end - size, align);
		if (start >= e->addr && start > best)
			best = start;
	}
	if (!best)
		panic("Too little memory: no free range of %lu KiB below %lu MiB. Give the machine more RAM, or a smaller initramfs.",
		      size >> 10, below >> 20);
	if (e820_reserve(&boot_free_map, best, size))
		panic("The memory map has too many ranges");
	return best;
}

void *__init boot_alloc(u64 size, u64 align)
{
	u64 pa = boot_alloc_phys(ROUND_UP(size, PAGE_SIZE), align, boot_alloc_limit);

	memset(paddr_to_virt(pa), 0, size);
	return paddr_to_virt(pa);
}

void __init boot_alloc_finish(void)
{
	unsigned int i;

	boot_alloc_done = true;
	for (i = 0; i < boot_free_map.nr; i++) {
		const struct e820_entry *e = &boot_free_map.entry[i];
		u64 start = ROUND_UP(e->addr, PAGE_SIZE);
		u64 end = ROUND_DOWN(e->addr + e->size, PAGE_SIZE);

		if (e->type == E820_RAM && start < end)
			page_alloc_add_range(_mfn(start >> PAGE_SHIFT), _mfn(end >> PAGE_SHIFT));
	}
}
