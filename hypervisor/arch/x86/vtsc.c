// SPDX-License-Identifier: GPL-2.0-only
/*
 * A time-stamp counter of the guest's own, for those that their configuration
 * promises one of a certain rate on any machine (tsc_mode="always_emulate"). The
 * CPU is told by CR4.TSD to trap RDTSC and RDTSCP, see pv/priv.c; what is
 * counted is system time, so that it is one counter for all vCPUs.
 */
#include <hv/time.h>

#include <hv/domain.h>
#include <asm/tsc_scale.h>

/**
 * time_emulate_tsc() - Give a domain a counter of its own, or the machine's.
 * @d:	     does not run, and never has if that changes its mind
 * @khz:     rate of the counter, up to TSC_KHZ_MAX; 0: the machine's
 * @elapsed_ns: since when it counts, below TSC_NS_MAX
 */
void time_emulate_tsc(struct domain *d, u32 khz, u64 elapsed_ns)
{
	d->arch.vtsc.khz = khz;
	d->arch.vtsc.start_ticks = tsc_scale_khz(khz, elapsed_ns);
	d->arch.vtsc.elapsed_ns = elapsed_ns;
	d->arch.vtsc.start_ns = now_ns();
}

/** vtsc_read() - The counter of @d, which has one of its own. */
u64 vtsc_read(const struct domain *d)
{
	return d->arch.vtsc.start_ticks +
	       tsc_scale_khz(d->arch.vtsc.khz, now_ns() - d->arch.vtsc.start_ns);
}
