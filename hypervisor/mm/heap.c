// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small objects, and whole pages for the hypervisor itself.
 *
 * A slab is one page cut into objects of one size, with struct slab at its
 * start; slabs with a free object stand in their class's list. An object is
 * never page-aligned, which tells hv_free() the two kinds of memory apart.
 * What is larger than the largest class is pages, the order kept in the frame
 * table.
 *
 * Locks: classes_lock guards all slabs; page_alloc()'s lock is never taken inside.
 */
#include <hv/mm.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/fail_alloc.h>
#include <hv/spinlock.h>

/* Sizes from 64 upwards are multiples of 64: such objects are aligned to cache lines. */
static const u16 class_size[] = { 16, 32, 64, 128, 192, 256, 384, 576, 768, 960, 1344, 1984 };

#define NR_CLASSES		ARRAY_SIZE(class_size)

struct slab {
	struct slab *next, *prev;	/* while nr_free > 0 */
	void *free;			/* first free object; each points to the next */
	u16 nr_free;
	u16 class;
} __aligned(64);

BUILD_BUG_ON(sizeof(struct slab) != 64);

static spinlock_t classes_lock = SPINLOCK_INIT;
static struct slab *class_slabs[NR_CLASSES];
static unsigned long slab_pages, object_bytes;

static unsigned int objects_per_slab(unsigned int class)
{
	return (PAGE_SIZE - sizeof(struct slab)) / class_size[class];
}

static void slab_link(struct slab *slab)
{
	struct slab **head = &class_slabs[slab->class];

	slab->prev = NULL;
	slab->next = *head;
	if (*head)
		(*head)->prev = slab;
	*head = slab;
}

static void slab_unlink(struct slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		class_slabs[slab->class] = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

static struct slab *slab_create(unsigned int class)
{
	struct slab *slab = hv_page_alloc(0);
	char *obj = (char *)(slab + 1);

	if (!slab)
		return NULL;
	slab->class = (u16)class;
	slab->nr_free = (u16)objects_per_slab(class);
	for (unsigned int i = 0; i < slab->nr_free; i++, obj += class_size[class]) {
		*(void **)obj = slab->free;
		slab->free = obj;
	}
	return slab;
}

static void *slab_take(struct slab *slab)
{
	void *obj = slab->free;

	object_bytes += class_size[slab->class];
	slab->free = *(void **)obj;
	if (--slab->nr_free == 0)
		slab_unlink(slab);
	return obj;
}

static void *object_alloc(unsigned int class)
{
	struct slab *fresh = NULL;
	void *obj;

	spin_lock(&classes_lock);
	while (!class_slabs[class] && !fresh) {
		spin_unlock(&classes_lock);
		fresh = slab_create(class);
		if (!fresh)
			return NULL;
		spin_lock(&classes_lock);
	}
	if (fresh) {
		slab_link(fresh);
		slab_pages++;
	}
	obj = slab_take(class_slabs[class]);
	spin_unlock(&classes_lock);
	return obj;
}

static unsigned int order_of(size_t size)
{
	return fls64((size - 1) >> PAGE_SHIFT);
}

/**
 * hv_alloc() - Zeroed memory for the hypervisor.
 * @size: bytes; 16-byte aligned, 64 from 64 bytes up, a page above 1984
 *
 * Context: takes the allocator's locks; hold none, and not from an interrupt.
 * Return: NULL if there is no memory, or @size is 0 or beyond 1 GiB.
 */
void *hv_alloc(size_t size)
{
	void *obj;

	if (!size || size > PAGE_SIZE << MAX_ORDER || alloc_shall_fail())
		return NULL;
	for (unsigned int class = 0; class < NR_CLASSES; class++) {
		if (size > class_size[class])
			continue;
		obj = object_alloc(class);
		if (obj)
			__builtin_memset(obj, 0, class_size[class]);
		return obj;
	}
	obj = hv_page_alloc(order_of(size));
	if (obj)
		virt_to_page(obj)->order = (u8)order_of(size);
	return obj;
}

/**
 * hv_alloc_array() - Zeroed memory for @n objects of @size bytes.
 * @size: bytes of one object
 * @n: objects
 *
 * Return: as hv_alloc(); NULL also if the product overflows.
 */
void *hv_alloc_array(size_t size, size_t n)
{
	size_t bytes;

	if (__builtin_mul_overflow(size, n, &bytes))
		return NULL;
	return hv_alloc(bytes);
}

static void object_free(void *p)
{
	struct slab *slab = (struct slab *)((unsigned long)p & PAGE_MASK);
	bool empty;

	BUG_ON(slab->class >= NR_CLASSES);
	if (IS_ENABLED(CONFIG_HV_DEBUG))
		__builtin_memset(p, 0xfe, class_size[slab->class]);

	spin_lock(&classes_lock);
	BUG_ON(slab->nr_free >= objects_per_slab(slab->class));
	object_bytes -= class_size[slab->class];
	*(void **)p = slab->free;
	slab->free = p;
	if (slab->nr_free++ == 0)
		slab_link(slab);
	/* Keep one: a lone object that comes and goes costs no page each time. */
	empty = slab->nr_free == objects_per_slab(slab->class) && (slab->next || slab->prev);
	if (empty) {
		slab_unlink(slab);
		slab_pages--;
	}
	spin_unlock(&classes_lock);
	if (empty)
		hv_page_free(slab, 0);
}

/**
 * hv_free() - Give back what hv_alloc() gave; NULL is nothing to do.
 * @p: start of the object, or NULL
 */
void hv_free(void *p)
{
	if (!p)
		return;
	if ((unsigned long)p & ~PAGE_MASK)
		object_free(p);
	else
		hv_page_free(p, virt_to_page(p)->order);
}

/**
 * hv_page_alloc() - Zeroed pages that no guest can map.
 * @order: 1 << @order contiguous pages
 *
 * Return: their direct-map address; NULL if there is no memory.
 */
void *hv_page_alloc(unsigned int order)
{
	struct page_info *pg = page_alloc(order, 0);
	char *va;

	if (!pg)
		return NULL;
	va = page_to_virt(pg);
	for (unsigned long i = 0; i < 1UL << order; i++) {
		pg[i].owner = DOMID_XEN;
		clear_page(va + i * PAGE_SIZE);
	}
	return va;
}

/**
 * hv_page_free() - Give back what hv_page_alloc() gave.
 * @va: NULL is nothing to do; no page may be shared, see hv_page_unshare()
 * @order: as it was allocated
 */
void hv_page_free(void *va, unsigned int order)
{
	if (va)
		page_free(virt_to_page(va), order);
}

/**
 * memory_in_use() - Whether something was lost is what two of these tell.
 *
 * Slabs that are kept for objects to come do not count.
 * Context: takes the allocators' locks; nobody allocates meanwhile.
 */
long memory_in_use(void)
{
	long bytes;

	spin_lock(&classes_lock);
	bytes = (long)object_bytes - (long)((page_alloc_free_pages() + slab_pages) << PAGE_SHIFT);
	spin_unlock(&classes_lock);
	return bytes;
}

/**
 * hv_page_share() - Let a domain map a page of the hypervisor's.
 * @va: from hv_page_alloc(0), not shared yet
 * @d: the domain, dom_xen for any privileged one
 * @writable: may it be mapped for writing?
 *
 * A type reference that stays as long as the page is shared holds the frame to
 * "writable", or to "none", with which no mapping for writing can agree.
 */
void hv_page_share(void *va, struct domain *d, bool writable)
{
	struct page_info *pg = virt_to_page(va);

	BUG_ON(pg->owner != DOMID_XEN || pg->state);
	m2p_rw[mfn_x(page_to_mfn(pg))] = M2P_INVALID;
	pg->owner = d->domain_id;
	__atomic_store_n(&pg->state,
			 PG_HV | PG_ALLOCATED | PG_TYPE_REF | 1 |
			 pg_type_bits(writable ? PT_WRITABLE : PT_NONE), __ATOMIC_RELEASE);
}

/* Nothing refers to the page but the hypervisor: the owner's reference for it ends. */
void hv_page_unmapped(struct page_info *pg)
{
	struct domain *d = domain_get(pg->owner);

	BUG_ON(!d);
	page_alloc_note_stale();
	pg->owner = DOMID_XEN;
	__atomic_store_n(&pg->state, 0, __ATOMIC_RELEASE);
	domain_put(d);
	domain_put(d);
}

/**
 * hv_page_release() - A domain that dies lets go of a page that it shared.
 * @d:  to which the page is shared; dying, referenced
 * @va: start of the page
 *
 * The page stays the hypervisor's to use. Mappings that others still have of it
 * hold a reference to @d; when @d is freed, hv_page_free_shared() has none.
 */
void hv_page_release(struct domain *d, void *va)
{
	struct page_info *pg = virt_to_page(va);
	u64 old = atomic64_read(&pg->state);

	BUG_ON(!(old & PG_HV) || pg->owner != d->domain_id);
	domain_hold(d);
	while (!atomic64_cmpxchg(&pg->state, &old, (old & ~PG_ALLOCATED) - 1))
		;
	if ((old & PG_REFS_MASK) == 1)
		hv_page_unmapped(pg);
}

/**
 * hv_page_free_shared() - Free a page that hv_page_share() shared.
 * @va: released, or never seen by any guest
 */
void hv_page_free_shared(void *va)
{
	if (virt_to_page(va)->state)
		BUG_ON(hv_page_unshare(va));
	hv_page_free(va, 0);
}

/**
 * hv_page_unshare() - Take a page back that hv_page_share() shared.
 * @va: start of the page
 *
 * Return: 0, the page is the hypervisor's alone; -EBUSY while a guest maps it.
 */
int hv_page_unshare(void *va)
{
	struct page_info *pg = virt_to_page(va);
	u64 old = READ_ONCE(pg->state);

	BUG_ON(!(old & PG_HV));
	if ((old & (PG_REFS_MASK | PG_TYPE_REFS_MASK)) != (1 | PG_TYPE_REF))
		return -EBUSY;
	if (!__atomic_compare_exchange_n(&pg->state, &old, 0, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return -EBUSY;
	pg->owner = DOMID_XEN;
	page_alloc_note_stale();
	return 0;
}
