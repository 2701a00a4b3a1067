/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate limit of a device: so many octets in each window of time, for all
 * queues together.
 */
#ifndef NETBACK_CREDIT_H
#define NETBACK_CREDIT_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Large packets must pass, and not lose what came while they waited, however short the window. */
#define NB_CREDIT_BURST_MIN	131072

/**
 * struct nb_credit - token bucket
 * @lock:	guards the rest
 * @bytes:	octets added per window
 * @window_ns:	0 for no limit
 * @left:	octets that may pass now
 * @refilled_ns: when the window began
 */
struct nb_credit {
	spinlock_t lock;	/* a leaf: nothing is taken below it */
	u64 bytes;
	u64 window_ns;
	u64 left;
	u64 refilled_ns;
};

bool nb_credit_parse(const char *text, u64 *bytes, u64 *window_ns);
void nb_credit_set(struct nb_credit *credit, u64 bytes, u64 window_ns, u64 now_ns);
/* Most devices have no limit, and need not know the time for each packet. */
static inline bool nb_credit_limits(const struct nb_credit *credit)
{
	return READ_ONCE(credit->window_ns);
}

u64 nb_credit_take(struct nb_credit *credit, unsigned int len, u64 now_ns);

#endif
