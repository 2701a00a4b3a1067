/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine's CPUs can do, as far as the hypervisor itself uses it. */
#ifndef HV_ASM_CPU_H
#define HV_ASM_CPU_H

#include <hv/types.h>

#define XCR0_X87	0x001UL
#define XCR0_SSE	0x002UL
#define XCR0_AVX	0x004UL
#define XCR0_AVX512	0x0e0UL
#define XCR0_SUPPORTED	(XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512)

struct cpu_features {
	bool xsave, xsaveopt, fsgsbase, smep, umip;
	bool tsc_aux;		/* RDTSCP or RDPID tells programs this MSR */
	u32 paddr_bits;		/* width of a physical address */
	bool x87_pointers_stay;	/* asm/fpu.h */
	u64 xcr0_max;		/* XCR0 bits that guests may set */
	unsigned int fpu_bytes;	/* of the save area */
	u32 mxcsr_mask;		/* bits of MXCSR that exist */
};

extern struct cpu_features cpu_features;

struct percpu;
struct vcpu;

void cpu_init(struct percpu *p);
/* Says so in the log if this CPU lacks what the boot CPU has, or the reverse. */
void cpu_check_same(void);
/* mtrr.c: memory types of the boot CPU, for all others. */
void mtrr_save(void);
void mtrr_load(void);
void cpu_load_cr4(const struct vcpu *v);

#endif
