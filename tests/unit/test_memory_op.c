// SPDX-License-Identifier: GPL-2.0-only
/* Hypercall memory_op, by and for several domains. */
#include "memory_host.h"

#include <hv/vnuma.h>

#include "test.h"

/* Where in the guest's memory what is. */
#define ARG	0x1000UL
#define LIST	0x2000UL

static int setup(void **state)
{
	host_start();
	return 0;
}

static int teardown(void **state)
{
	host_check();
	host_stop();
	return 0;
}

static u64 *list(void)
{
	return (u64 *)guest_at(LIST);
}

/* Issue it, and issue it again as often as it asks for. */
static long memory_op(unsigned int cmd, const void *arg, size_t len)
{
	long rc;

	memcpy(guest_at(ARG), arg, len);
	rc = do_memory_op(cmd, ARG, 0, 0, 0);
	while (rc == -ERESTART) {
		assert_int_equal(continued.nr_args, 2);
		rc = do_memory_op(continued.args[0], continued.args[1], 0, 0, 0);
	}
	return rc;
}

#define OP(cmd, arg)	memory_op(XENMEM_##cmd, arg, sizeof(*(arg)))

static struct xen_memory_reservation extents(domid_t domid, unsigned long nr, unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .domid = domid,
	};

	r.extent_start.p = (void *)LIST;
	return r;
}

static long populate(domid_t domid, unsigned long nr, unsigned int order)
{
	struct xen_memory_reservation r = extents(domid, nr, order);

	for (unsigned long i = 0; i < nr; i++)
		list()[i] = 0x10000 + (i << order);
	return OP(populate_physmap, &r);
}

static void test_built_by_another(void **state)
{
	struct xen_memory_domain who = { .domid = 7 };
	struct xen_memory_reservation r;

	preempt = true;
	assert_int_equal(populate(7, 3, 9), 3);
	assert_int_equal(domains[2].tot_pages, 3 * 512);
	assert_int_equal(domains[0].tot_pages, 0);
	for (unsigned int i = 0; i < 3; i++) {
		unsigned long mfn = list()[i];

		assert_int_equal(mfn % 512, 0);
		assert_int_equal(mfn_to_page(_mfn(mfn + 511))->owner, 7);
		assert_int_equal(m2p_rw[mfn + 511], 0x10000 + i * 512 + 511);
	}
	assert_int_equal(OP(current_reservation, &who), 3 * 512);
	assert_int_equal(OP(maximum_reservation, &who), HOST_MAX_PAGES);
	/* As many as it may have, and not one more. */
	assert_int_equal(populate(7, 3, 9), 2);
	assert_int_equal(populate(7, 1, 13), 0);

	current = &vcpus[1];
	assert_int_equal(OP(current_reservation, &who), -EPERM);
	assert_int_equal(populate(7, 1, 0), -EPERM);
	assert_int_equal(populate(9, 1, 0), -ESRCH);
	assert_int_equal(populate(DOMID_SELF, 1, 0), 1);
	assert_int_equal(populate(1, 1, 0), 1);
	/* Frames of another's are not its to give up. */
	r = extents(DOMID_SELF, 1, 0);
	assert_int_equal(domains[1].tot_pages, 2);
	list()[0] = 0;
	for (unsigned long mfn = HOST_FIRST; !list()[0]; mfn++)
		if (mfn_to_page(_mfn(mfn))->owner == 7)
			list()[0] = mfn;
	assert_int_equal(OP(decrease_reservation, &r), 0);
	r.domid = 7;
	assert_int_equal(OP(decrease_reservation, &r), -EPERM);
	current = &vcpus[0];
	m2p_rw[list()[0]] = 5;
	assert_int_equal(OP(decrease_reservation, &r), 1);
	assert_int_equal(m2p_rw[list()[0]], M2P_INVALID);
	assert_int_equal(domains[2].tot_pages, 5 * 512 - 1);
}

static long claim(domid_t domid, unsigned long pages)
{
	struct xen_memory_reservation r = { .nr_extents = pages, .domid = domid };

	return OP(claim_pages, &r);
}

static void test_claims(void **state)
{
	struct xen_memory_reservation r = extents(7, 1, 0);
	unsigned long free = page_alloc_free_pages();

	domains[0].max_pages = domains[1].max_pages = domains[2].max_pages = 2 * free;
	assert_int_equal(OP(claim_pages, &r), -EINVAL);
	assert_int_equal(claim(8, 10), -EINVAL);
	assert_int_equal(claim(7, free + 1), -ENOMEM);
	assert_int_equal(claim(7, 2 * free + 1), -EINVAL);
	assert_int_equal(claim(7, free - 1024), 0);
	assert_int_equal(page_claims(), free - 1024);
	assert_int_equal(claim(7, free - 2000), -EINVAL);
	assert_int_equal(claim(1, 1025), -ENOMEM);
	assert_int_equal(claim(1, 24), 0);

	/* Others get what is beyond the claims; the claimant all. */
	current = &vcpus[1];
	assert_int_equal(claim(7, 0), -EPERM);
	assert_int_equal(populate(1, 1, 9), 1);
	current = &vcpus[0];
	assert_int_equal(domains[1].claimed_pages, 0);
	assert_int_equal(populate(0, 600, 0), 512);
	assert_null(hv_page_alloc(0));
	assert_int_equal(populate(7, 4, 9), 4);
	assert_int_equal(domains[2].claimed_pages, free - 1024 - 2048);
	assert_int_equal(page_claims(), domains[2].claimed_pages);
	assert_int_equal(claim(7, 0), 0);
	assert_int_equal(page_claims(), 0);
	/* In all, of which some are there. */
	assert_int_equal(claim(7, 2048), -EINVAL);
	assert_int_equal(claim(7, 2050), 0);
	assert_int_equal(page_claims(), 2);
	domains[2].dying = DOM_DYING;
	assert_int_equal(claim(7, 0), 0);
	assert_int_equal(claim(7, 4000), -EINVAL);
	for (unsigned int i = 0; i < HOST_DOMAINS; i++)
		domains[i].dying = DOM_ALIVE;
}

/* Take pages one at a time until @left are free; how often it was told. */
static unsigned int drain_to(unsigned long left)
{
	unsigned int before = nr_low;

	while (page_alloc_free_pages() > left)
		assert_int_equal(populate(7, 1, 0), 1);
	return nr_low - before;
}

/* Other tests may have brought the threshold down; from here on it halves. */
static void test_low_memory(void **state)
{
	domains[2].max_pages = page_alloc_free_pages();
	drain_to(2049);
	assert_int_equal(drain_to(1025), 1);
	assert_int_equal(drain_to(1024), 1);
	assert_int_equal(drain_to(513), 0);
	assert_int_equal(drain_to(512), 1);
}

static void test_memory_map(void **state)
{
	struct xen_foreign_memory_map fmap = { .domid = 7, .map = { .nr_entries = 3 } };
	struct xen_memory_map map = { .nr_entries = 128 };

	fmap.map.buffer.p = map.buffer.p = (void *)LIST;
	current = &vcpus[2];
	assert_int_equal(OP(memory_map, &map), -ENOSYS);
	assert_int_equal(OP(machine_memory_map, &map), -EPERM);
	current = &vcpus[1];
	assert_int_equal(OP(set_memory_map, &fmap), -EPERM);
	current = &vcpus[0];
	for (unsigned int i = 0; i < 3 * sizeof(struct e820_entry); i++)
		*guest_at(LIST + i) = i + 1;
	assert_int_equal(OP(set_memory_map, &fmap), 0);
	fmap.map.nr_entries = 1025;
	assert_int_equal(OP(set_memory_map, &fmap), -EINVAL);
	fmap.map.nr_entries = 2;
	fmap.map.buffer.p = (void *)8;
	assert_int_equal(OP(set_memory_map, &fmap), -EFAULT);

	memset(guest, 0, sizeof(guest));
	current = &vcpus[2];
	assert_int_equal(OP(memory_map, &map), 0);
	memcpy(&map, guest_at(ARG), sizeof(map));
	assert_int_equal(map.nr_entries, 3);
	for (unsigned int i = 0; i < 3 * sizeof(struct e820_entry); i++)
		assert_int_equal(*guest_at(LIST + i), i + 1);
	assert_int_equal(*guest_at(LIST + 60), 0);
	map.nr_entries = 2;
	memset(guest, 0, sizeof(guest));
	assert_int_equal(OP(memory_map, &map), 0);
	assert_int_equal(*guest_at(LIST + 39), 40);
	assert_int_equal(*guest_at(LIST + 40), 0);

	current = &vcpus[0];
	map.nr_entries = 1;
	assert_int_equal(OP(machine_memory_map, &map), -EINVAL);
	map.nr_entries = 128;
	assert_int_equal(OP(machine_memory_map, &map), 0);
	assert_memory_equal(guest_at(LIST), machine_e820.entry, 2 * sizeof(struct e820_entry));
	map.buffer.p = NULL;
	assert_int_equal(OP(machine_memory_map, &map), 0);
}

static long acquire(struct xen_mem_acquire_resource *res)
{
	long rc = memory_op(XENMEM_acquire_resource, res, sizeof(*res));

	memcpy(res, guest_at(ARG), sizeof(*res));
	return rc;
}

static void test_acquire_resource(void **state)
{
	const struct xen_mem_acquire_resource size = {
		.domid = 7, .type = XENMEM_resource_grant_table,
	};
	struct xen_mem_acquire_resource res = size;

	assert_int_equal(acquire(&res), 0);
	assert_int_equal(res.nr_frames, HOST_GRANTS);
	assert_int_equal(acquire(&res), -EINVAL);	/* frames, but no list */
	res.frame_list.p = (void *)LIST;
	preempt = true;
	assert_int_equal(acquire(&res), 0);
	for (unsigned int i = 0; i < HOST_GRANTS; i++)
		assert_int_equal(list()[i], 0x700 + i);
	res.frame = 1;
	assert_int_equal(acquire(&res), -EINVAL);
	res.nr_frames = HOST_GRANTS - 1;
	assert_int_equal(acquire(&res), 0);
	res.frame = ~0UL;
	assert_int_equal(acquire(&res), -EINVAL);
	res.frame = 0;
	res.nr_frames = 0;
	assert_int_equal(acquire(&res), -EINVAL);
	res.nr_frames = ~0U;
	assert_int_equal(acquire(&res), -EINVAL);
	res.nr_frames = 1;
	res.pad = 1;
	assert_int_equal(acquire(&res), -EINVAL);
	res.pad = 0;
	fail_copy = 2;
	assert_int_equal(do_memory_op(XENMEM_acquire_resource, ARG, 0, 0, 0), -EINVAL);
	fail_copy = 0;
	res.frame_list.p = (void *)16;
	assert_int_equal(acquire(&res), -EFAULT);

	res = size;
	res.id = XENMEM_resource_grant_table_id_status;
	assert_int_equal(acquire(&res), -EINVAL);
	res.id = 2;
	assert_int_equal(acquire(&res), -EINVAL);
	res = size;
	res.type = XENMEM_resource_ioreq_server;
	assert_int_equal(acquire(&res), -EINVAL);
	res = size;
	res.domid = DOMID_SELF;
	assert_int_equal(acquire(&res), -EPERM);
	res.domid = 9;
	assert_int_equal(acquire(&res), -ESRCH);
	current = &vcpus[1];
	res.domid = 7;
	assert_int_equal(acquire(&res), -EPERM);
}

static void test_exchange_for_another(void **state)
{
	struct xen_memory_exchange x = {
		.in = extents(7, 4, 0), .out = extents(7, 1, 2),
	};
	unsigned long frames[4];

	x.out.extent_start.p = (void *)(LIST + 64);
	assert_int_equal(populate(7, 4, 0), 4);
	memcpy(frames, list(), sizeof(frames));
	list()[8] = 0x4242;
	current = &vcpus[1];
	assert_int_equal(OP(exchange, &x), -EPERM);
	current = &vcpus[0];
	assert_int_equal(OP(exchange, &x), 0);
	assert_int_equal(list()[8] % 4, 0);
	assert_int_equal(m2p_rw[list()[8] + 3], 0x4245);
	assert_int_equal(mfn_to_page(_mfn(list()[8]))->owner, 7);
	assert_int_equal(domains[2].tot_pages, 4);
	/* One domain's frames into another's. */
	x.out.domid = 1;
	assert_int_equal(OP(exchange, &x), -EINVAL);
}

static void end_of_seven(void)
{
	domains[2].dying = DOM_DYING;
	while (domain_relinquish_memory(&domains[2]) == -ERESTART)
		;
	domains[2].dying = DOM_DEAD;
}

/* Its end passes by what is being exchanged; who puts that back takes it away. */
static void test_exchange_while_it_ends(void **state)
{
	struct xen_memory_exchange x = {
		.in = extents(7, 4, 0), .out = extents(7, 1, 2),
	};
	struct xen_memory_reservation one = extents(7, 1, 0);

	/* So that TLBs are flushed when frames are allocated. */
	assert_int_equal(populate(7, 1, 0), 1);
	assert_int_equal(OP(decrease_reservation, &one), 1);
	assert_int_equal(populate(7, 4, 0), 4);
	while_allocating = end_of_seven;
	assert_int_equal(OP(exchange, &x), -EINVAL);
	assert_null(while_allocating);
	assert_int_equal(domains[2].tot_pages, 0);
}

/* ---- Each allocation of each subcommand fails in turn ---- */

static long one_more(void)
{
	return populate(7, 1, 3) == 1 ? 0 : -ENOMEM;
}

static long many_more(void)
{
	long done = populate(7, 4, 0);

	/* As many extents as it says, and each is the domain's. */
	assert_true(done >= 0 && done <= 4);
	return done == 4 ? 0 : -ENOMEM;
}

static long more_of_our_own(void)
{
	struct xen_memory_reservation r = extents(DOMID_SELF, 2, 1);

	return OP(increase_reservation, &r) == 2 ? 0 : -ENOMEM;
}

static long set_a_map(void)
{
	struct xen_foreign_memory_map fmap = { .domid = 7, .map = { .nr_entries = 3 } };

	fmap.map.buffer.p = (void *)LIST;
	return OP(set_memory_map, &fmap);
}

static long get_a_map(void)
{
	struct xen_memory_map map = { .nr_entries = 128 };
	long rc;

	map.buffer.p = (void *)LIST;
	current = &vcpus[2];
	rc = OP(memory_map, &map);
	current = &vcpus[0];
	return rc;
}

static unsigned long exchanged[4];

static long exchange_some(void)
{
	struct xen_memory_exchange x = { .in = extents(7, 4, 0), .out = extents(7, 1, 2) };
	long rc;

	x.out.extent_start.p = (void *)(LIST + 64);
	memcpy(list(), exchanged, sizeof(exchanged));
	list()[8] = 0x4242;
	rc = OP(exchange, &x);
	if (rc)		/* what was taken came back */
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(mfn_to_page(_mfn(exchanged[i]))->owner, 7);
	return rc;
}

static void before_exchange(void)
{
	assert_int_equal(populate(7, 4, 0), 4);
	memcpy(exchanged, list(), sizeof(exchanged));
}

static void before_map(void)
{
	assert_int_equal(set_a_map(), 0);
}

static void test_failing_allocations(void **state)
{
	static const struct {
		void (*prepare)(void);
		long (*call)(void);
		bool part;	/* what was done by then is counted, and stays */
	} calls[] = {
		{ NULL, one_more, false }, { NULL, many_more, true },
		{ NULL, more_of_our_own, true }, { NULL, set_a_map, false },
		{ before_map, get_a_map, false }, { before_exchange, exchange_some, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned int n = 1;
		bool failed;

		do {
			long in_use, rc;

			host_stop();
			host_start();
			if (calls[i].prepare)
				calls[i].prepare();
			in_use = memory_in_use();
			fail_alloc = n++;
			rc = calls[i].call();
			failed = !fail_alloc;
			fail_alloc = 0;
			assert_int_equal(rc, failed ? -ENOMEM : 0);
			host_check();
			if (!failed)
				continue;
			if (!calls[i].part)
				assert_int_equal(memory_in_use(), in_use);
			assert_int_equal(calls[i].call(), 0);
		} while (failed);
		assert_true(n > 2);
	}
}

static void test_certain_errors(void **state)
{
	struct xen_add_to_physmap xatp = { .domid = 7 };
	struct xen_add_to_physmap_batch batch = { .domid = 7 };
	struct xen_remove_from_physmap rfp = { .domid = 7, .gpfn = HOST_FIRST };
	struct xen_pod_target pod = { .domid = 7 };
	struct xen_vnuma_topology_info vnuma = { .domid = 7 };
	struct xen_reserved_device_memory_map rdm = { .nr_entries = 9 };

	assert_int_equal(OP(add_to_physmap, &xatp), -EACCES);
	assert_int_equal(OP(add_to_physmap_batch, &batch), -EACCES);
	assert_int_equal(OP(remove_from_physmap, &rfp), -ENOENT);
	assert_int_equal(OP(set_pod_target, &pod), -EINVAL);
	assert_int_equal(OP(get_pod_target, &pod), -EINVAL);
	assert_int_equal(OP(get_vnumainfo, &vnuma), -EOPNOTSUPP);
	vnuma.pad = 1;
	assert_int_equal(OP(get_vnumainfo, &vnuma), -EINVAL);
	assert_int_equal(OP(reserved_device_memory_map, &rdm), 0);
	memcpy(&rdm, guest_at(ARG), sizeof(rdm));
	assert_int_equal(rdm.nr_entries, 0);
	rdm.flags = 2;
	assert_int_equal(OP(reserved_device_memory_map, &rdm), -EINVAL);
	assert_int_equal(do_memory_op(XENMEM_get_sharing_freed_pages, 0, 0, 0, 0), 0);
	assert_int_equal(do_memory_op(XENMEM_get_sharing_shared_pages, 0, 0, 0, 0), 0);
	assert_int_equal(do_memory_op(XENMEM_paging_op, ARG, 0, 0, 0), -ENOSYS);
	assert_int_equal(do_memory_op(29, ARG, 0, 0, 0), -ENOSYS);
	assert_int_equal(do_memory_op(XENMEM_maximum_ram_page, 0, 0, 0, 0), HOST_FRAMES);

	current = &vcpus[1];
	xatp.domid = 7;
	assert_int_equal(OP(add_to_physmap, &xatp), -EPERM);
	assert_int_equal(OP(remove_from_physmap, &rfp), -EPERM);
	pod.domid = 9;
	assert_int_equal(OP(set_pod_target, &pod), -ESRCH);
	for (unsigned int cmd = 0; cmd < 64; cmd++) {
		if (cmd == XENMEM_maximum_ram_page || cmd == XENMEM_get_sharing_freed_pages ||
		    cmd == XENMEM_get_sharing_shared_pages)
			continue;
		assert_true(do_memory_op(cmd, 8, 0, 0, 0) < 0);
	}
}

/* A frame that another maps is the dead domain's until the mapping goes. */
static void test_vnuma(void **state)
{
	static const u32 distance[] = { 10, 20, 20, 10 };
	struct xen_vnuma_topology_info info = { .domid = 7, .nr_vnodes = 2, .nr_vcpus = 2,
						.nr_vmemranges = 3 };
	struct vnuma *vn = calloc(1, sizeof(*vn) + 2 * sizeof(*vn->range) + 6 * sizeof(u32));
	u32 *room = (u32 *)guest_at(ARG + 0x400);

	vn->nr_nodes = vn->nr_ranges = vn->nr_vcpus = 2;
	vn->distance = (u32 *)&vn->range[2];
	vn->vcpu_node = vn->distance + 4;
	memcpy(vn->distance, distance, sizeof(distance));
	vn->vcpu_node[1] = 1;
	vn->range[1].nid = 1;
	domains[2].vnuma = vn;
	info.vdistance.h.p = (void *)(ARG + 0x400UL);
	info.vcpu_to_vnode.h.p = (void *)(ARG + 0x410UL);
	info.vmemrange.h.p = (void *)(ARG + 0x420UL);
	memset(room, 0xee, 0x60);
	assert_int_equal(OP(get_vnumainfo, &info), 0);
	assert_memory_equal(room, distance, sizeof(distance));
	assert_int_equal(room[5], 1);
	assert_int_equal(((struct xen_vmemrange *)(room + 8))[1].nid, 1);
	assert_int_equal(room[20], 0xeeeeeeee);	/* nothing behind what there is */
	memcpy(&info, guest_at(ARG), sizeof(info));
	assert_int_equal(info.nr_vmemranges, 2);

	/* No room for one of them: nothing is written, but how much it takes. */
	memset(room, 0xee, 0x60);
	info.nr_vcpus = 1;
	info.nr_vnodes = 99;
	assert_int_equal(OP(get_vnumainfo, &info), -ENOBUFS);
	assert_int_equal(room[0], 0xeeeeeeee);
	memcpy(&info, guest_at(ARG), sizeof(info));
	assert_int_equal(info.nr_vcpus, 2);
	assert_int_equal(info.nr_vnodes, 2);
	fail_copy = 3;
	assert_int_equal(OP(get_vnumainfo, &info), -EFAULT);
	fail_copy = 0;
	current = &vcpus[1];
	assert_int_equal(OP(get_vnumainfo, &info), -EPERM);
	domains[2].vnuma = NULL;
	free(vn);
}

static void test_mapped_while_it_dies(void **state)
{
	struct page_info *pg, *table;
	struct domain *d = &domains[2];

	assert_int_equal(populate(7, 3, 0), 3);
	pg = mfn_to_page(_mfn(list()[0]));
	table = mfn_to_page(_mfn(list()[1]));
	assert_int_equal(page_get_and_type(pg, 7, PT_WRITABLE), 0);
	/* A pinned table that maps itself. */
	*(unsigned long *)page_to_virt(table) = list()[1];
	assert_int_equal(page_pin(table, 7, PT_L1), 0);

	d->dying = DOM_DYING;
	while (domain_relinquish_memory(d) == -ERESTART)
		;
	run_page_softirq();
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(d->refcount, 2);
	assert_int_equal(populate(7, 1, 0), 0);
	assert_int_equal(pg->owner, 7);
	assert_true(page_get(pg, 7));
	page_put(pg);
	page_put_and_type(pg);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcount, 1);
	assert_false(page_get(pg, 7));
	d->dying = DOM_ALIVE;
}

/* Memory goes in rows; what others refer to, or was something else, is between them. */
static void test_rows_of_a_dying_domain(void **state)
{
	unsigned long free = page_alloc_free_pages();
	struct page_info *mapped, *was_writable, *was_table;
	struct domain *d = &domains[2];

	assert_int_equal(populate(7, 2, 5), 2);
	mapped = mfn_to_page(_mfn(list()[0] + 13));
	was_writable = mfn_to_page(_mfn(list()[0] + 14));
	was_table = mfn_to_page(_mfn(list()[1] + 31));
	assert_int_equal(page_get_and_type(was_writable, 7, PT_WRITABLE), 0);
	page_put_and_type(was_writable);
	assert_int_equal(page_get_and_type(was_table, 7, PT_L1), 0);
	assert_true(page_put_and_type(was_table));
	assert_true(page_get(mapped, 7));
	assert_false(page_take_last(mapped, 7));
	assert_false(page_take_last(was_table, 7));

	d->dying = DOM_DYING;
	while (domain_relinquish_memory(d) == -ERESTART)
		;
	run_page_softirq();
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(d->refcount, 2);
	assert_int_equal(page_alloc_free_pages(), free - 1);
	page_put(mapped);
	assert_int_equal(d->refcount, 1);
	assert_int_equal(page_alloc_free_pages(), free);
	d->dying = DOM_ALIVE;
}

/* So is a page of the hypervisor's that was shared with it. */
static void test_shared_page_mapped_while_it_dies(void **state)
{
	struct domain *d = &domains[2];
	void *page[2] = { hv_page_alloc(0), hv_page_alloc(0) };
	unsigned long free = page_alloc_free_pages();
	struct page_info *pg = virt_to_page(page[0]);

	for (unsigned int i = 0; i < 2; i++)
		hv_page_share(page[i], d, true);
	assert_int_equal(page_get_and_type(pg, 7, PT_WRITABLE), 0);
	for (unsigned int i = 0; i < 2; i++)
		hv_page_release(d, page[i]);
	assert_int_equal(d->refcount, 2);
	assert_int_equal(virt_to_page(page[1])->state, 0);
	/* A second mapping while there is a first; never as a table. */
	assert_int_equal(page_get_and_type(pg, 7, PT_WRITABLE), 0);
	assert_int_equal(page_pin(pg, 7, PT_L1), -EBUSY);
	page_put_and_type(pg);
	page_put_and_type(pg);
	assert_int_equal(d->refcount, 1);
	assert_int_equal(pg->owner, DOMID_XEN);
	assert_int_equal(page_get_and_type(pg, 7, PT_WRITABLE), -EINVAL);
	for (unsigned int i = 0; i < 2; i++)
		hv_page_free_shared(page[i]);
	assert_int_equal(page_alloc_free_pages(), free + 2);
	/* One that was never released, since nobody saw it. */
	page[0] = hv_page_alloc(0);
	hv_page_share(page[0], d, true);
	hv_page_free_shared(page[0]);
	assert_int_equal(page_alloc_free_pages(), free + 2);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_built_by_another),
		TEST(test_claims),
		TEST(test_low_memory),
		TEST(test_memory_map),
		TEST(test_acquire_resource),
		TEST(test_exchange_for_another),
		TEST(test_exchange_while_it_ends),
		TEST(test_failing_allocations),
		TEST(test_certain_errors),
		TEST(test_vnuma),
		TEST(test_mapped_while_it_dies),
		TEST(test_rows_of_a_dying_domain),
		TEST(test_shared_page_mapped_while_it_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
