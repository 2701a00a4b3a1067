// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event channels: ports, what they are bound to, and who is told.
 *
 * Two kinds of locks, both taken with interrupts off. Who binds and closes holds
 * the event lock of the domain; if both ends are concerned, of both domains, by
 * ascending id. Who sends holds the lock of the port where the event arrives,
 * and that only: CPUs that raise different ports do not meet. What a port is
 * bound to is written under both locks, so either is enough to read it.
 *
 * Never are two ports' locks held. Who sends to another domain reads the binding
 * of his own port, lets go, and looks whether the other end's says the same:
 * only one that is bound to the sender's port takes the event. The domain at the
 * other end may be about to go; it is not freed before this CPU has run its
 * softirqs (rcu.c), which it does not with interrupts off.
 *
 * Run-queue locks come below. Port numbers and everything in guest memory is
 * the guest's word: a port is looked up, and its state checked, each time.
 *
 * ABI: event_channel.h. The hypercall is in event_channel_op.c.
 */
#include "evtchn.h"
#include "ports.h"

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>

#include <asm/system.h>

/* The ports that exist beyond what the format can name are of no use. */
static u32 port_limit(const struct evtchn_domain *ed)
{
	return ed->max_port < ed->ops->max_ports ? ed->max_port + 1 : ed->ops->max_ports;
}

/* ---- Delivery ---- */

/**
 * evtchn_check_pollers() - A port became pending: wake who polls for it.
 * @d:	  whose port
 * @port: usable
 *
 * Context: lock of @port held.
 */
void evtchn_check_pollers(struct domain *d, u32 port)
{
	struct vcpu *v;

	/* Partner: sched_poll(), which counts before it looks. */
	if (!READ_ONCE(d->evtchn->pollers))
		return;
	for_each_vcpu(d, v) {
		u32 polled = READ_ONCE(v->poll_evtchn);

		if ((!polled || polled == port) && vcpu_poll_end(v))
			vcpu_wake(v);
	}
}

void evtchn_poll_count(struct domain *d, int by)
{
	__atomic_fetch_add(&d->evtchn->pollers, by, __ATOMIC_SEQ_CST);
}

/* The port's lock held, and the port in use: that keeps the format and what belongs to it. */
void evtchn_set_pending(struct domain *d, struct evtchn *chn)
{
	evtchn_ops(d)->set_pending(d, chn);
}

/**
 * vcpu_mark_events_pending() - Tell a vCPU that it has events to look for.
 * @v: any guest's vCPU
 *
 * Context: any, without a run-queue lock.
 */
void vcpu_mark_events_pending(struct vcpu *v)
{
	/* If it is set already, whoever set it has woken the vCPU. */
	if (!__atomic_exchange_n(&v->vcpu_info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		vcpu_kick(v);
}

bool local_events_need_delivery(struct vcpu *v)
{
	const struct vcpu_info *info = v->vcpu_info;

	return READ_ONCE(info->evtchn_upcall_pending) && !READ_ONCE(info->evtchn_upcall_mask);
}

/**
 * evtchn_vcpu_info_moved() - Raise everything again: an event may have hit the old vcpu_info.
 * @v: has a new vcpu_info
 *
 * The guest gets one interrupt that may have no cause.
 * Context: any, without a run-queue lock.
 */
void evtchn_vcpu_info_moved(struct vcpu *v)
{
	__atomic_store_n(&v->vcpu_info->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->vcpu_info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	vcpu_mark_events_pending(v);
}

/* ---- Locks ---- */

/**
 * evtchn_lock_pair() - Take the event locks of two domains.
 * @a:	   referenced
 * @b:	   referenced, may be @a
 * @flags: interrupt state, for evtchn_unlock_pair()
 */
void evtchn_lock_pair(struct domain *a, struct domain *b, unsigned long *flags)
{
	struct domain *first = a->domain_id <= b->domain_id ? a : b;

	*flags = local_irq_save();
	spin_lock(&first->evtchn->lock);
	if (a != b)
		spin_lock_nested(first == a ? &b->evtchn->lock : &a->evtchn->lock);
}

void evtchn_unlock_pair(struct domain *a, struct domain *b, unsigned long flags)
{
	if (a != b)
		spin_unlock(&b->evtchn->lock);
	spin_unlock_irqrestore(&a->evtchn->lock, flags);
}

/* The domain at the other end of @port; @d itself if there is none. Event lock held. */
static struct domain *port_peer(struct domain *d, u32 port)
{
	struct evtchn *chn = evtchn_from_port(d, port);

	return chn && chn->bound.state == ECS_INTERDOMAIN ? chn->bound.remote.dom : d;
}

/*
 * Lock @d and whoever is at the other end of @port. The peer comes second, but
 * may have the lower id: then, if it is not to be had at once, begin with it,
 * and look whether it is still the peer. A reference keeps it meanwhile.
 */
static struct domain *lock_with_peer(struct domain *d, u32 port, unsigned long *flags)
{
	struct domain *peer, *held;

	for (;;) {
		spin_lock_irqsave(&d->evtchn->lock, *flags);
		peer = port_peer(d, port);
		if (peer == d)
			return d;
		if (peer->domain_id > d->domain_id) {
			spin_lock_nested(&peer->evtchn->lock);
			return peer;
		}
		if (spin_trylock(&peer->evtchn->lock))
			return peer;

		domain_hold(peer);
		held = peer;
		spin_unlock_irqrestore(&d->evtchn->lock, *flags);
		evtchn_lock_pair(d, held, flags);
		peer = port_peer(d, port);
		if (peer == held) {
			/* Not the last: a domain that has a binding has other references. */
			domain_put(held);
			return peer;
		}
		evtchn_unlock_pair(d, held, *flags);
		domain_put(held);
	}
}

/* ---- Ports ---- */

/* Event lock of the port's domain held. */
void evtchn_bind(struct evtchn *chn, struct evtchn_binding binding)
{
	spin_lock(&chn->lock);
	chn->bound = binding;
	spin_unlock(&chn->lock);
}

/* The port is connected to @port of @dom; who is told stays. Both event locks held. */
void evtchn_connect(struct evtchn *chn, struct domain *dom, u32 port)
{
	spin_lock(&chn->lock);
	chn->bound.state = ECS_INTERDOMAIN;
	chn->bound.number = port;
	chn->bound.remote.dom = dom;
	spin_unlock(&chn->lock);
}

/* 0 if no bucket has a free one. Event lock held. */
static u32 find_free_port(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	u32 end = min(ed->nr_ports, port_limit(ed));
	bool skipped = false;

	for (u32 port = ed->first_free; port < end; port++) {
		if (evtchn_from_port(d, port)->bound.state == ECS_FREE) {
			if (!ed->ops->is_busy(d, port)) {
				if (!skipped)
					ed->first_free = port + 1;
				return port;
			}
			skipped = true;
		} else if (!skipped) {
			ed->first_free = port + 1;
		}
	}
	return 0;
}

/* Add PORTS_PER_BUCKET ports behind the @nr_ports there were. No lock held. */
static int evtchn_add_bucket(struct domain *d, u32 nr_ports)
{
	struct evtchn_domain *ed = d->evtchn;
	struct evtchn *bucket = hv_new_array(struct evtchn, PORTS_PER_BUCKET);
	unsigned long flags;

	if (!bucket)
		return -ENOMEM;
	for (u32 i = 0; i < PORTS_PER_BUCKET; i++) {
		spin_lock_init(&bucket[i].lock);
		bucket[i].port = nr_ports + i;
		bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	}
	spin_lock_irqsave(&ed->lock, flags);
	if (ed->nr_ports == nr_ports) {
		ed->bucket[nr_ports / PORTS_PER_BUCKET] = bucket;
		__atomic_store_n(&ed->nr_ports, nr_ports + PORTS_PER_BUCKET, __ATOMIC_RELEASE);
		bucket = NULL;
	}
	spin_unlock_irqrestore(&ed->lock, flags);
	hv_free(bucket);
	return 0;
}

/**
 * evtchn_lock_new_port() - Lock @d (and @other), and reserve the lowest free port of @d.
 * @d:	   referenced
 * @other: referenced; @d if none
 * @chn:   the port's structure, reserved, to be bound by the caller
 * @flags: for evtchn_unlock_pair()
 *
 * Return: 0 with the locks held; without: -ENOSPC if all ports are in use, -EINVAL
 * if one of the two is dying, -ENOMEM.
 */
int evtchn_lock_new_port(struct domain *d, struct domain *other, struct evtchn **chn,
			 unsigned long *flags)
{
	struct evtchn_domain *ed = d->evtchn;

	for (;;) {
		u32 port, nr_ports;
		int rc;

		evtchn_lock_pair(d, other, flags);
		/* Partner: evtchn_close_all() of a domain that is said to be dying before. */
		if (d->dying || other->dying) {
			evtchn_unlock_pair(d, other, *flags);
			return -EINVAL;
		}
		port = find_free_port(d);
		if (port) {
			*chn = evtchn_from_port(d, port);
			evtchn_bind(*chn, (struct evtchn_binding){ .state = ECS_RESERVED });
			ed->nr_used++;
			return 0;
		}
		nr_ports = ed->nr_ports;
		rc = nr_ports < port_limit(ed) ? 0 : -ENOSPC;
		evtchn_unlock_pair(d, other, *flags);
		if (!rc)
			rc = evtchn_add_bucket(d, nr_ports);
		if (rc)
			return rc;
	}
}

/* Event lock held. */
void evtchn_free_port(struct domain *d, struct evtchn *chn)
{
	struct evtchn_domain *ed = d->evtchn;

	spin_lock(&chn->lock);
	ed->ops->clear_pending(d, chn);
	chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	chn->bound = (struct evtchn_binding){ .state = ECS_FREE };
	spin_unlock(&chn->lock);
	ed->nr_used--;
	ed->first_free = min(ed->first_free, chn->port);
}

/* The other end of an interdomain binding waits again. Both event locks held. */
static void unbind_peer(struct domain *d, const struct evtchn *chn)
{
	struct evtchn *peer = evtchn_from_port(chn->bound.remote.dom, chn->bound.number);

	BUG_ON(peer->bound.state != ECS_INTERDOMAIN || peer->bound.remote.dom != d);
	spin_lock(&peer->lock);
	peer->bound.state = ECS_UNBOUND;
	peer->bound.remote.domid = d->domain_id;
	spin_unlock(&peer->lock);
}

/* ---- Physical interrupts ---- */

static u32 *pirq_chain(struct domain *d, u32 pirq)
{
	return &d->evtchn->pirq_hash[pirq % PIRQ_HASH_SIZE];
}

/* Event lock held; NULL if no port has @pirq. */
static struct evtchn *pirq_find(struct domain *d, u32 pirq)
{
	u32 port = *pirq_chain(d, pirq);

	while (port) {
		struct evtchn *chn = evtchn_from_port(d, port);

		if (chn->bound.number == pirq)
			return chn;
		port = chn->pirq_next;
	}
	return NULL;
}

static void pirq_link(struct domain *d, struct evtchn *chn, u32 pirq)
{
	u32 *head = pirq_chain(d, pirq);

	evtchn_bind(chn, (struct evtchn_binding){ .state = ECS_RESERVED, .number = pirq });
	chn->pirq_next = *head;
	*head = chn->port;
}

static void pirq_unlink(struct domain *d, const struct evtchn *chn)
{
	u32 *link = pirq_chain(d, chn->bound.number);

	while (*link != chn->port)
		link = &evtchn_from_port(d, *link)->pirq_next;
	*link = chn->pirq_next;
}

/**
 * evtchn_bind_pirq() - Let a physical interrupt of the caller's domain arrive at a new port.
 * @pirq:  untrusted
 * @share: the line may be shared with other domains
 * @port:  set on success
 *
 * Return: 0; -EEXIST if it has a port; what pirq_guest_bind() gives; -ENOSPC, -ENOMEM.
 */
int evtchn_bind_pirq(u32 pirq, bool share, u32 *port)
{
	struct domain *d = current->domain;
	struct evtchn *chn;
	unsigned long flags;
	int rc;

	rc = evtchn_lock_new_port(d, d, &chn, &flags);
	if (rc)
		return rc;
	if (pirq_find(d, pirq)) {
		evtchn_free_port(d, chn);
		evtchn_unlock_pair(d, d, flags);
		return -EEXIST;
	}
	/* It may fire before pirq_guest_bind() is back: linked, but still reserved. */
	pirq_link(d, chn, pirq);
	evtchn_unlock_pair(d, d, flags);

	rc = pirq_guest_bind(d->vcpu[0], pirq, share);

	evtchn_lock_pair(d, d, &flags);
	if (rc) {
		pirq_unlink(d, chn);
		evtchn_free_port(d, chn);
	} else {
		evtchn_bind(chn, (struct evtchn_binding){ .state = ECS_PIRQ, .number = pirq });
		*port = chn->port;
	}
	evtchn_unlock_pair(d, d, flags);
	return rc;
}

/**
 * evtchn_send_pirq() - A physical interrupt of a domain has come.
 * @d:	  the domain
 * @pirq: its number for the line
 *
 * Context: interrupt.
 * Return: the CPU on which the vCPU runs, or last ran, that takes it; -ENOENT if
 * no port has @pirq.
 */
int evtchn_send_pirq(struct domain *d, u32 pirq)
{
	struct evtchn *chn;
	unsigned long flags;
	int cpu = -ENOENT;

	spin_lock_irqsave(&d->evtchn->lock, flags);
	chn = pirq_find(d, pirq);
	if (chn) {
		spin_lock(&chn->lock);
		evtchn_set_pending(d, chn);
		cpu = READ_ONCE(d->vcpu[chn->bound.vcpu_id]->processor);
		spin_unlock(&chn->lock);
	}
	spin_unlock_irqrestore(&d->evtchn->lock, flags);
	return cpu;
}

void evtchn_unmask_pirq(struct domain *d, u32 pirq)
{
	struct evtchn *chn;
	unsigned long flags;

	spin_lock_irqsave(&d->evtchn->lock, flags);
	chn = pirq_find(d, pirq);
	if (chn) {
		spin_lock(&chn->lock);
		evtchn_ops(d)->unmask(d, chn);
		spin_unlock(&chn->lock);
	}
	spin_unlock_irqrestore(&d->evtchn->lock, flags);
}

/* ---- What both the hypercall and the hypervisor do with ports ---- */

/**
 * evtchn_close() - Unbind and free a port. The other end of a binding waits again.
 * @d:	  any guest
 * @port: untrusted
 *
 * Context: no lock held.
 * Return: 0; -EINVAL if the port is not in use.
 */
int evtchn_close(struct domain *d, u32 port)
{
	unsigned long flags;
	struct domain *peer = lock_with_peer(d, port, &flags);
	struct evtchn *chn = evtchn_from_port(d, port);
	bool is_pirq;
	u32 pirq;

	if (!evtchn_usable(chn)) {
		evtchn_unlock_pair(d, peer, flags);
		return -EINVAL;
	}
	is_pirq = chn->bound.state == ECS_PIRQ;
	pirq = chn->bound.number;
	if (chn->bound.state == ECS_INTERDOMAIN)
		unbind_peer(d, chn);
	else if (chn->bound.state == ECS_VIRQ)
		evtchn_virq_unbind(d, chn);
	if (is_pirq) {
		pirq_unlink(d, chn);
		evtchn_bind(chn, (struct evtchn_binding){ .state = ECS_RESERVED });
	} else {
		evtchn_free_port(d, chn);
	}
	evtchn_unlock_pair(d, peer, flags);
	if (!is_pirq)
		return 0;

	/* It waits for the interrupt's handler, which takes the lock. */
	pirq_guest_unbind(d, pirq);
	evtchn_lock_pair(d, d, &flags);
	evtchn_free_port(d, chn);
	evtchn_unlock_pair(d, d, flags);
	return 0;
}

/* Interrupts off. @sent may not be bound any more, as long as the domain is not freed. */
static void send_remote(struct domain *from, u32 from_port, const struct evtchn_binding *sent)
{
	struct domain *d = sent->remote.dom;
	struct evtchn *chn = evtchn_from_port(d, sent->number);

	spin_lock(&chn->lock);
	if (chn->bound.state == ECS_INTERDOMAIN && chn->bound.remote.dom == from &&
	    chn->bound.number == from_port)
		evtchn_set_pending(d, chn);
	spin_unlock(&chn->lock);
}

/**
 * evtchn_send() - Raise an event at the other end of a port.
 * @d:	  any guest
 * @port: untrusted
 *
 * Nothing happens if nobody is at the other end yet.
 * Context: no lock held.
 * Return: 0; -EINVAL if the port is not one to send on.
 */
int evtchn_send(struct domain *d, u32 port)
{
	struct evtchn *chn = evtchn_from_port(d, port);
	struct evtchn_binding bound;
	unsigned long flags;

	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	bound = chn->bound;
	if (bound.state == ECS_IPI)
		evtchn_set_pending(d, chn);
	spin_unlock(&chn->lock);
	if (bound.state == ECS_INTERDOMAIN)
		send_remote(d, port, &bound);
	local_irq_restore(flags);
	return bound.state == ECS_IPI || bound.state == ECS_INTERDOMAIN ||
	       bound.state == ECS_UNBOUND ? 0 : -EINVAL;
}

bool evtchn_port_is_valid(struct domain *d, u32 port)
{
	struct evtchn *chn = evtchn_from_port(d, port);
	unsigned long flags;
	bool valid;

	if (!chn)
		return false;
	spin_lock_irqsave(&chn->lock, flags);
	valid = evtchn_usable(chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return valid;
}

bool evtchn_port_is_pending(struct domain *d, u32 port)
{
	struct evtchn *chn = evtchn_from_port(d, port);
	unsigned long flags;
	bool pending;

	if (!chn)
		return false;
	spin_lock_irqsave(&chn->lock, flags);
	pending = evtchn_usable(chn) && evtchn_ops(d)->is_pending(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return pending;
}

/* ---- A domain's ---- */

/**
 * evtchn_domain_init() - Give a new domain its ports, in the two-level format.
 * @d:	      has shared_info
 * @max_port: highest port it may use
 *
 * Return: 0 or -ENOMEM.
 */
int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
	struct evtchn_domain *ed = hv_new(struct evtchn_domain);
	u32 nr_buckets;

	if (!ed)
		return -ENOMEM;
	d->evtchn = ed;
	spin_lock_init(&ed->lock);
	ed->ops = &evtchn_two_level_ops;
	ed->max_port = max_port;
	ed->first_free = 1;
	ed->reset_next = 1;
	ed->close_next = 1;
	nr_buckets = min(max_port, EVTCHN_FIFO_NR_CHANNELS - 1U) / PORTS_PER_BUCKET + 1;
	ed->bucket = hv_new_array(struct evtchn *, nr_buckets);
	if (!ed->bucket || evtchn_add_bucket(d, 0))
		return -ENOMEM;
	/* Port 0 means "none". */
	ed->bucket[0][0].bound.state = ECS_RESERVED;
	return 0;
}

/* The first port from @port on, and below @end, that is in use; @end if there is none. */
static u32 next_used(struct domain *d, u32 port, u32 end)
{
	unsigned long flags;

	spin_lock_irqsave(&d->evtchn->lock, flags);
	while (port < end && !evtchn_usable(evtchn_from_port(d, port)))
		port++;
	spin_unlock_irqrestore(&d->evtchn->lock, flags);
	return port;
}

/**
 * evtchn_close_from() - Close all ports that are in use, bucket by bucket.
 * @d:	  any guest
 * @next: port to begin with; changed to where to go on
 *
 * Context: no lock held.
 * Return: 0; -ERESTART if preempted: call again.
 */
int evtchn_close_from(struct domain *d, u32 *next)
{
	while (*next < READ_ONCE(d->evtchn->nr_ports)) {
		u32 port = *next, end = ROUND_DOWN(port, PORTS_PER_BUCKET) + PORTS_PER_BUCKET;

		while ((port = next_used(d, port, end)) < end)
			evtchn_close(d, port++);
		*next = end;
		if (hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

/**
 * evtchn_close_all() - Close all ports of a domain that dies, and go back to two levels.
 * @d: said to be dying; none of its vCPUs runs
 *
 * Nobody binds a new one meanwhile: see evtchn_lock_new_port().
 * Context: no lock held.
 * Return: 0; -ERESTART: call again.
 */
int evtchn_close_all(struct domain *d)
{
	int rc = evtchn_close_from(d, &d->evtchn->close_next);

	if (rc)
		return rc;
	d->evtchn->close_next = 1;
	return evtchn_fifo_destroy(d);
}

/**
 * evtchn_domain_destroy() - Undo evtchn_domain_init(), also a half-done one.
 * @d: evtchn_close_all() was done, or it never lived; nobody else can reach it
 *
 * Context: no lock held.
 */
void evtchn_domain_destroy(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;

	if (!ed)
		return;
	for (u32 i = 0; i < ed->nr_ports / PORTS_PER_BUCKET; i++)
		hv_free(ed->bucket[i]);
	hv_free(ed->bucket);
	hv_free(ed);
	d->evtchn = NULL;
}
