/* SPDX-License-Identifier: GPL-2.0-only */
/* Many CPUs: starting them (arch/x86/smpboot.c) and talking to them (arch/x86/smp.c). */
#ifndef HV_SMP_H
#define HV_SMP_H

#include <hv/cpumask.h>
#include <hv/e820.h>

#include <xen/xen.h>

/* Let @cpu, online, look at its softirqs and its vCPU's events. Any context. */
void smp_send_event_check(unsigned int cpu);

/*
 * Call @fn on the CPUs of @mask that are online, this one included if it is in
 * it; in interrupt context there. @wait: until all have done so.
 */
void on_selected_cpus(const cpumask_t *mask, void (*fn)(void *arg), void *arg, bool wait);
void on_each_cpu(void (*fn)(void *arg), void *arg, bool wait);

/* The end: no other CPU runs any more when this returns. Any context. */
void smp_stop_others(void);
/* Print what @cpu, another one, is doing. One caller at a time. */
void smp_show(unsigned int cpu);
/* Has @cpu taken the NMI of the last such call? Sends it the next. One caller for each @cpu. */
bool smp_ask_alive(unsigned int cpu);
/* An NMI that another CPU sent by one of these: true if that was its reason. */
bool smp_nmi(const struct cpu_user_regs *regs);

/* Boot, after the scheduler: starts all CPUs that the options let us use. */
void smp_init(const struct e820_map *map);
/* The vectors, before that. */
void smp_vectors_init(void);

#endif
