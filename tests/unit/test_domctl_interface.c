// SPDX-License-Identifier: GPL-2.0-only
/* control/interface.c: what each version's tools give and get. */
#include "../../hypervisor/control/interface.h"

#include "test.h"

#include <string.h>

static void fill(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((u8 *)p)[i] = (u8)(i * 7 + 1);
}

static void versions(void **state)
{
	assert_true(domctl_version_known(0x15));
	assert_true(domctl_version_known(0x17));
	assert_false(domctl_version_known(0x14));
	assert_false(domctl_version_known(0x16));
	assert_false(domctl_version_known(0x18));
	assert_false(domctl_version_known(0));
	assert_false(domctl_version_known(~0U));
}

static void the_same_is_left_alone(void **state)
{
	for (u32 cmd = 0; cmd < 100; cmd++) {
		struct xen_domctl op, before;

		fill(&op, sizeof(op));
		op.cmd = cmd;
		op.interface_version = cmd == XEN_DOMCTL_createdomain ? 0x15 : 0x17;
		before = op;
		domctl_from_caller(&op);
		assert_memory_equal(&op, &before, sizeof(op));
		domctl_to_caller(&op);
		assert_memory_equal(&op, &before, sizeof(op));
	}
}

static void createdomain_of_4_20(void **state)
{
	struct domctl_createdomain_4_20 from;
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .interface_version = 0x17 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	/* Where that release's compiler puts them. */
	assert_int_equal(offsetof(struct domctl_createdomain_4_20, altp2m_opts), 48);
	assert_int_equal(offsetof(struct domctl_createdomain_4_20, vmtrace_size), 52);
	assert_int_equal(offsetof(struct domctl_createdomain_4_20, arch), 60);
	fill(&from, sizeof(from));
	from.flags = XEN_DOMCTL_CDF_xs_domain;
	from.altp2m_opts = 0;
	memcpy(&op.u, &from, sizeof(from));
	domctl_from_caller(&op);
	assert_memory_equal(c->handle, from.handle, sizeof(c->handle));
	assert_int_equal(c->flags, XEN_DOMCTL_CDF_xs_domain);
	assert_int_equal(c->max_vcpus, from.max_vcpus);
	assert_int_equal(c->grant_opts, from.grant_opts);
	assert_int_equal(c->vmtrace_size, from.vmtrace_size);
	assert_int_equal(c->cpupool_id, from.cpupool_id);
	assert_int_equal(c->arch.emulation_flags, from.arch.emulation_flags);
	assert_int_equal(c->arch.misc_flags, from.arch.misc_flags);
	domctl_to_caller(&op);
	assert_memory_equal(&op.u, &from, sizeof(from));
}

/* It must not be lost: to be refused, it has to be seen. */
static void altp2m_is_seen(void **state)
{
	struct domctl_createdomain_4_20 from = { .altp2m_opts = 2 }, back;
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .interface_version = 0x17 };

	memcpy(&op.u, &from, sizeof(from));
	domctl_from_caller(&op);
	assert_int_equal(op.u.createdomain.flags, CREATEDOMAIN_ALTP2M);
	domctl_to_caller(&op);
	memcpy(&back, &op.u, sizeof(back));
	assert_int_equal(back.flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(the_same_is_left_alone),
		cmocka_unit_test(createdomain_of_4_20),
		cmocka_unit_test(altp2m_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
