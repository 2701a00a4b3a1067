/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_SYMBOLS_H
#define HV_SYMBOLS_H

#include <hv/types.h>

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

/* XENPF_get_symbol: in order of address; NULL beyond the last. */
const char *symbol_by_index(u32 index, unsigned long *addr);
u32 symbol_count(void);

#endif
