// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOCTL_GNTDEV_GRANT_COPY: let the hypervisor copy between a program's memory
 * and granted pages, or between granted pages, without mapping them.
 *
 * A program's buffer may cross pages; the hypervisor copies within one page at a
 * time, so a segment becomes one operation or several. Segments are taken in
 * batches, operations too, and the two do not end together.
 *
 * ABI: uapi/xen/gntdev.h, struct gntdev_grant_copy_segment;
 * xen/interface/grant_table.h, GNTTABOP_copy.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/page.h>

#include "gntdev.h"

#define SEGS	16
#define OPS	32

/**
 * struct copy_batch - one call at work
 * @seg:    segments, copied in
 * @status: the verdict on each
 * @op:     operations that wait to be made
 * @seg_of: the segment of each
 * @nr_ops: operations
 * @page:   pinned pages of the program that the operations name
 * @dirty:  whether each is written to
 * @nr_pages: pinned pages
 */
struct copy_batch {
	struct gntdev_grant_copy_segment seg[SEGS];
	s16 status[SEGS];

	struct gnttab_copy op[OPS];
	u8 seg_of[OPS];
	unsigned int nr_ops;

	struct page *page[OPS];
	bool dirty[OPS];
	unsigned int nr_pages;
};

static void unpin(struct copy_batch *b)
{
	unsigned int i;

	for (i = 0; i < b->nr_pages; i++)
		unpin_user_pages_dirty_lock(&b->page[i], 1, b->dirty[i]);
	b->nr_pages = 0;
}

/* Make the operations that wait; the first failure of a segment is its status. */
static void flush(struct copy_batch *b)
{
	unsigned int i;

	if (b->nr_ops)
		gnttab_batch_copy(b->op, b->nr_ops);

	for (i = 0; i < b->nr_ops; i++) {
		s16 *status = &b->status[b->seg_of[i]];

		if (*status == GNTST_okay)
			*status = b->op[i].status;
	}

	b->nr_ops = 0;
	unpin(b);
}

static int check_segment(const struct gntdev_grant_copy_segment *seg)
{
	/* Copying its own memory a program can do itself. */
	if (!(seg->flags & (GNTCOPY_source_gref | GNTCOPY_dest_gref)))
		return -EINVAL;

	if ((seg->flags & GNTCOPY_source_gref) &&
	    seg->source.foreign.offset + seg->len > XEN_PAGE_SIZE)
		return -EINVAL;

	if ((seg->flags & GNTCOPY_dest_gref) &&
	    seg->dest.foreign.offset + seg->len > XEN_PAGE_SIZE)
		return -EINVAL;

	return 0;
}

/* Pin the page of @virt and say which frame it is. */
static int pin(struct copy_batch *b, unsigned long virt, bool write, xen_pfn_t *gfn)
{
	int rc = pin_user_pages_fast(virt & PAGE_MASK, 1, write ? FOLL_WRITE : 0,
				     &b->page[b->nr_pages]);

	if (rc != 1)
		return -EFAULT;

	*gfn = xen_page_to_gfn(b->page[b->nr_pages]);
	b->dirty[b->nr_pages++] = write;
	return 0;
}

static int fill_source(struct copy_batch *b, struct gnttab_copy *op,
		       const struct gntdev_grant_copy_segment *seg, u16 done)
{
	unsigned long virt;

	if (seg->flags & GNTCOPY_source_gref) {
		op->source.u.ref = seg->source.foreign.ref;
		op->source.domid = seg->source.foreign.domid;
		op->source.offset = seg->source.foreign.offset + done;
		op->flags |= GNTCOPY_source_gref;
		return 0;
	}

	virt = (unsigned long)seg->source.virt + done;
	op->source.domid = DOMID_SELF;
	op->source.offset = offset_in_page(virt);
	op->len = min_t(unsigned int, op->len, PAGE_SIZE - offset_in_page(virt));

	return pin(b, virt, false, &op->source.u.gmfn);
}

static int fill_dest(struct copy_batch *b, struct gnttab_copy *op,
		     const struct gntdev_grant_copy_segment *seg, u16 done)
{
	unsigned long virt;

	if (seg->flags & GNTCOPY_dest_gref) {
		op->dest.u.ref = seg->dest.foreign.ref;
		op->dest.domid = seg->dest.foreign.domid;
		op->dest.offset = seg->dest.foreign.offset + done;
		op->flags |= GNTCOPY_dest_gref;
		return 0;
	}

	virt = (unsigned long)seg->dest.virt + done;
	op->dest.domid = DOMID_SELF;
	op->dest.offset = offset_in_page(virt);
	op->len = min_t(unsigned int, op->len, PAGE_SIZE - offset_in_page(virt));

	return pin(b, virt, true, &op->dest.u.gmfn);
}

static int queue_segment(struct copy_batch *b, unsigned int nr)
{
	const struct gntdev_grant_copy_segment *seg = &b->seg[nr];
	u16 done = 0;
	int rc;

	rc = check_segment(seg);

	while (!rc && done < seg->len) {
		struct gnttab_copy *op;

		/* One side at least is a grant: no operation pins two pages. */
		if (b->nr_ops == OPS)
			flush(b);

		op = &b->op[b->nr_ops];
		memset(op, 0, sizeof(*op));
		op->len = seg->len - done;

		rc = fill_source(b, op, seg, done);
		if (!rc)
			rc = fill_dest(b, op, seg, done);
		if (rc)
			break;

		b->seg_of[b->nr_ops++] = nr;
		done += op->len;
	}

	return rc;
}

static int copy_segments(struct copy_batch *b, struct gntdev_grant_copy_segment __user *segs,
			 unsigned int nr)
{
	unsigned int i, taken;
	int rc = 0;

	if (copy_from_user(b->seg, segs, nr * sizeof(*segs)))
		return -EFAULT;

	for (taken = 0; taken < nr && !rc; taken++) {
		b->status[taken] = GNTST_okay;
		rc = queue_segment(b, taken);
	}

	/* What was queued before a bad segment is done, and reported. */
	flush(b);
	if (rc)
		taken--;

	for (i = 0; i < taken; i++) {
		if (put_user(b->status[i], &segs[i].status))
			return -EFAULT;
	}

	return rc;
}

/**
 * gntdev_ioctl_copy() - IOCTL_GNTDEV_GRANT_COPY.
 * @arg: user address of a struct ioctl_gntdev_grant_copy
 *
 * Return: 0, also if segments failed: each has its GNTST_* status. -EFAULT if
 *	   a segment or buffer is not the program's to read or write, -EINVAL if
 *	   one crosses the end of a granted page or names no grant: earlier
 *	   segments are then done and have their status. -ENOMEM; -EINTR if the
 *	   program is being killed.
 */
long gntdev_ioctl_copy(void __user *arg)
{
	struct ioctl_gntdev_grant_copy copy;
	struct copy_batch *b;
	unsigned int done, nr;
	int rc = 0;

	if (copy_from_user(&copy, arg, sizeof(copy)))
		return -EFAULT;

	b = kmalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;

	b->nr_ops = 0;
	b->nr_pages = 0;
	for (done = 0; done < copy.count && !rc; done += nr) {
		nr = min_t(unsigned int, copy.count - done, SEGS);
		rc = copy_segments(b, copy.segments + done, nr);

		if (!rc && fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched();
	}

	kfree(b);
	return rc;
}
