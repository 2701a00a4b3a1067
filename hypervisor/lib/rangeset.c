// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of ranges. A change makes a new list beside the old one and puts it in
 * its place under the lock, so that readers wait for no allocation.
 */
#include <hv/rangeset.h>

#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>

void rangeset_init(struct rangeset *rs)
{
	*rs = (struct rangeset){ 0 };
	spin_lock_init(&rs->lock);
}

void rangeset_destroy(struct rangeset *rs)
{
	hv_free(rs->range);
	rs->range = NULL;
	rs->nr = 0;
}

static int replace(struct rangeset *rs, struct range *fresh, unsigned int nr)
{
	struct range *old = rs->range;

	/* A full set can still be joined to, and taken from. */
	if (nr > RANGESET_MAX) {
		hv_free(fresh);
		return -ENOMEM;
	}
	spin_lock(&rs->lock);
	rs->range = fresh;
	__atomic_store_n(&rs->nr, nr, __ATOMIC_RELAXED);
	spin_unlock(&rs->lock);
	hv_free(old);
	return 0;
}

/* @r's part below @first and its part above @last, if there are such. */
static unsigned int cut(const struct range *r, unsigned long first, unsigned long last,
			struct range *out)
{
	unsigned int n = 0;

	if (r->first < first)
		out[n++] = (struct range){ r->first, min(r->last, first - 1) };
	if (r->last > last)
		out[n++] = (struct range){ max(r->first, last + 1), r->last };
	return n;
}

/* Do they touch, or overlap? */
static bool joins(const struct range *r, unsigned long first, unsigned long last)
{
	return (r->first <= last || r->first - last == 1) &&
	       (first <= r->last || first - r->last == 1);
}

static int list_for(const struct rangeset *rs, unsigned long first, unsigned long last,
		    struct range **list)
{
	if (last < first)
		return -EINVAL;
	*list = hv_new_array(struct range, rs->nr + 1);
	return *list ? 0 : -ENOMEM;
}

/**
 * rangeset_add() - Put a range into a set.
 * @rs:    set
 * @first: number
 * @last:  number, included
 *
 * Context: no lock; one change at a time.
 * Return: see hv/rangeset.h.
 */
int rangeset_add(struct rangeset *rs, unsigned long first, unsigned long last)
{
	struct range joined = { first, last }, *list;
	unsigned int n = 0;
	bool placed = false;
	int rc = list_for(rs, first, last, &list);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < rs->nr; i++) {
		const struct range *r = &rs->range[i];

		if (joins(r, joined.first, joined.last)) {
			joined.first = min(joined.first, r->first);
			joined.last = max(joined.last, r->last);
			continue;
		}
		if (!placed && r->first > joined.last) {
			list[n++] = joined;
			placed = true;
		}
		list[n++] = *r;
	}
	if (!placed)
		list[n++] = joined;
	return replace(rs, list, n);
}

/**
 * rangeset_remove() - Take a range out of a set.
 * @rs:    set
 * @first: number
 * @last:  number, included; what of it is not in the set does not matter
 *
 * Context, return: as rangeset_add().
 */
int rangeset_remove(struct rangeset *rs, unsigned long first, unsigned long last)
{
	struct range *list;
	unsigned int n = 0;
	int rc = list_for(rs, first, last, &list);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < rs->nr; i++)
		n += cut(&rs->range[i], first, last, list + n);
	return replace(rs, list, n);
}

bool rangeset_contains(const struct rangeset *rs, unsigned long first, unsigned long last)
{
	/* Only its lock changes. */
	spinlock_t *lock = (spinlock_t *)&rs->lock;
	bool found = false;

	spin_lock(lock);
	for (unsigned int i = 0; i < rs->nr && rs->range[i].first <= first; i++)
		found = rs->range[i].last >= last;
	spin_unlock(lock);
	return found && first <= last;
}
