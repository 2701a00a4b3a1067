/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the drivers are built for (6.1 and
 * 6.12), said in the newer kernel's words. The only place that asks for a
 * kernel's version.
 */
#ifndef HOSPES_COMPAT_H
#define HOSPES_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>
#include <xen/events.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* Before 6.6 there were no static event channels, that is, none to be kept open. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline int hospes_evtchn_make_refcounted(evtchn_port_t port, bool is_static)
{
	return evtchn_make_refcounted(port);
}

#define evtchn_make_refcounted hospes_evtchn_make_refcounted
#endif

#endif
