// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console as guests reach it: HYPERVISOR_console_io, and the log for
 * sysctl's readconsole. Domain 0 writes as it likes; in debug builds, lines of
 * other domains are debug messages in the log, collected here until whole.
 *
 * Locks: lines_lock guards the unfinished lines; printk() is called without it.
 * ABI: xen/xen.h, CONSOLEIO_*; xen/sysctl.h, XEN_SYSCTL_readconsole.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#include <xen/sysctl.h>

#define CHUNK		128
#define LINE_MAX	200
#define NR_LINES	8

/* Unfinished lines of the domains that wrote last. */
struct line {
	domid_t domid;
	u16 len;		/* 0: free */
	u32 used;		/* when, for finding the oldest */
	char text[LINE_MAX];
};

static spinlock_t lines_lock = SPINLOCK_INIT;
static struct line lines[NR_LINES];
static u32 line_clock;

/* The line of @domid, or the place for one: free, or the longest unused. */
static struct line *line_for(domid_t domid)
{
	struct line *best = &lines[0];

	for (unsigned int i = 0; i < NR_LINES; i++) {
		if (lines[i].len && lines[i].domid == domid)
			return &lines[i];
		if (!lines[i].len || (best->len && (s32)(lines[i].used - best->used) < 0))
			best = &lines[i];
	}
	return best;
}

static void print_line(const struct line *l)
{
	if (l->len)
		dprintk(l->domid, LOG_DEBUG, "%.*s\n", l->len, l->text);
}

/*
 * Add to a domain's line. Fills @out with a line to be printed, if one is
 * finished or must make room, and returns whether @c was taken.
 */
static bool add_char(domid_t domid, char c, struct line *out)
{
	struct line *l = line_for(domid);

	out->len = 0;
	if (l->len && (l->domid != domid || c == '\n' || l->len == LINE_MAX)) {
		bool own = l->domid == domid;

		*out = *l;
		l->len = 0;
		return own && c == '\n';
	}
	if (isprint(c) || c == '\t') {
		l->domid = domid;
		l->used = ++line_clock;
		l->text[l->len++] = c;
	}
	return true;
}

/**
 * console_write_guest() - Output of a guest's, already copied in.
 * @d: the writer
 * @s: @n characters
 * @n: at most what one call brings
 *
 * Context: hypercall of @d; takes lines_lock, and the console lock after it.
 * Return: 0.
 */
long console_write_guest(struct domain *d, const char *s, size_t n)
{
	struct line done;

	if (d->is_hardware_domain) {
		console_write_raw(s, n);
		return 0;
	}
	while (n) {
		unsigned long flags;
		bool taken;

		spin_lock_irqsave(&lines_lock, flags);
		taken = add_char(d->domain_id, *s, &done);
		spin_unlock_irqrestore(&lines_lock, flags);
		print_line(&done);
		if (taken) {
			s++;
			n--;
		}
	}
	return 0;
}

static long write_op(struct domain *d, unsigned long count, unsigned long va)
{
	char chunk[CHUNK];

	while (count) {
		size_t n = min(count, (unsigned long)CHUNK);

		if (raw_copy_from_guest(chunk, va, n))
			return -EFAULT;
		console_write_guest(d, chunk, n);
		va += n;
		count -= n;
		if (count && hypercall_preempt_check())
			return hypercall_continue(3, (unsigned long)CONSOLEIO_write, count, va);
	}
	return 0;
}

static long read_op(unsigned long count, unsigned long va)
{
	char chunk[CHUNK];
	long done = 0;

	while ((unsigned long)done < count) {
		size_t n = console_read_dom0(chunk, min(count - done, (unsigned long)CHUNK));

		if (!n)
			break;
		if (raw_copy_to_guest(va + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

/**
 * do_console_io() - HYPERVISOR_console_io.
 * @a1: CONSOLEIO_write or CONSOLEIO_read
 * @a2: characters; signed in the ABI
 * @a3: guest address of them
 * @a4: unused
 * @a5: unused
 *
 * ABI: xen/xen.h, "CONSOLEIO".
 * Return: 0 for write, characters for read; -EFAULT; -EINVAL for a negative
 * count; -EPERM for a read by another than domain 0, and unless this is a debug
 * build for a write by a domain without privilege; -ENOSYS.
 */
long do_console_io(unsigned long a1, unsigned long a2, unsigned long a3,
		   unsigned long a4, unsigned long a5)
{
	struct domain *d = current->domain;
	int count = (int)a2;

	if (count < 0)
		return -EINVAL;
	switch ((int)a1) {
	case CONSOLEIO_write:
		/* As Xen: a guest's lines are a help to those who debug hypervisors. */
		if (!d->is_privileged && !IS_ENABLED(CONFIG_HV_DEBUG))
			return -EPERM;
		return write_op(d, count, a3);
	case CONSOLEIO_read:
		return d->is_hardware_domain ? read_op(count, a3) : -EPERM;
	default:
		return -ENOSYS;
	}
}

/**
 * console_readconsole() - XEN_SYSCTL_readconsole.
 * @op: copied in; index and count are written back into it
 *
 * Return: 0 or -EFAULT.
 */
int console_readconsole(struct xen_sysctl_readconsole *op)
{
	u32 index = conring_begin(op->index, op->incremental);
	/* The ring at most, or a writer who keeps up could hold us here. */
	u32 max = min(op->count, conring_size), done = 0;
	char chunk[CHUNK];

	while (done < max) {
		size_t n = conring_copy(&index, chunk, min(max - done, (u32)CHUNK));

		if (!n)
			break;
		if (raw_copy_to_guest(handle_va(op->buffer) + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	if (op->clear)
		conring_clear(index);
	op->count = done;
	op->index = index;
	return 0;
}
