// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine of state.c before a fake store and a fake driver: the
 * usual lives of a device, then frontends that jump, and hosts that fail, at
 * random. Every hook checks that it may be called now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

/* the fake store and kernel */

static struct xenbus_device dev;
static struct xenbus_be *be;
static enum xenbus_state store;		/* our state node; Unknown: the directory is gone */
static bool online, queued, guest_there;
static unsigned int writes, messages;

struct workqueue_struct *xenbus_be_wq;

enum xenbus_state xenbus_read_driver_state(const char *path)
{
	return store;
}

int xenbus_switch_state(struct xenbus_device *d, enum xenbus_state state)
{
	if (state == d->state || store == XenbusStateUnknown)
		return 0;
	store = state;
	d->state = state;
	writes++;
	return 0;
}

int xenbus_dev_is_online(struct xenbus_device *d)
{
	return online;
}

int xenbus_exists(int t, const char *dir, const char *node)
{
	return guest_there;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	queued = true;
	return true;
}

bool cancel_work_sync(struct work_struct *work)
{
	queued = false;
	return true;
}

void fake_log(struct va_format *vaf)
{
	messages++;
}

/* the fake driver */

static bool mapped, touched, destroyed;
static int gate_says, connect_says, refresh_says;
static bool removed_at_gate;	/* the bus gives up while the host's side is asked */
static unsigned int connects, disconnects, releases;

static int gate(struct xenbus_be *b)
{
	assert_false(destroyed);
	if (removed_at_gate)
		set_bit(BE_REMOVED, &b->flags);
	return gate_says;
}

static int do_connect(struct xenbus_be *b)
{
	assert_int_equal(b->lock.held, 1);
	assert_false(destroyed || touched);
	touched = true;
	mapped = !connect_says;
	connects++;
	return connect_says;
}

static void do_disconnect(struct xenbus_be *b)
{
	assert_false(destroyed);
	assert_true(touched);
	touched = false;
	mapped = false;
	disconnects++;
}

static unsigned int reconfigured_times;

static int reconfigured(struct xenbus_be *b)
{
	reconfigured_times++;
	return 0;
}

static int reconfigure(struct xenbus_be *b)
{
	assert_true(mapped);
	return connect_says == -EINVAL ? -EINVAL : 0;
}

static int refresh(struct xenbus_be *b)
{
	assert_true(mapped);
	return refresh_says;
}

static void release(struct xenbus_be *b)
{
	assert_false(mapped);
	releases++;
}

static void destroy(struct xenbus_be *b)
{
	assert_false(mapped || destroyed);
	destroyed = true;
}

static struct xenbus_be_driver drv = {
	.ready_state = XenbusStateInitWait,
	.connect_state = XenbusStateInitialised,
	.gate = gate, .connect = do_connect, .disconnect = do_disconnect,
	.reconfigure = reconfigure, .reconfigured = reconfigured,
	.refresh = refresh, .release = release, .destroy = destroy,
};

/* driving it */

static int fresh(void **state)
{
	be = calloc(1, sizeof(*be));
	be->dev = &dev;
	be->drv = &drv;
	be->ref.n = 1;
	be->fe_state = be->fe_handled = XenbusStateInitialising;
	dev = (struct xenbus_device){ .state = XenbusStateInitWait, .dev.refs = 1 };
	store = XenbusStateInitWait;
	online = true;
	guest_there = true;
	queued = mapped = touched = destroyed = false;
	gate_says = 1;
	removed_at_gate = false;
	connect_says = refresh_says = 0;
	connects = disconnects = releases = messages = 0;
	drv.connect_state = XenbusStateInitialised;
	return 0;
}

static int finish(void **state)
{
	set_bit(BE_REMOVED, &be->flags);
	be_work(&be->work);	/* late runs do nothing */
	be_teardown(&be->teardown);
	assert_true(destroyed);
	assert_false(touched);
	assert_int_equal(dev.dev.refs, 0);
	return 0;
}

/* Runs the work until it rests; that it does is part of every test. */
static void settle(void)
{
	int i;

	for (i = 0; queued; i++) {
		assert_true(i < 4);
		queued = false;
		be_work(&be->work);
	}
}

static void fe(enum xenbus_state state)
{
	be->fe_state = state;
	be_queue(be);
	settle();
}

static void gate_moves(int says)
{
	gate_says = says;
	set_bit(BE_GATE_MOVED, &be->flags);
	be_queue(be);
	settle();
}

#define shows(state)	assert_int_equal(store, XenbusState##state)

/* the usual lives */

static void connects_once(void **state)
{
	fe(XenbusStateInitialised);
	shows(Connected);
	fe(XenbusStateInitialised);
	fe(XenbusStateConnected);
	fe(XenbusStateConnected);
	assert_int_equal(connects, 1);
	assert_int_equal(disconnects, 0);
}

static void waits_for_the_script(void **state)
{
	gate_moves(0);
	fe(XenbusStateInitialised);
	shows(InitWait);
	assert_int_equal(connects, 0);
	gate_moves(1);
	shows(Connected);
}

static void waits_for_connected_if_told(void **state)
{
	drv.connect_state = XenbusStateConnected;
	fe(XenbusStateInitialised);
	shows(InitWait);
	fe(XenbusStateConnected);
	shows(Connected);
}

static void closes_and_comes_again(void **state)
{
	fe(XenbusStateConnected);
	fe(XenbusStateClosing);
	shows(Closing);
	assert_false(mapped);
	fe(XenbusStateClosed);
	shows(Closed);
	fe(XenbusStateInitialising);
	shows(InitWait);
	fe(XenbusStateInitialised);
	shows(Connected);
	assert_int_equal(connects, 2);
	assert_int_equal(disconnects, 1);
	assert_int_equal(releases, 0);
}

static void leaves_when_offline(void **state)
{
	fe(XenbusStateConnected);
	online = false;
	fe(XenbusStateClosing);
	assert_int_equal(releases, 0);
	fe(XenbusStateClosed);
	shows(Closed);
	assert_true(test_bit(BE_FINISHED, &be->flags));
	assert_int_equal(releases, 1);
	fe(XenbusStateInitialised);	/* too late */
	assert_int_equal(connects, 1);
}

static void leaves_when_the_guest_is_gone(void **state)
{
	fe(XenbusStateConnected);
	guest_there = false;
	fe(XenbusStateUnknown);
	shows(Closed);
	assert_true(test_bit(BE_FINISHED, &be->flags));
	assert_false(mapped);
}

static void a_state_without_meaning_closes_and_no_more(void **state)
{
	fe(XenbusStateConnected);
	fe(42);
	shows(Closed);
	assert_false(mapped);
	fe(XenbusStateUnknown);	/* written by the guest, its node is still there */
	assert_false(test_bit(BE_FINISHED, &be->flags));
	fe(XenbusStateInitialising);
	fe(XenbusStateInitialised);
	shows(Connected);
}

static void detaches_from_a_guest_without_driver(void **state)
{
	online = false;
	store = XenbusStateClosing;	/* by the toolstack */
	be_queue(be);
	settle();
	shows(Closed);
	assert_true(test_bit(BE_FINISHED, &be->flags));
}

static void toolstack_closing_waits_for_a_connected_guest(void **state)
{
	fe(XenbusStateConnected);
	online = false;
	store = XenbusStateClosing;
	be_queue(be);
	settle();
	assert_true(mapped);
	shows(Closing);
	/* A frontend that saw Closing must not see Connected again: Linux's dies of it. */
	refresh_says = 1;
	xenbus_be_kick(be);
	settle();
	fe(XenbusStateConnected);
	shows(Closing);
	fe(XenbusStateClosing);
	fe(XenbusStateClosed);
	shows(Closed);
	assert_true(test_bit(BE_FINISHED, &be->flags));
}

/* the unusual ones */

/* It may ask so early that the frontend has not yet read that it is connected. */
static void the_toolstack_asks_early(void **state)
{
	fe(XenbusStateInitialised);
	store = XenbusStateClosing;
	online = false;
	be_queue(be);
	settle();
	shows(Closing);
	fe(XenbusStateInitialised);
	shows(Closing);
	fe(XenbusStateClosed);
	shows(Closed);
	assert_true(test_bit(BE_FINISHED, &be->flags));
}

/* For such a one to reconfigure it has to be Connected first: Linux's pcifront waits for that. */
static void reconfiguration_comes_after_connection(void **state)
{
	fe(XenbusStateInitialised);
	store = XenbusStateReconfiguring;
	be_queue(be);
	settle();
	shows(Connected);
}

static void nothing_connects_after_removal(void **state)
{
	removed_at_gate = true;
	fe(XenbusStateInitialised);
	assert_int_equal(connects, 0);
	assert_false(mapped);
}

static void jump_back_reconnects(void **state)
{
	fe(XenbusStateConnected);
	fe(XenbusStateInitialised);
	assert_int_equal(connects, 2);
	assert_int_equal(disconnects, 1);
	shows(Connected);
	fe(XenbusStateInitialising);
	shows(InitWait);
	assert_false(mapped);
}

static void broken_closes_once_until_a_new_handshake(void **state)
{
	fe(XenbusStateConnected);
	xenbus_be_broken(be, "a test");
	xenbus_be_broken(be, "a test");
	settle();
	shows(Closed);
	assert_false(mapped);
	assert_int_equal(messages, 1);
	fe(XenbusStateConnected);
	fe(XenbusStateInitialised);	/* no way back but the front door */
	assert_int_equal(connects, 1);
	fe(XenbusStateClosing);
	shows(Closed);
	fe(XenbusStateClosed);
	fe(XenbusStateInitialising);
	fe(XenbusStateInitialised);
	shows(Connected);
}

static void failed_connect_is_undone(void **state)
{
	connect_says = -EINVAL;
	fe(XenbusStateInitialised);
	shows(Closed);
	assert_int_equal(disconnects, 1);
	assert_int_equal(messages, 1);
	fe(XenbusStateClosed);
	connect_says = 0;
	fe(XenbusStateInitialising);
	fe(XenbusStateInitialised);
	shows(Connected);
}

static void connect_again_later(void **state)
{
	connect_says = -EAGAIN;
	fe(XenbusStateInitialised);
	shows(InitWait);
	connect_says = 0;
	xenbus_be_kick(be);
	settle();
	shows(Connected);
}

static void bad_host_side_rests_until_it_changes(void **state)
{
	gate_moves(-EACCES);
	shows(Closed);
	be_queue(be);
	settle();
	assert_int_equal(messages, 1);
	gate_moves(1);
	shows(InitWait);
}

static void refresh_rewrites_the_state(void **state)
{
	unsigned int before;

	fe(XenbusStateConnected);
	before = writes;
	xenbus_be_kick(be);
	settle();
	assert_int_equal(writes, before);
	refresh_says = 1;
	xenbus_be_kick(be);
	settle();
	assert_int_equal(writes, before + 1);
	shows(Connected);
}

static void reconfigures(void **state)
{
	fe(XenbusStateReconfiguring);	/* not connected: nothing */
	shows(InitWait);
	fe(XenbusStateConnected);
	reconfigured_times = 0;
	fe(XenbusStateReconfiguring);
	shows(Reconfigured);
	assert_int_equal(reconfigured_times, 0);
	fe(XenbusStateConnected);
	shows(Connected);
	assert_int_equal(reconfigured_times, 1);
	fe(XenbusStateConnected);
	assert_int_equal(reconfigured_times, 1);
	assert_int_equal(connects, 1);
}

/* As libxl adds and removes PCI devices: it speaks first, by our node. */
static void the_toolstack_reconfigures(void **state)
{
	fe(XenbusStateConnected);
	store = XenbusStateReconfiguring;
	be_queue(be);
	settle();
	shows(Reconfiguring);	/* the frontend has to see it */
	fe(XenbusStateReconfiguring);
	shows(Reconfigured);
	fe(XenbusStateConnected);
	shows(Connected);
	assert_int_equal(connects, 1);
	assert_int_equal(disconnects, 0);

	/* nobody is there who could do it: nothing is left to wait for */
	fe(XenbusStateClosed);
	fe(XenbusStateInitialising);
	store = XenbusStateReconfiguring;
	be_queue(be);
	settle();
	shows(InitWait);
}

static void nothing_is_written_to_a_removed_directory(void **state)
{
	fe(XenbusStateConnected);
	store = XenbusStateUnknown;
	fe(XenbusStateClosed);
	shows(Unknown);
	assert_false(mapped);
}

/* at random */

static unsigned long rounds = 100000;
static unsigned int seed = 1;

static void random_event(void)
{
	static const int gates[] = { 1, 1, 1, 0, -EACCES };
	static const int results[] = { 0, 0, 0, -EAGAIN, -EINVAL };

	connect_says = results[rand() % 5];
	refresh_says = rand() % 2;
	switch (rand() % 12) {
	case 0:
		gate_moves(gates[rand() % 5]);
		break;
	case 1:
		xenbus_be_broken(be, "at random");
		settle();
		break;
	case 2:
		xenbus_be_kick(be);
		settle();
		break;
	case 3:
		online = rand() % 8;
		guest_there = rand() % 2;
		break;
	case 4:
		store = rand() % 9;	/* the toolstack, or whoever may */
		be_queue(be);
		settle();
		break;
	case 5:
		be->fe_state = rand() % 10;	/* seen together with the next */
		break;
	default:
		fe(rand() % 10);
	}
}

static void invariants(void)
{
	assert_int_equal(mapped, be->connected);
	if (xenbus_be_is_broken(be) || test_bit(BE_FINISHED, &be->flags))
		assert_false(mapped);
	if (be->fe_handled != be->fe_state)
		return;
	if (be->fe_state != XenbusStateConnected && be->fe_state != XenbusStateInitialised &&
	    be->fe_state != XenbusStateReconfiguring && be->fe_state != XenbusStateReconfigured)
		assert_false(mapped);
}

static void any_order_is_harmless(void **state)
{
	unsigned long i;

	srand(seed);
	for (i = 0; i < rounds; i++) {
		random_event();
		invariants();
		if (test_bit(BE_FINISHED, &be->flags) || rand() % 500 == 0) {
			finish(NULL);
			fresh(NULL);
		}
	}
}

#define life(f)	cmocka_unit_test_setup_teardown(f, fresh, finish)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		life(connects_once),
		life(waits_for_the_script),
		life(waits_for_connected_if_told),
		life(closes_and_comes_again),
		life(leaves_when_offline),
		life(leaves_when_the_guest_is_gone),
		life(a_state_without_meaning_closes_and_no_more),
		life(detaches_from_a_guest_without_driver),
		life(toolstack_closing_waits_for_a_connected_guest),
		life(the_toolstack_asks_early),
		life(reconfiguration_comes_after_connection),
		life(nothing_connects_after_removal),
		life(jump_back_reconnects),
		life(broken_closes_once_until_a_new_handshake),
		life(failed_connect_is_undone),
		life(connect_again_later),
		life(bad_host_side_rests_until_it_changes),
		life(refresh_rewrites_the_state),
		life(reconfigures),
		life(the_toolstack_reconfigures),
		life(nothing_is_written_to_a_removed_directory),
		life(any_order_is_harmless),
	};

	if (argc > 2) {
		seed = strtoul(argv[1], NULL, 0);
		rounds = strtoul(argv[2], NULL, 0);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
