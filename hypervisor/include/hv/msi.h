/* SPDX-License-Identifier: GPL-2.0-only */
/* Message-signalled interrupts of PCI devices. irq/msi.c. */
#ifndef HV_MSI_H
#define HV_MSI_H

#include <hv/domain.h>
#include <hv/pci.h>

#define MSI_VECTORS_MAX		32

/* What PHYSDEVOP_map_pirq asks for. */
struct msi_request {
	struct pci_sbdf sbdf;
	bool msix;
	unsigned int nr;	/* MSI: messages; 1 for MSI-X. On -ENFILE: what the device has */
	u16 entry;		/* MSI-X: index into the table */
	u64 table_base;		/* MSI-X: where domain 0 saw the table's BAR */
	int pirq;		/* in: negative for any; out: the (first) number */
};

int msi_map(struct domain *d, struct msi_request *req);
int msi_unmap(struct domain *d, unsigned int irq);
int msi_restore(struct pci_sbdf s);
int msix_prepare(struct pci_sbdf s, bool prepare);
/* Context: pci_devs_lock(). */
void msi_device_release(struct pci_dev *dev);
void msi_domain_release(struct domain *d);

#endif
