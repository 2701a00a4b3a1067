// SPDX-License-Identifier: GPL-2.0-only
/* The header, and the libraries behind it as decompress() calls them. */
#include <hv/bzimage.h>
#include <hv/lib.h>
#include <hv/string.h>
#include <stdlib.h>

#define UNPACK_MAX (1 << 20)

static u8 work[16 << 20] __aligned(64);
static size_t used;

void glue_set_arena(void *start, size_t size)
{
	used = 0;
}

void *glue_alloc(size_t size)
{
	void *p = work + used;

	if (size > sizeof(work) - used - 64)
		return NULL;
	used += ROUND_UP(size, 64UL);
	return p;
}

void glue_run_constructors(void)
{
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	/* In the hypervisor the libraries' memory is dropped as a whole. */
	return "detect_leaks=0";
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bzimage bz;
	const char *why = NULL;
	void *out;

	if (bzimage_parse(data, size, &bz, &why)) {
		if (!why || !*why)
			__builtin_trap();
		return 0;
	}
	if (bz.payload < data || bz.payload_size > size ||
	    bz.payload - data > (ptrdiff_t)(size - bz.payload_size))
		__builtin_trap();
	/* zlib and libzstd take theirs from malloc() here, which nobody gives back. */
	if (bz.unpacked_size > UNPACK_MAX || bz.format != PAYLOAD_XZ)
		return 0;
	decompress_workspace(&bz);
	out = malloc(bz.unpacked_size);
	decompress(&bz, out, work, sizeof(work), &why);
	free(out);
	return 0;
}
