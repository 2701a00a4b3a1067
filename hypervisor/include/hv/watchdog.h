/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that watch each other: core/watchdog.c. */
#ifndef HV_WATCHDOG_H
#define HV_WATCHDOG_H

#include <hv/types.h>

void watchdog_init(void);
/* Nobody is stuck until it is undone; calls nest. */
void watchdog_pause(bool pause);
/* For the timer, and for tests. */
unsigned int watchdog_look(unsigned int cpu);
/* A CPU that goes offline, or came back. */
void watchdog_cpu(unsigned int cpu, bool runs);

#endif
