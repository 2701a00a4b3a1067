// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch/x86/acpi.c and acpi_tables.c on made-up memory. A mapping is a copy of
 * exactly the bytes asked for, so that the sanitizer sees a step beyond them.
 */
#include <hv/acpi.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define MEM_SIZE	0x200000
#define RSDP		0xf5000
#define ROOT		0x100000
#define FADT		0x101000
#define MADT		0x102000
#define HPET		0x103000
#define MCFG		0x104000
#define DMAR		0x105000

struct hv_options opts;

static u8 mem[MEM_SIZE];
static unsigned int mapped;
static paddr_t mapped_pa;

void printk_level(enum log_level level, const char *fmt, ...)
{
}

void *ioremap(paddr_t pa, size_t len)
{
	u8 *p;

	if (pa > MEM_SIZE || len > MEM_SIZE - pa)
		return NULL;
	p = malloc(len);
	memcpy(p, mem + pa, len);
	mapped++;
	mapped_pa = pa;
	return p;
}

/* Writes reach memory; only mappings that are undone at once are ever written. */
void iounmap(void *va, size_t len)
{
	if (len == 4 && mapped_pa == DMAR)
		memcpy(mem + mapped_pa, va, len);
	free(va);
	mapped--;
}

static void put(paddr_t pa, u64 v, unsigned int bytes)
{
	memcpy(mem + pa, &v, bytes);
}

static void fix_sum(paddr_t pa, u32 len, u32 at)
{
	u8 sum = 0;

	mem[pa + at] = 0;
	for (u32 i = 0; i < len; i++)
		sum += mem[pa + i];
	mem[pa + at] = -sum;
}

static void table(paddr_t pa, const char *sig, u32 len)
{
	memcpy(mem + pa, sig, 4);
	put(pa + 4, len, 4);
	fix_sum(pa, len, 9);
}

static u32 madt_len;

static void madt_add(const void *entry, u8 len)
{
	memcpy(mem + MADT + madt_len, entry, len);
	madt_len += len;
	table(MADT, "APIC", madt_len);
}

#define MADT_ADD(...) madt_add((u8[]){ __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ }))

static void make_madt(void)
{
	put(MADT + 36, 0xfee00000, 4);
	put(MADT + 40, 1, 4);
	madt_len = 44;
	MADT_ADD(0, 8, 7, 3, 1, 0, 0, 0);			/* CPU, ACPI id 7, APIC id 3 */
	MADT_ADD(0, 8, 8, 4, 0, 0, 0, 0);			/* disabled */
	MADT_ADD(1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0);
	MADT_ADD(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);		/* IRQ 0 at GSI 2 */
	MADT_ADD(2, 10, 0, 9, 9, 0, 0, 0, 0, 0);		/* the SCI, as the bus has it */
	MADT_ADD(2, 10, 0, 5, 20, 0, 0, 0, 0x0f, 0);		/* level, low */
	MADT_ADD(4, 6, 0xff, 0, 0, 1);				/* NMI at LINT1 */
	MADT_ADD(9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0);
}

static void make_fadt(void)
{
	put(FADT + 36, 0x110000, 4);	/* FACS */
	put(FADT + 46, 9, 2);
	put(FADT + 48, 0xb2, 4);
	mem[FADT + 52] = 0xf1;
	put(FADT + 56, 0x600, 4);
	put(FADT + 64, 0x604, 4);
	put(FADT + 76, 0x608, 4);
	mem[FADT + 91] = 4;
	put(FADT + 112, 1U << 10 | 1U << 8, 4);
	mem[FADT + 116] = ACPI_SPACE_IO;
	put(FADT + 120, 0xcf9, 8);
	mem[FADT + 128] = 6;
	table(FADT, "FACP", 244);
}

static void make_root(unsigned int entry_size)
{
	static const paddr_t tables[] = { MADT, FADT, HPET, MCFG, DMAR };

	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++)
		put(ROOT + 36 + i * entry_size, tables[i], entry_size);
	table(ROOT, entry_size == 8 ? "XSDT" : "RSDT", 36 + ARRAY_SIZE(tables) * entry_size);
	memcpy(mem + RSDP, "RSD PTR ", 8);
	mem[RSDP + 15] = entry_size == 8 ? 2 : 0;
	put(RSDP + 16, entry_size == 8 ? 0 : ROOT, 4);
	fix_sum(RSDP, 20, 8);
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, entry_size == 8 ? ROOT : 0, 8);
	fix_sum(RSDP, 36, 32);
}

static int setup(void **state)
{
	memset(mem, 0, sizeof(mem));
	memset(&acpi, 0, sizeof(acpi));
	memset(&opts, 0, sizeof(opts));
	mapped = 0;
	make_madt();
	make_fadt();
	mem[HPET + 40] = ACPI_SPACE_MEMORY;
	put(HPET + 44, 0xfed00000, 8);
	table(HPET, "HPET", 56);
	put(MCFG + 44, 0xb0000000, 8);
	mem[MCFG + 55] = 255;
	table(MCFG, "MCFG", 60);
	table(DMAR, "DMAR", 48);
	make_root(4);
	return 0;
}

static void check_all(void)
{
	assert_true(acpi.present);
	assert_int_equal(acpi.nr_cpus, 3);
	assert_int_equal(acpi.cpu[0].acpi_id, 7);
	assert_int_equal(acpi.cpu[0].apic_id, 3);
	assert_true(acpi.cpu[0].enabled);
	assert_false(acpi.cpu[1].enabled);
	assert_int_equal(acpi.cpu[2].apic_id, 0x100);
	assert_int_equal(acpi.cpu[2].acpi_id, 9);
	assert_int_equal(acpi.nr_ioapics, 1);
	assert_int_equal(acpi.ioapic[0].address, 0xfec00000);
	assert_true(acpi.isa_irq[0].valid);
	assert_int_equal(acpi.isa_irq[0].gsi, 2);
	assert_false(acpi.isa_irq[0].level);
	assert_true(acpi.isa_irq[9].level);
	assert_true(acpi.isa_irq[9].active_low);
	assert_true(acpi.isa_irq[5].level && acpi.isa_irq[5].active_low);
	assert_int_equal(acpi.isa_irq[5].gsi, 20);
	assert_int_equal(acpi.lint_nmi_mask, 2);
	assert_int_equal(acpi.lapic_address, 0xfee00000);
	assert_true(acpi.has_8259);
	assert_int_equal(acpi.sci_irq, 9);
	assert_int_equal(acpi.pm_timer_port, 0x608);
	assert_true(acpi.pm_timer_32bit);
	assert_int_equal(acpi.pm1a_cnt, 0x604);
	assert_true(acpi.reset_supported);
	assert_int_equal(acpi.reset.address, 0xcf9);
	assert_int_equal(acpi.reset_value, 6);
	assert_int_equal(acpi.hpet_address, 0xfed00000);
	assert_int_equal(acpi.nr_mcfg, 1);
	assert_int_equal(acpi.mcfg[0].end_bus, 255);
	assert_int_equal(acpi.facs_address, 0x110000);
	assert_true(acpi.has_dmar);
	assert_int_equal(mapped, 0);
}

static void rsdt_found_by_search(void **state)
{
	acpi_init(NULL, 0);
	assert_int_equal(acpi.rsdp, RSDP);
	check_all();
}

static void xsdt_by_loaders_copy(void **state)
{
	u8 copy[36];

	make_root(8);
	memcpy(copy, mem + RSDP, sizeof(copy));
	memset(mem + RSDP, 0, sizeof(copy));
	acpi_init(copy, sizeof(copy));
	assert_int_equal(acpi.rsdp, 0);
	check_all();
}

static void found_in_extended_bios_area(void **state)
{
	put(0x40e, 0x9fc0, 2);
	memmove(mem + 0x9fc10, mem + RSDP, 36);
	memset(mem + RSDP, 0, 36);
	acpi_init(NULL, 0);
	assert_int_equal(acpi.rsdp, 0x9fc10);
	assert_true(acpi.present);
}

static void off_means_off(void **state)
{
	opts.acpi_off = true;
	acpi_init(NULL, 0);
	assert_false(acpi.present);
	assert_int_equal(acpi.nr_cpus, 0);
}

static void no_root_pointer(void **state)
{
	mem[RSDP] ^= 1;
	acpi_init(NULL, 0);
	assert_false(acpi.present);
}

static void impossible_lengths(void **state)
{
	put(ROOT + 4, 35, 4);
	acpi_init(NULL, 0);
	assert_false(acpi.present);
	put(ROOT + 4, 0xffffffff, 4);
	acpi_init(NULL, 0);
	assert_false(acpi.present);
	assert_int_equal(mapped, 0);
}

/* A table beyond memory, or with no length, costs itself only. */
static void one_bad_table(void **state)
{
	put(ROOT + 36, 0xfffffff0, 4);
	put(HPET + 4, 0, 4);
	acpi_init(NULL, 0);
	assert_true(acpi.present);
	assert_int_equal(acpi.nr_cpus, 0);
	assert_int_equal(acpi.hpet_address, 0);
	assert_int_equal(acpi.sci_irq, 9);
	assert_int_equal(mapped, 0);
}

static void wrong_sum_is_used(void **state)
{
	mem[MADT + 9] ^= 0x55;
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_cpus, 3);
}

/* An entry of length 0 must not hang, one that sticks out must not be read. */
static void madt_entries_that_do_not_fit(void **state)
{
	mem[MADT + 45] = 0;
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_cpus, 0);
	mem[MADT + 45] = 8;
	put(MADT + 4, 44 + 8 + 7, 4);
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_cpus, 1);
	/* An entry shorter than its type is not that type. */
	memset(&acpi, 0, sizeof(acpi));
	mem[MADT + 45] = 4;
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_cpus, 0);
}

static void more_cpus_than_fit(void **state)
{
	for (unsigned int i = 0; i < 400; i++) {
		u8 e[16] = { 9, 16, 0, 0, i, i >> 8, 5, 0, 1 };

		madt_add(e, sizeof(e));
	}
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_cpus, ACPI_MAX_CPUS);
	assert_int_equal(acpi.nr_cpus_dropped, 3 + 400 - ACPI_MAX_CPUS);
}

static void more_ioapics_and_buses_than_fit(void **state)
{
	for (unsigned int i = 0; i < 40; i++)
		MADT_ADD(1, 12, i, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0);
	for (unsigned int i = 0; i < 40; i++)
		put(MCFG + 44 + 16 * i, 0xb0000000, 8);
	table(MCFG, "MCFG", 44 + 16 * 40);
	acpi_init(NULL, 0);
	assert_int_equal(acpi.nr_ioapics, ACPI_MAX_IOAPICS);
	assert_int_equal(acpi.nr_mcfg, ACPI_MAX_MCFG);
}

/* Version 1 ends before the reset register; its flags must not be believed. */
static void short_fadt(void **state)
{
	table(FADT, "FACP", 116);
	acpi_init(NULL, 0);
	assert_int_equal(acpi.pm_timer_port, 0x608);
	assert_false(acpi.reset_supported);
}

static void extended_port_wins(void **state)
{
	mem[FADT + 208] = ACPI_SPACE_IO;
	put(FADT + 212, 0x1008, 8);
	mem[FADT + 172] = ACPI_SPACE_MEMORY;
	put(FADT + 176, 0x2004, 8);
	table(FADT, "FACP", 244);
	acpi_init(NULL, 0);
	assert_int_equal(acpi.pm_timer_port, 0x1008);
	assert_int_equal(acpi.pm1a_cnt, 0x604);
}

static void dmar_is_hidden_and_shown(void **state)
{
	acpi_init(NULL, 0);
	assert_memory_equal(mem + DMAR, "RMAD", 4);
	acpi_hide_dmar(false);
	assert_memory_equal(mem + DMAR, "DMAR", 4);
	acpi_hide_dmar(true);
	assert_memory_equal(mem + DMAR, "RMAD", 4);
}

/* Whatever bytes firmware leaves: no step outside, no endless loop, limits kept. */
static void random_damage(void **state)
{
	for (unsigned int round = 0; round < 20000; round++) {
		setup(state);
		if (round & 1)
			make_root(8);
		for (unsigned int n = random() % 16; n; n--) {
			paddr_t base = random() % 8 ? ROOT : RSDP;

			mem[base + (random() % 6 << 12) % (base == ROOT ? 0x6000 : 1) +
			    random() % 256] = random();
		}
		acpi_init(NULL, 0);
		assert_true(acpi.nr_cpus <= ACPI_MAX_CPUS);
		assert_true(acpi.nr_ioapics <= ACPI_MAX_IOAPICS);
		assert_true(acpi.nr_mcfg <= ACPI_MAX_MCFG);
		assert_true(acpi.pm_timer_port <= 0xffff);
		assert_int_equal(mapped, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rsdt_found_by_search, setup),
		cmocka_unit_test_setup(xsdt_by_loaders_copy, setup),
		cmocka_unit_test_setup(found_in_extended_bios_area, setup),
		cmocka_unit_test_setup(off_means_off, setup),
		cmocka_unit_test_setup(no_root_pointer, setup),
		cmocka_unit_test_setup(impossible_lengths, setup),
		cmocka_unit_test_setup(one_bad_table, setup),
		cmocka_unit_test_setup(wrong_sum_is_used, setup),
		cmocka_unit_test_setup(madt_entries_that_do_not_fit, setup),
		cmocka_unit_test_setup(more_cpus_than_fit, setup),
		cmocka_unit_test_setup(more_ioapics_and_buses_than_fit, setup),
		cmocka_unit_test_setup(short_fadt, setup),
		cmocka_unit_test_setup(extended_port_wins, setup),
		cmocka_unit_test_setup(dmar_is_hidden_and_shown, setup),
		cmocka_unit_test_setup(random_damage, setup),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
