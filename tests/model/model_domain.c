// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a domain, in every interleaving of those who take part in it.
 *
 * The code explored is the hypervisor's own, unedited: core/domain.c, destroy.c
 * and rcu.c. Three CPUs are coroutines that stop before every atomic access and
 * while they wait for a lock; each carries out a script of operations, and runs
 * its softirqs between two of them, as a CPU does on its way to a guest. A state
 * is all of the program's data, stacks included; states seen before are not
 * followed again.
 *
 * Checked: nothing that anybody holds, or still walks over, is freed (what is
 * freed is overwritten, and an access to it crashes or is seen); it is freed once;
 * in the end it is gone, its id is free, and both were told by VIRQ_DOM_EXC.
 */
#include <hv/atomic.h>

/* Each of these is a point at which another CPU may run. */
#define __atomic_load_n(p, o)		({ model_yield(); __atomic_load_n(p, o); })
#define __atomic_store_n(p, v, o)	({ model_yield(); __atomic_store_n(p, v, o); })
#define __atomic_exchange_n(p, v, o)	({ model_yield(); __atomic_exchange_n(p, v, o); })
#define __atomic_fetch_add(p, v, o)	({ model_yield(); __atomic_fetch_add(p, v, o); })
#define __atomic_sub_fetch(p, v, o)	({ model_yield(); __atomic_sub_fetch(p, v, o); })
#define __atomic_compare_exchange_n(p, e, v, w, s, f) \
	({ model_yield(); __atomic_compare_exchange_n(p, e, v, w, s, f); })

#include <hv/spinlock.h>

#define spin_lock(lock)			model_lock(lock)
#define spin_unlock(lock)		((lock)->unused = 0)
#define spin_lock_irqsave(lock, flags)	((flags) = 0, model_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock(lock))

static inline void model_lock(spinlock_t *lock)
{
	do {
		model_yield();
	} while (lock->unused);
	lock->unused = 1;
}

#include <hv/percpu.h>
#include <hv/types.h>

#define CPUS		3
#define STACK_BYTES	2048

struct percpu {
	bool online;
};

extern struct percpu *percpu_of[];

/* Shutting down is not explored. */
#define guest_cpu_regs()	NULL
#define set_bit_atomic(nr, p)	(*(p) |= 1U << (nr))
#define clear_bit_atomic(nr, p)	(*(p) &= ~(1U << (nr)))

#include "../../hypervisor/core/rcu.c"
#include "../../hypervisor/core/destroy.c"
#undef ASSERT
#include "../../hypervisor/core/domain.c"

#define MODEL		"model_domain"
#include "scripts.h"

#define DOMID		5

enum op { END, KILL, LOOK, LOOK_AT_ALL, UNMAP };

static const char *const names[] = {
	"killed, looked for, unmapped", "killed twice, looked for", "killed, list walked, unmapped",
};

static const enum op scripts[][CPUS][4] = {
	{ { KILL }, { LOOK, LOOK }, { UNMAP } },
	{ { KILL }, { KILL }, { LOOK, LOOK } },
	{ { KILL }, { LOOK_AT_ALL, LOOK }, { UNMAP } },
};

static const char *scenario_name(unsigned int nr)
{
	return names[nr];
}

/* ---- the state: all of this, and what the files above have ---- */

static unsigned char arena[6144] __aligned(64);
static struct percpu cpus[CPUS];
struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = CPUS;
static struct vcpu caller_vcpu;
static struct domain caller;
static struct domain *volatile victim;
static volatile bool softirq_wanted[CPUS];
static volatile u8 holders, mapped, freed, virqs;
static void (*softirq_fn)(void);

struct vcpu *model_current(void)
{
	return &caller_vcpu;
}

/* ---- what the files above call ---- */

void *hv_alloc(size_t size)
{
	static size_t used;
	void *p = arena + used;

	used += ROUND_UP(size, 64UL);
	if (used > sizeof(arena))
		violation("the model's memory is too small");
	return p;
}

void *hv_alloc_array(size_t size, size_t n)
{
	return hv_alloc(64);	/* owned_regions, vcpu: not looked into */
}

void hv_free(void *p)
{
	if (p != victim)
		return;
	if (holders || mapped || freed++)
		violation("freed while somebody holds it, or twice");
	__builtin_memset((void *)victim, 0xdd, sizeof(*victim));
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	softirq_fn = fn;
}

void softirq_raise_cpu(unsigned int c, enum softirq nr)
{
	softirq_wanted[c] = true;
}

/* All virtual interrupts here are VIRQ_DOM_EXC. */
void virq_send_global(u32 virq)
{
	virqs++;
}

static char page[sizeof(struct shared_info)];

void *hv_page_alloc(unsigned int order) { return page; }
void hv_page_share(void *va, struct domain *d, bool writable) {}
void hv_page_free_shared(void *va) {}
void hv_page_release(struct domain *d, void *va) {}
int page_claim(struct domain *d, unsigned long pages) { return 0; }
bool page_put_and_type(struct page_info *pg) { return false; }
int domain_relinquish_memory(struct domain *d) { return 0; }
int arch_domain_init(struct domain *d) { return 0; }
void arch_domain_destroy(struct domain *d) {}
void cpumask_online(cpumask_t *mask)
{
	cpumask_clear(mask);
	for (unsigned int c = 0; c < CPUS; c++)
		cpumask_set(mask, c);
}

void flush_forget_foreign(domid_t domid) {}
int arch_vcpu_init(struct vcpu *v) { return 0; }
void arch_vcpu_destroy(struct vcpu *v) {}
int evtchn_domain_init(struct domain *d, unsigned int max_port) { return 0; }
void evtchn_domain_destroy(struct domain *d) {}
int evtchn_close_all(struct domain *d) { return 0; }
int evtchn_send(struct domain *d, u32 port) { return 0; }
void virq_clear_handlers(struct domain *d) {}
int grant_table_init(struct domain *d, unsigned int f, unsigned int m, unsigned int v) { return 0; }
void grant_table_destroy(struct domain *d) {}
int gnttab_release_mappings(struct domain *d) { return 0; }
int gnttab_release_frames(struct domain *d) { return 0; }
int pirq_domain_init(struct domain *d) { return 0; }
void pirq_domain_destroy(struct domain *d) {}
void pirq_domain_free(struct domain *d) {}
void pv_sync_loaded(struct vcpu *v) {}
void pv_vcpu_relinquish(struct vcpu *v) {}
void sched_domain_init(struct domain *d) {}
void sched_domain_destroy(struct domain *d) {}
int sched_vcpu_init(struct vcpu *v) { return 0; }
void sched_vcpu_destroy(struct vcpu *v) {}
void domain_pause(struct domain *d) {}
void domain_pause_nosync(struct domain *d) {}
void domain_unpause(struct domain *d) {}
void vcpu_sleep_nosync(struct vcpu *v) {}
void vcpu_wake(struct vcpu *v) {}
void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int c) {}
void timer_kill(struct timer *t) {}
void timer_stop(struct timer *t) {}
void rangeset_init(struct rangeset *r) {}
void rangeset_destroy(struct rangeset *r) {}
bool hypercall_preempt_check(void) { return false; }
void printk(const char *fmt, ...) {}
void show_registers(const struct cpu_user_regs *regs) {}
void panic(const char *fmt, ...) { abort(); }
void machine_halt(void) { abort(); }
void machine_restart(void) { abort(); }
void reboot_or_halt(void) { abort(); }
struct hv_options opts;
unsigned long max_page;

/* ---- operations ---- */

static void put(struct domain *d)
{
	holders--;
	domain_put(d);
}

static struct domain *look(void)
{
	struct domain *d = domain_get(DOMID);

	if (!d)
		return NULL;
	holders++;
	if (d != victim || d->domain_id != DOMID)
		violation("found another one");
	return d;
}

static void kill(void)
{
	struct domain *d = look();
	int rc;

	if (!d)
		return;
	do {
		model_yield();
		rc = domain_kill(d);
	} while (rc == -ERESTART);
	if (rc || d->dying != DOM_DEAD)
		violation("not dead after its end");
	put(d);
}

/* As debug keys do: without references, between two softirq runs. */
static void look_at_all(void)
{
	struct domain *d;

	for_each_domain(d) {
		model_yield();
		if (d->domain_id != DOMID)
			violation("the list leads to what is freed");
	}
}

/* As domain_page_free(): the last of its pages that others mapped. */
static void unmap(void)
{
	struct domain *d = domain_get(DOMID);

	if (d != victim)
		violation("the owner of a page in use is gone");
	model_yield();
	mapped = 0;
	domain_put(d);
	domain_put(d);
}

static void prepare(void)
{
	const struct domain_config config = { .max_vcpus = 1 };

	caller_vcpu.domain = &caller;
	for (unsigned int i = 0; i < CPUS; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
	}
	rcu_init();
	victim = domain_create(DOMID, &config);
	if (!victim)
		violation("it cannot be made");
	mapped = scripts[scenario][2][0] == UNMAP;
	victim->refcount += mapped;
}

static bool has_more(unsigned int c)
{
	return softirq_wanted[c] || scripts[scenario][c][next_op[c]] != END;
}

static void run_next(void)
{
	if (softirq_wanted[cpu]) {
		softirq_wanted[cpu] = false;
		softirq_fn();
		return;
	}
	switch (scripts[scenario][cpu][next_op[cpu]]) {
	case KILL:
		kill();
		break;
	case LOOK: {
		struct domain *d = look();

		model_yield();
		if (d && d->domain_id != DOMID)
			violation("what is held was changed");
		if (d)
			put(d);
		break;
	}
	case LOOK_AT_ALL:
		look_at_all();
		break;
	default:
		unmap();
	}
	next_op[cpu]++;
}

/* ---- checks ---- */

/* violation() is called where it happens. */
static void check_state(void)
{
}

static void check_end(void)
{
	if (freed != 1 || mapped || holders)
		violation("it is not freed in the end");
	if (virqs != 2)
		violation("its end was not told twice");
	if (domain_list || hash[DOMID % HASH_SIZE] || pending)
		violation("it is still found");
}

int main(void)
{
	explore_scenarios(ARRAY_SIZE(scripts));
	return 0;
}
