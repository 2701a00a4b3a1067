/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI: configuration space (arch/x86/pci.c), and the devices that domain 0
 * told us of (irq/pci_dev.c).
 */
#ifndef HV_PCI_H
#define HV_PCI_H

#include <hv/types.h>

#define PCI_VENDOR_ID		0x00
#define PCI_COMMAND		0x04
#define PCI_COMMAND_INTX_OFF	0x400
#define PCI_STATUS		0x06
#define PCI_STATUS_INTERRUPT	0x08
#define PCI_STATUS_CAP_LIST	0x10
#define PCI_HEADER_TYPE		0x0e
#define PCI_BAR0		0x10
#define PCI_CAP_PTR		0x34
#define PCI_CAP_ID_MSI		0x05
#define PCI_CAP_ID_MSIX		0x11

#define PCI_DEVFN(slot, fn)	((slot) << 3 | (fn))
#define PCI_SLOT(devfn)		((devfn) >> 3 & 0x1f)
#define PCI_FUNC(devfn)		((devfn) & 7)

/* A function: segment, bus, device and function. */
struct pci_sbdf {
	u16 seg;
	u8 bus, devfn;
};

/* Format and arguments of an address, for messages. */
#define PCI_FMT			"%04x:%02x:%02x.%u"
#define PCI_ARGS(s)		(s).seg, (s).bus, PCI_SLOT((s).devfn), PCI_FUNC((s).devfn)

/* All ones where there is no device, or no way to reach the register. */
u8 pci_read8(struct pci_sbdf s, unsigned int reg);
u16 pci_read16(struct pci_sbdf s, unsigned int reg);
u32 pci_read32(struct pci_sbdf s, unsigned int reg);
void pci_write8(struct pci_sbdf s, unsigned int reg, u8 val);
void pci_write16(struct pci_sbdf s, unsigned int reg, u16 val);
void pci_write32(struct pci_sbdf s, unsigned int reg, u32 val);
unsigned int pci_find_cap(struct pci_sbdf s, u8 id);
int pci_mmcfg_set(paddr_t address, u16 seg, u8 start_bus, u8 end_bus, bool reserved);

/* Domain 0's accesses: @address as it latched it, @offset 0 to 3 inside the register. */
u32 pci_cf8_read(u32 address, unsigned int offset, unsigned int bytes);
void pci_cf8_write_guest(u32 address, unsigned int offset, unsigned int bytes, u32 val);

/* irq/msi.c: may domain 0 write that? @val is what will be written. */
bool msi_config_write_allowed(struct pci_sbdf s, unsigned int reg, unsigned int bytes, u32 *val);

struct msi_device;

/* A device that domain 0 reported. Exists until it reports the removal. */
struct pci_dev {
	struct pci_dev *next;
	struct pci_sbdf sbdf;
	bool is_extfn, is_virtfn;
	struct pci_sbdf physfn;	/* of a virtual function */
	struct msi_device *msi;	/* irq/msi.c; NULL: never used */
};

/* Both under pci_devs_lock(). */
struct pci_dev *pci_dev_first(void);
struct pci_dev *pci_dev_find(struct pci_sbdf s);

/* Those that assert an interrupt pin just now: at most @max of them. Their number. */
unsigned int pci_devs_asserting(struct pci_sbdf *list, unsigned int max);

int pci_dev_add(const struct pci_dev *desc);
int pci_dev_remove(struct pci_sbdf s);
void pci_devs_lock(void);
void pci_devs_unlock(void);

#endif
