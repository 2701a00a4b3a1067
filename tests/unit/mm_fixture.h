/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for tests of the allocators: a direct map, a frame table, an M2P; one CPU's TLB. */
#ifndef MM_FIXTURE_H
#define MM_FIXTURE_H

#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>

#include <asm/flush.h>
#include <asm/system.h>

#include <stdlib.h>
#include <sys/mman.h>

#define FIXTURE_FRAMES	0x4000UL	/* 64 MiB */

struct hv_options opts = { .gnttab_transitive = true, .gnttab_transfer = true };
unsigned long max_page = FIXTURE_FRAMES;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };
u64 tlb_clock = 1;
static u64 last_flush, nr_flushes;

void printk_level(enum log_level level, const char *fmt, ...) {}
void gprintk(enum log_level level, const char *fmt, ...) {}

void flush_tlb_older(u64 clock)
{
	if (__atomic_load_n(&last_flush, __ATOMIC_SEQ_CST) > clock)
		return;
	__atomic_store_n(&last_flush, __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&nr_flushes, 1, __ATOMIC_SEQ_CST);
}

void flush_tlb_stamp(u32 stamp, domid_t owner)
{
	flush_tlb_older(stamp);
}

void flush_cache_page(const void *page) {}
/* For loops that wait for another thread. */
void flush_tlb_serve(void)
{
	cpu_relax();
}

void bug(const char *what, const char *file, unsigned int line)
{
	print_error("BUG: %s at %s:%u\n", what, file, line);
	abort();
}

void warn(const char *what, const char *file, unsigned int line)
{
	bug(what, file, line);
}

static void map_at(unsigned long start, unsigned long len)
{
	void *p = mmap((void *)start, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	assert_ptr_equal(p, (void *)start);
}

static int map_memory(void **state)
{
	map_at(DIRECTMAP_START, FIXTURE_FRAMES << PAGE_SHIFT);
	map_at(FRAME_TABLE_START, FIXTURE_FRAMES * sizeof(struct page_info));
	map_at(RW_M2P_START, FIXTURE_FRAMES * sizeof(unsigned long));
	return 0;
}

#endif
