// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can go wrong with locks, found when it is possible and not only when it
 * happens. Locks that are initialised at one place are one class. Reported are
 *
 *   - two classes that are taken in both orders, directly or by way of others;
 *   - two locks of one class without spin_lock_nested();
 *   - a class that interrupts take, and that is also taken with interrupts on;
 *   - guest memory touched while a lock is held;
 *   - other CPUs waited for while a lock is held that they may want with
 *     interrupts off.
 *
 * A lock had by trying adds no order, as nobody waited. What an interrupt takes
 * counts as taken inside of what the interrupted code holds: that is as it is.
 *
 * Each finding is kept and printed from a softirq, once: the lock of the console
 * may be the one that is in question. graph_lock is a plain word, since a
 * checked lock cannot guard the checks.
 */
#include <hv/spinlock.h>

#include <hv/bug.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>

#ifdef CONFIG_HV_LOCK_CHECK

#define CLASSES_MAX	128	/* class 0 is none */
#define HELD_MAX	16
#define FINDINGS_MAX	16

struct class {
	const char *name;
	u64 inside[CLASSES_MAX / 64];	/* classes taken while one of this is held */
	const void *in_irq, *irqs_on;	/* code that took it so first, or NULL */
};

struct held {
	const spinlock_t *lock;
	const void *where;
	bool irqs_on;
};

struct finding {
	const char *what, *first, *second;
	const void *where_first, *where_second;
};

static struct class classes[CLASSES_MAX];
static unsigned int nr_classes = 1;
/* Code that first took the column's class inside the row's. */
static const void *edge_at[CLASSES_MAX][CLASSES_MAX];

static struct {
	struct held held[HELD_MAX];
	unsigned int nr;
} cpus[MAX_CPUS];

static struct finding findings[FINDINGS_MAX];
static unsigned int nr_findings, nr_printed;

static u32 graph_lock;
static bool ready;

static unsigned long graph_enter(void)
{
	unsigned long flags = local_irq_save();

	while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	return flags;
}

static void graph_leave(unsigned long flags)
{
	__atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE);
	local_irq_restore(flags);
}

static bool bit(const u64 *set, unsigned int nr)
{
	return READ_ONCE(set[nr / 64]) >> (nr % 64) & 1;
}

/* Once for each pair of names. Graph lock held. */
static void found(const struct finding *f)
{
	for (unsigned int i = 0; i < nr_findings; i++)
		if (findings[i].what == f->what && findings[i].first == f->first &&
		    findings[i].second == f->second)
			return;
	if (nr_findings == FINDINGS_MAX)
		return;
	findings[nr_findings++] = *f;
	if (ready)
		softirq_raise(SOFTIRQ_LOCKCHECK);
}

static void found_unlocked(const struct finding *f)
{
	unsigned long flags = graph_enter();

	found(f);
	graph_leave(flags);
}

/* The class of @lock; 0 if it has no name, or there are too many. */
static unsigned int class_of(spinlock_t *lock)
{
	unsigned int class = READ_ONCE(lock->class);
	unsigned long flags;

	if (likely(class) || !lock->name)
		return class;
	flags = graph_enter();
	for (class = 1; class < nr_classes && classes[class].name != lock->name; class++)
		;
	if (class == nr_classes && nr_classes < CLASSES_MAX)
		classes[nr_classes++].name = lock->name;
	if (class == CLASSES_MAX)
		class = 0;
	WRITE_ONCE(lock->class, class);
	graph_leave(flags);
	return class;
}

/* Is @to taken, in however many steps, inside @from? Then the first step. Graph lock held. */
static unsigned int way(unsigned int from, unsigned int to)
{
	u64 seen[CLASSES_MAX / 64] = { 0 };
	u8 queue[CLASSES_MAX], first[CLASSES_MAX];
	unsigned int head = 0, tail = 0;

	queue[tail++] = from;
	seen[from / 64] |= BIT(from % 64);
	while (head < tail) {
		unsigned int at = queue[head++];

		for (unsigned int next = 1; next < nr_classes; next++) {
			if (!bit(classes[at].inside, next) || bit(seen, next))
				continue;
			first[next] = at == from ? next : first[at];
			if (next == to)
				return first[next];
			seen[next / 64] |= BIT(next % 64);
			queue[tail++] = next;
		}
	}
	return 0;
}

/* @inner is about to be waited for at @where, while @outer is held. */
static void add_order(unsigned int outer, unsigned int inner, const void *where)
{
	unsigned long flags;
	unsigned int step;

	if (likely(bit(classes[outer].inside, inner)))
		return;
	flags = graph_enter();
	step = way(inner, outer);
	if (step)
		found(&(struct finding){ "taken inside of each other",
					 classes[inner].name, classes[outer].name,
					 where, edge_at[inner][step] });
	classes[outer].inside[inner / 64] |= BIT(inner % 64);
	edge_at[outer][inner] = where;
	graph_leave(flags);
}

static void check_irq(struct class *c, const void *where)
{
	bool changed = false;

	if (this_cpu()->irq_depth) {
		changed = !c->in_irq;
		c->in_irq = where;
	} else if (local_irq_is_enabled()) {
		changed = !c->irqs_on;
		c->irqs_on = where;
	}
	if (unlikely(changed && c->in_irq && c->irqs_on))
		found_unlocked(&(struct finding){
			"taken by interrupts, and with interrupts on", c->name, c->name,
			c->in_irq, c->irqs_on });
}

/**
 * lockcheck_acquire() - A lock is taken here.
 * @lock: before it is waited for; with LOCK_TRIED, after it was had
 * @how:  LOCK_NESTED if the order among several of its kind is seen to
 */
void lockcheck_acquire(spinlock_t *lock, enum lockcheck_how how)
{
	const void *where = __builtin_return_address(0);
	bool irqs_on = local_irq_is_enabled();
	unsigned int class = class_of(lock), n;
	unsigned long flags;
	struct held *held;

	if (!class)
		return;
	check_irq(&classes[class], where);
	flags = local_irq_save();
	held = cpus[smp_processor_id()].held;
	n = cpus[smp_processor_id()].nr;
	for (unsigned int i = 0; i < n && how != LOCK_TRIED; i++) {
		if (held[i].lock->class != class)
			add_order(held[i].lock->class, class, where);
		else if (how != LOCK_NESTED)
			found_unlocked(&(struct finding){
				"two locks of one kind at a time", classes[class].name,
				classes[class].name, where, held[i].where });
	}
	if (n < HELD_MAX) {
		held[n] = (struct held){ lock, where, irqs_on };
		cpus[smp_processor_id()].nr = n + 1;
	}
	local_irq_restore(flags);
}

/** lockcheck_release() - A lock is let go here. */
void lockcheck_release(spinlock_t *lock)
{
	unsigned long flags = local_irq_save();
	struct held *held = cpus[smp_processor_id()].held;
	unsigned int n = cpus[smp_processor_id()].nr;

	for (unsigned int i = n; i-- > 0;) {
		if (held[i].lock != lock)
			continue;
		for (; i + 1 < n; i++)
			held[i] = held[i + 1];
		cpus[smp_processor_id()].nr = n - 1;
		break;
	}
	local_irq_restore(flags);
}

/** lockcheck_guest_access() - Guest memory is about to be touched. */
void lockcheck_guest_access(void)
{
	const void *where = __builtin_return_address(0);
	unsigned long flags = local_irq_save();
	const struct held *held = cpus[smp_processor_id()].held;

	if (cpus[smp_processor_id()].nr)
		found_unlocked(&(struct finding){
			"guest memory touched under a lock", held->lock->name, "guest memory",
			held->where, where });
	local_irq_restore(flags);
}

/** lockcheck_wait_cpus() - Other CPUs are about to be waited for. */
void lockcheck_wait_cpus(void)
{
	const void *where = __builtin_return_address(0);
	unsigned long flags = local_irq_save();
	const struct held *held = cpus[smp_processor_id()].held;

	for (unsigned int i = 0; i < cpus[smp_processor_id()].nr; i++)
		if (!held[i].irqs_on || classes[held[i].lock->class].in_irq)
			found_unlocked(&(struct finding){
				"CPUs waited for under a lock that others take with interrupts off",
				held[i].lock->name, "other CPUs", held[i].where, where });
	local_irq_restore(flags);
}

static void print_findings(void)
{
	while (nr_printed < READ_ONCE(nr_findings)) {
		const struct finding *f = &findings[nr_printed++];

		printk("Lock check: %s:\n", f->what);
		printk("  %s, at %pS\n", f->first, f->where_first);
		printk("  %s, at %pS\n", f->second, f->where_second);
	}
}

/** lockcheck_init() - Begin to print what was found. Boot, with softirqs. */
void __init lockcheck_init(void)
{
	softirq_register(SOFTIRQ_LOCKCHECK, print_findings);
	ready = true;
	if (nr_findings)
		softirq_raise(SOFTIRQ_LOCKCHECK);
}

#endif
