// SPDX-License-Identifier: GPL-2.0-only
/*
 * UEFI as the boot loader left it: boot services gone, runtime services where
 * the firmware put them, at their physical addresses. They are called with
 * those addresses mapped to themselves, in a table of their own whose upper
 * half is the hypervisor's: the firmware never sees a guest's memory, a guest
 * never the firmware's.
 *
 * efi_lock is held while the firmware runs; it is taken first and nothing of
 * ours runs inside. Interrupts stay on.
 *
 * ABI: platform.h, XENPF_firmware_info with XEN_FW_EFI_INFO.
 */
#include <hv/efi.h>

#include <hv/boot_info.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <asm/efi.h>
#include <asm/pv.h>

#include <xen/platform.h>

#define VENDOR_MAX		64	/* UTF-16 units, with the end */
#define MMAP_ENTRIES_MAX	512
#define PTE_TABLE		(PTE_P | PTE_RW | PTE_A | PTE_D)
#define LOW_HALF_END		BIT(47)

static struct efi_system_table table __ro_after_init;
static u32 runtime_revision __ro_after_init;
static u16 vendor[VENDOR_MAX] __ro_after_init;
static struct efi_memory_descriptor *mmap __ro_after_init;
static unsigned int nr_mmap __ro_after_init;
static pte_t *efi_l4 __ro_after_init;	/* NULL: no runtime services */

static spinlock_t efi_lock = SPINLOCK_INIT;
static u64 saved_cr3;

/* Copy firmware's bytes; false if they cannot be mapped. */
static bool __init copy_phys(void *to, paddr_t pa, size_t len)
{
	void *p = pa && pa <= PADDR_MASK - len ? ioremap(pa, len) : NULL;

	if (!p)
		return false;
	memcpy(to, p, len);
	iounmap(p, len);
	return true;
}

static void __init copy_vendor(void)
{
	if (!copy_phys(vendor, table.vendor, sizeof(vendor)))
		memset(vendor, 0, sizeof(vendor));
	vendor[VENDOR_MAX - 1] = 0;
}

static bool __init copy_mmap(const struct boot_info *bi)
{
	u32 size = bi->efi_mmap_desc_size;
	unsigned int nr;

	if (size < sizeof(*mmap))
		return false;
	nr = min_t(u32, bi->efi_mmap_len / size, MMAP_ENTRIES_MAX);
	mmap = hv_new_array(struct efi_memory_descriptor, nr);
	if (!mmap)
		return false;
	for (unsigned int i = 0; i < nr; i++)
		memcpy(&mmap[i], bi->efi_mmap + i * size, sizeof(*mmap));
	nr_mmap = nr;
	return true;
}

/* The table that @entry points to, made if there is none. */
static pte_t *__init subtable(pte_t *entry)
{
	pte_t *t;

	if (*entry & PTE_P)
		return mfn_to_virt(pte_mfn(*entry));
	t = hv_page_alloc(0);
	if (t)
		*entry = pte_make(virt_to_mfn(t), PTE_TABLE);
	return t;
}

static bool __init map_identity(paddr_t pa, u64 flags)
{
	pte_t *l3 = subtable(&efi_l4[l4_index(pa)]);
	pte_t *l2 = l3 ? subtable(&l3[l3_index(pa)]) : NULL;
	pte_t *l1 = l2 ? subtable(&l2[l2_index(pa)]) : NULL;

	if (!l1)
		return false;
	l1[l1_index(pa)] = pa | flags;
	return true;
}

/* Code keeps its variables beside it: the firmware's pages are what it needs them to be. */
static u64 __init region_flags(const struct efi_memory_descriptor *m)
{
	u64 flags = PTE_HV_RW & ~PTE_G;

	if (m->type == EFI_RUNTIME_CODE)
		flags &= ~PTE_NX;
	if (m->type == EFI_MMIO || m->type == EFI_MMIO_PORTS)
		flags |= PTE_PCD | PTE_PWT;
	return flags;
}

static bool __init map_region(const struct efi_memory_descriptor *m)
{
	u64 len = m->pages << EFI_PAGE_SHIFT;

	if (!IS_ALIGNED(m->phys, PAGE_SIZE) || m->pages > LOW_HALF_END >> PAGE_SHIFT ||
	    m->phys > LOW_HALF_END - len)
		return false;
	for (u64 off = 0; off < len; off += PAGE_SIZE)
		if (!map_identity(m->phys + off, region_flags(m)))
			return false;
	return true;
}

static bool __init map_runtime(void)
{
	efi_l4 = hv_page_alloc(0);
	if (!efi_l4)
		return false;
	for (unsigned int i = 0; i < nr_mmap; i++)
		if ((mmap[i].attr & EFI_MEMORY_RUNTIME) && !map_region(&mmap[i]))
			return false;
	return true;
}

/**
 * efi_init() - Remember the firmware's tables, make its services callable.
 * @bi: the boot loader's information
 *
 * Context: boot, with the heap. Without EFI nothing happens.
 */
void __init efi_init(const struct boot_info *bi)
{
	struct efi_header rs;

	if (!bi->efi_system_table)
		return;
	if (!copy_phys(&table, bi->efi_system_table, sizeof(table)) ||
	    table.hdr.signature != EFI_SYSTEM_TABLE_SIGNATURE) {
		pr_warn("EFI: no system table at %#lx: domain 0 will not know of EFI\n",
			bi->efi_system_table);
		memset(&table, 0, sizeof(table));
		return;
	}
	copy_vendor();
	if (copy_phys(&rs, table.runtime_services, sizeof(rs)))
		runtime_revision = rs.revision;
	if (!copy_mmap(bi) || !map_runtime()) {
		pr_warn("EFI: runtime services cannot be mapped: no EFI variables in domain 0\n");
		efi_l4 = NULL;
	}
	pr_info("EFI: version %u.%u, %lu configuration tables\n", table.hdr.revision >> 16,
		(table.hdr.revision & 0xffff) / 10, table.nr_tables);
}

u32 efi_runtime_revision(void)
{
	return efi_l4 ? runtime_revision : 0;
}

/*
 * The firmware may use vector registers, which hold the guest's values. The
 * running domain's own slot is needed, too: an interrupt reads the GDT there.
 */
struct efi_runtime_services *efi_enter(void)
{
	if (!efi_l4)
		return NULL;
	spin_lock(&efi_lock);
	fpu_save(current);
	init_guest_l4(efi_l4, current->domain);
	saved_cr3 = read_cr3();
	write_cr3(virt_to_paddr_directmap(efi_l4));
	return (struct efi_runtime_services *)table.runtime_services;
}

void efi_leave(void)
{
	write_cr3(saved_cr3);
	fpu_restore(current);
	spin_unlock(&efi_lock);
}

/* What domain 0 asks. */

static long get_vendor(union xenpf_efi_info *info)
{
	u32 room = info->vendor.bufsz / sizeof(vendor[0]);
	u32 n = 0;

	info->vendor.revision = table.vendor_revision;
	while (vendor[n])
		n++;
	n = min(n, room ? room - 1 : 0);
	if (!room)
		return 0;
	if (raw_copy_to_guest(handle_va(info->vendor.name), vendor, n * sizeof(vendor[0])) ||
	    raw_clear_guest(handle_va(info->vendor.name) + n * sizeof(vendor[0]),
			    sizeof(vendor[0])))
		return -EFAULT;
	return 0;
}

/* The region that holds the address; the size asked for is cut to it. */
static long get_mem_info(union xenpf_efi_info *info)
{
	u64 addr = info->mem.addr, size = info->mem.size;

	for (unsigned int i = 0; i < nr_mmap; i++) {
		const struct efi_memory_descriptor *m = &mmap[i];
		u64 left;

		if (addr < m->phys || (addr - m->phys) >> EFI_PAGE_SHIFT >= m->pages)
			continue;
		left = (m->pages << EFI_PAGE_SHIFT) - (addr - m->phys);
		info->mem.type = m->type;
		info->mem.attr = m->attr;
		info->mem.size = min(size, left);
		return 0;
	}
	return -ESRCH;
}

/**
 * efi_get_info() - XENPF_firmware_info, type XEN_FW_EFI_INFO.
 * @index: XEN_FW_EFI_*
 * @info:  in and out
 *
 * Return: 0; -ENOSYS if the machine was not started by EFI: Linux would take
 * success for its presence; -ESRCH, -ENODATA for what is not there; -EINVAL.
 */
long efi_get_info(u32 index, union xenpf_efi_info *info)
{
	if (!table.hdr.signature)
		return -ENOSYS;
	switch (index) {
	case XEN_FW_EFI_VERSION:
		info->version = table.hdr.revision;
		return 0;
	case XEN_FW_EFI_RT_VERSION:
		info->version = runtime_revision;
		return 0;
	case XEN_FW_EFI_CONFIG_TABLE:
		info->cfg.addr = table.tables;
		info->cfg.nent = table.nr_tables;
		return 0;
	case XEN_FW_EFI_VENDOR:
		return vendor[0] ? get_vendor(info) : -EOPNOTSUPP;
	case XEN_FW_EFI_MEM_INFO:
		return get_mem_info(info);
	case XEN_FW_EFI_PCI_ROM:
		return -ESRCH;
	case XEN_FW_EFI_APPLE_PROPERTIES:
		return -ENODATA;
	}
	return -EINVAL;
}
