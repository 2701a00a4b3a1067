// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID as PV guests see it: what the CPU says, less what they cannot use
 * (features of ring 0, of virtualisation, of MSRs that are not switched), plus
 * the hypervisor's own leaves. Which features those are is Xen 4.17's default
 * for PV guests, so that a guest finds the machine that it knows.
 *
 * Everything but the answers that depend on the vCPU is computed at boot.
 *
 * ABI: arch-x86/cpufeatureset.h (names), arch-x86/cpuid.h (our leaves); Intel
 * SDM vol. 2, CPUID; AMD APM vol. 3, appendix E.
 */
#include <hv/cpuid.h>

#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/version.h>
#include <asm/cpu.h>
#include <asm/system.h>

#include <xen/arch-x86/cpuid.h>

#define F(name)			XEN_X86_FEATURE_##name

#define BASIC_MAX		0x0d
#define EXTENDED		0x80000000U
#define EXTENDED_MAX_INTEL	0x80000008U
#define EXTENDED_MAX_AMD	0x80000021U
#define XSTATE_LEAF		0x0d
#define XSTATE_HEADER_END	576	/* legacy area and header */
#define XSTATE_COMPONENTS	63
#define SUBLEAF7_MAX		2

/* Bits of leaf 1 EDX that AMD repeats in leaf 0x80000001. */
#define COMMON_1D		0x0183f3ffU

enum cpu_vendor cpu_vendor __ro_after_init;
u32 host_featureset[FEATURESET_WORDS] __ro_after_init;
u32 pv_featureset[FEATURESET_WORDS] __ro_after_init;
static u32 basic_max __ro_after_init, extended_max __ro_after_init;

/*
 * Left out, beside what Xen hides: what takes MSRs switched with the vCPU
 * (speculation control, DBEXT). Documentation/abi/platform.rst.
 */
static const u16 pv_features[] __initconst = {
	F(FPU), F(DE), F(TSC), F(MSR), F(PAE), F(MCE), F(CX8), F(APIC), F(SEP), F(MCA),
	F(CMOV), F(PAT), F(CLFLUSH), F(ACPI), F(MMX), F(FXSR), F(SSE), F(SSE2), F(SS),
	F(HTT),

	F(SSE3), F(PCLMULQDQ), F(SSSE3), F(FMA), F(CX16), F(SSE4_1), F(SSE4_2), F(MOVBE),
	F(POPCNT), F(AESNI), F(XSAVE), F(AVX), F(F16C), F(RDRAND), F(HYPERVISOR),

	F(SYSCALL), F(NX), F(MMXEXT), F(FFXSR), F(RDTSCP), F(LM), F(3DNOWEXT), F(3DNOW),

	F(LAHF_LM), F(CMP_LEGACY), F(ABM), F(SSE4A), F(MISALIGNSSE), F(3DNOWPREFETCH),
	F(XOP), F(FMA4), F(TBM),

	F(XSAVEOPT), F(XSAVEC), F(XGETBV1),

	F(FSGSBASE), F(BMI1), F(AVX2), F(BMI2), F(ERMS), F(RTM), F(AVX512F), F(AVX512DQ),
	F(RDSEED), F(ADX), F(AVX512_IFMA), F(CLFLUSHOPT), F(CLWB), F(AVX512PF),
	F(AVX512ER), F(AVX512CD), F(SHA), F(AVX512BW), F(AVX512VL),

	F(PREFETCHWT1), F(AVX512_VBMI), F(AVX512_VBMI2), F(GFNI), F(VAES), F(VPCLMULQDQ),
	F(AVX512_VNNI), F(AVX512_BITALG), F(AVX512_VPOPCNTDQ), F(RDPID), F(CLDEMOTE),

	F(ITSC),

	F(CLZERO), F(RSTR_FP_ERR_PTRS), F(SSB_NO), F(BTC_NO),

	F(AVX512_4VNNIW), F(AVX512_4FMAPS), F(FSRM), F(MD_CLEAR), F(SERIALIZE),
	F(ARCH_CAPS),

	F(AVX_VNNI), F(AVX512_BF16), F(FZRM), F(FSRS), F(FSRCS),

	F(LFENCE_DISPATCH), F(VERW_CLEAR), F(NSCB), F(SRSO_NO), F(SRSO_US_NO),

	F(MCDT_NO),

	F(RDCL_NO), F(INTEL_SSB_NO), F(MDS_NO), F(IF_PSCHANGE_MC_NO), F(TAA_NO),
	F(SBDR_SSDP_NO), F(FBSDP_NO), F(PSDP_NO), F(FB_CLEAR), F(BHI_NO), F(PBRSB_NO),
	F(GDS_NO), F(RFDS_NO), F(RFDS_CLEAR), F(ITS_NO),

	F(TSA_SQ_NO), F(TSA_L1_NO),
};

/* Useless without the registers that XCR0 enables. */
static const u16 avx_features[] __initconst = {
	F(AVX), F(FMA), F(F16C), F(XOP), F(FMA4), F(AVX2), F(VAES), F(VPCLMULQDQ), F(AVX_VNNI),
};

static const u16 avx512_features[] __initconst = {
	F(AVX512F), F(AVX512DQ), F(AVX512_IFMA), F(AVX512PF), F(AVX512ER), F(AVX512CD),
	F(AVX512BW), F(AVX512VL), F(AVX512_VBMI), F(AVX512_VBMI2), F(AVX512_VNNI),
	F(AVX512_BITALG), F(AVX512_VPOPCNTDQ), F(AVX512_4VNNIW), F(AVX512_4FMAPS),
	F(AVX512_BF16),
};

static const u16 xsave_features[] __initconst = {
	F(XSAVE), F(XSAVEOPT), F(XSAVEC), F(XGETBV1),
};

static void __init clear_features(u32 *set, const u16 *list, unsigned int nr)
{
	while (nr--)
		set[list[nr] / 32] &= ~(1U << (list[nr] % 32));
}

static struct cpuid_leaf host_leaf(u32 leaf, u32 subleaf)
{
	struct cpuid_leaf l;

	cpuid_count(leaf, subleaf, &l.a, &l.b, &l.c, &l.d);
	return l;
}

static u32 __init host_max(u32 range)
{
	u32 max = host_leaf(range, 0).a;

	/* A CPU without the range answers with anything. */
	return max >= range && max - range <= 0xffff ? max : range;
}

static void __init detect_vendor(void)
{
	struct cpuid_leaf l = host_leaf(0, 0);

	if (l.b == 0x756e6547 && l.d == 0x49656e69 && l.c == 0x6c65746e)
		cpu_vendor = VENDOR_INTEL;
	else if (l.b == 0x68747541 && l.d == 0x69746e65 && l.c == 0x444d4163)
		cpu_vendor = VENDOR_AMD;
	else if (l.b == 0x6f677948 && l.d == 0x656e6975 && l.c == 0x6e65476e)
		cpu_vendor = VENDOR_HYGON;
}

static void __init read_basic_features(u32 *fs)
{
	struct cpuid_leaf l = host_leaf(1, 0);

	fs[0] = l.d;
	fs[1] = l.c;
	if (basic_max >= XSTATE_LEAF)
		fs[4] = host_leaf(XSTATE_LEAF, 1).a;
	if (basic_max < 7)
		return;
	l = host_leaf(7, 0);
	fs[5] = l.b;
	fs[6] = l.c;
	fs[9] = l.d;
	if (l.a >= 1) {
		struct cpuid_leaf l1 = host_leaf(7, 1);

		fs[10] = l1.a;
		fs[12] = l1.b;
		fs[14] = l1.c;
		fs[15] = l1.d;
	}
	if (l.a >= 2)
		fs[13] = host_leaf(7, 2).d;
}

static void __init read_extended_features(u32 *fs)
{
	struct cpuid_leaf l;

	if (extended_max >= 0x80000001) {
		l = host_leaf(0x80000001, 0);
		fs[2] = l.d;
		fs[3] = l.c;
	}
	if (extended_max >= 0x80000007)
		fs[7] = host_leaf(0x80000007, 0).d;
	if (extended_max >= 0x80000008)
		fs[8] = host_leaf(0x80000008, 0).b;
	if (extended_max >= 0x80000021) {
		l = host_leaf(0x80000021, 0);
		fs[11] = l.a;
		fs[18] = l.c;
	}
}

static void __init read_arch_caps(u32 *fs)
{
	u64 caps;

	if (!cpu_has(F(ARCH_CAPS)) || rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps))
		return;
	fs[16] = caps;
	fs[17] = caps >> 32;
}

static void __init derive_pv_features(void)
{
	u32 *fs = pv_featureset;

	for (unsigned int i = 0; i < ARRAY_SIZE(pv_features); i++)
		fs[pv_features[i] / 32] |= 1U << (pv_features[i] % 32);
	for (unsigned int i = 0; i < FEATURESET_WORDS; i++)
		fs[i] &= host_featureset[i];
	fs[F(HYPERVISOR) / 32] |= 1U << (F(HYPERVISOR) % 32);
	if (!cpu_features.xsave)
		clear_features(fs, xsave_features, ARRAY_SIZE(xsave_features));
	if (!(cpu_features.xcr0_max & XCR0_AVX))
		clear_features(fs, avx_features, ARRAY_SIZE(avx_features));
	if ((cpu_features.xcr0_max & XCR0_AVX512) != XCR0_AVX512)
		clear_features(fs, avx512_features, ARRAY_SIZE(avx512_features));
}

/** cpuid_init() - Learn the CPU's features, decide on the guests'. Boot, once. */
void __init cpuid_init(void)
{
	basic_max = host_max(0);
	extended_max = host_max(EXTENDED);
	detect_vendor();
	read_basic_features(host_featureset);
	read_extended_features(host_featureset);
	read_arch_caps(host_featureset);
	derive_pv_features();
}

static u32 bits_for(u32 n)
{
	return n > 1 ? fls64(n - 1) : 0;
}

/* Threads and cores of a package. Intel SDM vol. 3, 9.9; AMD APM vol. 3, E.5. */
static void identify_topology(struct cpu_identity *id)
{
	id->threads = 1;
	id->cores = 1;
	if (cpu_has(F(HTT)))
		id->threads = max(host_leaf(1, 0).b >> 16 & 0xff, 1U);
	if (cpu_vendor == VENDOR_INTEL && basic_max >= 4)
		id->cores = (host_leaf(4, 0).a >> 26) + 1;
	else if (cpu_is_amd() && extended_max >= 0x80000008)
		id->cores = (host_leaf(0x80000008, 0).c & 0xff) + 1;
	id->cores = min(id->cores, id->threads);
	id->core_shift = bits_for(id->threads / id->cores);
	id->package_shift = bits_for(id->threads);
}

/**
 * cpu_identify() - Vendor, model and topology of the CPUs.
 * @id: filled in
 */
void cpu_identify(struct cpu_identity *id)
{
	struct cpuid_leaf l = host_leaf(0, 0);

	*id = (struct cpu_identity){ .cpuid_level = l.a };
	memcpy(id->vendor, &l.b, 4);
	memcpy(id->vendor + 4, &l.d, 4);
	memcpy(id->vendor + 8, &l.c, 4);
	l = host_leaf(1, 0);
	id->family = l.a >> 8 & 15;
	id->model = l.a >> 4 & 15;
	if (id->family == 15)
		id->family += l.a >> 20 & 0xff;
	if (id->family >= 6)
		id->model |= l.a >> 12 & 0xf0;
	id->stepping = l.a & 15;
	id->clflush_size = (l.b >> 8 & 0xff) * 8;
	for (u32 i = 0; i < 3 && extended_max >= 0x80000004; i++) {
		l = host_leaf(0x80000002 + i, 0);
		memcpy(id->brand + 16 * i, &l, 16);
	}
	identify_topology(id);
}

/* Leaves whose answer depends on who asks, and how. */

/* Does the hardware domain's kernel ask? It is told more about the machine. */
static bool leaks_to(const struct vcpu *v)
{
	return v->domain->is_hardware_domain && v == current && v->arch.kernel_mode;
}

/*
 * Linux asks twice: by the forced-emulation prefix (#UD) for what Xen offers,
 * and natively for what the machine has: MONITOR shows there only.
 */
static u32 leaked_leaf1_ecx(const struct vcpu *v)
{
	u32 ecx = 0;

	if (!leaks_to(v))
		return 0;
	if (cpu_has(F(EIST)))
		ecx |= 1U << (F(EIST) % 32);
	if (cpu_has(F(MONITOR)) && guest_cpu_regs()->entry_vector == X86_VEC_GP)
		ecx |= 1U << (F(MONITOR) % 32);
	return ecx;
}

/*
 * OSXSAVE is a copy of CR4. A PV kernel asking by the prefix is shown it at
 * once: Linux takes its absence for a reason not to use XSAVE.
 */
static bool shows_osxsave(const struct vcpu *v)
{
	if (!pv_has(F(XSAVE)))
		return false;
	return (v->arch.ctrlreg[4] & X86_CR4_OSXSAVE) ||
	       (v->arch.kernel_mode && guest_cpu_regs()->entry_vector == X86_VEC_UD);
}

static void leaf_1(const struct vcpu *v, struct cpuid_leaf *l)
{
	l->b &= 0x00ffffff;		/* initial APIC id */
	l->c = pv_featureset[1] | leaked_leaf1_ecx(v);
	l->d = pv_featureset[0];
	if (shows_osxsave(v))
		l->c |= 1U << (F(OSXSAVE) % 32);
	if (leaks_to(v) && cpu_has(F(MTRR)))
		l->d |= 1U << (F(MTRR) % 32);
}

static void leaf_7(u32 subleaf, struct cpuid_leaf *l)
{
	switch (subleaf) {
	case 0:
		*l = (struct cpuid_leaf){
			.a = min_t(u32, l->a, SUBLEAF7_MAX),
			.b = pv_featureset[5],
			.c = pv_featureset[6],
			.d = pv_featureset[9],
		};
		break;
	case 1:
		*l = (struct cpuid_leaf){
			.a = pv_featureset[10],
			.b = pv_featureset[12],
			.c = pv_featureset[14],
			.d = pv_featureset[15],
		};
		break;
	case 2:
		*l = (struct cpuid_leaf){ .d = pv_featureset[13] };
		break;
	default:
		*l = (struct cpuid_leaf){ 0 };
	}
}

/* Bytes that XSAVE writes for @xcr0 in the standard format. */
static u32 xstate_size(u64 xcr0)
{
	u32 size = XSTATE_HEADER_END;

	for (unsigned int i = 2; i < XSTATE_COMPONENTS; i++) {
		struct cpuid_leaf l;

		if (!(xcr0 >> i & 1))
			continue;
		l = host_leaf(XSTATE_LEAF, i);
		size = max(size, l.a + l.b);
	}
	return size;
}

/* The same in the compacted format. */
static u32 xstate_size_compacted(u64 xcr0)
{
	u32 size = XSTATE_HEADER_END;

	for (unsigned int i = 2; i < XSTATE_COMPONENTS; i++) {
		struct cpuid_leaf l;

		if (!(xcr0 >> i & 1))
			continue;
		l = host_leaf(XSTATE_LEAF, i);
		if (l.c & 2)
			size = ROUND_UP(size, 64U);
		size += l.a;
	}
	return size;
}

static void leaf_xstate(const struct vcpu *v, u32 subleaf, struct cpuid_leaf *l)
{
	u64 max = cpu_features.xcr0_max;
	struct cpuid_leaf host = *l;

	*l = (struct cpuid_leaf){ 0 };
	if (!pv_has(F(XSAVE)))
		return;
	if (subleaf == 0) {
		l->a = max;
		l->b = xstate_size(v->arch.xcr0);
		l->c = xstate_size(max);
		l->d = max >> 32;
	} else if (subleaf == 1) {
		l->a = pv_featureset[4];
		if (pv_has(F(XSAVEC)))
			l->b = xstate_size_compacted(v->arch.xcr0);
	} else if (subleaf < XSTATE_COMPONENTS && (max >> subleaf & 1)) {
		l->a = host.a;
		l->b = host.b;
		l->c = host.c & 2;
	}
}

static void leaf_basic(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	switch (leaf) {
	case 0:
		l->a = min_t(u32, l->a, BASIC_MAX);
		break;
	case 1:
		leaf_1(v, l);
		break;
	case 2:
	case 4:
		if (cpu_vendor != VENDOR_INTEL)
			*l = (struct cpuid_leaf){ 0 };
		break;
	case 5:
		if (!leaks_to(v))
			*l = (struct cpuid_leaf){ 0 };
		break;
	case 7:
		leaf_7(subleaf, l);
		break;
	case XSTATE_LEAF:
		leaf_xstate(v, subleaf, l);
		break;
	default:
		*l = (struct cpuid_leaf){ 0 };
	}
}

static void leaf_extended(u32 leaf, struct cpuid_leaf *l)
{
	u32 limit = cpu_is_amd() ? EXTENDED_MAX_AMD : EXTENDED_MAX_INTEL;

	switch (leaf) {
	case 0x80000000:
		l->a = min(l->a, limit);
		break;
	case 0x80000001:
		l->c = pv_featureset[3];
		l->d = pv_featureset[2];
		if (cpu_is_amd())
			l->d |= pv_featureset[0] & COMMON_1D;
		else
			l->b = 0;
		break;
	case 0x80000002 ... 0x80000004:		/* name */
	case 0x80000006:			/* caches */
		break;
	case 0x80000005:
	case 0x80000019:
	case 0x8000001a:
		if (!cpu_is_amd())
			*l = (struct cpuid_leaf){ 0 };
		break;
	case 0x80000007:
		*l = (struct cpuid_leaf){ .d = pv_featureset[7] };
		break;
	case 0x80000008:
		l->b = pv_featureset[8];
		l->c = cpu_is_amd() ? l->c : 0;
		l->d = 0;
		break;
	case 0x80000021:
		*l = (struct cpuid_leaf){ .a = pv_featureset[11], .c = pv_featureset[18] };
		break;
	default:
		*l = (struct cpuid_leaf){ 0 };
	}
}

static void leaf_time(u32 subleaf, struct cpuid_leaf *l)
{
	u32 mul;
	s8 shift;

	switch (subleaf) {
	case 0:
		l->a = (time_tsc_is_stable() ? 2 : 0) | (cpu_has(F(RDTSCP)) ? 4 : 0);
		l->c = tsc_khz;
		break;
	case 1:
		time_tsc_scale(&mul, &shift);
		l->c = mul;
		l->d = shift;
		break;
	case 2:
		l->a = tsc_khz;
		break;
	}
}

/* ABI: arch-x86/cpuid.h. */
static void leaf_hypervisor(u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	*l = (struct cpuid_leaf){ 0 };
	switch (leaf) {
	case XEN_CPUID_LEAF(0):
		l->a = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);
		l->b = XEN_CPUID_SIGNATURE_EBX;
		l->c = XEN_CPUID_SIGNATURE_ECX;
		l->d = XEN_CPUID_SIGNATURE_EDX;
		break;
	case XEN_CPUID_LEAF(1):
		l->a = XEN_ABI_MAJOR << 16 | XEN_ABI_MINOR;
		break;
	case XEN_CPUID_LEAF(2):
		l->a = 1;		/* hypercall page, and the MSR that fills it */
		l->b = XEN_CPUID_FIRST_LEAF;
		l->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case XEN_CPUID_LEAF(3):
		leaf_time(subleaf, l);
		break;
	case XEN_CPUID_LEAF(5):
		if (subleaf == 0)
			l->b = fls64(max_page - 1) + PAGE_SHIFT;
		break;
	}
}

/**
 * pv_cpuid() - CPUID for a PV guest.
 * @v:       the running vCPU
 * @leaf:    EAX
 * @subleaf: ECX
 * @out:     all four registers; zeros for what there is not
 */
void pv_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	u32 range = leaf & 0xffff0000;

	*out = (struct cpuid_leaf){ 0 };
	if (range == XEN_CPUID_FIRST_LEAF) {
		leaf_hypervisor(leaf, subleaf, out);
	} else if (range == 0 && leaf <= basic_max) {
		*out = host_leaf(leaf, subleaf);
		leaf_basic(v, leaf, subleaf, out);
	} else if (range == EXTENDED && leaf <= extended_max) {
		*out = host_leaf(leaf, subleaf);
		leaf_extended(leaf, out);
	}
}
