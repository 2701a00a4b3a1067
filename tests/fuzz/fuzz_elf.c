// SPDX-License-Identifier: GPL-2.0-only
#include <hv/elf.h>
#include <hv/lib.h>
#include <hv/string.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct elf_kernel k;
	volatile u8 sum = 0;
	const char *why = NULL;

	if (elf_parse(data, size, &k, &why)) {
		if (!why || !*why)
			__builtin_trap();
		return 0;
	}
	for (unsigned int i = 0; i < k.nr_segments; i++) {
		const struct elf_segment *s = &k.segment[i];

		if (s->filesz > s->memsz || s->paddr < k.phys_start ||
		    s->paddr + s->memsz > k.phys_end)
			__builtin_trap();
		/* What a loader would do: read all of it. */
		for (u64 b = 0; b < s->filesz; b++)
			sum += data[s->offset + b];
	}
	(void)sum;
	elf_check_pv_dom0(&k, &why);
	return 0;
}
