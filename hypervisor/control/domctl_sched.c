// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: where another domain's vCPUs may run, and how much of the CPUs they
 * are to have. The scheduler decides; here are the forms that tools use.
 *
 * ABI: domctl.h, struct xen_domctl_vcpuaffinity, xen_domctl_scheduler_op.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/percpu.h>
#include <hv/sched.h>

#define NODES	1

static bool flags_ok(const struct xen_domctl_vcpuaffinity *a, u32 allowed)
{
	if (!a->flags || a->flags & ~allowed)
		return false;
	return (!(a->flags & XEN_VCPUAFFINITY_HARD) || handle_va(a->cpumap_hard.bitmap)) &&
	       (!(a->flags & XEN_VCPUAFFINITY_SOFT) || handle_va(a->cpumap_soft.bitmap));
}

static int find_vcpu(const struct domain *d, u32 id, struct vcpu **v)
{
	if (id >= d->max_vcpus)
		return -EINVAL;
	*v = domain_vcpu(d, id);
	return *v ? 0 : -ESRCH;
}

static cpumask_t cpumask_and(const cpumask_t *a, const cpumask_t *b)
{
	cpumask_t both;

	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		both.bits[i] = a->bits[i] & b->bits[i];
	return both;
}

/* What came of it: those CPUs of the masks that there are. */
static long tell_effective(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
	struct sched_pool_info pool;
	cpumask_t hard, soft;
	long rc = sched_pool_info(v->domain->sched.pool, &pool);

	if (rc)
		return rc;
	vcpu_get_affinity(v, &hard, &soft);
	hard = cpumask_and(&hard, &pool.cpus);
	soft = cpumask_and(&soft, &hard);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = ctl_cpumask_write(&a->cpumap_hard, &hard);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = ctl_cpumask_write(&a->cpumap_soft, &soft);
	return rc;
}

/* Both, or neither. */
static long set_affinity(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
	cpumask_t hard, soft, old_hard;
	long rc = 0;

	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = ctl_cpumask_read(&hard, &a->cpumap_hard);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = ctl_cpumask_read(&soft, &a->cpumap_soft);
	if (rc)
		return rc;
	vcpu_get_affinity(v, &old_hard, NULL);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = vcpu_set_hard_affinity(v, &hard);
	if (rc || !(a->flags & XEN_VCPUAFFINITY_SOFT))
		return rc;
	rc = vcpu_set_soft_affinity(v, &soft);
	if (rc)
		vcpu_set_hard_affinity(v, &old_hard);
	return rc;
}

long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v;
	long rc = find_vcpu(d, a->vcpu, &v);

	if (rc)
		return rc;
	if (!flags_ok(a, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE))
		return -EINVAL;
	rc = set_affinity(v, a);
	return rc ?: tell_effective(v, a);
}

long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	cpumask_t hard, soft;
	struct vcpu *v;
	long rc = find_vcpu(d, a->vcpu, &v);

	if (rc)
		return rc;
	if (!flags_ok(a, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
		return -EINVAL;
	vcpu_get_affinity(v, &hard, &soft);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = ctl_cpumask_write(&a->cpumap_hard, &hard);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = ctl_cpumask_write(&a->cpumap_soft, &soft);
	return rc;
}

/* There is one node, which any set that is to be of use names. */
long domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op, bool *reply)
{
	unsigned long nodes;
	long rc = ctl_bitmap_read(&nodes, NODES, &op->u.nodeaffinity.nodemap);

	if (rc)
		return rc;
	return nodes ? 0 : -EINVAL;
}

long domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const unsigned long nodes = 1;

	return ctl_bitmap_write(&op->u.nodeaffinity.nodemap, &nodes, NODES);
}

long domctl_scheduler_op(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
	long rc;

	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return sched_domain_set_params(d, s);
	case XEN_DOMCTL_SCHEDOP_getinfo:
		rc = sched_domain_get_params(d, s);
		*reply = !rc;
		return rc;
	case XEN_DOMCTL_SCHEDOP_putvcpuinfo:
	case XEN_DOMCTL_SCHEDOP_getvcpuinfo:
		return -EINVAL;
	}
	return -ENOSYS;
}
