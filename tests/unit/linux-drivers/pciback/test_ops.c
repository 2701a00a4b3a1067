// SPDX-License-Identifier: GPL-2.0-only
/* Requests on the shared page: served from one copy, answered in full, never trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model.h"

static union {
	struct xen_pci_sharedinfo info;
	u8 byte[PAGE_SIZE];
} page;
static struct pci_dev dev;
static struct pb_dev pb;
static struct pb_guest guest;
static struct pb_export export;

static int fresh(void **state)
{
	pb_permissive = false;
	fake_device(&dev);
	fake_pb(&pb, &dev);
	memset(&page, 0, sizeof(page));
	memset(&guest, 0, sizeof(guest));
	INIT_LIST_HEAD(&guest.exports);
	export = (struct pb_export){ .virt = { 0, 0, PCI_DEVFN(2, 1) }, .pb = &pb };
	list_add_tail(&export.list, &guest.exports);
	guest.shared = &page.info;
	notifies = 0;
	return 0;
}

static int finish(void **state)
{
	assert_int_equal(guest.lock.held + pb.lock.held, 0);
	pb_config_free(&pb);
	return 0;
}

static void ask(u32 cmd, int offset, int size, u32 value)
{
	struct xen_pci_op *op = &page.info.op;

	*op = (struct xen_pci_op){ .cmd = cmd, .err = 99, .devfn = PCI_DEVFN(2, 1),
				   .offset = offset, .size = size, .value = value };
	page.info.flags |= XEN_PCIF_active;
}

static int served(void)
{
	assert_true(pb_event(&guest));
	assert_false(page.info.flags & XEN_PCIF_active);
	return page.info.op.err;
}

static void reads_and_writes(void **state)
{
	ask(XEN_PCI_OP_conf_read, PCI_VENDOR_ID, 4, 0);
	assert_int_equal(served(), 0);
	assert_int_equal(page.info.op.value, 0x10d38086);
	ask(XEN_PCI_OP_conf_write, PCI_CACHE_LINE_SIZE, 1, 8);
	assert_int_equal(served(), 0);
	assert_int_equal(hw_get(&dev, PCI_CACHE_LINE_SIZE, 1), 8);
	assert_int_equal(notifies, 2);
	ask(XEN_PCI_OP_conf_read, 4096, 4, 1);
	assert_int_equal(served(), XEN_PCI_ERR_invalid_offset);
	ask(XEN_PCI_OP_conf_read, 3, 2, 1);
	assert_int_equal(served(), XEN_PCI_ERR_invalid_offset);
}

static void nothing_is_done_unasked(void **state)
{
	assert_false(pb_event(&guest));
	assert_int_equal(notifies, 0);
	guest.shared = NULL;
	assert_false(pb_event(&guest));
}

static void other_devices_are_not_there(void **state)
{
	static const struct pb_addr others[] = {
		{ 1, 0, PCI_DEVFN(2, 1) }, { 0, 1, PCI_DEVFN(2, 1) }, { 0, 0, PCI_DEVFN(2, 0) },
		{ 0, 0, 0x100 + PCI_DEVFN(2, 1) }, { U32_MAX, U32_MAX, U32_MAX },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		ask(XEN_PCI_OP_conf_read, 0, 4, 0);
		page.info.op.domain = others[i].domain;
		page.info.op.bus = others[i].bus;
		page.info.op.devfn = others[i].devfn;
		assert_int_equal(served(), XEN_PCI_ERR_dev_not_found);
	}
}

static void unknown_requests_are_refused(void **state)
{
	static const u32 cmds[] = { XEN_PCI_OP_aer_detected, XEN_PCI_OP_aer_slotreset, 10, 255,
				    0x80000000, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		ask(cmds[i], 0, 4, 0);
		assert_int_equal(served(), XEN_PCI_ERR_not_implemented);
	}
}

static void message_interrupts_are_handed_on(void **state)
{
	ask(XEN_PCI_OP_enable_msi, 0, 0, 0);
	assert_int_equal(served(), 0);
	assert_int_equal(page.info.op.value, 77);
	assert_int_equal(fake_mode, 1);
	ask(XEN_PCI_OP_disable_msi, 0, 0, 0);
	assert_int_equal(served(), 0);

	ask(XEN_PCI_OP_enable_msix, 0, 0, 3);
	page.info.op.msix_entries[2].entry = 4;
	assert_int_equal(served(), 0);
	assert_int_equal(page.info.op.value, 0);
	assert_int_equal(page.info.op.msix_entries[2].vector, 102);
	assert_int_equal(page.info.op.msix_entries[2].entry, 4);
	assert_int_equal(fake_mode, 2);

	ask(XEN_PCI_OP_enable_msix, 0, 0, SH_INFO_MAX_VEC + 1);
	assert_int_equal(served(), XEN_PCI_ERR_op_failed);
	ask(XEN_PCI_OP_enable_msix, 0, 0, U32_MAX);
	assert_int_equal(served(), XEN_PCI_ERR_op_failed);
}

/* What lies behind the page's structure, and the other flags, are the guest's. */
static void only_the_answer_is_written(void **state)
{
	memset(page.byte + sizeof(page.info), 0xa5, sizeof(page) - sizeof(page.info));
	ask(XEN_PCI_OP_enable_msix, 0, 0, SH_INFO_MAX_VEC);
	page.info.flags |= XEN_PCIB_AERHANDLER;
	page.info.op.info = 0x1234;
	served();
	assert_int_equal(page.info.flags, XEN_PCIB_AERHANDLER);
	assert_int_equal(page.info.op.info, 0x1234);
	assert_int_equal(page.byte[sizeof(page.info)], 0xa5);
}

#define on_page(f)	cmocka_unit_test_setup_teardown(f, fresh, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_page(reads_and_writes),
		on_page(nothing_is_done_unasked),
		on_page(other_devices_are_not_there),
		on_page(unknown_requests_are_refused),
		on_page(message_interrupts_are_handed_on),
		on_page(only_the_answer_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
