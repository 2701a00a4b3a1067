// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug key 'i': where each interrupt line goes, who listens, and how often it
 * and the CPUs' own interrupts came. Nobody is stopped; a line is looked at
 * under its lock.
 */
#include <hv/irq_desc.h>

#include <hv/keyhandler.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>

static void show_cpu(unsigned int cpu)
{
	const u64 *n = percpu_of[cpu]->own_irqs;

	printk("CPU%u: timer %lu, event check %lu, TLB flush %lu, call %lu, error %lu\n", cpu,
	       n[VECTOR_TIMER - VECTOR_FIRST_OWN], n[VECTOR_EVENT_CHECK - VECTOR_FIRST_OWN],
	       n[VECTOR_FLUSH_TLB - VECTOR_FIRST_OWN], n[VECTOR_CALL_FUNCTION - VECTOR_FIRST_OWN],
	       n[VECTOR_ERROR - VECTOR_FIRST_OWN]);
}

/* Locked. @text takes all that may listen. */
static void name_listeners(const struct irq_desc *desc, char *text, size_t size)
{
	size_t at = 0;

	text[0] = 0;
	if (desc->handler)
		snprintf(text, size, " %s", desc->name);
	for (const struct irq_guest *g = desc->guests; g && at < size; g = g->next)
		at += snprintf(text + at, size - at, " d%u:%u%s", g->d->domain_id, g->pirq,
			       g->in_service ? "(in service)" : "");
}

static void show_line(struct irq_desc *desc)
{
	char listeners[IRQ_MAX_GUESTS * sizeof(" d32767:1023(in service)")];
	struct irq_desc copy;
	const char *controller;
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	copy = *desc;
	controller = desc->ctl ? desc->ctl->name : NULL;
	name_listeners(desc, listeners, sizeof(listeners));
	spin_unlock_irqrestore(&desc->lock, flags);
	if (controller && listeners[0])
		printk("IRQ:%4u vec:%02x %s-%s CPU%u count=%lu in-flight=%u%s%s\n", copy.irq,
		       copy.vector, controller, copy.level ? "level" : "edge", copy.cpu,
		       copy.count, copy.in_flight, copy.storm.rests ? " rests" : "", listeners);
}

static void show_interrupts(unsigned char key __maybe_unused)
{
	printk("Interrupts of the CPUs' own:\n");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		show_cpu(cpu);
	printk("Interrupt lines in use:\n");
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (irq_to_desc(irq))
			show_line(irq_to_desc(irq));
}

/** irq_debug_init() - Register the debug key. */
void __init irq_debug_init(void)
{
	register_keyhandler('i', show_interrupts, "dump interrupt bindings");
}
