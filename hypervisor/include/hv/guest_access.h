/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between a private buffer and the running guest's memory. A guest
 * pointer is a bare number (guest virtual address in the current address
 * space); it is never dereferenced outside arch/x86/pv/guest_copy.c, which
 * refuses the hypervisor's range and survives any fault.
 */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <hv/lib.h>
#include <hv/types.h>
#include <hv/errno.h>

/* Bytes that could NOT be copied: 0 is success. */
size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len) __must_check;
size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len) __must_check;
size_t raw_clear_guest(unsigned long to_va, size_t len) __must_check;

/* 0 or -EFAULT. @obj is a pointer to the private copy; whole objects only. */
#define copy_from_guest(obj, va) \
	(raw_copy_from_guest((obj), (unsigned long)(va), sizeof(*(obj))) ? -EFAULT : 0)
#define copy_to_guest(va, obj) \
	(raw_copy_to_guest((unsigned long)(va), (obj), sizeof(*(obj))) ? -EFAULT : 0)
/* Element @i of an array at @va; the address is computed without wrapping into validity. */
#define copy_from_guest_index(obj, va, i) \
	copy_from_guest((obj), (unsigned long)(va) + (unsigned long)(i) * sizeof(*(obj)))
#define copy_to_guest_index(va, i, obj) \
	copy_to_guest((unsigned long)(va) + (unsigned long)(i) * sizeof(*(obj)), (obj))

/* The number inside a public XEN_GUEST_HANDLE. */
#define handle_va(h)		((unsigned long)(h).p)

#endif
