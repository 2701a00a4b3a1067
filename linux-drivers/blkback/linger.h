/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When is it worth waiting a moment for the guest's next request?
 *
 * A guest that was answered often asks again at once. A thread that looks for
 * that instead of going to sleep saves both sides the event, the interrupt and
 * the thread's wake-up. It costs a CPU that somebody else may need, the guest
 * itself if it shares the CPU with us: so the more often waiting was in vain,
 * the less often it is tried.
 */
#ifndef HOSPES_BLKBACK_LINGER_H
#define HOSPES_BLKBACK_LINGER_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define LINGER_SKIP_MAX	1024

/**
 * struct blk_linger - Of one ring.
 * @due:     answers were given since it was last asked; written by who answers
 * @skip:    so many chances are not taken; the thread's
 * @backoff: what @skip was set to last
 */
struct blk_linger {
	bool due;
	unsigned int skip;
	unsigned int backoff;
};

/* Answers were given. Returns whether the thread should be woken to wait. */
static inline bool blk_linger_answered(struct blk_linger *l)
{
	WRITE_ONCE(l->due, true);
	return !READ_ONCE(l->skip);
}

/* The thread has nothing to do. Shall it wait? */
static inline bool blk_linger_begin(struct blk_linger *l)
{
	if (!READ_ONCE(l->due))
		return false;
	WRITE_ONCE(l->due, false);
	if (!l->skip)
		return true;
	WRITE_ONCE(l->skip, l->skip - 1);
	return false;
}

static inline void blk_linger_end(struct blk_linger *l, bool came)
{
	l->backoff = came ? 0 : clamp(2 * l->backoff, 1U, (unsigned int)LINGER_SKIP_MAX);
	WRITE_ONCE(l->skip, l->backoff);
}

#endif
