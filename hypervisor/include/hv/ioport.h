/* SPDX-License-Identifier: GPL-2.0-only */
/* Which I/O ports a domain may touch. arch/x86/pv/ioport.c. */
#ifndef HV_IOPORT_H
#define HV_IOPORT_H

#include <hv/types.h>

struct domain;

void ioport_init(void);
bool ioport_deny(u16 first, unsigned int nr);
void ioport_grant_machine(struct domain *d);

#endif
