// SPDX-License-Identifier: GPL-2.0-only
/*
 * What domctl and sysctl have in common: one of them runs at a time, and what
 * both tell about a domain.
 *
 * ABI: domctl.h, struct xen_domctl_getdomaininfo.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>

static bool busy;

/**
 * control_begin() - Become the one control call that runs.
 *
 * Not a spinlock: the holder copies to and from guests, allocates, and waits
 * for vCPUs to leave their CPUs.
 *
 * Return: true, to be ended by control_end(); false if another runs: the
 * caller is to be issued again.
 */
bool control_begin(void)
{
	return !__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE);
}

/** control_end() - Let the next one in. */
void control_end(void)
{
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

/**
 * control_vcpu() - The vCPU that a command names, if the caller may wait for it.
 * @d:  of the command
 * @id: any number
 *
 * Return: the vCPU; NULL if there is none, or it is the caller's own domain.
 */
struct vcpu *control_vcpu(const struct domain *d, u32 id)
{
	return d == current->domain ? NULL : domain_vcpu(d, id);
}

/* Blocked: all vCPUs that are up are; running: one of them is. */
static void count_vcpus(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		struct vcpu_runstate_info rs;
		u32 pauses = READ_ONCE(v->pause_flags);

		runstate_get(v, &rs);
		info->cpu_time += rs.time[RUNSTATE_running];
		info->max_vcpu_id = v->vcpu_id;
		if (pauses & BIT(VPF_DOWN))
			continue;
		if (!(pauses & (BIT(VPF_BLOCKED) | BIT(VPF_POLL))))
			flags &= ~XEN_DOMINF_blocked;
		if (READ_ONCE(v->is_running))
			flags |= XEN_DOMINF_running;
		info->nr_online_vcpus++;
	}
	if (info->nr_online_vcpus)
		info->flags = flags;
}

/**
 * domain_info() - What getdomaininfo and getdomaininfolist tell about a domain.
 * @d:    with a reference
 * @info: filled in, every byte
 */
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->domain_id;
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	count_vcpus(d, info);
	if (d->dying == DOM_DEAD)
		info->flags |= XEN_DOMINF_dying;
	if (READ_ONCE(d->is_shut_down))
		info->flags |= XEN_DOMINF_shutdown;
	if (READ_ONCE(d->controller_pauses))
		info->flags |= XEN_DOMINF_paused;
	if (d->config.xenstore)
		info->flags |= XEN_DOMINF_xs_domain;
	info->flags |= (u32)READ_ONCE(d->shutdown_code) << XEN_DOMINF_shutdownshift;
	spin_lock(&d->page_lock);
	info->tot_pages = d->tot_pages;
	info->outstanding_pages = d->claimed_pages;
	info->max_pages = min(d->max_pages, (unsigned long)~0U);	/* no limit */
	spin_unlock(&d->page_lock);
	info->shared_info_frame = mfn_x(virt_to_mfn(d->shared_info));
	info->cpupool = READ_ONCE(d->sched.pool);
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->arch_config.misc_flags = d->config.msr_relaxed ? XEN_X86_MSR_RELAXED : 0;
}
