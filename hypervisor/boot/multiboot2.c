// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiboot 2: from the loader's tags to struct boot_info, before any memory
 * is handed out. The tags are bytes of unknown origin: each is used only as
 * far as its own size and the whole size reach. No locks; boot CPU only.
 *
 * ABI: Multiboot2 Specification 2.0, 3.6 "Boot information format".
 */
#include <hv/boot_info.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>

enum mb2_tag_type {
	TAG_END,
	TAG_CMDLINE,
	TAG_LOADER,
	TAG_MODULE,
	TAG_MEM_BASIC,
	TAG_BOOTDEV,
	TAG_MMAP,
	TAG_VBE,
	TAG_FRAMEBUFFER,
	TAG_EFI64 = 12,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
	TAG_EFI_MMAP = 17,
	TAG_EFI_BS = 18,
	TAG_EFI64_IMAGE = 20,
	TAG_LOAD_BASE = 21,
};

struct tag {
	u32 type, size;
};

/* The body of a tag: what follows type and size. */
struct body {
	const u8 *p;
	u32 len;
};

/* Fields are copied, never pointed at: the tag may end anywhere. */
static bool get(const struct body *b, u32 off, void *dst, u32 len)
{
	if (off > b->len || len > b->len - off)
		return false;
	memcpy(dst, b->p + off, len);
	return true;
}

static int parse_cmdline(const struct body *b, struct boot_info *bi, const char **why)
{
	boot_info_set_string(bi->cmdline, sizeof(bi->cmdline), (const char *)b->p, b->len,
			     &bi->cmdline_truncated);
	return 0;
}

static int parse_loader(const struct body *b, struct boot_info *bi, const char **why)
{
	boot_info_set_string(bi->loader, sizeof(bi->loader), (const char *)b->p, b->len, NULL);
	return 0;
}

static int parse_module(const struct body *b, struct boot_info *bi, const char **why)
{
	struct boot_module *m;
	u32 range[2];

	if (!get(b, 0, range, sizeof(range))) {
		*why = "a module tag of the loader's is cut short";
		return -EINVAL;
	}
	if (range[1] < range[0]) {
		*why = "the loader told a module that ends before it starts";
		return -EINVAL;
	}
	if (bi->nr_modules == BOOT_MODULES_MAX) {
		bi->nr_modules_dropped++;
		return 0;
	}
	m = &bi->module[bi->nr_modules++];
	m->start = range[0];
	m->end = range[1];
	boot_info_set_string(m->cmdline, sizeof(m->cmdline),
			     (const char *)b->p + sizeof(range), b->len - sizeof(range),
			     &m->cmdline_truncated);
	return 0;
}

static int parse_mem_basic(const struct body *b, struct boot_info *bi, const char **why)
{
	bi->have_mem_basic = get(b, 0, &bi->mem_lower_kib, 4) &&
			     get(b, 4, &bi->mem_upper_kib, 4);
	return 0;
}

static int parse_bootdev(const struct body *b, struct boot_info *bi, const char **why)
{
	u32 dev[3];

	if (!get(b, 0, dev, sizeof(dev)))
		return 0;
	bi->have_boot_device = true;
	bi->boot_device = (dev[0] & 0xff) << 24 | (dev[1] & 0xff) << 16 |
			  (dev[2] & 0xff) << 8 | 0xff;
	return 0;
}

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, zero;
};

static int parse_mmap(const struct body *b, struct boot_info *bi, const char **why)
{
	struct mb2_mmap_entry e;
	u32 step, off = 8;

	if (!get(b, 0, &step, sizeof(step)) || step < sizeof(e))
		return 0;
	for (; off <= b->len && b->len - off >= step; off += step) {
		get(b, off, &e, sizeof(e));
		if (e820_add(&bi->e820, e.addr, e.len, e.type))
			bi->e820_truncated = true;
	}
	if (bi->e820.nr)
		bi->e820_from = "multiboot2 memory map";
	return 0;
}

/* vbe_mode, interface segment, offset and length, then 512 bytes of control information. */
static int parse_vbe(const struct body *b, struct boot_info *bi, const char **why)
{
	struct boot_video *v = &bi->video;
	u16 head[4];
	u32 control = sizeof(head), mode = control + 512;

	if (!get(b, 0, head, sizeof(head)) ||
	    !get(b, mode, &v->vbe_attributes, sizeof(v->vbe_attributes)))
		return 0;
	v->vbe_mode = head[0];
	v->vbe_pm_segment = head[1];
	v->vbe_pm_offset = head[2];
	get(b, control + 10, &v->vbe_capabilities, sizeof(v->vbe_capabilities));
	return 0;
}

struct mb2_framebuffer {
	u64 address;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
};

BUILD_BUG_ON(sizeof(struct mb2_framebuffer) != 24);

static int parse_framebuffer(const struct body *b, struct boot_info *bi, const char **why)
{
	struct boot_video *v = &bi->video;
	struct mb2_framebuffer f;
	u8 c[6] = { 0 };

	if (!get(b, 0, &f, sizeof(f)) || (f.type != 1 && f.type != 2))
		return 0;
	if (f.type == 1 && !get(b, sizeof(f), c, sizeof(c)))
		return 0;
	v->type = f.type == 1 ? BOOT_VIDEO_LFB : BOOT_VIDEO_TEXT;
	v->address = f.address;
	v->pitch = f.pitch;
	v->width = f.width;
	v->height = f.height;
	v->bpp = f.bpp;
	v->red_pos = c[0];
	v->red_size = c[1];
	v->green_pos = c[2];
	v->green_size = c[3];
	v->blue_pos = c[4];
	v->blue_size = c[5];
	return 0;
}

static int parse_efi64(const struct body *b, struct boot_info *bi, const char **why)
{
	get(b, 0, &bi->efi_system_table, sizeof(bi->efi_system_table));
	return 0;
}

static int parse_efi64_image(const struct body *b, struct boot_info *bi, const char **why)
{
	get(b, 0, &bi->efi_image_handle, sizeof(bi->efi_image_handle));
	return 0;
}

static int parse_efi_bs(const struct body *b, struct boot_info *bi, const char **why)
{
	bi->efi_boot_services = true;
	return 0;
}

static void set_rsdp(const struct body *b, struct boot_info *bi)
{
	bi->rsdp_len = min(b->len, (u32)sizeof(bi->rsdp));
	memcpy(bi->rsdp, b->p, bi->rsdp_len);
}

/* The old root pointer only counts while there is no new one. */
static int parse_acpi_old(const struct body *b, struct boot_info *bi, const char **why)
{
	if (b->len >= 20 && !bi->rsdp_len)
		set_rsdp(b, bi);
	return 0;
}

static int parse_acpi_new(const struct body *b, struct boot_info *bi, const char **why)
{
	if (b->len >= 36)
		set_rsdp(b, bi);
	return 0;
}

static int parse_efi_mmap(const struct body *b, struct boot_info *bi, const char **why)
{
	u32 head[2], len;

	if (!get(b, 0, head, sizeof(head)) || !head[0])
		return 0;
	len = min(b->len - (u32)sizeof(head), (u32)sizeof(bi->efi_mmap));
	bi->efi_mmap_desc_size = head[0];
	bi->efi_mmap_desc_version = head[1];
	bi->efi_mmap_len = len - len % head[0];
	memcpy(bi->efi_mmap, b->p + sizeof(head), bi->efi_mmap_len);
	if (len < b->len - sizeof(head))
		bi->e820_truncated = true;
	return 0;
}

static int parse_load_base(const struct body *b, struct boot_info *bi, const char **why)
{
	get(b, 0, &bi->load_base, sizeof(bi->load_base));
	return 0;
}

static int (*const parsers[])(const struct body *b, struct boot_info *bi, const char **why) = {
	[TAG_CMDLINE]		= parse_cmdline,
	[TAG_LOADER]		= parse_loader,
	[TAG_MODULE]		= parse_module,
	[TAG_MEM_BASIC]		= parse_mem_basic,
	[TAG_BOOTDEV]		= parse_bootdev,
	[TAG_MMAP]		= parse_mmap,
	[TAG_VBE]		= parse_vbe,
	[TAG_FRAMEBUFFER]	= parse_framebuffer,
	[TAG_EFI64]		= parse_efi64,
	[TAG_ACPI_OLD]		= parse_acpi_old,
	[TAG_ACPI_NEW]		= parse_acpi_new,
	[TAG_EFI_MMAP]		= parse_efi_mmap,
	[TAG_EFI_BS]		= parse_efi_bs,
	[TAG_EFI64_IMAGE]	= parse_efi64_image,
	[TAG_LOAD_BASE]		= parse_load_base,
};

static int parse_tag(const struct tag *tag, const u8 *p, struct boot_info *bi, const char **why)
{
	struct body b = { .p = p + sizeof(*tag), .len = tag->size - sizeof(*tag) };

	if (tag->type >= ARRAY_SIZE(parsers) || !parsers[tag->type])
		return 0;
	return parsers[tag->type](&b, bi, why);
}

static int parse_tags(const u8 *p, size_t total, struct boot_info *bi, const char **why)
{
	size_t off = 8;

	while (off <= total && total - off >= sizeof(struct tag)) {
		struct tag tag;
		int rc;

		memcpy(&tag, p + off, sizeof(tag));
		if (tag.size < sizeof(tag) || tag.size > total - off) {
			*why = "a tag of the loader's information reaches beyond its end";
			return -EINVAL;
		}
		if (tag.type == TAG_END)
			return 0;
		rc = parse_tag(&tag, p + off, bi, why);
		if (rc)
			return rc;
		off += ROUND_UP((size_t)tag.size, 8);
	}
	*why = "the loader's information has no end tag";
	return -EINVAL;
}

/**
 * multiboot2_parse() - Read a multiboot 2 loader's tags.
 * @mbi: copy of what %ebx points to at entry, 8 bytes aligned
 * @len: bytes that may be read at @mbi; the total_size in it must not be more
 * @bi:  zeroed by the caller, filled in
 * @why: on error, a sentence for the console
 *
 * The memory map is the mmap tag's; without one it is made from EFI's, and
 * without that from the basic sizes.
 *
 * Return: 0; -EINVAL if sizes contradict each other; -ENODATA if no tag tells
 * of memory.
 */
int multiboot2_parse(const void *mbi, size_t len, struct boot_info *bi, const char **why)
{
	u32 total;
	int rc;

	if (len < 16) {
		*why = "the loader's information is too short";
		return -EINVAL;
	}
	memcpy(&total, mbi, sizeof(total));
	if (total > len) {
		*why = "the loader's information is longer than what was kept of it";
		return -EINVAL;
	}

	bi->protocol = BOOT_MULTIBOOT2;
	rc = parse_tags(mbi, total, bi, why);
	if (rc)
		return rc;

	bi->video.efi = bi->efi_system_table && bi->video.type == BOOT_VIDEO_LFB;
	if (!bi->e820.nr)
		boot_info_efi_to_e820(bi);
	if (!bi->e820.nr)
		boot_info_basic_to_e820(bi);
	if (!bi->e820.nr) {
		*why = "the loader passed no memory map";
		return -ENODATA;
	}
	return 0;
}
