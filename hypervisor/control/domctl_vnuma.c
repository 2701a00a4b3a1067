// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: the nodes of memory that a guest is shown. The machine has one, so
 * they say nothing about where its memory is; a guest that is told of several
 * spreads its work over them all the same. ABI: domctl.h, struct xen_domctl_vnuma.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/vnuma.h>

static bool plausible(const struct domain *d, const struct xen_domctl_vnuma *u)
{
	return !u->pad && u->nr_vnodes && u->nr_vnodes <= VNUMA_MAX_NODES &&
	       u->nr_vmemranges <= VNUMA_MAX_RANGES && u->nr_vcpus == d->max_vcpus;
}

/* Room for all that @u counts. */
static struct vnuma *vnuma_alloc(const struct xen_domctl_vnuma *u)
{
	size_t ranges = u->nr_vmemranges * sizeof(struct xen_vmemrange);
	u32 squares = u->nr_vnodes * u->nr_vnodes;
	struct vnuma *vn = hv_alloc(sizeof(*vn) + ranges + (squares + u->nr_vcpus) * sizeof(u32));

	if (!vn)
		return NULL;
	vn->nr_nodes = u->nr_vnodes;
	vn->nr_ranges = u->nr_vmemranges;
	vn->nr_vcpus = u->nr_vcpus;
	vn->distance = (u32 *)&vn->range[vn->nr_ranges];
	vn->vcpu_node = vn->distance + squares;
	return vn;
}

/* The nodes of the machine are looked at, and that is all: there is one. */
static int read_nodes(const struct xen_domctl_vnuma *u)
{
	for (u32 i = 0; i < u->nr_vnodes; i++) {
		u32 node;

		if (copy_from_guest_index(&node, handle_va(u->vnode_to_pnode), i))
			return -EFAULT;
		if (node)
			return -EINVAL;
	}
	return 0;
}

static int vnuma_read(struct vnuma *vn, const struct xen_domctl_vnuma *u)
{
	u32 squares = vn->nr_nodes * vn->nr_nodes;

	if (raw_copy_from_guest(vn->distance, handle_va(u->vdistance), squares * sizeof(u32)) ||
	    raw_copy_from_guest(vn->range, handle_va(u->vmemrange),
				vn->nr_ranges * sizeof(*vn->range)) ||
	    raw_copy_from_guest(vn->vcpu_node, handle_va(u->vcpu_to_vnode),
				vn->nr_vcpus * sizeof(u32)))
		return -EFAULT;
	for (u32 i = 0; i < vn->nr_ranges; i++)
		if (vn->range[i].flags || vn->range[i].nid >= vn->nr_nodes)
			return -EINVAL;
	for (u32 i = 0; i < vn->nr_vcpus; i++)
		if (vn->vcpu_node[i] >= vn->nr_nodes)
			return -EINVAL;
	return read_nodes(u);
}

/* Once: the guest may be reading it. */
long domctl_setvnumainfo(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_vnuma *u = &op->u.vnuma;
	struct vnuma *vn;
	int rc;

	if (!plausible(d, u))
		return -EINVAL;
	if (d->vnuma)
		return -EEXIST;
	vn = vnuma_alloc(u);
	if (!vn)
		return -ENOMEM;
	rc = vnuma_read(vn, u);
	if (rc)
		hv_free(vn);
	else
		__atomic_store_n(&d->vnuma, vn, __ATOMIC_RELEASE);
	return rc;
}
