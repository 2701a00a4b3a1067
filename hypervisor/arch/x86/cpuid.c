// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: what kind of CPU this is, and what a PV guest is told: its domain's
 * policy (arch/x86/cpu_policy.c), what depends on the vCPU that asks, and the
 * hypervisor's own leaves.
 *
 * ABI: arch-x86/cpufeatureset.h (names), arch-x86/cpuid.h (our leaves); Intel
 * SDM vol. 2, CPUID; AMD APM vol. 3, appendix E.
 */
#include <hv/cpu_policy.h>

#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/version.h>
#include <asm/cpu.h>
#include <asm/system.h>

#include <xen/arch-x86/cpuid.h>

#define F(name)			XEN_X86_FEATURE_##name

#define MWAIT_LEAF		0x05
#define XSTATE_LEAF		0x0d
#define XSTATE_HEADER_END	576	/* legacy area and header */

enum cpu_vendor cpu_vendor __ro_after_init;
u32 host_featureset[FEATURESET_WORDS] __ro_after_init;

static void __init detect_vendor(void)
{
	const struct cpuid_leaf l = raw_policy.basic[0];

	if (l.b == 0x756e6547 && l.d == 0x49656e69 && l.c == 0x6c65746e)
		cpu_vendor = VENDOR_INTEL;
	else if (l.b == 0x68747541 && l.d == 0x69746e65 && l.c == 0x444d4163)
		cpu_vendor = VENDOR_AMD;
	else if (l.b == 0x6f677948 && l.d == 0x656e6975 && l.c == 0x6e65476e)
		cpu_vendor = VENDOR_HYGON;
}

/** cpuid_init() - Learn the CPU's features, decide on the guests'. Boot, once. */
void __init cpuid_init(void)
{
	cpu_policy_read_raw();
	detect_vendor();
	cpu_policy_featureset(&raw_policy, host_featureset);
	cpu_policy_derive();
}

static struct cpuid_leaf host_leaf(u32 leaf)
{
	return cpu_policy_read(&raw_policy, leaf, 0);
}

static u32 bits_for(u32 n)
{
	return n > 1 ? fls64(n - 1) : 0;
}

/* Threads and cores of a package. Intel SDM vol. 3, 9.9; AMD APM vol. 3, E.5. */
static void identify_topology(struct cpu_identity *id)
{
	id->threads = 1;
	id->cores = 1;
	if (cpu_has(F(HTT)))
		id->threads = max(host_leaf(1).b >> 16 & 0xff, 1U);
	if (cpu_vendor == VENDOR_INTEL)
		id->cores = (host_leaf(4).a >> 26) + 1;
	else if (cpu_is_amd())
		id->cores = (host_leaf(0x80000008).c & 0xff) + 1;
	id->cores = min(id->cores, id->threads);
	id->core_shift = bits_for(id->threads / id->cores);
	id->package_shift = bits_for(id->threads);
}

/**
 * cpu_identify() - Vendor, model and topology of the CPUs.
 * @id: filled in
 */
void cpu_identify(struct cpu_identity *id)
{
	struct cpuid_leaf l = host_leaf(0);

	*id = (struct cpu_identity){ .cpuid_level = l.a };
	memcpy(id->vendor, &l.b, 4);
	memcpy(id->vendor + 4, &l.d, 4);
	memcpy(id->vendor + 8, &l.c, 4);
	l = host_leaf(1);
	id->family = l.a >> 8 & 15;
	id->model = l.a >> 4 & 15;
	if (id->family == 15)
		id->family += l.a >> 20 & 0xff;
	if (id->family >= 6)
		id->model |= l.a >> 12 & 0xf0;
	id->stepping = l.a & 15;
	id->clflush_size = (l.b >> 8 & 0xff) * 8;
	for (u32 i = 0; i < 3; i++) {
		l = host_leaf(0x80000002 + i);
		memcpy(id->brand + 16 * i, &l, 16);
	}
	identify_topology(id);
}

/* Leaves whose answer depends on who asks, and how. */

/* Does the hardware domain's kernel ask? It is told more about the machine. */
static bool leaks_to(const struct vcpu *v)
{
	return v->domain->is_hardware_domain && v == current && v->arch.kernel_mode;
}

/*
 * Linux asks twice: by the forced-emulation prefix (#UD) for what Xen offers,
 * and natively for what the machine has: MONITOR shows there only.
 */
static u32 leaked_leaf1_ecx(const struct vcpu *v)
{
	u32 ecx = 0;

	if (!leaks_to(v))
		return 0;
	if (cpu_has(F(EIST)))
		ecx |= 1U << (F(EIST) % 32);
	if (cpu_has(F(MONITOR)) && guest_cpu_regs()->entry_vector == X86_VEC_GP)
		ecx |= 1U << (F(MONITOR) % 32);
	return ecx;
}

/*
 * OSXSAVE is a copy of CR4. A PV kernel asking by the prefix is shown it at
 * once: Linux takes its absence for a reason not to use XSAVE.
 */
static bool shows_osxsave(const struct vcpu *v)
{
	if (!cpu_policy_has(v->domain->arch.cpu_policy, F(XSAVE)))
		return false;
	return (v->arch.ctrlreg[4] & X86_CR4_OSXSAVE) ||
	       (v->arch.kernel_mode && guest_cpu_regs()->entry_vector == X86_VEC_UD);
}

static void leaf_1(const struct vcpu *v, struct cpuid_leaf *l)
{
	l->c |= leaked_leaf1_ecx(v);
	if (shows_osxsave(v))
		l->c |= 1U << (F(OSXSAVE) % 32);
	if (leaks_to(v) && cpu_has(F(MTRR)))
		l->d |= 1U << (F(MTRR) % 32);
}

/* Bytes that XSAVEC writes for @xcr0. */
static u32 xstate_size_compacted(const struct cpu_policy *p, u64 xcr0)
{
	u32 size = XSTATE_HEADER_END;

	for (unsigned int i = 2; i < POLICY_XSTATES; i++) {
		if (!(xcr0 >> i & 1))
			continue;
		if (p->xstate[i].c & 2)
			size = ROUND_UP(size, 64U);
		size += p->xstate[i].a;
	}
	return size;
}

static void leaf_xstate(const struct vcpu *v, u32 subleaf, struct cpuid_leaf *l)
{
	const struct cpu_policy *p = v->domain->arch.cpu_policy;

	if (!cpu_policy_has(p, F(XSAVE)))
		return;
	if (subleaf == 0)
		l->b = cpu_policy_xstate_size(p, v->arch.xcr0);
	else if (subleaf == 1 && cpu_policy_has(p, F(XSAVEC)))
		l->b = xstate_size_compacted(p, v->arch.xcr0);
}

/* What of an answer depends on the vCPU, and on how it asks. */
static void adjust(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	switch (leaf) {
	case 1:
		leaf_1(v, l);
		break;
	case MWAIT_LEAF:
		if (leaks_to(v))
			*l = host_leaf(leaf);
		break;
	case XSTATE_LEAF:
		leaf_xstate(v, subleaf, l);
		break;
	}
}

/* Of an emulated counter the rate is told; its scale is in vcpu_time_info. */
static void leaf_time(const struct domain *d, u32 subleaf, struct cpuid_leaf *l)
{
	u32 mul, khz = d->arch.vtsc.khz;
	s8 shift;

	switch (subleaf) {
	case 0:
		l->a = (khz ? 1 : 0) | (time_tsc_is_stable() ? 2 : 0);
		l->a |= cpu_has(F(RDTSCP)) ? 4 : 0;
		l->b = d->tsc_mode;
		l->c = khz ?: tsc_khz;
		l->d = d->tsc_incarnation;
		break;
	case 1:
		if (khz)
			break;
		time_tsc_scale(&mul, &shift);
		l->c = mul;
		l->d = shift;
		break;
	case 2:
		l->a = tsc_khz;
		break;
	}
}

/* The toolstack may show fewer of our leaves, but for those that name us. */
static u32 hypervisor_limit(const struct cpu_policy *p)
{
	u32 limit = p->hv_limit ? p->hv_limit & 0xff : XEN_CPUID_MAX_NUM_LEAVES;

	return XEN_CPUID_LEAF(clamp(limit, 2U, (u32)XEN_CPUID_MAX_NUM_LEAVES));
}

/* ABI: arch-x86/cpuid.h. */
static void leaf_hypervisor(const struct domain *d, u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	const struct cpu_policy *p = d->arch.cpu_policy;

	if (leaf > hypervisor_limit(p))
		return;
	switch (leaf) {
	case XEN_CPUID_LEAF(0):
		l->a = hypervisor_limit(p);
		l->b = XEN_CPUID_SIGNATURE_EBX;
		l->c = XEN_CPUID_SIGNATURE_ECX;
		l->d = XEN_CPUID_SIGNATURE_EDX;
		break;
	case XEN_CPUID_LEAF(1):
		l->a = xen_abi_version();
		break;
	case XEN_CPUID_LEAF(2):
		l->a = 1;		/* hypercall page, and the MSR that fills it */
		l->b = XEN_CPUID_FIRST_LEAF;
		l->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case XEN_CPUID_LEAF(3):
		leaf_time(d, subleaf, l);
		break;
	case XEN_CPUID_LEAF(5):
		if (subleaf == 0)
			l->b = fls64(max_page - 1) + PAGE_SHIFT;
		break;
	}
}

/**
 * pv_cpuid() - CPUID for a PV guest.
 * @v:       the running vCPU
 * @leaf:    EAX
 * @subleaf: ECX
 * @out:     all four registers; zeros for what there is not
 */
void pv_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	const struct cpu_policy *p = v->domain->arch.cpu_policy;

	*out = (struct cpuid_leaf){ 0 };
	if ((leaf & 0xffff0000) == XEN_CPUID_FIRST_LEAF) {
		leaf_hypervisor(v->domain, leaf, subleaf, out);
	} else {
		*out = cpu_policy_read(p, leaf, subleaf);
		adjust(v, leaf, subleaf, out);
	}
}
