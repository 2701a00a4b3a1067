// SPDX-License-Identifier: GPL-2.0-only
/* serial.c and ns16550.c above a model of the UART. */
#include <hv/lib.h>
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/serial.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/timer.h>
#include "test.h"
#include <stdlib.h>

struct hv_options opts;
struct acpi_info acpi;
bool stub_irqs_off;
static char logged[512];
static u64 clock_ns;

void printk_level(enum log_level level, const char *fmt, ...)
{
	strlcpy(logged, fmt, sizeof(logged));
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	return (size_t)__builtin_snprintf(dst, size, "%s", src);
}

u64 now_ns(void)
{
	return clock_ns;
}

/* The machine: one UART at 0x3f8, nothing elsewhere. */
static struct {
	bool there, blocked;		/* blocked: flow control holds the sender */
	u8 fifo, in_fifo;		/* transmit side */
	u8 ier, lcr, mcr, fcr, scratch;
	u16 divisor;
	char sent[65536];
	size_t nr_sent;
	const char *typed;
	unsigned long lsr_reads, overruns;
} u;

static void transmit(void)
{
	if (!u.blocked)
		u.in_fifo = 0;
}

u8 stub_in(u16 port)
{
	if (!u.there || port < 0x3f8 || port > 0x3ff)
		return 0xff;
	switch (port - 0x3f8) {
	case 0:
		assert_true(*u.typed);
		return (u8)*u.typed++;
	case 1:
		return u.ier;
	case 2:
		return u.fcr & 1 && u.fifo > 1 ? 0xc1 : 1;
	case 5:
		u.lsr_reads++;
		transmit();
		return (u8)((*u.typed ? 1 : 0) | (u.in_fifo ? 0 : 0x20));
	case 7:
		return u.scratch;
	}
	return 0;
}

void stub_out(u8 v, u16 port)
{
	if (!u.there || port < 0x3f8 || port > 0x3ff)
		return;
	switch (port - 0x3f8) {
	case 0:
		if (u.lcr & 0x80) {
			u.divisor = (u16)((u.divisor & 0xff00) | v);
			return;
		}
		u.overruns += u.in_fifo >= u.fifo;
		u.in_fifo++;
		u.sent[u.nr_sent++] = (char)v;
		break;
	case 1:
		if (u.lcr & 0x80)
			u.divisor = (u16)((u.divisor & 0xff) | v << 8);
		else
			u.ier = v;
		break;
	case 2:
		u.fcr = v;
		break;
	case 3:
		u.lcr = v;
		break;
	case 4:
		u.mcr = v;
		break;
	case 7:
		u.scratch = v;
		break;
	}
}

static char received[256];
static size_t nr_received;

void console_rx(char c)
{
	received[nr_received++] = c;
	received[nr_received] = '\0';
}

static void (*irq_handler)(void *data);
static void *irq_data;
static unsigned int irq_gsi;
static int irq_rc;

int irq_request_gsi(unsigned int gsi, void (*handler)(void *data), void *data, const char *name)
{
	irq_gsi = gsi;
	irq_handler = handler;
	irq_data = data;
	return irq_rc;
}

void *hv_page_alloc(unsigned int order)
{
	return calloc(1, 4096UL << order);
}

static struct timer *armed;

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu)
{
	t->fn = fn;
	t->data = data;
}

void timer_set(struct timer *t, u64 expires_ns)
{
	t->expires_ns = expires_ns;
	armed = t;
}

/* serial.c has state, so the tests go through one life of it, in order. */
static int power_on(void **state)
{
	memset(&u, 0, sizeof(u));
	u.there = true;
	u.fifo = 16;
	u.typed = "";
	nr_received = 0;
	logged[0] = '\0';
	opts.com[0] = (struct com_options){
		.set = true, .baud = 115200, .clock_hz = 1843200, .data_bits = 8,
		.stop_bits = 1, .io_base = 0x3f8, .irq = 4,
	};
	return 0;
}

static void test_absent(void **state)
{
	struct ns16550 n;

	u.there = false;
	assert_false(ns16550_init(&n, &opts.com[0]));
	serial_init(0);
	assert_false(serial_present(0));
	assert_non_null(strstr(logged, "no serial port answers"));
	serial_write(0, "x", 1);
	assert_false(serial_claims_port(0x3f8));
	serial_init(1);
	assert_false(serial_present(1));
}

static void test_settings(void **state)
{
	struct com_options *com = &opts.com[0];
	struct ns16550 n;

	assert_true(ns16550_init(&n, com));
	assert_int_equal(u.divisor, 1);
	assert_int_equal(u.lcr, 0x03);
	assert_int_equal(u.mcr, 0x03);
	assert_int_equal(u.ier, 0);
	assert_int_equal(n.fifo_size, 16);
	com->baud = 9600;
	com->data_bits = 7;
	com->parity = PARITY_EVEN;
	com->stop_bits = 2;
	u.fifo = 1;
	assert_true(ns16550_init(&n, com));
	assert_int_equal(u.divisor, 12);
	assert_int_equal(u.lcr, 0x02 | 0x04 | 0x18);
	assert_int_equal(n.fifo_size, 1);
	com->baud = 0;
	u.divisor = 77;
	assert_true(ns16550_init(&n, com));
	assert_int_equal(u.divisor, 77);
	/* A port that goes away mid-way is not one that sends for ever. */
	u.there = false;
	assert_false(ns16550_rx(&n, received));
}

static void test_polled(void **state)
{
	char line[100];

	serial_init(0);
	assert_true(serial_present(0));
	assert_true(serial_claims_port(0x3f8));
	assert_true(serial_claims_port(0x3ff));
	assert_false(serial_claims_port(0x400));
	assert_false(serial_claims_port(0x3f7));
	serial_write(0, "one\ntwo\n", 8);
	assert_int_equal(u.nr_sent, 10);
	assert_memory_equal(u.sent, "one\r\ntwo\r\n", 10);
	memset(line, 'x', sizeof(line));
	u.lsr_reads = 0;
	serial_write(0, line, sizeof(line));
	assert_int_equal(u.nr_sent, 110);
	assert_int_equal(u.overruns, 0);
	/* The FIFO is filled, not fed by the character. */
	assert_int_equal(u.lsr_reads, 7);
	assert_false(stub_irqs_off);
	u.typed = "ab";
	serial_poll();
	assert_string_equal(received, "ab");
}

static void test_blocked(void **state)
{
	u.blocked = true;
	u.in_fifo = 1;
	serial_write(0, "lost", 4);
	assert_true(u.lsr_reads > 1000);
	u.lsr_reads = 0;
	serial_write(0, "lost at once", 12);
	assert_int_equal(u.lsr_reads, 12);
	assert_int_equal(u.nr_sent, 0);
	u.blocked = false;
	serial_write(0, "back", 4);
	assert_memory_equal(u.sent, "back", 4);
}

static void test_queue(void **state)
{
	static char big[40000];

	acpi.isa_irq[4].valid = true;
	acpi.isa_irq[4].gsi = 20;
	serial_init_late(0);
	assert_int_equal(irq_gsi, 20);
	assert_int_equal(u.ier, 1);
	assert_true(u.mcr & 0x08);
	assert_null(armed);

	serial_write(0, "fast", 4);
	assert_int_equal(u.nr_sent, 4);
	assert_int_equal(u.ier, 1);

	/* What does not go at once waits, and asks for an interrupt. */
	u.blocked = true;
	u.in_fifo = 1;
	u.lsr_reads = 0;
	serial_write(0, "queued\n", 7);
	assert_int_equal(u.nr_sent, 4);
	assert_int_equal(u.lsr_reads, 1);
	assert_int_equal(u.ier, 3);
	u.blocked = false;
	irq_handler(irq_data);
	assert_int_equal(u.nr_sent, 12);
	assert_memory_equal(u.sent + 4, "queued\r\n", 8);
	assert_int_equal(u.ier, 1);

	/* A full queue waits for room, and gives up on a line that stands still. */
	u.blocked = true;
	u.in_fifo = 1;
	memset(big, 'y', sizeof(big));
	serial_write(0, big, sizeof(big));
	u.blocked = false;
	irq_handler(irq_data);
	assert_int_equal(u.nr_sent, 12 + 16384);
	assert_int_equal(u.overruns, 0);
	memset(big, 'z', sizeof(big));
	serial_write(0, big, sizeof(big));
	assert_int_equal(u.nr_sent, 12 + 16384 + 40000);

	u.typed = "typed";
	irq_handler(irq_data);
	assert_string_equal(received, "typed");
}

static void test_sync(void **state)
{
	u.blocked = true;
	u.in_fifo = 1;
	serial_write(0, "waits", 5);
	assert_int_equal(u.nr_sent, 0);
	u.blocked = false;
	serial_set_sync(true);
	assert_int_equal(u.nr_sent, 5);
	serial_write(0, "0123456789abcdefXYZ", 19);
	assert_int_equal(u.nr_sent, 24);
	serial_set_sync(false);
}

/* The other port, by a timer. */
static void test_timer(void **state)
{
	opts.com[1] = opts.com[0];
	opts.com[1].irq = 0;
	serial_init(1);
	serial_init_late(1);
	assert_non_null(armed);
	assert_in_range(armed->expires_ns, 100000, 1000000);
	u.typed = "q";
	u.blocked = true;
	u.in_fifo = 1;
	serial_write(1, "slow", 4);
	assert_int_equal(u.nr_sent, 0);
	u.blocked = false;
	clock_ns = armed->expires_ns;
	armed->fn(armed->data);
	assert_int_equal(u.nr_sent, 4);
	assert_string_equal(received, "q");
	assert_true(armed->expires_ns > clock_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_absent, power_on),
		cmocka_unit_test_setup(test_settings, power_on),
		cmocka_unit_test_setup(test_polled, power_on),
		cmocka_unit_test_setup(test_blocked, power_on),
		cmocka_unit_test_setup(test_queue, power_on),
		cmocka_unit_test_setup(test_sync, power_on),
		cmocka_unit_test_setup(test_timer, power_on),
	};

	return cmocka_run_group_tests_name("console/serial", tests, NULL, NULL);
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	/* A queue is for ever. */
	return "detect_leaks=0";
}
