/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of grant/ share: the table of a granter, the handles of a
 * mapper.
 *
 * An entry of the table is in memory that the guest writes at any time. Beside
 * each stands a grant_active of ours: who uses it, and how often. It has a lock
 * of its own, under which nothing is waited for; see Documentation/design/grants.
 */
#ifndef GRANT_H
#define GRANT_H

#include <hv/grant.h>
#include <hv/spinlock.h>

#include <xen/grant_table.h>

#define ENTRIES_V1		(PAGE_SIZE / sizeof(struct grant_entry_v1))
#define ENTRIES_V2		(PAGE_SIZE / sizeof(union grant_entry_v2))
#define ENTRIES_STATUS		(PAGE_SIZE / sizeof(grant_status_t))
#define STATUS_FRAMES(nr_frames) DIV_ROUND_UP((nr_frames) * ENTRIES_V2, ENTRIES_STATUS)

/* Structures of one call that are copied in and out together. */
#define GRANT_BATCH		32

/* How an entry in use is used. */
enum grant_kind {
	GRANT_PAGE,
	GRANT_SUB_PAGE,		/* copies only */
	GRANT_TRANSITIVE,	/* copies only, by the grant of another */
};

/* What an entry stands for: GRANT_PAGE and GRANT_SUB_PAGE; GRANT_TRANSITIVE. */
union grant_target {
	struct {
		u32 mfn;
		u16 start, length;
	};
	struct {
		u32 ref;
		domid_t domid;
	} next;
};

struct grant_active {
	u8 locked;		/* guards the rest, and status bits of the guest's entry */
	u8 kind;
	domid_t domid;		/* who uses it */
	u16 readers, writers;	/* mappings, for the host and for devices, and copies */
	union grant_target target;
};

#define GRANT_PINS_MAX		0x7fff

BUILD_BUG_ON(sizeof(struct grant_active) != 16);

/* Order of the allocation that has the grant_actives of one frame of version 1. */
#define ACTIVE_ORDER		1
BUILD_BUG_ON(ENTRIES_V1 * sizeof(struct grant_active) != PAGE_SIZE << ACTIVE_ORDER);

#define MAPTRACK_BUSY		0x8000	/* in flags: one CPU unmaps it */
#define MAPTRACK_NONE		(~0U)
#define MAPTRACK_SHIFT		8	/* handles in a page */

/* Blocks of handles that a table has room for from the beginning; few domains map more. */
#define MAPTRACK_FIRST		16

/* One mapping. Written by who got the handle, or set MAPTRACK_BUSY. */
struct maptrack {
	u16 flags;		/* GNTMAP_* below 16; 0: free, or not yet mapped */
	domid_t granter;
	u32 serial;		/* of the granter's table: it may be another's by now */
	u32 ref;		/* of a free one: the next free handle */
	u32 mfn;
};

BUILD_BUG_ON((sizeof(struct maptrack) << MAPTRACK_SHIFT) != PAGE_SIZE);

struct grant_table {
	struct domain *d;
	u32 serial;		/* of all tables there ever were */

	/*
	 * Written under lock. The arrays only grow and have room for the maximum; that of
	 * handles once the first are used up, see maptrack.c.
	 */
	unsigned int version;	/* 1, 2; 0 while it changes: wait */
	unsigned int nr_frames;
	unsigned int nr_entries;	/* in these, by version */
	unsigned int nr_status;	/* frames; the guest has those it needs, with version 2 */
	unsigned int nr_maptrack;
	void **shared;
	grant_status_t **status;
	struct grant_active **active;
	struct maptrack **maptrack, *maptrack_first[MAPTRACK_FIRST];
	unsigned int max_frames, max_maptrack, max_version;

	/* The free handle to be used next, and in the upper half the number of changes. */
	u64 free_handle;
	unsigned int release_next;	/* of a dying domain: handle to go on with */

	/* Hints for debug key 'g': CPUs may lose some of each other's. */
	u64 nr_maps, nr_unmaps, nr_copies, nr_failed;

	spinlock_t lock;
};

static inline void grant_count(u64 *count, unsigned int by)
{
	WRITE_ONCE(*count, READ_ONCE(*count) + by);
}

static inline struct grant_entry_v1 *shared_v1(const struct grant_table *gt, u32 ref)
{
	return (struct grant_entry_v1 *)gt->shared[ref / ENTRIES_V1] + ref % ENTRIES_V1;
}

static inline union grant_entry_v2 *shared_v2(const struct grant_table *gt, u32 ref)
{
	return (union grant_entry_v2 *)gt->shared[ref / ENTRIES_V2] + ref % ENTRIES_V2;
}

static inline grant_status_t *status_v2(const struct grant_table *gt, u32 ref)
{
	return gt->status[ref / ENTRIES_STATUS] + ref % ENTRIES_STATUS;
}

/* Entries of @nr_frames frames. */
static inline unsigned int grant_entries(unsigned int version, unsigned int nr_frames)
{
	return nr_frames * (unsigned int)(version == 2 ? ENTRIES_V2 : ENTRIES_V1);
}

static inline void entry_lock(struct grant_active *a)
{
	while (__atomic_exchange_n(&a->locked, 1, __ATOMIC_SEQ_CST))
		while (READ_ONCE(a->locked))
			cpu_relax();
}

static inline void entry_unlock(struct grant_active *a)
{
	__atomic_store_n(&a->locked, 0, __ATOMIC_RELEASE);
}

static inline bool entry_in_use(const struct grant_active *a)
{
	return a->readers | a->writers;
}

/* grant/entry.c */
struct grant_active *grant_entry_get(struct grant_table *gt, u32 ref, unsigned int *version);

/* What is asked of an entry. */
struct grant_use {
	domid_t domid;		/* who asks */
	bool write;
	bool copy;		/* for the time of a copy, not to map */
	u8 nr;			/* mappings: 1 or 2 */
	u8 kind;		/* out */
	union grant_target target;	/* out */
};

s16 grant_pin(struct grant_table *gt, u32 ref, struct grant_use *use);
void grant_unpin(struct grant_table *gt, u32 ref, bool write, unsigned int nr);
s16 grant_frame_get(mfn_t mfn, domid_t owner, bool write);
void grant_frame_put(mfn_t mfn, bool write);

/* grant/map.c, and what unmap.c has in common with it */
#define GRANT_MAP_PARTS	(GNTMAP_device_map | GNTMAP_host_map)

static inline unsigned int grant_nr_parts(u32 flags)
{
	return (flags & GRANT_MAP_PARTS) == GRANT_MAP_PARTS ? 2 : 1;
}

static inline void grant_granter_put(struct domain *last)
{
	if (last)
		domain_put(last);
}

/**
 * grant_granter() - The domain that granted what is mapped or unmapped.
 * @last:  that of the mapping before, referenced, or NULL; changed. The caller ends with
 *	   grant_granter_put()
 * @domid: its number, untrusted; DOMID_SELF is none
 *
 * Most of a batch are grants of one domain's.
 * Return: the domain, as long as *@last is; NULL if there is none.
 */
static inline struct domain *grant_granter(struct domain **last, domid_t domid)
{
	if (likely(*last && (*last)->domain_id == domid))
		return *last;
	grant_granter_put(*last);
	*last = domid < DOMID_FIRST_RESERVED ? domain_get(domid) : NULL;
	return *last;
}

/* grant/maptrack.c */
u32 maptrack_get(struct grant_table *gt, struct maptrack **m);
void maptrack_put(struct grant_table *gt, u32 handle);
struct maptrack *maptrack_find(const struct grant_table *gt, u32 handle);
void maptrack_destroy(struct grant_table *gt);

/* grant/table.c */
struct domain *grant_table_domain(domid_t domid, s16 *status);
int grant_status_reserve(struct grant_table *gt, unsigned int nr_frames);
void grant_status_share(struct grant_table *gt, unsigned int first);

/*
 * One function for each command. Of those that have one structure, @va is its
 * address, and they return as do_grant_table_op() does.
 */
long grant_setup_table(unsigned long va, unsigned int count);
long grant_query_size(unsigned long va, unsigned int count);
long grant_get_status_frames(unsigned long va, unsigned int count);
long grant_set_version(unsigned long va, unsigned int count);
long grant_get_version(unsigned long va, unsigned int count);

/* Of those that have an array, @ops are @nr structures of it, copied in. 0 or an errno. */
long grant_map(void *ops, unsigned int nr);
long grant_unmap(void *ops, unsigned int nr);
long grant_unmap_and_replace(void *ops, unsigned int nr);
long grant_copy(void *ops, unsigned int nr);
long grant_transfer(void *ops, unsigned int nr);
long grant_swap_ref(void *ops, unsigned int nr);
long grant_cache_flush(void *ops, unsigned int nr);

#endif
