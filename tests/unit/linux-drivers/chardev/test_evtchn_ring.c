// SPDX-License-Identifier: GPL-2.0-only
/* The ring of pending ports of linux-drivers/evtchn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ring.h"

static u32 storage[16];

static struct port_ring new_ring(u32 size, u32 start)
{
	return (struct port_ring){ .slot = storage, .size = size, .prod = start, .cons = start };
}

static void pushes_wake_a_reader_once(void **state)
{
	struct port_ring ring = new_ring(4, 0);

	(void)state;
	assert_true(port_ring_push(&ring, 7));
	assert_false(port_ring_push(&ring, 8));
	port_ring_consume(&ring, 1);
	assert_false(port_ring_push(&ring, 9));
	port_ring_consume(&ring, 2);
	assert_true(port_ring_push(&ring, 10));
}

static void entries_come_out_in_order(void **state)
{
	/* From just below the point where the indices wrap. */
	struct port_ring ring = new_ring(4, UINT32_MAX - 1);
	u32 out[4];

	(void)state;
	for (u32 i = 1; i <= 4; i++)
		port_ring_push(&ring, i);
	assert_int_equal(port_ring_used(&ring), 4);
	assert_int_equal(port_ring_peek(&ring, out, 4), 4);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(out[i], i + 1);
	assert_int_equal(port_ring_peek(&ring, out, 2), 2);
	port_ring_consume(&ring, 3);
	assert_int_equal(port_ring_peek(&ring, out, 4), 1);
	assert_int_equal(out[0], 4);
}

static void a_full_ring_overflows_and_keeps_what_it_has(void **state)
{
	struct port_ring ring = new_ring(2, 0);
	u32 out[2];

	(void)state;
	port_ring_push(&ring, 1);
	port_ring_push(&ring, 2);
	assert_false(ring.overflow);
	assert_true(port_ring_push(&ring, 3));
	assert_true(ring.overflow);
	assert_int_equal(port_ring_peek(&ring, out, 2), 2);
	assert_int_equal(out[1], 2);
	port_ring_reset(&ring);
	assert_false(ring.overflow);
	assert_int_equal(port_ring_used(&ring), 0);
	assert_true(port_ring_push(&ring, 4));
}

static void a_ring_without_slots_overflows(void **state)
{
	struct port_ring ring = { 0 };

	(void)state;
	assert_true(port_ring_push(&ring, 1));
	assert_true(ring.overflow);
	assert_int_equal(port_ring_used(&ring), 0);
}

static void consuming_stops_at_the_end(void **state)
{
	struct port_ring ring = new_ring(4, 0);

	(void)state;
	port_ring_push(&ring, 1);
	port_ring_reset(&ring);
	port_ring_push(&ring, 2);
	/* What a reader had peeked before the reset was more. */
	port_ring_consume(&ring, 3);
	assert_int_equal(port_ring_used(&ring), 0);
}

static void replacing_keeps_the_entries(void **state)
{
	struct port_ring ring = new_ring(4, 3);
	static u32 larger[8];
	u32 out[8];

	(void)state;
	for (u32 i = 1; i <= 4; i++)
		port_ring_push(&ring, i);
	assert_ptr_equal(port_ring_replace(&ring, larger, 8), storage);
	assert_int_equal(ring.size, 8);
	for (u32 i = 5; i <= 8; i++)
		assert_false(port_ring_push(&ring, i));
	assert_int_equal(port_ring_peek(&ring, out, 8), 8);
	for (u32 i = 0; i < 8; i++)
		assert_int_equal(out[i], i + 1);

	ring = (struct port_ring){ 0 };
	assert_null(port_ring_replace(&ring, larger, 8));
	assert_true(port_ring_push(&ring, 1));
}

/* Random operations beside a queue that is obviously right. */
static void it_behaves_as_a_queue(void **state)
{
	static u32 slots[2][16];
	struct port_ring ring = new_ring(4, UINT32_MAX - 100);
	u32 queue[16], out[16], used = 0, next = 0;

	(void)state;
	srandom(1);
	for (int step = 0; step < 200000; step++) {
		u32 nr = random() % 8;

		switch (random() % 8) {
		case 0 ... 3:
			assert_int_equal(port_ring_push(&ring, next), !used || used == ring.size);
			if (used < ring.size)
				queue[used++] = next;
			else
				port_ring_reset(&ring), used = 0;
			next++;
			break;
		case 4 ... 6:
			nr = port_ring_peek(&ring, out, nr);
			assert_true(nr <= used);
			assert_memory_equal(out, queue, nr * sizeof(*out));
			port_ring_consume(&ring, nr);
			used -= nr;
			memmove(queue, queue + nr, used * sizeof(*queue));
			break;
		default:
			if (ring.size < 16)
				port_ring_replace(&ring, slots[ring.size == 8], ring.size * 2);
			else if (!used)
				ring = new_ring(4, random());
			break;
		}
		assert_int_equal(port_ring_used(&ring), used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pushes_wake_a_reader_once),
		cmocka_unit_test(entries_come_out_in_order),
		cmocka_unit_test(a_full_ring_overflows_and_keeps_what_it_has),
		cmocka_unit_test(a_ring_without_slots_overflows),
		cmocka_unit_test(consuming_stops_at_the_end),
		cmocka_unit_test(replacing_keeps_the_entries),
		cmocka_unit_test(it_behaves_as_a_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
