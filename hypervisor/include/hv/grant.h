/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: what a domain lets others map. ABI: grant_table.h. */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/domain.h>

/* gnttab_max_frames; the guest learns it by GNTTABOP_query_size. */
#define GRANT_MAX_FRAMES	64

int grant_domain_init(struct domain *d, unsigned int max_frames);
void grant_domain_destroy(struct domain *d);
/*
 * Frame @idx of @d's table, or of its status array, for acquire_resource; the
 * table grows to have it. 0; -EINVAL if it may not; -ENOMEM.
 */
int gnttab_get_shared_frame(struct domain *d, unsigned long idx, mfn_t *mfn);
int gnttab_get_status_frame(struct domain *d, unsigned long idx, mfn_t *mfn);
/* How many of each there can be now. */
unsigned int gnttab_max_shared_frames(const struct domain *d);
unsigned int gnttab_max_status_frames(const struct domain *d);
/* Steps of a dying domain's end: 0, or -ERESTART to be called again. */
int gnttab_release_mappings(struct domain *d);
int gnttab_release_frames(struct domain *d);

#endif
