// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ports of one open file: binding, the interrupt, unmasking, unbinding.
 *
 * An event channel bound here is "late EOI": after its interrupt it stays
 * masked until xen_irq_lateeoi(), which the program asks for by writing the
 * port number back. So a port has one event in the ring at most, and a guest
 * that sends faster than the program reads costs nothing.
 *
 * ABI: xen/interface/event_channel.h, uapi/xen/evtchn.h.
 */
#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>

#include "compat.h"
#include "evtchn.h"

#define RING_MIN_SIZE	64

/**
 * struct evtchn_port - one bound port
 * @user:	whose it is
 * @number:	event channel port
 * @irq:	Linux interrupt that the port is bound to
 * @masked:	its event is in the ring, or read and not yet written back
 */
struct evtchn_port {
	struct evtchn_user *user;
	u32 number;
	unsigned int irq;
	bool masked;
};

static irqreturn_t evtchn_interrupt(int irq, void *data)
{
	struct evtchn_port *port = data;
	struct evtchn_user *u = port->user;
	unsigned long flags;
	bool wake;

	/* Late EOI keeps the next one away until write() has cleared this. */
	WRITE_ONCE(port->masked, true);

	spin_lock_irqsave(&u->ring_lock, flags);
	wake = port_ring_push(&u->ring, port->number);
	spin_unlock_irqrestore(&u->ring_lock, flags);

	if (wake) {
		wake_up_interruptible(&u->wait);
		kill_fasync(&u->fasync, SIGIO, POLL_IN);
	}

	return IRQ_HANDLED;
}

/* Make room in the ring for one port more than are bound. */
static int grow_ring(struct evtchn_user *u)
{
	u32 size = max_t(u32, RING_MIN_SIZE, roundup_pow_of_two(u->nr_ports + 1));
	u32 *slot;

	if (size <= u->ring.size)
		return 0;

	slot = kvmalloc_array(size, sizeof(*slot), GFP_KERNEL);
	if (!slot)
		return -ENOMEM;

	spin_lock_irq(&u->ring_lock);
	slot = port_ring_replace(&u->ring, slot, size);
	spin_unlock_irq(&u->ring_lock);

	kvfree(slot);
	return 0;
}

static void close_port(u32 number)
{
	struct evtchn_close close = { .port = number };

	/*
	 * Fails if the event channel core has closed it: it does so when it is
	 * out of memory for the handler, but not when it is out of interrupts.
	 */
	(void)HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

static int connect_port(struct evtchn_user *u, struct evtchn_port *port, bool is_static)
{
	int irq;

	/* An interrupt may come before this returns, and be written back. */
	irq = bind_evtchn_to_irqhandler_lateeoi(port->number, evtchn_interrupt, 0, u->name, port);
	if (irq < 0)
		return irq;

	port->irq = irq;

	/*
	 * gntdev and gntalloc may hold on to the port after it is unbound here.
	 * Refused only for a port without interrupt, or one made so before.
	 */
	WARN_ON_ONCE(evtchn_make_refcounted(port->number, is_static));

	return 0;
}

/**
 * evtchn_port_bind() - Let @u receive the events of a port.
 * @u:	       open file, @u->bind_lock held
 * @number:    port, allocated for @u; it is closed if this fails
 * @is_static: the port was set up by the hypervisor and is never closed
 *
 * Context: may sleep.
 * Return: @number; -ENOMEM; -EBUSY if @u has the port already; what the event
 *	   channel core says if it cannot bind the port to an interrupt.
 */
int evtchn_port_bind(struct evtchn_user *u, u32 number, bool is_static)
{
	struct evtchn_port *port = kzalloc(sizeof(*port), GFP_KERNEL);
	int rc = -ENOMEM;

	if (!port)
		goto close;

	port->user = u;
	port->number = number;

	rc = grow_ring(u);
	if (rc)
		goto free;

	rc = xa_insert(&u->ports, number, port, GFP_KERNEL);
	if (rc)
		goto free;

	rc = connect_port(u, port, is_static);
	if (rc)
		goto erase;

	u->nr_ports++;
	return number;

erase:
	xa_erase(&u->ports, number);
free:
	kfree(port);
close:
	if (!is_static)
		close_port(number);
	return rc;
}

static void disconnect_port(struct evtchn_user *u, struct evtchn_port *port)
{
	/* Waits for a running handler, and closes the port. */
	unbind_from_irqhandler(port->irq, port);
	xa_erase(&u->ports, port->number);
	u->nr_ports--;
	kfree(port);
}

/**
 * evtchn_port_unbind() - Close a port of @u.
 * @u:	    open file, @u->bind_lock held
 * @number: port as the program gave it
 *
 * An event of the port that was not read stays in the ring; writing it back
 * has no effect.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if no port can have the number; -ENOTCONN if @u does not
 *	   have the port.
 */
int evtchn_port_unbind(struct evtchn_user *u, u32 number)
{
	struct evtchn_port *port = xa_load(&u->ports, number);

	if (number >= xen_evtchn_nr_channels())
		return -EINVAL;

	if (!port)
		return -ENOTCONN;

	disconnect_port(u, port);
	return 0;
}

/**
 * evtchn_port_notify() - Send an event to the peer of a port.
 * @u:	    open file, @u->bind_lock held
 * @number: port as the program gave it
 *
 * Return: 0; -ENOTCONN if @u does not have the port.
 */
int evtchn_port_notify(struct evtchn_user *u, u32 number)
{
	if (!xa_load(&u->ports, number))
		return -ENOTCONN;

	notify_remote_via_evtchn(number);
	return 0;
}

/**
 * evtchn_port_unmask() - Allow a port its next event.
 * @u:	    open file, @u->bind_lock held
 * @number: port as the program gave it; ignored if @u does not have it or if
 *	    it is not masked
 */
void evtchn_port_unmask(struct evtchn_user *u, u32 number)
{
	struct evtchn_port *port = xa_load(&u->ports, number);

	if (!port || !READ_ONCE(port->masked))
		return;

	/* The handler may run again as soon as the EOI is out. */
	WRITE_ONCE(port->masked, false);
	xen_irq_lateeoi(port->irq, 0);
}

/**
 * evtchn_ports_release() - Close all ports of @u.
 * @u: file that is being closed
 *
 * Context: may sleep.
 */
void evtchn_ports_release(struct evtchn_user *u)
{
	struct evtchn_port *port;
	unsigned long number;

	xa_for_each(&u->ports, number, port) {
		disconnect_port(u, port);
		cond_resched();
	}

	xa_destroy(&u->ports);
}
