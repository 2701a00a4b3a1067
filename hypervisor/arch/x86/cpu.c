// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU is set to when it starts, and the floating-point state of vCPUs.
 * That state is switched eagerly: a CPU holds the registers of the vCPU it has
 * loaded, and of no other. Intel SDM vol. 1, chapter 13; vol. 3, 2.5, 11.12.
 */
#include <asm/cpu.h>
#include <asm/pv.h>

#include <hv/bug.h>
#include <hv/cpu_hotplug.h>
#include <hv/cpu_policy.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <asm/fpu.h>
#include <asm/system.h>

bool cpu_has_smap __ro_after_init;
struct cpu_features cpu_features __ro_after_init;

/* Fixed by the ABI: guests encode memory types by these indices. */
#define PAT_VALUE	0x050100070406UL

#define MXCSR_DEFAULT	0x1f80
#define FCW_DEFAULT	0x037f

int rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo, hi;
	int rc;

	__asm__ __volatile__(
		"1:	rdmsr\n"
		"	xor %[rc], %[rc]\n"
		"2:\n"
		"	.section .text.fixup, \"ax\"\n"
		"3:	mov %[err], %[rc]\n"
		"	xor %%eax, %%eax\n"
		"	xor %%edx, %%edx\n"
		"	jmp 2b\n"
		"	.previous\n"
		"	.section .ex_table, \"a\"\n"
		"	.quad 1b, 3b\n"
		"	.previous\n"
		: "=a" (lo), "=d" (hi), [rc] "=&r" (rc)
		: "c" (msr), [err] "i" (-EIO));
	*val = lo | (u64)hi << 32;
	return rc;
}

int wrmsr_safe(u32 msr, u64 val)
{
	int rc;

	__asm__ __volatile__(
		"1:	wrmsr\n"
		"	xor %[rc], %[rc]\n"
		"2:\n"
		"	.section .text.fixup, \"ax\"\n"
		"3:	mov %[err], %[rc]\n"
		"	jmp 2b\n"
		"	.previous\n"
		"	.section .ex_table, \"a\"\n"
		"	.quad 1b, 3b\n"
		"	.previous\n"
		: [rc] "=&r" (rc)
		: "c" (msr), "a" ((u32)val), "d" ((u32)(val >> 32)), [err] "i" (-EIO)
		: "memory");
	return rc;
}

static void xsetbv(u64 val)
{
	__asm__ __volatile__("xsetbv" :: "c" (0), "a" ((u32)val), "d" ((u32)(val >> 32)));
}

/* Feature words of CPUID; OSXSAVE follows CR4 and says nothing. */
static struct cpu_words {
	u32 leaf1_c, leaf1_d, leaf7_b, ext_d;
} boot_words __initdata;

#define CPUID1_ECX_OSXSAVE	BIT(27)

static struct cpu_words __init read_words(void)
{
	struct cpu_words w = { 0, 0, 0, 0 };
	u32 a, b, c, d, max;

	cpuid_count(0, 0, &max, &b, &c, &d);
	cpuid_count(1, 0, &a, &b, &w.leaf1_c, &w.leaf1_d);
	w.leaf1_c &= ~(u32)CPUID1_ECX_OSXSAVE;
	if (max >= 7)
		cpuid_count(7, 0, &a, &w.leaf7_b, &c, &d);
	cpuid_count(0x80000001, 0, &a, &b, &c, &w.ext_d);
	return w;
}

/* Intel SDM vol. 1, 11.6.6: 0 stands for what the first CPUs had. */
static u32 __init read_mxcsr_mask(void)
{
	static u8 image[512] __aligned(16) __initdata;
	u32 mask;

	__asm__ __volatile__("fxsave64 %0" : "=m" (image));
	mask = *(u32 *)(image + 28);
	return mask ? mask : 0xffbf;
}

static void __init detect_features(void)
{
	struct cpu_features *f = &cpu_features;
	u32 a, b, c, d, max;

	cpuid_count(0, 0, &max, &b, &c, &d);
	cpuid_count(1, 0, &a, &b, &c, &d);
	f->xsave = c >> 26 & 1;
	if (max >= 7) {
		cpuid_count(7, 0, &a, &b, &c, &d);
		f->fsgsbase = b & 1;
		f->smep = b >> 7 & 1;
		cpu_has_smap = b >> 20 & 1;
		f->umip = c >> 2 & 1;
		f->tsc_aux = c >> 22 & 1;
	}
	cpuid_count(0x80000000, 0, &max, &b, &c, &d);
	if (max >= 0x80000001) {
		cpuid_count(0x80000001, 0, &a, &b, &c, &d);
		f->tsc_aux |= d >> 27 & 1;
	}
	f->paddr_bits = 36;
	if (max >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &b, &c, &d);
		f->paddr_bits = min(a & 0xff, (u32)PADDR_BITS);
	}
	f->fpu_bytes = 512;
	if (f->xsave) {
		cpuid_count(0xd, 0, &a, &b, &c, &d);
		/* AVX and AVX-512 state; nothing that needs supervisor bits. */
		f->xcr0_max = (a | (u64)d << 32) & XCR0_SUPPORTED;
		f->fpu_bytes = c;
		cpuid_count(0xd, 1, &a, &b, &c, &d);
		f->xsaveopt = a & 1;
	}
}

/**
 * cpu_init() - Control registers and fixed MSRs of this CPU.
 * @p: its area; p->cr4_host is set here
 *
 * The boot CPU comes first: what it can do is what all are set to.
 */
void __init cpu_init(struct percpu *p)
{
	struct cpu_features *f = &cpu_features;

	if (p->info->cpu == 0) {
		detect_features();
		boot_words = read_words();
	}
	p->cr4_host = X86_CR4_PAE | X86_CR4_PGE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	if (f->smep)
		p->cr4_host |= X86_CR4_SMEP;
	if (cpu_has_smap)
		p->cr4_host |= X86_CR4_SMAP;
	if (f->umip)
		p->cr4_host |= X86_CR4_UMIP;
	if (f->fsgsbase)
		p->cr4_host |= X86_CR4_FSGSBASE;
	if (f->xsave)
		p->cr4_host |= X86_CR4_OSXSAVE;
	write_cr4(p->cr4_host);
	p->cr4_now = p->cr4_host;
	if (p->info->cpu == 0) {
		/* Need OSFXSR. */
		f->mxcsr_mask = read_mxcsr_mask();
		f->x87_pointers_stay = x87_pointers_stay();
	}
	if (f->xsave)
		xsetbv(f->xcr0_max);
	wrmsr(MSR_PAT, PAT_VALUE);
	__asm__ __volatile__("fninit");
}

/**
 * cpu_check_same() - Compare this CPU with the boot CPU.
 *
 * What guests were told of the CPU is true of the boot CPU; vCPUs run on any.
 */
void __init cpu_check_same(void)
{
	struct cpu_words mine = read_words();

	if (memcmp(&mine, &boot_words, sizeof(mine)) == 0)
		return;
	pr_warn("CPU%u: its features differ from those of the boot CPU (%08x %08x %08x %08x, not %08x %08x %08x %08x): guests may fail there; leave it out by maxcpus=%u\n",
		smp_processor_id(), mine.leaf1_c, mine.leaf1_d, mine.leaf7_b, mine.ext_d,
		boot_words.leaf1_c, boot_words.leaf1_d, boot_words.leaf7_b, boot_words.ext_d,
		smp_processor_id());
}

/* Wait for an interrupt, unless there is work already; interrupts on before and after. */
void cpu_idle(void)
{
	local_irq_disable();
	if (softirq_is_pending())
		local_irq_enable();
	else if (unlikely(!this_cpu()->online))
		smp_park();
	else
		__asm__ __volatile__("sti; hlt" ::: "memory");
}

/**
 * pv_cr4_to_guest() - The CR4 that the guest believes it has.
 * @v: any vCPU
 */
unsigned long pv_cr4_to_guest(const struct vcpu *v)
{
	return (v->arch.ctrlreg[4] & CR4_GUEST_BITS) | X86_CR4_PAE | X86_CR4_MCE |
	       X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
}

static unsigned long cr4_for(const struct vcpu *v)
{
	unsigned long cr4 = this_cpu()->cr4_host;

	/* Programs may use these only once their kernel knows how to switch them. */
	cr4 &= ~(unsigned long)(X86_CR4_FSGSBASE | X86_CR4_OSXSAVE);
	cr4 |= v->arch.ctrlreg[4] & CR4_GUEST_BITS;
	if (!cpu_features.fsgsbase)
		cr4 &= ~(unsigned long)X86_CR4_FSGSBASE;
	if (cpu_features.xsave)
		cr4 |= X86_CR4_OSXSAVE;
	if (v->domain->arch.vtsc.khz)
		cr4 |= X86_CR4_TSD;
	return cr4;
}

/* Load what @v's CR4 asks of the CPU. */
void cpu_load_cr4(const struct vcpu *v)
{
	struct percpu *p = this_cpu();
	unsigned long cr4 = cr4_for(v);

	if (cr4 != p->cr4_now) {
		p->cr4_now = cr4;
		write_cr4(cr4);
	}
}

/**
 * pv_cr4_allowed() - The bits of CR4 that are a domain's to set.
 * @d: any guest
 */
unsigned long pv_cr4_allowed(const struct domain *d)
{
	unsigned long bits = CR4_GUEST_BITS;

	if (!cpu_policy_has(d->arch.cpu_policy, XEN_X86_FEATURE_FSGSBASE))
		bits &= ~(unsigned long)X86_CR4_FSGSBASE;
	if (!cpu_policy_has(d->arch.cpu_policy, XEN_X86_FEATURE_XSAVE))
		bits &= ~(unsigned long)X86_CR4_OSXSAVE;
	return bits;
}

/**
 * pv_set_cr4() - The running guest writes CR4.
 * @v:   the running vCPU
 * @val: what it wrote; bits that are not the guest's are dropped
 */
void pv_set_cr4(struct vcpu *v, unsigned long val)
{
	v->arch.ctrlreg[4] = val & pv_cr4_allowed(v->domain);
	cpu_load_cr4(v);
}

int fpu_init_vcpu(struct vcpu *v)
{
	u8 *area = hv_alloc(cpu_features.fpu_bytes);

	if (!area)
		return -ENOMEM;
	*(u16 *)area = FCW_DEFAULT;
	*(u32 *)(area + 24) = MXCSR_DEFAULT;
	v->arch.fpu_area = area;
	v->arch.xcr0 = cpu_features.xsave ? XCR0_X87 : 0;
	return 0;
}

void fpu_destroy_vcpu(struct vcpu *v)
{
	hv_free(v->arch.fpu_area);
	v->arch.fpu_area = NULL;
}

/* All state that the hardware has, whatever the guest enabled: nothing leaks to the next. */
void fpu_save(struct vcpu *v)
{
	__asm__ __volatile__("clts");
	if (cpu_features.xsave) {
		xsetbv(cpu_features.xcr0_max);
		__asm__ __volatile__("xsave64 (%0)" :: "r" (v->arch.fpu_area),
				     "a" (~0U), "d" (~0U) : "memory");
	} else {
		__asm__ __volatile__("fxsave64 (%0)" :: "r" (v->arch.fpu_area) : "memory");
	}
}

static void load_cr0_ts(const struct vcpu *v)
{
	if (v->arch.ctrlreg[0] & X86_CR0_TS)
		write_cr0(read_cr0() | X86_CR0_TS);
}

void fpu_restore(struct vcpu *v)
{
	__asm__ __volatile__("clts");
	if (cpu_features.x87_pointers_stay)
		x87_forget_pointers();
	if (cpu_features.xsave) {
		xsetbv(cpu_features.xcr0_max);
		__asm__ __volatile__("xrstor64 (%0)" :: "r" (v->arch.fpu_area),
				     "a" (~0U), "d" (~0U) : "memory");
		xsetbv(v->arch.xcr0);
	} else {
		__asm__ __volatile__("fxrstor64 (%0)" :: "r" (v->arch.fpu_area) : "memory");
	}
	load_cr0_ts(v);
}

/* Intel SDM vol. 1, 13.3: which combinations XSETBV takes. */
static bool xcr0_valid(const struct domain *d, u64 val)
{
	u64 avx512 = val & XCR0_AVX512;

	if (!(val & XCR0_X87) || (val & ~cpu_policy_xcr0(d->arch.cpu_policy)))
		return false;
	if ((val & XCR0_AVX) && !(val & XCR0_SSE))
		return false;
	return !avx512 || (avx512 == XCR0_AVX512 && (val & XCR0_AVX));
}

/**
 * pv_set_xcr0() - The running guest executes XSETBV.
 * @v:     the running vCPU
 * @index: register, only 0 exists
 * @val:   new value
 *
 * Return: 0; -EINVAL for a value that the CPU would refuse.
 */
int pv_set_xcr0(struct vcpu *v, u32 index, u64 val)
{
	if (index || !cpu_features.xsave || !xcr0_valid(v->domain, val))
		return -EINVAL;
	v->arch.xcr0 = val;
	xsetbv(val);
	return 0;
}

/* Intel SDM vol. 1, 13.4: the areas of an XSAVE image that all have. */
#define IMAGE_MXCSR		24
#define IMAGE_HEADER		512
#define IMAGE_HEADER_END	576

/* What XRSTOR faults on: state that is not enabled, and reserved bytes. */
static bool image_ok(const u8 *image, size_t size, u64 accum)
{
	if (size < IMAGE_HEADER_END || (*(const u64 *)(image + IMAGE_HEADER) & ~accum) ||
	    (*(const u32 *)(image + IMAGE_MXCSR) & ~cpu_features.mxcsr_mask))
		return false;
	for (size_t i = IMAGE_HEADER + 8; i < IMAGE_HEADER_END; i++)
		if (image[i])
			return false;
	return true;
}

/**
 * pv_set_xstate() - Replace a vCPU's extended registers.
 * @v:     does not run, and no CPU has it loaded
 * @xcr0:  what its kernel has enabled; 0: nothing, ever
 * @accum: what it may have used
 * @image: @size bytes in the standard format of XSAVE, private copy, 8-byte aligned
 * @size:  at most what the CPU writes
 *
 * ABI: domctl.h, XEN_DOMCTL_setvcpuextstate.
 * Return: 0; -EINVAL for values that the domain's CPUs cannot have.
 */
long pv_set_xstate(struct vcpu *v, u64 xcr0, u64 accum, const void *image, size_t size)
{
	u8 *area = v->arch.fpu_area;

	/* It kept to the legacy registers, which its context has. */
	if (!xcr0 && !accum)
		return 0;
	if (!xcr0_valid(v->domain, xcr0) || !xcr0_valid(v->domain, accum) ||
	    (xcr0 & ~accum) || !image_ok(image, size, accum))
		return -EINVAL;
	memcpy(area, image, size);
	memset(area + size, 0, cpu_features.fpu_bytes - size);
	v->arch.xcr0 = xcr0;
	return 0;
}
