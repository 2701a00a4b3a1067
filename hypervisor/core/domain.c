// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains and vCPUs: their making, their finding, and their shutting down. How
 * they end is in core/destroy.c.
 *
 * Domains are found by id without a lock: list and hash chains are changed under
 * domain_list_lock and walked freely. What was taken off them stays as it was
 * until no CPU can be walking there any more (core/rcu.c). Whoever wants a
 * reference counts it up from a value that is not 0.
 */
#include <hv/domain.h>

#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>

#include <asm/flush.h>

#include <xen/sched.h>

#define HASH_SIZE		64
/* Frames that one bit of domain.owned_regions stands for. */
#define REGION_FRAMES		512

spinlock_t domain_list_lock = SPINLOCK_INIT;
struct domain *domain_list;
struct domain *hardware_domain;
struct domain *dom_idle, *dom_io, *dom_xen;
struct vcpu_info dummy_vcpu_info = { .evtchn_upcall_mask = 1 };

/* Changed under domain_list_lock, walked without. */
static struct domain *hash[HASH_SIZE];

static struct domain *system_domain(domid_t domid, unsigned int max_vcpus)
{
	struct domain *d = hv_new(struct domain);

	if (!d)
		panic("No memory for system domain %#x", domid);
	d->domain_id = domid;
	d->refcount = 1;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	spin_lock_init(&d->page_lock);
	spin_lock_init(&d->lock);
	if (max_vcpus) {
		d->vcpu = hv_new_array(struct vcpu *, max_vcpus);
		if (!d->vcpu)
			panic("No memory for idle vCPUs");
		d->max_vcpus = max_vcpus;
	}
	return d;
}

/**
 * domain_subsystem_init() - Make the domains that are no guests.
 *
 * Context: boot, with a heap.
 */
void domain_subsystem_init(void)
{
	dom_xen = system_domain(DOMID_XEN, 0);
	dom_io = system_domain(DOMID_IO, 0);
	dom_idle = system_domain(DOMID_IDLE, MAX_CPUS);
}

/* Count up unless it is 0. */
static bool domain_ref(struct domain *d)
{
	u32 count = READ_ONCE(d->refcount);

	do {
		if (!count)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refcount, &count, count + 1, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

/**
 * domain_get() - Find a domain and keep it.
 * @domid: any number a guest may send; DOMID_SELF is the caller's own
 *
 * Context: any but interrupts; takes no lock.
 * Return: the domain, to be given back by domain_put(); NULL if there is none.
 */
struct domain *domain_get(domid_t domid)
{
	struct domain *d;

	if (domid == DOMID_SELF) {
		d = current->domain;
		domain_hold(d);
		return d;
	}
	if (domid >= DOMID_FIRST_RESERVED)
		return NULL;
	d = __atomic_load_n(&hash[domid % HASH_SIZE], __ATOMIC_ACQUIRE);
	while (d && !(d->domain_id == domid && domain_ref(d)))
		d = __atomic_load_n(&d->next_in_hash, __ATOMIC_ACQUIRE);
	return d;
}

/**
 * domain_get_from() - Walk the domains, each kept while it is looked at.
 * @domid: where to go on
 *
 * Context: any but interrupts; takes domain_list_lock.
 * Return: the domain of the lowest id that is not below @domid, to be given
 * back by domain_put(); NULL if there is none.
 */
struct domain *domain_get_from(domid_t domid)
{
	struct domain *d;

	spin_lock(&domain_list_lock);
	d = domain_list;
	while (d && (d->domain_id < domid || !domain_ref(d)))
		d = d->next_in_list;
	spin_unlock(&domain_list_lock);
	return d;
}

bool domain_may_act_on(const struct domain *d)
{
	const struct domain *caller = current->domain;

	return d == caller || caller->is_privileged;
}

/**
 * domain_get_remote() - As domain_get(), but only what the caller may act on.
 * @domid: any number
 *
 * Return: the domain; NULL if there is none or the caller has no rights.
 */
struct domain *domain_get_remote(domid_t domid)
{
	struct domain *d = domain_get(domid);

	if (d && !domain_may_act_on(d)) {
		domain_put(d);
		return NULL;
	}
	return d;
}

/**
 * domain_get_target() - As domain_get_remote(), and say why not.
 * @domid: any number
 * @d:	   set on success, with a reference
 *
 * Return: 0; -ESRCH if there is none; -EPERM if the caller has no rights.
 */
int domain_get_target(domid_t domid, struct domain **d)
{
	*d = domain_get(domid);
	if (!*d)
		return -ESRCH;
	if (domain_may_act_on(*d))
		return 0;
	domain_put(*d);
	return -EPERM;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? READ_ONCE(d->vcpu[id]) : NULL;
}

/* False if the id is taken. */
static bool table_insert(struct domain *d)
{
	struct domain **chain = &hash[d->domain_id % HASH_SIZE];
	struct domain **pos = &domain_list;
	bool taken;

	spin_lock(&domain_list_lock);
	while (*pos && (*pos)->domain_id < d->domain_id)
		pos = &(*pos)->next_in_list;
	taken = *pos && (*pos)->domain_id == d->domain_id;
	if (!taken) {
		d->next_in_list = *pos;
		d->next_in_hash = *chain;
		__atomic_store_n(pos, d, __ATOMIC_RELEASE);
		__atomic_store_n(chain, d, __ATOMIC_RELEASE);
	}
	spin_unlock(&domain_list_lock);
	return !taken;
}

static void table_remove(struct domain *d)
{
	struct domain **pos = &domain_list;
	struct domain **link = &hash[d->domain_id % HASH_SIZE];

	spin_lock(&domain_list_lock);
	while (*pos != d)
		pos = &(*pos)->next_in_list;
	while (*link != d)
		link = &(*link)->next_in_hash;
	/* Who stands on @d now finds the way on. */
	WRITE_ONCE(*pos, d->next_in_list);
	WRITE_ONCE(*link, d->next_in_hash);
	spin_unlock(&domain_list_lock);
}

static void vcpu_free(struct vcpu *v)
{
	arch_vcpu_destroy(v);
	sched_vcpu_destroy(v);
	hv_free(v);
}

/* Undo as much of domain_create() as happened; nobody can find it. */
static void domain_free(struct domain *d)
{
	struct vcpu *v;

	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_kill(&d->watchdog[i]);
	/* The policy's timer looks at the vCPUs. */
	sched_domain_destroy(d);
	evtchn_domain_destroy(d);
	if (d->vcpu) {
		for_each_vcpu(d, v)
			vcpu_free(v);
		hv_free(d->vcpu);
	}
	pirq_domain_free(d);
	grant_table_destroy(d);
	arch_domain_destroy(d);
	if (d->shared_info)
		hv_page_free_shared(d->shared_info);
	rangeset_destroy(&d->access.iomem);
	rangeset_destroy(&d->access.ioports);
	rangeset_destroy(&d->access.irqs);
	hv_free(d->vnuma);
	hv_free(d->owned_regions);
	hv_free(d);
}

static void domain_gone(struct rcu_head *head)
{
	domain_free(container_of(head, struct domain, rcu));
	/* Its id may be used again: whoever waits for that looks now. */
	virq_send_global(VIRQ_DOM_EXC);
}

/**
 * domain_put() - Give a reference back; with the last one the domain goes.
 * @d: from domain_get(); that of domain_create() is dropped by domain_kill()
 *
 * Context: any but interrupts. The rest is done by a softirq, on which CPU ever.
 */
void domain_put(struct domain *d)
{
	u32 count = __atomic_sub_fetch(&d->refcount, 1, __ATOMIC_ACQ_REL);

	BUG_ON(count == ~0U);
	if (count)
		return;
	table_remove(d);
	rcu_call(&d->rcu, domain_gone);
}

static void watchdog_fired(void *data)
{
	struct domain *d = data;

	if (READ_ONCE(d->is_shutting_down) || d->dying)
		return;
	printk("Watchdog timer fired for domain %u\n", d->domain_id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

static int domain_fill(struct domain *d)
{
	unsigned int max_vcpus = d->config.max_vcpus;
	int rc;

	d->vcpu = hv_new_array(struct vcpu *, max_vcpus);
	d->owned_regions = hv_new_array(unsigned long,
					DIV_ROUND_UP(max_page, REGION_FRAMES * 64UL));
	if (!d->vcpu || !d->owned_regions)
		return -ENOMEM;
	d->max_vcpus = max_vcpus;
	d->shared_info = hv_page_alloc(0);
	if (!d->shared_info)
		return -ENOMEM;
	hv_page_share(d->shared_info, d, true);
	/* Events stay masked until the guest is ready for them. */
	for (unsigned int i = 0; i < LEGACY_MAX_VCPUS; i++)
		d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;

	rc = arch_domain_init(d);
	if (!rc)
		rc = evtchn_domain_init(d, d->config.max_evtchn_port);
	if (!rc)
		rc = grant_table_init(d, d->config.max_grant_frames,
				      d->config.max_maptrack_frames,
				      d->config.max_grant_version);
	if (!rc)
		rc = pirq_domain_init(d);
	return rc;
}

struct domain *domain_create(domid_t domid, const struct domain_config *config)
{
	struct domain *d;

	if (domid >= DOMID_FIRST_RESERVED || !config->max_vcpus || config->max_vcpus > MAX_VCPUS)
		return NULL;
	d = hv_new(struct domain);
	if (!d)
		return NULL;
	d->domain_id = domid;
	d->config = *config;
	d->is_privileged = config->privileged;
	d->is_hardware_domain = domid == 0;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	if (config->privileged)
		d->arch.vm_assist = BIT(VMASST_TYPE_pae_extended_cr3);
	spin_lock_init(&d->page_lock);
	spin_lock_init(&d->lock);
	rangeset_init(&d->access.iomem);
	rangeset_init(&d->access.ioports);
	rangeset_init(&d->access.irqs);
	sched_domain_init(d);
	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_init(&d->watchdog[i], watchdog_fired, d, smp_processor_id());

	if (domain_fill(d) || !table_insert(d)) {
		domain_free(d);
		return NULL;
	}
	if (d->is_hardware_domain)
		hardware_domain = d;
	flush_forget_foreign(domid);
	/* From here on it can be found. */
	__atomic_store_n(&d->refcount, 1, __ATOMIC_RELEASE);
	return d;
}

/**
 * vcpu_create() - Add a vCPU to a domain; it is down.
 * @d:	     not running yet, or dom_idle
 * @vcpu_id: below @d's max_vcpus, not in use; for dom_idle, the number of a CPU
 *
 * Context: domain creation, no lock held.
 * Return: the vCPU, which lives as long as @d; NULL if there is no memory.
 */
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id)
{
	struct vcpu *v;

	BUG_ON(vcpu_id >= d->max_vcpus || d->vcpu[vcpu_id]);
	v = hv_new(struct vcpu);
	if (!v)
		return NULL;
	v->domain = d;
	v->vcpu_id = vcpu_id;
	v->vcpu_info_mfn = INVALID_MFN;
	v->vcpu_info = d->shared_info && vcpu_id < LEGACY_MAX_VCPUS ?
		       (struct vcpu_info *)&d->shared_info->vcpu_info[vcpu_id] :
		       &dummy_vcpu_info;
	if (sched_vcpu_init(v))
		goto err_free;
	if (arch_vcpu_init(v))
		goto err_sched;
	__atomic_store_n(&d->vcpu[vcpu_id], v, __ATOMIC_RELEASE);
	return v;

err_sched:
	sched_vcpu_destroy(v);
err_free:
	hv_free(v);
	return NULL;
}

static void __noreturn crash_machine(void)
{
	printk("%s\n", opts.noreboot ? "'noreboot' set - not rebooting." :
	       "rebooting machine in 5 seconds.");
	reboot_or_halt();
}

/* Domain 0 drives the machine: without it there is nothing left to do. */
static void __noreturn hardware_domain_shutdown(const struct domain *d, u8 reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		printk("Hardware Dom%u halted: halting machine\n", d->domain_id);
		machine_halt();
	case SHUTDOWN_reboot:
		printk("Hardware Dom%u shutdown: rebooting machine\n", d->domain_id);
		machine_restart();
	case SHUTDOWN_watchdog:
		printk("Hardware Dom%u shutdown: watchdog rebooting machine\n", d->domain_id);
		machine_restart();
	case SHUTDOWN_soft_reset:
		printk("Hardware domain %u did unsupported soft reset, rebooting.\n",
		       d->domain_id);
		machine_restart();
	case SHUTDOWN_crash:
		if (current->domain == d)
			show_registers(guest_cpu_regs());
		printk("Hardware Dom%u crashed: ", d->domain_id);
		crash_machine();
	default:
		printk("Hardware Dom%u shutdown (unknown reason %u): ", d->domain_id, reason);
		crash_machine();
	}
}

/* Who saves a domain may have asked to be told itself. ABI: domctl.h, subscribe. */
static void tell_of_shutdown(struct domain *d)
{
	u32 port = READ_ONCE(d->suspend_port);

	if (d->shutdown_code != SHUTDOWN_suspend || !port || evtchn_send(d, port))
		virq_send_global(VIRQ_DOM_EXC);
}

/**
 * domain_shutdown() - Stop a domain for a reason, until its toolstack acts.
 * @d:	    any guest
 * @reason: SHUTDOWN_*; one that the domain set before takes precedence
 *
 * The hardware domain's shutdown is that of the machine. If @d is the caller's
 * own, the caller returns and does not run again.
 * Context: any but under a run-queue, event or port lock.
 */
void domain_shutdown(struct domain *d, u8 reason)
{
	struct vcpu *v;

	domain_set_shutdown_code(d, reason);
	if (__atomic_exchange_n(&d->is_shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	if (d->is_hardware_domain)
		hardware_domain_shutdown(d, d->shutdown_code);
	for_each_vcpu(d, v) {
		set_bit_atomic(VPF_SHUTDOWN, &v->pause_flags);
		vcpu_sleep_nosync(v);
	}
	WRITE_ONCE(d->is_shut_down, true);
	tell_of_shutdown(d);
}

int domain_set_shutdown_code(struct domain *d, u8 reason)
{
	u8 none = SHUTDOWN_CODE_NONE;

	return __atomic_compare_exchange_n(&d->shutdown_code, &none, reason, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 0 : -EINVAL;
}

void domain_resume(struct domain *d)
{
	struct vcpu *v;

	/* None of its vCPUs runs, and shuts it down again, before all are as they shall be. */
	domain_pause_nosync(d);
	WRITE_ONCE(d->is_shut_down, false);
	for_each_vcpu(d, v)
		clear_bit_atomic(VPF_SHUTDOWN, &v->pause_flags);
	WRITE_ONCE(d->shutdown_code, SHUTDOWN_CODE_NONE);
	/* From here on the next shutdown counts. */
	__atomic_store_n(&d->is_shutting_down, false, __ATOMIC_SEQ_CST);
	domain_unpause(d);
}

/**
 * domain_crash() - End a domain that did what it must not.
 * @d:	 any guest
 * @fmt: what it did, one line without newline
 *
 * Prints who, why, and the registers and stack if it is running here; then shuts it down,
 * as a crash unless the domain said otherwise by SCHEDOP_shutdown_code. Its
 * vCPUs never run guest code again.
 * Context: as domain_shutdown(); the caller returns.
 */
void domain_crash(struct domain *d, const char *fmt, ...)
{
	struct vcpu *v = current;
	char why[160];
	va_list args;

	if (READ_ONCE(d->is_shutting_down))
		return;
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (v->domain == d) {
		printk("Domain %u (vcpu#%u) crashed on cpu#%u: %s\n", d->domain_id, v->vcpu_id,
		       smp_processor_id(), why);
		if (!d->is_hardware_domain)	/* its shutdown shows them */
			show_registers(guest_cpu_regs());
	} else {
		printk("Domain %u reported crashed on cpu#%u by d%uv%u: %s\n", d->domain_id,
		       smp_processor_id(), v->domain->domain_id, v->vcpu_id, why);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}
