/* SPDX-License-Identifier: GPL-2.0-only */
/* Dispatch of hypercalls, and how a long one continues later. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/types.h>
#include <hv/errno.h>

typedef long (*hypercall_fn_t)(unsigned long a1, unsigned long a2, unsigned long a3,
			       unsigned long a4, unsigned long a5);

/* From entry.S: guest registers are saved, interrupts on. */
void pv_hypercall(void);

/* Call @nr's handler with five raw arguments; -ENOSYS if there is none. core/hypercall.c. */
long hypercall_dispatch(unsigned long nr, const unsigned long args[5]);

/*
 * hypercall_continue() - Finish this call now and let the guest issue it again.
 * @nr_args: number of values that follow, at most 5: the arguments it is to be
 *	     issued with, in order
 *
 * Return: the value that the handler must return at once.
 */
long hypercall_continue(unsigned int nr_args, ...);
/* Is there something more urgent than a long hypercall? */
bool hypercall_preempt_check(void);

/* Handlers, one per hypercall, named for the ABI: arguments raw, guest pointers as numbers. */
#define DECLARE_HYPERCALL(name) \
	long do_##name(unsigned long a1, unsigned long a2, unsigned long a3, \
		       unsigned long a4, unsigned long a5)

DECLARE_HYPERCALL(set_trap_table);
DECLARE_HYPERCALL(mmu_update);
DECLARE_HYPERCALL(set_gdt);
DECLARE_HYPERCALL(stack_switch);
DECLARE_HYPERCALL(fpu_taskswitch);
DECLARE_HYPERCALL(platform_op);
DECLARE_HYPERCALL(set_debugreg);
DECLARE_HYPERCALL(get_debugreg);
DECLARE_HYPERCALL(update_descriptor);
DECLARE_HYPERCALL(memory_op);
DECLARE_HYPERCALL(multicall);
DECLARE_HYPERCALL(update_va_mapping);
DECLARE_HYPERCALL(set_timer_op);
DECLARE_HYPERCALL(xen_version);
DECLARE_HYPERCALL(console_io);
DECLARE_HYPERCALL(grant_table_op);
DECLARE_HYPERCALL(vm_assist);
DECLARE_HYPERCALL(update_va_mapping_otherdomain);
DECLARE_HYPERCALL(vcpu_op);
DECLARE_HYPERCALL(set_segment_base);
DECLARE_HYPERCALL(mmuext_op);
DECLARE_HYPERCALL(nmi_op);
DECLARE_HYPERCALL(sched_op);
DECLARE_HYPERCALL(callback_op);
DECLARE_HYPERCALL(event_channel_op);
DECLARE_HYPERCALL(physdev_op);
DECLARE_HYPERCALL(sysctl);
DECLARE_HYPERCALL(domctl);
DECLARE_HYPERCALL(mca);

#endif
