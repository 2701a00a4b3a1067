/* SPDX-License-Identifier: GPL-2.0-only */
/* The physical memory map, in the terms of the BIOS call that gave it its name. */
#ifndef HV_E820_H
#define HV_E820_H

#include <hv/types.h>

#define E820_MAX 256

/* ACPI 6.4, 15.4 "INT 15H, E820H": address range types. */
enum e820_type {
	E820_RAM	= 1,
	E820_RESERVED	= 2,
	E820_ACPI	= 3,	/* tables, RAM once they have been read */
	E820_NVS	= 4,
	E820_UNUSABLE	= 5,
	E820_DISABLED	= 6,
	E820_PMEM	= 7,
};

/* Also the layout that XENMEM_machine_memory_map hands to domain 0, hence packed. */
struct e820_entry {
	u64 addr;
	u64 size;
	u32 type;
} __attribute__((__packed__));

struct e820_map {
	unsigned int nr;
	struct e820_entry entry[E820_MAX];
};

const char *e820_type_name(u32 type);
int e820_add(struct e820_map *map, u64 addr, u64 size, u32 type);
int e820_sanitise(struct e820_map *map);
int e820_change(struct e820_map *map, u64 addr, u64 size, u32 from, u32 to);
int e820_reserve(struct e820_map *map, u64 addr, u64 size);
void e820_clip_ram(struct e820_map *map, u64 limit);
const struct e820_entry *e820_find(const struct e820_map *map, u64 addr);
bool e820_all(const struct e820_map *map, u64 start, u64 end, u32 type);
bool e820_any(const struct e820_map *map, u64 start, u64 end, u32 type);
u64 e820_find_free(const struct e820_map *map, u64 start, u64 end, u64 size, u64 align);
u64 e820_ram_bytes(const struct e820_map *map);
u64 e820_ram_end(const struct e820_map *map);

#endif
