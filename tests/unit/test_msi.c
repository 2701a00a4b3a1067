// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq/msi.c, irq/pci_dev.c and arch/x86/pci.c with one made-up device behind
 * the configuration ports, and its MSI-X table in made-up device memory.
 */
#include <hv/acpi.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/irq_desc.h>
#include <hv/mm.h>
#include <hv/msi.h>
#include <hv/pci.h>
#include <hv/percpu.h>
#include <hv/pirq.h>
#include <hv/printk.h>
#include <hv/start.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define DEVFN		0x18
#define MSI_POS		0x50
#define MSIX_POS	0x70
#define BAR		0xfebf0000UL
#define TABLE		(BAR + 0x2000)
#define MSIX_ENTRIES	5
#define FIRST_IRQ	24

struct acpi_info acpi;
struct e820_map machine_e820;
struct domain *hardware_domain;
struct percpu *percpu_of[MAX_CPUS];
struct vcpu *current;
unsigned int nr_gsis = FIRST_IRQ;

static struct percpu cpu0 = { .apic_id = 7 };
static struct domain dom0, domu;
static u8 config[256];
static u32 cf8;
static u32 table[MSIX_ENTRIES * 4];
static unsigned int mapped;
static struct irq_desc descs[64];
static int vectors_left = 1000;
static int pirqs[2][64];	/* irq + 1 */
static bool denied;

/* Configuration mechanism 1. */

static u8 *config_byte(u16 port)
{
	static u8 nothing;

	nothing = 0xff;
	if (port < 0xcfc || (cf8 & 0xffffff00) != (0x80000000 | DEVFN << 8))
		return &nothing;
	return &config[(cf8 & 0xfc) + (port & 3)];
}

u8 stub_in(u16 port)
{
	return *config_byte(port);
}

void stub_out(u8 v, u16 port)
{
	*config_byte(port) = v;
}

u32 stub_in_wide(u16 port, unsigned int bytes)
{
	u32 v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (u32)*config_byte(port + i) << 8 * i;
	return v;
}

void stub_out_wide(u32 v, u16 port, unsigned int bytes)
{
	if (port == 0xcf8) {
		cf8 = v;
		return;
	}
	for (unsigned int i = 0; i < bytes; i++)
		*config_byte(port + i) = v >> 8 * i;
}

void printk_level(enum log_level level, const char *fmt, ...)
{
}

void *hv_alloc(size_t size)
{
	return calloc(1, size);
}

void hv_free(void *p)
{
	free(p);
}

/* Anything else is a failure that must not jump out of a lock. */
void *ioremap(paddr_t pa, size_t len)
{
	if (pa != TABLE || len != sizeof(table))
		return NULL;
	mapped++;
	return table;
}

void iounmap(void *va, size_t len)
{
	assert_ptr_equal(va, table);
	mapped--;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	return !denied;
}

struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < 64 ? &descs[irq] : NULL;
}

int irq_alloc_msi(unsigned int nr)
{
	for (unsigned int irq = FIRST_IRQ; irq + nr <= 64; irq++) {
		unsigned int i = 0;

		while (i < nr && !descs[irq + i].msi)
			i++;
		if (i == nr)
			return irq;
	}
	return -ENOSPC;
}

int irq_setup_msi(unsigned int first_irq, unsigned int nr, unsigned int cpu, struct msi_desc *msi)
{
	if (vectors_left < (int)nr)
		return -ENOSPC;
	for (unsigned int i = 0; i < nr; i++) {
		descs[first_irq + i].irq = first_irq + i;
		descs[first_irq + i].vector = 0x40 + i;
		descs[first_irq + i].msi = msi;
		vectors_left--;
	}
	return 0;
}

void irq_free_msi(unsigned int irq)
{
	descs[irq].msi = NULL;
	vectors_left++;
}

void irq_programme(unsigned int irq)
{
	msi_controller.setup(&descs[irq]);
}

void irq_reprogramme(unsigned int irq)
{
	msi_controller.setup(&descs[irq]);
	msi_controller.unmask(&descs[irq]);
}

/* A small pirq map; the real one is tested in test_irq.c. */

static int *pirq_slot(struct domain *d, u32 pirq)
{
	return &pirqs[d == &domu][pirq];
}

unsigned int pirq_count(const struct domain *d)
{
	return 64;
}

int pirq_to_irq(struct domain *d, u32 pirq)
{
	return pirq < 64 && *pirq_slot(d, pirq) ? *pirq_slot(d, pirq) - 1 : -EINVAL;
}

int pirq_reserve(struct domain *d, bool gsi, unsigned int nr)
{
	return *pirq_slot(d, 64 - nr) ? -ENOSPC : (int)(64 - nr);
}

int pirq_map(struct domain *d, u32 pirq, unsigned int irq)
{
	*pirq_slot(d, pirq) = irq + 1;
	return 0;
}

int pirq_unmap(struct domain *d, u32 pirq)
{
	*pirq_slot(d, pirq) = 0;
	return 0;
}

static void put(unsigned int reg, u64 v, unsigned int bytes)
{
	memcpy(config + reg, &v, bytes);
}

static const struct pci_sbdf sbdf = { .devfn = DEVFN };

static int setup(void **state)
{
	percpu_of[0] = &cpu0;
	cpu0.online = true;
	hardware_domain = &dom0;
	dom0.is_hardware_domain = true;
	memset(config, 0, sizeof(config));
	memset(table, 0x5a, sizeof(table));
	memset(pirqs, 0, sizeof(pirqs));
	memset(descs, 0, sizeof(descs));
	vectors_left = 1000;
	denied = false;
	machine_e820.nr = 1;
	machine_e820.entry[0] = (struct e820_entry){ 0, 0x80000000, E820_RAM };
	put(PCI_VENDOR_ID, 0x10d38086, 4);
	put(PCI_COMMAND, 2, 2);
	put(PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	put(PCI_BAR0, BAR, 4);
	config[PCI_CAP_PTR] = MSI_POS;
	put(MSI_POS, PCI_CAP_ID_MSI | MSIX_POS << 8, 2);
	put(MSI_POS + 2, 0x0080 | 0x0100 | 3 << 1, 2);	/* 64 bits, maskable, 8 messages */
	put(MSIX_POS, PCI_CAP_ID_MSIX, 2);
	put(MSIX_POS + 2, MSIX_ENTRIES - 1, 2);
	put(MSIX_POS + 4, 0x2000, 4);			/* table in BAR 0 */
	return pci_dev_add(&(struct pci_dev){ .sbdf = sbdf });
}

static int teardown(void **state)
{
	pci_dev_remove(sbdf);
	return mapped || vectors_left != 1000 ? -1 : 0;
}

static struct msi_request msi_req(unsigned int nr)
{
	return (struct msi_request){ .sbdf = sbdf, .nr = nr, .pirq = -1 };
}

static struct msi_request msix_req(unsigned int entry)
{
	return (struct msi_request){ .sbdf = sbdf, .msix = true, .nr = 1, .entry = entry,
				     .table_base = BAR, .pirq = -1 };
}

static u32 config32(unsigned int reg)
{
	u32 v;

	memcpy(&v, config + reg, 4);
	return v;
}

static void msi_message_is_written(void **state)
{
	struct msi_request req = msi_req(1);

	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_int_equal(req.pirq, 63);
	assert_int_equal(config32(MSI_POS + 4), 0xfee07000);
	assert_int_equal(config32(MSI_POS + 8), 0);
	assert_int_equal(config[MSI_POS + 12], 0x40);
	assert_int_equal(config32(MSI_POS + 16) & 1, 1);	/* masked */
	msi_controller.unmask(&descs[FIRST_IRQ]);
	assert_int_equal(config32(MSI_POS + 16) & 1, 0);
	/* The enable bit is domain 0's. */
	assert_int_equal(config[MSI_POS + 2] & 1, 0);
	assert_int_equal(msi_unmap(&domu, FIRST_IRQ), -EINVAL);
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ), 0);
	assert_int_equal(pirq_to_irq(&dom0, 63), -EINVAL);
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ), -EINVAL);
}

/* During a storm, and only then, the address of one that cannot be masked is nobody's. */
static void storm_of_what_cannot_be_masked(void **state)
{
	struct msi_request req = msi_req(1);
	struct irq_desc *desc = &descs[FIRST_IRQ];

	config[MSI_POS + 3] &= ~1;	/* no mask bits */
	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_true(msi_is_maskable(desc->msi));
	msi_controller.mask(desc);
	assert_int_equal(config32(MSI_POS + 4), 0xfee07000);
	desc->storm.rests = true;
	msi_controller.mask(desc);
	assert_int_equal(config32(MSI_POS + 4), 0xfeefe000);
	msi_controller.setup(desc);
	assert_int_equal(config32(MSI_POS + 4), 0xfeefe000);
	assert_int_equal(config[MSI_POS + 12], 0x40);
	desc->storm.rests = false;
	msi_controller.unmask(desc);
	assert_int_equal(config32(MSI_POS + 4), 0xfee07000);
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ), 0);
	/* Several by one address: the neighbours would be lost. */
	req = msi_req(2);
	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_false(msi_is_maskable(desc->msi));
	desc->storm.rests = true;
	msi_controller.mask(desc);
	assert_int_equal(config32(MSI_POS + 4), 0xfee07000);
	desc->storm.rests = false;
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ), 0);
}

static void who_asserts_a_pin(void **state)
{
	struct pci_sbdf list[2];

	assert_int_equal(pci_devs_asserting(list, 2), 0);
	config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	assert_int_equal(pci_devs_asserting(list, 2), 1);
	assert_int_equal(list[0].devfn, DEVFN);
	assert_int_equal(pci_devs_asserting(list, 0), 0);
	config[PCI_COMMAND + 1] |= PCI_COMMAND_INTX_OFF >> 8;
	assert_int_equal(pci_devs_asserting(list, 2), 0);
}

static void several_messages(void **state)
{
	struct msi_request req = msi_req(16);

	assert_int_equal(msi_map(&dom0, &req), -ENFILE);
	assert_int_equal(req.nr, 8);
	req = msi_req(3);
	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_int_equal(config[MSI_POS + 2] >> 4 & 7, 2);	/* 4 are enabled */
	assert_int_equal(config32(MSI_POS + 16) & 15, 15);
	msi_controller.unmask(&descs[FIRST_IRQ + 2]);
	assert_int_equal(config32(MSI_POS + 16) & 15, 11);
	assert_int_equal(pirq_to_irq(&dom0, req.pirq + 2), FIRST_IRQ + 2);
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ + 1), -EINVAL);
	assert_int_equal(msi_unmap(&dom0, FIRST_IRQ), 0);
	req = msi_req(0);
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	req = msi_req(33);
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
}

static void msix_entries(void **state)
{
	struct msi_request req = msix_req(2);

	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_int_equal(table[2 * 4], 0xfee07000);
	assert_int_equal(table[2 * 4 + 1], 0);
	assert_int_equal(table[2 * 4 + 2], 0x40);
	assert_int_equal(table[2 * 4 + 3], 1);
	assert_int_equal(table[4], 0x5a5a5a5a);
	msi_controller.unmask(&descs[FIRST_IRQ]);
	assert_int_equal(table[2 * 4 + 3], 0);
	req = msix_req(2);
	assert_int_equal(msi_map(&dom0, &req), -EEXIST);
	req = msi_req(1);
	assert_int_equal(msi_map(&dom0, &req), -EEXIST);
	req = msix_req(MSIX_ENTRIES);
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	req = msix_req(4);
	req.pirq = 30;
	assert_int_equal(msi_map(&dom0, &req), 0);
	assert_int_equal(pirq_to_irq(&dom0, 30), FIRST_IRQ + 1);
	assert_int_equal(mapped, 1);
}

/* Whatever the BAR or domain 0 says, we do not write messages into memory. */
static void table_in_memory_is_refused(void **state)
{
	struct msi_request req = msix_req(0);

	put(PCI_BAR0, 0x1000000, 4);
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	put(PCI_BAR0, 0, 4);
	req.table_base = 0x7fffdfff;	/* the table begins at the last byte of memory */
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	req.table_base = ~0xfffUL;
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	req.table_base = 0;
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	put(PCI_BAR0, BAR, 4);
	denied = true;
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	denied = false;
	put(PCI_COMMAND, 0, 2);
	assert_int_equal(msi_map(&dom0, &req), -ENXIO);
	assert_int_equal(mapped, 0);
}

static void what_is_not_there(void **state)
{
	struct msi_request req = msi_req(1);

	req.sbdf.devfn = 0x20;
	assert_int_equal(msi_map(&dom0, &req), -ENODEV);
	req = msi_req(1);
	put(PCI_STATUS, 0, 2);
	assert_int_equal(msi_map(&dom0, &req), -ENODEV);
	/* A list that bites its tail. */
	put(PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	put(MSI_POS, 0x09 | MSI_POS << 8, 2);
	assert_int_equal(msi_map(&dom0, &req), -ENODEV);
	assert_int_equal(msi_restore(sbdf), -ESRCH);
	assert_int_equal(pci_dev_remove((struct pci_sbdf){ .bus = 9 }), -ENODEV);
}

static void errors_leave_nothing_behind(void **state)
{
	struct msi_request req = msi_req(2);

	vectors_left = 1;
	assert_int_equal(msi_map(&dom0, &req), -ENOSPC);
	vectors_left = 1000;
	pirqs[0][62] = 1;
	assert_int_equal(msi_map(&dom0, &req), -ENOSPC);
	assert_int_equal(vectors_left, 1000);
	req.pirq = 62;
	assert_int_equal(msi_map(&dom0, &req), -EEXIST);
	req.pirq = 5;		/* a line's number */
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	req.pirq = 63;		/* the second would be beyond */
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	assert_int_equal(vectors_left, 1000);
	pirqs[0][62] = 0;
	req.pirq = -1;
	assert_int_equal(msi_map(&dom0, &req), 0);
}

static void owners_end(void **state)
{
	struct msi_request req = msix_req(0);

	assert_int_equal(msi_map(&dom0, &req), 0);
	req = msix_req(1);
	assert_int_equal(msi_map(&domu, &req), 0);
	msi_domain_release(&domu);
	assert_int_equal(pirq_to_irq(&domu, 63), -EINVAL);
	assert_int_equal(pirq_to_irq(&dom0, 63), FIRST_IRQ);
	assert_int_equal(msix_prepare(sbdf, true), -EBUSY);
	assert_int_equal(pci_dev_remove(sbdf), 0);
	assert_int_equal(pirq_to_irq(&dom0, 63), -EINVAL);
	assert_int_equal(mapped, 0);
}

/* A device that goes takes the mapping of its table along, used or not. */
static void table_goes_with_its_device(void **state)
{
	struct msi_request req = msix_req(0);

	assert_int_equal(msix_prepare(sbdf, true), 0);
	assert_int_equal(mapped, 1);
	assert_int_equal(pci_dev_remove(sbdf), 0);
	assert_int_equal(mapped, 0);
	assert_int_equal(pci_dev_add(&(struct pci_dev){ .sbdf = sbdf }), 0);
	req.pirq = 5;		/* a line's number */
	assert_int_equal(msi_map(&dom0, &req), -EINVAL);
	assert_int_equal(pci_dev_remove(sbdf), 0);
	assert_int_equal(mapped, 0);
}

static void restored_after_a_reset(void **state)
{
	struct msi_request req = msix_req(3);

	assert_int_equal(msi_map(&dom0, &req), 0);
	memset(table, 0, sizeof(table));
	assert_int_equal(msi_restore(sbdf), 0);
	assert_int_equal(table[3 * 4], 0xfee07000);
	assert_int_equal(config[MSIX_POS + 3] & 0xc0, 0x80);
}

static void write_guest(unsigned int reg, unsigned int bytes, u32 val)
{
	pci_cf8_write_guest(0x80000000 | DEVFN << 8 | (reg & 0xfc), reg & 3, bytes, val);
}

static void domain0_writes_around_the_message(void **state)
{
	struct msi_request req = msi_req(4);

	write_guest(MSI_POS + 4, 4, 0x1234);
	assert_int_equal(config32(MSI_POS + 4), 0x1234);	/* not in use yet */
	assert_int_equal(msi_map(&dom0, &req), 0);
	write_guest(MSI_POS + 4, 4, 0x1234);
	write_guest(MSI_POS + 12, 2, 0x99);
	write_guest(MSI_POS + 15, 1, 0x99);
	write_guest(MSI_POS + 16, 4, 0);
	assert_int_equal(config32(MSI_POS + 4), 0xfee07000);
	assert_int_equal(config[MSI_POS + 12], 0x40);
	assert_int_equal(config[MSI_POS + 16], 15);
	write_guest(MSI_POS + 2, 2, 0x01f1);			/* enable; 128 messages */
	assert_int_equal(config[MSI_POS + 2] & 0x71, 0x21);
	write_guest(MSI_POS, 4, 0x01f00005);
	assert_int_equal(config[MSI_POS + 2] & 0x71, 0x20);
	write_guest(MSI_POS + 20, 4, 0x77);
	assert_int_equal(config[MSI_POS + 20], 0x77);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(msi_message_is_written),
		TEST(storm_of_what_cannot_be_masked),
		TEST(who_asserts_a_pin),
		TEST(several_messages),
		TEST(msix_entries),
		TEST(table_in_memory_is_refused),
		TEST(what_is_not_there),
		TEST(errors_leave_nothing_behind),
		TEST(owners_end),
		TEST(table_goes_with_its_device),
		TEST(restored_after_a_reset),
		TEST(domain0_writes_around_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
