// SPDX-License-Identifier: GPL-2.0-only
/*
 * Priority queues: leftist heaps. A node's rank is how many steps lead along the
 * right links to where there is none; the left child's is never the lower, so
 * the way along the right links is at most log2(n) long, and meld() goes only
 * that way. Insertion and the removal of any node are one meld() each.
 */
#include <hv/pqueue.h>

#include <hv/lib.h>

static unsigned int rank(const struct pq_node *n)
{
	return n ? n->rank : 0;
}

static bool comes_first(const struct pq_node *a, const struct pq_node *b)
{
	return (s64)(a->key - b->key) <= 0;
}

/* Put the node of lower rank to the right. True if that changed the rank of @n. */
static bool restore(struct pq_node *n)
{
	unsigned int old = n->rank;

	if (rank(n->left) < rank(n->right)) {
		struct pq_node *right = n->left;

		n->left = n->right;
		n->right = right;
	}
	n->rank = (u8)(rank(n->right) + 1);
	return n->rank != old;
}

/* Make two heaps one, which hangs at @link, below @up. */
static void meld(struct pq_node **link, struct pq_node *up, struct pq_node *a, struct pq_node *b)
{
	struct pq_node *top = up;

	while (a && b) {
		struct pq_node *first = comes_first(a, b) ? a : b;

		if (first == b)
			b = a;
		a = first->right;
		*link = first;
		first->up = up;
		link = &first->right;
		up = first;
	}
	if (!a)
		a = b;
	*link = a;
	if (a)
		a->up = up;
	for (; up != top; up = up->up)
		restore(up);
	/* Above, ranks grow by one each step for as long as they change. */
	while (up && restore(up))
		up = up->up;
}

/**
 * pq_insert() - Queue @n by its key.
 * @q: guarded by the caller
 * @n: in no queue; the caller's until removed
 *
 * Steps: at most log2 of the number queued.
 */
void pq_insert(struct pqueue *q, struct pq_node *n)
{
	n->left = n->right = n->up = NULL;
	n->rank = 1;
	meld(&q->first, NULL, q->first, n);
}

/**
 * pq_remove() - Take @n out.
 * @q: guarded by the caller
 * @n: queued there
 *
 * Steps: a small multiple of log2 of the number queued.
 */
void pq_remove(struct pqueue *q, struct pq_node *n)
{
	struct pq_node **link = &q->first;

	if (n->up)
		link = n->up->left == n ? &n->up->left : &n->up->right;
	meld(link, n->up, n->left, n->right);
}
