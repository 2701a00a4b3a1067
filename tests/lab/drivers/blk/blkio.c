// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkio - writes, checks and times a block device; static, for small initramfs images.
 *
 *	blkio lat DEV r|w BYTES COUNT        one at a time at random places: ns per request
 *	blkio iops DEV r|w BYTES DEPTH COUNT DEPTH at a time (Linux AIO): requests per second
 *	blkio seq DEV r|w BYTES DEPTH COUNT  the same in sequence: MiB per second
 *	blkio fill DEV SEED [MAX]            whole device, in pieces of 512 bytes to MAX (1 MiB)
 *	blkio check DEV SEED                 is it what fill wrote?
 *	blkio churn DEV SEED SECONDS         random writes of whole 4 KiB blocks, read back
 *	blkio sane DEV SEED                  is each 4 KiB block zero or wholly of one churn write?
 *	blkio discard DEV START BYTES        BLKDISCARD
 *	blkio secure DEV START BYTES         BLKSECDISCARD
 *	blkio size DEV                       bytes
 *	blkio sync DEV                       fsync
 *	blkio mark N                         an instruction that an emulator looks for
 *
 * Every sector's contents follow from seed and place, so a sector that is in
 * the wrong place, old, torn or of another device is noticed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../mark.h"

#define SECTOR	512
#define BLOCK	4096
#define PIECE	(1 << 20)
#define DEPTH	256

static int fd;
static uint64_t size;
static uint64_t rng = 88172645463325252ull;

static void die(const char *what)
{
	fprintf(stderr, "blkio: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % below;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void *buffer(size_t bytes)
{
	void *p;

	if (posix_memalign(&p, BLOCK, bytes))
		die("memory");
	memset(p, 0, bytes);
	return p;
}

static void pattern(void *buf, uint64_t sector, uint64_t seed, unsigned int sectors)
{
	uint64_t *w = buf;

	for (unsigned int s = 0; s < sectors; s++) {
		uint64_t x = mix(seed ^ mix(sector + s));

		for (int i = 0; i < SECTOR / 8; i++)
			*w++ = x + i * 0x9e3779b97f4a7c15ull;
	}
}

static void fill(uint64_t seed, uint64_t max, unsigned int unit)
{
	char *buf = buffer(PIECE);
	uint64_t at = 0, len;

	while (at < size) {
		len = (1 + rnd(max / unit)) * unit;
		if (len > size - at)
			len = size - at;
		pattern(buf, at / SECTOR, seed, len / SECTOR);
		if (pwrite(fd, buf, len, at) != (ssize_t)len)
			die("write");
		at += len;
	}
	if (fsync(fd))
		die("fsync");
}

static void check(uint64_t seed)
{
	char *buf = buffer(PIECE), *want = buffer(PIECE);
	uint64_t at, len;

	for (at = 0; at < size; at += len) {
		len = size - at < PIECE ? size - at : PIECE;
		if (pread(fd, buf, len, at) != (ssize_t)len)
			die("read");
		pattern(want, at / SECTOR, seed, len / SECTOR);
		for (uint64_t s = 0; s < len; s += SECTOR) {
			if (!memcmp(buf + s, want + s, SECTOR))
				continue;
			fprintf(stderr, "blkio: sector %llu differs\n",
				(unsigned long long)((at + s) / SECTOR));
			exit(2);
		}
	}
}

/* A churned block: its first word names the write, the rest follows from it. */
static void churn_block(uint64_t *b, uint64_t block, uint64_t seed, uint64_t version)
{
	b[0] = version;
	for (int i = 1; i < BLOCK / 8; i++)
		b[i] = mix(seed ^ block << 20) + version * i;
}

static void churn(uint64_t seed, unsigned int seconds)
{
	uint64_t end = now_ns() + seconds * 1000000000ull, version = 1, writes = 0;
	char *buf = buffer(PIECE), *back = buffer(PIECE);

	do {
		uint64_t n = 1 + rnd(16), block = rnd(size / BLOCK - n);

		for (uint64_t i = 0; i < n; i++)
			churn_block((uint64_t *)(buf + i * BLOCK), block + i, seed, version);
		if (pwrite(fd, buf, n * BLOCK, block * BLOCK) != (ssize_t)(n * BLOCK))
			die("write");
		if (pread(fd, back, n * BLOCK, block * BLOCK) != (ssize_t)(n * BLOCK))
			die("read");
		if (memcmp(buf, back, n * BLOCK)) {
			fprintf(stderr, "blkio: block %llu reads back differently\n",
				(unsigned long long)block);
			exit(2);
		}
		version++;
		writes++;
	} while (now_ns() < end);
	printf("churn %llu\n", (unsigned long long)writes);
}

static void sane(uint64_t seed)
{
	uint64_t *b = buffer(BLOCK), *want = buffer(BLOCK);
	uint64_t blocks = 0;

	for (uint64_t i = 0; i < size / BLOCK; i++) {
		if (pread(fd, b, BLOCK, i * BLOCK) != BLOCK)
			die("read");
		churn_block(want, i, seed, b[0]);
		if (!b[0])
			memset(want, 0, BLOCK);
		if (memcmp(b, want, BLOCK)) {
			fprintf(stderr, "blkio: block %llu is torn\n", (unsigned long long)i);
			exit(2);
		}
		blocks += !!b[0];
	}
	printf("sane %llu\n", (unsigned long long)blocks);
}

static void lat(int write, size_t bytes, unsigned int count)
{
	char *buf = buffer(bytes);
	uint64_t places = size / bytes, start = 0;

	for (unsigned int i = 0; i < count + count / 10; i++) {
		uint64_t at = rnd(places) * bytes;
		ssize_t rc;

		if (i == count / 10)	/* warm from here on */
			start = now_ns();
		rc = write ? pwrite(fd, buf, bytes, at) : pread(fd, buf, bytes, at);
		if (rc != (ssize_t)bytes)
			die("transfer");
	}
	printf("lat %llu\n", (unsigned long long)((now_ns() - start) / count));
}

static void aio(int write, size_t bytes, unsigned int depth, unsigned int count, int seq)
{
	static struct iocb cb[DEPTH];
	struct io_event ev[DEPTH];
	aio_context_t ctx = 0;
	uint64_t places = size / bytes, start, next = 0;
	unsigned int sent = 0, done = 0;
	long n;

	if (depth > DEPTH || syscall(SYS_io_setup, DEPTH, &ctx))
		die("io_setup");
	for (unsigned int i = 0; i < depth; i++)
		cb[i] = (struct iocb) {
			.aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
			.aio_fildes = fd, .aio_buf = (uintptr_t)buffer(bytes),
			.aio_nbytes = bytes, .aio_data = i,
		};
	start = now_ns();
	for (n = 0; n < (long)depth; n++)
		ev[n].data = n;
	n = depth;
	while (done < count) {
		struct iocb *list[DEPTH];
		long k = 0;

		for (long i = 0; i < n && sent < count; i++, sent++) {
			struct iocb *c = &cb[ev[i].data];

			c->aio_offset = (seq ? next++ % places : rnd(places)) * bytes;
			list[k++] = c;
		}
		if (k && syscall(SYS_io_submit, ctx, k, list) != k)
			die("io_submit");
		n = syscall(SYS_io_getevents, ctx, 1, depth, ev, NULL);
		if (n < 1)
			die("io_getevents");
		for (long i = 0; i < n; i++)
			if (ev[i].res != (long)bytes)
				die("transfer");
		done += n;
	}
	start = now_ns() - start;
	if (seq)
		printf("seq %llu\n", (unsigned long long)((double)count * bytes / (1 << 20) /
							(start / 1e9)));
	else
		printf("iops %llu\n", (unsigned long long)(count / (start / 1e9)));
}

static void erase(unsigned long how, char **argv)
{
	uint64_t range[2] = { strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0) };

	if (ioctl(fd, how, range))
		die("discard");
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 2 ? argv[1] : "";
	unsigned int unit = SECTOR;
	int readonly = !strcmp(cmd, "check") || !strcmp(cmd, "sane") || !strcmp(cmd, "size") ||
		       (argc > 3 && !strcmp(argv[3], "r"));
	uint64_t a[4] = { 0 };

	if (argc < 3) {
		fprintf(stderr, "usage: blkio COMMAND DEV ...; see the head of blkio.c\n");
		return 1;
	}
	if (!strcmp(cmd, "mark"))
		return mark(atoi(argv[2])), 0;
	for (int i = 0; i < 4 && i + 3 < argc; i++)
		a[i] = strtoull(argv[i + 3], NULL, 0);
	fd = open(argv[2], (readonly ? O_RDONLY : O_RDWR) | O_DIRECT);
	if (fd < 0)
		die(argv[2]);
	if (ioctl(fd, BLKGETSIZE64, &size) || ioctl(fd, BLKSSZGET, &unit))
		die("size");

	if (!strcmp(cmd, "size"))
		printf("%llu\n", (unsigned long long)size);
	else if (!strcmp(cmd, "sync") && fsync(fd))
		die("fsync");
	else if (!strcmp(cmd, "fill"))
		fill(a[0], a[1] ? a[1] : PIECE, unit);
	else if (!strcmp(cmd, "check"))
		check(a[0]);
	else if (!strcmp(cmd, "churn"))
		churn(a[0], a[1]);
	else if (!strcmp(cmd, "sane"))
		sane(a[0]);
	else if (!strcmp(cmd, "lat") && argc > 5)
		lat(*argv[3] == 'w', a[1], a[2]);
	else if (!strcmp(cmd, "iops") && argc > 6)
		aio(*argv[3] == 'w', a[1], a[2], a[3], 0);
	else if (!strcmp(cmd, "seq") && argc > 6)
		aio(*argv[3] == 'w', a[1], a[2], a[3], 1);
	else if (!strcmp(cmd, "discard") && argc > 4)
		erase(BLKDISCARD, argv);
	else if (!strcmp(cmd, "secure") && argc > 4)
		erase(BLKSECDISCARD, argv);
	else if (strcmp(cmd, "sync"))
		die("unknown command");
	return 0;
}
