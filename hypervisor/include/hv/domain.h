/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and virtual CPUs.
 *
 * A domain lives until its last reference goes: domain_get() by id takes one,
 * domain_put() drops it. Locks of a domain, in order: see
 * Documentation/design/locking.rst.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/cpumask.h>
#include <hv/types.h>
#include <hv/lib.h>
#include <hv/rangeset.h>
#include <hv/rcu.h>
#include <hv/sched_types.h>
#include <hv/spinlock.h>
#include <hv/timer.h>
#include <asm/page.h>
#include <asm/layout.h>

#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/event_channel.h>

struct e820_entry;
struct cpu_policy;
struct evtchn;
struct evtchn_domain;
struct evtchn_fifo_vcpu;
struct grant_table;
struct percpu;
struct pirq_domain;

/* Bits of vcpu.pause_flags: runnable when none is set and both pause_counts are 0. */
#define VPF_BLOCKED		0	/* SCHEDOP_block, until an event */
#define VPF_DOWN		1	/* not brought up, or VCPUOP_down */
#define VPF_POLL		2	/* SCHEDOP_poll, until a port or the timeout */
#define VPF_SHUTDOWN		3	/* its domain shut down */

#define NR_WATCHDOGS		2
#define SHUTDOWN_CODE_NONE	0xff	/* domain.shutdown_code */
#define MAX_VCPUS		128
#define LEGACY_MAX_VCPUS	XEN_LEGACY_MAX_VCPUS

/* What a PV guest's exception leaves to be built on the way back to it. */
struct trap_bounce {
	u32 error_code;
	u8 flags;		/* TBF_* */
	u16 cs;
	unsigned long eip;
};

#define TBF_EXCEPTION		1	/* a frame is to be built */
#define TBF_ERROR_CODE		2	/* with an error code */
#define TBF_INTERRUPT		8	/* mask events while it runs */

#define NR_GUEST_TRAPS	256

struct arch_vcpu {
	/* Tables: the frame of each L4 with a reference and a PT_L4 type reference. */
	mfn_t guest_table;	/* kernel */
	mfn_t guest_table_user;	/* user; INVALID_MFN if none */
	u64 cr3;		/* what CR3 holds while it runs */
	bool kernel_mode;	/* TF_kernel_mode: which of the two is active */

	/* PV entry points */
	struct trap_info *trap_ctxt;	/* NR_GUEST_TRAPS; NULL if it is idle */
	unsigned long event_callback;
	unsigned long failsafe_callback;
	unsigned long syscall_callback;
	unsigned long syscall32_callback;
	unsigned long sysenter_callback;
	u32 callback_masks;	/* bit per CALLBACKTYPE_*: CALLBACKF_mask_events */
	unsigned long kernel_ss, kernel_sp;
	struct trap_bounce trap_bounce;

	/* Segments */
	mfn_t gdt_frames[14];	/* each with a PT_SEGDESC type reference */
	unsigned int gdt_ents;
	unsigned long ldt_base;
	unsigned int ldt_ents;
	unsigned int ldt_mapped;	/* LDT pages now mapped, each a type reference */
	spinlock_t ldt_lock;
	unsigned long fs_base;	/* valid while not running */
	unsigned long gs_base_kernel;	/* while in user mode, or not running */
	unsigned long gs_base_user;	/* while in kernel mode, or not running */
	u16 ds, es, fs, gs;	/* while not running */

	unsigned long ctrlreg[8];	/* guest's view: [0] TS, [2] fault address, [4] */
	unsigned long debugreg[8];
	u32 iopl;		/* virtual, 0-3 */
	unsigned long iobmp;	/* guest address of the I/O bitmap, 0: none */
	unsigned int iobmp_limit;	/* ports covered */

	/* FPU: switched eagerly */
	void *fpu_area;		/* XSAVE or FXSAVE image, 64-byte aligned */
	u64 xcr0;

	bool nmi_pending, mce_pending;
	u8 exit_work;		/* one of the two is pending: look before returning to the guest */
	u8 async_masked;	/* bit 0: inside an NMI, bit 1: inside an MCE */
	u64 tsc_aux;

	pte_t *gdt_ldt_l1;	/* this vCPU's 32 entries in the per-domain L1 */
	u32 loaded_on;		/* CPU that holds its state, running or not; NOT_LOADED */

	/*
	 * Tables being retired, from the top one down, each with a reference:
	 * what a preempted call of this vCPU's has still to do. pv/space.c.
	 */
	struct {
		unsigned int depth;
		struct {
			mfn_t mfn;
			u16 next;	/* entry to go on with */
			u8 level;
			bool retired;
		} at[4];
	} retire;
};

struct vcpu {
	struct domain *domain;
	u16 vcpu_id;
	u16 processor;		/* CPU it runs or last ran on */
	bool is_running;	/* loaded on a CPU now */
	bool initialised;	/* registers valid: boot, VCPUOP_initialise, setvcpucontext */
	bool initialising;	/* VCPUOP_initialise is at work on it */

	/* scheduling: hv/sched.h */
	u32 pause_flags;	/* VPF_*, atomic */
	u32 pause_count;	/* atomic */
	bool runstate_stale;	/* publish when it next enters its kernel */
	struct vcpu_runstate_info runstate;
	unsigned long runstate_guest;	/* registered area, guest address; 0 none */
	u32 poll_evtchn;	/* port polled for; 0: several; with VPF_POLL */
	struct timer poll_timer;
	struct sched_vcpu sched;

	/* time */
	struct timer singleshot_timer;
	struct timer periodic_timer;
	u64 periodic_period_ns, periodic_last_ns;
	struct vcpu_time_info time_copy;
	unsigned long time_info_guest;	/* VCPUOP_register_vcpu_time_memory_area */

	/* events: hv/evtchn.h */
	struct vcpu_info *vcpu_info;	/* in shared_info or a registered page */
	mfn_t vcpu_info_mfn;		/* registered page, INVALID_MFN if none */
	u32 virq_to_evtchn[NR_VIRQS];	/* evtchn/virq.c */
	struct evtchn_fifo_vcpu *evtchn_fifo;

	/* hypercall in progress, on its own CPU only */
	struct {
		bool continued;
		unsigned int nr_args;
		unsigned long args[5];
		u32 fail_alloc;		/* the allocation that is to fail, mm/fail_alloc.c */
	} hc;

	struct cpu_user_regs regs;	/* while not running */
	struct arch_vcpu arch;
};

#define NOT_LOADED	(~0U)

struct arch_domain {
	cpumask_t dirty_cpus;	/* that have a vCPU of it loaded; bits change atomically */
	pte_t *perdomain_l3;	/* L3 behind slot 260, direct map */
	pte_t *perdomain_l2;
	u64 vm_assist;		/* bit per VMASST_TYPE_* */
	/* XENMEM_memory_map's answer; under domain.lock */
	struct e820_entry *e820;
	unsigned int nr_e820;
	struct cpu_policy *cpu_policy;	/* what its CPUs are; constant once it runs */
	/* If khz is not 0, its time-stamp counter: ticks at some time; constant once it runs */
	struct {
		u32 khz;
		u64 start_ticks, start_ns, elapsed_ns;
	} vtsc;
};

/* What a domain is made with, and keeps. ABI: domctl.h, createdomain. */
struct domain_config {
	unsigned int max_vcpus;
	bool privileged;	/* may administer others */
	bool xenstore;		/* may ask about others: it runs the store */
	bool msr_relaxed;	/* an MSR that is not there reads as 0 */
	u8 max_grant_version;
	u8 cpupool;		/* in which it begins */
	u32 max_evtchn_port;
	u32 max_grant_frames, max_maptrack_frames;
};

/*
 * Alive until domain_kill() begins, dying until it has ended, then dead: nothing
 * is left but what others hold. Only ever one step on. Documentation/design/life-of-a-domain.rst.
 */
enum dying_state { DOM_ALIVE = 0, DOM_DYING, DOM_DEAD };

struct domain {
	domid_t domain_id;
	bool is_privileged;	/* may administer others */
	bool is_hardware_domain;
	bool created;		/* was unpaused: what only a new domain may be told is settled */
	bool is_shut_down, is_shutting_down;
	u8 shutdown_code;
	enum dying_state dying;
	u8 kill_step;		/* of domain_kill(): the next one */
	bool kill_running;	/* somebody carries it out */
	u32 refcount;		/* atomic */
	struct rcu_head rcu;	/* when that is 0 */
	struct domain *next_in_list, *next_in_hash;

	struct domain_config config;

	unsigned int max_vcpus;
	struct vcpu **vcpu;	/* max_vcpus pointers, NULL until made */
	u32 pause_count;	/* of all its vCPUs; atomic */
	u32 controller_pauses;	/* those of them by the toolstack; atomic */
	struct sched_domain sched;

	struct shared_info *shared_info;
	s64 time_offset_seconds;
	u32 tsc_mode, tsc_incarnation;	/* domctl settscinfo */

	/* memory; page_lock guards the counts and the ownership of frames */
	spinlock_t page_lock;
	unsigned long tot_pages, max_pages;
	unsigned long claimed_pages;	/* set aside for it; under the allocator's lock */
	unsigned long *owned_regions;	/* bit per 2 MiB of machine memory with a frame of ours */
	unsigned long relinquish_next;	/* of the dying domain: region to go on with */
	unsigned int relinquish_passes;

	/* serialises the registration of vcpu_info pages */
	spinlock_t lock;

	u32 suspend_port;	/* its port whose peer is told when it suspended; 0: none */
	struct evtchn_domain *evtchn;
	struct grant_table *grant;
	struct pirq_domain *pirqs;

	/* What of the machine it may use; changed by control calls, one at a time. */
	struct {
		struct rangeset iomem;		/* frames that are not RAM */
		struct rangeset ioports;
		struct rangeset irqs;		/* lines */
	} access;

	struct timer watchdog[NR_WATCHDOGS];	/* SCHEDOP_watchdog */
	u32 watchdogs_used;	/* bit per timer */

	struct vnuma *vnuma;	/* domctl setvnumainfo; NULL until then */

	u8 handle[16];
	struct arch_domain arch;
};

/*
 * Ascending id. Walked freely: a domain that goes stays readable until the CPU
 * next runs softirqs, but may be dying, or dead.
 */
extern struct domain *domain_list;
extern spinlock_t domain_list_lock;
extern struct domain *hardware_domain;
extern struct domain *dom_idle, *dom_io, *dom_xen;

#define for_each_domain(d) \
	for (d = READ_ONCE(domain_list); d; d = READ_ONCE(d->next_in_list))
#define for_each_vcpu(d, v) \
	for (unsigned int _i = 0; _i < (d)->max_vcpus && ((v) = (d)->vcpu[_i], true); _i++) \
		if (v)

/* Does it drive devices? Then it may say how memory is cached. */
static inline bool domain_has_devices(const struct domain *d)
{
	return !rangeset_empty(&d->access.iomem) || !rangeset_empty(&d->access.ioports);
}

static inline bool is_idle_vcpu(const struct vcpu *v)
{
	return v->domain == dom_idle;
}

/* The domains that are no guests: dom_idle, dom_io, dom_xen. Before sched_init(). */
void domain_subsystem_init(void);
/*
 * A domain without memory (max_pages is 0) and vCPUs, with one reference.
 * Domain 0 is the hardware domain. NULL if there is no memory for it, or the id
 * is in use.
 */
struct domain *domain_create(domid_t domid, const struct domain_config *config);
/* A reference to domain @domid; DOMID_SELF is the caller's own. NULL if there is none. */
struct domain *domain_get(domid_t domid);
/* As domain_get(), also refusing (NULL) a target that the caller may not act on. */
struct domain *domain_get_remote(domid_t domid);
/* The same, and why not: 0, and *@d with a reference; -ESRCH, -EPERM. */
int domain_get_target(domid_t domid, struct domain **d);
void domain_put(struct domain *d);
/* core/destroy.c: end a domain. -ERESTART: call again. */
int domain_kill(struct domain *d);
/* With a reference, the domain of the lowest id from @domid on; NULL if there is none. */
struct domain *domain_get_from(domid_t domid);
/* One reference more, by who has one or knows that another lasts. */
static inline void domain_hold(struct domain *d)
{
	__atomic_fetch_add(&d->refcount, 1, __ATOMIC_RELAXED);
}

/* May the caller act on @d: its own domain, or it is privileged? */
bool domain_may_act_on(const struct domain *d);
/* vCPU @id of @d; NULL if there is none. Any @id a guest may name. */
struct vcpu *domain_vcpu(const struct domain *d, unsigned int id);
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id);
/* vCPUs beyond XEN_LEGACY_MAX_VCPUS have this until they register their own. */
extern struct vcpu_info dummy_vcpu_info;

/* Crash @d: it is shut down with SHUTDOWN_crash; its vCPUs never run guest code again. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);
void domain_shutdown(struct domain *d, u8 reason);
/* SCHEDOP_shutdown_code: how @d's next shutdown is reported. -EINVAL if that is said already. */
int domain_set_shutdown_code(struct domain *d, u8 reason);
/* After a shutdown was served (suspend): its vCPUs run on. */
void domain_resume(struct domain *d);
/*
 * VCPUOP_initialise, setvcpucontext: check all, then load. @v is not running and
 * no one else loads it.
 */
struct vcpu_guest_context;
int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *ctxt);
/* getvcpucontext: the reverse. @v is initialised and paused. */
void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *ctxt);

/* arch/x86/pv/domain.c */
int arch_vcpu_init(struct vcpu *v);
/* An NMI, taken once the guest has a handler and is in none. Any context but NMI. */
void arch_vcpu_send_nmi(struct vcpu *v);
void arch_vcpu_send_mce(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v);
int arch_domain_init(struct domain *d);
void arch_domain_destroy(struct domain *d);
/*
 * Save @prev, load @next. Interrupts are off and stay off; current is @next
 * already. Returns on the stack it was called on.
 */
void arch_context_switch(struct vcpu *prev, struct vcpu *next);
/* Let whichever CPU holds the state of @v, which does not run, write it back. */
void pv_sync_loaded(struct vcpu *v);
/*
 * Move @v's vcpu_info to the frame that the guest names; moves live state. ABI:
 * vcpu.h, VCPUOP_register_vcpu_info. @v is the current vCPU or down; called
 * under @v->domain->lock.
 */
int vcpu_register_info(struct vcpu *v, mfn_t mfn, unsigned int offset);

#endif
