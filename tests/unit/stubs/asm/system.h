/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that a process may not execute, as state that tests can look at:
 * the interrupt flag, and I/O ports that the test implements if it uses them.
 */
#ifndef HV_ASM_SYSTEM_H
#define HV_ASM_SYSTEM_H

#include <sched.h>

#include <hv/lib.h>
#include <asm/x86-defs.h>

#ifndef STUB_CPU
#define STUB_CPU	/* __thread, in tests whose threads are CPUs */
#endif
extern STUB_CPU bool stub_irqs_off __attribute__((weak));
u8 stub_in(u16 port);
void stub_out(u8 v, u16 port);

static inline void cpu_relax(void)
{
	sched_yield();	/* who holds the lock may be waiting for this CPU */
}

static inline unsigned long local_irq_save(void)
{
	unsigned long flags = 0;

	if (&stub_irqs_off) {
		flags = stub_irqs_off;
		stub_irqs_off = true;
	}
	return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
	if (&stub_irqs_off)
		stub_irqs_off = flags;
}

static inline void local_irq_disable(void)
{
	local_irq_save();
}

static inline void local_irq_enable(void)
{
	local_irq_restore(0);
}

static inline bool local_irq_is_enabled(void)
{
	return !(&stub_irqs_off && stub_irqs_off);
}

static inline u8 inb(u16 port)
{
	return stub_in(port);
}

static inline void outb(u8 v, u16 port)
{
	stub_out(v, port);
}

/* Accesses of more than a byte, for tests that tell them apart. */
u32 stub_in_wide(u16 port, unsigned int bytes);
void stub_out_wide(u32 v, u16 port, unsigned int bytes);

static inline u16 inw(u16 port)
{
	return stub_in_wide(port, 2);
}

static inline u32 inl(u16 port)
{
	return stub_in_wide(port, 4);
}

static inline void outw(u16 v, u16 port)
{
	stub_out_wide(v, port, 2);
}

static inline void outl(u32 v, u16 port)
{
	stub_out_wide(v, port, 4);
}

/* A CPU of the test's own making. */
void cpuid_count(u32 leaf, u32 subleaf, u32 *a, u32 *b, u32 *c, u32 *d);
int rdmsr_safe(u32 msr, u64 *val);

/* Stands still, or in a test that has this, goes on with each look. */
extern __attribute__((weak)) u64 stub_tsc;

static inline u64 rdtsc(void)
{
	return &stub_tsc ? stub_tsc++ : 0x1234;
}

/* A test that wants control registers and MSRs has these to look at. */
static unsigned long stub_cr0 __attribute__((unused)), stub_cr4 __attribute__((unused));
static u64 stub_msr __attribute__((unused));

#define read_cr0()	stub_cr0
#define write_cr0(v)	(stub_cr0 = (v))
#ifdef STUB_CR	/* a test that has TLBs */
unsigned long stub_read_cr4(void);
void stub_write_cr4(unsigned long v);
unsigned long stub_read_cr3(void);
void stub_write_cr3(unsigned long v);
void stub_invlpg(unsigned long va);
#define read_cr3()	stub_read_cr3()
#define write_cr3(v)	stub_write_cr3(v)
#define read_cr4()	stub_read_cr4()
#define write_cr4(v)	stub_write_cr4(v)
#define invlpg(va)	stub_invlpg(va)
#define wbinvd()	((void)0)
#else
#define read_cr4()	stub_cr4
#define write_cr4(v)	(stub_cr4 = (v))
#endif
#define rdmsr(msr)	stub_msr
#define wrmsr(msr, v)	(stub_msr = (v))

static inline bool stub_bit(unsigned int nr, volatile void *addr, bool set)
{
	volatile u32 *word = (volatile u32 *)addr + nr / 32;
	u32 bit = 1U << (nr % 32);
	u32 old = set ? __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) :
			__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);

	return old & bit;
}

static inline void set_bit_atomic(unsigned int nr, volatile void *addr)
{
	stub_bit(nr, addr, true);
}

static inline void clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	stub_bit(nr, addr, false);
}

static inline bool test_and_set_bit_atomic(unsigned int nr, volatile void *addr)
{
	return stub_bit(nr, addr, true);
}

static inline bool test_and_clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	return stub_bit(nr, addr, false);
}

static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
	return ((const volatile u32 *)addr)[nr / 32] >> (nr % 32) & 1;
}

#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)	/* all before all */
#define smp_wmb()	barrier()	/* the CPU keeps writes in order */
#define smp_rmb()	barrier()	/* and reads */

#endif
