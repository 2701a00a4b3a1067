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

/* What a port is bound to, and who is told. */
struct evtchn_binding {
	u8 state;		/* ECS_* */
	u16 vcpu_id;
	u32 number;		/* INTERDOMAIN: the port at the other end; PIRQ, VIRQ: which */
	union {
		domid_t domid;		/* UNBOUND: who may bind to it */
		struct domain *dom;	/* INTERDOMAIN */
	} remote;
};

struct evtchn {
	/*
	 * Guards all that follows but port and pirq_next, and what is delivered
	 * to the port. @bound is written under the event lock too, except for
	 * its vcpu_id: either lock will do to read.
	 */
	spinlock_t lock;
	u32 port;
	u32 pirq_next;		/* port in the same hash chain; 0: last. Event lock */
	u16 last_vcpu_id;
	u8 last_priority;	/* of the queue that it was linked to last, and whose */
	u8 priority;		/* of the queue that it is linked to next */
	bool latched;		/* pending, but the guest has no place for it yet */
	struct evtchn_binding bound;
};

/* One format. All but is_busy() are called under the port's lock; it under the event lock. */
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
	/* The event lock: guards all below but pollers; see evtchn.c. */
	spinlock_t lock;
	const struct evtchn_ops *ops;	/* changes to two levels only while no port is in use */
	u32 nr_used;		/* ports that are not free, without port 0 */
	u32 max_port;		/* the domain's own limit */
	u32 nr_ports;		/* that have a struct evtchn; only grows */
	u32 first_free;		/* all below are in use */
	u32 reset_next;		/* port at which a reset goes on */
	u32 close_next;		/* the same of evtchn_close_all() */
	u32 pollers;		/* vCPUs in SCHEDOP_poll; atomic */
	struct evtchn **bucket;	/* each PORTS_PER_BUCKET ports */
	u32 pirq_hash[PIRQ_HASH_SIZE];	/* first port of a chain along pirq_next */
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

/* The format of @d; its fifo is there if that is FIFO. */
static inline const struct evtchn_ops *evtchn_ops(const struct domain *d)
{
	/* Partner: the release in evtchn/fifo.c, convert_ports(). */
	return __atomic_load_n(&d->evtchn->ops, __ATOMIC_ACQUIRE);
}

/* In the guest's hands. Event lock or the port's held. */
static inline bool evtchn_usable(const struct evtchn *chn)
{
	return chn && chn->bound.state > ECS_RESERVED;
}

/* evtchn.c */
void evtchn_check_pollers(struct domain *d, u32 port);
void evtchn_set_pending(struct domain *d, struct evtchn *chn);
void evtchn_bind(struct evtchn *chn, struct evtchn_binding binding);

/* fifo.c: two hypercalls, and the way back to two levels. */
long evtchn_fifo_init_control(struct evtchn_init_control *op);
long evtchn_fifo_expand_array(const struct evtchn_expand_array *op);
int evtchn_fifo_destroy(struct domain *d);

/* virq.c */
int evtchn_virq_bind(struct vcpu *v, struct evtchn *chn, u32 virq);
void evtchn_virq_unbind(struct domain *d, struct evtchn *chn);
bool virq_is_global(u32 virq);

#endif
