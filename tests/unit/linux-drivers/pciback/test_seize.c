// SPDX-License-Identifier: GPL-2.0-only
/* Which devices the driver takes, in what state it keeps them, and when it lets go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model.h"
#include "slots.h"
#include <xen/interface/physdev.h>

static struct pci_dev bridge, dev, vf[2];
static unsigned int resets, prepared;
static int reset_says;

const struct pci_error_handlers pb_error_handlers;
const struct attribute_group *pb_driver_groups[1];

struct pci_saved_state { u8 hw[FAKE_CFG]; };

void device_lock(struct device *d)
{
	assert_int_equal(d->locked++, 0);
}

void device_unlock(struct device *d)
{
	assert_int_equal(--d->locked, 0);
}

struct pci_dev *pci_get_domain_bus_and_slot(int domain, unsigned int bus, unsigned int devfn)
{
	return bus == 3 && devfn == dev.devfn ? &dev : NULL;
}

int pci_enable_device(struct pci_dev *d)
{
	d->enabled++;
	return 0;
}

void pci_disable_device(struct pci_dev *d)
{
	d->enabled--;
}

int pci_save_state(struct pci_dev *d)
{
	return 0;
}

void pci_restore_state(struct pci_dev *d)
{
}

struct pci_saved_state *pci_store_saved_state(struct pci_dev *d)
{
	struct pci_saved_state *s = malloc(sizeof(*s));

	memcpy(s->hw, d->hw, sizeof(s->hw));
	return s;
}

int pci_load_saved_state(struct pci_dev *d, struct pci_saved_state *s)
{
	memcpy(d->hw, s->hw, sizeof(s->hw));
	return 0;
}

int pci_load_and_free_saved_state(struct pci_dev *d, struct pci_saved_state **s)
{
	free(*s);
	*s = NULL;
	return 0;
}

int __pci_reset_function_locked(struct pci_dev *d)
{
	assert_int_equal(d->dev.locked, 1);
	resets++;
	return reset_says;
}

int HYPERVISOR_physdev_op(int cmd, void *arg)
{
	prepared += cmd == PHYSDEVOP_prepare_msix;
	prepared -= cmd == PHYSDEVOP_release_msix;
	return 0;
}

void pb_interrupts_off(struct pb_dev *pb)
{
}

void pb_release_locked(struct pb_dev *pb)
{
	pb->guest = NULL;
}

/* as the bus does it */

static int bind(struct pci_dev *d)
{
	int rc;

	device_lock(&d->dev);
	d->dev.driver = &pb_pci_driver.driver;
	rc = pb_pci_driver.probe(d, NULL);
	if (rc)
		d->dev.driver = NULL;
	device_unlock(&d->dev);
	return rc;
}

void device_release_driver(struct device *d)
{
	device_lock(d);
	pb_pci_driver.remove(to_pci_dev(d));
	d->driver = NULL;
	device_unlock(d);
}

static void want(const char *text)
{
	struct pb_pattern p;

	assert_int_equal(pb_parse_pattern(text, &p), 0);
	assert_int_equal(pb_slots_add(&p), 0);
}

static void fake_one(struct pci_dev *d, unsigned int devfn)
{
	fake_device(d);
	d->devfn = devfn;
	d->msix_cap = CAP_MSIX;
	d->msi_cap = CAP_MSI;
}

static int fresh(void **state)
{
	fake_one(&dev, PCI_DEVFN(0, 0));
	fake_one(&vf[0], PCI_DEVFN(2, 0));
	fake_one(&vf[1], PCI_DEVFN(2, 1));
	fake_one(&bridge, PCI_DEVFN(7, 0));
	resets = prepared = fake_messages = 0;
	reset_says = 0;
	return 0;
}

static int finish(void **state)
{
	pb_slots_clear();
	assert_int_equal(prepared, 0);
	assert_int_equal(dev.enabled, 0);
	assert_ptr_equal(pb_devs.next, &pb_devs);
	return 0;
}

static void only_what_is_wanted(void **state)
{
	assert_int_equal(bind(&dev), -ENODEV);
	want("03:00.0");
	assert_int_equal(bind(&dev), 0);
	assert_int_equal(resets, 1);
	assert_int_equal(hw_get(&dev, PCI_COMMAND, 2), 0);	/* decodes nothing */
	device_release_driver(&dev.dev);
	assert_null(dev.drvdata);
}

static void what_is_below_a_wanted_bridge(void **state)
{
	dev.upstream = &bridge;
	want("03:07.0");
	assert_int_equal(bind(&dev), 0);
	device_release_driver(&dev.dev);
}

/* libvirt does not write new_slot. */
static void what_driver_override_says(void **state)
{
	char page[PAGE_SIZE];

	dev.driver_override = "vfio-pci";
	assert_int_equal(bind(&dev), -ENODEV);
	dev.driver_override = "pciback";
	assert_int_equal(bind(&dev), 0);
	assert_int_equal(pb_slots_show(page), 13);
	assert_memory_equal(page, "0000:03:00.0\n", 13);
	device_release_driver(&dev.dev);
}

static void a_strange_header_is_refused(void **state)
{
	want("03:00.0");
	dev.hdr_type = 2;
	assert_int_equal(bind(&dev), -ENODEV);
	assert_int_equal(fake_messages, 1);
}

static void a_device_without_reset_is_named_once(void **state)
{
	want("03:00.0");
	reset_says = -ENOTTY;
	assert_int_equal(bind(&dev), 0);
	assert_int_equal(fake_messages, 2);	/* and that it is seized */
	device_lock(&dev.dev);
	pb_reset(dev.drvdata);
	device_unlock(&dev.dev);
	assert_int_equal(fake_messages, 2);
	device_release_driver(&dev.dev);
}

/* What a guest may leave behind in a device that no reset clears. */
static void interrupts_are_forgotten(void **state)
{
	struct pb_dev *pb;

	want("03:00.0");
	assert_int_equal(bind(&dev), 0);
	pb = dev.drvdata;
	memcpy((u8 *)pb->saved + CAP_MSI + PCI_MSI_FLAGS, "\x01", 1);
	memcpy((u8 *)pb->saved + CAP_MSIX + PCI_MSIX_FLAGS + 1, "\xc0", 1);
	device_lock(&dev.dev);
	pb_reset(pb);
	device_unlock(&dev.dev);
	assert_int_equal(hw_get(&dev, CAP_MSI + PCI_MSI_FLAGS, 2), 0);
	assert_int_equal(hw_get(&dev, CAP_MSIX + PCI_MSIX_FLAGS, 2), 0);
	device_release_driver(&dev.dev);
}

/* An error elsewhere below the port resets what lies idle, too. */
static void idle_stays_idle_after_a_slot_reset(void **state)
{
	struct pb_guest guest;
	struct pb_dev *pb;

	want("03:00.0");
	assert_int_equal(bind(&dev), 0);
	pb = dev.drvdata;
	pb_after_slot_reset(pb);
	assert_int_equal(hw_get(&dev, PCI_COMMAND, 2), 0);
	assert_int_equal(hw_get(&dev, PCI_BASE_ADDRESS_0, 4), 0xfe000000);
	pb->guest = &guest;
	pb_after_slot_reset(pb);
	assert_int_equal(hw_get(&dev, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	assert_int_equal(pb->lock.held, 0);
	device_release_driver(&dev.dev);
}

/* Errors of the device are reported as firmware and kernel arranged it. */
static void error_signals_outlast_idling(void **state)
{
	hw_set(&dev, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_SERR | PCI_COMMAND_PARITY);
	want("03:00.0");
	assert_int_equal(bind(&dev), 0);
	assert_int_equal(hw_get(&dev, PCI_COMMAND, 2), PCI_COMMAND_SERR | PCI_COMMAND_PARITY);
	device_release_driver(&dev.dev);
}

static void hide_names_what_is_amiss(void **state)
{
	struct device_driver other = { .name = "e1000e" };

	dev.dev.driver = &other;
	pb_report_hidden("(03:00.0)(03:09.0)(03:1f.*)");
	assert_int_equal(fake_messages, 2);
	dev.dev.driver = NULL;
}

static int notify(struct pci_dev *d, unsigned long action)
{
	return pb_bus_notifier.notifier_call(&pb_bus_notifier, action, &d->dev);
}

static void virtual_functions_go_with_their_driver(void **state)
{
	int i;

	want("03:02.*");
	for (i = 0; i < 2; i++) {
		vf[i].is_virtfn = 1;
		vf[i].physfn = &dev;
		assert_int_equal(bind(&vf[i]), 0);
	}
	vf[1].physfn = &bridge;		/* another card's */
	notify(&dev, BUS_NOTIFY_UNBIND_DRIVER);		/* without SR-IOV */
	dev.is_physfn = 1;
	notify(&dev, BUS_NOTIFY_UNBIND_DRIVER + 1);
	assert_non_null(vf[0].dev.driver);
	notify(&dev, BUS_NOTIFY_UNBIND_DRIVER);
	assert_null(vf[0].dev.driver);
	assert_non_null(vf[1].dev.driver);
	device_release_driver(&vf[1].dev);
}

#define on_bus(f)	cmocka_unit_test_setup_teardown(f, fresh, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_bus(only_what_is_wanted),
		on_bus(what_is_below_a_wanted_bridge),
		on_bus(what_driver_override_says),
		on_bus(a_strange_header_is_refused),
		on_bus(a_device_without_reset_is_named_once),
		on_bus(interrupts_are_forgotten),
		on_bus(idle_stays_idle_after_a_slot_reset),
		on_bus(error_signals_outlast_idling),
		on_bus(hide_names_what_is_amiss),
		on_bus(virtual_functions_go_with_their_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
