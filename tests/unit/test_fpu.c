// SPDX-License-Identifier: GPL-2.0-only
/* asm/fpu.h on the CPU that the tests run on. */
#include <asm/fpu.h>

#include "test.h"

#include <cpuid.h>
#include <string.h>

#define RSTR_FP_ERR_PTRS	0x4	/* 0x80000008, EBX */

static u32 pointer(void)
{
	u32 env[7];

	__asm__ __volatile__("fnstenv %0" : "=m" (env));
	return env[X87_ENV_FIP];
}

static u32 one_leaves_off(void)
{
	__asm__ __volatile__("fninit; fld1");
	return pointer();
}

static void forgotten(void **state)
{
	u32 its = one_leaves_off();

	assert_int_not_equal(its, 0);
	x87_forget_pointers();
	assert_int_not_equal(pointer(), its);
	__asm__ __volatile__("fninit");
}

/* With a pending exception, which the next FP instruction that waits would take. */
static void forgotten_with_exception(void **state)
{
	static const u16 unmasked = 0x0340;
	u16 status;
	u32 its;

	__asm__ __volatile__("fninit; fldcw %0; fldz; fld1; fdivp" :: "m" (unmasked));
	its = pointer();
	__asm__ __volatile__("fldcw %0" :: "m" (unmasked));
	x87_forget_pointers();
	__asm__ __volatile__("fnstsw %0" : "=m" (status));
	assert_int_equal(status & 0xff, 0);
	assert_int_not_equal(pointer(), its);
	__asm__ __volatile__("fninit");
}

static void known_by_trying(void **state)
{
	unsigned int a, b = 0, c, d;
	char vendor[13] = { 0 };

	__cpuid(0, a, *(unsigned int *)vendor, *(unsigned int *)(vendor + 8),
		*(unsigned int *)(vendor + 4));
	__get_cpuid(0x80000008, &a, &b, &c, &d);
	if (b & RSTR_FP_ERR_PTRS || strcmp(vendor, "GenuineIntel") == 0)
		assert_false(x87_pointers_stay());
	else
		x87_pointers_stay();
	__asm__ __volatile__("fninit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgotten),
		cmocka_unit_test(forgotten_with_exception),
		cmocka_unit_test(known_by_trying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
