/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks how locks are used, in builds with CONFIG_HV_LOCK_CHECK: core/lockcheck.c.
 * Without it all of this is nothing.
 */
#ifndef HV_LOCKCHECK_H
#define HV_LOCKCHECK_H

#include <hv/types.h>

struct spinlock;

#ifdef CONFIG_HV_LOCK_CHECK
enum lockcheck_how { LOCK_WAITS, LOCK_TRIED, LOCK_NESTED };

/* Before @lock is waited for, or after it was had by trying. */
void lockcheck_acquire(struct spinlock *lock, enum lockcheck_how how);
void lockcheck_release(struct spinlock *lock);
/* Before guest memory is touched, which may fault and take long. */
void lockcheck_guest_access(void);
/* Before other CPUs are waited for, which may have interrupts off. */
void lockcheck_wait_cpus(void);
void lockcheck_init(void);
#else
static inline void lockcheck_guest_access(void)
{
}

static inline void lockcheck_wait_cpus(void)
{
}

static inline void lockcheck_init(void)
{
}
#endif

#endif
