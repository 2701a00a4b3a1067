// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants, references and types of frames with a thread for each CPU, under the
 * thread sanitizer. Two map and unmap what a third grants and takes back as a
 * guest does, without a lock: by compare-and-exchange of the entry, or with
 * version 2 by looking at the status word. When it has succeeded nothing of the
 * mappings may be left.
 */
#include "test.h"
#include "grant_host.h"
#include "threads.h"

#define MAPPERS		2
#define GRANTS		3	/* pages of domain 1 that come and go */
#define SLOTS		(HOST_PAGES / MAPPERS)
#define ROUNDS		2000
#define REVOKED_MIN	50
#define REF(page)	(8 + (page))
#define IN_USE		(GTF_reading | GTF_writing)

static struct vcpu cpus[MAPPERS];
static u32 mappers_left;		/* atomic */
static u32 revoked, mapped[MAPPERS];	/* atomic */

static void map(unsigned int id, unsigned int slot, unsigned int *seed, u32 *handle)
{
	unsigned int page = (unsigned int)rand_r(seed) % GRANTS;
	struct gnttab_map_grant_ref op = {
		.host_addr = host_va(id * SLOTS + slot), .dom = ids[1], .ref = REF(page),
		.flags = GNTMAP_host_map | (rand_r(seed) & 1 ? GNTMAP_readonly : 0),
	};

	BUG_ON(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1, 0, 0));
	if (op.status == GNTST_okay) {
		*handle = op.handle;
		__atomic_fetch_add(&mapped[id], 1, __ATOMIC_SEQ_CST);
	}
}

static void unmap(unsigned int id, unsigned int slot, u32 *handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = host_va(id * SLOTS + slot), .handle = *handle,
	};

	BUG_ON(do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)&op, 1, 0, 0));
	BUG_ON(op.status);
	*handle = ~0U;
}

static void unmap_all(unsigned int id, u32 handles[SLOTS])
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (handles[slot] != ~0U)
			unmap(id, slot, &handles[slot]);
	sched_yield();
}

static bool worked(unsigned int id)
{
	return __atomic_load_n(&revoked, __ATOMIC_SEQ_CST) > REVOKED_MIN &&
	       __atomic_load_n(&mapped[id], __ATOMIC_SEQ_CST) > REVOKED_MIN;
}

static void *mapper(void *data)
{
	unsigned int id = (unsigned int)(unsigned long)data, seed = id;
	u32 handles[SLOTS];

	current = &cpus[id];
	memset(handles, 0xff, sizeof(handles));
	/* On until there was enough of it: how much fits into the rounds is the host's affair. */
	for (unsigned int i = 0; i < ROUNDS || !worked(id); i++) {
		unsigned int slot = (unsigned int)rand_r(&seed) % SLOTS;

		if (handles[slot] == ~0U)
			map(id, slot, &seed, &handles[slot]);
		else
			unmap(id, slot, &handles[slot]);
		if (i % 16 == 0)
			unmap_all(id, handles);
	}
	unmap_all(id, handles);
	__atomic_fetch_sub(&mappers_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* It was taken back: the frame is its owner's alone. */
static void nothing_left(unsigned int page)
{
	u64 state = atomic64_read(&pages[1][page]->state);

	if ((state & PG_REFS_MASK) != 1 || pg_type_refs(state))
		bug("a grant was taken back that is in use", __FILE__, __LINE__);
	__atomic_fetch_add(&revoked, 1, __ATOMIC_SEQ_CST);
}

static void grant_v1(unsigned int page)
{
	struct grant_entry_v1 *e = host_entry(1, REF(page));

	WRITE_ONCE(e->domid, ids[0]);
	WRITE_ONCE(e->frame, (u32)host_mfn(1, page));
	__atomic_store_n(&e->flags, GTF_permit_access, __ATOMIC_SEQ_CST);
}

static bool revoke_v1(unsigned int page)
{
	struct grant_entry_v1 *e = host_entry(1, REF(page));
	u16 flags = __atomic_load_n(&e->flags, __ATOMIC_SEQ_CST);

	return !(flags & IN_USE) &&
	       __atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static union grant_entry_v2 *entry_v2(unsigned int page)
{
	return shared_v2(domains[1].grant, REF(page));
}

static void grant_v2(unsigned int page)
{
	union grant_entry_v2 *e = entry_v2(page);

	WRITE_ONCE(e->hdr.domid, ids[0]);
	WRITE_ONCE(e->full_page.frame, host_mfn(1, page));
	__atomic_store_n(&e->hdr.flags, GTF_permit_access, __ATOMIC_SEQ_CST);
}

static bool revoke_v2(unsigned int page)
{
	u16 *status = status_v2(domains[1].grant, REF(page));

	__atomic_store_n(&entry_v2(page)->hdr.flags, 0, __ATOMIC_SEQ_CST);
	return !(__atomic_load_n(status, __ATOMIC_SEQ_CST) & IN_USE);
}

/* Waits for the very moment at which the use ends. */
static void take_back(unsigned int page, bool (*take)(unsigned int page))
{
	for (unsigned int i = 1; !take(page); i++)
		if (i % 2048 == 0)
			sched_yield();
	nothing_left(page);
}

static void granter(void (*give)(unsigned int page), bool (*take)(unsigned int page))
{
	unsigned int seed = 99;

	while (__atomic_load_n(&mappers_left, __ATOMIC_SEQ_CST)) {
		unsigned int first = (unsigned int)rand_r(&seed) % GRANTS;

		for (unsigned int i = 0; i < GRANTS; i++)
			give(i);
		sched_yield();
		for (unsigned int i = 0; i < GRANTS; i++)
			take_back((first + i) % GRANTS, take);
	}
}

static void run(void (*give)(unsigned int page), bool (*take)(unsigned int page))
{
	pthread_t thread[MAPPERS];

	mappers_left = MAPPERS;
	revoked = 0;
	for (unsigned int i = 0; i < MAPPERS; i++) {
		cpus[i].domain = &domains[0];
		mapped[i] = 0;
	}
	threads_start(thread, MAPPERS, 0, mapper);
	granter(give, take);
	threads_join(thread, MAPPERS);
	for (unsigned int page = 0; page < GRANTS; page++)
		nothing_left(page);
}

static void test_version_1(void **state)
{
	host_start();
	run(grant_v1, revoke_v1);
	host_stop();
}

static void test_version_2(void **state)
{
	struct gnttab_set_version op = { .version = 2 };

	host_start();
	current = &vcpus[1];
	assert_int_equal(do_grant_table_op(GNTTABOP_set_version, (unsigned long)&op, 1, 0, 0), 0);
	current = &vcpus[0];
	run(grant_v2, revoke_v2);
	host_stop();
}

/* ---- References and types alone ---- */

static struct page_info *frame;
static u32 tables, writables;		/* atomic: how many hold it as which */

static void *referrer(void *data)
{
	unsigned int seed = (unsigned int)(unsigned long)data;

	current = &vcpus[1];
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		bool table = rand_r(&seed) & 1;
		u32 *mine = table ? &tables : &writables, *other = table ? &writables : &tables;

		if (!page_get(frame, ids[1]))
			bug("no reference", __FILE__, __LINE__);
		if (!page_get_type(frame, table ? PT_L1 : PT_WRITABLE)) {
			__atomic_fetch_add(mine, 1, __ATOMIC_SEQ_CST);
			if (__atomic_load_n(other, __ATOMIC_SEQ_CST))
				bug("a table that may be written", __FILE__, __LINE__);
			__atomic_fetch_sub(mine, 1, __ATOMIC_SEQ_CST);
			if (page_put_type(frame))
				page_retire(frame);
		}
		page_put(frame);
	}
	return NULL;
}

static void test_types(void **state)
{
	pthread_t thread[3];

	host_start();
	frame = pages[1][0];
	memset(page_to_virt(frame), 0, PAGE_SIZE);
	threads_start(thread, ARRAY_SIZE(thread), 1, referrer);
	threads_join(thread, ARRAY_SIZE(thread));
	assert_int_equal(frame->state & PG_REFS_MASK, 1);
	assert_int_equal(pg_type_refs(frame->state), 0);
	host_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
