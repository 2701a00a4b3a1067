// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: how a control domain makes, steers and ends domains. One function
 * per command, in the files domctl_*.c; here is the way to them. Commands that
 * the table does not have give -ENOSYS; which and why is in
 * Documentation/abi/control.rst.
 *
 * ABI: domctl.h.
 */
#include "control.h"
#include "interface.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>

/* How a command finds its domain, and who may issue it besides a control domain. */
#define FINDS_ITSELF	1	/* no domain is looked up */
#define STORE_TOO	2	/* also the domain that runs the store */

struct command {
	domctl_fn fn;
	s16 refused;	/* no @fn: what is answered if the domain is there */
	u8 flags;
};

#define CALL(name) \
	[XEN_DOMCTL_##name] = { .fn = domctl_##name }
#define CALL_WITH(name, with) \
	[XEN_DOMCTL_##name] = { .fn = domctl_##name, .flags = with }
/* What PV guests, or a machine without an IOMMU, have not: the reference's errno. */
#define REFUSE(name, error) \
	[XEN_DOMCTL_##name] = { .refused = error }

static const struct command commands[] = {
	CALL_WITH(createdomain, FINDS_ITSELF),
	CALL(destroydomain),
	CALL(pausedomain),
	CALL(unpausedomain),
	CALL_WITH(getdomaininfo, FINDS_ITSELF | STORE_TOO),
	CALL(setvcpuaffinity),
	CALL(shadow_op),
	CALL(max_mem),
	CALL(setvcpucontext),
	CALL(getvcpucontext),
	CALL(getvcpuinfo),
	CALL(max_vcpus),
	CALL(scheduler_op),
	CALL(setdomainhandle),
	CALL(irq_permission),
	CALL(iomem_permission),
	CALL(ioport_permission),
	CALL(hypercall_init),
	CALL(settimeoffset),
	CALL(getvcpuaffinity),
	CALL(resumedomain),
	CALL(sendtrigger),
	CALL(subscribe),
	CALL(set_address_size),
	CALL(get_address_size),
	CALL(memory_mapping),
	CALL(set_ext_vcpucontext),
	CALL(get_ext_vcpucontext),
	CALL(gettscinfo),
	CALL(settscinfo),
	CALL(getpageframeinfo3),
	CALL(setvcpuextstate),
	CALL(getvcpuextstate),
	CALL(set_virq_handler),
	CALL(setnodeaffinity),
	CALL(getnodeaffinity),
	CALL(get_vcpu_msrs),
	CALL(set_vcpu_msrs),
	CALL(get_cpu_policy),
	CALL(set_cpu_policy),
	CALL(setvnumainfo),
	[DOMCTL_gsi_permission] = { .fn = domctl_gsi_permission },

	REFUSE(setdebugging, -EOPNOTSUPP),
	REFUSE(gethvmcontext, -EINVAL),
	REFUSE(sethvmcontext, -EINVAL),
	REFUSE(gethvmcontext_partial, -EINVAL),
	REFUSE(set_target, -EINVAL),
	REFUSE(bind_pt_irq, -EINVAL),
	REFUSE(unbind_pt_irq, -EINVAL),
	REFUSE(ioport_mapping, -EOPNOTSUPP),
	/* To libxl, "no IOMMU": PV guests may have devices all the same. */
	REFUSE(assign_device, -ENOSYS),
	REFUSE(deassign_device, -ENOSYS),
	REFUSE(test_assign_device, -ENOSYS),
	REFUSE(get_device_group, -ENOSYS),
	REFUSE(debug_op, -EINVAL),
	REFUSE(vm_event_op, -ENODEV),
	REFUSE(set_access_required, -EOPNOTSUPP),
	REFUSE(monitor_op, -EOPNOTSUPP),
	REFUSE(set_broken_page_p2m, -EINVAL),
	REFUSE(psr_cmt_op, -ENODEV),
	REFUSE(psr_alloc, -ENODEV),
	REFUSE(soft_reset, -EINVAL),
	REFUSE(vmtrace_op, -EINVAL),
	/* To libxl, "not needed": it asks for each guest that is to have none. */
	[DOMCTL_set_llc_colors] = { .refused = -EOPNOTSUPP },
	REFUSE(get_paging_mempool_size, -EOPNOTSUPP),
	REFUSE(set_paging_mempool_size, -EOPNOTSUPP),
};

/* One bit for each command that was asked for in vain. */
static u64 reported[2];

static long missing(u32 cmd)
{
	if (IS_ENABLED(CONFIG_HV_DEBUG) && cmd < 128 && !(reported[cmd / 64] & BIT(cmd % 64))) {
		reported[cmd / 64] |= BIT(cmd % 64);
		gprintk(LOG_DEBUG, "domctl %u is not there\n", cmd);
	}
	return -ENOSYS;
}

static bool may_call(const struct command *c)
{
	const struct domain *caller = current->domain;

	return caller->is_privileged || (c && (c->flags & STORE_TOO) && caller->config.xenstore);
}

/* Look the domain up and call; control calls are ours alone. */
static long carry_out(const struct command *c, struct xen_domctl *op, bool *reply)
{
	struct domain *d;
	long rc;

	if (c->flags & FINDS_ITSELF)
		return c->fn(NULL, op, reply);
	d = op->domain < DOMID_FIRST_RESERVED ? domain_get(op->domain) : NULL;
	if (!d)
		return -ESRCH;
	rc = c->fn ? c->fn(d, op, reply) : c->refused;
	domain_put(d);
	return rc;
}

/**
 * do_domctl() - Hypercall 36.
 * @a1: guest address of struct xen_domctl
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Context: control calls are serialised; one that finds another at work is
 * issued again.
 * Return: that of the command; -EPERM to all but control domains; -EFAULT;
 * -EACCES if the caller was built for a version that we do not speak; -ESRCH if
 * the domain is not there; -ENOSYS for an unknown command.
 */
long do_domctl(unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
	       unsigned long a5)
{
	const struct command *c = NULL;
	struct xen_domctl op;
	bool reply = false;
	long rc;

	if (copy_from_guest(&op, a1))
		return -EFAULT;
	if (op.cmd < ARRAY_SIZE(commands) && (commands[op.cmd].fn || commands[op.cmd].refused))
		c = &commands[op.cmd];
	if (!may_call(c))
		return -EPERM;
	if (!domctl_version_known(op.interface_version))
		return -EACCES;
	if (!c)
		return missing(op.cmd);
	if (!control_begin())
		return hypercall_continue(1, a1);
	domctl_from_caller(&op);
	rc = carry_out(c, &op, &reply);
	domctl_to_caller(&op);
	control_end();
	if (reply && copy_to_guest(a1, &op))
		return -EFAULT;
	return rc == -ERESTART ? hypercall_continue(1, a1) : rc;
}
