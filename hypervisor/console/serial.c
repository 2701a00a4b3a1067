// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serial lines. Output goes straight into the UART until serial_init_late();
 * then what its FIFO does not take at once waits in a queue, which the
 * interrupt (or, with irq 0, a timer) drains, so that 11 KiB/s of serial line
 * do not hold up a guest that prints. In sync mode the queue is kept empty.
 *
 * Locks: each port's lock guards its UART and queue; inside the console lock.
 */
#include <hv/lib.h>
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/serial.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <hv/timer.h>

#define TXQ_ORDER	2
#define TXQ_SIZE	(4096U << TXQ_ORDER)

/* How many characters one look at the line may bring. */
#define RX_BATCH	64

static struct port {
	spinlock_t lock;		/* guards all below and the device */
	struct ns16550 uart;
	bool irq;			/* interrupts work, no timer */
	bool sync;
	char *txq;			/* NULL: unbuffered as yet */
	u32 produced, consumed;
	struct timer poll_timer;
	u64 poll_ns;
} ports[NR_SERIAL];

static bool txq_empty(const struct port *p)
{
	return p->produced == p->consumed;
}

/* One FIFO's worth, the transmitter being empty. */
static void fill_fifo(struct port *p)
{
	for (unsigned int i = 0; i < p->uart.fifo_size && !txq_empty(p); i++)
		ns16550_tx(&p->uart, p->txq[p->consumed++ & (TXQ_SIZE - 1)]);
}

static void drain_ready(struct port *p)
{
	while (!txq_empty(p) && ns16550_tx_ready(&p->uart))
		fill_fifo(p);
}

/* Until it is empty, or the line takes nothing any more. */
static void drain_all(struct port *p)
{
	while (!txq_empty(p) && ns16550_tx_wait(&p->uart))
		fill_fifo(p);
}

static void queue_char(struct port *p, char c)
{
	if (p->produced - p->consumed == TXQ_SIZE && ns16550_tx_wait(&p->uart))
		fill_fifo(p);
	/* A line that is stuck loses characters rather than the machine its time. */
	if (p->produced - p->consumed < TXQ_SIZE)
		p->txq[p->produced++ & (TXQ_SIZE - 1)] = c;
}

static void write_queued(struct port *p, const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (*s == '\n')
			queue_char(p, '\r');
		queue_char(p, *s);
	}
	if (p->sync)
		drain_all(p);
	else
		drain_ready(p);
	if (p->irq)
		ns16550_enable_irqs(&p->uart, true, !txq_empty(p));
}

/* @room counts what the FIFO still takes without asking the UART. */
static void put_polled(struct port *p, char c, unsigned int *room)
{
	if (!*room) {
		if (!ns16550_tx_wait(&p->uart))
			return;
		*room = p->uart.fifo_size;
	}
	ns16550_tx(&p->uart, c);
	--*room;
}

static void write_polled(struct port *p, const char *s, size_t n)
{
	unsigned int room = 0;

	for (; n; n--, s++) {
		if (*s == '\n')
			put_polled(p, '\r', &room);
		put_polled(p, *s, &room);
	}
}

/**
 * serial_write() - Send characters, a carriage return before each newline.
 * @port: 0 for com1; nothing is done if it is not there
 * @s:    @n characters
 * @n:    how many
 *
 * Context: any; takes the port's lock.
 */
void serial_write(unsigned int port, const char *s, size_t n)
{
	struct port *p = &ports[port];
	unsigned long flags;

	if (!p->uart.present)
		return;
	spin_lock_irqsave(&p->lock, flags);
	if (p->txq)
		write_queued(p, s, n);
	else
		write_polled(p, s, n);
	spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * serial_set_sync() - Whether serial_write() returns only when all is sent.
 * @sync: true: each character is out before serial_write() returns
 */
void serial_set_sync(bool sync)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++) {
		unsigned long flags;

		spin_lock_irqsave(&ports[i].lock, flags);
		ports[i].sync = sync;
		if (sync && ports[i].txq)
			drain_all(&ports[i]);
		spin_unlock_irqrestore(&ports[i].lock, flags);
	}
}

/* Both directions; characters are handed on without the lock. */
static void service(struct port *p, bool irq)
{
	char c[RX_BATCH];
	unsigned int n = 0;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	if (irq)
		ns16550_ack(&p->uart);
	while (n < RX_BATCH && ns16550_rx(&p->uart, &c[n]))
		n++;
	if (p->txq)
		drain_ready(p);
	if (irq)
		ns16550_enable_irqs(&p->uart, true, !txq_empty(p));
	spin_unlock_irqrestore(&p->lock, flags);

	for (unsigned int i = 0; i < n; i++)
		console_rx(c[i]);
}

static void serial_irq(void *data)
{
	service(data, true);
}

static void poll_port(void *data)
{
	struct port *p = data;

	service(p, false);
	timer_set(&p->poll_timer, now_ns() + p->poll_ns);
}

/**
 * serial_poll() - Look at all lines, where interrupts are off for long.
 */
void serial_poll(void)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++)
		if (ports[i].uart.present)
			service(&ports[i], false);
}

/**
 * serial_init() - Find com@port+1 if the command line sets it up.
 * @port: 0 for com1
 */
void serial_init(unsigned int port)
{
	const struct com_options *com = &opts.com[port];

	if (!com->set || ports[port].uart.present)
		return;
	if (!ns16550_init(&ports[port].uart, com))
		pr_warn("com%u: no serial port answers at I/O port %#x; check com%u= and the firmware set-up\n",
			port + 1, com->io_base, port + 1);
}

/* Half of the time in which a FIFO fills, at most ten times in a millisecond. */
static u64 poll_interval(const struct com_options *com, unsigned int fifo_size)
{
	u64 baud = com->baud ? com->baud : 115200;
	u64 ns = fifo_size * 10 * NSEC_PER_SEC / baud / 2;

	return max(ns, 100 * NSEC_PER_USEC);
}

static unsigned int gsi_of_isa_irq(unsigned int irq)
{
	return irq < ARRAY_SIZE(acpi.isa_irq) && acpi.isa_irq[irq].valid ?
	       acpi.isa_irq[irq].gsi : irq;
}

/**
 * serial_init_late() - Go from polling to a queue and interrupts.
 * @port: 0 for com1
 *
 * Context: boot, with heap, timers and I/O APIC.
 */
void serial_init_late(unsigned int port)
{
	const struct com_options *com = &opts.com[port];
	struct port *p = &ports[port];
	unsigned long flags;
	char *txq;
	int rc = -1;

	if (!p->uart.present || p->txq)
		return;
	if (com->irq) {
		rc = irq_request_gsi(gsi_of_isa_irq(com->irq), serial_irq, p, "serial");
		if (rc)
			pr_warn("com%u: interrupt %u cannot be had (error %d); polling instead\n",
				port + 1, com->irq, rc);
	}
	/* Without memory it stays as it is, unbuffered. */
	txq = hv_page_alloc(TXQ_ORDER);
	spin_lock_irqsave(&p->lock, flags);
	p->sync = opts.sync_console;
	p->txq = txq;
	p->irq = !rc;
	if (p->irq)
		ns16550_enable_irqs(&p->uart, true, false);
	spin_unlock_irqrestore(&p->lock, flags);

	if (!p->irq) {
		p->poll_ns = poll_interval(com, p->uart.fifo_size);
		timer_init(&p->poll_timer, poll_port, p, 0);
		timer_set(&p->poll_timer, now_ns() + p->poll_ns);
	}
}

bool serial_present(unsigned int port)
{
	return ports[port].uart.present;
}

/**
 * serial_force_unlock() - For panic: take no heed of who holds the locks.
 */
void serial_force_unlock(void)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++)
		spin_lock_init(&ports[i].lock);
}

/**
 * serial_claims_port() - Whether an I/O port is a UART's that we use.
 * @io_port: any port number
 *
 * Domain 0 must not get these, or both would program the same chip.
 */
bool serial_claims_port(u16 io_port)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++)
		if (ports[i].uart.present && io_port >= ports[i].uart.io_base &&
		    io_port - ports[i].uart.io_base < 8)
			return true;
	return false;
}
