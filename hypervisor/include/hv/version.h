/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who we are, and whose ABI we speak: xl's wrapper looks for the tools of
 * exactly that version. Documentation/abi/version.rst.
 */
#ifndef HV_VERSION_H
#define HV_VERSION_H

#include <hv/types.h>

#define HOSPES_VERSION		"0.1"

/* What xen_version says, unless xen-version= has us say another minor. */
#define XEN_ABI_MAJOR		4
#define XEN_ABI_MINOR		17

/* As one number, the major in the upper half; and what goes behind it. */
u32 xen_abi_version(void);
const char *xen_abi_extraversion(void);

/* What the hypervisor was started with, without its own name; boot fills it in. */
extern char saved_cmdline[1024];

#endif
