/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel as an ELF64 image in memory, and what its Xen notes ask for. */
#ifndef HV_ELF_H
#define HV_ELF_H

#include <hv/types.h>

#define ELF_SEGMENTS_MAX	16
#define ELF_ERROR_MAX		224

/* A PT_LOAD: @filesz bytes at @offset go to @paddr, zeroes up to @memsz behind them. */
struct elf_segment {
	u64 offset, filesz;
	u64 paddr, vaddr, memsz;
};

/* Bits of elf_kernel.has: which notes were found. The number is the note's type. */
#define ELF_HAS(k, note)	((k)->has >> (note) & 1)

struct elf_kernel {
	u64 elf_entry;
	unsigned int nr_segments;
	struct elf_segment segment[ELF_SEGMENTS_MAX];
	u64 phys_start, phys_end;	/* of all segments, by p_paddr */

	/* Notes, 0 or "" where not given: xen/elfnote.h */
	u64 has;
	u64 entry;			/* ENTRY, virtual */
	u64 virt_base;			/* VIRT_BASE */
	u64 paddr_offset;		/* PADDR_OFFSET */
	u64 hypercall_page;		/* HYPERCALL_PAGE, virtual */
	u64 hv_start_low;		/* HV_START_LOW */
	u64 init_p2m;			/* INIT_P2M, virtual */
	u64 phys32_entry;		/* PHYS32_ENTRY, physical */
	u64 l1_mfn_mask, l1_mfn_valid;	/* L1_MFN_VALID */
	bool mod_start_pfn;		/* MOD_START_PFN */
	bool suspend_cancel;		/* SUSPEND_CANCEL */
	bool pae;			/* PAE_MODE says yes in some form */
	u32 features_required;		/* FEATURES with "!"; bits are XENFEAT_* */
	u32 features_supported;		/* FEATURES and SUPPORTED_FEATURES */
	char guest_os[16], guest_version[16], xen_version[16], loader[16];

	/* Where the segments come to lie: virt_base - paddr_offset + p_paddr */
	u64 virt_start, virt_end;

	char error[ELF_ERROR_MAX];
};

bool elf_recognise(const void *image, size_t size);
int elf_parse(const void *image, size_t size, struct elf_kernel *k, const char **why);
int elf_check_pv_dom0(struct elf_kernel *k, const char **why);

#endif
