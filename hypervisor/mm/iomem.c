// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which machine memory that is not RAM domain 0 may map: all of it, but the
 * registers that the hypervisor itself drives. Filled at boot, read without a
 * lock afterwards.
 */
#include <hv/mm.h>

#include <hv/bug.h>
#include <hv/domain.h>
#include <asm/cpu.h>

#define DENIED_MAX	64

static struct {
	unsigned long first, last;
} denied[DENIED_MAX] __ro_after_init;
static unsigned int nr_denied __ro_after_init;

/**
 * iomem_deny() - Keep a range of device registers from every domain.
 * @first: frame
 * @last:  frame, included
 */
void __init iomem_deny(mfn_t first, mfn_t last)
{
	BUG_ON(nr_denied == DENIED_MAX);
	denied[nr_denied].first = mfn_x(first);
	denied[nr_denied].last = mfn_x(last);
	nr_denied++;
}

/**
 * iomem_access_permitted() - May @d map this range that is not RAM?
 * @d:     domain
 * @first: frame
 * @last:  frame, included
 */
bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	unsigned int i;

	/* Beyond what the CPU can address, entries would fault for reserved bits. */
	if (!d->is_hardware_domain || mfn_x(last) >> (cpu_features.paddr_bits - PAGE_SHIFT))
		return false;
	for (i = 0; i < nr_denied; i++)
		if (mfn_x(first) <= denied[i].last && mfn_x(last) >= denied[i].first)
			return false;
	return true;
}
