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
	push	%rdi
	push	%rsi
	SAVE_REST
.endm

.macro SAVE_REST
	cld
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
 *
 * A program's system call and the kernel's iret are most of all crossings, so
 * the plain case of both is carried out here; whatever needs thought (work
 * pending, events to deliver, odd frames) goes to C, which can do all of it.
 */
	.globl	lstar_entry
lstar_entry:
	push	%r11
	push	$FLAT_CS64
	push	%rcx
	push	$0
	push	%rdi
	push	%rsi
	mov	CPU_INFO_percpu - REGS_rsi(%rsp), %rax
	mov	CPU_INFO_running - REGS_rsi(%rsp), %rdi
	cmpl	$0, PERCPU_softirq_pending(%rax)
	jne	lstar_slow
	cmpb	$0, VCPU_exit_work(%rdi)
	jne	lstar_slow
	cmpb	$0, VCPU_kernel_mode(%rdi)
	je	lstar_from_program
	cmpq	$HYPERCALL_iret, CPU_INFO_scratch - REGS_rsi(%rsp)
	je	fast_iret
lstar_slow:
	mov	CPU_INFO_scratch - REGS_rsi(%rsp), %rax
	SAVE_REST
	mov	CPU_INFO_running(%rsp), %rbx
	sti
	cmpb	$0, VCPU_kernel_mode(%rbx)
	je	1f
	call	pv_hypercall
	jmp	guest_exit
1:	mov	%rsp, %rdi
	call	pv_syscall_bounce
	jmp	guest_exit

/* Lowest 43 bits dropped, an address of the hypervisor's is this. */
#define HV_RANGE_SHIFT	43
#define HV_RANGE	0x1ffff0

/*
 * A program's system call, to a kernel whose handler runs with events masked:
 * its page tables and GS, the frame on its stack, its entry point. Seven words
 * from low to high: rcx, r11, rip, cs | mask << 32, rflags, rsp, ss.
 */
lstar_from_program:
	cmpb	$0, VCPU_runstate_stale(%rdi)
	jne	lstar_slow
	testl	$CALLBACK_MASK_syscall, VCPU_callback_masks(%rdi)
	jz	lstar_slow
	cmpq	$0, VCPU_syscall_callback(%rdi)
	je	lstar_slow
	mov	VCPU_domain(%rdi), %rax
	testl	$VM_ASSIST_architectural_iopl, DOMAIN_vm_assist(%rax)
	jnz	lstar_slow
	mov	VCPU_kernel_sp(%rdi), %rsi
	and	$~15, %rsi
	sub	$56, %rsi
	mov	%rsi, %rax
	shr	$HV_RANGE_SHIFT, %rax
	cmp	$HV_RANGE, %eax
	je	lstar_slow

	movb	$1, VCPU_kernel_mode(%rdi)
	swapgs
	mov	VCPU_guest_table(%rdi), %rax
	shl	$PAGE_SHIFT, %rax
	mov	%rax, VCPU_cr3(%rdi)
	mov	%rax, %cr3
	cmpb	$0, cpu_has_smap(%rip)
	je	.Lframe0
	stac
.Lframe0:	mov	%rcx, (%rsi)
.Lframe1:	mov	%r11, 8(%rsi)
.Lframe2:	mov	%rcx, 16(%rsi)
	mov	VCPU_vcpu_info(%rdi), %rcx
	movzbl	VCPUINFO_upcall_mask(%rcx), %eax
	movb	$1, VCPUINFO_upcall_mask(%rcx)
	and	$~(X86_EFLAGS_IF | X86_EFLAGS_IOPL), %r11d
	/* The saved flags show IF where events were not masked. */
	mov	%eax, %ecx
	neg	%ecx
	sbb	%ecx, %ecx
	not	%ecx
	and	$X86_EFLAGS_IF, %ecx
	or	%r11d, %ecx
	shl	$32, %rax
	or	$FLAT_CS64, %rax
.Lframe3:	mov	%rax, 24(%rsi)
.Lframe4:	mov	%rcx, 32(%rsi)
	mov	REGS_rsp - REGS_rsi(%rsp), %rax
.Lframe5:	mov	%rax, 40(%rsi)
.Lframe6:	movq	$FLAT_DS, 48(%rsi)
	cmpb	$0, cpu_has_smap(%rip)
	je	1f
	clac
1:	and	$~(X86_EFLAGS_TF | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_DF | \
		   X86_EFLAGS_AC), %r11d
	or	$X86_EFLAGS_IF, %r11d
	mov	%r11, REGS_eflags - REGS_rsi(%rsp)
	mov	%rsi, REGS_rsp - REGS_rsi(%rsp)
	mov	VCPU_syscall_callback(%rdi), %rcx
	mov	%rcx, REGS_rip - REGS_rsi(%rsp)
	mov	CPU_INFO_scratch - REGS_rsi(%rsp), %rax
	pop	%rsi
	pop	%rdi
	add	$8, %rsp
	jmp	guest_iret
	.section .ex_table, "a"
	.irp n, 0, 1, 2, 3, 4, 5, 6
	.quad	.Lframe\n, lstar_frame_fault
	.endr
	.previous

/* The kernel's stack cannot be written: C tells so and ends the domain. */
lstar_frame_fault:
	mov	CPU_INFO_scratch - REGS_rsi(%rsp), %rax
	SAVE_REST
	sti
	call	pv_frame_fault
	jmp	guest_exit

/*
 * The kernel's iret, when there is nothing to deliver on the way. Nothing is
 * changed before all of the frame (struct iret_context) has been read.
 */
fast_iret:
	cmpb	$0, VCPU_async_masked(%rdi)
	jne	lstar_slow
	mov	VCPU_domain(%rdi), %rax
	testl	$VM_ASSIST_architectural_iopl, DOMAIN_vm_assist(%rax)
	jnz	lstar_slow
	mov	REGS_rsp - REGS_rsi(%rsp), %rsi
	lea	72(%rsi), %rax
	shr	$HV_RANGE_SHIFT, %rax
	cmp	$HV_RANGE, %eax
	je	lstar_slow
	mov	%rsi, %rax
	shr	$HV_RANGE_SHIFT, %rax
	cmp	$HV_RANGE, %eax
	je	lstar_slow
	push	%rdx
	push	%rbx
	push	%rbp
	push	%r12
	cmpb	$0, cpu_has_smap(%rip)
	je	.Liret0
	stac
.Liret0:	mov	(%rsi), %rax		/* rax */
.Liret1:	mov	8(%rsi), %r11
.Liret2:	mov	16(%rsi), %rcx
.Liret3:	mov	32(%rsi), %rdx		/* rip */
.Liret4:	mov	40(%rsi), %rbx		/* cs */
.Liret5:	mov	48(%rsi), %rbp		/* rflags */
.Liret6:	mov	64(%rsi), %r12		/* ss */
.Liret7:	mov	56(%rsi), %rsi		/* rsp */
	cmpb	$0, cpu_has_smap(%rip)
	je	1f
	clac
1:	mov	%rax, CPU_INFO_scratch - REGS_rsi + 32(%rsp)
	mov	VCPU_vcpu_info(%rdi), %rax
	bt	$9, %ebp
	jc	2f
	movb	$1, VCPUINFO_upcall_mask(%rax)
	jmp	3f
2:	cmpb	$0, VCPUINFO_upcall_pending(%rax)
	jne	fast_iret_give_up
	movb	$0, VCPUINFO_upcall_mask(%rax)
3:	mov	%ebx, %eax
	and	$3, %eax
	cmp	$3, %eax
	jne	4f
	mov	VCPU_guest_table_user(%rdi), %rax
	cmp	$-1, %rax
	je	fast_iret_give_up
	movb	$0, VCPU_kernel_mode(%rdi)
	swapgs
	shl	$PAGE_SHIFT, %rax
	mov	%rax, VCPU_cr3(%rdi)
	mov	%rax, %cr3
4:	mov	%rdx, REGS_rip - REGS_rsi + 32(%rsp)
	movzwl	%bx, %ebx
	or	$3, %ebx
	mov	%rbx, REGS_cs - REGS_rsi + 32(%rsp)
	and	$PV_RFLAGS_GUEST, %ebp
	or	$(X86_EFLAGS_IF | X86_EFLAGS_FIXED), %ebp
	mov	%rbp, REGS_eflags - REGS_rsi + 32(%rsp)
	mov	%rsi, REGS_rsp - REGS_rsi + 32(%rsp)
	movzwl	%r12w, %r12d
	or	$3, %r12d
	mov	%r12, REGS_ss - REGS_rsi + 32(%rsp)
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%rdx
	mov	CPU_INFO_scratch - REGS_rsi(%rsp), %rax
	pop	%rsi
	pop	%rdi
	add	$8, %rsp
	jmp	guest_iret
	.section .ex_table, "a"
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	.quad	.Liret\n, fast_iret_fault
	.endr
	.previous

/* The frame cannot be read, or an event is due: C starts again from the call. */
fast_iret_fault:
fast_iret_give_up:
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%rdx
	movq	$HYPERCALL_iret, CPU_INFO_scratch - REGS_rsi(%rsp)
	mov	REGS_rip - REGS_rsi(%rsp), %rcx
	mov	REGS_eflags - REGS_rsi(%rsp), %r11
	jmp	lstar_slow

/* SYSCALL from 32-bit code. */
	.globl	cstar_entry
cstar_entry:
	push	%r11
	push	$FLAT_CS32
	push	%rcx
	push	$0
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
	mov	CPU_INFO_running(%rsp), %rbx
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
	.if (vec == 8) || (vec >= 10 && vec <= 14) || (vec == 17) || (vec == 21) || \
	    (vec == 29) || (vec == 30)
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
