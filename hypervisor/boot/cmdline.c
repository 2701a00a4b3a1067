// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: words, looked up in option_table, with values read by
 * type. What is not understood is named in the log and ignored, since a
 * machine that boots with a misspelt option is better than one that does not.
 * No locks; boot CPU only, once.
 *
 * ABI: the syntax of Xen's docs/misc/xen-command-line, "Types of parameter".
 */
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/options.h>
#include <hv/printk.h>
#include <hv/string.h>

#define WORD_MAX 512

static const struct {
	const char *word;
	int value;
} bool_words[] = {
	{ "no", 0 }, { "off", 0 }, { "false", 0 }, { "disable", 0 }, { "0", 0 },
	{ "yes", 1 }, { "on", 1 }, { "true", 1 }, { "enable", 1 }, { "1", 1 },
};

/**
 * parse_bool_word() - Read a word that stands for true or false.
 * @s:   text
 * @len: of the word in it
 *
 * Return: 1, 0, or -1 if it is no such word.
 */
int parse_bool_word(const char *s, size_t len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bool_words); i++)
		if (strlen(bool_words[i].word) == len && !strncmp(bool_words[i].word, s, len))
			return bool_words[i].value;
	return -1;
}

/**
 * parse_size() - Read a number with a unit: B, K, M, G, T in either case; K without.
 * @s:     text
 * @end:   receives the first character not used
 * @bytes: receives the size, untouched on error
 *
 * A "%" behind the number is left in place, and the number is not scaled.
 *
 * Return: 0; -EINVAL without a number; -ERANGE if it needs more than 64 bits.
 */
int parse_size(const char *s, const char **end, u64 *bytes)
{
	static const char units[] = "bkmgt";
	unsigned int shift = 10;
	const char *unit;
	u64 v;
	int rc = str_to_u64(s, end, 0, &v);

	if (rc)
		return rc;
	unit = **end ? strchr(units, tolower(**end)) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units);
		(*end)++;
	} else if (**end == '%') {
		shift = 0;
	}
	if (v << shift >> shift != v)
		return -ERANGE;
	*bytes = v << shift;
	return 0;
}

/**
 * list_item_len() - Length of the first item of a list that commas divide.
 * @s: text
 */
size_t list_item_len(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != ',')
		n++;
	return n;
}

static int bool_value(const char *val, bool positive, const char **why)
{
	int b = *val ? parse_bool_word(val, strlen(val)) : 1;

	if (b < 0) {
		*why = "needs on, off, yes, no, true, false, enable, disable, 1 or 0";
		return -EINVAL;
	}
	return b ? positive : !positive;
}

/* What is wrong, if it takes more than a literal to say so. */
static char reason[128];

static int in_range(const struct option *o, u64 v, const char **why)
{
	if (v >= o->min && (!o->max || v <= o->max))
		return 0;
	snprintf(reason, sizeof(reason), o->max ? "needs at least %lu and at most %lu" :
		 "needs at least %lu", o->min, o->max);
	*why = reason;
	return -EINVAL;
}

static int parse_uint(const struct option *o, const char *val, const char **why)
{
	const char *end;
	u64 v;

	if (str_to_u64(val, &end, 0, &v) || *end || v > ~0U) {
		*why = "needs a number";
		return -EINVAL;
	}
	if (in_range(o, v, why))
		return -EINVAL;
	*(u32 *)o->var = (u32)v;
	return 0;
}

static int parse_size_option(const struct option *o, const char *val, const char **why)
{
	const char *end;
	u64 v;

	if (parse_size(val, &end, &v) || *end) {
		*why = "needs a size such as 512M: a number with B, K, M, G or T";
		return -EINVAL;
	}
	if (in_range(o, v, why))
		return -EINVAL;
	*(u64 *)o->var = v;
	return 0;
}

static int parse_enum(const struct option *o, const char *val, const char **why)
{
	for (u32 i = 0; o->names[i]; i++) {
		if (!strcmp(o->names[i], val)) {
			*(u32 *)o->var = i;
			return 0;
		}
	}
	strlcpy(reason, "needs one of: ", sizeof(reason));
	for (u32 i = 0; o->names[i]; i++) {
		strlcat(reason, i ? ", " : "", sizeof(reason));
		strlcat(reason, o->names[i], sizeof(reason));
	}
	*why = reason;
	return -EINVAL;
}

static int parse_string(const struct option *o, const char *val, const char **why)
{
	if (!*val || strlen(val) >= o->max) {
		*why = *val ? "has too long a value" : "needs a value";
		return -EINVAL;
	}
	strlcpy(o->var, val, o->max);
	return 0;
}

static int parse_negative(const struct option *o, const char *val, const char **why)
{
	if (o->type != OPT_CUSTOM || *val) {
		*why = "has no negative form";
		return -EINVAL;
	}
	return o->parse("no", why);
}

static int apply(const struct option *o, const char *val, bool positive, const char **why)
{
	int b;

	switch (o->type) {
	case OPT_BOOL:
		b = bool_value(val, positive, why);
		if (b >= 0)
			*(bool *)o->var = b;
		return b < 0 ? b : 0;
	case OPT_TRISTATE:
		b = bool_value(val, positive, why);
		if (b >= 0)
			*(tristate_t *)o->var = (tristate_t)b;
		return b < 0 ? b : 0;
	case OPT_ANY:
		return 0;
	default:
		break;
	}
	if (!positive)
		return parse_negative(o, val, why);

	switch (o->type) {
	case OPT_UINT:
		return parse_uint(o, val, why);
	case OPT_SIZE:
		return parse_size_option(o, val, why);
	case OPT_STRING:
		return parse_string(o, val, why);
	case OPT_ENUM:
		return parse_enum(o, val, why);
	default:
		return o->parse(val, why);
	}
}

static const struct option *find_option(const char *name, size_t len)
{
	for (unsigned int i = 0; i < option_table_size; i++)
		if (!strncmp(option_table[i].name, name, len) && !option_table[i].name[len])
			return &option_table[i];
	return NULL;
}

static void parse_word(const char *word)
{
	const char *why = "is malformed";
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const char *val = eq ? eq + 1 : word + len;
	const struct option *o = find_option(word, len);
	bool positive = true;
	int rc;

	if (!o && !strncmp(word, "no-", 3)) {
		positive = false;
		o = find_option(word + 3, len - 3);
	}
	if (!o) {
		pr_warn("Command line: unknown option \"%s\" ignored\n", word);
		return;
	}
	rc = apply(o, val, positive, &why);
	if (rc < 0)
		pr_warn("Command line: \"%s\" ignored: %s= %s\n", word, o->name, why);
	else if (rc == OPT_NO_EFFECT || o->no_effect)
		pr_warn("Command line: \"%s\" has no effect: %s\n", word,
			rc == OPT_NO_EFFECT ? why : o->no_effect);
}

/* The next word into @word; what cannot be shown on a terminal becomes "?". */
static const char *next_word(const char *p, char *word, bool *cut)
{
	size_t n = 0;

	*cut = false;
	p = skip_spaces(p);
	for (; *p && !isspace(*p); p++) {
		if (n < WORD_MAX - 1)
			word[n++] = isprint(*p) ? *p : '?';
		else
			*cut = true;
	}
	word[n] = '\0';
	return p;
}

/**
 * cmdline_parse() - Fill in @opts from the hypervisor's command line.
 * @cmdline: the arguments, without a file name: see boot_info_args()
 *
 * Words behind "--" are not ours; they are kept for domain 0's command line.
 * The word "placeholder", which /etc/grub.d/20_linux_xen puts first for
 * loaders that drop the first word, is skipped there.
 *
 * Context: boot CPU, once, before anything reads @opts.
 */
void cmdline_parse(const char *cmdline)
{
	char word[WORD_MAX];
	bool first = true, cut;

	for (;;) {
		cmdline = next_word(cmdline, word, &cut);
		if (!word[0])
			return;
		if (!strcmp(word, "--"))
			break;
		if (cut)
			pr_warn("Command line: an option of more than %u characters ignored: %.32s...\n",
				WORD_MAX - 1, word);
		else if (!first || strcmp(word, "placeholder"))
			parse_word(word);
		first = false;
	}
	if (strlcpy(opts.dom0_extra, skip_spaces(cmdline), sizeof(opts.dom0_extra)) >=
	    sizeof(opts.dom0_extra))
		pr_warn("Command line: what stands behind \"--\" is cut after %zu characters\n",
			sizeof(opts.dom0_extra) - 1);
}
