// SPDX-License-Identifier: GPL-2.0-only
/*
 * EFI's runtime services on behalf of domain 0: time, wake-up, variables. The
 * arguments are copied in before the firmware is entered and out after it was
 * left; while it runs, guest memory is not mapped.
 *
 * ABI: platform.h, XENPF_efi_runtime_call; UEFI 2.10, chapter 8.
 */
#include <hv/efi.h>

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/efi.h>

#include <xen/platform.h>

#define NAME_BYTES_MAX		2048
#define DATA_BYTES_MAX		65536
#define REVISION_2_00		0x20000

BUILD_BUG_ON(sizeof(struct xenpf_efi_guid) != sizeof(struct efi_guid));

static void time_to_guest(struct xenpf_efi_time *to, const struct efi_time *t)
{
	*to = (struct xenpf_efi_time){
		.year = t->year, .month = t->month, .day = t->day, .hour = t->hour,
		.min = t->minute, .sec = t->second, .ns = t->nanosecond,
		.tz = t->timezone, .daylight = t->daylight,
	};
}

static struct efi_time time_from_guest(const struct xenpf_efi_time *t)
{
	return (struct efi_time){
		.year = t->year, .month = t->month, .day = t->day, .hour = t->hour,
		.minute = t->min, .second = t->sec, .nanosecond = t->ns,
		.timezone = t->tz, .daylight = t->daylight,
	};
}

static long get_time(struct xenpf_efi_runtime_call *op)
{
	struct efi_time_capabilities cap = { 0 };
	struct efi_time t = { 0 };

	if (op->misc)
		return -EINVAL;
	op->status = efi_enter()->get_time(&t, &cap);
	efi_leave();
	if (op->status != EFI_SUCCESS)
		return 0;
	time_to_guest(&op->u.get_time.time, &t);
	op->u.get_time.resolution = cap.resolution;
	op->u.get_time.accuracy = cap.accuracy;
	if (cap.sets_to_zero)
		op->misc = XEN_EFI_GET_TIME_SET_CLEARS_NS;
	return 0;
}

static long set_time(struct xenpf_efi_runtime_call *op)
{
	struct efi_time t = time_from_guest(&op->u.set_time);

	if (op->misc)
		return -EINVAL;
	op->status = efi_enter()->set_time(&t);
	efi_leave();
	return 0;
}

static long get_wakeup_time(struct xenpf_efi_runtime_call *op)
{
	u8 enabled = 0, pending = 0;
	struct efi_time t = { 0 };

	if (op->misc)
		return -EINVAL;
	op->status = efi_enter()->get_wakeup_time(&enabled, &pending, &t);
	efi_leave();
	if (op->status != EFI_SUCCESS)
		return 0;
	time_to_guest(&op->u.get_wakeup_time, &t);
	op->misc = (enabled ? XEN_EFI_GET_WAKEUP_TIME_ENABLED : 0) |
		   (pending ? XEN_EFI_GET_WAKEUP_TIME_PENDING : 0);
	return 0;
}

static long set_wakeup_time(struct xenpf_efi_runtime_call *op)
{
	struct efi_time t = time_from_guest(&op->u.set_wakeup_time);
	bool only = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;

	if (op->misc & ~(XEN_EFI_SET_WAKEUP_TIME_ENABLE | XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY))
		return -EINVAL;
	op->status = efi_enter()->set_wakeup_time(op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE,
						  only ? NULL : &t);
	efi_leave();
	op->misc = 0;
	return 0;
}

static long next_high_count(struct xenpf_efi_runtime_call *op)
{
	u32 count = 0;

	if (op->misc)
		return -EINVAL;
	op->status = efi_enter()->get_next_high_monotonic_count(&count);
	efi_leave();
	op->misc = count;
	return 0;
}

/* A copy of the guest's string in @buf, which has NAME_BYTES_MAX; ends with 0. */
static long copy_name(u16 *buf, unsigned long va)
{
	for (u32 i = 0; i < NAME_BYTES_MAX / sizeof(u16); i++) {
		if (copy_from_guest_index(&buf[i], va, i))
			return -EFAULT;
		if (!buf[i])
			return 0;
	}
	return -ENAMETOOLONG;
}

static struct efi_guid guid_of(const struct xenpf_efi_guid *g)
{
	struct efi_guid guid;

	memcpy(&guid, g, sizeof(guid));
	return guid;
}

static long read_variable(struct xenpf_efi_runtime_call *op, u16 *name, void *data)
{
	struct efi_guid guid = guid_of(&op->u.get_variable.vendor_guid);
	u64 room = min_t(u64, op->u.get_variable.size, DATA_BYTES_MAX), size = room;
	u32 attr = 0;

	op->status = efi_enter()->get_variable(name, &guid, &attr, &size, data);
	efi_leave();
	op->u.get_variable.size = size;
	op->misc = attr;
	if (op->status != EFI_SUCCESS)
		return 0;
	if (size > room || raw_copy_to_guest(handle_va(op->u.get_variable.data), data, size))
		return -EFAULT;
	return 0;
}

static long write_variable(struct xenpf_efi_runtime_call *op, u16 *name, void *data)
{
	struct efi_guid guid = guid_of(&op->u.set_variable.vendor_guid);
	u64 size = op->u.set_variable.size;

	if (size > DATA_BYTES_MAX)
		return -E2BIG;
	if (raw_copy_from_guest(data, handle_va(op->u.set_variable.data), size))
		return -EFAULT;
	op->status = efi_enter()->set_variable(name, &guid, op->misc, size, data);
	efi_leave();
	return 0;
}

/* Both take a name and bring their buffers along. */
static long with_variable(struct xenpf_efi_runtime_call *op,
			  long (*fn)(struct xenpf_efi_runtime_call *op, u16 *name, void *data))
{
	u16 *name = hv_alloc(NAME_BYTES_MAX);
	void *data = hv_alloc(DATA_BYTES_MAX);
	long rc = -ENOMEM;

	if (name && data)
		rc = copy_name(name, handle_va(op->u.get_variable.name));
	if (!rc)
		rc = fn(op, name, data);
	hv_free(data);
	hv_free(name);
	return rc;
}

static long get_variable(struct xenpf_efi_runtime_call *op)
{
	return op->misc ? -EINVAL : with_variable(op, read_variable);
}

static long set_variable(struct xenpf_efi_runtime_call *op)
{
	return with_variable(op, write_variable);
}

static long next_name(struct xenpf_efi_runtime_call *op, u16 *name)
{
	struct efi_guid guid = guid_of(&op->u.get_next_variable_name.vendor_guid);
	u64 room = min_t(u64, op->u.get_next_variable_name.size, NAME_BYTES_MAX), size = room;
	unsigned long va = handle_va(op->u.get_next_variable_name.name);
	long rc;

	rc = copy_name(name, va);
	if (rc)
		return rc;
	op->status = efi_enter()->get_next_variable_name(&size, name, &guid);
	efi_leave();
	op->u.get_next_variable_name.size = size;
	if (op->status != EFI_SUCCESS)
		return 0;
	memcpy(&op->u.get_next_variable_name.vendor_guid, &guid, sizeof(guid));
	if (size > room || raw_copy_to_guest(va, name, size))
		return -EFAULT;
	return 0;
}

static long get_next_variable_name(struct xenpf_efi_runtime_call *op)
{
	u16 *name;
	long rc;

	if (op->misc)
		return -EINVAL;
	name = hv_alloc(NAME_BYTES_MAX);
	if (!name)
		return -ENOMEM;
	rc = next_name(op, name);
	hv_free(name);
	return rc;
}

static long query_variable_info(struct xenpf_efi_runtime_call *op)
{
	u64 max_store = 0, remain = 0, max_size = 0;

	/* What the boot loader saw before us is not known. */
	if (op->misc & XEN_EFI_VARINFO_BOOT_SNAPSHOT)
		return -EOPNOTSUPP;
	if (op->misc)
		return -EINVAL;
	if (efi_runtime_revision() < REVISION_2_00) {
		op->status = EFI_UNSUPPORTED;
		return 0;
	}
	op->status = efi_enter()->query_variable_info(op->u.query_variable_info.attr, &max_store,
						      &remain, &max_size);
	efi_leave();
	op->u.query_variable_info.max_store_size = max_store;
	op->u.query_variable_info.remain_store_size = remain;
	op->u.query_variable_info.max_size = max_size;
	return 0;
}

static long (*const calls[])(struct xenpf_efi_runtime_call *op) = {
	[XEN_EFI_get_time] = get_time,
	[XEN_EFI_set_time] = set_time,
	[XEN_EFI_get_wakeup_time] = get_wakeup_time,
	[XEN_EFI_set_wakeup_time] = set_wakeup_time,
	[XEN_EFI_get_next_high_monotonic_count] = next_high_count,
	[XEN_EFI_get_variable] = get_variable,
	[XEN_EFI_set_variable] = set_variable,
	[XEN_EFI_get_next_variable_name] = get_next_variable_name,
	[XEN_EFI_query_variable_info] = query_variable_info,
};

/**
 * efi_runtime() - XENPF_efi_runtime_call.
 * @op: private copy; status and answers are written back into it
 *
 * Return: 0 if the firmware was asked; -ENOSYS without EFI or for capsules;
 * -EINVAL for flags that do not exist; -EFAULT; -ENOMEM; -E2BIG;
 * -ENAMETOOLONG.
 */
long efi_runtime(struct xenpf_efi_runtime_call *op)
{
	if (!efi_runtime_revision())
		return -ENOSYS;
	if (op->function >= ARRAY_SIZE(calls) || !calls[op->function])
		return -ENOSYS;
	return calls[op->function](op);
}
