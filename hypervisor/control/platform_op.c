// SPDX-License-Identifier: GPL-2.0-only
/*
 * platform_op: what only domain 0 may ask about the machine, one function per
 * command. Commands that are not listed at the end give -ENOSYS; which and why
 * is in Documentation/abi/platform.rst.
 *
 * ABI: platform.h.
 */
#include "control.h"

#include <hv/hypercall.h>
#include <hv/acpi.h>
#include <hv/bitmap.h>
#include <hv/cpu_hotplug.h>
#include <hv/cpuid.h>
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/symbols.h>
#include <hv/time.h>
#include <asm/bios.h>

#include <xen/platform.h>

BUILD_BUG_ON(sizeof(struct xen_platform_op) != 136);
BUILD_BUG_ON(offsetof(struct xen_platform_op, u) != 8);

/* @op is a private copy; a handler whose answer is in it sets @reply. */
typedef long (*platform_fn)(struct xen_platform_op *op, bool *reply);

static long settime32(struct xen_platform_op *op, bool *reply)
{
	return time_set_wallclock(op->u.settime32.secs, op->u.settime32.nsecs,
				  op->u.settime32.system_time);
}

static long settime64(struct xen_platform_op *op, bool *reply)
{
	if (op->u.settime64.mbz)
		return -EINVAL;
	return time_set_wallclock(op->u.settime64.secs, op->u.settime64.nsecs,
				  op->u.settime64.system_time);
}

/*
 * The I/O APIC's index register is not trusted to keep its value, so two of them
 * are honoured already. The first, for chipsets of 2004 that want interrupts to
 * stay on one CPU, is accepted and no more: lines follow their vCPUs.
 */
static long platform_quirk(struct xen_platform_op *op, bool *reply)
{
	switch (op->u.platform_quirk.quirk_id) {
	case QUIRK_NOIRQBALANCING:
	case QUIRK_IOAPIC_BAD_REGSEL:
	case QUIRK_IOAPIC_GOOD_REGSEL:
		return 0;
	}
	return -EINVAL;
}

/*
 * Disks and EDID are what the BIOS says in real mode, which the boot loader
 * does not pass on: the lists are empty.
 */
static long firmware_info(struct xen_platform_op *op, bool *reply)
{
	struct xenpf_firmware_info *info = &op->u.firmware_info;
	long rc;

	switch (info->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		rc = efi_get_info(info->index, &info->u.efi_info);
		*reply = rc == 0;
		return rc;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (info->index)
			return -ESRCH;
		info->u.kbd_shift_flags = bios_keyboard_flags();
		*reply = true;
		return 0;
	}
	return -EINVAL;
}

static long efi_runtime_call(struct xen_platform_op *op, bool *reply)
{
	long rc = efi_runtime(&op->u.efi_runtime_call);

	*reply = rc == 0;
	return rc;
}

static long enter_acpi_sleep(struct xen_platform_op *op, bool *reply)
{
	const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

	if (s->flags & ~XENPF_ACPI_SLEEP_EXTENDED || s->sleep_state > 5)
		return -EINVAL;
	if (s->flags & XENPF_ACPI_SLEEP_EXTENDED)
		return acpi_enter_sleep_extended(s->val_a, s->sleep_state);
	return acpi_enter_sleep(s->val_a, s->val_b, s->sleep_state);
}

static const struct percpu *cpu_present(u32 cpu)
{
	return cpu < nr_cpus ? percpu_of[cpu] : NULL;
}

static u64 idle_ns(const struct percpu *p)
{
	struct vcpu_runstate_info rs;

	runstate_get(p->idle, &rs);
	return rs.time[RUNSTATE_running];
}

/* Eight CPUs at a time, as the guest's bitmap has them. */
static long idletime_byte(const struct xenpf_getidletime *g, u32 byte)
{
	unsigned long map_va = handle_va(g->cpumap_bitmap) + byte;
	u8 wanted, found = 0;

	if (copy_from_guest(&wanted, map_va))
		return -EFAULT;
	for (u32 bit = 0; bit < 8; bit++) {
		u32 cpu = byte * 8 + bit;
		const struct percpu *p = cpu_present(cpu);
		u64 ns = 0;

		if (!(wanted >> bit & 1) || cpu >= g->cpumap_nr_cpus)
			continue;
		if (p) {
			ns = idle_ns(p);
			found |= 1U << bit;
		}
		if (copy_to_guest_index(handle_va(g->idletime), cpu, &ns))
			return -EFAULT;
	}
	return copy_to_guest(map_va, &found);
}

static long getidletime(struct xen_platform_op *op, bool *reply)
{
	struct xenpf_getidletime *g = &op->u.getidletime;
	long rc = 0;

	/* More than we could ever have are answered as absent, not walked. */
	g->cpumap_nr_cpus = min_t(u32, g->cpumap_nr_cpus, MAX_CPUS);
	for (u32 byte = 0; byte < DIV_ROUND_UP(g->cpumap_nr_cpus, 8U) && !rc; byte++)
		rc = idletime_byte(g, byte);
	g->now = now_ns();
	*reply = rc == 0;
	return rc;
}

static long get_cpuinfo(struct xen_platform_op *op, bool *reply)
{
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;
	const struct percpu *p = cpu_present(info->xen_cpuid);

	info->max_present = nr_cpus - 1;
	if (p) {
		info->flags = p->online ? XEN_PCPU_FLAGS_ONLINE : 0;
		info->apic_id = p->apic_id;
		info->acpi_id = p->acpi_id;
	} else {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		info->apic_id = ~0U;
		info->acpi_id = ~0U;
	}
	*reply = true;
	return 0;
}

/* One control call at a time, as sysctl's own: the caller issues it again. */
static long hotplug(struct xen_platform_op *op, int (*fn)(u32 cpu))
{
	long rc;

	if (!control_begin())
		return -ERESTART;
	rc = fn(op->u.cpu_ol.cpuid);
	control_end();
	return rc;
}

static long bring_online(struct xen_platform_op *op, bool *reply)
{
	return hotplug(op, cpu_online);
}

static long take_offline(struct xen_platform_op *op, bool *reply)
{
	return hotplug(op, cpu_offline);
}

/* All CPUs of a machine that we run on are of one kind. */
static long get_cpu_version(struct xen_platform_op *op, bool *reply)
{
	struct xenpf_pcpu_version *ver = &op->u.pcpu_version;
	struct cpu_identity id;

	ver->max_present = nr_cpus - 1;
	memset(ver->vendor_id, 0, sizeof(ver->vendor_id));
	ver->family = 0;
	ver->model = 0;
	ver->stepping = 0;
	if (cpu_present(ver->xen_cpuid)) {
		cpu_identify(&id);
		memcpy(ver->vendor_id, id.vendor, sizeof(ver->vendor_id));
		ver->family = id.family;
		ver->model = id.model;
		ver->stepping = id.stepping;
	}
	*reply = true;
	return 0;
}

/* @symnum comes back as that of the next; unchanged beyond the last. */
static long get_symbol(struct xen_platform_op *op, bool *reply)
{
	struct xenpf_symdata *s = &op->u.symdata;
	unsigned long address;
	const char *name = symbol_by_index(s->symnum, &address);
	u32 len;

	if (!name) {
		s->namelen = 0;
		*reply = true;
		return s->symnum == symbol_count() ? 0 : -ERANGE;
	}
	len = strlen(name) + 1;
	if (raw_copy_to_guest(handle_va(s->name), name, min(len, s->namelen)))
		return -EFAULT;
	s->namelen = len;
	s->address = address;
	s->type = 't';
	s->symnum++;
	*reply = true;
	return 0;
}

static const struct {
	u32 cmd;
	platform_fn fn;
} ops[] = {
	{ XENPF_settime32, settime32 },
	{ XENPF_settime64, settime64 },
	{ XENPF_platform_quirk, platform_quirk },
	{ XENPF_get_cpu_version, get_cpu_version },
	{ XENPF_efi_runtime_call, efi_runtime_call },
	{ XENPF_firmware_info, firmware_info },
	{ XENPF_enter_acpi_sleep, enter_acpi_sleep },
	{ XENPF_getidletime, getidletime },
	{ XENPF_get_cpuinfo, get_cpuinfo },
	{ XENPF_cpu_online, bring_online },
	{ XENPF_cpu_offline, take_offline },
	{ XENPF_get_symbol, get_symbol },
};

/**
 * do_platform_op() - Hypercall 7.
 * @a1: guest address of struct xen_platform_op
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: that of the command; -EPERM to all but domain 0; -EACCES if the
 * caller was built for another version of the interface; -ENOSYS.
 */
long do_platform_op(unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	struct xen_platform_op op;

	if (!current->domain->is_hardware_domain)
		return -EPERM;
	if (copy_from_guest(&op, a1))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		bool reply = false;
		long rc;

		if (ops[i].cmd != op.cmd)
			continue;
		rc = ops[i].fn(&op, &reply);
		if (reply && copy_to_guest(a1, &op))
			return -EFAULT;
		return rc == -ERESTART ? hypercall_continue(1, a1) : rc;
	}
	return -ENOSYS;
}
