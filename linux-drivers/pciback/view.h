/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a guest sees its devices: no locks; builds on the host for the tests. */
#ifndef HOSPES_PCIBACK_VIEW_H
#define HOSPES_PCIBACK_VIEW_H

#include <linux/list.h>

#include "address.h"

struct pb_dev;

/**
 * struct pb_export - A device that a guest has.
 * @list:    in the guest's list
 * @real:    where it is
 * @virt:    where the guest sees it
 * @virtfn:  it is a virtual function (SR-IOV), a device of its own
 * @pb:      the device
 */
struct pb_export {
	struct list_head list;
	struct pb_addr real;
	struct pb_addr virt;
	bool virtfn;
	struct pb_dev *pb;
};

/**
 * struct pb_view - A way to lay out a guest's buses.
 * @place: choose @virt of a new entry that is not in the list yet; -ENOSPC if no
 *         place is left
 * @root:  bus that the guest must scan to find @export, false if another
 *         device of the list leads there
 */
struct pb_view {
	int (*place)(struct list_head *exports, struct pb_export *export);
	bool (*root)(struct list_head *exports, const struct pb_export *export,
		     struct pb_addr *root);
};

extern const struct pb_view pb_view_flat;	/* one bus 0000:00 */
extern const struct pb_view pb_view_real;	/* the machine's own addresses */

struct pb_export *pb_view_find(struct list_head *exports, const struct pb_addr *virt);
struct pb_export *pb_view_find_real(struct list_head *exports, const struct pb_addr *real);
bool pb_below_export(struct list_head *exports, const struct pb_export *export);

#endif
