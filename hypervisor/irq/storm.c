// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt storms: a line that fires too often is masked for a while, for each
 * interrupt takes time of whoever runs on its CPU, who need not be the one that
 * it is for.
 *
 * A level line storms if the device is not served, by whose driver ever, and
 * the guest ends the interrupt all the same. A line that goes on as soon as its
 * rest is over rests twice as long each time, so that of a storm that does not
 * end little is left. Everything here is guarded by the desc's lock.
 */
#include <hv/irq_desc.h>

#include <hv/lib.h>
#include <hv/msi.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>

#define WINDOW_MS	10
#define WINDOW_NS	(WINDOW_MS * NSEC_PER_MSEC)
#define REST_MAX_NS	(64 * WINDOW_NS)
/* In a window. Each of a level line has taken its guest a hypercall and the line's controller. */
#define LIMIT_EDGE	10000
#define LIMIT_LEVEL	1000
/* Devices that one message names. */
#define SUSPECTS_MAX	4

static u32 limit(const struct irq_desc *desc)
{
	return desc->level ? LIMIT_LEVEL : LIMIT_EDGE;
}

/* What to say of a line, copied under its lock. */
struct report {
	const char *controller;
	bool level;
	bool message, maskable;
	struct pci_sbdf sender;		/* of the message */
	u64 rest_ns;
};

/* Nothing, or what of @desc is not in the log yet. */
static bool take_report(struct irq_desc *desc, struct report *r)
{
	unsigned long flags;
	bool untold;

	spin_lock_irqsave(&desc->lock, flags);
	untold = desc->storm.untold && desc->ctl;
	desc->storm.untold = false;
	if (untold) {
		*r = (struct report){ .controller = desc->ctl->name, .level = desc->level,
				      .message = desc->msi, .maskable = true,
				      .rest_ns = desc->storm.rest_ns };
		if (desc->msi) {
			r->maskable = msi_is_maskable(desc->msi);
			r->sender = msi_sbdf(desc->msi);
		}
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return untold;
}

/*
 * Who asserts its pin may be on another line, but if that one is served, not
 * for long. @text is of the length @size.
 */
static void name_asserting(char *text, size_t size)
{
	struct pci_sbdf list[SUSPECTS_MAX];
	unsigned int n = pci_devs_asserting(list, SUSPECTS_MAX);
	size_t at = snprintf(text, size, ", asserted by %s", n ? "" : "no known device");

	for (unsigned int i = 0; i < n; i++)
		at += snprintf(text + at, size - at, "%s" PCI_FMT, i ? ", " : "",
			       PCI_ARGS(list[i]));
}

static void tell(const struct irq_desc *desc, const struct report *r)
{
	char which[32 + SUSPECTS_MAX * sizeof("0000:00:00.0, ")] = "";

	if (r->message)
		snprintf(which, sizeof(which), " of " PCI_FMT, PCI_ARGS(r->sender));
	else if (r->level)
		name_asserting(which, sizeof(which));
	pr_warn("irq %u (%s%s%s): more than %u interrupts in %u ms: %s for %lu ms\n",
		desc->irq, r->controller, r->message ? "" : " line", which,
		r->level ? LIMIT_LEVEL : LIMIT_EDGE, WINDOW_MS,
		r->maskable ? "masked" : "the device cannot mask it, ignored",
		(unsigned long)(r->rest_ns / NSEC_PER_MSEC));
}

/* At once, to say so where a lock may be taken; then when the rest is over. */
static void storm_timer(void *data)
{
	struct irq_desc *desc = data;
	struct report r;

	if (take_report(desc, &r))
		tell(desc, &r);
	if (now_ns() < READ_ONCE(desc->storm.rest_end_ns))
		timer_set(&desc->storm.timer, READ_ONCE(desc->storm.rest_end_ns));
	else
		irq_resume(desc);
}

/** storm_init() - Prepare a new line. */
void storm_init(struct irq_desc *desc)
{
	timer_init(&desc->storm.timer, storm_timer, desc, 0);
}

/**
 * storm_reset() - Nothing is known of the line, or its rest is over.
 * @desc: locked
 *
 * If it goes on as before, within the window that begins here, it rests longer.
 */
void storm_reset(struct irq_desc *desc)
{
	desc->storm.rests = false;
	desc->storm.count = 0;
	desc->storm.window_start_ns = now_ns();
}

/* The longest rest is told of once, not each time that it begins anew. */
static void rest(struct irq_desc *desc, u64 now)
{
	struct irq_storm *s = &desc->storm;

	s->untold = s->rest_ns < REST_MAX_NS;
	s->rest_ns = s->rest_ns ? min(2 * s->rest_ns, REST_MAX_NS) : WINDOW_NS;
	s->rest_end_ns = now + s->rest_ns;
	s->rests = true;
	desc->ctl->mask(desc);
	timer_set(&s->timer, s->untold ? now : s->rest_end_ns);
}

/**
 * storm_count() - The line has fired: let it rest if that is too often.
 * @desc: locked
 *
 * Context: interrupt.
 */
void storm_count(struct irq_desc *desc)
{
	struct irq_storm *s = &desc->storm;
	u64 now = now_ns();

	if (now - s->window_start_ns > WINDOW_NS) {
		/* A whole window that was no storm. */
		s->window_start_ns = now;
		s->count = 0;
		s->rest_ns = 0;
	} else if (++s->count >= limit(desc) && !s->rests) {
		rest(desc, now);
	}
}
