/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_PERCPU_H
#define HV_PERCPU_H

#include <hv/lib.h>

struct vcpu;

extern struct vcpu *model_current(void);
extern unsigned int model_cpu(void);

#define current			model_current()
#define smp_processor_id()	model_cpu()

#endif
