/* SPDX-License-Identifier: GPL-2.0-only */
/* Time: nanoseconds since the hypervisor started, and the wall clock. arch/x86/tsc.c. */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/types.h>

#define NSEC_PER_SEC		1000000000ULL
#define NSEC_PER_MSEC		1000000ULL
#define NSEC_PER_USEC		1000ULL

struct vcpu;
struct domain;

/* Nanoseconds since boot, monotonic over all CPUs. */
u64 now_ns(void);
u64 tsc_to_ns(u64 tsc_delta);
u64 ns_to_tsc(u64 ns);
extern u32 tsc_khz;
void udelay(unsigned int usec);

/* arch/x86/vtsc.c: a counter of the guest's own. */
void time_emulate_tsc(struct domain *d, u32 khz, u64 elapsed_ns);
u64 vtsc_read(const struct domain *d);

/*
 * Write vcpu_time_info of @v (and its registered secondary area) if scale or
 * epoch changed, or @force.
 */
void time_update_vcpu(struct vcpu *v, bool force);
/* Write wc_* of @d's shared_info. */
void time_update_wallclock(struct domain *d);
/* XENPF_settime: wall clock was @secs, @nsecs when system time was @system_time_ns. */
int time_set_wallclock(u64 secs, u32 nsecs, u64 system_time_ns);

/* Nanoseconds since 1970, now; 0 if unknown. */
u64 time_wallclock_ns(void);

/* For bringing up CPUs, and CPUID: are TSCs of all CPUs the same? */
void time_tsc_unstable(const char *why);
/* Compare the TSC of a CPU that starts with this one's; both call at the same time. */
void tsc_sync_prepare(void);
void tsc_sync_source(void);
void tsc_sync_target(void);
bool time_tsc_is_stable(void);
/* As in struct vcpu_time_info. */
void time_tsc_scale(u32 *mul, s8 *shift);

/* Boot order: calibrate needs ACPI tables mapped (HPET, PM timer) or falls back on the PIT. */
void time_init(void);

#endif
