// SPDX-License-Identifier: GPL-2.0-only
/* asm/tsc_scale.h: the scale against exact arithmetic. */
#include <asm/tsc_scale.h>

#include "test.h"

#include <stdlib.h>

static const u32 some_khz[] = {
	1, 999, 1000, 50000, 999999, 1000000, 1000001, 2400000, 2596101, 3579545,
	5000000, 4294967295U,
};

static u64 exact_ns(u32 khz, u64 ticks)
{
	return (__uint128_t)ticks * 1000000 / khz;
}

static void mul_is_normalised(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(some_khz); i++)
		assert_true(tsc_scale_for(some_khz[i]).mul >> 31);
}

/* 32 bits of fraction: an error below 2^-31 of the time. */
static void ns_are_exact_to_31_bits(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(some_khz); i++) {
		struct tsc_scale s = tsc_scale_for(some_khz[i]);

		for (unsigned int bit = 0; bit < 52; bit++) {
			u64 ticks = (1UL << bit) | (random() & ((1UL << bit) - 1));
			u64 want = exact_ns(some_khz[i], ticks);
			/* centuries, for any real clock: as long as ticks << shift has 64 bits */
			bool fits = s.shift <= 0 || !(ticks >> (64 - s.shift));
			u64 got = tsc_scale_ns(s, ticks);
			u64 slack = (want >> 31) + 1;

			if (s.shift < 0)	/* bits that the shift drops */
				slack += exact_ns(some_khz[i], 1UL << -s.shift) + 1;
			if (!fits)
				break;
			assert_in_range(got, want > slack ? want - slack : 0, want + slack);
		}
	}
}

static void time_never_runs_back(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(some_khz); i++) {
		struct tsc_scale s = tsc_scale_for(some_khz[i]);
		u64 last = 0;

		for (u64 ticks = 0; ticks < 1UL << 40; ticks += 1 + (random() & 0xfffffff)) {
			assert_true(tsc_scale_ns(s, ticks) >= last);
			last = tsc_scale_ns(s, ticks);
		}
	}
}

/* A timer set to that many ticks must not fire before its time. */
static void ticks_are_never_too_few(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(some_khz); i++) {
		struct tsc_scale s = tsc_scale_for(some_khz[i]);

		for (u64 ns = 1; ns < 1UL << 40; ns += 1 + ns / 3 + (random() & 0xff)) {
			u64 ticks = tsc_scale_ticks(s, ns);

			assert_true(tsc_scale_ns(s, ticks) >= ns);
			/* and not much too many */
			assert_true(exact_ns(some_khz[i], ticks) <=
				    ns + (ns >> 30) + 4 +
				    exact_ns(some_khz[i], 2UL << (s.shift < 0 ? -s.shift : 0)));
		}
	}
}

/* An emulated counter: as many ticks as there were, and no fault at the limits. */
static void ticks_of_a_rate(void **state)
{
	assert_int_equal(tsc_scale_khz(1, 999999), 0);
	assert_int_equal(tsc_scale_khz(1, 1000000), 1);
	assert_int_equal(tsc_scale_khz(2400000, 5000000000), 12000000000);
	assert_int_equal(tsc_scale_khz(0, TSC_NS_MAX), 0);
	assert_int_equal(tsc_scale_khz(TSC_KHZ_MAX, TSC_NS_MAX - 1), (TSC_NS_MAX - 1) * 10);
	for (unsigned int i = 0; i < ARRAY_SIZE(some_khz); i++) {
		u64 ns = 0;

		for (unsigned int j = 0; j < 1000; j++, ns += random() & 0xffffff) {
			u64 ticks = tsc_scale_khz(some_khz[i], ns);

			assert_true((__uint128_t)ticks * 1000000 <=
				    (__uint128_t)ns * some_khz[i]);
			assert_true(tsc_scale_khz(some_khz[i], ns + 1) >= ticks);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mul_is_normalised),
		cmocka_unit_test(ns_are_exact_to_31_bits),
		cmocka_unit_test(time_never_runs_back),
		cmocka_unit_test(ticks_are_never_too_few),
		cmocka_unit_test(ticks_of_a_rate),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
