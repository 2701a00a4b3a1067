// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl and sysctl: CPU policies and featuresets, of the machine, of guests in
 * general, and of one domain, whose toolstack may change it before it runs.
 *
 * ABI: domctl.h, struct xen_domctl_cpu_policy; sysctl.h.
 */
#include "control.h"

#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>

/* What either call has of buffers. */
struct lists {
	u32 *nr_leaves, *nr_msrs;
	unsigned long leaves, msrs;
};

static long write_leaves(const struct cpu_policy *p, const struct lists *to)
{
	xen_cpuid_leaf_t *leaves = hv_new_array(xen_cpuid_leaf_t, POLICY_LEAVES_MAX);
	u32 nr;
	long rc = 0;

	if (!leaves)
		return -ENOMEM;
	nr = cpu_policy_to_leaves(p, leaves);
	if (*to->nr_leaves < nr)
		rc = -ENOBUFS;
	else if (raw_copy_to_guest(to->leaves, leaves, nr * sizeof(*leaves)))
		rc = -EFAULT;
	*to->nr_leaves = nr;
	hv_free(leaves);
	return rc;
}

static long write_msrs(const struct cpu_policy *p, const struct lists *to)
{
	xen_msr_entry_t msrs[POLICY_MSRS_MAX];
	u32 nr = cpu_policy_to_msrs(p, msrs);
	bool fits = *to->nr_msrs >= nr;

	*to->nr_msrs = nr;
	if (!fits)
		return -ENOBUFS;
	return raw_copy_to_guest(to->msrs, msrs, nr * sizeof(*msrs)) ? -EFAULT : 0;
}

/* Without a buffer: the most that there can be. */
static long write_policy(const struct cpu_policy *p, const struct lists *to)
{
	long rc = 0;

	if (!to->leaves)
		*to->nr_leaves = POLICY_LEAVES_MAX;
	else
		rc = write_leaves(p, to);
	if (rc)
		return rc;
	if (!to->msrs)
		*to->nr_msrs = POLICY_MSRS_MAX;
	else
		rc = write_msrs(p, to);
	return rc;
}

static long read_leaves(struct cpu_policy *p, u32 nr, unsigned long va,
			struct cpu_policy_error *err)
{
	for (u32 i = 0; i < nr; i++) {
		xen_cpuid_leaf_t l;
		int rc;

		if (copy_from_guest_index(&l, va, i))
			return -EFAULT;
		rc = cpu_policy_from_leaf(p, &l);
		if (rc) {
			err->leaf = l.leaf;
			err->subleaf = l.subleaf;
			return rc;
		}
	}
	return 0;
}

static long read_msrs(struct cpu_policy *p, u32 nr, unsigned long va, struct cpu_policy_error *err)
{
	for (u32 i = 0; i < nr; i++) {
		xen_msr_entry_t m;
		int rc;

		if (copy_from_guest_index(&m, va, i))
			return -EFAULT;
		rc = cpu_policy_from_msr(p, &m);
		if (rc) {
			err->msr = m.idx;
			return rc;
		}
	}
	return 0;
}

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
	const struct lists lists = {
		.nr_leaves = &c->nr_leaves, .leaves = handle_va(c->leaves),
		.nr_msrs = &c->nr_msrs, .msrs = handle_va(c->msrs),
	};

	*reply = true;
	return write_policy(d->arch.cpu_policy, &lists);
}

static long change_policy(struct domain *d, const struct xen_domctl_cpu_policy *c,
			  struct cpu_policy *p, struct cpu_policy_error *err)
{
	long rc;

	*p = *d->arch.cpu_policy;
	rc = read_leaves(p, c->nr_leaves, handle_va(c->leaves), err);
	if (!rc)
		rc = read_msrs(p, c->nr_msrs, handle_va(c->msrs), err);
	if (!rc)
		rc = cpu_policy_check(p, &pv_max_policy, err);
	if (rc)
		return rc;
	cpu_policy_limit(p, &pv_max_policy);
	*d->arch.cpu_policy = *p;
	return 0;
}

/* Before it runs: what is given replaces those leaves, the others stay. */
long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op, bool *reply)
{
	struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
	struct cpu_policy_error err = { ~0U, ~0U, ~0U };
	struct cpu_policy *p;
	long rc;

	if (d == current->domain)
		return -EINVAL;
	if (d->created)
		return -EEXIST;
	if (c->nr_leaves > POLICY_LEAVES_MAX || c->nr_msrs > POLICY_MSRS_MAX)
		return -E2BIG;
	p = hv_new(struct cpu_policy);
	if (!p)
		return -ENOMEM;
	rc = change_policy(d, c, p, &err);
	hv_free(p);
	c->err_leaf = err.leaf;
	c->err_subleaf = err.subleaf;
	c->err_msr = err.msr;
	*reply = true;
	return rc;
}

long sysctl_get_cpu_policy(struct xen_sysctl *op, bool *reply)
{
	/* None for HVM. */
	static const struct cpu_policy *const policies[] = {
		[XEN_SYSCTL_cpu_policy_raw] = &raw_policy,
		[XEN_SYSCTL_cpu_policy_host] = &host_policy,
		[XEN_SYSCTL_cpu_policy_pv_max] = &pv_max_policy,
		[XEN_SYSCTL_cpu_policy_hvm_max] = NULL,
		[XEN_SYSCTL_cpu_policy_pv_default] = &pv_default_policy,
		[XEN_SYSCTL_cpu_policy_hvm_default] = NULL,
	};
	struct xen_sysctl_cpu_policy *c = &op->u.cpu_policy;
	const struct lists lists = {
		.nr_leaves = &c->nr_leaves, .leaves = handle_va(c->leaves),
		.nr_msrs = &c->nr_msrs, .msrs = handle_va(c->msrs),
	};

	if (c->_rsvd || c->index >= ARRAY_SIZE(policies))
		return -EINVAL;
	if (!policies[c->index])
		return -EOPNOTSUPP;
	*reply = true;
	return write_policy(policies[c->index], &lists);
}

/* Without a buffer: how many words there are. */
long sysctl_get_cpu_featureset(struct xen_sysctl *op, bool *reply)
{
	static const struct cpu_policy *const policies[] = {
		[XEN_SYSCTL_cpu_featureset_raw] = &raw_policy,
		[XEN_SYSCTL_cpu_featureset_host] = &host_policy,
		[XEN_SYSCTL_cpu_featureset_pv] = &pv_default_policy,
		[XEN_SYSCTL_cpu_featureset_hvm] = NULL,
		[XEN_SYSCTL_cpu_featureset_pv_max] = &pv_max_policy,
		[XEN_SYSCTL_cpu_featureset_hvm_max] = NULL,
	};
	struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
	u32 fs[FEATURESET_WORDS], nr = min_t(u32, f->nr_features, FEATURESET_WORDS);
	bool all = f->nr_features >= FEATURESET_WORDS;

	*reply = true;
	if (!handle_va(f->features)) {
		f->nr_features = FEATURESET_WORDS;
		return 0;
	}
	*reply = false;
	if (f->index >= ARRAY_SIZE(policies))
		return -EINVAL;
	if (!policies[f->index])
		return -EOPNOTSUPP;
	cpu_policy_featureset(policies[f->index], fs);
	if (raw_copy_to_guest(handle_va(f->features), fs, nr * sizeof(*fs)))
		return -EFAULT;
	f->nr_features = nr;
	*reply = true;
	return all ? 0 : -ENOBUFS;
}

/* CPUID faults where the CPU can; masks are not used. */
long sysctl_get_cpu_levelling_caps(struct xen_sysctl *op, bool *reply)
{
	op->u.cpu_levelling_caps.caps = 0;
	*reply = true;
	return 0;
}
