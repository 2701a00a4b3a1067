/* SPDX-License-Identifier: GPL-2.0-only */
/* Error numbers: the ABI's own, public header errno.h. */
#ifndef HV_ERRNO_H
#define HV_ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum hv_errno {
#include <xen/errno.h>
};

#endif
