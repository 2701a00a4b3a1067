// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug key 'g': the grant tables of all domains, printed as Xen does, since
 * scripts look for its lines. Nobody is stopped; entries are looked at under
 * their locks, one by one.
 */
#include "grant.h"

#include <hv/keyhandler.h>
#include <hv/printk.h>

/* Lines for one domain: a table has thousands of entries. */
#define MAX_LINES	256

/* What the guest wrote, and the bits we set. */
struct shared {
	domid_t domid;
	u64 frame;
	u16 flags;
};

static struct shared read_shared(const struct grant_table *gt, unsigned int version, u32 ref)
{
	if (version == 1) {
		const struct grant_entry_v1 *e = shared_v1(gt, ref);

		return (struct shared){ e->domid, e->frame, e->flags };
	}
	return (struct shared){ shared_v2(gt, ref)->hdr.domid, shared_v2(gt, ref)->full_page.frame,
				*status_v2(gt, ref) };
}

/* Uses for writing stand where Xen has its count of host mappings for writing. */
static void show_entry(u32 ref, const struct grant_active *a, const struct shared *s)
{
	unsigned long frame = a->kind == GRANT_TRANSITIVE ? 0 : a->target.mfn;

	printk("[0x%03x]  %5u 0x%lx 0x%08x      %5u 0x%06lx 0x%02x\n", ref, a->domid, frame,
	       (u32)a->writers << 16 | a->readers, s->domid, (unsigned long)s->frame, s->flags);
}

static bool show_if_used(struct grant_table *gt, u32 ref)
{
	unsigned int version;
	struct grant_active *a = grant_entry_get(gt, ref, &version), copy;
	struct shared shared;

	if (!a)
		return false;
	copy = *a;
	shared = read_shared(gt, version, ref);
	entry_unlock(a);
	if (!entry_in_use(&copy))
		return false;
	show_entry(ref, &copy, &shared);
	return true;
}

static void show_table(const struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned int lines = 0;

	printk("      -------- active --------       -------- shared --------\n");
	printk("[ref] localdom mfn      pin          localdom gmfn     flags\n");
	printk("grant-table for remote d%u (v%u)\n", d->domain_id, READ_ONCE(gt->version));
	printk("  %u frames (%u max), %u maptrack frames (%u max)\n", gt->nr_frames,
	       gt->max_frames, gt->nr_maptrack, gt->max_maptrack);
	printk("  as mapper: %lu maps, %lu unmaps, %lu copies, %lu refused\n", gt->nr_maps,
	       gt->nr_unmaps, gt->nr_copies, gt->nr_failed);
	for (u32 ref = 0; ref < READ_ONCE(gt->nr_entries) && lines < MAX_LINES; ref++)
		lines += show_if_used(gt, ref);
	if (lines == MAX_LINES)
		printk("and so on: no more than %u are shown\n", MAX_LINES);
	if (!lines)
		printk("no active grant table entries\n");
}

static void show_tables(unsigned char key)
{
	struct domain *d;

	printk("gnttab_usage_print_all [ key '%c' pressed\n", key);
	for (domid_t id = 0; (d = domain_get_from(id)); id = d->domain_id + 1) {
		show_table(d);
		domain_put(d);
	}
	printk("gnttab_usage_print_all ] done\n");
}

/** grant_init() - Register the debug key. */
void __init grant_init(void)
{
	register_keyhandler('g', show_tables, "print grant table usage");
}
