/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a lock is a step; who waits for one stays in the state that it is in. */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <asm/system.h>

typedef struct spinlock {
	u32 locked;
} spinlock_t;

#define SPINLOCK_INIT	{ 0 }

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->locked = 0;
}

static __always_inline void spin_lock(spinlock_t *lock)
{
	do
		model_yield();
	while (*(volatile u32 *)&lock->locked);
	lock->locked = 1;
}

static inline void spin_unlock(spinlock_t *lock)
{
	*(volatile u32 *)&lock->locked = 0;
}

#define spin_lock_nested(lock)			spin_lock(lock)
#define spin_lock_irq(lock)			spin_lock(lock)
#define spin_unlock_irq(lock)			spin_unlock(lock)
#define spin_lock_irqsave(lock, flags)		do { (flags) = 0; spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags)	do { (void)(flags); spin_unlock(lock); } while (0)

#endif
