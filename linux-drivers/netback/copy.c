// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grant copies. A copy costs no change of page tables on either side, and any
 * number of them one hypercall.
 *
 * ABI: xen/grant_table.h, GNTTABOP_copy.
 */
#include <xen/grant_table.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "netback.h"

/**
 * nb_copy_add() - Prepare a copy out of a guest's page.
 * @op:		filled in
 * @domid:	the guest
 * @ref:	its grant
 * @src:	offset in the granted page; @src + @len is within the page
 * @dst:	kernel memory in the direct map; @dst + @len is within one page
 * @len:	octets
 *
 * Context: any.
 */
void nb_copy_add(struct gnttab_copy *op, domid_t domid, grant_ref_t ref, unsigned int src,
		 void *dst, unsigned int len)
{
	op->source.u.ref = ref;
	op->source.domid = domid;
	op->source.offset = src;
	op->dest.u.gmfn = virt_to_gfn(dst);
	op->dest.domid = DOMID_SELF;
	op->dest.offset = xen_offset_in_page(dst);
	op->len = len;
	op->flags = GNTCOPY_source_gref;
}

/**
 * nb_copy_run() - Do copies in one hypercall.
 * @op:	each op's status is GNTST_okay or an error afterwards
 * @nr:	of them; none is fine
 *
 * A page that the guest's pager has put aside is not waited for, as softirqs
 * must not sleep: that copy fails, the packet is lost, and the page is on its
 * way for the retransmission.
 *
 * Context: any.
 */
void nb_copy_run(struct gnttab_copy *op, unsigned int nr)
{
	unsigned int i;

	if (nr && WARN_ON_ONCE(HYPERVISOR_grant_table_op(GNTTABOP_copy, op, nr)))
		for (i = 0; i < nr; i++)
			op[i].status = GNTST_general_error;
}
