// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is typed on a serial line: for domain 0 or for the hypervisor's debug
 * keys. Three times the switch character turns it over.
 *
 * Locks: input_lock guards all of it. Nothing is called with it held.
 */
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/spinlock.h>

#define DOM0_BUFFER	4096	/* power of two; a terminal line of Linux, pasted at once */
#define SWITCH_PRESSES	3

static spinlock_t input_lock = SPINLOCK_INIT;
static bool to_dom0;
static unsigned int presses;		/* of the switch character, in a row */
static char buffer[DOM0_BUFFER];
static u32 produced, consumed;

/**
 * console_switch_input() - Choose who gets what is typed, and say so.
 * @dom0: true for domain 0, false for the debug keys
 *
 * Context: any, no console lock held.
 */
void console_switch_input(bool dom0)
{
	unsigned long flags;

	spin_lock_irqsave(&input_lock, flags);
	to_dom0 = dom0;
	spin_unlock_irqrestore(&input_lock, flags);
	printk("*** Serial input to %s (type 'CTRL-%c' three times to switch input)\n",
	       dom0 ? "DOM0" : "Xen", opts.conswitch_char);
}

/* Returns whether domain 0 is to be told. */
static bool deliver(char c)
{
	unsigned long flags;
	bool dom0;

	spin_lock_irqsave(&input_lock, flags);
	dom0 = to_dom0;
	if (dom0 && produced - consumed < DOM0_BUFFER)
		buffer[produced++ % DOM0_BUFFER] = c;
	spin_unlock_irqrestore(&input_lock, flags);
	if (!dom0)
		keyhandler_press((unsigned char)c);
	return dom0;
}

/**
 * console_rx() - A character was typed.
 * @c: the character
 *
 * Context: any, one serial line at a time; no console lock held.
 */
void console_rx(char c)
{
	char switch_code = opts.conswitch_char - 'a' + 1;
	bool tell = false;

	if (c == switch_code && ++presses < SWITCH_PRESSES)
		return;
	if (c == switch_code) {
		presses = 0;
		console_switch_input(!READ_ONCE(to_dom0));
		return;
	}
	/* One or two of them were meant for the receiver. */
	for (; presses; presses--)
		tell |= deliver(switch_code);
	tell |= deliver(c);
	if (tell)
		virq_send_global(VIRQ_CONSOLE);
}

/**
 * console_read_dom0() - Take characters typed for domain 0.
 * @buf: receives them
 * @max: room in @buf
 *
 * Return: how many, at most @max.
 */
size_t console_read_dom0(char *buf, size_t max)
{
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&input_lock, flags);
	while (n < max && consumed != produced)
		buf[n++] = buffer[consumed++ % DOM0_BUFFER];
	spin_unlock_irqrestore(&input_lock, flags);
	return n;
}
