// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console: what is written goes to the ring, the chosen serial lines and
 * the VGA; its lock; what happens to it in the course of boot and in panic.
 *
 * Locks: console_lock, the outermost of the consoles' locks: then conring_lock
 * or a serial port's. Interrupts are off while it is held.
 */
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/serial.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <asm/page.h>

static spinlock_t lock = SPINLOCK_INIT;
static bool serial_on[NR_SERIAL];	/* console=comN, and it is there */
static unsigned int sync_count;
static bool late;			/* softirqs may be raised */

void console_lock(unsigned long *flags)
{
	spin_lock_irqsave(&lock, *flags);
}

void console_unlock(unsigned long flags)
{
	spin_unlock_irqrestore(&lock, flags);
}

static void write_devices(const char *s, size_t n)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++)
		if (serial_on[i])
			serial_write(i, s, n);
	vga_write(s, n);
}

/* Whoever reads the ring as it grows (xenconsoled) hears of it. */
static void write_ring(const char *s, size_t n)
{
	conring_write(s, n);
	if (late)
		softirq_raise(SOFTIRQ_CONSOLE);
}

static void ring_softirq(void)
{
	virq_send_global(VIRQ_CON_RING);
}

/**
 * console_emit() - Write log text to ring and devices.
 * @s: @n characters
 * @n: how many
 *
 * Context: console lock held.
 */
void console_emit(const char *s, size_t n)
{
	write_ring(s, n);
	write_devices(s, n);
}

/**
 * console_write_raw() - Write domain 0's own console output.
 * @s: @n characters
 * @n: how many
 */
void console_write_raw(const char *s, size_t n)
{
	unsigned long flags;

	console_lock(&flags);
	write_devices(s, n);
	if (opts.console_to_ring)
		write_ring(s, n);
	console_unlock(flags);
}

/* A console that comes up late shows what was said before. */
static void replay(void (*write)(unsigned int arg, const char *s, size_t n), unsigned int arg)
{
	u32 index = conring_begin(0, false);
	char buf[128];
	size_t n;

	while ((n = conring_copy(&index, buf, sizeof(buf))))
		write(arg, buf, n);
}

static void vga_write_arg(unsigned int unused, const char *s, size_t n)
{
	vga_write(s, n);
}

/**
 * console_init_serial() - Bring up the serial lines that the options name.
 *
 * Context: boot, after cmdline_parse().
 */
void console_init_serial(void)
{
	for (unsigned int i = 0; i < NR_SERIAL; i++) {
		unsigned long flags;

		serial_init(i);
		if (!opts.console_com[i] || !serial_present(i))
			continue;
		console_lock(&flags);
		replay(serial_write, i);
		serial_on[i] = true;
		console_unlock(flags);
	}
}

/**
 * console_init_vga() - Use a text screen, unless console= leaves it out.
 * @va:      its cells, mapped
 * @columns: characters in a line
 * @rows:    lines
 */
void console_init_vga(void *va, unsigned int columns, unsigned int rows)
{
	unsigned long flags;

	if (!opts.console_vga)
		return;
	console_lock(&flags);
	vga_init(va, columns, rows);
	replay(vga_write_arg, 0);
	console_unlock(flags);
}

static void grow_ring(void)
{
	u32 size = conring_size;
	unsigned int order = 0;
	char *buf;

	while (size < opts.conring_size)
		size <<= 1;
	if (size == conring_size)
		return;
	while (PAGE_SIZE << order < size)
		order++;
	buf = hv_page_alloc(order);
	if (!buf || conring_resize(buf, size))
		pr_warn("conring_size=: no memory for %u KiB; the console ring stays at %u KiB\n",
			size >> 10, conring_size >> 10);
}

/**
 * console_init_late() - Queues, interrupts, debug keys, a ring of conring_size=.
 *
 * Context: boot, with heap, softirqs, timers and I/O APIC.
 */
void console_init_late(void)
{
	grow_ring();
	softirq_register(SOFTIRQ_CONSOLE, ring_softirq);
	keyhandler_init();
	late = true;
	for (unsigned int i = 0; i < NR_SERIAL; i++)
		serial_init_late(i);
}

static const char *level_name(unsigned int threshold)
{
	static const char *const names[] = {
		"Nothing", "Errors", "Errors and warnings", "Errors, warnings and info", "All",
	};

	return names[min(threshold, (unsigned int)ARRAY_SIZE(names) - 1)];
}

static void print_level(const char *what, u8 lower, u8 upper)
{
	printk("%s Loglevel: %s", what, level_name(lower));
	if (upper != lower)
		printk(" (Rate-limited: %s)", level_name(upper));
	printk("\n");
}

/**
 * console_endboot() - Hand the screen and the keyboard to domain 0.
 *
 * Context: boot, last thing before domain 0 runs.
 */
void console_endboot(void)
{
	print_level("Std.", opts.loglvl_lower, opts.loglvl_upper);
	print_level("Guest", opts.guest_loglvl_lower, opts.guest_loglvl_upper);
	if (vga_present()) {
		unsigned long flags;

		printk("Xen is %s VGA console.\n", opts.vga_keep ? "keeping" : "relinquishing");
		console_lock(&flags);
		if (!opts.vga_keep)
			vga_init(NULL, 0, 0);
		console_unlock(flags);
	}
	console_switch_input(!opts.conswitch_stay);
}

/**
 * console_start_sync() - From here each character is out before printk() returns.
 *
 * Context: any.
 */
void console_start_sync(void)
{
	if (!__atomic_fetch_add(&sync_count, 1, __ATOMIC_SEQ_CST))
		serial_set_sync(true);
}

/**
 * console_end_sync() - Undo one console_start_sync().
 */
void console_end_sync(void)
{
	if (__atomic_sub_fetch(&sync_count, 1, __ATOMIC_SEQ_CST) == 0)
		serial_set_sync(opts.sync_console);
}

/**
 * console_force_unlock() - Panic: the holder of the locks is dead, or is us.
 *
 * Context: other CPUs stopped.
 */
void console_force_unlock(void)
{
	spin_lock_init(&lock);
	serial_force_unlock();
	late = false;
}
