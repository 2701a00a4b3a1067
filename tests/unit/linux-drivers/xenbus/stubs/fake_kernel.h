/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of the kernel that the shared backend layer's state machine sees; see test_state.c. */
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint32_t u32;
typedef uint32_t grant_ref_t;

#define __printf(a, b)
#define EXPORT_SYMBOL_GPL(s)	_Static_assert(1, "")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))

static inline bool test_bit(int n, const unsigned long *w) { return *w >> n & 1; }
static inline void set_bit(int n, unsigned long *w) { *w |= 1ul << n; }
static inline void clear_bit(int n, unsigned long *w) { *w &= ~(1ul << n); }
static inline bool test_and_set_bit(int n, unsigned long *w)
{
	bool was = test_bit(n, w);

	set_bit(n, w);
	return was;
}
static inline bool test_and_clear_bit(int n, unsigned long *w)
{
	bool was = test_bit(n, w);

	clear_bit(n, w);
	return was;
}

struct mutex { int held; };
static inline void mutex_lock(struct mutex *m) { if (m->held++) abort(); }
static inline void mutex_unlock(struct mutex *m) { if (--m->held) abort(); }

struct work_struct { int unused; };
struct workqueue_struct;
struct completion { bool done; };
static inline void complete_all(struct completion *c) { c->done = true; }
struct kref { int n; };
static inline void kref_put(struct kref *k, void (*free)(struct kref *)) { if (!--k->n) free(k); }

struct module;
struct device_driver { struct module *owner; };
struct device { int refs; };
static inline void put_device(struct device *d) { d->refs--; }
static inline void kfree(const void *p) { free((void *)p); }
static inline void module_put(struct module *m) { (void)m; }
struct kobj_uevent_env;
struct attribute_group;

enum xenbus_state {
	XenbusStateUnknown, XenbusStateInitialising, XenbusStateInitWait, XenbusStateInitialised,
	XenbusStateConnected, XenbusStateClosing, XenbusStateClosed, XenbusStateReconfiguring,
	XenbusStateReconfigured,
};
struct xenbus_watch { const char *node; };
struct xenbus_device_id { char devicetype[32]; };
struct xenbus_device {
	const char *nodename, *otherend;
	int otherend_id;
	struct device dev;
	enum xenbus_state state;
};
#define XBT_NIL	0
int xenbus_exists(int t, const char *dir, const char *node);
struct xenbus_driver { struct device_driver driver; };

enum xenbus_state xenbus_read_driver_state(const char *path);
int xenbus_switch_state(struct xenbus_device *dev, enum xenbus_state state);
int xenbus_dev_is_online(struct xenbus_device *dev);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

struct va_format { const char *fmt; va_list *va; };
void fake_log(struct va_format *vaf);
#define dev_err_ratelimited(dev, fmt, id, vaf)	fake_log(vaf)
