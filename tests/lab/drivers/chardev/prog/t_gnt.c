// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntalloc and /dev/xen/gntdev: this domain grants pages to itself and
 * maps them, in every order and shape, with notifications and copies.
 */
#define _GNU_SOURCE
#include "t.h"

#include <sched.h>
#include <sys/uio.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>

#define MAX	1024

static int gd, ga;

struct pages {
	unsigned int nr;
	uint64_t index;
	uint32_t ref[MAX];
	uint8_t *mem;
};

static int alloc(int fd, unsigned int nr, bool writable, uint64_t *index, uint32_t *ref)
{
	struct ioctl_gntalloc_alloc_gref *op = calloc(1, sizeof(*op) + nr * 4);
	int rc;

	op->domid = 0;
	op->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	op->count = nr;
	rc = ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, op);
	if (!rc) {
		*index = op->index;
		memcpy(ref, op->gref_ids, nr * 4);
	}
	free(op);
	return rc;
}

static int dealloc(int fd, uint64_t index, unsigned int nr)
{
	struct ioctl_gntalloc_dealloc_gref op = { .index = index, .count = nr };

	return ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &op);
}

/* Pages granted to ourselves, each filled with its number. */
static void grant(struct pages *p, unsigned int nr, bool writable)
{
	unsigned int i;

	p->nr = nr;
	need(alloc(ga, nr, writable, &p->index, p->ref) == 0, "allocate grants");
	p->mem = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ga, p->index);
	need(p->mem != MAP_FAILED, "map own granted pages");
	for (i = 0; i < nr; i++)
		memset(p->mem + i * PAGE, i + 1, PAGE);
}

static void ungrant(struct pages *p)
{
	munmap(p->mem, p->nr * PAGE);
	dealloc(ga, p->index, p->nr);
}

static int map_refs(int fd, const uint32_t *ref, unsigned int nr, uint64_t *index)
{
	struct ioctl_gntdev_map_grant_ref *op = calloc(1, sizeof(*op) + nr * sizeof(op->refs[0]));
	unsigned int i;
	int rc;

	op->count = nr;
	for (i = 0; i < nr; i++)
		op->refs[i].ref = ref[i];
	rc = ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, op);
	*index = op->index;
	free(op);
	return rc;
}

static int unmap_refs(int fd, uint64_t index, unsigned int nr)
{
	struct ioctl_gntdev_unmap_grant_ref op = { .index = index, .count = nr };

	return ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &op);
}

static int offset_of(int fd, const void *addr, uint64_t *offset, uint32_t *count)
{
	struct ioctl_gntdev_get_offset_for_vaddr op = { .vaddr = (uintptr_t)addr };
	int rc = ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &op);

	*offset = op.offset;
	*count = op.count;
	return rc;
}

static int notify_on_unmap(int fd, uint64_t index, uint32_t action, uint32_t port)
{
	struct ioctl_gntdev_unmap_notify op = {
		.index = index, .action = action, .event_channel_port = port,
	};

	return ioctl(fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &op);
}

static uint8_t *map_shared(uint64_t index, unsigned int nr, int prot)
{
	return mmap(NULL, nr * PAGE, prot, MAP_SHARED, gd, index);
}

/* Grants of ours that a domain maps cannot be allocated anew; so many could. */
static unsigned int free_grants(void)
{
	unsigned int nr = MAX;
	uint64_t index;
	static uint32_t ref[MAX];

	while (nr && alloc(ga, nr, true, &index, ref))
		nr--;
	if (nr)
		dealloc(ga, index, nr);
	return nr;
}

static void test_map(void)
{
	uint64_t index, other, off;
	uint32_t count;
	struct pages p;
	uint8_t *m;

	grant(&p, 4, true);
	check(map_refs(gd, p.ref, 4, &index) == 0, "take four grants");
	check(map_refs(gd, p.ref, 2, &other) == 0 && other == index + 4 * PAGE,
	      "the next request gets the next offset");
	check_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, gd, index), EINVAL,
		    "mmap of fewer pages than were asked for");
	check_errno((long)mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, gd, index + PAGE), EINVAL,
		    "mmap at another offset");
	check_errno((long)mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, gd, index),
		    EINVAL, "a writable private mapping");
	m = map_shared(index, 4, PROT_READ | PROT_WRITE);
	check(m != MAP_FAILED, "mmap");
	check(m[0] == 1 && m[PAGE] == 2 && m[4 * PAGE - 1] == 4, "the pages are the granted ones");
	m[5] = 0xaa;
	p.mem[PAGE + 6] = 0xbb;
	check(p.mem[5] == 0xaa && m[PAGE + 6] == 0xbb, "shared both ways");
	check_errno((long)map_shared(index, 4, PROT_READ), EAGAIN, "it is visible once");

	check(offset_of(gd, m, &off, &count) == 0 && off == index && count == 4, "offset lookup");
	check_errno(offset_of(gd, &index, &off, &count), EINVAL, "offset lookup elsewhere");
	check_errno(offset_of(gd, p.mem, &off, &count), EINVAL, "offset lookup in gntalloc's area");

	check(unmap_refs(gd, index, 4) == 0 && m[0] == 1, "given up, it stays until munmap");
	check_errno(unmap_refs(gd, index, 4), ENOENT, "given up once only");
	check_errno(unmap_refs(gd, other, 4), ENOENT, "the count must be right");
	check(munmap(m, 4 * PAGE) == 0, "munmap");
	check(map_refs(gd, p.ref, 4, &off) == 0 && off == index, "its offset is free again");
	m = map_shared(index, 4, PROT_READ);
	check(m != MAP_FAILED && m[0] == 1, "map again, for reading");
	munmap(m, 4 * PAGE);
	m = map_shared(index, 4, PROT_READ | PROT_WRITE);
	check(m != MAP_FAILED && m[0] == 1, "after munmap it can be mapped once more");
	munmap(m, 4 * PAGE);
	unmap_refs(gd, index, 4);
	unmap_refs(gd, other, 2);
	ungrant(&p);
}

static void test_errors(void)
{
	struct ioctl_gntdev_map_grant_ref op = { .count = 0 };
	uint32_t bad[3], max = 10;
	uint64_t index;
	struct pages p;
	uint8_t *m;

	check_errno(ioctl(gd, IOCTL_GNTDEV_MAP_GRANT_REF, &op), EINVAL, "no grants");
	op.count = 0x7fffffff;
	check_errno(ioctl(gd, IOCTL_GNTDEV_MAP_GRANT_REF, &op), EINVAL, "too many grants");
	check_errno(ioctl(gd, IOCTL_GNTDEV_MAP_GRANT_REF, (void *)8), EFAULT, "no argument");
	check(ioctl(gd, IOCTL_GNTDEV_SET_MAX_GRANTS, &max) == 0 || errno == ENOTTY,
	      "set_max_grants is harmless");
	check_errno(ioctl(gd, 0x4799, 0), ENOTTY, "an unknown ioctl");

	grant(&p, 3, false);
	memcpy(bad, p.ref, sizeof(bad));
	bad[1] = 0x0fffffff;
	check(map_refs(gd, bad, 3, &index) == 0, "a wrong reference is taken,");
	check_errno((long)map_shared(index, 3, PROT_READ), EINVAL, "and refused by mmap");
	unmap_refs(gd, index, 3);

	check(map_refs(gd, p.ref, 3, &index) == 0, "take read-only grants");
	check_errno((long)map_shared(index, 3, PROT_READ | PROT_WRITE), EINVAL,
		    "they cannot be mapped for writing");
	m = map_shared(index, 3, PROT_READ);
	check(m != MAP_FAILED && m[2 * PAGE] == 3, "but for reading");
	check(mprotect(m, 3 * PAGE, PROT_READ | PROT_WRITE) || fault_of(m) || m[0] == 1,
	      "and mprotect does not help");
	munmap(m, 3 * PAGE);
	m = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, gd, index);
	check(m != MAP_FAILED && m[0] == 1, "a private mapping can be read");
	check_errno(mprotect(m, PAGE, PROT_READ | PROT_WRITE), EACCES, "and not become writable");
	munmap(m, 3 * PAGE);
	unmap_refs(gd, index, 3);
	ungrant(&p);
}

/* Unmapping in parts, moving, protecting, forking. */
static void test_split(void)
{
	uint64_t index;
	struct pages p;
	uint8_t *m, *n;
	int status;
	pid_t pid;

	grant(&p, 8, true);
	need(map_refs(gd, p.ref, 8, &index) == 0, "take eight");
	m = map_shared(index, 8, PROT_READ | PROT_WRITE);
	need(m != MAP_FAILED, "map eight");
	check(munmap(m + 3 * PAGE, 2 * PAGE) == 0, "unmap the middle");
	check(m[2 * PAGE] == 3 && m[5 * PAGE] == 6, "the rest stays");
	check(fault_of(m + 3 * PAGE) == SIGSEGV, "the middle is gone");
	check(munmap(m, 2 * PAGE) == 0 && m[2 * PAGE] == 3, "unmap the front");
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && m[5 * PAGE] == 6, "a child that exits changes nothing");
	m[5 * PAGE] = 0x77;
	check(p.mem[5 * PAGE] == 0x77, "still shared");
	n = mremap(m + 5 * PAGE, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + 20 * PAGE);
	check(n == MAP_FAILED || fault_of(n) == SIGBUS || n[0] == 0x77,
	      "a moved part works or faults");
	if (n != MAP_FAILED)
		munmap(n, 3 * PAGE);
	else
		munmap(m + 5 * PAGE, 3 * PAGE);
	mprotect(m + 2 * PAGE, PAGE, PROT_NONE);
	check(fault_of(m + 2 * PAGE) != 0, "no access after mprotect");
	munmap(m + 2 * PAGE, PAGE);
	unmap_refs(gd, index, 8);
	ungrant(&p);
}

/* Somebody still uses a page when the program unmaps it. */
static void test_busy(void)
{
	uint8_t buf[PAGE];
	struct iovec iov = { .iov_len = PAGE };
	uint64_t index;
	struct pages p;
	int pipefd[2];
	uint8_t *m;

	grant(&p, 2, true);
	need(map_refs(gd, p.ref, 2, &index) == 0, "take two");
	m = map_shared(index, 2, PROT_READ | PROT_WRITE);
	need(m != MAP_FAILED && pipe(pipefd) == 0, "map two");
	iov.iov_base = m + PAGE;
	check(vmsplice(pipefd[1], &iov, 1, 0) == PAGE, "a pipe takes a granted page");
	check(munmap(m, 2 * PAGE) == 0 && unmap_refs(gd, index, 2) == 0,
	      "unmapping does not wait for it");
	p.mem[PAGE] = 0x5a;
	usleep(50000);
	check(read(pipefd[0], buf, PAGE) == PAGE && buf[0] == 0x5a && buf[1] == 2,
	      "the page was there until the pipe was read");
	close(pipefd[0]);
	close(pipefd[1]);
	usleep(200000);
	ungrant(&p);
}

static void test_notify(void)
{
	struct ioctl_evtchn_bind_unbound_port bu = { .remote_domain = 0 };
	struct ioctl_evtchn_bind_interdomain bi = { .remote_domain = 0 };
	int a = open_dev("/dev/xen/evtchn"), b = open_dev("/dev/xen/evtchn"), pa, pb, fd;
	struct pollfd pfd = { .fd = a, .events = POLLIN };
	uint64_t index;
	uint32_t got;
	struct pages p;
	uint8_t *m;
	pid_t pid;

	pa = ioctl(a, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bu);
	bi.remote_port = pa;
	pb = ioctl(b, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bi);
	need(pa > 0 && pb > 0, "event channel");
	while (poll(&pfd, 1, 100) > 0 && read(a, &got, 4) == 4)
		write(a, &got, 4);

	grant(&p, 3, true);
	need(map_refs(gd, p.ref, 3, &index) == 0, "take three");
	m = map_shared(index, 3, PROT_READ | PROT_WRITE);
	check_errno(notify_on_unmap(gd, index, 8, 0), EINVAL, "an unknown action");
	check_errno(notify_on_unmap(gd, index, UNMAP_NOTIFY_SEND_EVENT, 0x3fff), EINVAL,
		    "a port that nobody has bound");
	check_errno(notify_on_unmap(gd, index + 100 * PAGE, UNMAP_NOTIFY_CLEAR_BYTE, 0), ENOENT,
		    "an offset that is not in use");
	check(notify_on_unmap(gd, index + 10, UNMAP_NOTIFY_CLEAR_BYTE, 0) == 0, "clear a byte");
	check(notify_on_unmap(gd, index + PAGE + 5,
			      UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT, pb) == 0,
	      "no, another, and send an event");
	check(p.mem[10] == 1 && p.mem[PAGE + 5] == 2 && poll(&pfd, 1, 50) == 0, "nothing yet");
	munmap(m, 3 * PAGE);
	unmap_refs(gd, index, 3);
	check(p.mem[10] == 1 && p.mem[PAGE + 5] == 0 && p.mem[PAGE + 6] == 2,
	      "unmapping clears the byte and no other");
	check(poll(&pfd, 1, 1000) == 1 && read(a, &got, 4) == 4 && got == (uint32_t)pa,
	      "and sends the event");
	write(a, &got, 4);

	/* The same by a program that is killed, whose evtchn file goes first. */
	p.mem[7] = 1;
	pid = fork();
	if (!pid) {
		fd = open("/dev/xen/gntdev", O_RDWR);
		map_refs(fd, p.ref, 1, &index);
		m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, index);
		if (m == MAP_FAILED ||
		    notify_on_unmap(fd, index + 7, UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT,
				    pb))
			_exit(1);
		m[8] = 0x99;
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &fd, 0);
	check(WIFSIGNALED(fd) && poll(&pfd, 1, 1000) == 1 && p.mem[8] == 0x99 && p.mem[7] == 0,
	      "a killed program's grants are unmapped and notified");
	read(a, &got, 4);
	write(a, &got, 4);

	/* gntalloc's own. */
	check(notify_on_unmap(ga, p.index + 2 * PAGE + 3, UNMAP_NOTIFY_SEND_EVENT, pb) == 0,
	      "notify of a granted page");
	check_errno(notify_on_unmap(ga, p.index + 3 * PAGE, UNMAP_NOTIFY_SEND_EVENT, pb), ENOENT,
		    "notify of no page");
	ungrant(&p);
	check(poll(&pfd, 1, 1000) == 1 && read(a, &got, 4) == 4, "its end sends the event");
	close(a);
	close(b);
}

static int copy(struct ioctl_gntdev_grant_copy_segment *seg, unsigned int nr)
{
	struct ioctl_gntdev_grant_copy op = { .count = nr, .segments = seg };

	return ioctl(gd, IOCTL_GNTDEV_GRANT_COPY, &op);
}

static void test_copy(void)
{
	static uint8_t buf[64 * PAGE];
	static struct ioctl_gntdev_grant_copy_segment seg[100];
	struct pages p;
	int i, good;

	grant(&p, 50, true);
	memset(seg, 0, sizeof(seg));
	seg[0].flags = GNTCOPY_source_gref;
	seg[0].source.foreign.ref = p.ref[1];
	seg[0].source.foreign.offset = 100;
	seg[0].len = PAGE - 100;
	seg[0].dest.virt = buf + 3000;
	check(copy(seg, 1) == 0 && seg[0].status == GNTST_okay, "copy from a grant");
	check(!buf[2999] && buf[3000] == 2 && buf[3000 + PAGE - 101] == 2 && !buf[3000 + PAGE - 100],
	      "across a page of ours, to the byte");

	memset(buf, 0x33, PAGE);
	seg[0].flags = GNTCOPY_dest_gref;
	seg[0].source.virt = buf + 1;
	seg[0].dest.foreign = (typeof(seg[0].dest.foreign)) { .ref = p.ref[2], .offset = 10 };
	seg[0].len = 20;
	check(copy(seg, 1) == 0 && seg[0].status == GNTST_okay && p.mem[2 * PAGE + 9] == 3 &&
	      p.mem[2 * PAGE + 10] == 0x33 && p.mem[2 * PAGE + 30] == 3, "copy to a grant");

	seg[0].flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	seg[0].source.foreign = (typeof(seg[0].source.foreign)) { .ref = p.ref[4] };
	seg[0].dest.foreign = (typeof(seg[0].dest.foreign)) { .ref = p.ref[5] };
	seg[0].len = PAGE;
	check(copy(seg, 1) == 0 && p.mem[6 * PAGE - 1] == 5, "copy between grants");

	seg[0].flags = 0;
	check_errno(copy(seg, 1), EINVAL, "copy without a grant");
	seg[0].flags = GNTCOPY_source_gref;
	seg[0].source.foreign.offset = 1;
	seg[0].dest.virt = buf;
	check_errno(copy(seg, 1), EINVAL, "copy across the end of a granted page");
	seg[0].source.foreign.offset = 0;
	seg[0].dest.virt = (void *)0x1000;
	check_errno(copy(seg, 1), EFAULT, "copy to no memory");
	seg[0].dest.virt = (void *)0xffffffff80000000;
	check_errno(copy(seg, 1), EFAULT, "copy to the kernel");
	check(copy(NULL, 0) == 0, "copy nothing");
	check_errno(copy((void *)8, 1), EFAULT, "copy segments that cannot be read");

	memset(buf, 0, sizeof(buf));
	for (i = 0; i < 100; i++) {
		memset(&seg[i], 0, sizeof(seg[i]));
		seg[i].flags = GNTCOPY_source_gref;
		seg[i].source.foreign.ref = p.ref[i % 50];
		seg[i].dest.virt = buf + i * 2000 + 7;
		seg[i].len = 2000;
	}
	seg[33].source.foreign.ref = 0x0fffffff;
	check(copy(seg, 100) == 0, "a hundred copies");
	for (i = good = 0; i < 100; i++)
		good += seg[i].status == GNTST_okay && buf[i * 2000 + 7] == p.mem[(i % 50) * PAGE] &&
			buf[i * 2000 + 2006] == p.mem[(i % 50) * PAGE];
	check(good == 99 && seg[33].status < 0, "all but the wrong one");
	ungrant(&p);
}

static void test_alloc(void)
{
	static uint32_t ref[MAX + 1];
	uint64_t index, i2;
	uint8_t *m;

	check_errno(alloc(ga, MAX + 1, true, &index, ref), ENOSPC, "more pages than the limit");
	check_errno(alloc(ga, 0, true, &index, ref), EINVAL, "no pages");
	check(alloc(ga, 3, true, &index, ref) == 0, "three pages");
	check(alloc(ga, 2, true, &i2, ref) == 0 && i2 == index + 3 * PAGE, "two more follow");
	check_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ga, index), EINVAL,
		    "a private mapping");
	check_errno((long)mmap(NULL, 6 * PAGE, PROT_READ, MAP_SHARED, ga, index), ENOENT,
		    "more than there are");
	m = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ga, index + 2 * PAGE);
	check(m != MAP_FAILED && !m[0] && !m[3 * PAGE - 1], "pages of both, zeroed");
	check(dealloc(ga, index, 5) == 0, "give them up");
	m[0] = 1;
	check(m[0] == 1, "they stay until munmap");
	check_errno(dealloc(ga, index, 5), EINVAL, "give up once only");
	munmap(m, PAGE);
	m[PAGE] = 2;
	check(m[PAGE] == 2, "also after a split");
	munmap(m + PAGE, 2 * PAGE);
	check_errno(ioctl(ga, 0x4799, 0), ENOTTY, "an unknown gntalloc ioctl");
}

static void test_large(void)
{
	unsigned int i, nr = free_grants(), good = 0;
	struct pages p;
	uint64_t index;
	uint8_t *m;

	check(nr > 900, "nearly all grants can still be had");
	grant(&p, nr, true);
	check(map_refs(gd, p.ref, nr, &index) == 0, "take them all at once");
	m = map_shared(index, nr, PROT_READ | PROT_WRITE);
	need(m != MAP_FAILED, "map them all");
	for (i = 0; i < nr; i++)
		good += m[i * PAGE] == (uint8_t)(i + 1);
	check(good == nr, "each in its place");
	munmap(m, nr * PAGE);
	unmap_refs(gd, index, nr);
	ungrant(&p);
	check(free_grants() == nr, "and all can be had again");
}

int main(void)
{
	unsigned int before;
	int i;

	t_name = "gnt";
	gd = open_dev("/dev/xen/gntdev");
	ga = open_dev("/dev/xen/gntalloc");
	before = free_grants();
	test_map();
	test_errors();
	test_split();
	test_busy();
	test_notify();
	test_copy();
	test_alloc();
	check(free_grants() == before, "no grant of ours was lost");
	test_large();

	/* Exit without unmapping anything: the kernel cleans up. */
	for (i = 0; i < 3; i++) {
		static struct pages p;
		uint64_t index;

		grant(&p, 20, true);
		map_refs(gd, p.ref, 20, &index);
		map_shared(index, 20, PROT_READ | PROT_WRITE);
	}
	return 0;
}
