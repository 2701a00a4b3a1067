// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subcommands of memory_op that tell of memory as firmware would: the machine's
 * map for those who drive it, and for other domains the map that their creator
 * made up. ABI: xen/memory.h, struct xen_memory_map.
 *
 * Lock: domain.lock guards the pointer to a domain's map.
 */
#include "memory_op.h"

#include <hv/domain.h>
#include <hv/e820.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/start.h>
#include <hv/string.h>

#include <xen/memory.h>

/* Entries of a map that a domain may be given. ABI limit of Xen. */
#define MAP_MAX_ENTRIES		1024

/** memory_machine_map() - XENMEM_machine_memory_map, for privileged callers. */
long memory_machine_map(unsigned long arg)
{
	struct xen_memory_map map;
	unsigned int nr = machine_e820.nr;
	bool fill;

	if (!current->domain->is_privileged)
		return -EPERM;
	if (copy_from_guest(&map, arg))
		return -EFAULT;
	/* A NULL buffer asks for the number of entries only. */
	fill = handle_va(map.buffer);
	if (fill && map.nr_entries < nr)
		return -EINVAL;
	if (fill && raw_copy_to_guest(handle_va(map.buffer), machine_e820.entry,
				      nr * sizeof(machine_e820.entry[0])))
		return -EFAULT;
	return copy_to_guest(arg + offsetof(struct xen_memory_map, nr_entries), &nr);
}

/* A copy of @d's map, of *@nr entries at most; NULL if there is no memory for it, or no map. */
static struct e820_entry *copy_map(struct domain *d, unsigned int *nr)
{
	struct e820_entry *copy = hv_new_array(struct e820_entry, MAP_MAX_ENTRIES);

	spin_lock(&d->lock);
	*nr = min(*nr, d->arch.nr_e820);
	if (copy)
		memcpy(copy, d->arch.e820, *nr * sizeof(*copy));
	spin_unlock(&d->lock);
	return copy;
}

/**
 * memory_guest_map() - XENMEM_memory_map: what the caller's creator said.
 * @arg: guest address of struct xen_memory_map
 *
 * Return: 0, and as many entries as there are and fit; -ENOSYS if nobody said
 * anything, as with Xen; -ENOMEM; -EFAULT.
 */
long memory_guest_map(unsigned long arg)
{
	struct domain *d = current->domain;
	struct xen_memory_map map;
	struct e820_entry *copy;
	long rc = 0;

	if (!READ_ONCE(d->arch.nr_e820))
		return -ENOSYS;
	if (copy_from_guest(&map, arg))
		return -EFAULT;
	copy = copy_map(d, &map.nr_entries);
	if (!copy)
		return -ENOMEM;
	if (raw_copy_to_guest(handle_va(map.buffer), copy, map.nr_entries * sizeof(*copy)) ||
	    copy_to_guest(arg + offsetof(struct xen_memory_map, nr_entries), &map.nr_entries))
		rc = -EFAULT;
	hv_free(copy);
	return rc;
}

static long read_map(const struct xen_memory_map *map, struct e820_entry **entries)
{
	*entries = NULL;
	if (!map->nr_entries)
		return 0;
	*entries = hv_new_array(struct e820_entry, map->nr_entries);
	if (!*entries)
		return -ENOMEM;
	if (raw_copy_from_guest(*entries, handle_va(map->buffer),
				map->nr_entries * sizeof(**entries)))
		return -EFAULT;
	return 0;
}

/**
 * memory_set_guest_map() - XENMEM_set_memory_map.
 * @arg: guest address of struct xen_foreign_memory_map
 *
 * What the entries say is between the tools and the guest.
 * Return: 0; -EINVAL for too many entries; -ESRCH, -EPERM; -ENOMEM; -EFAULT.
 */
long memory_set_guest_map(unsigned long arg)
{
	struct xen_foreign_memory_map fmap;
	struct e820_entry *entries, *old;
	struct domain *d;
	long rc;

	if (copy_from_guest(&fmap, arg))
		return -EFAULT;
	if (fmap.map.nr_entries > MAP_MAX_ENTRIES)
		return -EINVAL;
	rc = domain_get_target(fmap.domid, &d);
	if (rc)
		return rc;
	rc = read_map(&fmap.map, &entries);
	if (!rc) {
		spin_lock(&d->lock);
		old = d->arch.e820;
		d->arch.e820 = entries;
		d->arch.nr_e820 = fmap.map.nr_entries;
		spin_unlock(&d->lock);
		entries = old;
	}
	hv_free(entries);
	domain_put(d);
	return rc;
}

/**
 * memory_reserved_device_map() - XENMEM_reserved_device_memory_map.
 * @arg: guest address of struct xen_reserved_device_memory_map
 *
 * Such memory is what an IOMMU must let devices reach. None is in use, so there
 * is none, as with Xen.
 * Return: 0, and no entries; -EINVAL for flags that do not exist; -EFAULT.
 */
long memory_reserved_device_map(unsigned long arg)
{
	struct xen_reserved_device_memory_map map;

	if (copy_from_guest(&map, arg))
		return -EFAULT;
	if (map.flags & ~XENMEM_RDM_ALL)
		return -EINVAL;
	map.nr_entries = 0;
	return copy_to_guest(arg, &map);
}
