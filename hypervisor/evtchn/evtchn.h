/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this folder share: ports, and the two formats that guests see them in. */
#ifndef EVTCHN_EVTCHN_H
#define EVTCHN_EVTCHN_H

#include <hv/domain.h>
#include <hv/evtchn.h>

enum evtchn_state {
	ECS_FREE,
	ECS_RESERVED,		/* port 0; or half bound, half closed */
	ECS_UNBOUND,		/* waits for remote_domid */
	ECS_INTERDOMAIN,
	ECS_PIRQ,
	ECS_VIRQ,
	ECS_IPI,
};

struct evtchn {
	u8 state;
	u8 priority;		/* of the queue that it is linked to next */
	u8 last_priority;	/* of the queue that it was linked to last, and whose */
	bool latched;		/* pending, but the guest has no place for it yet */
	u32 port;
	u16 notify_vcpu_id;
	u16 last_vcpu_id;
	union {
		domid_t remote_domid;
		u32 virq;
		struct {
			u32 number;
			u32 next;	/* port in the same hash chain; 0: last */
		} pirq;
		struct {
			struct domain *dom;
			u32 port;
		} remote;
	};
};

/* One format. All are called under the event lock of @d. */
struct evtchn_ops {
	u32 max_ports;
	void (*set_pending)(struct domain *d, struct evtchn *chn);
	void (*clear_pending)(struct domain *d, struct evtchn *chn);
	void (*unmask)(struct domain *d, struct evtchn *chn);
	bool (*is_pending)(struct domain *d, const struct evtchn *chn);
	/* The guest has yet to take a former event off a queue: not to be given out again. */
	bool (*is_busy)(struct domain *d, u32 port);
	/* NULL: the format knows no priorities. */
	int (*set_priority)(struct evtchn *chn, u32 priority);
};

extern const struct evtchn_ops evtchn_two_level_ops, evtchn_fifo_ops;

#define PORTS_PER_BUCKET	32	/* as many as an ordinary guest has */
#define PIRQ_HASH_SIZE		64

struct evtchn_domain {
	/* Guards all below but pollers, and all ports; see evtchn.c. */
	spinlock_t lock;
	const struct evtchn_ops *ops;
	u32 max_port;		/* the domain's own limit */
	u32 nr_ports;		/* that have a struct evtchn; only grows */
	u32 first_free;		/* all below are in use */
	u32 reset_next;		/* port at which a reset goes on */
	u32 close_next;		/* the same of evtchn_close_all() */
	u32 pollers;		/* vCPUs in SCHEDOP_poll; atomic */
	struct evtchn **bucket;	/* each PORTS_PER_BUCKET ports */
	u32 pirq_hash[PIRQ_HASH_SIZE];	/* first port of a chain along pirq.next */
	struct evtchn_fifo *fifo;
};

static inline struct evtchn *evtchn_from_port(const struct domain *d, u32 port)
{
	const struct evtchn_domain *ed = d->evtchn;

	/* Partner: the release in evtchn_add_bucket(). */
	if (port >= __atomic_load_n(&ed->nr_ports, __ATOMIC_ACQUIRE))
		return NULL;
	return &ed->bucket[port / PORTS_PER_BUCKET][port % PORTS_PER_BUCKET];
}

/* In the guest's hands. */
static inline bool evtchn_usable(const struct evtchn *chn)
{
	return chn && chn->state > ECS_RESERVED;
}

/* evtchn.c */
void evtchn_check_pollers(struct domain *d, u32 port);
void evtchn_set_pending(struct domain *d, struct evtchn *chn);

/* fifo.c: two hypercalls, and the way back to two levels. */
long evtchn_fifo_init_control(struct evtchn_init_control *op);
long evtchn_fifo_expand_array(const struct evtchn_expand_array *op);
void evtchn_fifo_destroy(struct domain *d);

/* virq.c */
int evtchn_virq_bind(struct vcpu *v, struct evtchn *chn, u32 virq);
void evtchn_virq_unbind(struct domain *d, const struct evtchn *chn);
bool virq_is_global(u32 virq);

#endif
