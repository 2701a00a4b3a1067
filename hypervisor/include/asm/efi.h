/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures of the firmware. UEFI 2.10: 4.3 (system table), 7.2 (memory map), 8
 * (runtime services).
 */
#ifndef HV_ASM_EFI_H
#define HV_ASM_EFI_H

#include <hv/lib.h>
#include <hv/types.h>

#define EFIAPI			__attribute__((ms_abi))
#define EFI_PAGE_SHIFT		12

#define EFI_MEMORY_RUNTIME	BIT(63)
#define EFI_RUNTIME_CODE	5
#define EFI_MMIO		11
#define EFI_MMIO_PORTS		12

#define EFI_ERROR		BIT(63)
#define EFI_SUCCESS		0UL
#define EFI_UNSUPPORTED		(EFI_ERROR | 3)
#define EFI_BUFFER_TOO_SMALL	(EFI_ERROR | 5)

struct efi_header {
	u64 signature;
	u32 revision, size, crc32, reserved;
};

struct efi_system_table {
	struct efi_header hdr;
	u64 vendor;		/* UTF-16 */
	u32 vendor_revision, pad;
	u64 console[6];
	u64 runtime_services, boot_services;
	u64 nr_tables, tables;
};

BUILD_BUG_ON(sizeof(struct efi_system_table) != 120);

#define EFI_SYSTEM_TABLE_SIGNATURE 0x5453595320494249UL

struct efi_memory_descriptor {
	u32 type, pad;
	u64 phys, virt, pages, attr;
};

struct efi_time {
	u16 year;
	u8 month, day, hour, minute, second, pad1;
	u32 nanosecond;
	s16 timezone;
	u8 daylight, pad2;
};

struct efi_time_capabilities {
	u32 resolution, accuracy;
	bool sets_to_zero;
};

struct efi_guid {
	u8 b[16];
};

struct efi_runtime_services {
	struct efi_header hdr;
	u64 (*get_time)(struct efi_time *t, struct efi_time_capabilities *cap) EFIAPI;
	u64 (*set_time)(struct efi_time *t) EFIAPI;
	u64 (*get_wakeup_time)(u8 *enabled, u8 *pending, struct efi_time *t) EFIAPI;
	u64 (*set_wakeup_time)(u8 enable, struct efi_time *t) EFIAPI;
	void *set_virtual_address_map, *convert_pointer;
	u64 (*get_variable)(u16 *name, struct efi_guid *guid, u32 *attr, u64 *size,
			    void *data) EFIAPI;
	u64 (*get_next_variable_name)(u64 *size, u16 *name, struct efi_guid *guid) EFIAPI;
	u64 (*set_variable)(u16 *name, struct efi_guid *guid, u32 attr, u64 size,
			    void *data) EFIAPI;
	u64 (*get_next_high_monotonic_count)(u32 *count) EFIAPI;
	void *reset_system, *update_capsule, *query_capsule_capabilities;
	u64 (*query_variable_info)(u32 attr, u64 *max_storage, u64 *remaining,
				   u64 *max_variable) EFIAPI;
};

BUILD_BUG_ON(sizeof(struct efi_runtime_services) != 136);

/* efi.c: valid between efi_enter() and efi_leave() only. NULL: there are none. */
struct efi_runtime_services *efi_enter(void);
void efi_leave(void);
/* Of the services' table; 0 without. */
u32 efi_runtime_revision(void);

#endif
