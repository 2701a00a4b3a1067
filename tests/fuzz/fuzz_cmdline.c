// SPDX-License-Identifier: GPL-2.0-only
/* The input is a command line; what it means is used as boot would. */
#include <hv/cmdline.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <stdio.h>
#include <stdlib.h>

void printk_level(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* Nothing that a terminal would obey. */
	for (const char *p = line; *p; p++)
		if (!isprint(*p) && *p != '\n')
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct hv_options defaults;
	static bool saved;
	u64 initial, limit;
	char *line = malloc(size + 1);
	unsigned int vcpus;

	if (!saved)
		defaults = opts;
	saved = true;
	opts = defaults;

	memcpy(line, data, size);
	line[size] = '\0';
	cmdline_parse(line);
	free(line);

	dom0_mem_resolve(1UL << 30, 4UL << 30, &initial, &limit);
	vcpus = dom0_vcpus_resolve(4, 128);
	if (initial > 1UL << 30 || initial % 4096 || !vcpus || vcpus > 128)
		__builtin_trap();
	if (opts.loglvl_lower > opts.loglvl_upper || opts.nr_badpages > BADPAGES_MAX ||
	    !opts.max_cpus || opts.conswitch_char < 'a' || opts.conswitch_char > 'z')
		__builtin_trap();
	for (unsigned int i = 0; i < 2; i++)
		if (!opts.com[i].clock_hz || opts.com[i].data_bits < 5 || opts.com[i].data_bits > 8)
			__builtin_trap();
	return 0;
}
