/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around hypervisor/grant/: the real frames, references, types and L1
 * tables of mm/ and arch/x86/pv/table.c, and four domains with an L1 table each.
 * For the unit tests and the fuzzer; include it once.
 */
#ifndef GRANT_HOST_H
#define GRANT_HOST_H

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <asm/pv_mm.h>

#include <xen/grant_table.h>

#include <stdio.h>
#include <string.h>

#include "../../hypervisor/grant/grant.h"
#include "fail_alloc_host.h"
#include "mm_fixture.h"

#define HOST_DOMAINS	4
#define HOST_PAGES	8	/* of each domain, besides its L1 table */
#define HOST_FRAMES	4	/* to which grant tables may grow */
#define HOST_MAPTRACK	1	/* 256 mappings */
#define HOST_VA		0x10000000UL	/* what a domain's L1 table maps */

STUB_CURRENT struct vcpu *current;
struct domain *dom_idle, *dom_io;

static struct domain domains[HOST_DOMAINS];
static const domid_t ids[HOST_DOMAINS] = { 0, 1, 2, 7 };
static struct vcpu vcpus[HOST_DOMAINS];
static struct page_info *pages[HOST_DOMAINS][HOST_PAGES], *l1[HOST_DOMAINS];
static unsigned long regions[HOST_DOMAINS][FIXTURE_FRAMES / 512 / 64 + 1];
static void (*free_tables)(void);
static bool preempt;		/* what hypercall_preempt_check() says */
static unsigned int nr_continued;
static unsigned long continue_args[3];
static unsigned int nr_tlb_flushes;
static void (*on_flush)(void);
static void (*on_read)(void);	/* after a batch was copied in */
static unsigned long free_at_start;

/* ---- what the sources call ---- */

void dprintk(unsigned int domid, enum log_level level, const char *fmt, ...) {}
void printk(const char *fmt, ...) {}
void register_keyhandler(unsigned char key, void (*fn)(unsigned char), const char *desc) {}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	free_tables = fn;
}

static unsigned int softirqs;

void softirq_raise(enum softirq nr)
{
	__atomic_fetch_add(&softirqs, 1, __ATOMIC_SEQ_CST);
}

bool hypercall_preempt_check(void)
{
	return preempt;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	va_list args;

	BUG_ON(nr_args != 3);
	va_start(args, nr_args);
	for (unsigned int i = 0; i < 3; i++)
		continue_args[i] = va_arg(args, unsigned long);
	va_end(args);
	nr_continued++;
	return -ERESTART;
}

struct domain *domain_get(domid_t id)
{
	if (id == DOMID_SELF) {
		domain_hold(current->domain);
		return current->domain;
	}
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		if (domains[i].domain_id == id && READ_ONCE(domains[i].refcount)) {
			domain_hold(&domains[i]);
			return &domains[i];
		}
	}
	return NULL;
}

struct domain *domain_get_from(domid_t id)
{
	return NULL;
}

void domain_put(struct domain *d)
{
	u32 left = __atomic_sub_fetch(&d->refcount, 1, __ATOMIC_SEQ_CST);

	BUG_ON(left == ~0U);
	if (!left)
		grant_table_destroy(d);
}

bool domain_may_act_on(const struct domain *d)
{
	return d == current->domain || current->domain->is_privileged;
}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t len)
{
	if (va < PAGE_SIZE)
		return len;
	memcpy(to, (void *)va, len);
	if (on_read)
		on_read();
	return 0;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t len)
{
	if (va < PAGE_SIZE)
		return len;
	memcpy((void *)va, from, len);
	return 0;
}

static unsigned int domain_index(const struct domain *d)
{
	return (unsigned int)(d - domains);
}

pte_t *guest_l1e(struct vcpu *v, unsigned long va)
{
	if (va >> L2_SHIFT != HOST_VA >> L2_SHIFT)
		return NULL;
	return (pte_t *)page_to_virt(l1[domain_index(v->domain)]) + l1_index(va);
}

void pv_domain_cpus(const struct domain *d, cpumask_t *mask)
{
	cpumask_clear(mask);
}

/* That a frame of another's is mapped matters to flushes only: unit/flush. */
void flush_note_foreign(domid_t domid) {}

void flush_tlb_mask(const cpumask_t *mask)
{
	__atomic_fetch_add(&nr_tlb_flushes, 1, __ATOMIC_SEQ_CST);
	if (on_flush)
		on_flush();
}

void pv_retire(struct vcpu *v, struct page_info *pg, enum page_type level)
{
	page_retire(pg);
	page_put(pg);
}

void pv_segdesc_unmapped(struct page_info *pg) {}

int pv_validate_segdesc(struct page_info *pg)
{
	return 0;
}

bool iomem_is_read_only(mfn_t mfn)
{
	return false;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	return false;
}

void init_guest_l4(pte_t *l4, const struct domain *d) {}

/* ---- for the tests ---- */

static pte_t *host_pte(unsigned int dom, unsigned int i)
{
	return (pte_t *)page_to_virt(l1[dom]) + i;
}

static unsigned long host_va(unsigned int i)
{
	return HOST_VA + i * PAGE_SIZE;
}

static unsigned long host_mfn(unsigned int dom, unsigned int i)
{
	return mfn_x(page_to_mfn(pages[dom][i]));
}

static __maybe_unused struct grant_entry_v1 *host_entry(unsigned int dom, u32 ref)
{
	return shared_v1(domains[dom].grant, ref);
}

/* As a guest would change an entry of its L1 table. */
static __maybe_unused int host_update(unsigned int dom, unsigned int i, pte_t pte, domid_t owner)
{
	struct pte_update u = { .d = &domains[dom], .owner = owner };
	int rc;

	BUG_ON(!page_edit_begin(l1[dom], ids[dom], PT_L1));
	rc = pv_update_l1(&u, host_pte(dom, i), pte);
	BUG_ON(page_edit_end(l1[dom]));
	return rc;
}

static void host_domain(unsigned int i)
{
	struct domain *d = &domains[i];

	*d = (struct domain){ .domain_id = ids[i], .is_privileged = !i, .refcount = 1,
			      .max_pages = 100, .owned_regions = regions[i] };
	d->arch.perdomain_l3 = (pte_t *)1;	/* its tables can be validated */
	vcpus[i] = (struct vcpu){ .domain = d };
	current = &vcpus[i];
	BUG_ON(grant_table_init(d, HOST_FRAMES, HOST_MAPTRACK, 2));
	for (unsigned int j = 0; j < HOST_PAGES; j++) {
		pages[i][j] = domain_page_alloc(d, 0, 0);
		memset(page_to_virt(pages[i][j]), 0x10 * i + j, PAGE_SIZE);
	}
	l1[i] = domain_page_alloc(d, 0, 0);
	BUG_ON(page_pin(l1[i], ids[i], PT_L1));
}

static void host_start(void)
{
	static bool mapped;

	if (!mapped) {
		map_memory(NULL);
		page_init();
		page_alloc_add_range(_mfn(0x1000), _mfn(FIXTURE_FRAMES));
		mapped = true;
	}
	fail_alloc = 0;
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		host_domain(i);
	current = &vcpus[0];
	preempt = false;
	on_flush = on_read = NULL;
	nr_continued = nr_tlb_flushes = 0;
}

/* A domain dies as far as it can: what others map stays. */
static void host_kill(unsigned int dom)
{
	struct domain *d = &domains[dom];

	if (!l1[dom])
		return;
	d->dying = DOM_DYING;
	while (gnttab_release_mappings(d))
		;
	l1[dom] = NULL;
	while (domain_relinquish_memory(d))
		;
	BUG_ON(gnttab_release_frames(d));
	while (softirqs) {
		softirqs = 0;
		free_tables();
	}
	d->dying = DOM_DEAD;
	domain_put(d);
}

/* And nothing may be left of it: no reference, no page. */
static void host_stop(void)
{
	fail_alloc = 0;
	preempt = false;
	on_flush = on_read = NULL;
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		host_kill(i);
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		BUG_ON(domains[i].refcount || domains[i].tot_pages);
	/* Of small objects the heap keeps pages, so the first time does not count. */
	if (free_at_start)
		BUG_ON(page_alloc_free_pages() != free_at_start);
	free_at_start = page_alloc_free_pages();
}

#endif
