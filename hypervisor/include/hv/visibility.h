/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of every file by the build: all symbols are the image's own,
 * declared or defined, so code reaches them relative to itself and no table
 * of addresses is needed.
 */
#ifndef __ASSEMBLY__
#pragma GCC visibility push(hidden)
#endif
