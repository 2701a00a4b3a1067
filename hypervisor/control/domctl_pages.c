// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: another domain's frames: what they are in use as, and the page
 * through which old kernels make hypercalls. Modes of paging that PV domains
 * do not have.
 *
 * ABI: domctl.h, struct xen_domctl_getpageframeinfo3, struct xen_domctl_shadow_op.
 */
#include "control.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <asm/pv.h>

#define FRAMES_MAX	1024U
/* Copied in and out at a time. */
#define BATCH		64U

static u64 frame_info(const struct domain *d, u64 mfn)
{
	static const u32 levels[] = {
		[PT_L1] = XEN_DOMCTL_PFINFO_L1TAB, [PT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
		[PT_L3] = XEN_DOMCTL_PFINFO_L3TAB, [PT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
	};
	struct page_info *pg;
	u64 info, state;

	if (!mfn_valid(_mfn(mfn)))
		return XEN_DOMCTL_PFINFO_XTAB;
	pg = mfn_to_page(_mfn(mfn));
	if (!page_get(pg, d->domain_id))
		return XEN_DOMCTL_PFINFO_XTAB;
	state = READ_ONCE(pg->state);
	info = XEN_DOMCTL_PFINFO_NOTAB;
	if (state & PG_HV)
		info = XEN_DOMCTL_PFINFO_XTAB;
	else if (pg_is_table(pg_type(state)) && pg_type_refs(state))
		info = levels[pg_type(state)];
	if (state & PG_PINNED)
		info |= XEN_DOMCTL_PFINFO_LPINTAB;
	page_put(pg);
	return info;
}

static long frame_batch(const struct domain *d, unsigned long va, u32 nr)
{
	u64 frames[BATCH];

	if (raw_copy_from_guest(frames, va, nr * sizeof(*frames)))
		return -EFAULT;
	for (u32 i = 0; i < nr; i++)
		frames[i] = frame_info(d, frames[i]);
	return raw_copy_to_guest(va, frames, nr * sizeof(*frames)) ? -EFAULT : 0;
}

/* Each number of a frame becomes what it is. */
long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_getpageframeinfo3 *g = &op->u.getpageframeinfo3;
	unsigned long va = handle_va(g->array);
	long rc = 0;

	if (g->num > FRAMES_MAX)
		return -E2BIG;
	for (u32 done = 0; done < g->num && !rc; done += BATCH)
		rc = frame_batch(d, va + done * sizeof(u64), min((u32)g->num - done, BATCH));
	return rc;
}

long domctl_hypercall_init(struct domain *d, struct xen_domctl *op, bool *reply)
{
	mfn_t mfn = _mfn(op->u.hypercall_init.gmfn);

	if (!mfn_valid(mfn) ||
	    page_get_and_type(mfn_to_page(mfn), d->domain_id, PT_WRITABLE))
		return -EINVAL;
	pv_fill_hypercall_page(mfn_to_virt(mfn));
	page_put_and_type(mfn_to_page(mfn));
	return 0;
}

/* Nothing is logged and nothing is shadowed, so that is easily turned off. */
long domctl_shadow_op(struct domain *d, struct xen_domctl *op, bool *reply)
{
	if (d == current->domain)
		return -EINVAL;
	if (d->dying)
		return 0;
	if (!domain_vcpu(d, 0))
		return -EINVAL;
	return op->u.shadow_op.op == XEN_DOMCTL_SHADOW_OP_OFF ? 0 : -EOPNOTSUPP;
}

/* 64-bit PV guests are all there are. */
long domctl_set_address_size(struct domain *d, struct xen_domctl *op, bool *reply)
{
	switch (op->u.address_size.size) {
	case 64:
		return 0;
	case 32:
		return -EOPNOTSUPP;
	}
	return -EINVAL;
}

long domctl_get_address_size(struct domain *d, struct xen_domctl *op, bool *reply)
{
	op->u.address_size.size = 64;
	*reply = true;
	return 0;
}
