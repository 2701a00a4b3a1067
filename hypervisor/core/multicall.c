// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall multicall: a list of hypercalls, each with its own result. ABI:
 * xen.h, struct multicall_entry.
 *
 * An entry is copied in when its turn comes. Between two entries, and where an
 * entry's own handler asks to be continued, the list is continued later from
 * there: by a multicall with what is left of it.
 */
#include <hv/hypercall.h>

#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/percpu.h>

BUILD_BUG_ON(sizeof(struct multicall_entry) != 64);

/* A list within a list has no end; a return to user mode cannot have a result. */
static bool may_be_listed(unsigned long op)
{
	return op != __HYPERVISOR_multicall && op != __HYPERVISOR_iret;
}

/* The entry is to be issued again: with the arguments its handler left. */
static int store_continuation(struct vcpu *v, struct multicall_entry *entry, unsigned long va)
{
	v->hc.continued = false;
	for (unsigned int i = 0; i < v->hc.nr_args; i++)
		entry->args[i] = v->hc.args[i];
	return raw_copy_to_guest(va + offsetof(struct multicall_entry, args), entry->args,
				 5 * sizeof(entry->args[0])) ? -EFAULT : 0;
}

/* 0: done, result stored; 1: to be issued again; -EFAULT. */
static int multicall_one(struct vcpu *v, unsigned long va)
{
	struct multicall_entry entry;
	unsigned long result_va = va + offsetof(struct multicall_entry, result);

	if (copy_from_guest(&entry, va))
		return -EFAULT;
	if (may_be_listed(entry.op)) {
		entry.result = hypercall_dispatch(entry.op, entry.args);
		if (v->hc.continued)
			return store_continuation(v, &entry, va) ?: 1;
	} else {
		entry.result = -EINVAL;
	}
	return copy_to_guest(result_va, &entry.result);
}

/**
 * do_multicall() - Hypercall multicall.
 * @list: guest address of the entries
 * @nr:	  how many
 * @a3:   unused
 * @a4:   unused
 * @a5:   unused
 *
 * An entry's failure is in its result and does not stop the list.
 * ABI: xen.h, HYPERVISOR_multicall.
 * Return: 0; -EFAULT if an entry cannot be read or its result not be written;
 * what was done before that is done.
 */
long do_multicall(unsigned long list, unsigned long nr, unsigned long a3, unsigned long a4,
		  unsigned long a5)
{
	struct vcpu *v = current;
	u32 left = nr;

	for (bool first = true; left; left--, list += sizeof(struct multicall_entry)) {
		int rc = !first && hypercall_preempt_check() ? 1 : multicall_one(v, list);

		if (rc < 0)
			return rc;
		if (rc)
			return hypercall_continue(2, list, (unsigned long)left);
		first = false;
	}
	return 0;
}
