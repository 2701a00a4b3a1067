// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMSR and WRMSR of a PV guest's kernel: segment bases, and the constants and
 * dropped writes that keep kernels content. What is not here does not exist
 * for the guest: #GP. Runs on the vCPU's own CPU, without locks.
 *
 * ABI: abi/platform.rst; numbers from Intel SDM vol. 4 and AMD's BKDGs.
 */
#include <asm/pv.h>

#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/time.h>
#include <asm/apic.h>
#include <asm/system.h>

#define APIC_BASE_ADDRESS	0xfee00000UL
#define APIC_BASE_ENABLE	0x800
#define APIC_BASE_BSP		0x100
#define PAT_ABI			0x050100070406UL

#define MISC_ENABLE_PERF	BIT(7)
#define MISC_ENABLE_NO_BTS	BIT(11)
#define MISC_ENABLE_NO_PEBS	BIT(12)
#define MISC_ENABLE_MONITOR	BIT(18)
#define MISC_ENABLE_NO_XTPR	BIT(23)

#define FEATURE_CONTROL_LOCK	BIT(0)
#define DE_CFG_LFENCE_SERIALISE	BIT(1)
#define SYSCFG_GUEST		(BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22))

/* Two banks that never have an error; uncorrected ones reach the hypervisor. */
#define MCE_BANKS		2
#define MCG_SER_P		BIT(24)
#define MCG_TES_P		BIT(11)

enum {
	MSR_TSC			= 0x10,
	MSR_PLATFORM_ID		= 0x17,
	MSR_FEATURE_CONTROL	= 0x3a,
	MSR_UCODE_REV		= 0x8b,
	MSR_MISC_FEATURES	= 0x140,
	MSR_MCG_STATUS		= 0x17a,
	MSR_MCG_CTL		= 0x17b,
	MSR_PERF_STATUS		= 0x198,
	MSR_PERF_CTL		= 0x199,
	MSR_THERM_CONTROL	= 0x19a,
	MSR_THERM_INTERRUPT	= 0x19b,
	MSR_THERM_STATUS	= 0x19c,
	MSR_MISC_ENABLE		= 0x1a0,
	MSR_MC0_CTL		= 0x400,
	MSR_MC_LAST		= MSR_MC0_CTL + 4 * MCE_BANKS - 1,
};

/* In ranges that an int does not hold. */
#define MSR_SYSCFG		0xc0010010U
#define MSR_HWCR		0xc0010015U
#define MSR_TOP_MEM		0xc001001aU
#define MSR_TOP_MEM2		0xc001001dU
#define MSR_DE_CFG		0xc0011029U

static bool has(const struct vcpu *v, unsigned int feature)
{
	return cpu_policy_has(v->domain->arch.cpu_policy, feature);
}

static bool is_intel(void)
{
	return cpu_vendor == VENDOR_INTEL;
}

static int read_host(u32 msr, u64 *val)
{
	return rdmsr_safe(msr, val) ? -EINVAL : 0;
}

static int constant(bool exists, u64 answer, u64 *val)
{
	*val = answer;
	return exists ? 0 : -EINVAL;
}

/* Processor event-based features are the hypervisor's, or nobody's. */
static int read_misc_enable(u64 *val)
{
	if (!is_intel() || rdmsr_safe(MSR_MISC_ENABLE, val))
		return -EINVAL;
	*val &= ~(MISC_ENABLE_PERF | MISC_ENABLE_MONITOR);
	*val |= MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS | MISC_ENABLE_NO_XTPR;
	return 0;
}

/* Only the extended-memory bits, which tell where RAM is. */
static int read_syscfg(const struct vcpu *v, u64 *val)
{
	if (!cpu_is_amd() || !v->domain->is_hardware_domain || rdmsr_safe(MSR_SYSCFG, val))
		return -EINVAL;
	*val &= SYSCFG_GUEST;
	return 0;
}

/** pv_mcg_cap() - What guests are told of machine checks. */
u64 pv_mcg_cap(void)
{
	return MCE_BANKS | (is_intel() ? MCG_SER_P | MCG_TES_P : 0);
}

static int read_mce(u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_MCG_CAP:
		return constant(true, pv_mcg_cap(), val);
	case MSR_MC0_CTL ... MSR_MC_LAST:
		/* Control reads as all enabled, the rest as no error. */
		return constant(true, (msr & 3) == 0 ? ~0UL : 0, val);
	}
	return constant(true, 0, val);	/* MCG_STATUS, MCG_CTL */
}

static int read_common(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_TSC:
		return constant(true, v->domain->arch.vtsc.khz ? vtsc_read(v->domain) : rdtsc(),
				val);
	case MSR_APIC_BASE:
		return constant(true, APIC_BASE_ADDRESS | APIC_BASE_ENABLE |
				(v->vcpu_id ? 0 : APIC_BASE_BSP), val);
	case MSR_PAT:
		return constant(true, PAT_ABI, val);
	case MSR_EFER:
		return constant(true, rdmsr(MSR_EFER) &
				(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE), val);
	case MSR_TSC_AUX:
		return constant(has(v, XEN_X86_FEATURE_RDTSCP) || has(v, XEN_X86_FEATURE_RDPID),
				v->arch.tsc_aux, val);
	case MSR_UCODE_REV:
		return read_host(msr, val);
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
	case MSR_MCG_CTL:
	case MSR_MC0_CTL ... MSR_MC_LAST:
		return read_mce(msr, val);
	}
	return -EINVAL;
}

static int read_intel(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_PLATFORM_ID:
		return read_host(msr, val);
	case MSR_FEATURE_CONTROL:
		return constant(true, FEATURE_CONTROL_LOCK, val);
	case MSR_ARCH_CAPABILITIES:
		return constant(has(v, XEN_X86_FEATURE_ARCH_CAPS),
				v->domain->arch.cpu_policy->arch_caps, val);
	case MSR_PLATFORM_INFO:
		return constant(true, v->domain->arch.cpu_policy->platform_info, val);
	case MSR_MISC_FEATURES:
	case MSR_PERF_STATUS:
	case MSR_PERF_CTL:
	case MSR_THERM_CONTROL:
	case MSR_THERM_INTERRUPT:
	case MSR_THERM_STATUS:
		return constant(true, 0, val);
	case MSR_MISC_ENABLE:
		return read_misc_enable(val);
	}
	return -EINVAL;
}

static int read_amd(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_SYSCFG:
		return read_syscfg(v, val);
	case MSR_TOP_MEM:
	case MSR_TOP_MEM2:
		return v->domain->is_hardware_domain ? read_host(msr, val) : -EINVAL;
	case MSR_HWCR:
		return constant(true, 0, val);
	case MSR_DE_CFG:
		return constant(true, DE_CFG_LFENCE_SERIALISE, val);
	}
	return -EINVAL;
}

static bool machine_has(u32 msr)
{
	u64 real;

	return !rdmsr_safe(msr, &real);
}

/*
 * Before it has a #GP handler a kernel cannot be told that a register is not
 * for it; one that the machine has reads as 0 then, as under Xen. So it does
 * for a domain that was made with relaxed MSRs.
 */
static int read_early(const struct vcpu *v, u32 msr, u64 *val)
{
	bool can_be_told = v->arch.trap_ctxt[X86_VEC_GP].address && !v->domain->config.msr_relaxed;

	if (can_be_told || !machine_has(msr))
		return -EINVAL;
	*val = 0;
	return 0;
}

/**
 * pv_rdmsr() - The running guest's kernel reads an MSR.
 * @v:   the running vCPU, in kernel mode
 * @msr: register
 * @val: filled in
 *
 * Return: 0; -EINVAL for #GP.
 */
int pv_rdmsr(struct vcpu *v, u32 msr, u64 *val)
{
	/* Read at each context switch of 64-bit Linux: first. */
	if (likely(msr == MSR_KERNEL_GS_BASE || msr == MSR_GS_BASE || msr == MSR_FS_BASE)) {
		*val = rdmsr(msr);
		return 0;
	}
	*val = 0;
	if (!read_common(v, msr, val))
		return 0;
	if (is_intel() && !read_intel(v, msr, val))
		return 0;
	if (cpu_is_amd() && !read_amd(v, msr, val))
		return 0;
	return read_early(v, msr, val);
}

static int write_base(u32 msr, u64 val)
{
	if (!is_canonical(val))
		return -EINVAL;
	wrmsr(msr, val);
	return 0;
}

static int write_tsc_aux(struct vcpu *v, u64 val)
{
	if (val >> 32 || !(has(v, XEN_X86_FEATURE_RDTSCP) || has(v, XEN_X86_FEATURE_RDPID)))
		return -EINVAL;
	v->arch.tsc_aux = val;
	wrmsr(MSR_TSC_AUX, val);
	return 0;
}

/* A status may be cleared, there is none; controls are the hypervisor's. */
static int write_mce(u32 msr, u64 val)
{
	if (msr >= MSR_MC0_CTL && (msr & 3) >= 2 && val)
		return -EINVAL;
	return 0;
}

/* Registers that take what they hold, and nothing else. */
static int write_same(struct vcpu *v, u32 msr, u64 val)
{
	u64 now;

	return pv_rdmsr(v, msr, &now) || now != val ? -EINVAL : 0;
}

/**
 * pv_wrmsr() - The running guest's kernel writes an MSR.
 * @v:   the running vCPU, in kernel mode
 * @msr: register
 * @val: value
 *
 * Return: 0, also where the write is dropped; -EINVAL for #GP.
 */
int pv_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return write_base(msr, val);
	case MSR_TSC_AUX:
		return write_tsc_aux(v, val);
	case MSR_MCG_STATUS:
	case MSR_MCG_CTL:
	case MSR_MC0_CTL ... MSR_MC_LAST:
		return write_mce(msr, val);
	case MSR_UCODE_REV:	/* written before CPUID to have it updated */
	case MSR_PERF_CTL:
		return is_intel() ? 0 : -EINVAL;
	case MSR_HWCR:
	case MSR_DE_CFG:
		return cpu_is_amd() ? 0 : -EINVAL;
	case MSR_EFER:
	case MSR_PAT:
	case MSR_MISC_ENABLE:
	case MSR_MISC_FEATURES:
		return write_same(v, msr, val);
	}
	return v->domain->config.msr_relaxed && machine_has(msr) ? 0 : -EINVAL;
}
