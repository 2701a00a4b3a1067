/* SPDX-License-Identifier: GPL-2.0-only */
/* The real one, on whichever CPU the model lets run. */
#ifndef MODEL_SCHED_PERCPU_H
#define MODEL_SCHED_PERCPU_H

#include_next <hv/percpu.h>

#undef current
#undef this_cpu
#undef smp_processor_id

extern unsigned int model_cpu(void);
extern struct vcpu *model_current_of[];

#define smp_processor_id()	model_cpu()
#define this_cpu()		(percpu_of[model_cpu()])
#define current			(model_current_of[model_cpu()])

#endif
