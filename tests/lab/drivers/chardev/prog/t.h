/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few lines that the ioctl test programs share. A program prints one line
 * per check, "ok - NAME" or "not ok - NAME (what was seen)"; NAME begins with
 * the program's name, so that results of several programs can be told apart.
 */
#ifndef T_H
#define T_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL

static const char *t_name = "test";

#define check(cond, name)							\
	do {									\
		errno = 0;							\
		if (cond)							\
			printf("ok - %s: %s\n", t_name, name);			\
		else								\
			printf("not ok - %s: %s (line %d, errno %d)\n", t_name,	\
			       name, __LINE__, errno);				\
		fflush(stdout);							\
	} while (0)

/* The call fails with this errno. */
#define check_errno(call, err, name)						\
	do {									\
		long t_rc = (long)(call);					\
		int t_err = errno;						\
		if (t_rc == -1 && t_err == (err))				\
			printf("ok - %s: %s\n", t_name, name);			\
		else								\
			printf("not ok - %s: %s (line %d, rc %ld, errno %d)\n",	\
			       t_name, name, __LINE__, t_rc, t_err);		\
		fflush(stdout);							\
	} while (0)

#define need(cond, name)							\
	do {									\
		if (!(cond)) {							\
			printf("not ok - %s: %s (line %d, errno %d)\n", t_name,	\
			       name, __LINE__, errno);				\
			exit(1);						\
		}								\
	} while (0)

static inline int open_dev(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		printf("not ok - %s: open %s (errno %d)\n", t_name, path, errno);
		exit(1);
	}
	return fd;
}

static sigjmp_buf t_fault;

static inline void t_on_fault(int sig)
{
	siglongjmp(t_fault, sig);
}

/* The signal that reading this byte raises, 0 if none. */
static inline int fault_of(const volatile void *p)
{
	int sig;

	signal(SIGBUS, t_on_fault);
	signal(SIGSEGV, t_on_fault);
	sig = sigsetjmp(t_fault, 1);
	if (!sig)
		(void)*(const volatile char *)p;
	signal(SIGBUS, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	return sig;
}

#endif
