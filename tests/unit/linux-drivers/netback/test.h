/* SPDX-License-Identifier: GPL-2.0-only */
/* What every test here needs; cmocka wants these in this order. */
#ifndef NETBACK_TEST_H
#define NETBACK_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <linux/kernel.h>

static inline unsigned long setting(const char *name, unsigned long def)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : def;
}
#endif
