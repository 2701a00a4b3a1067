/* SPDX-License-Identifier: GPL-2.0-only */
/* What grant_table.h and ring.h need of the rest of the ABI. */
#ifndef STUB_XEN_H
#define STUB_XEN_H
#include <linux/types.h>
typedef uint16_t domid_t;
typedef unsigned long xen_pfn_t;
#define GUEST_HANDLE(name) name *
#define DEFINE_GUEST_HANDLE_STRUCT(name) struct name
#endif
