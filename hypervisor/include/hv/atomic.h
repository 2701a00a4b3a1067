/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared words that change by compare-and-exchange only. Every access is a full barrier. */
#ifndef HV_ATOMIC_H
#define HV_ATOMIC_H

#include <hv/types.h>

static inline u64 atomic64_read(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

/* Write @new if *@p is *@old, true; otherwise *@old becomes what *@p is, false. */
static inline bool atomic64_cmpxchg(u64 *p, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
