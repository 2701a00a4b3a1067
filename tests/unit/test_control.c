// SPDX-License-Identifier: GPL-2.0-only
/* hypervisor/control/: who may call what, the life of a domain, sets and lists. */
#include "control_host.h"

#include <hv/vnuma.h>

#include "test.h"

#define OP_VA	(HOST_VA + 0x100)
#define BUF_VA	(HOST_VA + 0x1000)

static void *at(unsigned long va)
{
	return host_memory + (va - HOST_VA);
}

static long domctl(struct xen_domctl *op)
{
	long rc;

	if (!op->interface_version)
		op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	memcpy(at(OP_VA), op, sizeof(*op));
	do {
		continued = 0;
		rc = do_domctl(OP_VA, 0, 0, 0, 0);
	} while (continued);
	memcpy(op, at(OP_VA), sizeof(*op));
	return rc;
}

static long sysctl(struct xen_sysctl *op)
{
	long rc;

	if (!op->interface_version)
		op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	memcpy(at(OP_VA), op, sizeof(*op));
	rc = do_sysctl(OP_VA, 0, 0, 0, 0);
	memcpy(op, at(OP_VA), sizeof(*op));
	return rc;
}

static long simple(u32 cmd, domid_t domid)
{
	struct xen_domctl op = { .cmd = cmd, .domain = domid };

	return domctl(&op);
}

static struct xen_domctl creation(void)
{
	return (struct xen_domctl){
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = 2,
			.max_grant_frames = -1,
			.max_maptrack_frames = -1,
			.grant_opts = 1,
		},
	};
}

static int setup(void **state)
{
	host_start();
	return 0;
}

static int teardown(void **state)
{
	host_stop();
	return 0;
}

/* Every number, whatever the version, whatever domain: nothing for whoever has no right. */
static void others_may_do_nothing(void **state)
{
	current = host_domains[1]->vcpu[0];
	for (u32 cmd = 0; cmd < 1100; cmd++) {
		struct xen_domctl op = { .cmd = cmd, .domain = 1 };
		struct xen_sysctl sop = { .cmd = cmd };

		assert_int_equal(domctl(&op), -EPERM);
		op.interface_version = 0x17;
		assert_int_equal(domctl(&op), -EPERM);
		op.interface_version = 0x99;
		assert_int_equal(domctl(&op), -EPERM);
		assert_int_equal(sysctl(&sop), -EPERM);
	}
	assert_int_equal(keys_run, 0);
	/* The store's domain may look, and no more. */
	current->domain->config.xenstore = true;
	for (u32 cmd = 0; cmd < 1100; cmd++) {
		struct xen_domctl op = { .cmd = cmd, .domain = 1 };
		struct xen_sysctl sop = { .cmd = cmd };

		sop.u.getdomaininfolist.max_domains = 0;
		assert_int_equal(domctl(&op), cmd == XEN_DOMCTL_getdomaininfo ? 0 : -EPERM);
		assert_int_equal(sysctl(&sop), cmd == XEN_SYSCTL_getdomaininfolist ? 0 : -EPERM);
	}
}

static void versions_and_pointers(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 0x16 };
	struct xen_sysctl sop = { .cmd = XEN_SYSCTL_physinfo, .interface_version = 0x14 };

	assert_int_equal(domctl(&op), -EACCES);
	assert_int_equal(sysctl(&sop), -EACCES);
	assert_int_equal(do_domctl(0, 0, 0, 0, 0), -EFAULT);
	assert_int_equal(do_domctl(HOST_VA + HOST_BYTES - 8, 0, 0, 0, 0), -EFAULT);
	assert_int_equal(do_sysctl(~0UL, 0, 0, 0, 0), -EFAULT);
	assert_int_equal(simple(0, 0), -ENOSYS);
	assert_int_equal(simple(90, 0), -ENOSYS);
	assert_int_equal(simple(XEN_DOMCTL_gdbsx_domstatus, 0), -ENOSYS);
	assert_int_equal(simple(~0U, 0), -ENOSYS);
	assert_int_equal(simple(XEN_DOMCTL_max_mem, 5), -ESRCH);
	assert_int_equal(simple(XEN_DOMCTL_max_mem, DOMID_SELF), -ESRCH);
	assert_int_equal(simple(XEN_DOMCTL_max_mem, DOMID_INVALID), -ESRCH);
	/* One at a time: the other is issued again. */
	assert_true(control_begin());
	assert_false(control_begin());
	memset(at(OP_VA), 0, sizeof(op));
	((struct xen_domctl *)at(OP_VA))->cmd = XEN_DOMCTL_get_address_size;
	((struct xen_domctl *)at(OP_VA))->interface_version = 0x15;
	assert_int_equal(do_domctl(OP_VA, 0, 0, 0, 0), -ERESTART);
	assert_int_equal(continued, 1);
	control_end();
	assert_int_equal(do_domctl(OP_VA, 0, 0, 0, 0), 0);
}

static void creating(void **state)
{
	struct xen_domctl op;
	domid_t first;

	for (u32 version = 0x15; version <= 0x17; version += 2) {
		struct domctl_createdomain_4_20 c;

		op = creation();
		op.interface_version = version;
		if (version == 0x17) {
			memset(&c, 0, sizeof(c));
			memcpy(&c, &op.u, CREATEDOMAIN_SAME);
			memcpy(&op.u, &c, sizeof(c));
		}
		assert_int_equal(domctl(&op), 0);
		first = op.domain;
		assert_true(first > 1);
		assert_int_equal(host_domains[2]->config.max_grant_frames, 64);
		assert_int_equal(host_domains[2]->config.max_maptrack_frames, 1024);
		assert_false(host_domains[2]->is_privileged);
		assert_int_equal(host_domains[2]->controller_pauses, 1);
		assert_int_equal(simple(XEN_DOMCTL_destroydomain, first), 0);
		assert_null(host_domains[2]);
		assert_int_equal(simple(XEN_DOMCTL_destroydomain, first), -ESRCH);
		/* An id is not used again at once. */
		op = creation();
		assert_int_equal(domctl(&op), 0);
		assert_int_not_equal(op.domain, first);
		assert_int_equal(simple(XEN_DOMCTL_destroydomain, op.domain), 0);
	}
	op = creation();
	op.domain = 1;
	assert_int_equal(domctl(&op), -EEXIST);
	assert_int_equal(simple(XEN_DOMCTL_destroydomain, 0), -EINVAL);
}

#define REFUSED(what) do {					\
		struct xen_domctl op = creation();		\
								\
		op.u.createdomain.what;				\
		assert_int_equal(domctl(&op), -EINVAL);		\
	} while (0)

static void not_creating(void **state)
{
	for (unsigned int bit = 0; bit < 32; bit++)
		if (BIT(bit) & ~(u64)(XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_oos_off |
				      XEN_DOMCTL_CDF_xs_domain))
			REFUSED(flags = 1U << bit);
	REFUSED(iommu_opts = 1);
	REFUSED(vmtrace_size = 4096);
	REFUSED(cpupool_id = 1);
	REFUSED(max_vcpus = 0);
	REFUSED(max_vcpus = MAX_VCPUS + 1);
	REFUSED(max_grant_frames = 0);
	REFUSED(max_grant_frames = 65);
	REFUSED(max_maptrack_frames = 1025);
	opts.gnttab_max_frames = 32;
	REFUSED(max_grant_frames = 33);
	opts.gnttab_max_frames = 64;
	opts.gnttab_max_version = 1;
	REFUSED(grant_opts = 2);
	opts.gnttab_max_version = 2;
	REFUSED(grant_opts = 0);
	REFUSED(grant_opts = 3);
	REFUSED(grant_opts = 0x11);
	REFUSED(arch.emulation_flags = 1);
	REFUSED(arch.misc_flags = 2);
}

static long set_vnuma(u32 nodes, u32 ranges, u32 vcpus, unsigned long va)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvnumainfo, .domain = 1 };
	struct xen_domctl_vnuma *u = &op.u.vnuma;

	u->nr_vnodes = nodes;
	u->nr_vmemranges = ranges;
	u->nr_vcpus = vcpus;
	u->vdistance.p = (void *)va;
	u->vcpu_to_vnode.p = (void *)(va + 0x400);
	u->vnode_to_pnode.p = (void *)(va + 0x800);
	u->vmemrange.p = (void *)(va + 0xc00);
	return domctl(&op);
}

static void nodes_of_memory(void **state)
{
	const u32 vcpus = host_domains[1]->max_vcpus;
	u32 *distance = at(BUF_VA), *node = at(BUF_VA + 0x400), *machine = at(BUF_VA + 0x800);
	struct xen_vmemrange *range = at(BUF_VA + 0xc00);

	distance[0] = distance[3] = 10;
	distance[1] = distance[2] = 20;
	node[0] = 1;
	range[1] = (struct xen_vmemrange){ .start = 4096, .end = 8192, .nid = 1 };
	assert_int_equal(set_vnuma(0, 2, vcpus, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(33, 2, vcpus, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(~0U, 2, vcpus, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(2, 129, vcpus, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(2, ~0U, vcpus, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(2, 2, vcpus + 1, BUF_VA), -EINVAL);
	assert_int_equal(set_vnuma(2, 2, vcpus, 0), -EFAULT);
	fail_alloc = 1;
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -ENOMEM);
	fail_alloc = 0;
	/* A node that is not there, in each of the lists; flags that nobody knows. */
	node[0] = 2;
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -EINVAL);
	node[0] = 1;
	range[1].nid = 2;
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -EINVAL);
	range[1].nid = 1;
	range[1].flags = 1;
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -EINVAL);
	range[1].flags = 0;
	machine[0] = 1;
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -EINVAL);
	machine[0] = 0;
	assert_null(host_domains[1]->vnuma);

	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), 0);
	assert_int_equal(host_domains[1]->vnuma->distance[1], 20);
	assert_int_equal(host_domains[1]->vnuma->vcpu_node[0], 1);
	assert_int_equal(host_domains[1]->vnuma->range[1].end, 8192);
	assert_int_equal(set_vnuma(2, 2, vcpus, BUF_VA), -EEXIST);
}

static long tsc_info(struct xen_domctl *op, u32 mode, u32 khz, u64 elapsed)
{
	*op = (struct xen_domctl){ .cmd = XEN_DOMCTL_settscinfo, .domain = 1 };
	op->u.tsc_info.tsc_mode = mode;
	op->u.tsc_info.gtsc_khz = khz;
	op->u.tsc_info.elapsed_nsec = elapsed;
	op->u.tsc_info.incarnation = 3;
	return domctl(op);
}

static void modes_of_the_tsc(void **state)
{
	struct domain *d = host_domains[1];
	struct xen_domctl op;

	d->created = false;
	assert_int_equal(tsc_info(&op, 3, 0, 0), -EINVAL);
	assert_int_equal(tsc_info(&op, ~0U, 0, 0), -EINVAL);
	assert_int_equal(tsc_info(&op, 1, 10000001, 0), -EINVAL);
	assert_int_equal(tsc_info(&op, 1, ~0U, ~0UL), -EINVAL);
	assert_int_equal(tsc_info(&op, 1, 0, 1UL << 59), -EINVAL);
	assert_int_equal(tsc_info(&op, 1, 0, 0), 0);
	assert_int_equal(d->arch.vtsc.khz, tsc_khz);
	assert_int_equal(tsc_info(&op, 1, 1500000, 77), 0);
	assert_int_equal(d->arch.vtsc.khz, 1500000);
	op.cmd = XEN_DOMCTL_gettscinfo;
	assert_int_equal(domctl(&op), 0);
	assert_int_equal(op.u.tsc_info.tsc_mode, 1);
	assert_int_equal(op.u.tsc_info.gtsc_khz, 1500000);
	assert_int_equal(op.u.tsc_info.incarnation, 4);
	assert_int_equal(op.u.tsc_info.elapsed_nsec, 1000000 - 400000 + 77);
	/* What other modes say of a rate does not matter; nothing is emulated. */
	assert_int_equal(tsc_info(&op, 2, ~0U, ~0UL), 0);
	assert_int_equal(d->arch.vtsc.khz, 0);
	d->created = true;
	assert_int_equal(tsc_info(&op, 0, 1, 1), 0);
	assert_int_equal(tsc_info(&op, 1, 0, 0), -EBUSY);
	d->tsc_mode = 1;
	assert_int_equal(tsc_info(&op, 0, 0, 0), -EBUSY);
	d->tsc_mode = 0;
}

static void pausing_is_counted(void **state)
{
	struct domain *d = host_domains[1];

	assert_int_equal(simple(XEN_DOMCTL_pausedomain, 0), -EINVAL);
	assert_int_equal(simple(XEN_DOMCTL_unpausedomain, 1), -EINVAL);
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(simple(XEN_DOMCTL_pausedomain, 1), 0);
	assert_int_equal(simple(XEN_DOMCTL_pausedomain, 1), -EOVERFLOW);
	for (unsigned int i = 0; i < 254; i++)
		assert_int_equal(simple(XEN_DOMCTL_unpausedomain, 1), 0);
	assert_false(d->created);
	assert_int_equal(simple(XEN_DOMCTL_unpausedomain, 1), 0);
	assert_true(d->created);
	assert_int_equal(d->pause_count, 0);
}

static void looking(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = 1 };
	struct xen_sysctl sop = { .cmd = XEN_SYSCTL_getdomaininfolist };
	struct xen_domctl_getdomaininfo *list = at(BUF_VA);

	host_domains[1]->max_pages = ~0UL;
	host_domains[1]->vcpu[0]->pause_flags = BIT(VPF_BLOCKED);
	host_domains[1]->sched.pool = 3;
	assert_int_equal(domctl(&op), 0);
	assert_true(op.u.getdomaininfo.max_pages == ~0U);
	assert_int_equal(op.u.getdomaininfo.flags & 0xffff, XEN_DOMINF_blocked);
	assert_int_equal(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & 255, 255);
	assert_int_equal(op.u.getdomaininfo.nr_online_vcpus, 1);
	assert_int_equal(op.u.getdomaininfo.cpupool, 3);
	host_domains[1]->is_shut_down = true;
	host_domains[1]->shutdown_code = 3;
	assert_int_equal(domctl(&op), 0);
	assert_int_equal(op.u.getdomaininfo.flags,
			 XEN_DOMINF_blocked | XEN_DOMINF_shutdown | 3 << 16);
	op.domain = 2;
	assert_int_equal(domctl(&op), -ESRCH);
	op.domain = DOMID_FIRST_RESERVED;
	assert_int_equal(domctl(&op), -EINVAL);

	sop.u.getdomaininfolist.max_domains = 8;
	sop.u.getdomaininfolist.buffer.p = (void *)BUF_VA;
	assert_int_equal(sysctl(&sop), 0);
	assert_int_equal(sop.u.getdomaininfolist.num_domains, 2);
	assert_int_equal(list[0].domain, 0);
	assert_int_equal(list[1].domain, 1);
	sop.u.getdomaininfolist.max_domains = 1;
	sop.u.getdomaininfolist.first_domain = 1;
	assert_int_equal(sysctl(&sop), 0);
	assert_int_equal(list[0].domain, 1);
	sop.u.getdomaininfolist.buffer.p = (void *)8UL;
	assert_int_equal(sysctl(&sop), -EFAULT);
}

/* No byte of the caller's set stays as it was, none beyond is touched. */
static void sets_of_bits(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 300, 4096 };
	unsigned long map[4], back[4];

	memset(map, 0xff, sizeof(map));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct xenctl_bitmap b = { .bitmap.p = (void *)BUF_VA, .nr_bits = sizes[i] };
		u8 *bytes = at(BUF_VA);
		unsigned int nr = DIV_ROUND_UP(sizes[i], 8);

		memset(bytes, 0xa5, 1024);
		assert_int_equal(ctl_bitmap_write(&b, map, 256), 0);
		for (unsigned int bit = 0; bit < nr * 8; bit++)
			assert_int_equal(bytes[bit / 8] >> (bit % 8) & 1,
					 bit < min(sizes[i], 256U));
		assert_int_equal(bytes[nr], 0xa5);
		memset(bytes, 0xff, nr + 1);
		assert_int_equal(ctl_bitmap_read(back, 256, &b), 0);
		for (unsigned int bit = 0; bit < 256; bit++)
			assert_int_equal(back[bit / 64] >> (bit % 64) & 1, bit < sizes[i]);
	}
	assert_int_equal(ctl_bitmap_write(&(struct xenctl_bitmap){ .nr_bits = ~0U }, map, 256),
			 -EINVAL);
	assert_int_equal(ctl_bitmap_read(back, 256, &(struct xenctl_bitmap){ .nr_bits = 8 }),
			 -EFAULT);
}

static long permit(u32 cmd, u64 first, u64 nr, bool allow)
{
	struct xen_domctl op = { .cmd = cmd, .domain = 1 };

	if (cmd == XEN_DOMCTL_iomem_permission) {
		op.u.iomem_permission.first_mfn = first;
		op.u.iomem_permission.nr_mfns = nr;
		op.u.iomem_permission.allow_access = allow;
	} else {
		op.u.ioport_permission.first_port = first;
		op.u.ioport_permission.nr_ports = nr;
		op.u.ioport_permission.allow_access = allow;
	}
	return domctl(&op);
}

/* Nobody gives what he has not. */
static void permissions(void **state)
{
	struct domain *d = host_domains[1];

	assert_int_equal(permit(XEN_DOMCTL_iomem_permission, 0xfe000, 16, true), 0);
	assert_true(rangeset_contains(&d->access.iomem, 0xfe000, 0xfe00f));
	assert_true(domain_has_devices(d));
	assert_int_equal(permit(XEN_DOMCTL_iomem_permission, 0xfffff, 2, true), -EPERM);
	assert_int_equal(permit(XEN_DOMCTL_iomem_permission, 5, 0, true), -EINVAL);
	assert_int_equal(permit(XEN_DOMCTL_iomem_permission, ~0UL, 2, true), -EINVAL);
	assert_int_equal(permit(XEN_DOMCTL_iomem_permission, 0xfe000, 16, false), 0);
	assert_false(domain_has_devices(d));
	assert_int_equal(permit(XEN_DOMCTL_ioport_permission, 0x3f8, 8, true), 0);
	assert_int_equal(permit(XEN_DOMCTL_ioport_permission, 0xffff, 2, true), -EINVAL);
	assert_int_equal(permit(XEN_DOMCTL_ioport_permission, 1, ~0U, true), -EINVAL);
	rangeset_remove(&current->domain->access.ioports, 0x60, 0x60);
	assert_int_equal(permit(XEN_DOMCTL_ioport_permission, 0x5f, 2, true), -EPERM);
}

/* Whatever fails for want of memory leaves nothing behind: host_stop() looks. */
static void without_memory(void **state)
{
	struct vcpu_guest_context *c = at(BUF_VA);
	struct xen_domctl op;

	for (unsigned long n = 1; n < 4; n++) {
		op = (struct xen_domctl){ .cmd = XEN_DOMCTL_setvcpucontext, .domain = 1 };
		op.u.vcpucontext.ctxt.p = (void *)BUF_VA;
		fail_alloc = n;
		assert_int_equal(domctl(&op), n == 1 ? -ENOMEM : 0);
		op.cmd = XEN_DOMCTL_getvcpucontext;
		fail_alloc = n;
		assert_int_equal(domctl(&op), n == 1 ? -ENODATA : 0);
		op = (struct xen_domctl){ .cmd = XEN_DOMCTL_set_cpu_policy, .domain = 1 };
		fail_alloc = n;
		assert_int_equal(domctl(&op), n == 1 ? -ENOMEM : 0);
		fail_alloc = 0;
	}
	c->user_regs.rip = 1;
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_setvcpucontext, .domain = 1 };
	op.u.vcpucontext.ctxt.p = (void *)BUF_VA;
	assert_int_equal(domctl(&op), -EINVAL);
	op.domain = 0;
	assert_int_equal(domctl(&op), -EINVAL);
}

/* It has begun to end, and was not ended yet: nothing more is to be had. */
static void nothing_for_the_dying(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpucontext, .domain = 1 };

	host_domains[1]->dying = DOM_DYING;
	op.u.vcpucontext.ctxt.p = (void *)BUF_VA;
	assert_int_equal(domctl(&op), -EINVAL);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus, .domain = 1 };
	op.u.max_vcpus.max = 1;
	assert_int_equal(domctl(&op), -EINVAL);
	host_domains[1]->dying = DOM_DEAD;
	assert_int_equal(simple(XEN_DOMCTL_getdomaininfo, 1), 0);
	assert_null(host_domains[1]);
}

static long pool(struct xen_sysctl *op, u32 cmd)
{
	op->cmd = XEN_SYSCTL_cpupool_op;
	op->u.cpupool_op.op = cmd;
	return sysctl(op);
}

static long hotplug(u32 cpu, u32 what)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_cpu_hotplug };

	op.u.cpu_hotplug.cpu = cpu;
	op.u.cpu_hotplug.op = what;
	return sysctl(&op);
}

/* What takes a while is issued again, with what was chosen the first time. */
static void pools_and_cpus(void **state)
{
	struct xen_sysctl op = { 0 };

	op.u.cpupool_op.cpupool_id = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	op.u.cpupool_op.sched_id = XEN_SCHEDULER_CREDIT2;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_CREATE), 0);
	assert_int_equal(op.u.cpupool_op.cpupool_id, 1);
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_INFO), -ENOENT);
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_DESTROY), -ENOENT);
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_ADDCPU), -ENOENT);
	assert_int_equal(pool(&op, 99), -ENOSYS);

	op.u.cpupool_op.cpupool_id = 0;
	op.u.cpupool_op.cpu = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	busy_calls = 2;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU), -ERESTART);
	assert_int_equal(op.u.cpupool_op.cpu, 3);
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU), -ERESTART);
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU), 0);
	assert_int_equal(continued, 2);
	op.u.cpupool_op.cpu = 9;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU), -EINVAL);

	op.u.cpupool_op.domid = 1;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN), 0);
	op.u.cpupool_op.cpupool_id = 1;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN), -ENOENT);
	op.u.cpupool_op.domid = 0;	/* the caller's own */
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN), -EINVAL);
	op.u.cpupool_op.domid = 5;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN), -ESRCH);
	op.u.cpupool_op.domid = DOMID_SELF;
	assert_int_equal(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN), -ESRCH);

	busy_calls = 1;
	assert_int_equal(hotplug(3, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE), -ERESTART);
	assert_int_equal(hotplug(3, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE), 0);
	assert_int_equal(hotplug(0, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE), -EINVAL);
	assert_int_equal(hotplug(3, XEN_SYSCTL_CPU_HOTPLUG_ONLINE), 0);
	assert_int_equal(hotplug(0, XEN_SYSCTL_CPU_HOTPLUG_ONLINE), -EEXIST);
	assert_int_equal(hotplug(0, XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE), -EOPNOTSUPP);
	assert_int_equal(hotplug(1, 99), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(others_may_do_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(versions_and_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(creating, setup, teardown),
		cmocka_unit_test_setup_teardown(not_creating, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_of_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(modes_of_the_tsc, setup, teardown),
		cmocka_unit_test_setup_teardown(pausing_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(looking, setup, teardown),
		cmocka_unit_test_setup_teardown(sets_of_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(permissions, setup, teardown),
		cmocka_unit_test_setup_teardown(without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_for_the_dying, setup, teardown),
		cmocka_unit_test_setup_teardown(pools_and_cpus, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
