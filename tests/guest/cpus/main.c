// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that are taken away and given back, as xen-hptool does, and pools of them,
 * as xl cpupool-* does, while another domain runs on them.
 */
#include "domu.h"

#include <xen/platform.h>

const char *const test_name = "cpus";

#define CPUS	4
#define ROUNDS	30
#define ANY	XEN_SYSCTL_CPUPOOL_PAR_ANY
#define EBUSY	(-16L)
#define EEXIST	(-17L)
#define EINVAL	(-22L)
#define ENODEV	(-19L)
#define ENOENT	(-2L)
#define ESRCH	(-3L)

static struct domu guest;
static u32 virq_port;

static void relax(void)
{
	HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static long hotplug(u32 cpu, u32 what)
{
	struct xen_sysctl op = { .u.cpu_hotplug = { .cpu = cpu, .op = what } };

	return sysctl(XEN_SYSCTL_cpu_hotplug, &op);
}

static long offline(u32 cpu)
{
	return hotplug(cpu, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE);
}

static long online(u32 cpu)
{
	return hotplug(cpu, XEN_SYSCTL_CPU_HOTPLUG_ONLINE);
}

static u32 nr_online(void)
{
	struct xen_sysctl op = { 0 };

	CHECK_EQ(sysctl(XEN_SYSCTL_physinfo, &op), 0);
	return op.u.physinfo.nr_cpus;
}

static bool is_online(u32 cpu)
{
	struct xen_platform_op op = { .cmd = XENPF_get_cpuinfo,
				      .interface_version = XENPF_INTERFACE_VERSION };

	op.u.pcpu_info.xen_cpuid = cpu;
	CHECK_EQ(HC(platform_op, &op, 0, 0, 0, 0), 0);
	return op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE;
}

static bool told(void)
{
	volatile xen_ulong_t *word = &shared_info->evtchn_pending[virq_port / 64];
	xen_ulong_t bit = 1UL << virq_port % 64;

	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

static void bind_virq(void)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_PCPU_STATE };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0), 0);
	virq_port = op.port;
	told();
}

static long affinity(u16 domid, u64 cpus)
{
	static u64 hard;
	struct xen_domctl op = { .u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD };

	hard = cpus;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (void *)&hard);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	return domctl(XEN_DOMCTL_setvcpuaffinity, domid, &op);
}

static u32 cpu_of(u16 domid)
{
	struct xen_domctl op = { .u.getvcpuinfo.vcpu = 0 };

	CHECK_EQ(domctl(XEN_DOMCTL_getvcpuinfo, domid, &op), 0);
	return op.u.getvcpuinfo.cpu;
}

/* It runs: it answers. */
static void guest_works(void)
{
	CHECK_EQ(DOMU_HC(&guest, xen_version, XENVER_version, 0, 0, 0) >> 16, 4);
}

static void refusals(void)
{
	CHECK_EQ(offline(0), EINVAL);
	CHECK_EQ(offline(CPUS), EINVAL);
	CHECK_EQ(offline(~0U), EINVAL);
	CHECK_EQ(online(CPUS), EINVAL);
	CHECK_EQ(online(1), EEXIST);
	CHECK_EQ(hotplug(1, XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE), -95);
	CHECK_EQ(hotplug(1, 99), -95);
}

/* The CPU that runs us, the one that runs the other, all at once. */
static void off_and_on(void)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		u32 cpu = 1 + round % (CPUS - 1);

		CHECK_EQ(affinity(0, 1UL << cpu), 0);
		CHECK_EQ(affinity(guest.id, round & 1 ? 1UL << cpu : ~0UL), 0);
		guest_works();
		CHECK_EQ(cpu_of(0), cpu);
		CHECK_EQ(offline(cpu), 0);
		CHECK(told());
		CHECK(!is_online(cpu));
		CHECK_EQ(offline(cpu), EEXIST);
		CHECK_EQ(nr_online(), CPUS - 1);
		CHECK(cpu_of(0) != cpu);
		guest_works();
		CHECK(cpu_of(guest.id) != cpu);
		CHECK_EQ(online(cpu), 0);
		CHECK(told());
		CHECK(is_online(cpu));
		CHECK_EQ(nr_online(), CPUS);
	}
	CHECK_EQ(affinity(0, ~0UL), 0);
	CHECK_EQ(affinity(guest.id, ~0UL), 0);
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		CHECK_EQ(offline(cpu), 0);
	guest_works();
	CHECK_EQ(nr_online(), 1);
	for (u32 cpu = 1; cpu < CPUS; cpu++) {
		CHECK_EQ(online(cpu), 0);
		CHECK_EQ(affinity(guest.id, 1UL << cpu), 0);
		guest_works();
		CHECK_EQ(cpu_of(guest.id), cpu);
	}
	CHECK_EQ(affinity(guest.id, ~0UL), 0);
}

/* As domain 0's kernel does by its device nodes. */
static void by_platform_op(void)
{
	struct xen_platform_op op = { .cmd = XENPF_cpu_offline,
				      .interface_version = XENPF_INTERFACE_VERSION };

	op.u.cpu_ol.cpuid = 2;
	CHECK_EQ(HC(platform_op, &op, 0, 0, 0, 0), 0);
	CHECK(!is_online(2));
	op.cmd = XENPF_cpu_online;
	CHECK_EQ(HC(platform_op, &op, 0, 0, 0, 0), 0);
	CHECK(is_online(2));
	op.u.cpu_ol.cpuid = 77;
	CHECK_EQ(HC(platform_op, &op, 0, 0, 0, 0), EINVAL);
}

/* A one-shot timer of ours goes off, though the CPU that it was set on has gone. */
static void timer_moves(void)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER };
	struct vcpu_set_singleshot_timer t = { 0 };
	volatile xen_ulong_t *word;
	volatile struct vcpu_time_info *time = &shared_info->vcpu_info[0].time;

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0), 0);
	word = &shared_info->evtchn_pending[op.port / 64];
	CHECK_EQ(affinity(0, 2), 0);
	relax();
	__atomic_fetch_and(word, ~(1UL << op.port % 64), __ATOMIC_SEQ_CST);
	t.timeout_abs_ns = time->system_time + 300000000UL;
	CHECK_EQ(HC(vcpu_op, VCPUOP_set_singleshot_timer, 0, &t, 0, 0), 0);
	CHECK_EQ(offline(1), 0);
	while (!(*word >> op.port % 64 & 1))
		relax();
	CHECK_EQ(online(1), 0);
	CHECK_EQ(affinity(0, ~0UL), 0);
}

/* ---- Pools ---- */

static struct xen_sysctl pool;

static long pool_op(u32 cmd, u32 id, u32 cpu, u32 domid)
{
	static u64 map;

	memset(&pool, 0, sizeof(pool));
	pool.u.cpupool_op.op = cmd;
	pool.u.cpupool_op.cpupool_id = id;
	pool.u.cpupool_op.sched_id = XEN_SCHEDULER_CREDIT2;
	pool.u.cpupool_op.domid = domid;
	pool.u.cpupool_op.cpu = cpu;
	set_xen_guest_handle(pool.u.cpupool_op.cpumap.bitmap, (void *)&map);
	pool.u.cpupool_op.cpumap.nr_bits = 64;
	return sysctl(XEN_SYSCTL_cpupool_op, &pool);
}

static u64 pool_cpus(u32 cmd, u32 id)
{
	CHECK_EQ(pool_op(cmd, id, 0, 0), 0);
	return *(u64 *)pool.u.cpupool_op.cpumap.bitmap.p;
}

#define OP(cmd)	XEN_SYSCTL_CPUPOOL_OP_##cmd

static void pools(void)
{
	u32 id;

	CHECK_EQ(pool_cpus(OP(INFO), 0), 0xf);
	CHECK_EQ(pool.u.cpupool_op.n_dom, 2);
	CHECK_EQ(pool_op(OP(INFO), 1, 0, 0), ENOENT);
	CHECK_EQ(pool_op(OP(CREATE), ANY, 0, 0), 0);
	id = pool.u.cpupool_op.cpupool_id;
	CHECK_EQ(id, 1);
	CHECK_EQ(pool_op(OP(CREATE), id, 0, 0), EEXIST);
	CHECK_EQ(pool_op(OP(ADDCPU), id, 2, 0), EBUSY);
	CHECK_EQ(pool_op(OP(MOVEDOMAIN), id, 0, guest.id), ENOENT);
	CHECK_EQ(pool_op(OP(MOVEDOMAIN), 0, 0, 99), ESRCH);
	CHECK_EQ(pool_op(OP(MOVEDOMAIN), id, 0, 0), EINVAL);
	CHECK_EQ(pool_op(OP(RMCPU), 0, 3, 0), 0);
	CHECK_EQ(pool_cpus(OP(FREEINFO), 0), 8);
	CHECK_EQ(pool_op(OP(ADDCPU), id, ANY, 0), 0);
	CHECK_EQ(pool_cpus(OP(INFO), id), 8);
	CHECK_EQ(pool_op(OP(MOVEDOMAIN), id, 0, guest.id), 0);
	guest_works();
	CHECK_EQ(cpu_of(guest.id), 3);
	CHECK_EQ(pool_op(OP(RMCPU), id, 3, 0), EBUSY);
	CHECK_EQ(offline(3), EBUSY);
	CHECK_EQ(pool_op(OP(DESTROY), id, 0, 0), EBUSY);
	CHECK_EQ(affinity(guest.id, 1), EINVAL);

	/* Another CPU comes, the one that it runs on goes. */
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u32 comes = i & 1 ? 3 : 2, goes = 5 - comes;

		if (i == 0)
			CHECK_EQ(pool_op(OP(RMCPU), 0, 2, 0), 0);
		CHECK_EQ(pool_op(OP(ADDCPU), id, comes, 0), 0);
		CHECK_EQ(pool_op(OP(RMCPU), id, goes, 0), 0);
		guest_works();
		CHECK_EQ(cpu_of(guest.id), comes);
	}
	CHECK_EQ(pool_op(OP(MOVEDOMAIN), 0, 0, guest.id), 0);
	guest_works();
	CHECK(cpu_of(guest.id) < 2);
	CHECK_EQ(pool_op(OP(RMCPU), id, ANY, 0), 0);
	CHECK_EQ(pool_op(OP(RMCPU), id, ANY, 0), EINVAL);
	CHECK_EQ(pool_op(OP(DESTROY), id, 0, 0), 0);
	CHECK_EQ(pool_op(OP(DESTROY), id, 0, 0), ENOENT);
	CHECK_EQ(pool_op(OP(ADDCPU), 0, 2, 0), 0);
	CHECK_EQ(pool_op(OP(ADDCPU), 0, 3, 0), 0);
	CHECK_EQ(pool_cpus(OP(INFO), 0), 0xf);

	/* One in no pool goes offline, and comes to pool 0. */
	CHECK_EQ(pool_op(OP(RMCPU), 0, 1, 0), 0);
	CHECK_EQ(offline(1), 0);
	CHECK_EQ(pool_op(OP(ADDCPU), 0, 1, 0), ENODEV);
	CHECK_EQ(online(1), 0);
	CHECK_EQ(pool_cpus(OP(INFO), 0), 0xf);
}

void test_main(void)
{
	u64 before = free_pages();
	struct xen_domctl_getdomaininfo info;

	bind_virq();
	CHECK_EQ(domu_make(&guest, 0), 0);
	CHECK_EQ(domu_start(&guest), 0);
	guest_works();
	say("refusals\n");
	refusals();
	say("off and on\n");
	off_and_on();
	by_platform_op();
	timer_moves();
	say("pools\n");
	pools();
	domu_unmap(&guest);
	CHECK_EQ(domu_kill(&guest), 0);
	while (domu_info(guest.id, &info))
		relax();
	CHECK(free_pages() + 16 >= before);
}
