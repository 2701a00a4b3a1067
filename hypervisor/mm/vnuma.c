// SPDX-License-Identifier: GPL-2.0-only
/* What a guest is told of its nodes of memory. ABI: memory.h, XENMEM_get_vnumainfo. */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/vnuma.h>

#include <xen/memory.h>

static long copy_out(const struct vnuma *vn, const struct xen_vnuma_topology_info *info)
{
	if (raw_copy_to_guest(handle_va(info->vdistance.h), vn->distance,
			      vn->nr_nodes * vn->nr_nodes * sizeof(u32)) ||
	    raw_copy_to_guest(handle_va(info->vcpu_to_vnode.h), vn->vcpu_node,
			      vn->nr_vcpus * sizeof(u32)) ||
	    raw_copy_to_guest(handle_va(info->vmemrange.h), vn->range,
			      vn->nr_ranges * sizeof(*vn->range)))
		return -EFAULT;
	return 0;
}

static long tell(const struct domain *d, struct xen_vnuma_topology_info *info, unsigned long arg)
{
	const struct vnuma *vn = __atomic_load_n(&d->vnuma, __ATOMIC_ACQUIRE);
	long rc = -ENOBUFS;

	if (!vn)
		return -EOPNOTSUPP;
	if (info->nr_vnodes >= vn->nr_nodes && info->nr_vcpus >= vn->nr_vcpus &&
	    info->nr_vmemranges >= vn->nr_ranges)
		rc = copy_out(vn, info);
	info->nr_vnodes = vn->nr_nodes;
	info->nr_vcpus = vn->nr_vcpus;
	info->nr_vmemranges = vn->nr_ranges;
	return copy_to_guest(arg, info) ? -EFAULT : rc;
}

/**
 * memory_vnuma_info() - XENMEM_get_vnumainfo.
 * @arg: guest address of struct xen_vnuma_topology_info
 *
 * Return: 0; -EOPNOTSUPP if the domain was given no nodes; -ENOBUFS if there is not room
 * for all, and the numbers are told; -EINVAL, -ESRCH, -EPERM, -EFAULT.
 */
long memory_vnuma_info(unsigned long arg)
{
	struct xen_vnuma_topology_info info;
	struct domain *d;
	long rc;

	if (copy_from_guest(&info, arg))
		return -EFAULT;
	if (info.pad)
		return -EINVAL;
	rc = domain_get_target(info.domid, &d);
	if (rc)
		return rc;
	rc = tell(d, &info, arg);
	domain_put(d);
	return rc;
}
