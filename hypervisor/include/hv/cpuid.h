/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID says to guests. arch/x86/cpuid.c. */
#ifndef HV_CPUID_H
#define HV_CPUID_H

#include <hv/types.h>

struct vcpu;

struct cpuid_leaf {
	u32 a, b, c, d;
};

/* CPUID as @v may see it; every leaf has an answer. */
void pv_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out);

#endif
