/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations that fail when a test says so, over the real allocators. Include it once. */
#ifndef FAIL_ALLOC_HOST_H
#define FAIL_ALLOC_HOST_H

#include <hv/fail_alloc.h>

static unsigned long fail_alloc;	/* countdown to a failing allocation; 0: none */

bool alloc_shall_fail(void)
{
	return fail_alloc && --fail_alloc == 0;
}

#endif
