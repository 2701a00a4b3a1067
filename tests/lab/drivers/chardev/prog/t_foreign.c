// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/gntdev with another domain's grants, those of granter.c:
 *
 *	t_foreign DOMID REF...
 */
#define _GNU_SOURCE
#include "t.h"

#include <sys/uio.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/sys/gntdev.h>

#define NR	8

static int fd;
static unsigned int dom, ref[NR];

static uint8_t *map(unsigned int first, unsigned int nr, int prot, uint64_t *index)
{
	struct ioctl_gntdev_map_grant_ref *op = calloc(1, sizeof(*op) + nr * sizeof(op->refs[0]));
	unsigned int i;
	uint8_t *m;

	op->count = nr;
	for (i = 0; i < nr; i++) {
		op->refs[i].domid = dom;
		op->refs[i].ref = ref[first + i];
	}
	need(ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, op) == 0, "take grants");
	*index = op->index;
	m = mmap(NULL, nr * PAGE, prot, MAP_SHARED, fd, op->index);
	free(op);
	need(m != MAP_FAILED, "map grants");
	return m;
}

static int unmap(uint64_t index, unsigned int nr)
{
	struct ioctl_gntdev_unmap_grant_ref op = { .index = index, .count = nr };

	return ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &op);
}

static void test_sharing(void)
{
	uint64_t index;
	volatile uint8_t *m = map(0, NR, PROT_READ | PROT_WRITE, &index);
	int i, good = 0, status;

	for (i = 0; i < NR; i++)
		good += m[i * PAGE] == i + 1 && m[(i + 1) * PAGE - 1] == i + 1;
	check(good == NR, "the guest's pages, in order");
	m[6] = 0;
	m[5] = 0xaa;
	for (i = 0; i < 500 && m[6] != 0xbb; i++)
		usleep(10000);
	check(m[6] == 0xbb, "the guest answers through a page");

	if (!fork())
		_exit(0);
	wait(&status);
	check(m[7] == 1, "a child that exits changes nothing");
	munmap((void *)(m + 3 * PAGE), 2 * PAGE);
	check(m[2 * PAGE] == 3 && m[5 * PAGE] == 6, "nor does unmapping the middle");
	check(unmap(index, NR) == 0 && m[7 * PAGE] == 8, "nor giving it up");
	munmap((void *)m, 3 * PAGE);
	munmap((void *)(m + 5 * PAGE), 3 * PAGE);

	m = map(2, 1, PROT_READ, &index);
	check(m[0] == 3, "mapped again for reading");
	munmap((void *)m, PAGE);
	unmap(index, 1);
}

static void test_busy(void)
{
	struct iovec iov = { .iov_len = PAGE };
	uint8_t buf[PAGE];
	uint64_t index;
	int pipefd[2];
	uint8_t *m = map(3, 2, PROT_READ | PROT_WRITE, &index);

	need(pipe(pipefd) == 0, "pipe");
	iov.iov_base = m + PAGE;
	check(vmsplice(pipefd[1], &iov, 1, 0) == PAGE, "a pipe takes a granted page");
	check(munmap(m, 2 * PAGE) == 0 && unmap(index, 2) == 0, "unmapping does not wait for it");
	usleep(50000);
	check(read(pipefd[0], buf, PAGE) == PAGE && buf[0] == 5 && buf[PAGE - 1] == 5,
	      "the page was there until the pipe was read");
	close(pipefd[0]);
	close(pipefd[1]);
	usleep(100000);
}

static void test_copy(void)
{
	static uint8_t buf[2 * PAGE];
	struct ioctl_gntdev_grant_copy_segment seg = {
		.source.foreign = { .ref = ref[6], .domid = dom, .offset = 96 },
		.dest.virt = buf + 3000, .len = 4000, .flags = GNTCOPY_source_gref,
	};
	struct ioctl_gntdev_grant_copy op = { .count = 1, .segments = &seg };

	check(ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &op) == 0 && seg.status == GNTST_okay &&
	      !buf[2999] && buf[3000] == 7 && buf[6999] == 7 && !buf[7000],
	      "copy from the guest");
	memset(buf, 0x66, sizeof(buf));
	memset(&seg, 0, sizeof(seg));
	seg.source.virt = buf + 4000;
	seg.dest.foreign.ref = ref[7];
	seg.dest.foreign.domid = dom;
	seg.len = 300;
	seg.flags = GNTCOPY_dest_gref;
	check(ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &op) == 0 && seg.status == GNTST_okay,
	      "copy to the guest");
}

int main(int argc, char **argv)
{
	uint64_t index;
	uint8_t *m;
	int i;

	t_name = "foreign";
	need(argc == 2 + NR, "arguments");
	dom = atoi(argv[1]);
	for (i = 0; i < NR; i++)
		ref[i] = atoi(argv[2 + i]);
	fd = open_dev("/dev/xen/gntdev");
	test_sharing();
	test_busy();
	test_copy();
	m = map(7, 1, PROT_READ, &index);
	check(m[0] == 0x66 && m[299] == 0x66 && m[300] == 8, "the guest has the copy");

	/* Exit with everything in place. */
	map(0, NR, PROT_READ | PROT_WRITE, &index);
	return 0;
}
