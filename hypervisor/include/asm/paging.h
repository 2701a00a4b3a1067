/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own address space; hv/mm.h has what others call. */
#ifndef HV_ASM_PAGING_H
#define HV_ASM_PAGING_H

#include <hv/e820.h>
#include <asm/page.h>

extern char __image_start[], __text_end[], __rodata_end[], __ro_after_init_end[];
extern char __data_end[], __init_start[], __init_text_end[], __init_end[];
extern char __symbols_end[], __image_end[];

/* Physical address of the image's first byte. */
extern u64 image_phys;

/* Physical address of something inside the image. */
static inline u64 image_virt_to_phys(const void *va)
{
	return (unsigned long)va - IMAGE_VIRT_START + image_phys;
}

void paging_init(const struct e820_map *machine);
void paging_drop_identity(void);
void paging_protect_image(void);
void paging_free_init(void);
/* The guest linear address @va through the running tables; for error messages. */
void show_page_walk(unsigned long va);

#endif
