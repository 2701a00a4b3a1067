/* SPDX-License-Identifier: GPL-2.0-only */
/* Error numbers: the ABI's own, public header errno.h. */
#ifndef HV_ERRNO_H
#define HV_ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum hv_errno {
#include <xen/errno.h>
	/* Never seen by a guest: preempted, to be begun again. Its number in the public header. */
	ERESTART = 85,
};

#endif
