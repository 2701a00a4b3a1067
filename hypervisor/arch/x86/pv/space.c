// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address spaces of a PV vCPU: the tables it runs on, the way through them
 * to one entry, and what becomes of tables that fall out of use.
 */
#include <asm/pv_mm.h>

#include <hv/bug.h>
#include <hv/errno.h>

#include <asm/flush.h>
#include <asm/system.h>

static __always_inline const pte_t *next_table(pte_t pte)
{
	return (pte & PTE_P) && mfn_valid(pte_mfn(pte)) ? mfn_to_virt(pte_mfn(pte)) : NULL;
}

static pte_t *walk(const pte_t *l4, unsigned long va)
{
	const pte_t *l3, *l2, *l1;

	l3 = next_table(pte_read(&l4[l4_index(va)]));
	if (!l3)
		return NULL;
	l2 = next_table(pte_read(&l3[l3_index(va)]));
	if (!l2)
		return NULL;
	l1 = next_table(pte_read(&l2[l2_index(va)]));
	return l1 ? (pte_t *)&l1[l1_index(va)] : NULL;
}

/**
 * guest_l1e() - Find the L1 entry for an address.
 * @v: its kernel address space
 * @va: guest address, untrusted
 *
 * With interrupts off, no table can become anything else on the way: before
 * that, this CPU would have to flush its TLB. When this returns the L1 table
 * may be gone from there; the caller takes a reference and looks at its type.
 *
 * Return: direct-map address of the entry; NULL if there is no such table, or
 * the address is the hypervisor's or not canonical.
 */
pte_t *guest_l1e(struct vcpu *v, unsigned long va)
{
	unsigned long flags;
	pte_t *entry;

	if ((va >= HV_VIRT_START && va < HV_VIRT_END) || !is_canonical(va) ||
	    mfn_eq(v->arch.guest_table, INVALID_MFN))
		return NULL;
	flags = local_irq_save();
	entry = walk(mfn_to_virt(v->arch.guest_table), va);
	local_irq_restore(flags);
	return entry;
}

void pv_domain_cpus(const struct domain *d, cpumask_t *mask)
{
	smp_mb();	/* entries changed before, then look; partner: load_state() */
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		mask->bits[i] = READ_ONCE(d->arch.dirty_cpus.bits[i]);
}

void pv_vcpu_cpu(const struct vcpu *v, cpumask_t *mask)
{
	unsigned int cpu = READ_ONCE(v->arch.loaded_on);

	if (cpu != NOT_LOADED)
		cpumask_set(mask, cpu);
}

/* Take over a reference and a type reference of an L4 that is no longer run on. */
static void put_space(struct vcpu *v, mfn_t mfn)
{
	struct page_info *pg = mfn_to_page(mfn);

	if (mfn_eq(mfn, INVALID_MFN))
		return;
	if (page_put_type(pg) && v == current)
		pv_retire(v, pg, PT_L4);
	else
		page_put(pg);
}

static int get_space(const struct vcpu *v, mfn_t mfn)
{
	if (!mfn_valid(mfn))
		return -EINVAL;
	return page_get_and_type(mfn_to_page(mfn), v->domain->domain_id, PT_L4);
}

/**
 * pv_set_kernel_table() - Change the L4 that the guest's kernel runs on.
 * @v: the running vCPU, in kernel mode, or one that does not run
 * @mfn: frame of @v's domain, untrusted
 *
 * Context: interrupts enabled.
 * Return: 0; -EINVAL, -EBUSY if it is no such table; -ERESTART: begin again.
 */
int pv_set_kernel_table(struct vcpu *v, mfn_t mfn)
{
	mfn_t old = v->arch.guest_table;
	int rc;

	/* The LDT is found through the tables. */
	pv_drop_ldt(v);
	if (!mfn_eq(old, mfn)) {
		rc = get_space(v, mfn);
		if (rc)
			return rc;
		v->arch.guest_table = mfn;
	}
	v->arch.cr3 = mfn_x(mfn) << PAGE_SHIFT;
	if (v == current)
		write_cr3_flush(v->arch.cr3);
	if (!mfn_eq(old, mfn))
		put_space(v, old);
	return 0;
}

/**
 * pv_set_user_table() - Change the L4 that the guest's user mode runs on.
 * @v: as for pv_set_kernel_table()
 * @mfn: frame of @v's domain, untrusted; INVALID_MFN for none
 *
 * It is loaded when the guest next turns to user mode; the flush that a new
 * user space needs is that of pv_set_kernel_table(), or the guest's to ask for.
 * Return: as pv_set_kernel_table().
 */
int pv_set_user_table(struct vcpu *v, mfn_t mfn)
{
	mfn_t old = v->arch.guest_table_user;
	int rc;

	if (mfn_eq(old, mfn))
		return 0;
	if (!mfn_eq(mfn, INVALID_MFN)) {
		rc = get_space(v, mfn);
		if (rc)
			return rc;
	}
	v->arch.guest_table_user = mfn;
	put_space(v, old);
	return 0;
}

static bool is_idle_table(const struct page_info *pg, enum page_type level)
{
	return (READ_ONCE(pg->state) & (PG_TYPE_MASK | PG_TYPE_REFS_MASK | PG_VALIDATED)) ==
	       (pg_type_bits(level) | PG_VALIDATED);
}

static void retire_push(struct vcpu *v, struct page_info *pg, enum page_type level, bool retired)
{
	unsigned int depth = v->arch.retire.depth++;

	v->arch.retire.at[depth].mfn = page_to_mfn(pg);
	v->arch.retire.at[depth].next = 0;
	v->arch.retire.at[depth].level = (u8)level;
	v->arch.retire.at[depth].retired = retired;
}

/*
 * The next child of @pg, from entry *@i on, that is an unused table; with a
 * reference. The entries are the guest's to change by now. That does not
 * matter: an unused table may be retired at any time.
 */
static struct page_info *next_idle_child(struct page_info *pg, enum page_type level, u16 *i)
{
	const pte_t *table = page_to_virt(pg);

	for (; *i < PT_ENTRIES; (*i)++) {
		pte_t pte = pte_read(&table[*i]);
		struct page_info *child = mfn_to_page(pte_mfn(pte));

		if (!(pte & PTE_P) || !mfn_valid(pte_mfn(pte)) ||
		    !is_idle_table(child, level - 1))
			continue;
		if (page_get(child, page_owner(pg)))
			return child;
	}
	return NULL;
}

/**
 * pv_retire_more() - Go on retiring what an earlier call of the vCPU's left.
 * @v: the running vCPU
 *
 * Depth first, each table before its children: they fall out of use with it.
 * Context: interrupts enabled; no table being edited.
 * Return: 0, nothing is left; -ERESTART if preempted.
 */
int pv_retire_more(struct vcpu *v)
{
	while (v->arch.retire.depth) {
		typeof(v->arch.retire.at[0]) *at = &v->arch.retire.at[v->arch.retire.depth - 1];
		struct page_info *pg = mfn_to_page(at->mfn), *child = NULL;

		if (!at->retired) {
			int first = page_retire(pg);

			at->retired = true;
			at->next = first < 0 ? PT_ENTRIES : (u16)first;
			if (pv_preempt())
				return -ERESTART;
		}
		if (at->level > PT_L1)
			child = next_idle_child(pg, at->level, &at->next);
		if (child) {
			at->next++;
			retire_push(v, child, at->level - 1, false);
		} else {
			v->arch.retire.depth--;
			page_put(pg);
		}
	}
	return 0;
}

/**
 * pv_retire() - A table fell out of use: let go of all that it alone kept in use.
 * @v: the running vCPU
 * @pg: frame; takes over a reference
 * @level: of the table
 *
 * What preemption leaves to be done stands in v->arch.retire: the caller asks
 * to be continued, and begins by pv_retire_more(). A table that falls out of
 * use while that is so stays as it is: validated, and in nobody's way until
 * the guest wants its children for something else.
 */
void pv_retire(struct vcpu *v, struct page_info *pg, enum page_type level)
{
	if (unlikely(v->arch.retire.depth)) {
		page_put(pg);
		return;
	}
	retire_push(v, pg, level, false);
	pv_retire_more(v);
}

/**
 * pv_retire_children() - The same for what a table that was refused left behind.
 * @v:  the running vCPU
 * @pg: frame; no reference is taken over
 * @level: PT_L1 to PT_L4: what the table was to be
 */
void pv_retire_children(struct vcpu *v, struct page_info *pg, enum page_type level)
{
	if (level == PT_L1 || v->arch.retire.depth || !page_get(pg, page_owner(pg)))
		return;
	retire_push(v, pg, level, true);
	pv_retire_more(v);
}

/**
 * pv_vcpu_relinquish() - Let go of what a vCPU holds of its domain's pages.
 * @v: does not run, and no CPU has its tables loaded
 *
 * Tables that fall out of use stay validated; the owner's giving up of its
 * frames retires them.
 */
void pv_vcpu_relinquish(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	while (a->retire.depth)
		page_put(mfn_to_page(a->retire.at[--a->retire.depth].mfn));
	pv_drop_ldt(v);
	pv_drop_gdt(v);
	if (!mfn_eq(a->guest_table, INVALID_MFN))
		page_put_and_type(mfn_to_page(a->guest_table));
	if (!mfn_eq(a->guest_table_user, INVALID_MFN))
		page_put_and_type(mfn_to_page(a->guest_table_user));
	a->guest_table = a->guest_table_user = INVALID_MFN;
}
