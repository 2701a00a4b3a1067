/* SPDX-License-Identifier: GPL-2.0-only */
/* One CPU, and whichever vCPU a test says. */
#ifndef HV_PERCPU_H
#define HV_PERCPU_H

#include <hv/lib.h>
#include <hv/types.h>
#include <asm/layout.h>

struct vcpu;

extern struct vcpu *current;
#define smp_processor_id() 0U

#endif
