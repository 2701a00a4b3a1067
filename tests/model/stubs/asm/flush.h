/* SPDX-License-Identifier: GPL-2.0-only */
/* The real one, but that reading the clock is a step of its own. */
#ifndef HV_ASM_FLUSH_H
#include <hv/types.h>

u64 tlb_clock_now(void);
#define tlb_clock_now tlb_clock_now_unstepped
#include_next <asm/flush.h>
#undef tlb_clock_now
#endif
