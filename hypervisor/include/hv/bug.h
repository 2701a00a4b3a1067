/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Three tiers of error, never mixed: a guest's fault is an errno or that
 * domain crashed; our own bug is BUG_ON; a machine we cannot run on is a
 * panic during boot.
 */
#ifndef HV_BUG_H
#define HV_BUG_H

#include <hv/lib.h>

void bug(const char *what, const char *file, unsigned int line) __noreturn;
void warn(const char *what, const char *file, unsigned int line);
void panic(const char *fmt, ...) __noreturn __printf(1, 2);

#define BUG()		bug("reached", __FILE__, __LINE__)
#define BUG_ON(cond)	do { if (unlikely(cond)) bug(#cond, __FILE__, __LINE__); } while (0)
#define WARN_ON(cond) ({						\
	bool _warn = (cond);						\
	if (unlikely(_warn))						\
		warn(#cond, __FILE__, __LINE__);			\
	_warn; })

#ifdef CONFIG_HV_DEBUG
#define ASSERT(cond)	BUG_ON(!(cond))
#else
#define ASSERT(cond)	((void)sizeof(!(cond)))
#endif

#endif
