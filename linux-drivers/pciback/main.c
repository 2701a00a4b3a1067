// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen-pciback: parameters, and the module's coming and going.
 *
 * Names and meaning of the parameters are those of the stock module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/notifier.h>
#include <xen/xen.h>

#include "pciback.h"
#include "slots.h"

static char *hide = "";
module_param(hide, charp, 0444);
MODULE_PARM_DESC(hide, "Devices to take for guests: (DDDD:BB:SS.F)(BB:SS.F)(BB:SS.*)(BB:*.*)...");

bool pb_permissive;
module_param_named(permissive, pb_permissive, bool, 0644);
MODULE_PARM_DESC(permissive, "Let all guests write all of their devices' configuration space");

bool pb_passthrough;
module_param_named(passthrough, pb_passthrough, bool, 0444);
MODULE_PARM_DESC(passthrough,
		 "Show guests the machine's own PCI addresses instead of one bus 0000:00");

static int __init pciback_init(void)
{
	int rc;

	if (!xen_initial_domain())
		return -ENODEV;
	rc = pb_slots_hide(hide);
	if (rc < 0)
		goto forget;
	rc = pci_register_driver(&pb_pci_driver);
	if (rc)
		goto forget;
	pb_report_hidden(hide);
	rc = bus_register_notifier(&pci_bus_type, &pb_bus_notifier);
	if (rc)
		goto unregister;
	rc = xenbus_be_register(&pb_be_driver);
	if (!rc)
		return 0;
	bus_unregister_notifier(&pci_bus_type, &pb_bus_notifier);
unregister:
	pci_unregister_driver(&pb_pci_driver);
forget:
	pb_slots_clear();
	return rc;
}

static void __exit pciback_exit(void)
{
	xenbus_be_unregister(&pb_be_driver);
	bus_unregister_notifier(&pci_bus_type, &pb_bus_notifier);
	pci_unregister_driver(&pb_pci_driver);
	pb_slots_clear();
}

module_init(pciback_init);
module_exit(pciback_exit);

MODULE_DESCRIPTION("Xen PCI backend");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:pci");
