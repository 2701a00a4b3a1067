// SPDX-License-Identifier: GPL-2.0-only
/* A domain 0 that ends as its command line says, for what the console must show then. */
#include "guest.h"

const char *const test_name = "crash";

extern char trap_33[];		/* any stub without an error code will do */

static bool told(const char *word)
{
	const char *p = (const char *)start_info->cmd_line;
	size_t i = 0;

	while (word[i] && p[i] == word[i])
		i++;
	return !word[i];
}

/* No handler for the exception: the hypervisor has to end the domain. */
static void crash_by_exception(void)
{
	struct trap_info none = { 0 };

	HC(set_trap_table, &none, 0, 0, 0, 0);
	HC(set_trap_table, 0, 0, 0, 0, 0);
	__asm__ __volatile__("movabs $0x0badc0de0badc0de, %%r12\n"
			     "movabs $0x57ac057ac057ac05, %%rax\n"
			     "push %%rax\n"
			     "ud2" ::: "rax", "r12", "memory");
}

static void crash_without_stack(void)
{
	HC(set_trap_table, 0, 0, 0, 0, 0);
	__asm__ __volatile__("mov $0x1000, %esp; ud2");
}

static void crash_by_request(void)
{
	struct sched_shutdown arg = { .reason = SHUTDOWN_crash };

	HC(sched_op, SCHEDOP_shutdown, &arg, 0, 0, 0);
}

/* Until an NMI comes or somebody types. */
static void wait_for_input(void *arg)
{
	char c;

	say("waiting\n");
	while (HC(console_io, CONSOLEIO_read, 1, &c, 0, 0) != 1)
		HC(sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static void report_nmi(void)
{
	struct callback_register cb = { .type = CALLBACKTYPE_nmi,
					.address = (unsigned long)trap_33 };
	int vector;

	CHECK_EQ(HC(callback_op, CALLBACKOP_register, &cb, 0, 0, 0), 0);
	vector = catch_trap(wait_for_input, NULL);
	say("NMI %s, reason %lx\n", vector == 33 ? "seen" : "not seen",
	    shared_info->arch.nmi_reason);
}

void test_main(void)
{
	if (told("exception"))
		crash_by_exception();
	else if (told("no-stack"))
		crash_without_stack();
	else if (told("request"))
		crash_by_request();
	else if (told("nmi"))
		report_nmi();
	else
		CHECK(false);
}
