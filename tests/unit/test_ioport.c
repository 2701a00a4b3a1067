// SPDX-License-Identifier: GPL-2.0-only
/* arch/x86/pv/ioport.c: what reaches the hardware, and what only seems to. */
#include <asm/pv.h>
#include <asm/platform_timer.h>
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/ioport.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/pci.h>
#include <hv/serial.h>
#include <hv/spinlock.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

struct acpi_info acpi;
struct hv_options opts;
struct spinlock rtc_lock;

static struct domain dom0 = { .is_hardware_domain = true }, domu;
static struct vcpu v0 = { .domain = &dom0 }, vu = { .domain = &domu };

/* The last access to hardware. */
static struct {
	u16 port;
	unsigned int bytes;
	u32 val;
	bool write;
	unsigned int nr;
} hw;

static u8 index_port;	/* of the made-up CMOS */
static u32 last_cf8, last_cf8_offset, last_cf8_val;

void *hv_alloc_array(size_t size, size_t n)
{
	return calloc(n, size);
}

void hv_free(void *p)
{
	free(p);
}

void panic(const char *fmt, ...)
{
	abort();
}

u8 stub_in(u16 port)
{
	hw.port = port;
	hw.bytes = 1;
	hw.write = false;
	hw.nr++;
	return port == 0x71 ? index_port : 0x5a;
}

void stub_out(u8 v, u16 port)
{
	hw.port = port;
	hw.bytes = 1;
	hw.val = v;
	hw.write = true;
	hw.nr++;
	if (port == 0x70)
		index_port = v;
}

u32 stub_in_wide(u16 port, unsigned int bytes)
{
	hw.port = port;
	hw.bytes = bytes;
	hw.write = false;
	hw.nr++;
	return 0x12345678;
}

void stub_out_wide(u32 v, u16 port, unsigned int bytes)
{
	hw.port = port;
	hw.bytes = bytes;
	hw.val = v;
	hw.write = true;
	hw.nr++;
}

u32 pci_cf8_read(u32 address, unsigned int offset, unsigned int bytes)
{
	last_cf8 = address;
	last_cf8_offset = offset;
	return 0xabcd1234;
}

void pci_cf8_write_guest(u32 address, unsigned int offset, unsigned int bytes, u32 val)
{
	last_cf8 = address;
	last_cf8_offset = offset;
	last_cf8_val = val;
}

bool serial_claims_port(u16 io_port)
{
	return io_port >= 0x3f8 && io_port < 0x400;
}

static u32 in(struct vcpu *v, u16 port, unsigned int bytes)
{
	u32 val = 0xdeadbeef;

	assert_true(pv_ioport_read(v, port, bytes, &val));
	return val;
}

static void out(struct vcpu *v, u16 port, unsigned int bytes, u32 val)
{
	assert_true(pv_ioport_write(v, port, bytes, val));
}

static int setup(void **state)
{
	static bool once;

	acpi.pm_timer_port = 0x608;
	opts.com[0].io_base = 0x3f8;
	opts.com[1].io_base = 0x2f8;
	if (!once) {
		ioport_init();
		rangeset_init(&dom0.access.ioports);
		rangeset_init(&domu.access.ioports);
		ioport_grant_machine(&dom0);
	}
	once = true;
	memset(&hw, 0, sizeof(hw));
	return 0;
}

static void assert_absent(u16 port, unsigned int bytes)
{
	hw.nr = 0;
	assert_int_equal(in(&v0, port, bytes), bytes == 4 ? ~0U : (1U << 8 * bytes) - 1);
	out(&v0, port, bytes, 0);
	assert_int_equal(hw.nr, 0);
}

static void own_devices_are_absent(void **state)
{
	static const u16 ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x92,
				     0xcf9, 0x3f8, 0x3ff, 0x608, 0x60b };

	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		assert_absent(ports[i], 1);
	assert_absent(0x608, 4);
}

static void wide_access_does_not_sneak_in(void **state)
{
	assert_absent(0x1f, 2);
	assert_absent(0x22 - 4, 4);
	assert_absent(0x3f6, 4);
	assert_absent(0x6f, 2);		/* CMOS index */
	assert_absent(0x71, 2);
	assert_absent(0x70, 4);
	assert_absent(0xcfa, 4);	/* into the PCI data port */
	assert_absent(0xcfe, 4);
	assert_absent(0xcf8, 2);	/* covers the reset register */
	assert_absent(0x41, 2);
	assert_absent(0xffff, 2);	/* wraps */
	assert_absent(0xfffe, 4);
}

static void the_rest_is_hardware(void **state)
{
	assert_int_equal(in(&v0, 0x1f0, 2), 0x5678);
	assert_int_equal(hw.port, 0x1f0);
	assert_int_equal(hw.bytes, 2);
	out(&v0, 0xb2, 1, 0xf1);
	assert_true(hw.write);
	assert_int_equal(hw.val, 0xf1);
	assert_int_equal(in(&v0, 0x2f8, 1), 0x5a);
	assert_int_equal(in(&v0, 0x60c, 4), 0x12345678);
	assert_int_equal(in(&v0, 0xffff, 1), 0x5a);
}

static void other_domains_have_nothing(void **state)
{
	static const u16 ports[] = { 0x1f0, 0x70, 0x71, 0xcf8, 0xcfc, 0x61, 0x80 };

	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		assert_int_equal(in(&vu, ports[i], 1), 0xff);
		out(&vu, ports[i], 4, 0);
	}
	assert_int_equal(hw.nr, 0);
}

/* What its toolstack granted, but nothing that is emulated for domain 0. */
static void other_domains_have_what_was_granted(void **state)
{
	assert_int_equal(rangeset_add(&domu.access.ioports, 0x1f0, 0x1f7), 0);
	assert_int_equal(rangeset_add(&domu.access.ioports, 0x70, 0x71), 0);
	assert_int_equal(rangeset_add(&domu.access.ioports, 0xcf8, 0xcff), 0);
	assert_int_equal(in(&vu, 0x1f0, 2), 0x5678);
	out(&vu, 0x1f7, 1, 0xec);
	assert_int_equal(hw.val, 0xec);
	hw.nr = 0;
	assert_int_equal(in(&vu, 0x1f7, 2), 0xffff);	/* half outside */
	assert_int_equal(in(&vu, 0x1ef, 2), 0xffff);
	assert_int_equal(in(&vu, 0x70, 1), 0xff);
	out(&vu, 0xcf8, 4, 0x80000000);
	out(&vu, 0xcf8, 1, 0);
	assert_int_equal(in(&vu, 0xcfc, 4), ~0U);
	assert_int_equal(hw.nr, 0);
	assert_int_equal(rangeset_remove(&domu.access.ioports, 0, 0xffff), 0);
	assert_int_equal(in(&vu, 0x1f0, 2), 0xffff);
	assert_int_equal(hw.nr, 0);
	rangeset_destroy(&domu.access.ioports);
}

static void pci_address_is_latched(void **state)
{
	out(&v0, 0xcf8, 4, 0x80001004);
	assert_int_equal(hw.nr, 0);
	assert_int_equal(in(&v0, 0xcf8, 4), 0x80001004);
	assert_int_equal(in(&v0, 0xcfe, 2), 0x1234);
	assert_int_equal(last_cf8, 0x80001004);
	assert_int_equal(last_cf8_offset, 2);
	out(&v0, 0xcfc, 4, 0x77);
	assert_int_equal(last_cf8_val, 0x77);
	/* Without the enable bit there is no configuration cycle. */
	out(&v0, 0xcf8, 4, 0x1004);
	last_cf8 = 0;
	assert_int_equal(in(&v0, 0xcfc, 4), ~0U);
	out(&v0, 0xcfc, 4, 1);
	assert_int_equal(last_cf8, 0);
	assert_int_equal(hw.nr, 0);
}

static void cmos_index_is_latched(void **state)
{
	out(&v0, 0x70, 1, 0x8b);
	assert_int_equal(hw.nr, 0);
	assert_int_equal(in(&v0, 0x70, 1), 0x0b);
	index_port = 0;
	assert_int_equal(in(&v0, 0x71, 1), 0x0b);	/* without the NMI mask */
	out(&v0, 0x71, 1, 0x42);
	assert_int_equal(hw.port, 0x71);
	assert_int_equal(hw.val, 0x42);
}

static void speaker_but_not_timer(void **state)
{
	out(&v0, 0x43, 1, 0xb6);		/* channel 2 */
	assert_int_equal(hw.port, 0x43);
	hw.nr = 0;
	out(&v0, 0x43, 1, 0x36);		/* channel 0 */
	out(&v0, 0x43, 1, 0xc2);		/* read back channel 0 */
	out(&v0, 0x43, 1, 0xce);		/* read back 0, 1 and 2 */
	assert_int_equal(hw.nr, 0);
	out(&v0, 0x43, 1, 0xe8);		/* read back 2 */
	assert_int_equal(hw.nr, 1);
	out(&v0, 0x42, 1, 0x55);
	assert_int_equal(hw.port, 0x42);
	out(&v0, 0x61, 1, 0xff);		/* upper half is status */
	assert_int_equal(hw.port, 0x61);
	assert_int_equal(hw.val, 0x5f);
	assert_int_equal(in(&v0, 0x43, 1), 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(own_devices_are_absent, setup),
		cmocka_unit_test_setup(wide_access_does_not_sneak_in, setup),
		cmocka_unit_test_setup(the_rest_is_hardware, setup),
		cmocka_unit_test_setup(other_domains_have_nothing, setup),
		cmocka_unit_test_setup(other_domains_have_what_was_granted, setup),
		cmocka_unit_test_setup(pci_address_is_latched, setup),
		cmocka_unit_test_setup(cmos_index_is_latched, setup),
		cmocka_unit_test_setup(speaker_but_not_timer, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
