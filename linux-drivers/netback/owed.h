/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who still has to run before an event channel may be unmasked, and whether
 * the event was worth it.
 */
#ifndef NETBACK_OWED_H
#define NETBACK_OWED_H

#include <linux/atomic.h>
#include <linux/types.h>

#define NB_EV_TX	1
#define NB_EV_RX	2
#define NB_EV_BOTH	(NB_EV_TX | NB_EV_RX)
#define NB_EV_USEFUL	4	/* somebody found work since the port was last unmasked */

enum nb_owed {
	NB_OWED_STILL,		/* nothing to do: not owed, or by the other direction too */
	NB_OWED_NO_MORE,	/* unmask */
	NB_OWED_SPURIOUS,	/* unmask, and tell that nobody found work */
};

/* The interrupt has come and wakes @who. */
static inline void nb_owed_begin(atomic_t *owed, int who)
{
	atomic_or(who, owed);
}

/*
 * A poll found work. It counts for the event that is being answered, or else
 * for the next one: a poll may take the work before its interrupt arrives,
 * which is nobody's fault.
 */
static inline void nb_owed_useful(atomic_t *owed)
{
	if (!(atomic_read(owed) & NB_EV_USEFUL))
		atomic_or(NB_EV_USEFUL, owed);
}

/* @who's poll has completed. */
static inline enum nb_owed nb_owed_end(atomic_t *owed, int who)
{
	int was;

	if (!(atomic_read(owed) & who))
		return NB_OWED_STILL;
	was = atomic_fetch_andnot(who, owed);
	if (was & NB_EV_BOTH & ~who)
		return NB_OWED_STILL;
	was = atomic_fetch_andnot(NB_EV_USEFUL, owed);
	return was & NB_EV_USEFUL ? NB_OWED_NO_MORE : NB_OWED_SPURIOUS;
}

#endif
