/* SPDX-License-Identifier: GPL-2.0-only */
/* The log: to the console ring, and to whatever console there is. */
#ifndef HV_PRINTK_H
#define HV_PRINTK_H

#include <hv/lib.h>
#include <hv/types.h>

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What was asked for (banner, debug keys, panic): shown at every loglvl=. */
void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list args) __printf(1, 0);
/* Subject to loglvl=. */
void printk_level(enum log_level level, const char *fmt, ...) __printf(2, 3);
/* About the running guest: prefixed with d%uv%u, subject to guest_loglvl=, rate-limited. */
void gprintk(enum log_level level, const char *fmt, ...) __printf(2, 3);
/* About domain @domid: as gprintk(), prefixed with d%u. */
void dprintk(unsigned int domid, enum log_level level, const char *fmt, ...) __printf(3, 4);

#define pr_err(...)	printk_level(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)	printk_level(LOG_WARN, __VA_ARGS__)
#define pr_info(...)	printk_level(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)	printk_level(LOG_DEBUG, __VA_ARGS__)

#endif
