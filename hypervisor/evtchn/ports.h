/* SPDX-License-Identifier: GPL-2.0-only */
/* What evtchn.c does for event_channel_op.c. */
#ifndef EVTCHN_PORTS_H
#define EVTCHN_PORTS_H

#include "evtchn.h"

void evtchn_lock_pair(struct domain *a, struct domain *b, unsigned long *flags);
void evtchn_unlock_pair(struct domain *a, struct domain *b, unsigned long flags);
int evtchn_lock_new_port(struct domain *d, struct domain *other, struct evtchn **chn,
			 unsigned long *flags);
void evtchn_connect(struct evtchn *chn, struct domain *dom, u32 port);
void evtchn_free_port(struct domain *d, struct evtchn *chn);
int evtchn_bind_pirq(u32 pirq, bool share, u32 *port);
int evtchn_close(struct domain *d, u32 port);
int evtchn_close_from(struct domain *d, u32 *next);

#endif
