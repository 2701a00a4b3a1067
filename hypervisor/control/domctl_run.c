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
#include <asm/tsc_scale.h>

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
 * Is an emulated counter asked for? Only then: the default is the machine's, too. ABI:
 * arch-x86/cpuid.h and xl.cfg(5), tsc_mode.
 */
static int tsc_mode_check(const struct domain *d, const struct xen_domctl_tsc_info *t)
{
	bool emulate = t->tsc_mode == TSC_MODE_ALWAYS;

	if (t->tsc_mode > TSC_MODE_NEVER)
		return -EINVAL;
	if (emulate && (t->gtsc_khz > TSC_KHZ_MAX || t->elapsed_nsec >= TSC_NS_MAX))
		return -EINVAL;
	/* Its CPUs trap, or not, from the first instruction on. */
	if (d->created && (emulate || d->tsc_mode == TSC_MODE_ALWAYS))
		return -EBUSY;
	return 0;
}

long domctl_settscinfo(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;
	int rc;

	if (d == current->domain)
		return -EINVAL;
	rc = tsc_mode_check(d, t);
	if (rc)
		return rc;
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation + 1;
	if (t->tsc_mode == TSC_MODE_ALWAYS)
		time_emulate_tsc(d, t->gtsc_khz ?: tsc_khz, t->elapsed_nsec);
	else
		time_emulate_tsc(d, 0, 0);
	return 0;
}

/* What settscinfo takes on the next machine. */
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
	} else if (d->tsc_mode == TSC_MODE_ALWAYS) {
		t->elapsed_nsec = now_ns() - d->arch.vtsc.start_ns + d->arch.vtsc.elapsed_ns;
		t->gtsc_khz = d->arch.vtsc.khz;
	}
	*reply = true;
	return 0;
}
