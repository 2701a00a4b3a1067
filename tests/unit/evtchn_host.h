/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around hypervisor/evtchn/: domains with memory of their own, and
 * guests' memory that is there but for addresses below one page. For the unit
 * tests and the fuzzer; include it once.
 */
#ifndef EVTCHN_HOST_H
#define EVTCHN_HOST_H

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HOST_DOMAINS	3
#define HOST_VCPUS	3
#define HOST_FRAMES	160	/* of each domain */
#define HOST_PIRQS	32	/* that may be bound */

struct percpu *percpu_of[MAX_CPUS];
STUB_CURRENT struct vcpu *current;
struct domain *hardware_domain;

/* Ascending ids; the second may not act on the others, nor they on it but for domain 0. */
static struct domain domains[HOST_DOMAINS] = {
	{ .domain_id = 0, .is_privileged = true }, { .domain_id = 1 }, { .domain_id = 7 },
};

static struct vcpu vcpus[HOST_DOMAINS][HOST_VCPUS];
static struct vcpu *vcpu_pointers[HOST_DOMAINS][HOST_VCPUS];
static struct shared_info shared[HOST_DOMAINS] __attribute__((aligned(4096)));

static unsigned int page_refs[HOST_DOMAINS * HOST_FRAMES];
static bool page_readonly[HOST_DOMAINS * HOST_FRAMES];
static unsigned int kicks[HOST_DOMAINS][HOST_VCPUS];
static bool pirq_bound[HOST_DOMAINS][HOST_PIRQS];
static bool preempt;		/* what hypercall_preempt_check() says */
static bool continued;		/* hypercall_continue() was called */
static unsigned long fail_alloc;	/* countdown to a failing allocation; 0: none */

static unsigned int domain_index(const struct domain *d)
{
	return d - domains;
}

/* ---- what evtchn/ calls ---- */

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

void *hv_alloc(size_t size)
{
	return fail_alloc && --fail_alloc == 0 ? NULL : calloc(1, size);
}

void *hv_alloc_array(size_t size, size_t n)
{
	return hv_alloc(size * n);
}

void hv_free(void *p)
{
	free(p);
}

unsigned long max_page = HOST_DOMAINS * HOST_FRAMES;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	unsigned long n = mfn_x(page_to_mfn(pg));

	if (domains[n / HOST_FRAMES].domain_id != owner || type != PT_WRITABLE ||
	    page_readonly[n])
		return -EINVAL;
	__atomic_fetch_add(&page_refs[n], 1, __ATOMIC_RELAXED);
	return 0;
}

bool page_put_and_type(struct page_info *pg)
{
	BUG_ON(!__atomic_fetch_sub(&page_refs[mfn_x(page_to_mfn(pg))], 1, __ATOMIC_RELAXED));
	return false;
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
	BUG_ON(!__atomic_fetch_sub(&d->refcount, 1, __ATOMIC_SEQ_CST));
}

bool domain_may_act_on(const struct domain *d)
{
	return d == current->domain || current->domain->is_privileged;
}

struct domain *domain_get_remote(domid_t domid)
{
	struct domain *d = domain_get(domid);

	if (d && !domain_may_act_on(d)) {
		domain_put(d);
		return NULL;
	}
	return d;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void vcpu_kick(struct vcpu *v)
{
	__atomic_fetch_add(&kicks[domain_index(v->domain)][v->vcpu_id], 1, __ATOMIC_RELAXED);
}

void vcpu_wake(struct vcpu *v)
{
	vcpu_kick(v);
}

bool vcpu_poll_end(struct vcpu *v)
{
	if (!test_and_clear_bit_atomic(VPF_POLL, &v->pause_flags))
		return false;
	evtchn_poll_count(v->domain, -1);
	return true;
}

static struct vcpu *pirq_moved_to __attribute__((unused));

void pirq_guest_move(struct vcpu *v, u32 pirq)
{
	pirq_moved_to = v;
}

int pirq_guest_bind(struct vcpu *v, u32 pirq, bool share)
{
	bool *bound = pirq < HOST_PIRQS ? &pirq_bound[domain_index(v->domain)][pirq] : NULL;

	if (!bound)
		return -EINVAL;
	BUG_ON(*bound);
	*bound = true;
	return 0;
}

void pirq_guest_unbind(struct domain *d, u32 pirq)
{
	BUG_ON(!pirq_bound[domain_index(d)][pirq]);
	pirq_bound[domain_index(d)][pirq] = false;
}

size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	if (from_va < PAGE_SIZE)
		return len;
	memcpy(to, (void *)from_va, len);
	return 0;
}

/* An odd address can be read, not written. */
size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	if (to_va < PAGE_SIZE || to_va & 1)
		return len;
	memcpy((void *)to_va, from, len);
	return 0;
}

bool hypercall_preempt_check(void)
{
	return preempt;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	continued = true;
	return -ERESTART;
}

/* ---- for the tests ---- */

static unsigned long host_gfn(unsigned int dom, unsigned int n)
{
	return dom * HOST_FRAMES + n;
}

static void host_start(void)
{
	static bool mapped;
	size_t size = HOST_DOMAINS * HOST_FRAMES * PAGE_SIZE;

	if (!mapped) {
		void *ram = mmap((void *)DIRECTMAP_START, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		BUG_ON(ram != (void *)DIRECTMAP_START);
		mapped = true;
	}
	memset((void *)DIRECTMAP_START, 0, size);
	memset(shared, 0, sizeof(shared));
	memset(vcpus, 0, sizeof(vcpus));
	memset(page_readonly, 0, sizeof(page_readonly));
	memset(kicks, 0, sizeof(kicks));
	preempt = continued = false;
	fail_alloc = 0;
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		struct domain *d = &domains[i];

		d->refcount = 1;
		d->dying = DOM_ALIVE;
		d->max_vcpus = HOST_VCPUS;
		d->vcpu = vcpu_pointers[i];
		d->shared_info = &shared[i];
		for (unsigned int j = 0; j < HOST_VCPUS; j++) {
			struct vcpu *v = &vcpus[i][j];

			v->domain = d;
			v->vcpu_id = j;
			v->vcpu_info = &shared[i].vcpu_info[j];
			d->vcpu[j] = v;
		}
		BUG_ON(evtchn_domain_init(d, d->is_privileged ? ~0U : 1023));
	}
	hardware_domain = &domains[0];
	current = &vcpus[0][0];
}

/* And nothing may be left of it. */
static void host_stop(void)
{
	preempt = false;
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		domains[i].dying = DOM_DYING;
		virq_clear_handlers(&domains[i]);
		BUG_ON(evtchn_close_all(&domains[i]));
	}
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		evtchn_domain_destroy(&domains[i]);
	for (unsigned int i = 0; i < HOST_DOMAINS * HOST_FRAMES; i++)
		BUG_ON(page_refs[i]);
	for (unsigned int i = 0; i < HOST_DOMAINS; i++) {
		BUG_ON(domains[i].refcount != 1);
		for (unsigned int j = 0; j < HOST_PIRQS; j++)
			BUG_ON(pirq_bound[i][j]);
	}
}

#endif
