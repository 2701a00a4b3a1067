// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console ring: the last characters of the log, for "xl dmesg". Positions
 * count characters since boot, modulo 2^32; the low bits index the buffer.
 *
 * Locks: conring_lock guards all of it; inside the console lock.
 * ABI: xen/sysctl.h, XEN_SYSCTL_readconsole.
 */
#include <hv/console.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#define CONRING_DEFAULT 16384

static char builtin[CONRING_DEFAULT];

static spinlock_t conring_lock = SPINLOCK_INIT;
char *conring = builtin;
u32 conring_size = CONRING_DEFAULT;	/* power of two */
static u32 produced;			/* position of the next character */
static u32 cleared;			/* readers start here, or later */

/* The oldest position that a reader may have. */
static u32 oldest(void)
{
	return produced - cleared > conring_size ? produced - conring_size : cleared;
}

/**
 * conring_write() - Append to the ring.
 * @s: @n characters
 * @n: how many
 *
 * Context: any; takes conring_lock.
 */
void conring_write(const char *s, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&conring_lock, flags);
	while (n--)
		conring[produced++ & (conring_size - 1)] = *s++;
	/* So that the distance never outgrows what 32 bits can tell. */
	cleared = oldest();
	spin_unlock_irqrestore(&conring_lock, flags);
}

/**
 * conring_resize() - Move the ring into a larger buffer.
 * @buf:  @size bytes, kept for ever
 * @size: power of two, at least the present size
 *
 * Return: 0, or -EINVAL for a size that is not so.
 */
int conring_resize(char *buf, u32 size)
{
	unsigned long flags;

	if (size < conring_size || (size & (size - 1)))
		return -EINVAL;
	spin_lock_irqsave(&conring_lock, flags);
	for (u32 i = oldest(); i != produced; i++)
		buf[i & (size - 1)] = conring[i & (conring_size - 1)];
	conring = buf;
	conring_size = size;
	spin_unlock_irqrestore(&conring_lock, flags);
	return 0;
}

/**
 * conring_begin() - Where a reader starts.
 * @index:       where its last reading ended
 * @incremental: whether to go on from @index, if that is still in the ring
 */
u32 conring_begin(u32 index, bool incremental)
{
	unsigned long flags;
	u32 from;

	spin_lock_irqsave(&conring_lock, flags);
	from = oldest();
	if (incremental && produced - index <= produced - from)
		from = index;
	spin_unlock_irqrestore(&conring_lock, flags);
	return from;
}

/**
 * conring_copy() - Read from the ring.
 * @index: position, moved behind what was read; forward if it fell out of the ring
 * @buf:   receives at most @max characters
 * @max:   of @buf
 *
 * Return: characters read, 0 at the end.
 */
size_t conring_copy(u32 *index, char *buf, size_t max)
{
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&conring_lock, flags);
	if (produced - *index > produced - oldest())
		*index = oldest();
	while (n < max && *index != produced)
		buf[n++] = conring[(*index)++ & (conring_size - 1)];
	spin_unlock_irqrestore(&conring_lock, flags);
	return n;
}

/**
 * conring_clear() - Hide everything before @upto from later readers.
 * @upto: position, from conring_copy()
 */
void conring_clear(u32 upto)
{
	unsigned long flags;

	spin_lock_irqsave(&conring_lock, flags);
	if (upto - oldest() <= produced - oldest())
		cleared = upto;
	spin_unlock_irqrestore(&conring_lock, flags);
}
