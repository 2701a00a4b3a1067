// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pausing vCPUs and domains. A pause is a count, so that each side undoes its own
 * only; what it does is in vcpu_runnable(). No locks of its own.
 */
#include <hv/sched.h>

#include <hv/bug.h>
#include <hv/errno.h>

/* Arbitrary, so that the toolstack cannot make the count wrap. As Xen's. */
#define CONTROLLER_PAUSES_MAX	255

/**
 * vcpu_pause_nosync() - Keep @v from running until vcpu_unpause(); calls nest.
 * @v: any vCPU, also the current one
 *
 * Context: any without a run-queue lock.
 */
void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

/**
 * vcpu_pause() - As vcpu_pause_nosync(), and wait until @v is off its CPU.
 * @v: not the current vCPU
 *
 * Context: interrupts on, no lock held.
 */
void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

/**
 * vcpu_unpause() - Undo one vcpu_pause().
 * @v: paused
 *
 * Context: any without a run-queue lock.
 */
void vcpu_unpause(struct vcpu *v)
{
	u32 count = __atomic_fetch_sub(&v->pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(!count);
	if (count == 1)
		vcpu_wake(v);
}

/**
 * domain_pause_nosync() - Keep all vCPUs of @d from running; calls nest.
 * @d: any guest; vCPUs that it gets later are paused as well
 *
 * Context: any without a run-queue lock.
 */
void domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v)
		vcpu_sleep_nosync(v);
}

/**
 * domain_pause() - As domain_pause_nosync(), and wait until none runs.
 * @d: not the caller's own domain
 *
 * Context: interrupts on, no lock held.
 */
void domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu(d, v)
		vcpu_sleep_sync(v);
}

/**
 * domain_unpause() - Undo one domain_pause().
 * @d: paused
 *
 * Context: any without a run-queue lock.
 */
void domain_unpause(struct domain *d)
{
	struct vcpu *v;
	u32 count = __atomic_fetch_sub(&d->pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(!count);
	if (count != 1)
		return;
	for_each_vcpu(d, v)
		vcpu_wake(v);
}

/**
 * domain_pause_by_controller() - A pause that the toolstack asks for.
 * @d: not the caller's own domain
 *
 * ABI: domctl.h, pausedomain.
 * Context: interrupts on, no lock held.
 * Return: 0; -EOVERFLOW if it has asked 255 times without taking one back.
 */
int domain_pause_by_controller(struct domain *d)
{
	u32 count = READ_ONCE(d->controller_pauses);

	do {
		if (count >= CONTROLLER_PAUSES_MAX)
			return -EOVERFLOW;
	} while (!__atomic_compare_exchange_n(&d->controller_pauses, &count, count + 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	domain_pause(d);
	return 0;
}

/**
 * domain_unpause_by_controller() - Take one such pause back.
 * @d: any guest
 *
 * ABI: domctl.h, unpausedomain.
 * Context: any without a run-queue lock.
 * Return: 0; -EINVAL if the toolstack has not paused it.
 */
int domain_unpause_by_controller(struct domain *d)
{
	u32 count = READ_ONCE(d->controller_pauses);

	do {
		if (!count)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(&d->controller_pauses, &count, count - 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	domain_unpause(d);
	return 0;
}
