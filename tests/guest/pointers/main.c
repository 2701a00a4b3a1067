// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad guest pointers, bad numbers and random arguments for every hypercall:
 * whatever comes back, it is an error or a harmless success, and the guest and
 * the hypervisor go on.
 */
#include "guest.h"

const char *const test_name = "pointers";

static const unsigned long bad[] = {
	0,				/* not mapped */
	8,
	0xffff800000000000UL,		/* M2P: readable, but not an argument's place */
	0xffff82d040000000UL,		/* the hypervisor's code */
	0xffff830000000000UL,		/* its direct map */
	0xffff87fffffffff8UL,		/* its last word */
	0xffff7ffffffffff8UL,		/* below it, not canonical */
	0xffff880000000000UL - 4,	/* reaches out of it */
	0x0000800000000000UL,		/* not canonical */
	0x00007ffffffffffcUL,		/* reaches out of the lower half */
	0xfffffffffffffffcUL,		/* wraps */
	0xffffffffffffffffUL,
};

/* Calls that would end the test, or that a bad pointer cannot hurt. */
static bool skipped(unsigned int nr, unsigned long a1)
{
	switch (nr) {
	case __HYPERVISOR_iret:
		return true;
	case __HYPERVISOR_sched_op:
		return a1 == SCHEDOP_block || a1 == SCHEDOP_shutdown || a1 == SCHEDOP_poll;
	case __HYPERVISOR_vcpu_op:
		return a1 == VCPUOP_down;
	case __HYPERVISOR_set_trap_table:
	case __HYPERVISOR_stack_switch:
	case __HYPERVISOR_set_segment_base:
	case __HYPERVISOR_fpu_taskswitch:
	case __HYPERVISOR_set_debugreg:
	case __HYPERVISOR_get_debugreg:
	case __HYPERVISOR_set_timer_op:
	case __HYPERVISOR_vm_assist:
		return true;
	}
	return false;
}

static void try_call(unsigned int nr, unsigned long cmd, unsigned long ptr)
{
	long rc;

	if (skipped(nr, cmd))
		return;
	switch (nr) {
	/* pointer first */
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_mmuext_op:
		rc = hypercall5(nr, ptr, 1, 0, DOMID_SELF, 0);
		break;
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_set_gdt:
		rc = hypercall5(nr, ptr, 1, 0, 0, 0);
		break;
	case __HYPERVISOR_console_io:
		rc = hypercall5(nr, CONSOLEIO_write, 16, ptr, 0, 0);
		break;
	case __HYPERVISOR_vcpu_op:
		rc = hypercall5(nr, cmd, 0, ptr, 0, 0);
		if (cmd == VCPUOP_is_up || cmd == VCPUOP_stop_periodic_timer ||
		    cmd == VCPUOP_stop_singleshot_timer || cmd == VCPUOP_up ||
		    cmd == VCPUOP_send_nmi)
			return;
		break;
	case __HYPERVISOR_grant_table_op:
		rc = hypercall5(nr, cmd, ptr, 1, 0, 0);
		break;
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_domctl:
		rc = hypercall5(nr, ptr, 0, 0, 0, 0);
		break;
	default:
		rc = hypercall5(nr, cmd, ptr, 0, 0, 0);
		if (nr == __HYPERVISOR_xen_version || nr == __HYPERVISOR_memory_op ||
		    nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_update_va_mapping ||
		    nr == __HYPERVISOR_update_descriptor || nr == __HYPERVISOR_nmi_op)
			return;	/* some subcommands take no pointer */
		break;
	}
	if (rc >= 0) {
		say("hypercall %u, command %lu, pointer %lx gave %ld\n", nr, cmd, ptr, rc);
		check_at(false, "a bad pointer is refused", __FILE__, __LINE__);
	}
}

static void every_call(void)
{
	unsigned int nr, p;
	unsigned long cmd;

	for (nr = 0; nr < 56; nr++)
		for (p = 0; p < ARRAY_SIZE(bad); p++)
			for (cmd = 0; cmd < 40; cmd++)
				try_call(nr, cmd, bad[p]);
	CHECK(true);
}

static void unknown_numbers(void)
{
	static const unsigned long numbers[] = { 43, 47, 55, 56, 63, 64, 65, 1000, 1UL << 31,
						 1UL << 32, ~0UL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		CHECK_EQ(hypercall5(numbers[i], 0, 0, 0, 0, 0), -38);
}

/* The same few numbers over and over, combined as a seed says. */
static u64 seed = 20240611;

static u64 random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static unsigned long random_argument(void)
{
	static u8 buffer[4 * PAGE_SIZE] __attribute__((aligned(4096)));
	unsigned int i;

	switch (random() % 6) {
	case 0:
		return bad[random() % ARRAY_SIZE(bad)];
	case 1:
		return random() % 64;
	case 2:
		return random();
	case 3:
		return DOMID_SELF;
	default:
		for (i = 0; i < 64; i++)
			((u64 *)buffer)[i] = random() % 3 ? random() % 16 : random();
		return (unsigned long)buffer;
	}
}

/* Those that change what the test itself stands on are left out. */
static bool random_skips(unsigned int nr)
{
	switch (nr) {
	case __HYPERVISOR_iret:
	case __HYPERVISOR_sched_op:
	case __HYPERVISOR_set_trap_table:
	case __HYPERVISOR_mmuext_op:
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_update_va_mapping:
	case __HYPERVISOR_update_va_mapping_otherdomain:
	case __HYPERVISOR_memory_op:
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_callback_op:
	case __HYPERVISOR_console_io:
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_vcpu_op:
	case __HYPERVISOR_physdev_op:
	case __HYPERVISOR_stack_switch:
	case __HYPERVISOR_set_debugreg:
		return true;
	}
	return false;
}

static void random_calls(void)
{
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		unsigned int nr = random() % 60;

		if (!random_skips(nr))
			hypercall5(nr, random_argument(), random_argument(), random_argument(),
				   random_argument(), random_argument());
	}
	CHECK_EQ(HC(xen_version, XENVER_version, 0, 0, 0, 0) >> 16, 4);
}

void test_main(void)
{
	unknown_numbers();
	say("every call with bad pointers\n");
	every_call();
	say("calls at random, seed %lu\n", seed);
	random_calls();
}
