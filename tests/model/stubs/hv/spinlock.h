/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands under a lock runs in one step here: no lock is ever contended. */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <hv/types.h>

typedef struct spinlock {
	u32 unused;
} spinlock_t;

#define SPINLOCK_INIT	{ 0 }

static inline void spin_lock_init(spinlock_t *lock) {}
static inline void spin_lock(spinlock_t *lock) {}
static inline void spin_unlock(spinlock_t *lock) {}

#endif
