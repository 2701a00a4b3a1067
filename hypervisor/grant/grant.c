// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall grant_table_op: what a domain lets others use of its memory, and
 * how these do. Each command is a function in another file of this folder.
 * ABI: grant_table.h. Long arrays are done in batches, and continued.
 */
#include "grant.h"

#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/lib.h>

struct grant_command {
	long (*fn)(unsigned long va, unsigned int count);
	size_t size;		/* of an element that the call may be continued after */
};

static const struct grant_command commands[] = {
	[GNTTABOP_map_grant_ref] = { grant_map, sizeof(struct gnttab_map_grant_ref) },
	[GNTTABOP_unmap_grant_ref] = { grant_unmap, sizeof(struct gnttab_unmap_grant_ref) },
	[GNTTABOP_setup_table] = { grant_setup_table, 0 },
	[GNTTABOP_transfer] = { grant_transfer, sizeof(struct gnttab_transfer) },
	[GNTTABOP_copy] = { grant_copy, sizeof(struct gnttab_copy) },
	[GNTTABOP_query_size] = { grant_query_size, 0 },
	[GNTTABOP_unmap_and_replace] = { grant_unmap_and_replace,
					 sizeof(struct gnttab_unmap_and_replace) },
	[GNTTABOP_set_version] = { grant_set_version, 0 },
	[GNTTABOP_get_status_frames] = { grant_get_status_frames, 0 },
	[GNTTABOP_get_version] = { grant_get_version, 0 },
	[GNTTABOP_swap_grant_ref] = { grant_swap_ref, sizeof(struct gnttab_swap_grant_ref) },
	[GNTTABOP_cache_flush] = { grant_cache_flush, sizeof(struct gnttab_cache_flush) },
};

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
	u32 nr = (u32)cmd, left = (u32)count;
	long done;

	if ((s32)left < 0)
		return -EINVAL;
	if (nr >= ARRAY_SIZE(commands) || !commands[nr].fn)
		return -ENOSYS;
	done = commands[nr].fn(va, left);
	if (done < 0 || !commands[nr].size)
		return done;
	if (likely(done == left))
		return 0;
	return hypercall_continue(3, cmd, va + (unsigned long)done * commands[nr].size,
				  (unsigned long)(left - (u32)done));
}
