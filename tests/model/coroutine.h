/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU of a model as a coroutine: how it begins, on a stack of its own, to be
 * entered by switch_stack(). What it does is the model's coroutine_main(), which
 * does not return.
 */
#ifndef COROUTINE_H
#define COROUTINE_H

#include <hv/types.h>

/* Registers of the scheduler's must not find their way onto its stack. */
void coroutine_entry(void);
__asm__("coroutine_entry:\n"
	"	xor %eax, %eax; xor %ebx, %ebx; xor %ecx, %ecx; xor %edx, %edx\n"
	"	xor %esi, %esi; xor %edi, %edi; xor %ebp, %ebp\n"
	"	xor %r8d, %r8d; xor %r9d, %r9d; xor %r10d, %r10d; xor %r11d, %r11d\n"
	"	xor %r12d, %r12d; xor %r13d, %r13d; xor %r14d, %r14d; xor %r15d, %r15d\n"
	"	jmp coroutine_main\n");

/* Its stack pointer before it has begun. @top: end of the stack, 16-byte aligned. */
static unsigned char *coroutine_start(unsigned char *top)
{
	u64 *sp = (u64 *)top;

	*--sp = 0;
	*--sp = (u64)coroutine_entry;
	return (unsigned char *)sp;
}

#endif
