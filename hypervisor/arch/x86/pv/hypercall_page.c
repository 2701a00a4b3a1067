// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of stubs through which a kernel may make its hypercalls: 32 bytes
 * each, by number. Kernels that execute SYSCALL themselves have none.
 *
 * ABI: xen.h, HYPERVISOR_*; elfnote.h, XEN_ELFNOTE_HYPERCALL_PAGE.
 */
#include <asm/pv.h>

#include <hv/string.h>

#include <xen/xen.h>

#define STUB_SIZE	32
#define INT3		0xcc

/* SYSCALL loses rcx and r11, which callers keep. */
static const u8 stub[] = {
	0x51,				/* push %rcx */
	0x41, 0x53,			/* push %r11 */
	0xb8, 0, 0, 0, 0,		/* mov $NUMBER, %eax */
	0x0f, 0x05,			/* syscall */
	0x41, 0x5b,			/* pop %r11 */
	0x59,				/* pop %rcx */
	0xc3,				/* ret */
};

#define STUB_NUMBER	4

/* The frame that iret takes: it does not come back. */
static const u8 iret_stub[] = {
	0x51,				/* push %rcx */
	0x41, 0x53,			/* push %r11 */
	0x50,				/* push %rax */
	0xb8, __HYPERVISOR_iret, 0, 0, 0,	/* mov $NUMBER, %eax */
	0x0f, 0x05,			/* syscall */
};

/**
 * pv_fill_hypercall_page() - Write the stubs.
 * @page: a guest's, which the caller has as writable
 */
void pv_fill_hypercall_page(void *page)
{
	u8 *to = page;

	memset(page, INT3, PAGE_SIZE);
	for (u32 nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++, to += STUB_SIZE) {
		if (nr == __HYPERVISOR_iret) {
			memcpy(to, iret_stub, sizeof(iret_stub));
			continue;
		}
		memcpy(to, stub, sizeof(stub));
		memcpy(to + STUB_NUMBER, &nr, sizeof(nr));
	}
}
