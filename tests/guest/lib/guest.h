/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a tiny PV kernel has to work with: hypercalls, a console, exceptions
 * that a test can expect, its own page tables by machine frame. One test is
 * one file with a test_main(); it ends with a single verdict line.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/callback.h>
#include <xen/physdev.h>
#include <xen/grant_table.h>
#include <xen/features.h>
#include <xen/io/console.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define PAGE_SIZE	4096UL
#define VIRT_BASE	0xffffffff80000000UL
#define PTE_P		1UL
#define PTE_RW		2UL
#define PTE_US		4UL
#define PTE_PWT		8UL
#define PTE_PCD		0x10UL
#define PTE_A		0x20UL
#define PTE_D		0x40UL
#define PTE_PSE		0x80UL
#define PTE_G		0x100UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

extern struct start_info *start_info;
extern struct shared_info *shared_info;

static inline long hypercall5(unsigned long nr, unsigned long a1, unsigned long a2,
			      unsigned long a3, unsigned long a4, unsigned long a5)
{
	register unsigned long r10 __asm__("r10") = a4;
	register unsigned long r8 __asm__("r8") = a5;
	long rc;

	__asm__ __volatile__("syscall"
			     : "=a" (rc), "+D" (a1), "+S" (a2), "+d" (a3), "+r" (r10), "+r" (r8)
			     : "0" (nr)
			     : "rcx", "r11", "memory");
	return rc;
}

#define HC(nr, a1, a2, a3, a4, a5) \
	hypercall5(__HYPERVISOR_##nr, (unsigned long)(a1), (unsigned long)(a2), \
		   (unsigned long)(a3), (unsigned long)(a4), (unsigned long)(a5))

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void finish(void);

/* One check: counted, and named in the log if it fails. */
void check_at(bool ok, const char *what, const char *file, int line);
#define CHECK(cond)		check_at((cond), #cond, __FILE__, __LINE__)
void check_eq_at(long got, long want, const char *what, const char *file, int line);
#define CHECK_EQ(got, want)	check_eq_at((long)(got), (long)(want), #got, __FILE__, __LINE__)

/* Page tables: all memory of the initial window is mapped at VIRT_BASE + pfn * 4096. */
u64 virt_to_mfn(const void *va);
u64 *pte_of(const void *va);		/* its L1 entry, in the read-only table */
u64 *table_at(const void *va, int level);	/* entry of @level (1-4) that translates @va */
u64 entry_machine_address(const u64 *entry);
void *alloc_pages(unsigned int nr);	/* zeroed, mapped read-write */
long update_entry(const u64 *entry, u64 val);	/* by mmu_update */
long remap(void *va, u64 pte, unsigned long flags);	/* by update_va_mapping */
long make_readonly(void *va);
long make_writable(void *va);
long mmuext(unsigned int cmd, u64 mfn);

/* System time by vcpu_time_info, of vCPU 0. */
u64 system_time(void);

/* Numbers from a seed: "seed=N" on the command line, or a fixed one. It is printed. */
void random_seed(void);
u32 random_below(u32 n);
u64 random_word(void);	/* often one at a boundary */

/* An exception that is expected: run @fn; the vector it raised, or -1. */
struct trap_frame {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error_code, rip, cs, rflags, rsp, ss;
};

extern struct trap_frame last_trap;
int catch_trap(void (*fn)(void *arg), void *arg);
extern volatile int events_seen;
extern int failsafe_taken;

void test_main(void);
extern const char *const test_name;

#define memset(p, c, n)	__builtin_memset(p, c, n)
#define memcpy(d, s, n)	__builtin_memcpy(d, s, n)

#endif
