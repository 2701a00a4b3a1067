/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: what a domain lets others map. ABI: grant_table.h. */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/domain.h>

/* gnttab_max_frames; the guest learns it by GNTTABOP_query_size. */
#define GRANT_MAX_FRAMES	64
/* As many frames of the hypervisor's record of mappings may a domain have. */
#define GRANT_MAX_MAPTRACK_FRAMES 1024
/* Layouts of the table's entries that guests may choose from. */
#define GRANT_MAX_VERSION	1

int grant_domain_init(struct domain *d, unsigned int max_frames);
void grant_domain_destroy(struct domain *d);

#endif
