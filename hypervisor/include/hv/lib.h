/* SPDX-License-Identifier: GPL-2.0-only */
/* Small helpers with no state: arithmetic, containers, compiler hints. */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <hv/types.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define min(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define ROUND_UP(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ROUND_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#define BIT(n)			(1UL << (n))

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#define barrier()		__asm__ __volatile__("" ::: "memory")

#define __packed		__attribute__((packed))
#define __aligned(n)		__attribute__((aligned(n)))
#define __used			__attribute__((used))
#define __maybe_unused		__attribute__((unused))
#define __noreturn		__attribute__((noreturn))
#define __must_check		__attribute__((warn_unused_result))
#define __section(s)		__attribute__((section(s)))
#define noinline		__attribute__((noinline))
#define __always_inline		inline __attribute__((always_inline))
#define fallthrough		__attribute__((fallthrough))
#define __printf(f, a)		__attribute__((format(printf, f, a)))

/* Code and data that only boot uses; freed before domain 0 runs. */
#define __init			__section(".init.text") noinline
#define __initdata		__section(".init.data")
#define __initconst		__section(".init.rodata")
/* Written during boot, constant afterwards. */
#define __ro_after_init		__section(".data.ro_after_init")

#define IS_ENABLED_1		0,
#define IS_ENABLED_PICK(ignored, val, ...) val
#define IS_ENABLED_TRY(junk)	IS_ENABLED_PICK(junk 1, 0)
#define IS_ENABLED_VAL(v)	IS_ENABLED_CAT(v)
#define IS_ENABLED_CAT(v)	IS_ENABLED_TRY(IS_ENABLED_##v)
/* 1 if the Kconfig symbol is set to y, else 0; usable in plain C. */
#define IS_ENABLED(CONFIG_symbol)	IS_ENABLED_VAL(CONFIG_symbol)

/* fls64: number of the highest bit set, counted from 1; 0 for 0. */
static inline unsigned int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#endif
