/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image: code, constants, data, what only boot needs (given back as one
 * run of pages), symbols, zeroed data. Each kind starts a page and gets its
 * own rights. Loaded at 2 MiB, or wherever GRUB moves it.
 */
#include <asm/layout.h>
#include <asm/page.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

#define LOAD_ADDR	0x200000

ENTRY(start_phys)
start_phys = start - IMAGE_VIRT_START + LOAD_ADDR;

PHDRS
{
	image PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = IMAGE_VIRT_START;
	__image_start = .;

	.text : AT(ADDR(.text) - IMAGE_VIRT_START + LOAD_ADDR) {
		KEEP(*(.head))
		*(.text.entry)
		*(.text .text.*)
	} :image
	. = ALIGN(PAGE_SIZE);
	__text_end = .;

	.rodata : AT(ADDR(.rodata) - IMAGE_VIRT_START + LOAD_ADDR) {
		*(.rodata .rodata.*)
		*(.data.rel.ro .data.rel.ro.*)
		. = ALIGN(8);
		__ex_table_start = .;
		KEEP(*(.ex_table))
		__ex_table_end = .;
		__param_start = .;
		KEEP(*(.param))
		__param_end = .;
	} :image
	.note.gnu.build-id : AT(ADDR(.note.gnu.build-id) - IMAGE_VIRT_START + LOAD_ADDR) {
		__build_id_start = .;
		*(.note.gnu.build-id)
		__build_id_end = .;
	} :image :note
	. = ALIGN(PAGE_SIZE);
	__rodata_end = .;

	.data : AT(ADDR(.data) - IMAGE_VIRT_START + LOAD_ADDR) {
		*(.data.ro_after_init)
		. = ALIGN(PAGE_SIZE);
		__ro_after_init_end = .;
		*(.data.page_aligned)
		*(.data .data.*)
		. = ALIGN(PAGE_SIZE);
	} :image
	__data_end = .;

	.init : AT(ADDR(.init) - IMAGE_VIRT_START + LOAD_ADDR) {
		__init_start = .;
		*(.init.text .init.text.*)
		. = ALIGN(PAGE_SIZE);
		__init_text_end = .;
		*(.init.rodata .init.rodata.*)
		*(.init.data .init.data.*)
		*(.init.bss .init.bss.*)
		/* Only the libraries of boot/Kbuild.libs have such a table. */
		*(.got .got.plt .igot .igot.plt)
		. = ALIGN(PAGE_SIZE);
	} :image
	__init_end = .;

	/* Behind all code, so that its size moves no function. */
	.symbols : AT(ADDR(.symbols) - IMAGE_VIRT_START + LOAD_ADDR) {
		KEEP(*(.symbols))
		. = ALIGN(PAGE_SIZE);
	} :image
	__symbols_end = .;

	.bss (NOLOAD) : AT(ADDR(.bss) - IMAGE_VIRT_START + LOAD_ADDR) {
		. = ALIGN(STACK_SIZE);
		*(.bss.stack_aligned)
		*(.bss.page_aligned)
		*(.bss .bss.*)
		*(COMMON)
		. = ALIGN(PAGE_SIZE);
	} :image
	__image_end = .;

	ASSERT(__image_end - __image_start <= 0x400000,
	       "image exceeds its 4 MiB of boot page tables")

	/DISCARD/ : {
		*(.comment)
		*(.eh_frame .eh_frame.*)
		*(.discard .discard.*)
		*(.note.GNU-stack)
		*(.note.gnu.property)
	}

	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_info 0 : { *(.debug_info) }
	.debug_types 0 : { *(.debug_types) }
	.debug_str 0 : { *(.debug_str) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_frame 0 : { *(.debug_frame) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	.rela 0 : { *(.rela*) }
	.plt 0 : { *(.plt .plt.* .iplt) }
	ASSERT(SIZEOF(.plt) == 0, "no PLT expected")
}
