// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysctl: CPUs that are taken out of use and back, and pools of them.
 *
 * ABI: sysctl.h, struct xen_sysctl_cpu_hotplug and xen_sysctl_cpupool_op.
 */
#include "control.h"

#include <hv/cpu_hotplug.h>
#include <hv/errno.h>
#include <hv/percpu.h>
#include <hv/sched.h>

/* Threads of a core go one by one, as smt= and the administrator say. */
long sysctl_cpu_hotplug(struct xen_sysctl *op, bool *reply)
{
	switch (op->u.cpu_hotplug.op) {
	case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
		return cpu_online(op->u.cpu_hotplug.cpu);
	case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
		return cpu_offline(op->u.cpu_hotplug.cpu);
	}
	return -EOPNOTSUPP;
}

/* Of the pool named, or of the next one that there is. */
static long info(struct xen_sysctl_cpupool_op *op)
{
	struct sched_pool_info info;
	int rc = sched_pool_info(op->cpupool_id, &info);

	if (rc)
		return rc;
	op->cpupool_id = info.id;
	op->sched_id = info.sched_id;
	op->n_dom = info.nr_domains;
	return ctl_cpumask_write(&op->cpumap, &info.cpus);
}

static long free_cpus(struct xen_sysctl_cpupool_op *op)
{
	cpumask_t cpus;

	sched_free_cpus(&cpus);
	return ctl_cpumask_write(&op->cpumap, &cpus);
}

/* While vCPUs are on their way out, the call is issued again, with the CPU that was chosen. */
static long remove_cpu(struct xen_sysctl_cpupool_op *op)
{
	int rc = sched_pool_remove_cpu(op->cpupool_id, &op->cpu);

	return rc == -EAGAIN ? -ERESTART : rc;
}

static long move_domain(const struct xen_sysctl_cpupool_op *op)
{
	struct domain *d = op->domid < DOMID_FIRST_RESERVED ? domain_get(op->domid) : NULL;
	long rc = -EINVAL;

	if (!d)
		return -ESRCH;
	if (d != current->domain || d->sched.pool == op->cpupool_id)
		rc = sched_pool_move(d, op->cpupool_id);
	domain_put(d);
	return rc;
}

long sysctl_cpupool_op(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
	long rc;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		rc = sched_pool_create(&p->cpupool_id, p->sched_id);
		break;
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return sched_pool_destroy(p->cpupool_id);
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		rc = info(p);
		break;
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return sched_pool_add_cpu(p->cpupool_id, p->cpu);
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		rc = remove_cpu(p);
		*reply = rc == -ERESTART;
		return rc;
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return move_domain(p);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		rc = free_cpus(p);
		break;
	default:
		return -ENOSYS;
	}
	*reply = !rc;
	return rc;
}
