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

/* So that no toolstack counts further than we do. */
#define CONTROLLER_PAUSES_MAX	255

/* A domain that is held is paused once, however often the toolstack said so. */
long domctl_pausedomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (d == current->domain)
		return -EINVAL;
	if (d->controller_pauses == CONTROLLER_PAUSES_MAX)
		return -EOVERFLOW;
	if (d->controller_pauses++ == 0)
		domain_pause(d);
	return 0;
}

/* The first time is the end of its creation. */
long domctl_unpausedomain(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (!d->controller_pauses)
		return -EINVAL;
	if (--d->controller_pauses)
		return 0;
	d->created = true;
	domain_unpause(d);
	return 0;
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
