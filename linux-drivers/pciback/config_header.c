// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header's fields as a guest sees them.
 *
 * From hand-over to hand-back the device decodes its memory and ports, whatever
 * the guest writes: an access to a range that nobody decodes ends in an error
 * that some machines report as a fatal one (XSA-120). So these bits of the
 * command register are the guest's own copy, in which they are set at first.
 *
 * Addresses are the machine's, which a PV guest maps as they are; only their
 * size can be asked for, by writing ones.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <xen/interface/io/pciif.h>

#include "config.h"

#define CMD_DECODE	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)
/* The guest's copy; all other bits are the hardware's. */
#define CMD_COPY	(CMD_DECODE | PCI_COMMAND_INTX_DISABLE)
/* A permissive guest's too: of no effect outside the device. */
#define CMD_EXTRA	(PCI_COMMAND_SPECIAL | PCI_COMMAND_VGA_PALETTE | PCI_COMMAND_WAIT | \
			 PCI_COMMAND_FAST_BACK)

#define STATUS_RW1C	(PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |	\
			 PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |	\
			 PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

#define ROM_BIT		6	/* of pb_dev.sizing */

static u32 read_vendor(struct pb_dev *pb, int where, u32 hw)
{
	return pb->pdev->vendor;	/* a virtual function shows all ones */
}

static u32 read_device(struct pb_dev *pb, int where, u32 hw)
{
	return pb->pdev->device;
}

static u32 read_command(struct pb_dev *pb, int where, u32 hw)
{
	return (hw & ~CMD_COPY) | pb->cmd;
}

/* The upper half of the 64-bit BAR before it. */
static bool is_upper_half(const struct pci_dev *pdev, int bar)
{
	return bar && (pci_resource_flags(pdev, bar - 1) & IORESOURCE_MEM_64);
}

static u32 bar_address(const struct pci_dev *pdev, int bar)
{
	unsigned long flags = pci_resource_flags(pdev, bar);

	if (is_upper_half(pdev, bar))
		return (u64)pci_resource_start(pdev, bar - 1) >> 32;
	if (flags & IORESOURCE_IO)
		return pci_resource_start(pdev, bar) | (flags & ~PCI_BASE_ADDRESS_IO_MASK & 0x3);
	return pci_resource_start(pdev, bar) | (flags & ~PCI_BASE_ADDRESS_MEM_MASK & 0xf);
}

static int nr_bars(const struct pci_dev *pdev)
{
	return pdev->hdr_type == PCI_HEADER_TYPE_BRIDGE ? 2 : 6;
}

/**
 * pb_decode_bits() - The bits of the command register that a device's BARs need.
 * @pdev: a virtual function does not have the bits, as its BARs are not its own
 */
u16 pb_decode_bits(const struct pci_dev *pdev)
{
	u16 bits = 0;
	int bar;

	for (bar = 0; !pdev->is_virtfn && bar < nr_bars(pdev); bar++) {
		if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
			bits |= PCI_COMMAND_IO;
		if (pci_resource_flags(pdev, bar) & IORESOURCE_MEM)
			bits |= PCI_COMMAND_MEMORY;
	}
	return bits;
}

/**
 * pb_decode_again() - Have a device that was handed over decode its addresses.
 * @pb: the device
 *
 * It forgets addresses and command register in a reset of its own, and mostly on
 * its way back from D3, and what the guest writes there does not reach it.
 *
 * Context: process; pb->lock held.
 */
void pb_decode_again(struct pb_dev *pb)
{
	u32 hw = pb_hw_read(pb, PCI_COMMAND, 2);
	u16 lost = pb_decode_bits(pb->pdev) & ~hw;
	int bar, where;

	if (!lost || pb->pdev->current_state != PCI_D0)
		return;
	for (bar = 0; bar < nr_bars(pb->pdev); bar++) {
		where = PCI_BASE_ADDRESS_0 + 4 * bar;
		if (pb_hw_read(pb, where, 4) != bar_address(pb->pdev, bar))
			pb_hw_write(pb, where, 4, bar_address(pb->pdev, bar));
	}
	pb_hw_write(pb, PCI_COMMAND, 2, hw | lost);
}

/**
 * pb_decodes_memory() - Does the device answer at its memory addresses?
 * @pb: the device
 *
 * Context: process; pb->lock held.
 */
bool pb_decodes_memory(struct pb_dev *pb)
{
	u32 hw = pb_hw_read(pb, PCI_COMMAND, 2);

	return pb->pdev->current_state == PCI_D0 && hw != 0xffff &&
	       (pb->pdev->is_virtfn || (hw & PCI_COMMAND_MEMORY));
}

static bool may_control_intx(const struct pb_dev *pb)
{
	return pb_is_permissive(pb) || READ_ONCE(pb->intr_control);
}

/* Not what the kernel remembers counts: a reset of any kind may have cleared the bit. */
static void write_master(struct pb_dev *pb, u32 val, u32 hw)
{
	if (!((val ^ hw) & PCI_COMMAND_MASTER))
		return;
	if (val & PCI_COMMAND_MASTER)
		pci_set_master(pb->pdev);
	else
		pci_clear_master(pb->pdev);
}

static void write_mwi(struct pb_dev *pb, u32 val, u32 hw)
{
	if (!((val ^ hw) & PCI_COMMAND_INVALIDATE))
		return;
	if (val & PCI_COMMAND_INVALIDATE)
		pci_try_set_mwi(pb->pdev);
	else
		pci_clear_mwi(pb->pdev);
}

static int write_command(struct pb_dev *pb, int where, u32 val)
{
	u16 old = pb->cmd;
	u32 hw;

	pb->cmd = val & CMD_COPY;
	if (pb->turned_on != !!(val & CMD_DECODE)) {
		pb->turned_on = val & CMD_DECODE;
		pb_intx_update(pb, pb->turned_on);
	}
	if (val & CMD_DECODE)
		pb_decode_again(pb);
	hw = pb_hw_read(pb, where, 2);
	write_master(pb, val, hw);
	write_mwi(pb, val, hw);
	if (may_control_intx(pb) && ((old ^ val) & PCI_COMMAND_INTX_DISABLE))
		pci_intx(pb->pdev, !(val & PCI_COMMAND_INTX_DISABLE));
	if (!pb_is_permissive(pb))
		return XEN_PCI_ERR_success;
	hw = pb_hw_read(pb, where, 2);
	if (!((hw ^ val) & CMD_EXTRA))
		return XEN_PCI_ERR_success;
	return pb_hw_write(pb, where, 2, (hw & ~CMD_EXTRA) | (val & CMD_EXTRA));
}

/* Tells a PV guest which interrupt line to bind. */
static u32 read_line(struct pb_dev *pb, int where, u32 hw)
{
	return pb->gsi & 0xff;
}

static bool is_rom(const struct pb_dev *pb, int where)
{
	return where == (pb->pdev->hdr_type == PCI_HEADER_TYPE_BRIDGE ? PCI_ROM_ADDRESS1 :
									PCI_ROM_ADDRESS);
}

static u32 bar_size_mask(const struct pci_dev *pdev, int bar)
{
	u64 len;

	if (is_upper_half(pdev, bar)) {
		len = pci_resource_len(pdev, bar - 1);
		return len ? ~(len - 1) >> 32 : 0;
	}
	len = pci_resource_len(pdev, bar);
	if (!len)
		return 0;
	if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
		return (u32)~(len - 1) | (bar_address(pdev, bar) & 0x3);
	return (u32)~(len - 1) | (bar_address(pdev, bar) & 0xf);
}

static u32 read_bar(struct pb_dev *pb, int where, u32 hw)
{
	int bar = (where - PCI_BASE_ADDRESS_0) / 4;

	return pb->sizing & 1 << bar ? bar_size_mask(pb->pdev, bar) : bar_address(pb->pdev, bar);
}

/* The device may have lost its address in a reset of its own: what it had may be put back. */
static int restore(struct pb_dev *pb, int where, u32 val, u32 right)
{
	if (val != right || pb_hw_read(pb, where, 4) == right)
		return XEN_PCI_ERR_success;
	return pb_hw_write(pb, where, 4, right);
}

static int write_bar(struct pb_dev *pb, int where, u32 val)
{
	int bar = (where - PCI_BASE_ADDRESS_0) / 4;

	if (val == U32_MAX) {
		pb->sizing |= 1 << bar;
		return XEN_PCI_ERR_success;
	}
	pb->sizing &= ~(1 << bar);
	return restore(pb, where, val, bar_address(pb->pdev, bar));
}

static u32 read_rom(struct pb_dev *pb, int where, u32 hw)
{
	u64 len = pci_resource_len(pb->pdev, PCI_ROM_RESOURCE);

	if (!len)
		return 0;
	if (pb->sizing & 1 << ROM_BIT)
		return (u32)~(len - 1) & PCI_ROM_ADDRESS_MASK;
	return (pci_resource_start(pb->pdev, PCI_ROM_RESOURCE) & PCI_ROM_ADDRESS_MASK) |
	       (hw & PCI_ROM_ADDRESS_ENABLE);
}

/* Only a ROM that has been given an address may answer there. */
static int write_rom(struct pb_dev *pb, int where, u32 val)
{
	u32 right = pci_resource_start(pb->pdev, PCI_ROM_RESOURCE) & PCI_ROM_ADDRESS_MASK;

	if ((val & PCI_ROM_ADDRESS_MASK) == (u32)PCI_ROM_ADDRESS_MASK) {
		pb->sizing |= 1 << ROM_BIT;
		return XEN_PCI_ERR_success;
	}
	pb->sizing &= ~(1 << ROM_BIT);
	if (!right || !is_rom(pb, where) || (val & PCI_ROM_ADDRESS_MASK) != right)
		return XEN_PCI_ERR_success;
	return restore(pb, where, val & (PCI_ROM_ADDRESS_MASK | PCI_ROM_ADDRESS_ENABLE),
		       right | (val & PCI_ROM_ADDRESS_ENABLE));
}

const struct pb_field pb_header_common[] = {
	{ .offset = PCI_VENDOR_ID, .size = 2, .read = read_vendor },
	{ .offset = PCI_DEVICE_ID, .size = 2, .read = read_device },
	{ .offset = PCI_COMMAND, .size = 2, .read = read_command, .write = write_command },
	{ .offset = PCI_STATUS, .size = 2, .rw1c = STATUS_RW1C },
	{ .offset = PCI_CACHE_LINE_SIZE, .size = 1, .rw = 0xff },
	{ .offset = PCI_LATENCY_TIMER, .size = 1 },
	{ .offset = PCI_BIST, .size = 1, .rw = PCI_BIST_START },
	{ .offset = PCI_INTERRUPT_LINE, .size = 1, .read = read_line },
	{ .offset = PCI_INTERRUPT_PIN, .size = 1 },
	{ }
};

#define BAR(n)	{ .offset = PCI_BASE_ADDRESS_0 + 4 * (n), .size = 4, \
		  .read = read_bar, .write = write_bar }
#define ROM(at)	{ .offset = (at), .size = 4, .read = read_rom, .write = write_rom }

const struct pb_field pb_header_normal[] = {
	BAR(0), BAR(1), BAR(2), BAR(3), BAR(4), BAR(5),
	ROM(PCI_ROM_ADDRESS),
	{ }
};

const struct pb_field pb_header_bridge[] = {
	BAR(0), BAR(1),
	ROM(PCI_ROM_ADDRESS1),
	{ }
};
