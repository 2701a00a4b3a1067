/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: what a domain lets others map and copy. ABI: grant_table.h. */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/domain.h>
#include <hv/mm.h>

int grant_table_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack_frames,
		     unsigned int max_version);
/* Nobody refers to @d any more. */
void grant_table_destroy(struct domain *d);
/* Let go of all that a dying domain has mapped. 0; -ERESTART: call again. */
int gnttab_release_mappings(struct domain *d);
/* Let go of the table itself, after which nobody's mapping of it is new. 0. */
int gnttab_release_frames(struct domain *d);

/*
 * Frame @idx of @d's table, or of its status array, for acquire_resource; the
 * table grows to have it. 0; -EINVAL if it may not; -ENOMEM.
 */
int gnttab_get_shared_frame(struct domain *d, unsigned long idx, mfn_t *mfn);
int gnttab_get_status_frame(struct domain *d, unsigned long idx, mfn_t *mfn);
/* How many of each there can be, as the table is now. */
unsigned int gnttab_max_shared_frames(const struct domain *d);
unsigned int gnttab_max_status_frames(const struct domain *d);

/* Boot: the debug key. */
void grant_init(void);

/*
 * The mapper's page tables: arch/x86/pv/grant.c. The L1 table in which the last
 * entry was stays open for the next; while it is, no copies from or to guests.
 */
struct grant_ptes {
	struct page_info *pg;	/* open table, NULL: none */
	unsigned long region;	/* address >> L2_SHIFT that it maps, if found by one */
};

#define GRANT_PTES_NONE	((struct grant_ptes){ .pg = NULL })

/*
 * Map @mfn into the current domain at @addr as GNTMAP_* @flags say. The entry
 * takes over references of the caller's: one, and PT_WRITABLE unless GNTMAP_readonly.
 * GNTST_okay or GNTST_general_error.
 */
s16 arch_grant_map(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn);
/*
 * The reverse; the references are the caller's again, but for @new_addr, if not 0:
 * the entry for that address takes the place of the one at @addr.
 */
s16 arch_grant_unmap(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn, u64 new_addr);
void arch_grant_close(struct grant_ptes *t);
/* Drop the references of a mapping that was unmapped, once no TLB has it. */
void arch_grant_put(mfn_t mfn, bool readonly);
/* No TLB has anything that the current domain no longer maps. */
void arch_grant_flush(void);

#endif
