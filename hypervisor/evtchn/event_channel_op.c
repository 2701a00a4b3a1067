// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall event_channel_op: one function per command, each with its own copy
 * of the argument, which is written back if the command has an answer. ABI:
 * event_channel.h.
 */
#include "ports.h"

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/percpu.h>

union evtchn_arg {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

static domid_t resolve_self(domid_t domid)
{
	return domid == DOMID_SELF ? current->domain->domain_id : domid;
}

static long alloc_unbound(union evtchn_arg *arg)
{
	struct evtchn_alloc_unbound *op = &arg->alloc_unbound;
	struct domain *d = domain_get(op->dom);
	struct evtchn *chn;
	unsigned long flags;
	long rc;

	if (!d)
		return -ESRCH;
	rc = -EPERM;
	if (!domain_may_act_on(d))
		goto out;
	rc = evtchn_lock_new_port(d, d, &chn, &flags);
	if (rc)
		goto out;
	evtchn_bind(chn, (struct evtchn_binding){
				 .state = ECS_UNBOUND,
				 .remote.domid = resolve_self(op->remote_dom) });
	op->port = chn->port;
	evtchn_unlock_pair(d, d, flags);
out:
	domain_put(d);
	return rc;
}

/* Both event locks held. */
static int connect(struct domain *d, struct evtchn *chn, struct domain *rd, struct evtchn *rchn)
{
	if (!evtchn_usable(rchn) || rchn->bound.state != ECS_UNBOUND ||
	    rchn->bound.remote.domid != d->domain_id)
		return -EINVAL;
	evtchn_connect(chn, rd, rchn->port);
	evtchn_connect(rchn, d, chn->port);
	/* What was sent before both ends stood is made up for. */
	spin_lock(&chn->lock);
	evtchn_set_pending(d, chn);
	spin_unlock(&chn->lock);
	return 0;
}

static long bind_interdomain(union evtchn_arg *arg)
{
	struct evtchn_bind_interdomain *op = &arg->bind_interdomain;
	struct domain *d = current->domain;
	struct domain *rd = domain_get(op->remote_dom);
	struct evtchn *chn;
	unsigned long flags;
	long rc;

	if (!rd)
		return -ESRCH;
	rc = evtchn_lock_new_port(d, rd, &chn, &flags);
	if (rc)
		goto out;
	rc = connect(d, chn, rd, evtchn_from_port(rd, op->remote_port));
	if (rc)
		evtchn_free_port(d, chn);
	op->local_port = chn->port;
	evtchn_unlock_pair(d, rd, flags);
out:
	domain_put(rd);
	return rc;
}

static long bind_virq(union evtchn_arg *arg)
{
	struct evtchn_bind_virq *op = &arg->bind_virq;
	struct domain *d = current->domain;
	struct evtchn *chn;
	unsigned long flags;
	struct vcpu *v;
	long rc;

	if (op->virq >= NR_VIRQS)
		return -EINVAL;
	if (virq_is_global(op->virq) && op->vcpu != 0)
		return -EINVAL;
	v = domain_vcpu(d, op->vcpu);
	if (!v)
		return -ENOENT;
	rc = evtchn_lock_new_port(d, d, &chn, &flags);
	if (rc)
		return rc;
	rc = evtchn_virq_bind(v, chn, op->virq);
	if (rc)
		evtchn_free_port(d, chn);
	op->port = chn->port;
	evtchn_unlock_pair(d, d, flags);
	return rc;
}

static long bind_ipi(union evtchn_arg *arg)
{
	struct evtchn_bind_ipi *op = &arg->bind_ipi;
	struct domain *d = current->domain;
	struct evtchn *chn;
	unsigned long flags;
	long rc;

	if (!domain_vcpu(d, op->vcpu))
		return -ENOENT;
	rc = evtchn_lock_new_port(d, d, &chn, &flags);
	if (rc)
		return rc;
	evtchn_bind(chn, (struct evtchn_binding){ .state = ECS_IPI, .vcpu_id = op->vcpu });
	op->port = chn->port;
	evtchn_unlock_pair(d, d, flags);
	return 0;
}

static long bind_pirq(union evtchn_arg *arg)
{
	struct evtchn_bind_pirq *op = &arg->bind_pirq;

	return evtchn_bind_pirq(op->pirq, op->flags & BIND_PIRQ__WILL_SHARE, &op->port);
}

static long close_port(union evtchn_arg *arg)
{
	return evtchn_close(current->domain, arg->close.port);
}

static long send(union evtchn_arg *arg)
{
	return evtchn_send(current->domain, arg->send.port);
}

/* The port's lock held: who is at the other end stays. */
static void describe(const struct evtchn_binding *bound, struct evtchn_status *op)
{
	op->vcpu = bound->vcpu_id;
	switch (bound->state) {
	case ECS_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = bound->remote.domid;
		break;
	case ECS_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = bound->remote.dom->domain_id;
		op->u.interdomain.port = bound->number;
		break;
	case ECS_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = bound->number;
		break;
	case ECS_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = bound->number;
		break;
	case ECS_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	default:
		op->status = EVTCHNSTAT_closed;
	}
}

static long status_of(struct domain *d, struct evtchn_status *op)
{
	struct evtchn *chn = evtchn_from_port(d, op->port);
	unsigned long flags;

	if (!domain_may_act_on(d))
		return -EPERM;
	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	describe(&chn->bound, op);
	spin_unlock_irqrestore(&chn->lock, flags);
	return 0;
}

static long status(union evtchn_arg *arg)
{
	struct evtchn_status *op = &arg->status;
	struct domain *d = domain_get(op->dom);
	long rc;

	if (!d)
		return -ESRCH;
	rc = status_of(d, op);
	domain_put(d);
	return rc;
}

/* What is bound to one vCPU stays there. */
static bool may_move(const struct evtchn_binding *bound)
{
	return bound->state == ECS_UNBOUND || bound->state == ECS_INTERDOMAIN ||
	       bound->state == ECS_PIRQ ||
	       (bound->state == ECS_VIRQ && virq_is_global(bound->number));
}

static long bind_vcpu(union evtchn_arg *arg)
{
	const struct evtchn_bind_vcpu *op = &arg->bind_vcpu;
	struct domain *d = current->domain;
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct evtchn *chn = evtchn_from_port(d, op->port);
	struct evtchn_binding bound;
	unsigned long flags;

	if (!v)
		return -ENOENT;
	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	bound = chn->bound;
	if (may_move(&bound))
		chn->bound.vcpu_id = op->vcpu;
	spin_unlock_irqrestore(&chn->lock, flags);
	if (!may_move(&bound))
		return -EINVAL;
	/* The lock of the pirqs is outside of the port's. */
	if (bound.state == ECS_PIRQ)
		pirq_guest_move(v, bound.number);
	return 0;
}

static long unmask(union evtchn_arg *arg)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_from_port(d, arg->unmask.port);
	unsigned long flags;

	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	if (evtchn_usable(chn))
		evtchn_ops(d)->unmask(d, chn);
	spin_unlock_irqrestore(&chn->lock, flags);
	return 0;
}

static long init_control(union evtchn_arg *arg)
{
	return evtchn_fifo_init_control(&arg->init_control);
}

static long expand_array(union evtchn_arg *arg)
{
	return evtchn_fifo_expand_array(&arg->expand_array);
}

static long set_priority(union evtchn_arg *arg)
{
	const struct evtchn_set_priority *op = &arg->set_priority;
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_from_port(d, op->port);
	const struct evtchn_ops *format = evtchn_ops(d);
	unsigned long flags;
	long rc = -EINVAL;

	if (!format->set_priority)
		return -ENOSYS;
	if (!chn)
		return -EINVAL;
	spin_lock_irqsave(&chn->lock, flags);
	if (evtchn_usable(chn))
		rc = format->set_priority(chn, op->priority);
	spin_unlock_irqrestore(&chn->lock, flags);
	return rc;
}

/* Another domain's ports are reset only while it cannot use them. */
static bool is_paused(const struct domain *d)
{
	struct vcpu *v;

	if (READ_ONCE(d->pause_count))
		return true;
	for_each_vcpu(d, v)
		if (!READ_ONCE(v->pause_count))
			return false;
	return true;
}

/* -ERESTART: to be continued. */
static long reset_domain(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	u32 next = READ_ONCE(ed->reset_next);
	int rc;

	if (!domain_may_act_on(d))
		return -EPERM;
	if (d != current->domain && !is_paused(d))
		return -EINVAL;
	rc = evtchn_close_from(d, &next);
	WRITE_ONCE(ed->reset_next, rc ? next : 1);
	return rc ?: evtchn_fifo_destroy(d);
}

static long reset(unsigned long va)
{
	struct evtchn_reset op;
	struct domain *d;
	long rc;

	if (copy_from_guest(&op, va))
		return -EFAULT;
	d = domain_get(op.dom);
	if (!d)
		return -ESRCH;
	rc = reset_domain(d);
	domain_put(d);
	if (rc == -ERESTART)
		rc = hypercall_continue(2, (unsigned long)EVTCHNOP_reset, va);
	return rc;
}

#define OP(name, struct_name, fn, port_field) \
	[EVTCHNOP_##name] = { fn, sizeof(struct struct_name), port_field }
#define NO_ANSWER	0
#define ANSWER		1
/* Where the new port is in the structure: it is closed if it cannot be told. */
#define NEW_PORT(struct_name, field) offsetof(struct struct_name, field)

static const struct {
	long (*fn)(union evtchn_arg *arg);
	u8 size;
	u8 answer;	/* NO_ANSWER, ANSWER, or the offset of the new port */
} ops[] = {
	OP(bind_interdomain, evtchn_bind_interdomain, bind_interdomain,
	   NEW_PORT(evtchn_bind_interdomain, local_port)),
	OP(bind_virq, evtchn_bind_virq, bind_virq, NEW_PORT(evtchn_bind_virq, port)),
	OP(bind_pirq, evtchn_bind_pirq, bind_pirq, NEW_PORT(evtchn_bind_pirq, port)),
	OP(close, evtchn_close, close_port, NO_ANSWER),
	OP(send, evtchn_send, send, NO_ANSWER),
	OP(status, evtchn_status, status, ANSWER),
	OP(alloc_unbound, evtchn_alloc_unbound, alloc_unbound,
	   NEW_PORT(evtchn_alloc_unbound, port)),
	OP(bind_ipi, evtchn_bind_ipi, bind_ipi, NEW_PORT(evtchn_bind_ipi, port)),
	OP(bind_vcpu, evtchn_bind_vcpu, bind_vcpu, NO_ANSWER),
	OP(unmask, evtchn_unmask, unmask, NO_ANSWER),
	OP(init_control, evtchn_init_control, init_control, ANSWER),
	OP(expand_array, evtchn_expand_array, expand_array, NO_ANSWER),
	OP(set_priority, evtchn_set_priority, set_priority, NO_ANSWER),
};

/* The guest did not get its answer: a new port it does not know of is closed again. */
static long answer_lost(unsigned int cmd, const union evtchn_arg *arg)
{
	domid_t owner = cmd == EVTCHNOP_alloc_unbound ? arg->alloc_unbound.dom : DOMID_SELF;
	struct domain *d;

	if (ops[cmd].answer > ANSWER) {
		d = domain_get_remote(owner);
		if (d) {
			evtchn_close(d, *(const u32 *)((const char *)arg + ops[cmd].answer));
			domain_put(d);
		}
	}
	return -EFAULT;
}

/**
 * do_event_channel_op() - Hypercall event_channel_op.
 * @cmd: EVTCHNOP_*
 * @va:	 guest address of the command's structure
 * @a3:  unused
 * @a4:  unused
 * @a5:  unused
 *
 * ABI: event_channel.h.
 * Return: 0; -EFAULT if the structure cannot be read or the answer not be
 * written; -ENOSYS for an unknown command; else as the command says.
 */
long do_event_channel_op(unsigned long cmd, unsigned long va, unsigned long a3, unsigned long a4,
			 unsigned long a5)
{
	union evtchn_arg arg;
	unsigned int nr = cmd;
	long rc;

	if (nr == EVTCHNOP_reset)
		return reset(va);
	if (nr >= ARRAY_SIZE(ops) || !ops[nr].fn)
		return -ENOSYS;
	if (raw_copy_from_guest(&arg, va, ops[nr].size))
		return -EFAULT;
	rc = ops[nr].fn(&arg);
	if (!rc && ops[nr].answer && raw_copy_to_guest(va, &arg, ops[nr].size))
		rc = answer_lost(nr, &arg);
	return rc;
}
