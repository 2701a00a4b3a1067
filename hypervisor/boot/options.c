// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options: their defaults and the table that the parser works from. To
 * add one: a field in hv/options.h, a line here, a section in
 * Documentation/admin/command-line.rst.
 */
#include <hv/cmdline.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <asm/layout.h>

struct hv_options opts = {
	.com[0] = { .clock_hz = 1843200, .data_bits = 8, .stop_bits = 1, .io_base = 0x3f8,
		    .irq = 4 },
	.com[1] = { .clock_hz = 1843200, .data_bits = 8, .stop_bits = 1, .io_base = 0x2f8,
		    .irq = 3 },
	.console_com[0] = true,
	.console_vga = true,
	.conswitch_char = 'a',
	.loglvl_lower = LOG_WARN + 1,
	.loglvl_upper = LOG_WARN + 1,
	.guest_loglvl_lower = 0,
	.guest_loglvl_upper = LOG_WARN + 1,
	.max_cpus = MAX_CPUS,
	.smt = -1,
	.x2apic = -1,
	.watchdog_timeout_s = 5,
	.nmi = NMI_DOM0,
};

static const char *const nmi_names[] = { "ignore", "dom0", "fatal", NULL };
static const char *const reboot_names[] = { "auto", "triple", "kbd", "acpi", "pci", NULL };

/* Alphabetic, which is how the manual lists them. */
const struct option option_table[] = {
	{ "acpi", OPT_CUSTOM, .parse = parse_acpi },
	{ "badpage", OPT_CUSTOM, .parse = parse_badpage },
	{ "com1", OPT_CUSTOM, .parse = parse_com1 },
	{ "com2", OPT_CUSTOM, .parse = parse_com2 },
	{ "conring_size", OPT_SIZE, &opts.conring_size, 4096, 16 << 20 },
	{ "console", OPT_CUSTOM, .parse = parse_console },
	{ "console_timestamps", OPT_CUSTOM, .parse = parse_console_timestamps },
	{ "console_to_ring", OPT_BOOL, &opts.console_to_ring },
	{ "conswitch", OPT_CUSTOM, .parse = parse_conswitch },
	{ "dom0_max_vcpus", OPT_CUSTOM, .parse = parse_dom0_max_vcpus },
	{ "dom0_mem", OPT_CUSTOM, .parse = parse_dom0_mem },
	{ "dom0_vcpus_pin", OPT_BOOL, &opts.dom0_vcpus_pin },
	{ "guest_loglvl", OPT_CUSTOM, .parse = parse_guest_loglvl },
	{ "loglvl", OPT_CUSTOM, .parse = parse_loglvl },
	{ "maxcpus", OPT_UINT, &opts.max_cpus, 1, ~0U },
	{ "mem", OPT_SIZE, &opts.mem_limit, 64 << 20 },
	{ "nmi", OPT_ENUM, &opts.nmi, .names = nmi_names },
	{ "noapic", OPT_BOOL, &opts.noapic },
	{ "nolapic", OPT_BOOL, &opts.nolapic },
	{ "noreboot", OPT_BOOL, &opts.noreboot },
	{ "nosmp", OPT_BOOL, &opts.nosmp },
	{ "reboot", OPT_ENUM, &opts.reboot, .names = reboot_names },
	{ "sched", OPT_STRING, opts.sched, .max = sizeof(opts.sched) },
	{ "smt", OPT_TRISTATE, &opts.smt },
	{ "sync_console", OPT_BOOL, &opts.sync_console },
	{ "tbuf_size", OPT_UINT, &opts.tbuf_pages, 0, 65535 },
	{ "ucode", OPT_CUSTOM, .parse = parse_ucode },
	{ "vga", OPT_CUSTOM, .parse = parse_vga },
	{ "watchdog", OPT_CUSTOM, .parse = parse_watchdog },
	{ "watchdog_timeout", OPT_UINT, &opts.watchdog_timeout_s, 0, 3600 },
	{ "x2apic", OPT_TRISTATE, &opts.x2apic },
};

const unsigned int option_table_size = ARRAY_SIZE(option_table);
