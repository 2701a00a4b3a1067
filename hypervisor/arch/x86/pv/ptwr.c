// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of a guest's kernel to its own L1 tables, which it can only map
 * read-only: the faulting instruction is carried out as if the table were
 * writable, with the new entry checked like one of mmu_update's.
 *
 * Known are the instructions that kernels change entries by: mov, xchg,
 * cmpxchg, xadd, bts/btr/btc and the arithmetic ones with a memory operand, of
 * one to eight bytes inside one entry. Anything else is the page fault that it
 * would be for any read-only page. Encodings and flags: Intel SDM vol. 2.
 */
#include <asm/pv.h>
#include <asm/pv_mm.h>

#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/perfc.h>

#define INSN_MAX	16	/* fetched; an instruction has at most 15 bytes */
#define REX_W		8
#define REX_R		4
#define REX_X		2
#define REX_B		1

#define FLAGS_ARITH	0x8d5UL	/* OF, SF, ZF, AF, PF, CF */
#define FLAG_CF		0x001UL
#define FLAG_PF		0x004UL
#define FLAG_AF		0x010UL
#define FLAG_ZF		0x040UL
#define FLAG_SF		0x080UL
#define FLAG_OF		0x800UL

enum op {
	/* The order of the opcodes 00, 08, ... 30, and of /0 to /6 of 80, 81, 83. */
	OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR,
	OP_MOV, OP_XCHG, OP_CMPXCHG, OP_XADD,
	/* The order of /5 to /7 of 0f ba. */
	OP_BTS, OP_BTR, OP_BTC,
	OP_INC, OP_DEC, OP_NOT, OP_NEG,
};

struct write {
	enum op op;
	unsigned int size;	/* bytes: 1, 2, 4, 8 */
	unsigned int len;	/* of the instruction */
	u64 ea;			/* effective address */
	u64 src;		/* immediate or register operand, cut to @size */
	u8 *reg;		/* where xchg and xadd leave the old value */
};

struct decoder {
	u8 byte[INSN_MAX];
	unsigned int fetched, pos;
	u8 rex, modrm;
	bool op16;
	struct cpu_user_regs *regs;
};

static u64 *reg_of(struct cpu_user_regs *regs, unsigned int nr)
{
	static const u8 offset[16] = {
		offsetof(struct cpu_user_regs, rax), offsetof(struct cpu_user_regs, rcx),
		offsetof(struct cpu_user_regs, rdx), offsetof(struct cpu_user_regs, rbx),
		offsetof(struct cpu_user_regs, rsp), offsetof(struct cpu_user_regs, rbp),
		offsetof(struct cpu_user_regs, rsi), offsetof(struct cpu_user_regs, rdi),
		offsetof(struct cpu_user_regs, r8), offsetof(struct cpu_user_regs, r9),
		offsetof(struct cpu_user_regs, r10), offsetof(struct cpu_user_regs, r11),
		offsetof(struct cpu_user_regs, r12), offsetof(struct cpu_user_regs, r13),
		offsetof(struct cpu_user_regs, r14), offsetof(struct cpu_user_regs, r15),
	};

	return (u64 *)((u8 *)regs + offset[nr]);
}

static u64 size_mask(unsigned int size)
{
	return ~0UL >> (64 - 8 * size);
}

/* Bytes past the end of what could be read are 0; the length is checked at the end. */
static u8 next(struct decoder *d)
{
	return d->pos < d->fetched ? d->byte[d->pos++] : (d->pos++, 0);
}

/* A signed number of @size bytes, 1 or 4 (also 2). */
static s64 next_signed(struct decoder *d, unsigned int size)
{
	u64 val = 0;

	for (unsigned int i = 0; i < size; i++)
		val |= (u64)next(d) << (8 * i);
	return (s64)(val << (64 - 8 * size)) >> (64 - 8 * size);
}

/* Prefixes, then the opcode. Overrides by FS or GS and 32-bit addresses are refused. */
static bool decode_opcode(struct decoder *d, u8 *opcode)
{
	while (d->pos < INSN_MAX) {
		*opcode = next(d);
		switch (*opcode) {
		case 0x66:
			d->op16 = true;
			break;
		case 0xf0:
			break;
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			/* Nothing in 64-bit mode: kernels for one CPU put 3e for lock. */
			break;
		case 0x40 ... 0x4f:
			d->rex = *opcode;
			*opcode = next(d);
			return true;
		default:
			return true;
		}
	}
	return false;
}

/* Memory operand of ModRM; RIP-relative ones lack the rest of the instruction's length. */
static u64 decode_ea(struct decoder *d, bool *rip_relative)
{
	unsigned int mod = d->modrm >> 6, rm = d->modrm & 7;
	u64 ea = 0;

	*rip_relative = mod == 0 && rm == 5;
	if (*rip_relative)
		return (u64)next_signed(d, 4);
	if (rm == 4) {
		u8 sib = next(d);
		unsigned int index = (sib >> 3 & 7) | (d->rex & REX_X ? 8 : 0);

		rm = sib & 7;
		if (index != 4)
			ea = *reg_of(d->regs, index) << (sib >> 6);
		if (mod == 0 && rm == 5)
			return ea + (u64)next_signed(d, 4);
	}
	ea += *reg_of(d->regs, rm | (d->rex & REX_B ? 8 : 0));
	if (mod == 1)
		ea += (u64)next_signed(d, 1);
	else if (mod == 2)
		ea += (u64)next_signed(d, 4);
	return ea;
}

/* The register operand of ModRM: of one byte without REX, 4 to 7 are AH to BH. */
static u8 *reg_operand(struct decoder *d, unsigned int size)
{
	unsigned int nr = (d->modrm >> 3 & 7) | (d->rex & REX_R ? 8 : 0);

	if (size == 1 && !d->rex && nr >= 4)
		return (u8 *)reg_of(d->regs, nr - 4) + 1;
	return (u8 *)reg_of(d->regs, nr);
}

static u64 read_reg(const u8 *reg, unsigned int size)
{
	u64 val = 0;

	if (size == 8)
		return *(const u64 *)reg;
	if (size == 4)
		return *(const u32 *)reg;
	__builtin_memcpy(&val, reg, size == 2 ? 2 : 1);
	return val;
}

static void write_reg(u8 *reg, unsigned int size, u64 val)
{
	/* A 32-bit result clears the upper half. */
	if (size >= 4)
		*(u64 *)reg = val;
	else
		__builtin_memcpy(reg, &val, size == 2 ? 2 : 1);
}

enum operand { FROM_REG, FROM_IMM, FROM_IMM8, FROM_NONE };

/* What opcode and ModRM mean; false if it is none of ours. Odd opcodes are the wide ones. */
static bool decode_one_byte(u8 opcode, unsigned int ext, enum op *op, enum operand *from)
{
	*from = FROM_REG;
	if (opcode < 0x38 && (opcode & 7) < 2) {
		*op = opcode >> 3;
		return true;
	}
	switch (opcode) {
	case 0x80: case 0x81: case 0x83:
		*op = ext;
		*from = opcode == 0x81 ? FROM_IMM : FROM_IMM8;
		return ext <= OP_XOR;
	case 0x86: case 0x87:
		*op = OP_XCHG;
		return true;
	case 0x88: case 0x89:
		*op = OP_MOV;
		return true;
	case 0xc6: case 0xc7:
		*op = OP_MOV;
		*from = FROM_IMM;
		return ext == 0;
	case 0xf6: case 0xf7:
		*op = ext == 2 ? OP_NOT : OP_NEG;
		*from = FROM_NONE;
		return ext == 2 || ext == 3;
	case 0xfe: case 0xff:
		*op = ext == 0 ? OP_INC : OP_DEC;
		*from = FROM_NONE;
		return ext <= 1;
	default:
		return false;
	}
}

static bool decode_two_byte(u8 opcode, unsigned int ext, enum op *op, enum operand *from)
{
	*from = FROM_REG;
	switch (opcode) {
	case 0xab:
		*op = OP_BTS;
		return true;
	case 0xb3:
		*op = OP_BTR;
		return true;
	case 0xbb:
		*op = OP_BTC;
		return true;
	case 0xba:
		*op = OP_BTS + ext - 5;
		*from = FROM_IMM8;
		return ext >= 5;
	case 0xb0: case 0xb1:
		*op = OP_CMPXCHG;
		return true;
	case 0xc0: case 0xc1:
		*op = OP_XADD;
		return true;
	default:
		return false;
	}
}

static bool is_bit_op(enum op op)
{
	return op >= OP_BTS && op <= OP_BTC;
}

static void decode_source(struct decoder *d, struct write *w, enum operand from)
{
	switch (from) {
	case FROM_REG:
		w->reg = reg_operand(d, w->size);
		w->src = read_reg(w->reg, w->size);
		break;
	case FROM_IMM:
		w->src = (u64)next_signed(d, min(w->size, 4U));
		break;
	case FROM_IMM8:
		w->src = (u64)next_signed(d, 1);
		break;
	case FROM_NONE:
		break;
	}
	if (is_bit_op(w->op)) {
		unsigned int bits = 8 * w->size;
		s64 bit = (s64)(w->src << (64 - bits)) >> (64 - bits);

		/* A bit number from a register reaches beyond the operand. */
		if (from == FROM_REG)
			w->ea += (u64)(bit >> __builtin_ctz(bits)) * w->size;
		w->src &= bits - 1;
	}
	w->src &= size_mask(w->size);
}

static bool decode(struct decoder *d, struct write *w)
{
	enum operand from;
	bool two_byte, known, rip_relative;
	u8 opcode;

	if (!decode_opcode(d, &opcode))
		return false;
	two_byte = opcode == 0x0f;
	if (two_byte)
		opcode = next(d);
	d->modrm = next(d);
	if (two_byte)
		known = decode_two_byte(opcode, d->modrm >> 3 & 7, &w->op, &from);
	else
		known = decode_one_byte(opcode, d->modrm >> 3 & 7, &w->op, &from);
	if (!known || d->modrm >> 6 == 3)
		return false;
	if (!(opcode & 1) && opcode != 0xba)
		w->size = 1;
	else
		w->size = d->rex & REX_W ? 8 : d->op16 ? 2 : 4;
	w->ea = decode_ea(d, &rip_relative);
	decode_source(d, w, from);
	w->len = d->pos;
	if (rip_relative)
		w->ea += d->regs->rip + w->len;
	return w->len <= d->fetched && w->len < INSN_MAX;
}

static bool parity_even(u64 val)
{
	return !__builtin_parity((unsigned int)val & 0xff);
}

static u64 result_flags(u64 result, unsigned int size)
{
	return (result ? 0 : FLAG_ZF) | (parity_even(result) ? FLAG_PF : 0) |
	       (result >> (8 * size - 1) & 1 ? FLAG_SF : 0);
}

/* a + b + carry */
static u64 do_add(u64 a, u64 b, u64 carry, unsigned int size, u64 *flags)
{
	u64 mask = size_mask(size), r = (a + b + carry) & mask;

	*flags = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF) |
		 (r < a || (carry && r == a) ? FLAG_CF : 0) |
		 ((~(a ^ b) & (a ^ r)) >> (8 * size - 1) & 1 ? FLAG_OF : 0);
	return r;
}

/* a - b - borrow */
static u64 do_sub(u64 a, u64 b, u64 borrow, unsigned int size, u64 *flags)
{
	u64 mask = size_mask(size), r = (a - b - borrow) & mask;

	*flags = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF) |
		 (a < b || (borrow && a == b) ? FLAG_CF : 0) |
		 (((a ^ b) & (a ^ r)) >> (8 * size - 1) & 1 ? FLAG_OF : 0);
	return r;
}

/*
 * What the instruction makes of @old. *@flags: the arithmetic flags after it,
 * at first those before.
 */
static u64 compute(const struct write *w, u64 old, u64 rax, u64 *flags)
{
	u64 src = w->src, carry = *flags & FLAG_CF, res, dummy;

	switch (w->op) {
	case OP_ADD:
	case OP_XADD:
		return do_add(old, src, 0, w->size, flags);
	case OP_ADC:
		return do_add(old, src, carry, w->size, flags);
	case OP_SUB:
		return do_sub(old, src, 0, w->size, flags);
	case OP_SBB:
		return do_sub(old, src, carry, w->size, flags);
	case OP_NEG:
		return do_sub(0, old, 0, w->size, flags);
	case OP_INC:
		res = do_add(old, 1, 0, w->size, flags);
		*flags = (*flags & ~FLAG_CF) | carry;
		return res;
	case OP_DEC:
		res = do_sub(old, 1, 0, w->size, flags);
		*flags = (*flags & ~FLAG_CF) | carry;
		return res;
	case OP_OR:
	case OP_AND:
	case OP_XOR:
		res = w->op == OP_OR ? old | src : w->op == OP_AND ? old & src : old ^ src;
		*flags = result_flags(res, w->size);
		return res;
	case OP_BTS:
	case OP_BTR:
	case OP_BTC:
		*flags = (*flags & ~FLAG_CF) | (old >> src & 1);
		dummy = 1UL << src;
		return w->op == OP_BTS ? old | dummy : w->op == OP_BTR ? old & ~dummy : old ^ dummy;
	case OP_CMPXCHG:
		do_sub(rax, old, 0, w->size, flags);
		return *flags & FLAG_ZF ? src : old;
	case OP_NOT:
		return ~old & size_mask(w->size);
	case OP_MOV:
	case OP_XCHG:
		break;
	}
	return src;
}

/* Registers and flags after the instruction took effect on @old. */
static void retire(struct vcpu *v, struct cpu_user_regs *regs, const struct write *w, u64 old,
		   u64 flags)
{
	bool traced = regs->rflags & X86_EFLAGS_TF;

	if (w->op == OP_XCHG || w->op == OP_XADD)
		write_reg(w->reg, w->size, old);
	else if (w->op == OP_CMPXCHG && !(flags & FLAG_ZF))
		write_reg((u8 *)&regs->rax, w->size, old);
	regs->rflags = (regs->rflags & ~(FLAGS_ARITH | X86_EFLAGS_RF)) | flags;
	regs->rip += w->len;
	if (unlikely(traced)) {
		v->arch.debugreg[6] |= 0x4000;
		pv_inject_trap(v, X86_VEC_DB, 0);
	}
}

/* Bits of the entry may be set by the CPU between reading and writing: accessed, dirty. */
static int write_entry(struct vcpu *v, pte_t *ptep, struct cpu_user_regs *regs,
		       const struct write *w)
{
	struct pte_update u = { .d = v->domain, .owner = v->domain->domain_id };
	unsigned int shift = 8 * (w->ea & 7);
	u64 mask = size_mask(w->size), flags, old, new;
	int rc;

	do {
		pte_t pte = pte_read(ptep);

		old = pte >> shift & mask;
		flags = regs->rflags & FLAGS_ARITH;
		new = compute(w, old, regs->rax & mask, &flags);
		rc = pv_cmpxchg_l1(&u, ptep, pte, (pte & ~(mask << shift)) | new << shift);
	} while (unlikely(rc == -EAGAIN));
	if (!rc)
		retire(v, regs, w, old, flags);
	return rc;
}

/* The L1 table that @va is a read-only mapping of, or NULL. */
static struct page_info *table_behind(struct vcpu *v, unsigned long va)
{
	pte_t *mapping = guest_l1e(v, va), pte;
	struct page_info *pg;

	if (!mapping)
		return NULL;
	pte = pte_read(mapping);
	if ((pte & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(pte)))
		return NULL;
	pg = mfn_to_page(pte_mfn(pte));
	return pg_type(READ_ONCE(pg->state)) == PT_L1 ? pg : NULL;
}

/**
 * pv_ptwr_fault() - A guest's kernel wrote to a page it may only read.
 * @regs: its registers; changed as the instruction does, if carried out
 * @va: the faulting address
 *
 * Context: from the page fault, interrupts enabled, vCPU in kernel mode.
 * Return: false if the fault is the guest's to handle: not one of its L1
 * tables, not an instruction of ours, or an entry that is refused.
 */
bool pv_ptwr_fault(struct cpu_user_regs *regs, unsigned long va)
{
	struct vcpu *v = current;
	struct page_info *pg = table_behind(v, va);
	struct decoder d = { .regs = regs };
	struct write w = {};
	int rc;

	if (!pg)
		return false;
	d.fetched = INSN_MAX - (unsigned int)raw_copy_from_guest(d.byte, regs->rip, INSN_MAX);
	if (!decode(&d, &w) || w.ea != va || w.ea % w.size)
		return false;
	if (!page_edit_begin(pg, v->domain->domain_id, PT_L1))
		return false;
	rc = write_entry(v, (pte_t *)((char *)page_to_virt(pg) + (va & ~PAGE_MASK & ~7UL)), regs, &w);
	if (unlikely(page_edit_end(pg)))
		pv_retire(v, pg, PT_L1);
	if (!rc)
		perfc_incr(emulated_pte_writes);
	return !rc;
}

/**
 * pv_mmio_ro_fault() - A write to device registers that may only be read.
 * @regs: the guest kernel's, at the instruction
 * @va: where it wrote
 *
 * The write has no effect; drivers that probe by writing go on. Only plain
 * stores are known.
 * Return: false if that is not what happened.
 */
bool pv_mmio_ro_fault(struct cpu_user_regs *regs, unsigned long va)
{
	struct vcpu *v = current;
	pte_t *ptep = v->domain->is_hardware_domain ? guest_l1e(v, va) : NULL;
	pte_t pte = ptep ? pte_read(ptep) : 0;
	struct decoder d = { .regs = regs };
	struct write w = {};

	if ((pte & (PTE_P | PTE_RW)) != PTE_P || !iomem_is_read_only(pte_mfn(pte)))
		return false;
	d.fetched = INSN_MAX - (unsigned int)raw_copy_from_guest(d.byte, regs->rip, INSN_MAX);
	if (!decode(&d, &w) || w.op != OP_MOV || w.ea != va)
		return false;
	regs->rip += w.len;
	return true;
}
