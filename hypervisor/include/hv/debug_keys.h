/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug keys that show the core's state: core/debug_keys.c. */
#ifndef HV_DEBUG_KEYS_H
#define HV_DEBUG_KEYS_H

/* Boot, after the console's own keys. */
void debug_keys_init(void);
/* RAM that no domain has and the allocator has not. */
unsigned long memory_hypervisor_pages(void);

#endif
