/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's configuration space in memory, and what the kernel does with it, for
 * the unit tests and the fuzzer. A network card: a 32-bit, a 64-bit and a port BAR,
 * a ROM, all the capabilities that the tables know.
 */
#include "pciback.h"

#define CAP_PM		0xc8
#define CAP_MSI		0xd0
#define CAP_EXP		0xe0
#define CAP_MSIX	0xa0
#define CAP_VPD		0x60

unsigned int fake_messages;
bool pb_permissive;
static int power_calls, intx_updates, notifies;
static u8 fake_mode;	/* of MSI: 1 MSI, 2 MSI-X */
static bool soft_reset;	/* the device forgets its configuration in D3 */

static void in_range(const struct pci_dev *d, int where, int size)
{
	if (where < 0 || where % size || where + size > d->cfg_size)
		abort();
}

static int fake_read(const struct pci_dev *d, int where, void *val, int size)
{
	in_range(d, where, size);
	memcpy(val, d->hw + where, size);
	return 0;
}

static int fake_write(struct pci_dev *d, int where, u32 val, int size)
{
	u8 byte, *hw;

	in_range(d, where, size);
	for (; size--; where++, val >>= 8) {
		byte = val;
		hw = &d->hw[where];
		*hw &= ~(byte & d->w1c[where]);
		*hw = (*hw & ~d->rw[where]) | (byte & d->rw[where]);
	}
	return 0;
}

int pci_read_config_byte(const struct pci_dev *d, int where, u8 *val)
{
	return fake_read(d, where, val, 1);
}

int pci_read_config_word(const struct pci_dev *d, int where, u16 *val)
{
	return fake_read(d, where, val, 2);
}

int pci_read_config_dword(const struct pci_dev *d, int where, u32 *val)
{
	return fake_read(d, where, val, 4);
}

int pci_write_config_byte(struct pci_dev *d, int where, u8 val)
{
	return fake_write(d, where, val, 1);
}

int pci_write_config_word(struct pci_dev *d, int where, u16 val)
{
	return fake_write(d, where, val, 2);
}

int pci_write_config_dword(struct pci_dev *d, int where, u32 val)
{
	return fake_write(d, where, val, 4);
}

static u32 hw_get(const struct pci_dev *d, int where, int size)
{
	u32 val = 0;

	memcpy(&val, d->hw + where, size);
	return val;
}

static void hw_set(struct pci_dev *d, int where, int size, u32 val)
{
	memcpy(d->hw + where, &val, size);
}

u8 pci_find_capability(struct pci_dev *d, int cap)
{
	int at, left = 48;

	for (at = d->hw[PCI_CAPABILITY_LIST]; at && left--; at = d->hw[at + 1])
		if (d->hw[at] == cap)
			return at;
	return 0;
}

static void fake_command(struct pci_dev *d, u16 bit, bool on)
{
	u16 cmd = hw_get(d, PCI_COMMAND, 2);

	hw_set(d, PCI_COMMAND, 2, on ? cmd | bit : cmd & ~bit);
}

void pci_set_master(struct pci_dev *d)
{
	d->is_busmaster = 1;
	fake_command(d, PCI_COMMAND_MASTER, true);
}

void pci_clear_master(struct pci_dev *d)
{
	d->is_busmaster = 0;
	fake_command(d, PCI_COMMAND_MASTER, false);
}

int pci_try_set_mwi(struct pci_dev *d)
{
	fake_command(d, PCI_COMMAND_INVALIDATE, true);
	return 0;
}

void pci_clear_mwi(struct pci_dev *d)
{
	fake_command(d, PCI_COMMAND_INVALIDATE, false);
}

void pci_intx(struct pci_dev *d, int on)
{
	fake_command(d, PCI_COMMAND_INTX_DISABLE, !on);
}

int pci_set_power_state(struct pci_dev *d, pci_power_t state)
{
	if (state < 0 || state > 3)
		abort();
	power_calls++;
	if (soft_reset && d->current_state == 3 && !state) {
		hw_set(d, PCI_COMMAND, 2, 0);
		hw_set(d, PCI_BASE_ADDRESS_0, 4, 0);
	}
	d->current_state = state;
	return state == 1 ? -EINVAL : 0;	/* this one knows no D1 */
}

void pb_intx_update(struct pb_dev *pb, bool wanted)
{
	intx_updates++;
	pb->isr_on = wanted;
}

int pb_enable_msi(struct pb_dev *pb, struct xen_pci_op *op)
{
	if (pb->lock.held != 1)
		abort();
	fake_mode = 1;
	op->value = 77;
	return XEN_PCI_ERR_success;
}

int pb_disable_msi(struct pb_dev *pb, struct xen_pci_op *op)
{
	fake_mode = 0;
	return XEN_PCI_ERR_success;
}

int pb_enable_msix(struct pb_dev *pb, struct xen_pci_op *op)
{
	u32 i;

	if (!op->value || op->value > SH_INFO_MAX_VEC)
		return XEN_PCI_ERR_op_failed;
	for (i = 0; i < op->value; i++)
		op->msix_entries[i].vector = 100 + i;
	op->value = 0;
	fake_mode = 2;
	return XEN_PCI_ERR_success;
}

int pb_disable_msix(struct pb_dev *pb, struct xen_pci_op *op)
{
	fake_mode = 0;
	return XEN_PCI_ERR_success;
}

bool pb_aer_answered(struct pb_guest *guest)
{
	return false;
}

bool pb_below_export(struct list_head *exports, const struct pb_export *export)
{
	return false;
}

void xenbus_be_event_notify(struct xenbus_be_event *ev)
{
	notifies++;
}

static void fake_cap(struct pci_dev *d, int at, u8 id)
{
	d->hw[at] = id;
	d->hw[at + 1] = d->hw[PCI_CAPABILITY_LIST];
	d->hw[PCI_CAPABILITY_LIST] = at;
	d->rw[at] = d->rw[at + 1] = 0;
}

static void fake_device(struct pci_dev *d)
{
	static struct pci_bus bus = { .number = 3 };

	*d = (struct pci_dev){
		.bus = &bus, .vendor = 0x8086, .device = 0x10d3, .cfg_size = FAKE_CFG,
		.subsystem_vendor = 0x8086, .subsystem_device = 0x1234,
		.res = {
			{ IORESOURCE_MEM, 0xfe000000, 0x20000 },
			{ IORESOURCE_MEM | IORESOURCE_MEM_64 | 4, 0x380000000000, 0x200000000 },
			{ 0 },
			{ IORESOURCE_IO | 1, 0xc000, 0x20 },
			{ 0 }, { 0 },
			{ IORESOURCE_MEM, 0xfd000000, 0x40000 },
		},
	};
	/* Nothing is read-only in the hardware, so that any write that gets through is seen. */
	memset(d->rw, 0xff, sizeof(d->rw));
	hw_set(d, PCI_VENDOR_ID, 4, 0x10d38086);
	hw_set(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	hw_set(d, PCI_STATUS, 2, PCI_STATUS_CAP_LIST | 0xf900);
	memset(d->rw + PCI_STATUS, 0, 2);
	d->w1c[PCI_STATUS + 1] = 0xf9;
	hw_set(d, PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	hw_set(d, PCI_BASE_ADDRESS_1, 4, 0x00000004);
	hw_set(d, PCI_BASE_ADDRESS_2, 4, 0x3800);
	hw_set(d, PCI_BASE_ADDRESS_3, 4, 0xc001);
	hw_set(d, PCI_ROM_ADDRESS, 4, 0xfd000000);
	d->hw[PCI_INTERRUPT_LINE] = 11;
	d->hw[PCI_INTERRUPT_PIN] = 1;
	fake_cap(d, CAP_VPD, PCI_CAP_ID_VPD);
	fake_cap(d, CAP_MSIX, PCI_CAP_ID_MSIX);
	fake_cap(d, CAP_EXP, PCI_CAP_ID_EXP);
	fake_cap(d, CAP_MSI, PCI_CAP_ID_MSI);
	fake_cap(d, CAP_PM, PCI_CAP_ID_PM);
	hw_set(d, CAP_PM + PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK | 3);
	hw_set(d, CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_STATUS);
	d->rw[CAP_PM + PCI_PM_CTRL + 1] = 0x7f;
	d->w1c[CAP_PM + PCI_PM_CTRL + 1] = 0x80;
	hw_set(d, CAP_EXP + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR | 0x8000);
	hw_set(d, CAP_EXP + PCI_EXP_DEVSTA, 2, 0xf);
	d->rw[CAP_EXP + PCI_EXP_DEVSTA] = 0xf0;
	d->w1c[CAP_EXP + PCI_EXP_DEVSTA] = 0xf;
	hw_set(d, 0x100, 4, 0x14810001);
}

static void fake_pb(struct pb_dev *pb, struct pci_dev *d)
{
	memset(pb, 0, sizeof(*pb));
	pb->pdev = d;
	pb->gsi = 21;
	pb_config_init(pb);
}
