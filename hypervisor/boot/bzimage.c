// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel files: a bzImage and the payload in it, or a plain ELF image. The
 * file is bytes of unknown origin; fields are copied and checked. No locks;
 * boot CPU only.
 *
 * ABI: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
 */
#include <hv/bzimage.h>
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>

#define OFF_SETUP_SECTS		0x1f1
#define OFF_BOOT_FLAG		0x1fe
#define OFF_MAGIC		0x202
#define OFF_VERSION		0x206
#define OFF_PAYLOAD_OFFSET	0x248
#define OFF_PAYLOAD_LENGTH	0x24c
#define HEADER_END		0x250

#define SECTOR			512
#define VERSION_PAYLOAD		0x0208	/* the first that tells of the payload */

/* A kernel unpacked; Debian's are 60 to 70 MiB. */
#define UNPACKED_MIN		4096UL
#define UNPACKED_MAX		(1UL << 30)

static const struct {
	enum payload_format format;
	const char *name;
	u8 len;
	u8 magic[6];
} formats[] = {
	{ PAYLOAD_ELF,	"ELF",	 4, { 0x7f, 'E', 'L', 'F' } },
	{ PAYLOAD_GZIP,	"gzip",	 2, { 0x1f, 0x8b } },
	{ PAYLOAD_XZ,	"xz",	 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	{ PAYLOAD_ZSTD,	"zstd",	 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ PAYLOAD_BZIP2, "bzip2", 3, { 'B', 'Z', 'h' } },
	{ PAYLOAD_LZMA,	"lzma",	 3, { 0x5d, 0, 0 } },
	{ PAYLOAD_LZO,	"lzo",	 4, { 0x89, 'L', 'Z', 'O' } },
	{ PAYLOAD_LZ4,	"lz4",	 4, { 0x02, 0x21, 0x4c, 0x18 } },
};

const char *payload_format_name(enum payload_format format)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].format == format)
			return formats[i].name;
	return "unknown";
}

static enum payload_format recognise(const u8 *p, size_t size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (size >= formats[i].len && !memcmp(p, formats[i].magic, formats[i].len))
			return formats[i].format;
	return PAYLOAD_UNKNOWN;
}

static __printf(2, 3) int fail(struct bzimage *bz, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(bz->error, sizeof(bz->error), fmt, args);
	va_end(args);
	return -EINVAL;
}

static u32 read32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool is_bzimage(const u8 *file, size_t size)
{
	return size >= HEADER_END && file[OFF_BOOT_FLAG] == 0x55 &&
	       file[OFF_BOOT_FLAG + 1] == 0xaa && !memcmp(file + OFF_MAGIC, "HdrS", 4);
}

static int locate_payload(const u8 *file, size_t size, struct bzimage *bz)
{
	u64 sectors = file[OFF_SETUP_SECTS] ? file[OFF_SETUP_SECTS] : 4;
	u64 start = (sectors + 1) * SECTOR + read32(file + OFF_PAYLOAD_OFFSET);
	u64 len = read32(file + OFF_PAYLOAD_LENGTH);

	memcpy(&bz->boot_protocol, file + OFF_VERSION, sizeof(bz->boot_protocol));
	if (bz->boot_protocol < VERSION_PAYLOAD)
		return fail(bz,
			    "found a bzImage of boot protocol %u.%02u, looked for 2.08 or later (Linux 2.6.26)",
			    bz->boot_protocol >> 8, bz->boot_protocol & 0xff);
	if (len < 8)
		return fail(bz, "found a bzImage with a payload of %lu bytes", len);
	if (start > size || len > size - start)
		return fail(bz,
			    "found a bzImage of %zu bytes whose payload ends at %lu: truncated?",
			    size, start + len);
	bz->payload = file + start;
	bz->payload_size = len;
	return 0;
}

/* The size unpacked stands behind the payload; gzip has it as its own trailer. */
static int read_unpacked_size(struct bzimage *bz)
{
	size_t trailer = bz->payload_size - 4;

	bz->unpacked_size = read32(bz->payload + trailer);
	if (bz->format != PAYLOAD_GZIP)
		bz->payload_size = trailer;
	if (bz->unpacked_size < UNPACKED_MIN || bz->unpacked_size > UNPACKED_MAX)
		return fail(bz, "found a payload that would unpack to %zu bytes: damaged?",
			    bz->unpacked_size);
	return 0;
}

/**
 * bzimage_parse() - Find the kernel in a kernel file.
 * @file: the whole file, as GRUB loaded it
 * @size: bytes of it
 * @bz:   filled in; points into @file
 * @why:  on error, a sentence for the console; lives in @bz
 *
 * Return: 0, with a format that decompress() knows; -EINVAL.
 */
int bzimage_parse(const void *file, size_t size, struct bzimage *bz, const char **why)
{
	int rc;

	memset(bz, 0, sizeof(*bz));
	*why = bz->error;

	if (elf_recognise(file, size)) {
		bz->format = PAYLOAD_ELF;
		bz->payload = file;
		bz->payload_size = size;
		bz->unpacked_size = size;
		return 0;
	}
	if (!is_bzimage(file, size))
		return fail(bz,
			    "found %zu bytes that are neither a bzImage nor an ELF image; is it a kernel?",
			    size);
	bz->is_bzimage = true;
	rc = locate_payload(file, size, bz);
	if (rc)
		return rc;

	bz->format = recognise(bz->payload, bz->payload_size);
	switch (bz->format) {
	case PAYLOAD_ELF:
		bz->unpacked_size = bz->payload_size;
		return 0;
	case PAYLOAD_GZIP:
	case PAYLOAD_XZ:
	case PAYLOAD_ZSTD:
		return read_unpacked_size(bz);
	case PAYLOAD_UNKNOWN:
		return fail(bz,
			    "found a bzImage whose payload begins with %02x %02x %02x %02x, looked for gzip, xz, zstd or ELF; the kernel needs CONFIG_KERNEL_GZIP, CONFIG_KERNEL_XZ or CONFIG_KERNEL_ZSTD",
			    bz->payload[0], bz->payload[1], bz->payload[2], bz->payload[3]);
	default:
		return fail(bz,
			    "found a bzImage packed with %s, looked for gzip, xz, zstd or ELF; the kernel needs CONFIG_KERNEL_GZIP, CONFIG_KERNEL_XZ or CONFIG_KERNEL_ZSTD",
			    payload_format_name(bz->format));
	}
}
