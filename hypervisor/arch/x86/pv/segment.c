// SPDX-License-Identifier: GPL-2.0-only
/*
 * GDT and LDT of PV vCPUs. ABI: xen.h, hypercalls set_gdt, update_descriptor
 * and MMUEXT_SET_LDT; arch-x86/xen-x86_64.h for the selectors that are ours.
 *
 * The pages stay the guest's, readable by it, with type PT_SEGDESC: every
 * descriptor in them was checked, and changes only by update_descriptor. The
 * CPU reads them through the vCPU's window in the per-domain slot: GDT pages
 * from set_gdt on, LDT pages from their first use on.
 *
 * Locks: v->arch.ldt_lock guards the LDT half of the window and ldt_mapped.
 */
#include <asm/pv_mm.h>

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>

#include <asm/flush.h>
#include <asm/pv.h>
#include <asm/system.h>

#define DESC_P			(1UL << 47)
#define DESC_DPL3		(3UL << 45)
#define DESC_CODE_OR_DATA	(1UL << 44)
#define DESC_TYPE		(15UL << 40)

#define DESCS_PER_PAGE		512
/* Of the guest's GDT; the pages from there on are the hypervisor's. */
#define GDT_ENTRIES_MAX		(GUEST_GDT_PAGES * DESCS_PER_PAGE)
#define LDT_WINDOW		16	/* entry in gdt_ldt_l1 at which it begins */

/* The CPU sets a descriptor's accessed bit. Not global: each domain has its own slot 260. */
#define PTE_WINDOW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

/*
 * What a guest may have: anything not present; code and data for ring 3; the
 * null system type. Gates, task states and LDTs would lead into ring 0.
 */
static bool fix_descriptor(u64 *desc)
{
	if (!(*desc & DESC_P))
		return true;
	if (!(*desc & DESC_CODE_OR_DATA))
		return !(*desc & DESC_TYPE);
	*desc |= DESC_DPL3;
	return true;
}

int pv_validate_segdesc(struct page_info *pg)
{
	u64 *table = page_to_virt(pg);

	for (unsigned int i = 0; i < DESCS_PER_PAGE; i++) {
		u64 desc = READ_ONCE(table[i]);

		if (!desc)
			continue;
		if (!fix_descriptor(&desc)) {
			dprintk(page_owner(pg), LOG_DEBUG,
				"descriptor %u at mfn %#lx is %016lx: refused\n",
				i, mfn_x(page_to_mfn(pg)), (unsigned long)desc);
			return -EINVAL;
		}
		WRITE_ONCE(table[i], desc);
	}
	return 0;
}

/**
 * pv_drop_gdt() - Take the guest's GDT from a vCPU.
 * @v: the vCPU
 *
 * Context: @v does not run, or is the caller, who then flushes its TLB.
 */
void pv_drop_gdt(struct vcpu *v)
{
	for (unsigned int i = 0; i < GUEST_GDT_PAGES; i++) {
		mfn_t mfn = v->arch.gdt_frames[i];

		if (mfn_eq(mfn, INVALID_MFN))
			continue;
		WRITE_ONCE(v->arch.gdt_ldt_l1[i], pv_zero_gdt_entry());
		v->arch.gdt_frames[i] = INVALID_MFN;
		page_put_and_type(mfn_to_page(mfn));
	}
	v->arch.gdt_ents = 0;
}

static int get_gdt_frame(const struct domain *d, unsigned long mfn)
{
	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	return page_get_and_type(mfn_to_page(_mfn(mfn)), d->domain_id, PT_SEGDESC);
}

/**
 * pv_set_gdt() - Give a vCPU a new GDT.
 * @v: does not run, or is the caller, who then flushes its TLB
 * @frames: machine frames of @v's domain, one for each 512 entries, private copy
 * @entries: 0 to 7168
 *
 * Return: 0; -EINVAL, -EBUSY if a frame or a descriptor in it is refused; the
 * old GDT then stays.
 */
int pv_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries)
{
	unsigned int nr = DIV_ROUND_UP(entries, DESCS_PER_PAGE), i;
	int rc;

	if (entries > GDT_ENTRIES_MAX)
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		rc = get_gdt_frame(v->domain, frames[i]);
		if (rc)
			goto undo;
	}
	pv_drop_gdt(v);
	v->arch.gdt_ents = entries;
	for (i = 0; i < nr; i++) {
		v->arch.gdt_frames[i] = _mfn(frames[i]);
		WRITE_ONCE(v->arch.gdt_ldt_l1[i], pte_make(_mfn(frames[i]), PTE_WINDOW));
	}
	return 0;
undo:
	while (i--)
		page_put_and_type(mfn_to_page(_mfn(frames[i])));
	return rc;
}

/**
 * do_set_gdt() - Hypercall set_gdt.
 * @list: guest address of the machine frames
 * @entries: descriptors in all
 * @a3:      unused
 * @a4:      unused
 * @a5:      unused
 *
 * Return: 0; -EINVAL; -EBUSY; -EFAULT.
 */
long do_set_gdt(unsigned long list, unsigned long entries, unsigned long a3, unsigned long a4,
		unsigned long a5)
{
	unsigned long frames[GUEST_GDT_PAGES];
	unsigned int nr = (unsigned int)entries;
	int rc;

	if (nr > GDT_ENTRIES_MAX)
		return -EINVAL;
	if (raw_copy_from_guest(frames, list, DIV_ROUND_UP(nr, DESCS_PER_PAGE) * sizeof(*frames)))
		return -EFAULT;
	rc = pv_set_gdt(current, frames, nr);
	if (!rc)
		flush_tlb_local();
	return rc;
}

/* One that is not in use as a descriptor table is ordinary memory. */
static int write_descriptor(struct page_info *pg, unsigned int offset, u64 desc)
{
	enum page_type type = pg_type(READ_ONCE(pg->state));
	int rc = page_get_type(pg, type == PT_SEGDESC ? PT_SEGDESC : PT_WRITABLE);

	if (rc)
		return rc;
	WRITE_ONCE(*(u64 *)((char *)page_to_virt(pg) + offset), desc);
	page_put_type(pg);
	return 0;
}

/**
 * do_update_descriptor() - Hypercall update_descriptor.
 * @maddr: machine address of the descriptor, in memory of the caller's domain
 * @desc: new value
 * @a3:   unused
 * @a4:   unused
 * @a5:   unused
 *
 * Return: 0; -EINVAL if place or value is refused; -EBUSY.
 */
long do_update_descriptor(unsigned long maddr, unsigned long desc, unsigned long a3,
			  unsigned long a4, unsigned long a5)
{
	mfn_t mfn = _mfn(maddr >> PAGE_SHIFT);
	struct page_info *pg;
	u64 value = desc;
	int rc;

	if (maddr % sizeof(value) || !mfn_valid(mfn) || !fix_descriptor(&value))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, current->domain->domain_id))
		return -EINVAL;
	rc = write_descriptor(pg, maddr & ~PAGE_MASK, value);
	page_put(pg);
	return rc;
}

/* The guest's frame behind @offset of its LDT, with both references; NULL if there is none. */
static struct page_info *get_ldt_frame(struct vcpu *v, unsigned long offset)
{
	pte_t *entry = guest_l1e(v, v->arch.ldt_base + offset), pte;

	if (!entry)
		return NULL;
	pte = pte_read(entry);
	if (!(pte & PTE_P) || !mfn_valid(pte_mfn(pte)) ||
	    page_get_and_type(mfn_to_page(pte_mfn(pte)), v->domain->domain_id, PT_SEGDESC))
		return NULL;
	return mfn_to_page(pte_mfn(pte));
}

/**
 * pv_ldt_fault() - The CPU met a page of the LDT that is not mapped yet.
 * @v: the running vCPU
 * @offset: bytes from the window's begin
 *
 * Context: from the page fault, maybe in the hypervisor's own loading of a
 * selector with interrupts off.
 * Return: true if it is mapped now.
 */
bool pv_ldt_fault(struct vcpu *v, unsigned long offset)
{
	pte_t *entry = &v->arch.gdt_ldt_l1[LDT_WINDOW + (offset >> PAGE_SHIFT)];
	struct page_info *pg;
	bool mapped = false;

	if (offset / sizeof(u64) >= v->arch.ldt_ents)
		return false;
	pg = get_ldt_frame(v, offset & PAGE_MASK);
	if (!pg)
		return false;
	spin_lock(&v->arch.ldt_lock);
	if (!(pte_read(entry) & PTE_P)) {
		WRITE_ONCE(*entry, pte_make(page_to_mfn(pg), PTE_WINDOW));
		v->arch.ldt_mapped++;
		mapped = true;
	}
	spin_unlock(&v->arch.ldt_lock);
	if (!mapped)
		page_put_and_type(pg);
	return true;
}

/**
 * pv_drop_ldt() - Take the pages of a vCPU's LDT out of its window.
 * @v: the vCPU
 *
 * Return: true if there were any, and the CPU that @v runs on may know them.
 */
bool pv_drop_ldt(struct vcpu *v)
{
	pte_t gone[16];
	unsigned int nr = 0;

	if (likely(!READ_ONCE(v->arch.ldt_mapped)))
		return false;
	spin_lock(&v->arch.ldt_lock);
	for (unsigned int i = LDT_WINDOW; i < LDT_WINDOW + ARRAY_SIZE(gone); i++) {
		pte_t *entry = &v->arch.gdt_ldt_l1[i];

		if (!(pte_read(entry) & PTE_P))
			continue;
		gone[nr++] = *entry;
		WRITE_ONCE(*entry, 0);
	}
	v->arch.ldt_mapped = 0;
	spin_unlock(&v->arch.ldt_lock);
	for (unsigned int i = 0; i < nr; i++)
		page_put_and_type(mfn_to_page(pte_mfn(gone[i])));
	return nr != 0;
}

/*
 * A guest that unmaps a page of its LDT expects it to be ordinary memory from
 * then on, whether or not it had changed its LDT before.
 */
void pv_segdesc_unmapped(struct page_info *pg)
{
	struct domain *d = current->domain;
	cpumask_t mask;
	struct vcpu *v;

	if (page_owner(pg) != d->domain_id || !pg_type_refs(READ_ONCE(pg->state)))
		return;
	cpumask_clear(&mask);
	for_each_vcpu(d, v) {
		if (!pv_drop_ldt(v))
			continue;
		smp_mb();	/* as in pv_domain_cpus() */
		pv_vcpu_cpu(v, &mask);
	}
	flush_tlb_mask(&mask);
}
