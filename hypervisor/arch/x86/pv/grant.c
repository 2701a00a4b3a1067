// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grant mappings in a PV guest's page tables: entries that name frames of
 * others, which the guest could not write itself. ABI: grant_table.h,
 * GNTMAP_*; XENFEAT_gnttab_map_avail_bits.
 *
 * The entry holds the references of its mapping like any other does (table.c).
 * A guest may overwrite it, or its table may cease to be one: then they are
 * dropped there.
 */
#include <asm/pv_mm.h>

#include <hv/grant.h>

#include <asm/flush.h>

#include <xen/grant_table.h>

/* Those of PTE_AVAIL, in the place that the ABI gives them. */
#define AVAIL_SHIFT	9
#define REGION_NONE	(~0UL)

/**
 * arch_grant_close() - Close the table that the last entry was in.
 * @t: may have none
 */
void arch_grant_close(struct grant_ptes *t)
{
	struct page_info *pg = t->pg;

	t->pg = NULL;
	if (pg && unlikely(page_edit_end(pg)))
		pv_retire(current, pg, PT_L1);
}

static __always_inline bool open_table(struct grant_ptes *t, struct page_info *pg)
{
	if (t->pg == pg)
		return true;
	arch_grant_close(t);
	if (unlikely(!page_edit_begin(pg, current->domain->domain_id, PT_L1)))
		return false;
	t->pg = pg;
	t->region = REGION_NONE;
	return true;
}

/*
 * The entry that maps @va. A table that was found for one address is the one
 * for its neighbours, even if the guest puts another in its place meanwhile.
 */
static pte_t *open_va(struct grant_ptes *t, unsigned long va)
{
	pte_t *entry;

	if (likely(t->pg && t->region == va >> L2_SHIFT))
		return (pte_t *)page_to_virt(t->pg) + l1_index(va);
	entry = guest_l1e(current, va);
	if (unlikely(!entry || !open_table(t, virt_to_page(entry))))
		return NULL;
	t->region = va >> L2_SHIFT;
	return entry;
}

/* The entry at machine address @addr. */
static pte_t *open_entry(struct grant_ptes *t, u64 addr)
{
	mfn_t mfn = _mfn(addr >> PAGE_SHIFT);

	if (unlikely(addr % sizeof(pte_t) || !mfn_valid(mfn) || !open_table(t, mfn_to_page(mfn))))
		return NULL;
	return (pte_t *)mfn_to_virt(mfn) + (addr & ~PAGE_MASK) / sizeof(pte_t);
}

static __always_inline pte_t *open(struct grant_ptes *t, u64 addr, u32 flags)
{
	return flags & GNTMAP_contains_pte ? open_entry(t, addr) : open_va(t, addr);
}

/* As the guest would read back an entry it wrote itself. */
static pte_t grant_pte(mfn_t mfn, u32 flags)
{
	pte_t pte = pte_make(mfn, PTE_P | PTE_A | PTE_D | PTE_US | PTE_NX);

	pte |= flags & GNTMAP_application_map ? PTE_G : PTE_GUEST_KERNEL;
	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	return pte | ((u64)(flags >> _GNTMAP_guest_avail0) << AVAIL_SHIFT & PTE_AVAIL);
}

/**
 * arch_grant_map() - Map a frame of another domain's, or a granted one of its own.
 * @t:	   table that is open, changed
 * @addr:  GNTMAP_contains_pte: machine address of an entry in a table in use; otherwise
 *	   an address in the caller's address space
 * @flags: GNTMAP_*, untrusted
 * @mfn:   with the references that the entry takes over: see hv/grant.h
 *
 * What was mapped there goes; the guest flushes its TLBs for that itself.
 * Return: GNTST_okay; GNTST_general_error if there is no such entry.
 */
s16 arch_grant_map(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn)
{
	pte_t *ptep = open(t, addr, flags), old;

	if (unlikely(!ptep))
		return GNTST_general_error;
	flush_note_foreign(current->domain->domain_id);
	old = pte_read(ptep);
	WRITE_ONCE(*ptep, grant_pte(mfn, flags));
	if (unlikely(old & PTE_P))
		pv_put_l1(old);
	return GNTST_okay;
}

/* Take the entry for @va out of its table, with the references that it holds. */
static s16 steal_entry(struct grant_ptes *t, unsigned long va, pte_t *pte)
{
	pte_t *ptep = open_va(t, va);

	if (!ptep)
		return GNTST_general_error;
	*pte = __atomic_exchange_n(ptep, 0, __ATOMIC_SEQ_CST);
	return GNTST_okay;
}

/* The table is still open when this returns. NULL: it does not map @mfn, or not so. */
static __always_inline pte_t *find_mapping(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn)
{
	pte_t expected = pte_make(mfn, flags & GNTMAP_readonly ? PTE_P : PTE_P | PTE_RW);
	pte_t *ptep = open(t, addr, flags);

	if (unlikely(!ptep))
		return NULL;
	if (unlikely((pte_read(ptep) & (PTE_ADDR_MASK | PTE_P | PTE_RW)) != expected))
		return NULL;
	return ptep;
}

static noinline s16 replace_mapping(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn,
				    u64 new_addr)
{
	pte_t *ptep, new = 0;
	s16 rc;

	if (flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	rc = steal_entry(t, new_addr, &new);
	if (rc)
		return rc;
	ptep = find_mapping(t, addr, flags, mfn);
	if (ptep) {
		WRITE_ONCE(*ptep, new);
		return GNTST_okay;
	}
	/* The entry is gone from where it was: ABI, "undefined". */
	if (new & PTE_P)
		pv_put_l1(new);
	return GNTST_general_error;
}

/**
 * arch_grant_unmap() - Undo arch_grant_map().
 * @t:	      table that is open, changed
 * @addr:     as it was mapped, untrusted
 * @flags:    as it was mapped
 * @mfn:      as it was mapped
 * @new_addr: 0; or an address whose entry is moved to the one of @addr
 *
 * TLBs may still have it: arch_grant_flush() before its references are dropped.
 * Return: GNTST_okay; GNTST_general_error if @mfn is not mapped there in this way.
 */
s16 arch_grant_unmap(struct grant_ptes *t, u64 addr, u32 flags, mfn_t mfn, u64 new_addr)
{
	pte_t *ptep;

	if (unlikely(new_addr))
		return replace_mapping(t, addr, flags, mfn, new_addr);
	ptep = find_mapping(t, addr, flags, mfn);
	if (unlikely(!ptep))
		return GNTST_general_error;
	WRITE_ONCE(*ptep, 0);
	return GNTST_okay;
}

void arch_grant_put(mfn_t mfn, bool readonly)
{
	pv_put_l1(pte_make(mfn, readonly ? PTE_P : PTE_P | PTE_RW));
}

void arch_grant_flush(void)
{
	cpumask_t mask;

	pv_domain_cpus(current->domain, &mask);
	flush_tlb_mask(&mask);
}
