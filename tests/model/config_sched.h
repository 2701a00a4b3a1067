/* SPDX-License-Identifier: GPL-2.0-only */
/* Seen before every file: few CPUs, so that a set of them is one word. */
#ifndef MODEL_CONFIG_SCHED_H
#define MODEL_CONFIG_SCHED_H

#include <features.h>
#undef __always_inline
#include <asm/layout.h>

#undef MAX_CPUS
#define MAX_CPUS	64

#endif
