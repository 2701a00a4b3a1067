// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysctl: what the hypervisor counts of itself, and what of the machine it
 * steers: power states, single frames, patches. Where there is nothing
 * to steer, tools are told so as by a Xen on a machine that has it not.
 *
 * ABI: sysctl.h.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/perfc.h>
#include <hv/string.h>

/* One name for several values. */
struct counter {
	const char *name;
	const u64 *values;
	u32 nr;
};

static const struct counter counters[] = {
	{ "hypercalls", perfc.hypercall, ARRAY_SIZE(perfc.hypercall) },
	{ "exceptions", perfc.exception, ARRAY_SIZE(perfc.exception) },
	{ "emulated PTE writes", &perfc.emulated_pte_writes, 1 },
	{ "emulated instructions", &perfc.emulated_instructions, 1 },
};

static long write_counter(const struct xen_sysctl_perfc_op *p, u32 nr, u32 first_val)
{
	const struct counter *c = &counters[nr];
	struct xen_sysctl_perfc_desc desc = { .nr_vals = c->nr };

	strlcpy(desc.name, c->name, sizeof(desc.name));
	if (handle_va(p->desc) && copy_to_guest_index(handle_va(p->desc), nr, &desc))
		return -EFAULT;
	for (u32 i = 0; handle_va(p->val) && i < c->nr; i++) {
		xen_sysctl_perfc_val_t val = READ_ONCE(c->values[i]);

		if (copy_to_guest_index(handle_va(p->val), first_val + i, &val))
			return -EFAULT;
	}
	return 0;
}

long sysctl_perfc_op(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_perfc_op *p = &op->u.perfc_op;
	long rc = 0;

	if (!IS_ENABLED(CONFIG_HV_PERF_COUNTERS))
		return -ENOSYS;
	if (p->cmd != XEN_SYSCTL_PERFCOP_reset && p->cmd != XEN_SYSCTL_PERFCOP_query)
		return -EINVAL;
	p->nr_counters = ARRAY_SIZE(counters);
	p->nr_vals = 0;
	for (u32 i = 0; i < ARRAY_SIZE(counters) && !rc; i++) {
		rc = write_counter(p, i, p->nr_vals);
		p->nr_vals += counters[i].nr;
	}
	if (!rc && p->cmd == XEN_SYSCTL_PERFCOP_reset)
		memset(&perfc, 0, sizeof(perfc));
	*reply = !rc;
	return rc;
}

static bool cpu_is_online(u32 cpu)
{
	return cpu < nr_cpus && percpu_of[cpu] && READ_ONCE(percpu_of[cpu]->online);
}

/* Neither frequencies nor idle states are driven. */
long sysctl_get_pmstat(struct xen_sysctl *op, bool *reply)
{
	return cpu_is_online(op->u.get_pmstat.cpuid) ? -ENODEV : -EINVAL;
}

/* A CPU that idles halts: the shallowest of the states that there may be. */
long sysctl_pm_op(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_pm_op *p = &op->u.pm_op;

	switch (p->cmd) {
	case XEN_SYSCTL_pm_op_get_max_cstate:
		p->u.get_max_cstate = XEN_SYSCTL_CX_UNLIMITED;
		*reply = true;
		return 0;
	case XEN_SYSCTL_pm_op_set_max_cstate:
	case XEN_SYSCTL_pm_op_set_sched_opt_smt:
		return -EOPNOTSUPP;
	}
	return cpu_is_online(p->cpuid) ? -ENODEV : -EINVAL;
}

#define FRAMES_MAX	1024U

/* All frames are online; badpage= takes them away at boot. */
static long query_pages(const struct xen_sysctl_page_offline_op *p)
{
	for (u32 i = 0; i <= p->end - p->start; i++) {
		const u32 status = mfn_valid(_mfn(p->start + (u64)i)) ? 0 : PG_OFFLINE_INVALID;

		if (copy_to_guest_index(handle_va(p->status), i, &status))
			return -EFAULT;
	}
	return 0;
}

long sysctl_page_offline_op(struct xen_sysctl *op, bool *reply)
{
	const struct xen_sysctl_page_offline_op *p = &op->u.page_offline;

	if (p->end < p->start || p->end - p->start >= FRAMES_MAX)
		return -EINVAL;
	switch (p->cmd) {
	case sysctl_query_page_offline:
		return query_pages(p);
	case sysctl_page_offline:
	case sysctl_page_online:
		return -EOPNOTSUPP;
	}
	return -EINVAL;
}

/* Cache monitoring and allocation: nothing of it is driven. */
long sysctl_psr_cmt_op(struct xen_sysctl *op, bool *reply)
{
	return -ENODEV;
}

long sysctl_psr_alloc(struct xen_sysctl *op, bool *reply)
{
	return -ENODEV;
}

/* There are no patches, and none can be loaded. */
long sysctl_livepatch_op(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_livepatch_op *l = &op->u.livepatch;

	switch (l->cmd) {
	case XEN_SYSCTL_LIVEPATCH_LIST:
		if (l->u.list.pad)
			return -EINVAL;
		l->u.list.version = 0;
		l->u.list.nr = 0;
		l->u.list.name_total_size = 0;
		l->u.list.metadata_total_size = 0;
		*reply = true;
		return 0;
	case XEN_SYSCTL_LIVEPATCH_GET:
	case XEN_SYSCTL_LIVEPATCH_ACTION:
		return -ENOENT;
	case XEN_SYSCTL_LIVEPATCH_UPLOAD:
	default:
		return -EOPNOTSUPP;
	}
}
