/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI addresses as people write them: no state, no locks; builds on the host for the tests. */
#ifndef HOSPES_PCIBACK_ADDRESS_H
#define HOSPES_PCIBACK_ADDRESS_H

#include <linux/types.h>

#define PB_DOMAIN_MAX	0xffff
#define PB_BUS_MAX	0xff
#define PB_SLOT_MAX	0x1f
#define PB_FUNC_MAX	0x7
#define PB_ANY		(-1)

/* For printf: DDDD:BB:SS.F and its arguments. */
#define PB_ADDR_FMT		"%04x:%02x:%02x.%x"
#define PB_ADDR_ARGS(a)		(a)->domain, (a)->bus, (a)->devfn >> 3, (a)->devfn & 7

/**
 * struct pb_addr - One PCI function.
 * @domain: segment, 0 to PB_DOMAIN_MAX
 * @bus:    0 to PB_BUS_MAX
 * @devfn:  slot << 3 | function
 */
struct pb_addr {
	unsigned int domain;
	unsigned int bus;
	unsigned int devfn;
};

/**
 * struct pb_pattern - One function, all of a slot, or all of a bus.
 * @domain: as in struct pb_addr
 * @bus:    as in struct pb_addr
 * @slot:   0 to PB_SLOT_MAX, or PB_ANY; then @func is PB_ANY too
 * @func:   0 to PB_FUNC_MAX, or PB_ANY
 */
struct pb_pattern {
	unsigned int domain;
	unsigned int bus;
	int slot;
	int func;
};

/**
 * struct pb_quirk_text - A register that a device's guest may write, as read from a line.
 * @addr: the device
 * @reg:  offset in configuration space, below 0x1000, a multiple of @size
 * @size: 1, 2 or 4 bytes
 * @mask: bits the guest may set, not 0
 */
struct pb_quirk_text {
	struct pb_addr addr;
	unsigned int reg;
	unsigned int size;
	u32 mask;
};

int pb_parse_pattern(const char *text, struct pb_pattern *p);
int pb_parse_addr(const char *text, struct pb_addr *addr);
int pb_parse_hidden(const char **text, struct pb_pattern *p);
int pb_parse_quirk(const char *text, struct pb_quirk_text *q);

static inline bool pb_addr_equal(const struct pb_addr *a, const struct pb_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->devfn == b->devfn;
}

#endif
