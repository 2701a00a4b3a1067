// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall vm_assist: behaviour that a guest switches on or off for itself.
 * ABI: xen.h, VMASST_TYPE_*.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>

/*
 * The first four change nothing for a 64-bit guest; kernels ask for them all
 * the same. VMASST_TYPE_architectural_iopl and m2p_strict are refused: what
 * they promise is not kept.
 */
#define ASSISTS_KNOWN	(BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) | \
			 BIT(VMASST_TYPE_writable_pagetables) | \
			 BIT(VMASST_TYPE_pae_extended_cr3) | \
			 BIT(VMASST_TYPE_runstate_update_flag))

/**
 * do_vm_assist() - Hypercall vm_assist.
 * @cmd:  VMASST_CMD_*
 * @type: VMASST_TYPE_*
 * @a3:   unused
 * @a4:   unused
 * @a5:   unused
 *
 * ABI: xen.h.
 * Return: 0; -EINVAL for an unknown type, -ENOSYS for an unknown command.
 */
long do_vm_assist(unsigned long cmd, unsigned long type, unsigned long a3, unsigned long a4,
		  unsigned long a5)
{
	u64 *assists = &current->domain->arch.vm_assist;

	type = (u32)type;
	if (type >= 64 || !(ASSISTS_KNOWN & BIT(type)))
		return -EINVAL;
	switch ((u32)cmd) {
	case VMASST_CMD_enable:
		__atomic_fetch_or(assists, BIT(type), __ATOMIC_RELAXED);
		return 0;
	case VMASST_CMD_disable:
		__atomic_fetch_and(assists, ~BIT(type), __ATOMIC_RELAXED);
		return 0;
	default:
		return -ENOSYS;
	}
}
