/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of known speed, to measure the TSC by; and the one-shot PIT. */
#ifndef HV_ASM_PLATFORM_TIMER_H
#define HV_ASM_PLATFORM_TIMER_H

#include <hv/types.h>

struct platform_counter {
	const char *name;
	bool (*start)(void);	/* false: not on this machine */
	u32 (*read)(void);	/* counts up */
	u32 mask;		/* bits that count */
	u32 hz;			/* set by start() where the machine says */
};

extern struct platform_counter platform_counters[];
extern const unsigned int nr_platform_counters;

/* Channel 0, for machines without local APIC timer. */
void pit_timer_init(void (*handler)(void *data));
void pit_timer_set(u64 delta_ns);
void pit_timer_stop(void);

/* arch/x86/rtc.c: seconds since 1970 by the CMOS clock, 0 if it makes no sense. */
u64 rtc_read(void);

/* Guards the CMOS index and data ports, of which domain 0 has its own idea. */
struct spinlock;
extern struct spinlock rtc_lock;

#endif
