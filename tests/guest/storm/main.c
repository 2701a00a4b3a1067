// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain without privilege calls everything there is: each domctl and sysctl
 * in its right form, with a wrong one, and with numbers at random, and then any
 * hypercall with any arguments. What it does to itself is its own affair; nobody
 * else may notice, and when it is gone all it had must be back.
 */
#include "domu.h"

#include <xen/platform.h>

const char *const test_name = "storm";

#define EPERM		(-1L)
#define CALLS		12000	/* of any hypercall */
#define CONTROL_CALLS	3000	/* of the control calls, besides each in order */
#define PATIENCE_NS	1000000000UL	/* until who runs, and does not answer, is given up */
#define SECRET		0x5ec2e75ec2e75ec2UL

static u64 *canary;
static unsigned int lives, calls, answers[2];

/* -4000: no answer, since it is dead or asleep. */
static long ask(struct domu *u, u64 nr, const u64 *a)
{
	struct xen_domctl_getdomaininfo info;
	u64 end = system_time() + PATIENCE_NS;

	calls++;
	domu_begin(u, nr, a[0], a[1], a[2], a[3]);
	for (unsigned int i = 0; !domu_answered(u); i++) {
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
		if (i % 64 != 63 && system_time() < end)
			continue;
		if (system_time() >= end || !domu_info(u->id, &info) ||
		    (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying | XEN_DOMINF_blocked)))
			return domu_answered(u) ? (long)u->mb->result : -4000;
	}
	return u->mb->result;
}

static void start(struct domu *u)
{
	lives++;
	CHECK_EQ(domu_make(u, 0), 0);
	CHECK_EQ(domu_start(u), 0);
}

/* ---- The control calls: there is one answer to all of them ---- */

static void control_call(struct domu *u, u64 nr, const void *op, size_t len)
{
	u64 args[5] = { DOMU_BUF };
	long rc;

	memcpy((void *)u->mb->buffer, op, len);
	rc = ask(u, nr, args);
	if (rc != EPERM)
		say("call %lu, command %u: %ld\n", nr, *(const u32 *)op, rc);
	CHECK_EQ(rc, EPERM);
}

static void scramble(void *p, size_t len)
{
	for (size_t i = 0; i < len / 8; i++)
		((u64 *)p)[i] = random_below(3) ? random_word() : DOMU_VA(random_below(DOMU_PAGES));
}

static void one_domctl(struct domu *u, u32 cmd)
{
	static const u16 whose[] = { 0, 1, DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_INVALID, 77 };
	static const u32 versions[] = { XEN_DOMCTL_INTERFACE_VERSION, 0x17, 0, ~0U };
	struct xen_domctl op = { .cmd = cmd };

	for (unsigned int i = 0; i < ARRAY_SIZE(whose) + 1; i++) {
		op.domain = i < ARRAY_SIZE(whose) ? whose[i] : u->id;
		op.interface_version = versions[i % ARRAY_SIZE(versions)];
		control_call(u, __HYPERVISOR_domctl, &op, sizeof(op));
		scramble(&op.u, sizeof(op.u));
	}
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = u->id;
	control_call(u, __HYPERVISOR_domctl, &op, sizeof(op));
}

static void one_sysctl(struct domu *u, u32 cmd)
{
	struct xen_sysctl op = { .cmd = cmd, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

	control_call(u, __HYPERVISOR_sysctl, &op, sizeof(op));
	scramble(&op.u, sizeof(op.u));
	control_call(u, __HYPERVISOR_sysctl, &op, sizeof(op));
	op.interface_version = (u32)random_word();
	control_call(u, __HYPERVISOR_sysctl, &op, sizeof(op));
}

static void one_platform_op(struct domu *u, u32 cmd)
{
	struct xen_platform_op op = { .cmd = cmd,
				      .interface_version = XENPF_INTERFACE_VERSION };

	control_call(u, __HYPERVISOR_platform_op, &op, sizeof(op));
	scramble(&op.u, sizeof(op.u));
	control_call(u, __HYPERVISOR_platform_op, &op, sizeof(op));
}

static void control_calls(void)
{
	static const u64 nowhere[] = { 0, 8, 0xffff800000000000, 0xffff830000000000, ~0UL };
	struct domu u;

	start(&u);
	for (u32 cmd = 0; cmd < 100; cmd++) {
		one_domctl(&u, cmd);
		one_sysctl(&u, cmd);
		one_platform_op(&u, cmd);
	}
	for (u32 cmd = 1000; cmd < 1004; cmd++)
		one_domctl(&u, cmd);
	one_domctl(&u, ~0U);
	one_sysctl(&u, ~0U);
	/* Addresses where nothing is, or that are not its own, say no more. */
	for (unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++) {
		u64 args[5] = { nowhere[i] };

		CHECK(ask(&u, __HYPERVISOR_domctl, args) < 0);
		CHECK(ask(&u, __HYPERVISOR_sysctl, args) < 0);
		CHECK(ask(&u, __HYPERVISOR_platform_op, args) < 0);
	}
	for (unsigned int i = 0; i < CONTROL_CALLS; i++) {
		if (random_below(3))
			one_domctl(&u, random_below(128));
		else
			one_sysctl(&u, random_below(40));
	}
	CHECK(domu_stop(&u));
}

/* ---- Any call ---- */

/* What an argument is like: a command below a limit, a pointer to the buffer, a count, anything. */
enum { ANY, CMD, PTR, COUNT, DOM, VA, MA };

static const struct {
	u8 nr, args[5], commands;
} kinds[] = {
	{ __HYPERVISOR_set_trap_table, { PTR }, 0 },
	{ __HYPERVISOR_mmu_update, { PTR, COUNT, PTR, DOM }, 0 },
	{ __HYPERVISOR_set_gdt, { PTR, COUNT }, 0 },
	{ __HYPERVISOR_stack_switch, { ANY, VA }, 0 },
	{ __HYPERVISOR_fpu_taskswitch, { ANY }, 0 },
	{ __HYPERVISOR_platform_op, { PTR }, 0 },
	{ __HYPERVISOR_set_debugreg, { CMD, VA }, 9 },
	{ __HYPERVISOR_get_debugreg, { CMD }, 9 },
	{ __HYPERVISOR_update_descriptor, { MA, ANY }, 0 },
	{ __HYPERVISOR_memory_op, { CMD, PTR }, 30 },
	{ __HYPERVISOR_memory_op, { CMD, PTR }, 30 },
	{ __HYPERVISOR_multicall, { PTR, COUNT }, 0 },
	{ __HYPERVISOR_update_va_mapping, { VA, MA, CMD }, 8 },
	{ __HYPERVISOR_set_timer_op, { ANY }, 0 },
	{ __HYPERVISOR_xen_version, { CMD, PTR }, 13 },
	{ __HYPERVISOR_grant_table_op, { CMD, PTR, COUNT }, 14 },
	{ __HYPERVISOR_grant_table_op, { CMD, PTR, COUNT }, 14 },
	{ __HYPERVISOR_vm_assist, { CMD, ANY }, 3 },
	{ __HYPERVISOR_update_va_mapping_otherdomain, { VA, MA, CMD, DOM }, 8 },
	{ __HYPERVISOR_iret, { ANY }, 0 },
	{ __HYPERVISOR_vcpu_op, { CMD, ANY, PTR }, 16 },
	{ __HYPERVISOR_set_segment_base, { CMD, ANY }, 5 },
	{ __HYPERVISOR_mmuext_op, { PTR, COUNT, PTR, DOM }, 0 },
	{ __HYPERVISOR_mmuext_op, { PTR, COUNT, PTR, DOM }, 0 },
	{ __HYPERVISOR_xsm_op, { PTR }, 0 },
	{ __HYPERVISOR_nmi_op, { CMD, PTR }, 3 },
	{ __HYPERVISOR_sched_op, { CMD, PTR }, 9 },
	{ __HYPERVISOR_callback_op, { CMD, PTR }, 3 },
	{ __HYPERVISOR_xenoprof_op, { CMD, PTR }, 20 },
	{ __HYPERVISOR_event_channel_op, { CMD, PTR }, 15 },
	{ __HYPERVISOR_event_channel_op, { CMD, PTR }, 15 },
	{ __HYPERVISOR_physdev_op, { CMD, PTR }, 34 },
	{ __HYPERVISOR_hvm_op, { CMD, PTR }, 26 },
	{ __HYPERVISOR_kexec_op, { CMD, PTR }, 8 },
	{ __HYPERVISOR_argo_op, { CMD, PTR, PTR, ANY, ANY }, 8 },
	{ __HYPERVISOR_xenpmu_op, { CMD, PTR }, 10 },
	{ __HYPERVISOR_dm_op, { DOM, COUNT, PTR }, 0 },
	{ __HYPERVISOR_hypfs_op, { CMD, PTR, COUNT, PTR, COUNT }, 4 },
	{ __HYPERVISOR_arch_0, { CMD, PTR }, 10 },
};

static u64 argument(const struct domu *u, u8 kind, u8 commands)
{
	if (!random_below(8))
		return random_word();
	switch (kind) {
	case CMD:
		return random_below(commands);
	case PTR:
		return random_below(6) ? DOMU_BUF + random_below(64) * 8 :
					 DOMU_VA(random_below(DOMU_PAGES + 1));
	case COUNT:
		return random_below(12);
	case DOM:
		return random_below(3) ? DOMID_SELF : random_below(4);
	case VA:
		return DOMU_VA(DOMU_FIRST + random_below(DOMU_DATA)) + random_below(2) * 8;
	case MA:
		return u->mfn[random_below(DOMU_PAGES)] << 12 | random_below(0x200);
	default:
		return random_word();
	}
}

/* What is in memory: numbers that could be frames, addresses, commands, domains. */
static void fill_buffer(struct domu *u)
{
	for (unsigned int i = 0; i < 96; i++) {
		u64 v;

		switch (random_below(6)) {
		case 0:
			v = u->mfn[random_below(DOMU_PAGES)];
			break;
		case 1:
			v = argument(u, PTR, 0);
			break;
		case 2:
			v = random_below(32) | (u64)random_below(0x7ff4) << 32;
			break;
		case 3:
			v = argument(u, MA, 0);
			break;
		case 4:
			v = random_below(2) ? virt_to_mfn(canary) : virt_to_mfn(canary) << 12 | 7;
			break;
		default:
			v = random_word();
		}
		((volatile u64 *)u->mb->buffer)[i] = v;
	}
}

/* It would wait for what does not come. */
static bool sleeps(u64 nr, u64 cmd)
{
	return nr == __HYPERVISOR_sched_op &&
	       ((u32)cmd == SCHEDOP_block || (u32)cmd == SCHEDOP_poll ||
		((u32)cmd == SCHEDOP_shutdown && random_below(20)));
}

static long any_call(struct domu *u)
{
	unsigned int k = random_below(ARRAY_SIZE(kinds));
	u64 args[5];
	long rc;

	for (unsigned int i = 0; i < 5; i++)
		args[i] = argument(u, kinds[k].args[i], kinds[k].commands);
	if (sleeps(kinds[k].nr, args[0]))
		return 0;
	/* Not every second one a death. */
	if (kinds[k].nr == __HYPERVISOR_iret && random_below(10))
		return 0;
	if (random_below(4))
		fill_buffer(u);
	rc = ask(u, kinds[k].nr, args);
	if (rc != -4000)
		answers[rc < 0]++;
	return rc;
}

static void any_calls(void)
{
	unsigned int done = 0;

	while (done < CALLS) {
		struct domu u;

		start(&u);
		while (done++ < CALLS && any_call(&u) != -4000)
			if (canary[done % 512] != SECRET)
				break;
		if (!domu_stop(&u)) {
			check_at(false, "a dead domain is gone", __FILE__, __LINE__);
			return;
		}
	}
}

/*
 * Calls that allocate, of all sizes up to half a page, and fail: the hypervisor keeps a page
 * for small objects of each size that it ever had.
 */
static void use_all_sizes(void)
{
	struct xen_memory_exchange x = {
		.in = { .domid = DOMID_SELF }, .out = { .domid = DOMID_SELF },
	};
	xen_pfn_t *nothing = alloc_pages(1);

	set_xen_guest_handle(x.in.extent_start, nothing);
	set_xen_guest_handle(x.out.extent_start, nothing);
	for (unsigned int nr = 1; nr <= 250; nr++) {
		x.in.nr_extents = x.out.nr_extents = nr;
		CHECK(HC(memory_op, XENMEM_exchange, &x, 0, 0, 0) < 0);
	}
}

/* Ports of ours that no domain is bound to. */
static unsigned int open_ports(void)
{
	unsigned int n = 0;

	for (u32 port = 1; port < 1024; port++) {
		struct evtchn_status st = { .dom = DOMID_SELF, .port = port };

		if (HC(event_channel_op, EVTCHNOP_status, &st, 0, 0, 0))
			break;
		n += st.status != EVTCHNSTAT_closed;
	}
	return n;
}

void test_main(void)
{
	struct xen_memory_domain self = { .domid = DOMID_SELF };
	unsigned int ports;
	u64 before, pages;

	random_seed();
	canary = alloc_pages(1);
	for (unsigned int i = 0; i < 512; i++)
		canary[i] = SECRET;
	use_all_sizes();
	/* What else grows with use has grown by the third time: debug builds have bigger locks. */
	for (unsigned int round = 0; round < 3; round++) {
		before = free_pages();
		ports = open_ports();
		pages = HC(memory_op, XENMEM_current_reservation, &self, 0, 0, 0);
		control_calls();
		any_calls();
		say("round %u, %lu pages were free, are %lu\n", round, before, free_pages());
		say("%u calls in %u lives; of any call %u were done, %u refused\n", calls, lives,
		    answers[0], answers[1]);
	}
	CHECK_EQ(open_ports(), ports);
	CHECK_EQ(HC(memory_op, XENMEM_current_reservation, &self, 0, 0, 0), pages);
	CHECK_EQ(free_pages(), before);
	for (unsigned int i = 0; i < 512; i++)
		CHECK(canary[i] == SECRET);
	CHECK(answers[0] > 100 && answers[1] > 100);
}
