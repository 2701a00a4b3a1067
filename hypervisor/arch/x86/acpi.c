// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the firmware's tables: root pointer, root table, then each table
 * that acpi_tables.c has a parser for. Every length comes from firmware and is
 * bounded before it is mapped. Boot CPU only, before any guest; afterwards
 * struct acpi_info is read-only.
 *
 * ABI: ACPI 6.4, 5.2.5 to 5.2.8.
 */
#include <hv/acpi.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/string.h>

#define RSDP_V1_SIZE		20
#define RSDP_V2_SIZE		36
#define RSDP_SIGNATURE		"RSD PTR "
#define HEADER_SIZE		36
#define TABLE_SIZE_MAX		BIT(20)
#define ROOT_ENTRIES_MAX	512

#define EBDA_SEGMENT_PTR	0x40e
#define BIOS_AREA		0xe0000
#define BIOS_AREA_SIZE		0x20000

struct acpi_info acpi __ro_after_init;

static paddr_t dmar_address __ro_after_init;

/* Where the root table is, and whether its entries have 8 bytes or 4. */
struct root {
	paddr_t address;
	u32 entry_size;
};

static u8 __init byte_sum(const u8 *p, u32 len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

static u32 __init load32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u64 __init load64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool __init rsdp_valid(const u8 *p, u32 len)
{
	return len >= RSDP_V1_SIZE && !memcmp(p, RSDP_SIGNATURE, 8) &&
	       byte_sum(p, RSDP_V1_SIZE) == 0;
}

static void __init rsdp_decode(const u8 *p, u32 len, struct root *root)
{
	bool v2 = p[15] >= 2 && len >= RSDP_V2_SIZE && load64(p + 24) &&
		  byte_sum(p, RSDP_V2_SIZE) == 0;

	root->address = v2 ? load64(p + 24) : load32(p + 16);
	root->entry_size = v2 ? 8 : 4;
}

/* The pointer lies on a 16-byte boundary of @len bytes at @area. */
static bool __init rsdp_scan(paddr_t area, u32 len, struct root *root)
{
	const u8 *p = ioremap(area, len);
	bool found = false;

	if (!p)
		return false;
	for (u32 off = 0; off + RSDP_V1_SIZE <= len && !found; off += 16) {
		found = rsdp_valid(p + off, len - off);
		if (!found)
			continue;
		rsdp_decode(p + off, len - off, root);
		acpi.rsdp = area + off;
	}
	iounmap((void *)p, len);
	return found;
}

/* First KiB of the extended BIOS data area, then the BIOS ROM. ACPI 5.2.5.1. */
static bool __init rsdp_search(struct root *root)
{
	const u8 *bda = ioremap(0, PAGE_SIZE);
	paddr_t ebda = 0;

	if (bda) {
		ebda = (paddr_t)(bda[EBDA_SEGMENT_PTR] | bda[EBDA_SEGMENT_PTR + 1] << 8) << 4;
		iounmap((void *)bda, PAGE_SIZE);
	}
	if (ebda >= 0x400 && ebda < 0xa0000 && rsdp_scan(ebda, 1024, root))
		return true;
	return rsdp_scan(BIOS_AREA, BIOS_AREA_SIZE, root);
}

/* Map a whole table; NULL if its header makes no sense. @len: its length. */
static const u8 * __init table_map(paddr_t pa, u32 *len)
{
	const u8 *h;

	if (!pa || pa > PADDR_MASK - TABLE_SIZE_MAX)
		return NULL;
	h = ioremap(pa, HEADER_SIZE);
	if (!h)
		return NULL;
	*len = load32(h + 4);
	iounmap((void *)h, HEADER_SIZE);
	if (*len < HEADER_SIZE || *len > TABLE_SIZE_MAX)
		return NULL;
	return ioremap(pa, *len);
}

static bool __init signature(paddr_t pa, char sig[5])
{
	const u8 *h;

	sig[4] = 0;
	if (!pa || pa > PADDR_MASK - TABLE_SIZE_MAX)
		return false;
	h = ioremap(pa, HEADER_SIZE);
	if (!h)
		return false;
	memcpy(sig, h, 4);
	iounmap((void *)h, HEADER_SIZE);
	return true;
}

/* The FADT is first: the MADT's overrides depend on which line is the SCI. */
struct parser {
	char sig[5];
	void (*parse)(const u8 *t, u32 len, struct acpi_info *info);
};

static const struct parser parsers[] __initconst = {
	{ "FACP", acpi_parse_fadt },
	{ "APIC", acpi_parse_madt },
	{ "HPET", acpi_parse_hpet },
	{ "MCFG", acpi_parse_mcfg },
};

static void __init table_parse(paddr_t pa, const char *sig,
			       void (*parse)(const u8 *t, u32 len, struct acpi_info *info))
{
	u32 len;
	const u8 *t = table_map(pa, &len);

	if (!t) {
		pr_warn("ACPI: table %s at %#lx has an impossible length, ignored\n", sig, pa);
		return;
	}
	/* As every other system does: firmware is used with a wrong sum, too. */
	if (byte_sum(t, len))
		pr_warn("ACPI: table %s at %#lx has a wrong checksum, used nevertheless\n",
			sig, pa);
	parse(t, len, &acpi);
	iounmap((void *)t, len);
}

static paddr_t __init root_entry(const u8 *t, u32 i, u32 entry_size)
{
	const u8 *p = t + HEADER_SIZE + i * entry_size;

	return entry_size == 8 ? load64(p) : load32(p);
}

static int __init root_walk(const struct root *root)
{
	u32 len, nr;
	const u8 *t = table_map(root->address, &len);
	char sig[5];

	if (!t)
		return -EINVAL;
	nr = min_t(u32, (len - HEADER_SIZE) / root->entry_size, ROOT_ENTRIES_MAX);
	for (unsigned int k = 0; k < ARRAY_SIZE(parsers); k++) {
		for (u32 i = 0; i < nr; i++) {
			paddr_t pa = root_entry(t, i, root->entry_size);

			if (signature(pa, sig) && !strcmp(sig, parsers[k].sig))
				table_parse(pa, sig, parsers[k].parse);
		}
	}
	for (u32 i = 0; i < nr; i++) {
		paddr_t pa = root_entry(t, i, root->entry_size);

		if (signature(pa, sig) && !strcmp(sig, "DMAR"))
			dmar_address = pa;
	}
	acpi.has_dmar = dmar_address != 0;
	iounmap((void *)t, len);
	return 0;
}

/**
 * acpi_init() - Read what the hypervisor needs of the ACPI tables.
 * @rsdp: the boot loader's copy of the root pointer
 * @len:  its length in bytes; 0 if the loader gave none: the BIOS areas are
 *	  searched
 *
 * With acpi=off, no tables, or tables that make no sense, acpi.present stays
 * false, and a line on the console says why.
 *
 * Context: boot, once, after ioremap() works.
 */
void __init acpi_init(const void *rsdp, size_t len)
{
	struct root root;

	if (opts.acpi_off) {
		pr_info("ACPI: disabled by acpi=off\n");
		return;
	}
	if (len && rsdp_valid(rsdp, len)) {
		rsdp_decode(rsdp, len, &root);
	} else if (!rsdp_search(&root)) {
		pr_warn("ACPI: no root pointer (RSDP) found: no I/O APIC, one CPU; check the firmware's ACPI setting\n");
		return;
	}
	if (root_walk(&root)) {
		pr_warn("ACPI: root table at %#lx has an impossible length: tables ignored\n",
			root.address);
		return;
	}
	acpi.present = true;
	acpi_hide_dmar(true);
	pr_info("ACPI: %u CPUs, %u I/O APICs, SCI %u, PM timer port %#x, HPET %#lx\n",
		acpi.nr_cpus, acpi.nr_ioapics, acpi.sci_irq, acpi.pm_timer_port,
		acpi.hpet_address);
	if (acpi.nr_cpus_dropped)
		pr_warn("ACPI: %u CPUs beyond the limit of %u are not used\n",
			acpi.nr_cpus_dropped, ACPI_MAX_CPUS);
}

/**
 * acpi_hide_dmar() - Keep domain 0 from driving the IOMMU that is ours.
 * @hide: true from boot on; false before a kernel that is not ours takes over
 *
 * Rewrites the table's signature in place, to letters with the same sum, as
 * Xen does. Nothing happens on a machine without the table.
 */
void acpi_hide_dmar(bool hide)
{
	u8 *t;

	if (!dmar_address)
		return;
	t = ioremap(dmar_address, 4);
	if (!t)
		return;
	memcpy(t, hide ? "RMAD" : "DMAR", 4);
	iounmap(t, 4);
}
