/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second domain, for tests in which two attack each other. It is as small as
 * can be: its kernel does what it finds in a page that it shares with us, one
 * hypercall or one access to memory at a time, so that tests are written here.
 *
 * Its memory, all mapped from DOMU_BASE on: four tables, the code, that page,
 * and DOMU_DATA pages to play with.
 */
#ifndef DOMU_H
#define DOMU_H

#include "guest.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define DOMU_BASE	0x10000000UL
#define DOMU_DATA	8
#define DOMU_PAGES	(6 + DOMU_DATA)

enum { DOMU_L4, DOMU_L3, DOMU_L2, DOMU_L1, DOMU_CODE, DOMU_MAILBOX, DOMU_FIRST };

struct mailbox {
	u64 asked, answered;
	u64 nr, args[5];
	u64 result;
	u8 buffer[2048];	/* arguments in memory */
};

struct domu {
	u16 id;
	xen_pfn_t mfn[DOMU_PAGES];
	volatile struct mailbox *mb;	/* mapped here */
	void *window;		/* a page of ours in whose place that is */
	u64 window_pte;		/* as it was */
};

/* Where the other sees its page @n, and something in the mailbox's buffer. */
#define DOMU_VA(n)	(DOMU_BASE + (n) * PAGE_SIZE)
#define DOMU_BUF	(DOMU_VA(DOMU_MAILBOX) + offsetof(struct mailbox, buffer))

/* Done by the other in place of a hypercall. */
#define DOMU_LOAD	0x1000	/* the word at an address */
#define DOMU_STORE	0x1001	/* a word to an address */
#define DOMU_SPIN	0x1002	/* count, between domu_begin() and domu_end() */
#define DOMU_RDTSC	0x1003	/* the time-stamp counter */
#define DOMU_CALL	0x1004	/* a function there, with two arguments; keeps %rbx */
/* With the number of a hypercall: make it again and again, between the two. */
#define DOMU_REPEAT	0x2000

long domctl(unsigned int cmd, u16 domid, struct xen_domctl *op);
long sysctl(unsigned int cmd, struct xen_sysctl *op);
/* It runs on @cpu alone from now on. */
void pin_vcpu(u16 domid, unsigned int vcpu, u32 cpu);
/* What was logged since this was last asked. */
const char *new_log(void);
/* Where @text goes on behind @what in it; NULL if that is not there, or @text is. */
const char *behind(const char *text, const char *what);

/* Made, with memory and a context, but not running. 0 or what failed. */
long domu_make(struct domu *u, u16 id);
long domu_start(struct domu *u);
/* Ask it to do a hypercall, and see whether it has: it may be blocked, or dead, meanwhile. */
void domu_ask(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
bool domu_answered(const struct domu *u);
/* It does so and is back, or -4000 if it does not answer: it crashed, say. */
long domu_do(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
/* It does so until the other is called; then how often it has. The mailbox has one user. */
void domu_begin(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);
long domu_end(struct domu *u);
/* With a structure as argument @arg (1 to 4), which comes back changed. */
long domu_do_with(struct domu *u, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, int arg,
		  void *buf, size_t len);
/* All our mappings of it go. */
void domu_unmap(struct domu *u);
long domu_kill(struct domu *u);
/* Unmapped, killed, and gone but for what others hold of it: false if it is still there. */
bool domu_stop(struct domu *u);
/* Is it there? 0: no; else its state. */
int domu_info(u16 id, struct xen_domctl_getdomaininfo *info);

/* Frame @idx of its grant table: 0 or what failed. That of its shared_info. */
long domu_grant_frame(const struct domu *u, unsigned int idx, u64 *mfn);
u64 domu_shared_info(const struct domu *u);

/* Map a frame of another's at a page of ours, and put ours back. */
long map_foreign(void *va, u64 mfn, u16 owner, u64 flags);
u64 window_open(void *va);
void window_close(void *va, u64 pte);
u64 free_pages(void);

#define DOMU_HC(u, nr, a1, a2, a3, a4) \
	domu_do(u, __HYPERVISOR_##nr, (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4), 0)
#define DOMU_OP(u, nr, cmd, buf) \
	domu_do_with(u, __HYPERVISOR_##nr, cmd, 0, 0, 0, 2, buf, sizeof(*(buf)))

#endif
