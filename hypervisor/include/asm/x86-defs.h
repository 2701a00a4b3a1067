/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits and numbers of the architecture; also read by assembly. Intel SDM vol. 3, AMD APM vol. 2. */
#ifndef HV_ASM_X86_DEFS_H
#define HV_ASM_X86_DEFS_H

#define X86_EFLAGS_CF		0x00000001
#define X86_EFLAGS_FIXED	0x00000002
#define X86_EFLAGS_ZF		0x00000040
#define X86_EFLAGS_TF		0x00000100
#define X86_EFLAGS_IF		0x00000200
#define X86_EFLAGS_DF		0x00000400
#define X86_EFLAGS_IOPL		0x00003000
#define X86_EFLAGS_NT		0x00004000
#define X86_EFLAGS_RF		0x00010000
#define X86_EFLAGS_VM		0x00020000
#define X86_EFLAGS_AC		0x00040000
#define X86_EFLAGS_VIF		0x00080000
#define X86_EFLAGS_VIP		0x00100000

#define X86_CR0_PE		0x00000001
#define X86_CR0_MP		0x00000002
#define X86_CR0_EM		0x00000004
#define X86_CR0_TS		0x00000008
#define X86_CR0_ET		0x00000010
#define X86_CR0_NE		0x00000020
#define X86_CR0_WP		0x00010000
#define X86_CR0_AM		0x00040000
#define X86_CR0_PG		0x80000000

#define X86_CR4_TSD		0x00000004
#define X86_CR4_DE		0x00000008
#define X86_CR4_PSE		0x00000010
#define X86_CR4_PAE		0x00000020
#define X86_CR4_MCE		0x00000040
#define X86_CR4_PGE		0x00000080
#define X86_CR4_OSFXSR		0x00000200
#define X86_CR4_OSXMMEXCPT	0x00000400
#define X86_CR4_UMIP		0x00000800
#define X86_CR4_FSGSBASE	0x00010000
#define X86_CR4_OSXSAVE		0x00040000
#define X86_CR4_SMEP		0x00100000
#define X86_CR4_SMAP		0x00200000

#define MSR_APIC_BASE		0x0000001b
#define MSR_PLATFORM_INFO	0x000000ce
#define MSR_ARCH_CAPABILITIES	0x0000010a
#define MSR_SYSENTER_CS		0x00000174
#define MSR_SYSENTER_ESP	0x00000175
#define MSR_SYSENTER_EIP	0x00000176
#define MSR_MCG_CAP		0x00000179
#define MSR_PAT			0x00000277
#define MSR_TSC_DEADLINE	0x000006e0
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

#define EFER_SCE		0x001
#define EFER_LME		0x100
#define EFER_LMA		0x400
#define EFER_NXE		0x800

/* Exception vectors. */
#define X86_VEC_DE		0
#define X86_VEC_DB		1
#define X86_VEC_NMI		2
#define X86_VEC_BP		3
#define X86_VEC_OF		4
#define X86_VEC_BR		5
#define X86_VEC_UD		6
#define X86_VEC_NM		7
#define X86_VEC_DF		8
#define X86_VEC_TS		10
#define X86_VEC_NP		11
#define X86_VEC_SS		12
#define X86_VEC_GP		13
#define X86_VEC_PF		14
#define X86_VEC_MF		16
#define X86_VEC_AC		17
#define X86_VEC_MC		18
#define X86_VEC_XM		19

/* Error code of a page fault, and of one that names a selector. */
#define PFEC_P			0x01
#define PFEC_W			0x02
#define PFEC_U			0x04
#define PFEC_RSVD		0x08
#define PFEC_I			0x10
#define X86_XEC_EXT		0x01
#define X86_XEC_IDT		0x02
#define X86_XEC_TI		0x04

/*
 * Our part of the GDT: page 14 of each vCPU's 16. The selectors that guests
 * see are public header arch-x86/xen-x86_64.h, FLAT_RING3_*.
 */
#define GUEST_GDT_PAGES		14
#define HV_GDT_BASE		0xe000
#define HV_CS			0xe008	/* ring 0 code, 64-bit */
#define HV_DS			0xe010
#define FLAT_CS32		0xe023	/* ring 3 code, 32-bit */
#define FLAT_DS			0xe02b	/* ring 3 data and stack */
#define FLAT_CS64		0xe033	/* ring 3 code, 64-bit */
#define HV_TSS			0xe040
#define HV_LDT			0xe060

/* Index of each stack in the TSS, and its page in the CPU's stack block. */
#define IST_MC			1
#define IST_NMI			2
#define IST_DB			3
#define IST_DF			4

#endif
