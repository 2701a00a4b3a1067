/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who we are, and whose ABI we speak: xl's wrapper looks for the tools of
 * exactly that version. Documentation/abi/version.rst.
 */
#ifndef HV_VERSION_H
#define HV_VERSION_H

#define HOSPES_VERSION		"0.1"

/* What xen_version says. */
#define XEN_ABI_MAJOR		4
#define XEN_ABI_MINOR		17
#define XEN_ABI_EXTRAVERSION	".7-hospes"

/* What the hypervisor was started with, without its own name; boot fills it in. */
extern char saved_cmdline[1024];

#endif
