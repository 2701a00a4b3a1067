// SPDX-License-Identifier: GPL-2.0-only
/* Event channels from a guest's side: life cycle, delivery, limits. */
#include "guest.h"

const char *const test_name = "evtchn";

static int bind_ipi(void)
{
	struct evtchn_bind_ipi op = { .vcpu = 0 };
	long rc = HC(event_channel_op, EVTCHNOP_bind_ipi, &op, 0, 0, 0);

	return rc ? rc : (int)op.port;
}

static long close_port(unsigned int port)
{
	struct evtchn_close op = { .port = port };

	return HC(event_channel_op, EVTCHNOP_close, &op, 0, 0, 0);
}

static long send(unsigned int port)
{
	struct evtchn_send op = { .port = port };

	return HC(event_channel_op, EVTCHNOP_send, &op, 0, 0, 0);
}

static bool pending(unsigned int port)
{
	return shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void unmask(unsigned int port)
{
	struct evtchn_unmask op = { .port = port };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_unmask, &op, 0, 0, 0), 0);
}

static void delivery(void)
{
	int port = bind_ipi();

	CHECK(port > 0);
	shared_info->evtchn_mask[port / 64] |= 1UL << (port % 64);
	events_seen = 0;
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	CHECK_EQ(send(port), 0);
	CHECK(pending(port));
	CHECK_EQ(events_seen, 0);	/* masked: pending, not delivered */
	unmask(port);
	CHECK_EQ(events_seen, 1);
	shared_info->evtchn_pending[port / 64] &= ~(1UL << (port % 64));
	CHECK_EQ(send(port), 0);
	CHECK_EQ(events_seen, 2);
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	shared_info->evtchn_pending[port / 64] = 0;
	CHECK_EQ(send(port), 0);
	CHECK_EQ(events_seen, 2);
	CHECK(shared_info->vcpu_info[0].evtchn_upcall_pending);
	CHECK_EQ(close_port(port), 0);
	CHECK(close_port(port) < 0);
	CHECK(send(port) < 0);
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
}

static void virqs(void)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER, .vcpu = 0 };
	unsigned int port;

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0), 0);
	port = op.port;
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0), -17);
	op.virq = 24;
	CHECK(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0) < 0);
	op.virq = ~0U;
	CHECK(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0) < 0);
	op.virq = VIRQ_CONSOLE;
	op.vcpu = 4000;
	CHECK(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0) < 0);
	CHECK_EQ(close_port(port), 0);
}

/* A timer that is due already, and one that is to come, wake a blocked vCPU. */
static void timers(void)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 1 };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &op, 0, 0, 0), 0);
	CHECK_EQ(HC(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0, 0), 0);
	unmask(op.port);
	events_seen = 0;
	CHECK_EQ(HC(vcpu_op, VCPUOP_set_singleshot_timer, 0, &t, 0, 0), 0);
	CHECK_EQ(HC(sched_op, SCHEDOP_block, 0, 0, 0, 0), 0);
	CHECK(events_seen > 0);
	shared_info->evtchn_pending[op.port / 64] = 0;
	events_seen = 0;
	t.timeout_abs_ns = shared_info->vcpu_info[0].time.system_time + 20000000;
	CHECK_EQ(HC(vcpu_op, VCPUOP_set_singleshot_timer, 0, &t, 0, 0), 0);
	while (!events_seen)
		HC(sched_op, SCHEDOP_block, 0, 0, 0, 0);
	CHECK_EQ(events_seen, 1);
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	CHECK_EQ(close_port(op.port), 0);
}

/* All ports of the two-level format, then none left, then all again. */
static void limits(void)
{
	unsigned int round, n = 0;
	int port;

	for (round = 0; round < 2; round++) {
		unsigned int i;

		for (n = 0; n < 5000; n++) {
			port = bind_ipi();
			if (port < 0)
				break;
			if (port >= 4096)
				check_at(false, "port beyond the format", __FILE__, __LINE__);
		}
		CHECK(n >= 4000 && n < 4096);
		CHECK_EQ(port, -28);
		for (i = 1; i < 4096; i++)
			close_port(i);
	}
	CHECK(send(0) < 0);
	CHECK(send(4096) < 0);
	CHECK(send(~0U) < 0);
	CHECK(close_port(1 << 20) < 0);
}

static void bad_arguments(void)
{
	struct evtchn_alloc_unbound au = { .dom = 77, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bi = { .remote_dom = 12345, .remote_port = 1 };
	struct evtchn_bind_vcpu bv = { .port = 9, .vcpu = 1000 };
	struct evtchn_init_control ic = { .control_gfn = ~0UL, .offset = 0, .vcpu = 0 };
	struct evtchn_expand_array ea = { .array_gfn = 0 };

	CHECK(HC(event_channel_op, EVTCHNOP_alloc_unbound, &au, 0, 0, 0) < 0);
	CHECK(HC(event_channel_op, EVTCHNOP_bind_interdomain, &bi, 0, 0, 0) < 0);
	bi.remote_dom = DOMID_SELF;
	bi.remote_port = 4000000;
	CHECK(HC(event_channel_op, EVTCHNOP_bind_interdomain, &bi, 0, 0, 0) < 0);
	CHECK(HC(event_channel_op, EVTCHNOP_bind_vcpu, &bv, 0, 0, 0) < 0);
	CHECK(HC(event_channel_op, EVTCHNOP_init_control, &ic, 0, 0, 0) < 0);
	CHECK(HC(event_channel_op, EVTCHNOP_expand_array, &ea, 0, 0, 0) < 0);
	CHECK_EQ(HC(event_channel_op, 99, &ea, 0, 0, 0), -38);
}

/* Two ports of one guest, bound to each other. */
static void interdomain(void)
{
	struct evtchn_alloc_unbound au = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bi = { .remote_dom = DOMID_SELF };
	struct evtchn_status st = { .dom = DOMID_SELF };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_alloc_unbound, &au, 0, 0, 0), 0);
	bi.remote_port = au.port;
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_interdomain, &bi, 0, 0, 0), 0);
	CHECK(bi.local_port != au.port);
	CHECK_EQ(send(bi.local_port), 0);
	CHECK(pending(au.port));
	st.port = au.port;
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_status, &st, 0, 0, 0), 0);
	CHECK_EQ(st.status, EVTCHNSTAT_interdomain);
	CHECK(HC(event_channel_op, EVTCHNOP_bind_interdomain, &bi, 0, 0, 0) < 0);
	CHECK_EQ(close_port(bi.local_port), 0);
	CHECK_EQ(HC(event_channel_op, EVTCHNOP_status, &st, 0, 0, 0), 0);
	CHECK_EQ(st.status, EVTCHNSTAT_unbound);
	CHECK_EQ(close_port(au.port), 0);
}

void test_main(void)
{
	delivery();
	virqs();
	timers();
	interdomain();
	bad_arguments();
	limits();
}
