// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may stand in a PV guest's page tables, and the references it holds.
 *
 * A present L1 entry holds a reference to the frame it maps, and with RW a
 * PT_WRITABLE type reference; I/O memory has no references. A present entry of
 * a higher level holds both to a table one level down that the same domain
 * owns. ABI: xen.h, "HYPERVISOR_mmu_update"; the bits that guests read back
 * changed are those of fix_l1() and fix_table().
 *
 * Entries change only while their table is PG_BUSY, so what is read here stays
 * but for the accessed and dirty bits.
 */
#include <asm/pv_mm.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/printk.h>

/* At levels 2 to 4. PSE, G and cache attributes are refused. */
#define TABLE_ALLOWED	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_AVAIL | PTE_NX | \
			 PTE_ADDR_MASK)
/* Whatever differs in these only, the references stay the same. */
#define L1_NO_REFS	(PTE_US | PTE_A | PTE_D | PTE_G | PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX)
#define TABLE_NO_REFS	(PTE_RW | PTE_US | PTE_A | PTE_D | PTE_AVAIL | PTE_NX)

bool pv_preempt(void)
{
	return !is_idle_vcpu(current) && hypercall_preempt_check();
}

static bool hv_slot(enum page_type level, unsigned int slot)
{
	return level == PT_L4 && slot >= HV_L4_FIRST && slot <= HV_L4_LAST;
}

/*
 * Guest kernel and user both run in ring 3, on tables of their own. User pages
 * are global, to survive the switch between the two; kernel pages must not.
 */
static inline pte_t fix_l1(pte_t pte)
{
	if (!(pte & PTE_US))
		pte |= PTE_US | PTE_GUEST_KERNEL;
	if (pte & PTE_GUEST_KERNEL)
		return pte & ~PTE_G;
	return pte | PTE_G;
}

static inline pte_t fix_table(pte_t pte, enum page_type level)
{
	return pte | PTE_US | (level == PT_L4 ? PTE_A : 0);
}

/* Cache attributes are for those who drive devices. */
static inline u64 l1_refused(const struct domain *d)
{
	return domain_has_devices(d) ? 0 : PTE_CACHE_ATTRS;
}

/*
 * I/O memory: no references, but all mappings of it agree not to be cached.
 * Of the page-attribute types (PAT 0x050100070406) write-back, write-through
 * and write-protected become uncached.
 */
static int get_io(const struct domain *d, domid_t owner, pte_t *pte)
{
	mfn_t mfn = pte_mfn(*pte);

	if ((owner != d->domain_id && owner != DOMID_IO) || !iomem_access_permitted(d, mfn, mfn))
		return -EPERM;
	if (iomem_is_read_only(mfn))
		*pte &= ~PTE_RW;
	switch (*pte & PTE_CACHE_ATTRS) {
	case 0:
	case PTE_PWT:
	case PTE_PWT | PTE_PAT:
		*pte |= PTE_PWT | PTE_PCD;
		break;
	}
	return 0;
}

/* All that get_l1() does not do in one step. May change the cache attributes of *@pte. */
static noinline int get_l1_slow(const struct domain *d, domid_t owner, pte_t *pte)
{
	mfn_t mfn = pte_mfn(*pte);
	struct page_info *pg = mfn_to_page(mfn);
	int rc = 0;

	if (!mfn_valid(mfn) || page_owner(pg) == DOMID_IO)
		return get_io(d, owner, pte);
	if (owner == DOMID_IO || !page_get(pg, owner))
		return -EINVAL;
	/* The hypervisor's own pages stay write-back: so does its mapping of them. */
	if ((*pte & PTE_CACHE_ATTRS) && (READ_ONCE(pg->state) & PG_HV))
		rc = -EACCES;
	else if (*pte & PTE_RW)
		rc = page_get_type(pg, PT_WRITABLE);
	if (rc) {
		page_put(pg);
		return rc;
	}
	if (*pte & PTE_RW && *pte & PTE_CACHE_ATTRS)
		pg->flags |= PGF_NONCOHERENT;
	return 0;
}

/* Ordinary memory in its ordinary state, in one step; false says nothing. */
static __always_inline bool get_l1_fast(domid_t owner, pte_t pte)
{
	struct page_info *pg = mfn_to_page(pte_mfn(pte));

	if (unlikely((pte & PTE_CACHE_ATTRS) || !mfn_valid(pte_mfn(pte)) || owner == DOMID_IO))
		return false;
	return pte & PTE_RW ? page_try_get_writable(pg, owner) : page_get(pg, owner);
}

/* Take the references of a present L1 entry whose flags are allowed. */
static __always_inline int get_l1(const struct domain *d, domid_t owner, pte_t *pte)
{
	return likely(get_l1_fast(owner, *pte)) ? 0 : get_l1_slow(d, owner, pte);
}

static __always_inline void put_l1(pte_t pte)
{
	mfn_t mfn = pte_mfn(pte);
	struct page_info *pg = mfn_to_page(mfn);

	if (unlikely(!mfn_valid(mfn)) || unlikely(page_owner(pg) == DOMID_IO))
		return;
	if (pte & PTE_RW) {
		if (unlikely(!page_try_put_and_type(pg))) {
			page_put_type(pg);
			page_put(pg);
		}
		return;
	}
	if (unlikely(pg_type(READ_ONCE(pg->state)) == PT_SEGDESC))
		pv_segdesc_unmapped(pg);
	page_put(pg);
}

/**
 * pv_put_l1() - Drop the references of a present L1 entry that is in no table any more.
 * @pte: as it was
 */
void pv_put_l1(pte_t pte)
{
	put_l1(pte);
}

#define EMPTY_RUN	8

/* Most entries of most tables are empty: look at several at a time. */
static __always_inline bool run_empty(const pte_t *table, unsigned int i)
{
	const pte_t *e = &table[i];

	return i % EMPTY_RUN == 0 && !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]);
}

static unsigned int drop_l1_entries(pte_t *table, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (run_empty(table, i))
			i += EMPTY_RUN - 1;
		else if (pte_read(&table[i]) & PTE_P)
			put_l1(table[i]);
	}
	return PT_ENTRIES;
}

static struct page_info *child_of(pte_t pte)
{
	return mfn_to_page(pte_mfn(pte));
}

static unsigned int drop_table_entries(pte_t *table, unsigned int nr, enum page_type level)
{
	unsigned int first = PT_ENTRIES;

	for (unsigned int i = 0; i < nr; i++) {
		if (run_empty(table, i)) {
			i += EMPTY_RUN - 1;
			continue;
		}
		if (!(pte_read(&table[i]) & PTE_P) || hv_slot(level, i))
			continue;
		if (page_put_and_type(child_of(table[i])) && first == PT_ENTRIES)
			first = i;
	}
	return first;
}

static unsigned int drop_entries(pte_t *table, unsigned int nr, enum page_type level)
{
	return level == PT_L1 ? drop_l1_entries(table, nr) : drop_table_entries(table, nr, level);
}

/**
 * arch_page_drop() - Let go of all that a validated table's entries hold.
 * @pg: frame; its entries are no longer changed by anybody
 * @level: PT_L1 to PT_L4
 */
unsigned int arch_page_drop(struct page_info *pg, enum page_type level)
{
	return drop_entries(page_to_virt(pg), PT_ENTRIES, level);
}

/*
 * To make a frame writable that was a table may mean to drop 512 entries; an
 * L1 table full of those is for more than one turn. Each is done only once.
 */
static bool long_work(pte_t pte)
{
	mfn_t mfn = pte_mfn(pte);

	return (pte & PTE_RW) && mfn_valid(mfn) &&
	       (READ_ONCE(mfn_to_page(mfn)->state) & PG_VALIDATED);
}

static int validate_l1_entry(const struct domain *d, pte_t *ptep, pte_t pte)
{
	if (unlikely(pte & l1_refused(d)))
		return -EINVAL;
	if (unlikely(!get_l1_fast(d->domain_id, pte))) {
		bool was_long = long_work(pte);
		int rc = get_l1_slow(d, d->domain_id, &pte);

		if (rc)
			return rc;
		if (was_long && pv_preempt()) {
			put_l1(pte);
			return -ERESTART;
		}
	}
	pte = fix_l1(pte);
	if (pte != pte_read(ptep))
		WRITE_ONCE(*ptep, pte);
	return 0;
}

static int validate_l1(const struct domain *d, pte_t *table, unsigned int *nr)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t pte;
		int rc;

		if (run_empty(table, i)) {
			i += EMPTY_RUN - 1;
			continue;
		}
		pte = pte_read(&table[i]);
		if (!(pte & PTE_P))
			continue;
		rc = validate_l1_entry(d, &table[i], pte);
		if (unlikely(rc)) {
			*nr = i;
			return rc;
		}
	}
	return 0;
}

/* Take the references of a present entry of a higher level. */
static int get_table(const struct domain *d, pte_t pte, enum page_type level)
{
	if ((pte & ~TABLE_ALLOWED) || !mfn_valid(pte_mfn(pte)))
		return -EINVAL;
	return page_get_and_type(child_of(pte), d->domain_id, level - 1);
}

static bool needs_work(pte_t pte, enum page_type level)
{
	u64 state;

	if (!mfn_valid(pte_mfn(pte)))
		return false;
	state = READ_ONCE(child_of(pte)->state);
	return !(state & PG_VALIDATED) || pg_type(state) != level - 1;
}

static int validate_table(const struct domain *d, pte_t *table, enum page_type level,
			  unsigned int *nr)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t pte = pte_read(&table[i]);
		bool work;
		int rc;

		if (run_empty(table, i)) {
			i += EMPTY_RUN - 1;
			continue;
		}
		if (!(pte & PTE_P) || hv_slot(level, i))
			continue;
		*nr = i;
		work = needs_work(pte, level);
		rc = get_table(d, pte, level);
		if (rc)
			return rc;
		WRITE_ONCE(table[i], fix_table(pte, level));
		/* What was just validated stays so: the next attempt gets further. */
		if (work && pv_preempt()) {
			*nr = i + 1;
			return -ERESTART;
		}
	}
	return 0;
}

/* The domain that owns @pg, with a reference unless it is the caller's. */
static struct domain *owner_get(const struct page_info *pg)
{
	struct domain *d = current->domain;

	return page_owner(pg) == d->domain_id ? d : domain_get(page_owner(pg));
}

static void owner_put(struct domain *d)
{
	if (d != current->domain)
		domain_put(d);
}

static int validate(struct domain *d, struct page_info *pg, enum page_type type)
{
	pte_t *table = page_to_virt(pg);
	unsigned int nr = 0;
	int rc;

	rc = type == PT_L1 ? validate_l1(d, table, &nr) : validate_table(d, table, type, &nr);
	if (!rc) {
		if (type == PT_L4)
			init_guest_l4(table, d);
		return 0;
	}
	if (rc != -ERESTART)
		dprintk(d->domain_id, LOG_DEBUG,
			"L%u table at mfn %#lx refused: entry %u is %#lx (error %d)\n", type,
			mfn_x(page_to_mfn(pg)), nr, (unsigned long)table[nr], rc);
	drop_entries(table, nr, type);
	return rc;
}

/**
 * arch_page_validate() - Take the references of a table's entries.
 * @pg: frame, PG_BUSY for the caller, writable by nobody
 * @type: PT_L1 to PT_L4, or PT_SEGDESC, whose contents hold none
 *
 * Fix-ups are written back, also if it then fails.
 * Return: 0; -EINVAL, -EPERM, -EACCES, -EBUSY if an entry is refused; -ERESTART.
 * On error no reference is held.
 */
int arch_page_validate(struct page_info *pg, enum page_type type)
{
	struct domain *d;
	int rc;

	if (type == PT_SEGDESC)
		return pv_validate_segdesc(pg);
	if (!pg_is_table(type))
		return -EINVAL;
	d = owner_get(pg);
	if (!d)
		return -EINVAL;
	rc = d->arch.perdomain_l3 ? validate(d, pg, type) : -EINVAL;
	owner_put(d);
	return rc;
}

static void write_entry(pte_t *ptep, pte_t new, bool preserve_ad)
{
	pte_t cur = pte_read(ptep);

	if (!preserve_ad) {
		WRITE_ONCE(*ptep, new);
		return;
	}
	while (!atomic64_cmpxchg(ptep, &cur, new | (cur & (PTE_A | PTE_D))))
		;
}

/* Check @new against @old; *@get: it takes references of its own. Fix-ups and all in *@new. */
static __always_inline int prepare_l1(const struct pte_update *u, pte_t old, pte_t *new, bool *get)
{
	*get = false;
	if (!(*new & PTE_P))
		return 0;
	if (unlikely(*new & l1_refused(u->d)))
		return -EINVAL;
	*new = fix_l1(*new);
	if ((old & PTE_P) && !((old ^ *new) & ~L1_NO_REFS))
		return 0;
	*get = true;
	return get_l1(u->d, u->owner, new);
}

/**
 * pv_update_l1() - Change an entry of an L1 table.
 * @u: for whom, and how
 * @ptep: the entry, in a table for which the caller has page_edit_begin()
 * @new: wanted value, untrusted
 *
 * Return: 0; -EINVAL, -EPERM, -EACCES, -EBUSY if refused.
 */
int pv_update_l1(const struct pte_update *u, pte_t *ptep, pte_t new)
{
	pte_t old = pte_read(ptep);
	bool get;
	int rc = prepare_l1(u, old, &new, &get);

	if (unlikely(rc))
		return rc;
	write_entry(ptep, new, u->preserve_ad);
	if ((old & PTE_P) && (get || !(new & PTE_P)))
		put_l1(old);
	return 0;
}

/**
 * pv_cmpxchg_l1() - pv_update_l1() that takes effect only if the entry is @old.
 * @u: as pv_update_l1()
 * @ptep: as pv_update_l1()
 * @old: the entry as the caller knows it
 * @new: the entry to be
 *
 * Return: as pv_update_l1(); -EAGAIN if the entry is not @old, by bits that
 * the CPU sets.
 */
int pv_cmpxchg_l1(const struct pte_update *u, pte_t *ptep, pte_t old, pte_t new)
{
	bool get;
	int rc = prepare_l1(u, old, &new, &get);

	if (unlikely(rc))
		return rc;
	if (unlikely(!atomic64_cmpxchg(ptep, &old, new))) {
		if (get)
			put_l1(new);
		return -EAGAIN;
	}
	if ((old & PTE_P) && (get || !(new & PTE_P)))
		put_l1(old);
	return 0;
}

static struct page_info *put_table(pte_t pte)
{
	struct page_info *child = child_of(pte);

	if (page_put_type(child))
		return child;
	page_put(child);
	return NULL;
}

/**
 * pv_update_table() - Change an entry of an L2, L3 or L4 table.
 * @u: for whom, and how; u->owner does not matter
 * @ptep: the entry, in a table for which the caller has page_edit_begin()
 * @new: wanted value, untrusted
 * @level: of the table
 * @idle: out: a table fallen out of use, its reference for pv_retire(), or NULL
 * @flush: set to true if TLBs may hold what was there
 *
 * Return: 0; -EINVAL, -EBUSY if refused; -ERESTART if preempted: begin again.
 */
int pv_update_table(const struct pte_update *u, pte_t *ptep, pte_t new, enum page_type level,
		    struct page_info **idle, bool *flush)
{
	unsigned int slot = (unsigned int)((unsigned long)ptep & ~PAGE_MASK) / sizeof(*ptep);
	pte_t old = pte_read(ptep);
	int rc;

	*idle = NULL;
	if (hv_slot(level, slot))
		return -EINVAL;
	if (new & PTE_P) {
		if (new & ~TABLE_ALLOWED)
			return -EINVAL;
		new = fix_table(new, level);
		if ((old & PTE_P) && !((old ^ new) & ~TABLE_NO_REFS)) {
			write_entry(ptep, new, u->preserve_ad);
			*flush = true;
			return 0;
		}
		rc = get_table(u->d, new, level);
		if (rc)
			return rc;
	}
	write_entry(ptep, new, u->preserve_ad);
	if (old & PTE_P) {
		*flush = true;
		*idle = put_table(old);
	}
	return 0;
}
