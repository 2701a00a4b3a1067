// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls mmu_update, update_va_mapping and update_va_mapping_otherdomain.
 * ABI: xen.h, "HYPERVISOR_mmu_update" and the MMU_* and UVMF_* below it.
 *
 * Requests are copied in by batches. The table that the last one changed stays
 * open for the next, since a guest mostly changes several entries of one.
 */
#include <asm/pv_mm.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#include <asm/flush.h>

#define BATCH			32
#define CMD_MASK		3UL
/* In the count of a call that is continued: what was done is in *pdone. */
#define MMU_UPDATE_PREEMPTED	0x80000000U

/* Requests with this many between two looks at the clock are short enough. */
#define PREEMPT_INTERVAL	16

/* A frame that holds the entries to be changed. */
struct open_table {
	mfn_t mfn;		/* INVALID_MFN: none is open */
	struct page_info *pg;
	enum page_type type;	/* a level, or PT_WRITABLE: the guest's plain memory */
};

/* Both domains are referenced if the second is there. */
struct target {
	struct pte_update u;
	struct domain *frames;	/* NULL: all is the caller's own */
};

struct batch {
	struct target target;
	struct open_table table;
	bool flush;		/* tables above L1 changed */
};

/*
 * pv_foreign_get() - The domain that a call names as owner of frames.
 * @domid: any number; DOMID_SELF is the caller's own
 * @d:	   set on success, with a reference; dom_io and dom_xen are possible
 *
 * ABI: xen.h, foreigndom.
 * Return: 0; -ESRCH if there is none; -EPERM if the caller has no rights over it.
 */
int pv_foreign_get(domid_t domid, struct domain **d)
{
	switch (domid) {
	case DOMID_IO:
		*d = dom_io;
		break;
	case DOMID_XEN:
		if (!current->domain->is_privileged)
			return -EPERM;
		*d = dom_xen;
		break;
	default:
		return domain_get_target(domid, d);
	}
	domain_hold(*d);
	return 0;
}

/* The domain whose tables they are: @tables - 1, or the caller if that is 0. */
static int tables_get(struct target *t, u32 tables)
{
	int rc;

	if (!tables) {
		domain_hold(t->u.d);
		return 0;
	}
	rc = domain_get_target((domid_t)(tables - 1), &t->u.d);
	/* A dying one's tables are being taken apart. */
	if (!rc && READ_ONCE(t->u.d->dying)) {
		domain_put(t->u.d);
		rc = -ESRCH;
	}
	return rc;
}

/*
 * target_get() - Who owns the tables, and who the frames to map.
 * @foreigndom: low half: owner of the frames; high half: 1 + owner of the
 *		tables, 0 for the caller
 *
 * Return: 0, undone by target_put(); -ESRCH, -EPERM.
 */
static __always_inline int target_get(struct target *t, u32 foreigndom)
{
	u32 tables = foreigndom >> 16;
	int rc;

	t->frames = NULL;
	t->u.d = current->domain;
	t->u.owner = t->u.d->domain_id;
	if (likely((domid_t)foreigndom == DOMID_SELF && !tables))
		return 0;
	rc = pv_foreign_get((domid_t)foreigndom, &t->frames);
	if (rc)
		return rc;
	t->u.owner = t->frames->domain_id;
	rc = tables_get(t, tables);
	if (rc)
		domain_put(t->frames);
	else if (t->u.d != t->frames && t->frames != dom_io)
		flush_note_foreign(t->u.d->domain_id);
	return rc;
}

static __always_inline void target_put(const struct target *t)
{
	if (likely(!t->frames))
		return;
	domain_put(t->frames);
	domain_put(t->u.d);
}

static __always_inline void table_close(struct open_table *t)
{
	struct page_info *pg = t->pg;

	if (mfn_eq(t->mfn, INVALID_MFN))
		return;
	t->mfn = INVALID_MFN;
	if (t->type == PT_WRITABLE)
		page_put_and_type(pg);
	else if (unlikely(page_edit_end(pg)))
		pv_retire(current, pg, t->type);
}

/* Open the table that is frame @mfn. A frame in no use as a table is memory that @d may write. */
static int table_open(struct open_table *t, const struct domain *d, mfn_t mfn)
{
	struct page_info *pg = mfn_to_page(mfn);
	u64 state;
	int rc = 0;

	if (!mfn_valid(mfn))
		return -EINVAL;
	state = READ_ONCE(pg->state);
	t->type = pg_type(state);
	if (pg_is_table(t->type) && pg_type_refs(state)) {
		if (!page_edit_begin(pg, d->domain_id, t->type))
			rc = -EINVAL;
	} else {
		t->type = PT_WRITABLE;
		rc = page_get_and_type(pg, d->domain_id, PT_WRITABLE);
	}
	if (rc)
		return rc;
	t->mfn = mfn;
	t->pg = pg;
	return 0;
}

/* An entry above L1; the table is closed before what fell out of use is retired. */
static noinline int update_table(struct batch *b, pte_t *ptep, pte_t val)
{
	enum page_type level = b->table.type;
	struct page_info *idle;
	int rc = pv_update_table(&b->target.u, ptep, val, level, &idle, &b->flush);

	if (rc || !idle)
		return rc;
	table_close(&b->table);
	pv_retire(current, idle, level - 1);
	return 0;
}

static __always_inline int update_pte(struct batch *b, u64 ptr, u64 val)
{
	mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
	pte_t *ptep;
	int rc;

	if (unlikely(ptr % sizeof(pte_t)))
		return -EINVAL;
	if (!mfn_eq(mfn, b->table.mfn)) {
		table_close(&b->table);
		rc = table_open(&b->table, b->target.u.d, mfn);
		if (rc)
			return rc;
	}
	ptep = (pte_t *)((char *)page_to_virt(b->table.pg) + (ptr & ~PAGE_MASK));
	if (likely(b->table.type == PT_L1))
		return pv_update_l1(&b->target.u, ptep, val);
	if (pg_is_table(b->table.type))
		return update_table(b, ptep, val);
	WRITE_ONCE(*ptep, val);
	return 0;
}

static int update_m2p(const struct pte_update *u, u64 ptr, u64 val)
{
	mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
	struct page_info *pg = mfn_to_page(mfn);

	if (!mfn_valid(mfn) || !page_get(pg, u->owner))
		return -EINVAL;
	WRITE_ONCE(m2p_rw[mfn_x(mfn)], val);
	page_put(pg);
	return 0;
}

static __always_inline int update_one(struct batch *b, const struct mmu_update *req)
{
	u64 ptr = req->ptr & ~CMD_MASK;

	switch (req->ptr & CMD_MASK) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		b->target.u.preserve_ad = false;
		return update_pte(b, ptr, req->val);
	case MMU_PT_UPDATE_PRESERVE_AD:
		b->target.u.preserve_ad = true;
		return update_pte(b, ptr, req->val);
	default:
		return update_m2p(&b->target.u, ptr, req->val);
	}
}

static bool preempt_after(const struct batch *b, unsigned int done)
{
	return (done % PREEMPT_INTERVAL == 0 || b->table.type != PT_L1) &&
	       hypercall_preempt_check();
}

/*
 * Carry out requests until one fails; *@done counts those before. With
 * -ERESTART the rest, be it none, is to be continued.
 */
static __always_inline int update_batch(struct batch *b, unsigned long list, unsigned int count,
					unsigned int *done)
{
	struct mmu_update req[BATCH];
	int rc;

	while (*done < count) {
		unsigned int i, nr = min(count - *done, (unsigned int)BATCH);

		if (raw_copy_from_guest(req, list + *done * sizeof(*req), nr * sizeof(*req)))
			return -EFAULT;
		for (i = 0; i < nr; i++) {
			rc = update_one(b, &req[i]);
			if (unlikely(rc))
				return rc;
			(*done)++;
			if (pv_retire_left(current) ||
			    (*done < count && preempt_after(b, *done)))
				return -ERESTART;
		}
	}
	return 0;
}

static void flush_domain(const struct domain *d)
{
	cpumask_t mask;

	pv_domain_cpus(d, &mask);
	flush_tlb_mask(&mask);
}

static int update_all(unsigned long list, unsigned int count, u32 foreigndom, unsigned int *done)
{
	struct batch b = { .table.mfn = INVALID_MFN, .table.type = PT_L1 };
	int rc = target_get(&b.target, foreigndom);

	if (rc)
		return rc;
	rc = update_batch(&b, list, count, done);
	table_close(&b.table);
	if (b.flush)
		flush_domain(b.target.u.d);
	target_put(&b.target);
	return !rc && pv_retire_left(current) ? -ERESTART : rc;
}

/**
 * pv_batch() - A hypercall that carries out a list of requests.
 * @all:  carries out @nr of them at @list, counts those done; -ERESTART: not all yet
 * @size: bytes of a request
 * @list: guest address of the requests
 * @count: how many, with MMU_UPDATE_PREEMPTED if this continues a call
 * @pdone: guest address at which to leave how many were carried out, or 0
 * @foreigndom: for @all
 *
 * Return: what @all does; -EFAULT for @pdone; continued at -ERESTART.
 */
long pv_batch(pv_batch_fn *all, size_t size, unsigned long list, unsigned long count,
	      unsigned long pdone, unsigned long foreigndom)
{
	u32 nr = (u32)count, before = 0, done = 0;
	int rc;

	if (unlikely(nr & MMU_UPDATE_PREEMPTED)) {
		nr &= ~MMU_UPDATE_PREEMPTED;
		if (pdone && copy_from_guest(&before, pdone))
			return -EFAULT;
	}
	rc = pv_retire_pending(current);
	if (!rc)
		rc = all(list, nr, (u32)foreigndom, &done);

	before += done;
	if (pdone && copy_to_guest(pdone, &before) && (!rc || rc == -ERESTART))
		return -EFAULT;
	if (rc != -ERESTART)
		return rc;
	return hypercall_continue(4, list + done * size,
				  (unsigned long)((nr - done) | MMU_UPDATE_PREEMPTED), pdone,
				  foreigndom);
}

/**
 * do_mmu_update() - Hypercall mmu_update.
 * @list: guest address of struct mmu_update
 * @count: see pv_batch()
 * @pdone: likewise
 * @foreigndom: see target_get()
 * @a5:         unused
 *
 * Changes before the one that fails stay.
 * Return: 0; -EINVAL, -EPERM, -EACCES, -EBUSY if a request is refused; -EFAULT; -ESRCH.
 */
long do_mmu_update(unsigned long list, unsigned long count, unsigned long pdone,
		   unsigned long foreigndom, unsigned long a5)
{
	return pv_batch(update_all, sizeof(struct mmu_update), list, count, pdone, foreigndom);
}

/* Which CPUs a UVMF_* flush is for: this one, all of the domain's, or a bitmap of vCPUs. */
static int flush_target(struct domain *d, unsigned long which, cpumask_t *mask)
{
	switch (which) {
	case UVMF_LOCAL:
		cpumask_clear(mask);
		cpumask_set(mask, smp_processor_id());
		return 0;
	case UVMF_ALL:
		pv_domain_cpus(d, mask);
		return 0;
	default:
		return pv_vcpu_bitmap_cpus(d, which, mask);
	}
}

static int uva_flush(struct domain *d, unsigned long va, unsigned long flags)
{
	unsigned long which = flags & ~UVMF_FLUSHTYPE_MASK;
	cpumask_t mask;
	int rc;

	switch (flags & UVMF_FLUSHTYPE_MASK) {
	case UVMF_NONE:
		return 0;
	case UVMF_TLB_FLUSH:
		if (which == UVMF_LOCAL) {
			flush_tlb_local();
			return 0;
		}
		rc = flush_target(d, which, &mask);
		if (!rc)
			flush_tlb_mask(&mask);
		return rc;
	case UVMF_INVLPG:
		if (which == UVMF_LOCAL) {
			flush_one_local(va);
			return 0;
		}
		rc = flush_target(d, which, &mask);
		if (!rc)
			flush_one_mask(&mask, va);
		return rc;
	default:
		return -EINVAL;
	}
}

static int update_va(const struct pte_update *u, unsigned long va, u64 val)
{
	pte_t *ptep = guest_l1e(current, va);
	struct page_info *pg;
	int rc;

	if (unlikely(!ptep))
		return -EINVAL;
	pg = virt_to_page(ptep);
	if (unlikely(!page_edit_begin(pg, u->d->domain_id, PT_L1)))
		return -EINVAL;
	rc = pv_update_l1(u, ptep, val);
	if (unlikely(page_edit_end(pg)))
		pv_retire(current, pg, PT_L1);
	return rc;
}

static long update_va_mapping(unsigned long va, u64 val, unsigned long flags, domid_t owner)
{
	struct pte_update u = { .d = current->domain, .owner = owner };
	int rc = update_va(&u, va, val), rc2;

	if (!(flags & UVMF_FLUSHTYPE_MASK))
		return rc;
	rc2 = uva_flush(u.d, va, flags);
	return rc ?: rc2;
}

/**
 * do_update_va_mapping() - Hypercall update_va_mapping.
 * @va: address in the caller's present address space
 * @val: entry to map it by
 * @flags: UVMF_*: what to flush, and where
 * @a4:    unused
 * @a5:    unused
 *
 * Return: 0; -EINVAL, -EPERM, -EACCES, -EBUSY if refused; -EFAULT if the bitmap of
 * vCPUs cannot be read.
 */
long do_update_va_mapping(unsigned long va, unsigned long val, unsigned long flags,
			  unsigned long a4, unsigned long a5)
{
	return update_va_mapping(va, val, flags, current->domain->domain_id);
}

/**
 * do_update_va_mapping_otherdomain() - The same for a frame of domain @domid.
 * @va: address whose L1 entry is to change
 * @val: the new entry
 * @flags: UVMF_*
 * @domid: owner of the frame that the entry names, DOMID_IO or DOMID_SELF
 * @a5: unused
 *
 * Return: also -ESRCH, -EPERM.
 */
long do_update_va_mapping_otherdomain(unsigned long va, unsigned long val, unsigned long flags,
				      unsigned long domid, unsigned long a5)
{
	struct target t;
	long rc = target_get(&t, (u16)domid);

	if (rc)
		return rc;
	rc = update_va_mapping(va, val, flags, t.u.owner);
	target_put(&t);
	return rc;
}
