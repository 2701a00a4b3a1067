// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each instruction is run by the CPU on ordinary memory and by the emulator on
 * a copy; memory, registers and flags must come out the same.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/percpu.h>

#include <asm/pv.h>
#include <asm/pv_mm.h>

#include "test.h"
#include "mm_fixture.h"

#include <string.h>

#define TABLE_MFN	0x123UL
#define MAPPING_MFN	0x124UL

struct vcpu *current;
static struct domain dom = { .domain_id = 5 };
static struct vcpu vcpu = { .domain = &dom };
static const u8 *code;
static size_t code_len;
static int update_rc;
static unsigned int updates, spurious;

static u64 *table(void)
{
	return mfn_to_virt(_mfn(TABLE_MFN));
}

size_t raw_copy_from_guest(void *to, unsigned long from, size_t len)
{
	size_t n = min(len, code_len);

	memcpy(to, code, n);
	return len - n;
}

pte_t *guest_l1e(struct vcpu *v, unsigned long va)
{
	return mfn_to_virt(_mfn(MAPPING_MFN));
}

bool page_edit_begin(struct page_info *pg, domid_t owner, enum page_type type)
{
	assert_ptr_equal(pg, mfn_to_page(_mfn(TABLE_MFN)));
	assert_int_equal(owner, 5);
	return true;
}

bool page_edit_end(struct page_info *pg)
{
	return false;
}

void pv_retire(struct vcpu *v, struct page_info *pg, enum page_type level) {}
void pv_inject_trap(struct vcpu *v, unsigned int vector, u32 error_code) {}
bool iomem_is_read_only(mfn_t mfn) { return false; }

int pv_cmpxchg_l1(const struct pte_update *u, pte_t *ptep, pte_t old, pte_t new)
{
	updates++;
	if (spurious) {
		spurious--;
		*ptep |= PTE_A;
		return -EAGAIN;
	}
	assert_int_equal(*ptep, old);
	if (!update_rc)
		*ptep = new;
	return update_rc;
}

static int setup(void **state)
{
	map_memory(state);
	*(u64 *)mfn_to_virt(_mfn(MAPPING_MFN)) = TABLE_MFN << PAGE_SHIFT | PTE_P;
	mfn_to_page(_mfn(TABLE_MFN))->state = pg_type_bits(PT_L1) | PG_TYPE_REF | PG_VALIDATED | 2;
	current = &vcpu;
	return 0;
}

#define FLAGS	0x8d5UL

/* Registers that the instructions name: rax, rbx = address, rcx, rdx, r8. */
struct regs {
	u64 rax, rbx, rcx, rdx, r8, flags;
};

/* Run @insn natively: a page of code, called with the registers loaded. */
static void run_native(const u8 *insn, size_t len, struct regs *r)
{
	static u8 *page;

	if (!page)
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(page, insn, len);
	page[len] = 0xc3;
	__asm__ __volatile__(
		"push %%rbx\n"
		"mov (%%rsi), %%rax; mov 8(%%rsi), %%rbx; mov 16(%%rsi), %%rcx\n"
		"mov 24(%%rsi), %%rdx; mov 32(%%rsi), %%r8\n"
		"push %%rsi; push 40(%%rsi); popfq\n"
		"call *%%rdi\n"
		"pushfq; pop %%r9; pop %%rsi\n"
		"mov %%rax, (%%rsi); mov %%rbx, 8(%%rsi); mov %%rcx, 16(%%rsi)\n"
		"mov %%rdx, 24(%%rsi); mov %%r8, 32(%%rsi); mov %%r9, 40(%%rsi)\n"
		"pop %%rbx\n"
		: "+S" (r) : "D" (page)
		: "rax", "rcx", "rdx", "r8", "r9", "memory", "cc");
}

struct insn {
	const char *text;
	u8 bytes[12];
	u8 len;
	u8 offset;	/* of the operand in the entry */
	u64 undefined;	/* flags that the manual leaves undefined */
};

#define AF	0x10UL

static const struct insn insns[] = {
	{ "mov %rcx, (%rbx)", { 0x48, 0x89, 0x0b }, 3 },
	{ "mov %ecx, 4(%rbx)", { 0x89, 0x4b, 0x04 }, 3, 4 },
	{ "mov %cx, 2(%rbx)", { 0x66, 0x89, 0x4b, 0x02 }, 4, 2 },
	{ "mov %cl, 7(%rbx)", { 0x88, 0x4b, 0x07 }, 3, 7 },
	{ "mov %ch, 1(%rbx)", { 0x88, 0x6b, 0x01 }, 3, 1 },
	{ "mov %r8, (%rbx)", { 0x4c, 0x89, 0x03 }, 3 },
	{ "movq $imm32, (%rbx)", { 0x48, 0xc7, 0x03, 0x67, 0x45, 0x23, 0x81 }, 7 },
	{ "movb $imm8, 3(%rbx)", { 0xc6, 0x43, 0x03, 0x99 }, 4, 3 },
	{ "movw $imm16, (%rbx)", { 0x66, 0xc7, 0x03, 0x34, 0x12 }, 5 },
	{ "xchg %rcx, (%rbx)", { 0x48, 0x87, 0x0b }, 3 },
	{ "xchg %ecx, (%rbx)", { 0x87, 0x0b }, 2 },
	{ "xchg %dl, 5(%rbx)", { 0x86, 0x53, 0x05 }, 3, 5 },
	{ "lock cmpxchg %rcx, (%rbx)", { 0xf0, 0x48, 0x0f, 0xb1, 0x0b }, 5 },
	{ "cmpxchg %ecx, (%rbx)", { 0x0f, 0xb1, 0x0b }, 3 },
	{ "cmpxchg %cl, (%rbx)", { 0x0f, 0xb0, 0x0b }, 3 },
	{ "lock xadd %rcx, (%rbx)", { 0xf0, 0x48, 0x0f, 0xc1, 0x0b }, 5 },
	{ "lock btr $1, (%rbx) q", { 0xf0, 0x48, 0x0f, 0xba, 0x33, 0x01 }, 6, 0, ~0x41UL },
	{ "lock bts $40, (%rbx) q", { 0xf0, 0x48, 0x0f, 0xba, 0x2b, 0x28 }, 6, 0, ~0x41UL },
	{ "btc $5, (%rbx)", { 0x0f, 0xba, 0x3b, 0x05 }, 4, 0, ~0x41UL },
	{ "lock andb $0xfd, (%rbx)", { 0xf0, 0x80, 0x23, 0xfd }, 4, 0, AF },
	{ "ds andb $0xfd, (%rbx)", { 0x3e, 0x80, 0x23, 0xfd }, 4, 0, AF },
	{ "lock and %rcx, (%rbx)", { 0xf0, 0x48, 0x21, 0x0b }, 4, 0, AF },
	{ "or %ecx, (%rbx)", { 0x09, 0x0b }, 2, 0, AF },
	{ "xor %cx, (%rbx)", { 0x66, 0x31, 0x0b }, 3, 0, AF },
	{ "add %rcx, (%rbx)", { 0x48, 0x01, 0x0b }, 3 },
	{ "adc %ecx, (%rbx)", { 0x11, 0x0b }, 2 },
	{ "sbb %rcx, (%rbx)", { 0x48, 0x19, 0x0b }, 3 },
	{ "sub %cl, (%rbx)", { 0x28, 0x0b }, 2 },
	{ "addq $-3, (%rbx)", { 0x48, 0x83, 0x03, 0xfd }, 4 },
	{ "orl $imm32, (%rbx)", { 0x81, 0x0b, 0x00, 0x01, 0x00, 0x80 }, 6, 0, AF },
	{ "incq (%rbx)", { 0x48, 0xff, 0x03 }, 3 },
	{ "decb (%rbx)", { 0xfe, 0x0b }, 2 },
	{ "notq (%rbx)", { 0x48, 0xf7, 0x13 }, 3 },
	{ "negl (%rbx)", { 0xf7, 0x1b }, 2 },
	{ "mov %rcx, -8(%rbx,%rdx,4)", { 0x48, 0x89, 0x4c, 0x93, 0xf8 }, 5, 0 },
	{ "mov %rcx, 0x10(%rbx)", { 0x48, 0x89, 0x8b, 0x10, 0x00, 0x00, 0x00 }, 7, 0 },
};

/* Base address such that the operand falls on the entry at @entry. */
static u64 base_for(const struct insn *in, u64 entry, u64 rdx)
{
	if (strstr(in->text, "-8(%rbx,%rdx,4)"))
		return entry + 8 - 4 * rdx;
	if (strstr(in->text, "0x10(%rbx)"))
		return entry - 0x10;
	return entry;
}

static bool emulate(const struct insn *in, struct regs *r, u64 va)
{
	struct cpu_user_regs regs = {
		.rax = r->rax, .rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx, .r8 = r->r8,
		.rip = 0x1000, .rflags = r->flags,
	};
	bool done;

	code = in->bytes;
	code_len = in->len;
	done = pv_ptwr_fault(&regs, va);
	*r = (struct regs){ regs.rax, regs.rbx, regs.rcx, regs.rdx, regs.r8, regs.rflags };
	if (done)
		assert_int_equal(regs.rip, 0x1000 + in->len);
	else
		assert_int_equal(regs.rip, 0x1000);
	return done;
}

static u64 rand64(void)
{
	static const u64 odd[] = { 0, 1, ~0UL, 0x80, 0x8000, 0x80000000, 1UL << 63, 0x7fffffff };

	if (random() % 4 == 0)
		return odd[random() % ARRAY_SIZE(odd)];
	return (u64)random() << 42 ^ (u64)random() << 21 ^ (u64)random();
}

static void test_same_as_the_cpu(void **state)
{
	u64 *native = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	srandom(7);
	for (unsigned int i = 0; i < ARRAY_SIZE(insns); i++) {
		const struct insn *in = &insns[i];

		for (unsigned int round = 0; round < 500; round++) {
			u64 old = rand64();
			struct regs a = { rand64(), 0, rand64(), rand64(), rand64(),
					  ((u64)random() & FLAGS) | 0x202 }, b;

			if (random() & 1)
				a.rax = old;	/* for cmpxchg to agree */
			b = a;
			native[100] = table()[100] = old;
			a.rbx = base_for(in, (u64)&native[100], a.rdx);
			b.rbx = base_for(in, (u64)&table()[100], b.rdx);
			run_native(in->bytes, in->len, &a);
			spurious = 0;
			assert_true(emulate(in, &b, (u64)&table()[100] + in->offset));
			if (native[100] != table()[100] || a.rax != b.rax || a.rcx != b.rcx ||
			    a.rdx != b.rdx || a.r8 != b.r8 ||
			    ((a.flags ^ b.flags) & FLAGS & ~in->undefined))
				fail_msg("%s on %#lx: CPU %#lx, we %#lx; flags %#lx, %#lx",
					 in->text, old, native[100], table()[100], a.flags & FLAGS,
					 b.flags & FLAGS);
		}
	}
}

static void test_bit_number_in_a_register(void **state)
{
	static const struct insn in = { "lock btr %rcx, (%rbx)",
					{ 0xf0, 0x48, 0x0f, 0xb3, 0x0b }, 5 };
	struct regs r = { .rbx = (u64)&table()[10], .rcx = 64 * 3 + 5, .flags = 0x202 };

	table()[13] = ~0UL;
	assert_true(emulate(&in, &r, (u64)&table()[13]));
	assert_int_equal(table()[13], ~0x20UL);
	assert_true(r.flags & 1);
	r.rcx = (u64)-64 + 1;
	table()[9] = 0;
	assert_true(emulate(&in, &r, (u64)&table()[9]));
	assert_false(r.flags & 1);
}

static void test_accessed_bit_set_meanwhile(void **state)
{
	static const struct insn in = { "xchg %rcx, (%rbx)", { 0x48, 0x87, 0x0b }, 3 };
	struct regs r = { .rbx = (u64)&table()[10], .rcx = 0, .flags = 0x202 };

	table()[10] = 0x1000 | PTE_P;
	spurious = 1;
	assert_true(emulate(&in, &r, (u64)&table()[10]));
	assert_int_equal(r.rcx, 0x1000 | PTE_P | PTE_A);
	assert_int_equal(table()[10], 0);
}

static void refused(const u8 *bytes, u8 len, u64 rbx, u64 va)
{
	struct insn in = { .len = len };
	struct regs r = { .rbx = rbx, .rcx = 1, .flags = 0x202 }, before = r;

	memcpy(in.bytes, bytes, len);
	updates = 0;
	assert_false(emulate(&in, &r, va));
	assert_memory_equal(&r, &before, sizeof(r));
	assert_int_equal(updates, 0);
}

#define REFUSED(rbx, va, ...) \
	refused((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }), rbx, va)

static void test_refusals(void **state)
{
	u64 e = (u64)&table()[10];

	REFUSED(e, e, 0x48, 0x8b, 0x0b);		/* a load */
	REFUSED(e, e, 0x64, 0x48, 0x89, 0x0b);		/* by FS */
	REFUSED(e, e, 0x67, 0x48, 0x89, 0x0b);		/* 32-bit address */
	REFUSED(e, e, 0xf3, 0x48, 0xab);		/* rep stos */
	REFUSED(e, e, 0x0f, 0xba, 0x23, 0x01);		/* bt */
	REFUSED(e, e, 0x80, 0x3b, 0x01);		/* cmp */
	REFUSED(e, e, 0x48, 0x89, 0xcb);		/* register operand */
	REFUSED(e, e, 0x8f, 0x03);			/* pop */
	REFUSED(e, e, 0x48, 0x89);			/* cut short */
	REFUSED(e, e, 0x48);
	REFUSED(e, e, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66);
	REFUSED(e + 4, e + 4, 0x48, 0x89, 0x0b);	/* across two entries */
	REFUSED(e + 2, e + 2, 0x89, 0x0b);		/* not aligned */
	REFUSED(e, e + 8, 0x48, 0x89, 0x0b);		/* not what faulted */
	update_rc = -EINVAL;
	{
		static const struct insn in = { "", { 0x48, 0x89, 0x0b }, 3 };
		struct regs r = { .rbx = e, .flags = 0x202 };

		assert_false(emulate(&in, &r, e));
	}
	update_rc = 0;
}

static void test_not_a_table(void **state)
{
	struct page_info *pg = mfn_to_page(_mfn(TABLE_MFN));
	u64 *mapping = mfn_to_virt(_mfn(MAPPING_MFN)), keep = *mapping, state_keep = pg->state;
	u64 e = (u64)&table()[10];

	pg->state = pg_type_bits(PT_L2) | PG_TYPE_REF | PG_VALIDATED | 2;
	REFUSED(e, e, 0x48, 0x89, 0x0b);
	pg->state = 1;
	REFUSED(e, e, 0x48, 0x89, 0x0b);
	pg->state = state_keep;
	*mapping = keep | PTE_RW;
	REFUSED(e, e, 0x48, 0x89, 0x0b);
	*mapping = 0;
	REFUSED(e, e, 0x48, 0x89, 0x0b);
	*mapping = (1UL << 40) | PTE_P;
	REFUSED(e, e, 0x48, 0x89, 0x0b);
	*mapping = keep;
}

/* Whatever bytes a guest has there: no crash, no write but to the entry. */
static void test_random_bytes(void **state)
{
	u64 *before = malloc(PAGE_SIZE);

	srandom(3);
	memcpy(before, table(), PAGE_SIZE);
	for (unsigned int round = 0; round < 300000; round++) {
		struct insn in = { .len = (u8)(random() % 13) };
		struct regs r = { rand64(), (u64)&table()[20], rand64(), rand64(), rand64(),
				  0x202 };

		for (unsigned int i = 0; i < in.len; i++)
			in.bytes[i] = (u8)random();
		code = in.bytes;
		code_len = in.len;
		struct cpu_user_regs regs = { .rax = r.rax, .rbx = r.rbx, .rcx = r.rcx,
					      .rip = 0x1000, .rflags = 0x202 };
		pv_ptwr_fault(&regs, (u64)&table()[20]);
		before[20] = table()[20];
	}
	assert_memory_equal(before, table(), PAGE_SIZE);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_the_cpu),
		cmocka_unit_test(test_bit_number_in_a_register),
		cmocka_unit_test(test_accessed_bit_set_meanwhile),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_not_a_table),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
