/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measuring in a tiny kernel. Under QEMU's -icount shift=0 the time-stamp
 * counter is virtual time and an instruction is 1 ns of it, on whichever
 * processor it runs; calibrate() finds how many ticks that is. A processor
 * that waits for another costs nothing, one that waits for a timer does.
 *
 * Figures are lines "BENCH name median lower upper", as bench.c's.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "vcpus.h"

#define SAMPLES		21
#define WARM_UP		3

void calibrate(void);
/* Of SAMPLES figures in ticks, which are sorted: instructions for each of @ops. */
void report(const char *name, u64 *samples, unsigned int ops);
/* One that does not vary, or of which there is one; in its own unit. */
void report_one(const char *name, u64 value);
u64 insns(u64 nr_ticks);

/*
 * Two vCPUs that sleep until the other sends: vCPU 0 is in ping_pong(), for
 * PING_PONGS rounds, and returns its ticks; vCPU 1 in echo().
 */
#define PING_PONGS	50

u64 ping_pong(void);
void echo(unsigned int id);
/* The job of vCPU 1, which sleeps, shall end. */
void stop_sleeper(void);

/*
 * @timed takes SAMPLES samples after WARM_UP that do not count. What is not to
 * be measured goes into the function: it returns the ticks that count.
 */
#define MEASURE(name, ops, timed) do { \
	u64 samples_[SAMPLES]; \
	for (int i_ = -WARM_UP; i_ < SAMPLES; i_++) { \
		u64 took_ = (timed); \
		if (i_ >= 0) \
			samples_[i_] = took_; \
	} \
	report(name, samples_, ops); \
} while (0)

#endif
