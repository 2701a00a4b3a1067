// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry points that a PV guest registers: exception table, event, failsafe and
 * system-call callbacks, NMI handler. ABI: callback.h, nmi.h, arch-x86/xen.h
 * (trap_info). Per vCPU, on its own CPU, no locks.
 */
#include <hv/hypercall.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/percpu.h>
#include <hv/string.h>
#include <asm/pv.h>

#include <xen/callback.h>
#include <xen/nmi.h>

static long callback_set(struct vcpu *v, unsigned int type, unsigned long address, bool mask)
{
	switch (type) {
	case CALLBACKTYPE_event:
		v->arch.event_callback = address;
		break;
	case CALLBACKTYPE_failsafe:
		v->arch.failsafe_callback = address;
		break;
	case CALLBACKTYPE_syscall:
		v->arch.syscall_callback = address;
		break;
	case CALLBACKTYPE_syscall32:
		v->arch.syscall32_callback = address;
		break;
	case CALLBACKTYPE_sysenter:
		v->arch.sysenter_callback = address;
		break;
	case CALLBACKTYPE_nmi:
		v->arch.trap_ctxt[X86_VEC_NMI].address = address;
		v->arch.trap_ctxt[X86_VEC_NMI].cs = FLAT_CS64;
		v->arch.trap_ctxt[X86_VEC_NMI].vector = X86_VEC_NMI;
		v->arch.exit_work = 1;	/* one may have come before */
		break;
	default:
		return -ENOSYS;
	}
	if (mask)
		v->arch.callback_masks |= BIT(type);
	else
		v->arch.callback_masks &= ~(u32)BIT(type);
	return 0;
}

static long callback_register(struct vcpu *v, unsigned long arg)
{
	struct callback_register reg;

	if (copy_from_guest(&reg, arg))
		return -EFAULT;
	if (!is_canonical(reg.address))
		return -EINVAL;
	return callback_set(v, reg.type, reg.address, reg.flags & CALLBACKF_mask_events);
}

static long callback_unregister(struct vcpu *v, unsigned long arg)
{
	struct callback_unregister unreg;

	if (copy_from_guest(&unreg, arg))
		return -EFAULT;
	switch (unreg.type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_syscall:
	case CALLBACKTYPE_sysenter:
	case CALLBACKTYPE_syscall32:
		return -EINVAL;		/* a guest cannot run without them */
	}
	return callback_set(v, unreg.type, 0, false);
}

/**
 * do_callback_op() - Register or remove a callback.
 * @a1: CALLBACKOP_*
 * @a2: guest address of its argument
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: 0; -EFAULT; -EINVAL for an address that is not canonical or a
 *	   callback that cannot be removed; -ENOSYS for an unknown one.
 */
long do_callback_op(unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	switch (a1) {
	case CALLBACKOP_register:
		return callback_register(current, a2);
	case CALLBACKOP_unregister:
		return callback_unregister(current, a2);
	}
	return -ENOSYS;
}

/**
 * do_nmi_op() - The older way to register an NMI handler.
 * @a1: XENNMI_*
 * @a2: guest address of a struct xennmi_callback
 * @a3: unused
 * @a4: unused
 * @a5: unused
 */
long do_nmi_op(unsigned long a1, unsigned long a2, unsigned long a3,
	       unsigned long a4, unsigned long a5)
{
	struct xennmi_callback cb;

	switch (a1) {
	case XENNMI_register_callback:
		if (copy_from_guest(&cb, a2))
			return -EFAULT;
		if (!is_canonical(cb.handler_address))
			return -EINVAL;
		return callback_set(current, CALLBACKTYPE_nmi, cb.handler_address, false);
	case XENNMI_unregister_callback:
		return callback_set(current, CALLBACKTYPE_nmi, 0, false);
	}
	return -ENOSYS;
}

/**
 * do_set_trap_table() - Set entries of the exception table.
 * @a1: guest address of trap_info entries up to one whose address is 0; a null
 *	pointer empties the table
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: 0; -EFAULT; -EINVAL for an address that is not canonical.
 */
long do_set_trap_table(unsigned long a1, unsigned long a2, unsigned long a3,
		       unsigned long a4, unsigned long a5)
{
	struct vcpu *v = current;
	struct trap_info ti;
	unsigned int i;

	if (!a1) {
		memset(v->arch.trap_ctxt, 0, NR_GUEST_TRAPS * sizeof(*v->arch.trap_ctxt));
		return 0;
	}
	/* There are 256 vectors; a longer list only repeats some. */
	for (i = 0; i <= 256; i++) {
		if (copy_from_guest_index(&ti, a1, i))
			return -EFAULT;
		if (!ti.address)
			return 0;
		if (!is_canonical(ti.address))
			return -EINVAL;
		ti.cs |= 3;
		v->arch.trap_ctxt[ti.vector] = ti;
	}
	return -EINVAL;
}
