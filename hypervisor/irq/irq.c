// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines: their vectors, their listeners, and what happens when one
 * fires.
 *
 * A level line is masked when it fires and stays so until every guest that it
 * was sent to has ended it: a guest that never does costs nobody but itself
 * and those it shares the line with. A line that fires too often, with or
 * without such an end, rests for a while: storm.c.
 *
 * Locks, in order: a desc's lock; vector.c's or a controller's.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/time.h>

/* Longer than a message takes from a device to a CPU that has interrupts on. */
#define MOVE_SETTLE_NS		NSEC_PER_MSEC

BUILD_BUG_ON(VECTOR_FIRST_OWN + NR_OWN_VECTORS != 256);

unsigned int nr_gsis __ro_after_init = NR_LEGACY_IRQS;

static void (*own_handlers[256])(void) __ro_after_init;

/* Entries appear, during boot or under pci_devs_lock(); they never go. */
static struct irq_desc *descs[NR_IRQS];

struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < NR_IRQS ? READ_ONCE(descs[irq]) : NULL;
}

void irq_set_vector_handler(u8 vector, void (*handler)(void))
{
	own_handlers[vector] = handler;
}

/* A vector for a line that has none yet; nobody else sets up the same line. */
static int desc_ensure_vector(struct irq_desc *desc, unsigned int cpu)
{
	u8 vector;
	int rc;

	if (desc->vector || desc->ctl->fixed_vector)
		return 0;
	rc = vector_assign(desc->irq, 1, cpu, &vector);
	if (rc < 0)
		return rc;
	desc->cpu = desc->wanted_cpu = rc;
	desc->vector = vector;
	return 0;
}

/* Moving a line to another CPU. */

/* What the line sent to the old vector until it was moved has arrived: interrupts are on here. */
static void old_vector_done(void *data)
{
	struct irq_desc *desc = data;
	unsigned long flags;
	u8 vector;

	spin_lock_irqsave(&desc->lock, flags);
	vector = desc->old_vector;
	desc->old_vector = 0;
	if (vector)
		vector_release(desc->old_cpu, vector);
	spin_unlock_irqrestore(&desc->lock, flags);
}

static void desc_unmask(struct irq_desc *desc)
{
	if (!desc->in_flight && !desc->storm.rests && (desc->handler || desc->nr_guests))
		desc->ctl->unmask(desc);
}

/*
 * Go to desc->wanted_cpu, or the next with a free vector. The line has just
 * fired and been acknowledged, or is masked: then no message of it is pending
 * that the controller would have to remember by the old vector.
 */
static void desc_move(struct irq_desc *desc)
{
	u8 vector;
	int cpu;

	if (desc->old_vector)
		return;
	cpu = vector_assign(desc->irq, 1, desc->wanted_cpu, &vector);
	if (cpu < 0)
		return;
	desc->old_vector = desc->vector;
	desc->old_cpu = desc->cpu;
	desc->vector = vector;
	desc->cpu = cpu;
	desc->wanted_cpu = cpu;
	desc->ctl->setup(desc);
	timer_migrate(&desc->old_timer, desc->old_cpu);
	timer_set(&desc->old_timer, now_ns() + MOVE_SETTLE_NS);
}

/* Messages that share a vector block cannot part; the 8259s know one CPU. */
static bool desc_movable(const struct irq_desc *desc)
{
	return desc->ctl && desc->vector && !desc->ctl->fixed_vector &&
	       !(desc->msi && msi_is_block(desc->msi));
}

/**
 * irq_set_cpu() - Let a line interrupt another CPU.
 * @irq: line
 * @cpu: online
 *
 * It moves when it next fires, which is when that is safe; or at once if it
 * cannot fire now.
 */
void irq_set_cpu(unsigned int irq, unsigned int cpu)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc_movable(desc)) {
		desc->wanted_cpu = cpu;
		if (cpu != desc->cpu && (desc->in_flight || desc->storm.rests)) {
			desc_move(desc);
			desc_unmask(desc);
		}
	}
	spin_unlock_irqrestore(&desc->lock, flags);
}

/* 0 if nothing of @desc is left on @cpu; -EAGAIN, soon; -EBUSY, never. Lock held. */
static int desc_leave(struct irq_desc *desc, unsigned int cpu)
{
	if (desc->old_vector && (desc->old_cpu == cpu || desc->cpu == cpu))
		return -EAGAIN;
	if (!desc->ctl || !desc->vector || desc->ctl->fixed_vector || desc->cpu != cpu) {
		if (desc->wanted_cpu == cpu)
			desc->wanted_cpu = desc->cpu;
		return 0;
	}
	if (!desc_movable(desc)) {
		pr_warn("irq %u (MSI of " PCI_FMT "): several messages that cannot leave CPU%u\n",
			desc->irq, PCI_ARGS(msi_sbdf(desc->msi)), cpu);
		return -EBUSY;
	}
	desc->ctl->mask(desc);
	desc->wanted_cpu = (cpu + 1) % nr_cpus;
	desc_move(desc);
	desc_unmask(desc);
	/* What it sent before still arrives on @cpu. */
	return desc->cpu == cpu ? -EBUSY : -EAGAIN;
}

/**
 * irq_cpu_leave() - Let all lines of a CPU interrupt another.
 * @cpu: online; nobody asks for lines there any more
 *
 * An edge that comes while its line moves is kept by the controller, as when a
 * guest masks it.
 * Return: 0; -EAGAIN: some are on their way, call again; -EBUSY: one cannot go.
 */
int irq_cpu_leave(unsigned int cpu)
{
	int rc = 0;

	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		struct irq_desc *desc = irq_to_desc(irq);
		unsigned long flags;
		int one;

		if (!desc)
			continue;
		spin_lock_irqsave(&desc->lock, flags);
		one = desc_leave(desc, cpu);
		spin_unlock_irqrestore(&desc->lock, flags);
		if (one && rc != -EBUSY)
			rc = one;
	}
	return rc;
}

/* Delivery. */

/* Called and left with the lock held, which the handler does not see. */
static void run_handler(struct irq_desc *desc)
{
	desc->running++;
	spin_unlock(&desc->lock);
	desc->handler(desc->data);
	spin_lock(&desc->lock);
	desc->running--;
	if (desc->level)
		desc_unmask(desc);
}

/*
 * The scheduler moves the vCPU that takes a line, and tells nobody. So the line
 * looks, when it fires, and follows one that it found elsewhere twice running.
 */
static void follow(struct irq_desc *desc, unsigned int cpu)
{
	if (desc->taken_on == cpu && cpu != desc->cpu && desc->wanted_cpu == desc->cpu &&
	    desc_movable(desc))
		desc->wanted_cpu = cpu;
	desc->taken_on = cpu;
}

/* As run_handler(): event channels have locks of their own that bind takes first. */
static void send_to_guests(struct irq_desc *desc)
{
	struct irq_guest to[IRQ_MAX_GUESTS];
	unsigned int n = 0;
	int cpu = -ENOENT;

	for (struct irq_guest *g = desc->guests; g; g = g->next) {
		if (desc->level && !g->in_service) {
			g->in_service = true;
			desc->in_flight++;
		}
		to[n++] = *g;
	}
	desc->running++;
	spin_unlock(&desc->lock);
	for (unsigned int i = 0; i < n; i++) {
		int by = evtchn_send_pirq(to[i].d, to[i].pirq);

		if (by < 0)
			irq_guest_eoi(desc->irq, to[i].d);
		else if (cpu < 0)
			cpu = by;
	}
	spin_lock(&desc->lock);
	if (cpu >= 0)
		follow(desc, cpu);
	WRITE_ONCE(desc->running, desc->running - 1);
}

static void deliver(struct irq_desc *desc)
{
	if (desc->handler)
		run_handler(desc);
	else if (desc->nr_guests)
		send_to_guests(desc);
}

/**
 * irq_resume() - The rest of a line that stormed is over.
 * @desc: line
 *
 * A level line that is still asserted fires by itself. Of other lines what came
 * meanwhile is lost: their listeners are told once.
 */
void irq_resume(struct irq_desc *desc)
{
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	storm_reset(desc);
	desc_unmask(desc);
	if (!desc->level)
		deliver(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

static void line_interrupt(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	/* Messages that cannot be masked still come while irq_free_msi() is at work. */
	if (unlikely(!desc->ctl)) {
		apic_eoi();
		spin_unlock(&desc->lock);
		return;
	}
	if (desc->ctl->spurious && desc->ctl->spurious(desc)) {
		spin_unlock(&desc->lock);
		return;
	}
	if (desc->level || (!desc->handler && !desc->nr_guests))
		desc->ctl->mask(desc);
	if (desc->ctl->eoi)
		desc->ctl->eoi(desc);
	else
		apic_eoi();
	if (unlikely(desc->wanted_cpu != desc->cpu)) {
		desc_move(desc);
		if (!desc->level)
			desc_unmask(desc);
	}
	desc->count++;
	storm_count(desc);
	deliver(desc);
	spin_unlock(&desc->lock);
}

static void unknown_vector(u8 vector)
{
	static unsigned int warned;

	/* Late spurious ones of the 8259s are not in service at the local APIC. */
	if (vector < VECTOR_FIRST_DYNAMIC)
		return;
	apic_eoi();
	if (warned++ < 10)
		pr_warn("irq: vector %#x on CPU%u belongs to no line\n", vector,
			smp_processor_id());
}

static struct irq_desc *vector_to_desc(u8 vector)
{
	int irq;

	if (vector < VECTOR_FIRST_DYNAMIC)
		return ioapic_present() ? NULL : irq_to_desc(vector - VECTOR_FIRST_LEGACY);
	irq = vector_to_irq(smp_processor_id(), vector);
	return irq < 0 ? NULL : irq_to_desc(irq);
}

/**
 * do_irq() - An external interrupt.
 * @regs: what was interrupted; entry_vector is the vector, 0x20 and above
 *
 * Context: from entry.S, interrupts off. Softirqs that it raises run on the
 * way out.
 */
void do_irq(struct cpu_user_regs *regs)
{
	u8 vector = regs->entry_vector;
	struct irq_desc *desc;

	this_cpu()->irq_depth++;
	if (own_handlers[vector]) {
		apic_eoi();
		if (vector >= VECTOR_FIRST_OWN)
			this_cpu()->own_irqs[vector - VECTOR_FIRST_OWN]++;
		own_handlers[vector]();
	} else if (vector != VECTOR_SPURIOUS) {
		desc = vector_to_desc(vector);
		if (likely(desc))
			line_interrupt(desc);
		else
			unknown_vector(vector);
	}
	this_cpu()->irq_depth--;
}

/* Listeners. */

/**
 * irq_request_gsi() - Let the hypervisor itself handle a line.
 * @gsi:     global system interrupt; isa_irq_to_gsi() finds that of an ISA device
 * @handler: called in interrupt context, interrupts off
 * @data:    its argument
 * @name:    for messages, not copied
 *
 * Return: 0; -EINVAL if there is no such line; -EBUSY if somebody listens;
 * -ENOSPC without a vector.
 */
int irq_request_gsi(unsigned int gsi, void (*handler)(void *data), void *data, const char *name)
{
	struct irq_desc *desc = irq_to_desc(gsi);
	unsigned long flags;
	int rc = -EBUSY;

	if (gsi >= nr_gsis || !desc || !desc->ctl)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (!desc->handler && !desc->nr_guests)
		rc = desc_ensure_vector(desc, 0);
	if (!rc) {
		desc->data = data;
		desc->name = name;
		desc->handler = handler;
		desc->ctl->setup(desc);
		desc->ctl->unmask(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return rc;
}

static struct irq_guest *find_guest(struct irq_desc *desc, const struct domain *d)
{
	struct irq_guest *g = desc->guests;

	while (g && g->d != d)
		g = g->next;
	return g;
}

/* May one more guest listen? Called with the lock held. */
static int may_bind(struct irq_desc *desc, const struct domain *d, bool share)
{
	if (!desc->ctl)
		return -EINVAL;
	if (desc->handler || find_guest(desc, d))
		return -EBUSY;
	if (desc->nr_guests && !(share && desc->shareable))
		return -EBUSY;
	return desc->nr_guests < IRQ_MAX_GUESTS ? 0 : -EBUSY;
}

static int bind_locked(struct irq_desc *desc, unsigned int cpu, struct irq_guest *g, bool share)
{
	int rc = may_bind(desc, g->d, share);

	if (rc)
		return rc;
	if (!desc->nr_guests) {
		rc = desc_ensure_vector(desc, cpu);
		if (rc)
			return rc;
		desc->shareable = share;
		desc->in_flight = 0;
		desc->ctl->setup(desc);
	}
	g->next = desc->guests;
	desc->guests = g;
	if (!desc->nr_guests++)
		desc_unmask(desc);
	return 0;
}

/**
 * irq_bind_guest() - Lend a line to a domain.
 * @irq:   line
 * @cpu:   where the first listener would like it
 * @g:     who and by which number, from hv_new(); the line's on success
 * @share: others may listen, too
 *
 * The domain must be unbound before it is freed.
 * Return: 0; -EINVAL if there is no such line; -EBUSY if it is in use in a way
 * that cannot be shared; -ENOSPC without a vector.
 */
int irq_bind_guest(unsigned int irq, unsigned int cpu, struct irq_guest *g, bool share)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int rc;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	rc = bind_locked(desc, cpu, g, share);
	spin_unlock_irqrestore(&desc->lock, flags);
	return rc;
}

static void end_locked(struct irq_desc *desc, struct irq_guest *g)
{
	if (!g->in_service)
		return;
	g->in_service = false;
	if (!--desc->in_flight)
		desc_unmask(desc);
}

/**
 * irq_unbind_guest() - Take a line back from a domain.
 * @irq: line
 * @d:   a domain that need not be bound
 *
 * An interrupt on its way to @d may still arrive: see irq_synchronise().
 */
void irq_unbind_guest(unsigned int irq, struct domain *d)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irq_guest *g = NULL;
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	for (struct irq_guest **p = &desc->guests; *p; p = &(*p)->next) {
		if ((*p)->d != d)
			continue;
		g = *p;
		*p = g->next;
		desc->nr_guests--;
		break;
	}
	if (g)
		end_locked(desc, g);
	if (g && !desc->nr_guests)
		desc->ctl->mask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	hv_free(g);
}

/* Wait until no CPU delivers @irq. Not from within its delivery. */
void irq_synchronise(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	while (desc && READ_ONCE(desc->running))
		cpu_relax();
}

/**
 * irq_guest_eoi() - A domain is done with an interrupt.
 * @irq: line
 * @d:   the domain; nothing happens if it has none in service
 */
void irq_guest_eoi(unsigned int irq, struct domain *d)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irq_guest *g;
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	g = find_guest(desc, d);
	if (g)
		end_locked(desc, g);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/**
 * irq_set_gsi_mode() - Trigger and polarity of a line, as ACPI tells domain 0.
 * @gsi:        line
 * @level:      not edge
 * @active_low: not high
 *
 * Return: 0; -EINVAL if there is no such line; -EEXIST if it is in use in
 * another way.
 */
int irq_set_gsi_mode(unsigned int gsi, bool level, bool active_low)
{
	struct irq_desc *desc = irq_to_desc(gsi);
	unsigned long flags;
	int rc = 0;

	if (gsi >= nr_gsis || !desc || !desc->ctl)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->level == level && desc->active_low == active_low) {
		rc = 0;
	} else if (desc->handler || desc->nr_guests) {
		rc = -EEXIST;
	} else {
		desc->level = level;
		desc->active_low = active_low;
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return rc;
}

bool irq_exists(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	return desc && READ_ONCE(desc->ctl);
}

bool irq_is_level(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	return desc && READ_ONCE(desc->level);
}

bool irq_is_shared(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	return desc && READ_ONCE(desc->nr_guests) > 1;
}

/* Message-signalled interrupts. */

static struct irq_desc *desc_create(unsigned int irq)
{
	struct irq_desc *desc = hv_new(struct irq_desc);

	if (!desc)
		return NULL;
	spin_lock_init(&desc->lock);
	desc->irq = irq;
	storm_init(desc);
	timer_init(&desc->old_timer, old_vector_done, desc, 0);
	return desc;
}

/* Is @irq to @irq + @nr - 1 free? */
static bool msi_range_free(unsigned int irq, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (irq + i >= NR_IRQS || (descs[irq + i] && descs[irq + i]->ctl))
			return false;
	return true;
}

/**
 * irq_alloc_msi() - Reserve adjacent irq numbers for messages.
 * @nr: how many, 1 to 32
 *
 * Context: the caller serialises this with irq_free_msi().
 * Return: the first; -ENOSPC; -ENOMEM.
 */
int irq_alloc_msi(unsigned int nr)
{
	unsigned int irq = nr_gsis;

	while (irq + nr <= NR_IRQS && !msi_range_free(irq, nr))
		irq++;
	if (irq + nr > NR_IRQS)
		return -ENOSPC;
	for (unsigned int i = irq; i < irq + nr; i++) {
		struct irq_desc *desc = descs[i] ? descs[i] : desc_create(i);

		if (!desc)
			return -ENOMEM;
		WRITE_ONCE(descs[i], desc);
	}
	return irq;
}

/**
 * irq_setup_msi() - Make irq numbers from irq_alloc_msi() lines.
 * @first_irq: the first
 * @nr:        how many; a power of two, as multiple-message MSI needs
 * @cpu:       preferred target
 * @msi:       what the controller programmes; of its own for each number if
 *	       it is MSI-X, one for all if MSI
 *
 * Return: 0; -ENOSPC if there are no vectors left.
 */
int irq_setup_msi(unsigned int first_irq, unsigned int nr, unsigned int cpu, struct msi_desc *msi)
{
	u8 vector;
	int rc = vector_assign(first_irq, nr, cpu, &vector);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < nr; i++) {
		struct irq_desc *desc = descs[first_irq + i];
		unsigned long flags;

		spin_lock_irqsave(&desc->lock, flags);
		desc->cpu = desc->wanted_cpu = rc;
		desc->vector = vector + i;
		desc->level = false;
		storm_reset(desc);
		desc->msi = msi;
		desc->ctl = &msi_controller;
		spin_unlock_irqrestore(&desc->lock, flags);
	}
	return 0;
}

/* Write the line's route into its controller, masked. */
void irq_programme(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	desc->ctl->setup(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/* The same after the hardware forgot it; masked only if it was. */
void irq_reprogramme(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	desc->ctl->setup(desc);
	desc_unmask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/**
 * irq_free_msi() - Give one number and its vector back.
 * @irq: from irq_alloc_msi(), nobody bound
 */
void irq_free_msi(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	u8 vector;

	timer_stop(&desc->storm.timer);
	timer_stop(&desc->old_timer);
	old_vector_done(desc);
	spin_lock_irqsave(&desc->lock, flags);
	vector = desc->vector;
	desc->vector = 0;
	desc->msi = NULL;
	desc->ctl = NULL;
	spin_unlock_irqrestore(&desc->lock, flags);
	if (vector)
		vector_release(desc->cpu, vector);
}

/* Boot. */

/**
 * isa_irq_to_gsi() - Where an ISA interrupt arrives.
 * @irq: 0 to 15
 */
unsigned int isa_irq_to_gsi(unsigned int irq)
{
	if (ioapic_present() && irq < ACPI_NR_ISA_IRQS && acpi.isa_irq[irq].valid)
		return acpi.isa_irq[irq].gsi;
	return irq;
}

/* PCI lines are level, active low; ISA lines edge, active high, unless firmware says. */
static void __init default_mode(struct irq_desc *desc)
{
	bool pci = desc->irq >= NR_LEGACY_IRQS;

	desc->level = pci;
	desc->active_low = pci;
	for (unsigned int i = 0; i < ACPI_NR_ISA_IRQS; i++) {
		if (!acpi.isa_irq[i].valid || acpi.isa_irq[i].gsi != desc->irq)
			continue;
		desc->level = acpi.isa_irq[i].level;
		desc->active_low = acpi.isa_irq[i].active_low;
	}
}

static void __init gsi_init(unsigned int gsi)
{
	struct irq_desc *desc = desc_create(gsi);

	if (!desc)
		panic("irq: out of memory for %u interrupt lines\n", nr_gsis);
	if (ioapic_has_gsi(gsi)) {
		desc->ctl = &ioapic_controller;
		default_mode(desc);
	} else if (!ioapic_present() && gsi < NR_LEGACY_IRQS) {
		desc->ctl = &i8259_controller;
		desc->level = i8259_is_level(gsi);
	}
	descs[gsi] = desc;
}

/**
 * irq_init() - Take over every interrupt controller, all lines masked.
 *
 * Context: boot, after apic_init_bsp() and irq_init_cpu(0), interrupts off.
 */
void __init irq_init(void)
{
	ioapic_init();
	for (unsigned int gsi = 0; gsi < nr_gsis; gsi++)
		gsi_init(gsi);
}
