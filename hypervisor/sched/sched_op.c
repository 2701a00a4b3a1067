// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercalls by which a guest influences its own scheduling: sched_op and
 * set_timer_op. ABI: sched.h.
 */
#include <hv/sched.h>

#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include <xen/sched.h>

/* SCHEDOP_poll looks at this many ports at most. ABI limit of Xen. */
#define POLL_MAX_PORTS	128

static long sched_block(void)
{
	WRITE_ONCE(current->vcpu_info->evtchn_upcall_mask, 0);
	vcpu_block();
	return 0;
}

static long sched_shutdown(unsigned long arg)
{
	struct sched_shutdown op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	domain_shutdown(current->domain, op.reason);
	return 0;
}

/* Is one of the ports pending? 1, 0, or an errno. The vCPU is marked as polling already. */
static int poll_any_pending(struct domain *d, const struct sched_poll *op, evtchn_port_t first)
{
	for (unsigned int i = 0; i < op->nr_ports; i++) {
		evtchn_port_t port = first;

		if (i && copy_from_guest_index(&port, handle_va(op->ports), i))
			return -EFAULT;
		if (!evtchn_port_is_valid(d, port))
			return -EINVAL;
		if (evtchn_port_is_pending(d, port))
			return 1;
	}
	return 0;
}

bool vcpu_poll_end(struct vcpu *v)
{
	if (!test_bit(VPF_POLL, &v->pause_flags) ||
	    !test_and_clear_bit_atomic(VPF_POLL, &v->pause_flags))
		return false;
	evtchn_poll_count(v->domain, -1);
	return true;
}

static long sched_poll(unsigned long arg)
{
	struct vcpu *v = current;
	struct sched_poll op;
	evtchn_port_t first = 0;
	int rc;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.nr_ports > POLL_MAX_PORTS)
		return -EINVAL;
	if (op.nr_ports && copy_from_guest(&first, handle_va(op.ports)))
		return -EFAULT;

	/* First say that we poll, then look. */
	v->poll_evtchn = op.nr_ports == 1 ? first : 0;
	evtchn_poll_count(v->domain, 1);
	if (test_and_set_bit_atomic(VPF_POLL, &v->pause_flags))
		evtchn_poll_count(v->domain, -1);
	smp_mb();	/* partner: an event is marked pending, then wakes who polls */

	rc = local_events_need_delivery(v) ? 1 : poll_any_pending(v->domain, &op, first);
	if (rc) {
		vcpu_poll_end(v);
		return rc < 0 ? rc : 0;
	}
	if (op.timeout)
		timer_set(&v->poll_timer, op.timeout);
	else
		timer_stop(&v->poll_timer);
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

static long sched_remote_shutdown(unsigned long arg)
{
	struct sched_remote_shutdown op;
	struct domain *d;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	d = domain_get(op.domain_id);
	if (!d)
		return -ESRCH;
	/* A domain ends itself by SCHEDOP_shutdown; this one is for whoever controls another. */
	if (!current->domain->is_privileged || d == current->domain) {
		domain_put(d);
		return -EPERM;
	}
	domain_shutdown(d, op.reason);
	domain_put(d);
	return 0;
}

/* What a later crash of this domain shall be reported as. */
static long sched_shutdown_code(unsigned long arg)
{
	struct domain *d = current->domain;
	struct sched_shutdown op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	return domain_set_shutdown_code(d, op.reason);
}

/* A new timer (id 0). */
static long watchdog_add(struct domain *d, u32 timeout_s)
{
	for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
		if (test_and_set_bit_atomic(i, &d->watchdogs_used))
			continue;
		timer_set(&d->watchdog[i], now_ns() + timeout_s * NSEC_PER_SEC);
		return i + 1;
	}
	return -ENOSPC;
}

static long sched_watchdog(unsigned long arg)
{
	struct domain *d = current->domain;
	struct sched_watchdog op;

	if (copy_from_guest(&op, arg))
		return -EFAULT;
	if (op.id > NR_WATCHDOGS)
		return -EINVAL;
	if (op.id == 0)
		return op.timeout ? watchdog_add(d, op.timeout) : -EINVAL;
	if (!test_bit(op.id - 1, &d->watchdogs_used))
		return -EINVAL;
	if (op.timeout) {
		timer_set(&d->watchdog[op.id - 1], now_ns() + op.timeout * NSEC_PER_SEC);
	} else {
		timer_stop(&d->watchdog[op.id - 1]);
		clear_bit_atomic(op.id - 1, &d->watchdogs_used);
	}
	return 0;
}

/* The current vCPU to one CPU, for firmware that must be called there; negative: back. */
static long sched_pin_override(unsigned long arg)
{
	struct sched_pin_override op;

	if (!current->domain->is_hardware_domain)
		return -EPERM;
	if (copy_from_guest(&op, arg))
		return -EFAULT;
	return vcpu_bind_current(op.pcpu < 0 ? -1 : op.pcpu);
}

/**
 * do_sched_op() - Hypercall sched_op.
 * @cmd: SCHEDOP_*
 * @arg: guest address of the command's structure
 * @a3:  unused
 * @a4:  unused
 * @a5:  unused
 *
 * ABI: sched.h.
 * Return: 0 or what the command gives; -EFAULT, -EINVAL; -ENOSYS if unknown.
 */
long do_sched_op(unsigned long cmd, unsigned long arg, unsigned long a3, unsigned long a4,
		 unsigned long a5)
{
	switch ((u32)cmd) {
	case SCHEDOP_yield:
		vcpu_yield();
		return 0;
	case SCHEDOP_block:
		return sched_block();
	case SCHEDOP_shutdown:
		return sched_shutdown(arg);
	case SCHEDOP_poll:
		return sched_poll(arg);
	case SCHEDOP_remote_shutdown:
		return sched_remote_shutdown(arg);
	case SCHEDOP_shutdown_code:
		return sched_shutdown_code(arg);
	case SCHEDOP_watchdog:
		return sched_watchdog(arg);
	case SCHEDOP_pin_override:
		return sched_pin_override(arg);
	default:
		return -ENOSYS;
	}
}

/**
 * do_set_timer_op() - Hypercall set_timer_op: the single-shot timer, older form.
 * @timeout: nanoseconds of system time; 0 stops the timer
 * @a2:      unused
 * @a3:      unused
 * @a4:      unused
 * @a5:      unused
 *
 * Kernels that lose track of a timeout send one that is negative or weeks
 * ahead, some meaning "now", some "never". Both are served by 100 ms.
 * ABI: xen.h, HYPERVISOR_set_timer_op.
 * Return: 0.
 */
long do_set_timer_op(unsigned long timeout, unsigned long a2, unsigned long a3, unsigned long a4,
		     unsigned long a5)
{
	struct vcpu *v = current;
	u64 now = now_ns();

	if (!timeout) {
		timer_stop(&v->singleshot_timer);
		return 0;
	}
	if ((long)timeout < 0 || (timeout > now && timeout - now >= BIT(50)))
		timeout = now + 100 * NSEC_PER_MSEC;
	timer_set(&v->singleshot_timer, timeout);
	return 0;
}
