// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall memory_op: dispatch, and the subcommands that only tell something.
 * ABI: xen/memory.h. What is refused, and what is missing:
 * Documentation/abi/memory.rst.
 */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>

#include <xen/memory.h>

static long reservation_size(unsigned int cmd, unsigned long arg)
{
	struct xen_memory_domain who;
	struct domain *d;
	long pages;

	if (copy_from_guest(&who, arg))
		return -EFAULT;
	pages = domain_get_target(who.domid, &d);
	if (pages)
		return pages;
	switch (cmd) {
	case XENMEM_current_reservation:
		pages = (long)READ_ONCE(d->tot_pages);
		break;
	case XENMEM_maximum_reservation:
		pages = (long)READ_ONCE(d->max_pages);
		break;
	default:
		pages = d->shared_info ? (long)READ_ONCE(d->shared_info->arch.max_pfn) - 1 :
					 -EINVAL;
		break;
	}
	domain_put(d);
	return pages;
}

static long machphys_mapping(unsigned long arg)
{
	struct xen_machphys_mapping mapping = {
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};

	return copy_to_guest(arg, &mapping);
}

/* The frame of the table's 2 MiB page at @va; 0 if no memory stands behind that part. */
static xen_pfn_t m2p_extent(unsigned long va)
{
	pte_t entry = pte_read(&idle_l4[l4_index(va)]);
	const pte_t *table;

	if (!(entry & PTE_P))
		return 0;
	table = mfn_to_virt(pte_mfn(entry));
	entry = pte_read(&table[l3_index(va)]);
	if (!(entry & PTE_P))
		return 0;
	table = mfn_to_virt(pte_mfn(entry));
	entry = pte_read(&table[l2_index(va)]);
	return entry & PTE_P ? mfn_x(pte_mfn(entry)) : 0;
}

/* Those who may administer others may map the table by frame, as DOMID_XEN's. */
static void share_m2p_extent(xen_pfn_t first)
{
	static spinlock_t share_lock = SPINLOCK_INIT;

	spin_lock(&share_lock);
	for (unsigned long i = 0; i < PT_ENTRIES; i++) {
		struct page_info *pg = mfn_to_page(_mfn(first + i));

		if (!READ_ONCE(pg->state))
			hv_page_share(page_to_virt(pg), dom_xen, false);
	}
	spin_unlock(&share_lock);
}

static long machphys_mfn_list(unsigned long arg)
{
	unsigned long va = RW_M2P_START, end = RW_M2P_START + max_page * sizeof(*m2p_rw);
	struct xen_machphys_mfn_list list;
	unsigned int i;

	if (copy_from_guest(&list, arg))
		return -EFAULT;
	for (i = 0; i < list.max_extents && va < end; i++, va += 1UL << L2_SHIFT) {
		xen_pfn_t first = m2p_extent(va);

		if (first && current->domain->is_privileged)
			share_m2p_extent(first);
		if (copy_to_guest_index(handle_va(list.extent_start), i, &first))
			return -EFAULT;
	}
	list.nr_extents = i;
	return copy_to_guest(arg + offsetof(struct xen_machphys_mfn_list, nr_extents),
			     &list.nr_extents);
}

/* A PV guest arranges its pseudo-physical memory itself: there is nothing for us to change. */
static long add_to_physmap(domid_t domid)
{
	struct domain *d;
	long rc = domain_get_target(domid, &d);

	if (rc)
		return rc;
	domain_put(d);
	return -EACCES;
}

static long add_one_to_physmap(unsigned long arg)
{
	struct xen_add_to_physmap xatp;

	return copy_from_guest(&xatp, arg) ? -EFAULT : add_to_physmap(xatp.domid);
}

static long add_batch_to_physmap(unsigned long arg)
{
	struct xen_add_to_physmap_batch xatpb;

	return copy_from_guest(&xatpb, arg) ? -EFAULT : add_to_physmap(xatpb.domid);
}

static long remove_from_physmap(unsigned long arg)
{
	struct xen_remove_from_physmap xrfp;
	struct domain *d;
	long rc;

	if (copy_from_guest(&xrfp, arg))
		return -EFAULT;
	rc = domain_get_target(xrfp.domid, &d);
	if (rc)
		return rc;
	rc = -ENOENT;
	if (mfn_valid(_mfn(xrfp.gpfn)) &&
	    page_get(mfn_to_page(_mfn(xrfp.gpfn)), d->domain_id)) {
		m2p_rw[xrfp.gpfn] = M2P_INVALID;
		page_put(mfn_to_page(_mfn(xrfp.gpfn)));
		rc = 0;
	}
	domain_put(d);
	return rc;
}

/* Memory populated when first used is for guests whose tables we write. */
static long pod_target(unsigned long arg)
{
	struct xen_pod_target target;
	struct domain *d;
	long rc;

	if (copy_from_guest(&target, arg))
		return -EFAULT;
	rc = domain_get_target(target.domid, &d);
	if (rc)
		return rc;
	domain_put(d);
	return -EINVAL;
}

static long change_reservation(unsigned long op, unsigned long arg)
{
	unsigned long done = op >> MEMOP_EXTENT_SHIFT;
	unsigned int cmd = op & MEMOP_CMD_MASK;
	long rc = memory_reservation(cmd, arg, &done);

	if (rc != -ERESTART)
		return rc;
	return hypercall_continue(2, done << MEMOP_EXTENT_SHIFT | cmd, arg);
}

static long acquire_resource(unsigned long op, unsigned long arg)
{
	unsigned long done = op >> MEMOP_EXTENT_SHIFT;
	long rc = memory_acquire_resource(arg, &done);

	if (rc != -ERESTART)
		return rc;
	return hypercall_continue(2, done << MEMOP_EXTENT_SHIFT | XENMEM_acquire_resource, arg);
}

static long exchange(unsigned long op, unsigned long arg)
{
	long rc = memory_exchange(arg);

	return rc == -ERESTART ? hypercall_continue(2, op, arg) : rc;
}

/**
 * do_memory_op() - Hypercall memory_op.
 * @op: XENMEM_*, in a continued call with the extents done above it
 * @arg: guest address of the subcommand's structure
 * @a3:  unused
 * @a4:  unused
 * @a5:  unused
 *
 * Return: by subcommand; -ENOSYS for one that does not exist.
 */
long do_memory_op(unsigned long op, unsigned long arg, unsigned long a3, unsigned long a4,
		  unsigned long a5)
{
	unsigned int cmd = op & MEMOP_CMD_MASK;

	switch (cmd) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return change_reservation(op, arg);
	case XENMEM_exchange:
		return exchange(op, arg);
	case XENMEM_maximum_ram_page:
		return (long)max_page;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return reservation_size(cmd, arg);
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_machphys_mfn_list:
		return machphys_mfn_list(arg);
	case XENMEM_memory_map:
		return memory_guest_map(arg);
	case XENMEM_set_memory_map:
		return memory_set_guest_map(arg);
	case XENMEM_machine_memory_map:
		return memory_machine_map(arg);
	case XENMEM_reserved_device_memory_map:
		return memory_reserved_device_map(arg);
	case XENMEM_add_to_physmap:
		return add_one_to_physmap(arg);
	case XENMEM_add_to_physmap_batch:
		return add_batch_to_physmap(arg);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(arg);
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return pod_target(arg);
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0;	/* no page is shared between guests */
	case XENMEM_claim_pages:
		return memory_claim(arg);
	case XENMEM_get_vnumainfo:
		return memory_vnuma_info(arg);
	case XENMEM_acquire_resource:
		return acquire_resource(op, arg);
	default:
		return -ENOSYS;
	}
}
