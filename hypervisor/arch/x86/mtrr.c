// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory type range registers: all CPUs must have the same, and firmware does
 * not always see to that. The boot CPU's are copied to each CPU that starts and
 * differs.
 *
 * Intel SDM vol. 3, 12.11; the sequence of changing them is 12.11.8.
 */
#include <asm/cpu.h>
#include <asm/system.h>

#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>

#define CPUID1_EDX_MTRR		BIT(12)
#define MSR_MTRR_CAP		0xfe
#define MTRR_CAP_NR(cap)	((cap) & 0xff)
#define MTRR_CAP_FIXED		BIT(8)
#define MSR_MTRR_VAR(i)		(0x200 + (i))	/* bases and masks in turn */
#define MSR_MTRR_DEF_TYPE	0x2ff
#define MTRR_ENABLE		BIT(11)

#define NR_VAR_MAX		32
#define CR0_CD			0x40000000UL
#define CR0_NW			0x20000000UL

static const u16 fixed_msr[] __initconst = {
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
};

static unsigned int nr_fixed __initdata, nr_var __initdata;
static bool present __initdata;
static u64 def_type __initdata;
static u64 fixed[ARRAY_SIZE(fixed_msr)] __initdata;
static u64 var[2 * NR_VAR_MAX] __initdata;

/** mtrr_save() - Note what the boot CPU has. Boot, before others start. */
void __init mtrr_save(void)
{
	u32 a, b, c, d;
	u64 cap;

	cpuid_count(1, 0, &a, &b, &c, &d);
	if (!(d & CPUID1_EDX_MTRR))
		return;
	present = true;
	cap = rdmsr(MSR_MTRR_CAP);
	nr_var = min_t(unsigned int, MTRR_CAP_NR(cap), NR_VAR_MAX);
	nr_fixed = cap & MTRR_CAP_FIXED ? ARRAY_SIZE(fixed_msr) : 0;
	def_type = rdmsr(MSR_MTRR_DEF_TYPE);
	for (unsigned int i = 0; i < nr_fixed; i++)
		fixed[i] = rdmsr(fixed_msr[i]);
	for (unsigned int i = 0; i < 2 * nr_var; i++)
		var[i] = rdmsr(MSR_MTRR_VAR(i));
}

static bool __init same_here(void)
{
	if (rdmsr(MSR_MTRR_DEF_TYPE) != def_type)
		return false;
	for (unsigned int i = 0; i < nr_fixed; i++)
		if (rdmsr(fixed_msr[i]) != fixed[i])
			return false;
	for (unsigned int i = 0; i < 2 * nr_var; i++)
		if (rdmsr(MSR_MTRR_VAR(i)) != var[i])
			return false;
	return true;
}

static void __init flush_global(void)
{
	unsigned long cr4 = read_cr4();

	write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
	write_cr4(cr4);
}

/**
 * mtrr_load() - Give this CPU the boot CPU's.
 *
 * Context: a CPU that starts, interrupts off; no other changes its own.
 */
void __init mtrr_load(void)
{
	unsigned long cr0 = read_cr0();

	if (!present || same_here())
		return;
	pr_debug("CPU%u: firmware left it other memory types than the boot CPU's: put right\n",
		 smp_processor_id());
	write_cr0((cr0 | CR0_CD) & ~CR0_NW);
	wbinvd();
	flush_global();
	wrmsr(MSR_MTRR_DEF_TYPE, def_type & ~MTRR_ENABLE);
	for (unsigned int i = 0; i < nr_fixed; i++)
		wrmsr(fixed_msr[i], fixed[i]);
	for (unsigned int i = 0; i < 2 * nr_var; i++)
		wrmsr(MSR_MTRR_VAR(i), var[i]);
	wrmsr(MSR_MTRR_DEF_TYPE, def_type);
	wbinvd();
	flush_global();
	write_cr0(cr0);
}
