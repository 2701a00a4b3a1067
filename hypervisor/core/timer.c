// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers: one pairing heap per CPU, linked through the timers themselves.
 *
 * The root is the earliest. A node's children form a list from @child along
 * @sibling; @prev leads back to the sibling before, or from the first child to
 * the parent, so that any node is unlinked without a search. Insertion is one
 * comparison, removal O(log n) on average.
 *
 * percpu.timer_lock guards a CPU's heap, timer_running, and the queued, cpu and
 * link fields of its timers. Handlers are called without it. It may be taken
 * under a run-queue lock; nothing is taken under it but a second one, of a higher
 * CPU: a timer moves under both, so that whoever sets or stops it meanwhile finds
 * it either there or here, and set or not as it was last told to be.
 */
#include <hv/timer.h>

#include <hv/bug.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <hv/time.h>

/* Both are roots (no prev, no sibling) or NULL. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *first, *second;

	if (!a || !b)
		return a ? a : b;
	first = a->expires_ns <= b->expires_ns ? a : b;
	second = first == a ? b : a;
	second->prev = first;
	second->sibling = first->child;
	if (first->child)
		first->child->prev = second;
	first->child = second;
	return first;
}

/* Take the first node off the list at *@list and make it a root. */
static struct timer *detach_first(struct timer **list)
{
	struct timer *t = *list;

	if (t) {
		*list = t->sibling;
		t->sibling = NULL;
		t->prev = NULL;
	}
	return t;
}

/* Meld a list of siblings into one heap: in pairs, then the pairs from the last. */
static struct timer *meld_siblings(struct timer *list)
{
	struct timer *pairs = NULL, *root = NULL;

	while (list) {
		struct timer *a = detach_first(&list);
		struct timer *pair = meld(a, detach_first(&list));

		pair->sibling = pairs;
		pairs = pair;
	}
	while (pairs)
		root = meld(root, detach_first(&pairs));
	return root;
}

static void heap_insert(struct percpu *pc, struct timer *t)
{
	t->child = t->sibling = t->prev = NULL;
	t->queued = true;
	pc->timers = meld(pc->timers, t);
}

static void heap_remove(struct percpu *pc, struct timer *t)
{
	struct timer *children = meld_siblings(t->child);

	if (t == pc->timers) {
		pc->timers = children;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->sibling;
		else
			t->prev->sibling = t->sibling;
		if (t->sibling)
			t->sibling->prev = t->prev;
		pc->timers = meld(pc->timers, children);
	}
	t->child = t->sibling = t->prev = NULL;
	t->queued = false;
}

/* Lock the heap that @t belongs to; it may be moving to another CPU. */
static struct percpu *timer_lock(struct timer *t, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct percpu *pc = percpu_of[cpu];

		spin_lock_irqsave(&pc->timer_lock, *flags);
		if (t->cpu == cpu)
			return pc;
		spin_unlock_irqrestore(&pc->timer_lock, *flags);
	}
}

/*
 * Make the hardware fire no later than the root. Firing earlier does no harm,
 * so a root that was stopped or moved back leaves it alone: most timers are
 * set again before they fire.
 */
static void programme_hardware(struct percpu *pc)
{
	u64 deadline = pc->timers ? pc->timers->expires_ns : 0;

	if (!deadline || (pc->timer_deadline && pc->timer_deadline <= deadline))
		return;
	if (arch_timer_program(deadline))
		pc->timer_deadline = deadline;
	else
		softirq_raise(SOFTIRQ_TIMER);
}

/* The earliest of this CPU's or another's has changed. Its lock is held. */
static void programme(struct percpu *pc, unsigned int cpu)
{
	if (pc == this_cpu())
		programme_hardware(pc);
	else
		softirq_raise_cpu(cpu, SOFTIRQ_TIMER);
}

/**
 * timer_init() - Prepare a timer; it is not set.
 * @t:	  the caller's, until timer_kill()
 * @fn:	  called on @cpu with interrupts on and no lock held; may set @t again
 * @data: argument of @fn
 * @cpu:  where it fires
 *
 * Context: any.
 */
void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

/**
 * timer_set() - Let @t fire once.
 * @t:		initialised; if it is set already it moves. If its CPU is offline it
 *		becomes the caller's CPU's
 * @expires_ns: as now_ns(); a past time fires at the next softirq run
 *
 * Does nothing to a killed timer.
 * Context: any, also under a run-queue lock.
 */
void timer_set(struct timer *t, u64 expires_ns)
{
	unsigned long flags;
	struct percpu *pc;

	/* CPUs go while all stand still: not between here and the lock. */
	if (unlikely(!READ_ONCE(percpu_of[READ_ONCE(t->cpu)]->online)))
		timer_migrate(t, smp_processor_id());
	pc = timer_lock(t, &flags);
	if (t->queued)
		heap_remove(pc, t);
	if (!t->killed) {
		/* 0 means "nothing" to the hardware. */
		t->expires_ns = expires_ns ? expires_ns : 1;
		heap_insert(pc, t);
		if (pc->timers == t)
			programme(pc, t->cpu);
	}
	spin_unlock_irqrestore(&pc->timer_lock, flags);
}

/**
 * timer_stop() - Do not let @t fire. Its handler may be running still.
 * @t: initialised
 *
 * Context: any, also under a run-queue lock.
 */
void timer_stop(struct timer *t)
{
	unsigned long flags;
	struct percpu *pc;

	pc = timer_lock(t, &flags);
	if (t->queued)
		heap_remove(pc, t);
	spin_unlock_irqrestore(&pc->timer_lock, flags);
}

/**
 * timer_kill() - Stop @t for good.
 * @t: initialised
 *
 * Context: no lock held that the handler takes. If called by the handler
 * itself, does not wait for it.
 */
void timer_kill(struct timer *t)
{
	unsigned long flags;
	struct percpu *pc = timer_lock(t, &flags);

	if (t->queued)
		heap_remove(pc, t);
	t->killed = true;
	spin_unlock_irqrestore(&pc->timer_lock, flags);
	/* On any CPU: it may have been moved while its handler ran. */
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		while (cpu != smp_processor_id() && READ_ONCE(percpu_of[cpu]->timer_running) == t)
			cpu_relax();
}

/* Lock two CPUs' heaps, the lower CPU's first. */
static void lock_both(unsigned int a, unsigned int b, unsigned long *flags)
{
	spin_lock_irqsave(&percpu_of[min(a, b)]->timer_lock, *flags);
	spin_lock_nested(&percpu_of[max(a, b)]->timer_lock);
}

static void unlock_both(unsigned int a, unsigned int b, unsigned long flags)
{
	spin_unlock(&percpu_of[max(a, b)]->timer_lock);
	spin_unlock_irqrestore(&percpu_of[min(a, b)]->timer_lock, flags);
}

/**
 * timer_migrate() - Let @t fire on @cpu from now on.
 * @t:	 initialised; stays set
 * @cpu: online
 *
 * Context: any without a timer lock.
 */
void timer_migrate(struct timer *t, unsigned int cpu)
{
	struct percpu *to = percpu_of[cpu];
	unsigned long flags;
	unsigned int from;

	while ((from = READ_ONCE(t->cpu)) != cpu) {
		lock_both(from, cpu, &flags);
		if (t->cpu == from) {
			bool was_set = t->queued;

			if (was_set)
				heap_remove(percpu_of[from], t);
			WRITE_ONCE(t->cpu, cpu);
			if (was_set)
				heap_insert(to, t);
			if (to->timers == t)
				programme(to, cpu);
		}
		unlock_both(from, cpu, flags);
	}
}

/**
 * timer_cpu_leave() - This CPU goes offline: what is set here fires elsewhere.
 * @to: online
 *
 * Context: all others stand still, interrupts off.
 */
void timer_cpu_leave(unsigned int to)
{
	struct percpu *from = this_cpu(), *pc = percpu_of[to];
	unsigned int self = smp_processor_id();
	unsigned long flags;
	struct timer *t;

	lock_both(self, to, &flags);
	while ((t = from->timers) != NULL) {
		heap_remove(from, t);
		WRITE_ONCE(t->cpu, to);
		heap_insert(pc, t);
	}
	unlock_both(self, to, flags);
	softirq_raise_cpu(to, SOFTIRQ_TIMER);
}

/* Calls what was due at the start. A handler sets its own timer to the future only. */
static void timer_softirq(void)
{
	struct percpu *pc = this_cpu();
	u64 now = now_ns();
	struct timer *t;

	spin_lock_irq(&pc->timer_lock);
	while ((t = pc->timers) != NULL && t->expires_ns <= now) {
		heap_remove(pc, t);
		pc->timer_running = t;
		spin_unlock_irq(&pc->timer_lock);
		t->fn(t->data);
		spin_lock_irq(&pc->timer_lock);
		pc->timer_running = NULL;
	}
	programme_hardware(pc);
	spin_unlock_irq(&pc->timer_lock);
}

/**
 * timer_interrupt() - The hardware fired.
 *
 * Context: the timer's interrupt handler, interrupts off.
 */
void timer_interrupt(void)
{
	struct percpu *pc = this_cpu();

	spin_lock(&pc->timer_lock);
	pc->timer_deadline = 0;
	spin_unlock(&pc->timer_lock);
	softirq_raise(SOFTIRQ_TIMER);
}

/**
 * timer_subsystem_init() - Register the softirq.
 *
 * Context: boot, once, before the first timer_set().
 */
void timer_subsystem_init(void)
{
	softirq_register(SOFTIRQ_TIMER, timer_softirq);
}
