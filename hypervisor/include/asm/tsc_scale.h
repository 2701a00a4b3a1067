/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From ticks of a counter to nanoseconds, by the formula that guests use with
 * struct vcpu_time_info: ((ticks << shift) * mul) >> 32. ABI: xen.h.
 */
#ifndef HV_ASM_TSC_SCALE_H
#define HV_ASM_TSC_SCALE_H

#include <hv/lib.h>

struct tsc_scale {
	u32 mul;	/* top bit set: as precise as 32 bits allow */
	s8 shift;	/* to the left; negative: to the right */
};

/* @hi:@lo / @d; @hi < @d, or the quotient does not fit and the CPU faults. */
static inline u64 div_128_64(u64 hi, u64 lo, u64 d)
{
	u64 rem;

	__asm__("divq %2" : "=a" (lo), "=d" (rem) : "rm" (d), "0" (lo), "1" (hi) : "cc");
	return lo;
}

/* @khz: not 0. The scale is mul * 2^(shift - 32) = 10^6 / khz ns a tick. */
static inline struct tsc_scale tsc_scale_for(u32 khz)
{
	struct tsc_scale s = { .shift = 0 };
	u64 divisor = khz, ratio;

	while (divisor <= 1000000) {
		divisor <<= 1;
		s.shift++;
	}
	ratio = div_128_64(1000000, 0, divisor);
	while (!(ratio >> 63)) {
		ratio <<= 1;
		s.shift--;
	}
	s.mul = ratio >> 32;
	return s;
}

static inline u64 tsc_scale_ns(struct tsc_scale s, u64 ticks)
{
	ticks = s.shift >= 0 ? ticks << s.shift : ticks >> -s.shift;
	return ((__uint128_t)ticks * s.mul) >> 32;
}

/* Never fewer ticks than @ns (below 2^63) takes; for spans, not for time since boot. */
static inline u64 tsc_scale_ticks(struct tsc_scale s, u64 ns)
{
	u64 ticks = div_128_64(ns >> 32, ns << 32, s.mul) + 1;

	return s.shift >= 0 ? (ticks >> s.shift) + 1 : ticks << -s.shift;
}

/* Ticks at @khz in @ns, rounded down: both below what divides without a fault. */
#define TSC_KHZ_MAX	10000000U
#define TSC_NS_MAX	(1UL << 59)

static inline u64 tsc_scale_khz(u32 khz, u64 ns)
{
	__uint128_t product = (__uint128_t)ns * khz;

	return div_128_64((u64)(product >> 64), (u64)product, 1000000);
}

#endif
