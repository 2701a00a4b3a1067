// SPDX-License-Identifier: GPL-2.0-only
/* What a guest reads and may write of configuration space, against a model of the hardware. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model.h"

static struct pci_dev dev;
static struct pb_dev pb;

static int fresh(void **state)
{
	pb_permissive = false;
	fake_device(&dev);
	fake_pb(&pb, &dev);
	power_calls = intx_updates = 0;
	soft_reset = false;
	fake_messages = 0;
	return 0;
}

static int finish(void **state)
{
	pb_config_free(&pb);
	return 0;
}

static u32 rd(int where, int size)
{
	u32 val;

	assert_int_equal(pb_config_read(&pb, where, size, &val), 0);
	return val;
}

static void wr(int where, int size, u32 val)
{
	assert_int_equal(pb_config_write(&pb, where, size, val), 0);
}

#define reads(where, size, val)	assert_int_equal(rd(where, size), val)
#define hw(where, size, val)	assert_int_equal(hw_get(&dev, where, size), val)

static u32 covered[FAKE_CFG];

static int mark(struct pb_dev *p, const struct pb_field *f, int where, void *arg)
{
	int i;

	assert_true(f->size == 1 || f->size == 2 || f->size == 4);
	assert_int_equal(where % f->size, 0);
	assert_true(where + f->size <= 256);
	assert_int_equal(f->rw & f->rw1c, 0);
	if (f->size < 4)
		assert_int_equal((f->rw | f->rw1c | f->hide) >> 8 * f->size, 0);
	for (i = 0; i < f->size; i++)
		assert_int_equal(covered[where + i]++, 0);
	return 0;
}

static void tables_are_sound(void **state)
{
	memset(covered, 0, sizeof(covered));
	pb_config_each(&pb, mark, NULL);
	dev.hdr_type = PCI_HEADER_TYPE_BRIDGE;
	memset(covered, 0, sizeof(covered));
	pb_config_each(&pb, mark, NULL);
	assert_int_equal(covered[PCI_ROM_ADDRESS1], 1);
	assert_int_equal(covered[PCI_BASE_ADDRESS_2], 0);	/* a bridge's bus numbers */
}

static void header_is_shown(void **state)
{
	hw_set(&dev, PCI_VENDOR_ID, 4, 0xffffffff);	/* as a virtual function */
	reads(PCI_VENDOR_ID, 4, 0x10d38086);
	reads(PCI_DEVICE_ID, 2, 0x10d3);
	reads(PCI_VENDOR_ID + 1, 1, 0x80);
	reads(PCI_INTERRUPT_LINE, 1, 21);
	reads(PCI_INTERRUPT_LINE, 2, 0x0115);
	wr(PCI_INTERRUPT_LINE, 1, 5);
	wr(PCI_VENDOR_ID, 2, 0x1234);
	hw(PCI_INTERRUPT_LINE, 1, 11);
	hw(PCI_VENDOR_ID, 2, 0xffff);
	wr(PCI_CACHE_LINE_SIZE, 1, 16);
	hw(PCI_CACHE_LINE_SIZE, 1, 16);
	wr(PCI_BIST, 1, 0xff);
	hw(PCI_BIST, 1, PCI_BIST_START);
}

static void offsets_and_sizes_are_checked(void **state)
{
	static const int sizes[] = { 0, 3, 5, 8, -1, INT32_MIN, INT32_MAX };
	static const int offsets[] = { -1, -4, 4096, 4097, INT32_MIN, INT32_MAX, INT32_MAX - 3 };
	unsigned int i;
	u32 val = 1;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(pb_config_read(&pb, 0, sizes[i], &val),
				 XEN_PCI_ERR_invalid_offset);
		assert_int_equal(val, 0);
		assert_int_equal(pb_config_write(&pb, 0, sizes[i], 0),
				 XEN_PCI_ERR_invalid_offset);
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		assert_int_equal(pb_config_read(&pb, offsets[i], 1, &val),
				 XEN_PCI_ERR_invalid_offset);
		assert_int_equal(pb_config_read(&pb, offsets[i], 4, &val),
				 XEN_PCI_ERR_invalid_offset);
	}
	assert_int_equal(pb_config_read(&pb, 2, 4, &val), XEN_PCI_ERR_invalid_offset);
	assert_int_equal(pb_config_read(&pb, 1, 2, &val), XEN_PCI_ERR_invalid_offset);
	reads(4092, 4, 0);
	dev.cfg_size = 256;
	assert_int_equal(pb_config_read(&pb, 256, 4, &val), XEN_PCI_ERR_invalid_offset);
	reads(252, 4, hw_get(&dev, 252, 4));
}

static void decoding_is_never_turned_off(void **state)
{
	/* As it is handed over; the guest has not turned it on. */
	reads(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	assert_false(pb.isr_on);
	wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	reads(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	assert_true(dev.is_busmaster && pb.isr_on);
	wr(PCI_COMMAND, 2, 0);
	reads(PCI_COMMAND, 2, 0);
	assert_false(dev.is_busmaster || pb.isr_on);
	assert_int_equal(intx_updates, 2);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	pb_permissive = true;
	wr(PCI_COMMAND, 2, PCI_COMMAND_SPECIAL);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_SPECIAL);
	wr(PCI_COMMAND, 1, 0);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}

#define ALL_ON	(PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER)

/* After a reset of the device, its own or that of an error's recovery. */
static void a_lost_command_is_written_anew(void **state)
{
	wr(PCI_COMMAND, 2, ALL_ON);
	hw_set(&dev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	assert_true(dev.is_busmaster);
	reads(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	wr(PCI_COMMAND, 2, ALL_ON);
	hw(PCI_COMMAND, 2, ALL_ON);
	hw_set(&dev, PCI_COMMAND, 2, 0);
	hw_set(&dev, PCI_BASE_ADDRESS_0, 4, 0);
	hw_set(&dev, PCI_BASE_ADDRESS_2, 4, 0);
	assert_false(pb_decodes_memory(&pb));
	wr(PCI_COMMAND, 2, 0);
	hw(PCI_COMMAND, 2, 0);
	wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	hw(PCI_BASE_ADDRESS_0, 4, 0xfe000000);	/* at its address, not at 0 */
	hw(PCI_BASE_ADDRESS_2, 4, 0x3800);
	assert_true(pb_decodes_memory(&pb));
}

static void decoding_survives_sleep(void **state)
{
	soft_reset = true;
	wr(PCI_COMMAND, 2, ALL_ON);
	wr(CAP_PM + PCI_PM_CTRL, 2, 3);
	assert_false(pb_decodes_memory(&pb));
	wr(CAP_PM + PCI_PM_CTRL, 2, 0);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	hw(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	assert_true(pb_decodes_memory(&pb));
	wr(PCI_COMMAND, 2, ALL_ON);
	hw(PCI_COMMAND, 2, ALL_ON);
}

/* A bridge has bus numbers and windows where others have BARs; a virtual function has no bits. */
static void decoding_of_others(void **state)
{
	dev.hdr_type = PCI_HEADER_TYPE_BRIDGE;
	hw_set(&dev, PCI_COMMAND, 2, 0);
	hw_set(&dev, PCI_PRIMARY_BUS, 4, 0x00020100);
	wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw(PCI_PRIMARY_BUS, 4, 0x00020100);
	dev.hdr_type = PCI_HEADER_TYPE_NORMAL;
	dev.is_virtfn = 1;
	hw_set(&dev, PCI_COMMAND, 2, 0);
	assert_true(pb_decodes_memory(&pb));
	wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw(PCI_COMMAND, 2, 0);
	hw_set(&dev, PCI_COMMAND, 2, 0xffff);	/* it does not answer */
	assert_false(pb_decodes_memory(&pb));
}

static void error_signals_stay_the_hosts(void **state)
{
	hw_set(&dev, PCI_COMMAND, 2, 7 | PCI_COMMAND_SERR | PCI_COMMAND_PARITY);
	wr(PCI_COMMAND, 2, 7);
	assert_true(hw_get(&dev, PCI_COMMAND, 2) & PCI_COMMAND_SERR);
	wr(PCI_COMMAND, 2, 7 | PCI_COMMAND_INVALIDATE);
	assert_true(hw_get(&dev, PCI_COMMAND, 2) & PCI_COMMAND_INVALIDATE);
	wr(PCI_COMMAND, 2, 7);
	assert_false(hw_get(&dev, PCI_COMMAND, 2) & PCI_COMMAND_INVALIDATE);
}

static void intx_needs_leave(void **state)
{
	wr(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	reads(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_false(hw_get(&dev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
	wr(PCI_COMMAND, 2, 0);
	pb.intr_control = true;
	wr(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_true(hw_get(&dev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
}

/* Writing one byte of a word must not clear what stands in the other. */
static void write_to_clear_clears_what_was_written(void **state)
{
	wr(PCI_STATUS, 1, 0xff);
	hw(PCI_STATUS, 2, PCI_STATUS_CAP_LIST | 0xf900);
	wr(PCI_STATUS, 2, PCI_STATUS_REC_MASTER_ABORT);
	hw(PCI_STATUS, 2, PCI_STATUS_CAP_LIST | 0xd900);
	wr(PCI_COMMAND, 4, PCI_STATUS_PARITY << 16);
	hw(PCI_STATUS, 2, PCI_STATUS_CAP_LIST | 0xd800);
	wr(CAP_EXP + PCI_EXP_DEVCTL, 4, PCI_EXP_DEVSTA_CED << 16);
	hw(CAP_EXP + PCI_EXP_DEVSTA, 2, 0xe);
	wr(CAP_EXP + PCI_EXP_DEVCTL, 2, 0xffff);
	hw(CAP_EXP + PCI_EXP_DEVSTA, 2, 0xe);
}

static void bars_tell_their_size(void **state)
{
	reads(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	wr(PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	reads(PCI_BASE_ADDRESS_0, 4, 0xfffe0000);
	reads(PCI_BASE_ADDRESS_0 + 2, 2, 0xfffe);
	reads(PCI_BASE_ADDRESS_1, 4, 0x00000004);
	reads(PCI_BASE_ADDRESS_2, 4, 0x3800);
	wr(PCI_BASE_ADDRESS_1, 4, 0xffffffff);
	wr(PCI_BASE_ADDRESS_2, 4, 0xffffffff);
	reads(PCI_BASE_ADDRESS_1, 4, 0x00000004);
	reads(PCI_BASE_ADDRESS_2, 4, 0xfffffffe);
	wr(PCI_BASE_ADDRESS_3, 4, 0xffffffff);
	reads(PCI_BASE_ADDRESS_3, 4, 0xffffffe1);
	wr(PCI_BASE_ADDRESS_4, 4, 0xffffffff);
	reads(PCI_BASE_ADDRESS_4, 4, 0);
	wr(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	reads(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	wr(PCI_BASE_ADDRESS_0, 4, 0x12340000);	/* addresses cannot be chosen */
	reads(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	hw(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	pb_config_reset(&pb);
	reads(PCI_BASE_ADDRESS_3, 4, 0xc001);
}

static void a_lost_bar_may_be_put_back(void **state)
{
	hw_set(&dev, PCI_BASE_ADDRESS_0, 4, 0);
	wr(PCI_BASE_ADDRESS_0, 4, 0x1000);
	hw(PCI_BASE_ADDRESS_0, 4, 0);
	wr(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	hw(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
}

static void rom_can_be_enabled_where_it_is(void **state)
{
	wr(PCI_ROM_ADDRESS, 4, PCI_ROM_ADDRESS_MASK);
	reads(PCI_ROM_ADDRESS, 4, 0xfffc0000);
	wr(PCI_ROM_ADDRESS, 4, 0xfd000001);
	reads(PCI_ROM_ADDRESS, 4, 0xfd000001);
	hw(PCI_ROM_ADDRESS, 4, 0xfd000001);
	wr(PCI_ROM_ADDRESS, 4, 0xfd000000);
	hw(PCI_ROM_ADDRESS, 4, 0xfd000000);
	wr(PCI_ROM_ADDRESS, 4, 0xc0000001);
	hw(PCI_ROM_ADDRESS, 4, 0xfd000000);
	dev.res[PCI_ROM_RESOURCE].start = 0;	/* it was given no address */
	wr(PCI_ROM_ADDRESS, 4, 1);
	hw(PCI_ROM_ADDRESS, 4, 0xfd000000);
}

static void power_is_the_kernels(void **state)
{
	reads(CAP_PM + PCI_PM_PMC, 2, 3);
	wr(CAP_PM + PCI_PM_CTRL, 2, 3 | PCI_PM_CTRL_PME_ENABLE);
	assert_int_equal(power_calls, 1);
	assert_int_equal(dev.current_state, 3);
	hw(CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_STATUS);
	wr(CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_STATUS);
	hw(CAP_PM + PCI_PM_CTRL, 2, 0);
	assert_int_equal(pb_config_write(&pb, CAP_PM + PCI_PM_CTRL, 2, 1), XEN_PCI_ERR_op_failed);
}

static void vital_product_data_is_read_only(void **state)
{
	wr(CAP_VPD + PCI_VPD_ADDR, 2, 0x10);
	hw(CAP_VPD + PCI_VPD_ADDR, 2, 0x10);
	assert_int_equal(pb_config_write(&pb, CAP_VPD + PCI_VPD_ADDR, 2, 0x8010),
			 XEN_PCI_ERR_access_denied);
	wr(CAP_VPD + PCI_VPD_DATA, 4, 0xdeadbeef);
	hw(CAP_VPD + PCI_VPD_DATA, 4, 0);
}

static int msi(u32 val)
{
	return pb_config_write(&pb, CAP_MSI + PCI_MSI_FLAGS, 2, val);
}

static int msix(u32 val)
{
	return pb_config_write(&pb, CAP_MSIX + PCI_MSIX_FLAGS, 2, val);
}

static void message_interrupts_need_leave(void **state)
{
	assert_int_equal(msi(0), 0);
	assert_int_equal(msi(PCI_MSI_FLAGS_ENABLE), XEN_PCI_ERR_access_denied);
	assert_int_equal(msix(PCI_MSIX_FLAGS_ENABLE), XEN_PCI_ERR_access_denied);
	wr(CAP_MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	hw(CAP_MSI + PCI_MSI_ADDRESS_LO, 4, 0);

	pb.intr_control = true;
	assert_int_equal(msi(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE),
			 XEN_PCI_ERR_access_denied);
	assert_int_equal(msi(PCI_MSI_FLAGS_ENABLE), 0);
	assert_int_equal(msix(PCI_MSIX_FLAGS_ENABLE), XEN_PCI_ERR_access_denied);
	assert_int_equal(msi(0), 0);
	assert_int_equal(msix(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL), 0);
	hw(CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	/* Linux fills the table, turns INTx off and unmasks. */
	wr(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(msix(PCI_MSIX_FLAGS_ENABLE), 0);
	hw(CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(msi(PCI_MSI_FLAGS_ENABLE), XEN_PCI_ERR_access_denied);
}

static void express_reset_and_reporting_are_the_hosts(void **state)
{
	reads(CAP_EXP + PCI_EXP_DEVCAP, 4, 0x8000);
	wr(CAP_EXP + PCI_EXP_DEVCTL, 2, 0xffff);
	hw(CAP_EXP + PCI_EXP_DEVCTL, 2,
	   PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ);
	wr(CAP_EXP + PCI_EXP_LNKCTL, 2, 0xffff);
	hw(CAP_EXP + PCI_EXP_LNKCTL, 2, 0);
}

static void the_rest_is_read_only(void **state)
{
	u8 before[FAKE_CFG];
	int at;

	memcpy(before, dev.hw, sizeof(before));
	for (at = 256; at < FAKE_CFG; at += 4) {
		reads(at, 4, hw_get(&dev, at, 4));
		wr(at, 4, 0xffffffff);
	}
	wr(0x40, 4, 0xffffffff);
	assert_memory_equal(before, dev.hw, sizeof(before));
	assert_int_equal(fake_messages, 1);	/* and said so, once */
}

static void permissive_writes_all_that_no_field_guards(void **state)
{
	pb.permissive = true;
	wr(0x40, 4, 0x12345678);
	wr(0x104, 4, 0x9abcdef0);
	hw(0x40, 4, 0x12345678);
	hw(0x104, 4, 0x9abcdef0);
	wr(CAP_EXP + PCI_EXP_LNKCTL, 2, 0x40);
	hw(CAP_EXP + PCI_EXP_LNKCTL, 2, 0x40);
	/* half a field's, half nobody's */
	hw_set(&dev, CAP_EXP + PCI_EXP_LNKSTA, 2, 0);
	wr(CAP_EXP + PCI_EXP_LNKCTL, 4, 0x77770041);
	hw(CAP_EXP + PCI_EXP_LNKCTL, 4, 0x77770041);
	wr(PCI_BASE_ADDRESS_0, 4, 0x1000);
	hw(PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	assert_int_equal(fake_messages, 0);
}

static void quirks_open_registers(void **state)
{
	struct pb_quirk_text q = { .reg = 0x44, .size = 2, .mask = 0xff };
	char page[PAGE_SIZE];
	int n;

	assert_int_equal(pb_quirk_add(&pb, &q), 0);
	wr(0x44, 4, 0xffffffff);
	hw(0x44, 4, 0x000000ff);
	q.reg = 4092;
	q.size = 4;
	assert_int_equal(pb_quirk_add(&pb, &q), 0);
	dev.cfg_size = 256;
	assert_int_equal(pb_quirk_add(&pb, &q), -EINVAL);
	dev.cfg_size = FAKE_CFG;
	n = pb_quirks_show(&pb, page, 0);
	assert_int_equal(n, strlen(page));
	assert_non_null(strstr(page, "03:00.0\n\t8086:10d3:8086:1234\n\t\t00000000:2:00000000\n"));
	assert_non_null(strstr(page, "\n\t\t00000044:2:000000ff\n"));
	q.reg = 0x50;
	for (n = 0; n < 254; n++)
		assert_int_equal(pb_quirk_add(&pb, &q), 0);
	assert_int_equal(pb_quirk_add(&pb, &q), -ENOSPC);
}

static void a_device_may_lack_everything(void **state)
{
	dev.hw[PCI_CAPABILITY_LIST] = 0;
	dev.cfg_size = 256;
	pb_config_init(&pb);
	wr(CAP_EXP + PCI_EXP_DEVCTL, 2, 0xffff);
	hw(CAP_EXP + PCI_EXP_DEVCTL, 2, 0);
	/* a list of capabilities in a ring, and at the very end */
	dev.hw[PCI_CAPABILITY_LIST] = 0xfc;
	hw_set(&dev, 0xfc, 2, 0xfc10);
	pb_config_init(&pb);
	reads(0xfc, 4, hw_get(&dev, 0xfc, 4));
}

#define on_device(f)	cmocka_unit_test_setup_teardown(f, fresh, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_device(tables_are_sound),
		on_device(header_is_shown),
		on_device(offsets_and_sizes_are_checked),
		on_device(decoding_is_never_turned_off),
		on_device(a_lost_command_is_written_anew),
		on_device(decoding_survives_sleep),
		on_device(decoding_of_others),
		on_device(error_signals_stay_the_hosts),
		on_device(intx_needs_leave),
		on_device(write_to_clear_clears_what_was_written),
		on_device(bars_tell_their_size),
		on_device(a_lost_bar_may_be_put_back),
		on_device(rom_can_be_enabled_where_it_is),
		on_device(power_is_the_kernels),
		on_device(vital_product_data_is_read_only),
		on_device(message_interrupts_need_leave),
		on_device(express_reset_and_reporting_are_the_hosts),
		on_device(the_rest_is_read_only),
		on_device(permissive_writes_all_that_no_field_guards),
		on_device(quirks_open_registers),
		on_device(a_device_may_lack_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
