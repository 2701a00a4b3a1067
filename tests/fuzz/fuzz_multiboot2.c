// SPDX-License-Identifier: GPL-2.0-only
/* The input is the tags, as the loader would leave them. */
#include <hv/boot_info.h>
#include <hv/lib.h>
#include <hv/string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct boot_info bi;
	const char *why = NULL;

	memset(&bi, 0, sizeof(bi));
	if (multiboot2_parse(data, size, &bi, &why)) {
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
