// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysctl: what a control domain asks about the machine and the hypervisor. One
 * function per command; the table names those that there are, the others give
 * -ENOSYS: Documentation/abi/control.rst.
 *
 * ABI: sysctl.h.
 */
#include "control.h"

#include <hv/console.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>

BUILD_BUG_ON(XEN_SYSCTL_INTERFACE_VERSION != 0x15);
BUILD_BUG_ON(sizeof(struct xen_sysctl) != 136);

static long sysctl_readconsole(struct xen_sysctl *op, bool *reply)
{
	long rc = console_readconsole(&op->u.readconsole);

	*reply = !rc;
	return rc;
}

/* As many as nobody types. */
#define DEBUG_KEYS_MAX	64U

static long sysctl_debug_keys(struct xen_sysctl *op, bool *reply)
{
	const struct xen_sysctl_debug_keys *k = &op->u.debug_keys;
	char keys[DEBUG_KEYS_MAX];

	if (k->nr_keys > DEBUG_KEYS_MAX)
		return -E2BIG;
	if (raw_copy_from_guest(keys, handle_va(k->keys), k->nr_keys))
		return -EFAULT;
	for (u32 i = 0; i < k->nr_keys; i++)
		keyhandler_run(keys[i]);
	return 0;
}

/* Ascending, as many as there is room for; the caller goes on behind the last. */
static long sysctl_getdomaininfolist(struct xen_sysctl *op, bool *reply)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	domid_t next = l->first_domain;
	struct domain *d;
	u32 nr = 0;

	while (nr < l->max_domains && (d = domain_get_from(next))) {
		domain_info(d, &info);
		next = d->domain_id + 1;
		domain_put(d);
		if (copy_to_guest_index(handle_va(l->buffer), nr, &info))
			return -EFAULT;
		nr++;
	}
	l->num_domains = nr;
	*reply = true;
	return 0;
}

#define CALL(name) \
	[XEN_SYSCTL_##name] = sysctl_##name

static const sysctl_fn commands[] = {
	CALL(readconsole),
	CALL(physinfo),
	CALL(sched_id),
	CALL(perfc_op),
	CALL(getdomaininfolist),
	CALL(debug_keys),
	CALL(getcpuinfo),
	CALL(availheap),
	CALL(get_pmstat),
	CALL(cpu_hotplug),
	CALL(pm_op),
	CALL(page_offline_op),
	CALL(cputopoinfo),
	CALL(numainfo),
	CALL(cpupool_op),
	CALL(scheduler_op),
	CALL(psr_cmt_op),
	CALL(pcitopoinfo),
	CALL(psr_alloc),
	CALL(get_cpu_levelling_caps),
	CALL(get_cpu_featureset),
	CALL(livepatch_op),
	CALL(get_cpu_policy),
};

static u64 reported;

static long missing(u32 cmd)
{
	if (IS_ENABLED(CONFIG_HV_DEBUG) && cmd < 64 && !(reported & BIT(cmd))) {
		reported |= BIT(cmd);
		gprintk(LOG_DEBUG, "sysctl %u is not there\n", cmd);
	}
	return -ENOSYS;
}

/* The domain that runs the store may list domains, and no more. */
static bool may_call(u32 cmd)
{
	const struct domain *caller = current->domain;

	return caller->is_privileged ||
	       (cmd == XEN_SYSCTL_getdomaininfolist && caller->config.xenstore);
}

/**
 * do_sysctl() - Hypercall 35.
 * @a1: guest address of struct xen_sysctl
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Context: as do_domctl().
 * Return: that of the command; -EPERM to all but control domains; -EFAULT;
 * -EACCES if the caller was built for another version; -ENOSYS.
 */
long do_sysctl(unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
	       unsigned long a5)
{
	struct xen_sysctl op;
	bool reply = false;
	long rc;

	if (copy_from_guest(&op, a1))
		return -EFAULT;
	if (!may_call(op.cmd))
		return -EPERM;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(commands) || !commands[op.cmd])
		return missing(op.cmd);
	if (!control_begin())
		return hypercall_continue(1, a1);
	rc = commands[op.cmd](&op, &reply);
	control_end();
	if (reply && copy_to_guest(a1, &op))
		return -EFAULT;
	return rc == -ERESTART ? hypercall_continue(1, a1) : rc;
}
