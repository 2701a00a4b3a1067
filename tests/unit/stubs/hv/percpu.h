/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whichever CPU and vCPU a test says. Without stub_cpu in the test, there is
 * CPU 0 only; this_cpu() is for tests that define percpu_of.
 */
#ifndef STUB_HV_PERCPU_H
#define STUB_HV_PERCPU_H

#include_next <hv/percpu.h>

#undef current
#undef this_cpu
#undef smp_processor_id
#undef guest_cpu_regs

#ifndef STUB_CURRENT
#define STUB_CURRENT	/* __thread, in tests with threads */
#endif
extern STUB_CURRENT struct vcpu *current;
#ifndef STUB_CPU
#define STUB_CPU	/* as in asm/system.h */
#endif
extern STUB_CPU __attribute__((weak)) unsigned int stub_cpu;
#define smp_processor_id()	(&stub_cpu ? stub_cpu : 0U)
#define this_cpu()		(percpu_of[smp_processor_id()])
extern __attribute__((weak)) struct cpu_user_regs stub_guest_regs;
#define guest_cpu_regs()	(&stub_guest_regs)	/* NULL without it */

#endif
