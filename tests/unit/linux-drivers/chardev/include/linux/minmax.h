/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STUB_LINUX_MINMAX_H
#define STUB_LINUX_MINMAX_H

#define min(x, y)	((x) < (y) ? (x) : (y))

#endif
