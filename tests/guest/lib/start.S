/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry, exception stubs and notes of a tiny PV kernel. ABI: xen/elfnote.h, xen.h. */
#include <xen/elfnote.h>

	.section .text.start, "ax", @progbits
	.globl	_start
_start:
	mov	%rsi, start_info(%rip)
	lea	boot_stack_end(%rip), %rsp
	xor	%ebp, %ebp
	call	guest_main
	ud2

/* Exceptions arrive with rcx, r11 on the stack, then what hardware pushes. */
.macro STUB vec, has_code
	.globl	trap_\vec
trap_\vec:
	pop	%rcx
	pop	%r11
	.if \has_code == 0
	push	$0
	.endif
	push	$\vec
	jmp	trap_common
.endm
	STUB 0, 0
	STUB 1, 0
	STUB 3, 0
	STUB 4, 0
	STUB 5, 0
	STUB 6, 0
	STUB 7, 0
	STUB 10, 1
	STUB 11, 1
	STUB 12, 1
	STUB 13, 1
	STUB 14, 1
	STUB 16, 0
	STUB 17, 1
	STUB 19, 0
	STUB 32, 0	/* event callback */
	STUB 33, 0	/* software interrupt 0x80 */

trap_common:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	call	guest_trap
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp
	/* hypercall iret: flags, rcx, r11, rax below rip */
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
	ud2

	.globl	failsafe_entry
failsafe_entry:
	movl	$1, failsafe_taken(%rip)
	mov	failsafe_resume_rsp(%rip), %rsp
	jmp	*failsafe_resume_rip(%rip)

	.bss
	.balign	4096
	.skip	32768
	.globl	boot_stack_end
boot_stack_end:

.macro NOTE type, width:vararg
	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\width
2:	.balign	4
.endm
	NOTE XEN_ELFNOTE_GUEST_OS, .asciz "linux"
	NOTE XEN_ELFNOTE_GUEST_VERSION, .asciz "tiny"
	NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	NOTE XEN_ELFNOTE_LOADER, .asciz "generic"
	NOTE XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000
	NOTE XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	NOTE XEN_ELFNOTE_ENTRY, .quad _start
	NOTE XEN_ELFNOTE_INIT_P2M, .quad 0x8000000000
	NOTE XEN_ELFNOTE_MOD_START_PFN, .quad 1
	NOTE XEN_ELFNOTE_SUPPORTED_FEATURES, .long 0x8801
	NOTE XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables"
