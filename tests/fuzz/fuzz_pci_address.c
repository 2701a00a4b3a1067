// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is what somebody wrote to hide=, new_slot or quirks of pciback. What
 * is taken must be in range, come back the same when it is read again, and never
 * overflow the page of a node.
 */
#include "model.h"
#include "slots.h"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void one_address(const char *text)
{
	struct pb_addr addr, again;
	struct pb_pattern p;
	char line[32];

	if (!pb_parse_pattern(text, &p)) {
		check(p.domain <= PB_DOMAIN_MAX && p.bus <= PB_BUS_MAX);
		check(p.slot >= PB_ANY && p.slot <= PB_SLOT_MAX);
		check(p.func >= PB_ANY && p.func <= PB_FUNC_MAX);
	}
	if (pb_parse_addr(text, &addr))
		return;
	check(addr.devfn <= 0xff);
	snprintf(line, sizeof(line), PB_ADDR_FMT, PB_ADDR_ARGS(&addr));
	check(!pb_parse_addr(line, &again) && pb_addr_equal(&addr, &again));
}

static void one_quirk(const char *text)
{
	struct pb_quirk_text q;

	if (pb_parse_quirk(text, &q))
		return;
	check(q.size == 1 || q.size == 2 || q.size == 4);
	check(q.reg % q.size == 0 && q.reg + q.size <= FAKE_CFG);
	check(q.mask && (q.size == 4 || !(q.mask >> 8 * q.size)));
}

static void hidden(const char *text)
{
	static char page[PAGE_SIZE];
	const char *line;
	struct pb_addr addr;
	char copy[16];

	if (pb_slots_hide(text) < 0)
		return;
	check(pb_slots_show(page) < PAGE_SIZE);
	for (line = page; strchr(line, '\n'); line = strchr(line, '\n') + 1) {
		check(sscanf(line, "%15[^\n]", copy) == 1);
		check(!pb_parse_addr(copy, &addr) && pb_slots_want(&addr));
	}
	pb_slots_clear();
	check(!pb_slots_show(page));
	page[0] = '\0';
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	one_address(text);
	one_quirk(text);
	hidden(text);
	free(text);
	return 0;
}
