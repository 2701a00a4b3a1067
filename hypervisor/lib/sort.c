// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heap sort: in place, no recursion, n log n for every input. No state.
 */
#include <hv/sort.h>

static void swap_bytes(u8 *a, u8 *b, size_t size)
{
	while (size--) {
		u8 t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

static void sift_down(u8 *base, size_t root, size_t nr, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= nr)
			return;
		if (child + 1 < nr && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

/**
 * sort() - Sort an array in place, ascending by @cmp; not stable.
 * @base: first element
 * @nr:   number of elements
 * @size: of one element in bytes
 * @cmp:  negative, 0 or positive as in qsort()
 */
void sort(void *base, size_t nr, size_t size, int (*cmp)(const void *a, const void *b))
{
	for (size_t root = nr / 2; root-- > 0;)
		sift_down(base, root, nr, size, cmp);
	while (nr-- > 1) {
		swap_bytes(base, (u8 *)base + nr * size, size);
		sift_down(base, 0, nr, size, cmp);
	}
}
