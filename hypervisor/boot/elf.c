// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF64 kernels: headers, segments, and the Xen notes that say how such a
 * kernel wants to be started. The image is bytes of unknown origin: every
 * offset is checked against its size, and headers are copied before use.
 * No locks; boot CPU only.
 *
 * ABI: System V ABI gABI 4.1, chapters 4 and 5; xen/elfnote.h, xen/features.h.
 */
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>

#include <xen/elfnote.h>
#include <xen/features.h>

#define ET_EXEC		2
#define ET_DYN		3
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_NOTE		4
#define SHT_NOTE	7

/* Nothing real comes near; they bound the loops over tables. */
#define PHDRS_MAX	64
#define SHDRS_MAX	4096
#define NOTES_MAX	1024

struct elf_header {
	u8 magic[4];
	u8 class, data, version, osabi;
	u8 pad[8];
	u16 type, machine;
	u32 version2;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct section_header {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

BUILD_BUG_ON(sizeof(struct elf_header) != 64);
BUILD_BUG_ON(sizeof(struct program_header) != 56);
BUILD_BUG_ON(sizeof(struct section_header) != 64);

struct image {
	const u8 *p;
	size_t size;
};

static bool inside(const struct image *img, u64 offset, u64 len)
{
	return offset <= img->size && len <= img->size - offset;
}

static bool get(const struct image *img, u64 offset, void *dst, size_t len)
{
	if (!inside(img, offset, len))
		return false;
	memcpy(dst, img->p + offset, len);
	return true;
}

static __printf(2, 3) int fail(struct elf_kernel *k, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(k->error, sizeof(k->error), fmt, args);
	va_end(args);
	return -EINVAL;
}

/**
 * elf_recognise() - Whether an image begins as every ELF file does.
 * @image: @size readable bytes
 * @size:  of @image
 */
bool elf_recognise(const void *image, size_t size)
{
	return size >= sizeof(struct elf_header) && !memcmp(image, "\177ELF", 4);
}

static int check_header(const struct image *img, struct elf_header *h, struct elf_kernel *k)
{
	if (!elf_recognise(img->p, img->size) || !get(img, 0, h, sizeof(*h)))
		return fail(k, "found no ELF header in %zu bytes, looked for an x86-64 kernel",
			    img->size);
	if (h->class != 2)
		return fail(k, "found a 32-bit ELF image, looked for an x86-64 kernel");
	if (h->data != 1 || h->machine != EM_X86_64)
		return fail(k, "found an ELF image for machine type %u, looked for x86-64 (%u)",
			    h->machine, EM_X86_64);
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return fail(k, "found an ELF image of type %u, looked for an executable", h->type);
	if (h->phentsize != sizeof(struct program_header) || !h->phnum || h->phnum > PHDRS_MAX)
		return fail(k, "found %u program headers of %u bytes, looked for 1 to %u of %zu",
			    h->phnum, h->phentsize, PHDRS_MAX, sizeof(struct program_header));
	if (!inside(img, h->phoff, (u64)h->phnum * sizeof(struct program_header)))
		return fail(k,
			    "found program headers beyond the %zu bytes of the image: truncated?",
			    img->size);
	k->elf_entry = h->entry;
	return 0;
}

static bool overlaps(const struct elf_kernel *k, const struct program_header *ph)
{
	for (unsigned int i = 0; i < k->nr_segments; i++) {
		const struct elf_segment *s = &k->segment[i];

		if (ph->paddr < s->paddr + s->memsz && s->paddr < ph->paddr + ph->memsz)
			return true;
	}
	return false;
}

static int add_segment(const struct image *img, const struct program_header *ph,
		       struct elf_kernel *k)
{
	struct elf_segment *s = &k->segment[k->nr_segments];

	if (!ph->memsz)
		return 0;
	if (ph->filesz > ph->memsz || ph->paddr + ph->memsz < ph->paddr)
		return fail(k,
			    "found a segment with %#lx bytes in the file and %#lx in memory at %#lx",
			    ph->filesz, ph->memsz, ph->paddr);
	if (!inside(img, ph->offset, ph->filesz))
		return fail(k,
			    "found a segment that needs bytes up to %#lx of an image of %#zx: truncated?",
			    ph->offset + ph->filesz, img->size);
	if (k->nr_segments == ELF_SEGMENTS_MAX)
		return fail(k, "found more than %u segments to load", ELF_SEGMENTS_MAX);
	if (overlaps(k, ph))
		return fail(k, "found segments that overlap at %#lx", ph->paddr);

	*s = (struct elf_segment){
		.offset = ph->offset, .filesz = ph->filesz,
		.paddr = ph->paddr, .vaddr = ph->vaddr, .memsz = ph->memsz,
	};
	if (!k->nr_segments || ph->paddr < k->phys_start)
		k->phys_start = ph->paddr;
	k->phys_end = max(k->phys_end, ph->paddr + ph->memsz);
	k->nr_segments++;
	return 0;
}

static int read_segments(const struct image *img, const struct elf_header *h,
			 struct elf_kernel *k)
{
	for (unsigned int i = 0; i < h->phnum; i++) {
		struct program_header ph;
		int rc;

		get(img, h->phoff + i * sizeof(ph), &ph, sizeof(ph));
		if (ph.type != PT_LOAD)
			continue;
		rc = add_segment(img, &ph, k);
		if (rc)
			return rc;
	}
	if (!k->nr_segments)
		return fail(k, "found no segment to load in the ELF image");
	return 0;
}

/* One note: its descriptor, inside the image. */
struct note {
	u32 type;
	const u8 *desc;
	u32 len;
};

/* A number of 1, 2, 4 or 8 bytes at @off of the descriptor. */
static u64 number_at(const struct note *n, u32 off, u32 size)
{
	u64 v = 0;

	if ((size == 1 || size == 2 || size == 4 || size == 8) && off + size <= n->len)
		memcpy(&v, n->desc + off, size);
	return v;
}

static void note_number(const struct note *n, u64 *to)
{
	*to = number_at(n, 0, n->len);
}

static void note_string(const struct note *n, char *to, size_t size)
{
	size_t len = min(strnlen((const char *)n->desc, n->len), size - 1);

	memcpy(to, n->desc, len);
	to[len] = '\0';
}

static const char *const feature_names[] = {
	[XENFEAT_writable_page_tables]		= "writable_page_tables",
	[XENFEAT_writable_descriptor_tables]	= "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap]	= "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel]	= "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb]		= "pae_pgdir_above_4gb",
	[XENFEAT_mmu_pt_update_preserve_ad]	= "mmu_pt_update_preserve_ad",
	[XENFEAT_highmem_assist]		= "highmem_assist",
	[XENFEAT_gnttab_map_avail_bits]		= "gnttab_map_avail_bits",
	[XENFEAT_hvm_callback_vector]		= "hvm_callback_vector",
	[XENFEAT_hvm_safe_pvclock]		= "hvm_safe_pvclock",
	[XENFEAT_hvm_pirqs]			= "hvm_pirqs",
	[XENFEAT_dom0]				= "dom0",
	[XENFEAT_memory_op_vnode_supported]	= "memory_op_vnode_supported",
	[XENFEAT_linux_rsdp_unrestricted]	= "linux_rsdp_unrestricted",
};

static int feature_bit(const char *name, size_t len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_names); i++)
		if (feature_names[i] && strlen(feature_names[i]) == len &&
		    !strncmp(feature_names[i], name, len))
			return (int)i;
	return -1;
}

/* "a|!b|c": supported, or with "!" required. A name unknown to us must not be required. */
static int note_features(const struct note *n, struct elf_kernel *k)
{
	const char *p = (const char *)n->desc;
	const char *end = p + strnlen(p, n->len);

	while (p < end) {
		bool required = *p == '!';
		const char *name = p + required;
		const char *bar = memchr(p, '|', end - p);
		const char *stop = bar ? bar : end;
		int bit = feature_bit(name, stop - name);

		if (bit < 0 && required)
			return fail(k,
				    "found that the kernel requires the feature \"%.*s\", which is unknown here",
				    (int)min(stop - name, (ptrdiff_t)40), name);
		if (bit >= 0) {
			k->features_supported |= 1U << bit;
			k->features_required |= required ? 1U << bit : 0;
		}
		p = stop + 1;
	}
	return 0;
}

static bool says_yes(const struct note *n)
{
	static const char *const words[] = { "yes", "extended-cr3", "bimodal" };
	char text[48];

	note_string(n, text, sizeof(text));
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Types that we do not know are no error: newer kernels bring newer ones. */
static int apply_note(const struct note *n, struct elf_kernel *k)
{
	u64 v;

	if (n->type < 64)
		k->has |= 1UL << n->type;
	switch (n->type) {
	case XEN_ELFNOTE_ENTRY:
		note_number(n, &k->entry);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		note_number(n, &k->hypercall_page);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		note_number(n, &k->virt_base);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		note_number(n, &k->paddr_offset);
		break;
	case XEN_ELFNOTE_HV_START_LOW:
		note_number(n, &k->hv_start_low);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		note_number(n, &k->init_p2m);
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		note_number(n, &k->phys32_entry);
		break;
	case XEN_ELFNOTE_L1_MFN_VALID:
		k->l1_mfn_mask = number_at(n, 0, n->len / 2);
		k->l1_mfn_valid = number_at(n, n->len / 2, n->len / 2);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		note_number(n, &v);
		k->mod_start_pfn = v;
		break;
	case XEN_ELFNOTE_SUSPEND_CANCEL:
		note_number(n, &v);
		k->suspend_cancel = v;
		break;
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		note_number(n, &v);
		k->features_supported |= (u32)v;
		break;
	case XEN_ELFNOTE_FEATURES:
		return note_features(n, k);
	case XEN_ELFNOTE_PAE_MODE:
		k->pae = says_yes(n);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_string(n, k->guest_os, sizeof(k->guest_os));
		break;
	case XEN_ELFNOTE_GUEST_VERSION:
		note_string(n, k->guest_version, sizeof(k->guest_version));
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		note_string(n, k->xen_version, sizeof(k->xen_version));
		break;
	case XEN_ELFNOTE_LOADER:
		note_string(n, k->loader, sizeof(k->loader));
		break;
	}
	return 0;
}

struct note_header {
	u32 namesz, descsz, type;
};

/* Notes of owner "Xen" in [offset, offset + len) of the image; it is cut to the image. */
static int read_notes(const struct image *img, u64 offset, u64 len, struct elf_kernel *k)
{
	u64 end;

	if (offset > img->size)
		return 0;
	end = offset + min(len, img->size - offset);
	for (unsigned int i = 0; i < NOTES_MAX && end - offset >= sizeof(struct note_header); i++) {
		struct note_header nh;
		struct note n;
		u64 name, desc, next;
		int rc;

		get(img, offset, &nh, sizeof(nh));
		name = offset + sizeof(nh);
		desc = name + ROUND_UP((u64)nh.namesz, 4);
		next = desc + ROUND_UP((u64)nh.descsz, 4);
		/* The padding behind the last descriptor may be missing. */
		if (desc + nh.descsz > end)
			break;
		n = (struct note){ .type = nh.type, .desc = img->p + desc, .len = nh.descsz };
		if (nh.namesz == 4 && !memcmp(img->p + name, "Xen", 4)) {
			rc = apply_note(&n, k);
			if (rc)
				return rc;
		}
		if (next > end)
			break;
		offset = next;
	}
	return 0;
}

static int read_note_segments(const struct image *img, const struct elf_header *h,
			      struct elf_kernel *k)
{
	int rc = 0;

	for (unsigned int i = 0; i < h->phnum && !rc; i++) {
		struct program_header ph;

		get(img, h->phoff + i * sizeof(ph), &ph, sizeof(ph));
		if (ph.type == PT_NOTE)
			rc = read_notes(img, ph.offset, ph.filesz, k);
	}
	return rc;
}

/* Images that lost their PT_NOTE may still have the sections. */
static int read_note_sections(const struct image *img, const struct elf_header *h,
			      struct elf_kernel *k)
{
	int rc = 0;

	if (h->shentsize != sizeof(struct section_header))
		return 0;
	for (unsigned int i = 0; i < min(h->shnum, (u16)SHDRS_MAX) && !rc; i++) {
		u64 offset = h->shoff + i * sizeof(struct section_header);
		struct section_header sh;

		if (offset < h->shoff || !get(img, offset, &sh, sizeof(sh)))
			break;
		if (sh.type == SHT_NOTE)
			rc = read_notes(img, sh.offset, sh.size, k);
	}
	return rc;
}

/**
 * elf_parse() - Read a kernel's headers, segments and Xen notes.
 * @image: the whole file, uncompressed
 * @size:  bytes of it
 * @k:     filled in; an image without Xen notes is no error, @has is 0 then
 * @why:   on error, a sentence for the console; lives in @k
 *
 * Return: 0 or -EINVAL. After 0 every segment lies inside @image, and none
 * overlaps another in memory.
 */
int elf_parse(const void *image, size_t size, struct elf_kernel *k, const char **why)
{
	struct image img = { .p = image, .size = size };
	struct elf_header h;
	int rc;

	memset(k, 0, sizeof(*k));
	*why = k->error;
	rc = check_header(&img, &h, k);
	if (!rc)
		rc = read_segments(&img, &h, k);
	if (!rc)
		rc = read_note_segments(&img, &h, k);
	if (!rc && !k->has)
		rc = read_note_sections(&img, &h, k);
	if (!rc) {
		k->virt_start = k->virt_base - k->paddr_offset + k->phys_start;
		k->virt_end = k->virt_base - k->paddr_offset + k->phys_end;
	}
	return rc;
}

static bool one_of(const char *s, const char *a, const char *b)
{
	return !strcmp(s, a) || !strcmp(s, b);
}

/**
 * elf_check_pv_dom0() - Whether a kernel can be a PV domain 0.
 * @k:   from elf_parse()
 * @why: on error, what is missing and which kernel option brings it; lives in @k
 *
 * Return: 0 or -EINVAL.
 */
int elf_check_pv_dom0(struct elf_kernel *k, const char **why)
{
	*why = k->error;
	if (!k->has)
		return fail(k,
			    "found an x86-64 kernel without Xen notes, looked for ENTRY; the kernel needs CONFIG_XEN_PV and CONFIG_XEN_DOM0");
	if (!ELF_HAS(k, XEN_ELFNOTE_ENTRY) || !ELF_HAS(k, XEN_ELFNOTE_VIRT_BASE))
		return fail(k,
			    "found Xen notes%s, looked for ENTRY and VIRT_BASE; the kernel needs CONFIG_XEN_PV",
			    ELF_HAS(k, XEN_ELFNOTE_PHYS32_ENTRY) ? " for a PVH start" : "");
	if (strncmp(k->xen_version, "xen-3.0", 7))
		return fail(k, "found the note XEN_VERSION \"%s\", looked for \"xen-3.0\"",
			    k->xen_version);
	if (k->loader[0] && !one_of(k->loader, "generic", "linux"))
		return fail(k, "found the note LOADER \"%s\", looked for \"generic\"", k->loader);
	if (ELF_HAS(k, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
	    !(k->features_supported & 1U << XENFEAT_dom0))
		return fail(k,
			    "found a kernel that can be a guest only, looked for the feature dom0; the kernel needs CONFIG_XEN_DOM0");
	if (k->features_required & 1U << XENFEAT_auto_translated_physmap)
		return fail(k,
			    "found a kernel that requires auto_translated_physmap, looked for a PV kernel");
	if (k->virt_end <= k->virt_start || k->entry < k->virt_start || k->entry >= k->virt_end)
		return fail(k, "found the entry at %#lx outside of the kernel at %#lx-%#lx",
			    k->entry, k->virt_start, k->virt_end);
	return 0;
}
