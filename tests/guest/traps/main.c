// SPDX-License-Identifier: GPL-2.0-only
/* Exceptions, emulated instructions, and what a guest must not get to do. */
#include "guest.h"

const char *const test_name = "traps";

static void do_ud2(void *arg) { __asm__ __volatile__("ud2"); }
static void do_int3(void *arg) { __asm__ __volatile__("int3"); }
static void do_hlt(void *arg) { __asm__ __volatile__("hlt"); }
static void do_lgdt(void *arg) { __asm__ __volatile__("lgdt (%%rsp)" ::: "memory"); }
static void do_lidt(void *arg) { __asm__ __volatile__("lidt (%%rsp)" ::: "memory"); }
static void do_ltr(void *arg) { __asm__ __volatile__("ltr %w0" :: "r" (0xe040)); }
static void do_mov_cr3(void *arg) { __asm__ __volatile__("mov %0, %%cr3" :: "r" (arg)); }
static void do_swapgs(void *arg) { __asm__ __volatile__("swapgs"); }
static void do_sysret(void *arg) { __asm__ __volatile__("sysretq"); }
static void do_invlpg(void *arg) { __asm__ __volatile__("invlpg (%%rsp)" ::: "memory"); }
static void do_read(void *arg) { (void)*(volatile u64 *)arg; }
static void do_write(void *arg) { *(volatile u64 *)arg = 1; }

static void do_div(void *arg)
{
	__asm__ __volatile__("xor %%ecx, %%ecx; div %%ecx" ::: "rax", "rcx", "rdx");
}

static void do_rdmsr(void *arg)
{
	__asm__ __volatile__("rdmsr" :: "c" ((u32)(unsigned long)arg) : "rax", "rdx");
}

static void do_wrmsr(void *arg)
{
	__asm__ __volatile__("wrmsr" :: "c" ((u32)(unsigned long)arg), "a" (0), "d" (0));
}

static void do_in(void *arg)
{
	__asm__ __volatile__("inb %%dx, %%al" :: "d" ((u16)(unsigned long)arg) : "rax");
}

static void do_int_user(void *arg) { __asm__ __volatile__("int $0x81"); }

static void exceptions(void)
{
	CHECK_EQ(catch_trap(do_ud2, NULL), 6);
	CHECK_EQ(catch_trap(do_div, NULL), 0);
	CHECK_EQ(catch_trap(do_int3, NULL), 3);
	CHECK_EQ(catch_trap(do_read, (void *)0x1000), 14);
	CHECK_EQ(shared_info->vcpu_info[0].arch.cr2, 0x1000);
	CHECK_EQ(last_trap.error_code, 0);
	CHECK_EQ(catch_trap(do_write, (void *)0x2008), 14);
	CHECK_EQ(last_trap.error_code, 2);
	CHECK_EQ(last_trap.cs & 3, 0);		/* a kernel sees itself in ring 0 */
	CHECK_EQ(catch_trap(do_read, (void *)0x0000900000000000UL), 13);
}

/* Where the hypervisor lives there is nothing, but for the machine-to-phys table. */
static void hypervisor_memory(void)
{
	static const u64 hidden[] = {
		0xffff804000000000UL, 0xffff810000000000UL, 0xffff820000000000UL,
		0xffff828000000000UL, 0xffff82c000000000UL, 0xffff82d040000000UL,
		0xffff82d040100000UL, 0xffff82e000000000UL, 0xffff830000000000UL,
		0xffff830000100000UL, 0xffff87fffffff000UL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hidden); i++) {
		CHECK_EQ(catch_trap(do_read, (void *)hidden[i]), 14);
		CHECK_EQ(catch_trap(do_write, (void *)hidden[i]), 14);
	}
	CHECK_EQ(catch_trap(do_read, (void *)0xffff800000000800UL), -1);
	CHECK_EQ(catch_trap(do_write, (void *)0xffff800000000800UL), 14);
}

static void privileged(void)
{
	struct physdev_set_iopl iopl = { .iopl = 0 };

	CHECK_EQ(catch_trap(do_hlt, NULL), 13);
	CHECK_EQ(catch_trap(do_lgdt, NULL), 13);
	CHECK_EQ(catch_trap(do_lidt, NULL), 13);
	CHECK_EQ(catch_trap(do_ltr, NULL), 13);
	CHECK_EQ(catch_trap(do_swapgs, NULL), 13);
	CHECK_EQ(catch_trap(do_sysret, NULL), 13);
	CHECK_EQ(catch_trap(do_invlpg, NULL), 13);
	CHECK_EQ(catch_trap(do_mov_cr3, NULL), 13);
	CHECK_EQ(catch_trap(do_mov_cr3,
			    (void *)(virt_to_mfn((void *)start_info->pt_base) << 12)), 13);
	CHECK_EQ(catch_trap(do_wrmsr, (void *)0xc0000082UL), 13);	/* LSTAR */
	CHECK_EQ(catch_trap(do_wrmsr, (void *)0x1bUL), 13);		/* APIC base */
	CHECK_EQ(catch_trap(do_rdmsr, (void *)0x12345678UL), 13);
	CHECK_EQ(catch_trap(do_rdmsr, (void *)0xc0000101UL), -1);
	CHECK_EQ(catch_trap(do_int_user, NULL), 13);
	CHECK_EQ(catch_trap(do_in, (void *)0x80UL), 13);		/* IOPL is 0 as yet */
	iopl.iopl = 1;
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_set_iopl, &iopl, 0, 0, 0), 0);
	CHECK_EQ(catch_trap(do_in, (void *)0x80UL), -1);
	iopl.iopl = 4;
	CHECK(HC(physdev_op, PHYSDEVOP_set_iopl, &iopl, 0, 0, 0) < 0);
}

static void forced_cpuid(void)
{
	u32 a = 0x40000000, b, c = 0, d;

	__asm__ __volatile__(".byte 0x0f,0x0b,0x78,0x65,0x6e,0x0f,0xa2"
			     : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	CHECK_EQ(b, 0x566e6558);
	CHECK_EQ(c, 0x65584d4d);
	CHECK_EQ(d, 0x4d4d566e);
	CHECK(a >= 0x40000002);
}

static void debug_registers(void)
{
	CHECK_EQ(HC(set_debugreg, 0, 0x1000, 0, 0, 0), 0);
	CHECK_EQ(HC(get_debugreg, 0, 0, 0, 0, 0), 0x1000);
	CHECK(HC(set_debugreg, 0, 0xffff830000000000UL, 0, 0, 0) < 0);
	CHECK(HC(set_debugreg, 1, 0xffff7fffffffffffUL, 0, 0, 0) < 0);
	CHECK(HC(set_debugreg, 7, 0x2000, 0, 0, 0) < 0);		/* general detect */
	CHECK(HC(set_debugreg, 7, 0x20002, 0, 0, 0) < 0);		/* I/O breakpoint */
	CHECK(HC(set_debugreg, 8, 0, 0, 0, 0) < 0);
	CHECK_EQ(HC(set_debugreg, 7, 0, 0, 0, 0), 0);
}

static void do_rdtsc(void *arg) { __asm__ __volatile__("rdtsc" ::: "rax", "rdx"); }
static void do_set_cr4(void *arg) { __asm__ __volatile__("mov %0, %%cr4" :: "r" (arg)); }

/* For its programs a kernel forbids RDTSC; itself it may go on. */
static void forbidden_tsc(void)
{
	unsigned long cr4;

	__asm__ __volatile__("mov %%cr4, %0" : "=r" (cr4));
	CHECK(!(cr4 & 4));
	CHECK_EQ(catch_trap(do_set_cr4, (void *)(cr4 | 4)), -1);
	CHECK_EQ(catch_trap(do_rdtsc, NULL), -1);
	CHECK_EQ(catch_trap(do_rdmsr, (void *)0x10UL), -1);
	CHECK_EQ(catch_trap(do_set_cr4, (void *)cr4), -1);
	CHECK_EQ(catch_trap(do_rdtsc, NULL), -1);
}

static void bad_handlers(void)
{
	struct trap_info bad[2] = { { 6, 0, FLAT_KERNEL_CS, 0x0000900000000000UL }, { 0 } };
	struct callback_register cb = { .type = CALLBACKTYPE_event, .address = 1UL << 50 };

	CHECK(HC(set_trap_table, bad, 0, 0, 0, 0) < 0);
	CHECK(HC(callback_op, CALLBACKOP_register, &cb, 0, 0, 0) < 0);
	cb.type = 77;
	cb.address = 0;
	CHECK(HC(callback_op, CALLBACKOP_register, &cb, 0, 0, 0) < 0);
	CHECK(HC(callback_op, 99, &cb, 0, 0, 0) < 0);
}

void test_main(void)
{
	exceptions();
	hypervisor_memory();
	privileged();
	forced_cpuid();
	debug_registers();
	forbidden_tsc();
	bad_handlers();
}
