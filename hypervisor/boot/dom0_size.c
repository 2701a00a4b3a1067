// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large domain 0 becomes: dom0_mem= and dom0_max_vcpus= against what the
 * machine has. Pure arithmetic on @opts; boot CPU only.
 *
 * ABI: dom0_mem and dom0_max_vcpus in Xen's docs/misc/xen-command-line.
 */
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/options.h>

#define RESERVE_MAX (128UL << 20)
#define PAGE_BYTES 4096UL

static u64 resolve(const struct mem_size *m, u64 avail, u64 total)
{
	u64 part = total / 100 * m->percent;
	u64 size = m->bytes + part < part ? ~(u64)0 : m->bytes + part;

	if (!m->minus)
		return size;
	return size < avail ? avail - size : 0;
}

/**
 * dom0_mem_resolve() - How much memory domain 0 starts with, and may grow to.
 * @avail:   bytes that can be handed out
 * @total:   bytes in the machine, of which percentages are taken
 * @initial: receives the size at start, whole pages
 * @limit:   receives the most that it may balloon up to; ~0 for no limit
 *
 * Without a size it gets all but a sixteenth, at most 128 MiB, for the
 * hypervisor's own later needs. "max:" beats "min:", @avail beats both.
 *
 * Return: 0; -ENOMEM if a size was asked for that is more than @avail, with
 * @initial cut to that: the caller tells the administrator.
 */
int dom0_mem_resolve(u64 avail, u64 total, u64 *initial, u64 *limit)
{
	u64 size = opts.dom0_mem.set ? resolve(&opts.dom0_mem, avail, total) : 0;
	u64 lower = opts.dom0_mem_min.set ? resolve(&opts.dom0_mem_min, avail, total) : 0;
	u64 upper = opts.dom0_mem_max.set ? resolve(&opts.dom0_mem_max, avail, total) : ~(u64)0;
	bool asked = size || lower;

	if (!size)
		size = avail - min(avail / 16, RESERVE_MAX);
	size = min(max(size, lower), upper);
	*initial = ROUND_DOWN(min(size, avail), PAGE_BYTES);
	*limit = opts.dom0_mem_max.set ? ROUND_DOWN(upper, PAGE_BYTES) : ~(u64)0;
	return asked && size > avail ? -ENOMEM : 0;
}

/**
 * dom0_vcpus_resolve() - How many vCPUs domain 0 gets.
 * @nr_cpus: CPUs in use
 * @limit:   the most that a domain can have
 */
unsigned int dom0_vcpus_resolve(unsigned int nr_cpus, unsigned int limit)
{
	unsigned int n = nr_cpus;

	if (opts.dom0_max_vcpus)
		n = clamp(n, opts.dom0_min_vcpus, opts.dom0_max_vcpus);
	return max(min(n, limit), 1U);
}
