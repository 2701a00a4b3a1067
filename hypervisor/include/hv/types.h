/* SPDX-License-Identifier: GPL-2.0-only */
/* Integer types, frame numbers, and what every file needs of the compiler. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;
typedef u64 paddr_t;

/* Machine frame, guest frame as the guest maps it, guest-linear frame. */
typedef struct { unsigned long m; } mfn_t;
typedef struct { unsigned long g; } gfn_t;
typedef struct { unsigned long p; } pfn_t;

#define _mfn(n)			((mfn_t){ (n) })
#define mfn_x(mfn)		((mfn).m)
#define _gfn(n)			((gfn_t){ (n) })
#define gfn_x(gfn)		((gfn).g)
#define INVALID_MFN_RAW		(~0UL)
#define INVALID_MFN		_mfn(INVALID_MFN_RAW)

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.m == b.m;
}

static inline mfn_t mfn_add(mfn_t mfn, unsigned long n)
{
	return _mfn(mfn.m + n);
}

#endif
