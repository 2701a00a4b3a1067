// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypervisor/sched/ with core/timer.c and core/softirq.c on simulated CPUs: who
 * runs is who should, shares are fair, no wake-up is lost, run states add up.
 */
#include "sched_guest.h"

static void test_hogs_share(void **state)
{
	start(1, 5);
	for (unsigned int i = 0; i < 5; i++)
		bring_up(i);
	for (unsigned int ms = 0; ms < 10000; ms++) {
		machine_settle();
		machine_now += NSEC_PER_MSEC;
	}
	for (unsigned int i = 0; i < 5; i++)
		assert_in_range(ran_ns(i), 1980 * NSEC_PER_MSEC, 2020 * NSEC_PER_MSEC);
}

static void test_alone_no_interrupts(void **state)
{
	start(1, 1);
	bring_up(0);
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
	assert_int_equal(machine[0].timer_ns, 0);
	machine_now += 3600 * NSEC_PER_SEC;
	machine_settle();
	assert_int_equal(ran_ns(0), 3600 * NSEC_PER_SEC);
}

/* One that slept runs at once when woken, however many others want to run. */
static void test_wake_runs_at_once(void **state)
{
	start(1, 4);
	for (unsigned int i = 0; i < 4; i++)
		bring_up(i);
	machine_settle();
	while (current != vcpus[3]) {
		machine_now += NSEC_PER_MSEC;
		machine_settle();
	}
	block(3);
	machine_settle();
	for (unsigned int i = 0; i < 100; i++) {
		machine_now += 7 * NSEC_PER_MSEC;
		machine_settle();
		assert_ptr_not_equal(current, vcpus[3]);
		wake_by_event(3);
		machine_settle();
		assert_ptr_equal(current, vcpus[3]);
		event[3] = false;
		machine_now += 50 * NSEC_PER_USEC;
		block(3);
		machine_settle();
	}
}

/* Two that wake each other all the time do not starve the third. */
static void test_ping_pong_is_fair(void **state)
{
	start(1, 3);
	for (unsigned int i = 0; i < 3; i++)
		bring_up(i);
	machine_settle();
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int me = current->vcpu_id;

		machine_now += 20 * NSEC_PER_USEC;
		if (current != machine[0].percpu.idle && me < 2) {
			event[me] = false;
			wake_by_event(1 - me);
			block(me);
		}
		machine_settle();
	}
	assert_true(ran_ns(2) > 4 * NSEC_PER_SEC * 30 / 100);
	assert_true(ran_ns(0) + ran_ns(1) > 4 * NSEC_PER_SEC * 30 / 100);
}

static void test_yield(void **state)
{
	struct vcpu *first;

	start(1, 2);
	bring_up(0);
	bring_up(1);
	machine_settle();
	first = current;
	assert_int_equal(do_sched_op(SCHEDOP_yield, 0, 0, 0, 0), 0);
	machine_settle();
	assert_ptr_not_equal(current, first);
	assert_ptr_not_equal(current, machine[0].percpu.idle);
	/* Whom others ask whether it holds a lock without running. */
	assert_int_equal(areas[first->vcpu_id].state, RUNSTATE_runnable);
}

/* An event that comes between the decision to block and the switch is not lost. */
static void test_block_races(void **state)
{
	start(1, 1);
	bring_up(0);
	machine_settle();
	event[0] = true;
	block(0);			/* before */
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
	event[0] = false;
	block(0);
	wake_by_event(0);		/* between */
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
	event[0] = false;
	block(0);
	machine_settle();
	assert_ptr_equal(current, machine[0].percpu.idle);
	assert_int_equal(areas[0].state, RUNSTATE_blocked);
	wake_by_event(0);		/* after */
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
}

static void random_op(unsigned int *paused)
{
	unsigned int i = rand() % VCPUS;
	struct vcpu *v = vcpus[i];
	evtchn_port_t port = 1 + rand() % 8;
	struct sched_poll poll = { .nr_ports = 1, .timeout = machine_now + rand() % 100000 };
	struct sched_pin_override pin = { .pcpu = rand() % (CPUS + 1) - 1 };

	set_xen_guest_handle_raw(poll.ports, &port);
	machine_cpu(rand() % CPUS);
	switch (rand() % 10) {
	case 0 ... 1:
		event[i] = true;
		vcpu_kick(v);
		break;
	case 2:
		if (v != current) {
			vcpu_pause_nosync(v);
			paused[i]++;
		}
		break;
	case 3:
		if (paused[i]) {
			paused[i]--;
			vcpu_unpause(v);
		}
		break;
	case 4:
		if (!test_and_set_bit_atomic(VPF_DOWN, &v->pause_flags))
			vcpu_sleep_nosync(v);
		break;
	case 5:
		bring_up(i);
		break;
	default:	/* what the running one does to itself */
		if (is_idle_vcpu(current))
			break;
		event[current->vcpu_id] = rand() % 4 == 0;
		if (rand() % 2)
			vcpu_block();
		else if (rand() % 2)
			do_sched_op(SCHEDOP_poll, (unsigned long)&poll, 0, 0, 0);
		else if (rand() % 2)
			do_sched_op(SCHEDOP_pin_override, (unsigned long)&pin, 0, 0, 0);
		else
			vcpu_yield();
	}
}

static void test_random(void **state)
{
	unsigned int paused[VCPUS];

	for (unsigned int seed = 1; seed <= 5; seed++) {
		start(CPUS, VCPUS);
		memset(paused, 0, sizeof(paused));
		guest.is_hardware_domain = true;
		guest.arch.vm_assist = BIT(VMASST_TYPE_runstate_update_flag);
		srand(seed);
		for (unsigned int i = 0; i < 30000; i++) {
			random_op(paused);
			if (rand() % 2) {	/* some operations meet before any softirq */
				machine_now += rand() % 20000;
				machine_settle();
				check_all();
			}
		}
		/* Wake all: all must run within one round. */
		for (unsigned int i = 0; i < VCPUS; i++) {
			while (paused[i]--)
				vcpu_unpause(vcpus[i]);
			bring_up(i);
			vcpu_unblock(vcpus[i]);
			memset(&areas[i], 0xff, sizeof(areas[i]));
		}
		for (unsigned int ms = 0; ms < VCPUS * 11; ms++) {
			machine_settle();
			check_all();
			machine_now += NSEC_PER_MSEC;
		}
		for (unsigned int i = 0; i < VCPUS; i++)
			assert_int_not_equal(areas[i].state, -1);
		assert_int_equal(pollers, 0);
	}
}

static void test_controller_pauses(void **state)
{
	start(1, 2);
	bring_up(0);
	machine_settle();
	machine_cpu(0);
	assert_int_equal(domain_unpause_by_controller(&guest), -EINVAL);
	domain_pause_nosync(&guest);		/* somebody else's */
	machine_settle();
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(domain_pause_by_controller(&guest), 0);
	assert_int_equal(domain_pause_by_controller(&guest), -EOVERFLOW);
	bring_up(1);				/* as good as made now */
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(domain_unpause_by_controller(&guest), 0);
	assert_int_equal(domain_unpause_by_controller(&guest), -EINVAL);
	machine_settle();
	assert_ptr_equal(current, machine[0].percpu.idle);
	domain_unpause(&guest);
	machine_settle();
	assert_ptr_not_equal(current, machine[0].percpu.idle);
	check_all();
}

static void test_params(void **state)
{
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2 };
	struct xen_sysctl_scheduler_op global = { .sched_id = XEN_SCHEDULER_CREDIT2 };

	start(1, 1);
	assert_int_equal(sched_abi_id(), XEN_SCHEDULER_CREDIT2);
	assert_string_equal(sched_name(), "credit2");
	assert_int_equal(sched_domain_get_params(&guest, &op), 0);
	assert_int_equal(op.u.credit2.weight, 256);
	assert_int_equal(op.u.credit2.cap, 0);
	op.u.credit2.weight = 65535;
	op.u.credit2.cap = 50;
	assert_int_equal(sched_domain_set_params(&guest, &op), 0);
	op.u.credit2.weight = 0;
	op.u.credit2.cap = 0xffff;
	assert_int_equal(sched_domain_set_params(&guest, &op), 0);
	assert_int_equal(sched_domain_get_params(&guest, &op), 0);
	assert_int_equal(op.u.credit2.weight, 65535);
	assert_int_equal(op.u.credit2.cap, 50);
	op.sched_id = XEN_SCHEDULER_CREDIT;
	assert_int_equal(sched_domain_get_params(&guest, &op), -EINVAL);
	assert_int_equal(sched_domain_set_params(&guest, &op), -EINVAL);

	assert_int_equal(sched_global_get_params(&global), 0);
	assert_int_equal(global.u.sched_credit2.ratelimit_us, 1000);
	for (u32 us = 1; us < 100; us += 98) {
		global.u.sched_credit2.ratelimit_us = us;
		assert_int_equal(sched_global_set_params(&global), -EINVAL);
	}
	global.u.sched_credit2.ratelimit_us = 500001;
	assert_int_equal(sched_global_set_params(&global), -EINVAL);
	global.u.sched_credit2.ratelimit_us = 0;
	assert_int_equal(sched_global_set_params(&global), 0);
	assert_int_equal(sched_ratelimit_us, 0);
	global.u.sched_credit2.ratelimit_us = 1000;
	assert_int_equal(sched_global_set_params(&global), 0);
	global.cpupool_id = 1;
	assert_int_equal(sched_global_get_params(&global), -ESRCH);
	global = (struct xen_sysctl_scheduler_op){ .sched_id = XEN_SCHEDULER_NULL };
	assert_int_equal(sched_global_set_params(&global), -EINVAL);
	machine_lines = 0;
	machine_show_queues('r');
	assert_true(machine_lines >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hogs_share),
		cmocka_unit_test(test_alone_no_interrupts),
		cmocka_unit_test(test_wake_runs_at_once),
		cmocka_unit_test(test_ping_pong_is_fair),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_block_races),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_controller_pauses),
		cmocka_unit_test(test_params),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	machine_free();
	return rc;
}
