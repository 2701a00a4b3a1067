// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: letting a domain run and not, what is known about it as a whole, and
 * its time.
 *
 * ABI: domctl.h; arch-x86/cpuid.h for the modes of the TSC.
 */
#include "control.h"
#include "interface.h"

#include <hv/errno.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/time.h>

/* xl.cfg(5), tsc_mode. */
#define TSC_MODE_DEFAULT	0	/* emulated where it must be */
#define TSC_MODE_ALWAYS		1
#define TSC_MODE_NEVER		2

long domctl_pausedomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	return d == current->domain ? -EINVAL : domain_pause_by_controller(d);
}

/* The first time is the end of its creation. */
long domctl_unpausedomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (READ_ONCE(d->controller_pauses) == 1)
		d->created = true;
	return domain_unpause_by_controller(d);
}

/* After a suspend that came to nothing. */
long domctl_resumedomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (d == current->domain)
		return -EINVAL;
	if (READ_ONCE(d->is_shut_down) && d->dying == DOM_ALIVE)
		domain_resume(d);
	return 0;
}

/* Up to Xen 4.17: of the domain named, or of the next one that there is. */
long domctl_getdomaininfo(struct domain *none, struct xen_domctl *op, bool *reply)
{
	bool exact = op->interface_version >= DOMCTL_VERSION_EXACT;
	struct domain *d;

	if (op->domain >= DOMID_FIRST_RESERVED)
		return exact ? -ESRCH : -EINVAL;
	d = exact ? domain_get(op->domain) : domain_get_from(op->domain);
	if (!d)
		return -ESRCH;
	domain_info(d, &op->u.getdomaininfo);
	op->domain = d->domain_id;
	domain_put(d);
	*reply = true;
	return 0;
}

long domctl_settimeoffset(struct domain *d, struct xen_domctl *op, bool *reply)
{
	d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
	time_update_wallclock(d);
	return 0;
}

/*
 * The TSC is the machine's, whatever is asked, but for a guest that insists on
 * an emulated one: that we do not have. ABI: arch-x86/cpuid.h and xl.cfg(5),
 * tsc_mode.
 */
long domctl_settscinfo(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (d == current->domain)
		return -EINVAL;
	switch (t->tsc_mode) {
	case TSC_MODE_DEFAULT:
	case TSC_MODE_NEVER:
		break;
	case TSC_MODE_ALWAYS:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation + 1;
	return 0;
}

long domctl_gettscinfo(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (d == current->domain)
		return -EINVAL;
	*t = (struct xen_domctl_tsc_info){
		.tsc_mode = d->tsc_mode,
		.incarnation = d->tsc_incarnation,
	};
	if (d->tsc_mode == TSC_MODE_DEFAULT) {
		t->elapsed_nsec = now_ns();
		t->gtsc_khz = tsc_khz;
	}
	*reply = true;
	return 0;
}
