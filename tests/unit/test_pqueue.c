// SPDX-License-Identifier: GPL-2.0-only
/* lib/pqueue.c against a sorted array, its shape, and how many nodes a step touches. */
#include <hv/lib.h>
#include <hv/pqueue.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define NODES	2000

static struct pqueue queue;
static struct pq_node nodes[NODES];
static bool queued[NODES];

static unsigned int check_node(const struct pq_node *n, const struct pq_node *up)
{
	unsigned int left, right;

	if (!n)
		return 0;
	assert_ptr_equal(n->up, up);
	assert_true(!up || (s64)(n->key - up->key) >= 0);
	assert_true(queued[n - nodes]);
	left = n->left ? n->left->rank : 0;
	right = n->right ? n->right->rank : 0;
	assert_true(left >= right);
	assert_int_equal(n->rank, right + 1);
	return 1 + check_node(n->left, n) + check_node(n->right, n);
}

static void test_random(void **state)
{
	unsigned int nr = 0;

	srand(1);
	memset(queued, 0, sizeof(queued));
	queue.first = NULL;
	for (unsigned int i = 0; i < 40000; i++) {
		unsigned int which = (unsigned int)rand() % 200;

		if (queued[which]) {
			pq_remove(&queue, &nodes[which]);
			nr--;
		} else {
			/* Around the wrap of the keys. */
			nodes[which].key = (u64)rand() % 100 - 50;
			pq_insert(&queue, &nodes[which]);
			nr++;
		}
		queued[which] = !queued[which];
		assert_int_equal(check_node(queue.first, NULL), nr);
	}
}

static void test_sorts(void **state)
{
	u64 last = 0;

	queue.first = NULL;
	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i].key = (u64)rand();
		pq_insert(&queue, &nodes[i]);
	}
	for (unsigned int i = 0; i < NODES; i++) {
		struct pq_node *n = queue.first;

		assert_true(n->key >= last);
		last = n->key;
		pq_remove(&queue, n);
	}
	assert_null(queue.first);
}

/* However keys come, the way that meld() goes is short. */
static void test_right_paths(void **state)
{
	for (unsigned int order = 0; order < 3; order++) {
		queue.first = NULL;
		for (unsigned int i = 0; i < NODES; i++) {
			unsigned int depth = 0;

			nodes[i].key = order == 0 ? i :
				       order == 1 ? NODES - i : (i * 7919U) % NODES;
			pq_insert(&queue, &nodes[i]);
			for (struct pq_node *n = queue.first; n; n = n->right)
				depth++;
			assert_true((1UL << depth) <= i + 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_right_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
