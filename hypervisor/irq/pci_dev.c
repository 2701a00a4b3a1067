// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI functions of the machine as domain 0 reports them. The hypervisor
 * does not probe buses: it acts on devices at domain 0's word only.
 *
 * The lock serialises everything that looks at a device or sets up its
 * interrupts; pirq and desc locks and the heap's are taken inside it. Not for
 * interrupt context.
 */
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/msi.h>
#include <hv/pci.h>
#include <hv/spinlock.h>

#define PCI_DEVS_MAX	8192

static spinlock_t pcidevs_lock = SPINLOCK_INIT;
static struct pci_dev *devs;
static unsigned int nr_devs;

void pci_devs_lock(void)
{
	spin_lock(&pcidevs_lock);
}

void pci_devs_unlock(void)
{
	spin_unlock(&pcidevs_lock);
}

static bool same_sbdf(struct pci_sbdf a, struct pci_sbdf b)
{
	return a.seg == b.seg && a.bus == b.bus && a.devfn == b.devfn;
}

/** pci_dev_first() - Head of the list. Context: locked. */
struct pci_dev *pci_dev_first(void)
{
	return devs;
}

/** pci_dev_find() - The device at @s, NULL if unknown. Context: locked. */
struct pci_dev *pci_dev_find(struct pci_sbdf s)
{
	struct pci_dev *dev = devs;

	while (dev && !same_sbdf(dev->sbdf, s))
		dev = dev->next;
	return dev;
}

static int add_locked(const struct pci_dev *desc, struct pci_dev **fresh)
{
	struct pci_dev *dev = pci_dev_find(desc->sbdf);

	if (!dev) {
		if (nr_devs == PCI_DEVS_MAX)
			return -ENOSPC;
		dev = *fresh;
		*fresh = NULL;
		dev->next = devs;
		devs = dev;
		nr_devs++;
	}
	dev->sbdf = desc->sbdf;
	dev->is_extfn = desc->is_extfn;
	dev->is_virtfn = desc->is_virtfn;
	dev->physfn = desc->physfn;
	return 0;
}

/**
 * pci_dev_add() - Domain 0 reports a device, or more about a known one.
 * @desc: what it says; copied
 *
 * Context: takes pci_devs_lock().
 * Return: 0; -ENOMEM; -ENOSPC beyond every real machine's number of devices.
 */
int pci_dev_add(const struct pci_dev *desc)
{
	struct pci_dev *fresh = hv_new(struct pci_dev);
	int rc;

	if (!fresh)
		return -ENOMEM;
	pci_devs_lock();
	rc = add_locked(desc, &fresh);
	pci_devs_unlock();
	hv_free(fresh);
	return rc;
}

/* Take the device at @s off the list; NULL if it is not there. */
static struct pci_dev *unlink_locked(struct pci_sbdf s)
{
	for (struct pci_dev **p = &devs; *p; p = &(*p)->next) {
		struct pci_dev *dev = *p;

		if (!same_sbdf(dev->sbdf, s))
			continue;
		*p = dev->next;
		nr_devs--;
		return dev;
	}
	return NULL;
}

/**
 * pci_dev_remove() - Domain 0 reports that a device is gone.
 * @s: where it was
 *
 * Interrupts it still had are taken from their domains.
 * Context: takes pci_devs_lock().
 * Return: 0; -ENODEV if it is not known.
 */
int pci_dev_remove(struct pci_sbdf s)
{
	struct pci_dev *dev;

	pci_devs_lock();
	dev = unlink_locked(s);
	if (dev)
		msi_device_release(dev);
	pci_devs_unlock();
	hv_free(dev);
	return dev ? 0 : -ENODEV;
}

/* Of all ones, as where nothing answers, the pin is off. PCI Local Bus 3.0, 6.2.2 and 6.2.3. */
static bool asserts_pin(struct pci_sbdf s)
{
	return (pci_read16(s, PCI_STATUS) & PCI_STATUS_INTERRUPT) &&
	       !(pci_read16(s, PCI_COMMAND) & PCI_COMMAND_INTX_OFF);
}

/**
 * pci_devs_asserting() - Which devices ask for an interrupt by their pin?
 * @list: filled in
 * @max:  how many it can take
 *
 * Context: takes pci_devs_lock().
 * Return: how many were found, no more than @max.
 */
unsigned int pci_devs_asserting(struct pci_sbdf *list, unsigned int max)
{
	unsigned int n = 0;

	pci_devs_lock();
	for (struct pci_dev *dev = devs; dev && n < max; dev = dev->next)
		if (asserts_pin(dev->sbdf))
			list[n++] = dev->sbdf;
	pci_devs_unlock();
	return n;
}
