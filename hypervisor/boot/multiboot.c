// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiboot 1: from the structures that the loader left in physical memory to
 * struct boot_info. Nothing read is trusted: every count is bounded, every
 * address goes through the caller's reader. No locks; boot CPU only.
 *
 * ABI: Multiboot Specification 0.6.96, 3.3 "Boot information format".
 */
#include <hv/boot_info.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>

#define MB_MEMORY	BIT(0)
#define MB_BOOTDEV	BIT(1)
#define MB_CMDLINE	BIT(2)
#define MB_MODS		BIT(3)
#define MB_MMAP		BIT(6)
#define MB_LOADER_NAME	BIT(9)
#define MB_VBE		BIT(11)
#define MB_FRAMEBUFFER	BIT(12)

struct mb_info {
	u32 flags;
	u32 mem_lower, mem_upper;
	u32 boot_device;
	u32 cmdline;
	u32 mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr;
	u32 drives_length, drives_addr;
	u32 config_table;
	u32 boot_loader_name;
	u32 apm_table;
	u32 vbe_control_info, vbe_mode_info;
	u16 vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
	u64 framebuffer_addr;
	u32 framebuffer_pitch, framebuffer_width, framebuffer_height;
	u8 framebuffer_bpp, framebuffer_type;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
	u8 pad[2];
} __packed;

BUILD_BUG_ON(offsetof(struct mb_info, framebuffer_addr) != 88);

struct mb_module {
	u32 start, end, string, reserved;
};

/* Preceded by a word that tells the size of the rest. */
struct mb_mmap {
	u32 size;
	u64 addr, len;
	u32 type;
} __packed;

#define MMAP_BYTES_MAX (64 * 1024)

static bool read_phys(const struct boot_memory *mem, u64 phys, void *dst, size_t len)
{
	return mem->read(mem, phys, dst, len);
}

/* Byte by byte: nobody knows how far past its end one may read. */
static void read_string(const struct boot_memory *mem, u64 phys, char *dst, size_t size,
			bool *truncated)
{
	size_t n = 0;
	char c;

	for (; read_phys(mem, phys + n, &c, 1) && c; n++) {
		if (n == size - 1) {
			if (truncated)
				*truncated = true;
			break;
		}
		dst[n] = c;
	}
	dst[n] = '\0';
}

static int read_modules(const struct boot_memory *mem, const struct mb_info *mb,
			struct boot_info *bi, const char **why)
{
	for (u32 i = 0; i < mb->mods_count; i++) {
		struct boot_module *m = &bi->module[bi->nr_modules];
		struct mb_module raw;

		if (bi->nr_modules == BOOT_MODULES_MAX) {
			bi->nr_modules_dropped = mb->mods_count - i;
			break;
		}
		if (!read_phys(mem, mb->mods_addr + (u64)i * sizeof(raw), &raw, sizeof(raw))) {
			*why = "the loader's module list is not in readable memory";
			return -EFAULT;
		}
		if (raw.end < raw.start) {
			*why = "the loader told a module that ends before it starts";
			return -EINVAL;
		}
		m->start = raw.start;
		m->end = raw.end;
		if (raw.string)
			read_string(mem, raw.string, m->cmdline, sizeof(m->cmdline),
				    &m->cmdline_truncated);
		bi->nr_modules++;
	}
	return 0;
}

static void read_mmap(const struct boot_memory *mem, const struct mb_info *mb,
		      struct boot_info *bi)
{
	u32 length = min(mb->mmap_length, (u32)MMAP_BYTES_MAX);
	struct mb_mmap e;

	for (u32 off = 0; off + sizeof(e) <= length; off += e.size + sizeof(e.size)) {
		if (!read_phys(mem, (u64)mb->mmap_addr + off, &e, sizeof(e)))
			break;
		if (e.size < sizeof(e) - sizeof(e.size) || e.size > length)
			break;
		if (e820_add(&bi->e820, e.addr, e.len, e.type))
			bi->e820_truncated = true;
	}
	if (bi->e820.nr)
		bi->e820_from = "multiboot memory map";
}

/* VESA BIOS Extension 3.0, 4.3 "Return VBE controller information" and 4.4. */
static void read_vbe(const struct boot_memory *mem, const struct mb_info *mb,
		     struct boot_video *v)
{
	u8 mode[256];

	if (!mb->vbe_mode_info || !read_phys(mem, mb->vbe_mode_info, mode, sizeof(mode)))
		return;
	v->vbe_mode = mb->vbe_mode;
	v->vbe_pm_segment = mb->vbe_interface_seg;
	v->vbe_pm_offset = mb->vbe_interface_off;
	memcpy(&v->vbe_attributes, mode, sizeof(v->vbe_attributes));
	if (mb->vbe_control_info)
		read_phys(mem, mb->vbe_control_info + 10ULL, &v->vbe_capabilities,
			  sizeof(v->vbe_capabilities));
}

static void read_framebuffer(const struct mb_info *mb, struct boot_video *v)
{
	if (mb->framebuffer_type == 2)
		v->type = BOOT_VIDEO_TEXT;
	else if (mb->framebuffer_type == 1)
		v->type = BOOT_VIDEO_LFB;
	else
		return;
	v->address = mb->framebuffer_addr;
	v->pitch = mb->framebuffer_pitch;
	v->width = mb->framebuffer_width;
	v->height = mb->framebuffer_height;
	v->bpp = mb->framebuffer_bpp;
	if (v->type != BOOT_VIDEO_LFB)
		return;
	v->red_pos = mb->red_pos;
	v->red_size = mb->red_size;
	v->green_pos = mb->green_pos;
	v->green_size = mb->green_size;
	v->blue_pos = mb->blue_pos;
	v->blue_size = mb->blue_size;
}

/**
 * multiboot1_parse() - Read what a multiboot 1 loader left.
 * @mem:       reader of physical memory
 * @info_phys: %ebx at entry
 * @bi:        zeroed by the caller, filled in
 * @why:       on error, a sentence for the console
 *
 * A string that is too long is cut and marked; modules and map entries beyond
 * the arrays are counted and dropped.
 *
 * Return: 0; -EFAULT if something is not in memory that @mem reads; -EINVAL if
 * the module list contradicts itself; -ENODATA if nothing tells of memory.
 */
int multiboot1_parse(const struct boot_memory *mem, u64 info_phys, struct boot_info *bi,
		     const char **why)
{
	struct mb_info mb = { 0 };
	size_t old_size = offsetof(struct mb_info, vbe_control_info);

	/* Loaders of old end their structure before the video fields. */
	if (!read_phys(mem, info_phys, &mb, old_size) ||
	    (mb.flags & (MB_VBE | MB_FRAMEBUFFER) &&
	     !read_phys(mem, info_phys, &mb, sizeof(mb)))) {
		*why = "the loader's information is not in readable memory";
		return -EFAULT;
	}

	bi->protocol = BOOT_MULTIBOOT1;
	if (mb.flags & MB_LOADER_NAME)
		read_string(mem, mb.boot_loader_name, bi->loader, sizeof(bi->loader), NULL);
	if (mb.flags & MB_CMDLINE)
		read_string(mem, mb.cmdline, bi->cmdline, sizeof(bi->cmdline),
			    &bi->cmdline_truncated);
	if (mb.flags & MB_BOOTDEV) {
		bi->have_boot_device = true;
		bi->boot_device = mb.boot_device;
	}
	if (mb.flags & MB_MEMORY) {
		bi->have_mem_basic = true;
		bi->mem_lower_kib = mb.mem_lower;
		bi->mem_upper_kib = mb.mem_upper;
	}
	if (mb.flags & MB_FRAMEBUFFER)
		read_framebuffer(&mb, &bi->video);
	if (mb.flags & MB_VBE)
		read_vbe(mem, &mb, &bi->video);
	if (mb.flags & MB_MMAP)
		read_mmap(mem, &mb, bi);
	if (!bi->e820.nr)
		boot_info_basic_to_e820(bi);
	if (!bi->e820.nr) {
		*why = "the loader passed no memory map";
		return -ENODATA;
	}
	return mb.flags & MB_MODS ? read_modules(mem, &mb, bi, why) : 0;
}
