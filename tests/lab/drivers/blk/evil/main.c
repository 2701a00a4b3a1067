// SPDX-License-Identifier: GPL-2.0-only
/*
 * evil-blkfront: one handshake per case, then the case, then what became of it.
 *
 * Loaded instead of xen-blkfront in a guest. Prints "GUEST ok - NAME" or
 * "GUEST not ok - NAME: ..." for each case of cases.c, then "GUEST evil done".
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <xen/events.h>
#include <xen/page.h>

#include "evil.h"

static unsigned int seed = 1;
module_param(seed, uint, 0);
static unsigned int rounds = 20;
module_param(rounds, uint, 0);
static bool persistent;
module_param(persistent, bool, 0);

static struct evil evil;
static struct task_struct *task;

void evil_notify(struct evil *e)
{
	notify_remote_via_evtchn(e->port);
}

void evil_put(struct evil *e, const struct blkif_request *req)
{
	memcpy(&e->sring->ring[e->prod % 32].req, req, sizeof(*req));
	e->prod++;
	virt_wmb();
	WRITE_ONCE(e->sring->req_prod, e->prod);
}

void evil_good_read(struct evil *e, struct blkif_request *req)
{
	memset(req, 0, sizeof(*req));
	req->operation = BLKIF_OP_READ;
	req->u.rw.nr_segments = 1;
	req->u.rw.id = 4711;
	req->u.rw.seg[0].gref = e->ref[0];
	req->u.rw.seg[0].last_sect = 7;
}

static enum xenbus_state backend(struct evil *e)
{
	return xenbus_read_driver_state(e->dev->otherend);
}

static bool backend_gets(struct evil *e, enum xenbus_state state, unsigned int ms)
{
	for (; ms; ms -= min(ms, 10u)) {
		if (backend(e) == state)
			return true;
		msleep(10);
	}
	return false;
}

static int grant(struct evil *e, void *at, bool readonly)
{
	return gnttab_grant_foreign_access(e->dev->otherend_id, virt_to_gfn(at), readonly);
}

/* Pages once for all cases; the ring's index is the only thing that is fresh each time. */
static int prepare(struct evil *e)
{
	unsigned int i;

	e->sring = (void *)get_zeroed_page(GFP_KERNEL);
	e->table = (void *)get_zeroed_page(GFP_KERNEL);
	e->ro = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!e->sring || !e->table || !e->ro)
		return -ENOMEM;
	e->ring_ref = grant(e, e->sring, false);
	e->table_ref = grant(e, e->table, true);
	e->ro_ref = grant(e, page_address(e->ro), true);
	for (i = 0; i < EVIL_PAGES; i++) {
		e->page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!e->page[i])
			return -ENOMEM;
		e->ref[i] = grant(e, page_address(e->page[i]), false);
	}
	return 0;
}

static int open_device(struct evil *e)
{
	const char *dir = e->dev->nodename;

	xenbus_switch_state(e->dev, XenbusStateInitialising);
	if (!backend_gets(e, XenbusStateInitWait, 5000))
		return -ETIMEDOUT;
	memset(e->sring, 0, PAGE_SIZE);
	e->sring->req_event = 1;
	e->sring->rsp_event = 1;
	e->prod = 0;
	e->cons = 0;
	if (xenbus_alloc_evtchn(e->dev, &e->port))
		return -EIO;
	xenbus_printf(XBT_NIL, dir, "ring-ref", "%u", e->ring_ref);
	xenbus_printf(XBT_NIL, dir, "event-channel", "%u", e->port);
	xenbus_printf(XBT_NIL, dir, "protocol", "x86_64-abi");
	xenbus_printf(XBT_NIL, dir, "feature-persistent", "%u", persistent);
	xenbus_switch_state(e->dev, XenbusStateInitialised);
	if (!backend_gets(e, XenbusStateConnected, 5000))
		return -ETIMEDOUT;
	e->sectors = xenbus_read_unsigned(e->dev->otherend, "sectors", 0);
	xenbus_switch_state(e->dev, XenbusStateConnected);
	return 0;
}

static bool close_device(struct evil *e)
{
	bool closed;

	xenbus_switch_state(e->dev, XenbusStateClosing);
	msleep(20);
	xenbus_switch_state(e->dev, XenbusStateClosed);
	closed = backend_gets(e, XenbusStateClosed, 10000);
	xenbus_free_evtchn(e->dev, e->port);
	return closed;
}

/* The status of the next answer; CLOSED if there is none and the backend is away. */
static int answer(struct evil *e)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		if (READ_ONCE(e->sring->rsp_prod) != e->cons)
			return e->sring->ring[e->cons++ % 32].rsp.status;
		if (i % 20 == 19 && backend(e) != XenbusStateConnected)
			return CLOSED;
		usleep_range(5000, 10000);
	}
	return -ETIMEDOUT;
}

static int do_case(struct evil *e, const struct evil_case *c)
{
	struct blkif_request req;

	if (c->act) {
		c->act(e);
	} else {
		evil_good_read(e, &req);
		c->request(e, &req);
		evil_put(e, &req);
	}
	evil_notify(e);
	if (c->want == CLOSED)
		return backend_gets(e, XenbusStateClosed, 3000) ? CLOSED : ALIVE;
	if (c->want != ALIVE)
		return answer(e);
	/* Alive: not hung; closed is as good as answering. */
	if (backend(e) != XenbusStateConnected)
		return ALIVE;
	e->cons = READ_ONCE(e->sring->rsp_prod);
	return answer(e) == -ETIMEDOUT && backend(e) == XenbusStateUnknown ? -EIO : ALIVE;
}

static void run_case(struct evil *e, const struct evil_case *c)
{
	int got = open_device(e);

	if (!got)
		got = do_case(e, c);
	else
		got -= 1000;
	if (!close_device(e))
		got = -2000;
	if (got == c->want)
		pr_err("GUEST ok - %s\n", c->name);
	else
		pr_err("GUEST not ok - %s: got %d, want %d\n", c->name, got, c->want);
}

static int run(void *data)
{
	struct evil_case random = { .name = "random", .want = ALIVE };
	struct evil *e = data;
	unsigned int i;

	for (i = 0; i < evil_nr_cases; i++)
		run_case(e, &evil_cases[i]);
	for (i = 0; i < rounds; i++) {
		if (open_device(e)) {
			pr_err("GUEST not ok - random %u: not open\n", seed + i);
			break;
		}
		evil_random(e, seed + i);
		if (!close_device(e))
			pr_err("GUEST not ok - random %u: not closed\n", seed + i);
	}
	pr_err("GUEST ok - %s, %u rounds from seed %u\n", random.name, i, seed);
	pr_err("GUEST evil done\n");
	return 0;
}

static int probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	if (evil.dev)
		return -EBUSY;
	evil.dev = dev;
	if (prepare(&evil))
		return -ENOMEM;
	task = kthread_run(run, &evil, "evil");
	return PTR_ERR_OR_ZERO(task);
}

static void changed(struct xenbus_device *dev, enum xenbus_state state)
{
}

static const struct xenbus_device_id ids[] = { { "vbd" }, { "" } };
static struct xenbus_driver driver = { .ids = ids, .probe = probe, .otherend_changed = changed };

static int __init evil_init(void)
{
	return xenbus_register_frontend(&driver);
}
module_init(evil_init);

MODULE_DESCRIPTION("A block frontend that breaks the rules, to test backends");
MODULE_LICENSE("GPL");
