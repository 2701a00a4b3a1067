// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical interrupts as a domain sees them: a small number of its own (pirq)
 * for each line that it may bind to an event channel, and the page of bits
 * that tells it which of them want an end of interrupt.
 *
 * pirq_domain.lock guards the map; a desc's lock is taken inside it.
 *
 * ABI: physdev.h.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/msi.h>
#include <hv/pirq.h>
#include <hv/spinlock.h>

/* PHYSDEVOP_get_free_pirq gave it out, PHYSDEVOP_map_pirq is to follow. */
#define PIRQ_RESERVED		0xffff

BUILD_BUG_ON(NR_IRQS >= PIRQ_RESERVED);

struct pirq_domain {
	spinlock_t lock;	/* guards all below but nr */
	unsigned int nr;
	/* set once, under the lock; cleared when the domain goes */
	u8 *eoi_map;
	bool auto_unmask;
	u16 irq[];		/* irq + 1; 0: free; PIRQ_RESERVED */
};

BUILD_BUG_ON(NR_IRQS / 2 + PIRQS_EXTRA_DOM0 > PAGE_SIZE * 8);

/**
 * pirq_domain_init() - An empty map for a new domain.
 * @d: under construction; is_hardware_domain is set already
 *
 * Return: 0 or -ENOMEM.
 */
int pirq_domain_init(struct domain *d)
{
	unsigned int nr = nr_gsis + (d->is_hardware_domain ? PIRQS_EXTRA_DOM0 : PIRQS_EXTRA_DOMU);
	struct pirq_domain *pd = hv_alloc(sizeof(*pd) + nr * sizeof(pd->irq[0]));

	if (!pd)
		return -ENOMEM;
	spin_lock_init(&pd->lock);
	pd->nr = nr;
	d->pirqs = pd;
	return 0;
}

/* The page is the guest's: only whole bytes of it are written, never read. */
static void eoi_page_set(struct pirq_domain *pd, u32 pirq, bool needs_eoi)
{
	if (!pd->eoi_map)
		return;
	if (needs_eoi)
		set_bit_atomic(pirq, pd->eoi_map);
	else
		clear_bit_atomic(pirq, pd->eoi_map);
}

/* The first number from @pirq on that is mapped or set aside; pd->nr if there is none. */
static unsigned int next_used(struct pirq_domain *pd, unsigned int pirq)
{
	spin_lock(&pd->lock);
	while (pirq < pd->nr && !pd->irq[pirq])
		pirq++;
	spin_unlock(&pd->lock);
	return pirq;
}

/**
 * pirq_domain_destroy() - Take every line back.
 * @d: dying; none of its vCPUs runs
 *
 * On return no interrupt is on its way to @d, and none will be. Closing one of
 * its ports later is harmless, so is a @d that pirq_domain_init() never saw.
 */
void pirq_domain_destroy(struct domain *d)
{
	struct pirq_domain *pd = d->pirqs;
	u8 *eoi_map;

	if (!pd)
		return;
	msi_domain_release(d);
	for (unsigned int i = next_used(pd, 0); i < pd->nr; i = next_used(pd, i + 1))
		pirq_unmap(d, i);
	spin_lock(&pd->lock);
	eoi_map = pd->eoi_map;
	pd->eoi_map = NULL;
	spin_unlock(&pd->lock);
	if (eoi_map)
		page_put_and_type(virt_to_page(eoi_map));
}

/**
 * pirq_domain_free() - Undo pirq_domain_init(), if it happened.
 * @d: after pirq_domain_destroy(), or never alive; nobody can find it
 */
void pirq_domain_free(struct domain *d)
{
	hv_free(d->pirqs);
	d->pirqs = NULL;
}

unsigned int pirq_count(const struct domain *d)
{
	return d->pirqs ? d->pirqs->nr : 0;
}

/* Under the lock. */
static int map_lookup(const struct pirq_domain *pd, u32 pirq)
{
	if (pirq >= pd->nr || !pd->irq[pirq] || pd->irq[pirq] == PIRQ_RESERVED)
		return -EINVAL;
	return pd->irq[pirq] - 1;
}

/** pirq_to_irq() - The line behind @pirq of @d; -EINVAL without one. */
int pirq_to_irq(struct domain *d, u32 pirq)
{
	struct pirq_domain *pd = d->pirqs;
	int irq;

	if (!pd)
		return -EINVAL;
	spin_lock(&pd->lock);
	irq = map_lookup(pd, pirq);
	spin_unlock(&pd->lock);
	return irq;
}

/** pirq_of_irq() - The number that @d has for line @irq; -ENOENT without one. */
int pirq_of_irq(struct domain *d, unsigned int irq)
{
	struct pirq_domain *pd = d->pirqs;
	int pirq = -ENOENT;

	if (!pd)
		return -ENOENT;
	spin_lock(&pd->lock);
	for (unsigned int i = 0; i < pd->nr && pirq < 0; i++)
		if (pd->irq[i] == irq + 1)
			pirq = i;
	spin_unlock(&pd->lock);
	return pirq;
}

/* Are @nr numbers from @pirq on free? Under the lock. */
static bool range_free(const struct pirq_domain *pd, unsigned int pirq, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (pirq + i >= pd->nr || pd->irq[pirq + i])
			return false;
	return true;
}

/* @nr free numbers among the messages' from the top, or one among the lines'. */
static int find_free(const struct pirq_domain *pd, bool gsi, unsigned int nr)
{
	for (unsigned int i = NR_LEGACY_IRQS; gsi && i < nr_gsis; i++)
		if (!pd->irq[i])
			return i;
	for (unsigned int i = pd->nr - nr; !gsi && i >= nr_gsis; i--)
		if (range_free(pd, i, nr))
			return i;
	return -ENOSPC;
}

/**
 * pirq_reserve() - Set numbers aside, to be mapped later.
 * @d:   domain
 * @gsi: among those of lines; otherwise among those of messages, the highest
 *	 first, as with Xen
 * @nr:  how many, adjacent, 1 to 32; 1 with @gsi
 *
 * Return: the first; -ENOSPC. pirq_unmap() sets each free again.
 */
int pirq_reserve(struct domain *d, bool gsi, unsigned int nr)
{
	struct pirq_domain *pd = d->pirqs;
	int pirq;

	if (!pd)
		return -EINVAL;
	spin_lock(&pd->lock);
	/* Partner: pirq_domain_destroy(), which takes the lock after this is set. */
	pirq = d->dying ? -EINVAL : find_free(pd, gsi, nr);
	for (unsigned int i = 0; pirq >= 0 && i < nr; i++)
		pd->irq[pirq + i] = PIRQ_RESERVED;
	spin_unlock(&pd->lock);
	return pirq;
}

/**
 * pirq_map() - Let @d know a line by a number.
 * @d:    domain
 * @pirq: its number
 * @irq:  line
 *
 * Return: 0, also if it was so before; -EINVAL if @pirq is out of range;
 * -EBUSY if it stands for another line.
 */
int pirq_map(struct domain *d, u32 pirq, unsigned int irq)
{
	struct pirq_domain *pd = d->pirqs;
	int rc = 0;

	if (!pd || pirq >= pd->nr)
		return -EINVAL;
	spin_lock(&pd->lock);
	if (d->dying)
		rc = -EINVAL;
	else if (!pd->irq[pirq] || pd->irq[pirq] == PIRQ_RESERVED)
		pd->irq[pirq] = irq + 1;
	else if (pd->irq[pirq] != irq + 1)
		rc = -EBUSY;
	spin_unlock(&pd->lock);
	return rc;
}

/**
 * pirq_unmap() - Forget a number; its port, if bound, falls silent.
 * @d:    domain
 * @pirq: its number
 *
 * Return: the line that it stood for; -EINVAL if there was none. On return no
 * interrupt of that line is on its way to @d.
 */
int pirq_unmap(struct domain *d, u32 pirq)
{
	struct pirq_domain *pd = d->pirqs;
	int irq;

	if (!pd)
		return -EINVAL;
	spin_lock(&pd->lock);
	irq = map_lookup(pd, pirq);
	if (irq >= 0) {
		irq_unbind_guest(irq, d);
		eoi_page_set(pd, pirq, false);
	}
	if (pirq < pd->nr)
		pd->irq[pirq] = 0;
	spin_unlock(&pd->lock);
	if (irq >= 0)
		irq_synchronise(irq);
	return irq;
}

/**
 * pirq_guest_bind() - A domain binds an event channel to a pirq.
 * @v:     vCPU that will take the event: the line goes to where it runs
 * @pirq:  its domain's number
 * @share: BIND_PIRQ__WILL_SHARE
 *
 * Return: 0; -EINVAL if @pirq is not mapped; -EBUSY, -ENOMEM, -ENOSPC as
 * irq_bind_guest().
 */
int pirq_guest_bind(struct vcpu *v, u32 pirq, bool share)
{
	struct pirq_domain *pd = v->domain->pirqs;
	struct irq_guest *g;
	int irq, rc;

	if (!pd)
		return -EINVAL;
	g = hv_new(struct irq_guest);
	if (!g)
		return -ENOMEM;
	g->d = v->domain;
	g->pirq = pirq;
	spin_lock(&pd->lock);
	irq = map_lookup(pd, pirq);
	rc = irq < 0 ? irq : irq_bind_guest(irq, v->processor, g, share);
	if (!rc)
		eoi_page_set(pd, pirq, irq_is_level(irq));
	spin_unlock(&pd->lock);
	if (rc)
		hv_free(g);
	return rc;
}

/**
 * pirq_guest_unbind() - Undo pirq_guest_bind(); harmless without one.
 * @d:    domain
 * @pirq: its number
 */
void pirq_guest_unbind(struct domain *d, u32 pirq)
{
	struct pirq_domain *pd = d->pirqs;
	int irq;

	if (!pd)
		return;
	spin_lock(&pd->lock);
	irq = map_lookup(pd, pirq);
	if (irq >= 0) {
		irq_unbind_guest(irq, d);
		eoi_page_set(pd, pirq, false);
	}
	spin_unlock(&pd->lock);
}

/**
 * pirq_guest_move() - Let a line arrive where the vCPU runs that takes its event.
 * @v:    the vCPU
 * @pirq: its domain's number; harmless without a line
 *
 * Context: hypercall, no event lock held.
 */
void pirq_guest_move(struct vcpu *v, u32 pirq)
{
	int irq = pirq_to_irq(v->domain, pirq);

	if (irq >= 0)
		irq_set_cpu(irq, READ_ONCE(v->processor));
}

void pirq_guest_eoi(struct domain *d, u32 pirq)
{
	int irq = pirq_to_irq(d, pirq);

	if (irq >= 0)
		irq_guest_eoi(irq, d);
}

static int eoi_page_install(struct pirq_domain *pd, struct page_info *pg, bool auto_unmask)
{
	int rc = -EBUSY;

	spin_lock(&pd->lock);
	if (!pd->eoi_map) {
		pd->eoi_map = page_to_virt(pg);
		pd->auto_unmask = auto_unmask;
		for (unsigned int pirq = 0; pirq < pd->nr; pirq++)
			if (map_lookup(pd, pirq) >= 0)
				eoi_page_set(pd, pirq, irq_is_level(map_lookup(pd, pirq)));
		rc = 0;
	}
	spin_unlock(&pd->lock);
	return rc;
}

/**
 * pirq_set_eoi_page() - Where @d reads which pirqs want PHYSDEVOP_eoi.
 * @d:           domain
 * @gmfn:        machine frame of its own; kept until it is destroyed
 * @auto_unmask: PHYSDEVOP_eoi unmasks the port as well
 *
 * ABI: physdev.h, PHYSDEVOP_pirq_eoi_gmfn_v1 and _v2.
 * Return: 0; -EBUSY if @d has one; -EINVAL if @gmfn is not writable memory of
 * @d.
 */
int pirq_set_eoi_page(struct domain *d, unsigned long gmfn, bool auto_unmask)
{
	struct page_info *pg;
	int rc;

	if (!d->pirqs || !mfn_valid(_mfn(gmfn)))
		return -EINVAL;
	pg = mfn_to_page(_mfn(gmfn));
	if (page_get_and_type(pg, d->domain_id, PT_WRITABLE))
		return -EINVAL;
	rc = eoi_page_install(d->pirqs, pg, auto_unmask);
	if (rc)
		page_put_and_type(pg);
	return rc;
}

bool pirq_auto_unmask(const struct domain *d)
{
	return d->pirqs && READ_ONCE(d->pirqs->auto_unmask);
}
