/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every crossing between a PV guest and the hypervisor, and every exception
 * and interrupt. Assembly saves, switches stacks and calls; C decides.
 *
 * From a guest, the frame is always struct cpu_info's guest_regs at the top of
 * the CPU's stack block. From the hypervisor itself it is below whatever ran.
 */
#include <asm/layout.h>
#include <asm/page.h>
#include <asm/x86-defs.h>
#include <arch/x86/asm-offsets.h>

	.code64
	.section .text.entry, "ax", @progbits

/* The 15 general registers below error_code; a guest's AC and DF end here. */
.macro SAVE_ALL
	cld
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
	xor	%ebp, %ebp
	cmpb	$0, cpu_has_smap(%rip)
	je	.Lno_smap\@
	clac
.Lno_smap\@:
.endm

/* The same back, and the error code dropped. */
.macro RESTORE_ALL
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
	add	$8, %rsp
.endm

/*
 * SYSCALL from 64-bit code. The CPU's stub (desc.c) has parked %rax, switched
 * to guest_regs and pushed SS and the caller's RSP.
 */
	.globl	lstar_entry
lstar_entry:
	push	%r11
	push	$FLAT_CS64
	push	%rcx
	push	$0
	movl	$0x100, 4(%rsp)
	mov	CPU_INFO_scratch - REGS_error_code(%rsp), %rax
	SAVE_ALL
	mov	CPU_INFO_current(%rsp), %rbx
	cmpb	$0, VCPU_kernel_mode(%rbx)
	je	1f
	sti
	call	pv_hypercall
	jmp	guest_exit
1:	sti
	mov	%rsp, %rdi
	call	pv_syscall_bounce
	jmp	guest_exit

/* SYSCALL from 32-bit code. */
	.globl	cstar_entry
cstar_entry:
	push	%r11
	push	$FLAT_CS32
	push	%rcx
	push	$0
	movl	$0x100, 4(%rsp)
	mov	CPU_INFO_scratch - REGS_error_code(%rsp), %rax
	SAVE_ALL
	sti
	mov	%rsp, %rdi
	call	pv_syscall32_bounce
	jmp	guest_exit

/* SYSENTER: loads nothing but CS, SS, RIP and RSP (the stack top). */
	.globl	sysenter_entry
sysenter_entry:
	push	$FLAT_DS
	push	$0
	pushfq
	push	$3
	push	$0
	push	$0
	movl	$0x100, 4(%rsp)
	SAVE_ALL
	sti
	mov	%rsp, %rdi
	call	pv_sysenter_bounce
	jmp	guest_exit

/*
 * The only way to a guest. %rsp is at guest_regs. Looks, with interrupts off,
 * for whatever must happen first, and looks again after each.
 */
	.globl	guest_exit
guest_exit:
	cli
	mov	CPU_INFO_percpu(%rsp), %rax
	cmpl	$0, PERCPU_softirq_pending(%rax)
	jne	guest_exit_softirq
	mov	CPU_INFO_current(%rsp), %rbx
	testb	$1, VCPU_bounce_flags(%rbx)
	jnz	guest_exit_bounce
	cmpb	$0, VCPU_exit_work(%rbx)
	jne	guest_exit_work
	mov	VCPU_vcpu_info(%rbx), %rax
	cmpb	$0, VCPUINFO_upcall_pending(%rax)
	jne	guest_exit_event
guest_restore:
	RESTORE_ALL
	.globl	guest_iret
guest_iret:
	iretq
	.section .ex_table, "a"
	.quad	guest_iret, guest_iret_fault
	.previous

guest_exit_softirq:
	sti
	call	softirq_run
	jmp	guest_exit
guest_exit_bounce:
	sti
	call	pv_deliver_bounce
	jmp	guest_exit
guest_exit_work:
	call	pv_deliver_async
	test	%al, %al
	jz	guest_exit_after_work
	jmp	guest_exit
guest_exit_after_work:
	mov	VCPU_vcpu_info(%rbx), %rax
	cmpb	$0, VCPUINFO_upcall_pending(%rax)
	je	guest_restore
guest_exit_event:
	cmpb	$0, VCPUINFO_upcall_mask(%rax)
	jne	guest_restore
	sti
	call	pv_deliver_event
	jmp	guest_exit

/*
 * IRETQ refused the guest's frame: %rsp is at guest_regs.rip, all other
 * registers are the guest's. Build the frame up again and let C tell the guest.
 */
guest_iret_fault:
	push	$0
	SAVE_ALL
	sti
	mov	%rsp, %rdi
	call	pv_iret_fault
	jmp	guest_exit

	.globl	reset_stack_and_exit
reset_stack_and_exit:		/* %rdi: struct cpu_info */
	mov	%rdi, %rsp
	jmp	guest_exit

	.globl	reset_stack_and_jump
reset_stack_and_jump:		/* %rdi: struct cpu_info, %rsi: where to */
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	jmp	*%rsi

/* Exceptions. */
exception_common:
	SAVE_ALL
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	1f
	call	guest_exception
	jmp	guest_exit
1:	call	hv_exception
	RESTORE_ALL
	iretq

/* Interrupts from devices and other CPUs. */
irq_common:
	SAVE_ALL
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	1f
	call	do_irq
	jmp	guest_exit
1:	call	do_irq
	RESTORE_ALL
	iretq

/*
 * NMI, #MC, #DB and #DF have stacks of their own, because they may strike
 * between a SYSCALL and the switch of stacks. One from a guest moves to the
 * ordinary place first.
 */
ist_common:
	SAVE_ALL
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jnz	1f
	call	hv_exception
	RESTORE_ALL
	iretq
1:	mov	%rsp, %rsi
	mov	%rsp, %rdi
	or	$(STACK_SIZE - 1), %rdi
	sub	$(CPU_INFO_SIZE - 1), %rdi
	mov	%rdi, %rax
	mov	$(REGS_es / 8), %ecx
	rep movsq
	mov	%rax, %rsp
	mov	%rsp, %rdi
	call	guest_exception
	jmp	guest_exit

/* One stub a vector, 16 bytes apart. */
	.balign	16
	.globl	vector_stubs
vector_stubs:
vec = 0
.rept 256
	.balign	16
	.if (vec == 8) || (vec >= 10 && vec <= 14) || (vec == 17) || (vec == 21) || (vec == 29) || (vec == 30)
	.else
	push	$0
	.endif
	movl	$vec, 4(%rsp)
	.if (vec == 1) || (vec == 2) || (vec == 8) || (vec == 18)
	jmp	ist_common
	.elseif (vec < 32) || (vec == 0x80)
	jmp	exception_common
	.else
	jmp	irq_common
	.endif
	vec = vec + 1
.endr
