// SPDX-License-Identifier: GPL-2.0-only
/*
 * plug TIMES DOMID PATH MAJOR:MINOR - attach a disk to a guest and detach it, again and
 * again, by the store alone: the toolstack takes its time, and every shell command takes an
 * emulator some of its own.
 *
 * A round is over when both sides were connected, the guest has read of the disk, and the
 * backend is closed. The guest may still be busy with the disk's end, so the next round's
 * has another number.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#define PATIENCE_S	100
#define QUIET		15	/* looks of 20 ms each */
#define FIRST_DISK	51728	/* xvdb; the next is 16 further */
#define DISKS		14

enum { INITIALISING = 1, CONNECTED = 4, CLOSING = 5, CLOSED = 6 };

static struct xs_handle *store;
static char front[64], back[64];
static unsigned int domid, disk;

static void put(xs_transaction_t t, const char *dir, const char *node, const char *format, ...)
{
	char path[128], value[128];
	va_list args;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	xs_write(store, t, path, value, strlen(value));
}

static void owned(xs_transaction_t t, const char *dir, unsigned int owner, unsigned int reader)
{
	struct xs_permissions perms[] = {
		{ .id = owner, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	xs_mkdir(store, t, dir);
	xs_set_permissions(store, t, dir, perms, 2);
}

/* Both sides at once: a backend whose frontend has no state is one whose guest is gone. */
static void attach(const char *path, const char *device)
{
	xs_transaction_t t;

	do {
		t = xs_transaction_start(store);
		owned(t, front, domid, 0);
		owned(t, back, 0, domid);
		put(t, back, "frontend", "%s", front);
		put(t, back, "frontend-id", "%u", domid);
		put(t, back, "online", "1");
		put(t, back, "mode", "w");
		put(t, back, "type", "phy");
		put(t, back, "params", "%s", path);
		put(t, back, "physical-device", "%s", device);
		put(t, back, "dev", "xvd%c", 'b' + (disk - FIRST_DISK) / 16);
		put(t, back, "device-type", "disk");
		put(t, back, "hotplug-status", "connected");
		put(t, back, "state", "%d", INITIALISING);
		put(t, front, "backend", "%s", back);
		put(t, front, "backend-id", "0");
		put(t, front, "virtual-device", "%u", disk);
		put(t, front, "device-type", "disk");
		put(t, front, "state", "%d", INITIALISING);
	} while (!xs_transaction_end(store, t, false));
}

static int number(const char *dir, const char *node)
{
	char path[128], *value;
	int found = -1;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	value = xs_read(store, XBT_NULL, path, NULL);
	if (value)
		found = atoi(value);
	free(value);
	return found;
}

static bool becomes(const char *dir, int state)
{
	struct pollfd wait = { .fd = xs_fileno(store), .events = POLLIN };
	time_t end = time(NULL) + PATIENCE_S;
	unsigned int count;
	char path[128];
	bool is;

	snprintf(path, sizeof(path), "%s/state", dir);
	xs_watch(store, path, "state");
	while (!(is = number(dir, "state") == state) && time(NULL) < end)
		if (poll(&wait, 1, 1000) > 0)
			free(xs_read_watch(store, &count));
	xs_unwatch(store, path, "state");
	if (!is)
		printf("%s: state %d, not %d\n", dir, number(dir, "state"), state);
	return is;
}

/*
 * It looks for partitions, at least. Linux' frontend may hang for good when its disk is
 * pulled meanwhile, whatever the backend: wait until no more reads come.
 */
static bool guest_has_read(void)
{
	time_t end = time(NULL) + PATIENCE_S;
	unsigned long reads = 0, before = 0;
	unsigned int quiet = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/statistics/rd_req",
		 domid, disk);
	do {
		file = fopen(path, "r");
		if (file) {
			if (fscanf(file, "%lu", &reads) != 1)
				reads = 0;
			fclose(file);
		}
		quiet = reads && reads == before ? quiet + 1 : 0;
		if (quiet == QUIET)
			return true;
		before = reads;
		usleep(20000);
	} while (time(NULL) < end);
	printf("%s: no read counted\n", path);
	return false;
}

static bool detach(void)
{
	xs_transaction_t t;

	do {
		t = xs_transaction_start(store);
		put(t, back, "online", "0");
		put(t, back, "state", "%d", CLOSING);
	} while (!xs_transaction_end(store, t, false));
	return becomes(back, CLOSED) && xs_rm(store, XBT_NULL, front) &&
	       xs_rm(store, XBT_NULL, back);
}

int main(int argc, char **argv)
{
	int round, rounds;

	if (argc != 5) {
		fprintf(stderr, "usage: plug TIMES DOMID PATH MAJOR:MINOR\n");
		return 2;
	}
	rounds = atoi(argv[1]);
	domid = atoi(argv[2]);
	store = xs_open(0);
	if (!store) {
		perror("the store");
		return 1;
	}
	for (round = 0; round < rounds; round++) {
		disk = FIRST_DISK + 16 * (round % DISKS);
		snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/%u", domid, disk);
		snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%u/%u", domid, disk);
		attach(argv[3], argv[4]);
		if (!becomes(back, CONNECTED) || !becomes(front, CONNECTED) || !guest_has_read() ||
		    !detach()) {
			printf("round %d of %d failed\n", round + 1, rounds);
			return 1;
		}
	}
	printf("%d times attached and detached\n", rounds);
	return 0;
}
