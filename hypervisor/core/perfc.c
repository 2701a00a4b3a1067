// SPDX-License-Identifier: GPL-2.0-only
/* Performance counters: their storage, and the debug keys that show them. No locks. */
#include <hv/perfc.h>

#include <hv/keyhandler.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>

struct perf_counters perfc;

static void show_array(const char *what, const u64 *count, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (count[i])
			printk("  %-10s %2u %16lu\n", what, i, (unsigned long)count[i]);
}

static void perfc_show(unsigned char key)
{
	printk("Performance counters at %lu ms:\n", (unsigned long)(now_ns() / NSEC_PER_MSEC));
	show_array("hypercall", perfc.hypercall, ARRAY_SIZE(perfc.hypercall));
	show_array("exception", perfc.exception, ARRAY_SIZE(perfc.exception));
	printk("  emulated PTE writes   %8lu\n", (unsigned long)perfc.emulated_pte_writes);
	printk("  emulated instructions %8lu\n", (unsigned long)perfc.emulated_instructions);
}

static void perfc_reset(unsigned char key)
{
	memset(&perfc, 0, sizeof(perfc));
	printk("Performance counters reset\n");
}

/** perfc_init() - Register the keys. Boot, after the console's own. */
void __init perfc_init(void)
{
	register_keyhandler('p', perfc_show, "print performance counters");
	register_keyhandler('P', perfc_reset, "reset performance counters");
}
