/* SPDX-License-Identifier: GPL-2.0-only */
/* A queue ordered by a key, linked through what is queued. lib/pqueue.c. */
#ifndef HV_PQUEUE_H
#define HV_PQUEUE_H

#include <hv/types.h>

/*
 * Keys are compared by their difference, so they may wrap around while all of a
 * queue lie within 2^63 of each other.
 */
struct pq_node {
	u64 key;
	struct pq_node *left, *right, *up;
	u8 rank;
};

struct pqueue {
	struct pq_node *first;	/* of the lowest key; NULL: empty */
};

void pq_insert(struct pqueue *q, struct pq_node *n);
void pq_remove(struct pqueue *q, struct pq_node *n);

#endif
