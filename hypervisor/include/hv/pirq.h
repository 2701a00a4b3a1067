/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's own numbers for interrupt lines. irq/pirq.c, for irq/ alone. */
#ifndef HV_PIRQ_H
#define HV_PIRQ_H

#include <hv/domain.h>
#include <hv/irq.h>

/* Numbers beyond the GSIs, for messages. */
#define PIRQS_EXTRA_DOM0	256
#define PIRQS_EXTRA_DOMU	32

unsigned int pirq_count(const struct domain *d);
int pirq_to_irq(struct domain *d, u32 pirq);
int pirq_reserve(struct domain *d, bool gsi, unsigned int nr);
int pirq_of_irq(struct domain *d, unsigned int irq);
int pirq_map(struct domain *d, u32 pirq, unsigned int irq);
int pirq_unmap(struct domain *d, u32 pirq);
int pirq_set_eoi_page(struct domain *d, unsigned long gmfn, bool auto_unmask);
bool pirq_auto_unmask(const struct domain *d);

#endif
