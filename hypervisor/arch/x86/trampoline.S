/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the other CPUs start: copied to a page below 1 MiB, entered in real
 * mode at its first byte by a startup interrupt. Goes to long mode on page
 * tables that also map low memory as itself, then to C on a stack of its own.
 * smpboot.c fills in the parameters at its end.
 *
 * Intel SDM vol. 3, 9.4.4 and 10.8.5.
 */
#include <asm/page.h>
#include <asm/x86-defs.h>

#define OFF(sym)	((sym) - trampoline_start)
#define SEL_CODE64	0x08
#define SEL_DATA	0x10
#define SEL_CODE32	0x18

	.section .init.text, "ax", @progbits
	.code16
	.balign	16
	.globl	trampoline_start, trampoline_params, trampoline_end
trampoline_start:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	xor	%ebx, %ebx
	mov	%ax, %bx
	shl	$4, %ebx		/* where this page is */
	lea	OFF(gdt)(%ebx), %eax
	mov	%eax, OFF(gdtr) + 2
	lea	OFF(in32)(%ebx), %eax
	mov	%eax, OFF(far32)
	lea	OFF(in64)(%ebx), %eax
	mov	%eax, OFF(far64)
	lgdtl	OFF(gdtr)
	mov	$(X86_CR0_PE | X86_CR0_ET), %eax
	mov	%eax, %cr0
	ljmpl	*OFF(far32)

	.code32
in32:
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$(X86_CR4_PAE | X86_CR4_PGE), %eax
	mov	%eax, %cr4
	mov	OFF(trampoline_params)(%ebx), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_SCE | EFER_LME | EFER_NXE), %eax
	wrmsr
	mov	$(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE), %eax
	mov	%eax, %cr0
	ljmp	*OFF(far64)(%ebx)

	.code64
in64:
	mov	OFF(trampoline_params) + 8(%rbx), %rsp
	xor	%ebp, %ebp
	call	*OFF(trampoline_params) + 16(%rbx)
	ud2

	.balign	8
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* ring 0 code, 64-bit */
	.quad	0x00cf93000000ffff	/* ring 0 data */
	.quad	0x00cf9b000000ffff	/* ring 0 code, 32-bit */
gdtr:
	.short	. - gdt - 1
	.long	0
far32:
	.long	0
	.short	SEL_CODE32
far64:
	.long	0
	.short	SEL_CODE64
	.balign	8
trampoline_params:		/* struct trampoline_params */
	.quad	0, 0, 0
trampoline_end:
