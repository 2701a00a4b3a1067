// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time is the TSC since boot, scaled: one pair (TSC at boot, scale) serves the
 * hypervisor, every vCPU and the whole uptime, so that a guest which applies
 * the published formula computes exactly our now_ns(), without a trap, and its
 * struct vcpu_time_info never has to change, unless the TSCs of the CPUs differ
 * (tsc_sync.c): then each has a TSC at boot of its own, and vCPUs that of where
 * they run.
 *
 * The scale is measured once against the best counter of the machine. This
 * takes a TSC of constant rate; CPUs without one are told in the log.
 *
 * wallclock_lock guards the wall clock; nothing is taken inside it. The log reads
 * that clock from interrupts, so they are off while it is held.
 *
 * ABI: xen.h, struct vcpu_time_info, struct shared_info wc_*.
 */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <asm/platform_timer.h>
#include <asm/system.h>
#include <asm/tsc_scale.h>

#define CALIBRATE_MS		20
#define CALIBRATE_SAMPLES	5
#define COUNTER_STUCK_READS	100000

#define CPUID_POWER		0x80000007
#define CPUID_POWER_INVARIANT	BIT(8)

/* As Xen: no date of interest is beyond, and nanoseconds fit in 64 bits. */
#define WALLCLOCK_SECS_MAX	BIT(33)

u32 tsc_khz __ro_after_init;
static struct tsc_scale scale __ro_after_init;
static bool timer_by_pit __ro_after_init;
static bool tsc_unstable;

static spinlock_t wallclock_lock = SPINLOCK_INIT;
static u64 wallclock_at_boot_ns;	/* since 1970, when now_ns() was 0 */

/* TSCs that disagree are put right as well as can be measured, not to the last tick. */
static u64 never_backwards(u64 ns)
{
	static u64 latest;
	u64 seen = READ_ONCE(latest);

	while (ns > seen)
		if (__atomic_compare_exchange_n(&latest, &seen, ns, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return ns;
	return seen;
}

/** now_ns() - Nanoseconds since the hypervisor started. Any context. */
u64 now_ns(void)
{
	u64 ns = tsc_scale_ns(scale, rdtsc_ordered() - this_cpu()->tsc_base);

	return unlikely(READ_ONCE(tsc_unstable)) ? never_backwards(ns) : ns;
}

u64 tsc_to_ns(u64 tsc_delta)
{
	return tsc_scale_ns(scale, tsc_delta);
}

u64 ns_to_tsc(u64 ns)
{
	return tsc_scale_ticks(scale, ns);
}

/**
 * udelay() - Spin.
 * @usec: microseconds; before time_init() a port write stands for each
 */
void udelay(unsigned int usec)
{
	u64 start = rdtsc();

	if (!tsc_khz) {
		while (usec--)
			outb(0, 0x80);
		return;
	}
	while (rdtsc() - start < (u64)usec * tsc_khz / 1000)
		cpu_relax();
}

/* Calibration. */

struct sample {
	u64 tsc;
	u32 count;
};

/* The reading that the bus delayed least. */
static struct sample __init take_sample(u32 (*read)(void))
{
	struct sample best = { 0, 0 };
	u64 best_width = ~0UL;

	for (unsigned int i = 0; i < CALIBRATE_SAMPLES; i++) {
		u64 before = rdtsc_ordered();
		u32 count = read();
		u64 width = rdtsc_ordered() - before;

		if (width < best_width) {
			best_width = width;
			best = (struct sample){ before + width / 2, count };
		}
	}
	return best;
}

/* Wait until @c has counted @counts; false if it stands still. */
static bool __init wait_counts(const struct platform_counter *c, u32 from, u32 counts)
{
	u32 last = from, same = 0;

	while (((last - from) & c->mask) < counts) {
		u32 now = c->read();

		same = now == last ? same + 1 : 0;
		if (same > COUNTER_STUCK_READS)
			return false;
		last = now;
	}
	return true;
}

/* TSC kHz by @c; 0 if it cannot be used. */
static u32 __init calibrate_by(const struct platform_counter *c)
{
	struct sample a = take_sample(c->read), b;
	u64 counts, khz;

	if (!wait_counts(c, a.count, c->hz / (1000 / CALIBRATE_MS)))
		return 0;
	b = take_sample(c->read);
	counts = (b.count - a.count) & c->mask;
	khz = (b.tsc - a.tsc) * c->hz / (counts * 1000);
	return khz <= 0xffffffff ? khz : 0;
}

static void __init calibrate(void)
{
	for (unsigned int i = 0; i < nr_platform_counters && !tsc_khz; i++) {
		struct platform_counter *c = &platform_counters[i];

		if (!c->start())
			continue;
		tsc_khz = calibrate_by(c);
		if (tsc_khz)
			pr_info("time: TSC runs at %u.%03u MHz by the %s\n", tsc_khz / 1000,
				tsc_khz % 1000, c->name);
		else
			pr_warn("time: the %s does not count\n", c->name);
	}
	if (!tsc_khz)
		panic("time: neither HPET nor PM timer nor PIT counts: this machine has no usable clock\n");
}

static void __init calibrate_apic(struct sample from, struct sample to)
{
	apic_timer_count_end(to.count - from.count, tsc_to_ns(to.tsc - from.tsc));
}

/**
 * time_tsc_unstable() - The TSCs of the CPUs disagree.
 * @why: for the log
 *
 * Guests are no longer told that readings on different vCPUs can be compared.
 */
void time_tsc_unstable(const char *why)
{
	if (!tsc_unstable)
		pr_warn("time: TSCs are not consistent: %s\n", why);
	WRITE_ONCE(tsc_unstable, true);
}

/** time_tsc_is_stable() - Is one reading comparable with that of any other CPU? */
bool time_tsc_is_stable(void)
{
	return !READ_ONCE(tsc_unstable);
}

void time_tsc_scale(u32 *mul, s8 *shift)
{
	*mul = scale.mul;
	*shift = scale.shift;
}

static void __init check_tsc(void)
{
	u32 max, a, b, c, d = 0;

	cpuid_count(0x80000000, 0, &max, &b, &c, &d);
	d = 0;
	if (max >= CPUID_POWER)
		cpuid_count(CPUID_POWER, 0, &a, &b, &c, &d);
	if (!(d & CPUID_POWER_INVARIANT))
		pr_info("time: the CPU does not promise a TSC of constant rate\n");
}

static void pit_interrupt(void *data __maybe_unused)
{
	timer_interrupt();
}

/**
 * time_init() - Measure the clocks and start them.
 *
 * Context: boot, interrupts off, after acpi_init(), apic_init_bsp() and
 * irq_init(). Takes some 20 ms. Panics if nothing counts.
 */
void __init time_init(void)
{
	bool count_apic;
	struct sample start = { 0, 0 };
	u64 secs;

	this_cpu()->tsc_base = rdtsc_ordered();
	check_tsc();
	count_apic = apic_timer_count_start();
	if (count_apic)
		start = take_sample(apic_timer_count);
	calibrate();
	scale = tsc_scale_for(tsc_khz);
	if (count_apic)
		calibrate_apic(start, take_sample(apic_timer_count));
	timer_by_pit = !apic_enabled();
	if (timer_by_pit)
		pit_timer_init(pit_interrupt);
	secs = rtc_read();
	if (secs)
		time_set_wallclock(secs, 0, now_ns());
	else
		pr_warn("time: the CMOS clock makes no sense: it is 1970 until domain 0 sets it\n");
}

bool arch_timer_program(u64 deadline_ns)
{
	u64 tsc = rdtsc_ordered(), delta;
	u64 now = tsc_scale_ns(scale, tsc - this_cpu()->tsc_base);

	if (!deadline_ns) {
		if (timer_by_pit)
			pit_timer_stop();
		else
			apic_timer_stop();
		return true;
	}
	if (deadline_ns <= now)
		return false;
	delta = deadline_ns - now;
	if (timer_by_pit)
		pit_timer_set(delta);
	else
		apic_timer_set(tsc + tsc_scale_ticks(scale, delta), delta);
	return true;
}

/* What guests read. */

/* Of a guest that counts system time: what it reads leads back to it. */
static struct vcpu_time_info compose_emulated(const struct domain *d, u32 version)
{
	struct tsc_scale own = tsc_scale_for(d->arch.vtsc.khz);

	return (struct vcpu_time_info){
		.version = version,
		.tsc_timestamp = d->arch.vtsc.start_ticks,
		.system_time = d->arch.vtsc.start_ns,
		.tsc_to_system_mul = own.mul,
		.tsc_shift = own.shift,
		.flags = XEN_PVCLOCK_TSC_STABLE_BIT,
	};
}

static struct vcpu_time_info compose(const struct vcpu *v)
{
	u32 version = v->time_copy.version + 2;

	if (unlikely(v->domain->arch.vtsc.khz))
		return compose_emulated(v->domain, version);
	return (struct vcpu_time_info){
		.version = version,
		.tsc_timestamp = this_cpu()->tsc_base,
		.system_time = 0,
		.tsc_to_system_mul = scale.mul,
		.tsc_shift = scale.shift,
		.flags = time_tsc_is_stable() ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
}

static bool same_time_info(const struct vcpu_time_info *a, const struct vcpu_time_info *b)
{
	return a->tsc_timestamp == b->tsc_timestamp && a->system_time == b->system_time &&
	       a->tsc_to_system_mul == b->tsc_to_system_mul && a->tsc_shift == b->tsc_shift &&
	       a->flags == b->flags;
}

/* An odd version tells a reader on another CPU to try again. */
static void publish(struct vcpu_time_info *to, const struct vcpu_time_info *t)
{
	u32 version = t->version;

	WRITE_ONCE(to->version, version - 1);
	smp_wmb();	/* odd, before a field changes; the guest's reader pairs */
	to->tsc_timestamp = t->tsc_timestamp;
	to->system_time = t->system_time;
	to->tsc_to_system_mul = t->tsc_to_system_mul;
	to->tsc_shift = t->tsc_shift;
	to->flags = t->flags;
	smp_wmb();	/* all fields, before even */
	WRITE_ONCE(to->version, version);
}

/* The same in the area that the vCPU registered, in its own address space. */
static void publish_secondary(struct vcpu *v, const struct vcpu_time_info *t)
{
	unsigned long va = v->time_info_guest;
	u32 version = t->version - 1;

	if (!va || v != current)
		return;
	if (copy_to_guest(va + offsetof(struct vcpu_time_info, version), &version))
		return;
	smp_wmb();	/* as in publish() */
	if (raw_copy_to_guest(va + sizeof(t->version), (const u8 *)t + sizeof(t->version),
			      sizeof(*t) - sizeof(t->version)))
		return;
	smp_wmb();	/* as in publish() */
	version = t->version;
	if (copy_to_guest(va + offsetof(struct vcpu_time_info, version), &version))
		return;
}

/**
 * time_update_vcpu() - Tell a vCPU how to compute the time.
 * @v:     vCPU
 * @force: also if nothing changed since the last time: after a new place was
 *	   registered for it. A secondary area is written only of the running vCPU
 */
void time_update_vcpu(struct vcpu *v, bool force)
{
	struct vcpu_time_info t = compose(v);

	if (!force && same_time_info(&t, &v->time_copy))
		return;
	v->time_copy = t;
	if (v->vcpu_info)
		publish(&v->vcpu_info->time, &t);
	publish_secondary(v, &t);
}

/**
 * time_update_wallclock() - Tell a domain the date.
 * @d: its shared_info exists
 */
void time_update_wallclock(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	unsigned long flags;
	u64 secs, nsecs;
	u32 version;

	if (!s)
		return;
	spin_lock_irqsave(&wallclock_lock, flags);
	secs = wallclock_at_boot_ns / NSEC_PER_SEC + d->time_offset_seconds;
	nsecs = wallclock_at_boot_ns % NSEC_PER_SEC;
	version = (READ_ONCE(s->wc_version) | 1) + 1;
	WRITE_ONCE(s->wc_version, version - 1);
	smp_wmb();	/* as in publish() */
	s->wc_sec = secs;
	s->wc_sec_hi = secs >> 32;
	s->wc_nsec = nsecs;
	smp_wmb();	/* as in publish() */
	WRITE_ONCE(s->wc_version, version);
	spin_unlock_irqrestore(&wallclock_lock, flags);
}

/**
 * time_set_wallclock() - Set the date, for every domain.
 * @secs:           since 1970
 * @nsecs:          below 10^9
 * @system_time_ns: now_ns() when it was that
 *
 * ABI: platform.h, XENPF_settime64.
 * Return: 0; -EINVAL if it is no date, or before we started.
 */
int time_set_wallclock(u64 secs, u32 nsecs, u64 system_time_ns)
{
	struct domain *d;
	unsigned long flags;
	u64 ns;

	if (secs >= WALLCLOCK_SECS_MAX || nsecs >= NSEC_PER_SEC)
		return -EINVAL;
	ns = secs * NSEC_PER_SEC + nsecs;
	if (system_time_ns > ns)
		return -EINVAL;
	spin_lock_irqsave(&wallclock_lock, flags);
	wallclock_at_boot_ns = ns - system_time_ns;
	spin_unlock_irqrestore(&wallclock_lock, flags);
	for_each_domain(d)
		time_update_wallclock(d);
	return 0;
}

/** time_wallclock_ns() - Nanoseconds since 1970, now; 0 if nobody knows. */
u64 time_wallclock_ns(void)
{
	unsigned long flags;
	u64 base;

	spin_lock_irqsave(&wallclock_lock, flags);
	base = wallclock_at_boot_ns;
	spin_unlock_irqrestore(&wallclock_lock, flags);
	return base ? base + now_ns() : 0;
}
