/* SPDX-License-Identifier: GPL-2.0-only */
/* Freeing what other CPUs may still be looking at. */
#ifndef HV_RCU_H
#define HV_RCU_H

#include <hv/cpumask.h>

/* Embedded in what is to go; the caller's until its function is called. */
struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *head);
	cpumask_t waiting;	/* CPUs that have yet to let go */
};

void rcu_init(void);
void rcu_call(struct rcu_head *head, void (*fn)(struct rcu_head *head));

#endif
