/* SPDX-License-Identifier: GPL-2.0-only */
/* A block frontend that breaks the rules on purpose, for a guest's kernel. */
#ifndef EVIL_H
#define EVIL_H

#include <linux/types.h>
#include <xen/grant_table.h>
#include <xen/interface/io/blkif.h>
#include <xen/xenbus.h>

#define EVIL_PAGES	16	/* data pages, granted to be written */
#define EVIL_RO		0	/* index in evil.ro_ref */

/* What has to become of a case. */
enum verdict {
	OKAY = BLKIF_RSP_OKAY,
	ERROR = BLKIF_RSP_ERROR,
	UNSUPPORTED = BLKIF_RSP_EOPNOTSUPP,
	CLOSED = 100,	/* the backend closes the device */
	ALIVE,		/* it answers a proper read afterwards, or has closed the device */
};

struct evil {
	struct xenbus_device *dev;
	struct blkif_sring *sring;
	RING_IDX prod, cons;
	grant_ref_t ring_ref, ref[EVIL_PAGES], ro_ref, table_ref;
	struct page *page[EVIL_PAGES], *ro;
	struct blkif_request_segment *table;
	evtchn_port_t port;
	u64 sectors;
};

struct evil_case {
	const char *name;
	enum verdict want;
	/* either one request, to be sent by the caller ... */
	void (*request)(struct evil *e, struct blkif_request *req);
	/* ... or whatever it likes */
	void (*act)(struct evil *e);
};

extern const struct evil_case evil_cases[];
extern const unsigned int evil_nr_cases;

void evil_notify(struct evil *e);
void evil_put(struct evil *e, const struct blkif_request *req);
void evil_good_read(struct evil *e, struct blkif_request *req);
void evil_random(struct evil *e, u32 seed);

#endif
