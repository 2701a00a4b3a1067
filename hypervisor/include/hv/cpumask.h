/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of CPUs. Not atomic but where said so: a set is its owner's, or under a lock.
 * One that came from a guest may have CPUs that there are not; nobody who goes
 * through a set meets these.
 */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/types.h>
#include <asm/layout.h>

#define CPUMASK_WORDS		(MAX_CPUS / 64)

extern unsigned int nr_cpus;		/* CPUs brought up so far */

typedef struct cpumask {
	u64 bits[CPUMASK_WORDS];
} cpumask_t;

static inline void cpumask_clear(cpumask_t *mask)
{
	*mask = (cpumask_t){};
}

static inline void cpumask_set(cpumask_t *mask, unsigned int cpu)
{
	mask->bits[cpu / 64] |= 1UL << (cpu % 64);
}

static inline void cpumask_reset(cpumask_t *mask, unsigned int cpu)
{
	mask->bits[cpu / 64] &= ~(1UL << (cpu % 64));
}

/* Of a set that many change: each its own bit. Full barriers. */
static inline void cpumask_set_atomic(cpumask_t *mask, unsigned int cpu)
{
	__atomic_fetch_or(&mask->bits[cpu / 64], 1UL << (cpu % 64), __ATOMIC_SEQ_CST);
}

static inline void cpumask_reset_atomic(cpumask_t *mask, unsigned int cpu)
{
	__atomic_fetch_and(&mask->bits[cpu / 64], ~(1UL << (cpu % 64)), __ATOMIC_SEQ_CST);
}

static inline bool cpumask_test(const cpumask_t *mask, unsigned int cpu)
{
	return mask->bits[cpu / 64] >> (cpu % 64) & 1;
}

static inline bool cpumask_empty(const cpumask_t *mask)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		if (mask->bits[i])
			return false;
	return true;
}

/* The first CPU of @mask at or after @cpu, MAX_CPUS if there is none. */
static inline unsigned int cpumask_next(const cpumask_t *mask, unsigned int cpu)
{
	for (; cpu < nr_cpus; cpu = (cpu | 63) + 1) {
		u64 word = mask->bits[cpu / 64] >> (cpu % 64);

		if (!word)
			continue;
		cpu += (unsigned int)__builtin_ctzll(word);
		return cpu < nr_cpus ? cpu : MAX_CPUS;
	}
	return MAX_CPUS;
}

#define cpumask_for_each(cpu, mask) \
	for ((cpu) = cpumask_next((mask), 0); (cpu) < MAX_CPUS; \
	     (cpu) = cpumask_next((mask), (cpu) + 1))

#endif
