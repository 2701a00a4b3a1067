/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around hypervisor/control/: domains that can be made and ended, a
 * window of memory that callers' pointers may point into, a CPU. What control
 * calls take (references, pauses) is counted, and must be given back. For the
 * unit tests and the fuzzer; include it once.
 */
#ifndef CONTROL_HOST_H
#define CONTROL_HOST_H

#include "../../hypervisor/control/control.h"
#include "../../hypervisor/control/interface.h"

#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu_hotplug.h>
#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/pci.h>
#include <hv/percpu.h>
#include <hv/perfc.h>
#include <hv/pirq.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/time.h>
#include <hv/version.h>
#include <asm/cpu.h>
#include <asm/pv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Callers' memory: what is outside faults. */
#define HOST_VA		0x10000UL
#define HOST_BYTES	0x10000UL
#define HOST_DOMAINS	6
#define HOST_FRAMES	8

static u8 host_memory[HOST_BYTES] __attribute__((aligned(4096)));
static struct domain *host_domains[HOST_DOMAINS];
static unsigned long fail_alloc;	/* countdown to a failing allocation; 0: none */
static unsigned int continued, keys_run, nmis;
static long host_refs;			/* references taken beyond each domain's own */
static long host_pauses, host_page_refs;

STUB_CURRENT struct vcpu *current;
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 1;
struct cpu_features cpu_features = { .paddr_bits = 40, .xsave = true, .xcr0_max = 7,
				     .fpu_bytes = 832 };
unsigned long max_page = HOST_FRAMES, total_pages = 1 << 18;
u64 frame_chunks[FRAME_CHUNKS_MAX / 64] = { 1 };
unsigned int nr_gsis = 24;
u32 tsc_khz = 2000000;
struct hv_options opts = {
	.xen_minor = 17,
	.gnttab_max_frames = 64,
	.gnttab_max_maptrack_frames = 1024,
	.gnttab_max_version = 2,
};

struct perf_counters perfc;

static struct percpu host_cpu = { .online = true };
static struct shared_info host_shared __attribute__((aligned(4096)));
static u8 host_fpu[1024] __attribute__((aligned(64)));

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

void panic(const char *fmt, ...)
{
	abort();
}

void printk_level(enum log_level level, const char *fmt, ...)
{
}

void gprintk(enum log_level level, const char *fmt, ...)
{
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

static u8 *host_at(unsigned long va, size_t len)
{
	if (va < HOST_VA || len > HOST_BYTES || va - HOST_VA > HOST_BYTES - len)
		return NULL;
	return host_memory + (va - HOST_VA);
}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t len)
{
	u8 *from = host_at(va, len);

	if (!from)
		return len;
	memcpy(to, from, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t len)
{
	u8 *to = host_at(va, len);

	if (!to)
		return len;
	memcpy(to, from, len);
	return 0;
}

size_t raw_clear_guest(unsigned long va, size_t len)
{
	u8 *to = host_at(va, len);

	if (!to)
		return len;
	memset(to, 0, len);
	return 0;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	continued++;
	return -ERESTART;
}

/* ---- domains ---- */

static struct domain **host_slot(domid_t domid)
{
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		if (host_domains[i] && host_domains[i]->domain_id == domid)
			return &host_domains[i];
	return NULL;
}

struct domain *domain_create(domid_t domid, const struct domain_config *config)
{
	unsigned int i = 0;
	struct domain *d;

	while (i < HOST_DOMAINS && host_domains[i])
		i++;
	if (i == HOST_DOMAINS || (fail_alloc && --fail_alloc == 0))
		return NULL;
	d = calloc(1, sizeof(*d));
	d->domain_id = domid;
	d->config = *config;
	d->is_privileged = config->privileged;
	d->is_hardware_domain = domid == 0;
	d->refcount = 1;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	d->max_vcpus = config->max_vcpus;
	d->vcpu = calloc(d->max_vcpus, sizeof(*d->vcpu));
	d->shared_info = &host_shared;
	d->arch.cpu_policy = malloc(sizeof(*d->arch.cpu_policy));
	*d->arch.cpu_policy = pv_default_policy;
	rangeset_init(&d->access.iomem);
	rangeset_init(&d->access.ioports);
	rangeset_init(&d->access.irqs);
	host_domains[i] = d;
	return d;
}

static void host_domain_free(struct domain **slot)
{
	struct domain *d = *slot;
	struct vcpu *v;

	BUG_ON(d->refcount != 1);
	BUG_ON(d->pause_count != d->controller_pauses);
	for_each_vcpu(d, v) {
		BUG_ON(v->pause_count);
		free(v);
	}
	rangeset_destroy(&d->access.iomem);
	rangeset_destroy(&d->access.ioports);
	rangeset_destroy(&d->access.irqs);
	free(d->vnuma);
	free(d->arch.cpu_policy);
	free(d->vcpu);
	free(d);
	*slot = NULL;
}

struct domain *domain_get(domid_t domid)
{
	struct domain **slot = host_slot(domid);

	if (!slot)
		return NULL;
	(*slot)->refcount++;
	host_refs++;
	return *slot;
}

struct domain *domain_get_from(domid_t domid)
{
	u32 next = DOMID_FIRST_RESERVED;

	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		if (host_domains[i] && host_domains[i]->domain_id >= domid)
			next = min(next, (u32)host_domains[i]->domain_id);
	return next < DOMID_FIRST_RESERVED ? domain_get(next) : NULL;
}

void domain_put(struct domain *d)
{
	struct domain **slot = host_slot(d->domain_id);

	host_refs--;
	d->refcount--;
	BUG_ON(!d->refcount || !slot);
	if (d->dying == DOM_DEAD && d->refcount == 1)
		host_domain_free(slot);
}

int domain_kill(struct domain *d)
{
	if (d == current->domain || d->is_hardware_domain)
		return -EINVAL;
	/* It takes a while. */
	if (d->dying == DOM_ALIVE) {
		d->dying = DOM_DYING;
		return -ERESTART;
	}
	d->dying = DOM_DEAD;
	return 0;
}

void domain_resume(struct domain *d)
{
	d->is_shut_down = false;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v = hv_alloc(sizeof(*v));

	if (!v)
		return NULL;
	BUG_ON(id >= d->max_vcpus || d->vcpu[id]);
	v->domain = d;
	v->vcpu_id = id;
	v->pause_flags = BIT(VPF_DOWN);
	v->arch.fpu_area = host_fpu;
	v->arch.xcr0 = 1;
	d->vcpu[id] = v;
	return v;
}

/* ---- pausing and scheduling ---- */

void vcpu_pause(struct vcpu *v)
{
	BUG_ON(v == current);
	v->pause_count++;
	host_pauses++;
}

void vcpu_unpause(struct vcpu *v)
{
	BUG_ON(!v->pause_count--);
	host_pauses--;
}

void domain_pause(struct domain *d)
{
	BUG_ON(d == current->domain);
	d->pause_count++;
}

void domain_unpause(struct domain *d)
{
	BUG_ON(!d->pause_count--);
}

int domain_pause_by_controller(struct domain *d)
{
	if (d->controller_pauses == 255)
		return -EOVERFLOW;
	d->controller_pauses++;
	domain_pause(d);
	return 0;
}

int domain_unpause_by_controller(struct domain *d)
{
	if (!d->controller_pauses)
		return -EINVAL;
	d->controller_pauses--;
	domain_unpause(d);
	return 0;
}

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	memset(out, 0, sizeof(*out));
}

int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *mask)
{
	return cpumask_test(mask, 0) ? 0 : -EINVAL;
}

int vcpu_set_soft_affinity(struct vcpu *v, const cpumask_t *mask)
{
	return 0;
}

void vcpu_get_affinity(struct vcpu *v, cpumask_t *hard, cpumask_t *soft)
{
	if (hard)
		memset(hard, 0xff, sizeof(*hard));
	if (soft)
		memset(soft, 0xff, sizeof(*soft));
}

u32 sched_abi_id(void)
{
	return XEN_SCHEDULER_CREDIT2;
}

u64 sched_idle_time_ns(unsigned int cpu)
{
	BUG_ON(cpu);
	return 1;
}

int sched_pool_info(u32 id, struct sched_pool_info *info)
{
	*info = (struct sched_pool_info){ .cpus.bits[0] = 1 };
	return id ? -ENOENT : 0;
}

void sched_free_cpus(cpumask_t *cpus)
{
	cpumask_clear(cpus);
}

bool sched_pool_usable(u32 id)
{
	return !id;
}

int sched_pool_create(u32 *id, u32 sched_id)
{
	*id = 1;
	return sched_id == XEN_SCHEDULER_CREDIT2 ? 0 : -EOPNOTSUPP;
}

int sched_pool_destroy(u32 id)
{
	return id ? -ENOENT : -EBUSY;
}

int sched_pool_add_cpu(u32 id, u32 cpu)
{
	return id ? -ENOENT : -EBUSY;
}

static unsigned int busy_calls;		/* that find somebody still on the CPU */

int sched_pool_remove_cpu(u32 id, u32 *cpu)
{
	if (id)
		return -ENOENT;
	if (*cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY)
		*cpu = 3;
	return *cpu == 3 ? busy_calls && busy_calls-- ? -EAGAIN : 0 : -EINVAL;
}

int sched_pool_move(struct domain *d, u32 id)
{
	return id ? -ENOENT : 0;
}

int cpu_offline(u32 cpu)
{
	return cpu == 3 ? busy_calls && busy_calls-- ? -ERESTART : 0 : -EINVAL;
}

int cpu_online(u32 cpu)
{
	return cpu == 3 ? 0 : -EEXIST;
}

int sched_domain_get_params(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	op->u.credit2.weight = 256;
	return op->sched_id == XEN_SCHEDULER_CREDIT2 ? 0 : -EINVAL;
}

int sched_domain_set_params(struct domain *d, const struct xen_domctl_scheduler_op *op)
{
	return op->sched_id == XEN_SCHEDULER_CREDIT2 ? 0 : -EINVAL;
}

int sched_global_get_params(struct xen_sysctl_scheduler_op *op)
{
	return op->cpupool_id ? -ESRCH : 0;
}

int sched_global_set_params(const struct xen_sysctl_scheduler_op *op)
{
	return op->cpupool_id ? -ESRCH : 0;
}

/* ---- the architecture ---- */

int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	BUG_ON(!v->domain->pause_count && !v->pause_count);
	if (c->user_regs.rip & 1)
		return c->user_regs.rip & 2 ? -ERESTART : -EINVAL;
	v->initialised = true;
	return 0;
}

void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	BUG_ON(!v->initialised || !v->pause_count);
	memset(c, 0, sizeof(*c));
}

void arch_vcpu_send_nmi(struct vcpu *v)
{
	nmis++;
}

void pv_fill_hypercall_page(void *page)
{
	memset(page, 0xcc, PAGE_SIZE);
}

u64 pv_mcg_cap(void)
{
	return 2;
}

void pv_sync_loaded(struct vcpu *v)
{
	BUG_ON(!v->pause_count);
}

long pv_set_xstate(struct vcpu *v, u64 xcr0, u64 accum, const void *image, size_t size)
{
	u8 sum = 0;

	/* Every byte must be there. */
	for (size_t i = 0; i < size; i++)
		sum += ((const u8 *)image)[i];
	return sum & 1 ? -EINVAL : 0;
}

void cpuid_count(u32 leaf, u32 subleaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a = *b = *c = *d = 0x01010101 * (leaf & 0xff);
	if (leaf == 0)
		*a = 0xd;
	else if (leaf == 0x80000000)
		*a = 0x80000008;
	else if (leaf == 1)
		*c |= 1U << 26 | 1U << 28;
	else if (leaf == 7)
		*a = 0;
	else if (leaf == 0xd && subleaf == 2)
		*a = 256, *b = 576;
}

int rdmsr_safe(u32 msr, u64 *val)
{
	*val = 0;
	return 0;
}

/* ---- frames, devices, the rest ---- */

bool page_get(struct page_info *pg, domid_t owner)
{
	BUG_ON(mfn_x(page_to_mfn(pg)) >= HOST_FRAMES);
	return false;
}

void page_put(struct page_info *pg)
{
	host_page_refs--;
}

int page_get_and_type(struct page_info *pg, domid_t owner, enum page_type type)
{
	BUG_ON(mfn_x(page_to_mfn(pg)) >= HOST_FRAMES);
	return -EINVAL;
}

bool page_put_and_type(struct page_info *pg)
{
	host_page_refs--;
	return false;
}

unsigned long page_alloc_free_pages(void)
{
	return 1000;
}

unsigned long page_alloc_free_below(unsigned int bits)
{
	BUG_ON(bits > 63);
	return 500;
}

unsigned long page_claims(void)
{
	return 0;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	return rangeset_contains(&d->access.iomem, mfn_x(first), mfn_x(last));
}

unsigned int pirq_count(const struct domain *d)
{
	return 64;
}

int pirq_to_irq(struct domain *d, u32 pirq)
{
	BUG_ON(pirq >= 64);
	return pirq & 1 ? -EINVAL : (int)pirq;
}

struct pci_dev *pci_dev_find(struct pci_sbdf s)
{
	return NULL;
}

void pci_devs_lock(void)
{
}

void pci_devs_unlock(void)
{
}

int virq_set_handler(struct domain *d, u32 virq)
{
	return virq < NR_VIRQS ? 0 : -EINVAL;
}

void keyhandler_run(unsigned char key)
{
	keys_run++;
}

int console_readconsole(struct xen_sysctl_readconsole *op)
{
	op->count = 0;
	return 0;
}

u64 now_ns(void)
{
	return 1000000;
}

void time_emulate_tsc(struct domain *d, u32 khz, u64 elapsed_ns)
{
	d->arch.vtsc.khz = khz;
	d->arch.vtsc.start_ns = 400000;
	d->arch.vtsc.elapsed_ns = elapsed_ns;
}

bool time_tsc_is_stable(void)
{
	return true;
}

void time_tsc_scale(u32 *mul, s8 *shift)
{
	*mul = 1;
	*shift = 0;
}

void time_update_wallclock(struct domain *d)
{
}

u32 xen_abi_version(void)
{
	return 4 << 16 | 17;
}

/* Domain 0, and one that may do nothing. */
static void host_start(void)
{
	struct domain_config config = { .max_vcpus = 1, .privileged = true };
	struct domain *d0;

	if (!percpu_of[0]) {
		percpu_of[0] = &host_cpu;
		cpuid_init();
	}
	memset(host_memory, 0, sizeof(host_memory));
	fail_alloc = continued = keys_run = nmis = busy_calls = 0;
	d0 = domain_create(0, &config);
	vcpu_create(d0, 0);
	BUG_ON(rangeset_add(&d0->access.iomem, 0, 0xfffff));
	BUG_ON(rangeset_add(&d0->access.ioports, 0, 0xffff));
	BUG_ON(rangeset_add(&d0->access.irqs, 0, 63));
	config.privileged = false;
	vcpu_create(domain_create(1, &config), 0);
	current = d0->vcpu[0];
}

/* All that was taken must have been given back. */
static void host_stop(void)
{
	BUG_ON(host_refs || host_pauses || host_page_refs);
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		if (host_domains[i])
			host_domain_free(&host_domains[i]);
}

#endif
