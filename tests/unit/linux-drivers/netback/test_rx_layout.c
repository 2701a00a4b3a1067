// SPDX-License-Identifier: GPL-2.0-only
/* Where the octets of a packet lie on the receive ring. */
#include "test.h"
#include "rx_layout.h"

/* Lay out @len octets in random pieces; every slot but the last is full. */
static void lay(unsigned int len, unsigned int headroom, unsigned int extras)
{
	unsigned int left = len, slot = 0, in_slot = 0, slots = nb_rx_slots(len, headroom, extras);
	struct nb_rx_layout l;

	nb_rx_layout_begin(&l, headroom, extras);
	while (left) {
		unsigned int piece = 1 + rand() % 5000, room;

		piece = min(piece, left);
		left -= piece;
		while (piece) {
			unsigned int part;

			room = nb_rx_layout_room(&l);
			assert_true(room >= 1 && room <= NB_RX_SLOT_SIZE - headroom);
			if (l.slot != slot) {
				assert_int_equal(in_slot, NB_RX_SLOT_SIZE - headroom);
				assert_int_equal(l.slot, slot ? slot + 1 : 1 + extras);
				assert_int_equal(l.end, headroom);
				slot = l.slot;
				in_slot = 0;
			}
			part = min(piece, room);
			l.end += part;
			in_slot += part;
			piece -= part;
			assert_true(l.end <= NB_RX_SLOT_SIZE);
		}
	}
	/* the extras of a packet with one slot of data come last */
	assert_int_equal(slots, l.slot ? l.slot + 1 : 1 + extras);
}

static void all_lengths(void **state)
{
	unsigned int len, extras;

	for (len = 1; len < 66000; len += 1 + rand() % 7)
		for (extras = 0; extras <= 3; extras++) {
			lay(len, 0, extras);
			lay(len, 256, extras);
			lay(len, NB_RX_HEADROOM_MAX, extras);
		}
}

static void edges(void **state)
{
	assert_int_equal(nb_rx_slots(1, 0, 0), 1);
	assert_int_equal(nb_rx_slots(4096, 0, 1), 2);
	assert_int_equal(nb_rx_slots(4097, 0, 1), 3);
	assert_int_equal(nb_rx_slots(3841, 256, 0), 2);
	/* the largest packet of the stack fits what rx.c reserves */
	assert_true(nb_rx_slots(65536 + 18, NB_RX_HEADROOM_MAX, 3) <= NB_RX_SLOTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges),
		cmocka_unit_test(all_lengths),
	};

	srand(setting("FUZZ_SEED", 1));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
