// SPDX-License-Identifier: GPL-2.0-only
/* /dev/xen/evtchn: every ioctl, read, write, poll, SIGIO, thousands of ports. */
#include "t.h"

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#define VIRQ_CON_RING	8
#define MANY		2000

static int dev(void)
{
	return open_dev("/dev/xen/evtchn");
}

static int bind_unbound(int fd, unsigned int dom)
{
	struct ioctl_evtchn_bind_unbound_port b = { .remote_domain = dom };

	return ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &b);
}

static int bind_interdomain(int fd, unsigned int dom, unsigned int port)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = dom, .remote_port = port };

	return ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
}

static int bind_virq(int fd, unsigned int virq)
{
	struct ioctl_evtchn_bind_virq b = { .virq = virq };

	return ioctl(fd, IOCTL_EVTCHN_BIND_VIRQ, &b);
}

static int notify(int fd, unsigned int port)
{
	struct ioctl_evtchn_notify n = { .port = port };

	return ioctl(fd, IOCTL_EVTCHN_NOTIFY, &n);
}

static int unbind(int fd, unsigned int port)
{
	struct ioctl_evtchn_unbind u = { .port = port };

	return ioctl(fd, IOCTL_EVTCHN_UNBIND, &u);
}

static int restrict_to(int fd, uint16_t domid)
{
	struct ioctl_evtchn_restrict_domid r = { .domid = domid };

	return ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &r);
}

static int polled(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) < 0 ? -1 : p.revents;
}

static bool unmask(int fd, uint32_t port)
{
	return write(fd, &port, sizeof(port)) == sizeof(port);
}

static void nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void test_pair(void)
{
	int a = dev(), b = dev(), pa, pb;
	uint32_t got[4];

	nonblock(a);
	nonblock(b);
	check_errno(read(a, got, sizeof(got)), EAGAIN, "read of an empty ring does not block");
	check(read(a, got, 3) == 0, "read of less than a port gives nothing");
	check(write(a, got, 3) == 0, "write of less than a port does nothing");
	check_errno(lseek(a, 0, SEEK_SET), ESPIPE, "the device cannot seek");

	pa = bind_unbound(a, 0);
	check(pa > 0, "bind an unbound port");
	pb = bind_interdomain(b, 0, pa);
	check(pb > 0, "bind to it from another file");

	/* Binding an interdomain port raises an event on both ends' first use. */
	if (polled(b, 100) & POLLIN) {
		check(read(b, got, sizeof(got)) == 4 && got[0] == (uint32_t)pb,
		      "the event of binding names the port");
		unmask(b, pb);
	}
	while (polled(a, 100) & POLLIN) {
		read(a, got, sizeof(got));
		unmask(a, pa);
	}

	check(notify(b, pb) == 0, "notify");
	check(polled(a, 1000) == POLLIN, "poll sees the event");
	check(read(a, got, sizeof(got)) == 4 && got[0] == (uint32_t)pa, "read names the port");
	check(notify(b, pb) == 0 && polled(a, 100) == 0, "no second event before it is written back");
	check(unmask(a, pa) && polled(a, 1000) == POLLIN, "the one that came meanwhile, after it");
	check(read(a, got, sizeof(got)) == 4 && got[0] == (uint32_t)pa, "read names it again");
	check(unmask(a, pa) && polled(a, 100) == 0, "and no more");

	check_errno(notify(a, pb), ENOTCONN, "another file's port cannot be notified");
	check_errno(unbind(a, pb), ENOTCONN, "nor unbound");
	check_errno(unbind(a, 1U << 30), EINVAL, "a number that no port has");
	check(unmask(a, pb) && unmask(a, 1U << 30), "writing such ports does no harm");
	check_errno(bind_interdomain(b, 0, pa), EINVAL, "a port has one peer");
	check_errno(bind_interdomain(b, 0x7ff1, 1), ESRCH, "a domain that does not exist");

	check(unbind(b, pb) == 0, "unbind");
	check_errno(notify(b, pb), ENOTCONN, "then it is gone");
	check_errno(unbind(b, pb), ENOTCONN, "once only");
	close(a);
	close(b);
}

static void test_blocking(void)
{
	int a = dev(), b = dev(), pa = bind_unbound(a, 0), pb = bind_interdomain(b, 0, pa);
	uint32_t got = 0;
	pid_t pid;

	need(pa > 0 && pb > 0, "pair");
	while (polled(a, 100) & POLLIN) {
		read(a, &got, sizeof(got));
		unmask(a, pa);
	}
	got = 0;
	pid = fork();
	if (!pid) {
		usleep(200000);
		_exit(notify(b, pb) != 0);
	}
	check(read(a, &got, sizeof(got)) == 4 && got == (uint32_t)pa, "a read that blocks is woken");
	waitpid(pid, NULL, 0);
	close(a);
	close(b);
}

static volatile sig_atomic_t sigios;

static void on_sigio(int sig)
{
	sigios++;
}

static void test_sigio(void)
{
	int a = dev(), b = dev(), pa = bind_unbound(a, 0), pb = bind_interdomain(b, 0, pa);
	uint32_t got;
	int i;

	while (polled(a, 100) & POLLIN) {
		read(a, &got, sizeof(got));
		unmask(a, pa);
	}
	signal(SIGIO, on_sigio);
	fcntl(a, F_SETOWN, getpid());
	fcntl(a, F_SETFL, fcntl(a, F_GETFL) | O_ASYNC);
	notify(b, pb);
	for (i = 0; i < 100 && !sigios; i++)
		usleep(10000);
	check(sigios == 1, "an event raises SIGIO");
	signal(SIGIO, SIG_DFL);
	close(a);
	close(b);
}

static void test_virq(void)
{
	int a = dev(), b = dev(), port = bind_virq(a, VIRQ_CON_RING);

	check(port > 0, "bind a virtual interrupt");
	check_errno(bind_virq(b, VIRQ_CON_RING), EEXIST, "one binding only");
	check(unbind(a, port) == 0, "unbind it");
	port = bind_virq(b, VIRQ_CON_RING);
	check(port > 0, "bind it again");
	check_errno(bind_virq(a, 1000), EINVAL, "a virtual interrupt that does not exist");
	check_errno(ioctl(a, IOCTL_EVTCHN_BIND_VIRQ, (void *)8), EFAULT, "an argument that cannot be read");
	close(a);
	close(b);
}

static void test_restrict(void)
{
	int a = dev();

	check_errno(restrict_to(a, 0), EINVAL, "no restriction to domain 0");
	check_errno(restrict_to(a, 0x7ff0), EINVAL, "nor to a reserved number");
	check(restrict_to(a, 5) == 0, "restrict");
	check_errno(restrict_to(a, 5), EACCES, "once only");
	check_errno(bind_unbound(a, 0), EACCES, "no port for another domain");
	check_errno(bind_interdomain(a, 0, 1), EACCES, "nor to another domain");
	check_errno(bind_virq(a, VIRQ_CON_RING), EACCES, "nor a virtual interrupt");
	check_errno(bind_unbound(a, 5), EACCES, "no unbound port even for that domain");
	check_errno(bind_interdomain(a, 5, 1), ESRCH, "to that domain it is tried");
	check_errno(ioctl(a, 0x12345, NULL), ENOSYS, "an unknown ioctl");
	close(a);
}

static void test_overflow(void)
{
	int a = dev(), b = dev(), pa = bind_unbound(a, 0), pb = bind_interdomain(b, 0, pa), i;
	struct pollfd p = { .fd = a, .events = POLLIN };
	uint32_t got;

	nonblock(a);
	/* Write back without reading, so that the port comes again and again. */
	for (i = 0; i < 20000 && !(p.revents & POLLERR); i++) {
		notify(b, pb);
		unmask(a, pa);
		poll(&p, 1, 0);
	}
	check(p.revents & POLLERR, "poll tells that the ring has overflown");
	check_errno(read(a, &got, sizeof(got)), EFBIG, "read too");
	check(ioctl(a, IOCTL_EVTCHN_RESET, 0) == 0, "reset");
	check_errno(read(a, &got, sizeof(got)), EAGAIN, "then the ring is empty");
	unmask(a, pa);
	notify(b, pb);
	check(polled(a, 1000) == POLLIN && read(a, &got, sizeof(got)) == 4 && got == (uint32_t)pa,
	      "and works again");
	close(a);
	close(b);
}

static int cmp(const void *x, const void *y)
{
	return *(const uint32_t *)x < *(const uint32_t *)y ? -1 : 1;
}

static bool round_trip(int a, int b, const uint32_t *pa, const uint32_t *pb)
{
	static uint32_t got[MANY];
	size_t have = 0;
	ssize_t n;
	int i;

	for (i = 0; i < MANY; i++)
		if (notify(b, pb[i]))
			return false;

	while (have < MANY && polled(a, 2000) == POLLIN) {
		n = read(a, got + have, (MANY - have) * 4);
		if (n <= 0)
			return false;
		have += n / 4;
	}
	for (i = 0; i < MANY; i += 1000)
		if (write(a, got + i, 4000) != 4000)
			return false;

	qsort(got, have, 4, cmp);
	return have == MANY && !memcmp(got, pa, sizeof(got));
}

static void test_many(void)
{
	static uint32_t pa[MANY], pb[MANY];
	int a = dev(), b = dev(), i, rc = 0;
	uint32_t got[1024];
	ssize_t n;

	for (i = 0; i < MANY && rc >= 0; i++) {
		rc = bind_unbound(a, 0);
		pa[i] = rc;
	}
	check(rc > 0, "bind 2000 ports");
	for (i = 0; i < MANY && rc >= 0; i++) {
		rc = bind_interdomain(b, 0, pa[i]);
		pb[i] = rc;
	}
	check(rc > 0, "bind to each of them");

	nonblock(a);
	do {
		n = read(a, got, sizeof(got));
		if (n > 0)
			write(a, got, n);
	} while (n > 0);

	/* Ports come in no order. */
	for (i = 1; i < MANY; i++)
		if (pa[i] < pa[i - 1])
			break;
	if (i < MANY) {
		/* Keep the pairs together: sort by the first number. */
		uint64_t pair[MANY];

		for (i = 0; i < MANY; i++)
			pair[i] = (uint64_t)pa[i] << 32 | pb[i];
		for (i = 1; i < MANY; i++) {
			uint64_t p = pair[i];
			int j = i;

			for (; j && pair[j - 1] > p; j--)
				pair[j] = pair[j - 1];
			pair[j] = p;
		}
		for (i = 0; i < MANY; i++) {
			pa[i] = pair[i] >> 32;
			pb[i] = pair[i];
		}
	}

	check(round_trip(a, b, pa, pb), "2000 events, each once");
	check(round_trip(a, b, pa, pb), "and again");
	close(a);
	close(b);
}

int main(void)
{
	t_name = "evtchn";
	test_pair();
	test_blocking();
	test_sigio();
	test_virq();
	test_restrict();
	test_overflow();
	test_many();
	return 0;
}
