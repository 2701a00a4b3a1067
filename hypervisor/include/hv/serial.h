/* SPDX-License-Identifier: GPL-2.0-only */
/* Serial ports: the 16550 (ns16550.c), and queues in front of it (serial.c). */
#ifndef HV_SERIAL_H
#define HV_SERIAL_H

#include <hv/options.h>
#include <hv/types.h>

#define NR_SERIAL 2

/* A 16550 behind I/O ports. The caller of every function serialises. */
struct ns16550 {
	u16 io_base;
	bool present;
	bool stuck;		/* did not take a character in time; asked only once now */
	u8 fifo_size;
	u8 ier;
};

bool ns16550_init(struct ns16550 *u, const struct com_options *com);
bool ns16550_tx_ready(const struct ns16550 *u);
bool ns16550_tx_wait(struct ns16550 *u);
void ns16550_tx(const struct ns16550 *u, char c);
bool ns16550_rx(const struct ns16550 *u, char *c);
void ns16550_enable_irqs(struct ns16550 *u, bool rx, bool tx);
void ns16550_ack(const struct ns16550 *u);

/* serial.c: port 0 is com1. */
void serial_init(unsigned int port);
void serial_init_late(unsigned int port);
bool serial_present(unsigned int port);
void serial_write(unsigned int port, const char *s, size_t n);
void serial_set_sync(bool sync);
void serial_poll(void);
void serial_force_unlock(void);
bool serial_claims_port(u16 io_port);

#endif
