/* SPDX-License-Identifier: GPL-2.0-only */
/* The nodes of memory that a guest is shown. ABI: domctl.h, memory.h. */
#ifndef HV_VNUMA_H
#define HV_VNUMA_H

#include <hv/types.h>

#include <xen/memory.h>

#define VNUMA_MAX_NODES		32
#define VNUMA_MAX_RANGES	128

/* Said once, by domctl setvnumainfo, and never changed; one allocation. */
struct vnuma {
	u32 nr_nodes, nr_ranges, nr_vcpus;
	u32 *distance;			/* nr_nodes * nr_nodes */
	u32 *vcpu_node;			/* nr_vcpus */
	struct xen_vmemrange range[];	/* nr_ranges; the other two arrays follow */
};

#endif
