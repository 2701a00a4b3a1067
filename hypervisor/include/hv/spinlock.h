/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks. A lock stands beside what it guards; the order among
 * locks is Documentation/design/locking.rst. No allocation, guest access or
 * callback while one is held.
 */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <hv/lib.h>
#include <hv/lockcheck.h>
#include <asm/system.h>

typedef struct spinlock {
	u16 next;	/* ticket that the next taker draws */
	u16 owner;	/* ticket that holds the lock */
#ifdef CONFIG_HV_LOCK_CHECK
	u32 class;	/* core/lockcheck.c; 0: not looked up yet */
	const char *name;	/* where it was initialised; locks of one place are one class */
#endif
} spinlock_t;

#ifdef CONFIG_HV_LOCK_CHECK
#define LOCK_STRING1(x)	#x
#define LOCK_STRING(x)	LOCK_STRING1(x)
#define SPINLOCK_INIT	{ .name = __FILE__ ":" LOCK_STRING(__LINE__) }
#define spin_lock_init(lock) \
	(*(lock) = (spinlock_t){ .name = #lock " of " __FILE__ ":" LOCK_STRING(__LINE__) })
#else
#define SPINLOCK_INIT	{ 0, 0 }

static inline void spin_lock_init(spinlock_t *lock)
{
	*lock = (spinlock_t)SPINLOCK_INIT;
}

/* What lockcheck.h leaves undeclared. */
#define lockcheck_acquire(lock, how)	((void)0)
#define lockcheck_release(lock)		((void)0)
#endif

static inline void spin_lock_ticket(spinlock_t *lock)
{
	u16 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

static inline void spin_lock(spinlock_t *lock)
{
	lockcheck_acquire(lock, LOCK_WAITS);
	spin_lock_ticket(lock);
}

/* A second lock of the same kind, in the order that is written for the kind. */
static inline void spin_lock_nested(spinlock_t *lock)
{
	lockcheck_acquire(lock, LOCK_NESTED);
	spin_lock_ticket(lock);
}

static inline bool spin_trylock(spinlock_t *lock)
{
	/* Partner: the release in spin_unlock(), which the exchange below does not read. */
	u16 owner = __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE), expected = owner;

	if (!__atomic_compare_exchange_n(&lock->next, &expected, (u16)(owner + 1), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	lockcheck_acquire(lock, LOCK_TRIED);
	return true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	lockcheck_release(lock);
	__atomic_store_n(&lock->owner, (u16)(lock->owner + 1), __ATOMIC_RELEASE);
}

#define spin_lock_irqsave(lock, flags) \
	do { (flags) = local_irq_save(); spin_lock(lock); } while (0)

static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	local_irq_restore(flags);
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#endif
