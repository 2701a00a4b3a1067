// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt vectors: each CPU has a table of its own from vector to line.
 * vector_lock guards all of them against each other's changes; it is the
 * innermost. Delivery reads its CPU's table without it.
 */
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/spinlock.h>

static spinlock_t vector_lock = SPINLOCK_INIT;
static u16 *vector_irq[MAX_CPUS];	/* 256 a CPU: irq + 1, 0 for none */

/**
 * irq_init_cpu() - Room for the vectors of one more CPU.
 * @cpu: its number
 *
 * Return: 0 or -ENOMEM.
 */
int irq_init_cpu(unsigned int cpu)
{
	vector_irq[cpu] = hv_new_array(u16, 256);
	return vector_irq[cpu] ? 0 : -ENOMEM;
}

/** vector_to_irq() - The line behind @vector on @cpu; -ENOENT without one. */
int vector_to_irq(unsigned int cpu, u8 vector)
{
	u16 irq = vector_irq[cpu] ? READ_ONCE(vector_irq[cpu][vector]) : 0;

	return irq ? irq - 1 : -ENOENT;
}

static bool vector_usable(unsigned int cpu, unsigned int vector)
{
	return vector <= VECTOR_LAST_DYNAMIC && vector != VECTOR_GUEST_SYSCALL &&
	       !vector_irq[cpu][vector];
}

/* @nr (a power of two) adjacent vectors on @cpu, aligned to @nr; 0: none. */
static u8 vector_find(unsigned int cpu, unsigned int nr)
{
	unsigned int first = ROUND_UP((unsigned int)VECTOR_FIRST_DYNAMIC, nr);

	for (unsigned int v = first; v <= VECTOR_LAST_DYNAMIC; v += nr) {
		unsigned int i = 0;

		while (i < nr && vector_usable(cpu, v + i))
			i++;
		if (i == nr)
			return v;
	}
	return 0;
}

/**
 * vector_assign() - Give lines adjacent vectors.
 * @irq:    first of @nr lines
 * @nr:     how many, a power of two; the first vector is a multiple of it
 * @cpu:    whose, unless it is offline or there is no room: then the next CPU's that has
 * @vector: receives the first
 *
 * Return: the CPU; -ENOSPC.
 */
int vector_assign(unsigned int irq, unsigned int nr, unsigned int cpu, u8 *vector)
{
	unsigned long flags;
	int rc = -ENOSPC;

	spin_lock_irqsave(&vector_lock, flags);
	for (unsigned int i = 0; i < nr_cpus && rc < 0; i++, cpu = (cpu + 1) % nr_cpus) {
		*vector = vector_irq[cpu] && READ_ONCE(percpu_of[cpu]->online) ?
			  vector_find(cpu, nr) : 0;
		if (!*vector)
			continue;
		for (unsigned int k = 0; k < nr; k++)
			WRITE_ONCE(vector_irq[cpu][*vector + k], irq + k + 1);
		rc = cpu;
	}
	spin_unlock_irqrestore(&vector_lock, flags);
	return rc;
}

/** vector_release() - Take a vector back. */
void vector_release(unsigned int cpu, u8 vector)
{
	unsigned long flags;

	spin_lock_irqsave(&vector_lock, flags);
	WRITE_ONCE(vector_irq[cpu][vector], 0);
	spin_unlock_irqrestore(&vector_lock, flags);
}
