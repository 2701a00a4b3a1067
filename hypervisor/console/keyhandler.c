// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug keys. Each is a letter with a handler and a line in the menu that "h"
 * prints. Keys typed arrive in interrupts, so they wait for a softirq.
 *
 * Locks: keys_lock guards the queue of keys typed. The table is filled at boot.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <hv/watchdog.h>

#define NR_KEYS 128

static struct {
	void (*fn)(unsigned char key);
	const char *desc;
} handlers[NR_KEYS];

#define TYPED_MAX 16

static spinlock_t keys_lock = SPINLOCK_INIT;
static unsigned char typed[TYPED_MAX];
static u32 typed_in, typed_out;

/**
 * register_keyhandler() - Add a debug key.
 * @key:  ASCII, not taken yet
 * @fn:   called with interrupts on, from a softirq or a hypercall, and with the
 *        console in sync mode; prints with printk()
 * @desc: for the menu; kept
 *
 * Context: boot CPU, boot.
 */
void register_keyhandler(unsigned char key, void (*fn)(unsigned char key), const char *desc)
{
	BUG_ON(key >= NR_KEYS || handlers[key].fn);
	handlers[key].fn = fn;
	handlers[key].desc = desc;
}

static void show_help(unsigned char key)
{
	printk("'%c' pressed -> showing installed handlers\n", key);
	for (unsigned int k = 0; k < NR_KEYS; k++)
		if (handlers[k].fn)
			printk(" key '%c' (ascii '%02x') => %s\n", isprint((int)k) ? (char)k : ' ',
			       k, handlers[k].desc);
}

/**
 * keyhandler_run() - Act on a debug key now. Unknown keys do nothing.
 * @key: ASCII
 *
 * Context: interrupts on, no locks held.
 */
void keyhandler_run(unsigned char key)
{
	if (key >= NR_KEYS || !handlers[key].fn)
		return;
	/* Printing so much by a slow line is no hang. */
	watchdog_pause(true);
	console_start_sync();
	handlers[key].fn(key);
	console_end_sync();
	watchdog_pause(false);
}

/**
 * keyhandler_press() - Act on a debug key soon. Keys beyond a few are dropped.
 * @key: ASCII
 *
 * Context: any.
 */
void keyhandler_press(unsigned char key)
{
	unsigned long flags;

	spin_lock_irqsave(&keys_lock, flags);
	if (typed_in - typed_out < TYPED_MAX)
		typed[typed_in++ % TYPED_MAX] = key;
	spin_unlock_irqrestore(&keys_lock, flags);
	softirq_raise(SOFTIRQ_KEYHANDLER);
}

static bool next_key(unsigned char *key)
{
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&keys_lock, flags);
	any = typed_in != typed_out;
	if (any)
		*key = typed[typed_out++ % TYPED_MAX];
	spin_unlock_irqrestore(&keys_lock, flags);
	return any;
}

static void keys_softirq(void)
{
	unsigned char key;

	while (next_key(&key))
		keyhandler_run(key);
}

/**
 * keyhandler_init() - Start to listen, with the menu as the first key.
 *
 * Context: boot, once softirqs can be registered.
 */
void keyhandler_init(void)
{
	register_keyhandler('h', show_help, "show this message");
	softirq_register(SOFTIRQ_KEYHANDLER, keys_softirq);
}
