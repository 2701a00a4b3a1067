// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space: by the address and data ports for the first 256
 * bytes of segment 0, by memory (MMCFG) for the rest, once domain 0 has
 * confirmed that the range is set aside for it.
 *
 * pci_lock guards the two ports, and the order of accesses by either way that
 * change one register; mmcfg_lock the table of memory windows. Neither is held
 * when another is taken. Both are taken in interrupt context.
 *
 * PCI Local Bus 3.0, 3.2.2.3; PCI Express Base 3.0, 7.2.2.
 */
#include <hv/pci.h>

#include <hv/acpi.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <asm/system.h>

#define PCI_ADDRESS		0xcf8
#define PCI_DATA		0xcfc
#define PCI_ADDRESS_ENABLE	0x80000000U

#define CAPS_MAX		48	/* as many as fit 192 bytes: a loop ends */
#define MMCFG_BUS_SHIFT		20

struct mmcfg {
	u8 *va;			/* of start_bus; NULL: mapped as yet by nobody */
	paddr_t address;
	u16 seg;
	u8 start_bus, end_bus;
	bool used;
};

static spinlock_t pci_lock = SPINLOCK_INIT;
static spinlock_t mmcfg_lock = SPINLOCK_INIT;
static struct mmcfg mmcfgs[ACPI_MAX_MCFG];

static u32 port_read(unsigned int bytes, unsigned int offset)
{
	u16 port = PCI_DATA + offset;

	if (bytes == 1)
		return inb(port);
	return bytes == 2 ? inw(port) : inl(port);
}

static void port_write(unsigned int bytes, unsigned int offset, u32 val)
{
	u16 port = PCI_DATA + offset;

	if (bytes == 1)
		outb(val, port);
	else if (bytes == 2)
		outw(val, port);
	else
		outl(val, port);
}

static u32 cf8_read(u32 address, unsigned int offset, unsigned int bytes)
{
	unsigned long flags;
	u32 val;

	spin_lock_irqsave(&pci_lock, flags);
	outl(address, PCI_ADDRESS);
	val = port_read(bytes, offset);
	spin_unlock_irqrestore(&pci_lock, flags);
	return val;
}

static void cf8_write(u32 address, unsigned int offset, unsigned int bytes, u32 val)
{
	unsigned long flags;

	spin_lock_irqsave(&pci_lock, flags);
	outl(address, PCI_ADDRESS);
	port_write(bytes, offset, val);
	spin_unlock_irqrestore(&pci_lock, flags);
}

static bool by_ports(struct pci_sbdf s, unsigned int reg)
{
	return s.seg == 0 && reg < 256;
}

static u32 cf8_address(struct pci_sbdf s, unsigned int reg)
{
	return PCI_ADDRESS_ENABLE | (u32)s.bus << 16 | (u32)s.devfn << 8 | (reg & 0xfc);
}

/* Where @reg is mapped; NULL if nowhere. */
static volatile void *mmcfg_register(struct pci_sbdf s, unsigned int reg)
{
	volatile void *p = NULL;
	unsigned long flags;

	if (reg >= 4096)
		return NULL;
	spin_lock_irqsave(&mmcfg_lock, flags);
	for (unsigned int i = 0; i < ACPI_MAX_MCFG && !p; i++) {
		const struct mmcfg *m = &mmcfgs[i];

		if (m->va && m->seg == s.seg && s.bus >= m->start_bus && s.bus <= m->end_bus)
			p = m->va + ((u64)(s.bus - m->start_bus) << MMCFG_BUS_SHIFT) +
			    (s.devfn << 12) + reg;
	}
	spin_unlock_irqrestore(&mmcfg_lock, flags);
	return p;
}

static u32 config_read(struct pci_sbdf s, unsigned int reg, unsigned int bytes)
{
	volatile void *p;

	if (by_ports(s, reg))
		return cf8_read(cf8_address(s, reg), reg & 3, bytes);
	p = mmcfg_register(s, reg);
	if (!p)
		return ~0U;
	if (bytes == 1)
		return *(volatile u8 *)p;
	return bytes == 2 ? *(volatile u16 *)p : *(volatile u32 *)p;
}

static void config_write(struct pci_sbdf s, unsigned int reg, unsigned int bytes, u32 val)
{
	volatile void *p;

	if (by_ports(s, reg)) {
		cf8_write(cf8_address(s, reg), reg & 3, bytes, val);
		return;
	}
	p = mmcfg_register(s, reg);
	if (!p)
		return;
	if (bytes == 1)
		*(volatile u8 *)p = val;
	else if (bytes == 2)
		*(volatile u16 *)p = val;
	else
		*(volatile u32 *)p = val;
}

u8 pci_read8(struct pci_sbdf s, unsigned int reg)
{
	return config_read(s, reg, 1);
}

u16 pci_read16(struct pci_sbdf s, unsigned int reg)
{
	return config_read(s, reg, 2);
}

u32 pci_read32(struct pci_sbdf s, unsigned int reg)
{
	return config_read(s, reg, 4);
}

void pci_write8(struct pci_sbdf s, unsigned int reg, u8 val)
{
	config_write(s, reg, 1, val);
}

void pci_write16(struct pci_sbdf s, unsigned int reg, u16 val)
{
	config_write(s, reg, 2, val);
}

void pci_write32(struct pci_sbdf s, unsigned int reg, u32 val)
{
	config_write(s, reg, 4, val);
}

/**
 * pci_find_cap() - Offset of a capability.
 * @s:  function
 * @id: PCI_CAP_ID_*
 *
 * Return: offset in configuration space, 0 if the function has none.
 */
unsigned int pci_find_cap(struct pci_sbdf s, u8 id)
{
	unsigned int pos;

	if (pci_read32(s, PCI_VENDOR_ID) == ~0U ||
	    !(pci_read16(s, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	pos = pci_read8(s, PCI_CAP_PTR) & ~3U;
	for (unsigned int i = 0; i < CAPS_MAX && pos >= 0x40; i++) {
		if (pci_read8(s, pos) == id)
			return pos;
		pos = pci_read8(s, pos + 1) & ~3U;
	}
	return 0;
}

static size_t mmcfg_bytes(const struct mmcfg *m)
{
	return (size_t)(m->end_bus - m->start_bus + 1) << MMCFG_BUS_SHIFT;
}

static struct mmcfg *mmcfg_find(const struct mmcfg *want)
{
	for (unsigned int i = 0; i < ACPI_MAX_MCFG; i++)
		if (mmcfgs[i].used && mmcfgs[i].seg == want->seg &&
		    mmcfgs[i].start_bus == want->start_bus)
			return &mmcfgs[i];
	return NULL;
}

static struct mmcfg *mmcfg_free_slot(void)
{
	for (unsigned int i = 0; i < ACPI_MAX_MCFG; i++)
		if (!mmcfgs[i].used)
			return &mmcfgs[i];
	return NULL;
}

static int mmcfg_install(const struct mmcfg *new)
{
	struct mmcfg *m = mmcfg_free_slot();

	if (mmcfg_find(new))
		return -EEXIST;
	if (!m)
		return -ENOSPC;
	*m = *new;
	return 0;
}

/* The address of @m's first bus by the firmware's table; 0 without one. */
static paddr_t mcfg_address(const struct mmcfg *m)
{
	for (unsigned int i = 0; i < acpi.nr_mcfg; i++) {
		const struct acpi_mcfg *a = &acpi.mcfg[i];

		if (a->segment == m->seg && a->start_bus <= m->start_bus &&
		    a->end_bus >= m->end_bus)
			return a->address + ((u64)m->start_bus << MMCFG_BUS_SHIFT);
	}
	return 0;
}

/**
 * pci_mmcfg_set() - Domain 0 found a window (not) to be reserved for MMCFG.
 * @address:   physical address of bus 0 of the segment
 * @seg:       segment
 * @start_bus: first bus in the window
 * @end_bus:   last
 * @reserved:  false: stop using it
 *
 * Only what firmware's MCFG table tells of is ever used.
 * ABI: physdev.h, PHYSDEVOP_pci_mmcfg_reserved.
 * Return: 0; -EINVAL if the buses are in disorder; -ENODEV if firmware does
 * not tell of it; -EEXIST if it is known; -ENOSPC; -ENOMEM.
 */
int pci_mmcfg_set(paddr_t address, u16 seg, u8 start_bus, u8 end_bus, bool reserved)
{
	struct mmcfg new = { .seg = seg, .start_bus = start_bus, .end_bus = end_bus };
	unsigned long flags;
	int rc;

	if (start_bus > end_bus)
		return -EINVAL;
	new.address = mcfg_address(&new);
	if (!new.address || new.address != address + ((u64)start_bus << MMCFG_BUS_SHIFT))
		return -ENODEV;
	/* Mappings stay: a window given up may be in use on another CPU. */
	if (!reserved)
		return 0;
	spin_lock_irqsave(&mmcfg_lock, flags);
	rc = mmcfg_find(&new) ? -EEXIST : 0;
	spin_unlock_irqrestore(&mmcfg_lock, flags);
	if (rc)
		return rc;
	new.used = true;
	new.va = ioremap(new.address, mmcfg_bytes(&new));
	if (!new.va)
		return -ENOMEM;
	spin_lock_irqsave(&mmcfg_lock, flags);
	rc = mmcfg_install(&new);
	spin_unlock_irqrestore(&mmcfg_lock, flags);
	if (rc)
		iounmap(new.va, mmcfg_bytes(&new));
	else
		pr_info("PCI: segment %04x buses %02x-%02x by memory at %#lx\n", seg, start_bus,
			end_bus, new.address);
	return rc;
}

/**
 * pci_cf8_read() - Domain 0 reads the data port.
 * @address: what it wrote to the address port, enable bit set
 * @offset:  port's offset from 0xcfc
 * @bytes:   1, 2 or 4, staying inside the register
 */
u32 pci_cf8_read(u32 address, unsigned int offset, unsigned int bytes)
{
	return cf8_read(address, offset, bytes);
}

/**
 * pci_cf8_write_guest() - Domain 0 writes the data port.
 * @address: what it wrote to the address port, enable bit set
 * @offset:  port's offset from 0xcfc
 * @bytes:   1, 2 or 4, staying inside the register
 * @val:     value
 *
 * A write to the part of a message-signalled interrupt capability that is in
 * the hypervisor's hands is dropped.
 */
void pci_cf8_write_guest(u32 address, unsigned int offset, unsigned int bytes, u32 val)
{
	struct pci_sbdf s = { .bus = address >> 16, .devfn = address >> 8 };
	/* Some chip sets take bits 24-27 as register bits 8-11. */
	unsigned int reg = (address & 0xfc) | (address >> 16 & 0xf00);

	if (reg < 256 && !msi_config_write_allowed(s, reg + offset, bytes, &val))
		return;
	cf8_write(address, offset, bytes, val);
}
