/* SPDX-License-Identifier: GPL-2.0-only */
/* Work put off until this CPU is about to return to a guest, or idles. */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/types.h>

/* In order of urgency: lower runs first. */
enum softirq {
	SOFTIRQ_TIMER,
	SOFTIRQ_NMI,
	SOFTIRQ_SCHEDULE,
	SOFTIRQ_PAGE_FREE,
	SOFTIRQ_CONSOLE,
	SOFTIRQ_KEYHANDLER,
	SOFTIRQ_RCU,
	SOFTIRQ_LOCKCHECK,
	SOFTIRQ_STOP,	/* last: waits for other CPUs */
	NR_SOFTIRQS
};

void softirq_register(enum softirq nr, void (*fn)(void));
void softirq_raise(enum softirq nr);
void softirq_raise_cpu(unsigned int cpu, enum softirq nr);
/* Runs all pending ones with interrupts enabled; called with none held. */
void softirq_run(void);
bool softirq_is_pending(void);

#endif
