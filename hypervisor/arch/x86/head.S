/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the loader to C: multiboot1 and multiboot2 headers, the first page
 * tables, long mode. Runs wherever the image was put: %esi holds the physical
 * address of its first byte, and every address is formed relative to it.
 *
 * ABI: Multiboot Specification 0.6.96, 3.1 to 3.3; Multiboot2 2.0, 3.1 to 3.6.
 */
#include <asm/layout.h>
#include <asm/page.h>
#include <asm/x86-defs.h>
#include <arch/x86/asm-offsets.h>

/* Distance of a symbol from the image's first byte. */
#define OFF(sym)	((sym) - IMAGE_VIRT_START)
#define LOAD_ADDR	0x200000

#define MB1_MAGIC	0x1badb002
#define MB1_FLAGS	0x00000003	/* modules page-aligned, memory map wanted */
#define MB2_MAGIC	0xe85250d6

	.section .head, "ax", @progbits
	.code32
	.globl start
start:
	jmp	entry32

	.balign	4
mb1_header:
	.long	MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

	.balign	8
mb2_header:
	.long	MB2_MAGIC, 0, mb2_end - mb2_header
	.long	-(MB2_MAGIC + 0 + (mb2_end - mb2_header))
	/* wanted: command line, memory map; if there: the rest */
	.balign	8
	.short	1, 0
	.long	1f - .  + 4
	.long	1, 6
1:	.balign	8
	.short	1, 1
	.long	1f - . + 4
	.long	3, 4, 8, 12, 14, 15, 17, 20, 21
1:	.balign	8
	.short	6, 0			/* modules on page boundaries */
	.long	8
	.balign	8
	.short	4, 1			/* console: EGA text will do */
	.long	12, 2
	.balign	8
	.short	5, 1			/* a framebuffer of any kind will do */
	.long	20, 0, 0, 0
	.balign	8
	.short	10, 1			/* relocatable, lowest first, 2 MiB steps */
	.long	24, LOAD_ADDR, 0xfff00000, 0x200000, 1
	.balign	8
	.short	0, 0
	.long	8
mb2_end:

entry32:
	cli
	cld
	/*
	 * No stack is promised. Both information structures begin with a word
	 * that can be borrowed for the one return address needed, and be put
	 * back.
	 */
	mov	%eax, %ebp
	mov	(%ebx), %edi
	lea	4(%ebx), %esp
	call	1f
1:	pop	%esi
	sub	$OFF(1b), %esi
	mov	%edi, (%ebx)
	lea	OFF(boot_stack_end)(%esi), %esp

	lgdt	OFF(boot_gdtr32)(%esi)	/* base filled in below */
	lea	OFF(boot_gdt)(%esi), %eax
	mov	%eax, OFF(boot_gdtr32) + 2(%esi)
	lgdt	OFF(boot_gdtr32)(%esi)
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs

	/* Long mode and no-execute are not optional. */
	push	%ebx
	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode
	bt	$20, %edx
	jnc	no_nx
	pop	%ebx

	/* The image, 4 KiB at a time; C narrows the rights later. */
	lea	OFF(image_l1)(%esi), %edi
	mov	%esi, %eax
	or	$(PTE_P | PTE_RW | PTE_A | PTE_D), %eax
	mov	$(2 * PT_ENTRIES), %ecx
1:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$PAGE_SIZE, %eax
	add	$8, %edi
	loop	1b

	lea	OFF(image_l1) + (PTE_P | PTE_RW | PTE_A)(%esi), %eax
	mov	%eax, OFF(image_l2)(%esi)
	add	$PAGE_SIZE, %eax
	mov	%eax, OFF(image_l2) + 8(%esi)
	lea	OFF(image_l2) + (PTE_P | PTE_RW | PTE_A)(%esi), %eax
	mov	%eax, OFF(hv_l3) + 8 * ((IMAGE_VIRT_START >> L3_SHIFT) & 511)(%esi)

	/* The first 4 GiB, by 2 MiB: as themselves, and as the direct map. */
	lea	OFF(boot_l2)(%esi), %edi
	mov	$(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PSE), %eax
	mov	$(4 * PT_ENTRIES), %ecx
1:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b
	lea	OFF(boot_l2) + (PTE_P | PTE_RW | PTE_A)(%esi), %eax
	lea	OFF(boot_l3)(%esi), %edi
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$PAGE_SIZE, %eax
	add	$8, %edi
	loop	1b

	lea	OFF(boot_l3) + (PTE_P | PTE_RW | PTE_A)(%esi), %eax
	mov	%eax, OFF(idle_l4_table)(%esi)
	mov	%eax, OFF(idle_l4_table) + 8 * 262(%esi)
	lea	OFF(hv_l3) + (PTE_P | PTE_RW | PTE_A)(%esi), %eax
	mov	%eax, OFF(idle_l4_table) + 8 * 261(%esi)

	mov	$(X86_CR4_PAE | X86_CR4_PGE), %eax
	mov	%eax, %cr4
	lea	OFF(idle_l4_table)(%esi), %eax
	mov	%eax, %cr3
	push	%ebx
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_SCE | EFER_LME | EFER_NXE), %eax
	wrmsr
	pop	%ebx
	mov	$(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE), %eax
	mov	%eax, %cr0

	lea	OFF(entry64_low)(%esi), %eax
	push	$0x08
	push	%eax
	lret

	.code64
entry64_low:
	movabs	$entry64, %rax
	jmp	*%rax
entry64:
	lea	boot_stack_end(%rip), %rsp
	mov	%ebp, %edi		/* loader's magic */
	mov	%ebx, %ebx
	mov	%esi, %edx		/* where the image is */
	mov	%rbx, %rsi		/* loader's information */
	sub	$(CPU_INFO_SIZE + 8), %rsp	/* aligned to 16 for the call */
	xor	%ebp, %ebp
	call	start_hypervisor
	ud2

	.code32
no_long_mode:
	lea	OFF(msg_no_long_mode)(%esi), %esi
	jmp	say_and_halt
no_nx:
	lea	OFF(msg_no_nx)(%esi), %esi
/* To com1 as the firmware left it, and to the top left of the text screen. */
say_and_halt:
	mov	$0xb8000, %edi
1:	mov	(%esi), %bl
	inc	%esi
	test	%bl, %bl
	jz	3f
	mov	%bl, (%edi)
	movb	$0x07, 1(%edi)
	add	$2, %edi
	mov	$0x10000, %ecx		/* do not wait for ever on an absent UART */
	mov	$0x3fd, %edx
2:	in	(%dx), %al
	test	$0x20, %al
	loopz	2b
	mov	$0x3f8, %edx
	mov	%bl, %al
	out	%al, (%dx)
	jmp	1b
3:	hlt
	jmp	3b

	.section .init.rodata, "a", @progbits
msg_no_long_mode:
	.asciz	"Hospes: this CPU has no 64-bit long mode; a 64-bit CPU is needed.\r\n"
msg_no_nx:
	.ascii	"Hospes: this CPU has no NX (or the firmware turned it off); "
	.asciz	"enable no-execute in the firmware setup.\r\n"

	.section .init.data, "aw", @progbits
	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9a000000ffff	/* 0x08: ring 0 code, 64-bit */
	.quad	0x00cf92000000ffff	/* 0x10: ring 0 data */
boot_gdtr32:
	.short	. - boot_gdt - 1
	.long	0

	.section .bss.page_aligned, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	idle_l4_table, hv_l3, image_l2, image_l1
idle_l4_table:	.skip	PAGE_SIZE
hv_l3:		.skip	PAGE_SIZE
image_l2:	.skip	PAGE_SIZE
image_l1:	.skip	2 * PAGE_SIZE

	.section .init.bss, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	boot_l3, boot_l2
boot_l3:	.skip	PAGE_SIZE
boot_l2:	.skip	4 * PAGE_SIZE

	/* The boot CPU keeps this stack block. */
	.section .bss.stack_aligned, "aw", @nobits
	.balign	STACK_SIZE
	.globl	boot_stack, boot_stack_end
boot_stack:	.skip	STACK_SIZE
boot_stack_end:
