/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail on purpose, in builds with CONFIG_HV_FAIL_ALLOC:
 * mm/fail_alloc.c. Both allocators ask it first.
 */
#ifndef HV_FAIL_ALLOC_H
#define HV_FAIL_ALLOC_H

#include <hv/types.h>

/* Commands of do_fail_alloc(). */
#define FAIL_ALLOC_ARM		0
#define FAIL_ALLOC_IN_USE	1

#ifdef CONFIG_HV_FAIL_ALLOC
/* Shall this allocation fail? Any context in which one may be made. */
bool alloc_shall_fail(void);
long do_fail_alloc(unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
		   unsigned long a5);
#else
static inline bool alloc_shall_fail(void)
{
	return false;
}
#endif

#endif
