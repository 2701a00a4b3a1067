/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A paravirtualized kernel that only sleeps: what the tools do to a guest,
 * without a guest's own time. ABI: xen/elfnote.h, xen/sched.h.
 */
#include <xen/elfnote.h>

#define SCHED_OP	29	/* __HYPERVISOR_sched_op */
#define SCHEDOP_POLL	3

	.macro note type, kind:req, value:vararg
	.section .note.xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\kind \value
2:	.balign 4
	.previous
	.endm

	note XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0"
	note XEN_ELFNOTE_GUEST_OS, .asciz, "sleeper"
	note XEN_ELFNOTE_LOADER, .asciz, "generic"
	note XEN_ELFNOTE_VIRT_BASE, .quad, 0xffffffff80000000
	note XEN_ELFNOTE_PADDR_OFFSET, .quad, 0xffffffff80000000
	note XEN_ELFNOTE_ENTRY, .quad, start

	.text
	.globl start
start:
	/* no ports, no timeout: until somebody ends the domain */
	mov $SCHED_OP, %eax
	mov $SCHEDOP_POLL, %edi
	lea poll(%rip), %rsi
	syscall
	jmp start

	.data
	.balign 8
poll:	/* struct sched_poll: ports, nr_ports, timeout */
	.quad ports, 0, 0
ports:	.long 0, 0
