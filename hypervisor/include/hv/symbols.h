/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_SYMBOLS_H
#define HV_SYMBOLS_H

#include <hv/types.h>

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

#endif
