/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around hypervisor/mm/: 64 MiB with real frames and counts, three
 * domains, and a piece of guest memory that every address leads to. For the
 * unit tests and the fuzzer; include it once.
 *
 * Page tables have one entry here, the first word, that names a frame or is 0.
 */
#ifndef MEMORY_HOST_H
#define MEMORY_HOST_H

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/e820.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/start.h>

#include <asm/flush.h>

#include <xen/memory.h>

#include "fail_alloc_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HOST_DOMAINS	3
#define HOST_FRAMES	0x4000UL	/* 64 MiB */
#define HOST_FIRST	0x1000UL
#define HOST_MAX_PAGES	3000
#define HOST_GRANTS	40		/* frames of a grant table */
#define GUEST_BYTES	0x10000UL

struct hv_options opts;
unsigned long max_page = HOST_FRAMES;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };
u64 tlb_clock = 1;
struct e820_map machine_e820 = {
	.nr = 2, .entry = { { 0, 0x9f000, 1 }, { 0x100000, 0x3f00000, 1 } },
};

static pte_t empty_l4[512];
pte_t *idle_l4 = empty_l4;
struct domain *dom_xen;
struct vcpu *current;

/* The second and third may not act on others. */
static struct domain domains[HOST_DOMAINS];
static struct vcpu vcpus[HOST_DOMAINS];
static struct shared_info shared;
static unsigned long regions[HOST_DOMAINS][HOST_FRAMES / 512 / 64 + 1];
static u8 guest[GUEST_BYTES + 256];
static unsigned long host_free;	/* frames free when nothing runs */
static bool preempt;		/* what hypercall_preempt_check() says, once */
static unsigned long fail_copy;	/* countdown to a copy that fails; 0: none */
static void (*page_softirq)(void);
static bool page_softirq_raised;
static struct {
	unsigned int nr_args;
	unsigned long args[5];
} continued;
static unsigned int grant_frames[HOST_DOMAINS];

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

void warn(const char *what, const char *file, unsigned int line)
{
	bug(what, file, line);
}

void printk_level(enum log_level level, const char *fmt, ...) {}
void gprintk(enum log_level level, const char *fmt, ...) {}
void flush_cache_page(const void *page) {}
void flush_tlb_serve(void) {}
/* What another CPU does while frames are being allocated; once. */
static void (*while_allocating)(void);

void flush_tlb_older(u64 clock)
{
	void (*fn)(void) = while_allocating;

	while_allocating = NULL;
	if (fn)
		fn();
}

void flush_tlb_stamp(u32 stamp, domid_t owner) {}

static unsigned int nr_low;	/* VIRQ_ENOMEMs */

void virq_send_global(u32 virq)
{
	BUG_ON(virq != VIRQ_ENOMEM);
	nr_low++;
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	page_softirq = fn;
}

void softirq_raise(enum softirq nr)
{
	page_softirq_raised = true;
}

struct domain *domain_get(domid_t domid)
{
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		if (domains[i].domain_id == domid ||
		    (domid == DOMID_SELF && &domains[i] == current->domain)) {
			domain_hold(&domains[i]);
			return &domains[i];
		}
	}
	return NULL;
}

void domain_put(struct domain *d)
{
	BUG_ON(__atomic_fetch_sub(&d->refcount, 1, __ATOMIC_SEQ_CST) < 2);
}

int domain_get_target(domid_t domid, struct domain **d)
{
	*d = domain_get(domid);
	if (!*d)
		return -ESRCH;
	if (*d == current->domain || current->domain->is_privileged)
		return 0;
	domain_put(*d);
	return -EPERM;
}

static bool copy_fails(unsigned long va, size_t len)
{
	return va < PAGE_SIZE || va >> 63 || len > GUEST_BYTES || (fail_copy && --fail_copy == 0);
}

/* Any address is the guest's, but for the first page and the upper half. */
static u8 *guest_at(unsigned long va)
{
	return &guest[va % GUEST_BYTES];
}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t len)
{
	if (copy_fails(va, len))
		return len;
	for (size_t i = 0; i < len; i++)
		((u8 *)to)[i] = *guest_at(va + i);
	return 0;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t len)
{
	if (copy_fails(va, len))
		return len;
	for (size_t i = 0; i < len; i++)
		*guest_at(va + i) = ((const u8 *)from)[i];
	return 0;
}

bool hypercall_preempt_check(void)
{
	bool was = preempt;

	preempt = false;
	return was;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	va_list args;

	continued.nr_args = nr_args;
	va_start(args, nr_args);
	for (unsigned int i = 0; i < nr_args; i++)
		continued.args[i] = va_arg(args, unsigned long);
	va_end(args);
	return -ERESTART;
}

static unsigned long child_of(const struct page_info *pg)
{
	return *(unsigned long *)page_to_virt(pg);
}

int arch_page_validate(struct page_info *pg, enum page_type type)
{
	unsigned long child = child_of(pg);

	if (child && (!mfn_valid(_mfn(child)) ||
		      !page_get(mfn_to_page(_mfn(child)), page_owner(pg))))
		return -EINVAL;
	return 0;
}

unsigned int arch_page_drop(struct page_info *pg, enum page_type level)
{
	if (child_of(pg))
		page_put(mfn_to_page(_mfn(child_of(pg))));
	return PT_ENTRIES;
}

/* A grant table whose frames are only numbers. */
int gnttab_get_shared_frame(struct domain *d, unsigned long idx, mfn_t *mfn)
{
	if (idx >= HOST_GRANTS)
		return -EINVAL;
	grant_frames[d - domains] = max(grant_frames[d - domains], (unsigned int)idx + 1);
	*mfn = _mfn(0x100 * d->domain_id + idx);
	return 0;
}

int gnttab_get_status_frame(struct domain *d, unsigned long idx, mfn_t *mfn)
{
	return -EINVAL;
}

unsigned int gnttab_max_shared_frames(const struct domain *d)
{
	return HOST_GRANTS;
}

unsigned int gnttab_max_status_frames(const struct domain *d)
{
	return 0;
}

/* ---- for the tests ---- */

static void map_at(unsigned long start, unsigned long len)
{
	void *p = mmap((void *)start, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	BUG_ON(p != (void *)start);
}

static void host_once(void)
{
	map_at(DIRECTMAP_START, HOST_FRAMES << PAGE_SHIFT);
	map_at(FRAME_TABLE_START, HOST_FRAMES * sizeof(struct page_info));
	map_at(RW_M2P_START, HOST_FRAMES * sizeof(unsigned long));
	page_init();
	page_alloc_add_range(_mfn(HOST_FIRST), _mfn(HOST_FRAMES));
	/* The last slab of a class stays: let those that are used have one. */
	for (size_t size = 16; size < 2000; size += 16)
		hv_free(hv_alloc(size));
	host_free = page_alloc_free_pages();
}

static void host_start(void)
{
	static const domid_t ids[HOST_DOMAINS] = { 0, 1, 7 };

	if (!host_free)
		host_once();
	preempt = false;
	fail_alloc = 0;
	nr_low = 0;
	fail_copy = 0;
	memset(guest, 0, sizeof(guest));
	memset(grant_frames, 0, sizeof(grant_frames));
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		domains[i] = (struct domain){
			.domain_id = ids[i], .is_privileged = i == 0, .refcount = 1,
			.max_pages = HOST_MAX_PAGES, .owned_regions = regions[i],
			.shared_info = &shared,
		};
		memset(regions[i], 0, sizeof(regions[i]));
		vcpus[i].domain = &domains[i];
	}
	current = &vcpus[0];
}

static void run_page_softirq(void)
{
	while (page_softirq_raised) {
		page_softirq_raised = false;
		page_softirq();
	}
}

/* Counts agree with frames, and claims with what is set aside. */
static void host_check(void)
{
	unsigned long owned[HOST_DOMAINS] = { 0 }, claims = 0;

	for (unsigned long mfn = HOST_FIRST; mfn < HOST_FRAMES; mfn++) {
		const struct page_info *pg = mfn_to_page(_mfn(mfn));

		for (unsigned int i = 0; i < HOST_DOMAINS; i++)
			if (pg_type(pg->state) != PT_FREE && (pg->state & PG_REFS_MASK) &&
			    pg->owner == domains[i].domain_id)
				owned[i]++;
	}
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		BUG_ON(owned[i] != domains[i].tot_pages && !page_softirq_raised);
		BUG_ON(domains[i].tot_pages > domains[i].max_pages);
		BUG_ON(domains[i].refcount != 1U + (domains[i].tot_pages != 0));
		claims += domains[i].claimed_pages;
	}
	BUG_ON(claims != page_claims());
}

/* All domains end, and nothing may be left. */
static void host_stop(void)
{
	fail_alloc = 0;
	preempt = false;
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		struct domain *d = &domains[i];

		d->dying = DOM_DYING;
		page_claim(d, 0);
		while (domain_relinquish_memory(d) == -ERESTART)
			;
		run_page_softirq();
		hv_free(d->arch.e820);
		BUG_ON(d->tot_pages || d->refcount != 1);
	}
	BUG_ON(page_claims() || page_alloc_free_pages() != host_free);
}

#endif
