// SPDX-License-Identifier: GPL-2.0-only
/* input.c and keyhandler.c: who gets what is typed. */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/watchdog.h>
#include "test.h"
#include <stdio.h>
#include <string.h>

struct hv_options opts = { .conswitch_char = 'a' };
static char logged[4096];
static unsigned int virqs;
static void (*keys_softirq)(void);
static unsigned int raised;
static int sync_depth, sync_seen;

void printk(const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged + n, sizeof(logged) - n, fmt, args);
	va_end(args);
}

void bug(const char *what, const char *file, unsigned int line)
{
	mock_assert(0, what, file, (int)line);
	__builtin_unreachable();
}

static int watchdog_paused;

void watchdog_pause(bool pause)
{
	watchdog_paused += pause ? 1 : -1;
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_CONSOLE);
	virqs++;
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	assert_int_equal(nr, SOFTIRQ_KEYHANDLER);
	keys_softirq = fn;
}

void softirq_raise(enum softirq nr)
{
	raised++;
}

void console_start_sync(void)
{
	sync_depth++;
}

void console_end_sync(void)
{
	sync_depth--;
}

static char pressed[64];

static void on_key(unsigned char key)
{
	size_t n = strlen(pressed);

	pressed[n] = (char)key;
	pressed[n + 1] = '\0';
	sync_seen = sync_depth;
}

static void type(const char *s)
{
	while (*s)
		console_rx(*s++);
}

static void expect_dom0(const char *want)
{
	static char buf[8192];
	size_t n = console_read_dom0(buf, sizeof(buf) - 1);

	buf[n] = '\0';
	assert_string_equal(buf, want);
}

static int fresh(void **state)
{
	char buf[8192];

	if (!keys_softirq) {
		keyhandler_init();
		register_keyhandler('q', on_key, "dump everything");
		register_keyhandler(1, on_key, "control a");
	}
	console_switch_input(false);
	console_read_dom0(buf, sizeof(buf));
	logged[0] = pressed[0] = '\0';
	virqs = raised = 0;
	return 0;
}

static void test_keys(void **state)
{
	type("qx");
	assert_int_equal(raised, 2);
	assert_string_equal(pressed, "");
	keys_softirq();
	assert_string_equal(pressed, "q");
	assert_int_equal(sync_seen, 1);
	assert_int_equal(sync_depth, 0);
	type("h");
	keys_softirq();
	assert_non_null(strstr(logged, "'h' pressed -> showing installed handlers"));
	assert_non_null(strstr(logged, " key 'q' (ascii '71') => dump everything\n"));
	assert_non_null(strstr(logged, " key 'h' (ascii '68') => show this message\n"));
	assert_non_null(strstr(logged, " key ' ' (ascii '01') => control a\n"));
	keyhandler_run(200);
	assert_int_equal(virqs, 0);
	/* Faster than they are worked off: the first ones stay. */
	pressed[0] = '\0';
	type("qqqqqqqqqqqqqqqqqqqqqqqq");
	keys_softirq();
	assert_int_equal(strlen(pressed), 16);
	expect_assert_failure(register_keyhandler('q', on_key, "again"));
	expect_assert_failure(register_keyhandler(128, on_key, "no such key"));
}

static void test_dom0(void **state)
{
	console_switch_input(true);
	assert_string_equal(logged,
			    "*** Serial input to DOM0 (type 'CTRL-a' three times to switch input)\n");
	type("root\r");
	assert_int_equal(virqs, 5);
	expect_dom0("root\r");
	expect_dom0("");
	assert_int_equal(raised, 0);
}

static void test_switch(void **state)
{
	type("\1\1\1");
	assert_non_null(strstr(logged, "input to DOM0"));
	type("\1\1\1");
	assert_non_null(strstr(logged, "input to Xen"));
	assert_int_equal(virqs, 0);
	expect_dom0("");
	/* Fewer were meant for whoever listens. */
	type("\1\1\1\1x\1\1y\1");
	expect_dom0("\1x\1\1y");
	type("\1\1");
	type("q");
	keys_softirq();
	assert_string_equal(pressed, "q");
	opts.conswitch_char = 'b';
	type("\2\2\2\1");
	expect_dom0("\1");
	opts.conswitch_char = 'a';
}

/* A line that a terminal of Linux can take, at once; what is beyond is dropped, not mixed in. */
#define KEPT	4096

static void test_overflow(void **state)
{
	static char want[KEPT + 1];

	console_switch_input(true);
	for (int i = 0; i < KEPT + 72; i++)
		console_rx((char)('A' + i % 26));
	for (int i = 0; i < KEPT; i++)
		want[i] = (char)('A' + i % 26);
	want[KEPT] = '\0';
	expect_dom0(want);
	type("ok");
	expect_dom0("ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_keys, fresh),
		cmocka_unit_test_setup(test_dom0, fresh),
		cmocka_unit_test_setup(test_switch, fresh),
		cmocka_unit_test_setup(test_overflow, fresh),
	};

	return cmocka_run_group_tests_name("console/input", tests, NULL, NULL);
}
