/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/types.h>
typedef uint32_t grant_ref_t;
