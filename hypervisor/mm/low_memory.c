// SPDX-License-Identifier: GPL-2.0-only
/*
 * VIRQ_ENOMEM: tell domain 0's tools that free memory runs low, once at 64 MiB
 * and again at every halving below; a threshold is armed again when twice as
 * much as it is free. ABI: xen.h, VIRQ_ENOMEM; the numbers are Xen's defaults.
 *
 * Lock: low_lock guards the threshold; innermost.
 */
#include "memory_op.h"

#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/spinlock.h>

#define FIRST_PAGES	(64UL << (20 - PAGE_SHIFT))

static spinlock_t low_lock = SPINLOCK_INIT;
static unsigned long threshold = FIRST_PAGES;

/* Move the threshold to where @pages free leave it; true if it was reached. */
static bool reached(unsigned long pages)
{
	bool low;

	spin_lock(&low_lock);
	while (threshold < FIRST_PAGES && pages >= threshold * 4)
		threshold *= 2;
	low = pages <= threshold;
	while (threshold > 1 && pages <= threshold)
		threshold /= 2;
	spin_unlock(&low_lock);
	return low;
}

/**
 * memory_check_low() - Memory was allocated: is little left that nobody claimed?
 *
 * Context: hypercall, no lock held.
 */
void memory_check_low(void)
{
	unsigned long free = page_alloc_free_pages(), claims = page_claims();

	if (reached(free > claims ? free - claims : 0))
		virq_send_global(VIRQ_ENOMEM);
}
