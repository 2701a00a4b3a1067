/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/kernel.h>
static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}
