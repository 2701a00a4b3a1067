// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine of a frame: references, types, pins.
 *
 * Everything is in page_info.state and moves by compare-and-exchange; there is
 * no lock. While PG_BUSY is set, the state is one of
 *
 *   busy, not validated, type_refs 0	its CPU changes the type: it lets go of
 *					what an old table held, flushes TLBs,
 *					validates the new contents
 *   busy, not validated, type_refs 1	its CPU drops the last type reference
 *					and is about to stamp the time
 *   busy, validated			its CPU edits the table; others may take
 *					and drop type references meanwhile
 *
 * Who waits for whom: a wanted type waits for a busy frame only if that frame
 * is becoming just this type, otherwise it is refused at once. A CPU that
 * holds PG_BUSY of a table wants only types of a lower level, so no two wait
 * for each other; dropping and editing's end never wait.
 *
 * Why the last drop needs PG_BUSY: the stamp must be the time of the last use.
 * Were it written before a plain compare-and-exchange to 0, another CPU could
 * take, use and drop the type in between and leave the state as it was.
 *
 * Locks: free_lock guards the list of freed tables.
 */
#include <hv/mm.h>
#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>

#include <asm/flush.h>

/* Tables dropped in one run of the softirq. */
#define FREE_BATCH		16

static spinlock_t free_lock = SPINLOCK_INIT;
/* Tables without references that still hold their children's; linked by tlb_stamp. */
static u32 free_head;

/* Contents count, so that the frame must be looked at before it has the type. */
static bool needs_validation(enum page_type type)
{
	return type != PT_WRITABLE;
}

/**
 * page_get() - Take a reference to a frame.
 * @pg: frame with a frame-table entry
 * @owner: who must own it
 *
 * Return: false if it is free, not @owner's, or its count has no room.
 */
bool page_get(struct page_info *pg, domid_t owner)
{
	u64 old = atomic64_read(&pg->state);

	do {
		if (!(old & PG_REFS_MASK) || (old & PG_REFS_FULL) || page_owner(pg) != owner)
			return false;
	} while (!atomic64_cmpxchg(&pg->state, &old, old + 1));

	/* It may have been freed and given to another before the reference was ours. */
	if (likely(page_owner(pg) == owner))
		return true;
	page_put(pg);
	return false;
}

/* The last reference of a validated table is gone: its children go later, in bounded steps. */
static void free_later(struct page_info *pg)
{
	spin_lock(&free_lock);
	pg->tlb_stamp = free_head;
	free_head = (u32)mfn_x(page_to_mfn(pg));
	spin_unlock(&free_lock);
	softirq_raise(SOFTIRQ_PAGE_FREE);
}

static struct page_info *free_next(void)
{
	struct page_info *pg = NULL;

	spin_lock(&free_lock);
	if (free_head) {
		pg = mfn_to_page(_mfn(free_head));
		free_head = pg->tlb_stamp;
	}
	spin_unlock(&free_lock);
	return pg;
}

static void free_tables(void)
{
	for (unsigned int i = 0; i < FREE_BATCH; i++) {
		struct page_info *pg = free_next();

		if (!pg)
			return;
		arch_page_drop(pg, pg_type(pg->state));
		WRITE_ONCE(pg->state, 0);
		domain_page_free(pg);
	}
	softirq_raise(SOFTIRQ_PAGE_FREE);
}

/* No reference is left: nobody else can find a way to the frame any more. */
static void page_last_put(struct page_info *pg, u64 state)
{
	if (unlikely(state & PG_HV)) {
		hv_page_unmapped(pg);
		return;
	}
	ASSERT(!(state & (PG_TYPE_REFS_MASK | PG_PINNED | PG_ALLOCATED | PG_BUSY)));
	if ((state & PG_VALIDATED) && pg_is_table(pg_type(state))) {
		free_later(pg);
		return;
	}
	WRITE_ONCE(pg->state, 0);
	domain_page_free(pg);
}

/**
 * page_put() - Drop a reference; with the last one the frame is freed.
 * @pg: frame; the caller's reference goes
 *
 * Context: may take the page lock of the owner and the allocator's lock.
 */
void page_put(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state);

	do {
		BUG_ON(!(old & PG_REFS_MASK));
	} while (!atomic64_cmpxchg(&pg->state, &old, old - 1));
	if (unlikely((old & PG_REFS_MASK) == 1))
		page_last_put(pg, old - 1);
}

/*
 * Drop the only type reference, PG_BUSY being ours and PG_VALIDATED clear: no
 * use can begin before the stamp is in place. @validated: what to go back to.
 */
static bool finish_last_drop(struct page_info *pg, u64 validated)
{
	u64 old = atomic64_read(&pg->state), new;

	WRITE_ONCE(pg->tlb_stamp, (u32)tlb_clock_now());
	do {
		new = ((old & ~PG_BUSY) - PG_TYPE_REF) | validated;
	} while (!atomic64_cmpxchg(&pg->state, &old, new));
	return validated && pg_is_table(pg_type(new));
}

/**
 * page_put_type() - Drop a type reference.
 * @pg: frame; the caller's type reference goes
 *
 * The caller also holds a reference, which is not dropped.
 * Return: true if a table is left behind validated but in use by nobody.
 */
bool page_put_type(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state), new;

	do {
		BUG_ON(!(old & PG_TYPE_REFS_MASK));
		if ((old & PG_TYPE_REFS_MASK) > PG_TYPE_REF)
			new = old - PG_TYPE_REF;
		else
			new = (old | PG_BUSY) & ~PG_VALIDATED;
	} while (!atomic64_cmpxchg(&pg->state, &old, new));

	if (likely((old & PG_TYPE_REFS_MASK) > PG_TYPE_REF))
		return false;
	return finish_last_drop(pg, old & PG_VALIDATED);
}

/**
 * page_put_and_type() - Drop a type reference and a reference.
 * @pg: frame; both references go
 *
 * Return: as page_put_type(), if the frame is not freed.
 */
bool page_put_and_type(struct page_info *pg)
{
	bool idle;

	if (likely(page_try_put_and_type(pg)))
		return false;
	idle = page_put_type(pg);
	page_put(pg);
	return idle;
}

/* PG_BUSY is ours: end it, with a first type reference or none. */
static void end_change(struct page_info *pg, u64 set)
{
	u64 old = atomic64_read(&pg->state);

	while (!atomic64_cmpxchg(&pg->state, &old, ((old & ~PG_BUSY) + (set & PG_TYPE_REFS_MASK)) |
				 (set & PG_VALIDATED)))
		;
}

/* The frame was in state @was and is now ours by PG_BUSY, with @type in place and no use. */
static int change_type(struct page_info *pg, u64 was, enum page_type type)
{
	enum page_type old_type = pg_type(was);
	int rc = 0;

	if ((was & PG_VALIDATED) && pg_is_table(old_type))
		arch_page_drop(pg, old_type);
	/*
	 * Writable mappings, and what CPUs remember of a former table, outlive
	 * the references in TLBs. A frame fresh from the allocator has none.
	 */
	if (old_type != PT_NONE && old_type != type)
		flush_tlb_stamp(READ_ONCE(pg->tlb_stamp));

	if (needs_validation(type)) {
		if (unlikely(pg->flags & PGF_NONCOHERENT)) {
			flush_cache_page(page_to_virt(pg));
			pg->flags &= (u8)~PGF_NONCOHERENT;
		}
		rc = arch_page_validate(pg, type);
	}
	/* If refused it keeps the type without a use: the stamp stays meaningful. */
	end_change(pg, rc ? 0 : PG_TYPE_REF | (needs_validation(type) ? PG_VALIDATED : 0));
	return rc;
}

/**
 * page_get_type() - Take a type reference to a frame.
 * @pg: frame, of which the caller holds a reference
 * @type: PT_L1 to PT_L4, PT_SEGDESC or PT_WRITABLE
 *
 * Context: may wait for another CPU that makes the frame the same type. Holding
 * page_edit_begin() of a table, only lower types.
 * Return: 0; -EBUSY if it is in use, or becoming, another type, or its count
 * has no room; from the architecture -EINVAL or -EBUSY if the contents are
 * refused; -ERESTART if preempted while validating a table.
 */
int page_get_type(struct page_info *pg, enum page_type type)
{
	u64 old = atomic64_read(&pg->state), new;
	bool change;

	for (;;) {
		change = false;
		if (unlikely(pg_type(old) != type)) {
			if (old & (PG_TYPE_REFS_MASK | PG_BUSY))
				return -EBUSY;
			/* Fresh memory becomes writable: nothing to check, nothing to flush. */
			change = pg_type(old) != PT_NONE || needs_validation(type);
		} else if (unlikely((old & (PG_BUSY | PG_VALIDATED)) == PG_BUSY)) {
			flush_tlb_serve();
			old = atomic64_read(&pg->state);
			continue;
		} else if (needs_validation(type) && !(old & PG_VALIDATED)) {
			change = true;
		}
		if (!change && (old & PG_TYPE_REFS_FULL))
			return -EBUSY;

		if (change)
			new = (old & ~(PG_TYPE_MASK | PG_VALIDATED)) | pg_type_bits(type) | PG_BUSY;
		else
			new = ((old & ~PG_TYPE_MASK) | pg_type_bits(type)) + PG_TYPE_REF;
		if (atomic64_cmpxchg(&pg->state, &old, new))
			return change ? change_type(pg, old, type) : 0;
	}
}

/**
 * page_get_and_type() - page_get(), then page_get_type().
 * @pg: any frame
 * @owner: as page_get()
 * @type: as page_get_type()
 *
 * Return: as page_get_type(), and -EINVAL if there is no reference to be had.
 */
int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	int rc;

	if (type == PT_WRITABLE && likely(page_try_get_writable(pg, owner)))
		return 0;
	if (!page_get(pg, owner))
		return -EINVAL;
	rc = page_get_type(pg, type);
	if (rc)
		page_put(pg);
	return rc;
}

/**
 * page_pin() - Hold a frame to a type until page_unpin().
 * @pg: frame with a frame-table entry
 * @owner: who must own it
 * @type: PT_L1 to PT_L4
 *
 * Return: as page_get_and_type(), and -EINVAL if it is pinned already.
 */
int page_pin(struct page_info *pg, domid_t owner, enum page_type type)
{
	int rc = page_get_and_type(pg, owner, type);
	u64 old = atomic64_read(&pg->state);

	if (rc)
		return rc;
	while (!(old & PG_PINNED))
		if (atomic64_cmpxchg(&pg->state, &old, old | PG_PINNED))
			return 0;
	page_put_and_type(pg);
	return -EINVAL;
}

/**
 * page_unpin() - Undo page_pin().
 * @pg: frame, of which the caller holds a reference of its own
 * @idle: set as page_put_type() returns
 *
 * Return: -EINVAL if it is not pinned.
 */
int page_unpin(struct page_info *pg, bool *idle)
{
	u64 old = atomic64_read(&pg->state);

	do {
		if (!(old & PG_PINNED))
			return -EINVAL;
	} while (!atomic64_cmpxchg(&pg->state, &old, old & ~PG_PINNED));
	*idle = page_put_and_type(pg);
	return 0;
}

/**
 * page_retire() - Let go of what an unused validated table holds.
 * @pg: frame, of which the caller holds a reference
 *
 * Context: bounded by one table; drops references of its children.
 * Return: index of the first entry whose child is thereby such a table itself,
 * PT_ENTRIES if there is none; -EBUSY if @pg is no such table, or in use again.
 */
int page_retire(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state);
	unsigned int first;

	do {
		if (!(old & PG_VALIDATED) || (old & (PG_TYPE_REFS_MASK | PG_BUSY)) ||
		    !pg_is_table(pg_type(old)))
			return -EBUSY;
	} while (!atomic64_cmpxchg(&pg->state, &old, (old | PG_BUSY) & ~PG_VALIDATED));
	first = arch_page_drop(pg, pg_type(old));
	/* The type stays: CPUs may remember entries until it changes. */
	end_change(pg, 0);
	return (int)first;
}

/**
 * page_edit_begin() - Become the one CPU that edits a table.
 * @pg: frame with a frame-table entry
 * @owner: who must own it
 * @type: PT_L1 to PT_L4, what it must be in use as
 *
 * Takes a reference and a type reference, so that nobody else drops the last.
 * Context: waits for another editor; the caller edits no other table.
 * Return: false if it is not @owner's, not in use as @type, or a count has no
 * room.
 */
bool page_edit_begin(struct page_info *pg, domid_t owner, enum page_type type)
{
	const u64 fit = PG_TYPE_MASK | PG_TYPE_REFS_FULL | PG_REFS_FULL;
	u64 old = atomic64_read(&pg->state);

	for (;;) {
		if ((old & fit) != pg_type_bits(type) ||
		    !(old & PG_TYPE_REFS_MASK) || page_owner(pg) != owner)
			return false;
		if (unlikely(old & PG_BUSY)) {
			flush_tlb_serve();
			old = atomic64_read(&pg->state);
			continue;
		}
		if (atomic64_cmpxchg(&pg->state, &old, (old | PG_BUSY) + PG_TYPE_REF + 1))
			break;
	}
	if (likely(page_owner(pg) == owner))
		return true;
	if (page_edit_end(pg))
		page_put(pg);
	return false;
}

/**
 * page_edit_end() - Undo page_edit_begin().
 * @pg: table that page_edit_begin() held
 *
 * Return: true if all other users have gone meanwhile: the table is left
 * behind as with page_put_type(), and the reference is still the caller's.
 */
bool page_edit_end(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state), new;

	do {
		if (likely((old & PG_TYPE_REFS_MASK) > PG_TYPE_REF))
			new = (old & ~PG_BUSY) - PG_TYPE_REF - 1;
		else
			new = old & ~PG_VALIDATED;
	} while (!atomic64_cmpxchg(&pg->state, &old, new));

	if (likely((old & PG_TYPE_REFS_MASK) > PG_TYPE_REF))
		return false;
	return finish_last_drop(pg, PG_VALIDATED);
}

/**
 * page_give_up() - The owner no longer wants the frame.
 * @pg: frame, of which the caller holds a reference of its own
 *
 * It is freed with the last reference. An unused table lets go of its children
 * first: they may hold references to the table itself.
 * Return: -EINVAL if the owner gave it up before, or it is the hypervisor's.
 */
int page_give_up(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state);

	page_retire(pg);
	do {
		if (!(old & PG_ALLOCATED) || (old & PG_HV))
			return -EINVAL;
	} while (!atomic64_cmpxchg(&pg->state, &old, old & ~PG_ALLOCATED));
	page_put(pg);
	return 0;
}

/**
 * page_steal() - Take a frame from its owner that nobody else refers to.
 * @pg: frame with a frame-table entry
 * @owner: who must own it
 *
 * Return: 0, and the frame is the caller's alone, with no references, while
 * owner and count are unchanged; it is discarded or comes back by
 * page_unsteal(). -EINVAL if it is not @owner's, or the hypervisor's; -EBUSY if
 * anything else refers to it.
 */
int page_steal(struct page_info *pg, domid_t owner)
{
	u64 old;

	if (!page_get(pg, owner))
		return -EINVAL;
	page_retire(pg);

	old = atomic64_read(&pg->state);
	do {
		if (!(old & PG_ALLOCATED) || (old & PG_HV)) {
			page_put(pg);
			return -EINVAL;
		}
		/* Ours and the owner's. */
		if ((old & (PG_REFS_MASK | PG_TYPE_REFS_MASK | PG_BUSY)) != 2 ||
		    ((old & PG_VALIDATED) && pg_is_table(pg_type(old)))) {
			page_put(pg);
			return -EBUSY;
		}
		/* What it was stays known: if it comes back, TLBs may still have it so. */
	} while (!atomic64_cmpxchg(&pg->state, &old, old & PG_TYPE_MASK));
	return 0;
}

/**
 * page_unsteal() - Undo page_steal().
 * @pg: frame that page_steal() took
 */
void page_unsteal(struct page_info *pg)
{
	__atomic_store_n(&pg->state, (pg->state & PG_TYPE_MASK) | PG_ALLOCATED | 1,
			 __ATOMIC_RELEASE);
}

/**
 * page_take_last() - page_get(), page_give_up() and page_put() in one step, of a
 * frame that nobody but its owner refers to.
 * @pg: frame with a frame-table entry
 * @owner: who must own it
 *
 * Context: under @owner's page_lock: between the two looks below the frame
 * cannot be freed and come back as another's.
 * Return: true, and the frame is as after the last page_put(); else nothing is
 * done.
 */
bool page_take_last(struct page_info *pg, domid_t owner)
{
	u64 old = __atomic_load_n(&pg->state, __ATOMIC_ACQUIRE);

	do {
		if (page_owner(pg) != owner ||
		    (old & ~(PG_TYPE_MASK | PG_VALIDATED)) != (PG_ALLOCATED | 1) ||
		    ((old & PG_VALIDATED) && pg_is_table(pg_type(old))))
			return false;
	} while (!atomic64_cmpxchg(&pg->state, &old, 0));
	return true;
}

/**
 * page_init() - Before the first table is freed.
 */
void page_init(void)
{
	softirq_register(SOFTIRQ_PAGE_FREE, free_tables);
}
