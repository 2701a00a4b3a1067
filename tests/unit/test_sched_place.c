// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypervisor/sched/place.c, pool.c and null.c on simulated CPUs: where vCPUs run, by
 * their affinity, their pool and what becomes of CPUs.
 */
#include "sched_guest.h"

static unsigned int cpu_of_running(unsigned int i)
{
	assert_true(is_sched_current(vcpus[i]));
	return vcpus[i]->processor;
}

static void run_for_ms(unsigned int ms)
{
	while (ms--) {
		machine_now += NSEC_PER_MSEC;
		machine_settle();
	}
}

static void test_affinity(void **state)
{
	cpumask_t mask = { { 4 } }, hard, soft;

	start(3, 2);
	bring_up(0);
	bring_up(1);
	machine_settle();
	assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &mask), 0);
	machine_settle();
	run_for_ms(20);		/* the other may have been there */
	assert_int_equal(cpu_of_running(0), 2);
	check_all();
	/* Both must share one, though another idles. */
	assert_int_equal(vcpu_set_hard_affinity(vcpus[1], &mask), 0);
	machine_settle();
	assert_int_equal(vcpus[1]->processor, 2);
	assert_true(vcpus[0]->sched.queued || vcpus[1]->sched.queued);
	mask.bits[0] = ~0UL;
	assert_int_equal(vcpu_set_soft_affinity(vcpus[1], &(cpumask_t){ { 2 } }), 0);
	assert_int_equal(vcpu_set_hard_affinity(vcpus[1], &mask), 0);
	run_for_ms(50);
	assert_int_equal(cpu_of_running(0), 2);
	assert_int_equal(cpu_of_running(1), 1);
	vcpu_get_affinity(vcpus[1], &hard, &soft);
	assert_int_equal(hard.bits[0], ~0UL);
	assert_int_equal(soft.bits[0], 2);
	mask.bits[0] = 8;
	assert_int_equal(vcpu_set_hard_affinity(vcpus[1], &mask), -EINVAL);
}

static long pin_override(int cpu)
{
	struct sched_pin_override op = { .pcpu = cpu };

	return do_sched_op(SCHEDOP_pin_override, (unsigned long)&op, 0, 0, 0);
}

static void test_pin_override(void **state)
{
	start(3, 1);
	guest.is_hardware_domain = true;
	bring_up(0);
	machine_settle();
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		machine_cpu(vcpus[0]->processor);
		assert_int_equal(pin_override((int)cpu), 0);
		machine_settle();
		assert_int_equal(cpu_of_running(0), cpu);
		machine_cpu(cpu);
		assert_int_equal(pin_override((int)cpu), -EBUSY);
		assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &(cpumask_t){ { 7 } }), -EBUSY);
		assert_int_equal(pin_override(-1), 0);
	}
	assert_int_equal(pin_override(3), -EINVAL);
	assert_int_equal(pin_override(0x7fffffff), -EINVAL);
}

static void test_cpu_goes(void **state)
{
	struct sched_pool_info info;
	cpumask_t idle;

	start(2, 3);
	for (unsigned int i = 0; i < 3; i++)
		bring_up(i);
	machine_settle();
	assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &(cpumask_t){ { 2 } }), 0);
	machine_settle();
	while (sched_cpu_down(1) == -EAGAIN)
		machine_settle();
	machine_settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(vcpus[i]->processor, 0);
	assert_ptr_equal(machine[1].percpu.sched_current, machine[1].percpu.idle);
	assert_int_equal(sched_cpu_down(0), -EBUSY);
	sched_free_cpus(&idle);
	assert_int_equal(idle.bits[0], 2);
	assert_int_equal(sched_pool_info(0, &info), 0);
	assert_int_equal(info.cpus.bits[0], 1);
	assert_int_equal(info.nr_domains, 1);
	assert_int_equal(info.sched_id, XEN_SCHEDULER_CREDIT2);
	assert_int_equal(sched_pool_info(1, &info), -ENOENT);
	sched_cpu_up(1);
	machine_settle();
	assert_ptr_not_equal(machine[1].percpu.sched_current, machine[1].percpu.idle);
	check_all();
}

/* One that may run on a CPU alone wakes when that has left the pool, and it was not told yet. */
static void wakes_while_its_cpu_goes(const char *policy)
{
	start_policy(2, 1, policy);
	bring_up(0);
	machine_settle();
	assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &(cpumask_t){ { 2 } }), 0);
	machine_settle();
	block(0);
	machine_settle();
	clear_bit_atomic(1, &sched_pool_cpus);	/* as sched_cpu_down() begins */
	wake_by_event(0);
	assert_int_equal(vcpus[0]->processor, 1);
	while (sched_cpu_down(1) == -EAGAIN)
		machine_settle();
	machine_settle();
	assert_int_equal(vcpus[0]->processor, 0);
	assert_true(is_sched_current(vcpus[0]));
}

static void test_wake_while_cpu_goes(void **state)
{
	wakes_while_its_cpu_goes("credit2");
	check_all();
	wakes_while_its_cpu_goes("null");
}

static unsigned int cpus_of(u32 id)
{
	struct sched_pool_info info;

	assert_int_equal(sched_pool_info(id, &info), 0);
	assert_int_equal(info.id, id);
	return (unsigned int)info.cpus.bits[0];
}

static void take_cpu(u32 from, u32 cpu)
{
	int rc;

	while ((rc = sched_pool_remove_cpu(from, &cpu)) == -EAGAIN)
		machine_settle();
	assert_int_equal(rc, 0);
	machine_settle();
}

static void test_pools(void **state)
{
	u32 id = XEN_SYSCTL_CPUPOOL_PAR_ANY, other = 1, cpu = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	struct sched_pool_info info;

	start(4, 3);
	for (unsigned int i = 0; i < 3; i++)
		bring_up(i);
	machine_settle();
	assert_int_equal(sched_pool_create(&id, XEN_SCHEDULER_NULL), -EOPNOTSUPP);
	assert_int_equal(sched_pool_create(&id, XEN_SCHEDULER_CREDIT2), 0);
	assert_int_equal(id, 1);
	assert_int_equal(sched_pool_create(&other, XEN_SCHEDULER_CREDIT2), -EEXIST);
	other = SCHED_POOLS;
	assert_int_equal(sched_pool_create(&other, XEN_SCHEDULER_CREDIT2), -ENOSPC);

	/* Without CPUs it is of no use. */
	assert_false(sched_pool_usable(1));
	assert_int_equal(sched_pool_move(&guest, 1), -ENOENT);
	assert_int_equal(sched_pool_add_cpu(1, 2), -EBUSY);
	assert_int_equal(sched_pool_add_cpu(1, 9), -EINVAL);
	assert_int_equal(sched_pool_add_cpu(1, cpu), -EINVAL);
	assert_int_equal(sched_pool_add_cpu(7, 2), -ENOENT);
	take_cpu(0, 3);
	take_cpu(0, 2);
	assert_int_equal(cpus_of(0), 3);
	while (sched_pool_remove_cpu(0, &cpu) == -EAGAIN)
		machine_settle();
	assert_int_equal(cpu, 1);
	assert_int_equal(sched_pool_add_cpu(0, 1), 0);
	assert_int_equal(sched_pool_add_cpu(1, XEN_SYSCTL_CPUPOOL_PAR_ANY), 0);
	assert_int_equal(sched_pool_add_cpu(1, 3), 0);
	assert_int_equal(cpus_of(1), 0xc);
	cpu = 2;
	assert_int_equal(sched_pool_remove_cpu(0, &cpu), -EINVAL);
	machine_settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_true(vcpus[i]->processor < 2);

	/* The domain goes there, even the vCPU that was bound to CPU 0. */
	assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &(cpumask_t){ { 1 } }), 0);
	machine_settle();
	assert_int_equal(sched_pool_move(&guest, 1), 0);
	machine_settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_true(vcpus[i]->processor >= 2);
	assert_ptr_equal(machine[0].percpu.sched_current, machine[0].percpu.idle);
	assert_ptr_equal(machine[1].percpu.sched_current, machine[1].percpu.idle);
	assert_int_equal(vcpu_set_hard_affinity(vcpus[0], &(cpumask_t){ { 1 } }), -EINVAL);
	assert_int_equal(sched_pool_info(1, &info), 0);
	assert_int_equal(info.nr_domains, 1);
	check_all();

	/* Its last CPU stays while it has a domain. */
	take_cpu(1, 2);
	cpu = 3;
	assert_int_equal(sched_pool_remove_cpu(1, &cpu), -EBUSY);
	assert_int_equal(sched_pool_destroy(1), -EBUSY);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(vcpus[i]->processor, 3);
	assert_int_equal(sched_pool_move(&guest, 0), 0);
	machine_settle();
	take_cpu(1, 3);
	assert_int_equal(sched_pool_destroy(1), 0);
	assert_int_equal(sched_pool_destroy(1), -ENOENT);
	assert_int_equal(sched_pool_destroy(0), -EBUSY);
	assert_int_equal(sched_pool_info(1, &info), -ENOENT);
	assert_int_equal(sched_pool_add_cpu(0, 2), 0);
	assert_int_equal(sched_pool_add_cpu(0, 3), 0);
	machine_settle();
	assert_int_equal(cpus_of(0), 0xf);
	check_all();
}

static void test_null(void **state)
{
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_NULL };
	unsigned int seen = 0, waits = 0;

	start_policy(3, 4, "null");
	for (unsigned int i = 0; i < 4; i++)
		bring_up(i);
	machine_settle();
	for (unsigned int i = 0; i < 4; i++) {
		if (is_sched_current(vcpus[i]))
			seen |= 1U << vcpus[i]->processor;
		else
			waits = i;
	}
	assert_int_equal(seen, 7);	/* a CPU each, the fourth has none */
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(machine[i].timer_ns, 0);
	machine_now += NSEC_PER_SEC;
	machine_settle();
	assert_int_equal(ran_ns(waits), 0);

	/* A sleeper keeps its CPU, and gets it back at once. */
	block(waits ? 0 : 1);
	machine_settle();
	assert_int_equal(ran_ns(waits), 0);
	wake_by_event(waits ? 0 : 1);
	machine_settle();
	assert_true(is_sched_current(vcpus[waits ? 0 : 1]));

	/* One whose CPU goes from under it loses it to who waits. */
	assert_int_equal(sched_domain_get_params(&guest, &op), 0);
	assert_int_equal(vcpu_set_hard_affinity(vcpus[waits ? 0 : 1], &(cpumask_t){ {
		7 & ~(1UL << vcpus[waits ? 0 : 1]->processor) } }), 0);
	machine_settle();
	assert_true(is_sched_current(vcpus[waits]));
	assert_true(vcpus[waits ? 0 : 1]->sched.queued);
	machine_show_queues('r');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_pin_override),
		cmocka_unit_test(test_cpu_goes),
		cmocka_unit_test(test_wake_while_cpu_goes),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_null),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	machine_free();
	return rc;
}
