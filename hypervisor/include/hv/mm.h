/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: who owns each, what it is used as, and how often.
 *
 * One 64-bit word per frame holds the whole state and changes only by
 * compare-and-exchange, so that any reader sees a consistent state:
 *
 *   bits  0-31   refs       references: mappings, pins, the owner's own
 *   bits 32-55   type_refs  uses of the frame as its present type
 *   bits 56-58   type       enum page_type
 *   bit  59      validated  contents are those of the type; table entries hold references
 *   bit  60      pinned     the guest pinned it as its present type
 *   bit  61      allocated  the owner holds one of the references
 *   bit  62      busy       one CPU changes the type, or edits the table
 *   bit  63      hv         hypervisor memory shared with its owner
 *
 * A type changes only while type_refs is 0. A table keeps "validated" when its
 * last type reference goes: the references that its entries hold stay with it
 * until page_retire(), until another type is wanted, or until the frame is
 * freed. Thereby neither validation nor its reverse ever recurses below one
 * table at a time, and an interrupted operation is simply begun again: what
 * it had validated is found validated. See Documentation/design/page-types.rst.
 */
#ifndef HV_MM_H
#define HV_MM_H

#include <hv/types.h>
#include <hv/atomic.h>
#include <hv/lib.h>
#include <asm/page.h>

#include <xen/xen.h>

struct domain;
struct vcpu;

enum page_type {
	PT_NONE = 0,
	PT_L1 = 1,
	PT_L2 = 2,
	PT_L3 = 3,
	PT_L4 = 4,
	PT_SEGDESC = 5,
	PT_WRITABLE = 7,
};

#define PG_REFS_MASK		0x00000000ffffffffUL
#define PG_REFS_FULL		0x0000000080000000UL	/* set: no more are given */
#define PG_TYPE_REF		0x0000000100000000UL
#define PG_TYPE_REFS_MASK	0x00ffffff00000000UL
#define PG_TYPE_REFS_FULL	0x0080000000000000UL	/* set: no more are given */
#define PG_TYPE_SHIFT		56
#define PG_TYPE_MASK		(7UL << PG_TYPE_SHIFT)
#define PG_VALIDATED		BIT(59)
#define PG_PINNED		BIT(60)
#define PG_ALLOCATED		BIT(61)
#define PG_BUSY			BIT(62)
#define PG_HV			BIT(63)

#define pg_type(state)		((enum page_type)(((state) & PG_TYPE_MASK) >> PG_TYPE_SHIFT))
#define pg_type_bits(type)	((u64)(type) << PG_TYPE_SHIFT)

/* A frame that no domain owns: free, or the hypervisor's own. */
#define OWNER_NONE		DOMID_INVALID

/*
 * The head of a free block has this type, no references, and its order in
 * place of type_refs.
 */
#define PT_FREE			6
#define PG_FREE(order)		(pg_type_bits(PT_FREE) | (u64)(order) * PG_TYPE_REF)

struct page_info {
	u64 state;
	union {
		struct {	/* head of a free block: neighbours in its list */
			u32 next, prev;
		};
		struct {
			u16 owner;	/* domid; DOMID_XEN, DOMID_IO, OWNER_NONE */
			u8 order;	/* of an allocation of the heap's */
			u8 flags;	/* PGF_* */
			u32 tlb_stamp;	/* flush clock when type_refs last fell to 0 */
		};
	};
};

/* A guest mapped the frame other than write-back: caches may differ from memory. */
#define PGF_NONCOHERENT		BIT(0)

#define frame_table		((struct page_info *)FRAME_TABLE_START)
/* First frame beyond the highest RAM. */
extern unsigned long max_page;
/* Frames of RAM in the machine, and free now. */
extern unsigned long total_pages;

/* Bit per 512 MiB of machine memory: the frame table is there. arch/x86/paging.c. */
#define FRAME_CHUNK_SHIFT	(29 - PAGE_SHIFT)
#define FRAME_CHUNKS_MAX	(1UL << (43 - 29))
extern u64 frame_chunks[FRAME_CHUNKS_MAX / 64];

/* Is there a frame-table entry (not: is it RAM) for @mfn? */
static inline bool mfn_valid(mfn_t mfn)
{
	unsigned long chunk = mfn_x(mfn) >> FRAME_CHUNK_SHIFT;

	return mfn_x(mfn) < max_page && (frame_chunks[chunk / 64] >> (chunk % 64) & 1);
}

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
	return &frame_table[mfn_x(mfn)];
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
	return _mfn(pg - frame_table);
}

static inline void *page_to_virt(const struct page_info *pg)
{
	return mfn_to_virt(page_to_mfn(pg));
}

static inline struct page_info *virt_to_page(const void *va)
{
	return mfn_to_page(virt_to_mfn(va));
}

/* mm/page_alloc.c: buddy allocator over all RAM. */
#define MAX_ORDER		18	/* 1 GiB */
#define MEMF_LOW(bits)		((unsigned int)(bits) & 0x3f)	/* below 1 << bits; 0: anywhere */
#define MEMF_NO_SCRUB		BIT(8)

struct page_info *page_alloc(unsigned int order, unsigned int memflags);
void page_free(struct page_info *pg, unsigned int order);
void page_free_range(mfn_t start, unsigned long nr);
unsigned long page_alloc_free_pages(void);
/* For @d, which may have claimed memory: page_alloc() serves those who have not. */
struct page_info *page_alloc_for(struct domain *d, unsigned int order, unsigned int memflags);
int page_claim(struct domain *d, unsigned long pages);
void page_claim_used(struct domain *d, unsigned long pages);
unsigned long page_claims(void);
unsigned long page_alloc_free_below(unsigned int bits);
void page_alloc_add_range(mfn_t start, mfn_t end);
/* Mappings of a frame that is now free may linger in TLBs: flush before it is used again. */
void page_alloc_note_stale(void);

/*
 * mm/domain_page.c: pages for a domain: owner, PG_ALLOCATED and one reference
 * set, counted in d->tot_pages. Zeroed unless MEMF_NO_SCRUB.
 */
struct page_info *domain_page_alloc(struct domain *d, unsigned int order, unsigned int memflags);
int domain_page_assign(struct domain *d, struct page_info *pg, unsigned int order);
/* The last reference of @pg is gone: account for it, and to the allocator. */
void domain_page_free(struct page_info *pg);
/* One page for another, @d's count unchanged: a new one comes, a stolen one goes. */
int domain_page_swap_in(struct domain *d, struct page_info *pg, unsigned int order);
void domain_page_swap_out(struct page_info *pg);
void domain_page_swap_back(struct domain *d, struct page_info *pg);
/* Take from a dying domain all that it owns. 0; -ERESTART: call again. */
int domain_relinquish_memory(struct domain *d);

/* Hypervisor pages, zeroed, owner DOMID_XEN: never mappable by a guest. */
void *hv_page_alloc(unsigned int order);
void hv_page_free(void *va, unsigned int order);
/* Let @d map the hypervisor page @va (writable or not); undone by hv_page_unshare(). */
void hv_page_share(void *va, struct domain *d, bool writable);
/* Its domain dies: mappings that are left keep that domain; then free the page with it. */
void hv_page_release(struct domain *d, void *va);
void hv_page_free_shared(void *va);
/* mm/page.c to mm/heap.c: the last reference to a released page is gone. */
void hv_page_unmapped(struct page_info *pg);
/* -EBUSY while the guest still maps it. The page is the hypervisor's alone again on 0. */
int hv_page_unshare(void *va);

/* mm/heap.c: small objects. Zeroed; NULL if there is no memory. */
void *hv_alloc(size_t size);
void *hv_alloc_array(size_t size, size_t n);
void hv_free(void *p);
#define hv_new(type)		((type *)hv_alloc(sizeof(type)))
#define hv_new_array(type, n)	((type *)hv_alloc_array(sizeof(type), n))

/* What is in use of all memory, bytes, but for a constant: equal before and after is no leak. */
long memory_in_use(void);

/*
 * mm/page.c: references. page_get() takes one if @owner owns the frame and
 * its count has room; page_put() drops one and frees the frame with the last.
 */
bool page_get(struct page_info *pg, domid_t owner);
void page_put(struct page_info *pg);

static inline domid_t page_owner(const struct page_info *pg)
{
	return READ_ONCE(pg->owner);
}

static inline unsigned long pg_type_refs(u64 state)
{
	return (state & PG_TYPE_REFS_MASK) / PG_TYPE_REF;
}

static inline bool pg_is_table(enum page_type type)
{
	return type >= PT_L1 && type <= PT_L4;
}

/*
 * mm/page.c: typed references, ABI rules of abi-surface "MMU rules".
 * page_get_type() - the caller holds a reference. 0; -EBUSY if the frame is in
 * use as another type; -EINVAL if its contents are refused; -ERESTART if
 * preempted, for tables only: begin again.
 */
int page_get_type(struct page_info *pg, enum page_type type);
/* True if a table stays behind validated but unused: see page_retire(). */
bool page_put_type(struct page_info *pg);

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type);
bool page_put_and_type(struct page_info *pg);

/* The guest's pin: a reference and a type reference with a name. */
int page_pin(struct page_info *pg, domid_t owner, enum page_type type);
/* -EINVAL if it is not pinned. @idle: as page_put_type(). */
int page_unpin(struct page_info *pg, bool *idle);

/*
 * Let go of what an unused validated table holds. The caller has a reference.
 * Return: index of the first entry whose child thereby became an unused
 * validated table itself, PT_ENTRIES if none; -EBUSY if it is not such a table.
 */
int page_retire(struct page_info *pg);

/*
 * The right to edit a table in use as @type: exclusive, with a reference and a
 * type reference. page_edit_end() returns true if they were the last users of
 * the type; then the reference stays with the caller, for page_retire().
 */
bool page_edit_begin(struct page_info *pg, domid_t owner, enum page_type type);
bool page_edit_end(struct page_info *pg);

/* The owner gives the frame up: its own reference goes. -EINVAL if it already has, or never had. */
int page_give_up(struct page_info *pg);
/*
 * Take a frame that nobody but its owner refers to out of all use: the caller
 * alone has it, still owned and counted. -EBUSY if it is in use.
 */
int page_steal(struct page_info *pg, domid_t owner);
void page_unsteal(struct page_info *pg);
bool page_take_last(struct page_info *pg, domid_t owner);
void page_init(void);

/*
 * One compare-and-exchange for a mapping of ordinary memory. False says
 * nothing: take the reference and the type reference one by one.
 */
static __always_inline bool page_try_get_writable(struct page_info *pg, domid_t owner)
{
	u64 old = atomic64_read(&pg->state);

	if (unlikely((old & (PG_TYPE_MASK | PG_BUSY | PG_REFS_FULL | PG_TYPE_REFS_FULL)) !=
		     pg_type_bits(PT_WRITABLE) || !(old & PG_REFS_MASK) || page_owner(pg) != owner))
		return false;
	if (unlikely(!atomic64_cmpxchg(&pg->state, &old, old + PG_TYPE_REF + 1)))
		return false;
	if (likely(page_owner(pg) == owner))
		return true;
	page_put_and_type(pg);
	return false;
}

/* The reverse, unless it is the last of either. */
static __always_inline bool page_try_put_and_type(struct page_info *pg)
{
	u64 old = atomic64_read(&pg->state);

	return likely((u32)old > 1 && (old & PG_TYPE_REFS_MASK) > PG_TYPE_REF) &&
	       atomic64_cmpxchg(&pg->state, &old, old - PG_TYPE_REF - 1);
}

/*
 * What an architecture knows about the contents of a frame.
 * arch_page_validate(): 0 and each entry holds its references; or -EINVAL,
 * -EBUSY, -ERESTART and none does. arch_page_drop(): returns as page_retire().
 */
int arch_page_validate(struct page_info *pg, enum page_type type);
unsigned int arch_page_drop(struct page_info *pg, enum page_type level);

/* Machine-to-phys table: what guests read, what MMU_MACHPHYS_UPDATE writes. */
#define m2p_rw			((unsigned long *)RW_M2P_START)
#define M2P_INVALID		(~0UL)
#define M2P_SHARED		(~0UL - 1)
#define M2P_DEBUG		0x5555555555555555UL

/* arch/x86/paging.c: the hypervisor's own page tables. */
extern pte_t *idle_l4;	/* direct-map address of the template L4 */
int map_pages(unsigned long va, mfn_t mfn, unsigned long nr, u64 flags);
void unmap_pages(unsigned long va, unsigned long nr);
/* Map @len bytes at @pa: device registers, uncached; or by @flags (PTE_HV_*). NULL if no space. */
void *ioremap(paddr_t pa, size_t len);
void *ioremap_flags(paddr_t pa, size_t len, u64 flags);
/* Map @nr frames of RAM, not contiguous, with a guard page on either side. */
void *vmap(const mfn_t *mfns, unsigned int nr, u64 flags);
/* A CPU's stack block with its guard pages. */
void *vmap_stack(void);
void iounmap(void *va, size_t len);
/* Copy slots 256-271 into a fresh guest L4. */
void init_guest_l4(pte_t *l4, const struct domain *d);

/* mm/iomem.c: who may map frames that are not RAM; what is denied at boot, nobody. */
void iomem_deny(mfn_t first, mfn_t last);
void iomem_protect(mfn_t first, mfn_t last);
bool iomem_is_read_only(mfn_t mfn);
void iomem_grant_machine(struct domain *d);
bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last);

#endif
