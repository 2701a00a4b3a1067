/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver's pure files take from the kernel, for a host build. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define offsetofend(t, m)	(offsetof(t, m) + sizeof(((t *)0)->m))
