// SPDX-License-Identifier: GPL-2.0-only
/* core/destroy.c: the steps of a domain's end, their order, and going on after each. */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/sched.h>

#include <asm/pv.h>
#include <asm/pv_mm.h>

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vcpu *current;
struct vcpu_info dummy_vcpu_info;

static char done[64];		/* a letter per thing done, in order */
static char restart_at;		/* the letter that is not finished at first */
static bool preempt;
static unsigned int virqs, nr_puts;
static struct domain *during;	/* somebody else tries this one at every step */

static struct domain caller = { .domain_id = 0 };
static struct vcpu caller_vcpu = { .domain = &caller };
static struct domain dom;
static struct vcpu vcpus[2];
static struct vcpu *vcpu_pointers[3];

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

static int step(char letter)
{
	size_t len = strlen(done);

	/* Nothing is taken from a domain that may still be given something. */
	assert_int_equal(dom.dying, DOM_DYING);
	if (during)
		assert_int_equal(domain_kill(during), -ERESTART);
	done[len] = letter;
	done[len + 1] = '\0';
	if (letter != restart_at)
		return 0;
	restart_at = 0;
	return -ERESTART;
}

void domain_pause(struct domain *d)
{
	assert_int_equal(d->dying, DOM_ALIVE);
	strcat(done, "P");
}

int page_claim(struct domain *d, unsigned long pages)
{
	assert_int_equal(pages, 0);
	return 0;
}

void pirq_domain_destroy(struct domain *d)
{
	step('i');
}

void virq_clear_handlers(struct domain *d)
{
}

int evtchn_close_all(struct domain *d)
{
	return step('e');
}

int gnttab_release_mappings(struct domain *d)
{
	return step('g');
}

void pv_vcpu_unload(struct vcpu *v)
{
	step('u');
}

void pv_vcpu_relinquish(struct vcpu *v)
{
	step('r');
}

bool page_put_and_type(struct page_info *pg)
{
	assert_int_equal(mfn_x(page_to_mfn(pg)), 0x123);
	step('p');
	return false;
}

int domain_relinquish_memory(struct domain *d)
{
	return step('m');
}

int gnttab_release_frames(struct domain *d)
{
	return step('t');
}

void timer_kill(struct timer *t)
{
	assert_true(t == &dom.watchdog[0] || t == &dom.watchdog[1]);
	step('w');
}

void timer_stop(struct timer *t)
{
}

void hv_page_release(struct domain *d, void *va)
{
	assert_ptr_equal(va, d->shared_info);
	step('s');
}

bool hypercall_preempt_check(void)
{
	return preempt;
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_DOM_EXC);
	assert_int_equal(dom.dying, DOM_DEAD);
	virqs++;
}

void domain_put(struct domain *d)
{
	assert_ptr_equal(d, &dom);
	nr_puts++;
}

static int setup(void **state)
{
	memset(&dom, 0, sizeof(dom));
	memset(vcpus, 0, sizeof(vcpus));
	done[0] = '\0';
	restart_at = 0;
	preempt = false;
	virqs = nr_puts = 0;
	during = NULL;
	current = &caller_vcpu;
	dom.domain_id = 3;
	dom.max_vcpus = 3;	/* one was never made */
	dom.vcpu = vcpu_pointers;
	dom.shared_info = (void *)0x1000;
	for (unsigned int i = 0; i < 2; i++) {
		vcpus[i].domain = &dom;
		vcpus[i].vcpu_info_mfn = i ? _mfn(0x123) : INVALID_MFN;
		vcpu_pointers[i] = &vcpus[i];
	}
	return 0;
}

static void test_order(void **state)
{
	assert_int_equal(domain_kill(&dom), 0);
	assert_string_equal(done, "Piegururpmtwws");
	assert_int_equal(dom.dying, DOM_DEAD);
	assert_int_equal(virqs, 1);
	assert_int_equal(nr_puts, 1);
	assert_ptr_equal(vcpus[1].vcpu_info, &dummy_vcpu_info);
	assert_true(mfn_eq(vcpus[1].vcpu_info_mfn, INVALID_MFN));
	/* Once is enough, and may be asked for again. */
	assert_int_equal(domain_kill(&dom), 0);
	assert_int_equal(nr_puts, 1);
	assert_int_equal(virqs, 1);
}

static void test_each_step_goes_on(void **state)
{
	for (const char *letter = "egmt"; *letter; letter++) {
		setup(NULL);
		restart_at = *letter;
		assert_int_equal(domain_kill(&dom), -ERESTART);
		assert_int_equal(nr_puts, 0);
		assert_int_equal(dom.dying, DOM_DYING);
		assert_int_equal(domain_kill(&dom), 0);
		/* That step twice, all others once, and paused once. */
		assert_int_equal(strlen(done), strlen("Piegururpmtwws") + 1);
		assert_ptr_not_equal(strchr(done, *letter), strrchr(done, *letter));
		assert_int_equal(nr_puts, 1);
	}
}

static void test_preempted_after_each(void **state)
{
	unsigned int rounds = 0;

	preempt = true;
	while (domain_kill(&dom) == -ERESTART)
		assert_true(++rounds < 20);
	assert_string_equal(done, "Piegururpmtwws");
	assert_true(rounds > 3);
	assert_int_equal(nr_puts, 1);
}

static void test_two_at_once(void **state)
{
	during = &dom;
	assert_int_equal(domain_kill(&dom), 0);
	assert_string_equal(done, "Piegururpmtwws");
	assert_int_equal(nr_puts, 1);
}

static void test_whom_not(void **state)
{
	current = &vcpus[0];
	assert_int_equal(domain_kill(&dom), -EINVAL);
	current = &caller_vcpu;
	dom.is_hardware_domain = true;
	assert_int_equal(domain_kill(&dom), -EINVAL);
	assert_string_equal(done, "");
	assert_int_equal(dom.dying, DOM_ALIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_each_step_goes_on, setup),
		cmocka_unit_test_setup(test_preempted_after_each, setup),
		cmocka_unit_test_setup(test_two_at_once, setup),
		cmocka_unit_test_setup(test_whom_not, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
