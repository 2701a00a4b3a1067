/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#define min(a, b)		((a) < (b) ? (a) : (b))
#define clamp(x, low, high)	((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
