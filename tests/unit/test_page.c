// SPDX-License-Identifier: GPL-2.0-only
/* Limits, errors and accounting; interleavings are tests/model's. */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/softirq.h>

#include "test.h"
#include "mm_fixture.h"

static struct domain dom = { .domain_id = 5, .refcount = 1, .max_pages = 100 };
static unsigned long regions[FIXTURE_FRAMES / 512 / 64 + 1];
static void (*softirq)(void);
static unsigned int raised, validated, dropped;
static int validate_rc;
struct vcpu *current;

void softirq_register(enum softirq nr, void (*fn)(void))
{
	softirq = fn;
}

void softirq_raise(enum softirq nr)
{
	raised++;
}

bool hypercall_preempt_check(void)
{
	return false;
}

struct domain *domain_get(domid_t id)
{
	assert_int_equal(id, dom.domain_id);
	dom.refcount++;
	return &dom;
}

void domain_put(struct domain *d)
{
	d->refcount--;
}

/* Tables here have one entry, the first, that holds a reference to the frame it names. */
int arch_page_validate(struct page_info *pg, enum page_type type)
{
	unsigned long child = *(unsigned long *)page_to_virt(pg);

	validated++;
	if (!validate_rc && child && !page_get(mfn_to_page(_mfn(child)), dom.domain_id))
		return -EINVAL;
	return validate_rc;
}

unsigned int arch_page_drop(struct page_info *pg, enum page_type level)
{
	unsigned long child = *(unsigned long *)page_to_virt(pg);

	dropped++;
	if (child)
		page_put(mfn_to_page(_mfn(child)));
	return PT_ENTRIES;
}

static int setup(void **state)
{
	map_memory(state);
	page_init();
	dom.owned_regions = regions;
	page_alloc_add_range(_mfn(0x1000), _mfn(FIXTURE_FRAMES));
	return 0;
}

static struct page_info *new_page(void)
{
	struct page_info *pg = domain_page_alloc(&dom, 0, 0);

	assert_non_null(pg);
	return pg;
}

static unsigned long refs(const struct page_info *pg)
{
	return pg->state & PG_REFS_MASK;
}

static void test_ownership(void **state)
{
	unsigned long free_before = page_alloc_free_pages();
	struct page_info *pg = new_page();

	assert_int_equal(pg->state, PG_ALLOCATED | 1);
	assert_int_equal(dom.tot_pages, 1);
	assert_int_equal(dom.refcount, 2);
	assert_int_equal(m2p_rw[mfn_x(page_to_mfn(pg))], M2P_INVALID);
	assert_false(page_get(pg, 4));
	assert_true(page_get(pg, 5));
	assert_int_equal(page_give_up(pg), 0);
	assert_int_equal(page_give_up(pg), -EINVAL);
	assert_int_equal(dom.tot_pages, 1);
	page_put(pg);
	assert_int_equal(dom.tot_pages, 0);
	assert_int_equal(dom.refcount, 1);
	assert_int_equal(page_alloc_free_pages(), free_before);
	assert_false(page_get(pg, 5));
	assert_false(page_get(pg, OWNER_NONE));
}

static void test_limits_of_a_domain(void **state)
{
	assert_null(domain_page_alloc(&dom, 7, 0));	/* 128 > 100 */
	dom.dying = DOM_DYING;
	assert_null(domain_page_alloc(&dom, 0, 0));
	dom.dying = DOM_ALIVE;
	assert_int_equal(dom.tot_pages, 0);
	assert_int_equal(dom.refcount, 1);
}

static void test_pages_come_zeroed(void **state)
{
	struct page_info *pg = new_page();
	unsigned long *p = page_to_virt(pg);

	p[5] = 1;
	assert_true(page_get(pg, 5));
	page_give_up(pg);
	page_put(pg);
	pg = new_page();
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(((unsigned long *)page_to_virt(pg))[i], 0);
	assert_true(page_get(pg, 5));
	page_give_up(pg);
	page_put(pg);
}

static void release(struct page_info *pg)
{
	assert_true(page_get(pg, 5));
	assert_int_equal(page_give_up(pg), 0);
	page_put(pg);
}

static void test_types_exclude_each_other(void **state)
{
	static const enum page_type types[] = { PT_L1, PT_L2, PT_L3, PT_L4, PT_SEGDESC,
						PT_WRITABLE };
	struct page_info *pg = new_page();

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(page_get_and_type(pg, 5, types[i]), 0);
		for (unsigned int j = 0; j < ARRAY_SIZE(types); j++) {
			int rc = page_get_and_type(pg, 5, types[j]);

			assert_int_equal(rc, i == j ? 0 : -EBUSY);
			if (!rc)
				page_put_and_type(pg);
		}
		assert_int_equal(pg_type_refs(pg->state), 1);
		assert_int_equal(refs(pg), 2);
		page_put_and_type(pg);
	}
	release(pg);
}

static void test_counts_do_not_wrap(void **state)
{
	struct page_info *pg = new_page();
	u64 keep = pg->state;

	pg->state = PG_ALLOCATED | PG_REFS_FULL;
	assert_false(page_get(pg, 5));
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), -EINVAL);
	pg->state = PG_ALLOCATED | 10 | PG_TYPE_REFS_FULL | pg_type_bits(PT_WRITABLE);
	assert_int_equal(page_get_type(pg, PT_WRITABLE), -EBUSY);
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), -EBUSY);
	pg->state = PG_ALLOCATED | 10 | PG_TYPE_REFS_FULL | pg_type_bits(PT_L1) | PG_VALIDATED;
	assert_false(page_edit_begin(pg, 5, PT_L1));
	assert_int_equal(page_get_type(pg, PT_L1), -EBUSY);
	pg->state = keep;
	release(pg);
}

static void test_refused_contents(void **state)
{
	struct page_info *pg = new_page();

	validate_rc = -EINVAL;
	assert_int_equal(page_pin(pg, 5, PT_L1), -EINVAL);
	validate_rc = -ERESTART;
	assert_int_equal(page_pin(pg, 5, PT_L1), -ERESTART);
	validate_rc = 0;
	assert_int_equal(refs(pg), 1);
	assert_int_equal(pg_type_refs(pg->state), 0);
	assert_false(pg->state & (PG_BUSY | PG_VALIDATED | PG_PINNED));
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), 0);
	page_put_and_type(pg);
	release(pg);
}

static void test_pin(void **state)
{
	struct page_info *pg = new_page();
	bool idle;

	assert_int_equal(page_pin(pg, 4, PT_L1), -EINVAL);
	assert_int_equal(page_pin(pg, 5, PT_L1), 0);
	assert_int_equal(page_pin(pg, 5, PT_L1), -EINVAL);
	assert_int_equal(page_pin(pg, 5, PT_L2), -EBUSY);
	assert_int_equal(refs(pg), 2);
	assert_true(page_get(pg, 5));
	assert_int_equal(page_unpin(pg, &idle), 0);
	assert_true(idle);
	assert_int_equal(page_unpin(pg, &idle), -EINVAL);
	page_put(pg);
	release(pg);
}

static void test_cached_table_is_not_validated_twice(void **state)
{
	struct page_info *pg = new_page();

	validated = dropped = 0;
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_true(page_put_and_type(pg));
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_int_equal(validated, 1);
	assert_int_equal(page_retire(pg), -EBUSY);
	page_put_and_type(pg);
	assert_int_equal(page_retire(pg), PT_ENTRIES);
	assert_int_equal(dropped, 1);
	assert_int_equal(page_retire(pg), -EBUSY);
	/* Wanted as something else, it lets go by itself. */
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	page_put_and_type(pg);
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), 0);
	assert_int_equal(dropped, 2);
	page_put_and_type(pg);
	release(pg);
}

static void test_type_change_flushes_stale_translations(void **state)
{
	struct page_info *pg = new_page();
	u64 before = nr_flushes;

	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), 0);
	assert_int_equal(nr_flushes, before);
	page_put_and_type(pg);
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_int_equal(nr_flushes, before + 1);
	page_put_and_type(pg);
	page_retire(pg);
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_int_equal(nr_flushes, before + 1);
	page_put_and_type(pg);
	page_retire(pg);
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), 0);
	assert_int_equal(nr_flushes, before + 2);
	page_put_and_type(pg);
	/* A flush that happened anyway is not repeated. */
	last_flush = ++tlb_clock;
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_int_equal(nr_flushes, before + 2);
	page_put_and_type(pg);
	release(pg);
}

static void test_steal(void **state)
{
	struct page_info *pg = new_page();
	u64 before;

	assert_int_equal(page_steal(pg, 4), -EINVAL);
	assert_true(page_get(pg, 5));
	assert_int_equal(page_steal(pg, 5), -EBUSY);
	page_put(pg);
	assert_int_equal(page_get_and_type(pg, 5, PT_WRITABLE), 0);
	assert_int_equal(page_steal(pg, 5), -EBUSY);
	page_put_and_type(pg);
	assert_int_equal(page_steal(pg, 5), 0);
	assert_false(page_get(pg, 5));
	assert_int_equal(page_steal(pg, 5), -EINVAL);
	page_unsteal(pg);
	/* What it was is not forgotten. */
	before = nr_flushes;
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_int_equal(nr_flushes, before + 1);
	page_put_and_type(pg);
	/* A table that is not in use is no reason to refuse. */
	assert_int_equal(page_steal(pg, 5), 0);
	page_unsteal(pg);
	release(pg);
	assert_int_equal(dom.tot_pages, 0);
}

static void test_freed_table_lets_go_later(void **state)
{
	struct page_info *chain[40];

	/* Each table names the next; each but the first is held by the one before only. */
	for (unsigned int i = 0; i < ARRAY_SIZE(chain); i++)
		chain[i] = new_page();
	for (unsigned int i = ARRAY_SIZE(chain); i-- > 0;) {
		if (i + 1 < ARRAY_SIZE(chain))
			*(unsigned long *)page_to_virt(chain[i]) = mfn_x(page_to_mfn(chain[i + 1]));
		assert_int_equal(page_get_and_type(chain[i], 5, PT_L1), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(chain); i++)
		assert_int_equal(page_give_up(chain[i]), 0);
	raised = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(chain); i++)
		page_put_and_type(chain[i]);
	assert_int_equal(dom.tot_pages, ARRAY_SIZE(chain));
	assert_true(raised);
	while (raised) {
		raised = 0;
		dropped = 0;
		softirq();
		assert_true(dropped <= 16);
	}
	assert_int_equal(dom.tot_pages, 0);
	assert_int_equal(dom.refcount, 1);
}

static void test_edit(void **state)
{
	struct page_info *pg = new_page();

	assert_false(page_edit_begin(pg, 5, PT_L1));
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	assert_false(page_edit_begin(pg, 4, PT_L1));
	assert_false(page_edit_begin(pg, 5, PT_L2));
	assert_true(page_edit_begin(pg, 5, PT_L1));
	/* Uses come and go during an edit; the last goes with its end. */
	assert_int_equal(page_get_and_type(pg, 5, PT_L1), 0);
	page_put_and_type(pg);
	assert_false(page_put_and_type(pg));
	assert_true(page_edit_end(pg));
	assert_int_equal(refs(pg), 2);
	assert_int_equal(page_retire(pg), PT_ENTRIES);
	page_put(pg);
	release(pg);
}

static void test_relinquish(void **state)
{
	struct page_info *a, *b;

	/* Two tables in a circle, one pinned; and a page that another domain maps. */
	a = new_page();
	b = new_page();
	*(unsigned long *)page_to_virt(a) = mfn_x(page_to_mfn(b));
	*(unsigned long *)page_to_virt(b) = mfn_x(page_to_mfn(a));
	assert_int_equal(page_pin(a, 5, PT_L1), 0);
	assert_int_equal(page_get_and_type(b, 5, PT_L1), 0);
	page_put_and_type(b);
	a = new_page();
	assert_true(page_get(a, 5));
	dom.dying = DOM_DYING;
	while (domain_relinquish_memory(&dom) == -ERESTART)
		;
	softirq();
	assert_int_equal(dom.tot_pages, 1);
	page_put(a);
	assert_int_equal(dom.tot_pages, 0);
	assert_int_equal(dom.refcount, 1);
	dom.dying = DOM_ALIVE;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ownership),
		cmocka_unit_test(test_limits_of_a_domain),
		cmocka_unit_test(test_pages_come_zeroed),
		cmocka_unit_test(test_types_exclude_each_other),
		cmocka_unit_test(test_counts_do_not_wrap),
		cmocka_unit_test(test_refused_contents),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_cached_table_is_not_validated_twice),
		cmocka_unit_test(test_type_change_flushes_stale_translations),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_freed_table_lets_go_later),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_relinquish),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
