/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_ASM_SYSTEM_H
#define HV_ASM_SYSTEM_H

#include <hv/lib.h>
#include <asm/x86-defs.h>

/* Steps are taken one after another here, in the order of the program. */
#define smp_mb()	barrier()

static inline void cpu_relax(void) {}
static inline void wbinvd(void) {}
static inline unsigned long local_irq_save(void) { return 0; }
static inline void local_irq_restore(unsigned long flags) {}

#endif
