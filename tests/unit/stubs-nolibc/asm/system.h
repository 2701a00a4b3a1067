/* SPDX-License-Identifier: GPL-2.0-only */
/* For nolibc_unpack.c: a process has no control registers, but it has %fs. */
#ifndef HV_ASM_SYSTEM_H
#define HV_ASM_SYSTEM_H

#include <hv/lib.h>
#include <asm/x86-defs.h>

void nolibc_set_fs(u64 base);

#define read_cr0()	0UL
#define write_cr0(v)	((void)(v))
#define read_cr4()	0UL
#define write_cr4(v)	((void)(v))
#define rdmsr(msr)	0UL
#define wrmsr(msr, v)	nolibc_set_fs(v)

#endif
