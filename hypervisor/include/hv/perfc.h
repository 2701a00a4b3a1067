/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Performance counters, if CONFIG_HV_PERF_COUNTERS: how often each hypercall
 * and each exception of a guest came. Shown by debug key 'p', reset by 'P'.
 */
#ifndef HV_PERFC_H
#define HV_PERFC_H

#include <hv/lib.h>

#define PERFC_HYPERCALLS	64
#define PERFC_VECTORS		32

struct perf_counters {
	u64 hypercall[PERFC_HYPERCALLS];
	u64 exception[PERFC_VECTORS];
	u64 emulated_pte_writes;
	u64 emulated_instructions;
};

extern struct perf_counters perfc;

/* Counts are hints: CPUs may lose some of each other's. */
#define perfc_incr(field) \
	do { if (IS_ENABLED(CONFIG_HV_PERF_COUNTERS)) (perfc.field)++; } while (0)
#define perfc_incr_nr(array, nr) \
	do { \
		if (IS_ENABLED(CONFIG_HV_PERF_COUNTERS) && (nr) < ARRAY_SIZE(perfc.array)) \
			perfc.array[nr]++; \
	} while (0)

void perfc_init(void);

#endif
