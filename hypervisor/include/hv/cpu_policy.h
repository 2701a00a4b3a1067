/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: what CPUID and a few constant MSRs say, leaf by leaf. There is
 * the machine's, what of it we use, the most that a PV guest may have, and what
 * it gets unless its toolstack says otherwise; and one of each domain.
 * arch/x86/cpu_policy.c.
 */
#ifndef HV_CPU_POLICY_H
#define HV_CPU_POLICY_H

#include <hv/cpuid.h>

#include <xen/xen.h>

#define POLICY_BASIC_MAX	0x0d
#define POLICY_CACHES		6	/* subleaves of leaf 4 */
#define POLICY_FEATURES		3	/* of leaf 7 */
#define POLICY_TOPOLOGY		2	/* of leaf 0xb */
#define POLICY_XSTATES		63	/* of leaf 0xd */
#define POLICY_EXTENDED		0x80000000U
#define POLICY_EXTENDED_MAX_INTEL 0x80000008U
#define POLICY_EXTENDED_MAX_AMD	0x80000021U

struct cpu_policy {
	/* By leaf; that of a leaf with subleaves is not used. */
	struct cpuid_leaf basic[POLICY_BASIC_MAX + 1];
	struct cpuid_leaf cache[POLICY_CACHES];
	struct cpuid_leaf feature[POLICY_FEATURES];
	struct cpuid_leaf topology[POLICY_TOPOLOGY];
	struct cpuid_leaf xstate[POLICY_XSTATES];
	struct cpuid_leaf extended[(POLICY_EXTENDED_MAX_AMD & 0xffff) + 1];
	/* Last of our own leaves, and of those that a guest may find behind them; 0: all. */
	u32 hv_limit, hv2_limit;
	u64 platform_info;	/* MSR 0xce */
	u64 arch_caps;		/* MSR 0x10a */
};

extern struct cpu_policy raw_policy, host_policy, pv_max_policy, pv_default_policy;

/* The leaf's place in @p; NULL where no policy has one. */
struct cpuid_leaf *cpu_policy_leaf(struct cpu_policy *p, u32 leaf, u32 subleaf);
/* What a CPU of this policy answers: zeros beyond its limits. */
struct cpuid_leaf cpu_policy_read(const struct cpu_policy *p, u32 leaf, u32 subleaf);

void cpu_policy_featureset(const struct cpu_policy *p, u32 fs[FEATURESET_WORDS]);
bool cpu_policy_has(const struct cpu_policy *p, unsigned int feature);

/* The XCR0 bits that a guest of this policy may set. */
static inline u64 cpu_policy_xcr0(const struct cpu_policy *p)
{
	return p->xstate[0].a | (u64)p->xstate[0].d << 32;
}

u32 cpu_policy_xstate_size(const struct cpu_policy *p, u64 xcr0);

/* Boot, once, for cpuid_init(): the machine's own, then those that follow from it. */
void cpu_policy_read_raw(void);
void cpu_policy_derive(void);

/* Which value is at fault; ~0 in all: none in particular. */
struct cpu_policy_error {
	u32 leaf, subleaf, msr;
};

int cpu_policy_check(const struct cpu_policy *p, const struct cpu_policy *most,
		     struct cpu_policy_error *err);
void cpu_policy_limit(struct cpu_policy *p, const struct cpu_policy *most);

/* cpu_policy_abi.c: the form in which tools read and write them. */
#define POLICY_LEAVES_MAX	128
#define POLICY_MSRS_MAX		2

unsigned int cpu_policy_to_leaves(const struct cpu_policy *p, xen_cpuid_leaf_t *out);
unsigned int cpu_policy_to_msrs(const struct cpu_policy *p, xen_msr_entry_t *out);
int cpu_policy_from_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *l);
int cpu_policy_from_msr(struct cpu_policy *p, const xen_msr_entry_t *m);

#endif
