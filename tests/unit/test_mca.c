// SPDX-License-Identifier: GPL-2.0-only
/* core/mce_log.c and control/mca.c: what domain 0's log daemon gets to know. */
#include <hv/mce.h>

#include <hv/cpuid.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/printk.h>

#include "test.h"

#include <string.h>

#include <xen/arch-x86/xen-mca.h>

#define BAD_VA	8UL

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = 1;
STUB_CURRENT struct vcpu *current;
enum cpu_vendor cpu_vendor;
u32 host_featureset[FEATURESET_WORDS];

static struct domain dom0 = { .is_hardware_domain = true };
static struct vcpu vcpu0 = { .domain = &dom0 };
static unsigned int virqs, warnings;

void printk_level(enum log_level level, const char *fmt, ...)
{
	warnings += level == LOG_WARN;
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_MCA);
	virqs++;
}

void cpu_identify(struct cpu_identity *id)
{
	*id = (struct cpu_identity){ .package_shift = 4, .core_shift = 1, .cores = 8,
				     .threads = 16 };
}

int rdmsr_safe(u32 msr, u64 *val)
{
	return -EFAULT;
}

size_t raw_copy_from_guest(void *to, unsigned long va, size_t len)
{
	if (va == BAD_VA)
		return len;
	memcpy(to, (void *)va, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long va, const void *from, size_t len)
{
	if (va == BAD_VA)
		return len;
	memcpy((void *)va, from, len);
	return 0;
}

static struct mc_info info;
static struct xen_mc op;

static long fetch(u32 flags, u64 id)
{
	op = (struct xen_mc){ .cmd = XEN_MC_fetch,
			      .interface_version = XEN_MCA_INTERFACE_VERSION };
	op.u.mc_fetch.flags = flags;
	op.u.mc_fetch.fetch_id = id;
	op.u.mc_fetch.data.p = &info;
	return do_mca((unsigned long)&op, 0, 0, 0, 0);
}

static u32 result(u32 kind)
{
	assert_int_equal(fetch(kind, 0), 0);
	return op.u.mc_fetch.flags;
}

static void error(unsigned int bank, bool urgent)
{
	const struct mce_record r = {
		.status = 0x8c00000000000000UL | bank, .addr = 0x1000, .bank = bank,
		.apic_id = 0x35, .cpu = 3, .urgent = urgent, .domid = urgent ? 7 : DOMID_INVALID,
		.global_status = urgent ? 5 : 0,
	};

	mce_log(&r);
}

static void check_record(unsigned int bank, bool urgent)
{
	const struct mcinfo_common *first = x86_mcinfo_first(&info);
	const struct mcinfo_common *second = x86_mcinfo_next(first);
	const struct mcinfo_global *g = (const void *)first;
	const struct mcinfo_bank *b = (const void *)second;

	assert_int_equal(info.mi_nentries, 2);
	assert_int_equal(first->type, MC_TYPE_GLOBAL);
	assert_int_equal(second->type, MC_TYPE_BANK);
	assert_int_equal(b->mc_bank, bank);
	assert_int_equal(b->mc_status, 0x8c00000000000000UL | bank);
	assert_int_equal(b->mc_addr, 0x1000);
	assert_int_equal(g->mc_apicid, 0x35);
	assert_int_equal(g->mc_socketid, 3);
	assert_int_equal(g->mc_coreid, 2);
	assert_int_equal(g->mc_core_threadid, 1);
	assert_int_equal(g->mc_gstatus, urgent ? 5 : 0);
	assert_int_equal(g->mc_domid, urgent ? 7 : DOMID_INVALID);
	assert_int_equal(!!(g->mc_flags & MC_FLAG_POLLED), !urgent);
	assert_int_equal(!!(g->mc_flags & MC_FLAG_MCE), urgent);
}

static void test_fetch(void **state)
{
	u64 id;

	assert_int_equal(result(XEN_MC_NONURGENT), XEN_MC_NODATA);
	assert_int_equal(fetch(0, 0), -EINVAL);
	assert_int_equal(fetch(XEN_MC_URGENT | XEN_MC_NONURGENT, 0), -EINVAL);
	assert_int_equal(fetch(~0U, 0), -EINVAL);
	error(1, false);
	error(2, true);
	error(3, false);
	assert_int_equal(virqs, 3);

	/* The oldest of its kind, until it is acknowledged. */
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(result(XEN_MC_NONURGENT), XEN_MC_OK);
		check_record(1, false);
	}
	id = op.u.mc_fetch.fetch_id;
	assert_int_equal(result(XEN_MC_URGENT), XEN_MC_OK);
	check_record(2, true);
	assert_int_not_equal(op.u.mc_fetch.fetch_id, id);
	assert_int_equal(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, id), 0);
	assert_int_equal(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, id), 0);
	assert_int_equal(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, 12345), 0);
	assert_int_equal(result(XEN_MC_NONURGENT), XEN_MC_OK);
	check_record(3, false);
	assert_int_equal(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, op.u.mc_fetch.fetch_id), 0);
	assert_int_equal(result(XEN_MC_NONURGENT), XEN_MC_NODATA);
	assert_int_equal(result(XEN_MC_URGENT), XEN_MC_OK);

	/* What could not be handed out is still there. */
	op.u.mc_fetch.flags = XEN_MC_URGENT;
	op.u.mc_fetch.data.p = (void *)BAD_VA;
	assert_int_equal(do_mca((unsigned long)&op, 0, 0, 0, 0), 0);
	assert_int_equal(op.u.mc_fetch.flags, XEN_MC_FETCHFAILED);
	assert_int_equal(result(XEN_MC_URGENT), XEN_MC_OK);
	assert_int_equal(fetch(XEN_MC_URGENT | XEN_MC_ACK, op.u.mc_fetch.fetch_id), 0);
	assert_int_equal(result(XEN_MC_URGENT), XEN_MC_NODATA);
}

/* Nobody takes them: the first ones stay, and the log says so now and then. */
static void test_full(void **state)
{
	unsigned int taken = 0;

	warnings = virqs = 0;
	for (unsigned int i = 0; i < 1000; i++)
		error(i % 30, false);
	assert_in_range(warnings, 1, 12);
	while (result(XEN_MC_NONURGENT) == XEN_MC_OK) {
		check_record(taken++, false);
		assert_int_equal(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, op.u.mc_fetch.fetch_id), 0);
		if (taken == 30)
			break;
	}
	assert_int_equal(taken, 30);
	assert_true(virqs >= 30 && virqs < 100);
}

static void test_others(void **state)
{
	dom0.is_hardware_domain = false;
	assert_int_equal(fetch(XEN_MC_NONURGENT, 0), -EPERM);
	dom0.is_hardware_domain = true;
	op.interface_version = 1;
	assert_int_equal(do_mca((unsigned long)&op, 0, 0, 0, 0), -EACCES);
	assert_int_equal(do_mca(BAD_VA, 0, 0, 0, 0), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_others),
	};

	current = &vcpu0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
