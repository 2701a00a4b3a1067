/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of the kernel that pciback's parsers, views, tables and requests see; see model.h. */
#pragma once
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <linux/pci_regs.h>

#define remove	driver_remove	/* stdio.h has one of that name */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef uint32_t grant_ref_t;
typedef uint16_t domid_t;
typedef int pci_power_t;
typedef unsigned long xen_ulong_t;

#define U32_MAX			UINT32_MAX
#define PAGE_SIZE		4096
#define GFP_KERNEL		0
#define __force
#define __printf(a, b)
#define KBUILD_MODNAME		"xen_pciback"
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define container_of(p, t, m)	((__typeof__(t) *)((char *)(p) - offsetof(t, m)))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define array_index_nospec(i, n)	((i) < (n) ? (i) : 0)

#define virt_rmb()		((void)0)	/* the other side is in the same thread */
#define virt_wmb()		((void)0)	/* as above */

static inline int hex_to_bin(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static inline void *kzalloc(size_t size, int flags) { return calloc(1, size); }
static inline void kfree(const void *p) { free((void *)p); }

/* lists */

struct list_head { struct list_head *next, *prev; };

#define LIST_HEAD(l)		struct list_head l = { &(l), &(l) }
#define list_entry(p, t, m)	container_of(p, t, m)
#define list_for_each_entry(e, head, m)						\
	for (e = list_entry((head)->next, __typeof__(*e), m); &e->m != (head);	\
	     e = list_entry(e->m.next, __typeof__(*e), m))
#define list_for_each_entry_safe(e, n, head, m)					\
	for (e = list_entry((head)->next, __typeof__(*e), m),			\
	     n = list_entry(e->m.next, __typeof__(*e), m); &e->m != (head);	\
	     e = n, n = list_entry(e->m.next, __typeof__(*e), m))

static inline void INIT_LIST_HEAD(struct list_head *l) { l->next = l->prev = l; }

static inline void list_add_tail(struct list_head *e, struct list_head *l)
{
	e->next = l;
	e->prev = l->prev;
	l->prev->next = e;
	l->prev = e;
}

static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}

/* bits */

#define DECLARE_BITMAP(name, n)	unsigned long name[(n) / 64]
#define for_each_set_bit(b, map, n)	\
	for ((b) = 0; (b) < (n); (b)++)	\
		if (test_bit(b, map))

static inline bool test_bit(int n, const unsigned long *w) { return w[n / 64] >> n % 64 & 1; }
static inline void __set_bit(int n, unsigned long *w) { w[n / 64] |= 1ul << n % 64; }

static inline bool __test_and_clear_bit(int n, unsigned long *w)
{
	bool was = test_bit(n, w);

	w[n / 64] &= ~(1ul << n % 64);
	return was;
}

static inline bool bitmap_empty(const unsigned long *w, int n)
{
	int i;

	for (i = 0; i < n / 64; i++)
		if (w[i])
			return false;
	return true;
}

static inline void sync_clear_bit(long n, volatile unsigned long *w) { *w &= ~(1ul << n); }
static inline void sync_set_bit(long n, volatile unsigned long *w) { *w |= 1ul << n; }

/* locks */

struct mutex { int held; };
#define DEFINE_MUTEX(m)	struct mutex m

static inline void mutex_init(struct mutex *m)
{
	m->held = 0;
}

static inline void mutex_lock(struct mutex *m)
{
	if (m->held++)
		abort();
}

static inline void mutex_unlock(struct mutex *m)
{
	if (--m->held)
		abort();
}

/* messages and sysfs */

extern unsigned int fake_messages;

#define fake_log(fmt, ...)	(fake_messages++, (void)snprintf(NULL, 0, fmt, ##__VA_ARGS__))
#define pr_err(fmt, ...)	fake_log(fmt, ##__VA_ARGS__)
#define pci_info(d, fmt, ...)	fake_log(fmt, ##__VA_ARGS__)
#define dev_info_ratelimited(d, fmt, ...)	fake_log(fmt, ##__VA_ARGS__)
#define pci_warn(d, fmt, ...)	fake_log(fmt, ##__VA_ARGS__)

#define sysfs_emit_at(buf, at, ...)	\
	fake_emit(snprintf((buf) + (at), PAGE_SIZE - (at), __VA_ARGS__), at)
static inline int fake_emit(int n, int at) { return n < PAGE_SIZE - at ? n : PAGE_SIZE - at - 1; }

/* types that only appear in the headers */

struct device_driver { const char *name; };
struct device {
	struct device_driver *driver;
	int locked;
};

struct work_struct { int unused; };
struct completion { int unused; };
struct kref { int unused; };
struct module;
struct kobj_uevent_env;
struct attribute_group;
typedef struct { int unused; } wait_queue_head_t;
enum xenbus_state { XenbusStateUnknown };
struct xenbus_device;
struct xenbus_driver { int unused; };
struct xenbus_device_id { char devicetype[32]; };
struct xenbus_watch { int unused; };

/* PCI */

#define PCI_D0			0
#ifndef PCI_CFG_SPACE_SIZE
#define PCI_CFG_SPACE_SIZE	256
#endif
#define PCI_ROM_RESOURCE	6
#define PCI_DEVFN(s, f)		((s) << 3 | (f))
#define PCI_SLOT(d)		((d) >> 3 & 0x1f)
#define PCI_FUNC(d)		((d) & 7)
#define IORESOURCE_IO		0x100
#define IORESOURCE_MEM		0x200
#define IORESOURCE_MEM_64	0x100000
#define FAKE_CFG		4096

struct pci_bus { unsigned char number; };
struct pci_saved_state;
struct pci_error_handlers { int unused; };
struct pci_device_id { unsigned int vendor, device; };
struct pci_dev;

struct pci_driver {
	const char *name;
	const struct pci_device_id *id_table;
	int (*probe)(struct pci_dev *d, const struct pci_device_id *id);
	void (*remove)(struct pci_dev *d);
	const struct pci_error_handlers *err_handler;
	const struct attribute_group **groups;
	struct device_driver driver;
};

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action, void *data);
};

#define NOTIFY_DONE			0
#define BUS_NOTIFY_UNBIND_DRIVER	5

struct pci_dev {
	struct device dev;
	struct pci_bus *bus;
	struct pci_dev *upstream, *physfn;
	const char *driver_override;
	void *drvdata;
	int enabled;
	unsigned int irq;
	u8 msi_cap, msix_cap;
	unsigned int devfn;
	u16 vendor, device, subsystem_vendor, subsystem_device;
	u8 hdr_type;
	int cfg_size;
	unsigned int is_busmaster, is_virtfn, is_physfn, msi_enabled, msix_enabled;
	pci_power_t current_state;
	struct { unsigned long flags; u64 start, len; } res[7];

	/* the hardware */
	u8 hw[FAKE_CFG];
	u8 rw[FAKE_CFG];	/* bits that a write sets */
	u8 w1c[FAKE_CFG];	/* bits that a write of 1 clears */
};

#define pci_name(d)		"0000:03:00.0"
#define pci_resource_flags(d, n)	((d)->res[n].flags)
#define pci_resource_start(d, n)	((d)->res[n].start)
#define pci_resource_len(d, n)		((d)->res[n].len)

int pci_read_config_byte(const struct pci_dev *d, int where, u8 *val);
int pci_read_config_word(const struct pci_dev *d, int where, u16 *val);
int pci_read_config_dword(const struct pci_dev *d, int where, u32 *val);
int pci_write_config_byte(struct pci_dev *d, int where, u8 val);
int pci_write_config_word(struct pci_dev *d, int where, u16 val);
int pci_write_config_dword(struct pci_dev *d, int where, u32 val);
u8 pci_find_capability(struct pci_dev *d, int cap);
void pci_set_master(struct pci_dev *d);
void pci_clear_master(struct pci_dev *d);
int pci_try_set_mwi(struct pci_dev *d);
void pci_clear_mwi(struct pci_dev *d);
void pci_intx(struct pci_dev *d, int on);
int pci_set_power_state(struct pci_dev *d, pci_power_t state);

/* the bus: fakes of test_seize.c */

#define PCI_ANY_ID			(~0u)
#define PCI_DEVICE(v, d)		.vendor = (v), .device = (d)
#define to_pci_dev(d)			container_of(d, struct pci_dev, dev)
#define pci_domain_nr(bus)		0
#define pci_upstream_bridge(d)		((d)->upstream)
#define pci_physfn(d)			((d)->is_virtfn ? (d)->physfn : (d))
#define pci_get_drvdata(d)		((d)->drvdata)
#define pci_set_drvdata(d, p)		((d)->drvdata = (p))
#define pci_dev_get(d)			(d)
#define pci_dev_put(d)			((void)(d))
#define pr_warn(fmt, ...)		fake_log(fmt, ##__VA_ARGS__)
#define pci_err(d, fmt, ...)		fake_log(fmt, ##__VA_ARGS__)

void device_lock(struct device *dev);
void device_unlock(struct device *dev);
void device_release_driver(struct device *dev);
struct pci_dev *pci_get_domain_bus_and_slot(int domain, unsigned int bus, unsigned int devfn);
int pci_enable_device(struct pci_dev *d);
void pci_disable_device(struct pci_dev *d);
int pci_save_state(struct pci_dev *d);
void pci_restore_state(struct pci_dev *d);
struct pci_saved_state *pci_store_saved_state(struct pci_dev *d);
int pci_load_saved_state(struct pci_dev *d, struct pci_saved_state *state);
int pci_load_and_free_saved_state(struct pci_dev *d, struct pci_saved_state **state);
int __pci_reset_function_locked(struct pci_dev *d);
