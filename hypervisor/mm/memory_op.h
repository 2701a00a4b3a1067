/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercall memory_op: its subcommands, by file. */
#ifndef HV_MM_MEMORY_OP_H
#define HV_MM_MEMORY_OP_H

#include <hv/types.h>

struct domain;

/* In the command: how many extents an earlier round has done. */
#define MEMOP_EXTENT_SHIFT	6
#define MEMOP_CMD_MASK		((1UL << MEMOP_EXTENT_SHIFT) - 1)

/* reservation.c. Extents done in all, or -EFAULT, -ESRCH; -ERESTART and *@start tells how far. */
long memory_reservation(unsigned int cmd, unsigned long arg, unsigned long *start);
/* Largest extent the caller may ask for. */
unsigned int memory_max_order(void);
/* Allocator's flags for XENMEMF_*; false if no memory can meet them. */
bool memory_flags(unsigned int mem_flags, unsigned int *memflags);

/* low_memory.c. After every allocation for a guest. */
void memory_check_low(void);

/* XENMEM_claim_pages. */
long memory_claim(unsigned long arg);

/* memory_map.c. Maps of memory as firmware gives them; 0 or an error. */
long memory_machine_map(unsigned long arg);
long memory_guest_map(unsigned long arg);
long memory_set_guest_map(unsigned long arg);
long memory_reserved_device_map(unsigned long arg);

/* resource.c. 0 or an error; -ERESTART and *@done tells how far. */
long memory_acquire_resource(unsigned long arg, unsigned long *done);

/* vnuma.c. 0 or an error. */
long memory_vnuma_info(unsigned long arg);

/* exchange.c. 0 or an error; -ERESTART, progress is in the guest's structure. */
long memory_exchange(unsigned long arg);

#endif
