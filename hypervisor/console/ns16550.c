// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 16550 UART by its registers. Every wait is bounded: a port that is
 * missing or held by flow control costs time once, and then no more.
 *
 * ABI: PC16550D data sheet, section 8.
 */
#include <hv/serial.h>
#include <asm/system.h>

#define REG_DATA	0	/* receive and transmit; divisor low with DLAB */
#define REG_IER		1	/* divisor high with DLAB */
#define REG_IIR_FCR	2
#define REG_LCR		3
#define REG_MCR		4
#define REG_LSR		5
#define REG_SCRATCH	7

#define IER_RX		0x01
#define IER_TX		0x02
#define FCR_ENABLE	0x01
#define FCR_CLEAR	0x06	/* both directions */
#define FCR_TRIGGER_14	0xc0
#define IIR_FIFO	0xc0	/* both set: a FIFO that works */
#define LCR_DLAB	0x80
#define MCR_DTR_RTS	0x03
#define MCR_OUT2	0x08	/* gates the interrupt line on PCs */
#define LSR_RX_READY	0x01
#define LSR_TX_EMPTY	0x20

/* A character at 300 baud takes 33 ms; reading a port takes about 1 us. */
#define TX_SPINS 50000

static u8 reg_read(const struct ns16550 *u, unsigned int reg)
{
	return inb((u16)(u->io_base + reg));
}

static void reg_write(const struct ns16550 *u, unsigned int reg, u8 v)
{
	outb(v, (u16)(u->io_base + reg));
}

/* Where nothing answers reads give 0xff; a scratch register keeps what it is told. */
static bool probe(const struct ns16550 *u)
{
	static const u8 patterns[] = { 0x5a, 0xa5 };

	for (unsigned int i = 0; i < ARRAY_SIZE(patterns); i++) {
		reg_write(u, REG_SCRATCH, patterns[i]);
		if (reg_read(u, REG_SCRATCH) != patterns[i])
			return false;
	}
	return reg_read(u, REG_LSR) != 0xff;
}

static u8 line_control(const struct com_options *com)
{
	return (u8)((com->data_bits - 5) | (com->stop_bits - 1) << 2 | com->parity << 3);
}

static void set_divisor(const struct ns16550 *u, const struct com_options *com, u8 lcr)
{
	u32 divisor = (com->clock_hz / 16 + com->baud / 2) / com->baud;

	reg_write(u, REG_LCR, lcr | LCR_DLAB);
	reg_write(u, REG_DATA, (u8)divisor);
	reg_write(u, REG_IER, (u8)(divisor >> 8));
}

/**
 * ns16550_init() - Look for a UART and set it up for polling.
 * @u:   filled in
 * @com: where and how; a baud rate of 0 keeps what firmware set
 *
 * Return: whether there is one.
 */
bool ns16550_init(struct ns16550 *u, const struct com_options *com)
{
	u8 lcr = line_control(com);

	*u = (struct ns16550){ .io_base = com->io_base, .fifo_size = 1 };
	if (!probe(u))
		return false;

	if (com->baud)
		set_divisor(u, com, lcr);
	reg_write(u, REG_LCR, lcr);
	reg_write(u, REG_IER, 0);
	reg_write(u, REG_IIR_FCR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_14);
	if ((reg_read(u, REG_IIR_FCR) & IIR_FIFO) == IIR_FIFO)
		u->fifo_size = 16;
	reg_write(u, REG_MCR, MCR_DTR_RTS);
	u->present = true;
	return true;
}

/**
 * ns16550_tx_ready() - Whether @fifo_size characters may be sent now.
 * @u: a UART that is present
 */
bool ns16550_tx_ready(const struct ns16550 *u)
{
	return reg_read(u, REG_LSR) & LSR_TX_EMPTY;
}

/**
 * ns16550_tx_wait() - Wait, for a bounded time, until it is ready.
 * @u: a UART that is present
 *
 * Return: whether it is. Once it was not, it is asked just once each time
 * until it says yes again.
 */
bool ns16550_tx_wait(struct ns16550 *u)
{
	unsigned int spins = u->stuck ? 1 : TX_SPINS;

	for (; spins; spins--) {
		if (ns16550_tx_ready(u)) {
			u->stuck = false;
			return true;
		}
		cpu_relax();
	}
	u->stuck = true;
	return false;
}

void ns16550_tx(const struct ns16550 *u, char c)
{
	reg_write(u, REG_DATA, (u8)c);
}

/**
 * ns16550_rx() - Take a character that has arrived.
 * @u: a UART that is present
 * @c: receives it
 *
 * Return: whether there was one. A port that has gone away reads 0xff, which
 * is no character.
 */
bool ns16550_rx(const struct ns16550 *u, char *c)
{
	u8 lsr = reg_read(u, REG_LSR);

	if (lsr == 0xff || !(lsr & LSR_RX_READY))
		return false;
	*c = (char)reg_read(u, REG_DATA);
	return true;
}

/**
 * ns16550_enable_irqs() - Choose what interrupts.
 * @u:  a UART that is present
 * @rx: characters that arrive
 * @tx: an empty transmitter
 */
void ns16550_enable_irqs(struct ns16550 *u, bool rx, bool tx)
{
	u8 ier = (u8)((rx ? IER_RX : 0) | (tx ? IER_TX : 0));

	if (ier == u->ier)
		return;
	reg_write(u, REG_MCR, MCR_DTR_RTS | (ier ? MCR_OUT2 : 0));
	reg_write(u, REG_IER, ier);
	u->ier = ier;
}

/**
 * ns16550_ack() - Read why it interrupts, which withdraws "transmitter empty".
 * @u: a UART that is present
 */
void ns16550_ack(const struct ns16550 *u)
{
	reg_read(u, REG_IIR_FCR);
}
