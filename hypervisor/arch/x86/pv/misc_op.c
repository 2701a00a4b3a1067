// SPDX-License-Identifier: GPL-2.0-only
/*
 * The small hypercalls of a PV vCPU about itself: kernel stack, virtual TS,
 * debug registers, segment bases. ABI: xen.h, numbers 3, 5, 8, 9 and 25. All
 * run on the vCPU's own CPU, without locks.
 */
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/domain.h>
#include <asm/pv.h>
#include <asm/system.h>

/**
 * do_stack_switch() - Where the guest kernel's stack is.
 * @a1: stack selector
 * @a2: top of the stack, any address: a bad one crashes the guest when used
 * @a3: unused
 * @a4: unused
 * @a5: unused
 */
long do_stack_switch(unsigned long a1, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	struct vcpu *v = current;

	v->arch.kernel_ss = (a1 & 0xffff) | 3;
	v->arch.kernel_sp = a2;
	return 0;
}

/**
 * do_fpu_taskswitch() - Set or clear the virtual CR0.TS.
 * @a1: non-zero sets it
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 */
long do_fpu_taskswitch(unsigned long a1, unsigned long a2, unsigned long a3,
		       unsigned long a4, unsigned long a5)
{
	struct vcpu *v = current;

	if (a1) {
		v->arch.ctrlreg[0] |= X86_CR0_TS;
		write_cr0(read_cr0() | X86_CR0_TS);
	} else {
		v->arch.ctrlreg[0] &= ~(unsigned long)X86_CR0_TS;
		__asm__ __volatile__("clts");
	}
	return 0;
}

#define DR6_FIXED	0xffff0ff0UL
#define DR6_WRITABLE	0x0000e00fUL
#define DR7_FIXED	0x00000400UL
#define DR7_RESERVED	0x0000d800UL
#define DR7_GD		0x00002000UL
#define DR7_ENABLED	0x000000ffUL

static void load_debugreg(unsigned int reg, unsigned long val)
{
	switch (reg) {
	case 0:
		__asm__ __volatile__("mov %0, %%db0" :: "r" (val));
		break;
	case 1:
		__asm__ __volatile__("mov %0, %%db1" :: "r" (val));
		break;
	case 2:
		__asm__ __volatile__("mov %0, %%db2" :: "r" (val));
		break;
	case 3:
		__asm__ __volatile__("mov %0, %%db3" :: "r" (val));
		break;
	case 7:
		__asm__ __volatile__("mov %0, %%db7" :: "r" (val));
		break;
	}
}

/* Breakpoints on I/O are four bits a register: type 2 with CR4.DE set. */
static bool dr7_breaks_on_io(unsigned long dr7)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if ((dr7 >> (16 + 4 * i) & 3) == 2)
			return true;
	return false;
}

static long set_dr7(struct vcpu *v, unsigned long val)
{
	bool loaded = v == current;
	unsigned int i;

	/* General detect would trap the hypervisor; data breakpoints on ports are not offered. */
	if (val >> 32 || (val & DR7_GD) || dr7_breaks_on_io(val))
		return -EPERM;
	val = (val & ~DR7_RESERVED) | DR7_FIXED;
	if (loaded && (val & DR7_ENABLED))
		for (i = 0; i < 4; i++)
			load_debugreg(i, v->arch.debugreg[i]);
	v->arch.debugreg[7] = val;
	if (loaded)
		load_debugreg(7, val);
	return 0;
}

/**
 * pv_set_debugreg() - Set a vCPU's debug register.
 * @v:   the running vCPU, or one that no CPU has loaded
 * @reg: number; 4 and 5 stand for 6 and 7 unless CR4.DE is set
 * @val: value
 *
 * Return: 0; -EINVAL for a register that is not there; -EPERM for an address
 *	   of the hypervisor's or a kind of breakpoint that is not offered.
 */
long pv_set_debugreg(struct vcpu *v, unsigned long reg, unsigned long val)
{
	if ((reg == 4 || reg == 5) && !(v->arch.ctrlreg[4] & X86_CR4_DE))
		reg += 2;
	switch (reg) {
	case 0 ... 3:
		if (!is_canonical(val) || (val >= HV_VIRT_START - 8 && val < HV_VIRT_END))
			return -EPERM;
		v->arch.debugreg[reg] = val;
		if (v == current && (v->arch.debugreg[7] & DR7_ENABLED))
			load_debugreg(reg, val);
		return 0;
	case 6:
		v->arch.debugreg[6] = (val & DR6_WRITABLE) | DR6_FIXED;
		return 0;
	case 7:
		return set_dr7(v, val);
	}
	return -EINVAL;
}

/**
 * do_set_debugreg() - Write a debug register.
 * @a1: number
 * @a2: value
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * Return: as pv_set_debugreg().
 */
long do_set_debugreg(unsigned long a1, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	return pv_set_debugreg(current, a1, a2);
}

/**
 * do_get_debugreg() - Read a debug register.
 * @a1: number, as for do_set_debugreg()
 * @a2: unused
 * @a3: unused
 * @a4: unused
 * @a5: unused
 */
long do_get_debugreg(unsigned long a1, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	struct vcpu *v = current;

	if ((a1 == 4 || a1 == 5) && !(v->arch.ctrlreg[4] & X86_CR4_DE))
		a1 += 2;
	if (a1 <= 3 || a1 == 6 || a1 == 7)
		return v->arch.debugreg[a1];
	return -EINVAL;
}

/* The selector goes into the program's GS; one that cannot be loaded becomes null. */
static void load_user_gs(unsigned long sel)
{
	sel &= 0xffff;
	__asm__ __volatile__(
		"	swapgs\n"
		"1:	mov %w[sel], %%gs\n"
		"	mfence\n"
		"2:	swapgs\n"
		"	.section .text.fixup, \"ax\"\n"
		"3:	xor %k[sel], %k[sel]\n"
		"	mov %k[sel], %%gs\n"
		"	jmp 2b\n"
		"	.previous\n"
		"	.section .ex_table, \"a\"\n"
		"	.quad 1b, 3b\n"
		"	.previous\n"
		: [sel] "+r" (sel));
}

/**
 * do_set_segment_base() - FS and GS bases, or the program's GS selector.
 * @a1: SEGBASE_*
 * @a2: base address, or selector for SEGBASE_GS_USER_SEL
 * @a3: unused
 * @a4: unused
 * @a5: unused
 *
 * The caller is the guest's kernel, so its own GS is the active one and the
 * program's the swapped-out one.
 * Return: 0; -EINVAL for an address that is not canonical or an unknown @a1.
 */
long do_set_segment_base(unsigned long a1, unsigned long a2, unsigned long a3,
			 unsigned long a4, unsigned long a5)
{
	if (a1 != SEGBASE_GS_USER_SEL && !is_canonical(a2))
		return -EINVAL;
	switch (a1) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, a2);
		return 0;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, a2);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, a2);
		return 0;
	case SEGBASE_GS_USER_SEL:
		load_user_gs(a2);
		return 0;
	}
	return -EINVAL;
}
