// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall grant_table_op: what a domain lets others use of its memory, and
 * how these do. Each command is a function in another file of this folder.
 * ABI: grant_table.h. Arrays are copied in, done and copied out batch by batch,
 * all by the loop in do_array(), and continued.
 */
#include "grant.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/lib.h>

struct array_command {
	long (*fn)(void *ops, unsigned int nr);
	u8 size;	/* of an element */
	u8 batch;	/* elements that are done between looks at what else is urgent */
	bool in_only;	/* nothing is written to them */
};

#define ARRAY(fn, type)		{ fn, sizeof(struct type), GRANT_BATCH, false }

static const struct array_command arrays[] = {
	[GNTTABOP_map_grant_ref] = ARRAY(grant_map, gnttab_map_grant_ref),
	[GNTTABOP_unmap_grant_ref] = ARRAY(grant_unmap, gnttab_unmap_grant_ref),
	[GNTTABOP_transfer] = ARRAY(grant_transfer, gnttab_transfer),
	[GNTTABOP_copy] = ARRAY(grant_copy, gnttab_copy),
	[GNTTABOP_unmap_and_replace] = ARRAY(grant_unmap_and_replace, gnttab_unmap_and_replace),
	[GNTTABOP_swap_grant_ref] = ARRAY(grant_swap_ref, gnttab_swap_grant_ref),
	/* One at a time: each may look through the whole of a table. */
	[GNTTABOP_cache_flush] = { grant_cache_flush, sizeof(struct gnttab_cache_flush), 1, true },
};

static long (*const singles[])(unsigned long va, unsigned int count) = {
	[GNTTABOP_setup_table] = grant_setup_table,
	[GNTTABOP_query_size] = grant_query_size,
	[GNTTABOP_set_version] = grant_set_version,
	[GNTTABOP_get_status_frames] = grant_get_status_frames,
	[GNTTABOP_get_version] = grant_get_version,
};

/* Room for an element of any array. */
union element {
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_transfer transfer;
	struct gnttab_copy copy;
	struct gnttab_unmap_and_replace replace;
	struct gnttab_swap_grant_ref swap;
	struct gnttab_cache_flush flush;
};

static long do_array(const struct array_command *c, unsigned long cmd, unsigned long va, u32 left)
{
	union element ops[GRANT_BATCH];

	while (left) {
		u32 nr = min(left, (u32)c->batch), bytes = nr * c->size;
		long rc;

		if (unlikely(raw_copy_from_guest(ops, va, bytes)))
			return -EFAULT;
		rc = c->fn(ops, nr);
		if (!c->in_only && unlikely(raw_copy_to_guest(va, ops, bytes)))
			return -EFAULT;
		if (unlikely(rc))
			return rc;
		va += bytes;
		left -= nr;
		if (left && hypercall_preempt_check())
			return hypercall_continue(3, cmd, va, (unsigned long)left);
	}
	return 0;
}

/**
 * do_grant_table_op() - Hypercall grant_table_op.
 * @cmd:   GNTTABOP_*
 * @va:	   guest address of an array of the command's structures
 * @count: its length
 * @a4:    unused
 * @a5:    unused
 *
 * ABI: grant_table.h.
 * Return: 0, with the outcome in each structure's status where it has one;
 * -EFAULT; -EINVAL for a bad @count; -ENOSYS for a command that is not there
 * (Documentation/abi/grant.rst).
 */
long do_grant_table_op(unsigned long cmd, unsigned long va, unsigned long count, unsigned long a4,
		       unsigned long a5)
{
	u32 nr = (u32)cmd;

	if ((s32)count < 0)
		return -EINVAL;
	if (nr < ARRAY_SIZE(arrays) && arrays[nr].fn)
		return do_array(&arrays[nr], cmd, va, (u32)count);
	if (nr < ARRAY_SIZE(singles) && singles[nr])
		return singles[nr](va, (u32)count);
	return -ENOSYS;
}
