// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: the rest of a vCPU's state, beyond its context: later entry points,
 * extended registers, MSRs; and what is sent to it. Together with the context
 * that is what saving and restoring a domain carries along.
 *
 * ABI: domctl.h.
 */
#include "control.h"

#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/pv.h>
#include <asm/system.h>

#include <xen/callback.h>

/* Why control_vcpu() gave none. */
static long no_vcpu(const struct domain *d, u32 id)
{
	return d != current->domain && id < d->max_vcpus ? -ESRCH : -EINVAL;
}

/* The entry points of 64-bit guests are in its flat code segment. */
static u16 entry_cs(unsigned long address)
{
	return address ? FLAT_CS64 : 0;
}

long domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	const struct vcpu *v = control_vcpu(d, e->vcpu);
	const u32 vcpu = e->vcpu;

	if (!v)
		return no_vcpu(d, vcpu);
	memset(e, 0, sizeof(*e));
	e->vcpu = vcpu;
	e->size = sizeof(*e);
	e->syscall32_callback_eip = v->arch.syscall32_callback;
	e->syscall32_callback_cs = entry_cs(v->arch.syscall32_callback);
	e->syscall32_disables_events = !!(v->arch.callback_masks & BIT(CALLBACKTYPE_syscall32));
	e->sysenter_callback_eip = v->arch.sysenter_callback;
	e->sysenter_callback_cs = entry_cs(v->arch.sysenter_callback);
	e->sysenter_disables_events = !!(v->arch.callback_masks & BIT(CALLBACKTYPE_sysenter));
	e->mcg_cap = pv_mcg_cap();
	*reply = true;
	return 0;
}

static void set_mask(struct vcpu *v, unsigned int type, bool mask)
{
	v->arch.callback_masks &= ~(u32)BIT(type);
	if (mask)
		v->arch.callback_masks |= BIT(type);
}

long domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = control_vcpu(d, e->vcpu);

	if (!v)
		return no_vcpu(d, e->vcpu);
	if (e->size < offsetof(typeof(*e), mcg_cap) ||
	    !is_canonical(e->sysenter_callback_eip) || !is_canonical(e->syscall32_callback_eip))
		return -EINVAL;
	vcpu_pause(v);
	v->arch.syscall32_callback = e->syscall32_callback_eip;
	v->arch.sysenter_callback = e->sysenter_callback_eip;
	set_mask(v, CALLBACKTYPE_syscall32, e->syscall32_disables_events);
	set_mask(v, CALLBACKTYPE_sysenter, e->sysenter_disables_events);
	vcpu_unpause(v);
	return 0;
}

/* Ahead of the registers in the buffer. */
struct xstate_header {
	u64 xcr0;	/* now */
	u64 accum;	/* all that it may have been */
};

/* All that the domain's policy lets it enable, once it has enabled anything. */
static u64 xstate_accum(const struct vcpu *v)
{
	return v->arch.xcr0 ? cpu_policy_xcr0(v->domain->arch.cpu_policy) : 0;
}

long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = control_vcpu(d, e->vcpu);
	unsigned long va = handle_va(e->buffer);
	struct xstate_header head;
	u64 size = sizeof(head);
	long rc = 0;

	if (!v)
		return no_vcpu(d, e->vcpu);
	vcpu_pause(v);
	head = (struct xstate_header){ v->arch.xcr0, xstate_accum(v) };
	if (head.accum)
		size += cpu_policy_xstate_size(d->arch.cpu_policy, head.accum);
	if ((!e->size && !e->xfeature_mask) || !va) {
		e->xfeature_mask = cpu_features.xcr0_max;
		e->size = size;
		*reply = true;
	} else if (e->size != size || e->xfeature_mask != cpu_features.xcr0_max) {
		rc = -EINVAL;
	} else {
		pv_sync_loaded(v);
		if (copy_to_guest(va, &head) ||
		    raw_copy_to_guest(va + sizeof(head), v->arch.fpu_area, size - sizeof(head)))
			rc = -EFAULT;
	}
	vcpu_unpause(v);
	return rc;
}

/* @size bytes of XSAVE image, private copy. */
static long load_xstate(struct vcpu *v, const struct xstate_header *head, const void *image,
			size_t size)
{
	long rc;

	vcpu_pause(v);
	pv_sync_loaded(v);
	rc = pv_set_xstate(v, head->xcr0, head->accum, image, size);
	vcpu_unpause(v);
	return rc;
}

long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = control_vcpu(d, e->vcpu);
	unsigned long va = handle_va(e->buffer);
	struct xstate_header head;
	size_t size = e->size - sizeof(head);
	void *image;
	long rc = -EFAULT;

	if (!v)
		return no_vcpu(d, e->vcpu);
	if (e->size < sizeof(head) || size > cpu_features.fpu_bytes)
		return -EINVAL;
	if (copy_from_guest(&head, va))
		return -EFAULT;
	image = hv_alloc(max(size, (size_t)1));
	if (!image)
		return -ENOMEM;
	if (!raw_copy_from_guest(image, va + sizeof(head), size))
		rc = load_xstate(v, &head, image, size);
	hv_free(image);
	return rc;
}

/* A PV guest has one MSR of its own, TSC_AUX; it is told if it is not 0. */
#define OWN_MSRS	1U

static bool has_tsc_aux(const struct vcpu *v)
{
	const struct cpu_policy *p = v->domain->arch.cpu_policy;

	return cpu_policy_has(p, XEN_X86_FEATURE_RDTSCP) ||
	       cpu_policy_has(p, XEN_X86_FEATURE_RDPID);
}

long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	struct vcpu *v = control_vcpu(d, m->vcpu);
	struct xen_domctl_vcpu_msr msr = { .index = MSR_TSC_AUX };
	u32 room = m->msr_count;

	if (!v)
		return -EINVAL;
	*reply = true;
	m->msr_count = OWN_MSRS;
	if (!handle_va(m->msrs))
		return 0;
	vcpu_pause(v);
	msr.value = v->arch.tsc_aux;
	vcpu_unpause(v);
	m->msr_count = msr.value && has_tsc_aux(v);
	if (m->msr_count > room)
		return -ENOBUFS;
	return m->msr_count ? copy_to_guest(handle_va(m->msrs), &msr) : 0;
}

static bool set_msr(struct vcpu *v, const struct xen_domctl_vcpu_msr *msr)
{
	if (msr->reserved || msr->index != MSR_TSC_AUX || msr->value >> 32 || !has_tsc_aux(v))
		return false;
	v->arch.tsc_aux = msr->value;
	return true;
}

/* On error @msr_count tells which one. */
long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	struct vcpu *v = control_vcpu(d, m->vcpu);
	long rc = 0;
	u32 i;

	if (!v || m->msr_count > OWN_MSRS)
		return -EINVAL;
	vcpu_pause(v);
	for (i = 0; i < m->msr_count && !rc; i++) {
		struct xen_domctl_vcpu_msr msr;

		if (copy_from_guest_index(&msr, handle_va(m->msrs), i))
			rc = -EFAULT;
		else if (!set_msr(v, &msr))
			rc = -EINVAL;
	}
	vcpu_unpause(v);
	if (rc) {
		m->msr_count = i - 1;
		*reply = true;
	}
	return rc;
}

/* The others are buttons of an HVM guest's machine. */
long domctl_sendtrigger(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

	if (!v)
		return -ESRCH;
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS;
	arch_vcpu_send_nmi(v);
	return 0;
}

/* The port is @d's own; its peer is told in place of VIRQ_DOM_EXC's handler. */
long domctl_subscribe(struct domain *d, struct xen_domctl *op, bool *reply)
{
	WRITE_ONCE(d->suspend_port, op->u.subscribe.port);
	return 0;
}

long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op, bool *reply)
{
	return virq_set_handler(d, op->u.set_virq_handler.virq);
}
