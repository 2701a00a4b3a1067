// SPDX-License-Identifier: GPL-2.0-only
/*
 * domctl and sysctl as a control domain issues them: the life of domains that
 * never run, what is refused, and a storm of calls with arguments from a seed,
 * after which the machine must have all of its memory back.
 */
#include "guest.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

const char *const test_name = "control";

#define ESRCH		3
#define EFAULT		14
#define EACCES		13
#define EEXIST		17
#define EINVAL		22
#define ENOSYS		38
#define EOPNOTSUPP	95
#define ENOBUFS		105

#define STORM		20000
#define SELF		0	/* the test is domain 0 */
#define UNUSED_DOMAIN	77

static u8 *room;		/* for what is copied in and out */
#define ROOM_PAGES	8

static long domctl(struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return HC(domctl, op, 0, 0, 0, 0);
}

static long sysctl(struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HC(sysctl, op, 0, 0, 0, 0);
}

static long simple(u32 cmd, domid_t domid)
{
	struct xen_domctl op = { .cmd = cmd, .domain = domid };

	return domctl(&op);
}

static u64 free_memory(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

	CHECK_EQ(sysctl(&op), 0);
	return op.u.physinfo.free_pages;
}

static struct xen_domctl creation(void)
{
	return (struct xen_domctl){
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = 2,
			.max_evtchn_port = 1023,
			.max_grant_frames = 4,
			.max_maptrack_frames = 4,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		},
	};
}

static long destroy(domid_t domid)
{
	return simple(XEN_DOMCTL_destroydomain, domid);
}

static void versions(void)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo };
	struct xen_sysctl sop = { .cmd = XEN_SYSCTL_physinfo };

	op.interface_version = 0x14;
	CHECK_EQ(HC(domctl, &op, 0, 0, 0, 0), -EACCES);
	op.interface_version = 0x17;
	CHECK_EQ(HC(domctl, &op, 0, 0, 0, 0), 0);
	sop.interface_version = 0x14;
	CHECK_EQ(HC(sysctl, &sop, 0, 0, 0, 0), -EACCES);
	CHECK_EQ(HC(domctl, 0xffff800000000000UL, 0, 0, 0, 0), -EFAULT);
	CHECK_EQ(HC(sysctl, 8, 0, 0, 0, 0), -EFAULT);
	CHECK_EQ(simple(0, SELF), -ENOSYS);
	CHECK_EQ(simple(99, SELF), -ENOSYS);
	CHECK_EQ(simple(0xffffffff, SELF), -ENOSYS);
	CHECK_EQ(simple(XEN_DOMCTL_max_mem, UNUSED_DOMAIN), -ESRCH);
	CHECK_EQ(simple(XEN_DOMCTL_max_mem, DOMID_SELF), -ESRCH);
}

/* The next domain up to 4.17, exactly that one later. */
static void finding(void)
{
	struct xen_domctl op = creation();

	op.domain = 30;
	CHECK_EQ(domctl(&op), 0);
	CHECK_EQ(op.domain, 30);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo, .domain = 5 };
	CHECK_EQ(domctl(&op), 0);
	CHECK_EQ(op.domain, 30);
	CHECK_EQ(op.u.getdomaininfo.domain, 30);
	CHECK_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
	/* XEN_DOMCTL_set_llc_colors of Xen 4.20: asked for each guest, even without colours */
	CHECK_EQ(simple(89, 30), -EOPNOTSUPP);
	op.interface_version = 0x17;
	op.domain = 5;
	CHECK_EQ(HC(domctl, &op, 0, 0, 0, 0), -ESRCH);
	CHECK_EQ(destroy(30), 0);
}

static void refusals(void)
{
	struct xen_domctl op = creation();

	op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.u.createdomain.flags = 1U << 20;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.u.createdomain.max_vcpus = 0;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.u.createdomain.max_vcpus = 100000;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.u.createdomain.grant_opts = 0;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.u.createdomain.cpupool_id = 1;
	CHECK_EQ(domctl(&op), -EINVAL);
	op = creation();
	op.domain = SELF + 1;
	CHECK_EQ(domctl(&op), 0);
	op = creation();
	op.domain = SELF + 1;
	CHECK_EQ(domctl(&op), -EEXIST);
	CHECK_EQ(destroy(SELF + 1), 0);
	CHECK_EQ(destroy(SELF), -EINVAL);
	CHECK_EQ(simple(XEN_DOMCTL_pausedomain, SELF), -EINVAL);
	CHECK_EQ(simple(XEN_DOMCTL_unpausedomain, SELF), -EINVAL);
}

static void life(void)
{
	struct xen_domctl op = creation();
	domid_t d;

	CHECK_EQ(domctl(&op), 0);
	d = op.domain;
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus, .domain = d };
	op.u.max_vcpus.max = 3;
	CHECK_EQ(domctl(&op), -EINVAL);
	op.u.max_vcpus.max = 2;
	CHECK_EQ(domctl(&op), 0);
	op.u.max_vcpus.max = 2;
	CHECK_EQ(domctl(&op), 0);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_max_mem, .domain = d };
	op.u.max_mem.max_memkb = 4096;
	CHECK_EQ(domctl(&op), 0);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo, .domain = d };
	CHECK_EQ(domctl(&op), 0);
	CHECK_EQ(op.u.getdomaininfo.max_pages, 1024);
	CHECK_EQ(op.u.getdomaininfo.max_vcpu_id, 1);
	CHECK_EQ(op.u.getdomaininfo.nr_online_vcpus, 0);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_getvcpucontext, .domain = d };
	CHECK_EQ(domctl(&op), -61);	/* ENODATA: it has none yet */
	/* Policies can be set until it first runs. */
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_set_cpu_policy, .domain = d };
	CHECK_EQ(domctl(&op), 0);
	CHECK_EQ(simple(XEN_DOMCTL_pausedomain, d), 0);
	CHECK_EQ(simple(XEN_DOMCTL_unpausedomain, d), 0);
	CHECK_EQ(simple(XEN_DOMCTL_unpausedomain, d), 0);
	CHECK_EQ(simple(XEN_DOMCTL_unpausedomain, d), -EINVAL);
	CHECK_EQ(domctl(&op), -EEXIST);
	while (destroy(d) != -ESRCH)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static void policies(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_get_cpu_policy };
	struct xen_domctl dop = creation();
	xen_cpuid_leaf_t *leaves = (xen_cpuid_leaf_t *)room;
	domid_t d;
	u32 nr;

	op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
	CHECK_EQ(sysctl(&op), 0);
	nr = op.u.cpu_policy.nr_leaves;
	CHECK(nr * sizeof(*leaves) <= ROOM_PAGES * PAGE_SIZE);
	op.u.cpu_policy.leaves.p = leaves;
	op.u.cpu_policy.nr_leaves = 3;
	CHECK_EQ(sysctl(&op), -ENOBUFS);
	op.u.cpu_policy.nr_leaves = nr;
	CHECK_EQ(sysctl(&op), 0);
	nr = op.u.cpu_policy.nr_leaves;

	CHECK_EQ(domctl(&dop), 0);
	d = dop.domain;
	dop = (struct xen_domctl){ .cmd = XEN_DOMCTL_set_cpu_policy, .domain = d };
	dop.u.cpu_policy.leaves.p = leaves;
	dop.u.cpu_policy.nr_leaves = nr;
	CHECK_EQ(domctl(&dop), 0);
	leaves[nr - 1].leaf = 0x12345678;
	CHECK_EQ(domctl(&dop), -34);	/* ERANGE */
	CHECK_EQ(dop.u.cpu_policy.err_leaf, 0x12345678);
	CHECK_EQ(destroy(d), 0);
}

static u64 seed = 20260101;

static u32 pick(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(seed >> 33) % n;
}

/* Mostly something that could be meant, sometimes anything. */
static u64 some_word(void)
{
	static const u64 odd[] = {
		0, 1, 2, 63, 64, 1023, 1024, 4095, 0x7fefUL, 0x7ff0UL, 0xffffUL, 0x10000UL,
		0x7fffffffUL, 0x80000000UL, 0xffffffffUL, 0x100000000UL, ~0UL, ~0UL - 7,
		1UL << 63, 0xffff800000000000UL, 0xffff82d000000000UL, 0x8000000000000000UL,
	};

	switch (pick(4)) {
	case 0:
		return odd[pick(ARRAY_SIZE(odd))];
	case 1:
		return (unsigned long)room + pick(ROOM_PAGES * PAGE_SIZE + 64) - 32;
	case 2:
		return pick(200);
	default:
		return (u64)pick(0x7fffffff) << 32 | pick(0x7fffffff);
	}
}

static void scramble(void *p, u32 words)
{
	for (u32 i = 0; i < words; i++)
		((u64 *)p)[i] = some_word();
}

static void storm_domctl(void)
{
	struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = pick(92);
	op.domain = pick(8) ? 1 + pick(6) : (domid_t)some_word();
	scramble(&op.u, sizeof(op.u) / 8);
	if (op.cmd == XEN_DOMCTL_createdomain && pick(2)) {
		domid_t domid = op.domain;

		op = creation();
		op.domain = domid;
	}
	/* What it does to itself is its own affair, but not what is to be found out. */
	if (op.domain == SELF)
		op.domain = 3;
	op.interface_version = pick(3) ? 0x15 : 0x17;
	HC(domctl, &op, 0, 0, 0, 0);
}

static void storm_sysctl(void)
{
	struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = pick(32);
	scramble(&op.u, sizeof(op.u) / 8);
	/* Debug keys may end the machine, as they say. */
	if (op.cmd == XEN_SYSCTL_debug_keys)
		return;
	sysctl(&op);
}

static void storm(void)
{
	for (u32 i = 0; i < STORM; i++) {
		scramble(room, 64);
		if (pick(4))
			storm_domctl();
		else
			storm_sysctl();
	}
}

/* All but this one; a dead domain goes when CPUs have come round. */
static void end_all(void)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = 1 };

	while (domctl(&op) == 0) {
		destroy(op.domain);
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
		op.domain = 1;
	}
}

void test_main(void)
{
	u64 before, after;

	room = alloc_pages(ROOM_PAGES);
	memset(room, 0, ROOM_PAGES * PAGE_SIZE);
	versions();
	finding();
	refusals();
	life();
	policies();
	end_all();

	/* Tables that grow with use have grown by the second time. */
	storm();
	end_all();
	before = free_memory();
	storm();
	end_all();
	after = free_memory();
	say("free pages: %lu, %lu after the storm\n", (unsigned long)before,
	    (unsigned long)after);
	CHECK(after + 64 >= before);
	finish();
}
