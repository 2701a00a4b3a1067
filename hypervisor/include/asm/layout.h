/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything lives in the upper half of the address space.
 *
 * A 64-bit PV guest leaves L4 slots 256 to 271 to the hypervisor (public
 * header arch-x86/xen-x86_64.h, HYPERVISOR_VIRT_START and _END):
 *
 *   slot 256      ffff800000000000   machine-to-phys table, guests may read
 *   slot 260      ffff820000000000   per-domain: GDT and LDT of each vCPU
 *   slot 261      ffff828000000000   machine-to-phys table, writable
 *                 ffff82c000000000   vmap: stacks, device registers
 *                 ffff82d040000000   the hypervisor's image
 *                 ffff82e000000000   frame table
 *   slots 262-271 ffff830000000000   direct map of all RAM
 */
#ifndef HV_ASM_LAYOUT_H
#define HV_ASM_LAYOUT_H

#ifdef __ASSEMBLY__
#define LAYOUT_UL(x)		x
#else
#define LAYOUT_UL(x)		x##UL
#endif

#define HV_VIRT_START		LAYOUT_UL(0xffff800000000000)
#define HV_VIRT_END		LAYOUT_UL(0xffff880000000000)
#define HV_L4_FIRST		256
#define HV_L4_LAST		271

#define RO_M2P_START		LAYOUT_UL(0xffff800000000000)
#define RO_M2P_END		LAYOUT_UL(0xffff804000000000)
#define PERDOMAIN_START		LAYOUT_UL(0xffff820000000000)
#define RW_M2P_START		LAYOUT_UL(0xffff828000000000)
#define RW_M2P_END		LAYOUT_UL(0xffff82a000000000)
#define VMAP_START		LAYOUT_UL(0xffff82c000000000)
#define VMAP_END		LAYOUT_UL(0xffff82d000000000)
#define IMAGE_VIRT_START	LAYOUT_UL(0xffff82d040000000)
#define IMAGE_VIRT_END		LAYOUT_UL(0xffff82d080000000)
#define FRAME_TABLE_START	LAYOUT_UL(0xffff82e000000000)
#define FRAME_TABLE_END		LAYOUT_UL(0xffff830000000000)
#define DIRECTMAP_START		LAYOUT_UL(0xffff830000000000)
#define DIRECTMAP_END		LAYOUT_UL(0xffff880000000000)

/*
 * Each vCPU has 128 KiB in the per-domain slot: 16 pages for its GDT (the
 * first 14 are the guest's, page 14 is ours), then 16 for its LDT.
 */
#define PERDOMAIN_VCPU_SHIFT	17
#define GDT_VIRT_START(id) \
	(PERDOMAIN_START + ((unsigned long)(id) << PERDOMAIN_VCPU_SHIFT))
#define LDT_VIRT_START(id)	(GDT_VIRT_START(id) + (LAYOUT_UL(1) << 16))

/*
 * A CPU's stack block, aligned to its size, so that it is found from any stack
 * pointer inside it. Below each stack is a page that is not mapped:
 *
 *   page  0, 2, 4, 6, 8   guards
 *   page  1, 3, 5, 7      interrupt stacks: #MC, NMI, #DB, #DF
 *   page  9 to 15         main stack, at its very top struct cpu_info
 */
#define STACK_ORDER		4
#define STACK_SIZE		(LAYOUT_UL(4096) << STACK_ORDER)
#define STACK_PAGES		(1 << STACK_ORDER)
#define STACK_MAIN_PAGE		9
/* Is page @n of the block mapped? */
#define STACK_PAGE_USED(n)	((n) >= STACK_MAIN_PAGE || ((n) & 1))

#define MAX_CPUS		256

#endif
