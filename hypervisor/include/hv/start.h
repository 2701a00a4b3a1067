/* SPDX-License-Identifier: GPL-2.0-only */
/* Boot: what start.c finds out and dom0.c builds from. */
#ifndef HV_START_H
#define HV_START_H

#include <hv/boot_info.h>
#include <hv/e820.h>

struct domain;

/* The machine's memory map, sanitised: what XENMEM_machine_memory_map shows domain 0. */
extern struct e820_map machine_e820;
/* Physical address of EFI's system table; 0 if not started by EFI. */
extern u64 efi_system_table;

void start_hypervisor(u32 magic, u64 info_phys, u64 image_phys_base) __attribute__((noreturn));

/*
 * dom0_build() - Make domain 0 from the loader's modules.
 * @bi: loader's information; module 0 is the kernel, module 1 its initramfs
 *
 * Panics, naming cause and cure, if that cannot be done.
 */
struct domain *dom0_build(const struct boot_info *bi);

#endif
