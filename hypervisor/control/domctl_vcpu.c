// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: single vCPUs of another domain: their state and what they did.
 * A domain's state is read and written while it is paused.
 *
 * ABI: domctl.h; arch-x86/xen.h, struct vcpu_guest_context.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>

static void set_online(struct vcpu *v, bool online)
{
	if (online)
		clear_bit_atomic(VPF_DOWN, &v->pause_flags);
	else
		set_bit_atomic(VPF_DOWN, &v->pause_flags);
}

/* Load, and bring up or take down as the context's flags say. */
static long load_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	long rc;

	domain_pause(v->domain);
	rc = arch_set_vcpu_context(v, c);
	if (!rc)
		set_online(v, c->flags & VGCF_online);
	domain_unpause(v->domain);
	return rc;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct vcpu *v = control_vcpu(d, op->u.vcpucontext.vcpu);
	unsigned long va = handle_va(op->u.vcpucontext.ctxt);
	struct vcpu_guest_context *c;
	long rc = -EFAULT;

	/* Nor would one that ends give up the page tables that it took now. */
	if (!v || !va || d->dying)
		return -EINVAL;
	c = hv_new(struct vcpu_guest_context);
	if (!c)
		return -ENOMEM;
	if (!copy_from_guest(c, va))
		rc = load_context(v, c);
	hv_free(c);
	return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct vcpu *v = control_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long rc;

	if (!v)
		return -EINVAL;
	if (!v->initialised)
		return -ENODATA;
	c = hv_new(struct vcpu_guest_context);
	if (!c)
		return -ENOMEM;
	vcpu_pause(v);
	arch_get_vcpu_context(v, c);
	vcpu_unpause(v);
	rc = copy_to_guest(handle_va(op->u.vcpucontext.ctxt), c);
	hv_free(c);
	return rc;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v = info->vcpu < d->max_vcpus ? domain_vcpu(d, info->vcpu) : NULL;
	struct vcpu_runstate_info rs;
	u32 pauses;

	if (info->vcpu >= d->max_vcpus)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	runstate_get(v, &rs);
	pauses = READ_ONCE(v->pause_flags);
	info->online = !(pauses & BIT(VPF_DOWN));
	info->blocked = !!(pauses & (BIT(VPF_BLOCKED) | BIT(VPF_POLL)));
	info->running = READ_ONCE(v->is_running);
	info->cpu_time = rs.time[RUNSTATE_running];
	info->cpu = READ_ONCE(v->processor);
	*reply = true;
	return 0;
}
