// SPDX-License-Identifier: GPL-2.0-only
#include <hv/boot_info.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/string.h>
#include "test.h"
#include <stdlib.h>

static struct boot_info bi;
static const char *why;

/* A buffer being filled with tags. Parsed from a copy on the heap of exactly that size. */
static u8 mbi[256 * 1024];
static size_t len;

static void put(const void *p, size_t n)
{
	memcpy(mbi + len, p, n);
	len += n;
}

static void put32(u32 v)
{
	put(&v, 4);
}

static void put64(u64 v)
{
	put(&v, 8);
}

static size_t tag_start;

static void tag(u32 type)
{
	len = ROUND_UP(len, 8UL);
	tag_start = len;
	put32(type);
	put32(0);
}

static void tag_end(void)
{
	u32 size = (u32)(len - tag_start);

	memcpy(mbi + tag_start + 4, &size, 4);
}

static void string_tag(u32 type, const char *s)
{
	tag(type);
	put(s, strlen(s) + 1);
	tag_end();
}

static void module_tag(u32 start, u32 end, const char *s)
{
	tag(3);
	put32(start);
	put32(end);
	put(s, strlen(s) + 1);
	tag_end();
}

static void mmap_tag(void)
{
	tag(6);
	put32(24);
	put32(0);
	put64(0);
	put64(0x9f000);
	put64(1);
	put64(0x100000);
	put64(0x7f00000);
	put64(1);
	tag_end();
}

static void begin(void)
{
	memset(&bi, 0, sizeof(bi));
	why = NULL;
	len = 0;
	put32(0);
	put32(0);
}

static int finish_and_parse(void)
{
	u32 total;
	void *copy;
	int rc;

	tag(0);
	tag_end();
	total = (u32)len;
	memcpy(mbi, &total, 4);
	copy = malloc(len);
	memcpy(copy, mbi, len);
	rc = multiboot2_parse(copy, len, &bi, &why);
	free(copy);
	return rc;
}

static void test_mb2_all(void **state)
{
	u8 rsdp_old[20] = "RSD PTR old", rsdp_new[36] = "RSD PTR new";
	u8 fb[] = { 32, 1, 0, 0, 16, 8, 8, 8, 0, 8 };

	begin();
	string_tag(1, "placeholder com1=115200,8n1 console=com1");
	string_tag(2, "GRUB 2.06-13+deb12u1");
	module_tag(0x1000000, 0x1800000, "placeholder root=/dev/sda1 ro");
	module_tag(0x2000000, 0x5000000, "");
	tag(4);
	put32(639);
	put32(130048);
	tag_end();
	tag(5);
	put32(0x80);
	put32(0);
	put32(~0U);
	tag_end();
	mmap_tag();
	tag(8);
	put64(0xfd000000);
	put32(4096);
	put32(1024);
	put32(768);
	put(fb, sizeof(fb));
	tag_end();
	tag(12);
	put64(0x7e9f018);
	tag_end();
	tag(15);
	put(rsdp_new, 36);
	tag_end();
	tag(14);
	put(rsdp_old, 20);
	tag_end();
	tag(21);
	put32(0x200000);
	tag_end();
	tag(4711);
	put32(1);
	tag_end();
	assert_int_equal(finish_and_parse(), 0);

	assert_int_equal(bi.protocol, BOOT_MULTIBOOT2);
	assert_string_equal(bi.cmdline, "placeholder com1=115200,8n1 console=com1");
	assert_string_equal(bi.loader, "GRUB 2.06-13+deb12u1");
	assert_int_equal(bi.nr_modules, 2);
	assert_int_equal(bi.module[0].start, 0x1000000);
	assert_int_equal(bi.module[0].end, 0x1800000);
	assert_string_equal(bi.module[0].cmdline, "placeholder root=/dev/sda1 ro");
	assert_string_equal(bi.module[1].cmdline, "");
	assert_int_equal(bi.e820.nr, 2);
	assert_int_equal(bi.e820.entry[1].addr, 0x100000);
	assert_int_equal(bi.e820.entry[1].size, 0x7f00000);
	assert_int_equal(bi.e820.entry[1].type, E820_RAM);
	assert_string_equal(bi.e820_from, "multiboot2 memory map");
	assert_int_equal(bi.mem_upper_kib, 130048);
	assert_int_equal(bi.boot_device, 0x8000ffff);
	assert_int_equal(bi.video.type, BOOT_VIDEO_LFB);
	assert_int_equal(bi.video.address, 0xfd000000);
	assert_int_equal(bi.video.width, 1024);
	assert_int_equal(bi.video.bpp, 32);
	assert_int_equal(bi.video.red_pos, 16);
	assert_int_equal(bi.video.blue_size, 8);
	assert_true(bi.video.efi);
	assert_int_equal(bi.efi_system_table, 0x7e9f018);
	assert_int_equal(bi.rsdp_len, 36);
	assert_string_equal((char *)bi.rsdp, "RSD PTR new");
	assert_int_equal(bi.load_base, 0x200000);
	assert_string_equal(boot_info_args(&bi, bi.cmdline), bi.cmdline);
}

static void efi_descriptor(u32 type, u64 phys, u64 pages, u64 attribute)
{
	put32(type);
	put32(0);
	put64(phys);
	put64(0);
	put64(pages);
	put64(attribute);
	put64(0);	/* firmware's descriptors are longer than the specified 40 bytes */
}

static void test_mb2_efi_mmap(void **state)
{
	begin();
	tag(17);
	put32(48);
	put32(1);
	efi_descriptor(3, 0, 1, 0xf);		/* boot services code */
	efi_descriptor(7, 0x1000, 0x9e, 0xf);	/* conventional */
	efi_descriptor(7, 0x100000, 0x700, 0xf);
	efi_descriptor(9, 0x800000, 8, 0xf);	/* ACPI reclaim */
	efi_descriptor(10, 0x808000, 8, 0xf);
	efi_descriptor(5, 0x810000, 0xf0, 0xf);
	efi_descriptor(7, 0x900000, 1, 1);	/* cannot be cached */
	efi_descriptor(7, ~0ULL << 12, 16, 0xf);	/* wraps */
	efi_descriptor(7, 0xa00000, ~0ULL, 0xf);
	tag_end();
	assert_int_equal(finish_and_parse(), 0);
	assert_string_equal(bi.e820_from, "EFI memory map");
	assert_int_equal(bi.efi_mmap_desc_size, 48);
	assert_int_equal(bi.efi_mmap_len, 9 * 48);
	assert_int_equal(bi.e820.nr, 5);
	assert_int_equal(bi.e820.entry[0].size, 0x9f000);
	assert_int_equal(bi.e820.entry[1].type, E820_RAM);
	assert_int_equal(bi.e820.entry[2].type, E820_ACPI);
	assert_int_equal(bi.e820.entry[3].type, E820_NVS);
	assert_int_equal(bi.e820.entry[4].type, E820_RESERVED);
	assert_int_equal(bi.e820.entry[4].size, 0xf1000);
}

static void test_mb2_efi_bad_step(void **state)
{
	static const u32 steps[] = { 0, 1, 39, 0x80000000, ~0U };

	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		begin();
		tag(17);
		put32(steps[i]);
		put32(1);
		efi_descriptor(7, 0x100000, 0x700, 0xf);
		tag_end();
		assert_int_equal(finish_and_parse(), -ENODATA);
		assert_non_null(why);
	}
}

static void test_mb2_basic_memory(void **state)
{
	begin();
	tag(4);
	put32(700);
	put32(0xffffffff);
	tag_end();
	assert_int_equal(finish_and_parse(), 0);
	assert_int_equal(bi.e820.nr, 2);
	assert_int_equal(bi.e820.entry[0].size, 640 << 10);
	assert_int_equal(bi.e820.entry[1].size, 0xffffffffUL << 10);
}

static void test_mb2_limits(void **state)
{
	static char longline[4096];

	memset(longline, 'x', sizeof(longline) - 1);
	begin();
	mmap_tag();
	string_tag(1, longline);
	string_tag(2, longline);
	for (int i = 0; i < BOOT_MODULES_MAX + 3; i++)
		module_tag(0x1000, 0x2000, longline);
	assert_int_equal(finish_and_parse(), 0);
	assert_true(bi.cmdline_truncated);
	assert_int_equal(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
	assert_int_equal(strlen(bi.loader), sizeof(bi.loader) - 1);
	assert_int_equal(bi.nr_modules, BOOT_MODULES_MAX);
	assert_int_equal(bi.nr_modules_dropped, 3);
	assert_true(bi.module[15].cmdline_truncated);

	/* A string without its NUL ends with the tag. */
	begin();
	mmap_tag();
	tag(1);
	put("abc", 3);
	tag_end();
	assert_int_equal(finish_and_parse(), 0);
	assert_string_equal(bi.cmdline, "abc");
}

static void test_mb2_bad_sizes(void **state)
{
	u32 bad;

	begin();
	mmap_tag();
	module_tag(0x2000, 0x1000, "");
	assert_int_equal(finish_and_parse(), -EINVAL);

	begin();
	tag(3);
	put32(1);
	tag_end();
	assert_int_equal(finish_and_parse(), -EINVAL);

	begin();
	mmap_tag();
	bad = 7;
	memcpy(mbi + tag_start + 4, &bad, 4);
	assert_int_equal(finish_and_parse(), -EINVAL);

	begin();
	mmap_tag();
	bad = 0xfffffff8;
	memcpy(mbi + tag_start + 4, &bad, 4);
	assert_int_equal(finish_and_parse(), -EINVAL);

	begin();
	assert_int_equal(finish_and_parse(), -ENODATA);
	assert_int_equal(multiboot2_parse(mbi, 15, &bi, &why), -EINVAL);
	bad = (u32)len + 8;
	memcpy(mbi, &bad, 4);
	assert_int_equal(multiboot2_parse(mbi, len, &bi, &why), -EINVAL);
	/* No end tag. */
	begin();
	mmap_tag();
	bad = (u32)len;
	memcpy(mbi, &bad, 4);
	assert_int_equal(multiboot2_parse(mbi, len, &bi, &why), -EINVAL);
}

/* Every prefix of a good one, with total_size cut to match: no byte beyond is read. */
static void test_mb2_every_length(void **state)
{
	size_t full;

	test_mb2_all(NULL);
	full = len;
	for (size_t n = 0; n < full; n++) {
		u8 *copy = malloc(n ? n : 1);
		u32 total = (u32)n;

		memcpy(copy, mbi, n);
		if (n >= 4)
			memcpy(copy, &total, 4);
		memset(&bi, 0, sizeof(bi));
		assert_int_equal(multiboot2_parse(copy, n, &bi, &why), -EINVAL);
		free(copy);
	}
}

/* Multiboot 1 reads from here, as if it were physical memory. */
static u8 ram[16384];

static bool read_ram(const struct boot_memory *mem, u64 phys, void *dst, size_t n)
{
	if (phys > sizeof(ram) || n > sizeof(ram) - phys)
		return false;
	memcpy(dst, ram + phys, n);
	return true;
}

static const struct boot_memory mem = { .read = read_ram };

static void ram32(size_t at, u32 v)
{
	memcpy(ram + at, &v, 4);
}

static void ram64(size_t at, u64 v)
{
	memcpy(ram + at, &v, 8);
}

static void make_mb1(void)
{
	memset(ram, 0, sizeof(ram));
	memset(&bi, 0, sizeof(bi));
	why = NULL;
	ram32(0x100, BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(6) | BIT(9) | BIT(12));
	ram32(0x104, 639);
	ram32(0x108, 65000);
	ram32(0x10c, 0x8000ffff);
	ram32(0x110, 0x1000);
	strlcpy((char *)ram + 0x1000, "/boot/xen-hospes.gz  noreboot", 64);
	ram32(0x114, 2);
	ram32(0x118, 0x200);
	ram32(0x200, 0x100000);
	ram32(0x204, 0x180000);
	ram32(0x208, 0x1100);
	strlcpy((char *)ram + 0x1100, "vmlinuz root=/dev/sda1", 64);
	ram32(0x210, 0x200000);
	ram32(0x214, 0x280000);
	ram32(0x12c, 48);
	ram32(0x130, 0x300);
	ram32(0x300, 20);
	ram64(0x304, 0);
	ram64(0x30c, 0x9f000);
	ram32(0x314, 1);
	ram32(0x318, 20);
	ram64(0x31c, 0x100000);
	ram64(0x324, 0x3f00000);
	ram32(0x32c, 1);
	ram32(0x140, 0x1200);
	strlcpy((char *)ram + 0x1200, "qemu", 8);
	ram64(0x158, 0xb8000);
	ram32(0x160, 160);
	ram32(0x164, 80);
	ram32(0x168, 25);
	ram[0x16c] = 16;
	ram[0x16d] = 2;
}

static void test_mb1(void **state)
{
	make_mb1();
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), 0);
	assert_int_equal(bi.protocol, BOOT_MULTIBOOT1);
	assert_string_equal(bi.loader, "qemu");
	assert_string_equal(boot_info_args(&bi, bi.cmdline), "noreboot");
	assert_int_equal(bi.nr_modules, 2);
	assert_int_equal(bi.module[0].end, 0x180000);
	assert_string_equal(bi.module[0].cmdline, "vmlinuz root=/dev/sda1");
	assert_string_equal(bi.module[1].cmdline, "");
	assert_int_equal(bi.e820.nr, 2);
	assert_int_equal(bi.e820.entry[1].size, 0x3f00000);
	assert_int_equal(bi.video.type, BOOT_VIDEO_TEXT);
	assert_int_equal(bi.video.width, 80);
	assert_int_equal(bi.boot_device, 0x8000ffff);
}

static void test_mb1_bad(void **state)
{
	make_mb1();
	assert_int_equal(multiboot1_parse(&mem, sizeof(ram) - 8, &bi, &why), -EFAULT);
	assert_non_null(why);

	/* A string that runs to the end of what can be read. */
	make_mb1();
	ram32(0x110, sizeof(ram) - 4);
	memset(ram + sizeof(ram) - 4, 'y', 4);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), 0);
	assert_string_equal(bi.cmdline, "yyyy");

	make_mb1();
	ram32(0x118, 0xfffffff0);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), -EFAULT);

	make_mb1();
	ram32(0x114, ~0U);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), 0);
	assert_int_equal(bi.nr_modules, BOOT_MODULES_MAX);
	assert_int_equal(bi.nr_modules_dropped, ~0U - BOOT_MODULES_MAX);

	make_mb1();
	ram32(0x204, 0x1000);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), -EINVAL);

	/* Entry sizes that cannot be: what came before counts. */
	make_mb1();
	ram32(0x318, 0xffffffff);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), 0);
	assert_int_equal(bi.e820.nr, 1);
	make_mb1();
	ram32(0x300, 0);
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), 0);
	assert_string_equal(bi.e820_from, "loader's mem_lower and mem_upper");
	make_mb1();
	ram32(0x300, 0);
	ram32(0x100, BIT(6));
	assert_int_equal(multiboot1_parse(&mem, 0x100, &bi, &why), -ENODATA);
}

static void test_args(void **state)
{
	memset(&bi, 0, sizeof(bi));
	assert_string_equal(boot_info_args(&bi, "  file a b"), "a b");
	assert_string_equal(boot_info_args(&bi, "file"), "");
	assert_string_equal(boot_info_args(&bi, ""), "");
	strlcpy(bi.loader, "GRUB 0.97", sizeof(bi.loader));
	assert_string_equal(boot_info_args(&bi, "file a"), "a");
	strlcpy(bi.loader, "GRUB 2.12", sizeof(bi.loader));
	assert_string_equal(boot_info_args(&bi, " a b"), "a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mb2_all),
		cmocka_unit_test(test_mb2_efi_mmap),
		cmocka_unit_test(test_mb2_efi_bad_step),
		cmocka_unit_test(test_mb2_basic_memory),
		cmocka_unit_test(test_mb2_limits),
		cmocka_unit_test(test_mb2_bad_sizes),
		cmocka_unit_test(test_mb2_every_length),
		cmocka_unit_test(test_mb1),
		cmocka_unit_test(test_mb1_bad),
		cmocka_unit_test(test_args),
	};

	return cmocka_run_group_tests_name("boot/multiboot", tests, NULL, NULL);
}
