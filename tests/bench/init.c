// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first process of the small systems that scripts/bench measures: loads
 * what is in /modules, in the order of the names, then does what the kernel's
 * command line says:
 *
 *	bench.root=DEVICE bench.run=PROGRAM	goes on with PROGRAM of an ext4 disk
 *	bench.do=start				says that it is there, and sleeps
 *	bench.do=operations			runs /bench, figures named guest-...
 *	bench.do=disk				loads /dev/xvda
 *	bench.do=network			10.9.0.2 on eth0; loads 10.9.0.1, then serves
 *
 * without a shell or library, so that a guest's start is the kernel's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void must(int rc, const char *what)
{
	if (rc < 0) {
		perror(what);
		sleep(1);
		exit(1);
	}
}

static void mounts(const char *root)
{
	static const char *const types[][2] = {
		{ "/proc", "proc" }, { "/sys", "sysfs" }, { "/dev", "devtmpfs" },
		{ "/dev/pts", "devpts" }, { "/run", "tmpfs" },
	};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		snprintf(path, sizeof(path), "%s%s", root, types[i][0]);
		mkdir(path, 0755);
		must(mount(types[i][1], path, types[i][1], 0, ""), path);
	}
}

static void load_modules(void)
{
	struct dirent **names;
	char path[300];
	int count = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		must(syscall(SYS_finit_module, open(path, O_RDONLY), "", 0), path);
	}
}

/* The value of @name on the command line, or NULL. */
static const char *option(const char *name)
{
	static char line[4096];
	char *word, *rest = line;
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t got = read(fd, line, sizeof(line) - 1);
	size_t length = strlen(name);

	close(fd);
	line[got > 0 ? got : 0] = 0;
	while ((word = strsep(&rest, "\n ")))
		if (!strncmp(word, name, length) && word[length] == '=')
			return word + length + 1;
	return NULL;
}

static void wait_for(const char *path)
{
	for (int i = 0; access(path, F_OK); i++) {
		if (i == 6000)
			must(-1, path);
		usleep(10000);
	}
}

static void go_on(const char *device, const char *program)
{
	wait_for(device);
	mkdir("/new", 0755);
	must(mount(device, "/new", "ext4", 0, ""), device);
	mounts("/new");
	must(chroot("/new"), "chroot");
	must(chdir("/"), "chdir");
	/* as udev would: Xen's scripts use them */
	must(symlink("/proc/self/fd", "/dev/fd"), "/dev/fd");
	must(symlink("/proc/self/fd/0", "/dev/stdin"), "/dev/stdin");
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execl(program, program, NULL);
	must(-1, program);
}

static void run(const char *program, ...)
{
	char *argv[8] = { (char *)program };
	va_list args;
	pid_t child;
	int i = 0;

	va_start(args, program);
	while (argv[i] && i < 7)
		argv[++i] = va_arg(args, char *);
	va_end(args);
	child = fork();
	if (!child) {
		execv(program, argv);
		_exit(127);
	}
	waitpid(child, &i, 0);
	if (i)
		printf("%s %s ended with %#x\n", program, argv[1] ?: "", i);
}

static void disk(void)
{
	wait_for("/dev/xvda");
	run("/load", "guest-disk-write", "write", "/dev/xvda", "256", "128", NULL);
	run("/load", "guest-disk-read", "read", "/dev/xvda", "256", "128", NULL);
	run("/load", "guest-disk-latency", "latency", "/dev/xvda", "128", NULL);
}

static void interface(int fd, struct ifreq *ifr, unsigned long request, const char *address)
{
	struct sockaddr_in *in = (void *)&ifr->ifr_addr;

	in->sin_family = AF_INET;
	inet_aton(address, &in->sin_addr);
	must(ioctl(fd, request, ifr), address);
}

static void network(void)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	wait_for("/sys/class/net/eth0");
	interface(fd, &ifr, SIOCSIFADDR, "10.9.0.2");
	interface(fd, &ifr, SIOCSIFNETMASK, "255.255.255.0");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	must(ioctl(fd, SIOCSIFFLAGS, &ifr), "eth0 up");
	sleep(1);
	run("/load", "net-from-guest", "send", "10.9.0.1", "16", NULL);
	run("/load", "net-latency", "ping", "10.9.0.1", "50", NULL);
	puts("BENCH done 0 0 0");
	run("/load", "serve", NULL);
}

int main(void)
{
	const char *root, *what;

	mounts("");
	setvbuf(stdout, NULL, _IONBF, 0);
	load_modules();
	root = option("bench.root");
	if (root) {
		root = strdup(root);
		go_on(root, option("bench.run") ?: "/sbin/init");
	}
	what = option("bench.do") ?: "start";
	if (!strcmp(what, "operations"))
		run("/bench", "guest-", NULL);
	else if (!strcmp(what, "disk"))
		disk();
	else if (!strcmp(what, "network"))
		network();
	else
		puts("BENCH started 0 0 0");
	puts("BENCH done 0 0 0");
	for (;;)
		pause();
}
