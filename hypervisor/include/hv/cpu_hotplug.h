/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that are taken out of use, and put back: core/cpu_hotplug.c, core/stop_machine.c. */
#ifndef HV_CPU_HOTPLUG_H
#define HV_CPU_HOTPLUG_H

#include <hv/types.h>

/* Any number. -ERESTART: call again, after softirqs. */
int cpu_offline(u32 cpu);
int cpu_online(u32 cpu);

/*
 * Call @fn on @cpu while no other CPU does anything at all: interrupts are off
 * everywhere, and none is in the middle of something. False: it could not be
 * brought about now, call again after softirqs.
 */
bool stop_machine(unsigned int cpu, void (*fn)(void *arg), void *arg);
void stop_machine_init(void);

/* arch: halt, offline, interrupts off, until smp_unpark() by another CPU; then online and on. */
void smp_park(void);
bool smp_unpark(unsigned int cpu);

#endif
