// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two domains: what the one without privilege must not do to the other, what
 * the privileged one may, and that neither can keep or lose a page by dying.
 */
#include "domu.h"

const char *const test_name = "domains";

#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define RO		(PTE_P | PTE_A | PTE_US)
#define EPERM		(-1L)
#define ENOENT		(-2L)
#define ESRCH		(-3L)
#define EBUSY		(-16L)
#define EEXIST		(-17L)
#define EINVAL		(-22L)
#define NOBODY		77	/* a domain that is not there */

static u8 *page;		/* of ours, to map others' frames at */
static u64 page_pte;

static u64 data_va(unsigned int n)
{
	return DOMU_VA(DOMU_FIRST + n);
}

static u64 data_mfn(const struct domu *u, unsigned int n)
{
	return u->mfn[DOMU_FIRST + n];
}

static void start(struct domu *u)
{
	CHECK_EQ(domu_make(u, 0), 0);
	CHECK_EQ(domu_start(u), 0);
	CHECK_EQ(DOMU_HC(u, xen_version, XENVER_version, 0, 0, 0) >> 16, 4);
}

static bool is_gone(u16 id)
{
	struct xen_domctl_getdomaininfo info;

	for (unsigned int i = 0; i < 100; i++) {
		if (!domu_info(id, &info))
			return true;
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return false;
}

static void stop(struct domu *u)
{
	domu_unmap(u);
	CHECK_EQ(domu_kill(u), 0);
	CHECK(is_gone(u->id));
}

/* Frames of domain 0's, named in every way there is. */
static void foreign_frames(struct domu *u)
{
	u64 ours = virt_to_mfn(page);
	struct mmu_update req[2] = {
		{ .ptr = u->mfn[DOMU_L1] << 12 | MMU_NORMAL_PT_UPDATE, .val = 0 },
		{ .ptr = ours << 12 | MMU_MACHPHYS_UPDATE, .val = 1 },
	};
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = ours };
	struct mmuext_op clear = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = ours };
	static const u16 owners[] = { 0, DOMID_XEN, NOBODY, DOMID_SELF };
	static const long errors[] = { EPERM, EPERM, ESRCH, EINVAL };

	*(u64 *)page = 0x1234;
	for (unsigned int i = 0; i < ARRAY_SIZE(owners); i++) {
		CHECK_EQ(DOMU_HC(u, update_va_mapping_otherdomain, data_va(0), ours << 12 | RW,
				 UVMF_INVLPG, owners[i]), errors[i]);
		req[0].ptr = (u->mfn[DOMU_L1] << 12) + 8 * DOMU_FIRST;
		req[0].val = ours << 12 | RO;
		CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmu_update, 0, 1, 0, owners[i], 1, req,
				      sizeof(req[0])), errors[i]);
		CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmuext_op, 0, 1, 0, owners[i], 1, &pin,
				      sizeof(pin)), errors[i]);
		CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmuext_op, 0, 1, 0, owners[i], 1, &clear,
				      sizeof(clear)), errors[i]);
		CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmu_update, 0, 1, 0, owners[i], 1, &req[1],
				      sizeof(req[1])), errors[i]);
	}
	/* Nor our tables: the upper half names whose they are. */
	req[0].ptr = virt_to_mfn(pte_of(page)) << 12;
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF | 1 << 16, 1, req,
			      sizeof(req[0])), EPERM);
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF | (NOBODY + 1) << 16,
			      1, req, sizeof(req[0])), ESRCH);
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF, 1, req,
			      sizeof(req[0])), EINVAL);
	CHECK_EQ(*(u64 *)page, 0x1234);
	/* I/O memory. */
	CHECK_EQ(DOMU_HC(u, update_va_mapping, data_va(0), 0xb8000UL | RW, UVMF_INVLPG, 0), EPERM);
	CHECK_EQ(DOMU_HC(u, update_va_mapping_otherdomain, data_va(0), 0xb8000UL | RW,
			 UVMF_INVLPG, DOMID_IO), EPERM);
}

static void memory_calls(struct domu *u)
{
	static const unsigned int of_a_domain[] = {
		XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn,
		XENMEM_add_to_physmap, XENMEM_remove_from_physmap, XENMEM_set_memory_map,
		XENMEM_acquire_resource, XENMEM_get_vnumainfo,
	};
	struct {
		u16 domid;
		u8 rest[126];
	} raw = { .domid = 0 };
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = 0 };
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .domid = DOMID_SELF },
	};
	struct xen_memory_domain self = { .domid = DOMID_SELF };
	struct {
		struct xen_memory_exchange x;
		xen_pfn_t in, out;
	} ex;

	for (unsigned int i = 0; i < ARRAY_SIZE(of_a_domain); i++) {
		raw.domid = 0;
		CHECK_EQ(DOMU_OP(u, memory_op, of_a_domain[i], &raw), EPERM);
		raw.domid = NOBODY;
		CHECK_EQ(DOMU_OP(u, memory_op, of_a_domain[i], &raw), ESRCH);
	}
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_current_reservation, &self), DOMU_PAGES);

	r.extent_start.p = (void *)(DOMU_BUF + 512);
	((u64 *)u->mb->buffer)[64] = virt_to_mfn(page);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_populate_physmap, &r), EPERM);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_decrease_reservation, &r), EPERM);
	r.domid = DOMID_SELF;
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_decrease_reservation, &r), 0);
	r.extent_start.p = NULL;
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_claim_pages, &r), EPERM);
	CHECK_EQ(DOMU_HC(u, memory_op, XENMEM_machine_memory_map, DOMU_BUF, 0, 0), EPERM);

	/* Our frame for one of its own; its own while we map it; its own table. */
	x.in.extent_start.p = (void *)(DOMU_BUF + offsetof(typeof(ex), in));
	x.out.extent_start.p = (void *)(DOMU_BUF + offsetof(typeof(ex), out));
	ex.x = x;
	ex.out = 1;
	ex.in = virt_to_mfn(page);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_exchange, &ex), EINVAL);
	ex.in = u->mfn[DOMU_L2];
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_exchange, &ex), EBUSY);
	CHECK_EQ(DOMU_HC(u, update_va_mapping, data_va(0), 0, UVMF_INVLPG, 0), 0);
	CHECK_EQ(map_foreign(page, data_mfn(u, 0), u->id, RO), 0);
	ex.in = data_mfn(u, 0);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_exchange, &ex), EBUSY);
	window_close(page, page_pte);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_exchange, &ex), 0);
	u->mfn[DOMU_FIRST] = ex.out;
	CHECK_EQ(DOMU_HC(u, update_va_mapping, data_va(0), ex.out << 12 | RW, UVMF_INVLPG, 0), 0);
	CHECK_EQ(DOMU_OP(u, memory_op, XENMEM_current_reservation, &self), DOMU_PAGES);
}

static void control_calls(struct domu *u)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_pausedomain, .domain = 0,
				 .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	struct xen_sysctl sys = { .cmd = XEN_SYSCTL_physinfo,
				  .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	struct sched_remote_shutdown off = { .domain_id = 0, .reason = SHUTDOWN_crash };

	CHECK_EQ(domu_do_with(u, __HYPERVISOR_domctl, 0, 0, 0, 0, 1, &op, sizeof(op)), EPERM);
	op.cmd = XEN_DOMCTL_destroydomain;
	op.domain = u->id;
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_domctl, 0, 0, 0, 0, 1, &op, sizeof(op)), EPERM);
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_sysctl, 0, 0, 0, 0, 1, &sys, sizeof(sys)), EPERM);
	CHECK_EQ(DOMU_OP(u, sched_op, SCHEDOP_remote_shutdown, &off), EPERM);
	CHECK(DOMU_HC(u, platform_op, DOMU_BUF, 0, 0, 0) < 0);
}

/* ---- Events ---- */

static long evtchn(unsigned int cmd, void *op)
{
	return HC(event_channel_op, cmd, op, 0, 0, 0);
}

static long alloc_unbound(u16 dom, u16 remote, u32 *port)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
	long rc = evtchn(EVTCHNOP_alloc_unbound, &op);

	*port = op.port;
	return rc;
}

static int state(u16 dom, u32 port)
{
	struct evtchn_status op = { .dom = dom, .port = port };

	return evtchn(EVTCHNOP_status, &op) ? -1 : (int)op.status;
}

static bool take_pending(u32 port)
{
	volatile xen_ulong_t *word = &shared_info->evtchn_pending[port / 64];

	return __atomic_fetch_and(word, ~(1UL << port % 64), __ATOMIC_SEQ_CST) >> (port % 64) & 1;
}

static long domu_bind(struct domu *u, u16 dom, u32 remote_port, u32 *port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = dom, .remote_port = remote_port };
	long rc = DOMU_OP(u, event_channel_op, EVTCHNOP_bind_interdomain, &op);

	*port = op.local_port;
	return rc;
}

/* Returns the port that stays bound here. */
static u32 event_calls(struct domu *u)
{
	struct evtchn_alloc_unbound alloc = { .dom = 0, .remote_dom = u->id };
	struct evtchn_status st = { .dom = 0, .port = 1 };
	struct evtchn_bind_interdomain bind = { .remote_dom = u->id };
	struct evtchn_send send;
	struct evtchn_close close;
	struct evtchn_reset reset = { .dom = 0 };
	u32 ours, theirs, other, self;

	/* Ours, but for somebody else; ours, bound to nobody; none at all. */
	CHECK_EQ(alloc_unbound(DOMID_SELF, NOBODY, &other), 0);
	CHECK_EQ(alloc_unbound(DOMID_SELF, DOMID_SELF, &self), 0);
	CHECK_EQ(domu_bind(u, 0, other, &theirs), EINVAL);
	CHECK_EQ(domu_bind(u, 0, self, &theirs), EINVAL);
	CHECK_EQ(domu_bind(u, 0, 0, &theirs), EINVAL);
	CHECK_EQ(domu_bind(u, 0, ~0U, &theirs), EINVAL);
	CHECK_EQ(domu_bind(u, NOBODY, 1, &theirs), ESRCH);
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_alloc_unbound, &alloc), EPERM);
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_status, &st), EPERM);
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_reset, &reset), EPERM);
	CHECK_EQ(state(DOMID_SELF, other), EVTCHNSTAT_unbound);

	/* Made on its behalf, as the tools do for the store; bound here. */
	CHECK_EQ(alloc_unbound(u->id, 0, &theirs), 0);
	bind.remote_port = theirs;
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), 0);
	ours = bind.local_port;
	CHECK(take_pending(ours));
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), EINVAL);	/* taken */
	send.port = theirs;
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_send, &send), 0);
	CHECK(take_pending(ours));
	CHECK_EQ(state(u->id, theirs), EVTCHNSTAT_interdomain);

	/* Closed there it waits here, for the same domain; and the other way round. */
	close.port = theirs;
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_close, &close), 0);
	CHECK_EQ(DOMU_OP(u, event_channel_op, EVTCHNOP_close, &close), EINVAL);
	CHECK_EQ(state(DOMID_SELF, ours), EVTCHNSTAT_unbound);
	send.port = ours;
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0);
	CHECK_EQ(domu_bind(u, 0, ours, &theirs), 0);
	close.port = ours;
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0);
	CHECK_EQ(state(u->id, theirs), EVTCHNSTAT_unbound);
	bind.remote_port = theirs;
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), 0);
	close.port = other;
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0);
	close.port = self;
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0);
	/* Its limit. */
	for (u32 i = 0; i < 1100; i++)
		if (alloc_unbound(u->id, 0, &other))
			break;
	CHECK_EQ(alloc_unbound(u->id, 0, &other), -28);
	/* While it runs, its ports are its own. */
	reset.dom = u->id;
	CHECK_EQ(evtchn(EVTCHNOP_reset, &reset), EINVAL);
	return bind.local_port;
}

/* ---- Building another ---- */

/* An error costs its own entry, and the count tells which. */
static void error_per_entry(struct domu *u)
{
	u64 at = entry_machine_address(pte_of(page));
	struct mmu_update req[4] = {
		{ at, data_mfn(u, 1) << 12 | RO }, { at, data_mfn(u, 2) << 12 | RO },
		{ at, virt_to_mfn(pte_of(page)) << 12 | RO }, { at, data_mfn(u, 3) << 12 | RO },
	};
	u32 done = 99;

	CHECK_EQ(HC(mmu_update, req, 4, &done, u->id, 0), EINVAL);
	CHECK_EQ(done, 2);
	CHECK_EQ(*pte_of(page) & PTE_ADDR, data_mfn(u, 2) << 12);
	done = 99;
	CHECK_EQ(HC(mmu_update, &req[3], 1, &done, u->id, 0), 0);
	CHECK_EQ(done, 1);
	CHECK_EQ(HC(mmu_update, req, 1, &done, NOBODY, 0), ESRCH);
	CHECK_EQ(done, 0);
	window_close(page, page_pte);
}

/* A frame that one maps for writing is no table of the other's, and the other way round. */
static void types_across(struct domu *u)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = data_mfn(u, 1) };

	CHECK_EQ(map_foreign(page, u->mfn[DOMU_L1], u->id, RW), EBUSY);
	CHECK_EQ(map_foreign(page, u->mfn[DOMU_L1], u->id, RO), 0);
	CHECK_EQ(((u64 *)page)[DOMU_CODE] & PTE_ADDR, u->mfn[DOMU_CODE] << 12);

	CHECK_EQ(map_foreign(page, data_mfn(u, 1), u->id, RW), 0);
	CHECK_EQ(DOMU_HC(u, update_va_mapping, data_va(1), data_mfn(u, 1) << 12 | RO,
			 UVMF_INVLPG, 0), 0);
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmuext_op, 0, 1, 0, DOMID_SELF, 1, &op, sizeof(op)),
		 EBUSY);
	*(u64 *)page = 0x5151;
	CHECK_EQ(DOMU_HC(u, xen_version, 0, 0, 0, 0) >> 16, 4);
	CHECK_EQ(domu_do(u, DOMU_LOAD, data_va(1), 0, 0, 0, 0), 0x5151);
	*(u64 *)page = 0;
	window_close(page, page_pte);
	CHECK_EQ(domu_do_with(u, __HYPERVISOR_mmuext_op, 0, 1, 0, DOMID_SELF, 1, &op, sizeof(op)),
		 0);
	CHECK_EQ(map_foreign(page, data_mfn(u, 1), u->id, RW), EBUSY);
	op.cmd = MMUEXT_UNPIN_TABLE;
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, u->id, 0), 0);
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, u->id, 0), EINVAL);
	CHECK_EQ(map_foreign(page, data_mfn(u, 1), u->id, RW), 0);
	window_close(page, page_pte);
	/* Cleared and copied for it; the M2P written for it. */
	op.cmd = MMUEXT_CLEAR_PAGE;
	CHECK_EQ(domu_do(u, DOMU_STORE, data_va(2), 0x77, 0, 0, 0), 0);
	op.arg1.mfn = data_mfn(u, 2);
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, u->id, 0), 0);
	CHECK_EQ(domu_do(u, DOMU_LOAD, data_va(2), 0, 0, 0, 0), 0);
	op.arg1.mfn = u->mfn[DOMU_L1];
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, u->id, 0), EINVAL);
}

static void claims(struct domu *u)
{
	struct xen_memory_reservation r = { .nr_extents = DOMU_PAGES + 5, .domid = u->id };
	struct xen_domctl_getdomaininfo info;

	CHECK_EQ(HC(memory_op, XENMEM_claim_pages, &r, 0, 0, 0), 0);
	CHECK(domu_info(u->id, &info));
	CHECK_EQ(info.outstanding_pages, 5);
	CHECK_EQ(HC(memory_op, XENMEM_claim_pages, &r, 0, 0, 0), EINVAL);
	r.nr_extents = 0;
	CHECK_EQ(HC(memory_op, XENMEM_claim_pages, &r, 0, 0, 0), 0);
	r.nr_extents = ~0UL >> 20;
	CHECK_EQ(HC(memory_op, XENMEM_claim_pages, &r, 0, 0, 0), EINVAL);
}

/* ---- Time ---- */

static long set_tsc(const struct domu *u, u32 mode, u32 khz, u64 elapsed)
{
	struct xen_domctl op = { .u.tsc_info = {
		.tsc_mode = mode, .gtsc_khz = khz, .elapsed_nsec = elapsed, .incarnation = 6 } };

	return domctl(XEN_DOMCTL_settscinfo, u->id, &op);
}

/* What a guest reads leads by the formula of vcpu_time_info to the time that we have. */
static u64 their_time(struct domu *u, u64 tsc)
{
	struct xen_domctl_getdomaininfo info;
	struct vcpu_time_info t;
	u64 ns;

	CHECK(domu_info(u->id, &info));
	CHECK_EQ(map_foreign(page, info.shared_info_frame, u->id, RO), 0);
	t = ((struct shared_info *)page)->vcpu_info[0].time;
	window_close(page, page_pte);
	ns = tsc - t.tsc_timestamp;
	ns = t.tsc_shift < 0 ? ns >> -t.tsc_shift : ns << t.tsc_shift;
	return t.system_time + (u64)(((__uint128_t)ns * t.tsc_to_system_mul) >> 32);
}

/* A counter of 1 MHz that has counted for five seconds when the domain begins. */
static void emulated_tsc(void)
{
	const u64 start_ticks = 5000000;
	struct xen_domctl op = { 0 };
	u64 before, tsc, now, last = 0;
	struct domu u;

	CHECK_EQ(domu_make(&u, 0), 0);
	CHECK_EQ(set_tsc(&u, 3, 0, 0), EINVAL);
	CHECK_EQ(set_tsc(&u, 1, 10000001, 0), EINVAL);
	CHECK_EQ(set_tsc(&u, 1, 0, 1UL << 59), EINVAL);
	CHECK_EQ(set_tsc(&u, 1, 1000, 5000000000), 0);
	CHECK_EQ(domu_start(&u), 0);
	CHECK_EQ(set_tsc(&u, 1, 1000, 0), EBUSY);
	CHECK_EQ(set_tsc(&u, 2, 0, 0), EBUSY);
	for (unsigned int i = 0; i < 50; i++) {
		before = system_time();
		tsc = domu_do(&u, DOMU_RDTSC, 0, 0, 0, 0, 0);
		now = system_time();
		CHECK(tsc >= start_ticks && tsc < start_ticks + now / 1000);
		CHECK(tsc >= last);
		last = tsc;
		/* To a tick's precision. */
		CHECK(their_time(&u, tsc) + 2000 >= before);
		CHECK(their_time(&u, tsc) <= now + 2000);
	}
	CHECK_EQ(domctl(XEN_DOMCTL_gettscinfo, u.id, &op), 0);
	CHECK_EQ(op.u.tsc_info.tsc_mode, 1);
	CHECK_EQ(op.u.tsc_info.gtsc_khz, 1000);
	CHECK_EQ(op.u.tsc_info.incarnation, 7);
	CHECK(op.u.tsc_info.elapsed_nsec >= 5000000000 &&
	      op.u.tsc_info.elapsed_nsec <= 5000000000 + system_time());
	stop(&u);

	/* The machine's: also if its rate is said, as the tools do. */
	CHECK_EQ(domu_make(&u, 0), 0);
	CHECK_EQ(set_tsc(&u, 1, 1000, 0), 0);
	CHECK_EQ(set_tsc(&u, 0, 1000, 5000000000), 0);
	CHECK_EQ(domu_start(&u), 0);
	before = system_time();
	tsc = domu_do(&u, DOMU_RDTSC, 0, 0, 0, 0, 0);
	CHECK(their_time(&u, tsc) >= before && their_time(&u, tsc) <= system_time());
	CHECK_EQ(set_tsc(&u, 2, 0, 0), 0);
	CHECK_EQ(set_tsc(&u, 1, 0, 0), EBUSY);
	stop(&u);
}

/* ---- Dying ---- */

static void crashes_alone(void)
{
	struct xen_domctl_getdomaininfo info;
	struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC, .vcpu = 0 };
	struct evtchn_close close;
	struct domu u;

	CHECK_EQ(evtchn(EVTCHNOP_bind_virq, &virq), 0);
	take_pending(virq.port);
	start(&u);
	/* No handler for the page fault that this is. */
	CHECK_EQ(domu_do(&u, DOMU_LOAD, 0x40000000, 0, 0, 0, 0), -4000);
	CHECK(domu_info(u.id, &info));
	CHECK(info.flags & XEN_DOMINF_shutdown);
	CHECK_EQ(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_crash);
	CHECK(take_pending(virq.port));
	stop(&u);
	CHECK(take_pending(virq.port));
	close.port = virq.port;
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0);
}

/* Map its frames and let it die: what is mapped stays as it is until it no longer is. */
static void dies_while_mapped(void)
{
	struct xen_mem_acquire_resource res = {
		.type = XENMEM_resource_grant_table, .nr_frames = 1,
	};
	struct xen_domctl_getdomaininfo info;
	u8 *grant = alloc_pages(1), *shared = alloc_pages(1);
	u64 grant_pte = *pte_of(grant), shared_pte = *pte_of(shared);
	u64 before = free_pages();
	xen_pfn_t frame;
	struct domu u;
	u32 port;

	start(&u);
	CHECK_EQ(domu_do(&u, DOMU_STORE, data_va(3), 0xabcdef, 0, 0, 0), 0);
	CHECK_EQ(map_foreign(page, data_mfn(&u, 3), u.id, RW), 0);
	res.domid = u.id;
	set_xen_guest_handle(res.frame_list, &frame);
	CHECK_EQ(HC(memory_op, XENMEM_acquire_resource, &res, 0, 0, 0), 0);
	CHECK_EQ(map_foreign(grant, frame, u.id, RW), 0);
	CHECK(domu_info(u.id, &info));
	CHECK_EQ(map_foreign(shared, info.shared_info_frame, u.id, RW), 0);
	domu_unmap(&u);

	CHECK_EQ(domu_kill(&u), 0);
	CHECK_EQ(domu_kill(&u), 0);
	CHECK(domu_info(u.id, &info));
	CHECK(info.flags & XEN_DOMINF_dying);
	CHECK_EQ(info.tot_pages, 1);
	CHECK_EQ(*(u64 *)page, 0xabcdef);
	*(u64 *)page = 1;
	*(u64 *)grant = 2;
	*(u64 *)shared = 3;
	/* Nothing new for it. */
	CHECK_EQ(alloc_unbound(u.id, 0, &port), EINVAL);
	CHECK_EQ(domu_make(&u, u.id), EEXIST);

	window_close(page, page_pte);
	CHECK(domu_info(u.id, &info));
	CHECK_EQ(info.tot_pages, 0);
	CHECK_EQ(map_foreign(page, data_mfn(&u, 3), u.id, RO), EINVAL);
	window_close(grant, grant_pte);
	CHECK(domu_info(u.id, &info));
	window_close(shared, shared_pte);
	CHECK(is_gone(u.id));
	CHECK_EQ(free_pages(), before);
}

/* Tables pinned from outside, mapped in circles, half built: all must go. */
static void dies_half_built(void)
{
	u64 before = free_pages();
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE };
	struct mmu_update self;
	struct domu u;

	CHECK_EQ(domu_make(&u, 0), 0);
	domu_unmap(&u);
	/* A data page that is a pinned L1 table and maps itself. */
	CHECK_EQ(map_foreign(page, u.mfn[DOMU_L1], u.id, RO), 0);
	window_close(page, page_pte);
	self.ptr = (u.mfn[DOMU_L1] << 12) + 8 * (DOMU_FIRST + 1);
	self.val = data_mfn(&u, 1) << 12 | RO;
	CHECK_EQ(HC(mmu_update, &self, 1, 0, u.id | (u.id + 1) << 16, 0), 0);
	op.arg1.mfn = data_mfn(&u, 1);
	CHECK_EQ(HC(mmuext_op, &op, 1, 0, u.id, 0), 0);
	self.ptr = data_mfn(&u, 1) << 12;
	CHECK_EQ(HC(mmu_update, &self, 1, 0, u.id | (u.id + 1) << 16, 0), 0);
	CHECK_EQ(domu_kill(&u), 0);
	CHECK(is_gone(u.id));
	CHECK_EQ(free_pages(), before);
}

void test_main(void)
{
	struct xen_domctl op = { 0 };
	struct evtchn_close close;
	struct domu u;
	u64 before;

	page = alloc_pages(1);
	page_pte = *pte_of(page);
	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, 0, &op), EINVAL);
	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, NOBODY, &op), ESRCH);
	/* The allocator of small objects keeps what a first domain needed. */
	start(&u);
	stop(&u);
	before = free_pages();

	start(&u);
	foreign_frames(&u);
	memory_calls(&u);
	control_calls(&u);
	close.port = event_calls(&u);
	error_per_entry(&u);
	types_across(&u);
	claims(&u);
	stop(&u);
	CHECK_EQ(state(DOMID_SELF, close.port), EVTCHNSTAT_unbound);
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0);
	CHECK_EQ(free_pages(), before);

	emulated_tsc();
	crashes_alone();
	dies_while_mapped();
	dies_half_built();
	CHECK_EQ(free_pages(), before);
}
