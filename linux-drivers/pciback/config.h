/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration space that a guest sees of its device.
 *
 * What a guest may write, and what it reads other than the hardware's value, is
 * in tables of fields: config_header.c, config_caps.c, and a device's quirks.
 * All else it reads from the hardware and cannot write.
 */
#ifndef HOSPES_PCIBACK_CONFIG_H
#define HOSPES_PCIBACK_CONFIG_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "address.h"

struct pb_guest;

#define PB_NAME		"pciback"	/* of the PCI driver: tools look for it in sysfs */

#define PB_NR_REGIONS	7	/* of pb_regions[] */

/**
 * struct pb_dev - A device that belongs to this driver.
 * @pdev:        the kernel's device; this is its driver data
 * @list:        in pb_devs, under pb_devs_lock
 * @guest:       who has it, NULL for nobody; under device_lock()
 * @saved:       configuration to come back to, as it was when seized
 * @can_reset:   the last attempt to reset it succeeded
 * @lock:        guards all below but the flags that sysfs sets
 * @permissive:  the guest may write every register; set by sysfs
 * @intr_control: the guest may enable MSI and INTx in the registers; set by sysfs
 * @base:        where each region of pb_regions[] begins, -1 if the device lacks it
 * @quirks:      further fields, from sysfs
 * @cmd:         the guest's view of the command register's bits that are not the hardware's
 * @turned_on:   the guest has written such bits of @cmd as let a device decode
 * @sizing:      bit N: BAR N (6: the ROM) shows its size instead of its address
 * @complained:  a refused write was logged
 * @gsi:         interrupt line of INTx, kept because MSI changes pdev->irq
 * @listening:   dom0 has a handler on it too
 * @isr_on:      which acts; sysfs turns it on and off
 * @ack:         by saying that the interrupts are meant for the guest
 * @handled:     so often
 * @irq_name:    of that listener
 */
struct pb_dev {
	struct pci_dev *pdev;
	struct list_head list;
	struct pb_guest *guest;
	struct pci_saved_state *saved;
	bool can_reset;

	struct mutex lock;
	bool permissive;
	bool intr_control;
	int base[PB_NR_REGIONS];
	struct list_head quirks;
	u16 cmd;
	bool turned_on;
	u8 sizing;
	bool complained;
	unsigned int gsi;
	bool listening;
	bool isr_on;
	bool ack;
	unsigned long handled;
	char irq_name[32];
};

/**
 * struct pb_field - One register, or part of one.
 * @offset: from its region's begin, a multiple of @size; a table ends with @size 0
 * @size:   1, 2 or 4 bytes
 * @rw:     bits that the guest writes in the hardware
 * @rw1c:   bits of the hardware that the guest clears by writing 1
 * @hide:   bits that the guest reads as 0
 * @read:   what the guest reads instead, from the hardware's value @hw
 * @write:  does what a write of @val means; @rw and @rw1c are not used then.
 *          Return: 0 or XEN_PCI_ERR_*
 *
 * @where in the hooks is the offset in configuration space.
 */
struct pb_field {
	u16 offset;
	u8 size;
	u32 rw;
	u32 rw1c;
	u32 hide;
	u32 (*read)(struct pb_dev *pb, int where, u32 hw);
	int (*write)(struct pb_dev *pb, int where, u32 val);
};

/**
 * struct pb_region - A table of fields and what it applies to.
 * @cap:    capability that it describes, 0 for the header
 * @hdr:    header type that it describes if @cap is 0; negative for each
 * @fields: the table
 */
struct pb_region {
	u8 cap;
	int hdr;
	const struct pb_field *fields;
};

extern const struct pb_region pb_regions[PB_NR_REGIONS];
extern const struct pb_field pb_header_common[], pb_header_normal[], pb_header_bridge[];
extern const struct pb_field pb_cap_pm[], pb_cap_vpd[], pb_cap_msi[], pb_cap_msix[], pb_cap_exp[];

/* main.c: the module's parameter, for all devices */
extern bool pb_permissive;

/* config_header.c */
void pb_decode_again(struct pb_dev *pb);
bool pb_decodes_memory(struct pb_dev *pb);

/* intr.c */
void pb_intx_update(struct pb_dev *pb, bool wanted);

/* config.c */
void pb_config_init(struct pb_dev *pb);
void pb_config_reset(struct pb_dev *pb);
u16 pb_decode_bits(const struct pci_dev *pdev);
void pb_config_free(struct pb_dev *pb);
int pb_config_read(struct pb_dev *pb, int offset, int size, u32 *val);
int pb_config_write(struct pb_dev *pb, int offset, int size, u32 val);
int pb_config_each(struct pb_dev *pb,
		   int (*fn)(struct pb_dev *pb, const struct pb_field *f, int where, void *arg),
		   void *arg);
u32 pb_hw_read(struct pb_dev *pb, int where, int size);
int pb_hw_write(struct pb_dev *pb, int where, int size, u32 val);
bool pb_is_permissive(const struct pb_dev *pb);

/* quirks.c */

/**
 * struct pb_quirk - A field that somebody added by hand.
 * @list:  in pb_dev.quirks
 * @field: @offset is that in configuration space
 */
struct pb_quirk {
	struct list_head list;
	struct pb_field field;
};

int pb_quirk_add(struct pb_dev *pb, const struct pb_quirk_text *text);
int pb_quirks_show(struct pb_dev *pb, char *buf, int at);
void pb_quirks_free(struct pb_dev *pb);

#endif
