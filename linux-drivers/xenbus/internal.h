/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the shared backend layer have in common. */
#ifndef HOSPES_XENBUS_INTERNAL_H
#define HOSPES_XENBUS_INTERNAL_H

#include "xenbus_be.h"

enum xenbus_be_flag {
	BE_BROKEN,	/* closed for a broken protocol, until a new handshake */
	BE_GATE_MOVED,	/* drv->watch fired: ask the gate again */
	BE_KICKED,	/* xenbus_be_kick() was called */
	BE_FINISHED,	/* closed for good: unregister on the next state event */
	BE_REMOVED,	/* taken off the bus: tear down, then nothing more */
};

extern struct workqueue_struct *xenbus_be_wq;

int be_write_features(struct xenbus_be *be);
void be_work(struct work_struct *work);
void be_teardown(struct work_struct *work);
void be_queue(struct xenbus_be *be);
void be_free(struct kref *ref);

#endif
