/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers in nanoseconds since boot, fired from SOFTIRQ_TIMER on their CPU. */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

struct timer {
	u64 expires_ns;
	void (*fn)(void *data);
	void *data;
	unsigned int cpu;
	u32 heap_index;		/* 0: not queued */
	bool killed;
};

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu);
/* Fires at once (next softirq run) if @expires_ns is past. Re-arming moves it. */
void timer_set(struct timer *t, u64 expires_ns);
void timer_stop(struct timer *t);
/* Stops it, waits until the handler no longer runs; timer_set() does nothing afterwards. */
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned int cpu);
static inline bool timer_is_set(const struct timer *t)
{
	return t->heap_index != 0;
}

/* arch: programme this CPU's one-shot timer; 0 stops it. False if @deadline_ns is already past. */
bool arch_timer_program(u64 deadline_ns);
void timer_subsystem_init(void);
/* Called by the timer interrupt. */
void timer_interrupt(void);

#endif
