// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long each vCPU has been running, runnable, blocked and offline, for itself
 * and for others to see. The run-queue lock of its CPU guards it; while the vCPU
 * runs only its own CPU changes it. The times always add up to the vCPU's age.
 *
 * ABI: vcpu.h, struct vcpu_runstate_info. What a guest calls steal time is
 * runnable and offline together.
 */
#include "sched.h"

#include <hv/guest_access.h>
#include <hv/string.h>
#include <hv/time.h>

#include <asm/system.h>

void runstate_change(struct vcpu *v, int state, u64 now)
{
	struct vcpu_runstate_info *rs = &v->runstate;

	/* Another CPU may have read the clock first and had the lock later. */
	if (now > rs->state_entry_time) {
		rs->time[rs->state] += now - rs->state_entry_time;
		rs->state_entry_time = now;
	}
	rs->state = state;
}

/* Its state while it is not running. */
int runstate_waiting(const struct vcpu *v)
{
	if (vcpu_runnable(v))
		return RUNSTATE_runnable;
	if (READ_ONCE(v->pause_flags) & (BIT(VPF_BLOCKED) | BIT(VPF_POLL)))
		return RUNSTATE_blocked;
	return RUNSTATE_offline;
}

/**
 * runstate_get() - How long a vCPU has been in each state, up to now.
 * @v:	 any vCPU
 * @out: filled in; the times add up to now minus the vCPU's creation
 *
 * ABI: vcpu.h, VCPUOP_get_runstate_info.
 * Context: any; takes the run-queue lock.
 */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	u64 now = now_ns();

	/* Padding and all: it goes to guests. */
	memcpy(out, &v->runstate, sizeof(*out));
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
	spin_unlock_irqrestore(&sc->lock, flags);
}

/**
 * sched_idle_time_ns() - How long a CPU has had nothing to do.
 * @cpu: has a run queue
 *
 * ABI: sysctl.h, getcpuinfo.
 * Context: any; takes the run-queue lock.
 */
u64 sched_idle_time_ns(unsigned int cpu)
{
	struct vcpu_runstate_info info;

	runstate_get(percpu_of[cpu]->idle, &info);
	return info.time[RUNSTATE_running];
}

/* Write the area at @va: with the assist, so that another vCPU can tell a half-written copy. */
static bool runstate_write(const struct domain *d, unsigned long va,
			   struct vcpu_runstate_info *info)
{
	unsigned long entry_time_va = va + offsetof(struct vcpu_runstate_info, state_entry_time);

	if (!(READ_ONCE(d->arch.vm_assist) & BIT(VMASST_TYPE_runstate_update_flag)))
		return copy_to_guest(va, info) == 0;

	info->state_entry_time |= XEN_RUNSTATE_UPDATE;
	if (copy_to_guest(entry_time_va, &info->state_entry_time))
		return false;
	smp_wmb();	/* partner: the guest reads the flag, the area, the flag */
	if (copy_to_guest(va, info))
		return false;
	smp_wmb();	/* the same */
	info->state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	return copy_to_guest(entry_time_va, &info->state_entry_time) == 0;
}

/**
 * runstate_publish_copy() - Write the registered area of a vCPU that is being switched out.
 * @v:	  its page tables are still loaded
 * @info: its run state when that was decided; overwritten. By now others may have
 *	  changed @v's own
 *
 * Context: on its CPU, no lock held.
 */
void runstate_publish_copy(struct vcpu *v, struct vcpu_runstate_info *info)
{
	unsigned long va = v->runstate_guest;

	if (!va)
		return;
	v->runstate_stale = !v->arch.kernel_mode;
	if (!v->runstate_stale)
		runstate_write(v->domain, va, info);
}

void runstate_publish(struct vcpu *v)
{
	struct vcpu_runstate_info info;

	if (!v->runstate_guest)
		return;
	/* Only schedule() on this CPU changes it while the vCPU is current. */
	memcpy(&info, &v->runstate, sizeof(info));
	runstate_publish_copy(v, &info);
}
