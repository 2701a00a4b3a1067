// SPDX-License-Identifier: GPL-2.0-only
/* Two vCPUs on one CPU: from one to the other and back, and waking beside a busy one. */
#include "measure.h"

const char *const test_name = "turns";

#define SWITCHES	200
#define NAP_NS		3000000	/* more than schedulers let a vCPU run undisturbed */

static void give_turn(void)
{
	HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static u32 turns;

static void yielder(unsigned int id)
{
	while (!READ_ONCE(stop)) {
		turns++;
		give_turn();
	}
}

/* Per switch, of which there are two in a turn. */
static u64 switches(void)
{
	u64 start = rdtsc();
	u32 from = turns;

	for (unsigned int i = 0; i < SWITCHES / 2; i++)
		give_turn();
	start = rdtsc() - start;
	CHECK(turns - from >= SWITCHES / 2 - 1);
	CHECK(turns - from <= SWITCHES / 2 + 1);
	return start;
}

static u64 late;
static u32 naps;

/* By a timer, while vCPU 0 computes. */
static void napper(unsigned int id)
{
	while (!READ_ONCE(stop)) {
		u64 deadline = read_clock(1) + NAP_NS;

		wait_until(1, deadline);
		late = read_clock(1) - deadline;
		__atomic_add_fetch(&naps, 1, __ATOMIC_SEQ_CST);
	}
}

static u64 wake_beside_busy(void)
{
	u32 before = READ_ONCE(naps);

	while (READ_ONCE(naps) == before)
		;
	return READ_ONCE(late);
}

static void stop_other(const char *what)
{
	stop_sleeper();
	give_turn();
	end(what);
}

void test_main(void)
{
	calibrate();
	start_all(2);
	CHECK_EQ(nr, 2);
	begin(yielder);
	give_turn();
	MEASURE("vcpu-switch", SWITCHES, switches());
	stop_other("yields");
	begin(echo);
	MEASURE("ping-pong-one-cpu", PING_PONGS, ping_pong());
	stop_other("ping-pong");
	begin(napper);
	MEASURE("wake-beside-busy", 1, wake_beside_busy());
	stop_other("naps");
}
