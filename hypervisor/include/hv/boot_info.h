/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader told us, in one form for multiboot 1 and 2. All of it
 * is copied, so that nothing refers to loader memory once parsing is done,
 * except for the modules' own bytes.
 */
#ifndef HV_BOOT_INFO_H
#define HV_BOOT_INFO_H

#include <hv/e820.h>
#include <hv/types.h>

#define BOOT_MODULES_MAX	16
#define BOOT_CMDLINE_MAX	2048
#define BOOT_MODULE_CMDLINE_MAX	1024
#define BOOT_RSDP_MAX		64
#define BOOT_EFI_MMAP_MAX	(32 * 1024)

/* In %eax at entry. Multiboot 0.6.96, 3.2; Multiboot2 2.0, 3.3. */
#define MULTIBOOT_BOOTLOADER_MAGIC	0x2badb002U
#define MULTIBOOT2_BOOTLOADER_MAGIC	0x36d76289U

enum boot_protocol { BOOT_MULTIBOOT1 = 1, BOOT_MULTIBOOT2 = 2 };

/* [start, end) are physical addresses. */
struct boot_module {
	u64 start, end;
	bool cmdline_truncated;
	char cmdline[BOOT_MODULE_CMDLINE_MAX];
};

enum boot_video_type {
	BOOT_VIDEO_NONE,
	BOOT_VIDEO_TEXT,	/* EGA text mode, width and height in characters */
	BOOT_VIDEO_LFB,		/* linear frame buffer, direct colour */
};

struct boot_video {
	enum boot_video_type type;
	u64 address;		/* physical */
	u32 pitch;		/* bytes from line to line */
	u32 width, height;
	u8 bpp;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
	/* VBE, 0 without: for vesa_lfb in dom0_vga_console_info */
	u16 vbe_mode, vbe_attributes;
	u16 vbe_pm_segment, vbe_pm_offset;
	u32 vbe_capabilities;
	bool efi;		/* set up by EFI's graphics output protocol */
};

struct boot_info {
	enum boot_protocol protocol;
	char loader[64];
	char cmdline[BOOT_CMDLINE_MAX];
	bool cmdline_truncated;

	unsigned int nr_modules;
	unsigned int nr_modules_dropped;	/* more than BOOT_MODULES_MAX */
	struct boot_module module[BOOT_MODULES_MAX];

	/* As told, neither sorted nor sanitised; e820_from says by which tag. */
	struct e820_map e820;
	const char *e820_from;
	bool e820_truncated;

	bool have_mem_basic;
	u32 mem_lower_kib, mem_upper_kib;

	bool have_boot_device;
	u32 boot_device;	/* multiboot 1 layout: BIOS drive in the high byte */

	u32 load_base;		/* where the loader put us; 0: where we are linked */

	unsigned int rsdp_len;	/* 0: none told, search for it */
	u8 rsdp[BOOT_RSDP_MAX];

	u64 efi_system_table;	/* physical; 0: not started by 64-bit EFI */
	u64 efi_image_handle;
	bool efi_boot_services;	/* still running; this hypervisor then refuses */
	u32 efi_mmap_desc_size, efi_mmap_desc_version;
	u32 efi_mmap_len;
	u8 efi_mmap[BOOT_EFI_MMAP_MAX];

	struct boot_video video;
};

/*
 * Where multiboot 1 structures are read from: they lie scattered in physical
 * memory. @read copies @len bytes at @phys and returns false if it may not.
 */
struct boot_memory {
	bool (*read)(const struct boot_memory *mem, u64 phys, void *dst, size_t len);
};

int multiboot1_parse(const struct boot_memory *mem, u64 info_phys, struct boot_info *bi,
		     const char **why);
int multiboot2_parse(const void *mbi, size_t len, struct boot_info *bi, const char **why);

/* boot_info.c, shared by both parsers */
void boot_info_set_string(char *dst, size_t size, const char *src, size_t len, bool *truncated);
void boot_info_efi_to_e820(struct boot_info *bi);
void boot_info_basic_to_e820(struct boot_info *bi);
const char *boot_info_args(const struct boot_info *bi, const char *cmdline);

#endif
