// SPDX-License-Identifier: GPL-2.0-only
/*
 * The versions of domctl. Tools refuse to work with any but the one they were
 * built for, so the hypervisor speaks several: that of Xen 4.17, in which
 * everything here is written, and that of 4.19 and 4.20. Where the later ones
 * arrange an argument otherwise, it is moved on its way in and out.
 *
 * sysctl is the same in all of them, and the only one that is checked is its
 * own header's.
 *
 * ABI: domctl.h of the releases.
 */
#include "interface.h"

#include <hv/lib.h>
#include <hv/string.h>

bool domctl_version_known(u32 version)
{
	return version == XEN_DOMCTL_INTERFACE_VERSION || version == DOMCTL_VERSION_4_20;
}

static void create_from_4_20(struct xen_domctl *op)
{
	struct domctl_createdomain_4_20 from;
	struct xen_domctl_createdomain *to = &op->u.createdomain;

	memcpy(&from, &op->u, sizeof(from));
	memcpy(to, &from, CREATEDOMAIN_SAME);
	to->vmtrace_size = from.vmtrace_size;
	to->cpupool_id = from.cpupool_id;
	to->arch = from.arch;
	/* No other place is left for it, and all it may be is off. */
	if (from.altp2m_opts)
		to->flags |= CREATEDOMAIN_ALTP2M;
}

static void create_to_4_20(struct xen_domctl *op)
{
	struct domctl_createdomain_4_20 to = { 0 };
	const struct xen_domctl_createdomain *from = &op->u.createdomain;

	memcpy(&to, from, CREATEDOMAIN_SAME);
	to.flags &= ~CREATEDOMAIN_ALTP2M;
	to.vmtrace_size = from->vmtrace_size;
	to.cpupool_id = from->cpupool_id;
	to.arch = from->arch;
	memcpy(&op->u, &to, sizeof(to));
}

/**
 * domctl_from_caller() - Rearrange an argument as Xen 4.17 has it.
 * @op: as the caller gave it, of a known version
 */
void domctl_from_caller(struct xen_domctl *op)
{
	if (op->interface_version == DOMCTL_VERSION_4_20 && op->cmd == XEN_DOMCTL_createdomain)
		create_from_4_20(op);
}

/**
 * domctl_to_caller() - The reverse.
 * @op: about to be copied out
 */
void domctl_to_caller(struct xen_domctl *op)
{
	if (op->interface_version == DOMCTL_VERSION_4_20 && op->cmd == XEN_DOMCTL_createdomain)
		create_to_4_20(op);
}
