// SPDX-License-Identifier: GPL-2.0-only
/*
 * The physical memory map: ranges by type, sorted and without overlaps once
 * e820_sanitise() has been over what firmware said. No locks; boot CPU only.
 *
 * ABI: ACPI 6.4, 15.4 "INT 15H, E820H - Query System Address Map".
 */
#include <hv/e820.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>

static const char *const type_names[] = {
	[E820_RAM]	= "usable",
	[E820_RESERVED]	= "reserved",
	[E820_ACPI]	= "ACPI data",
	[E820_NVS]	= "ACPI NVS",
	[E820_UNUSABLE]	= "unusable",
	[E820_DISABLED]	= "disabled",
	[E820_PMEM]	= "persistent",
};

const char *e820_type_name(u32 type)
{
	if (type < ARRAY_SIZE(type_names) && type_names[type])
		return type_names[type];
	return "unknown type";
}

/*
 * Where firmware contradicts itself the range that is worse to lose wins: a
 * frame wrongly reserved costs memory, one wrongly used costs the machine.
 */
static unsigned int rank(u32 type)
{
	switch (type) {
	case E820_RAM:
		return 0;
	case E820_PMEM:
		return 1;
	case E820_ACPI:
		return 2;
	case E820_NVS:
		return 3;
	case E820_RESERVED:
		return 4;
	case E820_DISABLED:
		return 6;
	case E820_UNUSABLE:
		return 7;
	default:
		return 5;
	}
}

static u64 end_of(const struct e820_entry *e)
{
	return e->addr + e->size;
}

/**
 * e820_add() - Append a range as firmware reported it.
 * @map:  map, unsorted from here until e820_sanitise()
 * @addr: first byte
 * @size: bytes; an empty range is dropped, one past the end of the address
 *        space is cut there
 * @type: enum e820_type, or a type of firmware's own
 *
 * Return: 0, or -ENOSPC if the map is full.
 */
int e820_add(struct e820_map *map, u64 addr, u64 size, u32 type)
{
	if (addr + size < addr)
		size = -addr;
	if (!size)
		return 0;
	if (map->nr >= E820_MAX)
		return -ENOSPC;
	map->entry[map->nr].addr = addr;
	map->entry[map->nr].size = size;
	map->entry[map->nr].type = type;
	map->nr++;
	return 0;
}

static void insert(struct e820_map *map, unsigned int at, u64 start, u64 end, u32 type)
{
	memmove(&map->entry[at + 1], &map->entry[at],
		(map->nr - at) * sizeof(map->entry[0]));
	map->entry[at].addr = start;
	map->entry[at].size = end - start;
	map->entry[at].type = type;
	map->nr++;
}

static void sort_by_addr(struct e820_map *map)
{
	for (unsigned int i = 1; i < map->nr; i++) {
		struct e820_entry e = map->entry[i];
		unsigned int j = i;

		for (; j && map->entry[j - 1].addr > e.addr; j--)
			map->entry[j] = map->entry[j - 1];
		map->entry[j] = e;
	}
}

/* The lowest boundary above @pos of any entry, and the winning type at @pos; 0: none. */
static u32 winner_at(const struct e820_map *map, u64 pos, u64 *next)
{
	u32 type = 0;

	*next = ~(u64)0;
	for (unsigned int i = 0; i < map->nr; i++) {
		const struct e820_entry *e = &map->entry[i];

		if (e->addr > pos) {
			if (e->addr < *next)
				*next = e->addr;
			break;		/* sorted: all others begin later still */
		}
		/* The last byte, for the end of a range up to 2^64 is 0. */
		if (end_of(e) - 1 < pos)
			continue;
		if (end_of(e) && end_of(e) < *next)
			*next = end_of(e);
		if (!type || rank(e->type) > rank(type))
			type = e->type;
	}
	return type;
}

/**
 * e820_sanitise() - Sort the map, resolve overlaps and join what touches.
 * @map: as e820_add() left it
 *
 * Where ranges overlap the more restricted type wins, see rank().
 *
 * Return: 0; -ENOSPC if resolving needs more than E820_MAX ranges, of which the
 * lowest are kept then.
 */
int __init e820_sanitise(struct e820_map *map)
{
	static struct e820_map old __initdata;
	u64 pos = 0;

	sort_by_addr(map);
	old = *map;
	map->nr = 0;

	while (pos != ~(u64)0) {
		struct e820_entry *last = map->nr ? &map->entry[map->nr - 1] : NULL;
		u64 next;
		u32 type = winner_at(&old, pos, &next);

		if (type && last && last->type == type && end_of(last) == pos) {
			last->size += next - pos;
		} else if (type) {
			int rc = e820_add(map, pos, next - pos, type);

			if (rc)
				return rc;
		}
		pos = next;
	}
	return 0;
}

static void join_neighbours(struct e820_map *map)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < map->nr; i++) {
		struct e820_entry *last = n ? &map->entry[n - 1] : NULL;

		if (!map->entry[i].size)
			continue;
		if (last && last->type == map->entry[i].type &&
		    end_of(last) == map->entry[i].addr)
			last->size += map->entry[i].size;
		else
			map->entry[n++] = map->entry[i];
	}
	map->nr = n;
}

/**
 * e820_change() - Give another type to those parts of a range that have type @from.
 * @map:  sanitised map, stays so
 * @addr: first byte
 * @size: bytes
 * @from: present type
 * @to:   type from now on
 *
 * Return: 0; -ENOSPC if splitting needs more than E820_MAX ranges, with
 * nothing after that point changed; -EINVAL if the range leaves the address space.
 */
int e820_change(struct e820_map *map, u64 addr, u64 size, u32 from, u32 to)
{
	u64 end = addr + size;
	int rc = 0;

	if (end < addr)
		return -EINVAL;
	for (unsigned int i = 0; i < map->nr && !rc; i++) {
		u64 e_start = map->entry[i].addr, e_end = end_of(&map->entry[i]);
		u64 start = addr > e_start ? addr : e_start;
		u64 stop = end < e_end ? end : e_end;
		unsigned int pieces = (start > e_start) + (stop < e_end);

		if (map->entry[i].type != from || start >= stop)
			continue;
		if (map->nr + pieces > E820_MAX) {
			rc = -ENOSPC;
			break;
		}
		map->entry[i].addr = start;
		map->entry[i].size = stop - start;
		map->entry[i].type = to;
		if (stop < e_end)
			insert(map, i + 1, stop, e_end, from);
		if (start > e_start)
			insert(map, i, e_start, start, from);
		i += pieces;
	}
	join_neighbours(map);
	return rc;
}

/**
 * e820_reserve() - Take a range out of RAM; other types in it stay as they are.
 * @map:  sanitised map, stays so
 * @addr: first byte
 * @size: bytes
 *
 * Return: as e820_change().
 */
int e820_reserve(struct e820_map *map, u64 addr, u64 size)
{
	return e820_change(map, addr, size, E820_RAM, E820_RESERVED);
}

/**
 * e820_clip_ram() - Drop RAM above an address: mem=.
 * @map:   sanitised map
 * @limit: first address that is not to be used as RAM
 */
void e820_clip_ram(struct e820_map *map, u64 limit)
{
	for (unsigned int i = 0; i < map->nr; i++) {
		struct e820_entry *e = &map->entry[i];

		if (e->type == E820_RAM && end_of(e) - 1 >= limit)
			e->size = e->addr < limit ? limit - e->addr : 0;
	}
	join_neighbours(map);
}

/**
 * e820_find() - The range that holds a byte.
 * @map:  sanitised map
 * @addr: the byte
 *
 * Return: the range, or NULL for a hole in @map.
 */
const struct e820_entry *e820_find(const struct e820_map *map, u64 addr)
{
	for (unsigned int i = 0; i < map->nr; i++)
		if (addr >= map->entry[i].addr && addr - map->entry[i].addr < map->entry[i].size)
			return &map->entry[i];
	return NULL;
}

/**
 * e820_all() - Whether every byte of [@start, @end) has type @type.
 * @map:   sanitised map
 * @start: first byte
 * @end:   behind the last
 * @type:  enum e820_type
 */
bool e820_all(const struct e820_map *map, u64 start, u64 end, u32 type)
{
	while (start < end) {
		const struct e820_entry *e = e820_find(map, start);

		if (!e || e->type != type)
			return false;
		start = end_of(e);
		if (!start)
			return true;
	}
	return true;
}

/**
 * e820_any() - Whether some byte of [@start, @end) has type @type; 0 for any type.
 * @map:   sanitised map
 * @start: first byte
 * @end:   behind the last
 * @type:  enum e820_type, or 0
 */
bool e820_any(const struct e820_map *map, u64 start, u64 end, u32 type)
{
	for (unsigned int i = 0; i < map->nr; i++) {
		const struct e820_entry *e = &map->entry[i];

		if ((!type || e->type == type) && e->addr < end && end_of(e) - 1 >= start &&
		    start < end)
			return true;
	}
	return false;
}

/**
 * e820_find_free() - Highest place in RAM for a block.
 * @map:   sanitised map
 * @start: lowest address allowed; 0 is never returned
 * @end:   the block must end here or before
 * @size:  of the block, bytes
 * @align: power of two
 *
 * Return: address of the block, 0 if there is no place.
 */
u64 e820_find_free(const struct e820_map *map, u64 start, u64 end, u64 size, u64 align)
{
	for (unsigned int i = map->nr; i-- > 0;) {
		const struct e820_entry *e = &map->entry[i];
		u64 low = e->addr > start ? e->addr : start;
		u64 high = end_of(e) < end ? end_of(e) : end;
		u64 at;

		if (e->type != E820_RAM || high <= low || high - low < size)
			continue;
		at = (high - size) & ~(align - 1);
		if (at >= low && at)
			return at;
	}
	return 0;
}

/**
 * e820_ram_bytes() - How much RAM there is.
 * @map: sanitised map
 */
u64 e820_ram_bytes(const struct e820_map *map)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < map->nr; i++)
		if (map->entry[i].type == E820_RAM)
			sum += map->entry[i].size;
	return sum;
}

/**
 * e820_ram_end() - The first address above all RAM.
 * @map: sanitised map
 */
u64 e820_ram_end(const struct e820_map *map)
{
	u64 end = 0;

	for (unsigned int i = 0; i < map->nr; i++)
		if (map->entry[i].type == E820_RAM && end_of(&map->entry[i]) > end)
			end = end_of(&map->entry[i]);
	return end;
}
