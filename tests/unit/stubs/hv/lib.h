/* SPDX-License-Identifier: GPL-2.0-only */
/* The real one, cleared of what the C library has defined by the same name. */
#ifndef HV_LIB_H
#include <hv/types.h>
#undef __always_inline
#include_next <hv/lib.h>
#endif
