// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options whose values have a shape of their own. Each parser reads its
 * value into a copy first, so that a value refused half way changes nothing.
 * No locks; boot CPU only.
 *
 * ABI: the options of the same names in Xen's docs/misc/xen-command-line.
 */
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/string.h>

static int invalid(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

static bool item_is(const char *item, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(item, word, len);
}

/* Returns what follows @prefix in @s, or NULL. */
static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? NULL : s + n;
}

/* A number that fills the item whole. */
static bool item_uint(const char *item, size_t len, u64 *v)
{
	const char *end;

	return len && !str_to_u64(item, &end, 0, v) && end == item + len;
}

/* [-]SIZE, PERCENT%, [-]SIZE+PERCENT% */
static int parse_mem_size(const char *s, size_t len, struct mem_size *out)
{
	struct mem_size m = { .set = true };
	const char *stop = s + len, *end;
	bool plus = false;
	u64 v;

	if (*s == '-') {
		m.minus = true;
		s++;
	}
	if (parse_size(s, &end, &v))
		return -EINVAL;
	if (*end != '%') {
		m.bytes = v;
		plus = *end == '+';
		if (plus && str_to_u64(end + 1, &end, 10, &v))
			return -EINVAL;
	}
	if (plus || *end == '%') {
		if (*end++ != '%' || v >= 100)
			return -EINVAL;
		m.percent = (u8)v;
	}
	if (end != stop)
		return -EINVAL;
	*out = m;
	return 0;
}

int parse_dom0_mem(const char *val, const char **why)
{
	struct mem_size initial = opts.dom0_mem, lower = opts.dom0_mem_min;
	struct mem_size upper = opts.dom0_mem_max;

	for (size_t len;; val += len + 1) {
		struct mem_size *to = &initial;
		const char *item = val, *rest;

		len = list_item_len(val);
		rest = after(item, "min:");
		if (rest) {
			to = &lower;
		} else {
			rest = after(item, "max:");
			if (rest)
				to = &upper;
			else
				rest = item;
		}
		if (rest > item + len || parse_mem_size(rest, item + len - rest, to))
			return invalid(why,
				       "needs SIZE, min:SIZE and max:SIZE in a list, SIZE as 512M, -1G, 25% or 1G+25%");
		if (!val[len])
			break;
	}
	opts.dom0_mem = initial;
	opts.dom0_mem_min = lower;
	opts.dom0_mem_max = upper;
	return 0;
}

int parse_dom0_max_vcpus(const char *val, const char **why)
{
	const char *end = val;
	u64 lower = 1, upper = ~0U;
	bool bad = !*val;

	if (*val != '-')
		bad = bad || str_to_u64(val, &end, 0, &lower);
	if (!bad && *end == '-') {
		if (end[1])
			bad = str_to_u64(end + 1, &end, 0, &upper);
		else
			end++;
	} else {
		upper = lower;
	}
	if (bad || *end || !lower || lower > upper || upper > ~0U)
		return invalid(why, "needs a number, or a range such as 2-8, 2- or -8, from 1 up");
	opts.dom0_min_vcpus = (u32)lower;
	opts.dom0_max_vcpus = (u32)upper;
	return 0;
}

/* A list of pv, pvh, shadow, verbose and more. */
int parse_dom0(const char *val, const char **why)
{
	for (size_t len;; val += len + 1) {
		len = list_item_len(val);
		if (!item_is(val, len, "pv") && !item_is(val, len, "pvh=off") &&
		    !item_is(val, len, "no-pvh")) {
			*why = "domain 0 is a PV guest, and that is all that can be chosen";
			return OPT_NO_EFFECT;
		}
		if (!val[len])
			return 0;
	}
}

/* NAME, no-NAME, NAME=WORD. -1: it is none of these. */
static int item_bool(const char *item, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *rest;

	if (len == n + 3 && after(item, "no-") && !strncmp(item + 3, name, n))
		return 0;
	rest = after(item, name);
	if (!rest || len < n)
		return -1;
	if (len == n)
		return 1;
	return *rest == '=' ? parse_bool_word(rest + 1, len - n - 1) : -1;
}

static bool gnttab_version(const char *item, size_t len, u32 *version)
{
	static const char name[] = "max-ver:";
	size_t n = sizeof(name) - 1;
	u64 v;

	if (len <= n || !after(item, name) || !item_uint(item + n, len - n, &v) || v < 1 || v > 2)
		return false;
	*version = (u32)v;
	return true;
}

int parse_gnttab(const char *val, const char **why)
{
	bool transitive = opts.gnttab_transitive, transfer = opts.gnttab_transfer;
	u32 version = opts.gnttab_max_version;

	for (size_t len;; val += len + 1) {
		int b;

		len = list_item_len(val);
		b = item_bool(val, len, "transitive");
		if (b >= 0) {
			transitive = b;
		} else {
			b = item_bool(val, len, "transfer");
			if (b >= 0)
				transfer = b;
			else if (!gnttab_version(val, len, &version))
				return invalid(why,
					       "needs a list of max-ver:1 or max-ver:2, transitive, transfer, the latter two also as no-transitive or transitive=off");
		}
		if (!val[len])
			break;
	}
	opts.gnttab_transitive = transitive;
	opts.gnttab_transfer = transfer;
	opts.gnttab_max_version = version;
	return 0;
}

static int com_parity(char c, struct com_options *com)
{
	static const struct {
		char c;
		enum uart_parity parity;
	} letters[] = {
		{ 'n', PARITY_NONE }, { 'o', PARITY_ODD }, { 'e', PARITY_EVEN },
		{ 'm', PARITY_MARK }, { 's', PARITY_SPACE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(letters); i++) {
		if (letters[i].c == c) {
			com->parity = letters[i].parity;
			return 0;
		}
	}
	return -EINVAL;
}

/* BAUD[/BASE], or "auto" */
static int com_baud(const char *item, size_t len, struct com_options *com)
{
	const char *end;
	u64 baud, base = 115200;

	if (item_is(item, len, "auto")) {
		com->baud = 0;
		return 0;
	}
	if (str_to_u64(item, &end, 10, &baud) || !baud || baud > 4000000)
		return -EINVAL;
	if (*end == '/' && (str_to_u64(end + 1, &end, 10, &base) || !base || base > 16000000))
		return -EINVAL;
	if (end != item + len || baud > base)
		return -EINVAL;
	com->baud = (u32)baud;
	com->clock_hz = (u32)base * 16;
	return 0;
}

static int com_data_bits(const char *item, size_t len, struct com_options *com)
{
	if (len != 1 || *item < '5' || *item > '8')
		return -EINVAL;
	com->data_bits = (u8)(*item - '0');
	return 0;
}

static int com_stop_bits(const char *item, size_t len, struct com_options *com)
{
	if (len != 1 || (*item != '1' && *item != '2'))
		return -EINVAL;
	com->stop_bits = (u8)(*item - '0');
	return 0;
}

static int com_parity_item(const char *item, size_t len, struct com_options *com)
{
	return len == 1 ? com_parity(*item, com) : -EINVAL;
}

static int com_dps(const char *item, size_t len, struct com_options *com)
{
	if (len != 3 || com_data_bits(item, 1, com) || com_parity(item[1], com))
		return -EINVAL;
	return com_stop_bits(item + 2, 1, com);
}

static int com_io_base(const char *item, size_t len, struct com_options *com)
{
	u64 v;

	if (!item_uint(item, len, &v) || !v || v > 0xfff8)
		return -EINVAL;
	com->io_base = (u16)v;
	return 0;
}

static int com_irq(const char *item, size_t len, struct com_options *com)
{
	u64 v;

	if (!item_uint(item, len, &v) || v > 255)
		return -EINVAL;
	com->irq = (u8)v;
	return 0;
}

static int com_clock(const char *item, size_t len, struct com_options *com)
{
	u64 v;

	if (!item_uint(item, len, &v) || !v || v > 256000000)
		return -EINVAL;
	com->clock_hz = (u32)v;
	return 0;
}

/* By place in the list first; by name anywhere. */
static const struct com_field {
	const char *name;
	int (*parse)(const char *item, size_t len, struct com_options *com);
	const char *why;
} com_fields[] = {
	{ "baud=", com_baud, "needs a baud rate such as 115200 or auto, in first place" },
	{ "dps=", com_dps, "needs data bits 5-8, parity n, o, e, m or s, stop bits 1 or 2: 8n1" },
	{ "io-base=", com_io_base, "needs an I/O port such as 0x3f8 in third place" },
	{ "irq=", com_irq, "needs an interrupt number in fourth place, 0 to poll" },
	{ "clock-hz=", com_clock, "needs a frequency in clock-hz" },
	{ "data-bits=", com_data_bits, "needs 5 to 8 data bits" },
	{ "parity=", com_parity_item, "needs parity n, o, e, m or s" },
	{ "stop-bits=", com_stop_bits, "needs 1 or 2 stop bits" },
};

#define COM_POSITIONAL 4

static const struct com_field *com_field_by_name(const char *item, size_t len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(com_fields); i++)
		if (strlen(com_fields[i].name) <= len && after(item, com_fields[i].name))
			return &com_fields[i];
	return NULL;
}

static int parse_com(struct com_options *to, const char *val, const char **why)
{
	struct com_options com = *to;
	unsigned int place = 0;

	if (!*val)
		return invalid(why, "needs BAUD,DPS,IO-BASE,IRQ, such as 115200,8n1");
	com.baud = 0;
	com.set = true;
	for (size_t len;; val += len + 1, place++) {
		const struct com_field *f;
		const char *item = val;

		len = list_item_len(val);
		f = com_field_by_name(item, len);
		if (f) {
			item += strlen(f->name);
		} else if (place < COM_POSITIONAL) {
			f = &com_fields[place];
			if (!len)
				goto next;	/* left out: keeps its default */
		} else {
			return invalid(why,
				       "has something unknown behind the interrupt number; serial ports on PCI are not supported");
		}
		if (f->parse(item, len - (size_t)(item - val), &com))
			return invalid(why, f->why);
next:
		if (!val[len])
			break;
	}
	*to = com;
	return 0;
}

int parse_com1(const char *val, const char **why)
{
	return parse_com(&opts.com[0], val, why);
}

int parse_com2(const char *val, const char **why)
{
	return parse_com(&opts.com[1], val, why);
}

int parse_console(const char *val, const char **why)
{
	bool com1 = false, com2 = false, vga = false;

	for (size_t len;; val += len + 1) {
		len = list_item_len(val);
		if (item_is(val, len, "com1"))
			com1 = true;
		else if (item_is(val, len, "com2"))
			com2 = true;
		else if (item_is(val, len, "vga"))
			vga = true;
		else if (!item_is(val, len, "none"))
			return invalid(why, "needs a list of com1, com2, vga, or none");
		if (!val[len])
			break;
	}
	opts.console_com[0] = com1;
	opts.console_com[1] = com2;
	opts.console_vga = vga;
	return 0;
}

int parse_conswitch(const char *val, const char **why)
{
	char c = (char)tolower(val[0]);

	if (c < 'a' || c > 'z' || (val[1] && strcmp(val + 1, "x")))
		return invalid(why, "needs one letter, then perhaps an x");
	opts.conswitch_char = c;
	opts.conswitch_stay = val[1] == 'x';
	return 0;
}

/* The number of levels that a threshold lets through. */
static int parse_level(const char *s, size_t len)
{
	static const struct {
		const char *name;
		int level;
	} names[] = {
		{ "none", 0 }, { "error", LOG_ERR + 1 }, { "warning", LOG_WARN + 1 },
		{ "info", LOG_INFO + 1 }, { "debug", LOG_DEBUG + 1 }, { "all", LOG_DEBUG + 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (item_is(s, len, names[i].name))
			return names[i].level;
	return -1;
}

static int parse_levels(const char *val, u8 *lower, u8 *upper, const char **why)
{
	const char *slash = strchr(val, '/');
	size_t len = slash ? (size_t)(slash - val) : strlen(val);
	int lo = parse_level(val, len);
	int hi = slash ? parse_level(slash + 1, strlen(slash + 1)) : lo;

	if (lo < 0 || hi < 0)
		return invalid(why,
			       "needs none, error, warning, info, debug or all, or two of them as in error/all");
	*lower = (u8)lo;
	*upper = (u8)max(lo, hi);
	return 0;
}

int parse_loglvl(const char *val, const char **why)
{
	return parse_levels(val, &opts.loglvl_lower, &opts.loglvl_upper, why);
}

int parse_guest_loglvl(const char *val, const char **why)
{
	return parse_levels(val, &opts.guest_loglvl_lower, &opts.guest_loglvl_upper, why);
}

int parse_console_timestamps(const char *val, const char **why)
{
	static const char *const names[] = { "none", "date", "datems", "boot", "raw" };
	int b = *val ? parse_bool_word(val, strlen(val)) : 1;

	if (b >= 0) {
		opts.console_timestamps = b ? STAMP_DATE : STAMP_NONE;
		return 0;
	}
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(val, names[i])) {
			opts.console_timestamps = i;
			return 0;
		}
	}
	return invalid(why, "needs none, date, datems, boot or raw");
}

int parse_vga(const char *val, const char **why)
{
	enum vga_mode mode = opts.vga_mode;
	u8 rows = opts.vga_rows;
	bool keep = false;

	for (size_t len;; val += len + 1) {
		const char *rest = after(val, "text-80x");
		u64 v;

		len = list_item_len(val);
		if (item_is(val, len, "keep")) {
			keep = true;
		} else if (item_is(val, len, "current")) {
			mode = VGA_CURRENT;
		} else if (rest && rest <= val + len &&
			   item_uint(rest, len - (size_t)(rest - val), &v) &&
			   (v == 25 || v == 50)) {
			mode = VGA_TEXT_80X;
			rows = (u8)v;
		} else {
			return invalid(why,
				       "needs current, text-80x25 or text-80x50, and perhaps keep; for graphics set gfxpayload in GRUB");
		}
		if (!val[len])
			break;
	}
	opts.vga_mode = mode;
	opts.vga_rows = rows;
	opts.vga_keep = keep;
	if (mode == VGA_CURRENT)
		return 0;
	*why = "the screen stays as the boot loader set it up; see gfxpayload of GRUB";
	return OPT_NO_EFFECT;
}

int parse_ucode(const char *val, const char **why)
{
	const char *scan = after(val, "scan");
	bool negative = *val == '-';
	const char *end;
	u64 v;
	int b;

	if (scan && (!*scan || *scan == '=')) {
		b = *scan ? parse_bool_word(scan + 1, strlen(scan + 1)) : 1;
		if (b >= 0) {
			opts.ucode = b ? UCODE_SCAN : UCODE_NONE;
			return 0;
		}
	}
	if (!strcmp(val, "no")) {
		opts.ucode = UCODE_NONE;
		return 0;
	}
	if (str_to_u64(val + negative, &end, 0, &v) || *end || v > 255)
		return invalid(why, "needs scan, no, or the number of a module");
	opts.ucode = UCODE_MODULE;
	opts.ucode_module = negative ? -(int)v : (int)v;
	return 0;
}

int parse_acpi(const char *val, const char **why)
{
	int b = *val ? parse_bool_word(val, strlen(val)) : 1;

	if (!strcmp(val, "force")) {
		opts.acpi_force = true;
		opts.acpi_off = false;
		*why = "no machine's tables are known as bad, all are used";
		return OPT_NO_EFFECT;
	}
	if (b < 0)
		return invalid(why, "needs off, on or force");
	opts.acpi_off = !b;
	return 0;
}

int parse_watchdog(const char *val, const char **why)
{
	int b = *val ? parse_bool_word(val, strlen(val)) : 1;

	if (!strcmp(val, "force")) {
		opts.watchdog = true;
		opts.watchdog_force = true;
		return 0;
	}
	if (b < 0)
		return invalid(why, "needs on, off or force");
	opts.watchdog = b;
	return 0;
}

/* The words as Xen has them: those for methods by their first letter. */
int parse_reboot(const char *val, const char **why)
{
	static const struct {
		const char *word;
		enum reboot_method method;
	} methods[] = {
		{ "auto", REBOOT_AUTO },
		{ "triple", REBOOT_TRIPLE }, { "t", REBOOT_TRIPLE },
		{ "kbd", REBOOT_KBD }, { "k", REBOOT_KBD },
		{ "acpi", REBOOT_ACPI }, { "a", REBOOT_ACPI },
		{ "pci", REBOOT_PCI }, { "p", REBOOT_PCI },
		{ "Power", REBOOT_POWER }, { "P", REBOOT_POWER },
	};
	enum reboot_method method = opts.reboot;
	bool noreboot = opts.noreboot, warm = opts.reboot_warm;

	for (size_t len;; val += len + 1) {
		unsigned int i = 0;

		len = list_item_len(val);
		while (i < ARRAY_SIZE(methods) && !item_is(val, len, methods[i].word))
			i++;
		if (i < ARRAY_SIZE(methods))
			method = methods[i].method;
		else if (item_is(val, len, "no") || item_is(val, len, "n"))
			noreboot = true;
		else if (item_is(val, len, "warm") || item_is(val, len, "w"))
			warm = true;
		else if (item_is(val, len, "cold") || item_is(val, len, "c"))
			warm = false;
		else
			return invalid(why,
				       "needs auto, triple, kbd, acpi, pci, Power or no, and perhaps warm or cold");
		if (!val[len])
			break;
	}
	opts.reboot = method;
	opts.noreboot = noreboot;
	opts.reboot_warm = warm;
	return 0;
}

int parse_badpage(const char *val, const char **why)
{
	unsigned int nr = opts.nr_badpages;

	for (;; val++) {
		u64 first, last;

		if (str_to_u64(val, &val, 0, &first))
			break;
		last = first;
		if (*val == '-' && str_to_u64(val + 1, &val, 0, &last))
			break;
		if (last < first || (*val && *val != ','))
			break;
		if (nr == BADPAGES_MAX)
			return invalid(why, "names more than 64 ranges");
		opts.badpage[nr].first = first;
		opts.badpage[nr].last = last;
		nr++;
		if (!*val) {
			opts.nr_badpages = nr;
			return 0;
		}
	}
	return invalid(why,
		       "needs frame numbers or ranges in a list, such as 0x12345,0x20000-0x2000f");
}

/* Those whose tools we speak to: control/interface.c. */
int parse_xen_version(const char *val, const char **why)
{
	static const u8 minors[] = { 17, 19, 20 };
	const char *end = "";
	u64 major = 0, minor = 0;

	if (!str_to_u64(val, &end, 10, &major) && major == 4 && *end == '.' &&
	    !str_to_u64(end + 1, &end, 10, &minor) && !*end) {
		for (unsigned int i = 0; i < ARRAY_SIZE(minors); i++) {
			if (minors[i] == minor) {
				opts.xen_minor = (u32)minor;
				return 0;
			}
		}
	}
	return invalid(why, "needs the version of the installed tools: 4.17, 4.19 or 4.20");
}
