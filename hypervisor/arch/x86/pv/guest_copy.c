// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that touches a PV guest's memory through its own address
 * space. Every access stays outside the hypervisor's range and every
 * faulting instruction has an entry in the exception table, so a bad pointer
 * is -EFAULT and never more. No locks; not under a spinlock.
 */
#include <hv/guest_access.h>

#include <hv/lib.h>
#include <hv/lockcheck.h>
#include <asm/layout.h>
#include <asm/system.h>

/* Is [va, va + len) clear of the hypervisor's range, without wrapping? */
static bool range_is_guests(unsigned long va, size_t len)
{
	return va + len >= va && (va + len <= HV_VIRT_START || va >= HV_VIRT_END);
}

/* Copy by quadwords, then bytes; returns what is left when a fault stops it. */
static size_t copy_faultable(void *to, const void *from, size_t len)
{
	size_t quads = len / 8, tail = len % 8;

	__asm__ __volatile__(
		"1:	rep movsq\n"
		"	mov %[tail], %%rcx\n"
		"2:	rep movsb\n"
		"3:\n"
		"	.section .text.fixup, \"ax\"\n"
		"4:	lea (%[tail], %%rcx, 8), %%rcx\n"
		"	jmp 3b\n"
		"	.previous\n"
		"	.section .ex_table, \"a\"\n"
		"	.quad 1b, 4b\n"
		"	.quad 2b, 3b\n"
		"	.previous\n"
		: "+D" (to), "+S" (from), "+c" (quads)
		: [tail] "r" (tail)
		: "memory");
	return quads;
}

/**
 * raw_copy_from_guest() - Copy from the running guest's memory.
 * @to:      private buffer of @len bytes
 * @from_va: guest virtual address in the present address space, untrusted
 * @len:     bytes
 *
 * Context: may fault; no spinlock held.
 * Return: bytes not copied, 0 on success.
 */
size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	size_t left;

	lockcheck_guest_access();
	if (unlikely(!range_is_guests(from_va, len)))
		return len;
	stac();
	left = copy_faultable(to, (const void *)from_va, len);
	clac();
	return left;
}

/**
 * raw_copy_to_guest() - Copy to the running guest's memory.
 * @to_va: guest virtual address in the present address space, untrusted
 * @from:  private buffer of @len bytes
 * @len:   bytes
 *
 * Context: may fault; no spinlock held.
 * Return: bytes not copied, 0 on success.
 */
size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	size_t left;

	lockcheck_guest_access();
	if (unlikely(!range_is_guests(to_va, len)))
		return len;
	stac();
	left = copy_faultable((void *)to_va, from, len);
	clac();
	return left;
}

/**
 * raw_clear_guest() - Zero the running guest's memory.
 * @to_va: guest virtual address in the present address space, untrusted
 * @len:   bytes
 *
 * Context: may fault; no spinlock held.
 * Return: bytes not cleared, 0 on success.
 */
size_t raw_clear_guest(unsigned long to_va, size_t len)
{
	size_t left = len;

	if (unlikely(!range_is_guests(to_va, len)))
		return len;
	stac();
	__asm__ __volatile__(
		"1:	rep stosb\n"
		"2:\n"
		"	.section .ex_table, \"a\"\n"
		"	.quad 1b, 2b\n"
		"	.previous\n"
		: "+D" (to_va), "+c" (left)
		: "a" (0)
		: "memory");
	clac();
	return left;
}
