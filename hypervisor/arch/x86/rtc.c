// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CMOS clock: read once at boot for the wall clock. rtc_lock guards its
 * two ports, which domain 0 uses through pv/ioport.c.
 *
 * Motorola MC146818A data sheet.
 */
#include <hv/lib.h>
#include <hv/spinlock.h>
#include <asm/platform_timer.h>
#include <asm/system.h>

#define RTC_INDEX		0x70
#define RTC_DATA		0x71
#define RTC_SECONDS		0
#define RTC_MINUTES		2
#define RTC_HOURS		4
#define RTC_DAY			7
#define RTC_MONTH		8
#define RTC_YEAR		9
#define RTC_REG_A		10
#define RTC_UPDATING		0x80
#define RTC_REG_B		11
#define RTC_24_HOURS		0x02
#define RTC_BINARY		0x04
#define RTC_PM			0x80

struct spinlock rtc_lock = SPINLOCK_INIT;

/* Of the century the clock knows nothing: 1970 to 2069. */
#define RTC_EPOCH_YEAR		70

struct rtc_time {
	u8 second, minute, hour, day, month, year;
};

static u8 cmos_read(u8 reg)
{
	outb(reg, RTC_INDEX);
	return inb(RTC_DATA);
}

static struct rtc_time read_fields(void)
{
	return (struct rtc_time){
		.second = cmos_read(RTC_SECONDS),
		.minute = cmos_read(RTC_MINUTES),
		.hour = cmos_read(RTC_HOURS),
		.day = cmos_read(RTC_DAY),
		.month = cmos_read(RTC_MONTH),
		.year = cmos_read(RTC_YEAR),
	};
}

static bool same(const struct rtc_time *a, const struct rtc_time *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

/* Two equal readings with no update between: bounded, for clocks that are none. */
static bool read_stable(struct rtc_time *t)
{
	for (unsigned int tries = 0; tries < 100000; tries++) {
		struct rtc_time again;

		if (cmos_read(RTC_REG_A) & RTC_UPDATING)
			continue;
		*t = read_fields();
		again = read_fields();
		if (same(t, &again))
			return true;
	}
	return false;
}

static void from_bcd(u8 *v)
{
	*v = (*v >> 4) * 10 + (*v & 15);
}

static void decode(struct rtc_time *t, u8 reg_b)
{
	bool pm = !(reg_b & RTC_24_HOURS) && (t->hour & RTC_PM);

	if (!(reg_b & RTC_24_HOURS))
		t->hour &= ~RTC_PM;
	if (!(reg_b & RTC_BINARY)) {
		from_bcd(&t->second);
		from_bcd(&t->minute);
		from_bcd(&t->hour);
		from_bcd(&t->day);
		from_bcd(&t->month);
		from_bcd(&t->year);
	}
	if (!(reg_b & RTC_24_HOURS))
		t->hour = t->hour % 12 + (pm ? 12 : 0);
}

static bool plausible(const struct rtc_time *t)
{
	return t->second < 60 && t->minute < 60 && t->hour < 24 && t->day >= 1 &&
	       t->day <= 31 && t->month >= 1 && t->month <= 12 && t->year < 100;
}

/* Days since 1970 in the Gregorian calendar, counting years from March. */
static u64 days_since_1970(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month > 2 ? year : year - 1;
	unsigned int m = month > 2 ? month - 3 : month + 9;

	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/**
 * rtc_read() - The wall clock when we start.
 *
 * Context: takes rtc_lock.
 * Return: seconds since 1970 UTC, to a second; 0 if there is no such clock.
 */
u64 rtc_read(void)
{
	struct rtc_time t;
	unsigned long flags;
	unsigned int year;
	bool ok;
	u8 reg_b;

	spin_lock_irqsave(&rtc_lock, flags);
	ok = read_stable(&t);
	reg_b = cmos_read(RTC_REG_B);
	spin_unlock_irqrestore(&rtc_lock, flags);
	decode(&t, reg_b);
	if (!ok || !plausible(&t))
		return 0;
	year = t.year + (t.year < RTC_EPOCH_YEAR ? 2000 : 1900);
	return ((days_since_1970(year, t.month, t.day) * 24 + t.hour) * 60 + t.minute) * 60 +
	       t.second;
}
