// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading PCI addresses: of hide=, of the driver's nodes in sysfs, of the store.
 *
 *	[DOMAIN:]BUS:SLOT.FUNCTION	in hexadecimal; the domain is 0 if left out
 *	[DOMAIN:]BUS:SLOT.*		all functions of the slot
 *	[DOMAIN:]BUS:*.*		all of the bus
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "address.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static const char *skip_blanks(const char *s)
{
	while (is_space(*s))
		s++;
	return s;
}

static bool eat(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

/* At least one hexadecimal digit, at most @max. "0x" before them does no harm. */
static bool eat_hex(const char **s, u64 max, u32 *val)
{
	const char *at = *s;
	u64 sum = 0;
	bool any = false;

	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
		at += 2;
	for (; hex_to_bin(*at) >= 0; at++) {
		sum = sum << 4 | hex_to_bin(*at);
		if (sum > max)
			return false;
		any = true;
	}
	*s = at;
	*val = sum;
	return any;
}

static bool eat_number(const char **s, unsigned int max, int *val)
{
	u32 number;

	if (eat(s, '*')) {
		*val = PB_ANY;
		return true;
	}
	if (!eat_hex(s, max, &number))
		return false;
	*val = number;
	return true;
}

/* The domain is there if two colons follow. */
static bool eat_bus(const char **s, struct pb_pattern *p)
{
	u32 first, second;
	const char *at;

	if (!eat_hex(s, PB_DOMAIN_MAX, &first) || !eat(s, ':'))
		return false;
	at = *s;
	if (eat_hex(&at, PB_BUS_MAX, &second) && eat(&at, ':')) {
		*s = at;
		p->domain = first;
		p->bus = second;
		return true;
	}
	p->domain = 0;
	p->bus = first;
	return first <= PB_BUS_MAX;
}

static bool eat_pattern(const char **s, struct pb_pattern *p)
{
	return eat_bus(s, p) && eat_number(s, PB_SLOT_MAX, &p->slot) && eat(s, '.') &&
	       eat_number(s, PB_FUNC_MAX, &p->func) &&
	       (p->slot != PB_ANY || p->func == PB_ANY);
}

static bool one_device(const struct pb_pattern *p, struct pb_addr *addr)
{
	if (p->slot == PB_ANY || p->func == PB_ANY)
		return false;
	addr->domain = p->domain;
	addr->bus = p->bus;
	addr->devfn = p->slot << 3 | p->func;
	return true;
}

/**
 * pb_parse_pattern() - Read one address, perhaps with wildcards.
 * @text: nothing but the address and blanks around it
 * @p:    the result
 *
 * Return: 0; -EINVAL if it is none or out of range.
 */
int pb_parse_pattern(const char *text, struct pb_pattern *p)
{
	text = skip_blanks(text);
	return eat_pattern(&text, p) && !*skip_blanks(text) ? 0 : -EINVAL;
}

/**
 * pb_parse_addr() - Read the address of one function.
 * @text: nothing but the address and blanks around it
 * @addr: the result
 *
 * Return: 0; -EINVAL if it is none, out of range or has wildcards.
 */
int pb_parse_addr(const char *text, struct pb_addr *addr)
{
	struct pb_pattern p;

	return !pb_parse_pattern(text, &p) && one_device(&p, addr) ? 0 : -EINVAL;
}

/**
 * pb_parse_hidden() - Read the next entry of hide=, an address in parentheses.
 * @text: where to go on, moved behind the entry; if that is none, to the next
 *        opening parenthesis or the end
 * @p:    the result
 *
 * Return: 1 for an entry; 0 at the end; -EINVAL for what is no entry.
 */
int pb_parse_hidden(const char **text, struct pb_pattern *p)
{
	const char *s = skip_blanks(*text);

	*text = s;
	if (!*s)
		return 0;
	if (eat(&s, '(')) {
		s = skip_blanks(s);
		if (eat_pattern(&s, p)) {
			s = skip_blanks(s);
			if (eat(&s, ')')) {
				*text = skip_blanks(s);
				return 1;
			}
		}
	}
	do {
		++*text;
	} while (**text && **text != '(');
	return -EINVAL;
}

/**
 * pb_parse_quirk() - Read a line "ADDRESS-REGISTER:SIZE:MASK", all hexadecimal.
 * @text: nothing but that and blanks around it
 * @q:    the result; a mask of 0 stands for all bits
 *
 * Return: 0; -EINVAL if it is none or out of range.
 */
int pb_parse_quirk(const char *text, struct pb_quirk_text *q)
{
	struct pb_pattern p;
	u32 all;

	text = skip_blanks(text);
	if (!eat_pattern(&text, &p) || !one_device(&p, &q->addr) || !eat(&text, '-') ||
	    !eat_hex(&text, 0xfff, &q->reg) || !eat(&text, ':') ||
	    !eat_hex(&text, 4, &q->size) || !eat(&text, ':') ||
	    !eat_hex(&text, U32_MAX, &q->mask) || *skip_blanks(text))
		return -EINVAL;
	if ((q->size != 1 && q->size != 2 && q->size != 4) || q->reg % q->size)
		return -EINVAL;
	all = U32_MAX >> (32 - 8 * q->size);
	if (q->mask & ~all)
		return -EINVAL;
	if (!q->mask)
		q->mask = all;
	return 0;
}
