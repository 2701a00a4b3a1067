/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that the driver wants; see slots.c. */
#ifndef HOSPES_PCIBACK_SLOTS_H
#define HOSPES_PCIBACK_SLOTS_H

#include "address.h"

int pb_slots_add(const struct pb_pattern *p);
int pb_slots_remove(const struct pb_pattern *p);
bool pb_slots_want(const struct pb_addr *addr);
int pb_slots_show(char *buf);
int pb_slots_hide(const char *list);
void pb_slots_clear(void);

#endif
