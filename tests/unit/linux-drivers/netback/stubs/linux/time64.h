/* SPDX-License-Identifier: GPL-2.0-only */
#define NSEC_PER_USEC 1000L
