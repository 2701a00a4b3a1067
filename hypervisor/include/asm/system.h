/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers and instructions that have no C: flags, control registers, MSRs, ports. */
#ifndef HV_ASM_SYSTEM_H
#define HV_ASM_SYSTEM_H

#include <hv/lib.h>
#include <asm/x86-defs.h>

static inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}

static inline void local_irq_disable(void)
{
	__asm__ __volatile__("cli" ::: "memory");
}

static inline void local_irq_enable(void)
{
	__asm__ __volatile__("sti" ::: "memory");
}

static inline unsigned long local_flags(void)
{
	unsigned long flags;

	__asm__ __volatile__("pushfq; popq %0" : "=r" (flags) :: "memory");
	return flags;
}

static inline bool local_irq_is_enabled(void)
{
	return local_flags() & X86_EFLAGS_IF;
}

static inline unsigned long local_irq_save(void)
{
	unsigned long flags = local_flags();

	local_irq_disable();
	return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		local_irq_enable();
}

#define DEFINE_CR(n)							\
static inline unsigned long read_cr##n(void)				\
{									\
	unsigned long v;						\
									\
	__asm__ __volatile__("mov %%cr" #n ", %0" : "=r" (v) :: "memory"); \
	return v;							\
}									\
									\
static inline void write_cr##n(unsigned long v)				\
{									\
	__asm__ __volatile__("mov %0, %%cr" #n :: "r" (v) : "memory");	\
}

DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
	return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ __volatile__("wrmsr" :: "c" (msr), "a" ((u32)v), "d" ((u32)(v >> 32)) : "memory");
}

/* rdmsr_safe, wrmsr_safe: -EIO (negative) if the MSR is not there. In arch/x86/cpu.c. */
int rdmsr_safe(u32 msr, u64 *val);
int wrmsr_safe(u32 msr, u64 val);

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a" (lo), "=d" (hi));
	return lo | (u64)hi << 32;
}

static inline u64 rdtsc_ordered(void)
{
	__asm__ __volatile__("lfence" ::: "memory");
	return rdtsc();
}

static inline void cpuid_count(u32 leaf, u32 subleaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ __volatile__("cpuid" : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d)
			     : "0" (leaf), "2" (subleaf));
}

#define DEFINE_PORT(type, sfx)						\
static inline type in##sfx(u16 port)					\
{									\
	type v;								\
									\
	__asm__ __volatile__("in" #sfx " %w1, %0" : "=a" (v) : "Nd" (port)); \
	return v;							\
}									\
									\
static inline void out##sfx(type v, u16 port)				\
{									\
	__asm__ __volatile__("out" #sfx " %0, %w1" :: "a" (v), "Nd" (port)); \
}

DEFINE_PORT(u8, b)
DEFINE_PORT(u16, w)
DEFINE_PORT(u32, l)
#undef DEFINE_PORT

static inline void invlpg(unsigned long va)
{
	__asm__ __volatile__("invlpg (%0)" :: "r" (va) : "memory");
}

static inline void wbinvd(void)
{
	__asm__ __volatile__("wbinvd" ::: "memory");
}

#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)	/* all before all */
#define smp_wmb()	barrier()	/* the CPU keeps writes in order */
#define smp_rmb()	barrier()	/* and reads */

static inline void set_bit_atomic(unsigned int nr, volatile void *addr)
{
	__asm__ __volatile__("lock btsl %1, %0"
			     : "+m" (*(volatile u32 *)addr) : "Ir" (nr) : "memory");
}

static inline void clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	__asm__ __volatile__("lock btrl %1, %0"
			     : "+m" (*(volatile u32 *)addr) : "Ir" (nr) : "memory");
}

static inline bool test_and_set_bit_atomic(unsigned int nr, volatile void *addr)
{
	bool old;

	__asm__ __volatile__("lock btsl %2, %0" : "+m" (*(volatile u32 *)addr), "=@ccc" (old)
			     : "Ir" (nr) : "memory");
	return old;
}

static inline bool test_and_clear_bit_atomic(unsigned int nr, volatile void *addr)
{
	bool old;

	__asm__ __volatile__("lock btrl %2, %0" : "+m" (*(volatile u32 *)addr), "=@ccc" (old)
			     : "Ir" (nr) : "memory");
	return old;
}

static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
	return ((const volatile u32 *)addr)[nr / 32] >> (nr % 32) & 1;
}

/* Supervisor access to user pages, for the guest copy routines only. */
extern bool cpu_has_smap;

static inline void stac(void)
{
	if (cpu_has_smap)
		__asm__ __volatile__("stac" ::: "memory", "cc");
}

static inline void clac(void)
{
	if (cpu_has_smap)
		__asm__ __volatile__("clac" ::: "memory", "cc");
}

#endif
