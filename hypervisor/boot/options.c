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
#include <hv/version.h>
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
	.sched_ratelimit_us = 1000,
	.smt = -1,
	.x2apic = -1,
	.watchdog_timeout_s = 5,
	.nmi = NMI_DOM0,
	.xen_minor = XEN_ABI_MINOR,
};

static const char *const nmi_names[] = { "ignore", "dom0", "fatal", NULL };

#define BOOL(name, field)	{ name, OPT_BOOL, .var = &opts.field }
#define TRISTATE(name, field)	{ name, OPT_TRISTATE, .var = &opts.field }
#define CUSTOM(name)		{ #name, OPT_CUSTOM, .parse = parse_##name }
#define ENUM(name, field, words) { name, OPT_ENUM, .var = &opts.field, .names = words }
#define STRING(name, field)	{ name, OPT_STRING, .var = opts.field, .max = sizeof(opts.field) }
#define SIZE(name, field, low, high) \
	{ name, OPT_SIZE, .var = &opts.field, .min = low, .max = high }

/* Understood, since configurations made for Xen have them; the log says that they do nothing. */

/* Alphabetic, which is how the manual lists them. */
const struct option option_table[] = {
	CUSTOM(acpi),
	CUSTOM(badpage),
	CUSTOM(com1),
	CUSTOM(com2),
	SIZE("conring_size", conring_size, 4096, 16 << 20),
	CUSTOM(console),
	CUSTOM(console_timestamps),
	BOOL("console_to_ring", console_to_ring),
	CUSTOM(conswitch),
	CUSTOM(dom0_max_vcpus),
	CUSTOM(dom0_mem),
	BOOL("dom0_vcpus_pin", dom0_vcpus_pin),
#ifdef CONFIG_HV_FAIL_ALLOC
	BOOL("fail-alloc", fail_alloc),
#endif
	CUSTOM(guest_loglvl),
	CUSTOM(loglvl),
	{ "maxcpus", OPT_UINT, .var = &opts.max_cpus, .min = 1 },
	SIZE("mem", mem_limit, 64 << 20, 0),
	ENUM("nmi", nmi, nmi_names),
	BOOL("noapic", noapic),
	BOOL("nolapic", nolapic),
	BOOL("noreboot", noreboot),
	BOOL("nosmp", nosmp),
	CUSTOM(reboot),
	STRING("sched", sched),
	{ "sched_ratelimit_us", OPT_UINT, .var = &opts.sched_ratelimit_us, .max = 500000 },
	TRISTATE("smt", smt),
	BOOL("sync_console", sync_console),
	{ "tbuf_size", OPT_UINT, .var = &opts.tbuf_pages, .max = 65535,
	  .no_effect = "there are no trace buffers" },
	{ "ucode", OPT_CUSTOM, .parse = parse_ucode,
	  .no_effect = "microcode is left as firmware loaded it; update the firmware" },
	CUSTOM(vga),
	CUSTOM(watchdog),
	{ "watchdog_timeout", OPT_UINT, .var = &opts.watchdog_timeout_s, .max = 3600 },
	TRISTATE("x2apic", x2apic),
	{ "xen-version", OPT_CUSTOM, .parse = parse_xen_version },
};

const unsigned int option_table_size = ARRAY_SIZE(option_table);
