// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection, for tests: a hypercall by which domain 0 lets the n-th
 * allocation fail that a certain vCPU's calls make, and asks how much memory the
 * hypervisor has in use. Only in builds with CONFIG_HV_FAIL_ALLOC, and only if
 * the option fail-alloc is given. The number is one that Xen leaves to
 * architectures, and has never used: Documentation/abi/index.rst.
 *
 * vcpu.hc.fail_alloc counts down, without a lock: a test sets it while the vCPU
 * makes no call.
 */
#include <hv/fail_alloc.h>

#ifdef CONFIG_HV_FAIL_ALLOC

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>

bool alloc_shall_fail(void)
{
	struct vcpu *v = current;
	u32 left;

	if (likely(!opts.fail_alloc) || !v || this_cpu()->irq_depth)
		return false;
	left = READ_ONCE(v->hc.fail_alloc);
	if (!left)
		return false;
	WRITE_ONCE(v->hc.fail_alloc, left - 1);
	return left == 1;
}

/* Return: how many allocations the one that was to fail before is still away; 0: it failed. */
static long arm(domid_t domid, unsigned int n)
{
	struct domain *d;
	struct vcpu *v;
	long rc = domain_get_target(domid, &d);

	if (rc)
		return rc;
	v = domain_vcpu(d, 0);
	rc = -EINVAL;
	if (v) {
		rc = READ_ONCE(v->hc.fail_alloc);
		WRITE_ONCE(v->hc.fail_alloc, n);
	}
	domain_put(d);
	return rc;
}

/**
 * do_fail_alloc() - Hypercall 55 of test builds.
 * @a1: FAIL_ALLOC_ARM: let an allocation fail; FAIL_ALLOC_IN_USE: see memory_in_use()
 * @a2: arm: the domain whose vCPU 0 is to be hit; DOMID_SELF is the caller's
 * @a3: arm: which of its allocations from now on, 1 being the next; 0: none
 * @a4: unused
 * @a5: unused
 *
 * Return: in_use: bytes; arm: 0 if the one asked for before has failed, else
 * how far it still was; -ENOSYS without the option; -EPERM; -ESRCH; -EINVAL.
 */
long do_fail_alloc(unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
		   unsigned long a5)
{
	if (!opts.fail_alloc)
		return -ENOSYS;
	if (!current->domain->is_hardware_domain)
		return -EPERM;
	switch (a1) {
	case FAIL_ALLOC_ARM:
		return arm((domid_t)a2, (unsigned int)a3);
	case FAIL_ALLOC_IN_USE:
		return memory_in_use();
	}
	return -EINVAL;
}

#endif
