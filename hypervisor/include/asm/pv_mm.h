/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of PV guests: what the files of arch/x86/pv that handle them ask of each other. */
#ifndef HV_ASM_PV_MM_H
#define HV_ASM_PV_MM_H

#include <hv/cpumask.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/percpu.h>

/* pv/table.c */

/*
 * One update of a table being edited. @owner: whose frames an L1 entry may
 * map, DOMID_IO for I/O memory only.
 */
struct pte_update {
	struct domain *d;	/* owner of the table */
	domid_t owner;
	bool preserve_ad;	/* keep the accessed and dirty bits of the old entry */
};

/* 0; -EINVAL, -EPERM, -EBUSY: refused, and the entry unchanged. */
int pv_update_l1(const struct pte_update *u, pte_t *ptep, pte_t new);
/* Write @new if the entry is exactly @old; also -EAGAIN: it was not. */
int pv_cmpxchg_l1(const struct pte_update *u, pte_t *ptep, pte_t old, pte_t new);
/* Drop what a present entry holds that stood in a table before. */
void pv_put_l1(pte_t pte);
/*
 * The same at @level 2 to 4, and -ERESTART: preempted, begin again. *@idle: a
 * table that is now unused, with a reference for pv_retire(); NULL if none.
 * *@flush: a translation that may be cached is gone.
 */
int pv_update_table(const struct pte_update *u, pte_t *ptep, pte_t new, enum page_type level,
		    struct page_info **idle, bool *flush);

/* pv/space.c: the tables that a vCPU runs on */

/* The entry that maps @va in @v's kernel address space; NULL if a table above it is missing. */
pte_t *guest_l1e(struct vcpu *v, unsigned long va);
/* The vCPU's tables, each taken as PT_L4: 0; -EINVAL, -EBUSY; -ERESTART, begin again. */
int pv_set_kernel_table(struct vcpu *v, mfn_t mfn);
int pv_set_user_table(struct vcpu *v, mfn_t mfn);	/* INVALID_MFN: none */
/* Let go of all that a vCPU holds of its domain's pages: tables, GDT, LDT. It never runs again. */
void pv_vcpu_relinquish(struct vcpu *v);
/* CPUs whose TLBs may hold translations of @d's. */
void pv_domain_cpus(const struct domain *d, cpumask_t *mask);
/* The same of one vCPU, added to @mask; a full barrier goes before. */
void pv_vcpu_cpu(const struct vcpu *v, cpumask_t *mask);

/*
 * A table fell out of use. Whoever calls these looks at pv_retire_left()
 * afterwards and asks to be continued, beginning with pv_retire_pending().
 */
void pv_retire(struct vcpu *v, struct page_info *pg, enum page_type level);
void pv_retire_children(struct vcpu *v, struct page_info *pg, enum page_type level);
int pv_retire_more(struct vcpu *v);

static inline bool pv_retire_left(const struct vcpu *v)
{
	return unlikely(v->arch.retire.depth);
}

/* 0, or -ERESTART: preempted again. */
static inline int pv_retire_pending(struct vcpu *v)
{
	return likely(!v->arch.retire.depth) ? 0 : pv_retire_more(v);
}

/* pv/mmu.c: the domain that a call names as owner of frames. 0; -ESRCH, -EPERM. */
int pv_foreign_get(domid_t domid, struct domain **d);

/* What a list of requests has in common, whatever they are: mmu.c. */
typedef int pv_batch_fn(unsigned long list, unsigned int nr, u32 foreigndom, unsigned int *done);
long pv_batch(pv_batch_fn *all, size_t size, unsigned long list, unsigned long count,
	      unsigned long pdone, unsigned long foreigndom);

/* pv/mmuext.c: CPUs of the vCPUs in a guest's bitmap at @va. 0 or -EFAULT. */
int pv_vcpu_bitmap_cpus(const struct domain *d, unsigned long va, cpumask_t *mask);

/* Is it time to put off the rest of a long operation? Never while dom0 is being built. */
bool pv_preempt(void);

/* pv/segment.c */
int pv_validate_segdesc(struct page_info *pg);
int pv_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries);
void pv_drop_gdt(struct vcpu *v);
/* True if any page of the LDT was mapped: the CPU that runs @v needs a TLB flush. */
bool pv_drop_ldt(struct vcpu *v);
/* A mapping of @pg, in use as PT_SEGDESC, goes: the LDT must not keep it. */
void pv_segdesc_unmapped(struct page_info *pg);

#endif
