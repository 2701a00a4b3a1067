// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall memory_op: dispatch, and the subcommands that only tell something.
 * ABI: xen/memory.h. What is refused, and what is missing:
 * Documentation/abi/memory.rst.
 */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/e820.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/start.h>

#include <xen/memory.h>

static long reservation_size(unsigned int cmd, unsigned long arg)
{
	struct xen_memory_domain who;
	struct domain *d;
	long pages;

	if (copy_from_guest(&who, arg))
		return -EFAULT;
	d = domain_get_remote(who.domid);
	if (!d)
		return -ESRCH;
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

static long machine_memory_map(unsigned long arg)
{
	struct xen_memory_map map;
	unsigned int nr = machine_e820.nr;
	bool fill;

	if (!current->domain->is_privileged)
		return -EPERM;
	if (copy_from_guest(&map, arg))
		return -EFAULT;
	fill = handle_va(map.buffer) != 0;
	if (fill && map.nr_entries < nr)
		return -EINVAL;
	if (fill && raw_copy_to_guest(handle_va(map.buffer), machine_e820.entry,
				      nr * sizeof(machine_e820.entry[0])))
		return -EFAULT;
	return copy_to_guest(arg + offsetof(struct xen_memory_map, nr_entries), &nr);
}

/* A PV guest arranges its pseudo-physical memory itself: there is nothing for us to change. */
static long add_to_physmap(unsigned long arg)
{
	struct xen_add_to_physmap xatp;
	struct domain *d;

	if (copy_from_guest(&xatp, arg))
		return -EFAULT;
	d = domain_get_remote(xatp.domid);
	if (!d)
		return -ESRCH;
	domain_put(d);
	return -EACCES;
}

static long remove_from_physmap(unsigned long arg)
{
	struct xen_remove_from_physmap xrfp;
	struct domain *d;
	long rc = -ENOENT;

	if (copy_from_guest(&xrfp, arg))
		return -EFAULT;
	d = domain_get_remote(xrfp.domid);
	if (!d)
		return -ESRCH;
	if (mfn_valid(_mfn(xrfp.gpfn)) &&
	    page_get(mfn_to_page(_mfn(xrfp.gpfn)), d->domain_id)) {
		m2p_rw[xrfp.gpfn] = M2P_INVALID;
		page_put(mfn_to_page(_mfn(xrfp.gpfn)));
		rc = 0;
	}
	domain_put(d);
	return rc;
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
	case XENMEM_machine_memory_map:
		return machine_memory_map(arg);
	case XENMEM_add_to_physmap:
		return add_to_physmap(arg);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(arg);
	default:
		return -ENOSYS;
	}
}
