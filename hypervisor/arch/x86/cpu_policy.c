// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU policies: reading the machine's, deriving what guests may have, and
 * fitting what a toolstack asks for into that. A domain's policy changes only
 * before it runs; the others only at boot.
 *
 * Which features a PV guest has is Xen 4.17's default for PV guests, so that a
 * guest finds the machine that it knows.
 *
 * ABI: arch-x86/cpufeatureset.h; Intel SDM vol. 2, CPUID; AMD APM vol. 3,
 * appendix E.
 */
#include <hv/cpu_policy.h>

#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/system.h>

#define F(name)			XEN_X86_FEATURE_##name

#define XSTATE_LEAF		0x0d
#define XSTATE_HEADER_END	576	/* legacy area and header */
#define FEATURE_LEAF		0x07
#define CACHE_LEAF		0x04
#define TOPOLOGY_LEAF		0x0b
#define ARCH_CAPS_WORD		16	/* and 17 */

/* Bits of leaf 1 EDX that AMD repeats in leaf 0x80000001. */
#define COMMON_1D		0x0183f3ffU

struct cpu_policy raw_policy __ro_after_init;
struct cpu_policy host_policy __ro_after_init;
struct cpu_policy pv_max_policy __ro_after_init;
struct cpu_policy pv_default_policy __ro_after_init;

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

/* Useless without another one, or the registers that XCR0 enables. */
static const u16 needs_xsave[] = {
	F(XSAVEOPT), F(XSAVEC), F(XGETBV1), F(AVX), F(FMA), F(F16C), F(XOP), F(FMA4),
	F(AVX2), F(VAES), F(VPCLMULQDQ), F(AVX_VNNI),
};

static const u16 needs_avx[] = {
	F(FMA), F(F16C), F(XOP), F(FMA4), F(AVX2), F(VAES), F(VPCLMULQDQ), F(AVX_VNNI),
	F(AVX512F),
};

static const u16 needs_avx512f[] = {
	F(AVX512DQ), F(AVX512_IFMA), F(AVX512PF), F(AVX512ER), F(AVX512CD),
	F(AVX512BW), F(AVX512VL), F(AVX512_VBMI), F(AVX512_VBMI2), F(AVX512_VNNI),
	F(AVX512_BITALG), F(AVX512_VPOPCNTDQ), F(AVX512_4VNNIW), F(AVX512_4FMAPS),
	F(AVX512_BF16),
};

/* Where each word of a featureset stands. ABI: cpufeatureset.h. */
static const struct {
	u32 leaf, subleaf;
	u8 reg;		/* 0 to 3: a to d */
} words[FEATURESET_WORDS] = {
	[0] = { 1, 0, 3 },
	[1] = { 1, 0, 2 },
	[2] = { 0x80000001, 0, 3 },
	[3] = { 0x80000001, 0, 2 },
	[4] = { XSTATE_LEAF, 1, 0 },
	[5] = { FEATURE_LEAF, 0, 1 },
	[6] = { FEATURE_LEAF, 0, 2 },
	[7] = { 0x80000007, 0, 3 },
	[8] = { 0x80000008, 0, 1 },
	[9] = { FEATURE_LEAF, 0, 3 },
	[10] = { FEATURE_LEAF, 1, 0 },
	[11] = { 0x80000021, 0, 0 },
	[12] = { FEATURE_LEAF, 1, 1 },
	[13] = { FEATURE_LEAF, 2, 3 },
	[14] = { FEATURE_LEAF, 1, 2 },
	[15] = { FEATURE_LEAF, 1, 3 },
	[18] = { 0x80000021, 0, 2 },
};

/**
 * cpu_policy_leaf() - Where a policy keeps a leaf.
 * @p:       policy
 * @leaf:    EAX, any number
 * @subleaf: ECX, any number; ignored by leaves without subleaves
 *
 * Return: its place; NULL if no policy has such a leaf.
 */
struct cpuid_leaf *cpu_policy_leaf(struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	switch (leaf) {
	case CACHE_LEAF:
		return subleaf < POLICY_CACHES ? &p->cache[subleaf] : NULL;
	case FEATURE_LEAF:
		return subleaf < POLICY_FEATURES ? &p->feature[subleaf] : NULL;
	case TOPOLOGY_LEAF:
		return subleaf < POLICY_TOPOLOGY ? &p->topology[subleaf] : NULL;
	case XSTATE_LEAF:
		return subleaf < POLICY_XSTATES ? &p->xstate[subleaf] : NULL;
	}
	if (leaf <= POLICY_BASIC_MAX)
		return &p->basic[leaf];
	if (leaf >= POLICY_EXTENDED && leaf <= POLICY_EXTENDED_MAX_AMD)
		return &p->extended[leaf - POLICY_EXTENDED];
	return NULL;
}

static u32 extended_max(const struct cpu_policy *p)
{
	u32 max = p->extended[0].a;

	return max >= POLICY_EXTENDED && max <= 0x8000ffff ? max : POLICY_EXTENDED;
}

struct cpuid_leaf cpu_policy_read(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	u32 max = leaf < POLICY_EXTENDED ? p->basic[0].a : extended_max(p);
	/* Looked at, not written. */
	const struct cpuid_leaf *l = cpu_policy_leaf((struct cpu_policy *)p, leaf, subleaf);

	if (!l || leaf > max || (leaf == FEATURE_LEAF && subleaf > p->feature[0].a))
		return (struct cpuid_leaf){ 0 };
	return *l;
}

/* NULL for the words of an MSR. */
static u32 *feature_word(struct cpu_policy *p, unsigned int word)
{
	struct cpuid_leaf *l;

	if (word == ARCH_CAPS_WORD || word == ARCH_CAPS_WORD + 1)
		return NULL;
	l = cpu_policy_leaf(p, words[word].leaf, words[word].subleaf);
	return &l->a + words[word].reg;
}

/**
 * cpu_policy_featureset() - A policy's features, as the ABI numbers them.
 * @p:  policy
 * @fs: filled in
 */
void cpu_policy_featureset(const struct cpu_policy *p, u32 fs[FEATURESET_WORDS])
{
	for (unsigned int i = 0; i < FEATURESET_WORDS; i++) {
		const u32 *word = feature_word((struct cpu_policy *)p, i);

		if (word)
			fs[i] = *word;
	}
	fs[ARCH_CAPS_WORD] = p->arch_caps;
	fs[ARCH_CAPS_WORD + 1] = p->arch_caps >> 32;
}

static void set_featureset(struct cpu_policy *p, const u32 fs[FEATURESET_WORDS])
{
	for (unsigned int i = 0; i < FEATURESET_WORDS; i++) {
		u32 *word = feature_word(p, i);

		if (word)
			*word = fs[i];
	}
	p->arch_caps = fs[ARCH_CAPS_WORD] | (u64)fs[ARCH_CAPS_WORD + 1] << 32;
}

bool cpu_policy_has(const struct cpu_policy *p, unsigned int feature)
{
	const u32 *word = feature_word((struct cpu_policy *)p, feature / 32);

	if (!word)
		return p->arch_caps >> (feature - 32 * ARCH_CAPS_WORD) & 1;
	return *word >> (feature % 32) & 1;
}

static bool fs_has(const u32 *fs, unsigned int feature)
{
	return fs[feature / 32] >> (feature % 32) & 1;
}

static void clear_features(u32 *fs, const u16 *list, unsigned int nr)
{
	while (nr--)
		fs[list[nr] / 32] &= ~(1U << (list[nr] % 32));
}

static void drop_dependent(u32 *fs)
{
	if (!fs_has(fs, F(XSAVE)))
		clear_features(fs, needs_xsave, ARRAY_SIZE(needs_xsave));
	if (!fs_has(fs, F(AVX)))
		clear_features(fs, needs_avx, ARRAY_SIZE(needs_avx));
	if (!fs_has(fs, F(AVX512F)))
		clear_features(fs, needs_avx512f, ARRAY_SIZE(needs_avx512f));
}

/* The state that a guest with these features may have, of what we switch. */
static u64 xcr0_of(const u32 *fs)
{
	u64 xcr0 = XCR0_X87 | XCR0_SSE;

	if (!fs_has(fs, F(XSAVE)))
		return 0;
	if (fs_has(fs, F(AVX)))
		xcr0 |= XCR0_AVX;
	if (fs_has(fs, F(AVX512F)))
		xcr0 |= XCR0_AVX512;
	return xcr0 & cpu_features.xcr0_max;
}

/* Sizes are the machine's: what of them the guest sees is a matter of its XCR0. */
static void fill_xstate(struct cpu_policy *p, u64 xcr0)
{
	u32 features = p->xstate[1].a, size = XSTATE_HEADER_END;

	memset(p->xstate, 0, sizeof(p->xstate));
	if (!xcr0)
		return;
	for (unsigned int i = 2; i < POLICY_XSTATES; i++) {
		if (!(xcr0 >> i & 1))
			continue;
		p->xstate[i] = raw_policy.xstate[i];
		p->xstate[i].c &= 2;
		p->xstate[i].d = 0;
		size = max(size, p->xstate[i].a + p->xstate[i].b);
	}
	p->xstate[0].a = xcr0;
	p->xstate[0].b = size;
	p->xstate[0].c = size;
	p->xstate[0].d = xcr0 >> 32;
	p->xstate[1].a = features;
}

/**
 * cpu_policy_xstate_size() - Bytes that XSAVE writes in the standard format.
 * @p:    policy
 * @xcr0: what is written, of what @p has
 */
u32 cpu_policy_xstate_size(const struct cpu_policy *p, u64 xcr0)
{
	u32 size = XSTATE_HEADER_END;

	for (unsigned int i = 2; i < POLICY_XSTATES; i++)
		if (xcr0 >> i & 1)
			size = max(size, p->xstate[i].a + p->xstate[i].b);
	return size;
}

static void clear_leaf(struct cpu_policy *p, u32 leaf)
{
	*cpu_policy_leaf(p, leaf, 0) = (struct cpuid_leaf){ 0 };
}

/* Power, performance counters, topology: the hypervisor's, or nobody's. */
static void hide_basic(struct cpu_policy *p)
{
	static const u8 hidden[] = { 3, 5, 6, 8, 9, 0xa, 0xc };

	for (unsigned int i = 0; i < ARRAY_SIZE(hidden); i++)
		clear_leaf(p, hidden[i]);
	memset(p->topology, 0, sizeof(p->topology));
	if (cpu_vendor != VENDOR_INTEL) {
		clear_leaf(p, 2);
		memset(p->cache, 0, sizeof(p->cache));
	}
	p->basic[0].a = min_t(u32, p->basic[0].a, POLICY_BASIC_MAX);
	p->basic[1].b &= 0x00ffffff;		/* initial APIC id */
	p->feature[0].a = min_t(u32, p->feature[0].a, POLICY_FEATURES - 1);
	p->feature[2] = (struct cpuid_leaf){ .d = p->feature[2].d };
}

static void hide_extended(struct cpu_policy *p)
{
	u32 limit = cpu_is_amd() ? POLICY_EXTENDED_MAX_AMD : POLICY_EXTENDED_MAX_INTEL;
	struct cpuid_leaf *l = p->extended;

	l[0].a = min(extended_max(p), limit);
	if (!cpu_is_amd())
		l[1].b = 0;
	for (u32 i = 5; i < ARRAY_SIZE(p->extended); i++) {
		switch (i) {
		case 0x05:
		case 0x19:
		case 0x1a:		/* TLBs and caches */
			if (!cpu_is_amd())
				l[i] = (struct cpuid_leaf){ 0 };
			break;
		case 0x06:
			break;
		case 0x07:
			l[i] = (struct cpuid_leaf){ .d = l[i].d };
			break;
		case 0x08:
			l[i].c = cpu_is_amd() ? l[i].c : 0;
			l[i].d = 0;
			break;
		case 0x21:
			l[i] = (struct cpuid_leaf){ .a = l[i].a, .c = l[i].c };
			break;
		default:
			l[i] = (struct cpuid_leaf){ 0 };
		}
	}
}

/* What follows from the features, and must not contradict them. */
static void derive(struct cpu_policy *p, const u32 *fs)
{
	set_featureset(p, fs);
	if (cpu_is_amd())
		p->extended[1].d = (p->extended[1].d & ~COMMON_1D) | (fs[0] & COMMON_1D);
	fill_xstate(p, xcr0_of(fs));
}

/**
 * cpu_policy_check() - Is a policy one that can be had?
 * @p:    asked for
 * @most: the most that may be had
 * @err:  filled in
 *
 * Features that go beyond are no error: cpu_policy_limit() takes them away.
 * Return: 0; -EINVAL for limits and constants beyond @most's, @err says which.
 */
int cpu_policy_check(const struct cpu_policy *p, const struct cpu_policy *most,
		     struct cpu_policy_error *err)
{
	*err = (struct cpu_policy_error){ ~0U, ~0U, ~0U };
	if (p->basic[0].a > most->basic[0].a) {
		err->leaf = 0;
	} else if (p->feature[0].a > most->feature[0].a) {
		err->leaf = FEATURE_LEAF;
		err->subleaf = 0;
	} else if (p->extended[0].a > most->extended[0].a) {
		err->leaf = POLICY_EXTENDED;
	} else if (p->platform_info & ~most->platform_info) {
		err->msr = MSR_PLATFORM_INFO;
	} else {
		return 0;
	}
	return -EINVAL;
}

static void clear_beyond_limits(struct cpu_policy *p)
{
	for (u32 leaf = p->basic[0].a + 1; leaf <= POLICY_BASIC_MAX; leaf++) {
		p->basic[leaf] = (struct cpuid_leaf){ 0 };
		if (leaf == CACHE_LEAF)
			memset(p->cache, 0, sizeof(p->cache));
		else if (leaf == FEATURE_LEAF)
			memset(p->feature, 0, sizeof(p->feature));
		else if (leaf == XSTATE_LEAF)
			memset(p->xstate, 0, sizeof(p->xstate));
	}
	for (u32 i = p->feature[0].a + 1; i < POLICY_FEATURES; i++)
		p->feature[i] = (struct cpuid_leaf){ 0 };
	for (u32 i = (extended_max(p) & 0xffff) + 1; i < ARRAY_SIZE(p->extended); i++)
		p->extended[i] = (struct cpuid_leaf){ 0 };
}

/**
 * cpu_policy_limit() - Take from a policy what its domain cannot have.
 * @p:    passed cpu_policy_check()
 * @most: the most that may be had
 */
void cpu_policy_limit(struct cpu_policy *p, const struct cpu_policy *most)
{
	u32 fs[FEATURESET_WORDS], most_fs[FEATURESET_WORDS];

	hide_basic(p);
	hide_extended(p);
	clear_beyond_limits(p);
	cpu_policy_featureset(p, fs);
	cpu_policy_featureset(most, most_fs);
	for (unsigned int i = 0; i < FEATURESET_WORDS; i++)
		fs[i] &= most_fs[i];
	fs[F(HYPERVISOR) / 32] |= 1U << (F(HYPERVISOR) % 32);
	drop_dependent(fs);
	derive(p, fs);
	/* No more of an address than the CPU has; not 0 either, that would be 36 bits. */
	p->extended[8].a = most->extended[8].a;
	p->platform_info &= most->platform_info;
}

static struct cpuid_leaf read_leaf(u32 leaf, u32 subleaf)
{
	struct cpuid_leaf l;

	cpuid_count(leaf, subleaf, &l.a, &l.b, &l.c, &l.d);
	return l;
}

/* A CPU without the range answers with anything. */
static u32 __init range_max(u32 range)
{
	u32 max = read_leaf(range, 0).a;

	return max >= range && max - range <= 0xffff ? max : range;
}

static void __init read_subleaves(u32 leaf, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		*cpu_policy_leaf(&raw_policy, leaf, i) = read_leaf(leaf, i);
}

static void __init read_xstate(void)
{
	u64 known;

	read_subleaves(XSTATE_LEAF, 2);
	known = raw_policy.xstate[0].a | (u64)raw_policy.xstate[0].d << 32 |
		raw_policy.xstate[1].c | (u64)raw_policy.xstate[1].d << 32;
	for (u32 i = 2; i < POLICY_XSTATES; i++)
		if (known >> i & 1)
			raw_policy.xstate[i] = read_leaf(XSTATE_LEAF, i);
}

static void __init read_basic(void)
{
	u32 last = range_max(0);

	for (u32 leaf = 0; leaf <= min_t(u32, last, POLICY_BASIC_MAX); leaf++) {
		switch (leaf) {
		case CACHE_LEAF:
			read_subleaves(leaf, POLICY_CACHES);
			break;
		case FEATURE_LEAF:
			read_subleaves(leaf, 1);
			read_subleaves(leaf, min_t(u32, raw_policy.feature[0].a + 1,
						   POLICY_FEATURES));
			break;
		case TOPOLOGY_LEAF:
			read_subleaves(leaf, POLICY_TOPOLOGY);
			break;
		case XSTATE_LEAF:
			read_xstate();
			break;
		default:
			raw_policy.basic[leaf] = read_leaf(leaf, 0);
		}
	}
}

static void __init read_extended(void)
{
	u32 last = min(range_max(POLICY_EXTENDED), POLICY_EXTENDED_MAX_AMD);

	for (u32 leaf = POLICY_EXTENDED; leaf <= last; leaf++)
		raw_policy.extended[leaf - POLICY_EXTENDED] = read_leaf(leaf, 0);
}

static void __init read_msrs(void)
{
	u64 val;

	if (cpu_policy_has(&raw_policy, F(ARCH_CAPS)) && !rdmsr_safe(MSR_ARCH_CAPABILITIES, &val))
		raw_policy.arch_caps = val;
}

/* Of the machine's, the state that we can switch. */
static void __init derive_host(void)
{
	host_policy = raw_policy;
	host_policy.basic[0].a = min_t(u32, host_policy.basic[0].a, POLICY_BASIC_MAX);
	host_policy.feature[0].a = min_t(u32, host_policy.feature[0].a, POLICY_FEATURES - 1);
	host_policy.extended[0].a = min(extended_max(&host_policy), POLICY_EXTENDED_MAX_AMD);
	fill_xstate(&host_policy, cpu_features.xcr0_max);
}

/* The limit of a policy is itself, once the features are. */
static void __init derive_pv(void)
{
	u32 fs[FEATURESET_WORDS], most[FEATURESET_WORDS] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(pv_features); i++)
		most[pv_features[i] / 32] |= 1U << (pv_features[i] % 32);
	if (!cpu_features.xsave)
		most[F(XSAVE) / 32] &= ~(1U << (F(XSAVE) % 32));
	if (!(cpu_features.xcr0_max & XCR0_AVX))
		most[F(AVX) / 32] &= ~(1U << (F(AVX) % 32));
	if ((cpu_features.xcr0_max & XCR0_AVX512) != XCR0_AVX512)
		most[F(AVX512F) / 32] &= ~(1U << (F(AVX512F) % 32));
	cpu_policy_featureset(&raw_policy, fs);
	for (unsigned int i = 0; i < FEATURESET_WORDS; i++)
		fs[i] &= most[i];
	pv_max_policy = raw_policy;
	set_featureset(&pv_max_policy, fs);
	cpu_policy_limit(&pv_max_policy, &pv_max_policy);
	pv_default_policy = pv_max_policy;
}

/** cpu_policy_read_raw() - Read the machine's policy. Boot. */
void __init cpu_policy_read_raw(void)
{
	read_basic();
	read_extended();
	read_msrs();
}

/** cpu_policy_derive() - Decide on the guests'. Boot, once the vendor is known. */
void __init cpu_policy_derive(void)
{
	derive_host();
	derive_pv();
}
