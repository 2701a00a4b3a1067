// SPDX-License-Identifier: GPL-2.0-only
/*
 * The privileged instructions that PV kernels execute, carried out for them.
 * Exactly those that real kernels use are known; any other gives the guest the
 * #GP that the CPU gave us. Encodings: Intel SDM vol. 2.
 *
 * Bytes are fetched once into a private buffer, decoded there and nowhere
 * else. Runs on the vCPU's own CPU, without locks.
 */
#include <asm/pv.h>

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/perfc.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/cpu.h>
#include <asm/system.h>

#define INSN_MAX	15
#define REX_W		8
#define REX_R		4
#define REX_B		1

struct insn {
	u8 byte[INSN_MAX];
	unsigned int fetched, len;	/* readable bytes; bytes consumed */
	u8 rex;
	bool op16, rep, repne, lock;
	u8 seg;				/* override prefix, 0 if none */
};

/* Read what can be read of the instruction: it may end just before a hole. */
static void fetch(struct insn *in, unsigned long rip)
{
	size_t left = raw_copy_from_guest(in->byte, rip, INSN_MAX);

	in->fetched = INSN_MAX - left;
	in->len = 0;
}

static bool next_byte(struct insn *in, u8 *b)
{
	if (in->len >= in->fetched)
		return false;
	*b = in->byte[in->len++];
	return true;
}

/* Prefixes, then the opcode; REX must come last. */
static bool decode_prefixes(struct insn *in, bool is64, u8 *opcode)
{
	for (;;) {
		if (!next_byte(in, opcode))
			return false;
		switch (*opcode) {
		case 0x66:
			in->op16 = true;
			break;
		case 0x67:
			break;
		case 0xf0:
			in->lock = true;
			break;
		case 0xf2:
			in->repne = true;
			break;
		case 0xf3:
			in->rep = true;
			break;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
			in->seg = *opcode;
			break;
		case 0x40 ... 0x4f:
			if (!is64)
				return true;
			in->rex = *opcode;
			return next_byte(in, opcode);
		default:
			return true;
		}
		in->rex = 0;
	}
}

/* General register @nr in the encoding's order. */
static u64 *reg_of(struct cpu_user_regs *regs, unsigned int nr)
{
	switch (nr) {
	case 0: return &regs->rax;
	case 1: return &regs->rcx;
	case 2: return &regs->rdx;
	case 3: return &regs->rbx;
	case 4: return &regs->rsp;
	case 5: return &regs->rbp;
	case 6: return &regs->rsi;
	case 7: return &regs->rdi;
	case 8: return &regs->r8;
	case 9: return &regs->r9;
	case 10: return &regs->r10;
	case 11: return &regs->r11;
	case 12: return &regs->r12;
	case 13: return &regs->r13;
	case 14: return &regs->r14;
	default: return &regs->r15;
	}
}

/* Is the code segment that runs a 64-bit one? */
static bool in_64bit_code(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	unsigned int rights;
	bool ok;

	if (v->arch.kernel_mode || regs->cs == FLAT_CS64)
		return true;
	__asm__("lar %2, %0" : "=r" (rights), "=@ccz" (ok) : "r" ((unsigned int)regs->cs));
	return ok && (rights >> 21 & 1);
}

static bool iopl_allows(const struct vcpu *v)
{
	return v->arch.iopl >= (v->arch.kernel_mode ? 1 : 3);
}

/* The I/O permission bitmap is the guest's memory, read when it counts. */
static bool io_allowed(const struct vcpu *v, u16 port, unsigned int bytes)
{
	unsigned int nr;
	u16 bits = 0xffff;

	if (iopl_allows(v))
		return true;
	if (!v->arch.iobmp || port + bytes > v->arch.iobmp_limit)
		return false;
	/* A port run may straddle two bytes; the second is there if any port of it is. */
	nr = port / 8 == (port + bytes - 1) / 8 ? 1 : 2;
	if (raw_copy_from_guest(&bits, v->arch.iobmp + port / 8, nr))
		return false;
	return !(bits >> (port & 7) & (BIT(bytes) - 1));
}

static void skip(struct cpu_user_regs *regs, const struct insn *in)
{
	perfc_incr(emulated_instructions);
	regs->rip += in->len;
	regs->rflags &= ~(u64)X86_EFLAGS_RF;
	/* Single-stepping sees an emulated instruction end like any other. */
	if (unlikely(regs->rflags & X86_EFLAGS_TF)) {
		current->arch.debugreg[6] |= 0x4000;
		pv_inject_trap(current, X86_VEC_DB, 0);
	}
}

static void set_low(u64 *reg, u32 val, unsigned int bytes)
{
	if (bytes == 4)
		*reg = val;
	else if (bytes == 2)
		*(u16 *)reg = val;
	else
		*(u8 *)reg = val;
}

static bool emulate_in(struct vcpu *v, struct cpu_user_regs *regs, u16 port, unsigned int bytes)
{
	u32 val = ~0U;

	if (!io_allowed(v, port, bytes) || !pv_ioport_read(v, port, bytes, &val))
		return false;
	set_low(&regs->rax, val, bytes);
	return true;
}

static bool emulate_out(struct vcpu *v, struct cpu_user_regs *regs, u16 port, unsigned int bytes)
{
	u32 val = regs->rax & (bytes == 4 ? ~0U : BIT(8 * bytes) - 1);

	return io_allowed(v, port, bytes) && pv_ioport_write(v, port, bytes, val);
}

/* Base that string instructions add for their source. */
static unsigned long source_base(const struct insn *in)
{
	if (in->seg == 0x64)
		return rdmsr(MSR_FS_BASE);
	if (in->seg == 0x65)
		return rdmsr(MSR_GS_BASE);
	return 0;
}

enum string_result { STRING_REFUSED, STRING_DONE, STRING_FAULT };

/* One element of INS or OUTS. */
static enum string_result string_element(struct vcpu *v, struct cpu_user_regs *regs,
					 const struct insn *in, bool output, unsigned int bytes)
{
	u16 port = regs->rdx;
	unsigned long va = output ? regs->rsi + source_base(in) : regs->rdi;
	u64 *index = output ? &regs->rsi : &regs->rdi;
	u32 val = 0;

	if (output) {
		if (raw_copy_from_guest(&val, va, bytes)) {
			pv_inject_page_fault(v, va, 0);
			return STRING_FAULT;
		}
		if (!pv_ioport_write(v, port, bytes, val))
			return STRING_REFUSED;
	} else {
		/* A port's datum read is gone: first see that it has a place to go. */
		if (raw_copy_from_guest(&val, va, bytes) || raw_copy_to_guest(va, &val, bytes)) {
			pv_inject_page_fault(v, va, PFEC_W);
			return STRING_FAULT;
		}
		if (!pv_ioport_read(v, port, bytes, &val))
			return STRING_REFUSED;
		if (raw_copy_to_guest(va, &val, bytes)) {
			pv_inject_page_fault(v, va, PFEC_W);
			return STRING_FAULT;
		}
	}
	*index += regs->rflags & X86_EFLAGS_DF ? -(u64)bytes : bytes;
	return STRING_DONE;
}

/* Whole or in part: with REP, the instruction stays until RCX has run out. */
static bool emulate_string_io(struct vcpu *v, struct cpu_user_regs *regs,
			      const struct insn *in, bool output, unsigned int bytes)
{
	unsigned int batch = 2048;

	if (!io_allowed(v, regs->rdx, bytes))
		return false;
	if (!in->rep) {
		enum string_result rc = string_element(v, regs, in, output, bytes);

		if (rc == STRING_DONE)
			skip(regs, in);
		return rc != STRING_REFUSED;
	}
	while (regs->rcx) {
		enum string_result rc;

		if (!batch-- || hypercall_preempt_check())
			return true;
		rc = string_element(v, regs, in, output, bytes);
		if (rc != STRING_DONE)
			return rc != STRING_REFUSED;
		regs->rcx--;
	}
	skip(regs, in);
	return true;
}

static bool emulate_mov_from_cr(struct vcpu *v, u64 *reg, unsigned int cr)
{
	switch (cr) {
	case 0:
		*reg = (read_cr0() & ~(unsigned long)X86_CR0_TS) |
		       (v->arch.ctrlreg[0] & X86_CR0_TS);
		return true;
	case 2:
		*reg = v->arch.ctrlreg[2];
		return true;
	case 3:
		*reg = mfn_x(v->arch.guest_table) << PAGE_SHIFT;
		return true;
	case 4:
		*reg = pv_cr4_to_guest(v);
		return true;
	}
	return false;
}

static bool emulate_mov_to_cr(struct vcpu *v, u64 val, unsigned int cr)
{
	switch (cr) {
	case 0:
		/* Only TS is the guest's to change. */
		if ((val ^ read_cr0()) & 0xffffffffUL & ~(unsigned long)X86_CR0_TS)
			return false;
		do_fpu_taskswitch(!!(val & X86_CR0_TS), 0, 0, 0, 0);
		return true;
	case 2:
		v->arch.ctrlreg[2] = val;
		v->vcpu_info->arch.cr2 = val;
		return true;
	case 4:
		pv_set_cr4(v, val);
		return true;
	}
	/* CR3 is changed by MMUEXT_NEW_BASEPTR, which validates. */
	return false;
}

static bool emulate_mov_dr(u64 *reg, unsigned int dr, bool write)
{
	long rc;

	if (write)
		return do_set_debugreg(dr, *reg, 0, 0, 0) == 0;
	rc = do_get_debugreg(dr, 0, 0, 0, 0);
	if (rc == -EINVAL)
		return false;
	*reg = rc;
	return true;
}

static bool emulate_rdmsr(struct vcpu *v, struct cpu_user_regs *regs)
{
	u64 val;

	if (pv_rdmsr(v, regs->rcx, &val))
		return false;
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
	return true;
}

static void emulate_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct cpuid_leaf leaf;

	pv_cpuid(v, regs->rax, regs->rcx, &leaf);
	regs->rax = leaf.a;
	regs->rbx = leaf.b;
	regs->rcx = leaf.c;
	regs->rdx = leaf.d;
}

/*
 * CR4.TSD traps ring 3, where a guest's kernel is, too. That bit may be the guest's, who
 * means its programs; or ours, for a counter that is emulated.
 */
static bool emulate_rdtsc(const struct vcpu *v, struct cpu_user_regs *regs, bool kernel)
{
	u64 tsc;

	if (!kernel && (v->arch.ctrlreg[4] & X86_CR4_TSD))
		return false;
	tsc = v->domain->arch.vtsc.khz ? vtsc_read(v->domain) : rdtsc();
	regs->rax = (u32)tsc;
	regs->rdx = tsc >> 32;
	return true;
}

static bool emulate_rdtscp(const struct vcpu *v, struct cpu_user_regs *regs, bool kernel)
{
	if (!cpu_features.tsc_aux || !emulate_rdtsc(v, regs, kernel))
		return false;
	regs->rcx = v->arch.tsc_aux;
	return true;
}

/* 0F 01 /r: XSETBV, XGETBV and RDTSCP are told apart by the whole ModRM byte. */
static bool emulate_0f01(struct vcpu *v, struct cpu_user_regs *regs, u8 modrm, bool kernel)
{
	switch (modrm) {
	case 0xf9:	/* rdtscp */
		return emulate_rdtscp(v, regs, kernel);
	case 0xd1:	/* xsetbv */
		return kernel && (v->arch.ctrlreg[4] & X86_CR4_OSXSAVE) &&
		       pv_set_xcr0(v, regs->rcx, (u32)regs->rax | regs->rdx << 32) == 0;
	}
	return false;
}

/* Two-byte opcodes. @kernel: the guest's kernel executes it. */
static bool emulate_0f(struct vcpu *v, struct cpu_user_regs *regs, struct insn *in, bool kernel)
{
	u8 op, modrm;
	u64 *reg;

	if (!next_byte(in, &op))
		return false;
	if (op == 0xa2) {
		/* CPUID faulting: programs are shown the policy as well. */
		emulate_cpuid(v, regs);
		return true;
	}
	if (op == 0x31)
		return emulate_rdtsc(v, regs, kernel);
	if (op == 0x01)
		return next_byte(in, &modrm) && emulate_0f01(v, regs, modrm, kernel);
	if (!kernel)
		return false;
	switch (op) {
	case 0x06:	/* clts */
		do_fpu_taskswitch(0, 0, 0, 0, 0);
		return true;
	case 0x08:	/* invd: never loses anybody's data */
	case 0x09:	/* wbinvd */
		if (v->domain->is_hardware_domain)
			wbinvd();
		return true;
	case 0x20: case 0x22: case 0x21: case 0x23:
		if (!next_byte(in, &modrm) || modrm < 0xc0)
			return false;
		reg = reg_of(regs, (modrm & 7) | (in->rex & REX_B ? 8 : 0));
		modrm = (modrm >> 3 & 7) | (in->rex & REX_R ? 8 : 0);
		if (op == 0x20)
			return emulate_mov_from_cr(v, reg, modrm);
		if (op == 0x22)
			return emulate_mov_to_cr(v, *reg, modrm);
		return emulate_mov_dr(reg, modrm, op == 0x23);
	case 0x30:	/* wrmsr */
		return pv_wrmsr(v, regs->rcx, (u32)regs->rax | regs->rdx << 32) == 0;
	case 0x32:	/* rdmsr */
		return emulate_rdmsr(v, regs);
	}
	return false;
}

/**
 * pv_emulate_privileged() - Carry out the instruction that raised #GP.
 * @regs: the guest's, at the instruction
 *
 * Return: true if it was carried out, or another fault was queued for the
 *	   guest; false if the #GP is the guest's to have.
 */
bool pv_emulate_privileged(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct insn in = { .fetched = 0 };
	bool is64 = in_64bit_code(v, regs), ok = false;
	unsigned int bytes;
	u8 op, imm;

	fetch(&in, regs->rip);
	if (!decode_prefixes(&in, is64, &op) || in.lock)
		return false;
	bytes = in.op16 ? 2 : 4;

	switch (op) {
	case 0x6c: case 0x6d:	/* ins */
	case 0x6e: case 0x6f:	/* outs */
		return is64 && emulate_string_io(v, regs, &in, op & 2, op & 1 ? bytes : 1);
	case 0xe4: case 0xe5:	/* in imm8 */
		ok = next_byte(&in, &imm) && emulate_in(v, regs, imm, op & 1 ? bytes : 1);
		break;
	case 0xe6: case 0xe7:	/* out imm8 */
		ok = next_byte(&in, &imm) && emulate_out(v, regs, imm, op & 1 ? bytes : 1);
		break;
	case 0xec: case 0xed:	/* in dx */
		ok = emulate_in(v, regs, regs->rdx, op & 1 ? bytes : 1);
		break;
	case 0xee: case 0xef:	/* out dx */
		ok = emulate_out(v, regs, regs->rdx, op & 1 ? bytes : 1);
		break;
	case 0xfa: case 0xfb:	/* cli, sti: the event mask is what counts; nothing to do */
		ok = iopl_allows(v);
		break;
	case 0x0f:
		ok = emulate_0f(v, regs, &in, v->arch.kernel_mode);
		break;
	}
	if (ok)
		skip(regs, &in);
	return ok;
}

/**
 * pv_emulate_forced_cpuid() - UD2, "xen", CPUID: how PV kernels ask for CPUID.
 * @regs: the guest's, at an instruction that raised #UD
 *
 * ABI: arch-x86/xen.h, XEN_CPUID.
 * Return: true if it was that sequence and was carried out.
 */
bool pv_emulate_forced_cpuid(struct cpu_user_regs *regs)
{
	static const u8 signature[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	struct insn in = { .len = sizeof(signature) };
	u8 bytes[sizeof(signature)];

	if (raw_copy_from_guest(bytes, regs->rip, sizeof(bytes)) ||
	    memcmp(bytes, signature, sizeof(signature)))
		return false;
	emulate_cpuid(current, regs);
	skip(regs, &in);
	return true;
}
