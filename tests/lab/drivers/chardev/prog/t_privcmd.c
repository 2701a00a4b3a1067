// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/privcmd and /dev/xen/hypercall, with a paused guest to map.
 *
 *	t_privcmd DOMID DOM0 TYPE
 *
 * DOM0 is pv or pvh, this domain's mode: an auto-translated one has no PRIVCMD_MMAP.
 * TYPE is the guest's, pv or pvh; a PV guest must have room for 6 MiB more.
 */
#define _GNU_SOURCE
#include "t.h"

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/version.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sys/privcmd.h>

#define NO_DOMAIN	0x7ff1
#define BIG		1500		/* frames; the driver works in smaller chunks */

static int fd;
static domid_t dom;
static bool translated;

/* Frames of the guest and one that it has not; a PV guest's are anywhere in the machine. */
#define CHUNK_ORDER	9
#define CHUNK		(1UL << CHUNK_ORDER)
static bool pv;
#define CHUNKS		(BIG / CHUNK + 1)
static xen_pfn_t chunks[CHUNKS];
static xen_pfn_t hole = 0x80000;	/* it has far less than 2 GiB */

static xen_pfn_t frame(unsigned int i)
{
	return pv ? chunks[i / CHUNK] + i % CHUNK : 0x1000 + i;
}

static uint8_t *area(unsigned long nr)
{
	uint8_t *m = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	need(m != MAP_FAILED, "mmap of privcmd");
	return m;
}

static long hypercall(int f, uint64_t op, uint64_t a, uint64_t b)
{
	privcmd_hypercall_t call = { .op = op, .arg = { a, b } };

	return ioctl(f, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static int batch_v2(int f, domid_t d, void *addr, unsigned int nr, const xen_pfn_t *gfn, int *err)
{
	privcmd_mmapbatch_v2_t m = {
		.num = nr, .dom = d, .addr = (uintptr_t)addr, .arr = gfn, .err = err,
	};

	return ioctl(f, IOCTL_PRIVCMD_MMAPBATCH_V2, &m);
}

static int batch_v1(domid_t d, void *addr, int nr, xen_pfn_t *gfn)
{
	privcmd_mmapbatch_t m = { .num = nr, .dom = d, .addr = (uintptr_t)addr, .arr = gfn };

	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH, &m);
}

/* Some more memory for a PV guest: its frames are told to who gives it. */
static void give_chunks(void)
{
	struct xen_memory_reservation more = {
		.nr_extents = CHUNKS, .extent_order = CHUNK_ORDER, .domid = dom,
	};
	unsigned int i;

	for (i = 0; i < CHUNKS; i++)
		chunks[i] = 0x40000 + i * CHUNK;
	set_xen_guest_handle_raw(more.extent_start, chunks);
	need(hypercall(fd, __HYPERVISOR_memory_op, XENMEM_populate_physmap, (uintptr_t)&more) ==
	     CHUNKS, "memory for the guest; has it room up to its maximum?");
	hole = 1UL << 30;
}

static int resource(int f, domid_t d, uint32_t type, uint32_t id, void *addr, uint64_t *nr)
{
	privcmd_mmap_resource_t r = {
		.dom = d, .type = type, .id = id, .num = *nr, .addr = (uintptr_t)addr,
	};
	int rc = ioctl(f, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);

	*nr = r.num;
	return rc;
}

static int dm_op(int f, domid_t d, unsigned int nr, privcmd_dm_op_buf_t *bufs)
{
	privcmd_dm_op_t op = { .dom = d, .num = nr, .ubufs = bufs };

	return ioctl(f, IOCTL_PRIVCMD_DM_OP, &op);
}

static int restrict_to(int f, domid_t d)
{
	return ioctl(f, IOCTL_PRIVCMD_RESTRICT, &d);
}

static void test_hypercall(void)
{
	int hc = open_dev("/dev/xen/hypercall");
	char *buf;

	check(hypercall(fd, __HYPERVISOR_xen_version, XENVER_version, 0) == (4 << 16 | 17),
	      "a hypercall returns its result");
	check_errno(hypercall(fd, 63, 0, 0), ENOSYS, "one that does not exist");
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, (void *)8), EFAULT, "no argument");
	check_errno(ioctl(fd, 0x5099, 0), ENOTTY, "an unknown ioctl");

	check_errno((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, hc, 0), EINVAL,
		    "a hypercall buffer must be shared");
	buf = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, hc, 0);
	check(buf != MAP_FAILED && !buf[0] && !buf[3 * PAGE - 1], "a hypercall buffer, zeroed");
	check(hypercall(fd, __HYPERVISOR_xen_version, XENVER_capabilities,
			(uintptr_t)buf + PAGE - 8) == 0 &&
	      !strncmp(buf + PAGE - 8, "xen-3.0-x86_64", 14),
	      "the hypervisor writes to it, across pages");
	munmap(buf + PAGE, PAGE);
	buf[0] = 1;
	buf[2 * PAGE] = 2;
	check(buf[0] == 1 && buf[2 * PAGE] == 2, "it can be unmapped in parts");
	if (!fork()) {
		buf[0] = 3;
		_exit(0);
	}
	wait(NULL);
	check(buf[0] == 3, "a child sees the same buffer");
	munmap(buf, 3 * PAGE);
	close(hc);
}

static void test_batch(void)
{
	xen_pfn_t gfn[4] = { frame(0), hole, frame(1), ~0UL >> 12 };
	xen_pfn_t two[2] = { frame(1), frame(0) };
	uint8_t *m = area(4), *n = area(2), *anon;
	int err[4] = { 1, 1, 1, 1 };

	check(batch_v2(fd, dom, m, 4, gfn, err) == 0, "map frames, some of them bad");
	check(err[0] == 0 && err[1] < 0 && err[2] == 0 && err[3] < 0, "the error of each");
	check(batch_v2(fd, dom, n, 2, two, err) == 0 && !err[0] && !err[1], "map two again");
	m[10] = 0x11;
	m[2 * PAGE + 20] = 0x22;
	check(n[PAGE + 10] == 0x11 && n[20] == 0x22, "they are the same frames");
	check(fault_of(m + PAGE) == SIGBUS && fault_of(m + 3 * PAGE) == SIGBUS,
	      "a bad frame's page faults");
	check_errno(batch_v2(fd, dom, n, 2, two, err), EINVAL, "a page is mapped once");
	check(batch_v2(fd, dom, m + PAGE, 1, two, err) == 0 && !err[0] && m[PAGE + 20] == 0x22,
	      "a page that failed can be tried again");
	check_errno(batch_v2(fd, dom, m + 3 * PAGE, 2, two, err), EINVAL, "not past the end");
	check(fork() || (_exit(fault_of(n)), 0), "fork");
	wait(NULL);
	check(n[20] == 0x22, "a child that exits changes nothing");
	munmap(m + PAGE, PAGE);
	check(m[10] == 0x11 && m[2 * PAGE + 20] == 0x22, "nor does unmapping the middle");
	munmap(m, 4 * PAGE);
	check(n[20] == 0x22, "nor the whole");
	/* A PV kernel cannot move foreign page table entries, and warns. */
	if (translated) {
		m = mremap(n, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, n + 64 * PAGE);
		check(m != MAP_FAILED && m[20] == 0x22, "a moved mapping still works");
		n = m;
	}
	munmap(n, 2 * PAGE);

	m = area(2);
	anon = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check_errno(batch_v2(fd, dom, m, 1, two, err), EINVAL, "the first time, all or nothing");
	check_errno(batch_v2(fd, dom, m + 8, 2, two, err), EINVAL, "an address within a page");
	check_errno(batch_v2(fd, dom, anon, 2, two, err), EINVAL,
		    "memory that is not the device's");
	check_errno(batch_v2(fd, dom, m, 0, two, err), EINVAL, "no frames");
	check_errno(batch_v2(fd, dom, m, 0xffffffffU, two, err), EINVAL, "too many frames");
	check_errno(batch_v2(fd, dom, m, 2, (void *)8, err), EFAULT, "frames that cannot be read");
	munmap(m, 2 * PAGE);
	m = area(2);
	check_errno(batch_v2(fd, dom, m, 2, two, (void *)8), EFAULT,
		    "errors that cannot be written");
	munmap(m, 2 * PAGE);
	m = area(2);
	check(batch_v2(fd, NO_DOMAIN, m, 2, two, err) != 0 || (err[0] < 0 && err[1] < 0),
	      "no such domain");
	munmap(m, 2 * PAGE);
	munmap(anon, 2 * PAGE);
}

static void test_batch_v1(void)
{
	xen_pfn_t gfn[3] = { frame(0), hole, frame(1) };
	uint8_t *m = area(3);

	check(batch_v1(dom, m, 3, gfn) == 0, "map by the first version");
	check(gfn[0] == frame(0) && (gfn[1] & 0xf0000000) == 0xf0000000 && gfn[2] == frame(1),
	      "which marks the bad frame");
	check(!fault_of(m) && fault_of(m + PAGE) == SIGBUS && !fault_of(m + 2 * PAGE),
	      "and maps the others");
	munmap(m, 3 * PAGE);
	m = area(3);
	check_errno(batch_v1(dom, m, -1, gfn), EINVAL, "less than no frames");
	check_errno(batch_v1(dom, m, 3, (void *)8), EFAULT, "frames that cannot be read (v1)");
	munmap(m, 3 * PAGE);
}

static void test_batch_big(void)
{
	static xen_pfn_t gfn[BIG];
	static int err[BIG];
	uint8_t *m = area(BIG), *one;
	int i, good = 0;

	for (i = 0; i < BIG; i++)
		gfn[i] = i % 127 == 0 ? hole + i : frame(i);
	check(batch_v2(fd, dom, m, BIG, gfn, err) == 0, "map many");
	for (i = 0; i < BIG; i++) {
		if (i % 127 == 0)
			good += err[i] < 0 && fault_of(m + i * PAGE) == SIGBUS;
		else
			good += !err[i];
		if (!err[i])
			*(int *)(m + i * PAGE + 64) = i;
	}
	check(good == BIG, "with the right error for each");
	one = area(1);
	gfn[0] = frame(1300);
	check(batch_v2(fd, dom, one, 1, gfn, err) == 0 && *(int *)(one + 64) == 1300,
	      "each in its place");
	munmap(one, PAGE);
	munmap(m, BIG * PAGE);
}

static int mmap_v1(domid_t d, int nr, privcmd_mmap_entry_t *e)
{
	privcmd_mmap_t m = { .num = nr, .dom = d, .entry = e };

	return ioctl(fd, IOCTL_PRIVCMD_MMAP, &m);
}

static void test_mmap(void)
{
	uint8_t *m = area(5);
	privcmd_mmap_entry_t e[2] = {
		{ .va = (uintptr_t)m, .mfn = frame(0), .npages = 2 },
		{ .va = (uintptr_t)m + 2 * PAGE, .mfn = frame(16), .npages = 3 },
	};

	if (translated) {
		check_errno(mmap_v1(dom, 2, e), ENOSYS, "ranges are for PV domains");
		munmap(m, 5 * PAGE);
		return;
	}
	e[1].va += PAGE;
	check_errno(mmap_v1(dom, 2, e), EINVAL, "ranges with a gap");
	munmap(m, 5 * PAGE);
	m = area(5);
	e[0].va = (uintptr_t)m;
	e[1].va = (uintptr_t)m + 2 * PAGE;
	check(mmap_v1(dom, 2, e) == 0, "map two ranges");
	m[4 * PAGE] = 0x44;
	m[4 * PAGE + 1] = 0x45;
	check(!fault_of(m) && !fault_of(m + 4 * PAGE), "both are there");
	check_errno(mmap_v1(dom, 2, e), EINVAL, "and not mapped twice");
	munmap(m, 5 * PAGE);
	m = area(1);
	e[0].va = (uintptr_t)m;
	e[0].npages = 1UL << 40;
	check_errno(mmap_v1(dom, 1, e), EINVAL, "a range that is too long");
	check_errno(mmap_v1(dom, -1, e), EINVAL, "less than no ranges");
	check_errno(mmap_v1(dom, 1, (void *)8), EFAULT, "ranges that cannot be read");
	e[0].npages = 1;
	e[0].mfn = hole;
	check(mmap_v1(dom, 1, e) != 0, "a range of bad frames");
	munmap(m, PAGE);
}

static void test_resource(void)
{
	grant_entry_v1_t *gnt;
	uint64_t nr = 0;
	uint8_t *m;

	check(resource(fd, dom, XENMEM_resource_grant_table, 0, NULL, &nr) == 0 && nr > 0,
	      "the size of a grant table");
	nr = 1;
	gnt = (void *)area(1);
	check(resource(fd, dom, XENMEM_resource_grant_table, 0, gnt, &nr) == 0,
	      "map a grant table");
	/* The domain builder has granted the console and xenstore pages. */
	check((gnt[0].flags & GTF_type_mask) == GTF_permit_access && gnt[0].domid == 0 &&
	      (gnt[1].flags & GTF_type_mask) == GTF_permit_access, "its first entries");
	check_errno(resource(fd, dom, XENMEM_resource_grant_table, 0, gnt, &nr), EINVAL,
		    "it is mapped once");
	munmap(gnt, PAGE);

	m = area(2);
	nr = 1;
	check_errno(resource(fd, dom, XENMEM_resource_grant_table, 0, m, &nr), EINVAL,
		    "part of an area");
	nr = 2;
	check_errno(resource(fd, dom, XENMEM_resource_grant_table, 0, m + 8, &nr), EINVAL,
		    "a resource within a page");
	nr = 1ULL << 40;
	check_errno(resource(fd, dom, XENMEM_resource_grant_table, 0, m, &nr), EINVAL,
		    "a resource that is too large");
	nr = 2;
	check_errno(resource(fd, dom, 0x10001, 0, m, &nr), EINVAL, "a type of more than 16 bits");
	nr = 2;
	check(resource(fd, dom, 99, 0, m, &nr) == -1, "a type that does not exist");
	munmap(m, 2 * PAGE);
	m = area(2);
	nr = 2;
	check_errno(resource(fd, NO_DOMAIN, XENMEM_resource_grant_table, 0, m, &nr), ESRCH,
		    "a resource of no domain");
	munmap(m, 2 * PAGE);
}

static void test_dm_op(void)
{
	static uint8_t large[8192];
	struct xen_dm_op op = {
		.op = XEN_DMOP_create_ioreq_server,
		.u.create_ioreq_server.handle_bufioreq = HVM_IOREQSRV_BUFIOREQ_ATOMIC,
	};
	privcmd_dm_op_buf_t buf[20] = { { .uptr = &op, .size = sizeof(op) } };
	uint64_t nr = 2;
	ioservid_t id;
	uint8_t *m;

	check(dm_op(fd, dom, 0, buf) == 0, "no buffers, nothing to do");
	check_errno(dm_op(fd, dom, 17, buf), E2BIG, "too many buffers");
	check_errno(dm_op(fd, dom, 1, (void *)8), EFAULT, "buffers that cannot be read");
	buf[0].uptr = large;
	buf[0].size = 4097;
	check_errno(dm_op(fd, dom, 1, buf), E2BIG, "a buffer that is too large");
	buf[0].size = 4096;
	buf[0].uptr = (void *)0xffff800000000000;
	check_errno(dm_op(fd, dom, 1, buf), EFAULT, "a buffer in the kernel");
	buf[0].uptr = (void *)0x10000;
	check_errno(dm_op(fd, dom, 1, buf), EFAULT, "a buffer that is not there");
	buf[0].uptr = &op;
	buf[0].size = sizeof(op);
	if (pv) {
		check(dm_op(fd, dom, 1, buf) == -1, "a PV guest has no device model");
		return;
	}
	check_errno(dm_op(fd, NO_DOMAIN, 1, buf), ESRCH, "an operation on no domain");

	check(dm_op(fd, dom, 1, buf) == 0, "create an ioreq server");
	id = op.u.create_ioreq_server.id;
	m = area(2);
	check(resource(fd, dom, XENMEM_resource_ioreq_server, id, m, &nr) == 0 &&
	      !fault_of(m) && !fault_of(m + PAGE), "map its pages");
	munmap(m, 2 * PAGE);
	memset(&op, 0, sizeof(op));
	op.op = XEN_DMOP_destroy_ioreq_server;
	op.u.destroy_ioreq_server.id = id;
	check(dm_op(fd, dom, 1, buf) == 0, "destroy it");
	check_errno(dm_op(fd, dom, 1, buf), ENOENT, "once only");
}

static void test_restrict(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_destroy_ioreq_server };
	privcmd_dm_op_buf_t buf = { .uptr = &op, .size = sizeof(op) };
	int f = open_dev("/dev/xen/privcmd"), err;
	xen_pfn_t gfn = frame(0);
	uint64_t nr = 1;
	uint8_t *m = area(1);

	check(restrict_to(f, dom) == 0, "restrict");
	check(restrict_to(f, dom) == 0, "saying it again is fine");
	check_errno(restrict_to(f, dom + 1), EINVAL, "changing it is not");
	check_errno(hypercall(f, __HYPERVISOR_xen_version, 0, 0), EPERM, "no hypercalls");
	check_errno(batch_v2(f, dom + 1, m, 1, &gfn, &err), EPERM, "no mapping of another domain");
	check_errno(resource(f, dom + 1, 1, 0, m, &nr), EPERM, "nor of its resources");
	check_errno(dm_op(f, dom + 1, 1, &buf), EPERM, "nor operations on it");
	check(batch_v2(f, dom, m, 1, &gfn, &err) == 0 && !err, "its own domain it may map");
	munmap(m, PAGE);
	close(f);
}

int main(int argc, char **argv)
{
	t_name = "privcmd";
	need(argc == 4, "arguments: domain, dom0's mode, the domain's type");
	dom = atoi(argv[1]);
	translated = !strcmp(argv[2], "pvh");
	pv = !strcmp(argv[3], "pv");
	fd = open_dev("/dev/xen/privcmd");
	if (pv)
		give_chunks();
	test_hypercall();
	test_batch();
	test_batch_v1();
	test_batch_big();
	test_mmap();
	test_resource();
	test_dm_op();
	test_restrict();

	/* Exit with a mapping in place: the domain must be destroyable. */
	test_batch_big();
	area(3);
	return 0;
}
