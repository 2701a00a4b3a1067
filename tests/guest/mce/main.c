// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks, put into the banks of both CPUs by QEMU's monitor: corrected
 * ones are found by looking, others come as exceptions; both are domain 0's to
 * fetch, once.
 */
#include "guest.h"

#include <xen/arch-x86/xen-mca.h>

const char *const test_name = "mce";

#define VALID_EN	0x9000000000000000UL	/* and enabled */
#define ADDR_MISC	0x0c00000000000000UL
#define UC_S		0x2100000000000000UL	/* uncorrected, signalled */

static struct mc_info info;
static u32 port;

static struct xen_mc op;

static u32 fetch(u32 flags, u64 id)
{
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_MC_fetch;
	op.interface_version = XEN_MCA_INTERFACE_VERSION;
	op.u.mc_fetch.flags = flags;
	op.u.mc_fetch.fetch_id = id;
	set_xen_guest_handle(op.u.mc_fetch.data, &info);
	CHECK_EQ(HC(mca, &op, 0, 0, 0, 0), 0);
	return op.u.mc_fetch.flags;
}

static bool told(void)
{
	volatile xen_ulong_t *word = &shared_info->evtchn_pending[port / 64];

	return __atomic_fetch_and(word, ~(1UL << port % 64), __ATOMIC_SEQ_CST) >> port % 64 & 1;
}

static void inject(unsigned int cpu, unsigned int bank, u64 status, u64 mcg_status, u64 addr)
{
	say("MONITOR: mce %u %u 0x%lx 0x%lx 0x%lx 0x8c\n", cpu, bank, status, mcg_status, addr);
}

/* It comes, is what was put there, and is there once. */
static void expect(u32 kind, unsigned int bank, u64 status, u64 addr, unsigned int apic_id)
{
	const struct mcinfo_global *g = (void *)info.mi_data;
	const struct mcinfo_bank *b = (void *)((char *)info.mi_data + sizeof(*g));
	u64 id;

	while (!told())
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	CHECK_EQ(fetch(kind, 0), XEN_MC_OK);
	id = op.u.mc_fetch.fetch_id;
	CHECK_EQ(info.mi_nentries, 2);
	CHECK_EQ(g->common.type, MC_TYPE_GLOBAL);
	CHECK_EQ(g->mc_apicid, apic_id);
	CHECK_EQ(b->common.type, MC_TYPE_BANK);
	CHECK_EQ(b->mc_bank, bank);
	CHECK_EQ(b->mc_status, status);
	CHECK_EQ(b->mc_addr, addr);
	CHECK_EQ(b->mc_misc, 0x8c);
	fetch(kind | XEN_MC_ACK, id);
	CHECK_EQ(fetch(kind, 0), XEN_MC_NODATA);
}

void test_main(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_MCA };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_bind_virq, &bind, 0, 0, 0), 0);
	port = bind.port;
	CHECK_EQ(fetch(XEN_MC_NONURGENT, 0), XEN_MC_NODATA);
	CHECK_EQ(fetch(XEN_MC_URGENT, 0), XEN_MC_NODATA);
	told();

	for (unsigned int round = 0; round < 2; round++) {
		unsigned int cpu = round & 1;
		u64 status = VALID_EN | ADDR_MISC | 0x10 | round;

		inject(cpu, 2 + round, status, 0, 0x1234000 + round);
		expect(XEN_MC_NONURGENT, 2 + round, status, 0x1234000 + round, cpu);
		CHECK_EQ(fetch(XEN_MC_URGENT, 0), XEN_MC_NODATA);
	}
	/* One that software may put off; twice, so it must have been ended. */
	for (unsigned int round = 0; round < 2; round++) {
		u64 status = VALID_EN | ADDR_MISC | UC_S | 0xcf;

		inject(round, 5, status, 5, 0x2345000);
		expect(XEN_MC_URGENT, 5, status, 0x2345000, round);
	}
}
