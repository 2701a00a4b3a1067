// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message-signalled interrupts: domain 0 asks for one by device, we write the
 * message into the device, mask and unmask it. Domain 0's kernel leaves both
 * alone under Xen and only sets the capability's enable bit.
 *
 * All objects here are guarded by pci_devs_lock(); the controller functions
 * run under a desc's lock and touch only what does not change while the irq
 * exists.
 *
 * ABI: physdev.h, PHYSDEVOP_map_pirq. PCI Local Bus 3.0, 6.8.
 */
#include <hv/msi.h>

#include <hv/errno.h>
#include <hv/irq_desc.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/pirq.h>
#include <hv/printk.h>
#include <hv/start.h>
#include <asm/apic.h>

#define PCI_COMMAND_MEMORY	0x2
#define BAR_IO			0x1
#define BAR_64			0x4
#define BAR_TYPE		0x6
#define BAR_FLAGS		0xf
#define NR_BARS			6

/* MSI capability. */
#define MSI_CONTROL		2
#define MSI_ENABLE		0x0001
#define MSI_CAPABLE(ctl)	((ctl) >> 1 & 7)	/* log2 of messages */
#define MSI_QSIZE_SHIFT		4
#define MSI_QSIZE		(7U << MSI_QSIZE_SHIFT)
#define MSI_64			0x0080
#define MSI_MASKABLE		0x0100
#define MSI_ADDRESS_LO		4
#define MSI_ADDRESS_HI		8
#define MSI_DATA_REG(ctl)	((ctl) & MSI_64 ? 12 : 8)
#define MSI_MASK_REG(ctl)	((ctl) & MSI_64 ? 16 : 12)

/* MSI-X capability and table. */
#define MSIX_CONTROL		2
#define MSIX_ENTRIES(ctl)	(((ctl) & 0x7ff) + 1)
#define MSIX_MASKALL		0x4000
#define MSIX_ENABLE		0x8000
#define MSIX_TABLE		4
#define MSIX_BIR		7
#define MSIX_ENTRY_WORDS	4
#define MSIX_ENTRY_ADDRESS	0
#define MSIX_ENTRY_ADDRESS_HI	1
#define MSIX_ENTRY_DATA		2
#define MSIX_ENTRY_CONTROL	3
#define MSIX_ENTRY_MASKED	1

/* The last one before that of all CPUs: those who send messages there have no such CPU. */
#define APIC_ID_NOBODY		0xfe

struct msi_desc {
	struct msi_desc *next;
	struct pci_dev *dev;
	struct domain *d;
	unsigned int first_irq, nr_irqs;
	u32 first_pirq, nr_pirqs;
	bool msix;
	u16 pos;		/* of the capability */
	/* MSI */
	u16 control;
	spinlock_t mask_lock;	/* the mask register has a bit of each message; innermost */
	/* MSI-X */
	u16 entry;
	volatile u32 *slot;	/* its table entry */
};

struct msi_device {
	struct msi_desc *descs;
	volatile u32 *table;	/* MSI-X table, mapped with the first entry */
	size_t table_bytes;
};

/* Controller. */

bool msi_is_block(const struct msi_desc *m)
{
	return !m->msix && m->nr_irqs > 1;
}

bool msi_is_maskable(const struct msi_desc *m)
{
	return m->msix || m->control & MSI_MASKABLE || !msi_is_block(m);
}

struct pci_sbdf msi_sbdf(const struct msi_desc *m)
{
	return m->dev->sbdf;
}

/*
 * A device that cannot mask its message, and storms, sends it to where nobody
 * is. That loses messages, so it is for storms only.
 */
static bool sends_to_nobody(const struct irq_desc *desc)
{
	const struct msi_desc *m = desc->msi;

	return desc->storm.rests && !m->msix && !(m->control & MSI_MASKABLE) && !msi_is_block(m);
}

static u32 message_address(const struct irq_desc *desc)
{
	return MSI_ADDRESS(sends_to_nobody(desc) ? APIC_ID_NOBODY : percpu_of[desc->cpu]->apic_id);
}

static void write_message(struct irq_desc *desc)
{
	const struct msi_desc *m = desc->msi;
	u32 address = message_address(desc);
	u32 data = MSI_DATA(desc->vector);

	if (m->msix) {
		m->slot[MSIX_ENTRY_ADDRESS] = address;
		m->slot[MSIX_ENTRY_ADDRESS_HI] = 0;
		m->slot[MSIX_ENTRY_DATA] = data;
		return;
	}
	/* The device adds the number of the message to the first one's vector. */
	if (desc->irq != m->first_irq)
		return;
	pci_write32(m->dev->sbdf, m->pos + MSI_ADDRESS_LO, address);
	if (m->control & MSI_64)
		pci_write32(m->dev->sbdf, m->pos + MSI_ADDRESS_HI, 0);
	pci_write16(m->dev->sbdf, m->pos + MSI_DATA_REG(m->control), data);
}

static void set_mask_bit(struct irq_desc *desc, bool masked)
{
	struct msi_desc *m = desc->msi;
	u32 bit = 1U << (desc->irq - m->first_irq), mask;

	spin_lock(&m->mask_lock);
	mask = pci_read32(m->dev->sbdf, m->pos + MSI_MASK_REG(m->control));
	pci_write32(m->dev->sbdf, m->pos + MSI_MASK_REG(m->control),
		    masked ? mask | bit : mask & ~bit);
	spin_unlock(&m->mask_lock);
}

static void set_mask(struct irq_desc *desc, bool masked)
{
	struct msi_desc *m = desc->msi;

	if (m->msix) {
		m->slot[MSIX_ENTRY_CONTROL] = masked ? MSIX_ENTRY_MASKED : 0;
		(void)m->slot[MSIX_ENTRY_CONTROL];	/* the write has arrived */
	} else if (m->control & MSI_MASKABLE) {
		set_mask_bit(desc, masked);
	} else if (!msi_is_block(m)) {
		pci_write32(m->dev->sbdf, m->pos + MSI_ADDRESS_LO, message_address(desc));
	}
}

static void msi_setup(struct irq_desc *desc)
{
	set_mask(desc, true);
	write_message(desc);
}

static void msi_mask(struct irq_desc *desc)
{
	set_mask(desc, true);
}

static void msi_unmask(struct irq_desc *desc)
{
	set_mask(desc, false);
}

const struct irq_controller msi_controller = {
	.name = "PCI-MSI",
	.setup = msi_setup,
	.mask = msi_mask,
	.unmask = msi_unmask,
};

/* The MSI-X table. */

static paddr_t read_bar(struct pci_sbdf s, unsigned int bar)
{
	u32 lo = pci_read32(s, PCI_BAR0 + 4 * bar), hi = 0;

	if (bar >= NR_BARS || (lo & BAR_IO))
		return 0;
	if ((lo & BAR_TYPE) == BAR_64 && bar + 1 < NR_BARS)
		hi = pci_read32(s, PCI_BAR0 + 4 * (bar + 1));
	return ((paddr_t)hi << 32 | lo) & ~(paddr_t)BAR_FLAGS;
}

/* Where we are told to write must be a device, not memory of anybody. */
static bool may_be_device(paddr_t pa, size_t len)
{
	if (!pa || pa + len < pa || (pa + len - 1) >> PADDR_BITS)
		return false;
	return !e820_any(&machine_e820, pa, pa + len, E820_RAM) &&
	       iomem_access_permitted(hardware_domain, _mfn(pa >> PAGE_SHIFT),
				      _mfn((pa + len - 1) >> PAGE_SHIFT));
}

static int map_table(struct pci_dev *dev, unsigned int pos, u64 table_base)
{
	struct msi_device *md = dev->msi;
	u32 table = pci_read32(dev->sbdf, pos + MSIX_TABLE);
	u16 control = pci_read16(dev->sbdf, pos + MSIX_CONTROL);
	paddr_t base;

	if (md->table)
		return 0;
	if (!(pci_read16(dev->sbdf, PCI_COMMAND) & PCI_COMMAND_MEMORY) && !dev->is_virtfn)
		return -ENXIO;
	base = read_bar(dev->sbdf, table & MSIX_BIR);
	/* Virtual functions have no BARs of their own to read. */
	if (!base)
		base = table_base;
	base += table & ~(u32)MSIX_BIR;
	md->table_bytes = MSIX_ENTRIES(control) * MSIX_ENTRY_WORDS * 4;
	if (!may_be_device(base, md->table_bytes)) {
		pr_warn("PCI: " PCI_FMT ": MSI-X table at %#lx is not in device memory\n",
			PCI_ARGS(dev->sbdf), base);
		return -EINVAL;
	}
	md->table = ioremap(base, md->table_bytes);
	return md->table ? 0 : -ENOMEM;
}

static void unmap_table(struct msi_device *md)
{
	if (md->table)
		iounmap((void *)md->table, md->table_bytes);
	md->table = NULL;
}

/* Find and check the capability; fill in @m. */

static int init_msix(struct pci_dev *dev, const struct msi_request *req, struct msi_desc *m)
{
	unsigned int pos = pci_find_cap(dev->sbdf, PCI_CAP_ID_MSIX);
	int rc;

	if (!pos)
		return -ENODEV;
	if (req->entry >= MSIX_ENTRIES(pci_read16(dev->sbdf, pos + MSIX_CONTROL)))
		return -EINVAL;
	rc = map_table(dev, pos, req->table_base);
	if (rc)
		return rc;
	m->pos = pos;
	m->entry = req->entry;
	m->slot = dev->msi->table + req->entry * MSIX_ENTRY_WORDS;
	return 0;
}

static int init_msi(struct pci_dev *dev, struct msi_request *req, struct msi_desc *m)
{
	unsigned int pos = pci_find_cap(dev->sbdf, PCI_CAP_ID_MSI);
	u16 control;

	if (!pos)
		return -ENODEV;
	control = pci_read16(dev->sbdf, pos + MSI_CONTROL);
	if (req->nr > 1U << MSI_CAPABLE(control)) {
		req->nr = 1U << MSI_CAPABLE(control);
		return -ENFILE;
	}
	m->pos = pos;
	m->control = control;
	control &= ~MSI_QSIZE;
	control |= (fls64(m->nr_irqs) - 1) << MSI_QSIZE_SHIFT;
	pci_write16(dev->sbdf, pos + MSI_CONTROL, control);
	return 0;
}

/* A function has either MSI or MSI-X, and each entry once. */
static bool conflicts(const struct msi_device *md, const struct msi_request *req)
{
	for (const struct msi_desc *m = md->descs; m; m = m->next)
		if (!m->msix || !req->msix || m->entry == req->entry)
			return true;
	return false;
}

static int ensure_msi_device(struct pci_dev *dev)
{
	if (!dev->msi)
		dev->msi = hv_new(struct msi_device);
	return dev->msi ? 0 : -ENOMEM;
}

static void unmap_pirqs(struct msi_desc *m)
{
	for (u32 i = 0; i < m->nr_pirqs; i++)
		pirq_unmap(m->d, m->first_pirq + i);
}

/* The domain's own choice, if it made one: free, and among the messages'. */
static int choose_pirqs(const struct msi_desc *m, int wanted)
{
	if (wanted < 0)
		return pirq_reserve(m->d, false, m->nr_pirqs);
	if ((u32)wanted < nr_gsis || wanted + m->nr_pirqs > pirq_count(m->d))
		return -EINVAL;
	for (u32 i = 0; i < m->nr_pirqs; i++)
		if (pirq_to_irq(m->d, wanted + i) >= 0)
			return -EEXIST;
	return wanted;
}

static int map_pirqs(struct msi_desc *m, int wanted)
{
	int pirq = choose_pirqs(m, wanted);

	if (pirq < 0)
		return pirq;
	m->first_pirq = pirq;
	for (u32 i = 0; i < m->nr_pirqs; i++) {
		int rc = pirq_map(m->d, pirq + i, m->first_irq + i);

		if (rc) {
			unmap_pirqs(m);
			return rc;
		}
	}
	return 0;
}

static int setup_irqs(struct msi_desc *m)
{
	int rc = irq_setup_msi(m->first_irq, m->nr_irqs, smp_processor_id(), m);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < m->nr_irqs; i++)
		irq_programme(m->first_irq + i);
	return 0;
}

static void free_irqs(const struct msi_desc *m)
{
	for (unsigned int i = 0; i < m->nr_irqs; i++)
		irq_free_msi(m->first_irq + i);
}

static int map_locked(struct pci_dev *dev, struct msi_request *req, struct msi_desc *m)
{
	int rc = ensure_msi_device(dev);

	if (rc)
		return rc;
	if (conflicts(dev->msi, req))
		return -EEXIST;
	rc = req->msix ? init_msix(dev, req, m) : init_msi(dev, req, m);
	if (rc)
		return rc;
	rc = irq_alloc_msi(m->nr_irqs);
	if (rc < 0)
		return rc;
	m->first_irq = rc;
	rc = setup_irqs(m);
	if (rc)
		return rc;
	rc = map_pirqs(m, req->pirq);
	if (rc) {
		free_irqs(m);
		return rc;
	}
	m->next = dev->msi->descs;
	dev->msi->descs = m;
	return 0;
}

/**
 * msi_map() - Give a domain a number for messages of a device.
 * @d:   domain that will bind it
 * @req: what is wanted; pirq, and nr on -ENFILE, are written back
 *
 * The message is in the device and masked on return.
 * Context: takes pci_devs_lock().
 * Return: 0; -ENODEV if the device is unknown or lacks the capability;
 * -EINVAL for a table that is no device memory, or numbers out of range;
 * -ENFILE for more messages than the device has; -EEXIST if it is in use;
 * -ENXIO if the device does not decode memory; -ENOSPC; -ENOMEM.
 */
int msi_map(struct domain *d, struct msi_request *req)
{
	struct msi_desc *m;
	struct pci_dev *dev;
	int rc = -ENODEV;

	if (!req->nr || req->nr > MSI_VECTORS_MAX || (req->msix && req->nr != 1))
		return -EINVAL;
	m = hv_new(struct msi_desc);
	if (!m)
		return -ENOMEM;
	pci_devs_lock();
	dev = pci_dev_find(req->sbdf);
	if (dev) {
		m->dev = dev;
		m->d = d;
		m->msix = req->msix;
		m->nr_pirqs = req->nr;
		spin_lock_init(&m->mask_lock);
		m->nr_irqs = 1U << fls64(req->nr - 1);
		rc = map_locked(dev, req, m);
	}
	pci_devs_unlock();
	if (rc)
		hv_free(m);
	else
		req->pirq = m->first_pirq;
	return rc;
}

static void release_desc(struct msi_desc *m)
{
	struct msi_device *md = m->dev->msi;

	unmap_pirqs(m);
	free_irqs(m);
	for (struct msi_desc **p = &md->descs; *p; p = &(*p)->next) {
		if (*p != m)
			continue;
		*p = m->next;
		break;
	}
	hv_free(m);
	if (!md->descs)
		unmap_table(md);
}

/**
 * msi_unmap() - Undo msi_map().
 * @d:   domain
 * @irq: that its pirq stands for
 *
 * Context: takes pci_devs_lock().
 * Return: 0; -EINVAL if @irq is not @d's, or not the first of several.
 */
int msi_unmap(struct domain *d, unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct msi_desc *m;
	int rc = -EINVAL;

	pci_devs_lock();
	m = desc ? desc->msi : NULL;
	if (m && m->d == d && m->first_irq == irq) {
		release_desc(m);
		rc = 0;
	}
	pci_devs_unlock();
	return rc;
}

void msi_device_release(struct pci_dev *dev)
{
	if (!dev->msi)
		return;
	while (dev->msi->descs)
		release_desc(dev->msi->descs);
	/* It may be mapped without: msix_prepare(), or a msi_map() that failed. */
	unmap_table(dev->msi);
	hv_free(dev->msi);
	dev->msi = NULL;
}

static void release_of_domain(struct pci_dev *dev, struct domain *d)
{
	struct msi_desc *m = dev->msi ? dev->msi->descs : NULL;

	while (m) {
		struct msi_desc *next = m->next;

		if (m->d == d)
			release_desc(m);
		m = next;
	}
}

/**
 * msi_domain_release() - Undo every msi_map() for a domain.
 * @d: dying
 */
void msi_domain_release(struct domain *d)
{
	pci_devs_lock();
	for (struct pci_dev *dev = pci_dev_first(); dev; dev = dev->next)
		release_of_domain(dev, d);
	pci_devs_unlock();
}

static void restore_desc(const struct msi_desc *m)
{
	for (unsigned int i = 0; i < m->nr_irqs; i++)
		irq_reprogramme(m->first_irq + i);
	if (m->msix)
		pci_write16(m->dev->sbdf, m->pos + MSIX_CONTROL, MSIX_ENABLE);
	else
		pci_write16(m->dev->sbdf, m->pos + MSI_CONTROL, MSI_ENABLE |
			    (fls64(m->nr_irqs) - 1) << MSI_QSIZE_SHIFT);
}

/**
 * msi_restore() - Write messages and enable bits anew, after a reset.
 * @s: function
 *
 * ABI: physdev.h, PHYSDEVOP_restore_msi_ext.
 * Return: 0; -ENODEV if it is not known; -ESRCH if it has none.
 */
int msi_restore(struct pci_sbdf s)
{
	struct pci_dev *dev;
	int rc = -ENODEV;

	pci_devs_lock();
	dev = pci_dev_find(s);
	if (dev)
		rc = dev->msi && dev->msi->descs ? 0 : -ESRCH;
	if (!rc)
		for (const struct msi_desc *m = dev->msi->descs; m; m = m->next)
			restore_desc(m);
	pci_devs_unlock();
	return rc;
}

/**
 * msix_prepare() - A device is (not) about to be given to another domain.
 * @s:       function
 * @prepare: map its MSI-X table beforehand, or give that up
 *
 * ABI: physdev.h, PHYSDEVOP_prepare_msix and _release_msix.
 * Return: 0, also for a function without MSI-X; -ENODEV if it is not known;
 * -EBUSY if its interrupts are in use; those of mapping the table.
 */
int msix_prepare(struct pci_sbdf s, bool prepare)
{
	unsigned int pos;
	struct pci_dev *dev;
	int rc = -ENODEV;

	pci_devs_lock();
	dev = pci_dev_find(s);
	if (dev)
		rc = ensure_msi_device(dev);
	if (rc)
		goto out;
	pos = pci_find_cap(s, PCI_CAP_ID_MSIX);
	if (!pos)
		goto out;
	if (dev->msi->descs)
		rc = -EBUSY;
	else if (prepare)
		rc = map_table(dev, pos, 0);
	else
		unmap_table(dev->msi);
out:
	pci_devs_unlock();
	return rc;
}

static bool overlap(unsigned int reg, unsigned int bytes, unsigned int first, unsigned int end)
{
	return reg < end && reg + bytes > first;
}

/* The messages' number is ours, the enable bit domain 0's. */
static u32 filter_control(const struct msi_desc *m, u32 val)
{
	return (val & ~MSI_QSIZE) | (fls64(m->nr_irqs) - 1) << MSI_QSIZE_SHIFT;
}

static bool filter_msi(const struct msi_desc *m, unsigned int reg, unsigned int bytes, u32 *val)
{
	unsigned int end = m->pos + MSI_DATA_REG(m->control) + 2;

	if (m->control & MSI_MASKABLE)
		end = m->pos + MSI_MASK_REG(m->control) + 4;
	if (overlap(reg, bytes, m->pos + MSI_ADDRESS_LO, end))
		return false;
	if (reg == m->pos + MSI_CONTROL + 0U)
		*val = filter_control(m, *val);
	else if (reg == m->pos + 0U && bytes == 4)
		*val = (*val & 0xffff) | filter_control(m, *val >> 16) << 16;
	return true;
}

bool msi_config_write_allowed(struct pci_sbdf s, unsigned int reg, unsigned int bytes, u32 *val)
{
	struct pci_dev *dev;
	bool allowed = true;

	pci_devs_lock();
	dev = pci_dev_find(s);
	if (dev && dev->msi && dev->msi->descs && !dev->msi->descs->msix)
		allowed = filter_msi(dev->msi->descs, reg, bytes, val);
	pci_devs_unlock();
	return allowed;
}
