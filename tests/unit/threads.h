/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that are CPUs, for tests under the thread sanitizer. Included once in a
 * test. With THREAD_CPUS defined, so many CPUs that have no more than their struct
 * percpu: nobody interrupts them, they look by themselves.
 */
#ifndef THREADS_H
#define THREADS_H

#include "test.h"

#include <pthread.h>

/* What the sanitizer calls in place of accesses that are marked, by tsan-distinguish-volatile. */
#define VOLATILE(n) \
	void __tsan_volatile_read##n(void *p); \
	void __tsan_volatile_write##n(void *p); \
	void __tsan_volatile_read##n(void *p) {} \
	void __tsan_volatile_write##n(void *p) {}
VOLATILE(1)
VOLATILE(2)
VOLATILE(4)
VOLATILE(8)

/* @n threads of @fn, each told its number, the first @first. */
static void threads_start(pthread_t *thread, unsigned int n, unsigned long first,
			  void *(*fn)(void *number))
{
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, fn, (void *)(first + i)), 0);
}

static void threads_join(pthread_t *thread, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

#ifdef THREAD_CPUS

#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/percpu.h>

#include <stdlib.h>

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus = THREAD_CPUS;
STUB_CPU unsigned int stub_cpu;
STUB_CPU bool stub_irqs_off;
STUB_CURRENT struct vcpu *current;

static struct percpu cpus[THREAD_CPUS];

void send_ipi(unsigned int cpu, u8 vector)
{
}

void bug(const char *what, const char *file, unsigned int line)
{
	fail_msg("%s:%u: %s", file, line, what);
	abort();
}

static void cpus_online(void)
{
	for (unsigned int i = 0; i < THREAD_CPUS; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
		spin_lock_init(&cpus[i].timer_lock);
	}
}

#endif
#endif
