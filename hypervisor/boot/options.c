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
	.gnttab_max_frames = 64,
	.gnttab_max_maptrack_frames = 1024,
	.gnttab_max_version = 2,
	.gnttab_transitive = true,
	.gnttab_transfer = true,
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

#define ANY(name, why)		{ name, OPT_ANY, .no_effect = why }

/* What configurations made for Xen have, and why it does nothing here. */
#define NO_HVM		"there are only PV guests"
#define NO_IOMMU	"there is no support of IOMMUs"
#define NO_NODES	"all memory is taken as one node"
#define NO_PM		"CPUs idle by HLT, and their frequency is what firmware set"
#define NO_SPEC		"nothing of what is done about the CPU can be chosen"
#define NO_32BIT	"PV guests are of 64 bits"
#define FIXED		"it cannot be chosen"
#define NO_MASKS	"CPUID is masked by each guest's policy: cpuid= of its configuration"

/* Alphabetic, which is how the manual lists them. */
const struct option option_table[] = {
	CUSTOM(acpi),
	ANY("apicv", NO_HVM),
	ANY("ats", NO_IOMMU),
	CUSTOM(badpage),
	ANY("bootscrub", "memory is cleared when a guest gets it"),
	ANY("clocksource", "time is counted by the TSC"),
	CUSTOM(com1),
	CUSTOM(com2),
	SIZE("conring_size", conring_size, 4096, 16 << 20),
	CUSTOM(console),
	CUSTOM(console_timestamps),
	BOOL("console_to_ring", console_to_ring),
	CUSTOM(conswitch),
	ANY("cpufreq", NO_PM),
	ANY("cpuid", NO_MASKS),
	ANY("cpuid_mask_cpu", NO_MASKS),
	ANY("cpuidle", NO_PM),
	ANY("crashkernel", "no kernel is kept for a crash of the hypervisor"),
	ANY("credit2_balance_over", FIXED),
	ANY("credit2_balance_under", FIXED),
	ANY("credit2_load_precision_shift", FIXED),
	ANY("credit2_load_window_shift", FIXED),
	ANY("credit2_runqueue", FIXED),
	CUSTOM(dom0),
	ANY("dom0-iommu", NO_IOMMU),
	CUSTOM(dom0_max_vcpus),
	CUSTOM(dom0_mem),
	ANY("dom0_nodes", NO_NODES),
	BOOL("dom0_vcpus_pin", dom0_vcpus_pin),
	/* Debian's 20_linux_xen says "no-real-mode edd=off" wherever firmware is UEFI. */
	ANY("edd", NULL),
	ANY("efi", "of UEFI nothing is used but its memory map and tables"),
	ANY("ept", NO_HVM),
	ANY("extra_guest_irqs", "guests may have any interrupt that they are given"),
#ifdef CONFIG_HV_FAIL_ALLOC
	BOOL("fail-alloc", fail_alloc),
#endif
	ANY("flask", "there is no XSM"),
	CUSTOM(gnttab),
	{ "gnttab_max_frames", OPT_UINT, .var = &opts.gnttab_max_frames, .min = 1, .max = 65536 },
	{ "gnttab_max_maptrack_frames", OPT_UINT, .var = &opts.gnttab_max_maptrack_frames,
	  .max = 65536 },
	CUSTOM(guest_loglvl),
	ANY("hap", NO_HVM),
	ANY("hvm_fep", NO_HVM),
	ANY("intremap", NO_IOMMU),
	ANY("iommu", NO_IOMMU),
	ANY("l1tf", NO_SPEC),
	CUSTOM(loglvl),
	ANY("max_cstate", NO_PM),
	{ "maxcpus", OPT_UINT, .var = &opts.max_cpus, .min = 1 },
	SIZE("mem", mem_limit, 64 << 20, 0),
	ANY("mwait-idle", NO_PM),
	ENUM("nmi", nmi, nmi_names),
	BOOL("noapic", noapic),
	BOOL("nolapic", nolapic),
	BOOL("noreboot", noreboot),
	BOOL("nosmp", nosmp),
	ANY("numa", NO_NODES),
	ANY("pcid", NO_SPEC),
	ANY("pv", NO_32BIT),
	ANY("pv-l1tf", NO_SPEC),
	ANY("real-mode", NULL),
	CUSTOM(reboot),
	STRING("sched", sched),
	ANY("sched-gran", "vCPUs are scheduled one by one"),
	ANY("sched_credit_tslice_ms", "it is for the scheduler \"credit\", which is not here"),
	{ "sched_ratelimit_us", OPT_UINT, .var = &opts.sched_ratelimit_us, .max = 500000 },
	ANY("smap", NO_SPEC),
	ANY("smep", NO_SPEC),
	TRISTATE("smt", smt),
	ANY("spec-ctrl", NO_SPEC),
	BOOL("sync_console", sync_console),
	{ "tbuf_size", OPT_UINT, .var = &opts.tbuf_pages, .max = 65535,
	  .no_effect = "there are no trace buffers" },
	ANY("tsc", "it is looked at, and used if it can be"),
	ANY("tsx", NO_SPEC),
	{ "ucode", OPT_CUSTOM, .parse = parse_ucode,
	  .no_effect = "microcode is left as firmware loaded it; update the firmware" },
	CUSTOM(vga),
	ANY("vpmu", "there is no virtual PMU"),
	CUSTOM(watchdog),
	{ "watchdog_timeout", OPT_UINT, .var = &opts.watchdog_timeout_s, .max = 3600 },
	TRISTATE("x2apic", x2apic),
	ANY("x2apic_phys", FIXED),
	{ "xen-version", OPT_CUSTOM, .parse = parse_xen_version },
	ANY("xpti", NO_SPEC),
	ANY("xsm", "there is no XSM"),
};

const unsigned int option_table_size = ARRAY_SIZE(option_table);
