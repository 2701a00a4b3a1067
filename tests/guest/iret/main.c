// SPDX-License-Identifier: GPL-2.0-only
/* The iret hypercall with frames that no CPU loads, and flags that no guest may have. */
#include "guest.h"

const char *const test_name = "iret";

struct frame {
	u64 rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

extern unsigned long failsafe_resume_rsp, failsafe_resume_rip;

/* Where a good frame lands: kept by the assembly below. */
static u64 landed_rflags;

/*
 * Leave by @f: true if it was taken to the place the frame names, false if the
 * failsafe callback came. A frame's rip and rsp of 0 stand for a good place.
 */
static bool leave(struct frame f)
{
	long taken = 0;

	failsafe_taken = 0;
	__asm__ __volatile__(
		"	push %%rbp\n"
		"	mov %%rsp, %[fs_rsp]\n"
		"	lea 2f(%%rip), %%rax\n"
		"	mov %%rax, %[fs_rip]\n"
		"	mov %%rsp, %%rdx\n"
		"	lea 1f(%%rip), %%rax\n"
		"	cmpq $0, 32(%[f])\n"
		"	jne 3f\n"
		"	mov %%rax, 32(%[f])\n"
		"3:	cmpq $0, 56(%[f])\n"
		"	jne 4f\n"
		"	mov %%rdx, 56(%[f])\n"
		"4:	mov %[f], %%rsp\n"
		"	mov $23, %%eax\n"
		"	syscall\n"
		"	ud2\n"
		"1:	mov %%rdx, %%rsp\n"
		"	pushfq\n"
		"	pop %[rflags]\n"
		"	mov $1, %[taken]\n"
		"2:	pop %%rbp\n"
		: [fs_rsp] "=m" (failsafe_resume_rsp), [fs_rip] "=m" (failsafe_resume_rip),
		  [taken] "+b" (taken), [rflags] "=m" (landed_rflags)
		: [f] "S" (&f)
		: "rax", "rcx", "rdx", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		  "memory", "cc");
	return taken && !failsafe_taken;
}

#define RING0_CS	(FLAT_KERNEL_CS & ~3)
#define GOOD		.cs = RING0_CS, .ss = FLAT_KERNEL_SS, .rflags = 0x202

static void good_frames(void)
{
	const struct frame raised = { .cs = RING0_CS, .ss = FLAT_KERNEL_SS,
				      .rflags = 0x3202 | 1UL << 17 | 3UL << 19 };

	CHECK(leave((struct frame){ GOOD }));
	CHECK(leave((struct frame){ GOOD, .flags = VGCF_in_syscall }));
	/* Whatever is asked for, the guest does not get to raise these. */
	CHECK(leave(raised));
	CHECK_EQ(landed_rflags & 0x3000, 0);
	CHECK_EQ(landed_rflags & (1UL << 17 | 3UL << 19), 0);
	CHECK(landed_rflags & 0x200);
	CHECK(leave((struct frame){ .cs = RING0_CS, .ss = FLAT_KERNEL_SS, .rflags = 2 }));
	CHECK(landed_rflags & 0x200);
	CHECK_EQ(shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
	CHECK(leave((struct frame){ GOOD }));
	CHECK_EQ(shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
}

struct attempt {
	const struct frame *frame;
	bool *taken;
};

static void leave_bad(void *arg)
{
	struct attempt *a = arg;

	*a->taken = leave(*a->frame);
}

static void bad_frames(void)
{
	static const struct frame bad[] = {
		{ GOOD, .rip = 0x0000900000000000UL },
		{ GOOD, .rip = 0xffff7fffffffffffUL },
		{ .cs = 0, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },
		{ .cs = 8, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },
		{ .cs = 0xe008, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },	/* ring 0 code */
		{ .cs = 0xe010, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },	/* data */
		{ .cs = 0xe040, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },	/* TSS */
		{ .cs = 0xfff8, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },
		{ .cs = RING0_CS, .ss = 0xe010, .rflags = 0x202 },	/* ring 0 data */
		{ .cs = RING0_CS, .ss = 0xe030, .rflags = 0x202 },	/* code as a stack */
		{ .cs = RING0_CS, .ss = 8, .rflags = 0x202 },
		{ .cs = RING0_CS, .ss = 4, .rflags = 0x202 },	/* LDT, none loaded */
		{ .cs = 12, .ss = FLAT_KERNEL_SS, .rflags = 0x202 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		bool taken = false;
		int vector = catch_trap(leave_bad, &(struct attempt){ &bad[i], &taken });

		if (taken)
			say("frame %u was taken\n", i);
		/* A CPU may load an address that it then cannot fetch from. */
		CHECK(failsafe_taken || vector == 13);
	}
}

void test_main(void)
{
	good_frames();
	bad_frames();
	good_frames();
}
