/* SPDX-License-Identifier: GPL-2.0-only */
/* The real one, with the direct map, the frame table and the M2P where a process can map them. */
#ifndef STUB_ASM_LAYOUT_H
#define STUB_ASM_LAYOUT_H

#include_next <asm/layout.h>

#undef DIRECTMAP_START
#undef DIRECTMAP_END
#undef FRAME_TABLE_START
#undef FRAME_TABLE_END
#undef RW_M2P_START

#ifdef __SANITIZE_THREAD__	/* which has the rest of the address space for itself */
#define FRAME_TABLE_START	0x1000000000UL
#define FRAME_TABLE_END		0x2000000000UL
#define RW_M2P_START		0x4000000000UL
#define DIRECTMAP_START		0x2000000000UL
#define DIRECTMAP_END		0x4000000000UL
#else
#define FRAME_TABLE_START	0x200000000000UL
#define FRAME_TABLE_END		0x210000000000UL
#define RW_M2P_START		0x240000000000UL
#define DIRECTMAP_START		0x210000000000UL
#define DIRECTMAP_END		0x240000000000UL
#endif

#endif
