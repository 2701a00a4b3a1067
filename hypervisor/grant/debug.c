// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug key 'g': the grant tables of all domains. Reads without stopping
 * anybody; entries are looked at under their locks, one by one.
 */
#include "grant.h"

#include <hv/keyhandler.h>
#include <hv/printk.h>

/* Lines for one domain; a table has up to 2^15 entries or more. */
#define MAX_LINES	64

static void show_entry(u32 ref, const struct grant_active *a)
{
	static const char *const kind[] = { "page", "part", "transitive" };

	if (a->kind == GRANT_TRANSITIVE)
		printk("  %#6x: d%u uses entry %#x of d%u, %u read, %u write\n", ref, a->domid,
		       a->target.next.ref, a->target.next.domid, a->readers, a->writers);
	else
		printk("  %#6x: d%u uses %s of frame %#x, %u read, %u write\n", ref, a->domid,
		       kind[a->kind], a->target.mfn, a->readers, a->writers);
}

static void show_table(const struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned int lines = 0, in_use = 0, version;

	printk("d%u: version %u, %u of %u frames, %u of %u maptrack frames\n", d->domain_id,
	       READ_ONCE(gt->version), gt->nr_frames, gt->max_frames, gt->nr_maptrack,
	       gt->max_maptrack);
	printk("  maps %lu, unmaps %lu, copies %lu, failed %lu\n", gt->nr_maps, gt->nr_unmaps,
	       gt->nr_copies, gt->nr_failed);
	for (u32 ref = 0; ref < READ_ONCE(gt->nr_entries); ref++) {
		struct grant_active *a = grant_entry_get(gt, ref, &version), copy;

		if (!a)
			break;
		copy = *a;
		entry_unlock(a);
		if (!entry_in_use(&copy))
			continue;
		in_use++;
		if (lines++ < MAX_LINES)
			show_entry(ref, &copy);
	}
	printk("  %u entries in use\n", in_use);
}

static void show_tables(unsigned char key)
{
	struct domain *d;

	for (domid_t id = 0; (d = domain_get_from(id)); id = d->domain_id + 1) {
		show_table(d);
		domain_put(d);
	}
}

/** grant_init() - Register the debug key. */
void __init grant_init(void)
{
	register_keyhandler('g', show_tables, "print grant table usage");
}
