// SPDX-License-Identifier: GPL-2.0-only
/* arch/x86/cpuid.c and cpu_policy*.c: what a made-up CPU's PV guests are shown. */
#include <hv/cpu_policy.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/time.h>
#include <hv/version.h>
#include <asm/cpu.h>
#include <asm/x86-defs.h>

#include "test.h"

#include <string.h>

#define BIT_OF(f)	(1U << (XEN_X86_FEATURE_##f % 32))

struct cpu_features cpu_features;
unsigned long max_page;
u32 tsc_khz = 2400000;
struct vcpu *current;
struct cpu_user_regs stub_guest_regs;

static struct domain dom;
static struct vcpu vcpu;
static const char *vendor;
static struct cpu_policy policy;

/* Everything that there is, and things that are not yet. */
void cpuid_count(u32 leaf, u32 subleaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a = *b = *c = *d = 0xffffffff;
	switch (leaf) {
	case 0:
		*a = 0x20;
		memcpy(b, vendor, 4);
		memcpy(d, vendor + 4, 4);
		memcpy(c, vendor + 8, 4);
		break;
	case 7:
		*a = subleaf ? 0xffffffff : 5;
		break;
	case 0xd:
		if (subleaf == 0) {
			*a = 0xffffffff;
			*b = *c = 0xfff;
		} else if (subleaf >= 2) {
			/* AVX: 256 bytes at 576; further ones behind each other */
			*a = 256;
			*b = 576 + 256 * (subleaf - 2);
			*c = subleaf == 5 ? 2 : 0;
			*d = 0;
		}
		break;
	case 0x80000000:
		*a = 0x80000025;
		break;
	case 1:
		*a = 0x00a00f12;	/* family 25, model 1, stepping 2 */
		*b = 0x21100800;
		break;
	}
}

int rdmsr_safe(u32 msr, u64 *val)
{
	*val = ~0UL;
	return 0;
}

u32 xen_abi_version(void)
{
	return 4 << 16 | 17;
}

bool time_tsc_is_stable(void)
{
	return true;
}

void time_tsc_scale(u32 *mul, s8 *shift)
{
	*mul = 0xd5555555;
	*shift = -1;
}

static struct cpuid_leaf ask(u32 leaf, u32 subleaf)
{
	struct cpuid_leaf l;

	pv_cpuid(&vcpu, leaf, subleaf, &l);
	return l;
}

static void start(const char *who, u64 xcr0)
{
	vendor = who;
	memset(host_featureset, 0, sizeof(host_featureset));
	memset(&raw_policy, 0, sizeof(raw_policy));
	cpu_vendor = VENDOR_OTHER;
	cpu_features = (struct cpu_features){ .xsave = xcr0 != 0, .xcr0_max = xcr0 };
	cpuid_init();
	policy = pv_default_policy;
}

static int setup(void **state)
{
	memset(&dom, 0, sizeof(dom));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&stub_guest_regs, 0, sizeof(stub_guest_regs));
	vcpu.domain = &dom;
	dom.arch.cpu_policy = &policy;
	vcpu.arch.kernel_mode = true;
	vcpu.arch.xcr0 = 1;
	current = &vcpu;
	max_page = 0x140000;
	start("GenuineIntel", XCR0_SUPPORTED);
	return 0;
}

/* Ring 0, virtualisation, nested paging, protection keys, memory types: not for PV. */
static void what_pv_must_not_see(void **state)
{
	struct cpuid_leaf l = ask(1, 0);

	assert_int_equal(l.d & (BIT_OF(VME) | BIT_OF(PSE) | BIT_OF(MTRR) | BIT_OF(PGE) |
				BIT_OF(PSE36) | BIT_OF(DS)), 0);
	assert_int_equal(l.c & (BIT_OF(VMX) | BIT_OF(SMX) | BIT_OF(PCID) | BIT_OF(X2APIC) |
				BIT_OF(TSC_DEADLINE) | BIT_OF(MONITOR) | BIT_OF(EIST) |
				BIT_OF(PDCM) | BIT_OF(OSXSAVE)), 0);
	l = ask(7, 0);
	assert_int_equal(l.b & (BIT_OF(SMEP) | BIT_OF(SMAP) | BIT_OF(INVPCID) | BIT_OF(MPX) |
				BIT_OF(TSC_ADJUST) | BIT_OF(SGX) | BIT_OF(PROC_TRACE)), 0);
	assert_int_equal(l.c & (BIT_OF(UMIP) | BIT_OF(PKU) | BIT_OF(OSPKE) | BIT_OF(CET_SS)), 0);
	assert_int_equal(l.d & (BIT_OF(IBRSB) | BIT_OF(SSBD) | BIT_OF(CET_IBT)), 0);
	assert_int_equal(l.a, 2);
	l = ask(0x80000001, 0);
	assert_int_equal(l.c & (BIT_OF(SVM) | BIT_OF(TOPOEXT) | BIT_OF(IBS) | BIT_OF(DBEXT)), 0);
	assert_int_equal(l.d & BIT_OF(PAGE1GB), 0);
	assert_int_equal(ask(0xd, 1).a & BIT_OF(XSAVES), 0);
}

static void what_pv_needs(void **state)
{
	struct cpuid_leaf l = ask(1, 0);

	assert_true(l.d & BIT_OF(FPU) && l.d & BIT_OF(PAE) && l.d & BIT_OF(APIC));
	assert_true(l.c & BIT_OF(XSAVE) && l.c & BIT_OF(AVX) && l.c & BIT_OF(HYPERVISOR));
	assert_int_equal(l.b >> 24, 0);
	l = ask(0x80000001, 0);
	assert_true(l.d & BIT_OF(SYSCALL) && l.d & BIT_OF(NX) && l.d & BIT_OF(LM));
	assert_true(ask(7, 0).b & BIT_OF(FSGSBASE));
	assert_int_equal(ask(0x80000007, 0).d, BIT_OF(ITSC));
}

static void hypervisor_bit_without_one_below(void **state)
{
	policy.basic[1].c = 0;
	cpu_policy_limit(&policy, &pv_max_policy);
	assert_int_equal(ask(1, 0).c, BIT_OF(HYPERVISOR));
}

static void limits_of_ranges(void **state)
{
	static const u32 beyond[] = {
		0xe, 0x10, 0x14, 0x20, 0x21, 0x40000006, 0x40000100, 0x4000ff00, 0x50000000,
		0x80000022, 0x80000026, 0x8fffffff, 0xc0000000, 0xffffffff,
	};

	assert_int_equal(ask(0, 0).a, 0xd);
	assert_int_equal(ask(0x80000000, 0).a, 0x80000008);
	for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++) {
		struct cpuid_leaf l = ask(beyond[i], 0);

		assert_int_equal(l.a | l.b | l.c | l.d, 0);
	}
	start("AuthenticAMD", XCR0_SUPPORTED);
	assert_int_equal(ask(0x80000000, 0).a, 0x80000021);
}

static void amd_repeats_leaf_1(void **state)
{
	assert_int_equal(ask(0x80000001, 0).d & 1, 0);
	start("AuthenticAMD", XCR0_SUPPORTED);
	assert_int_equal(ask(0x80000001, 0).d & 1, 1);
	assert_int_equal(ask(0x80000001, 0).d & BIT_OF(PSE), 0);
	assert_int_equal(ask(2, 0).a | ask(4, 0).a, 0);
}

static void no_registers_no_instructions(void **state)
{
	start("GenuineIntel", XCR0_X87 | XCR0_SSE | XCR0_AVX);
	assert_int_equal(ask(7, 0).b & (BIT_OF(AVX512F) | BIT_OF(AVX512VL)), 0);
	assert_true(ask(7, 0).b & BIT_OF(AVX2));
	start("GenuineIntel", XCR0_X87 | XCR0_SSE);
	assert_int_equal(ask(1, 0).c & (BIT_OF(AVX) | BIT_OF(FMA) | BIT_OF(F16C)), 0);
	assert_int_equal(ask(7, 0).b & BIT_OF(AVX2), 0);
	start("GenuineIntel", 0);
	assert_int_equal(ask(1, 0).c & BIT_OF(XSAVE), 0);
	assert_int_equal(ask(0xd, 0).a | ask(0xd, 0).c | ask(0xd, 1).a | ask(0xd, 2).a, 0);
}

static void osxsave_follows_cr4_or_prefix(void **state)
{
	assert_int_equal(ask(1, 0).c & BIT_OF(OSXSAVE), 0);
	stub_guest_regs.entry_vector = X86_VEC_UD;
	assert_true(ask(1, 0).c & BIT_OF(OSXSAVE));
	vcpu.arch.kernel_mode = false;
	assert_int_equal(ask(1, 0).c & BIT_OF(OSXSAVE), 0);
	vcpu.arch.ctrlreg[4] = X86_CR4_OSXSAVE;
	assert_true(ask(1, 0).c & BIT_OF(OSXSAVE));
}

static void machine_leaks_to_dom0s_kernel_only(void **state)
{
	dom.is_hardware_domain = true;
	stub_guest_regs.entry_vector = X86_VEC_UD;
	assert_true(ask(1, 0).d & BIT_OF(MTRR));
	assert_true(ask(1, 0).c & BIT_OF(EIST));
	assert_int_equal(ask(1, 0).c & BIT_OF(MONITOR), 0);
	assert_int_not_equal(ask(5, 0).a, 0);
	stub_guest_regs.entry_vector = X86_VEC_GP;
	assert_true(ask(1, 0).c & BIT_OF(MONITOR));
	vcpu.arch.kernel_mode = false;
	assert_int_equal(ask(1, 0).d & BIT_OF(MTRR), 0);
	assert_int_equal(ask(1, 0).c & (BIT_OF(EIST) | BIT_OF(MONITOR)), 0);
	assert_int_equal(ask(5, 0).a, 0);
}

static void xstate_sizes(void **state)
{
	assert_int_equal(ask(0xd, 0).a, XCR0_SUPPORTED);
	assert_int_equal(ask(0xd, 0).b, 576);
	vcpu.arch.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	assert_int_equal(ask(0xd, 0).b, 576 + 256);
	assert_int_equal(ask(0xd, 0).c, 576 + 256 * 6);	/* components 2, 5, 6, 7 */
	assert_int_equal(ask(0xd, 2).b, 576);
	assert_int_equal(ask(0xd, 3).a | ask(0xd, 9).a | ask(0xd, 63).a | ask(0xd, 4000).a, 0);
	assert_int_equal(ask(0xd, 1).c | ask(0xd, 1).d, 0);
}

static void our_own_leaves(void **state)
{
	struct cpuid_leaf l = ask(0x40000000, 0);
	char sig[13] = { 0 };

	memcpy(sig, &l.b, 4);
	memcpy(sig + 4, &l.c, 4);
	memcpy(sig + 8, &l.d, 4);
	assert_string_equal(sig, "XenVMMXenVMM");
	assert_int_equal(l.a, 0x40000005);
	assert_int_equal(ask(0x40000001, 0).a, 4 << 16 | 17);
	assert_int_equal(ask(0x40000002, 0).a, 1);
	assert_int_equal(ask(0x40000002, 0).c, 1);
	assert_int_equal(ask(0x40000003, 0).c, 2400000);
	assert_int_equal(ask(0x40000003, 0).a & 3, 2);
	assert_int_equal(ask(0x40000003, 1).c, 0xd5555555);
	assert_int_equal((s32)ask(0x40000003, 1).d, -1);
	assert_int_equal(ask(0x40000003, 2).a, 2400000);
	assert_int_equal(ask(0x40000005, 0).b, 33);	/* 5 GiB */
	assert_int_equal(ask(0x40000005, 1).b, 0);
}

static void identity(void **state)
{
	struct cpu_identity id;

	cpu_identify(&id);
	assert_memory_equal(id.vendor, "GenuineIntel", 12);
	assert_int_equal(id.family, 25);
	assert_int_equal(id.model, 1);
	assert_int_equal(id.stepping, 2);
	assert_int_equal(id.clflush_size, 64);
	assert_int_equal(id.threads, 16);
	assert_int_equal(id.cores, 16);
	assert_int_equal(id.package_shift, 4);
}

/* What a toolstack takes away is gone, with all that is useless without it. */
static void a_toolstack_takes_features_away(void **state)
{
	struct cpu_policy p = pv_default_policy;
	struct cpu_policy_error err;

	assert_true(cpu_policy_xcr0(&p) == XCR0_SUPPORTED);
	p.basic[1].c &= ~BIT_OF(AVX);
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), 0);
	cpu_policy_limit(&p, &pv_max_policy);
	assert_int_equal(p.basic[1].c & (BIT_OF(AVX) | BIT_OF(FMA) | BIT_OF(F16C)), 0);
	assert_int_equal(p.feature[0].b & (BIT_OF(AVX2) | BIT_OF(AVX512F) | BIT_OF(AVX512VL)), 0);
	assert_true(cpu_policy_xcr0(&p) == (XCR0_X87 | XCR0_SSE));
	assert_int_equal(p.xstate[2].a | p.xstate[5].a, 0);
	p.basic[1].c &= ~BIT_OF(XSAVE);
	cpu_policy_limit(&p, &pv_max_policy);
	assert_true(cpu_policy_xcr0(&p) == 0);
	assert_int_equal(p.xstate[1].a, 0);
}

/* Features beyond the most are taken away in silence, limits are an error. */
static void a_toolstack_asks_for_too_much(void **state)
{
	struct cpu_policy p = pv_default_policy, same = pv_default_policy;
	struct cpu_policy_error err;
	u32 fs[FEATURESET_WORDS], most[FEATURESET_WORDS];

	memset(&p, 0xff, sizeof(p));
	p.basic[0].a = POLICY_BASIC_MAX;
	p.feature[0].a = POLICY_FEATURES - 1;
	p.extended[0].a = POLICY_EXTENDED_MAX_INTEL;
	p.platform_info = 0;
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), 0);
	cpu_policy_limit(&p, &pv_max_policy);
	cpu_policy_featureset(&p, fs);
	cpu_policy_featureset(&pv_max_policy, most);
	assert_memory_equal(fs, most, sizeof(fs));
	assert_memory_equal(p.xstate, pv_max_policy.xstate, sizeof(p.xstate));
	assert_int_equal(p.basic[5].a | p.basic[6].a | p.basic[0xa].a | p.topology[0].a, 0);

	p.basic[0].a = POLICY_BASIC_MAX + 1;
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), -EINVAL);
	assert_true(err.leaf == 0 && err.subleaf == ~0U && err.msr == ~0U);
	p.basic[0].a = POLICY_BASIC_MAX;
	p.feature[0].a = POLICY_FEATURES;
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), -EINVAL);
	assert_true(err.leaf == 7 && err.subleaf == 0);
	p.feature[0].a = 0;
	p.extended[0].a = POLICY_EXTENDED_MAX_INTEL + 1;
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), -EINVAL);
	assert_true(err.leaf == POLICY_EXTENDED);
	p.extended[0].a = POLICY_EXTENDED_MAX_INTEL;
	p.platform_info = BIT(31);
	assert_int_equal(cpu_policy_check(&p, &pv_max_policy, &err), -EINVAL);
	assert_true(err.msr == MSR_PLATFORM_INFO && err.leaf == ~0U);

	cpu_policy_limit(&same, &pv_max_policy);
	assert_memory_equal(&same, &pv_default_policy, sizeof(same));
}

static void limits_hide_leaves(void **state)
{
	policy.basic[0].a = 6;
	policy.extended[0].a = 0x80000004;
	cpu_policy_limit(&policy, &pv_max_policy);
	assert_int_equal(ask(7, 0).b | ask(0xd, 0).a | ask(0x80000006, 0).c, 0);
	assert_int_equal(ask(0x80000007, 0).d | ask(0x80000008, 0).a, 0);
	assert_int_not_equal(ask(4, 0).a, 0);
	policy.hv_limit = 1;	/* two at least */
	assert_int_equal(ask(0x40000000, 0).a, 0x40000002);
	assert_int_equal(ask(0x40000003, 0).c, 0);
	policy.hv_limit = 0x40000004;
	assert_int_equal(ask(0x40000000, 0).a, 0x40000004);
	assert_int_equal(ask(0x40000005, 0).b, 0);
}

/* Out and in again is the same; each leaf comes once and in order. */
static void policies_survive_the_wire(void **state)
{
	static const char *const vendors[] = { "GenuineIntel", "AuthenticAMD", "CentaurHauls" };
	xen_cpuid_leaf_t leaves[POLICY_LEAVES_MAX];
	xen_msr_entry_t msrs[POLICY_MSRS_MAX];

	for (unsigned int who = 0; who < ARRAY_SIZE(vendors); who++) {
		const struct cpu_policy *all[] = { &raw_policy, &host_policy, &pv_max_policy };

		start(vendors[who], XCR0_SUPPORTED);
		for (unsigned int k = 0; k < ARRAY_SIZE(all); k++) {
			struct cpu_policy back = { .basic[0].a = 1 };
			unsigned int nr = cpu_policy_to_leaves(all[k], leaves);
			unsigned int nr_msrs = cpu_policy_to_msrs(all[k], msrs);

			assert_in_range(nr, 20, POLICY_LEAVES_MAX);
			assert_int_equal(cpu_policy_to_leaves(all[k], NULL), nr);
			for (unsigned int i = 0; i < nr; i++) {
				assert_int_equal(cpu_policy_from_leaf(&back, &leaves[i]), 0);
				if (i)
					assert_true(leaves[i].leaf > leaves[i - 1].leaf ||
						    (leaves[i].leaf == leaves[i - 1].leaf &&
						     leaves[i].subleaf > leaves[i - 1].subleaf));
			}
			for (unsigned int i = 0; i < nr_msrs; i++)
				assert_int_equal(cpu_policy_from_msr(&back, &msrs[i]), 0);
			for (u32 leaf = 0; leaf < 0x20; leaf++)
				for (u32 sub = 0; sub < 64; sub++) {
					struct cpuid_leaf a = cpu_policy_read(all[k], leaf, sub);
					struct cpuid_leaf b = cpu_policy_read(&back, leaf, sub);

					assert_memory_equal(&a, &b, sizeof(a));
				}
			assert_memory_equal(back.extended, all[k]->extended,
					    sizeof(back.extended));
			assert_true(back.arch_caps == all[k]->arch_caps);
		}
	}
}

static void strange_leaves_are_refused(void **state)
{
	static const struct { u32 leaf, subleaf; int rc; } cases[] = {
		{ 0, XEN_CPUID_NO_SUBLEAF, 0 }, { 0, 0, -ERANGE },
		{ 4, 5, 0 }, { 4, 6, -ERANGE }, { 4, XEN_CPUID_NO_SUBLEAF, -ERANGE },
		{ 7, 2, 0 }, { 7, 3, -ERANGE }, { 0xb, 1, 0 }, { 0xb, 2, -ERANGE },
		{ 0xd, 62, 0 }, { 0xd, 63, -ERANGE }, { 0xe, XEN_CPUID_NO_SUBLEAF, -ERANGE },
		{ 0x40000000, XEN_CPUID_NO_SUBLEAF, 0 }, { 0x40000000, 0, -ERANGE },
		{ 0x40000001, XEN_CPUID_NO_SUBLEAF, -ERANGE },
		{ 0x40000100, XEN_CPUID_NO_SUBLEAF, 0 },
		{ 0x80000021, XEN_CPUID_NO_SUBLEAF, 0 },
		{ 0x80000022, XEN_CPUID_NO_SUBLEAF, -ERANGE }, { 0x80000008, 0, -ERANGE },
		{ 0xffffffff, XEN_CPUID_NO_SUBLEAF, -ERANGE },
	};
	static const struct { u32 idx, flags; u64 val; int rc; } msrs[] = {
		{ 0xce, 0, 1, 0 }, { 0xce, 1, 1, -EINVAL }, { 0xce, 0, BIT(32), -EOVERFLOW },
		{ 0x10a, 0, ~0UL, 0 }, { 0x10b, 0, 0, -ERANGE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const xen_cpuid_leaf_t l = { cases[i].leaf, cases[i].subleaf, 1, 2, 3, 4 };

		assert_int_equal(cpu_policy_from_leaf(&policy, &l), cases[i].rc);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
		const xen_msr_entry_t m = { msrs[i].idx, msrs[i].flags, msrs[i].val };

		assert_int_equal(cpu_policy_from_msr(&policy, &m), msrs[i].rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_pv_must_not_see, setup),
		cmocka_unit_test_setup(what_pv_needs, setup),
		cmocka_unit_test_setup(hypervisor_bit_without_one_below, setup),
		cmocka_unit_test_setup(limits_of_ranges, setup),
		cmocka_unit_test_setup(amd_repeats_leaf_1, setup),
		cmocka_unit_test_setup(no_registers_no_instructions, setup),
		cmocka_unit_test_setup(osxsave_follows_cr4_or_prefix, setup),
		cmocka_unit_test_setup(machine_leaks_to_dom0s_kernel_only, setup),
		cmocka_unit_test_setup(xstate_sizes, setup),
		cmocka_unit_test_setup(our_own_leaves, setup),
		cmocka_unit_test_setup(identity, setup),
		cmocka_unit_test_setup(a_toolstack_takes_features_away, setup),
		cmocka_unit_test_setup(a_toolstack_asks_for_too_much, setup),
		cmocka_unit_test_setup(limits_hide_leaves, setup),
		cmocka_unit_test_setup(policies_survive_the_wire, setup),
		cmocka_unit_test_setup(strange_leaves_are_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
