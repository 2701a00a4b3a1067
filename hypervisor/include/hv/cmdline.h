/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_CMDLINE_H
#define HV_CMDLINE_H

#include <hv/types.h>

enum option_type {
	OPT_BOOL,	/* bool */
	OPT_TRISTATE,	/* tristate_t */
	OPT_UINT,	/* u32, min to max */
	OPT_SIZE,	/* u64 in bytes, min to max; K without a unit */
	OPT_STRING,	/* char[max] */
	OPT_ENUM,	/* u32, index into @names */
	OPT_CUSTOM,	/* @parse */
	OPT_ANY,	/* of Xen's, not for us: any value, and "no-NAME" */
};

#define OPT_NO_EFFECT 1

/* One option; the table is in boot/options.c. A max of 0 means no limit. */
struct option {
	const char *name;
	enum option_type type;
	void *var;
	u64 min, max;
	const char *const *names;	/* ends with NULL */
	/*
	 * @val is what stands behind "=", "" without one, "no" for "no-NAME".
	 * Returns 0, -EINVAL with *@why telling what is wrong, or OPT_NO_EFFECT
	 * with *@why telling why this value changes nothing.
	 */
	int (*parse)(const char *val, const char **why);
	const char *no_effect;		/* why the option changes nothing, if so */
};

extern const struct option option_table[];
extern const unsigned int option_table_size;

void cmdline_parse(const char *cmdline);

/* For parsers of single options. -1: not a boolean word. */
int parse_bool_word(const char *s, size_t len);
int parse_size(const char *s, const char **end, u64 *bytes);
size_t list_item_len(const char *s);

/* option_parsers.c */
int parse_dom0_mem(const char *val, const char **why);
int parse_dom0(const char *val, const char **why);
int parse_dom0_max_vcpus(const char *val, const char **why);
int parse_com1(const char *val, const char **why);
int parse_com2(const char *val, const char **why);
int parse_console(const char *val, const char **why);
int parse_conswitch(const char *val, const char **why);
int parse_loglvl(const char *val, const char **why);
int parse_guest_loglvl(const char *val, const char **why);
int parse_console_timestamps(const char *val, const char **why);
int parse_vga(const char *val, const char **why);
int parse_ucode(const char *val, const char **why);
int parse_acpi(const char *val, const char **why);
int parse_watchdog(const char *val, const char **why);
int parse_reboot(const char *val, const char **why);
int parse_badpage(const char *val, const char **why);
int parse_gnttab(const char *val, const char **why);
int parse_xen_version(const char *val, const char **why);

#endif
