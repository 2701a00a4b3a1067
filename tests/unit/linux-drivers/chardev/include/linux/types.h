/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's type names, for driver sources built on the host. */
#ifndef STUB_LINUX_TYPES_H
#define STUB_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;

#endif
