// SPDX-License-Identifier: GPL-2.0-only
/* core/multicall.c: results, faults, and lists that are continued anywhere. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define NR		40
#define OP_ADD		3	/* result: sum of the arguments */
#define OP_LONG		4	/* args[0] steps left, continued after each; args[1] counts them */

struct vcpu *current;

static struct vcpu vcpu;
static struct multicall_entry list[NR];
static unsigned int preempt_every, preempt_count;
static unsigned long fault_at;		/* a write here fails */
static unsigned int calls;

size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	if (from_va < PAGE_SIZE)
		return len;
	memcpy(to, (void *)from_va, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	if (fault_at >= to_va && fault_at < to_va + len)
		return len;
	memcpy((void *)to_va, from, len);
	return 0;
}

bool hypercall_preempt_check(void)
{
	return preempt_every && ++preempt_count % preempt_every == 0;
}

long hypercall_continue(unsigned int nr_args, ...)
{
	va_list args;

	va_start(args, nr_args);
	for (unsigned int i = 0; i < nr_args; i++)
		vcpu.hc.args[i] = va_arg(args, unsigned long);
	va_end(args);
	vcpu.hc.nr_args = nr_args;
	vcpu.hc.continued = true;
	return -ERESTART;
}

long hypercall_dispatch(unsigned long nr, const unsigned long args[5])
{
	calls++;
	switch (nr) {
	case OP_ADD:
		return args[0] + args[1] + args[2] + args[3] + args[4];
	case OP_LONG:
		return args[0] ? hypercall_continue(2, args[0] - 1, args[1] + 1) : (long)args[1];
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_iret:
		fail_msg("%lu in a list", nr);
	default:
		return -ENOSYS;
	}
}

/* As the guest does: the call again, with the arguments left for it, until it is done. */
static long multicall(unsigned long va, unsigned long nr, unsigned int *continuations)
{
	*continuations = 0;
	for (;;) {
		long rc = do_multicall(va, nr, 0, 0, 0);

		if (!vcpu.hc.continued)
			return rc;
		assert_int_equal(vcpu.hc.nr_args, 2);
		assert_true(vcpu.hc.args[1] > 0 && vcpu.hc.args[1] <= nr);
		va = vcpu.hc.args[0];
		nr = vcpu.hc.args[1];
		vcpu.hc.continued = false;
		(*continuations)++;
	}
}

static int setup(void **state)
{
	memset(&vcpu, 0, sizeof(vcpu));
	memset(list, 0, sizeof(list));
	current = &vcpu;
	preempt_every = preempt_count = calls = 0;
	fault_at = 0;
	return 0;
}

static void test_results(void **state)
{
	unsigned int n;

	list[0] = (struct multicall_entry){ .op = OP_ADD, .args = { 1, 2, 3, 4, 5 } };
	list[1] = (struct multicall_entry){ .op = 999, .result = 7 };
	list[2] = (struct multicall_entry){ .op = __HYPERVISOR_multicall };
	list[3] = (struct multicall_entry){ .op = __HYPERVISOR_iret };
	list[4] = (struct multicall_entry){ .op = ~0UL };
	list[5] = (struct multicall_entry){ .op = OP_ADD, .result = 7 };
	assert_int_equal(multicall((unsigned long)list, 5, &n), 0);
	assert_int_equal(list[0].result, 15);
	assert_int_equal((long)list[1].result, -ENOSYS);
	assert_int_equal((long)list[2].result, -EINVAL);
	assert_int_equal((long)list[3].result, -EINVAL);
	assert_int_equal((long)list[4].result, -ENOSYS);
	assert_int_equal(list[5].result, 7);	/* beyond the list */
	assert_int_equal(multicall((unsigned long)list, 0, &n), 0);
	assert_int_equal(multicall(0, 0, &n), 0);
}

static void test_faults(void **state)
{
	unsigned int n;

	for (unsigned int i = 0; i < 4; i++)
		list[i].op = OP_ADD;
	assert_int_equal(multicall(0, 1, &n), -EFAULT);
	assert_int_equal(calls, 0);
	fault_at = (unsigned long)&list[2].result;
	assert_int_equal(multicall((unsigned long)list, 4, &n), -EFAULT);
	assert_int_equal(calls, 3);	/* none behind the fault */
	/* A continued entry whose arguments cannot be written back. */
	list[0] = (struct multicall_entry){ .op = OP_LONG, .args = { 2 } };
	fault_at = (unsigned long)&list[0].args[0];
	assert_int_equal(multicall((unsigned long)list, 1, &n), -EFAULT);
	assert_false(vcpu.hc.continued);
}

/* Wherever it is interrupted, the results are those of one run. */
static void test_continued_anywhere(void **state)
{
	for (preempt_every = 0; preempt_every < NR + 2; preempt_every++) {
		unsigned int continuations, steps = 0;

		srand(preempt_every);
		for (unsigned int i = 0; i < NR; i++) {
			unsigned long left = rand() % 4;

			list[i] = rand() % 3 ?
				(struct multicall_entry){ .op = OP_ADD, .args = { i, left } } :
				(struct multicall_entry){ .op = OP_LONG,
							  .args = { left, 100 * i } };
			if (list[i].op == OP_LONG)
				steps += left;
			list[i].args[5] = 100 * i + left;	/* not looked at */
			if (list[i].op == OP_ADD)
				list[i].args[5] = i + left;
		}
		assert_int_equal(multicall((unsigned long)list, NR, &continuations), 0);
		for (unsigned int i = 0; i < NR; i++)
			assert_int_equal(list[i].result, list[i].args[5]);
		assert_true(continuations >= steps);
		if (!preempt_every)
			assert_int_equal(continuations, steps);
	}
}

/* The count is 32 bits wide in the ABI. */
static void test_count_is_32_bits(void **state)
{
	unsigned int n;

	list[0].op = OP_ADD;
	assert_int_equal(multicall((unsigned long)list, 1UL << 32 | 1, &n), 0);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_results, setup),
		cmocka_unit_test_setup(test_faults, setup),
		cmocka_unit_test_setup(test_continued_anywhere, setup),
		cmocka_unit_test_setup(test_count_is_32_bits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
