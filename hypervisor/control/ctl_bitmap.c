// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets as the tools pass them: bytes at an address, and how many bits count.
 * ABI: xen.h, struct xenctl_bitmap.
 */
#include "control.h"

#include <hv/bitmap.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/string.h>

/* Far more than anybody has: what is beyond is a mistake. */
#define CALLERS_BITS_MAX	65536U
#define BYTES(bits)		DIV_ROUND_UP(bits, 8U)

/**
 * ctl_bitmap_read() - Copy a set in.
 * @map:   @nbits bits, filled in; bits that the caller does not have are 0
 * @nbits: how many we know; the caller's beyond are ignored
 * @from:  the caller's
 *
 * Return: 0; -EINVAL if it is too large; -EFAULT.
 */
int ctl_bitmap_read(unsigned long *map, unsigned int nbits, const struct xenctl_bitmap *from)
{
	u32 bits = min(from->nr_bits, nbits);

	if (from->nr_bits > CALLERS_BITS_MAX)
		return -EINVAL;
	bitmap_zero(map, nbits);
	if (raw_copy_from_guest(map, handle_va(from->bitmap), BYTES(bits)))
		return -EFAULT;
	bitmap_clear(map, bits, BITMAP_WORDS(nbits) * BITMAP_WORD_BITS - bits);
	return 0;
}

/**
 * ctl_bitmap_write() - Copy a set out.
 * @to:    the caller's; filled in to its last byte
 * @map:   @nbits bits
 * @nbits: how many we know; those that the caller has no room for are lost
 *
 * Return: as ctl_bitmap_read().
 */
int ctl_bitmap_write(const struct xenctl_bitmap *to, const unsigned long *map, unsigned int nbits)
{
	u32 bits = min(to->nr_bits, nbits);
	u32 whole = bits / 8, bytes = BYTES(to->nr_bits), done = BYTES(bits);
	unsigned long va = handle_va(to->bitmap);
	u8 last;

	if (to->nr_bits > CALLERS_BITS_MAX)
		return -EINVAL;
	if (raw_copy_to_guest(va, map, whole))
		return -EFAULT;
	if (bits % 8) {
		last = ((const u8 *)map)[whole] & ((1U << (bits % 8)) - 1);
		if (copy_to_guest(va + whole, &last))
			return -EFAULT;
	}
	return raw_clear_guest(va + done, bytes - done) ? -EFAULT : 0;
}

int ctl_cpumask_read(cpumask_t *mask, const struct xenctl_bitmap *from)
{
	unsigned long bits[BITMAP_WORDS(MAX_CPUS)];
	int rc = ctl_bitmap_read(bits, MAX_CPUS, from);

	if (!rc)
		memcpy(mask->bits, bits, sizeof(mask->bits));
	return rc;
}

int ctl_cpumask_write(const struct xenctl_bitmap *to, const cpumask_t *mask)
{
	unsigned long bits[BITMAP_WORDS(MAX_CPUS)];

	memcpy(bits, mask->bits, sizeof(bits));
	return ctl_bitmap_write(to, bits, MAX_CPUS);
}
