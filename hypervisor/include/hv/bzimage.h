/* SPDX-License-Identifier: GPL-2.0-only */
/* From a kernel file as distributions package it to the ELF image inside. */
#ifndef HV_BZIMAGE_H
#define HV_BZIMAGE_H

#include <hv/types.h>

enum payload_format {
	PAYLOAD_UNKNOWN,
	PAYLOAD_ELF,		/* not compressed */
	PAYLOAD_GZIP,
	PAYLOAD_XZ,
	PAYLOAD_ZSTD,
	/* recognised, so that the message can name them */
	PAYLOAD_BZIP2,
	PAYLOAD_LZMA,
	PAYLOAD_LZO,
	PAYLOAD_LZ4,
};

#define PAYLOAD_ERROR_MAX 224

struct bzimage {
	bool is_bzimage;	/* false: the file is an ELF image itself */
	u16 boot_protocol;	/* 0x20f for 2.15 */
	enum payload_format format;
	const u8 *payload;	/* inside the file; without the size behind it */
	size_t payload_size;
	size_t unpacked_size;
	char error[PAYLOAD_ERROR_MAX];
};

const char *payload_format_name(enum payload_format format);
int bzimage_parse(const void *file, size_t size, struct bzimage *bz, const char **why);

/* decompress.c */
size_t decompress_workspace(const struct bzimage *bz);
int decompress(struct bzimage *bz, void *out, void *work, size_t work_size, const char **why);

/* libc_glue.c: where the libraries' malloc() takes from, until the next call. */
void glue_set_arena(void *start, size_t size);
void *glue_alloc(size_t size);
void glue_run_constructors(void);

#endif
