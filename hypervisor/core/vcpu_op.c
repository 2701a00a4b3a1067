// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercall vcpu_op: what a guest may do to its own vCPUs. One function per
 * command; each gets the vCPU that the guest named, which exists. ABI: vcpu.h.
 */
#include <hv/domain.h>

#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/time.h>

#include <xen/sched.h>

#define PERIOD_MIN_NS	NSEC_PER_MSEC
#define PERIOD_MAX_NS	BIT(57)

static bool is_guest_range(unsigned long va)
{
	return va < HV_VIRT_START || va >= HV_VIRT_END;
}

static long vcpu_initialise(struct vcpu *v, unsigned long arg)
{
	struct vcpu_guest_context *ctxt;
	long rc;

	if (v->vcpu_info == &dummy_vcpu_info)
		return -EINVAL;
	ctxt = hv_new(struct vcpu_guest_context);
	if (!ctxt)
		return -ENOMEM;
	rc = -EFAULT;
	if (copy_from_guest(ctxt, arg))
		goto out;
	rc = -EEXIST;
	if (__atomic_exchange_n(&v->initialising, true, __ATOMIC_ACQUIRE))
		goto out;
	if (!v->initialised) {
		rc = arch_set_vcpu_context(v, ctxt);
		if (!rc)
			__atomic_store_n(&v->initialised, true, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&v->initialising, false, __ATOMIC_RELEASE);
	if (rc == -ERESTART)
		rc = hypercall_continue(3, (unsigned long)VCPUOP_initialise,
					(unsigned long)v->vcpu_id, arg);
out:
	hv_free(ctxt);
	return rc;
}

static long vcpu_up(struct vcpu *v, unsigned long arg __maybe_unused)
{
	if (!__atomic_load_n(&v->initialised, __ATOMIC_ACQUIRE))
		return -EINVAL;
	if (test_and_clear_bit_atomic(VPF_DOWN, &v->pause_flags))
		vcpu_wake(v);
	return 0;
}

/* Taking the last one down is the domain's end. */
static long vcpu_down(struct vcpu *v, unsigned long arg __maybe_unused)
{
	struct domain *d = v->domain;
	struct vcpu *other;
	bool last = true;

	for_each_vcpu(d, other)
		if (other != v && !test_bit(VPF_DOWN, &other->pause_flags))
			last = false;
	if (last) {
		domain_shutdown(d, SHUTDOWN_poweroff);
		return 0;
	}
	if (!test_and_set_bit_atomic(VPF_DOWN, &v->pause_flags))
		vcpu_sleep_nosync(v);
	return 0;
}

static long vcpu_is_up(struct vcpu *v, unsigned long arg __maybe_unused)
{
	return !test_bit(VPF_DOWN, &v->pause_flags);
}

static long vcpu_get_runstate_info(struct vcpu *v, unsigned long arg)
{
	struct vcpu_runstate_info info;

	runstate_get(v, &info);
	return copy_to_guest(arg, &info);
}

static long vcpu_register_runstate(struct vcpu *v, unsigned long arg)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info info;
	unsigned long va;

	if (copy_from_guest(&area, arg))
		return -EFAULT;
	va = area.addr.p;
	if (!is_guest_range(va))
		return -EFAULT;
	WRITE_ONCE(v->runstate_guest, va);
	if (v == current) {
		runstate_publish(v);
		return 0;
	}
	runstate_get(v, &info);
	/* No error if the area is not mapped yet: it is written whenever @v runs. */
	if (va)
		(void)!raw_copy_to_guest(va, &info, sizeof(info));
	return 0;
}

static long vcpu_set_periodic(struct vcpu *v, unsigned long arg)
{
	struct vcpu_set_periodic_timer set;

	if (copy_from_guest(&set, arg))
		return -EFAULT;
	if (set.period_ns < PERIOD_MIN_NS || set.period_ns > PERIOD_MAX_NS)
		return -EINVAL;
	vcpu_set_periodic_timer(v, set.period_ns);
	return 0;
}

static long vcpu_stop_periodic(struct vcpu *v, unsigned long arg __maybe_unused)
{
	vcpu_set_periodic_timer(v, 0);
	return 0;
}

/* VCPU_SSHOTTMR_future is not honoured: a time that is past fires at once. */
static long vcpu_set_singleshot(struct vcpu *v, unsigned long arg)
{
	struct vcpu_set_singleshot_timer set;

	if (v != current)
		return -EINVAL;
	if (copy_from_guest(&set, arg))
		return -EFAULT;
	timer_set(&v->singleshot_timer, set.timeout_abs_ns);
	return 0;
}

static long vcpu_stop_singleshot(struct vcpu *v, unsigned long arg __maybe_unused)
{
	if (v != current)
		return -EINVAL;
	timer_stop(&v->singleshot_timer);
	return 0;
}

/**
 * vcpu_register_info() - Move a vCPU's vcpu_info into memory of its guest.
 * @v:	    the current vCPU, or one that is down
 * @mfn:    as the guest names it
 * @offset: within the page, a multiple of 8; the structure is 64 bytes
 *
 * What is pending moves along, and everything is announced again. The page
 * stays referenced, as writable, while the vCPU lives.
 * ABI: vcpu.h, VCPUOP_register_vcpu_info.
 * Context: the domain's lock is held, so that it happens once.
 * Return: 0; -EINVAL if done before or misplaced, or if the frame is not the
 * guest's or not to be had writable.
 */
int vcpu_register_info(struct vcpu *v, mfn_t mfn, unsigned int offset)
{
	struct vcpu_info *to;

	if (offset > PAGE_SIZE - sizeof(*to) || !IS_ALIGNED(offset, 8U))
		return -EINVAL;
	if (!mfn_eq(v->vcpu_info_mfn, INVALID_MFN) || !mfn_valid(mfn))
		return -EINVAL;
	if (page_get_and_type(mfn_to_page(mfn), v->domain->domain_id, PT_WRITABLE))
		return -EINVAL;
	to = (struct vcpu_info *)((char *)mfn_to_virt(mfn) + offset);
	memcpy(to, v->vcpu_info, sizeof(*to));
	v->vcpu_info_mfn = mfn;
	/* An event that hits the old one until here is among those announced again. */
	__atomic_store_n(&v->vcpu_info, to, __ATOMIC_SEQ_CST);
	evtchn_vcpu_info_moved(v);
	time_update_vcpu(v, true);
	return 0;
}

static long vcpu_register_vcpu_info(struct vcpu *v, unsigned long arg)
{
	struct vcpu_register_vcpu_info info;
	struct domain *d = v->domain;
	int rc;

	if (copy_from_guest(&info, arg))
		return -EFAULT;
	if (v != current && !test_bit(VPF_DOWN, &v->pause_flags))
		return -EINVAL;
	/* Once per vCPU, also if two others do it for one that is down. */
	spin_lock(&d->lock);
	rc = vcpu_register_info(v, _mfn(info.mfn), info.offset);
	spin_unlock(&d->lock);
	return rc;
}

static long vcpu_register_time_info(struct vcpu *v, unsigned long arg)
{
	struct vcpu_register_time_memory_area area;

	if (copy_from_guest(&area, arg))
		return -EFAULT;
	if (!is_guest_range(area.addr.p))
		return -EFAULT;
	WRITE_ONCE(v->time_info_guest, area.addr.p);
	if (v == current)
		time_update_vcpu(v, true);
	return 0;
}

static long vcpu_send_nmi(struct vcpu *v, unsigned long arg)
{
	if (arg)
		return -EINVAL;
	arch_vcpu_send_nmi(v);
	return 0;
}

/* Which CPU a vCPU is: only where that cannot change. */
static long vcpu_get_physid(struct vcpu *v, unsigned long arg)
{
	struct vcpu_get_physid id;
	const struct percpu *pc;

	if (!v->domain->is_hardware_domain || !opts.dom0_vcpus_pin)
		return -EINVAL;
	pc = percpu_of[v->processor];
	id.phys_id = pc->apic_id | (u64)pc->acpi_id << 32;
	return copy_to_guest(arg, &id);
}

static long (*const vcpu_ops[])(struct vcpu *v, unsigned long arg) = {
	[VCPUOP_initialise] = vcpu_initialise,
	[VCPUOP_up] = vcpu_up,
	[VCPUOP_down] = vcpu_down,
	[VCPUOP_is_up] = vcpu_is_up,
	[VCPUOP_get_runstate_info] = vcpu_get_runstate_info,
	[VCPUOP_register_runstate_memory_area] = vcpu_register_runstate,
	[VCPUOP_set_periodic_timer] = vcpu_set_periodic,
	[VCPUOP_stop_periodic_timer] = vcpu_stop_periodic,
	[VCPUOP_set_singleshot_timer] = vcpu_set_singleshot,
	[VCPUOP_stop_singleshot_timer] = vcpu_stop_singleshot,
	[VCPUOP_register_vcpu_info] = vcpu_register_vcpu_info,
	[VCPUOP_send_nmi] = vcpu_send_nmi,
	[VCPUOP_get_physid] = vcpu_get_physid,
	[VCPUOP_register_vcpu_time_memory_area] = vcpu_register_time_info,
};

/**
 * do_vcpu_op() - Hypercall vcpu_op.
 * @cmd:    VCPUOP_*
 * @vcpuid: one of the caller's own vCPUs
 * @arg:    guest address of the command's structure, 0 if it has none
 * @a4:     unused
 * @a5:     unused
 *
 * ABI: vcpu.h.
 * Return: 0 or what the command gives; -ENOENT if there is no such vCPU, which
 * is looked at first; -ENOSYS for an unknown command.
 */
long do_vcpu_op(unsigned long cmd, unsigned long vcpuid, unsigned long arg, unsigned long a4,
		unsigned long a5)
{
	struct vcpu *v = domain_vcpu(current->domain, vcpuid);

	if (!v)
		return -ENOENT;
	if ((u32)cmd >= ARRAY_SIZE(vcpu_ops) || !vcpu_ops[(u32)cmd])
		return -ENOSYS;
	return vcpu_ops[(u32)cmd](v, arg);
}
