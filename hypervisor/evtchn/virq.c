// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts: events that the hypervisor itself raises. Per-vCPU kinds
 * (the timer) go to one vCPU's port, global kinds (console input) to one domain,
 * where vCPU 0 has the port. v->virq_to_evtchn[] changes under the event lock and
 * that of the port that it names or named. ABI: xen.h, VIRQ_*.
 *
 * Lock: handler_lock guards which domain handles a global kind; each has a
 * reference. Taken with interrupts off; event locks are taken inside.
 */
#include "evtchn.h"

#include <hv/bug.h>
#include <hv/errno.h>

static spinlock_t handler_lock = SPINLOCK_INIT;
static struct domain *handler[NR_VIRQS];	/* NULL: domain 0 */

bool virq_is_global(u32 virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

/**
 * evtchn_virq_bind() - Let @virq of @v arrive at @chn.
 * @v:	  vCPU 0 if @virq is global
 * @chn:  of @v's domain, reserved
 * @virq: below NR_VIRQS
 *
 * Context: event lock held.
 * Return: 0; -EEXIST if it arrives elsewhere.
 */
int evtchn_virq_bind(struct vcpu *v, struct evtchn *chn, u32 virq)
{
	struct evtchn_binding bound = { .state = ECS_VIRQ, .vcpu_id = v->vcpu_id, .number = virq };

	if (v->virq_to_evtchn[virq])
		return -EEXIST;
	evtchn_bind(chn, bound);
	__atomic_store_n(&v->virq_to_evtchn[virq], chn->port, __ATOMIC_RELEASE);
	return 0;
}

/* Event lock held. A global one may notify another vCPU than the one it was bound on. */
void evtchn_virq_unbind(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v;

	spin_lock(&chn->lock);
	for_each_vcpu(d, v)
		if (v->virq_to_evtchn[chn->bound.number] == chn->port)
			WRITE_ONCE(v->virq_to_evtchn[chn->bound.number], 0);
	spin_unlock(&chn->lock);
}

/**
 * virq_send_vcpu() - Raise a virtual interrupt of a vCPU; nothing if it is not bound.
 * @v:	  any guest's vCPU
 * @virq: VIRQ_*
 *
 * Context: any, without an event, port or run-queue lock.
 */
void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	struct domain *d = v->domain;
	struct evtchn *chn;
	unsigned long flags;
	u32 port = __atomic_load_n(&v->virq_to_evtchn[virq], __ATOMIC_ACQUIRE);

	if (!port)
		return;
	chn = evtchn_from_port(d, port);
	spin_lock_irqsave(&chn->lock, flags);
	/* It may have been closed meanwhile. */
	if (READ_ONCE(v->virq_to_evtchn[virq]) == port)
		evtchn_set_pending(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
}

/**
 * virq_send_domain() - Raise a global virtual interrupt in one domain.
 * @d:	  any guest
 * @virq: VIRQ_*, global
 *
 * Context: as virq_send_vcpu().
 */
void virq_send_domain(struct domain *d, u32 virq)
{
	struct vcpu *v = domain_vcpu(d, 0);

	if (v)
		virq_send_vcpu(v, virq);
}

/**
 * virq_send_global() - Raise a global virtual interrupt where it is handled.
 * @virq: VIRQ_*, global
 *
 * That is domain 0, or the domain of virq_set_handler().
 * Context: as virq_send_vcpu(); nothing happens before there is a domain 0.
 */
void virq_send_global(u32 virq)
{
	unsigned long flags;
	struct domain *d;

	spin_lock_irqsave(&handler_lock, flags);
	d = handler[virq] ?: READ_ONCE(hardware_domain);
	if (d)
		virq_send_domain(d, virq);
	spin_unlock_irqrestore(&handler_lock, flags);
}

/**
 * virq_set_handler() - Let a domain handle a global virtual interrupt.
 * @d:    referenced by the caller
 * @virq: untrusted
 *
 * ABI: domctl.h, XEN_DOMCTL_set_virq_handler.
 * Context: no lock held.
 * Return: 0; -EINVAL if @virq is not a global one, or @d is dying.
 */
int virq_set_handler(struct domain *d, u32 virq)
{
	struct domain *old = NULL;
	unsigned long flags;
	int rc = -EINVAL;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	spin_lock_irqsave(&handler_lock, flags);
	/* Partner: virq_clear_handlers() of a domain that is said to be dying before. */
	if (!READ_ONCE(d->dying)) {
		domain_hold(d);
		old = handler[virq];
		handler[virq] = d;
		rc = 0;
	}
	spin_unlock_irqrestore(&handler_lock, flags);
	if (old)
		domain_put(old);
	return rc;
}

/**
 * virq_clear_handlers() - Let domain 0 handle again what a dying domain did.
 * @d: said to be dying, referenced by the caller
 */
void virq_clear_handlers(struct domain *d)
{
	unsigned int nr = 0;
	unsigned long flags;

	spin_lock_irqsave(&handler_lock, flags);
	for (u32 virq = 0; virq < NR_VIRQS; virq++) {
		if (handler[virq] != d)
			continue;
		handler[virq] = NULL;
		nr++;
	}
	spin_unlock_irqrestore(&handler_lock, flags);
	while (nr--)
		domain_put(d);
}
