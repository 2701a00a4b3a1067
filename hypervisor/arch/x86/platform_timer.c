// SPDX-License-Identifier: GPL-2.0-only
/*
 * HPET, ACPI PM timer and PIT as counters of known speed, best first; and the
 * PIT's channel 0 as a one-shot timer for machines without a local APIC.
 * Counters are boot only; channel 0 belongs to the CPU that takes its line.
 *
 * IA-PC HPET 1.0a, 2.3; ACPI 6.4, 4.8.3.3; Intel 8254 data sheet.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/platform_timer.h>
#include <asm/system.h>

#define HPET_PERIOD		(0x004 / 4)	/* femtoseconds */
#define HPET_PERIOD_MIN		1000000		/* 1 GHz: none counts faster */
#define HPET_PERIOD_MAX		100000000
#define HPET_CONFIG		(0x010 / 4)
#define HPET_CONFIG_ENABLE	BIT(0)
#define HPET_COUNTER		(0x0f0 / 4)

#define PM_TIMER_HZ		3579545

#define PIT_HZ			1193182
#define PIT_CH0			0x40
#define PIT_CH2			0x42
#define PIT_MODE		0x43
#define PIT_CH0_ONESHOT		0x30	/* both bytes, interrupt on terminal count */
#define PIT_CH2_RATE		0xb4	/* both bytes, rate generator */
#define PIT_CH2_LATCH		0x80
#define PORT_B			0x61
#define PORT_B_GATE2		0x01
#define PORT_B_SPEAKER		0x02

static volatile u32 *hpet;

static bool __init hpet_start(void)
{
	u32 period;

	if (!acpi.hpet_address)
		return false;
	hpet = ioremap(acpi.hpet_address, PAGE_SIZE);
	if (!hpet)
		return false;
	period = hpet[HPET_PERIOD];
	if (period < HPET_PERIOD_MIN || period > HPET_PERIOD_MAX)
		return false;
	hpet[HPET_CONFIG] |= HPET_CONFIG_ENABLE;
	platform_counters[0].hz = 1000000000000000UL / period;
	return true;
}

static u32 __init hpet_read(void)
{
	return hpet[HPET_COUNTER];
}

static bool __init pm_timer_start(void)
{
	return acpi.pm_timer_port != 0;
}

static u32 __init pm_timer_read(void)
{
	return inl(acpi.pm_timer_port);
}

/* Channel 2 needs no interrupt; its gate and the speaker are in port B. */
static bool __init pit_start(void)
{
	outb((inb(PORT_B) & ~PORT_B_SPEAKER) | PORT_B_GATE2, PORT_B);
	outb(PIT_CH2_RATE, PIT_MODE);
	outb(0, PIT_CH2);
	outb(0, PIT_CH2);
	return true;
}

static u32 __init pit_read(void)
{
	u32 count;

	outb(PIT_CH2_LATCH, PIT_MODE);
	count = inb(PIT_CH2);
	count |= inb(PIT_CH2) << 8;
	return -count;	/* it counts down */
}

struct platform_counter platform_counters[] __initdata = {
	{ "HPET", hpet_start, hpet_read, 0xffffffff, 0 },
	{ "ACPI PM timer", pm_timer_start, pm_timer_read, 0xffffff, PM_TIMER_HZ },
	{ "PIT", pit_start, pit_read, 0xffff, PIT_HZ },
};

const unsigned int nr_platform_counters = ARRAY_SIZE(platform_counters);

/**
 * pit_timer_init() - Use the PIT as the timer interrupt.
 * @handler: called in interrupt context
 *
 * Context: boot; panics if its line cannot be had.
 */
void __init pit_timer_init(void (*handler)(void *data))
{
	if (irq_request_gsi(isa_irq_to_gsi(0), handler, NULL, "PIT"))
		panic("PIT: its interrupt line cannot be used; boot without nolapic\n");
}

/**
 * pit_timer_set() - Interrupt once.
 * @delta_ns: from now; beyond 54 ms it comes early, and whoever asked asks again
 */
void pit_timer_set(u64 delta_ns)
{
	u64 count = min_t(u64, delta_ns, 50000000) * PIT_HZ / 1000000000 + 1;

	outb(PIT_CH0_ONESHOT, PIT_MODE);
	outb(count, PIT_CH0);
	outb(count >> 8, PIT_CH0);
}

/** pit_timer_stop() - No further interrupt: the mode waits for a count. */
void pit_timer_stop(void)
{
	outb(PIT_CH0_ONESHOT, PIT_MODE);
}
