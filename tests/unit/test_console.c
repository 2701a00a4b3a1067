// SPDX-License-Identifier: GPL-2.0-only
/* console.c: what goes where, and what a console that comes late is shown. */
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/serial.h>
#include <hv/softirq.h>
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hv_options opts;
bool stub_irqs_off;

static char sent[2][4096], screen[4096], logged[4096];
static bool there[2], synchronous, dom0_input;
static unsigned int virqs, raised, inits;
static void (*softirq)(void);
static bool no_memory;

void serial_init(unsigned int port)
{
	inits++;
}

bool serial_present(unsigned int port)
{
	return there[port];
}

void serial_write(unsigned int port, const char *s, size_t n)
{
	strncat(sent[port], s, n);
}

void serial_init_late(unsigned int port)
{
}

void serial_set_sync(bool sync)
{
	synchronous = sync;
}

void serial_force_unlock(void)
{
}

static void *vga_cells;

void vga_init(void *va, unsigned int columns, unsigned int rows)
{
	vga_cells = va;
}

bool vga_present(void)
{
	return vga_cells;
}

void vga_write(const char *s, size_t n)
{
	if (vga_cells)
		strncat(screen, s, n);
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_CON_RING);
	virqs++;
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	assert_int_equal(nr, SOFTIRQ_CONSOLE);
	softirq = fn;
}

void softirq_raise(enum softirq nr)
{
	assert_int_equal(nr, SOFTIRQ_CONSOLE);
	raised++;
}

static bool keys;

void keyhandler_init(void)
{
	keys = true;
}

void console_switch_input(bool to_dom0)
{
	dom0_input = to_dom0;
}

void *hv_page_alloc(unsigned int order)
{
	return no_memory ? NULL : calloc(1, 4096UL << order);
}

/* printk.c is tested by itself; its lines go through the console as they are. */
void printk(const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged + n, sizeof(logged) - n, fmt, args);
	va_end(args);
}

void printk_level(enum log_level level, const char *fmt, ...)
{
	strcat(logged, "warned");
}

static void say(const char *s)
{
	unsigned long flags;

	console_lock(&flags);
	assert_true(stub_irqs_off);
	console_emit(s, strlen(s));
	console_unlock(flags);
	assert_false(stub_irqs_off);
}

static const char *ring(void)
{
	static char text[200000];
	u32 index = conring_begin(0, false);

	text[conring_copy(&index, text, sizeof(text) - 1)] = '\0';
	return text;
}

/* One life of the console, in order of boot. */
static void test_early(void **state)
{
	say("first\n");
	assert_string_equal(ring(), "first\n");
	assert_string_equal(sent[0], "");

	opts.console_com[0] = true;
	opts.console_com[1] = true;
	there[0] = true;
	console_init_serial();
	assert_int_equal(inits, 2);
	assert_string_equal(sent[0], "first\n");
	assert_string_equal(sent[1], "");
	say("second\n");
	assert_string_equal(sent[0], "first\nsecond\n");

	console_init_vga(&screen, 80, 25);
	assert_string_equal(screen, "");
	opts.console_vga = true;
	console_init_vga(&screen, 80, 25);
	say("third\n");
	assert_string_equal(screen, "first\nsecond\nthird\n");
	assert_int_equal(raised, 0);
}

static void test_late(void **state)
{
	opts.conring_size = 100000;
	no_memory = true;
	console_init_late();
	assert_int_equal(conring_size, 16384);
	assert_string_equal(logged, "warned");
	no_memory = false;
	console_init_late();
	assert_int_equal(conring_size, 131072);
	assert_true(keys);
	assert_string_equal(ring(), "first\nsecond\nthird\n");
	say("fourth\n");
	assert_int_equal(raised, 1);
	softirq();
	assert_int_equal(virqs, 1);
}

static void test_raw(void **state)
{
	sent[0][0] = '\0';
	console_write_raw("dom0: x", 6);
	assert_string_equal(sent[0], "dom0: ");
	assert_null(strstr(ring(), "dom0"));
	opts.console_to_ring = true;
	console_write_raw("dom0: ", 6);
	assert_non_null(strstr(ring(), "fourth\ndom0: "));
}

static void test_sync(void **state)
{
	console_start_sync();
	console_start_sync();
	assert_true(synchronous);
	console_end_sync();
	assert_true(synchronous);
	console_end_sync();
	assert_false(synchronous);
	opts.sync_console = true;
	console_start_sync();
	console_end_sync();
	assert_true(synchronous);
}

static void test_endboot(void **state)
{
	logged[0] = '\0';
	opts.loglvl_lower = opts.loglvl_upper = LOG_WARN + 1;
	opts.guest_loglvl_upper = LOG_DEBUG + 1;
	console_endboot();
	assert_string_equal(logged,
			    "Std. Loglevel: Errors and warnings\n"
			    "Guest Loglevel: Nothing (Rate-limited: All)\n"
			    "Xen is relinquishing VGA console.\n");
	assert_false(vga_present());
	assert_true(dom0_input);
	opts.conswitch_stay = true;
	console_endboot();
	assert_false(dom0_input);
}

static void test_force_unlock(void **state)
{
	unsigned long flags;

	console_lock(&flags);
	console_force_unlock();
	stub_irqs_off = false;
	raised = 0;
	say("last words\n");
	/* Nobody runs softirqs any more. */
	assert_int_equal(raised, 0);
	assert_non_null(strstr(ring(), "last words\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_endboot),
		cmocka_unit_test(test_force_unlock),
	};

	return cmocka_run_group_tests_name("console/console", tests, NULL, NULL);
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	/* A ring is for ever. */
	return "detect_leaks=0";
}
