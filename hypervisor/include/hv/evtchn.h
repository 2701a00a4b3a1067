/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: ports, their binding, delivery. ABI: event_channel.h. */
#ifndef HV_EVTCHN_H
#define HV_EVTCHN_H

#include <hv/domain.h>

int evtchn_domain_init(struct domain *d, unsigned int max_port);
/* Close all ports of a dying domain, and let go of its pages. 0; -ERESTART: call again. */
int evtchn_close_all(struct domain *d);
void evtchn_domain_destroy(struct domain *d);

/* A virtual interrupt for one vCPU (per-vCPU kinds), or for a domain's handler of a global kind. */
void virq_send_vcpu(struct vcpu *v, u32 virq);
void virq_send_domain(struct domain *d, u32 virq);
/* To whoever handles the global @virq: domain 0 unless set otherwise. */
void virq_send_global(u32 virq);
/* Let @d be that. -EINVAL: not a global one, or @d dies. */
int virq_set_handler(struct domain *d, u32 virq);
void virq_clear_handlers(struct domain *d);

/* Raise an event at the other end of @d's @port. 0; -EINVAL: there is none. */
int evtchn_send(struct domain *d, u32 port);
/* Physical interrupt @pirq of @d fires. The CPU of who takes it; -ENOENT: no port is bound. */
int evtchn_send_pirq(struct domain *d, u32 pirq);
/* Unmask @pirq's port, if it has one: PHYSDEVOP_eoi after PHYSDEVOP_pirq_eoi_gmfn_v1. */
void evtchn_unmask_pirq(struct domain *d, u32 pirq);

/* Raise upcall_pending for @v and make it run. */
void vcpu_mark_events_pending(struct vcpu *v);
/* Pending and not masked by the guest? */
bool local_events_need_delivery(struct vcpu *v);
/* After the vcpu_info of @v moved: everything is to be looked at again. */
void evtchn_vcpu_info_moved(struct vcpu *v);
/* Is @port of @d in use? */
bool evtchn_port_is_valid(struct domain *d, u32 port);
/* Is @port of @d pending, masked or not? For SCHEDOP_poll; false if the port does not exist. */
bool evtchn_port_is_pending(struct domain *d, u32 port);
/* One vCPU of @d more (@by 1) or less (-1) is in SCHEDOP_poll. */
void evtchn_poll_count(struct domain *d, int by);

#endif
