// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU policies as tools read and write them: lists of leaves and of MSRs. No
 * state, no locks. ABI: arch-x86/xen.h, xen_cpuid_leaf_t, xen_msr_entry_t;
 * domctl.h, XEN_DOMCTL_set_cpu_policy.
 */
#include <hv/cpu_policy.h>

#include <hv/errno.h>
#include <hv/lib.h>
#include <asm/x86-defs.h>

#define CACHE_LEAF		0x04
#define FEATURE_LEAF		0x07
#define TOPOLOGY_LEAF		0x0b
#define XSTATE_LEAF		0x0d
#define HV_LEAF			0x40000000U
#define HV2_LEAF		0x40000100U

/* Basic leaves, more subleaves, the two of hypervisors, extended leaves. */
BUILD_BUG_ON(POLICY_BASIC_MAX + 1 + POLICY_CACHES + POLICY_FEATURES + POLICY_TOPOLOGY +
	     POLICY_XSTATES + 2 + (POLICY_EXTENDED_MAX_AMD & 0xffff) + 1 - 4 > POLICY_LEAVES_MAX);

struct list {
	xen_cpuid_leaf_t *out;	/* NULL: only count */
	unsigned int nr;
};

static void put(struct list *list, u32 leaf, u32 subleaf, struct cpuid_leaf l)
{
	if (list->out)
		list->out[list->nr] = (xen_cpuid_leaf_t){ leaf, subleaf, l.a, l.b, l.c, l.d };
	list->nr++;
}

/* The last one is of type 0, unless there is no room for it. */
static void put_caches(struct list *list, const struct cpu_policy *p)
{
	unsigned int i = 0;

	do {
		put(list, CACHE_LEAF, i, p->cache[i]);
	} while ((p->cache[i].a & 0x1f) && ++i < POLICY_CACHES);
}

static void put_topology(struct list *list, const struct cpu_policy *p)
{
	unsigned int i = 0;

	do {
		put(list, TOPOLOGY_LEAF, i, p->topology[i]);
	} while ((p->topology[i].c & 0xff00) && ++i < POLICY_TOPOLOGY);
}

static void put_xstates(struct list *list, const struct cpu_policy *p)
{
	u64 there = cpu_policy_xcr0(p) | p->xstate[1].c | (u64)p->xstate[1].d << 32;

	put(list, XSTATE_LEAF, 0, p->xstate[0]);
	put(list, XSTATE_LEAF, 1, p->xstate[1]);
	for (unsigned int i = 2; i < POLICY_XSTATES; i++)
		if (there >> i & 1)
			put(list, XSTATE_LEAF, i, p->xstate[i]);
}

static void put_basic(struct list *list, const struct cpu_policy *p)
{
	u32 last = min_t(u32, p->basic[0].a, POLICY_BASIC_MAX);

	for (u32 leaf = 0; leaf <= last; leaf++) {
		switch (leaf) {
		case CACHE_LEAF:
			put_caches(list, p);
			break;
		case FEATURE_LEAF:
			for (u32 i = 0; i <= min_t(u32, p->feature[0].a, POLICY_FEATURES - 1); i++)
				put(list, leaf, i, p->feature[i]);
			break;
		case TOPOLOGY_LEAF:
			put_topology(list, p);
			break;
		case XSTATE_LEAF:
			put_xstates(list, p);
			break;
		default:
			put(list, leaf, XEN_CPUID_NO_SUBLEAF, p->basic[leaf]);
		}
	}
}

/**
 * cpu_policy_to_leaves() - List a policy's leaves.
 * @p:   policy
 * @out: room for POLICY_LEAVES_MAX; NULL to count only
 *
 * Return: how many there are.
 */
unsigned int cpu_policy_to_leaves(const struct cpu_policy *p, xen_cpuid_leaf_t *out)
{
	u32 last = min_t(u32, p->extended[0].a & 0xffff, ARRAY_SIZE(p->extended) - 1);
	struct list list = { .out = out };

	put_basic(&list, p);
	put(&list, HV_LEAF, XEN_CPUID_NO_SUBLEAF, (struct cpuid_leaf){ .a = p->hv_limit });
	put(&list, HV2_LEAF, XEN_CPUID_NO_SUBLEAF, (struct cpuid_leaf){ .a = p->hv2_limit });
	for (u32 i = 0; i <= last; i++)
		put(&list, POLICY_EXTENDED + i, XEN_CPUID_NO_SUBLEAF, p->extended[i]);
	return list.nr;
}

/**
 * cpu_policy_to_msrs() - List a policy's MSRs.
 * @p:   policy
 * @out: room for POLICY_MSRS_MAX
 *
 * Return: how many there are.
 */
unsigned int cpu_policy_to_msrs(const struct cpu_policy *p, xen_msr_entry_t *out)
{
	out[0] = (xen_msr_entry_t){ .idx = MSR_PLATFORM_INFO, .val = p->platform_info };
	out[1] = (xen_msr_entry_t){ .idx = MSR_ARCH_CAPABILITIES, .val = p->arch_caps };
	return 2;
}

static bool has_subleaves(u32 leaf)
{
	return leaf == CACHE_LEAF || leaf == FEATURE_LEAF || leaf == TOPOLOGY_LEAF ||
	       leaf == XSTATE_LEAF;
}

/**
 * cpu_policy_from_leaf() - Put a leaf into a policy.
 * @p: policy
 * @l: private copy of what a tool gave
 *
 * Return: 0; -ERANGE if no policy has such a leaf.
 */
int cpu_policy_from_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *l)
{
	struct cpuid_leaf *place;

	if (!has_subleaves(l->leaf) && l->subleaf != XEN_CPUID_NO_SUBLEAF)
		return -ERANGE;
	if (l->leaf == HV_LEAF) {
		p->hv_limit = l->a;
		return 0;
	}
	if (l->leaf == HV2_LEAF) {
		p->hv2_limit = l->a;
		return 0;
	}
	place = cpu_policy_leaf(p, l->leaf, l->subleaf);
	if (!place)
		return -ERANGE;
	*place = (struct cpuid_leaf){ l->a, l->b, l->c, l->d };
	return 0;
}

/**
 * cpu_policy_from_msr() - Put an MSR's value into a policy.
 * @p: policy
 * @m: private copy of what a tool gave
 *
 * Return: 0; -EINVAL for flags; -ERANGE if no policy has such an MSR;
 * -EOVERFLOW for a value that is too large.
 */
int cpu_policy_from_msr(struct cpu_policy *p, const xen_msr_entry_t *m)
{
	if (m->flags)
		return -EINVAL;
	switch (m->idx) {
	case MSR_PLATFORM_INFO:
		if (m->val >> 32)
			return -EOVERFLOW;
		p->platform_info = m->val;
		return 0;
	case MSR_ARCH_CAPABILITIES:
		p->arch_caps = m->val;
		return 0;
	}
	return -ERANGE;
}
