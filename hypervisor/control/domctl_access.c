// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl: which device memory, I/O ports and interrupts another domain may use:
 * what the caller may use itself, by the caller's word. How they are used is in
 * mm/iomem.c, arch/x86/pv/ioport.c and irq/pirq.c.
 *
 * ABI: domctl.h.
 */
#include "control.h"
#include "interface.h"

#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/pirq.h>
#include <hv/string.h>

#define PORTS	0x10000UL

static long change(struct rangeset *rs, unsigned long first, unsigned long last, bool allow)
{
	return allow ? rangeset_add(rs, first, last) : rangeset_remove(rs, first, last);
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
	u64 first = p->first_mfn, last = first + p->nr_mfns - 1;

	if (last < first || p->nr_mfns == 0)
		return -EINVAL;
	if (!iomem_access_permitted(current->domain, _mfn(first), _mfn(last)))
		return -EPERM;
	return change(&d->access.iomem, first, last, p->allow_access);
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
	u64 first = p->first_port, end = first + p->nr_ports;

	if (end <= first || end > PORTS)
		return -EINVAL;
	if (!rangeset_contains(&current->domain->access.ioports, first, end - 1))
		return -EPERM;
	return change(&d->access.ioports, first, end - 1, p->allow_access);
}

static long irq_permission(struct domain *d, int irq, bool allow)
{
	if (irq < 0 || !rangeset_contains(&current->domain->access.irqs, irq, irq))
		return -EPERM;
	return change(&d->access.irqs, irq, irq, allow);
}

/* The caller's own number for the line. */
long domctl_irq_permission(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_irq_permission *p = &op->u.irq_permission;

	if (p->pirq >= pirq_count(current->domain))
		return -EINVAL;
	return irq_permission(d, pirq_to_irq(current->domain, p->pirq), p->allow_access);
}

long domctl_gsi_permission(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct domctl_gsi_permission p;

	memcpy(&p, &op->u, sizeof(p));
	if (p.flags & ~1U || p.gsi >= nr_gsis)
		return -EINVAL;
	return irq_permission(d, p.gsi, p.flags & 1);
}

/* PV guests map machine frames themselves, once they may. */
long domctl_memory_mapping(struct domain *d, struct xen_domctl *op, bool *reply)
{
	const struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;
	u64 last = m->first_mfn + m->nr_mfns - 1;

	if (last < m->first_mfn || !m->nr_mfns || m->first_gfn + m->nr_mfns - 1 < m->first_gfn)
		return -EINVAL;
	if (!iomem_access_permitted(current->domain, _mfn(m->first_mfn), _mfn(last)) ||
	    !iomem_access_permitted(d, _mfn(m->first_mfn), _mfn(last)))
		return -EPERM;
	return 0;
}
