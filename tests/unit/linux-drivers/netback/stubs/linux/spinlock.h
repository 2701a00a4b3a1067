/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread; a lock is a flag that catches unbalanced use. */
#ifndef STUB_SPINLOCK_H
#define STUB_SPINLOCK_H
#include <assert.h>
#include <linux/kernel.h>
typedef struct { int held; } spinlock_t;
static inline void spin_lock(spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = 1;
}

static inline void spin_unlock(spinlock_t *lock)
{
	assert(lock->held);
	lock->held = 0;
}
#define spin_lock_bh spin_lock
#define spin_unlock_bh spin_unlock
#endif
