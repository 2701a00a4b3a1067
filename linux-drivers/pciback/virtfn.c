// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual functions (SR-IOV) go with the driver of their physical function.
 *
 * Without it they do nothing, and such drivers leave them enabled as long as a
 * guest has one. So before it is unbound they are taken from guests and from us.
 */
#include <linux/notifier.h>
#include <linux/pci.h>

#include "pciback.h"

/* One of @pf's that is ours, referenced; NULL if there is none. */
static struct pci_dev *find_one_of(const struct pci_dev *pf)
{
	struct pci_dev *found = NULL;
	struct pb_dev *pb;

	mutex_lock(&pb_devs_lock);
	list_for_each_entry(pb, &pb_devs, list) {
		if (pb->pdev->is_virtfn && pci_physfn(pb->pdev) == pf) {
			found = pci_dev_get(pb->pdev);
			break;
		}
	}
	mutex_unlock(&pb_devs_lock);
	return found;
}

/* Runs under device_lock() of the physical function; each of the others has its own. */
static int bus_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *vf, *pdev = to_pci_dev(data);

	if (action != BUS_NOTIFY_UNBIND_DRIVER || !pdev->is_physfn)
		return NOTIFY_DONE;
	while ((vf = find_one_of(pdev))) {
		device_release_driver(&vf->dev);
		pci_dev_put(vf);
	}
	return NOTIFY_DONE;
}

struct notifier_block pb_bus_notifier = { .notifier_call = bus_event };
