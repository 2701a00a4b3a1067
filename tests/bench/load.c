// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast a disk and a network are, in domain 0 and in a guest alike, by the
 * own clock of whoever asks:
 *
 *	load NAME read|write DEVICE KIB COUNT	direct requests in order: MB/s
 *	load NAME latency DEVICE COUNT		one request of 4 KiB after the other: us
 *	load NAME send ADDRESS MIB		TCP to a load serve: MB/s
 *	load NAME ping ADDRESS COUNT		a byte there and back: us
 *	load serve				the other end, for ever
 *
 * Each is done SAMPLES times; prints "BENCH NAME median lower upper".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES		5
#define PORT		5001
#define PATIENCE	100
#define CHUNK		(64UL << 10)
#define MB		1e6

static char buffer[1 << 20] __attribute__((aligned(4096)));

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static size_t number(const char *text)
{
	return strtoul(text, NULL, 10);
}

/* Seconds for @count requests of @size bytes from the device's start on. */
static double requests(const char *device, bool writing, size_t size, size_t count)
{
	int fd = open(device, O_DIRECT | (writing ? O_WRONLY : O_RDONLY));
	double start;

	if (fd < 0)
		die(device);
	start = now();
	for (size_t i = 0; i < count; i++) {
		ssize_t done = writing ? write(fd, buffer, size) : read(fd, buffer, size);

		if (done != (ssize_t)size)
			die("a request");
	}
	start = now() - start;
	close(fd);
	return start;
}

static void move_all(int fd, size_t bytes, ssize_t (*move)(int fd, void *buf, size_t len))
{
	while (bytes) {
		ssize_t done = move(fd, buffer, bytes < CHUNK ? bytes : CHUNK);

		if (done <= 0)
			die("the connection");
		bytes -= done;
	}
}

static ssize_t give(int fd, void *buf, size_t len)
{
	return write(fd, buf, len);
}

static int connect_to(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (!inet_aton(address, &to.sin_addr))
		die(address);
	/* The other end may only just begin to listen. */
	for (int i = 0; connect(fd, (void *)&to, sizeof(to)); i++) {
		if (i == PATIENCE)
			die(address);
		usleep(50000);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* A byte comes back for @size bytes, which are told first. */
static double exchanges(const char *address, size_t size, size_t count)
{
	uint64_t length = size;
	int fd = connect_to(address);
	double start = now();

	for (size_t i = 0; i < count; i++) {
		if (write(fd, &length, sizeof(length)) != sizeof(length))
			die("the connection");
		move_all(fd, size, give);
		move_all(fd, 1, read);
	}
	start = now() - start;
	close(fd);
	return start;
}

static void serve_one(int fd)
{
	uint64_t length;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (recv(fd, &length, sizeof(length), MSG_WAITALL) == sizeof(length)) {
		move_all(fd, length, read);
		move_all(fd, 1, give);
	}
	close(fd);
}

static void __attribute__((noreturn)) serve(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&any, sizeof(any)) || listen(fd, 4))
		die("serve");
	for (;;)
		serve_one(accept(fd, NULL, NULL));
}

static double one_sample(char **arg)
{
	const char *what = arg[0], *where = arg[1];

	if (!strcmp(what, "latency"))
		return requests(where, false, 4096, number(arg[2])) / number(arg[2]) * 1e6;
	if (!strcmp(what, "send"))
		return number(arg[2]) * 1048576.0 / MB / exchanges(where, number(arg[2]) << 20, 1);
	if (!strcmp(what, "ping"))
		return exchanges(where, 1, number(arg[2])) / number(arg[2]) * 1e6;
	return number(arg[2]) * 1024.0 * number(arg[3]) / MB /
	       requests(where, !strcmp(what, "write"), number(arg[2]) << 10, number(arg[3]));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double sample[SAMPLES];

	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve();
	if (argc < 5 || (argc < 6 && (!strcmp(argv[2], "read") || !strcmp(argv[2], "write")))) {
		fprintf(stderr, "load: see the head of load.c for what it takes\n");
		return 2;
	}
	one_sample(argv + 2);
	for (int i = 0; i < SAMPLES; i++)
		sample[i] = one_sample(argv + 2);
	qsort(sample, SAMPLES, sizeof(sample[0]), compare);
	printf("BENCH %s %.2f %.2f %.2f\n", argv[1], sample[SAMPLES / 2], sample[SAMPLES / 4],
	       sample[SAMPLES * 3 / 4]);
	return 0;
}
