// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, the list of wanted slots, and where guests see their devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model.h"
#include "slots.h"

static void is_pattern(const char *text, unsigned int domain, unsigned int bus, int slot, int func)
{
	struct pb_pattern p;

	assert_int_equal(pb_parse_pattern(text, &p), 0);
	assert_int_equal(p.domain, domain);
	assert_int_equal(p.bus, bus);
	assert_int_equal(p.slot, slot);
	assert_int_equal(p.func, func);
}

static void addresses_are_read(void **state)
{
	is_pattern("0000:03:00.0", 0, 3, 0, 0);
	is_pattern("03:00.0", 0, 3, 0, 0);
	is_pattern(" abcd:ef:1f.7\n", 0xabcd, 0xef, 0x1f, 7);
	is_pattern("0x1:0xA:0x1.0x2", 1, 0xa, 1, 2);
	is_pattern("10000000:3:0.0" + 4, 0, 3, 0, 0);
	is_pattern("0000:03:00.*", 0, 3, 0, PB_ANY);
	is_pattern("03:1e.*", 0, 3, 0x1e, PB_ANY);
	is_pattern("0001:03:*.*", 1, 3, PB_ANY, PB_ANY);
	is_pattern("03:*.*", 0, 3, PB_ANY, PB_ANY);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "03", "03:", "03:00", "03:00.", "03:00.8", "03:20.0", "100:00.0",
		"10000:03:00.0", "0000:100:00.0", "03:*.0", "*:00.0", "03:00.0 x", "03:00.0x",
		"g3:00.0", ":00.0", "0000::00.0", "0000:03:00.0.0", "-1:00.0", "0x:00.0",
		"(03:00.0)", "03:00.**", "fffffffffffffffff:0.0",
	};
	struct pb_pattern p;
	struct pb_addr addr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(pb_parse_pattern(bad[i], &p), -EINVAL);
		assert_int_equal(pb_parse_addr(bad[i], &addr), -EINVAL);
	}
	assert_int_equal(pb_parse_addr("03:00.*", &addr), -EINVAL);
	assert_int_equal(pb_parse_addr("03:00.1", &addr), 0);
	assert_int_equal(addr.devfn, 1);
}

static void shows_slots(const char *text)
{
	char page[PAGE_SIZE] = "";
	int n = pb_slots_show(page);

	assert_string_equal(page, text);
	assert_int_equal(n, strlen(text));
}

static void hide_takes_what_it_can(void **state)
{
	fake_messages = 0;
	assert_int_equal(pb_slots_hide(" (0000:03:00.0)(0001:02:1f.7) (04:05.1)"), 0);
	shows_slots("0000:03:00.0\n0001:02:1f.7\n0000:04:05.1\n");
	assert_int_equal(fake_messages, 0);
	pb_slots_clear();
	shows_slots("");
	assert_int_equal(pb_slots_hide("03:00.0(04:00.0)(99)(05:00.8)x(06:00.0)("), 4);
	shows_slots("0000:04:00.0\n0000:06:00.0\n");
	assert_int_equal(fake_messages, 4);
	pb_slots_clear();
	assert_int_equal(pb_slots_hide(""), 0);
	shows_slots("");
}

static void wildcards_stand_for_all(void **state)
{
	struct pb_addr addr = { .bus = 9, .devfn = PCI_DEVFN(31, 7) };
	struct pb_pattern p = { .bus = 3, .slot = 4, .func = 2 };
	char page[PAGE_SIZE] = "";

	assert_int_equal(pb_slots_hide("(03:04.*)(09:*.*)"), 0);
	assert_true(pb_slots_want(&addr));
	addr.domain = 1;
	assert_false(pb_slots_want(&addr));
	assert_int_equal(pb_slots_show(page), 13 * (8 + 256));
	assert_int_equal(pb_slots_remove(&p), 0);
	assert_int_equal(pb_slots_remove(&p), -ENOENT);
	assert_int_equal(pb_slots_show(page), 13 * (7 + 256));
	p.func = PB_ANY;
	assert_int_equal(pb_slots_remove(&p), 0);
	assert_int_equal(pb_slots_remove(&p), -ENOENT);
	p = (struct pb_pattern){ .bus = 9, .slot = PB_ANY, .func = PB_ANY };
	assert_int_equal(pb_slots_remove(&p), 0);
	shows_slots("");

	/* more than a page of sysfs holds */
	assert_int_equal(pb_slots_hide("(03:*.*)(09:*.*)"), 0);
	assert_true(pb_slots_show(page) < PAGE_SIZE);
	pb_slots_clear();
}

static void quirks_are_read(void **state)
{
	static const char *const bad[] = {
		"", "03:00.0", "03:00.0-", "03:00.0-44", "03:00.0-44:2", "03:00.0-44:2:",
		"03:00.0-44:3:1", "03:00.0-45:2:1", "03:00.0-1000:1:1", "03:00.0-44:1:100",
		"03:00.0-44:2:1ffff", "03:00.*-44:2:1", "03:00.0-44:0:1", "03:00.0-44:8:1",
		"03:00.0-44:2:1 2", "03:00.0-44:4:100000000",
	};
	struct pb_quirk_text q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pb_parse_quirk(bad[i], &q), -EINVAL);
	assert_int_equal(pb_parse_quirk("0000:03:00.1-e0:2:ff\n", &q), 0);
	assert_int_equal(q.addr.bus, 3);
	assert_int_equal(q.addr.devfn, 1);
	assert_int_equal(q.reg, 0xe0);
	assert_int_equal(q.size, 2);
	assert_int_equal(q.mask, 0xff);
	assert_int_equal(pb_parse_quirk("03:00.1-ffc:4:ffffffff", &q), 0);
	assert_int_equal(q.mask, 0xffffffff);
	assert_int_equal(pb_parse_quirk("03:00.1-44:1:0", &q), 0);
	assert_int_equal(q.mask, 0xff);
}

static int place(const struct pb_view *view, struct list_head *l, struct pb_export *e,
		 unsigned int bus, unsigned int slot, unsigned int func)
{
	int rc;

	e->real = (struct pb_addr){ 0, bus, PCI_DEVFN(slot, func) };
	rc = view->place(l, e);
	if (!rc)
		list_add_tail(&e->list, l);
	return rc;
}

static void flat_view_keeps_functions_together(void **state)
{
	struct pb_export e[6] = { [4].virtfn = true };
	struct pb_addr virt = { 0, 0, PCI_DEVFN(1, 1) }, root = { 7, 7, 7 };
	LIST_HEAD(l);

	place(&pb_view_flat, &l, &e[0], 3, 0, 0);
	place(&pb_view_flat, &l, &e[1], 4, 0, 0);
	place(&pb_view_flat, &l, &e[2], 4, 0, 1);
	place(&pb_view_flat, &l, &e[3], 3, 0, 5);
	place(&pb_view_flat, &l, &e[4], 4, 0, 3);	/* alone, at function 0 */
	assert_int_equal(e[0].virt.devfn, PCI_DEVFN(0, 0));
	assert_int_equal(e[1].virt.devfn, PCI_DEVFN(1, 0));
	assert_int_equal(e[2].virt.devfn, PCI_DEVFN(1, 1));
	assert_int_equal(e[3].virt.devfn, PCI_DEVFN(0, 5));
	assert_int_equal(e[4].virt.devfn, PCI_DEVFN(2, 0));
	assert_ptr_equal(pb_view_find(&l, &virt), &e[2]);
	virt.domain = 1;
	assert_null(pb_view_find(&l, &virt));
	assert_true(pb_view_flat.root(&l, &e[4], &root));
	assert_int_equal(root.bus | root.domain, 0);

	/* a place that is free again is used again */
	list_del(&e[1].list);
	list_del(&e[2].list);
	place(&pb_view_flat, &l, &e[5], 9, 3, 0);
	assert_int_equal(e[5].virt.devfn, PCI_DEVFN(1, 0));
}

static void flat_view_has_32_slots(void **state)
{
	struct pb_export e[34] = { 0 };
	unsigned int i;
	LIST_HEAD(l);

	for (i = 0; i < 32; i++)
		assert_int_equal(place(&pb_view_flat, &l, &e[i], i, 0, 0), 0);
	assert_int_equal(place(&pb_view_flat, &l, &e[32], 77, 0, 0), -ENOSPC);
	assert_int_equal(place(&pb_view_flat, &l, &e[33], 5, 0, 2), 0);
	assert_int_equal(e[33].virt.devfn, PCI_DEVFN(5, 2));
}

static void real_view_is_the_machines(void **state)
{
	struct pb_export e = { 0 };
	struct pb_addr root;
	LIST_HEAD(l);

	assert_int_equal(place(&pb_view_real, &l, &e, 0x3b, 4, 1), 0);
	assert_true(pb_addr_equal(&e.virt, &e.real));
	assert_true(pb_view_real.root(&l, &e, &root));
	assert_int_equal(root.bus, 0x3b);
	assert_ptr_equal(pb_view_find_real(&l, &e.real), &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(hide_takes_what_it_can),
		cmocka_unit_test(wildcards_stand_for_all),
		cmocka_unit_test(quirks_are_read),
		cmocka_unit_test(flat_view_keeps_functions_together),
		cmocka_unit_test(flat_view_has_32_slots),
		cmocka_unit_test(real_view_is_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
