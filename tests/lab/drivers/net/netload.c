// SPDX-License-Identifier: GPL-2.0-only
/*
 * netload: traffic whose every octet is checked, driven from one end.
 *
 *	netload serve			answer the commands below, for ever
 *	netload send HOST BYTES [CHUNK]	TCP to HOST, which checks what arrives
 *	netload recv HOST BYTES [CHUNK]	TCP from HOST, checked here
 *	netload both HOST BYTES		both at once
 *	netload udpto HOST COUNT SIZE [LOCAL]	datagrams to HOST; how many came, undamaged
 *	netload udpfrom HOST COUNT SIZE LOCAL	the same from HOST to our address LOCAL
 *	netload flood HOST COUNT SIZE	datagrams to HOST, whoever listens
 *	netload join GROUP SECONDS LOCAL	be a member of a multicast group where LOCAL is ours
 *	netload sh HOST COMMAND		run a shell command there; its exit status is ours
 *	netload offload DEV on|off	checksum and segmentation offload of a local device
 *	netload xdp DEV on|off		an XDP program that lets everything pass
 *	netload stats DEV		its driver's own counts, as "NAME VALUE"
 *	netload mark N			instructions that a counting emulator looks for
 *
 * BYTES with a trailing "x" are sent unchecked, for measurements. Lines are
 * printed as "NAME what MiB/s"; the exit status is 0 only if all was right.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../mark.h"

#define PORT		"9000"
#define UDP_PORT	9001
#define BUF		(256 * 1024)

static uint64_t buf[BUF / 8];

/* Before traffic, which shall not pay for page faults. */
static void touch(void)
{
	memset(buf, 0xff, sizeof(buf));
}

static void fill(uint64_t at, size_t len)
{
	for (size_t i = 0; i < len / 8; i++)
		buf[i] = (at / 8 + i + 1) * 0x9e3779b97f4a7c15ull;
}

static int same(const uint8_t *data, uint64_t at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t word = ((at + i) / 8 + 1) * 0x9e3779b97f4a7c15ull;

		if (data[i] != (uint8_t)(word >> (at + i) % 8 * 8))
			return 0;
	}
	return 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void report(const char *name, uint64_t bytes, double start)
{
	double t = now() - start;

	printf("%s: %llu bytes in %.2f s, %.1f MiB/s\n", name, (unsigned long long)bytes, t,
	       bytes / t / (1 << 20));
	fflush(stdout);
}

static int dial(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *ai;
	int fd, try;

	if (getaddrinfo(host, PORT, &hints, &ai)) {
		fprintf(stderr, "netload: bad address %s\n", host);
		exit(2);
	}
	for (try = 0; try < 100; try++) {
		fd = socket(ai->ai_family, SOCK_STREAM, 0);
		if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
			return fd;
		close(fd);
		usleep(200000);
	}
	fprintf(stderr, "netload: cannot reach %s: %s\n", host, strerror(errno));
	exit(2);
}

static void put_line(int fd, const char *line)
{
	if (write(fd, line, strlen(line)) < 0 || write(fd, "\n", 1) < 0)
		exit(2);
}

static int get_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = 0;
	return n;
}

/* All of @bytes in writes of @chunk; unchecked data costs the sender nothing. */
static int tcp_out(int fd, uint64_t bytes, int checked, size_t chunk)
{
	uint64_t at = 0;

	touch();
	while (at < bytes) {
		size_t len = bytes - at < chunk ? bytes - at : chunk;
		size_t done = 0;

		if (checked)
			fill(at, (len + 7) & ~7ul);
		while (done < len) {
			ssize_t n = write(fd, (char *)buf + done, len - done);

			if (n <= 0)
				return -1;
			done += n;
		}
		at += len;
	}
	return 0;
}

static int tcp_in(int fd, uint64_t bytes, int checked)
{
	uint64_t at = 0;
	int ok = 1;

	touch();
	while (at < bytes) {
		ssize_t n = read(fd, buf, bytes - at < BUF ? bytes - at : BUF);

		if (n <= 0)
			return 0;
		if (checked && ok)
			ok = same((uint8_t *)buf, at, n);
		at += n;
	}
	return ok;
}

static uint64_t parse_bytes(const char *text, int *checked)
{
	char *end;
	uint64_t bytes = strtoull(text, &end, 0);

	*checked = *end != 'x';
	return bytes;
}

static int do_send(const char *host, const char *bytes, size_t chunk)
{
	uint64_t nr;
	char line[100];
	int checked, fd = dial(host);
	double start = now();

	nr = parse_bytes(bytes, &checked);
	snprintf(line, sizeof(line), "sink %s", bytes);
	put_line(fd, line);
	if (tcp_out(fd, nr, checked, chunk))
		return 1;
	get_line(fd, line, sizeof(line));
	report("send", nr, start);
	return strcmp(line, "ok") != 0;
}

static int do_recv(const char *host, const char *bytes, size_t chunk)
{
	uint64_t nr;
	char line[100];
	int checked, ok, fd = dial(host);
	double start = now();

	nr = parse_bytes(bytes, &checked);
	snprintf(line, sizeof(line), "source %s %zu", bytes, chunk);
	put_line(fd, line);
	ok = tcp_in(fd, nr, checked);
	report("recv", nr, start);
	return !ok;
}

static int do_both(const char *host, const char *bytes)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(do_send(host, bytes, BUF));
	if (do_recv(host, bytes, BUF))
		return 1;
	return waitpid(pid, &status, 0) != pid || status;
}

static int udp_socket(int port)
{
	int fd, on = 1, rcvbuf = 32 << 20;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		perror("bind");
	return fd;
}

/* Count undamaged datagrams until all came or none came for two seconds. */
static void udp_in(int fd, unsigned int count, size_t size, unsigned int *good,
		   unsigned int *bad)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	*good = *bad = 0;
	touch();
	while (*good + *bad < count && poll(&p, 1, 2000) == 1) {
		ssize_t n = recv(fd, buf, BUF, 0);

		if (n == (ssize_t)size && same((uint8_t *)buf, 0, n))
			++*good;
		else
			++*bad;
	}
}

static void udp_out(const char *host, unsigned int count, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *ai;
	char port[8];
	int fd, ttl = 4, sndbuf = 4 << 20;

	snprintf(port, sizeof(port), "%d", UDP_PORT);
	if (getaddrinfo(host, port, &hints, &ai))
		return;
	touch();
	fd = socket(ai->ai_family, SOCK_DGRAM, 0);
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf));
	fill(0, (size + 7) & ~7ul);
	for (unsigned int i = 0; i < count; i++)
		while (sendto(fd, buf, size, 0, ai->ai_addr, ai->ai_addrlen) < 0 &&
		       errno == ENOBUFS)
			usleep(1000);
	close(fd);
}

static int do_udpto(const char *host, const char *count, const char *size, const char *to)
{
	unsigned int good = 0, bad = 0;
	int fd = dial(host);
	char line[100];
	double start;

	snprintf(line, sizeof(line), "udpsink %s %s", count, size);
	put_line(fd, line);
	get_line(fd, line, sizeof(line));
	start = now();
	udp_out(to ? to : host, atoi(count), atoi(size));
	get_line(fd, line, sizeof(line));
	if (sscanf(line, "got %u bad %u", &good, &bad) != 2)
		return 1;
	printf("udpto: %s octets: sent %s, came %u, damaged %u, in %.2f s\n", size, count,
	       good, bad, now() - start);
	return bad || !good;
}

static int do_udpfrom(const char *host, const char *count, const char *size, const char *local)
{
	int in = udp_socket(UDP_PORT), fd = dial(host);
	unsigned int good, bad;
	char line[100];
	double start = now();

	snprintf(line, sizeof(line), "udpsource %s %s %s", local, count, size);
	put_line(fd, line);
	udp_in(in, atoi(count), atoi(size), &good, &bad);
	printf("udpfrom: %s octets: sent %s, came %u, damaged %u, in %.2f s\n", size, count,
	       good, bad, now() - start);
	return bad || !good;
}

static int do_sh(const char *host, int argc, char **argv)
{
	char line[4096] = "sh";
	int n, rc = 1, fd = dial(host);

	for (int i = 0; i < argc; i++) {
		strncat(line, " ", sizeof(line) - strlen(line) - 1);
		strncat(line, argv[i], sizeof(line) - strlen(line) - 1);
	}
	put_line(fd, line);
	while ((n = get_line(fd, line, sizeof(line))) || 1) {
		if (!n && recv(fd, line, 1, MSG_PEEK) <= 0)
			break;
		if (sscanf(line, "rc=%d", &rc) == 1)
			break;
		puts(line);
	}
	return rc;
}

static int do_join(const char *group, const char *seconds, const char *local)
{
	struct ip_mreq req = { };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, group, &req.imr_multiaddr);
	inet_pton(AF_INET, local, &req.imr_interface);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &req, sizeof(req))) {
		perror("join");
		return 1;
	}
	sleep(atoi(seconds));
	return 0;
}

static void answer(int fd)
{
	char line[4096], host[100], bytes[64];
	unsigned int count, good, bad;
	size_t size, chunk;
	uint64_t nr;
	int checked, in;

	get_line(fd, line, sizeof(line));
	if (sscanf(line, "sink %63s", bytes) == 1) {
		nr = parse_bytes(bytes, &checked);
		put_line(fd, tcp_in(fd, nr, checked) ? "ok" : "bad");
	} else if (sscanf(line, "source %63s %zu", bytes, &chunk) == 2) {
		nr = parse_bytes(bytes, &checked);
		tcp_out(fd, nr, checked, chunk);
	} else if (sscanf(line, "udpsink %u %zu", &count, &size) == 2) {
		in = udp_socket(UDP_PORT);
		put_line(fd, "ready");
		udp_in(in, count, size, &good, &bad);
		snprintf(line, sizeof(line), "got %u bad %u", good, bad);
		put_line(fd, line);
	} else if (sscanf(line, "udpsource %99s %u %zu", host, &count, &size) == 3) {
		udp_out(host, count, size);
	} else if (!strncmp(line, "sh ", 3)) {
		dup2(fd, 1);
		dup2(fd, 2);
		snprintf(line + strlen(line), 16, " 2>&1");
		in = system(line + 3);
		dprintf(fd, "rc=%d\n", WEXITSTATUS(in));
	}
}

static int do_serve(void)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(atoi(PORT)),
	};
	int on = 1, fd, listener = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 16)) {
		perror("netload serve");
		return 1;
	}
	for (;;) {
		fd = accept(listener, NULL, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (fd < 0)
			continue;
		if (!fork()) {
			close(listener);
			answer(fd);
			_exit(0);
		}
		close(fd);
	}
}

static int ethtool(const char *dev, void *data)
{
	struct ifreq ifr = { .ifr_data = data };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	rc = ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	return rc;
}

static int do_offload(const char *dev, const char *how)
{
	static const unsigned int on[] = {
		ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO,
	};
	static const unsigned int off[] = {
		ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SSG, ETHTOOL_STXCSUM,
	};
	struct ethtool_value val = { .data = !strcmp(how, "on") };
	int rc = 0;

	for (int i = 0; i < 4; i++) {
		val.cmd = val.data ? on[i] : off[i];
		rc |= ethtool(dev, &val);
	}
	val.cmd = ETHTOOL_GTXCSUM;
	rc |= ethtool(dev, &val) || val.data != !strcmp(how, "on");
	return !!rc;
}

/* r0 = XDP_PASS; exit */
static int load_xdp(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)code,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int do_xdp(const char *dev, const char *how)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
		struct nlattr nest, fd_head;
		__s32 fd;
		struct nlattr flags_head;
		__u32 flags;
	} msg = {
		.head = { sizeof(msg), RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		.info.ifi_index = if_nametoindex(dev),
		.nest = { sizeof(msg) - offsetof(typeof(msg), nest), IFLA_XDP | NLA_F_NESTED },
		.fd_head = { 8, IFLA_XDP_FD },
		.fd = strcmp(how, "on") ? -1 : load_xdp(),
		.flags_head = { 8, IFLA_XDP_FLAGS },
		.flags = XDP_FLAGS_DRV_MODE,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char rest[256];
	} answer;
	int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (!strcmp(how, "on") && msg.fd < 0)
		return perror("load"), 1;
	if (send(nl, &msg, sizeof(msg), 0) < 0 || recv(nl, &answer, sizeof(answer), 0) < 0)
		return perror("netlink"), 1;
	if (answer.err.error)
		fprintf(stderr, "xdp %s: %s\n", dev, strerror(-answer.err.error));
	return !!answer.err.error;
}

static int do_stats(const char *dev)
{
	struct { struct ethtool_sset_info info; __u32 nr; } sset = {
		.info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1 << ETH_SS_STATS },
	};
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;

	if (ethtool(dev, &sset))
		return 1;
	names = calloc(1, sizeof(*names) + sset.nr * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + sset.nr * sizeof(__u64));
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = sset.nr;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = sset.nr;
	if (ethtool(dev, names) || ethtool(dev, stats))
		return 1;
	for (unsigned int i = 0; i < sset.nr; i++)
		printf("%s %llu\n", (char *)names->data + i * ETH_GSTRING_LEN, stats->data[i]);
	return 0;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(cmd, "serve"))
		return do_serve();
	if (!strcmp(cmd, "send") && argc >= 4)
		return do_send(argv[2], argv[3], argc > 4 ? atol(argv[4]) : BUF);
	if (!strcmp(cmd, "recv") && argc >= 4)
		return do_recv(argv[2], argv[3], argc > 4 ? atol(argv[4]) : BUF);
	if (!strcmp(cmd, "both") && argc == 4)
		return do_both(argv[2], argv[3]);
	if (!strcmp(cmd, "udpto") && argc >= 5)
		return do_udpto(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
	if (!strcmp(cmd, "udpfrom") && argc == 6)
		return do_udpfrom(argv[2], argv[3], argv[4], argv[5]);
	if (!strcmp(cmd, "flood") && argc == 5) {
		udp_out(argv[2], atoi(argv[3]), atoi(argv[4]));
		return 0;
	}
	if (!strcmp(cmd, "join") && argc == 5)
		return do_join(argv[2], argv[3], argv[4]);
	if (!strcmp(cmd, "sh") && argc >= 4)
		return do_sh(argv[2], argc - 3, argv + 3);
	if (!strcmp(cmd, "offload") && argc == 4)
		return do_offload(argv[2], argv[3]);
	if (!strcmp(cmd, "xdp") && argc == 4)
		return do_xdp(argv[2], argv[3]);
	if (!strcmp(cmd, "stats") && argc == 3)
		return do_stats(argv[2]);
	if (!strcmp(cmd, "mark") && argc == 3)
		return mark(atoi(argv[2])), 0;
	fprintf(stderr, "usage: netload COMMAND ..., see the head of netload.c\n");
	return 2;
}
