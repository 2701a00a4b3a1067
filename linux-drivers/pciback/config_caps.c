// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capabilities' fields as a guest sees them. A capability that is not here
 * is read-only; so is all of extended configuration space.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <xen/interface/io/pciif.h>

#include "config.h"

/* Identifier and link to the next: read as they are, writes have no effect. */
#define CAP_HEADER	{ .offset = PCI_CAP_LIST_ID, .size = 2 }

/* Power management: the kernel makes the change; what the device forgot in D3 is put back. */

static int write_power(struct pb_dev *pb, int where, u32 val)
{
	const u32 own = PCI_PM_CTRL_DATA_SEL_MASK;
	u32 hw = pb_hw_read(pb, where, 2) & ~PCI_PM_CTRL_PME_STATUS;
	u32 next = (hw & ~own) | (val & (own | PCI_PM_CTRL_PME_STATUS));

	if (next != hw && pb_hw_write(pb, where, 2, next))
		return XEN_PCI_ERR_op_failed;
	if (pci_set_power_state(pb->pdev, (__force pci_power_t)(val & PCI_PM_CTRL_STATE_MASK)))
		return XEN_PCI_ERR_op_failed;
	pb_decode_again(pb);
	return XEN_PCI_ERR_success;
}

/* Wake-up signals are shared with other devices, so there are none for guests. */
const struct pb_field pb_cap_pm[] = {
	CAP_HEADER,
	{ .offset = PCI_PM_PMC, .size = 2, .hide = PCI_PM_CAP_PME_MASK },
	{ .offset = PCI_PM_CTRL, .size = 2, .write = write_power },
	{ .offset = PCI_PM_PPB_EXTENSIONS, .size = 1 },
	{ .offset = PCI_PM_DATA_REGISTER, .size = 1 },
	{ }
};

/* Vital product data can be read; bit 15 of the address starts a write. */

static int write_vpd_address(struct pb_dev *pb, int where, u32 val)
{
	if (val & PCI_VPD_ADDR_F)
		return XEN_PCI_ERR_access_denied;
	return pb_hw_write(pb, where, 2, val);
}

const struct pb_field pb_cap_vpd[] = {
	CAP_HEADER,
	{ .offset = PCI_VPD_ADDR, .size = 2, .write = write_vpd_address },
	{ .offset = PCI_VPD_DATA, .size = 4 },
	{ }
};

/*
 * MSI and MSI-X are the hypervisor's to program: a PV guest asks by request. A
 * device model in a guest of its own does it by the enable bits, if sysfs allows
 * that (allow_interrupt_control), one of the two at a time. INTx need not be off
 * before: Linux turns it off afterwards, and a device with either of them on does
 * not use it (PCI Express 6.0, 7.7.1.2 and 7.7.2.2).
 */

static bool another_kind(struct pb_dev *pb, int where)
{
	int msi = pci_find_capability(pb->pdev, PCI_CAP_ID_MSI);
	int msix = pci_find_capability(pb->pdev, PCI_CAP_ID_MSIX);

	if (msi && where != msi + PCI_MSI_FLAGS &&
	    (pb_hw_read(pb, msi + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE))
		return true;
	return msix && where != msix + PCI_MSIX_FLAGS &&
	       (pb_hw_read(pb, msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE);
}

static int write_flags(struct pb_dev *pb, int where, u32 val, u32 enable, u32 allowed)
{
	u32 hw = pb_hw_read(pb, where, 2);

	if (pb_is_permissive(pb))
		return pb_hw_write(pb, where, 2, val);
	if (val == hw)
		return XEN_PCI_ERR_success;
	if (!READ_ONCE(pb->intr_control) || ((val ^ hw) & ~allowed) ||
	    ((val & enable) && another_kind(pb, where)))
		return XEN_PCI_ERR_access_denied;
	return pb_hw_write(pb, where, 2, val);
}

static int write_msi_flags(struct pb_dev *pb, int where, u32 val)
{
	return write_flags(pb, where, val, PCI_MSI_FLAGS_ENABLE, PCI_MSI_FLAGS_ENABLE);
}

static int write_msix_flags(struct pb_dev *pb, int where, u32 val)
{
	return write_flags(pb, where, val, PCI_MSIX_FLAGS_ENABLE,
			   PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

const struct pb_field pb_cap_msi[] = {
	CAP_HEADER,
	{ .offset = PCI_MSI_FLAGS, .size = 2, .write = write_msi_flags },
	{ }
};

const struct pb_field pb_cap_msix[] = {
	CAP_HEADER,
	{ .offset = PCI_MSIX_FLAGS, .size = 2, .write = write_msix_flags },
	{ }
};

/*
 * PCI Express: how the device orders and sizes its own requests is the guest's
 * business. Error reporting is not, as errors are reported to the host; payload
 * size, link and completion timeout are not, as others on the way depend on
 * them. Nor is a reset, which takes the state that the host keeps with it.
 */
const struct pb_field pb_cap_exp[] = {
	CAP_HEADER,
	{ .offset = PCI_EXP_DEVCAP, .size = 4, .hide = PCI_EXP_DEVCAP_FLR },
	{ .offset = PCI_EXP_DEVCTL, .size = 2,
	  .rw = PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ },
	{ .offset = PCI_EXP_DEVSTA, .size = 2,
	  .rw1c = PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
		  PCI_EXP_DEVSTA_URD },
	{ .offset = PCI_EXP_LNKCTL, .size = 2 },
	{ }
};
