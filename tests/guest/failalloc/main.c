// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of each hypercall fails in turn. What the call did by then must
 * be undone: an error comes out, as much memory is in use as before, the same call
 * succeeds afterwards, and when all of it is taken back nothing is left.
 *
 * Needs a hypervisor with CONFIG_HV_FAIL_ALLOC, started with fail-alloc.
 */
#include "domu.h"

const char *const test_name = "failalloc";

#define FAIL_ALLOC	55
#define ARM		0
#define IN_USE		1
#define ENOMEM		(-12L)
#define ENOSYS		(-38L)
#define ATTEMPTS	200
#define RW		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define GRANT_FRAMES	8
#define AHCI		0xfa	/* of the chip set: 0000:00:1f.2 */

/* One call. Names of what it needs first, and of what takes all of it back. */
struct step {
	const char *name;
	void (*prepare)(void);
	long (*call)(void);	/* 0 or an error */
	void (*undo)(void);
	bool of_guest;		/* made by the other domain, not by us */
	bool keeps;		/* what was made by then stays with its domain, and is used later */
	bool may_do_without;	/* it has another way */
};

static struct domu guest;
static u8 *room, *window;
static u64 window_pte;

static long in_use(void)
{
	return hypercall5(FAIL_ALLOC, IN_USE, 0, 0, 0, 0);
}

static long arm(const struct step *s, unsigned int n)
{
	return hypercall5(FAIL_ALLOC, ARM, s->of_guest ? guest.id : DOMID_SELF, n, 0, 0);
}

/* A domain that died goes when CPUs have come round. */
static long settled(long want)
{
	for (unsigned int i = 0; i < 1000 && in_use() != want; i++)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	return in_use();
}

/* Its @n-th allocation fails. False if it makes fewer. */
static bool fails_at(const struct step *s, unsigned int n)
{
	long before = in_use(), ready, rc, left;

	if (s->prepare)
		s->prepare();
	ready = in_use();
	arm(s, n);
	rc = s->call();
	left = arm(s, 0);
	if (left || (s->may_do_without && !rc)) {
		CHECK_EQ(rc, 0);
	} else {
		CHECK(rc < 0);
		if (!s->keeps)
			CHECK_EQ(settled(ready), ready);
		CHECK_EQ(s->call(), 0);
	}
	if (s->undo)
		s->undo();
	CHECK_EQ(settled(before), before);
	return !left;
}

static void run(const struct step *s)
{
	unsigned int n = 1;

	/* Once as it is, so that what lasts is there. */
	if (s->prepare)
		s->prepare();
	CHECK_EQ(s->call(), 0);
	if (s->undo)
		s->undo();
	while (n < ATTEMPTS && fails_at(s, n))
		n++;
	say("%s: %u allocations\n", s->name, n - 1);
	CHECK(n > 1 && n < ATTEMPTS);
}

/* ---- Domains ---- */

#define VICTIM	50

static long make_domain(void)
{
	struct xen_domctl op = {
		.u.createdomain = {
			.max_vcpus = 40,
			.max_evtchn_port = 1023,
			.max_grant_frames = GRANT_FRAMES,
			.max_maptrack_frames = 4,
			.grant_opts = 2,
		},
	};

	return domctl(XEN_DOMCTL_createdomain, VICTIM, &op);
}

static void new_domain(void)
{
	CHECK_EQ(make_domain(), 0);
}

static void end_victim(void)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_getdomaininfo info;

	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, VICTIM, &op), 0);
	while (domu_info(VICTIM, &info))
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static long make_vcpus(void)
{
	struct xen_domctl op = { .u.max_vcpus.max = 40 };

	return domctl(XEN_DOMCTL_max_vcpus, VICTIM, &op);
}

static void domain_with_vcpus(void)
{
	new_domain();
	CHECK_EQ(make_vcpus(), 0);
}

static long permit(unsigned int cmd)
{
	struct xen_domctl op = { 0 };

	switch (cmd) {
	case XEN_DOMCTL_iomem_permission:
		op.u.iomem_permission.first_mfn = 0xa0;
		op.u.iomem_permission.nr_mfns = 4;
		op.u.iomem_permission.allow_access = 1;
		break;
	case XEN_DOMCTL_ioport_permission:
		op.u.ioport_permission.first_port = 0x300;
		op.u.ioport_permission.nr_ports = 4;
		op.u.ioport_permission.allow_access = 1;
		break;
	case XEN_DOMCTL_irq_permission:
		op.u.irq_permission.pirq = 1;
		op.u.irq_permission.allow_access = 1;
		break;
	}
	return domctl(cmd, VICTIM, &op);
}

static long permit_memory(void)
{
	return permit(XEN_DOMCTL_iomem_permission);
}

static long permit_ports(void)
{
	return permit(XEN_DOMCTL_ioport_permission);
}

static void permit_irq_first(void)
{
	struct physdev_map_pirq op = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI,
				       .index = 1, .pirq = 1 };

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_map_pirq, &op, 0, 0, 0), 0);
	new_domain();
}

static long permit_irq(void)
{
	return permit(XEN_DOMCTL_irq_permission);
}

static void end_irq_victim(void)
{
	struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = 1 };

	end_victim();
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_unmap_pirq, &op, 0, 0, 0), 0);
}

static u32 nr_leaves;

static long get_policy(void)
{
	struct xen_sysctl op = { 0 };
	long rc;

	op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
	op.u.cpu_policy.leaves.p = (void *)room;
	op.u.cpu_policy.nr_leaves = 8 * PAGE_SIZE / sizeof(xen_cpuid_leaf_t);
	rc = sysctl(XEN_SYSCTL_get_cpu_policy, &op);
	if (!rc)
		nr_leaves = op.u.cpu_policy.nr_leaves;
	return rc;
}

static long get_domain_policy(void)
{
	struct xen_domctl op = { 0 };

	op.u.cpu_policy.leaves.p = (void *)room;
	op.u.cpu_policy.nr_leaves = 8 * PAGE_SIZE / sizeof(xen_cpuid_leaf_t);
	return domctl(XEN_DOMCTL_get_cpu_policy, VICTIM, &op);
}

static long set_domain_policy(void)
{
	struct xen_domctl op = { 0 };

	op.u.cpu_policy.leaves.p = (void *)room;
	op.u.cpu_policy.nr_leaves = nr_leaves;
	return domctl(XEN_DOMCTL_set_cpu_policy, VICTIM, &op);
}

static long populate_one(u16 domid)
{
	static xen_pfn_t frame;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = domid };
	long rc;

	frame = 0;
	set_xen_guest_handle(r.extent_start, &frame);
	rc = HC(memory_op, XENMEM_populate_physmap, &r, 0, 0, 0);
	return rc == 1 ? 0 : ENOMEM;
}

static void domain_with_limit(void)
{
	struct xen_domctl op = { .u.max_mem.max_memkb = 64 };

	new_domain();
	CHECK_EQ(domctl(XEN_DOMCTL_max_mem, VICTIM, &op), 0);
}

static long populate(void)
{
	return populate_one(VICTIM);
}

static long set_map(void)
{
	static struct e820 {
		u64 addr, size;
		u32 type;
	} __attribute__((packed)) map = { 0, 64 << 20, 1 };
	struct xen_foreign_memory_map op = { .domid = VICTIM, .map.nr_entries = 1 };

	set_xen_guest_handle(op.map.buffer, (void *)&map);
	return HC(memory_op, XENMEM_set_memory_map, &op, 0, 0, 0);
}

static long acquire_table(void)
{
	static xen_pfn_t frames[2];
	struct xen_mem_acquire_resource op = {
		.domid = VICTIM, .type = XENMEM_resource_grant_table, .nr_frames = 1, .frame = 1,
	};

	set_xen_guest_handle(op.frame_list, frames);
	return HC(memory_op, XENMEM_acquire_resource, &op, 0, 0, 0);
}

static long setup_table(void)
{
	static u64 list[GRANT_FRAMES];
	struct gnttab_setup_table op = { .dom = VICTIM, .nr_frames = GRANT_FRAMES };

	set_xen_guest_handle(op.frame_list, list);
	return HC(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0) ?: op.status;
}

static long alloc_port(void)
{
	struct evtchn_alloc_unbound op = { .dom = VICTIM, .remote_dom = DOMID_SELF };

	return HC(event_channel_op, EVTCHNOP_alloc_unbound, &op, 0, 0, 0);
}

/* The next port is the first for which there is no room yet. */
static void domain_with_ports(void)
{
	static unsigned int first_ports;
	long before;

	if (!first_ports) {
		new_domain();
		before = in_use();
		while (in_use() == before && !alloc_port())
			first_ports++;
		end_victim();
	}
	new_domain();
	for (unsigned int i = 1; i < first_ports; i++)
		CHECK_EQ(alloc_port(), 0);
}

/* ---- A guest that runs: what it asks for itself ---- */

static void run_guest(void)
{
	CHECK_EQ(domu_make(&guest, 0), 0);
	CHECK_EQ(domu_start(&guest), 0);
	CHECK_EQ(DOMU_HC(&guest, xen_version, XENVER_version, 0, 0, 0) >> 16, 4);
}

static void end_guest(void)
{
	struct xen_domctl_getdomaininfo info;

	domu_unmap(&guest);
	CHECK_EQ(domu_kill(&guest), 0);
	while (domu_info(guest.id, &info))
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static long fifo_control(void)
{
	struct evtchn_init_control op = { .control_gfn = guest.mfn[DOMU_FIRST], .vcpu = 0 };

	return DOMU_OP(&guest, event_channel_op, EVTCHNOP_init_control, &op);
}

static long exchange(void)
{
	struct {
		struct xen_memory_exchange x;
		xen_pfn_t in, out;
	} ex = {
		.x = {
			.in = { .nr_extents = 1, .domid = DOMID_SELF },
			.out = { .nr_extents = 1, .domid = DOMID_SELF },
		},
		.in = guest.mfn[DOMU_FIRST + 1],
		.out = 1,
	};
	long rc;

	ex.x.in.extent_start.p = (void *)(DOMU_BUF + offsetof(typeof(ex), in));
	ex.x.out.extent_start.p = (void *)(DOMU_BUF + offsetof(typeof(ex), out));
	rc = DOMU_OP(&guest, memory_op, XENMEM_exchange, &ex);
	if (!rc)
		guest.mfn[DOMU_FIRST + 1] = ex.out;
	return rc;
}

static void guest_with_unmapped(void)
{
	run_guest();
	CHECK_EQ(DOMU_HC(&guest, update_va_mapping, DOMU_VA(DOMU_FIRST + 1), 0, UVMF_INVLPG, 0), 0);
}

static long version_two(void)
{
	struct gnttab_set_version op = { .version = 2 };

	return domu_do_with(&guest, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, 0, 1, 0, 2,
			    &op, sizeof(op));
}

/* We grant; it maps by its first handle. */
static void grant_to_guest(void)
{
	static struct grant_entry_v1 *entries;
	static u64 frame;
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };

	if (!entries) {
		set_xen_guest_handle(op.frame_list, &frame);
		CHECK_EQ(HC(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0), 0);
		entries = alloc_pages(1);
		CHECK_EQ(remap(entries, frame << 12 | RW, UVMF_INVLPG), 0);
	}
	guest_with_unmapped();
	entries[9].domid = guest.id;
	entries[9].frame = virt_to_mfn(window);
	entries[9].flags = GTF_permit_access;
}

static u32 handle;

static long map_grant(void)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = DOMU_VA(DOMU_FIRST + 1), .flags = GNTMAP_host_map, .ref = 9, .dom = 0,
	};
	long rc = domu_do_with(&guest, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, 0, 1, 0,
			       2, &op, sizeof(op));

	handle = op.handle;
	return rc ?: op.status;
}

static void unmap_grant(void)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = DOMU_VA(DOMU_FIRST + 1), .handle = handle,
	};

	CHECK_EQ(domu_do_with(&guest, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, 0, 1,
			      0, 2, &op, sizeof(op)), 0);
	CHECK_EQ(op.status, 0);
	end_guest();
}

static struct vcpu_guest_context ctxt;

static long get_context(void)
{
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctxt);
	return domctl(XEN_DOMCTL_getvcpucontext, guest.id, &op);
}

static void paused_guest(void)
{
	CHECK_EQ(domu_make(&guest, 0), 0);
	CHECK_EQ(get_context(), 0);
}

static long set_context(void)
{
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctxt);
	return domctl(XEN_DOMCTL_setvcpucontext, guest.id, &op);
}

static u64 xstate_size;

static long get_xstate(void)
{
	struct xen_domctl op = { 0 };
	long rc;

	rc = domctl(XEN_DOMCTL_getvcpuextstate, guest.id, &op);
	if (rc)
		return rc;
	xstate_size = op.u.vcpuextstate.size;
	op.u.vcpuextstate.buffer.p = (void *)room;
	return domctl(XEN_DOMCTL_getvcpuextstate, guest.id, &op);
}

static void guest_with_xstate(void)
{
	paused_guest();
	CHECK_EQ(get_xstate(), 0);
}

static long set_xstate(void)
{
	struct xen_domctl op = { 0 };

	op.u.vcpuextstate.buffer.p = (void *)room;
	op.u.vcpuextstate.size = xstate_size;
	return domctl(XEN_DOMCTL_setvcpuextstate, guest.id, &op);
}

static long vcpu_initialise(void)
{
	memset(&ctxt, 0, sizeof(ctxt));
	/* Its context is refused; that it was copied is what matters. */
	return HC(vcpu_op, VCPUOP_initialise, 0, &ctxt, 0, 0) == -17 ? 0 : ENOMEM;
}

/* ---- Devices and interrupts ---- */

static long add_device(void)
{
	struct physdev_pci_device_add op = { .bus = 0, .devfn = AHCI };

	return HC(physdev_op, PHYSDEVOP_pci_device_add, &op, 0, 0, 0);
}

static void remove_device(void)
{
	struct physdev_pci_device op = { .bus = 0, .devfn = AHCI };

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_pci_device_remove, &op, 0, 0, 0), 0);
}

static void device(void)
{
	CHECK_EQ(add_device(), 0);
}

static long map_msi(void)
{
	struct physdev_map_pirq op = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG,
				       .index = -1, .pirq = -1, .bus = 0, .devfn = AHCI };

	return HC(physdev_op, PHYSDEVOP_map_pirq, &op, 0, 0, 0);
}

static u32 pirq_port;

static void line(void)
{
	struct physdev_map_pirq op = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI,
				       .index = 1, .pirq = 1 };

	CHECK_EQ(HC(physdev_op, PHYSDEVOP_map_pirq, &op, 0, 0, 0), 0);
}

static long bind_pirq(void)
{
	struct evtchn_bind_pirq op = { .pirq = 1 };
	long rc = HC(event_channel_op, EVTCHNOP_bind_pirq, &op, 0, 0, 0);

	pirq_port = op.port;
	return rc;
}

static void unbind_pirq(void)
{
	struct evtchn_close op = { .port = pirq_port };
	struct physdev_unmap_pirq un = { .domid = DOMID_SELF, .pirq = 1 };

	CHECK_EQ(HC(event_channel_op, EVTCHNOP_close, &op, 0, 0, 0), 0);
	CHECK_EQ(HC(physdev_op, PHYSDEVOP_unmap_pirq, &un, 0, 0, 0), 0);
}

static const struct step steps[] = {
	{ .name = "createdomain", .call = make_domain, .undo = end_victim },
	{ .name = "max_vcpus", .prepare = new_domain, .call = make_vcpus,
	  .undo = end_victim, .keeps = true },
	{ .name = "iomem_permission", .prepare = new_domain, .call = permit_memory,
	  .undo = end_victim },
	{ .name = "ioport_permission", .prepare = new_domain, .call = permit_ports,
	  .undo = end_victim },
	{ .name = "irq_permission", .prepare = permit_irq_first, .call = permit_irq,
	  .undo = end_irq_victim },
	{ .name = "sysctl get_cpu_policy", .call = get_policy },
	{ .name = "get_cpu_policy", .prepare = new_domain, .call = get_domain_policy,
	  .undo = end_victim },
	{ .name = "set_cpu_policy", .prepare = domain_with_vcpus, .call = set_domain_policy,
	  .undo = end_victim },
	{ .name = "populate_physmap", .prepare = domain_with_limit, .call = populate,
	  .undo = end_victim },
	{ .name = "set_memory_map", .prepare = new_domain, .call = set_map,
	  .undo = end_victim },
	{ .name = "acquire_resource", .prepare = new_domain, .call = acquire_table,
	  .undo = end_victim },
	{ .name = "setup_table", .prepare = new_domain, .call = setup_table,
	  .undo = end_victim, .keeps = true },
	{ .name = "alloc_unbound", .prepare = domain_with_ports, .call = alloc_port,
	  .undo = end_victim },
	{ .name = "init_control", .prepare = run_guest, .call = fifo_control,
	  .undo = end_guest, .of_guest = true },
	{ .name = "exchange", .prepare = guest_with_unmapped, .call = exchange,
	  .undo = end_guest, .of_guest = true },
	{ .name = "set_version", .prepare = run_guest, .call = version_two,
	  .undo = end_guest, .of_guest = true, .keeps = true },
	{ .name = "map_grant_ref", .prepare = grant_to_guest, .call = map_grant,
	  .undo = unmap_grant, .of_guest = true },
	{ .name = "getvcpucontext", .prepare = paused_guest, .call = get_context,
	  .undo = end_guest },
	{ .name = "setvcpucontext", .prepare = paused_guest, .call = set_context,
	  .undo = end_guest },
	{ .name = "setvcpuextstate", .prepare = guest_with_xstate, .call = set_xstate,
	  .undo = end_guest },
	{ .name = "initialise", .call = vcpu_initialise },
	{ .name = "pci_device_add", .call = add_device, .undo = remove_device },
	{ .name = "map_pirq", .prepare = device, .call = map_msi,
	  .undo = remove_device, .keeps = true },
	{ .name = "bind_pirq", .prepare = line, .call = bind_pirq, .undo = unbind_pirq },
};

void test_main(void)
{
	if (in_use() == ENOSYS) {
		say("TEST %s: SKIP the hypervisor was built without HV_FAIL_ALLOC\n", test_name);
		return;
	}
	CHECK_EQ(hypercall5(FAIL_ALLOC, 77, 0, 0, 0, 0), -22);
	CHECK_EQ(hypercall5(FAIL_ALLOC, ARM, VICTIM, 1, 0, 0), -3);
	room = alloc_pages(8);
	window = alloc_pages(1);
	window_pte = *pte_of(window);
	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
		run(&steps[i]);
	CHECK_EQ(*pte_of(window), window_pte);
}
