/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PC's BIOS leaves in its data area. arch/x86/bios.c. */
#ifndef HV_ASM_BIOS_H
#define HV_ASM_BIOS_H

#include <hv/types.h>

void bios_init(bool efi);
u8 bios_keyboard_flags(void);

#endif
