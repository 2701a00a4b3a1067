// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both multiboot parsers do with what they found: strings, and a memory
 * map where the loader gave none in the BIOS form. No locks; boot CPU only.
 */
#include <hv/boot_info.h>
#include <hv/lib.h>
#include <hv/string.h>

/**
 * boot_info_set_string() - Keep a string of the loader's.
 * @dst:       receives it, always terminated
 * @size:      of @dst
 * @src:       @len readable bytes, the string ends at the first NUL in it or at @len
 * @len:       bytes
 * @truncated: set if @dst was too small; may be NULL
 */
void boot_info_set_string(char *dst, size_t size, const char *src, size_t len, bool *truncated)
{
	size_t n = strnlen(src, len);

	if (n >= size) {
		n = size - 1;
		if (truncated)
			*truncated = true;
	}
	memcpy(dst, src, n);
	dst[n] = '\0';
}

/* UEFI 2.9, 7.2 "Memory Allocation Services", EFI_MEMORY_DESCRIPTOR. */
struct efi_descriptor {
	u32 type;
	u32 pad;
	u64 phys;
	u64 virt;
	u64 pages;
	u64 attribute;
};

BUILD_BUG_ON(sizeof(struct efi_descriptor) != 40);

#define EFI_MEMORY_WB (1UL << 3)

enum efi_memory_type {
	EFI_RESERVED,
	EFI_LOADER_CODE,
	EFI_LOADER_DATA,
	EFI_BOOT_SERVICES_CODE,
	EFI_BOOT_SERVICES_DATA,
	EFI_RUNTIME_SERVICES_CODE,
	EFI_RUNTIME_SERVICES_DATA,
	EFI_CONVENTIONAL,
	EFI_UNUSABLE,
	EFI_ACPI_RECLAIM,
	EFI_ACPI_NVS,
	EFI_MMIO,
	EFI_MMIO_PORT,
	EFI_PAL_CODE,
	EFI_PERSISTENT,
};

static u32 efi_to_e820_type(const struct efi_descriptor *d)
{
	switch (d->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL:
		/* What cannot be cached is not RAM to anybody. */
		return d->attribute & EFI_MEMORY_WB ? E820_RAM : E820_RESERVED;
	case EFI_ACPI_RECLAIM:
		return E820_ACPI;
	case EFI_ACPI_NVS:
		return E820_NVS;
	case EFI_UNUSABLE:
		return E820_UNUSABLE;
	case EFI_PERSISTENT:
		return E820_PMEM;
	default:
		return E820_RESERVED;
	}
}

/**
 * boot_info_efi_to_e820() - Make the memory map from EFI's, if there is one.
 * @bi: with efi_mmap filled in; a descriptor size that cannot be is ignored
 *
 * Neighbours of one type are joined as they come, since EFI maps are long.
 *
 * ABI: UEFI 2.9, 7.2, EFI_BOOT_SERVICES.GetMemoryMap().
 */
void boot_info_efi_to_e820(struct boot_info *bi)
{
	struct e820_map *map = &bi->e820;
	u32 step = bi->efi_mmap_desc_size;

	if (step < sizeof(struct efi_descriptor))
		return;
	for (u32 off = 0; off + step <= bi->efi_mmap_len; off += step) {
		struct e820_entry *last = map->nr ? &map->entry[map->nr - 1] : NULL;
		struct efi_descriptor d;
		u64 size;
		u32 type;

		memcpy(&d, bi->efi_mmap + off, sizeof(d));
		type = efi_to_e820_type(&d);
		size = d.pages << 12;
		if (d.pages >> 52 || d.phys + size < d.phys || !size)
			continue;
		if (last && last->type == type && last->addr + last->size == d.phys)
			last->size += size;
		else if (e820_add(map, d.phys, size, type))
			bi->e820_truncated = true;
	}
	if (map->nr)
		bi->e820_from = "EFI memory map";
}

/**
 * boot_info_basic_to_e820() - Make the memory map from the two sizes that are left.
 * @bi: with have_mem_basic
 */
void boot_info_basic_to_e820(struct boot_info *bi)
{
	if (!bi->have_mem_basic)
		return;
	e820_add(&bi->e820, 0, (u64)min(bi->mem_lower_kib, 640U) << 10, E820_RAM);
	e820_add(&bi->e820, 0x100000, (u64)bi->mem_upper_kib << 10, E820_RAM);
	bi->e820_from = "loader's mem_lower and mem_upper";
}

/**
 * boot_info_args() - The arguments in a command line of the loader's.
 * @bi:      for the loader's name
 * @cmdline: as given, for the hypervisor or a module
 *
 * Loaders before GRUB 2, and QEMU, put the file's name first; GRUB 2 does not.
 *
 * Return: inside @cmdline, at the first argument.
 */
const char *boot_info_args(const struct boot_info *bi, const char *cmdline)
{
	cmdline = skip_spaces(cmdline);
	if (!strncmp(bi->loader, "GRUB ", 5) && bi->loader[5] >= '2' && bi->loader[5] <= '9')
		return cmdline;
	while (*cmdline && !isspace(*cmdline))
		cmdline++;
	return skip_spaces(cmdline);
}
