// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which domain which calls are allowed from the start.
 *
 * The control domain's programs may do what the hypervisor lets the domain do.
 * In any other domain a hypercall could still overwrite the domain's own
 * kernel, which a locked-down kernel must not allow; the one use of the device
 * there is a device model's, which needs its target domain only. Xenstore tells
 * the target, and it may come up later than this driver: open() waits for it.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "privcmd.h"

static bool unrestricted;
module_param(unrestricted, bool, 0);
MODULE_PARM_DESC(unrestricted,
		 "In a domU allow hypercalls to any domain, not only to the target (0)");

static DECLARE_WAIT_QUEUE_HEAD(target_wait);
static bool target_pending;
static bool registered;
static domid_t target = DOMID_INVALID;

static domid_t read_target(void)
{
	unsigned int domid;
	char *value;
	int rc;

	value = xenbus_read(XBT_NIL, "target", "", NULL);
	if (IS_ERR(value)) {
		pr_info("no target domain in Xenstore: hypercalls from programs are refused\n");
		return DOMID_IDLE;
	}

	rc = kstrtouint(value, 10, &domid);
	if (rc || domid >= DOMID_FIRST_RESERVED) {
		pr_err("target \"%s\" in Xenstore is not a domain: hypercalls from programs are refused\n",
		       value);
		domid = DOMID_IDLE;
	}

	kfree(value);
	return domid;
}

static int xenstore_is_up(struct notifier_block *nb, unsigned long event, void *data)
{
	target = read_target();
	/* Pairs with the acquire in privcmd_initial_domid(). */
	smp_store_release(&target_pending, false);
	wake_up_all(&target_wait);

	return NOTIFY_DONE;
}

static struct notifier_block xenstore_notifier = {
	.notifier_call = xenstore_is_up,
};

/**
 * privcmd_initial_domid() - The domain that a file may name when it is opened.
 * @domid: set to the domain, to DOMID_INVALID if any is allowed, or to
 *	   DOMID_IDLE, which no call can name, if none is
 *
 * Context: sleeps in a domU until Xenstore is there.
 * Return: 0; -EINTR.
 */
int privcmd_initial_domid(domid_t *domid)
{
	/* Pairs with the release in xenstore_is_up(): then target is set. */
	if (wait_event_interruptible(target_wait, !smp_load_acquire(&target_pending)))
		return -EINTR;

	*domid = target;
	return 0;
}

/**
 * privcmd_restrict_init() - Find out what is allowed.
 *
 * Context: module initialisation, before the device can be opened.
 */
void privcmd_restrict_init(void)
{
	if (xen_initial_domain())
		return;

	if (unrestricted) {
		if (!security_locked_down(LOCKDOWN_XEN_USER_ACTIONS))
			return;
		pr_warn("kernel is locked down: parameter unrestricted has no effect\n");
	}

	target_pending = true;
	registered = true;
	/* Calls back at once if Xenstore is up already. */
	register_xenstore_notifier(&xenstore_notifier);
}

/**
 * privcmd_restrict_exit() - Undo privcmd_restrict_init().
 *
 * Context: module removal, after the device is gone.
 */
void privcmd_restrict_exit(void)
{
	if (registered)
		unregister_xenstore_notifier(&xenstore_notifier);
}
