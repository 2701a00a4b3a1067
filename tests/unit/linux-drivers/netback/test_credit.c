// SPDX-License-Identifier: GPL-2.0-only
/* The rate limit: what passes in a given time, and node "rate". */
#include "test.h"
#include "credit.h"

#define MS	1000000ull

static void node_rate(void **state)
{
	static const char * const bad[] = {
		"", ",", "1", "1,", ",1", "x,1", "1,x", "1 ,1", "-1,1", "1,1,", "4294967296,1",
		"1,99999999999999999999", "0x10,1",
	};
	u64 bytes, window;
	unsigned int i;

	assert_true(nb_credit_parse("131072,50000", &bytes, &window));
	assert_int_equal(bytes, 131072);
	assert_int_equal(window, 50 * MS);
	assert_true(nb_credit_parse("4294967295,4294967295", &bytes, &window));
	assert_true(nb_credit_parse("0,50000", &bytes, &window));
	assert_int_equal(window, 0);
	assert_true(nb_credit_parse("500,0", &bytes, &window));
	assert_int_equal(window, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(nb_credit_parse(bad[i], &bytes, &window));
}

static void without_limit(void **state)
{
	struct nb_credit c = { 0 };
	unsigned int i;

	for (i = 0; i < 1000; i++)
		assert_int_equal(nb_credit_take(&c, 65535, i), 0);
}

/* Ask as often as told: what passes in a second is the rate, plus one burst. */
static void rate_over(u64 bytes, u64 window_ns, unsigned int len)
{
	u64 now = 12345, end = now + 1000 * MS, passed = 0, wait, asked = 0, want;
	struct nb_credit c = { 0 };

	nb_credit_set(&c, bytes, window_ns, now);
	while (now < end) {
		wait = nb_credit_take(&c, len, now);
		if (wait)
			now += wait;
		else
			passed += len;
		asked++;
	}
	want = bytes * (1000 * MS / window_ns);
	assert_true(passed + len + bytes >= want);
	assert_true(passed <= want + bytes + NB_CREDIT_BURST_MIN + len);
	/* no busy waiting: at most one refusal per packet and window */
	assert_true(asked <= passed / len + 1000 * MS / window_ns + 2);
}

static void rates(void **state)
{
	rate_over(131072, 50 * MS, 1514);
	rate_over(131072, 50 * MS, 65535);
	rate_over(1000, 1 * MS, 60);
	rate_over(100, 1 * MS, 65535);	/* a packet needs many windows */
	rate_over(1000000, 10 * MS, 9000);
	rate_over(40000, 20 * MS, 65226);	/* windows and packets do not match */
}

static void idle_time_is_no_store(void **state)
{
	struct nb_credit c = { 0 };
	u64 passed = 0, now = 3600000 * MS;

	nb_credit_set(&c, 1000, 1 * MS, 0);
	while (!nb_credit_take(&c, 1000, now))
		passed += 1000;
	assert_true(passed >= 1000 && passed <= NB_CREDIT_BURST_MIN);
	/* nor does a clock at its end upset the arithmetic */
	nb_credit_set(&c, 4294967295u, 4294967295000ull, 0);
	nb_credit_take(&c, 65535, ~0ull);
}

/* Two queues at a time: one has read the clock before a window's end, and comes second. */
static void clock_read_earlier(void **state)
{
	struct nb_credit c = { 0 };

	nb_credit_set(&c, 1000, 1 * MS, 10 * MS);
	assert_int_equal(nb_credit_take(&c, 1000, 10 * MS), 0);
	assert_int_equal(nb_credit_take(&c, 1000, 11 * MS), 0);
	assert_int_equal(nb_credit_take(&c, 1000, 11 * MS - 100), 1 * MS + 100);
	assert_int_equal(c.left, 0);
	assert_int_equal(nb_credit_take(&c, 1000, 12 * MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_rate),
		cmocka_unit_test(without_limit),
		cmocka_unit_test(rates),
		cmocka_unit_test(idle_time_is_no_store),
		cmocka_unit_test(clock_read_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
