/* SPDX-License-Identifier: GPL-2.0-only */
/* What every unit test includes, after the hypervisor's own headers. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
