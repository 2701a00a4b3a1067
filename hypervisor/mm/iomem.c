// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which machine memory that is not RAM a domain may map. Domain 0: all of it,
 * but the registers that the hypervisor itself drives; others: what their
 * toolstack says (control/domctl_access.c). What is denied, and what may only
 * be read, is said at boot and read without a lock afterwards.
 */
#include <hv/mm.h>

#include <hv/bug.h>
#include <hv/domain.h>
#include <asm/cpu.h>

#define RANGES_MAX	32

struct ranges {
	unsigned int nr;
	struct {
		unsigned long first, last;
	} range[RANGES_MAX];
};

static struct ranges denied __ro_after_init;
static struct ranges read_only __ro_after_init;

static void __init add(struct ranges *r, mfn_t first, mfn_t last)
{
	BUG_ON(r->nr == RANGES_MAX);
	r->range[r->nr].first = mfn_x(first);
	r->range[r->nr].last = mfn_x(last);
	r->nr++;
}

static bool overlaps(const struct ranges *r, mfn_t first, mfn_t last)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (mfn_x(first) <= r->range[i].last && mfn_x(last) >= r->range[i].first)
			return true;
	return false;
}

/**
 * iomem_deny() - Keep a range of device registers from every domain.
 * @first: frame
 * @last:  frame, included
 */
void __init iomem_deny(mfn_t first, mfn_t last)
{
	add(&denied, first, last);
}

static unsigned long frames_addressable(void)
{
	return BIT(cpu_features.paddr_bits - PAGE_SHIFT);
}

/**
 * iomem_grant_machine() - Let a domain map whatever was not denied.
 * @d: the hardware domain, new
 *
 * Context: boot, after the last iomem_deny().
 */
void __init iomem_grant_machine(struct domain *d)
{
	int rc = rangeset_add(&d->access.iomem, 0, frames_addressable() - 1);

	for (unsigned int i = 0; i < denied.nr && !rc; i++)
		rc = rangeset_remove(&d->access.iomem, denied.range[i].first,
				     denied.range[i].last);
	if (rc)
		panic("Out of memory for the list of device memory");
}

/**
 * iomem_access_permitted() - May @d map this range that is not RAM?
 * @d:     domain
 * @first: frame
 * @last:  frame, included
 */
bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	/* Beyond what the CPU can address, entries would fault for reserved bits. */
	if (mfn_x(last) >= frames_addressable() || overlaps(&denied, first, last))
		return false;
	return rangeset_contains(&d->access.iomem, mfn_x(first), mfn_x(last));
}

/**
 * iomem_protect() - Let domain 0 read a range of device registers, not write it.
 * @first: frame
 * @last:  frame, included
 */
void __init iomem_protect(mfn_t first, mfn_t last)
{
	add(&read_only, first, last);
}

bool iomem_is_read_only(mfn_t mfn)
{
	return overlaps(&read_only, mfn, mfn);
}
