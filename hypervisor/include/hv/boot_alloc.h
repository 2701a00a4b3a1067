/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory before the page allocator: cut from the memory map, never given back. */
#ifndef HV_BOOT_ALLOC_H
#define HV_BOOT_ALLOC_H

#include <hv/e820.h>

/* What is RAM and not yet taken; ranges handed out or kept become E820_RESERVED. */
extern struct e820_map boot_free_map;

/* Zeroed, from the top of the lowest memory that is mapped; panics when there is none. */
void *boot_alloc(u64 size, u64 align);
u64 boot_alloc_phys(u64 size, u64 align, u64 below);
/* After the full direct map exists, memory above 4 GiB may be handed out too. */
extern u64 boot_alloc_limit;
/* Hand all that is left to the page allocator. */
void boot_alloc_finish(void);
extern bool boot_alloc_done;

#endif
