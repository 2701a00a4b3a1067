// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall xen_version: who the hypervisor is and what it offers. Guests also
 * issue it only to have their events looked at, so it is kept short. ABI:
 * version.h, features.h.
 */
#include <hv/version.h>

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/string.h>

#include <xen/version.h>

/* Shown in place of what an unprivileged guest may not know. As in Xen. */
#define DENIED			"<denied>"

char saved_cmdline[1024];
BUILD_BUG_ON(sizeof(saved_cmdline) != sizeof(xen_commandline_t));

/* hypervisor.lds.S: the ELF note of the linker's --build-id. */
extern const u8 __build_id_start[], __build_id_end[];

/* Copy the string into a field of fixed size, the rest zeros. */
#define string_to_guest(va, field_type, str) ({			\
	field_type _field = { 0 };				\
								\
	strlcpy(_field, (str), sizeof(_field));			\
	copy_to_guest(va, &_field);				\
})

u32 xen_abi_version(void)
{
	return XEN_ABI_MAJOR << 16 | opts.xen_minor;
}

/* The stable release whose fixes we know, where we follow one. */
const char *xen_abi_extraversion(void)
{
	return opts.xen_minor == XEN_ABI_MINOR ? ".7-hospes" : ".0-hospes";
}

static long ver_version(unsigned long arg __maybe_unused)
{
	return xen_abi_version();
}

static long ver_extraversion(unsigned long arg)
{
	return string_to_guest(arg, xen_extraversion_t, xen_abi_extraversion());
}

static long ver_compile_info(unsigned long arg)
{
	struct xen_compile_info info = { 0 };

	strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	strlcpy(info.compile_by, HV_COMPILE_BY, sizeof(info.compile_by));
	strlcpy(info.compile_domain, HV_COMPILE_DOMAIN, sizeof(info.compile_domain));
	strlcpy(info.compile_date, HV_COMPILE_DATE, sizeof(info.compile_date));
	return copy_to_guest(arg, &info);
}

/* The kinds of guest we start, each with a space behind it: the tools match against it. */
#define CAPABILITIES		"xen-3.0-x86_64 "

static long ver_capabilities(unsigned long arg)
{
	return string_to_guest(arg, xen_capabilities_info_t, CAPABILITIES);
}

static long ver_changeset(unsigned long arg)
{
	return string_to_guest(arg, xen_changeset_info_t, HV_CHANGESET);
}

static long ver_platform_parameters(unsigned long arg)
{
	struct xen_platform_parameters params = { .virt_start = HV_VIRT_START };

	return copy_to_guest(arg, &params);
}

/* features.h; those of a PV guest. Without bits 5 and 7 a Linux guest panics. */
static u32 domain_features(const struct domain *d)
{
	u32 features = BIT(XENFEAT_mmu_pt_update_preserve_ad) |
		       BIT(XENFEAT_highmem_assist) |
		       BIT(XENFEAT_gnttab_map_avail_bits) |
		       BIT(XENFEAT_memory_op_vnode_supported) |
		       BIT(XENFEAT_direct_mapped);

	if (d->arch.vm_assist & BIT(VMASST_TYPE_pae_extended_cr3))
		features |= BIT(XENFEAT_pae_pgdir_above_4gb);
	if (d->is_hardware_domain)
		features |= BIT(XENFEAT_dom0);
	return features;
}

static long ver_get_features(unsigned long arg)
{
	struct xen_feature_info info;

	if (copy_from_guest(&info, arg))
		return -EFAULT;
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	info.submap = domain_features(current->domain);
	return copy_to_guest(arg, &info);
}

static long ver_pagesize(unsigned long arg)
{
	return arg ? -EINVAL : (long)PAGE_SIZE;
}

static long ver_guest_handle(unsigned long arg)
{
	return copy_to_guest(arg, &current->domain->handle);
}

static long ver_commandline(unsigned long arg)
{
	const char *text = current->domain->is_privileged ? saved_cmdline : DENIED;

	return string_to_guest(arg, xen_commandline_t, text);
}

/* An ELF note: name size, description size, type, then both, each padded to 4 bytes. */
static const u8 *build_id(u32 *len)
{
	const u32 *note = (const u32 *)__build_id_start;
	size_t size = __build_id_end - __build_id_start;
	size_t desc = 3 * sizeof(u32);

	if (size < desc)
		return NULL;
	desc += ROUND_UP((size_t)note[0], 4);
	*len = note[1];
	return desc + *len <= size ? __build_id_start + desc : NULL;
}

/*
 * Fill in what the guest has room for as it says itself. Its structure has the
 * layout of xen_build_id. Without an argument: how long it would be.
 */
static long bytes_to_guest(unsigned long arg, const void *bytes, u32 len)
{
	struct xen_build_id head;

	if (!arg)
		return len;
	if (raw_copy_from_guest(&head, arg, sizeof(head.len)))
		return -EFAULT;
	if (head.len < len)
		return -ENOBUFS;
	if (raw_copy_to_guest(arg + offsetof(struct xen_build_id, buf), bytes, len))
		return -EFAULT;
	return len;
}

static long ver_build_id(unsigned long arg)
{
	const u8 *id;
	u32 len = 0;

	if (!current->domain->is_privileged)
		return -EPERM;
	id = build_id(&len);
	return id ? bytes_to_guest(arg, id, len) : -ENODATA;
}

static long ver_extraversion2(unsigned long arg)
{
	return bytes_to_guest(arg, xen_abi_extraversion(), strlen(xen_abi_extraversion()));
}

static long ver_capabilities2(unsigned long arg)
{
	return bytes_to_guest(arg, CAPABILITIES, strlen(CAPABILITIES));
}

static long ver_changeset2(unsigned long arg)
{
	return bytes_to_guest(arg, HV_CHANGESET, strlen(HV_CHANGESET));
}

static long ver_commandline2(unsigned long arg)
{
	if (!current->domain->is_privileged)
		return -EPERM;
	return bytes_to_guest(arg, saved_cmdline, strlen(saved_cmdline));
}

/* Since Xen 4.18, whose tools use nothing else: the same strings, whole and without a NUL. */
#define XENVER_extraversion2	11
#define XENVER_capabilities2	12
#define XENVER_changeset2	13
#define XENVER_commandline2	14

static long (*const version_ops[])(unsigned long arg) = {
	[XENVER_version] = ver_version,
	[XENVER_extraversion] = ver_extraversion,
	[XENVER_compile_info] = ver_compile_info,
	[XENVER_capabilities] = ver_capabilities,
	[XENVER_changeset] = ver_changeset,
	[XENVER_platform_parameters] = ver_platform_parameters,
	[XENVER_get_features] = ver_get_features,
	[XENVER_pagesize] = ver_pagesize,
	[XENVER_guest_handle] = ver_guest_handle,
	[XENVER_commandline] = ver_commandline,
	[XENVER_build_id] = ver_build_id,
	[XENVER_extraversion2] = ver_extraversion2,
	[XENVER_capabilities2] = ver_capabilities2,
	[XENVER_changeset2] = ver_changeset2,
	[XENVER_commandline2] = ver_commandline2,
};

/**
 * do_xen_version() - Hypercall xen_version.
 * @cmd: XENVER_*
 * @arg: guest address of what the command fills in
 * @a3:  unused
 * @a4:  unused
 * @a5:  unused
 *
 * ABI: version.h.
 * Return: 0 or what the command gives; -EFAULT, -EINVAL, -EPERM, -ENOBUFS;
 * -ENOSYS for an unknown command.
 */
long do_xen_version(unsigned long cmd, unsigned long arg, unsigned long a3, unsigned long a4,
		    unsigned long a5)
{
	if ((u32)cmd >= ARRAY_SIZE(version_ops))
		return -ENOSYS;
	return version_ops[(u32)cmd](arg);
}
