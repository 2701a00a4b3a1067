// SPDX-License-Identifier: GPL-2.0-only
/* When an event channel is unmasked, and which events count as spurious. */
#include <pthread.h>

#include "test.h"
#include "owed.h"

static void one_direction(void **state)
{
	atomic_t owed = { 0 };

	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_STILL);
	nb_owed_begin(&owed, NB_EV_TX);
	assert_int_equal(nb_owed_end(&owed, NB_EV_RX), NB_OWED_STILL);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_SPURIOUS);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_STILL);
	nb_owed_begin(&owed, NB_EV_TX);
	nb_owed_useful(&owed);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_NO_MORE);
	nb_owed_begin(&owed, NB_EV_TX);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_SPURIOUS);
}

static void shared_by_both(void **state)
{
	atomic_t owed = { 0 };

	nb_owed_begin(&owed, NB_EV_BOTH);
	nb_owed_useful(&owed);
	assert_int_equal(nb_owed_end(&owed, NB_EV_RX), NB_OWED_STILL);
	assert_int_equal(nb_owed_end(&owed, NB_EV_RX), NB_OWED_STILL);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_NO_MORE);
	assert_int_equal(owed.v, 0);
}

/* A poll that some other event woke takes the work; then the interrupt comes. */
static void work_taken_before_its_interrupt(void **state)
{
	atomic_t owed = { 0 };

	nb_owed_useful(&owed);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_STILL);
	nb_owed_begin(&owed, NB_EV_TX);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_NO_MORE);
	/* but it excuses one event only */
	nb_owed_begin(&owed, NB_EV_TX);
	assert_int_equal(nb_owed_end(&owed, NB_EV_TX), NB_OWED_SPURIOUS);
}

static atomic_t shared;
static int unmasked;

static void *direction(void *who)
{
	if (nb_owed_end(&shared, (int)(intptr_t)who) != NB_OWED_STILL)
		__atomic_fetch_add(&unmasked, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Two polls ending at once unmask exactly once. */
static void both_at_once(void **state)
{
	pthread_t tx, rx;
	int i;

	for (i = 0; i < 2000; i++) {
		unmasked = 0;
		nb_owed_begin(&shared, NB_EV_BOTH);
		pthread_create(&tx, NULL, direction, (void *)(intptr_t)NB_EV_TX);
		pthread_create(&rx, NULL, direction, (void *)(intptr_t)NB_EV_RX);
		pthread_join(tx, NULL);
		pthread_join(rx, NULL);
		assert_int_equal(unmasked, 1);
		assert_int_equal(shared.v, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_direction),
		cmocka_unit_test(shared_by_both),
		cmocka_unit_test(work_taken_before_its_interrupt),
		cmocka_unit_test(both_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
