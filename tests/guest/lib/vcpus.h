/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All vCPUs of a tiny kernel at work: they do what vCPU 0 gives them, and
 * sleep in between. Each has a port for events, which is polled.
 */
#ifndef VCPUS_H
#define VCPUS_H

#include "guest.h"

#define VCPUS_MAX	16

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define full_barrier()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

extern unsigned int nr;			/* vCPUs */
extern u32 stop;			/* the job shall end */
extern u32 errors;			/* that the job found */
extern void *stack_top[VCPUS_MAX];

static inline void relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}

long vcpu_op(unsigned int cmd, unsigned int id, void *arg);
/* As many as the domain may have; fewer if @max is less. */
void start_all(unsigned int max);
/* All others begin with @fn, which is told which they are; end() waits for them. */
void begin(void (*fn)(unsigned int id));
void end(const char *what);
void fail(void);
/* What a vCPU that left its job does: it goes on with the next. */
void job_left(unsigned int id) __attribute__((noreturn));

void send(unsigned int id);
bool take_event(unsigned int id);
/* Sleep until the own port is pending, and take it; wait_until() gives up at @deadline_ns. */
void wait_event(unsigned int id);
bool wait_until(unsigned int id, u64 deadline_ns);

u64 rdtsc(void);
u64 read_clock(unsigned int id);	/* ns, as vCPU @id is told */

#endif
