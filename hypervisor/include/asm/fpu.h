/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x87 unit's pointers to its last instruction and operand. AMD's FXRSTOR and
 * XRSTOR load them only along with a pending exception, unless CPUID says
 * RSTR_FP_ERR_PTRS: otherwise those of the vCPU before would stay for the next to
 * read. AMD APM vol. 2, 11.4.4.
 */
#ifndef HV_ASM_FPU_H
#define HV_ASM_FPU_H

#include <hv/lib.h>
#include <hv/types.h>

#define X87_ENV_FIP	3	/* word of FNSTENV's image */
#define FXSAVE_BYTES	512
#define FXSAVE_FIP	8

/* Do they survive the loading of others? Leaves the x87 unit in any state. */
static inline bool x87_pointers_stay(void)
{
	u8 image[FXSAVE_BYTES] __aligned(16);
	u32 env[7];

	__asm__ __volatile__("fninit; fld1; fxsave64 %0" : "=m" (image));
	*(u64 *)(image + FXSAVE_FIP) = 0;
	__asm__ __volatile__("fxrstor64 %1; fnstenv %0" : "=m" (env) : "m" (image));
	return env[X87_ENV_FIP] != 0;
}

/* Point them at here; the registers are the caller's to load afterwards. */
static inline void x87_forget_pointers(void)
{
	static const u32 zero;

	__asm__ __volatile__("fnclex; emms; fildl %0" :: "m" (zero));
}

#endif
