/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: what a domain lets others map. ABI: grant_table.h. */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/domain.h>

/* gnttab_max_frames; the guest learns it by GNTTABOP_query_size. */
#define GRANT_MAX_FRAMES	64

int grant_domain_init(struct domain *d, unsigned int max_frames);
void grant_domain_destroy(struct domain *d);
/* Steps of a dying domain's end: 0, or -ERESTART to be called again. */
int gnttab_release_mappings(struct domain *d);
int gnttab_release_frames(struct domain *d);

#endif
