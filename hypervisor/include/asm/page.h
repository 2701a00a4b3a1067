/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table entries as the CPU reads them. Intel SDM vol. 3, 4.5. */
#ifndef HV_ASM_PAGE_H
#define HV_ASM_PAGE_H

#include <asm/layout.h>

#define PAGE_SHIFT		12
#define PAGE_SIZE		LAYOUT_UL(0x1000)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PADDR_BITS		52
#define PADDR_MASK		((LAYOUT_UL(1) << PADDR_BITS) - 1)
#define PT_ENTRIES		512

#define L1_SHIFT		12
#define L2_SHIFT		21
#define L3_SHIFT		30
#define L4_SHIFT		39

#define PTE_P			LAYOUT_UL(0x001)
#define PTE_RW			LAYOUT_UL(0x002)
#define PTE_US			LAYOUT_UL(0x004)
#define PTE_PWT			LAYOUT_UL(0x008)
#define PTE_PCD			LAYOUT_UL(0x010)
#define PTE_A			LAYOUT_UL(0x020)
#define PTE_D			LAYOUT_UL(0x040)
#define PTE_PSE			LAYOUT_UL(0x080)	/* L2, L3 */
#define PTE_PAT			LAYOUT_UL(0x080)	/* L1 */
#define PTE_G			LAYOUT_UL(0x100)
#define PTE_AVAIL		LAYOUT_UL(0xe00)
#define PTE_GUEST_KERNEL	(LAYOUT_UL(1) << 52)	/* guest cleared US; ABI fix-up */
#define PTE_AVAIL_HIGH		(LAYOUT_UL(0x7ff) << 52)
#define PTE_NX			(LAYOUT_UL(1) << 63)
#define PTE_ADDR_MASK		LAYOUT_UL(0x000ffffffffff000)
#define PTE_CACHE_ATTRS		(PTE_PWT | PTE_PCD | PTE_PAT)

#define PTE_HV_RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX | PTE_G)
#define PTE_HV_UC		(PTE_HV_RW | PTE_PCD | PTE_PWT)
#define PTE_HV_RO		(PTE_P | PTE_A | PTE_NX | PTE_G)
#define PTE_HV_RX		(PTE_P | PTE_A | PTE_G)

#ifndef __ASSEMBLY__

#include <hv/types.h>
#include <hv/lib.h>

typedef u64 pte_t;	/* one entry of any level */

#define l1_index(va)		(((va) >> L1_SHIFT) & (PT_ENTRIES - 1))
#define l2_index(va)		(((va) >> L2_SHIFT) & (PT_ENTRIES - 1))
#define l3_index(va)		(((va) >> L3_SHIFT) & (PT_ENTRIES - 1))
#define l4_index(va)		(((va) >> L4_SHIFT) & (PT_ENTRIES - 1))

static inline mfn_t pte_mfn(pte_t pte)
{
	return _mfn((pte & PTE_ADDR_MASK) >> PAGE_SHIFT);
}

static inline pte_t pte_make(mfn_t mfn, u64 flags)
{
	return (mfn_x(mfn) << PAGE_SHIFT) | flags;
}

static inline pte_t pte_read(const pte_t *ptep)
{
	return READ_ONCE(*ptep);
}

static inline bool is_canonical(unsigned long va)
{
	return (long)va >> 47 == 0 || (long)va >> 47 == -1;
}

/* Addresses of RAM through the direct map. */
static inline void *paddr_to_virt(paddr_t pa)
{
	return (void *)(DIRECTMAP_START + pa);
}

static inline paddr_t virt_to_paddr_directmap(const void *va)
{
	return (unsigned long)va - DIRECTMAP_START;
}

static inline void *mfn_to_virt(mfn_t mfn)
{
	return paddr_to_virt(mfn_x(mfn) << PAGE_SHIFT);
}

/* @va must be a direct-map address. */
static inline mfn_t virt_to_mfn(const void *va)
{
	return _mfn(virt_to_paddr_directmap(va) >> PAGE_SHIFT);
}

static inline void clear_page(void *page)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ __volatile__("rep stosq" : "+D" (page), "+c" (n) : "a" (0UL) : "memory");
}

static inline void copy_page(void *to, const void *from)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ __volatile__("rep movsq" : "+D" (to), "+S" (from), "+c" (n) :: "memory");
}

#endif /* __ASSEMBLY__ */
#endif
