// SPDX-License-Identifier: GPL-2.0-only
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/symbols.h>
#include <hv/time.h>
#include "test.h"

struct hv_options opts;
struct vcpu *current;
u32 tsc_khz;

static u64 clock_ns;
static u64 epoch_ns;
static bool locked;
static char out[8192];

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	return NULL;
}

u64 now_ns(void)
{
	return clock_ns;
}

u64 time_wallclock_ns(void)
{
	return epoch_ns;
}

void console_lock(unsigned long *flags)
{
	assert_false(locked);
	locked = true;
	*flags = 5;
}

void console_unlock(unsigned long flags)
{
	assert_true(locked);
	assert_int_equal(flags, 5);
	locked = false;
}

void console_emit(const char *s, size_t n)
{
	size_t used = strlen(out);

	assert_true(locked);
	assert_true(used + n < sizeof(out));
	memcpy(out + used, s, n);
	out[used + n] = '\0';
}

static int fresh(void **state)
{
	out[0] = '\0';
	memset(&opts, 0, sizeof(opts));
	opts.loglvl_lower = opts.loglvl_upper = LOG_WARN + 1;
	opts.guest_loglvl_upper = LOG_WARN + 1;
	tsc_khz = 0;
	return 0;
}

static void test_lines(void **state)
{
	printk("a");
	printk("b %d\n", 5);
	printk("one\ntwo\n\n");
	assert_string_equal(out, "(XEN) ab 5\n(XEN) one\n(XEN) two\n(XEN)\x20\n");
}

static void test_too_long(void **state)
{
	printk("%2000d", 1);
	assert_int_equal(strlen(out), 6 + 1023);
	printk("\n");
}

static void test_levels(void **state)
{
	static const char *const shown[] = {
		"", "(XEN) e\n", "(XEN) e\n(XEN) w\n", "(XEN) e\n(XEN) w\n(XEN) i\n",
		"(XEN) e\n(XEN) w\n(XEN) i\n(XEN) d\n",
	};

	for (u8 level = 0; level <= 4; level++) {
		fresh(NULL);
		opts.loglvl_lower = opts.loglvl_upper = level;
		pr_err("e\n");
		pr_warn("w\n");
		pr_info("i\n");
		pr_debug("d\n");
		assert_string_equal(out, shown[level]);
	}
	fresh(NULL);
	opts.loglvl_lower = opts.loglvl_upper = 0;
	printk("always\n");
	assert_string_equal(out, "(XEN) always\n");
}

static unsigned int count(const char *needle)
{
	unsigned int n = 0;

	for (const char *p = out; (p = strstr(p, needle)); p++)
		n++;
	return n;
}

static void test_rate(void **state)
{
	tsc_khz = 1000000;
	clock_ns = 100 * NSEC_PER_SEC;
	for (int i = 0; i < 25; i++)
		dprintk(3, LOG_ERR, "boo\n");
	assert_int_equal(count("(XEN) d3 boo\n"), 10);
	clock_ns += 4 * NSEC_PER_SEC;
	dprintk(3, LOG_ERR, "boo\n");
	assert_int_equal(count("boo"), 10);
	clock_ns += 1 * NSEC_PER_SEC;
	dprintk(3, LOG_ERR, "boo\n");
	assert_int_equal(count("boo"), 11);
	assert_int_equal(count("(XEN) printk: 16 messages suppressed.\n"), 1);
	/* The hypervisor's own limit is another. */
	pr_err("mine\n");
	assert_int_equal(count("mine"), 1);
	/* Below the lower threshold nothing is limited, above the upper nothing shown. */
	opts.guest_loglvl_lower = LOG_WARN + 1;
	for (int i = 0; i < 25; i++)
		dprintk(3, LOG_WARN, "free\n");
	dprintk(3, LOG_INFO, "never\n");
	assert_int_equal(count("free"), 25);
	assert_int_equal(count("never"), 0);
}

static void test_guest_prefix(void **state)
{
	static struct domain d = { .domain_id = 7 };
	static struct vcpu v = { .domain = &d, .vcpu_id = 2 };

	current = &v;
	gprintk(LOG_WARN, "bad cr3 %#lx\n", 0x123UL);
	assert_string_equal(out, "(XEN) d7v2 bad cr3 0x123\n");
}

static void check_date(u64 secs, const char *want)
{
	out[0] = '\0';
	epoch_ns = secs * NSEC_PER_SEC + 7 * NSEC_PER_MSEC;
	printk("x\n");
	assert_string_equal(out, want);
}

static void test_timestamps(void **state)
{
	tsc_khz = 1000000;
	clock_ns = 12 * NSEC_PER_SEC + 34567 * NSEC_PER_USEC;
	opts.console_timestamps = STAMP_BOOT;
	printk("x\n");
	assert_string_equal(out, "(XEN) [   12.034567] x\n");
	out[0] = '\0';
	opts.console_timestamps = STAMP_RAW;
	printk("x\n");
	assert_string_equal(out, "(XEN) [0000000000001234] x\n");
	out[0] = '\0';
	/* No clock yet: time since boot. */
	opts.console_timestamps = STAMP_DATE;
	printk("x\n");
	assert_string_equal(out, "(XEN) [   12.034567] x\n");
	out[0] = '\0';
	tsc_khz = 0;
	epoch_ns = NSEC_PER_SEC;
	printk("x\n");
	assert_string_equal(out, "(XEN) [    0.000000] x\n");

	tsc_khz = 1000000;
	check_date(1, "(XEN) [1970-01-01 00:00:01] x\n");
	check_date(951782399, "(XEN) [2000-02-28 23:59:59] x\n");
	check_date(951782400, "(XEN) [2000-02-29 00:00:00] x\n");
	check_date(1735689599, "(XEN) [2024-12-31 23:59:59] x\n");
	check_date(4107542400, "(XEN) [2100-03-01 00:00:00] x\n");
	opts.console_timestamps = STAMP_DATEMS;
	check_date(1234567890, "(XEN) [2009-02-13 23:31:30.007] x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lines, fresh),
		cmocka_unit_test_setup(test_too_long, fresh),
		cmocka_unit_test_setup(test_levels, fresh),
		cmocka_unit_test_setup(test_rate, fresh),
		cmocka_unit_test_setup(test_guest_prefix, fresh),
		cmocka_unit_test_setup(test_timestamps, fresh),
	};

	return cmocka_run_group_tests_name("console/printk", tests, NULL, NULL);
}
