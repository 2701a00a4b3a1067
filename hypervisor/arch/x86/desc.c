// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables, task state segments and the syscall entry points of each
 * CPU. A guest's GDT register covers 14 pages of its own and one of ours, so
 * all of ours stays valid whichever guest is loaded. No locks: a CPU touches
 * only its own, the IDT is constant after boot.
 */
#include <asm/desc.h>

#include <hv/domain.h>
#include <hv/bug.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/system.h>

struct idt_gate {
	u64 lo, hi;
};

static struct idt_gate idt[256] __section(".bss.page_aligned") __aligned(PAGE_SIZE);

extern const char vector_stubs[];
extern const char lstar_entry[], cstar_entry[], sysenter_entry[];

static void idt_set(unsigned int vec, unsigned int dpl, unsigned int ist)
{
	u64 addr = (unsigned long)vector_stubs + 16UL * vec;

	idt[vec].lo = (addr & 0xffff) | (u64)HV_CS << 16 | (u64)ist << 32 |
		      0xeUL << 40 | (u64)dpl << 45 | 1UL << 47 |
		      (addr >> 16 & 0xffff) << 48;
	idt[vec].hi = addr >> 32;
}

void idt_init(void)
{
	unsigned int vec;

	for (vec = 0; vec < 256; vec++)
		idt_set(vec, 0, 0);
	idt_set(X86_VEC_DB, 0, IST_DB);
	idt_set(X86_VEC_NMI, 0, IST_NMI);
	idt_set(X86_VEC_DF, 0, IST_DF);
	idt_set(X86_VEC_MC, 0, IST_MC);
	/* What a program may raise by INT3, INTO and INT 0x80 directly. */
	idt_set(X86_VEC_BP, 3, 0);
	idt_set(X86_VEC_OF, 3, 0);
	idt_set(0x80, 3, 0);
}

static void gdt_fill(struct percpu *p)
{
	u64 *gdt = p->gdt_page;
	u64 tss = (u64)p->tss;

	gdt[(HV_CS - HV_GDT_BASE) / 8] = 0x00af9b000000ffff;
	gdt[(HV_DS - HV_GDT_BASE) / 8] = 0x00cf93000000ffff;
	gdt[(FLAT_CS32 - HV_GDT_BASE) / 8] = 0x00cffb000000ffff;
	gdt[(FLAT_DS - HV_GDT_BASE) / 8] = 0x00cff3000000ffff;
	gdt[(FLAT_CS64 - HV_GDT_BASE) / 8] = 0x00affb000000ffff;
	gdt[(HV_TSS - HV_GDT_BASE) / 8] = (sizeof(struct tss64) - 1) |
		(tss & 0xffffff) << 16 | 0x89UL << 40 | (tss >> 24 & 0xff) << 56;
	gdt[(HV_TSS - HV_GDT_BASE) / 8 + 1] = tss >> 32;
}

/*
 * SYSCALL changes no stack, so each CPU enters through a few instructions of
 * its own that know where its stack is: park %rax, switch to guest_regs, push
 * SS and the old RSP, go on at @target.
 */
static unsigned int stub_write(u8 *stub, struct cpu_info *info, const char *target)
{
	u8 *p = stub;
	u64 scratch = (u64)&info->scratch, top = (u64)&info->guest_regs.es;

	*p++ = 0x48; *p++ = 0xa3; memcpy(p, &scratch, 8); p += 8;	/* movabs %rax, scratch */
	*p++ = 0x48; *p++ = 0x89; *p++ = 0xe0;				/* mov %rsp, %rax */
	*p++ = 0x48; *p++ = 0xbc; memcpy(p, &top, 8); p += 8;		/* movabs $top, %rsp */
	*p++ = 0x68; memcpy(p, &(u32){ FLAT_DS }, 4); p += 4;		/* push $FLAT_DS */
	*p++ = 0x50;							/* push %rax */
	*p++ = 0x48; *p++ = 0xb8; memcpy(p, &target, 8); p += 8;	/* movabs $target, %rax */
	*p++ = 0xff; *p++ = 0xe0;					/* jmp *%rax */
	return p - stub;
}

#define STUB_CSTAR	64

static void syscall_stub_make(struct percpu *p)
{
	u8 *page = hv_page_alloc(0);
	mfn_t mfn;

	if (!page)
		panic("CPU%u: no memory for its syscall entry", p->info->cpu);
	BUG_ON(stub_write(page, p->info, lstar_entry) > STUB_CSTAR);
	stub_write(page + STUB_CSTAR, p->info, cstar_entry);
	mfn = virt_to_mfn(page);
	p->syscall_stub = vmap(&mfn, 1, PTE_HV_RX);
	if (!p->syscall_stub)
		panic("CPU%u: no address space for its syscall entry", p->info->cpu);
}

static void syscall_init(const struct percpu *p)
{
	wrmsr(MSR_STAR, (u64)HV_CS << 32 | (u64)FLAT_CS32 << 48);
	wrmsr(MSR_LSTAR, (u64)p->syscall_stub);
	wrmsr(MSR_CSTAR, (u64)p->syscall_stub + STUB_CSTAR);
	wrmsr(MSR_SFMASK, X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_NT |
	      X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_IOPL);
	wrmsr(MSR_SYSENTER_CS, HV_CS);
	wrmsr(MSR_SYSENTER_ESP, (u64)&p->info->guest_regs.es);
	wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_entry);
}

void desc_load_gdt(struct vcpu *v)
{
	struct percpu *p = this_cpu();
	struct desc_ptr ptr = {
		HV_GDT_LIMIT,
		v ? GDT_VIRT_START(v->vcpu_id) : (u64)p->gdt_page - HV_GDT_BASE,
	};

	__asm__ __volatile__("lgdt %0" :: "m" (ptr));
}

void desc_load_ldt(struct vcpu *v)
{
	struct percpu *p = this_cpu();
	u64 *desc = &p->gdt_page[(HV_LDT - HV_GDT_BASE) / 8];
	unsigned long base = v ? LDT_VIRT_START(v->vcpu_id) : 0;
	unsigned int limit, sel = 0;

	if (v && v->arch.ldt_ents) {
		limit = v->arch.ldt_ents * 8 - 1;
		desc[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82UL << 40 |
			  (base >> 24 & 0xff) << 56;
		desc[1] = base >> 32;
		sel = HV_LDT;
	}
	__asm__ __volatile__("lldt %w0" :: "r" (sel));
}

/**
 * desc_prepare_cpu() - Make a CPU's TSS, its page of the GDT, its syscall entry.
 * @p: the CPU's area; p->info is set
 *
 * Context: boot; any CPU.
 */
void desc_prepare_cpu(struct percpu *p)
{
	char *stack = (char *)(p->info + 1) - STACK_SIZE;
	unsigned int i;

	p->tss = hv_new(struct tss64);
	p->gdt_page = hv_page_alloc(0);
	if (!p->tss || !p->gdt_page)
		panic("CPU%u: no memory for its descriptor tables", p->info->cpu);

	p->tss->rsp[0] = (u64)&p->info->guest_regs.es;
	for (i = 0; i < 4; i++)
		p->tss->ist[i] = (u64)stack + (2 * i + 2) * PAGE_SIZE;
	p->tss->iomap_base = sizeof(struct tss64);
	gdt_fill(p);
	syscall_stub_make(p);
}

/**
 * desc_init_cpu() - Load this CPU's descriptor tables, TSS and syscall entry points.
 * @p: its area, prepared
 */
void desc_init_cpu(const struct percpu *p)
{
	struct desc_ptr idtr = { sizeof(idt) - 1, (u64)idt };

	desc_load_gdt(NULL);
	__asm__ __volatile__("lidt %0" :: "m" (idtr));
	__asm__ __volatile__("mov %0, %%ss; mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs"
			     :: "r" (HV_DS), "r" (0));
	__asm__ __volatile__("pushq %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
			     :: "i" (HV_CS) : "rax", "memory");
	__asm__ __volatile__("lldt %w0" :: "r" (0));
	__asm__ __volatile__("ltr %w0" :: "r" (HV_TSS));
	syscall_init(p);
}
