// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a hostile frontend: requests on pciback's shared page, 24 bytes
 * each, against the model of a device. Whatever it asks, what is not the guest's
 * stays as it was, and nothing but the answer is written to the page.
 */
#include "model.h"

#define check(ok)							\
do {									\
	if (!(ok)) {							\
		fprintf(stderr, "line %d: not so: %s\n", __LINE__, #ok);	\
		abort();						\
	}								\
} while (0)

struct record {
	u8 cmd;
	u8 dev;		/* 0: the right one */
	u8 flags;	/* bit 0: sysfs gives interrupt control, 1: permissive, 2: any size */
	u8 size;
	s16 offset;
	u16 wild;	/* 0: the offset as it is */
	u32 value;
	u32 entries[3];
};

static struct pci_dev dev, first;
static struct pb_dev pb;
static struct pb_guest guest;
static struct pb_export export;
static union {
	struct xen_pci_sharedinfo info;
	u8 byte[PAGE_SIZE];
} page;

static u32 kept(int where, int size, u32 mask)
{
	return !((hw_get(&dev, where, size) ^ hw_get(&first, where, size)) & mask);
}

/* In whatever mode. */
static void always(void)
{
	int bar;

	check(kept(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_SERR |
		   PCI_COMMAND_PARITY));
	check(kept(PCI_VENDOR_ID, 4, U32_MAX));
	for (bar = 0; bar < 6; bar++)
		check(kept(PCI_BASE_ADDRESS_0 + 4 * bar, 4, U32_MAX));
	check(kept(PCI_ROM_ADDRESS, 4, ~PCI_ROM_ADDRESS_ENABLE));
	check(!pb.lock.held && !guest.lock.held);
	check(!(page.info.flags & XEN_PCIF_active));
}

static void unless_permissive(void)
{
	check(!memcmp(dev.hw + 0x100, first.hw + 0x100, FAKE_CFG - 0x100));
	check(!memcmp(dev.hw + 0x40, first.hw + 0x40, CAP_VPD - 0x40));
	check(kept(CAP_MSI + PCI_MSI_ADDRESS_LO, 4, U32_MAX));
	check(kept(CAP_VPD + PCI_VPD_DATA, 4, U32_MAX));
	check(kept(CAP_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD |
		   PCI_EXP_DEVCTL_URRE | PCI_EXP_DEVCTL_FERE));
	check(kept(CAP_EXP + PCI_EXP_LNKCTL, 2, U32_MAX));
	check(kept(CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_STATE_MASK));
	check(!(hw_get(&dev, CAP_VPD + PCI_VPD_ADDR, 2) & PCI_VPD_ADDR_F));
	if (!pb.intr_control) {
		check(kept(CAP_MSI + PCI_MSI_FLAGS, 2, U32_MAX));
		check(kept(CAP_MSIX + PCI_MSIX_FLAGS, 2, U32_MAX));
		check(kept(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE));
	}
	/* never two kinds at once */
	check(!(hw_get(&dev, CAP_MSI + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE) ||
	      !(hw_get(&dev, CAP_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE));
}

static void start(void)
{
	fake_device(&dev);
	hw_set(&dev, PCI_COMMAND, 2, 3 | PCI_COMMAND_SERR);
	first = dev;
	fake_pb(&pb, &dev);
	memset(&page, 0, sizeof(page));
	memset(&guest, 0, sizeof(guest));
	INIT_LIST_HEAD(&guest.exports);
	export = (struct pb_export){ .pb = &pb };
	list_add_tail(&export.list, &guest.exports);
	guest.shared = &page.info;
}

static void request(const struct record *r)
{
	struct xen_pci_op *op = &page.info.op;
	unsigned int i;

	pb.intr_control |= r->flags & 1;
	pb.permissive |= r->flags & 2;
	*op = (struct xen_pci_op){
		.cmd = r->cmd & 0x80 ? r->value : r->cmd, .devfn = r->dev, .bus = r->dev >> 4,
		.offset = r->wild ? (int)((u32)r->wild << 16 | (u16)r->offset) : r->offset,
		.size = r->flags & 4 ? (int)r->value : r->size, .value = r->value,
	};
	for (i = 0; i < SH_INFO_MAX_VEC; i++)
		op->msix_entries[i].entry = r->entries[i % 3] >> (i & 16);
	page.info.flags |= XEN_PCIF_active | (r->flags & 0xf8);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 tail[PAGE_SIZE - sizeof(page.info)];
	struct record r;

	for (start(); size >= sizeof(r); data += sizeof(r), size -= sizeof(r)) {
		memcpy(&r, data, sizeof(r));
		request(&r);
		check(pb_event(&guest));
		check(!memcmp(page.byte + sizeof(page.info), tail, sizeof(tail)));
		always();
		if (!pb.permissive)
			unless_permissive();
	}
	pb_config_free(&pb);
	return 0;
}
