// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI frontend that misbehaves: wrong handshakes, requests at random and
 * without pause, impossible MSI-X tables, states in any order. Says of each
 * whether the backend still does what it should: "BADPCI ok|not ok NAME".
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <asm/sync_bitops.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/pciif.h>
#include <xen/page.h>
#include <xen/xenbus.h>

static uint seed = 1;
module_param(seed, uint, 0444);

static struct xenbus_device *dev;
static struct xen_pci_sharedinfo *shared;
static grant_ref_t ref;
static evtchn_port_t port;

static u32 rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void verdict(const char *name, bool ok)
{
	pr_notice("BADPCI %s %s\n", ok ? "ok" : "not ok", name);
}

static bool wait_backend(enum xenbus_state state)
{
	unsigned int ms;

	for (ms = 0; ms < 20000; ms += 20) {
		if (xenbus_read_driver_state(dev->otherend) == state)
			return true;
		msleep(20);
	}
	return false;
}

/* The bus remembers the last state and leaves out writes without effect. */
static void show(enum xenbus_state state)
{
	xenbus_printf(XBT_NIL, dev->nodename, "state", "%d", state);
	dev->state = state;
}

static void start_over(void)
{
	show(XenbusStateClosed);
	wait_backend(XenbusStateClosed);
	show(XenbusStateInitialising);
	wait_backend(XenbusStateInitialised);
	memset(shared, 0, PAGE_SIZE);
}

static void offer(const char *magic, u32 gref, u32 evtchn)
{
	xenbus_write(XBT_NIL, dev->nodename, "magic", magic);
	xenbus_printf(XBT_NIL, dev->nodename, "pci-op-ref", "%u", gref);
	xenbus_printf(XBT_NIL, dev->nodename, "event-channel", "%u", evtchn);
	show(XenbusStateInitialised);
}

static void bad_handshake(const char *name, const char *magic, u32 gref, u32 evtchn)
{
	start_over();
	offer(magic, gref, evtchn);
	verdict(name, wait_backend(XenbusStateClosed));
}

static bool connect(void)
{
	start_over();
	offer(XEN_PCI_MAGIC, ref, port);
	return wait_backend(XenbusStateConnected);
}

static bool ask(const struct xen_pci_op *op)
{
	unsigned int ms;

	shared->op = *op;
	virt_wmb();	/* the request before the flag */
	sync_set_bit(_XEN_PCIF_active, (unsigned long *)&shared->flags);
	notify_remote_via_evtchn(port);
	for (ms = 0; ms < 20000; ms++) {
		if (!(READ_ONCE(shared->flags) & XEN_PCIF_active))
			return true;
		usleep_range(50, 1000);
	}
	return false;
}

static int answer(u32 cmd, int offset, int size, u32 value)
{
	struct xen_pci_op op = { .cmd = cmd, .offset = offset, .size = size, .value = value };

	return ask(&op) ? shared->op.err : 1;
}

static void sane(const char *name)
{
	bool ok = answer(XEN_PCI_OP_conf_read, 0, 4, 0) == 0 && shared->op.value == 0x10d38086;

	verdict(name, ok);
}

static void bad_requests(void)
{
	static const int offsets[] = { -1, 4096, 0x7fffffff, -2147483647 - 1, 3 };
	unsigned int i;
	bool ok = true;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		ok &= answer(XEN_PCI_OP_conf_read, offsets[i], 4, 0) == XEN_PCI_ERR_invalid_offset;
	ok &= answer(XEN_PCI_OP_conf_write, 0, 3, 0) == XEN_PCI_ERR_invalid_offset;
	ok &= answer(77, 0, 4, 0) == XEN_PCI_ERR_not_implemented;
	verdict("requests-out-of-range", ok);
}

static int bad_table(u32 count, u16 first, u16 second)
{
	struct xen_pci_op op = { .cmd = XEN_PCI_OP_enable_msix, .value = count };
	unsigned int i;

	for (i = 0; i < SH_INFO_MAX_VEC; i++)
		op.msix_entries[i].entry = i;
	op.msix_entries[0].entry = first;
	op.msix_entries[1].entry = second;
	return ask(&op) ? shared->op.err : 0;
}

static void bad_tables(void)
{
	bool ok = bad_table(0, 0, 1) && bad_table(SH_INFO_MAX_VEC, 0, 1) &&
		  bad_table(SH_INFO_MAX_VEC + 1, 0, 1) && bad_table(U32_MAX, 0, 1) &&
		  bad_table(2, 1, 1) && bad_table(2, 0, 0xffff);

	verdict("impossible-msix-tables", ok);
	verdict("a-possible-one", !bad_table(2, 0, 1) && shared->op.value == 0);
	verdict("not-twice", bad_table(2, 0, 1) &&
		answer(XEN_PCI_OP_enable_msi, 0, 0, 0) != 0);
	verdict("off-again", answer(XEN_PCI_OP_disable_msix, 0, 0, 0) == 0 &&
		answer(XEN_PCI_OP_disable_msix, 0, 0, 0) == 0 &&
		answer(XEN_PCI_OP_disable_msi, 0, 0, 0) == 0);
}

static void random_requests(void)
{
	struct xen_pci_op op = { 0 };
	unsigned int i;
	bool ok = true;

	for (i = 0; ok && i < 1000; i++) {
		op.cmd = rnd() % 7;
		op.offset = rnd() % 8 ? rnd() % 256 : rnd();
		op.size = 1 << rnd() % 3;
		op.value = rnd() % 4 ? rnd() << 8 ^ rnd() : U32_MAX;
		op.devfn = rnd() % 16 ? 0 : rnd();
		ok = ask(&op);
	}
	verdict("random-requests-are-answered", ok);
}

/* The page changes while it is read, and events come without pause. */
static void storm(void)
{
	unsigned long end = jiffies + 3 * HZ;
	u32 *word = (u32 *)&shared->op;

	while (time_before(jiffies, end)) {
		WRITE_ONCE(word[rnd() % (sizeof(shared->op) / 4)], rnd() % 16);
		sync_set_bit(_XEN_PCIF_active, (unsigned long *)&shared->flags);
		notify_remote_via_evtchn(port);
		cond_resched();
	}
	msleep(1000);
	shared->flags = 0;
}

static void random_states(void)
{
	unsigned int i;

	for (i = 0; i < 60; i++) {
		show(rnd() % 10);
		if (rnd() % 3)
			msleep(rnd() % 50);
	}
}

static int misbehave(void *unused)
{
	wait_backend(XenbusStateInitialised);
	bad_handshake("wrong-magic", "8", ref, port);
	bad_handshake("wrong-page", XEN_PCI_MAGIC, 0xffffff, port);
	bad_handshake("no-event-channel", XEN_PCI_MAGIC, ref, 0);
	bad_handshake("wrong-event-channel", XEN_PCI_MAGIC, ref, 4000);
	verdict("connects", connect());
	sane("answers");
	bad_requests();
	bad_tables();
	sane("answers-after-bad-tables");
	random_requests();
	verdict("connects-again", connect());
	sane("answers-after-random-requests");
	storm();
	verdict("connects-after-a-storm", connect());
	sane("answers-after-a-storm");
	random_states();
	verdict("connects-after-random-states", connect());
	sane("answers-after-random-states");
	/* Left with a request for an interrupt, bus mastering on: the host must clean up. */
	bad_table(2, 0, 1);
	answer(XEN_PCI_OP_conf_write, 4, 2, 0x407);
	pr_notice("BADPCI done\n");
	return 0;
}

static int probe(struct xenbus_device *d, const struct xenbus_device_id *id)
{
	dev = d;
	shared = (void *)get_zeroed_page(GFP_KERNEL);
	if (!shared)
		return -ENOMEM;
	ref = gnttab_grant_foreign_access(d->otherend_id, virt_to_gfn(shared), 0);
	if ((int)ref < 0 || xenbus_alloc_evtchn(d, &port))
		return -EIO;
	return PTR_ERR_OR_ZERO(kthread_run(misbehave, NULL, "badpci"));
}

static void backend_changed(struct xenbus_device *d, enum xenbus_state state)
{
}

static const struct xenbus_device_id ids[] = { { "pci" }, { "" } };

static struct xenbus_driver driver = {
	.name = "badpci",
	.ids = ids,
	.probe = probe,
	.otherend_changed = backend_changed,
};

static int __init badpci_init(void)
{
	return xenbus_register_frontend(&driver);
}
module_init(badpci_init);

MODULE_DESCRIPTION("A PCI frontend that misbehaves");
MODULE_LICENSE("GPL");
