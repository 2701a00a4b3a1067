// SPDX-License-Identifier: GPL-2.0-only
/* Mapping the ring pages that a frontend granted. */
#include <linux/module.h>

#include "internal.h"

/* A reference node must exist: 0 is a valid reference, so no default would do. */
static int read_ref(struct xenbus_be *be, const char *dir, const char *node, grant_ref_t *ref)
{
	if (!xenbus_exists(XBT_NIL, dir, node))
		return -ENOENT;
	return xenbus_be_read_uint(be, dir, node, 0, U32_MAX, ref);
}

static int read_refs(struct xenbus_be *be, const char *dir, const char *node,
		     unsigned int nr, grant_ref_t *refs)
{
	char numbered[32];
	unsigned int i;
	int rc;

	if (nr == 1) {
		rc = read_ref(be, dir, node, &refs[0]);
		if (rc != -ENOENT)
			return rc;
	}
	for (i = 0; i < nr; i++) {
		snprintf(numbered, sizeof(numbered), "%s%u", node, i);
		rc = read_ref(be, dir, numbered, &refs[i]);
		if (rc)
			return rc;
	}
	return 0;
}

int xenbus_be_map_ring(struct xenbus_be *be, const char *dir, const char *node,
		       unsigned int nr_pages, void **vaddr)
{
	grant_ref_t refs[XENBUS_MAX_RING_GRANTS];
	int rc;

	*vaddr = NULL;
	if (!nr_pages || nr_pages > XENBUS_MAX_RING_GRANTS)
		return -EINVAL;
	rc = read_refs(be, dir, node, nr_pages, refs);
	if (rc) {
		dev_err_ratelimited(&be->dev->dev, "domain %d: %s: cannot read %s of %u page(s): %d\n",
				    be->dev->otherend_id, dir, node, nr_pages, rc);
		return rc == -ENOENT ? -EINVAL : rc;
	}
	rc = xenbus_map_ring_valloc(be->dev, refs, nr_pages, vaddr);
	if (rc)
		*vaddr = NULL;
	return rc;
}
EXPORT_SYMBOL_GPL(xenbus_be_map_ring);

void xenbus_be_unmap_ring(struct xenbus_be *be, void **vaddr)
{
	if (!*vaddr)
		return;
	xenbus_unmap_ring_vfree(be->dev, *vaddr);
	*vaddr = NULL;
}
EXPORT_SYMBOL_GPL(xenbus_be_unmap_ring);
