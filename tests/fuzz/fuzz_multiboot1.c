// SPDX-License-Identifier: GPL-2.0-only
/* The input is physical memory, with the loader's information at its start. */
#include <hv/boot_info.h>
#include <hv/lib.h>
#include <hv/string.h>

static const u8 *ram;
static size_t ram_size;

static bool read_ram(const struct boot_memory *mem, u64 phys, void *dst, size_t len)
{
	if (phys > ram_size || len > ram_size - phys)
		return false;
	memcpy(dst, ram + phys, len);
	return true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct boot_memory mem = { .read = read_ram };
	static struct boot_info bi;
	const char *why = NULL;

	ram = data;
	ram_size = size;
	memset(&bi, 0, sizeof(bi));
	if (multiboot1_parse(&mem, 0, &bi, &why)) {
		if (!why || !*why)
			__builtin_trap();
		return 0;
	}
	if (!bi.e820.nr || bi.nr_modules > BOOT_MODULES_MAX)
		__builtin_trap();
	boot_info_args(&bi, bi.cmdline);
	e820_sanitise(&bi.e820);
	for (unsigned int i = 1; i < bi.e820.nr; i++)
		if (bi.e820.entry[i - 1].addr + bi.e820.entry[i - 1].size > bi.e820.entry[i].addr)
			__builtin_trap();
	return 0;
}
