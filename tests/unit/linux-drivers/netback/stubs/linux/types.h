/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STUB_TYPES_H
#define STUB_TYPES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef uint16_t __be16;
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
#endif
