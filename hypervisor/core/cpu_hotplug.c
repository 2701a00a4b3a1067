// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that are taken out of use and put back.
 *
 * One that goes offline first loses its vCPUs, then its interrupt lines; then,
 * while all others stand still, it leaves the set of those that are online, its
 * timers go to another, and it writes back the vCPU that it still holds. It ends
 * what softirqs were left to it and halts with interrupts off. All that was made
 * for it stays. An NMI lets it go on; so it needs no second start through real
 * mode, and machine checks, which go to all CPUs, find it.
 *
 * Serialised by control_begin() of the callers. The boot CPU stays.
 */
#include <hv/cpu_hotplug.h>

#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/watchdog.h>
#include <asm/pv.h>

/* On the CPU that goes, all others standing still. *@arg: 0, or a line has come meanwhile. */
static void take_leave(void *arg)
{
	unsigned int cpu = smp_processor_id();
	int *rc = arg;

	*rc = irq_cpu_leave(cpu);
	if (*rc)
		return;
	watchdog_cpu(cpu, false);
	pv_give_up_loaded();
	__atomic_store_n(&this_cpu()->online, false, __ATOMIC_SEQ_CST);
	timer_cpu_leave(0);
}

static bool is_online(u32 cpu)
{
	return READ_ONCE(percpu_of[cpu]->online);
}

/**
 * cpu_offline() - Take a CPU out of use.
 * @cpu: any number
 *
 * What it did by the time of an -ERESTART is done: it is in no pool any more.
 * Context: hypercall, no lock held, interrupts on; one caller at a time.
 * Return: 0; -EINVAL: no such CPU, or the boot CPU; -EEXIST: it is offline, as
 * Xen has it; -EBUSY: it is the last one of a pool with domains, or has a block
 * of messages that cannot move; -ERESTART: call again, after softirqs.
 */
int cpu_offline(u32 cpu)
{
	int rc;

	if (!cpu || cpu >= nr_cpus)
		return -EINVAL;
	if (!is_online(cpu))
		return -EEXIST;
	rc = sched_cpu_down(cpu);
	if (rc)
		return rc == -EAGAIN ? -ERESTART : rc;
	rc = irq_cpu_leave(cpu);
	if (!rc && !stop_machine(cpu, take_leave, &rc))
		return -ERESTART;
	if (rc == -EAGAIN)
		return -ERESTART;
	if (rc) {
		sched_cpu_up(cpu);
		return rc;
	}
	pr_info("CPU%u is offline\n", cpu);
	virq_send_global(VIRQ_PCPU_STATE);
	return 0;
}

/**
 * cpu_online() - Put a CPU back into use, in pool 0.
 * @cpu: any number
 *
 * Context: as cpu_offline().
 * Return: 0; -EINVAL: no such CPU; -EEXIST: it is online; -EIO: it does not answer.
 */
int cpu_online(u32 cpu)
{
	if (cpu >= nr_cpus)
		return -EINVAL;
	if (is_online(cpu))
		return -EEXIST;
	if (!smp_unpark(cpu)) {
		pr_err("CPU%u does not come back\n", cpu);
		return -EIO;
	}
	sched_cpu_up(cpu);
	watchdog_cpu(cpu, true);
	pr_info("CPU%u is online\n", cpu);
	virq_send_global(VIRQ_PCPU_STATE);
	return 0;
}
