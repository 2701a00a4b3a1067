// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two-level format: a pending and a mask bit per port in shared_info, a
 * bit per word of them in each vCPU's evtchn_pending_sel. Every domain starts
 * with it. ABI: xen.h, struct shared_info.
 */
#include "evtchn.h"

#include <asm/system.h>

#define WORD_BITS	64

static void two_level_notify(struct domain *d, const struct evtchn *chn)
{
	struct vcpu *v = d->vcpu[chn->bound.vcpu_id];

	if (!test_and_set_bit_atomic(chn->port / WORD_BITS, &v->vcpu_info->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
}

static void two_level_set_pending(struct domain *d, struct evtchn *chn)
{
	struct shared_info *s = d->shared_info;

	if (test_and_set_bit_atomic(chn->port, s->evtchn_pending))
		return;
	if (!test_bit(chn->port, s->evtchn_mask))
		two_level_notify(d, chn);
	evtchn_check_pollers(d, chn->port);
}

static void two_level_clear_pending(struct domain *d, struct evtchn *chn)
{
	clear_bit_atomic(chn->port, d->shared_info->evtchn_pending);
}

static void two_level_unmask(struct domain *d, struct evtchn *chn)
{
	struct shared_info *s = d->shared_info;

	if (test_and_clear_bit_atomic(chn->port, s->evtchn_mask) &&
	    test_bit(chn->port, s->evtchn_pending))
		two_level_notify(d, chn);
}

static bool two_level_is_pending(struct domain *d, const struct evtchn *chn)
{
	return test_bit(chn->port, d->shared_info->evtchn_pending);
}

static bool two_level_is_busy(struct domain *d __maybe_unused, u32 port __maybe_unused)
{
	return false;
}

const struct evtchn_ops evtchn_two_level_ops = {
	.max_ports = EVTCHN_2L_NR_CHANNELS,
	.set_pending = two_level_set_pending,
	.clear_pending = two_level_clear_pending,
	.unmask = two_level_unmask,
	.is_pending = two_level_is_pending,
	.is_busy = two_level_is_busy,
};
