/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who we are. Major and minor are those of the Xen release whose ABI we speak:
 * xl's wrapper looks for the tools of exactly this version. The rest is ours.
 * Documentation/abi/version.rst.
 */
#ifndef HV_VERSION_H
#define HV_VERSION_H

#define HV_VERSION_MAJOR	4
#define HV_VERSION_MINOR	17
#define HV_EXTRAVERSION		".7-hospes"
#define HV_VERSION_STRING	"4.17" HV_EXTRAVERSION

/* What the hypervisor was started with, without its own name; boot fills it in. */
extern char saved_cmdline[1024];

#endif
