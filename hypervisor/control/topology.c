// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysctl: what the machine consists of: CPUs, memory, nodes. Memory is taken to be
 * all of one node.
 *
 * ABI: sysctl.h.
 */
#include "control.h"

#include <hv/cpuid.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/pci.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/cpu.h>

#include <xen/physdev.h>

#define NODE		0
#define LOCAL_DISTANCE	10	/* ACPI 6.4, 5.2.17 */
#define MAX_NODE_ID	63	/* what the tools size their tables by */

static const struct percpu *online_cpu(u32 cpu)
{
	const struct percpu *p = cpu < nr_cpus ? percpu_of[cpu] : NULL;

	return p && READ_ONCE(p->online) ? p : NULL;
}

static u32 count_online(void)
{
	u32 n = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		n += online_cpu(cpu) ? 1 : 0;
	return n;
}

static u32 core_of(const struct cpu_identity *id, const struct percpu *p)
{
	return (p->apic_id & ((1U << id->package_shift) - 1)) >> id->core_shift;
}

static u32 socket_of(const struct cpu_identity *id, const struct percpu *p)
{
	return p->apic_id >> id->package_shift;
}

/* As the tools know them: of the CPUs that are online in CPU 0's package. */
static void count_siblings(struct xen_sysctl_physinfo *info)
{
	const struct percpu *first = percpu_of[0];
	u32 threads = 0, in_package = 0;
	struct cpu_identity id;

	cpu_identify(&id);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		const struct percpu *p = online_cpu(cpu);

		if (!p || socket_of(&id, p) != socket_of(&id, first))
			continue;
		in_package++;
		threads += core_of(&id, p) == core_of(&id, first);
	}
	info->threads_per_core = max(threads, 1U);
	info->cores_per_socket = in_package / info->threads_per_core;
}

/* Feature words in the order of Xen's own table, which is that of featuresets. */
static void describe_capabilities(struct xen_sysctl_physinfo *info)
{
	BUILD_BUG_ON(ARRAY_SIZE(info->hw_cap) > FEATURESET_WORDS);
	memcpy(info->hw_cap, host_featureset, sizeof(info->hw_cap));
	info->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	if (GRANT_MAX_VERSION >= 2)
		info->capabilities |= XEN_SYSCTL_PHYSCAP_gnttab_v2;
}

long sysctl_physinfo(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_physinfo *info = &op->u.physinfo;

	memset(info, 0, sizeof(*info));
	count_siblings(info);
	info->nr_cpus = count_online();
	info->max_cpu_id = nr_cpus - 1;
	info->nr_nodes = 1;
	info->max_node_id = MAX_NODE_ID;
	info->cpu_khz = tsc_khz;
	info->total_pages = total_pages;
	info->free_pages = page_alloc_free_pages();
	info->outstanding_pages = page_claims();
	/* Frames of devices are addressable, too. */
	info->max_mfn = BIT(cpu_features.paddr_bits - PAGE_SHIFT) - 1;
	describe_capabilities(info);
	*reply = true;
	return 0;
}

/* Without a buffer: how many there are. */
long sysctl_cputopoinfo(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	u32 n = nr_cpus;
	struct cpu_identity id;

	cpu_identify(&id);
	if (handle_va(t->cputopo)) {
		n = min(n, t->num_cpus);
		for (u32 cpu = 0; cpu < n; cpu++) {
			const struct percpu *p = online_cpu(cpu);
			struct xen_sysctl_cputopo topo = {
				.core = p ? core_of(&id, p) : XEN_INVALID_CORE_ID,
				.socket = p ? socket_of(&id, p) : XEN_INVALID_SOCKET_ID,
				.node = p ? NODE : XEN_INVALID_NODE_ID,
			};

			if (copy_to_guest_index(handle_va(t->cputopo), cpu, &topo))
				return -EFAULT;
		}
	}
	t->num_cpus = n;
	*reply = true;
	return 0;
}

/* One node; without either buffer: how many there are. */
long sysctl_numainfo(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	bool count_only = !handle_va(n->meminfo) && !handle_va(n->distance);
	const struct xen_sysctl_meminfo mem = {
		.memsize = (u64)total_pages << PAGE_SHIFT,
		.memfree = (u64)page_alloc_free_pages() << PAGE_SHIFT,
	};
	const u32 distance = LOCAL_DISTANCE;

	*reply = true;
	if (!count_only && !n->num_nodes)
		return 0;
	if (handle_va(n->meminfo) && copy_to_guest(handle_va(n->meminfo), &mem))
		return -EFAULT;
	if (handle_va(n->distance) && copy_to_guest(handle_va(n->distance), &distance))
		return -EFAULT;
	n->num_nodes = 1;
	return 0;
}

#define DEVICES_MAX	65536U

static bool pci_device_known(const struct physdev_pci_device *dev)
{
	const struct pci_sbdf s = { .seg = dev->seg, .bus = dev->bus, .devfn = dev->devfn };
	bool known;

	pci_devs_lock();
	known = pci_dev_find(s);
	pci_devs_unlock();
	return known;
}

long sysctl_pcitopoinfo(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
	u32 i;

	if (!handle_va(t->devs) || !handle_va(t->nodes) || t->num_devs > DEVICES_MAX)
		return -EINVAL;
	for (i = 0; i < t->num_devs; i++) {
		struct physdev_pci_device dev;
		u32 node;

		if (copy_from_guest_index(&dev, handle_va(t->devs), i))
			return -EFAULT;
		node = pci_device_known(&dev) ? NODE : XEN_INVALID_DEV;
		if (copy_to_guest_index(handle_va(t->nodes), i, &node))
			return -EFAULT;
	}
	*reply = true;
	return 0;
}

long sysctl_sched_id(struct xen_sysctl *op, bool *reply)
{
	op->u.sched_id.sched_id = sched_abi_id();
	*reply = true;
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	u32 n = min(g->max_cpus, (u32)nr_cpus);

	for (u32 cpu = 0; cpu < n; cpu++) {
		struct xen_sysctl_cpuinfo info = {
			.idletime = online_cpu(cpu) ? sched_idle_time_ns(cpu) : 0,
		};

		if (copy_to_guest_index(handle_va(g->info), cpu, &info))
			return -EFAULT;
	}
	g->nr_cpus = n;
	*reply = true;
	return 0;
}

/* Free memory of a node whose addresses have so many bits; 0: any. */
long sysctl_availheap(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_availheap *a = &op->u.availheap;
	u64 upto = a->max_bitwidth && a->max_bitwidth < 64 ?
		   page_alloc_free_below(a->max_bitwidth) : page_alloc_free_pages();
	u64 below = a->min_bitwidth ? page_alloc_free_below(min(a->min_bitwidth, 63U)) : 0;

	a->avail_bytes = 0;
	if (a->node <= NODE && upto > below)
		a->avail_bytes = (upto - below) << PAGE_SHIFT;
	*reply = true;
	return 0;
}

long sysctl_scheduler_op(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
	long rc;

	switch (s->cmd) {
	case XEN_SYSCTL_SCHEDOP_putinfo:
		return sched_global_set_params(s);
	case XEN_SYSCTL_SCHEDOP_getinfo:
		rc = sched_global_get_params(s);
		*reply = !rc;
		return rc;
	}
	return -EINVAL;
}
