// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacking a kernel with Debian's own liblzma, libzstd and zlib, linked
 * statically into the init section (Kbuild.libs). Their code uses SSE
 * registers and the stack protector's canary at %fs:0x28; both are set up
 * here around each call, and put back. Interrupts may come meanwhile, since
 * the hypervisor itself touches neither. No locks; boot CPU only, once.
 */
#include <hv/bzimage.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/system.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

/* Of each library's state; measured, and half as much again. */
#define WORK_GZIP	(96UL << 10)
#define WORK_ZSTD	(256UL << 10)
#define WORK_XZ		(256UL << 10)

/* "xz --lzma2=dict=": Linux uses 32 MiB, lately 128 MiB. */
#define XZ_DICT_MAX	(1UL << 30)
#define XZ_STREAM_HEADER 12
#define XZ_FILTER_LZMA2	0x21
#define XZ_FILTERS_MAX	4

struct fpu_environment {
	unsigned long cr0, cr4;
	u64 fs_base;
};

/* What %fs points to: the canary is the sixth word. */
static u64 thread_block[8] = { [5] = 0x6b1f0a95c3d7e200UL };

static void enter_libraries(struct fpu_environment *saved)
{
	saved->cr0 = read_cr0();
	saved->cr4 = read_cr4();
	saved->fs_base = rdmsr(MSR_FS_BASE);
	write_cr0((saved->cr0 & ~(X86_CR0_EM | X86_CR0_TS)) | X86_CR0_MP);
	write_cr4(saved->cr4 | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT);
	wrmsr(MSR_FS_BASE, (u64)thread_block);
}

static void leave_libraries(const struct fpu_environment *saved)
{
	wrmsr(MSR_FS_BASE, saved->fs_base);
	write_cr4(saved->cr4);
	write_cr0(saved->cr0);
}

static void *lzma_alloc_cb(void *opaque, size_t nmemb, size_t size)
{
	return glue_alloc(nmemb * size);
}

/* The arena is dropped as a whole. */
static void lzma_free_cb(void *opaque, void *p)
{
}

/* Returns NULL, or what is wrong. */
static const char *unpack_xz(const struct bzimage *bz, u8 *out, size_t *produced)
{
	const lzma_allocator allocator = { .alloc = lzma_alloc_cb, .free = lzma_free_cb };
	u64 memlimit = ~0UL;
	size_t used = 0;

	switch (lzma_stream_buffer_decode(&memlimit, 0, &allocator, bz->payload, &used,
					  bz->payload_size, out, produced, bz->unpacked_size)) {
	case LZMA_OK:
		return NULL;
	case LZMA_MEM_ERROR:
		return "needs more working memory than its header says";
	case LZMA_BUF_ERROR:
		return "is truncated, or longer than it says";
	case LZMA_OPTIONS_ERROR:
		return "uses a filter that is not supported";
	default:
		return "is damaged";
	}
}

static const char *unpack_zstd(const struct bzimage *bz, u8 *out, size_t *produced)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t n;

	if (!ctx)
		return "needs more working memory";
	n = ZSTD_decompressDCtx(ctx, out, bz->unpacked_size, bz->payload, bz->payload_size);
	if (ZSTD_isError(n))
		return "is damaged, or longer than it says";
	*produced = n;
	return NULL;
}

static const char *unpack_gzip(const struct bzimage *bz, u8 *out, size_t *produced)
{
	z_stream s = {
		.next_in = (Bytef *)bz->payload,
		.avail_in = (uInt)bz->payload_size,
		.next_out = out,
		.avail_out = (uInt)bz->unpacked_size,
	};
	int rc = inflateInit2(&s, 16 + MAX_WBITS);	/* with gzip's header and check */

	if (rc == Z_OK)
		rc = inflate(&s, Z_FINISH);
	*produced = s.total_out;
	if (rc == Z_STREAM_END)
		return NULL;
	if (rc == Z_MEM_ERROR)
		return "needs more working memory";
	return "is damaged, or longer than it says";
}

static const char *unpack(const struct bzimage *bz, u8 *out, size_t *produced)
{
	switch (bz->format) {
	case PAYLOAD_XZ:
		return unpack_xz(bz, out, produced);
	case PAYLOAD_ZSTD:
		return unpack_zstd(bz, out, produced);
	case PAYLOAD_GZIP:
		return unpack_gzip(bz, out, produced);
	default:
		return "is in no format known here";
	}
}

/* A number of 7 bits a byte, all but the last with the top bit set; false at @end. */
static bool xz_number(const u8 **p, const u8 *end, u64 *v)
{
	*v = 0;
	for (unsigned int shift = 0; *p < end && shift < 63; shift += 7) {
		*v |= (u64)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return true;
	}
	return false;
}

/*
 * The dictionary of the first block, which all blocks of one run of xz share;
 * 0 if the header makes no sense, which the library will then say better.
 * The .xz File Format 1.1.0, 3.1 "Block Header" and 5.3.1 "LZMA2".
 */
static size_t xz_dict_size(const struct bzimage *bz)
{
	const u8 *p = bz->payload + XZ_STREAM_HEADER, *end = bz->payload + bz->payload_size;
	u64 id, len, skipped;
	u8 flags;

	if (bz->payload_size < XZ_STREAM_HEADER + 2)
		return 0;
	flags = p[1];
	p += 2;
	if (((flags & 0x40) && !xz_number(&p, end, &skipped)) ||
	    ((flags & 0x80) && !xz_number(&p, end, &skipped)))
		return 0;
	for (unsigned int i = 0; i < XZ_FILTERS_MAX; i++) {
		if (!xz_number(&p, end, &id) || !xz_number(&p, end, &len) ||
		    len >= (u64)(end - p))
			return 0;
		if (id == XZ_FILTER_LZMA2)
			return *p < 40 ? (2UL | (*p & 1)) << (*p / 2 + 11) : 0;
		p += len;
	}
	return 0;
}

/**
 * decompress_workspace() - Working memory that decompress() needs.
 * @bz: from bzimage_parse()
 *
 * Return: bytes; 0 for a payload that is not compressed.
 */
size_t decompress_workspace(const struct bzimage *bz)
{
	switch (bz->format) {
	case PAYLOAD_XZ:
		return WORK_XZ + min(xz_dict_size(bz), XZ_DICT_MAX);
	case PAYLOAD_ZSTD:
		return WORK_ZSTD;
	case PAYLOAD_GZIP:
		return WORK_GZIP;
	default:
		return 0;
	}
}

/**
 * decompress() - Unpack a kernel.
 * @bz:        from bzimage_parse()
 * @out:       receives bz->unpacked_size bytes
 * @work:      decompress_workspace() bytes or more, 16 bytes aligned; free afterwards
 * @work_size: of it
 * @why:       on error, a sentence for the console; lives in @bz
 *
 * A payload that is ELF already is copied.
 *
 * Context: boot CPU, stack of 4 KiB or more left; interrupts may be on, but
 * their handlers must not use SSE registers.
 * Return: 0; -EINVAL for a damaged payload, with @out undefined.
 */
int decompress(struct bzimage *bz, void *out, void *work, size_t work_size, const char **why)
{
	struct fpu_environment saved;
	size_t produced = 0;
	const char *wrong;

	*why = bz->error;
	if (bz->format == PAYLOAD_ELF) {
		memcpy(out, bz->payload, bz->payload_size);
		return 0;
	}

	glue_set_arena(work, work_size);
	enter_libraries(&saved);
	glue_run_constructors();
	wrong = unpack(bz, out, &produced);
	leave_libraries(&saved);

	if (wrong)
		snprintf(bz->error, sizeof(bz->error), "found that the kernel's %s payload %s",
			 payload_format_name(bz->format), wrong);
	else if (produced != bz->unpacked_size)
		snprintf(bz->error, sizeof(bz->error),
			 "found a payload that unpacks to %zu bytes, looked for %zu", produced,
			 bz->unpacked_size);
	else
		return 0;
	return -EINVAL;
}
