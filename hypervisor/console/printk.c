// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log. Each line starts with "(XEN) ", which people and tools search for,
 * and perhaps the time. loglvl= and guest_loglvl= decide by two thresholds:
 * levels below the lower one are always shown, those from the upper one on
 * never, what lies between at a limited rate.
 *
 * Locks: the console lock, see console.c; here it guards the line state and
 * the rate limits.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>
#include <asm/system.h>

#define LINE_MAX 1024

#define BURST		10
#define BURST_REFILL_NS	(5 * NSEC_PER_SEC)

struct limiter {
	u64 refilled_ns;
	unsigned int used;
	unsigned int missed;
};

static char text[LINE_MAX];
static bool at_line_start = true;
static struct limiter hv_limit, guest_limit;

static u64 uptime_ns(void)
{
	return tsc_khz ? now_ns() : 0;
}

/* Days since 1970-01-01 to a date; the year begins in March so that leap days come last. */
static void civil_date(u64 days, unsigned int *year, unsigned int *month, unsigned int *day)
{
	u64 z = days + 719468, era = z / 146097;
	unsigned int doe = (unsigned int)(z - era * 146097);
	unsigned int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (unsigned int)(yoe + era * 400) + (*month <= 2);
}

static int date_stamp(char *buf, size_t size, u64 ns, bool millis)
{
	u64 secs = ns / NSEC_PER_SEC;
	unsigned int year, month, day, s = (unsigned int)(secs % 86400);
	int n;

	civil_date(secs / 86400, &year, &month, &day);
	n = scnprintf(buf, size, "[%04u-%02u-%02u %02u:%02u:%02u", year, month, day,
		      s / 3600, s / 60 % 60, s % 60);
	if (millis)
		n += scnprintf(buf + n, size - n, ".%03u",
			       (unsigned int)(ns % NSEC_PER_SEC / NSEC_PER_MSEC));
	return n + scnprintf(buf + n, size - n, "] ");
}

static int stamp(char *buf, size_t size)
{
	u32 how = opts.console_timestamps;
	u64 ns;

	if (how == STAMP_NONE)
		return 0;
	if (how == STAMP_RAW)
		return scnprintf(buf, size, "[%016lx] ", rdtsc());
	/* Before the clock has been read there is no date to print. */
	ns = how != STAMP_BOOT && tsc_khz ? time_wallclock_ns() : 0;
	if (ns)
		return date_stamp(buf, size, ns, how == STAMP_DATEMS);
	ns = uptime_ns();
	return scnprintf(buf, size, "[%5llu.%06llu] ", ns / NSEC_PER_SEC,
			 ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

static void emit_prefix(const char *subject)
{
	char buf[64];
	int n = scnprintf(buf, sizeof(buf), "(XEN) ");

	n += stamp(buf + n, sizeof(buf) - n);
	n += scnprintf(buf + n, sizeof(buf) - n, "%s", subject);
	console_emit(buf, n);
}

static void emit_lines(const char *subject, const char *s, size_t len)
{
	while (len) {
		const char *nl = memchr(s, '\n', len);
		size_t n = nl ? (size_t)(nl - s) + 1 : len;

		if (at_line_start)
			emit_prefix(subject);
		console_emit(s, n);
		at_line_start = nl;
		s += n;
		len -= n;
	}
}

static void emit(const char *subject, const char *fmt, va_list args)
{
	int n = vsnprintf(text, sizeof(text), fmt, args);

	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	emit_lines(subject, text, n);
}

static __printf(1, 2) void emit_text(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit("", fmt, args);
	va_end(args);
}

/* Until the clock runs nothing is limited: boot says each thing once. */
static bool within_limit(struct limiter *l)
{
	u64 now = uptime_ns();

	if (!now)
		return true;
	if (now - l->refilled_ns >= BURST_REFILL_NS) {
		l->refilled_ns = now;
		l->used = 0;
	}
	if (l->used >= BURST) {
		l->missed++;
		return false;
	}
	l->used++;
	if (l->missed)
		emit_text("printk: %u messages suppressed.\n", l->missed);
	l->missed = 0;
	return true;
}

static bool wanted(unsigned int level, unsigned int lower, unsigned int upper, struct limiter *l)
{
	if (level < lower)
		return true;
	return level < upper && within_limit(l);
}

/**
 * vprintk() - printk() with a va_list.
 * @fmt:  as printk()
 * @args: its arguments
 */
void vprintk(const char *fmt, va_list args)
{
	unsigned long flags;

	console_lock(&flags);
	emit("", fmt, args);
	console_unlock(flags);
}

/**
 * printk() - Log regardless of loglvl=.
 * @fmt: see lib/snprintf.c; text without a newline at its end is continued by
 *       the next call, without a prefix
 *
 * Context: any but an NMI; takes the console lock.
 */
void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

/**
 * printk_level() - Log as far as loglvl= lets it.
 * @level: how grave
 * @fmt:   as printk()
 *
 * Context: as printk().
 */
void printk_level(enum log_level level, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	console_lock(&flags);
	if (wanted(level, opts.loglvl_lower, opts.loglvl_upper, &hv_limit))
		emit("", fmt, args);
	console_unlock(flags);
	va_end(args);
}

static void vprintk_guest(const char *subject, enum log_level level, const char *fmt, va_list args)
{
	unsigned long flags;

	console_lock(&flags);
	if (wanted(level, opts.guest_loglvl_lower, opts.guest_loglvl_upper, &guest_limit))
		emit(subject, fmt, args);
	console_unlock(flags);
}

/**
 * gprintk() - Log something about the vCPU that runs.
 * @level: how grave
 * @fmt:   as printk()
 *
 * Context: on behalf of a guest: a hypercall, a trap. Takes the console lock.
 */
void gprintk(enum log_level level, const char *fmt, ...)
{
	const struct vcpu *v = current;
	char subject[24];
	va_list args;

	snprintf(subject, sizeof(subject), "d%uv%u ", v->domain->domain_id, v->vcpu_id);
	va_start(args, fmt);
	vprintk_guest(subject, level, fmt, args);
	va_end(args);
}

/**
 * dprintk() - Log something about a domain.
 * @domid: the domain
 * @level: how grave
 * @fmt:   as printk()
 *
 * Context: as printk().
 */
void dprintk(unsigned int domid, enum log_level level, const char *fmt, ...)
{
	char subject[16];
	va_list args;

	snprintf(subject, sizeof(subject), "d%u ", domid);
	va_start(args, fmt);
	vprintk_guest(subject, level, fmt, args);
	va_end(args);
}
