// SPDX-License-Identifier: GPL-2.0-only
/* Measuring in a tiny kernel. See measure.h. */
#include "measure.h"

#define CALIBRATION	1000000UL	/* rounds of two instructions */

static u64 ticks_per_calibration;

void calibrate(void)
{
	unsigned long left = CALIBRATION;
	u64 start = rdtsc();

	__asm__ __volatile__("1: dec %0; jnz 1b" : "+r" (left) :: "cc");
	ticks_per_calibration = rdtsc() - start;
}

u64 insns(u64 nr_ticks)
{
	return nr_ticks * (2 * CALIBRATION) / ticks_per_calibration;
}

static void sort(u64 *v, unsigned int count)
{
	for (unsigned int i = 1; i < count; i++) {
		u64 x = v[i];
		unsigned int j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

void report(const char *name, u64 *samples, unsigned int ops)
{
	sort(samples, SAMPLES);
	say("BENCH %s %lu %lu %lu\n", name, insns(samples[SAMPLES / 2]) / ops,
	    insns(samples[SAMPLES / 4]) / ops, insns(samples[SAMPLES * 3 / 4]) / ops);
}

void report_one(const char *name, u64 value)
{
	say("BENCH %s %lu %lu %lu\n", name, value, value, value);
}

static u32 token;	/* 1: it is vCPU 1's turn */

void echo(unsigned int id)
{
	if (id != 1)
		return;
	for (;;) {
		while (READ_ONCE(token) != 1 && !READ_ONCE(stop))
			wait_event(1);
		if (READ_ONCE(stop))
			return;
		WRITE_ONCE(token, 0);
		send(0);
	}
}

u64 ping_pong(void)
{
	u64 start = rdtsc();

	for (unsigned int i = 0; i < PING_PONGS; i++) {
		WRITE_ONCE(token, 1);
		send(1);
		while (READ_ONCE(token))
			wait_event(0);
	}
	return rdtsc() - start;
}

void stop_sleeper(void)
{
	WRITE_ONCE(stop, 1);
	full_barrier();
	send(1);
}
