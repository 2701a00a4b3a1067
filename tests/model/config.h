/* SPDX-License-Identifier: GPL-2.0-only */
/* Seen before every file: tables of four entries, and memory that is an array. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <features.h>
#undef __always_inline
#include <asm/layout.h>

extern unsigned char model_ram[], model_frames[], model_m2p[];

#undef DIRECTMAP_START
#define DIRECTMAP_START		((unsigned long)model_ram)
#undef FRAME_TABLE_START
#define FRAME_TABLE_START	((unsigned long)model_frames)
#undef RW_M2P_START
#define RW_M2P_START		((unsigned long)model_m2p)

#include <asm/page.h>
#undef PT_ENTRIES
#define PT_ENTRIES		4

#endif
