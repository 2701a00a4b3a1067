// SPDX-License-Identifier: GPL-2.0-only
/*
 * What liblzma, libzstd and zlib want of a C library, beyond lib/string.c:
 * memory from one arena that is never given back in part, since the caller
 * drops all of it; the stack protector's alarm; their constructors run.
 * Threads, files and clocks are only used by parts of them that the linker
 * leaves out. No locks; boot CPU only.
 */
#include <hv/bug.h>
#include <hv/bzimage.h>
#include <hv/lib.h>
#include <hv/string.h>

#define ALIGNMENT 64UL

static u8 *next;
static size_t left;

/* The names are the C library's; only the linked libraries call these. */
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);
void __stack_chk_fail(void);
unsigned long long ZSTD_trace_decompress_begin(const void *ctx);
void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace);

/**
 * glue_set_arena() - Where the libraries' memory comes from.
 * @start: first byte; all that was handed out before becomes invalid
 * @size:  bytes
 */
void glue_set_arena(void *start, size_t size)
{
	size_t skip = -(unsigned long)start & (ALIGNMENT - 1);

	next = (u8 *)start + min(skip, size);
	left = size - min(skip, size);
}

/**
 * glue_alloc() - Take from the arena.
 * @size: bytes
 *
 * Return: memory, not zeroed, aligned to 64 bytes; NULL if the arena is used up.
 */
void *glue_alloc(size_t size)
{
	size_t rounded = ROUND_UP(size, ALIGNMENT);
	void *p = next;

	if (rounded < size || rounded > left)
		return NULL;
	next += rounded;
	left -= rounded;
	return p;
}

void *malloc(size_t size)
{
	return glue_alloc(size);
}

void *calloc(size_t n, size_t size)
{
	void *p = size && n > ~0UL / size ? NULL : glue_alloc(n * size);

	return p ? memset(p, 0, n * size) : NULL;
}

void free(void *p)
{
}

void __stack_chk_fail(void)
{
	panic("A decompressor overran its stack: the kernel image is hostile or memory is bad");
}

/* libzstd's hooks are weak there; 0 declines. Left undefined they would need a GOT. */
unsigned long long ZSTD_trace_decompress_begin(const void *ctx)
{
	return 0;
}

void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace)
{
}

/* Set by libs.lds around the libraries' .init_array. */
extern void (*const libs_constructors_start[])(void);
extern void (*const libs_constructors_end[])(void);

/**
 * glue_run_constructors() - Let the libraries choose code for this CPU.
 */
void glue_run_constructors(void)
{
	for (void (*const *fn)(void) = libs_constructors_start; fn < libs_constructors_end; fn++)
		(*fn)();
}
