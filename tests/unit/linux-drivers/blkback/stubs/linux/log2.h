/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1ul << (63 - __builtin_clzl(n));
}
