// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of bits; the rules are at the head of hv/bitmap.h. No state, no locks.
 */
#include <hv/bitmap.h>

/* The bits of word @w that lie inside a map of @size bits. */
static unsigned long word_mask(unsigned long size, unsigned long w)
{
	unsigned long left = size - w * BITMAP_WORD_BITS;

	return left >= BITMAP_WORD_BITS ? ~0UL : (1UL << left) - 1;
}

void bitmap_zero(unsigned long *map, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		map[w] &= ~word_mask(size, w);
}

void bitmap_fill(unsigned long *map, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		map[w] |= word_mask(size, w);
}

/* The bits of word @w from @start to @end - 1. */
static unsigned long range_mask(unsigned long start, unsigned long end, unsigned long w)
{
	unsigned long mask = word_mask(end, w);

	if (start > w * BITMAP_WORD_BITS)
		mask &= ~0UL << (start - w * BITMAP_WORD_BITS);
	return mask;
}

/**
 * bitmap_set() - Set @nr bits from @start.
 * @map:   array of words
 * @start: first bit
 * @nr:    how many bits
 */
void bitmap_set(unsigned long *map, unsigned long start, unsigned long nr)
{
	unsigned long end = start + nr;

	if (!nr)
		return;
	for (unsigned long w = start / BITMAP_WORD_BITS; w < BITMAP_WORDS(end); w++)
		map[w] |= range_mask(start, end, w);
}

/**
 * bitmap_clear() - Clear @nr bits from @start.
 * @map:   array of words
 * @start: first bit
 * @nr:    how many bits
 */
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long nr)
{
	unsigned long end = start + nr;

	if (!nr)
		return;
	for (unsigned long w = start / BITMAP_WORD_BITS; w < BITMAP_WORDS(end); w++)
		map[w] &= ~range_mask(start, end, w);
}

void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++) {
		unsigned long mask = word_mask(size, w);

		dst[w] = (dst[w] & ~mask) | (src[w] & mask);
	}
}

void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		dst[w] = a[w] & b[w];
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		dst[w] = a[w] | b[w];
}

void bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		dst[w] = a[w] & ~b[w];
}

bool bitmap_empty(const unsigned long *map, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		if (map[w] & word_mask(size, w))
			return false;
	return true;
}

bool bitmap_full(const unsigned long *map, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		if (~map[w] & word_mask(size, w))
			return false;
	return true;
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		if ((a[w] ^ b[w]) & word_mask(size, w))
			return false;
	return true;
}

/**
 * bitmap_subset() - Whether every bit of @a is also in @b.
 * @a:    set
 * @b:    set that may hold it
 * @size: bits in the map
 */
bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		if (a[w] & ~b[w] & word_mask(size, w))
			return false;
	return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned long size)
{
	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		if (a[w] & b[w] & word_mask(size, w))
			return true;
	return false;
}

/* Without a popcnt that every CPU has, and without libgcc. */
static unsigned int weight(unsigned long v)
{
	v -= v >> 1 & 0x5555555555555555UL;
	v = (v & 0x3333333333333333UL) + (v >> 2 & 0x3333333333333333UL);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return v * 0x0101010101010101UL >> 56;
}

/**
 * bitmap_weight() - How many bits are set.
 * @map:  array of words
 * @size: bits in the map
 */
unsigned long bitmap_weight(const unsigned long *map, unsigned long size)
{
	unsigned long n = 0;

	for (unsigned long w = 0; w < BITMAP_WORDS(size); w++)
		n += weight(map[w] & word_mask(size, w));
	return n;
}

static unsigned long find_next(const unsigned long *map, unsigned long size, unsigned long from,
			       unsigned long flip)
{
	unsigned long mask;

	if (from >= size)
		return size;
	mask = ~0UL << (from % BITMAP_WORD_BITS);
	for (unsigned long w = from / BITMAP_WORD_BITS; w < BITMAP_WORDS(size); w++) {
		unsigned long bits = (map[w] ^ flip) & mask & word_mask(size, w);

		if (bits)
			return w * BITMAP_WORD_BITS + (unsigned int)__builtin_ctzl(bits);
		mask = ~0UL;
	}
	return size;
}

/**
 * bitmap_find_next() - First bit set at or after @from.
 * @map:  array of words
 * @size: bits in the map
 * @from: first bit to look at
 *
 * Return: its number, or @size if there is none.
 */
unsigned long bitmap_find_next(const unsigned long *map, unsigned long size, unsigned long from)
{
	return find_next(map, size, from, 0);
}

/**
 * bitmap_find_next_zero() - First bit clear at or after @from.
 * @map:  array of words
 * @size: bits in the map
 * @from: first bit to look at
 *
 * Return: its number, or @size if there is none.
 */
unsigned long bitmap_find_next_zero(const unsigned long *map, unsigned long size,
				    unsigned long from)
{
	return find_next(map, size, from, ~0UL);
}

/**
 * bitmap_find_area() - First run of @nr clear bits at or after @from.
 * @map:  array of words
 * @size: bits in the map
 * @from: first bit to look at
 * @nr:   length of the run
 *
 * Return: its first bit, or @size if there is none.
 */
unsigned long bitmap_find_area(const unsigned long *map, unsigned long size, unsigned long from,
			       unsigned long nr)
{
	for (;;) {
		unsigned long start = bitmap_find_next_zero(map, size, from);

		if (start >= size || nr > size - start)
			return size;
		from = bitmap_find_next(map, start + nr, start);
		if (from >= start + nr)
			return start;
	}
}
