// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's own page tables: direct map, frame table, machine-to-phys
 * table, image, and the area for stacks and device registers. Slots 256 and
 * 261 to 271 of every guest's L4 point at the same L3 tables, so whatever is
 * mapped below them appears everywhere at once. See asm/layout.h for the map.
 *
 * vmap_lock guards the area's bump pointer and the tables below slot 261.
 */
#include <asm/paging.h>

#include <hv/boot_alloc.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <asm/flush.h>
#include <asm/system.h>

extern pte_t idle_l4_table[], hv_l3[], image_l1[];

pte_t *idle_l4;
u64 image_phys;
unsigned long max_page;
unsigned long total_pages;

static spinlock_t vmap_lock = SPINLOCK_INIT;
static unsigned long vmap_next = VMAP_START;

u64 frame_chunks[FRAME_CHUNKS_MAX / 64];

#define PTE_TABLE		(PTE_P | PTE_RW | PTE_A | PTE_D)

static pte_t *table_alloc(void)
{
	if (!boot_alloc_done)
		return boot_alloc(PAGE_SIZE, PAGE_SIZE);
	return hv_page_alloc(0);
}

/* The image's own tables are not in the direct map's reach by symbol; by frame they are. */
static pte_t *table_of(pte_t entry)
{
	return mfn_to_virt(pte_mfn(entry));
}

static pte_t *next_table(pte_t *entry, u64 extra)
{
	pte_t *table;

	if (*entry & PTE_P)
		return table_of(*entry);
	table = table_alloc();
	if (!table)
		return NULL;
	WRITE_ONCE(*entry, pte_make(virt_to_mfn(table), PTE_TABLE | extra));
	return table;
}

/* Entry of @level (1-3) for @va, making the tables above it. @user: guests may walk it. */
static pte_t *entry_for(unsigned long va, unsigned int level, u64 user)
{
	pte_t *table = idle_l4, *entry = &table[l4_index(va)];

	table = next_table(entry, user);
	if (!table)
		return NULL;
	entry = &table[l3_index(va)];
	if (level == 3)
		return entry;
	table = next_table(entry, user);
	if (!table)
		return NULL;
	entry = &table[l2_index(va)];
	if (level == 2)
		return entry;
	table = next_table(entry, user);
	return table ? &table[l1_index(va)] : NULL;
}

/**
 * map_pages() - Map frames at a fixed address of the hypervisor's.
 * @va:    page-aligned
 * @mfn:   first of @nr consecutive frames
 * @nr:    frames of 4 KiB
 * @flags: PTE_HV_*
 *
 * Context: boot, or vmap_lock held.
 * Return: 0, or -ENOMEM with some of it mapped.
 */
int map_pages(unsigned long va, mfn_t mfn, unsigned long nr, u64 flags)
{
	for (; nr; nr--, va += PAGE_SIZE, mfn = mfn_add(mfn, 1)) {
		pte_t *entry = entry_for(va, 1, 0);

		if (!entry)
			return -ENOMEM;
		WRITE_ONCE(*entry, pte_make(mfn, flags));
	}
	return 0;
}

void unmap_pages(unsigned long va, unsigned long nr)
{
	for (; nr; nr--, va += PAGE_SIZE) {
		pte_t *entry = entry_for(va, 1, 0);

		if (entry)
			WRITE_ONCE(*entry, 0);
		invlpg(va);
	}
}

/* Address space for @nr pages and an unmapped one behind them; 0 if used up. */
static unsigned long vmap_space(unsigned long nr)
{
	unsigned long va = vmap_next;

	if (nr >= (VMAP_END - va) / PAGE_SIZE - 1)
		return 0;
	vmap_next = va + (nr + 1) * PAGE_SIZE;
	return va;
}

void *vmap(const mfn_t *mfns, unsigned int nr, u64 flags)
{
	unsigned long va;
	unsigned int i;

	spin_lock(&vmap_lock);
	va = vmap_space(nr);
	for (i = 0; va && i < nr; i++)
		if (map_pages(va + i * PAGE_SIZE, mfns[i], 1, flags))
			va = 0;
	spin_unlock(&vmap_lock);
	return (void *)va;
}

/**
 * vmap_stack() - A stack block: mapped where it is used, guarded where it is not.
 *
 * Context: boot.
 * Return: its address, aligned to STACK_SIZE; NULL if there is no memory.
 */
void *vmap_stack(void)
{
	unsigned long va;

	spin_lock(&vmap_lock);
	vmap_next = ROUND_UP(vmap_next, STACK_SIZE);
	va = vmap_space(STACK_PAGES);
	for (unsigned int i = 0; va && i < STACK_PAGES; i++) {
		void *page = STACK_PAGE_USED(i) ? hv_page_alloc(0) : NULL;

		if (STACK_PAGE_USED(i) &&
		    (!page || map_pages(va + i * PAGE_SIZE, virt_to_mfn(page), 1, PTE_HV_RW)))
			va = 0;
	}
	spin_unlock(&vmap_lock);
	return (void *)va;
}

void *ioremap_flags(paddr_t pa, size_t len, u64 flags)
{
	unsigned long offset = pa & ~PAGE_MASK;
	unsigned long nr = DIV_ROUND_UP(offset + len, PAGE_SIZE), va;

	if (!len || pa + len < pa || pa + len > PADDR_MASK)
		return NULL;
	spin_lock(&vmap_lock);
	va = vmap_space(nr);
	if (va && map_pages(va, _mfn(pa >> PAGE_SHIFT), nr, flags))
		va = 0;
	spin_unlock(&vmap_lock);
	return va ? (void *)(va + offset) : NULL;
}

void *ioremap(paddr_t pa, size_t len)
{
	return ioremap_flags(pa, len, PTE_HV_UC);
}

/* What was the hypervisor's own is gone: CPUs may have it, whatever guests they run. */
static void flush_everywhere(void)
{
	cpumask_t all;

	cpumask_online(&all);
	flush_tlb_mask(&all);
}

void iounmap(void *va, size_t len)
{
	unsigned long start = (unsigned long)va & PAGE_MASK;
	unsigned long nr = DIV_ROUND_UP((unsigned long)va - start + len, PAGE_SIZE);

	spin_lock(&vmap_lock);
	unmap_pages(start, nr);
	flush_everywhere();
	if (start + (nr + 1) * PAGE_SIZE == vmap_next)
		vmap_next = start;
	spin_unlock(&vmap_lock);
}

static bool have_1g_pages(void)
{
	u32 a, b, c, d;

	cpuid_count(0x80000001, 0, &a, &b, &c, &d);
	return d >> 26 & 1;
}

/* Direct-map [start, end), both page-aligned, by the largest pages that fit. */
static void __init directmap_range(u64 start, u64 end, bool use_1g)
{
	while (start < end) {
		unsigned long va = DIRECTMAP_START + start;
		u64 left = end - start;

		if (use_1g && IS_ALIGNED(start, 1UL << L3_SHIFT) && left >= 1UL << L3_SHIFT) {
			*entry_for(va, 3, 0) = start | PTE_HV_RW | PTE_PSE;
			start += 1UL << L3_SHIFT;
		} else if (IS_ALIGNED(start, 1UL << L2_SHIFT) && left >= 1UL << L2_SHIFT) {
			*entry_for(va, 2, 0) = start | PTE_HV_RW | PTE_PSE;
			start += 1UL << L2_SHIFT;
		} else {
			*entry_for(va, 1, 0) = start | PTE_HV_RW;
			start += PAGE_SIZE;
		}
	}
}

static void flush_all(void)
{
	unsigned long cr4 = read_cr4();

	write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
	write_cr4(cr4 | X86_CR4_PGE);
}

/*
 * The boot tables map the first 4 GiB, RAM or not. The final direct map is
 * built beside them and then takes slot 262; memory for its tables comes from
 * below 4 GiB, where both agree.
 */
static void __init directmap_init(const struct e820_map *machine)
{
	unsigned int first = l4_index(DIRECTMAP_START), i;
	bool use_1g = have_1g_pages();
	pte_t *shadow = boot_alloc(PAGE_SIZE, PAGE_SIZE), *live = idle_l4;

	for (i = 0; i < machine->nr; i++) {
		const struct e820_entry *e = &machine->entry[i];
		u64 start = ROUND_UP(e->addr, PAGE_SIZE);
		u64 end = ROUND_DOWN(e->addr + e->size, PAGE_SIZE);

		if (e->type != E820_RAM || start >= end)
			continue;
		if (end > DIRECTMAP_END - DIRECTMAP_START)
			panic("RAM at %lu GiB is beyond what can be mapped; use mem=", end >> 30);
		max_page = max(max_page, (unsigned long)(end >> PAGE_SHIFT));
		total_pages += (end - start) >> PAGE_SHIFT;
		idle_l4 = shadow;	/* built aside: the boot map stays live */
		directmap_range(start, end, use_1g);
		idle_l4 = live;
	}
	for (i = first; i <= HV_L4_LAST; i++) {
		if (!(shadow[i] & PTE_P))
			shadow[i] = pte_make(virt_to_mfn(table_alloc()), PTE_TABLE);
		idle_l4[i] = shadow[i];
	}
	flush_all();
	boot_alloc_limit = max_page << PAGE_SHIFT;
}

/* Is any of [start, start + len) RAM? */
static bool __init has_ram(const struct e820_map *machine, u64 start, u64 len)
{
	return e820_any(machine, start, start + len, E820_RAM);
}

static void __init frame_table_init(const struct e820_map *machine)
{
	unsigned long per_chunk = 1UL << FRAME_CHUNK_SHIFT;
	unsigned long chunk, nr = DIV_ROUND_UP(max_page, per_chunk), i;

	for (chunk = 0; chunk < nr; chunk++) {
		unsigned long first = chunk << FRAME_CHUNK_SHIFT;
		struct page_info *pg = &frame_table[first];
		u64 pa;

		if (!has_ram(machine, (u64)first << PAGE_SHIFT, (u64)per_chunk << PAGE_SHIFT))
			continue;
		pa = boot_alloc_phys(per_chunk * sizeof(*pg), 1UL << L2_SHIFT, boot_alloc_limit);
		*entry_for((unsigned long)pg, 2, 0) = pa | PTE_HV_RW | PTE_PSE;
		frame_chunks[chunk / 64] |= 1UL << (chunk % 64);
		for (i = 0; i < per_chunk; i++)
			pg[i] = (struct page_info){ .owner = DOMID_IO };
	}
	BUILD_BUG_ON((sizeof(struct page_info) << FRAME_CHUNK_SHIFT) != 1UL << L2_SHIFT);

	/*
	 * RAM is the hypervisor's until it is freed to the allocator. The first
	 * megabyte counts as I/O.
	 */
	for (i = 0; i < machine->nr; i++) {
		const struct e820_entry *e = &machine->entry[i];
		unsigned long mfn = max(ROUND_UP(e->addr, PAGE_SIZE), 0x100000UL) >> PAGE_SHIFT;
		unsigned long end = (e->addr + e->size) >> PAGE_SHIFT;

		for (; e->type == E820_RAM && mfn < end; mfn++)
			frame_table[mfn].owner = DOMID_XEN;
	}
}

/* 2 MiB of the table describe 1 GiB of RAM. */
static void __init m2p_init(const struct e820_map *machine)
{
	unsigned long per_chunk = (1UL << L2_SHIFT) / sizeof(unsigned long);
	unsigned long first, i;

	for (first = 0; first < max_page; first += per_chunk) {
		unsigned long *m2p = &m2p_rw[first];
		u64 pa;

		if (!has_ram(machine, (u64)first << PAGE_SHIFT, (u64)per_chunk << PAGE_SHIFT))
			continue;
		pa = boot_alloc_phys(1UL << L2_SHIFT, 1UL << L2_SHIFT, boot_alloc_limit);
		*entry_for((unsigned long)m2p, 2, 0) = pa | PTE_HV_RW | PTE_PSE;
		*entry_for(RO_M2P_START + ((unsigned long)m2p - RW_M2P_START), 2, PTE_US) =
			pa | PTE_P | PTE_A | PTE_US | PTE_NX | PTE_PSE;
		for (i = 0; i < per_chunk; i++)
			m2p[i] = M2P_DEBUG;
	}
	/* Slot 256 exists even on a machine whose table were empty. */
	next_table(&idle_l4[HV_L4_FIRST], PTE_US);
}

/**
 * paging_init() - Build the hypervisor's address space.
 * @machine: sanitised memory map; RAM of it is mapped and described
 *
 * Context: boot CPU, boot_free_map set up. Panics if memory does not suffice.
 */
void __init paging_init(const struct e820_map *machine)
{
	idle_l4 = paddr_to_virt(image_virt_to_phys(idle_l4_table));
	directmap_init(machine);
	frame_table_init(machine);
	m2p_init(machine);
	/* Every table that guests share must exist before the first guest. */
	entry_for(VMAP_START, 1, 0);
}

/* The boot CPU no longer runs at low addresses. */
void __init paging_drop_identity(void)
{
	idle_l4[0] = 0;
	flush_all();
}

static void image_rights(const char *from, const char *to, u64 flags)
{
	unsigned long i, end = ((unsigned long)to - IMAGE_VIRT_START) >> PAGE_SHIFT;

	for (i = ((unsigned long)from - IMAGE_VIRT_START) >> PAGE_SHIFT; i < end; i++)
		image_l1[i] = (image_l1[i] & PTE_ADDR_MASK) | flags;
}

/* Code is not writable, data not executable, and the pages below each stack not there. */
void __init paging_protect_image(void)
{
	extern char boot_stack[];
	unsigned long stack = ((unsigned long)boot_stack - IMAGE_VIRT_START) >> PAGE_SHIFT;
	unsigned long i, end = ((unsigned long)__image_end - IMAGE_VIRT_START) >> PAGE_SHIFT;

	image_rights(__image_start, __text_end, PTE_HV_RX);
	image_rights(__text_end, __rodata_end, PTE_HV_RO);
	image_rights(__rodata_end, __data_end, PTE_HV_RW);
	image_rights(__init_start, __init_text_end, PTE_HV_RX);
	image_rights(__init_text_end, __init_end, PTE_HV_RW);
	image_rights(__init_end, __symbols_end, PTE_HV_RO);
	image_rights(__symbols_end, __image_end, PTE_HV_RW);
	for (i = 0; i < STACK_PAGES; i++)
		if (!STACK_PAGE_USED(i))
			image_l1[stack + i] = 0;
	for (i = end; i < 2 * PT_ENTRIES; i++)
		image_l1[i] = 0;
	flush_all();
}

/* What only boot needed becomes free memory; what is written only at boot, constant. */
void paging_free_init(void)
{
	unsigned long first = image_virt_to_phys(__init_start) >> PAGE_SHIFT;
	unsigned long end = image_virt_to_phys(__init_end) >> PAGE_SHIFT;

	image_rights(__rodata_end, __ro_after_init_end, PTE_HV_RO);
	unmap_pages((unsigned long)__init_start, (__init_end - __init_start) / PAGE_SIZE);
	flush_everywhere();
	page_alloc_add_range(_mfn(first), _mfn(end));
	pr_info("Freed %lu KiB of init memory\n", (end - first) * PAGE_SIZE >> 10);
}

/**
 * init_guest_l4() - The hypervisor's slots of a guest's top table.
 * @l4: page table about to become an L4, direct-map address
 * @d:  its owner, whose slot 260 differs from everybody else's
 */
void init_guest_l4(pte_t *l4, const struct domain *d)
{
	unsigned int i;

	for (i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
		l4[i] = idle_l4[i];
	l4[l4_index(PERDOMAIN_START)] = pte_make(virt_to_mfn(d->arch.perdomain_l3), PTE_TABLE);
}

void show_page_walk(unsigned long va)
{
	pte_t *table = paddr_to_virt(read_cr3() & PTE_ADDR_MASK);
	unsigned int shift;

	pr_err("Page table walk for %016lx:\n", va);
	for (shift = L4_SHIFT;; shift -= 9) {
		pte_t entry = table[va >> shift & (PT_ENTRIES - 1)];

		pr_err(" L%u[%03lx] = %016lx\n", (shift - PAGE_SHIFT) / 9 + 1,
		       va >> shift & (PT_ENTRIES - 1), (unsigned long)entry);
		if (!(entry & PTE_P) || shift == L1_SHIFT ||
		    (shift < L4_SHIFT && (entry & PTE_PSE)) || !mfn_valid(pte_mfn(entry)))
			return;
		table = table_of(entry);
	}
}
