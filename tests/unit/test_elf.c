// SPDX-License-Identifier: GPL-2.0-only
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"
#include <elf.h>
#include <stdlib.h>

#include <xen/elfnote.h>
#include <xen/features.h>

static u8 img[65536];
static size_t img_len;
static struct elf_kernel k;
static const char *why;

static Elf64_Ehdr *eh(void)
{
	return (Elf64_Ehdr *)img;
}

static Elf64_Phdr *ph(unsigned int i)
{
	return (Elf64_Phdr *)(img + sizeof(Elf64_Ehdr)) + i;
}

/* Two segments as Debian's kernel has them (the second with vaddr 0), a third of notes. */
#define NOTES 0x3000

static void make_kernel(void)
{
	memset(img, 0, sizeof(img));
	memcpy(eh()->e_ident, ELFMAG, SELFMAG);
	eh()->e_ident[EI_CLASS] = ELFCLASS64;
	eh()->e_ident[EI_DATA] = ELFDATA2LSB;
	eh()->e_type = ET_EXEC;
	eh()->e_machine = EM_X86_64;
	eh()->e_phoff = sizeof(Elf64_Ehdr);
	eh()->e_phentsize = sizeof(Elf64_Phdr);
	eh()->e_phnum = 3;
	*ph(0) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x1000, .p_filesz = 0x1000,
			       .p_vaddr = 0xffffffff81000000, .p_paddr = 0x1000000,
			       .p_memsz = 0x1000 };
	*ph(1) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x2000, .p_filesz = 0x800,
			       .p_vaddr = 0, .p_paddr = 0x1001000, .p_memsz = 0x3000 };
	*ph(2) = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = NOTES };
	img_len = NOTES;
}

static void note_raw(const char *name, u32 namesz, u32 type, const void *desc, u32 descsz)
{
	u32 head[3] = { namesz, descsz, type };

	memcpy(img + img_len, head, sizeof(head));
	img_len += sizeof(head);
	memcpy(img + img_len, name, namesz);
	img_len += ROUND_UP(namesz, 4);
	memcpy(img + img_len, desc, descsz);
	img_len += ROUND_UP(descsz, 4);
	ph(2)->p_filesz = img_len - NOTES;
}

static void note_num(u32 type, u64 v)
{
	note_raw("Xen", 4, type, &v, 8);
}

static void note_str(u32 type, const char *s)
{
	note_raw("Xen", 4, type, s, (u32)strlen(s) + 1);
}

/* abi-surface 1.2: what linux-image-6.1.0-56-amd64 has. */
static void debian_notes(void)
{
	u64 l1[2] = { 1, 1 };

	note_str(XEN_ELFNOTE_GUEST_OS, "linux");
	note_str(XEN_ELFNOTE_GUEST_VERSION, "2.6");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	note_num(XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
	note_num(XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	note_num(XEN_ELFNOTE_ENTRY, 0xffffffff81000100);
	note_str(XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
	note_raw("Xen", 4, XEN_ELFNOTE_SUPPORTED_FEATURES, &(u32){ 0x8801 }, 4);
	note_str(XEN_ELFNOTE_PAE_MODE, "yes");
	note_str(XEN_ELFNOTE_LOADER, "generic");
	note_raw("Xen", 4, XEN_ELFNOTE_L1_MFN_VALID, l1, 16);
	note_raw("Xen", 4, XEN_ELFNOTE_MOD_START_PFN, &(u32){ 1 }, 4);
	note_num(XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
	note_num(XEN_ELFNOTE_PADDR_OFFSET, 0);
	note_raw("Xen", 4, XEN_ELFNOTE_PHYS32_ENTRY, &(u32){ 0x1000850 }, 4);
	note_num(19, 1);		/* PHYS32_RELOC, newer than our headers */
	note_num(77, 1);
	note_raw("GNU", 4, XEN_ELFNOTE_ENTRY, &(u64){ 1 }, 8);
}

/* From a copy of exactly that size, so that ASan sees a byte too far. */
static int parse(void)
{
	u8 *copy = malloc(img_len);
	int rc;

	memcpy(copy, img, img_len);
	rc = elf_parse(copy, img_len, &k, &why);
	free(copy);
	return rc;
}

static void bad(const char *text)
{
	assert_int_equal(parse(), -EINVAL);
	if (!strstr(why, text))
		fail_msg("\"%s\" is not in: %s", text, why);
	make_kernel();
	debian_notes();
}

static int setup(void **state)
{
	make_kernel();
	debian_notes();
	return 0;
}

static void test_debian(void **state)
{
	assert_int_equal(parse(), 0);
	assert_int_equal(k.nr_segments, 2);
	assert_int_equal(k.segment[1].paddr, 0x1001000);
	assert_int_equal(k.segment[1].offset, 0x2000);
	assert_int_equal(k.segment[1].filesz, 0x800);
	assert_int_equal(k.segment[1].memsz, 0x3000);
	assert_int_equal(k.phys_start, 0x1000000);
	assert_int_equal(k.phys_end, 0x1004000);
	assert_true(k.virt_start == 0xffffffff81000000);
	assert_true(k.virt_end == 0xffffffff81004000);
	assert_true(k.entry == 0xffffffff81000100);
	assert_true(k.init_p2m == 0x8000000000);
	assert_true(k.hv_start_low == 0xffff800000000000);
	assert_int_equal(k.phys32_entry, 0x1000850);
	assert_true(k.mod_start_pfn);
	assert_true(k.pae);
	assert_int_equal(k.l1_mfn_mask, 1);
	assert_int_equal(k.l1_mfn_valid, 1);
	assert_string_equal(k.guest_os, "linux");
	assert_string_equal(k.loader, "generic");
	assert_int_equal(k.features_required, 1 << XENFEAT_writable_page_tables);
	assert_int_equal(k.features_supported, 0x8801 | 1 << XENFEAT_pae_pgdir_above_4gb);
	assert_false(ELF_HAS(&k, XEN_ELFNOTE_HYPERCALL_PAGE));
	assert_true(ELF_HAS(&k, XEN_ELFNOTE_INIT_P2M));
	assert_int_equal(elf_check_pv_dom0(&k, &why), 0);
}

static void test_headers(void **state)
{
	img[0] = 0;
	bad("no ELF header");
	img_len = 63;
	bad("no ELF header");
	eh()->e_ident[EI_CLASS] = ELFCLASS32;
	bad("32-bit");
	eh()->e_machine = EM_AARCH64;
	bad("machine type 183");
	eh()->e_type = ET_REL;
	bad("type 1");
	eh()->e_phentsize = 55;
	bad("55 bytes");
	eh()->e_phnum = 0;
	bad("0 program headers");
	eh()->e_phnum = 65;
	bad("65 program headers");
	eh()->e_phoff = ~0UL;
	bad("truncated");
	eh()->e_phoff = img_len - 100;
	bad("truncated");
}

static void test_segments(void **state)
{
	ph(0)->p_type = ph(1)->p_type = PT_NULL;
	bad("no segment to load");
	ph(0)->p_filesz = 0x1001;
	bad("in memory");
	ph(1)->p_paddr = ~0UL - 0x1000;
	bad("in memory");
	ph(0)->p_offset = 0x10000;
	bad("truncated");
	ph(0)->p_offset = ~0UL - 4;
	bad("truncated");
	ph(1)->p_paddr = 0x1000fff;
	bad("overlap");
	ph(1)->p_paddr = 0xffffff;
	bad("overlap");
	eh()->e_phnum = 20;
	for (unsigned int i = 3; i < 20; i++)
		*ph(i) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_paddr = i << 28, .p_memsz = 1 };
	bad("more than 16");
	ph(1)->p_memsz = ph(1)->p_filesz = 0;
	assert_int_equal(parse(), 0);
	assert_int_equal(k.nr_segments, 1);
}

static void test_features(void **state)
{
	note_str(XEN_ELFNOTE_FEATURES, "!frobnicate|dom0");
	bad("frobnicate");
	note_str(XEN_ELFNOTE_FEATURES, "frobnicate||dom0|");
	assert_int_equal(parse(), 0);
	note_raw("Xen", 4, XEN_ELFNOTE_FEATURES, "!dom0", 5);	/* without its NUL */
	assert_int_equal(parse(), 0);
	assert_true(k.features_required & 1 << XENFEAT_dom0);
	note_raw("Xen", 4, XEN_ELFNOTE_FEATURES, "!", 1);
	bad("\"\"");
}

static void test_dom0_checks(void **state)
{
	static const struct {
		u32 type;
		const char *s;
		u64 n;
		const char *text;
	} notes[] = {
		{ XEN_ELFNOTE_XEN_VERSION, "xen-4.0", 0, "xen-4.0" },
		{ XEN_ELFNOTE_LOADER, "special", 0, "special" },
		{ XEN_ELFNOTE_FEATURES, "!auto_translated_physmap", 0, "auto_translated_physmap" },
		{ XEN_ELFNOTE_ENTRY, NULL, 0x1000, "outside" },
		{ XEN_ELFNOTE_PADDR_OFFSET, NULL, 0xffffffff81002000, "outside" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(notes); i++) {
		setup(NULL);
		if (notes[i].s)
			note_str(notes[i].type, notes[i].s);
		else
			note_num(notes[i].type, notes[i].n);
		assert_int_equal(parse(), 0);
		assert_int_equal(elf_check_pv_dom0(&k, &why), -EINVAL);
		assert_non_null(strstr(why, notes[i].text));
	}

	make_kernel();
	img_len = 0x3004;
	assert_int_equal(parse(), 0);
	assert_int_equal(elf_check_pv_dom0(&k, &why), -EINVAL);
	assert_non_null(strstr(why, "CONFIG_XEN_PV"));

	make_kernel();
	note_num(XEN_ELFNOTE_PHYS32_ENTRY, 0x1000000);
	assert_int_equal(parse(), 0);
	assert_int_equal(elf_check_pv_dom0(&k, &why), -EINVAL);
	assert_non_null(strstr(why, "PVH"));

	make_kernel();
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	note_num(XEN_ELFNOTE_ENTRY, 0xffffffff81000100);
	note_num(XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
	note_num(XEN_ELFNOTE_SUPPORTED_FEATURES, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(elf_check_pv_dom0(&k, &why), -EINVAL);
	assert_non_null(strstr(why, "CONFIG_XEN_DOM0"));
}

/* Notes that contradict their segment: what came before counts, nothing is read beyond. */
static void test_note_bounds(void **state)
{
	u32 huge = ~0U;

	note_num(XEN_ELFNOTE_INIT_P2M, 5);
	memcpy(img + img_len - 20, &huge, 4);
	assert_int_equal(parse(), 0);
	assert_true(k.init_p2m == 0x8000000000);

	setup(NULL);
	note_num(XEN_ELFNOTE_INIT_P2M, 5);
	memcpy(img + img_len - 16, &huge, 4);
	assert_int_equal(parse(), 0);
	assert_true(k.init_p2m == 0x8000000000);

	setup(NULL);
	ph(2)->p_filesz = ~0UL;
	assert_int_equal(parse(), 0);
	ph(2)->p_offset = ~0UL;
	assert_int_equal(parse(), 0);
	assert_int_equal(k.has, 0);

	/* Odd sizes of numbers are nothing; strings end with the note. */
	make_kernel();
	note_raw("Xen", 4, XEN_ELFNOTE_ENTRY, "abc", 3);
	note_raw("Xen", 4, XEN_ELFNOTE_GUEST_OS, "linux plus much that does not fit", 33);
	note_raw("Xen", 4, XEN_ELFNOTE_LOADER, "gen", 3);
	note_raw("Xen", 4, XEN_ELFNOTE_L1_MFN_VALID, "abc", 3);
	note_raw("Xen", 4, XEN_ELFNOTE_VIRT_BASE, "", 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(k.entry, 0);
	assert_string_equal(k.guest_os, "linux plus much");
	assert_string_equal(k.loader, "gen");
}

static void test_note_sections(void **state)
{
	Elf64_Shdr sh = { .sh_type = SHT_NOTE, .sh_offset = NOTES,
			  .sh_size = ph(2)->p_filesz };

	ph(2)->p_type = PT_NULL;
	eh()->e_shoff = img_len;
	eh()->e_shentsize = sizeof(sh);
	eh()->e_shnum = 1;
	memcpy(img + img_len, &sh, sizeof(sh));
	img_len += sizeof(sh);
	assert_int_equal(parse(), 0);
	assert_true(k.init_p2m == 0x8000000000);

	eh()->e_shnum = 65535;
	assert_int_equal(parse(), 0);
	eh()->e_shoff = ~0UL - 63;
	assert_int_equal(parse(), 0);
	assert_int_equal(k.has, 0);
}

/* Truncated anywhere: refused or parsed, never read beyond. */
static void test_every_length(void **state)
{
	size_t full = img_len;

	for (img_len = 0; img_len < full; img_len += img_len < 0x200 ? 1 : 61)
		assert_int_equal(parse() && img_len >= 0x2800 + 61, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_debian, setup),
		cmocka_unit_test_setup(test_headers, setup),
		cmocka_unit_test_setup(test_segments, setup),
		cmocka_unit_test_setup(test_features, setup),
		cmocka_unit_test_setup(test_dom0_checks, setup),
		cmocka_unit_test_setup(test_note_bounds, setup),
		cmocka_unit_test_setup(test_note_sections, setup),
		cmocka_unit_test_setup(test_every_length, setup),
	};

	return cmocka_run_group_tests_name("boot/elf", tests, NULL, NULL);
}
