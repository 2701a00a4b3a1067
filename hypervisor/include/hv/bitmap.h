/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays of unsigned long as sets of bits. Nothing here is atomic: the caller
 * holds the lock of the bitmap, or owns it. Bits beyond the size never count;
 * and, or and andnot overwrite them, all others leave them alone.
 */
#ifndef HV_BITMAP_H
#define HV_BITMAP_H

#include <hv/types.h>

#define BITMAP_WORD_BITS	(8 * (unsigned int)sizeof(unsigned long))
#define BITMAP_WORDS(bits)	(((bits) + BITMAP_WORD_BITS - 1) / BITMAP_WORD_BITS)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITMAP_WORDS(bits)]

static inline bool bitmap_test(const unsigned long *map, unsigned long bit)
{
	return map[bit / BITMAP_WORD_BITS] >> (bit % BITMAP_WORD_BITS) & 1;
}

static inline void bitmap_set_bit(unsigned long *map, unsigned long bit)
{
	map[bit / BITMAP_WORD_BITS] |= 1UL << (bit % BITMAP_WORD_BITS);
}

static inline void bitmap_clear_bit(unsigned long *map, unsigned long bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~(1UL << (bit % BITMAP_WORD_BITS));
}

void bitmap_zero(unsigned long *map, unsigned long size);
void bitmap_fill(unsigned long *map, unsigned long size);
void bitmap_set(unsigned long *map, unsigned long start, unsigned long nr);
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long nr);
void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned long size);
void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned long size);
void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned long size);
void bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned long size);
bool bitmap_empty(const unsigned long *map, unsigned long size);
bool bitmap_full(const unsigned long *map, unsigned long size);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned long size);
bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned long size);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned long size);
unsigned long bitmap_weight(const unsigned long *map, unsigned long size);
unsigned long bitmap_find_next(const unsigned long *map, unsigned long size, unsigned long from);
unsigned long bitmap_find_next_zero(const unsigned long *map, unsigned long size,
				    unsigned long from);
unsigned long bitmap_find_area(const unsigned long *map, unsigned long size, unsigned long from,
			       unsigned long nr);

static inline unsigned long bitmap_find_first(const unsigned long *map, unsigned long size)
{
	return bitmap_find_next(map, size, 0);
}

static inline unsigned long bitmap_find_first_zero(const unsigned long *map, unsigned long size)
{
	return bitmap_find_next_zero(map, size, 0);
}

#define bitmap_for_each(bit, map, size)						\
	for ((bit) = bitmap_find_next((map), (size), 0); (bit) < (size);	\
	     (bit) = bitmap_find_next((map), (size), (bit) + 1))

#endif
