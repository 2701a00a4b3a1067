// SPDX-License-Identifier: GPL-2.0-only
/*
 * From number to handler. The table says which calls exist; one that does not
 * is -ENOSYS, and in debug builds named once in the log. ABI: xen.h,
 * "HYPERCALLS". Runs on the vCPU's own CPU, interrupts on, without locks.
 */
#include <hv/hypercall.h>

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/fail_alloc.h>
#include <hv/percpu.h>
#include <hv/perfc.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <asm/pv.h>
#include <asm/system.h>

#include <xen/arch-x86/xen-mca.h>

/* SYSCALL is two bytes: that far back, the guest makes the same call again. */
#define SYSCALL_LEN	2

#define CALL(name) \
	[__HYPERVISOR_##name] = do_##name

static const hypercall_fn_t table[64] = {
	CALL(set_trap_table),
	CALL(mmu_update),
	CALL(set_gdt),
	CALL(stack_switch),
	CALL(fpu_taskswitch),
	CALL(platform_op),
	CALL(set_debugreg),
	CALL(get_debugreg),
	CALL(update_descriptor),
	CALL(memory_op),
	CALL(multicall),
	CALL(update_va_mapping),
	CALL(set_timer_op),
	CALL(xen_version),
	CALL(console_io),
	CALL(grant_table_op),
	CALL(vm_assist),
	CALL(update_va_mapping_otherdomain),
	CALL(vcpu_op),
	CALL(set_segment_base),
	CALL(mmuext_op),
	CALL(nmi_op),
	CALL(sched_op),
	CALL(callback_op),
	CALL(event_channel_op),
	CALL(physdev_op),
	CALL(sysctl),
	CALL(domctl),
	CALL(mca),
#ifdef CONFIG_HV_FAIL_ALLOC
	[__HYPERVISOR_arch_7] = do_fail_alloc,
#endif
};

static u64 reported_missing;

static void report_missing(unsigned long nr)
{
	if (!IS_ENABLED(CONFIG_HV_DEBUG) || nr >= 64 || (reported_missing & BIT(nr)))
		return;
	reported_missing |= BIT(nr);
	gprintk(LOG_DEBUG, "hypercall %lu is not there\n", nr);
}

/**
 * hypercall_dispatch() - Call a handler by number.
 * @nr:   hypercall number, untrusted
 * @args: five raw arguments
 *
 * Return: what the handler returns; -ENOSYS if there is none.
 */
long hypercall_dispatch(unsigned long nr, const unsigned long args[5])
{
	if (unlikely(nr >= ARRAY_SIZE(table) || !table[nr])) {
		report_missing(nr);
		return -ENOSYS;
	}
	return table[nr](args[0], args[1], args[2], args[3], args[4]);
}

bool hypercall_preempt_check(void)
{
	return softirq_is_pending() || local_events_need_delivery(current);
}

long hypercall_continue(unsigned int nr_args, ...)
{
	struct vcpu *v = current;
	va_list args;
	unsigned int i;

	ASSERT(nr_args <= ARRAY_SIZE(v->hc.args));
	va_start(args, nr_args);
	for (i = 0; i < nr_args; i++)
		v->hc.args[i] = va_arg(args, unsigned long);
	va_end(args);
	v->hc.nr_args = nr_args;
	v->hc.continued = true;
	return -ERESTART;
}

/* Let the guest issue the call again with the arguments the handler left. */
static noinline void rewind_call(struct vcpu *v, struct cpu_user_regs *regs)
{
	u64 *reg[5] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8 };
	unsigned int i;

	v->hc.continued = false;
	for (i = 0; i < v->hc.nr_args; i++)
		*reg[i] = v->hc.args[i];
	regs->rip -= SYSCALL_LEN;
}

/* From entry.S: SYSCALL by a guest's kernel. */
void pv_hypercall(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_cpu_regs();
	unsigned long args[5] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8 };
	long rc;

	perfc_incr_nr(hypercall, regs->rax);
	if (regs->rax == __HYPERVISOR_iret) {
		regs->rax = pv_iret(regs);
		return;
	}
	rc = hypercall_dispatch(regs->rax, args);
	if (unlikely(v->hc.continued))
		rewind_call(v, regs);
	else
		regs->rax = rc;
}
