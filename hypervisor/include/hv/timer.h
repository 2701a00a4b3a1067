/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers in nanoseconds since boot, fired from SOFTIRQ_TIMER on their CPU. */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

/*
 * Linked into its CPU's heap by the timer itself, so that arming one needs no
 * memory and cannot fail.
 */
struct timer {
	u64 expires_ns;
	void (*fn)(void *data);
	void *data;
	unsigned int cpu;
	bool queued, killed;
	struct timer *child;	/* first of those that fire later */
	struct timer *sibling;	/* next child of the same parent */
	struct timer *prev;	/* sibling before it, or the parent of a first child */
};

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu);
/* Fires at once (next softirq run) if @expires_ns is past. Re-arming moves it. */
void timer_set(struct timer *t, u64 expires_ns);
void timer_stop(struct timer *t);
/* Stops it, waits until the handler no longer runs; timer_set() does nothing afterwards. */
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned int cpu);
/* All timers that are set on this CPU, which goes offline, fire on CPU @to. */
void timer_cpu_leave(unsigned int to);
static inline bool timer_is_set(const struct timer *t)
{
	return t->queued;
}

/* arch: programme this CPU's one-shot timer; 0 stops it. False if @deadline_ns is already past. */
bool arch_timer_program(u64 deadline_ns);
void timer_subsystem_init(void);
/* Called by the timer interrupt. */
void timer_interrupt(void);

#endif
