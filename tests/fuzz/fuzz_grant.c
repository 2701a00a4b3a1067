// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four domains that make arbitrary grant_table_op calls, write arbitrary words
 * into their tables, also while a call of another is being carried out, change
 * their page tables, die, and come again. An input is a list of records of 32 bytes:
 *
 *	byte 0	   what: a command, or one of enum action
 *	byte 1	   who (2 bits), preempted or not, how many elements
 *	byte 2-6   a write into a table while the next call runs
 *	byte 8-31  arguments
 *
 * Found would be: any access outside, any BUG_ON, and, when all have died, any
 * reference or page that is left.
 */
#define assert_ptr_equal(a, b)	do { if ((a) != (b)) abort(); } while (0)
#define print_error(...)	fprintf(stderr, __VA_ARGS__)

#include "../unit/grant_host.h"

#define RECORD		32
#define MAX_RECORDS	256
#define REFS		16	/* that are used */
#define MAX_ELEMENTS	40

enum action { WRITE_ENTRY = 13, WRITE_STATUS, GRANT, UPDATE_PTE, SWITCH_VERSION, DIE, NR_ACTIONS };

struct record {
	u8 what, who;
	u8 race[6];
	u8 arg[24];
};

static const struct record *now;
static u64 elements[MAX_ELEMENTS * 5];

static bool alive(unsigned int dom)
{
	return l1[dom];
}

/* Any flags, domid and frame that may make sense. */
static void write_entry(unsigned int dom, const u8 *data)
{
	struct grant_table *gt = domains[dom].grant;
	u32 ref = data[0] % REFS;

	if (!gt)
		return;
	if (gt->version == 2) {
		union grant_entry_v2 *e = shared_v2(gt, ref);

		e->hdr.flags = (u16)(data[1] | (data[2] & 1) << 8);
		e->hdr.domid = ids[data[2] >> 1 & 3];
		e->sub_page.page_off = data[3];
		e->sub_page.length = (u16)(data[4] << 5);
		e->sub_page.frame = host_mfn(data[2] >> 4 & 1 ? data[3] % HOST_DOMAINS : dom,
					     data[5] % HOST_PAGES);
		if ((e->hdr.flags & GTF_type_mask) == GTF_transitive) {
			e->transitive.trans_domid = ids[data[3] & 3];
			e->transitive.gref = data[4] % REFS;
		}
		return;
	}
	shared_v1(gt, ref)->flags = (u16)(data[1] | (data[2] & 1) << 8);
	shared_v1(gt, ref)->domid = ids[data[2] >> 1 & 3];
	shared_v1(gt, ref)->frame = (u32)host_mfn(dom, data[3] % HOST_PAGES);
}

static void race(void)
{
	if (now->race[0] & 1)
		write_entry(now->race[0] >> 1 & 3, now->race + 1);
}

/* Of the caller's table, or, if @a says so, of another's. */
static u64 entry_address(u8 a)
{
	unsigned int dom = domain_index(current->domain);

	if (a & 0x80 && alive(a & 3))
		dom = a & 3;
	return (mfn_x(page_to_mfn(l1[dom])) << PAGE_SHIFT) + 8 * (a & 31);
}

static void fill_map(struct gnttab_map_grant_ref *op, const u8 *a)
{
	op->flags = a[0] | (u32)a[1] << 16;
	op->host_addr = op->flags & GNTMAP_contains_pte ? entry_address(a[2]) :
		host_va(a[2] & 31) + (a[3] == 1 ? L2_SHIFT << 20 : 0);
	op->ref = a[4] == 255 ? ~0U : a[4] % (REFS + 1);
	op->dom = a[5] == 255 ? DOMID_SELF : ids[a[5] & 3];
}

static void fill_unmap(struct gnttab_unmap_grant_ref *op, const u8 *a)
{
	op->host_addr = !(a[0] & 3) ? 0 : a[0] & 1 ? host_va(a[2] & 31) : entry_address(a[2]);
	if (a[0] & 4)
		op->dev_bus_addr = host_mfn(a[1] & 3, (a[1] >> 2) % HOST_PAGES) << PAGE_SHIFT;
	op->handle = a[3] == 255 ? ~0U : a[3] % 64;
}

static void fill_copy_ptr(struct gnttab_copy_ptr *p, const u8 *a, bool is_ref)
{
	p->domid = a[0] & 4 ? DOMID_SELF : ids[a[0] & 3];
	if (is_ref)
		p->u.ref = a[1] % (REFS + 1);
	else
		p->u.gmfn = a[1] == 255 ? ~0UL : host_mfn(a[1] & 3, (a[1] >> 2) % HOST_PAGES);
	p->offset = (u16)(a[2] << 4 | (a[0] >> 4));
}

static void fill(unsigned int cmd, void *op, const u8 *a)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		fill_map(op, a);
		break;
	case GNTTABOP_unmap_grant_ref:
		fill_unmap(op, a);
		break;
	case GNTTABOP_unmap_and_replace: {
		struct gnttab_unmap_and_replace *r = op;

		fill_unmap(op, a);
		r->new_addr = a[4] ? host_va(a[4] & 31) : 0;
		r->handle = a[3] % 64;
		break;
	}
	case GNTTABOP_copy: {
		struct gnttab_copy *c = op;

		c->flags = a[0] & 3;
		c->len = (u16)(a[1] << 5 | (a[0] >> 3));
		fill_copy_ptr(&c->source, a + 2, a[0] & GNTCOPY_source_gref);
		fill_copy_ptr(&c->dest, a + 5, a[0] & GNTCOPY_dest_gref);
		break;
	}
	case GNTTABOP_transfer: {
		struct gnttab_transfer *t = op;

		t->mfn = host_mfn(a[0] & 3, a[1] % HOST_PAGES);
		t->domid = ids[a[2] & 3];
		t->ref = a[3] % REFS;
		break;
	}
	case GNTTABOP_swap_grant_ref:
		((struct gnttab_swap_grant_ref *)op)->ref_a = a[0] % (REFS + 1);
		((struct gnttab_swap_grant_ref *)op)->ref_b = a[1] % (REFS + 1);
		break;
	case GNTTABOP_cache_flush: {
		struct gnttab_cache_flush *f = op;

		f->a.dev_bus_addr = host_mfn(a[0] & 3, a[1] % HOST_PAGES) << PAGE_SHIFT;
		f->length = a[2];
		f->op = a[3] & 3;
		break;
	}
	default:
		memcpy(op, a, 24);
	}
}

static size_t size_of(unsigned int cmd)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return sizeof(struct gnttab_map_grant_ref);
	case GNTTABOP_unmap_grant_ref:
		return sizeof(struct gnttab_unmap_grant_ref);
	case GNTTABOP_copy:
		return sizeof(struct gnttab_copy);
	case GNTTABOP_transfer:
		return sizeof(struct gnttab_transfer);
	case GNTTABOP_unmap_and_replace:
		return sizeof(struct gnttab_unmap_and_replace);
	case GNTTABOP_swap_grant_ref:
		return sizeof(struct gnttab_swap_grant_ref);
	case GNTTABOP_cache_flush:
		return sizeof(struct gnttab_cache_flush);
	default:
		return 24;
	}
}

static void call(unsigned int cmd, const struct record *r)
{
	static u64 frames[HOST_FRAMES + 1];
	unsigned int nr = 1 + (r->who >> 3) % MAX_ELEMENTS;
	size_t size = size_of(cmd);

	memset(elements, 0, sizeof(elements));
	for (unsigned int i = 0; i < nr; i++) {
		u8 a[24];

		memcpy(a, r->arg, sizeof(a));
		/* Elements differ: the last bytes say by what. */
		for (unsigned int j = 0; j < 8; j++)
			a[j] = (u8)(a[j] + i * a[8 + j]);
		fill(cmd, (char *)elements + i * size, a);
	}
	switch (cmd) {
	case GNTTABOP_setup_table:
		((struct gnttab_setup_table *)elements)->nr_frames %= HOST_FRAMES + 2;
		((struct gnttab_setup_table *)elements)->frame_list.p = frames;
		nr = 1;
		break;
	case GNTTABOP_get_status_frames:
		((struct gnttab_get_status_frames *)elements)->nr_frames %= HOST_FRAMES + 2;
		((struct gnttab_get_status_frames *)elements)->frame_list.p = frames;
		nr = 1;
		break;
	case GNTTABOP_query_size:
	case GNTTABOP_set_version:
	case GNTTABOP_get_version:
		nr = 1;
		break;
	}
	if (do_grant_table_op(cmd, (unsigned long)elements, nr, 0, 0) != -ERESTART)
		return;
	while (nr_continued) {
		nr_continued = 0;
		do_grant_table_op(continue_args[0], continue_args[1], continue_args[2], 0, 0);
	}
}

/* As the guest would write an entry: a frame of anybody's, or one of its entries. */
static void update_pte(unsigned int dom, const u8 *a)
{
	pte_t pte = *host_pte(dom, a[4] & 31) & PTE_ADDR_MASK;

	if (a[1] & 1)
		pte = host_mfn(a[2] & 3, a[3] % HOST_PAGES) << PAGE_SHIFT;
	host_update(dom, a[0] & 31, pte | (a[1] >> 1 & 7), ids[a[5] & 3]);
}

static void act(enum action what, unsigned int dom, const u8 *a)
{
	struct grant_table *gt = domains[dom].grant;

	switch (what) {
	case WRITE_ENTRY:
		write_entry(dom, a);
		break;
	case WRITE_STATUS:
		if (gt->version == 2)
			*status_v2(gt, a[0] % REFS) = a[1];
		break;
	case GRANT: {
		u8 e[6] = { a[0], GTF_permit_access | (a[1] & 4), a[2] & 6, a[3], a[4], a[5] };

		write_entry(dom, e);
		break;
	}
	case UPDATE_PTE:
		update_pte(dom, a);
		break;
	case SWITCH_VERSION:
		((struct gnttab_set_version *)elements)->version = 1 + (a[0] & 1);
		do_grant_table_op(GNTTABOP_set_version, (unsigned long)elements, 1, 0, 0);
		break;
	case DIE:
		if (a[0] == 0xdd)
			host_kill(dom);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	host_start();
	for (unsigned int i = 0; i < MAX_RECORDS && size >= RECORD; i++) {
		unsigned int dom;

		now = (const struct record *)data;
		dom = now->who & 3;
		current = &vcpus[dom];
		preempt = now->who & 4;
		fail_alloc = now->who & 8 ? 1 + (now->who >> 4 & 3) : 0;
		on_read = race;
		if (now->what % NR_ACTIONS == DIE)
			fail_alloc = 0;
		if (now->what % NR_ACTIONS == DIE && now->arg[0] == 0xbb && !alive(dom) &&
		    !domains[dom].refcount) {
			host_domain(dom);
		} else if (alive(dom)) {
			if (now->what % NR_ACTIONS < WRITE_ENTRY)
				call(now->what % NR_ACTIONS, now);
			else
				act(now->what % NR_ACTIONS, dom, now->arg);
		}
		data += RECORD;
		size -= RECORD;
	}
	host_stop();
	return 0;
}
