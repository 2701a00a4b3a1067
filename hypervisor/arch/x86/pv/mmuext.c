// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall mmuext_op. ABI: xen.h, "HYPERVISOR_mmuext_op" and the MMUEXT_*
 * below it. One function per group of operations.
 */
#include <asm/pv_mm.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#include <asm/desc.h>
#include <asm/flush.h>
#include <asm/system.h>

#define MMU_UPDATE_PREEMPTED	0x80000000U
#define LDT_ENTRIES_MAX		8192

/* An operation, and what it may concern. */
struct ext {
	struct vcpu *v;
	struct domain *d;	/* owner of the frames: the caller's, or foreigndom's */
	struct mmuext_op op;
};

/*
 * pv_vcpu_bitmap_cpus() - CPUs of the vCPUs in a guest's bitmap.
 * @va: guest address, as 64-bit words
 */
int pv_vcpu_bitmap_cpus(const struct domain *d, unsigned long va, cpumask_t *mask)
{
	u64 word = 0;

	cpumask_clear(mask);
	smp_mb();	/* as in pv_domain_cpus() */
	for (unsigned int id = 0; id < d->max_vcpus; id++) {
		if (id % 64 == 0 && copy_from_guest_index(&word, va, id / 64))
			return -EFAULT;
		if ((word >> (id % 64) & 1) && d->vcpu[id])
			pv_vcpu_cpu(d->vcpu[id], mask);
	}
	return 0;
}

/* Another domain began to die: its pins may have been undone before ours was made. */
static int pin_too_late(const struct ext *e, struct page_info *pg, enum page_type level)
{
	bool idle;

	if (!page_get(pg, e->d->domain_id))
		return -EINVAL;
	if (!page_unpin(pg, &idle) && idle)
		pv_retire(e->v, pg, level);
	else
		page_put(pg);
	return -EINVAL;
}

static int pin(const struct ext *e)
{
	enum page_type level = PT_L1 + (e->op.cmd - MMUEXT_PIN_L1_TABLE);
	mfn_t mfn = _mfn(e->op.arg1.mfn);
	int rc;

	if (!mfn_valid(mfn))
		return -EINVAL;
	rc = page_pin(mfn_to_page(mfn), e->d->domain_id, level);
	/* Tables below one that was refused are not to be left in use; the error comes first. */
	if (rc && rc != -ERESTART && page_get(mfn_to_page(mfn), e->d->domain_id)) {
		pv_retire_children(e->v, mfn_to_page(mfn), level);
		page_put(mfn_to_page(mfn));
	}
	if (!rc && unlikely(READ_ONCE(e->d->dying)))
		return pin_too_late(e, mfn_to_page(mfn), level);
	return rc;
}

static int unpin(const struct ext *e)
{
	mfn_t mfn = _mfn(e->op.arg1.mfn);
	struct page_info *pg = mfn_to_page(mfn);
	enum page_type level;
	bool idle;
	int rc;

	if (!mfn_valid(mfn) || !page_get(pg, e->d->domain_id))
		return -EINVAL;
	level = pg_type(READ_ONCE(pg->state));
	rc = page_unpin(pg, &idle);
	if (!rc && idle)
		pv_retire(e->v, pg, level);
	else
		page_put(pg);
	return rc;
}

static int new_base(const struct ext *e)
{
	mfn_t mfn = _mfn(e->op.arg1.mfn);

	if (e->d != e->v->domain)
		return -EPERM;
	if (e->op.cmd == MMUEXT_NEW_BASEPTR)
		return pv_set_kernel_table(e->v, mfn);
	return pv_set_user_table(e->v, mfn_x(mfn) ? mfn : INVALID_MFN);
}

static int flush_here(const struct ext *e)
{
	if (e->d != e->v->domain)
		return -EPERM;
	if (e->op.cmd == MMUEXT_TLB_FLUSH_LOCAL)
		flush_tlb_local();
	else if (is_canonical(e->op.arg1.linear_addr))
		flush_one_local(e->op.arg1.linear_addr);
	return 0;
}

static int flush_there(const struct ext *e)
{
	unsigned int cmd = e->op.cmd;
	cpumask_t mask;
	int rc = 0;

	if (e->d != e->v->domain)
		return -EPERM;
	if (cmd == MMUEXT_TLB_FLUSH_ALL || cmd == MMUEXT_INVLPG_ALL)
		pv_domain_cpus(e->d, &mask);
	else
		rc = pv_vcpu_bitmap_cpus(e->d, handle_va(e->op.arg2.vcpumask), &mask);
	if (rc)
		return rc;
	if (cmd == MMUEXT_TLB_FLUSH_ALL || cmd == MMUEXT_TLB_FLUSH_MULTI)
		flush_tlb_mask(&mask);
	else if (is_canonical(e->op.arg1.linear_addr))
		flush_one_mask(&mask, e->op.arg1.linear_addr);
	return 0;
}

static int flush_cache(const struct ext *e)
{
	cpumask_t mask;

	if (e->d != e->v->domain)
		return -EPERM;
	if (!e->d->is_hardware_domain)
		return -EACCES;
	if (e->op.cmd == MMUEXT_FLUSH_CACHE) {
		wbinvd();
		return 0;
	}
	cpumask_online(&mask);
	flush_cache_mask(&mask);
	return 0;
}

static int set_ldt(const struct ext *e)
{
	unsigned long base = e->op.arg1.linear_addr;
	unsigned int ents = e->op.arg2.nr_ents;
	struct arch_vcpu *a = &e->v->arch;

	if (e->d != e->v->domain)
		return -EPERM;
	if ((base & ~PAGE_MASK) || ents > LDT_ENTRIES_MAX)
		return -EINVAL;
	if (a->ldt_base == base && a->ldt_ents == ents)
		return 0;
	if (pv_drop_ldt(e->v))
		flush_tlb_local();
	a->ldt_base = base;
	a->ldt_ents = ents;
	desc_load_ldt(e->v);
	return 0;
}

static struct page_info *writable_frame(const struct ext *e)
{
	mfn_t mfn = _mfn(e->op.arg1.mfn);

	if (!mfn_valid(mfn) ||
	    page_get_and_type(mfn_to_page(mfn), e->d->domain_id, PT_WRITABLE))
		return NULL;
	return mfn_to_page(mfn);
}

static int clear_frame(const struct ext *e)
{
	struct page_info *pg = writable_frame(e);

	if (!pg)
		return -EINVAL;
	clear_page(page_to_virt(pg));
	page_put_and_type(pg);
	return 0;
}

static int copy_frame(const struct ext *e)
{
	mfn_t src_mfn = _mfn(e->op.arg2.src_mfn);
	struct page_info *src = mfn_to_page(src_mfn), *dst;

	if (!mfn_valid(src_mfn) || !page_get(src, e->d->domain_id))
		return -EINVAL;
	dst = writable_frame(e);
	if (dst) {
		copy_page(page_to_virt(dst), page_to_virt(src));
		page_put_and_type(dst);
	}
	page_put(src);
	return dst ? 0 : -EINVAL;
}

static int ext_one(const struct ext *e)
{
	switch (e->op.cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return pin(e);
	case MMUEXT_UNPIN_TABLE:
		return unpin(e);
	case MMUEXT_NEW_BASEPTR:
	case MMUEXT_NEW_USER_BASEPTR:
		return new_base(e);
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
		return flush_here(e);
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		return flush_there(e);
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return flush_cache(e);
	case MMUEXT_SET_LDT:
		return set_ldt(e);
	case MMUEXT_CLEAR_PAGE:
		return clear_frame(e);
	case MMUEXT_COPY_PAGE:
		return copy_frame(e);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}

/* As update_batch() of mmu.c. */
static int ext_batch(struct ext *e, unsigned long list, unsigned int count, unsigned int *done)
{
	while (*done < count) {
		int rc;

		if (copy_from_guest_index(&e->op, list, *done))
			return -EFAULT;
		rc = ext_one(e);
		if (unlikely(rc))
			return rc;
		(*done)++;
		if (pv_retire_left(e->v) || (*done < count && hypercall_preempt_check()))
			return -ERESTART;
	}
	return 0;
}

static int ext_all(unsigned long list, unsigned int count, u32 foreigndom, unsigned int *done)
{
	struct ext e = { .v = current };
	int rc = pv_foreign_get((domid_t)foreigndom, &e.d);

	if (rc)
		return rc;
	rc = ext_batch(&e, list, count, done);
	domain_put(e.d);
	return rc;
}

/**
 * do_mmuext_op() - Hypercall mmuext_op.
 * @list: guest address of struct mmuext_op
 * @count: see pv_batch()
 * @pdone: likewise
 * @foreigndom: owner of the frames that are named, DOMID_SELF for the caller
 * @a5:         unused
 *
 * Operations before the one that fails have taken effect.
 * Return: 0; -ENOSYS, -EOPNOTSUPP for one that does not exist; -EINVAL, -EBUSY,
 * -EPERM, -EACCES for one that is refused; -EFAULT; -ESRCH.
 */
long do_mmuext_op(unsigned long list, unsigned long count, unsigned long pdone,
		  unsigned long foreigndom, unsigned long a5)
{
	return pv_batch(ext_all, sizeof(struct mmuext_op), list, count, pdone, foreigndom);
}
