/* SPDX-License-Identifier: GPL-2.0-only */
/* Each access to a shared word is a point at which others may run. */
#ifndef HV_ASM_SYSTEM_H
#define HV_ASM_SYSTEM_H

#include <hv/lib.h>
#include <hv/atomic.h>

/* Sets of CPUs: which idle is a hint, and who is in the pool does not change here. */
extern struct cpumask sched_idle_cpus, sched_pool_cpus;

#define model_yield_at(addr)						\
	do {								\
		if ((const void *)(addr) != &sched_idle_cpus &&		\
		    (const void *)(addr) != &sched_pool_cpus)		\
			model_yield();					\
	} while (0)

#undef READ_ONCE
#define READ_ONCE(x)							\
	({								\
		if (sizeof(x) < sizeof(u64))				\
			model_yield();					\
		*(const volatile typeof(x) *)&(x);			\
	})

/* Only what is shared without a lock: is_running, and the pause counts. */
#define __atomic_load_n(p, order) ({		\
	const volatile typeof(*(p)) *_p = (p);	\
	model_yield();				\
	*_p;					\
})
#define __atomic_store_n(p, v, order) ({	\
	volatile typeof(*(p)) *_p = (p);	\
	model_yield();				\
	*_p = (v);				\
})
#define __atomic_fetch_add(p, v, order)	(model_yield(), (*(p) += (v)) - (v))
#define __atomic_fetch_sub(p, v, order)	(model_yield(), (*(p) -= (v)) + (v))

static inline void cpu_relax(void) { model_yield(); }
static inline void local_irq_disable(void) {}
static inline void local_irq_enable(void) {}
static inline unsigned long local_irq_save(void) { return 0; }
static inline void local_irq_restore(unsigned long flags) {}
/* One actor moves at a time, each access at once seen by all: nothing to order. */
#define smp_mb()	((void)0)
#define smp_wmb()	smp_mb()	/* the same */

static __always_inline bool test_bit(unsigned int nr, const volatile void *addr)
{
	model_yield_at(addr);
	return ((const volatile u32 *)addr)[nr / 32] >> (nr % 32) & 1;
}

static __always_inline bool test_and_set_bit_atomic(unsigned int nr, volatile void *addr)
{
	volatile u32 *word = (volatile u32 *)addr + nr / 32;
	bool old;

	model_yield_at(addr);
	old = *word >> (nr % 32) & 1;
	*word |= 1U << (nr % 32);
	return old;
}

static __always_inline bool test_and_clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	volatile u32 *word = (volatile u32 *)addr + nr / 32;
	bool old;

	model_yield_at(addr);
	old = *word >> (nr % 32) & 1;
	*word &= ~(1U << (nr % 32));
	return old;
}

static __always_inline void set_bit_atomic(unsigned int nr, volatile void *addr)
{
	test_and_set_bit_atomic(nr, addr);
}

static __always_inline void clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	test_and_clear_bit_atomic(nr, addr);
}

#endif
