/* SPDX-License-Identifier: GPL-2.0-only */
/* Each access to a shared word is a point at which the other CPU may run. */
#ifndef HV_ATOMIC_H
#define HV_ATOMIC_H

#include <hv/lib.h>
#include <hv/types.h>

/* Where the running CPU's stack pointer is kept, and the scheduler's. */
extern unsigned char **model_own_sp, *model_scheduler_sp;

/*
 * Save the stack pointer at *@from, continue at @to. Whatever the caller still
 * needs, it has itself put on its stack: all registers are gone. They come back
 * zero, so that nothing of the scheduler's is ever saved as if it mattered.
 */
static __always_inline void switch_stack(unsigned char **from, unsigned char *to)
{
	__asm__ __volatile__(
		"push %%rbp\n"
		"lea 1f(%%rip), %%rax\n"
		"push %%rax\n"
		"mov %%rsp, (%%rdi)\n"
		"mov %%rsi, %%rsp\n"
		"ret\n"
		"1: pop %%rbp\n"
		"xor %%eax, %%eax; xor %%ebx, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx\n"
		"xor %%esi, %%esi; xor %%edi, %%edi; xor %%r8d, %%r8d; xor %%r9d, %%r9d\n"
		"xor %%r10d, %%r10d; xor %%r11d, %%r11d; xor %%r12d, %%r12d\n"
		"xor %%r13d, %%r13d; xor %%r14d, %%r14d; xor %%r15d, %%r15d\n"
		: "+D" (from), "+S" (to)
		:: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		   "r15", "memory", "cc");
}

static __always_inline void model_yield(void)
{
	switch_stack(model_own_sp, model_scheduler_sp);
}

static __always_inline u64 atomic64_read(const u64 *p)
{
	model_yield();
	return *(const volatile u64 *)p;
}

static __always_inline bool atomic64_cmpxchg(u64 *p, u64 *old, u64 new)
{
	model_yield();
	if (*(volatile u64 *)p == *old) {
		*(volatile u64 *)p = new;
		return true;
	}
	*old = *(volatile u64 *)p;
	return false;
}

#endif
