// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel files made here with the libraries' compressors, unpacked by
 * boot/decompress.c under the sanitizers, and once more by nolibc_unpack,
 * which is linked as the hypervisor is.
 */
#include <hv/bzimage.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* Where the hypervisor's partial link has the libraries' constructors. */
void (*const libs_constructors_start[1])(void);
extern void (*const libs_constructors_end[])(void);
__asm__(".globl libs_constructors_end\nlibs_constructors_end = libs_constructors_start");

/* In the hypervisor the libraries' memory is dropped as a whole, so nothing frees it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* The C library's allocator would hide what is taken from the arena. */
void *glue_alloc(size_t size);

static u8 *arena;
static size_t arena_size, arena_used;

void glue_set_arena(void *start, size_t size)
{
	arena = start;
	arena_size = size;
	arena_used = 0;
}

void *glue_alloc(size_t size)
{
	void *p = arena + arena_used;

	size = ROUND_UP(size, 64UL);
	if (size > arena_size - arena_used)
		return NULL;
	arena_used += size;
	return p;
}

static unsigned int constructed;

void glue_run_constructors(void)
{
	constructed++;
}

#define KERNEL_SIZE 300000

static u8 kernel[KERNEL_SIZE], unpacked[KERNEL_SIZE];

#define SETUP_SECTS	2
#define PAYLOAD_AT	0x100
#define HEAD_SIZE	((SETUP_SECTS + 1) * 512 + PAYLOAD_AT)

static u8 file[HEAD_SIZE + 2 * KERNEL_SIZE];
static size_t file_size;
static struct bzimage bz;
static const char *why;

static void store32(size_t at, u32 v)
{
	memcpy(file + at, &v, 4);
}

/* A bzImage around @len bytes that are already at HEAD_SIZE. */
static void finish(size_t len)
{
	memset(file, 0, HEAD_SIZE);
	file[0x1f1] = SETUP_SECTS;
	file[0x1fe] = 0x55;
	file[0x1ff] = 0xaa;
	memcpy(file + 0x202, "HdrS", 4);
	file[0x206] = 0x0f;
	file[0x207] = 0x02;
	store32(0x248, PAYLOAD_AT);
	store32(0x24c, (u32)len);
	file_size = HEAD_SIZE + len;
}

static void append_size(size_t *len)
{
	store32(HEAD_SIZE + *len, KERNEL_SIZE);
	*len += 4;
}

static void make_xz_check(lzma_check check)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ LZMA_FILTER_X86, NULL },
		{ LZMA_FILTER_LZMA2, &options },
		{ LZMA_VLI_UNKNOWN, NULL },
	};
	size_t len = 0;

	lzma_lzma_preset(&options, 1);
	assert_int_equal(lzma_stream_buffer_encode(filters, check, NULL, kernel,
						   KERNEL_SIZE, file + HEAD_SIZE, &len,
						   2 * KERNEL_SIZE), LZMA_OK);
	append_size(&len);
	finish(len);
}

/* As scripts/xz_wrap.sh of Linux does; the next as zstd does by default. */
static void make_xz(void)
{
	make_xz_check(LZMA_CHECK_CRC32);
}

static void make_zstd(void)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t len;

	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, 19);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	len = ZSTD_compress2(ctx, file + HEAD_SIZE, 2 * KERNEL_SIZE, kernel, KERNEL_SIZE);
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(len));
	append_size(&len);
	finish(len);
}

static void make_gzip(void)
{
	z_stream s = { .next_in = kernel, .avail_in = KERNEL_SIZE,
		       .next_out = file + HEAD_SIZE, .avail_out = 2 * KERNEL_SIZE };

	assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
	deflateEnd(&s);
	finish(s.total_out);
}

static const struct {
	void (*make)(void);
	enum payload_format format;
} kinds[] = {
	{ make_xz, PAYLOAD_XZ }, { make_zstd, PAYLOAD_ZSTD }, { make_gzip, PAYLOAD_GZIP },
};

static int make_kernel(void **state)
{
	u32 seed = 5;

	for (size_t i = 0; i < KERNEL_SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		kernel[i] = i % 3 ? (u8)(i >> 6) : (u8)(seed >> 28);
	}
	/* Calls, for the x86 filter. */
	for (size_t i = 0; i < KERNEL_SIZE - 5; i += 50) {
		kernel[i] = 0xe8;
		kernel[i + 4] = 0;
	}
	memcpy(kernel, "\177ELF", 4);
	return 0;
}

/* From a copy of exactly that size. */
static int parse_and_unpack(void)
{
	u8 *copy = malloc(file_size);
	int rc;

	memcpy(copy, file, file_size);
	memset(unpacked, 0, sizeof(unpacked));
	rc = bzimage_parse(copy, file_size, &bz, &why);
	if (!rc) {
		size_t n = decompress_workspace(&bz);
		void *work = malloc(n + 1);
		/* Exactly as large, so that ASan sees a byte too far. */
		void *out = malloc(bz.unpacked_size);

		rc = decompress(&bz, out, work, n, &why);
		if (!rc)
			memcpy(unpacked, out, min(bz.unpacked_size, sizeof(unpacked)));
		free(out);
		free(work);
	}
	free(copy);
	return rc;
}

static void bad(const char *text)
{
	assert_int_equal(parse_and_unpack(), -EINVAL);
	if (!strstr(why, text))
		fail_msg("\"%s\" is not in: %s", text, why);
}

static void test_good(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		kinds[i].make();
		if (parse_and_unpack())
			fail_msg("%s", why);
		assert_int_equal(bz.format, kinds[i].format);
		assert_int_equal(bz.unpacked_size, KERNEL_SIZE);
		assert_int_equal(bz.boot_protocol, 0x20f);
		assert_memory_equal(unpacked, kernel, KERNEL_SIZE);
	}
	assert_int_equal(constructed, ARRAY_SIZE(kinds));
}

static void test_plain(void **state)
{
	memcpy(file + HEAD_SIZE, kernel, KERNEL_SIZE);
	finish(KERNEL_SIZE);
	assert_int_equal(parse_and_unpack(), 0);
	assert_int_equal(bz.format, PAYLOAD_ELF);
	assert_memory_equal(unpacked, kernel, KERNEL_SIZE);

	memcpy(file, kernel, KERNEL_SIZE);
	file_size = KERNEL_SIZE;
	assert_int_equal(parse_and_unpack(), 0);
	assert_false(bz.is_bzimage);
	assert_memory_equal(unpacked, kernel, KERNEL_SIZE);
}

static void test_header(void **state)
{
	make_gzip();
	file[0x1fe] = 0;
	bad("neither a bzImage nor");
	make_gzip();
	file_size = 0x24f;
	bad("neither a bzImage nor");
	make_gzip();
	file[0x206] = 0x07;
	bad("protocol 2.07");
	make_gzip();
	file_size--;
	bad("truncated");
	make_gzip();
	store32(0x248, ~0U);
	bad("truncated");
	make_gzip();
	store32(0x24c, ~0U);
	bad("truncated");
	make_gzip();
	store32(0x24c, 7);
	bad("7 bytes");
	/* 0 setup sectors mean 4, which makes another file of it. */
	make_gzip();
	file[0x1f1] = 0;
	bad("truncated");
}

static void test_formats(void **state)
{
	static const struct {
		const char *magic;
		const char *text;
	} others[] = {
		{ "BZh91AY", "bzip2" }, { "\x5d\0\0\0\4\0\0", "lzma" },
		{ "\x89LZO\0\r\n", "lzo" }, { "\x02\x21\x4c\x18\0\0\0", "lz4" },
		{ "garbage", "67 61 72 62" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		make_gzip();
		memcpy(file + HEAD_SIZE, others[i].magic, 7);
		bad(others[i].text);
		assert_non_null(strstr(why, "zstd"));
	}
}

static void test_damaged(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		kinds[i].make();
		store32(file_size - 4, 100);
		bad("100 bytes");
		kinds[i].make();
		store32(file_size - 4, ~0U);
		bad("damaged");
		kinds[i].make();
		store32(file_size - 4, KERNEL_SIZE - 1);
		bad("longer than it says");
		kinds[i].make();
		store32(file_size - 4, KERNEL_SIZE + 1);
		bad(i == 2 ? "damaged" : "looked for 300001");
		kinds[i].make();
		memset(file + HEAD_SIZE + (file_size - HEAD_SIZE) / 2, 0x5a, 64);
		bad("payload is");
		/* Cut in the middle, with a size behind it. */
		kinds[i].make();
		finish((file_size - HEAD_SIZE) / 2);
		store32(file_size - 4, KERNEL_SIZE);
		bad("payload is");
	}
}

/* A bit wrong anywhere in the first bytes: an error or, by luck, the same kernel. */
static void test_every_byte(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		kinds[i].make();
		for (size_t at = 0; at < 200; at++) {
			u8 bit = (u8)(1 << at % 8);

			file[HEAD_SIZE + at] ^= bit;
			if (!parse_and_unpack())
				assert_memory_equal(unpacked, kernel, KERNEL_SIZE);
			file[HEAD_SIZE + at] ^= bit;
		}
	}
}

static void test_too_little_memory(void **state)
{
	u8 work[16];

	make_xz();
	assert_int_equal(bzimage_parse(file, file_size, &bz, &why), 0);
	/* Level 1 has a dictionary of 1 MiB. */
	assert_in_range(decompress_workspace(&bz), 1 << 20, 2 << 20);
	assert_int_equal(decompress(&bz, unpacked, work, sizeof(work), &why), -EINVAL);
	assert_non_null(strstr(why, "memory"));
}

/* Everything through a file: the payload may be larger than a pipe. */
static void run_nolibc(void)
{
	FILE *in = tmpfile(), *out = tmpfile();
	int status;
	pid_t pid;

	assert_int_equal(fwrite(file, 1, file_size, in), file_size);
	fflush(in);
	rewind(in);
	pid = fork();
	if (!pid) {
		dup2(fileno(in), 0);
		dup2(fileno(out), 1);
		execl(NOLIBC_UNPACK, NOLIBC_UNPACK, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rewind(out);
	memset(unpacked, 0, sizeof(unpacked));
	assert_int_equal(fread(unpacked, 1, KERNEL_SIZE, out), KERNEL_SIZE);
	assert_memory_equal(unpacked, kernel, KERNEL_SIZE);
	fclose(in);
	fclose(out);
}

static void make_xz_crc64(void)
{
	make_xz_check(LZMA_CHECK_CRC64);
}

static void test_as_linked(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		kinds[i].make();
		run_nolibc();
	}
	/* xz's own default, whose check goes through a pointer that a constructor sets. */
	make_xz_crc64();
	run_nolibc();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_too_little_memory),
		cmocka_unit_test(test_as_linked),
	};

	return cmocka_run_group_tests_name("boot/decompress", tests, make_kernel, NULL);
}
