// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants mapped into our physical address space: the kernel's side of a map.
 *
 * Each grant gets a page of unpopulated physical memory, so it has a struct
 * page and can be the target of direct I/O. That page may still be in use when
 * the program unmaps it; then unmapping waits in a work queue, since the
 * program's thread may hold what the page's user waits for.
 *
 * ABI: xen/interface/grant_table.h.
 */
#define pr_fmt(fmt) "xen:" KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <xen/page.h>

#include "gntdev.h"

/* Pause before unmapping is tried again: so long after the first time, ... */
#define RETRY_MS	5
/* ... growing by as much each time up to this factor. */
#define RETRY_MAX	200

static struct workqueue_struct *unmap_wq;
static atomic_t nr_unmapping = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(unmapped_wait);

static void unmap_work(struct work_struct *work);

static void free_map(struct gntdev_map *map)
{
	gntdev_user_free(map);

	/* A page that the hypervisor still maps elsewhere must not come back. */
	if (map->pages && !map->lost)
		gnttab_free_pages(map->count, map->pages);

	kvfree(map->handle);
	kvfree(map->pages);
	kvfree(map->refs);
	kfree(map);
}

static int alloc_pages_of(struct gntdev_map *map)
{
	struct page **pages = kvcalloc(map->count, sizeof(*pages), GFP_KERNEL);
	int rc;

	if (!pages)
		return -ENOMEM;

	rc = gnttab_alloc_pages(map->count, pages);
	if (rc) {
		pr_warn("no room for %u granted pages in the physical address space (%d)\n",
			map->count, rc);
		kvfree(pages);
		return -ENOMEM;
	}

	map->pages = pages;
	return 0;
}

static int copy_refs(struct gntdev_map *map, const struct ioctl_gntdev_grant_ref __user *refs)
{
	u32 i;

	map->refs = kvmalloc_array(map->count, sizeof(*map->refs), GFP_KERNEL);
	map->handle = kvmalloc_array(map->count, sizeof(*map->handle), GFP_KERNEL);
	if (!map->refs || !map->handle)
		return -ENOMEM;

	for (i = 0; i < map->count; i++)
		map->handle[i] = INVALID_GRANT_HANDLE;

	return copy_from_user(map->refs, refs, map->count * sizeof(*refs)) ? -EFAULT : 0;
}

/**
 * gntdev_map_alloc() - Make a map; nothing is mapped yet.
 * @count: grants, checked by the caller
 * @refs:  user's list of them
 *
 * Context: may sleep.
 * Return: the map with one reference; -ENOMEM; -EFAULT.
 */
struct gntdev_map *gntdev_map_alloc(u32 count, const struct ioctl_gntdev_grant_ref __user *refs)
{
	struct gntdev_map *map = kzalloc(sizeof(*map), GFP_KERNEL);
	int rc;

	if (!map)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&map->next);
	refcount_set(&map->users, 1);
	mutex_init(&map->lock);
	INIT_DELAYED_WORK(&map->work, unmap_work);
	map->count = count;

	rc = copy_refs(map, refs);
	if (!rc)
		rc = gntdev_user_alloc(map);
	if (!rc)
		rc = alloc_pages_of(map);
	if (rc) {
		free_map(map);
		return ERR_PTR(rc);
	}

	return map;
}

/**
 * gntdev_map_put() - Drop a reference.
 * @map: map
 *
 * With the last one the map goes. It is not mapped then: a memory area and a
 * pending unmap each have a reference.
 *
 * Context: may sleep.
 */
void gntdev_map_put(struct gntdev_map *map)
{
	if (!refcount_dec_and_test(&map->users))
		return;

	/* Never mapped since it was set up: the peer waits for it all the same. */
	unmap_notify_send(&map->notify);
	free_map(map);
}

static unsigned long address_of(const struct gntdev_map *map, u32 page)
{
	return (unsigned long)pfn_to_kaddr(page_to_pfn(map->pages[page]));
}

static int map_batch(struct gntdev_map *map, u32 first, u32 nr)
{
	u32 flags = GNTMAP_host_map | (map->readonly ? GNTMAP_readonly : 0);
	struct gnttab_map_grant_ref op[GNTDEV_BATCH];
	u32 i;
	int rc;

	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&op[i], address_of(map, first + i), flags,
				  map->refs[first + i].ref, map->refs[first + i].domid);
		op[i].handle = INVALID_GRANT_HANDLE;
	}

	rc = gnttab_map_refs(op, NULL, map->pages + first, nr);

	for (i = 0; i < nr; i++) {
		if (op[i].status == GNTST_okay)
			map->handle[first + i] = op[i].handle;
		else
			rc = rc ? : -EINVAL;
	}

	return rc;
}

/**
 * gntdev_map_grants() - Map all grants of a map.
 * @map: map in state idle, with readonly set
 *
 * Context: @map->lock held. May sleep.
 * Return: 0; -EINVAL if a grant cannot be mapped, others may then be and
 *	   gntdev_unmap_grants() is due; what the hypervisor says.
 */
int gntdev_map_grants(struct gntdev_map *map)
{
	u32 first, nr;
	int rc = 0;

	/* From now on there may be something to unmap. */
	map->state = GNTDEV_MAPPED;

	for (first = 0; first < map->count && !rc; first += nr) {
		nr = min_t(u32, map->count - first, GNTDEV_BATCH);
		rc = map_batch(map, first, nr);
	}

	return rc;
}

/* Number of pages from @first on that are mapped, up to a batch. */
static u32 mapped_run(const struct gntdev_map *map, u32 first)
{
	u32 nr, max = min_t(u32, map->count - first, GNTDEV_BATCH);

	for (nr = 0; nr < max && map->handle[first + nr] != INVALID_GRANT_HANDLE; nr++)
		;

	return nr;
}

static void unmap_run(struct gntdev_map *map, u32 first, u32 nr)
{
	u32 flags = GNTMAP_host_map | (map->readonly ? GNTMAP_readonly : 0);
	struct gnttab_unmap_grant_ref op[GNTDEV_BATCH];
	u32 i;
	int rc;

	for (i = 0; i < nr; i++) {
		gnttab_set_unmap_op(&op[i], address_of(map, first + i), flags,
				    map->handle[first + i]);
		op[i].status = GNTST_general_error;
	}

	rc = gnttab_unmap_refs(op, NULL, map->pages + first, nr);

	for (i = 0; i < nr; i++) {
		if (rc || op[i].status != GNTST_okay) {
			map->lost = true;
			pr_err_ratelimited("cannot unmap grant %u of domain %u (%d, status %d); its page is lost\n",
					   map->refs[first + i].ref, map->refs[first + i].domid,
					   rc, op[i].status);
		}
		map->handle[first + i] = INVALID_GRANT_HANDLE;
	}
}

static bool in_use(const struct gntdev_map *map)
{
	u32 i;

	for (i = 0; i < map->count; i++) {
		if (page_count(map->pages[i]) > 1)
			return true;
	}

	return false;
}

static void clear_byte(struct gntdev_map *map)
{
	u64 page = map->notify.offset >> PAGE_SHIFT;

	if (!(map->notify.action & UNMAP_NOTIFY_CLEAR_BYTE))
		return;

	/* An attempt to map it may have failed. */
	if (map->handle[page] != INVALID_GRANT_HANDLE && !map->readonly)
		*(u8 *)(address_of(map, page) + offset_in_page(map->notify.offset)) = 0;
}

/* Unmap now; false if a page is still in use. */
static bool try_unmap(struct gntdev_map *map)
{
	u32 first, nr;

	if (in_use(map))
		return false;

	for (first = 0; first < map->count; first += max(nr, 1U)) {
		nr = mapped_run(map, first);
		if (nr)
			unmap_run(map, first, nr);
	}

	map->state = GNTDEV_IDLE;
	unmap_notify_send(&map->notify);
	return true;
}

static void retry_later(struct gntdev_map *map)
{
	unsigned int factor = min(++map->tries, (unsigned int)RETRY_MAX);

	queue_delayed_work(unmap_wq, &map->work, msecs_to_jiffies(RETRY_MS * factor));
}

static void unmap_work(struct work_struct *work)
{
	struct gntdev_map *map = container_of(to_delayed_work(work), struct gntdev_map, work);
	bool done;

	mutex_lock(&map->lock);
	done = try_unmap(map);
	if (!done)
		retry_later(map);
	mutex_unlock(&map->lock);

	if (!done)
		return;

	gntdev_map_put(map);
	if (atomic_dec_and_test(&nr_unmapping))
		wake_up_all(&unmapped_wait);
}

/**
 * gntdev_unmap_grants() - Unmap all grants of a map, now or as soon as its pages
 *			   are not in use.
 * @map: map in state mapped, no longer visible in any memory area
 *
 * The peer's byte is cleared at once, its event sent when the pages are gone.
 *
 * Context: @map->lock held.
 */
void gntdev_unmap_grants(struct gntdev_map *map)
{
	clear_byte(map);

	if (try_unmap(map))
		return;

	map->state = GNTDEV_UNMAPPING;
	map->tries = 0;
	refcount_inc(&map->users);
	atomic_inc(&nr_unmapping);
	retry_later(map);
}

/**
 * gntdev_map_init() - Prepare for unmapping in the background.
 *
 * Return: 0; -ENOMEM.
 */
int gntdev_map_init(void)
{
	unmap_wq = alloc_workqueue("xen-gntdev", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);

	return unmap_wq ? 0 : -ENOMEM;
}

/**
 * gntdev_map_exit() - Wait until nothing is mapped any more.
 *
 * Context: module removal: no file is open.
 */
void gntdev_map_exit(void)
{
	wait_event(unmapped_wait, !atomic_read(&nr_unmapping));
	/* And until the work function has returned. */
	destroy_workqueue(unmap_wq);
}
