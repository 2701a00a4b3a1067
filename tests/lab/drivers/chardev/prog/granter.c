// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in a guest: grants pages to domain 0, each filled with its number, prints
 * "GREFS" and their references, and answers: when byte 5 of page 0 becomes 0xaa,
 * byte 6 becomes 0xbb.
 */
#include "t.h"

#include <xen/sys/gntalloc.h>

#define NR	8

int main(void)
{
	struct ioctl_gntalloc_alloc_gref *op = calloc(1, sizeof(*op) + NR * 4);
	volatile unsigned char *m;
	int fd, i;

	t_name = "granter";
	fd = open_dev("/dev/xen/gntalloc");
	op->flags = GNTALLOC_FLAG_WRITABLE;
	op->count = NR;
	need(ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, op) == 0, "allocate");
	m = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, op->index);
	need(m != MAP_FAILED, "map");
	for (i = 0; i < NR; i++)
		memset((void *)(m + i * PAGE), i + 1, PAGE);
	printf("GREFS");
	for (i = 0; i < NR; i++)
		printf(" %u", op->gref_ids[i]);
	printf(" END\n");
	fflush(stdout);

	for (;;) {
		if (m[5] == 0xaa) {
			m[6] = 0xbb;
			m[5] = 0;
		}
		usleep(10000);
	}
}
