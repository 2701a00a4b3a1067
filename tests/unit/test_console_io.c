// SPDX-License-Identifier: GPL-2.0-only
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include "test.h"
#include <stdio.h>
#include <string.h>

#include <xen/sysctl.h>

struct vcpu *current;

static struct domain dom0 = { .domain_id = 0, .is_hardware_domain = true };
static struct domain guests[12];
static struct vcpu v;

static char raw[4096], logged[8192], typed[256];
static bool preempt;
static unsigned long continued[3];

void console_write_raw(const char *s, size_t n)
{
	strncat(raw, s, n);
}

void dprintk(unsigned int domid, enum log_level level, const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list args;

	assert_int_equal(level, LOG_DEBUG);
	n += (size_t)snprintf(logged + n, sizeof(logged) - n, "d%u ", domid);
	va_start(args, fmt);
	vsnprintf(logged + n, sizeof(logged) - n, fmt, args);
	va_end(args);
}

size_t console_read_dom0(char *buf, size_t max)
{
	size_t n = min(max, strlen(typed));

	memcpy(buf, typed, n);
	memmove(typed, typed + n, strlen(typed) - n + 1);
	return n;
}

/* Guest memory is ours, but for addresses below a page and what a test forbids. */
static unsigned long forbidden;

static bool fault(unsigned long va, size_t n)
{
	return va < 4096 || (forbidden && va + n > forbidden);
}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t n)
{
	if (fault(va, n))
		return n;
	memcpy(to, (void *)va, n);
	return 0;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t n)
{
	if (fault(va, n))
		return n;
	memcpy((void *)va, from, n);
	return 0;
}

bool hypercall_preempt_check(void)
{
	return preempt;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	va_list args;

	assert_int_equal(nr_args, 3);
	va_start(args, nr_args);
	for (unsigned int i = 0; i < 3; i++)
		continued[i] = va_arg(args, unsigned long);
	va_end(args);
	return 4711;
}

static int fresh(void **state)
{
	raw[0] = logged[0] = '\0';
	preempt = false;
	forbidden = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(guests); i++)
		guests[i].domain_id = (domid_t)(i + 1);
	v.domain = &dom0;
	current = &v;
	return 0;
}

static long io(unsigned long cmd, unsigned long count, const void *buf)
{
	return do_console_io(cmd, count, (unsigned long)buf, 0, 0);
}

static long write_str(struct domain *d, const char *s)
{
	v.domain = d;
	return io(CONSOLEIO_write, strlen(s), s);
}

static void test_dom0_write(void **state)
{
	static char big[1000];

	assert_int_equal(write_str(&dom0, "[    0.0] Linux\nno newline"), 0);
	assert_string_equal(raw, "[    0.0] Linux\nno newline");
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(write_str(&dom0, big), 0);
	assert_int_equal(strlen(raw), 26 + 999);
	assert_string_equal(logged, "");
	assert_int_equal(io(CONSOLEIO_write, 0, NULL), 0);
	assert_int_equal(io(CONSOLEIO_write, 5, (void *)8), -EFAULT);
	assert_int_equal(io(CONSOLEIO_write, 0x80000000, big), -EINVAL);
	assert_int_equal(io(CONSOLEIO_write, ~0UL, big), -EINVAL);
	assert_int_equal(io(2, 1, big), -ENOSYS);
}

static void test_preempted(void **state)
{
	static char big[300];

	memset(big, 'x', sizeof(big));
	preempt = true;
	assert_int_equal(io(CONSOLEIO_write, 300, big), 4711);
	assert_int_equal(continued[0], CONSOLEIO_write);
	assert_int_equal(continued[1], 300 - 128);
	assert_int_equal(continued[2], (unsigned long)big + 128);
	assert_int_equal(strlen(raw), 128);
	assert_int_equal(io(CONSOLEIO_write, 128, big), 0);
}

static void test_dom0_read(void **state)
{
	char buf[300] = "";

	strcpy(typed, "ls\r");
	assert_int_equal(io(CONSOLEIO_read, sizeof(buf), buf), 3);
	assert_memory_equal(buf, "ls\r", 3);
	assert_int_equal(io(CONSOLEIO_read, sizeof(buf), buf), 0);
	memset(typed, 'k', 200);
	typed[200] = '\0';
	assert_int_equal(io(CONSOLEIO_read, 150, buf), 150);
	assert_int_equal(io(CONSOLEIO_read, 0, buf), 0);
	assert_int_equal(io(CONSOLEIO_read, 10, (void *)8), -EFAULT);
	v.domain = &guests[0];
	assert_int_equal(io(CONSOLEIO_read, 10, buf), -EPERM);
}

static void test_guest_lines(void **state)
{
	char big[450];

	assert_int_equal(write_str(&guests[0], "hel"), 0);
	assert_string_equal(logged, "");
	write_str(&guests[1], "other\n");
	write_str(&guests[0], "lo\033[2J\r\nx\n\n");
	assert_string_equal(logged, "d2 other\nd1 hello[2J\nd1 x\n");
	assert_string_equal(raw, "");
	/* No newline comes: it is broken where the buffer ends. */
	fresh(NULL);
	memset(big, 'y', 449);
	big[449] = '\0';
	write_str(&guests[0], big);
	assert_int_equal(strlen(logged), 2 * (3 + 200 + 1));
	write_str(&guests[0], "\n");
	assert_int_equal(strlen(logged), 3 * 4 + 449);
}

/* More writers than buffers: the longest silent one's line is printed as it is. */
static void test_guest_crowd(void **state)
{
	char text[8];

	for (unsigned int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "p%u", i);
		write_str(&guests[i], text);
	}
	write_str(&guests[0], "+");
	assert_string_equal(logged, "");
	write_str(&guests[8], "new");
	assert_string_equal(logged, "d2 p1\n");
	for (unsigned int i = 0; i < 9; i++)
		write_str(&guests[i], "\n");
	assert_string_equal(logged,
			    "d2 p1\nd1 p0+\nd3 p2\nd4 p3\nd5 p4\nd6 p5\nd7 p6\nd8 p7\nd9 new\n");
}

/* The ring, as far as readconsole is concerned. */
char *conring;
u32 conring_size = 1000;
static const char *ring = "0123456789";
static u32 cleared_at;

u32 conring_begin(u32 index, bool incremental)
{
	return incremental ? index : 2;
}

size_t conring_copy(u32 *index, char *buf, size_t max)
{
	size_t n = min(max, strlen(ring) - *index);

	memcpy(buf, ring + *index, n);
	*index += (u32)n;
	return n;
}

void conring_clear(u32 upto)
{
	cleared_at = upto;
}

static void test_readconsole(void **state)
{
	struct xen_sysctl_readconsole op = { .count = 5 };
	char buf[32] = "";

	set_xen_guest_handle(op.buffer, buf);
	assert_int_equal(console_readconsole(&op), 0);
	assert_int_equal(op.count, 5);
	assert_int_equal(op.index, 7);
	assert_string_equal(buf, "23456");
	op = (struct xen_sysctl_readconsole){ .count = ~0U, .index = 7, .incremental = 1,
					      .clear = 1 };
	set_xen_guest_handle(op.buffer, buf);
	assert_int_equal(console_readconsole(&op), 0);
	assert_int_equal(op.count, 3);
	assert_int_equal(op.index, 10);
	assert_int_equal(cleared_at, 10);
	assert_memory_equal(buf, "789", 3);
	op = (struct xen_sysctl_readconsole){ .count = 5, .clear = 1 };
	cleared_at = 0;
	set_xen_guest_handle(op.buffer, (char *)8);
	assert_int_equal(console_readconsole(&op), -EFAULT);
	assert_int_equal(cleared_at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_dom0_write, fresh),
		cmocka_unit_test_setup(test_preempted, fresh),
		cmocka_unit_test_setup(test_dom0_read, fresh),
		cmocka_unit_test_setup(test_guest_lines, fresh),
		cmocka_unit_test_setup(test_guest_crowd, fresh),
		cmocka_unit_test_setup(test_readconsole, fresh),
	};

	return cmocka_run_group_tests_name("console/console_io", tests, NULL, NULL);
}
