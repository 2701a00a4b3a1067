/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of numbers as ranges: which frames, ports, lines a domain may use. lib/rangeset.c. */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/spinlock.h>
#include <hv/types.h>

#define RANGESET_MAX	1024	/* ranges in a set */

struct range {
	unsigned long first, last;	/* both included */
};

struct rangeset {
	spinlock_t lock;	/* guards what follows, for readers; innermost */
	unsigned int nr;
	struct range *range;	/* ascending, with gaps between them */
};

void rangeset_init(struct rangeset *rs);
void rangeset_destroy(struct rangeset *rs);
/*
 * Changes of one set are not made at the same time; readers may look. 0; -EINVAL
 * if @last is before @first; -ENOMEM, also beyond RANGESET_MAX: nothing changed.
 */
int rangeset_add(struct rangeset *rs, unsigned long first, unsigned long last);
int rangeset_remove(struct rangeset *rs, unsigned long first, unsigned long last);
/* All of it. */
bool rangeset_contains(const struct rangeset *rs, unsigned long first, unsigned long last);

static inline bool rangeset_empty(const struct rangeset *rs)
{
	return !__atomic_load_n(&rs->nr, __ATOMIC_RELAXED);
}

#endif
