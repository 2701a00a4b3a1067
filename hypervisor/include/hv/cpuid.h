/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPU can do, and what of it a PV guest is told. arch/x86/cpuid.c. */
#ifndef HV_CPUID_H
#define HV_CPUID_H

#include <hv/types.h>

#include <xen/arch-x86/cpufeatureset.h>

/* Words of a featureset as the public header numbers them. */
#define FEATURESET_WORDS	19

enum cpu_vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD, VENDOR_HYGON };

struct vcpu;

struct cpuid_leaf {
	u32 a, b, c, d;
};

extern enum cpu_vendor cpu_vendor;
extern u32 host_featureset[FEATURESET_WORDS];

/* @f: XEN_X86_FEATURE_*. */
static inline bool cpu_has(unsigned int f)
{
	return host_featureset[f / 32] >> (f % 32) & 1;
}

static inline bool cpu_is_amd(void)
{
	return cpu_vendor == VENDOR_AMD || cpu_vendor == VENDOR_HYGON;
}

/* What kind of CPU this is. */
struct cpu_identity {
	char vendor[12];	/* not terminated */
	char brand[48];
	u32 family, model, stepping;
	u32 cpuid_level, clflush_size;
	u32 cores, threads;	/* in a package */
	/* Bits of the APIC id below the core's, the package's number. */
	u32 core_shift, package_shift;
};

void cpu_identify(struct cpu_identity *id);

/* Boot, once, after cpu_init(). */
void cpuid_init(void);
void pv_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out);

#endif
