/* SPDX-License-Identifier: GPL-2.0-only */
/* UEFI after the boot loader left its boot services. arch/x86/efi.c, efi_runtime.c. */
#ifndef HV_EFI_H
#define HV_EFI_H

#include <hv/types.h>

struct boot_info;
union xenpf_efi_info;
struct xenpf_efi_runtime_call;

void efi_init(const struct boot_info *bi);
long efi_get_info(u32 index, union xenpf_efi_info *info);
long efi_runtime(struct xenpf_efi_runtime_call *op);

#endif
