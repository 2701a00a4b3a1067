// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains that storm the hypervisor with one kind of call after the other, and one
 * that only computes, all on one CPU: the honest one keeps its share of it, and
 * when all are gone their memory is back. We are on the other CPU.
 */
#include "domu.h"

#include <xen/vcpu.h>

const char *const test_name = "shares";

#define ATTACKERS	3
#define GUESTS		(ATTACKERS + 1)
#define HONEST		ATTACKERS		/* the last one */
#define WEIGHT		256
#define MEASURE_NS	3000000000UL		/* of CPU time, of all of them together */
#define SETTLE_NS	200000000UL
#define PERCENT_KEPT	95
#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)

static struct domu guests[GUESTS];

struct attack {
	const char *name;
	u64 nr;
	/* Arguments; the buffer of its mailbox is its to fill. */
	void (*prepare)(struct domu *u, u64 args[4]);
};

static u64 cpu_time(const struct domu *u)
{
	struct xen_domctl op = { .u.getvcpuinfo.vcpu = 0 };

	CHECK_EQ(domctl(XEN_DOMCTL_getvcpuinfo, u->id, &op), 0);
	return op.u.getvcpuinfo.cpu_time;
}

static u64 cpu_times(u64 times[GUESTS])
{
	u64 sum = 0;

	for (unsigned int i = 0; i < GUESTS; i++) {
		times[i] = cpu_time(&guests[i]);
		sum += times[i];
	}
	return sum;
}

static void let_them_run(u64 ns)
{
	u64 times[GUESTS], end = cpu_times(times) + ns;

	while (cpu_times(times) < end)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static void *buffer(struct domu *u)
{
	return (void *)u->mb->buffer;
}

/* ---- What they do ---- */

static void call_nothing(struct domu *u, u64 args[4])
{
	args[0] = XENVER_version;
}

static void yield(struct domu *u, u64 args[4])
{
	args[0] = SCHEDOP_yield;
}

/* To the honest one, which is interrupted by it if it listens. */
static void send_events(struct domu *u, u64 args[4])
{
	struct evtchn_alloc_unbound alloc = { .dom = guests[HONEST].id, .remote_dom = u->id };
	struct evtchn_bind_interdomain bind = { .remote_dom = guests[HONEST].id };
	struct evtchn_send *send = buffer(u);

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_alloc_unbound, &alloc, 0, 0, 0), 0);
	bind.remote_port = alloc.port;
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_bind_interdomain, &bind), 0);
	send->port = bind.local_port;
	args[0] = EVTCHNOP_send;
	args[1] = DOMU_BUF;
}

/* Due at once, each time. */
static void set_timer(struct domu *u, u64 args[4])
{
	struct vcpu_set_singleshot_timer *t = buffer(u);

	t->timeout_abs_ns = 1;
	t->flags = 0;
	args[0] = VCPUOP_set_singleshot_timer;
	args[2] = DOMU_BUF;
}

static void flush_all(struct domu *u, u64 args[4])
{
	struct mmuext_op *op = buffer(u);

	op[0] = op[1] = op[2] = op[3] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_ALL };
	args[0] = DOMU_BUF;
	args[1] = 4;
	args[3] = DOMID_SELF;
}

static void remap_and_flush(struct domu *u, u64 args[4])
{
	args[0] = DOMU_VA(DOMU_FIRST + 2);
	args[1] = u->mfn[DOMU_FIRST + 2] << 12 | RW;
	args[2] = UVMF_TLB_FLUSH | UVMF_ALL;
}

/* A table is validated, pinned, and let go. */
static void pin_and_unpin(struct domu *u, u64 args[4])
{
	struct mmuext_op *op = buffer(u);

	CHECK_EQ(DOMU_HC(u, update_va_mapping, DOMU_VA(DOMU_FIRST + 3), 0, UVMF_INVLPG, 0), 0);
	op[0] = op[2] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE,
					    .arg1.mfn = u->mfn[DOMU_FIRST + 3] };
	op[1] = op[3] = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE,
					    .arg1.mfn = u->mfn[DOMU_FIRST + 3] };
	args[0] = DOMU_BUF;
	args[1] = 4;
	args[3] = DOMID_SELF;
}

/* Asleep and awake again, at once. */
static void poll(struct domu *u, u64 args[4])
{
	struct sched_poll *p = buffer(u);

	memset(p, 0, sizeof(*p));
	p->timeout = 1;
	args[0] = SCHEDOP_poll;
	args[1] = DOMU_BUF;
}

static void many_at_once(struct domu *u, u64 args[4])
{
	struct multicall_entry *call = buffer(u);

	for (unsigned int i = 0; i < 24; i++)
		call[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
						    .args = { XENVER_version } };
	args[0] = DOMU_BUF;
	args[1] = 24;
}

static void make_and_close_ports(struct domu *u, u64 args[4])
{
	static const struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF,
							   .remote_dom = DOMID_SELF };
	char *at = buffer(u);
	struct multicall_entry *call = (void *)at;
	struct evtchn_close *close = (void *)(at + 1024);

	/* The lowest free port is the one each time. */
	memcpy(at + 1040, &alloc, sizeof(alloc));
	CHECK_EQ(DOMU_HC(u, event_channel_op, EVTCHNOP_alloc_unbound, DOMU_BUF + 1040, 0, 0), 0);
	close->port = ((struct evtchn_alloc_unbound *)(at + 1040))->port;
	for (unsigned int i = 0; i < 8; i++) {
		call[2 * i] = (struct multicall_entry){
			.op = __HYPERVISOR_event_channel_op,
			.args = { EVTCHNOP_close, DOMU_BUF + 1024 },
		};
		call[2 * i + 1] = (struct multicall_entry){
			.op = __HYPERVISOR_event_channel_op,
			.args = { EVTCHNOP_alloc_unbound, DOMU_BUF + 1040 },
		};
	}
	args[0] = DOMU_BUF;
	args[1] = 16;
}

static const struct attack attacks[] = {
	{ "hypercalls", __HYPERVISOR_xen_version, call_nothing },
	{ "multicalls", __HYPERVISOR_multicall, many_at_once },
	{ "yields", __HYPERVISOR_sched_op, yield },
	{ "events", __HYPERVISOR_event_channel_op, send_events },
	{ "ports", __HYPERVISOR_multicall, make_and_close_ports },
	{ "timers", __HYPERVISOR_vcpu_op, set_timer },
	{ "polls", __HYPERVISOR_sched_op, poll },
	{ "TLB flushes", __HYPERVISOR_mmuext_op, flush_all },
	{ "remapping", __HYPERVISOR_update_va_mapping, remap_and_flush },
	{ "pins", __HYPERVISOR_mmuext_op, pin_and_unpin },
};

/* ---- Who gets what ---- */

static void set_weight(const struct domu *u, u16 weight)
{
	struct xen_domctl op = { 0 };

	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit2.weight = weight;
	op.u.scheduler_op.u.credit2.cap = 0xffff;
	CHECK_EQ(domctl(XEN_DOMCTL_scheduler_op, u->id, &op), 0);
}

static void bind_to_cpu(u16 domid, u64 cpu)
{
	static u64 hard;
	struct xen_domctl op = { .u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD };

	hard = 1UL << cpu;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (void *)&hard);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	CHECK_EQ(domctl(XEN_DOMCTL_setvcpuaffinity, domid, &op), 0);
}

static void storm(const struct attack *how[ATTACKERS], const char *name, unsigned int weight)
{
	unsigned int permille, fair = 1000 * weight / (weight + ATTACKERS * WEIGHT);
	u64 before[GUESTS], after[GUESTS], sum;
	long calls = 0;

	for (unsigned int i = 0; i < ATTACKERS; i++) {
		u64 args[4] = { 0 };

		how[i]->prepare(&guests[i], args);
		domu_begin(&guests[i], how[i]->nr | DOMU_REPEAT, args[0], args[1], args[2],
			   args[3]);
	}
	domu_begin(&guests[HONEST], DOMU_SPIN, 0, 0, 0, 0);
	let_them_run(SETTLE_NS);
	sum = cpu_times(before);
	let_them_run(MEASURE_NS);
	sum = cpu_times(after) - sum;
	for (unsigned int i = 0; i < ATTACKERS; i++)
		calls += domu_end(&guests[i]);
	CHECK(domu_end(&guests[HONEST]) > 0);
	permille = 1000 * (after[HONEST] - before[HONEST]) / sum;
	say("%s: %ld calls, the honest one had %u of 1000, its share is %u\n", name, calls,
	    permille, fair);
	CHECK(calls >= ATTACKERS);
	CHECK(permille * 100 >= fair * PERCENT_KEPT);
}

static void all_alike(const struct attack *a, unsigned int weight)
{
	const struct attack *how[ATTACKERS] = { a, a, a };

	storm(how, a->name, weight);
}

void test_main(void)
{
	const unsigned int n = ARRAY_SIZE(attacks);
	u64 memory = free_pages();

	bind_to_cpu(0, 0);
	for (unsigned int i = 0; i < GUESTS; i++) {
		CHECK_EQ(domu_make_at(&guests[i], 0, alloc_pages(1)), 0);
		bind_to_cpu(guests[i].id, 1);
		CHECK_EQ(domu_start(&guests[i]), 0);
	}
	for (unsigned int i = 0; i < n; i++)
		all_alike(&attacks[i], WEIGHT);
	for (unsigned int i = 0; i + 2 < n; i += 3) {
		const struct attack *mixed[ATTACKERS] = {
			&attacks[i], &attacks[i + 1], &attacks[i + 2],
		};

		storm(mixed, "mixed", WEIGHT);
	}
	set_weight(&guests[HONEST], 2 * WEIGHT);
	all_alike(&attacks[0], 2 * WEIGHT);
	for (unsigned int i = 0; i < GUESTS; i++) {
		struct xen_domctl_getdomaininfo info;

		domu_unmap(&guests[i]);
		CHECK_EQ(domu_kill(&guests[i]), 0);
		while (domu_info(guests[i].id, &info))
			HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	CHECK(free_pages() + 16 >= memory);
}
