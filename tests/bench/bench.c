// SPDX-License-Identifier: GPL-2.0-only
/*
 * What everyday operations cost, in guest instructions.
 *
 * Under QEMU's -icount shift=0 the time-stamp counter is virtual time, and
 * virtual time is instructions: 1 ns each. calibrate() measures how many ticks
 * an instruction takes, from a loop of known length, so that the figures hold
 * for another counter frequency too; idle time counts as if instructions ran.
 *
 * For each operation: SAMPLES samples of a batch, and of the samples the
 * median, the lower and the upper quartile, as lines
 *
 *	BENCH name median lower upper
 *
 * An argument is put before the names; "start" only tells when the kernel began.
 *
 * Static, so that the same bytes run everywhere.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES		41
#define PAGE		4096UL

static double ticks_per_insn;
static const char *self, *prefix = "";

static inline uint64_t ticks(void)
{
	uint32_t lo, hi;

	__asm__ __volatile__("lfence; rdtsc" : "=a" (lo), "=d" (hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Two instructions a round; rounds enough to drown rdtsc's own. */
static void calibrate(void)
{
	const unsigned long rounds = 1000000;
	unsigned long left = rounds;
	uint64_t start = ticks();

	__asm__ __volatile__("1: dec %0; jnz 1b" : "+r" (left) : : "cc");
	ticks_per_insn = (double)(ticks() - start) / (2.0 * rounds);
	printf("BENCH ticks-per-1000-insns %.0f %.0f %.0f\n", ticks_per_insn * 1000,
	       ticks_per_insn * 1000, ticks_per_insn * 1000);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Runs a batch of @count operations SAMPLES times, after one to warm up. */
static void measure(const char *name, void (*batch)(unsigned int count), unsigned int count)
{
	double sample[SAMPLES];

	batch(count);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t start = ticks();

		batch(count);
		sample[i] = (ticks() - start) / ticks_per_insn / count;
	}
	qsort(sample, SAMPLES, sizeof(sample[0]), compare);
	printf("BENCH %s%s %.0f %.0f %.0f\n", prefix, name, sample[SAMPLES / 2],
	       sample[SAMPLES / 4], sample[SAMPLES * 3 / 4]);
	fflush(stdout);
}

static void batch_getppid(unsigned int count)
{
	while (count--)
		syscall(SYS_getppid);
}

static void batch_fork(unsigned int count)
{
	while (count--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void batch_exec(unsigned int count)
{
	while (count--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			execl(self, self, "exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

/* One page each, of a mapping that is new every time. */
static void batch_fault(unsigned int count)
{
	char *area = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (area == MAP_FAILED)
		die("mmap");
	madvise(area, count * PAGE, MADV_NOHUGEPAGE);
	for (unsigned int i = 0; i < count; i++)
		((volatile char *)area)[i * PAGE] = 1;
	munmap(area, count * PAGE);
}

/* To read-only and back, the page present and written between. */
static void batch_mprotect(unsigned int count)
{
	static char *page;

	if (!page) {
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			die("mmap");
	}
	while (count--) {
		*(volatile char *)page = 1;
		if (mprotect(page, PAGE, PROT_READ) || mprotect(page, PAGE, PROT_READ | PROT_WRITE))
			die("mprotect");
	}
}

static int to_child[2], to_parent[2];

/* A byte there and back: two switches between processes. */
static void batch_pipe(unsigned int count)
{
	char byte = 0;

	while (count--)
		if (write(to_child[1], &byte, 1) != 1 || read(to_parent[0], &byte, 1) != 1)
			die("pipe");
}

static pid_t start_echo(void)
{
	char byte;
	pid_t pid;

	if (pipe(to_child) || pipe(to_parent))
		die("pipe");
	pid = fork();
	if (pid)
		return pid;
	close(to_child[1]);
	while (read(to_child[0], &byte, 1) == 1 && write(to_parent[1], &byte, 1) == 1)
		;
	_exit(0);
}

static void batch_nanosleep(unsigned int count)
{
	const struct timespec microsecond = { .tv_nsec = 1000 };

	while (count--)
		nanosleep(&microsecond, NULL);
}

static void batch_clock(unsigned int count)
{
	struct timespec now;

	while (count--)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

/* Where the counter stood when the kernel's clock began: power-on to kernel. */
static void print_start(void)
{
	struct timespec now;
	uint64_t counter;

	clock_gettime(CLOCK_MONOTONIC, &now);
	counter = ticks();
	printf("BENCH ticks-at-kernel-start-k %.0f 0 0\n",
	       (counter / ticks_per_insn - (now.tv_sec * 1e9 + now.tv_nsec)) / 1000);
}

int main(int argc, char **argv)
{
	pid_t echo;

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	self = argv[0];
	calibrate();
	print_start();
	if (argc > 1 && !strcmp(argv[1], "start"))
		return 0;
	if (argc > 1)
		prefix = argv[1];
	measure("getppid", batch_getppid, 1000);
	measure("clock_gettime", batch_clock, 1000);
	measure("fork+exit+wait", batch_fork, 20);
	measure("fork+exec+wait", batch_exec, 10);
	measure("page-fault", batch_fault, 256);
	measure("mprotect-pair", batch_mprotect, 200);
	echo = start_echo();
	measure("pipe-ping-pong", batch_pipe, 200);
	close(to_child[1]);
	waitpid(echo, NULL, 0);
	measure("nanosleep-1us", batch_nanosleep, 100);
	puts("BENCH done 0 0 0");
	return 0;
}
