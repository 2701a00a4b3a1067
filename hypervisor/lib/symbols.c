// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the hypervisor's own functions, for stack traces and %pS. The table
 * is made by tools/symbols.awk from a first link and goes into the second; the
 * first has an empty one. Constant: no locks, any context.
 */
#include <hv/string.h>
#include <hv/symbols.h>

/*
 * Sorted starts relative to symbols_base, with one more for the end of the
 * last. Names in the same order, each with its NUL; an empty one is a gap.
 */
extern const u32 symbols_count;
extern const u64 symbols_base;
extern const u32 symbols_offsets[];
extern const char symbols_names[];

/* The last entry that starts at or before @offset; there is one. */
static u32 find(u32 offset)
{
	u32 low = 0, high = symbols_count;

	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (symbols_offsets[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/**
 * symbol_lookup() - Name the function that an address lies in.
 * @addr:   any number
 * @offset: receives the distance from the function's start
 * @size:   receives the distance from there to the next function's start
 *
 * Return: a constant string; NULL if @addr is in none of our functions, with
 * @offset and @size 0.
 */
const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	const char *name = symbols_names;
	unsigned long rel = addr - symbols_base;
	u32 i, n;

	*offset = 0;
	*size = 0;
	if (!symbols_count || addr < symbols_base || rel >= symbols_offsets[symbols_count])
		return NULL;

	i = find((u32)rel);
	/* Walked, not indexed: traces are rare, and an index is as large as the names. */
	for (n = i; n; n--)
		name += strlen(name) + 1;
	if (!*name)
		return NULL;
	*offset = rel - symbols_offsets[i];
	*size = symbols_offsets[i + 1] - symbols_offsets[i];
	return name;
}

u32 symbol_count(void)
{
	return symbols_count;
}

/**
 * symbol_by_index() - One of the functions, in order of address.
 * @index: from 0
 * @addr:  receives where it starts
 *
 * Return: a constant string, empty for a gap between functions; NULL beyond
 * the last.
 */
const char *symbol_by_index(u32 index, unsigned long *addr)
{
	const char *name = symbols_names;

	*addr = 0;
	if (index >= symbols_count)
		return NULL;
	*addr = symbols_base + symbols_offsets[index];
	while (index--)
		name += strlen(name) + 1;
	return name;
}
