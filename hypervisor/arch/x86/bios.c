// SPDX-License-Identifier: GPL-2.0-only
/* The BIOS data area, read once at boot. */
#include <asm/bios.h>

#include <hv/lib.h>
#include <hv/mm.h>

#define BDA_KEYBOARD_FLAGS	0x417

static u8 keyboard_flags __ro_after_init;

/**
 * bios_init() - Keep what domain 0 will ask for.
 * @efi: there is no BIOS, the area means nothing
 */
void __init bios_init(bool efi)
{
	volatile u8 *bda = efi ? NULL : ioremap(0, PAGE_SIZE);

	if (!bda)
		return;
	keyboard_flags = bda[BDA_KEYBOARD_FLAGS];
	iounmap((void *)bda, PAGE_SIZE);
}

/** bios_keyboard_flags() - Shift and lock keys at boot, as INT 16h, function 2 tells. */
u8 bios_keyboard_flags(void)
{
	return keyboard_flags;
}
