// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypervisor/sched/sched_op.c, vcpu_timer.c and runstate.c on simulated CPUs: the
 * calls by which a guest sleeps and sets its timers, and what it is told of its
 * time.
 */
#include "sched_guest.h"

static long poll_ports(evtchn_port_t *ports, unsigned int nr, u64 timeout)
{
	struct sched_poll op = { .nr_ports = nr, .timeout = timeout };

	set_xen_guest_handle_raw(op.ports, ports);
	return do_sched_op(SCHEDOP_poll, (unsigned long)&op, 0, 0, 0);
}

static void test_poll(void **state)
{
	evtchn_port_t ports[129] = { 1, 2, 3 };

	start(1, 1);
	bring_up(0);
	machine_settle();
	assert_int_equal(poll_ports(ports, 129, 0), -EINVAL);
	ports[2] = 64;
	assert_int_equal(poll_ports(ports, 3, 0), -EINVAL);
	assert_int_equal(poll_ports(NULL, 1, 0), -EFAULT);
	assert_int_equal(vcpus[0]->pause_flags, 0);
	assert_int_equal(pollers, 0);
	port_pending[2] = true;
	assert_int_equal(poll_ports(ports, 2, 0), 0);
	assert_int_equal(vcpus[0]->pause_flags, 0);	/* back at once */

	assert_int_equal(poll_ports(ports, 1, machine_now + NSEC_PER_MSEC), 0);
	machine_settle();
	assert_ptr_equal(current, machine[0].percpu.idle);
	machine_now += NSEC_PER_MSEC;
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
	/* Without ports it is a sleep. */
	assert_int_equal(poll_ports(NULL, 0, machine_now + NSEC_PER_MSEC), 0);
	machine_settle();
	assert_ptr_equal(current, machine[0].percpu.idle);
	machine_now += NSEC_PER_MSEC;
	machine_settle();
	assert_ptr_equal(current, vcpus[0]);
}

static void test_runstate_in_user_mode(void **state)
{
	start(1, 2);
	bring_up(0);
	bring_up(1);
	machine_settle();
	vcpus[0]->arch.kernel_mode = vcpus[1]->arch.kernel_mode = false;
	memset(areas, 0xff, sizeof(areas));
	machine_now += 10 * NSEC_PER_MSEC;
	machine_settle();
	assert_true(current->runstate_stale);
	assert_int_equal(areas[current->vcpu_id].state, -1);
	current->arch.kernel_mode = true;
	runstate_publish(current);
	assert_false(current->runstate_stale);
	assert_int_equal(areas[current->vcpu_id].state, RUNSTATE_running);
}

static void test_periodic_timer(void **state)
{
	start(1, 2);
	bring_up(0);
	machine_settle();
	vcpu_set_periodic_timer(vcpus[0], 4 * NSEC_PER_MSEC);
	for (unsigned int ms = 0; ms < 100; ms++) {
		machine_now += NSEC_PER_MSEC;
		machine_settle();
	}
	assert_in_range(virqs[0], 24, 26);
	event[0] = false;
	block(0);
	machine_settle();
	machine_now += NSEC_PER_SEC;		/* a sleeping vCPU has no tick */
	machine_settle();
	assert_ptr_equal(current, machine[0].percpu.idle);
	assert_in_range(virqs[0], 24, 26);
	wake_by_event(0);
	machine_settle();
	assert_in_range(virqs[0], 25, 27);
	vcpu_set_periodic_timer(vcpus[0], 0);
	machine_now += NSEC_PER_SEC;
	machine_settle();
	assert_in_range(virqs[0], 25, 27);
}

static void test_set_timer_op(void **state)
{
	start(1, 1);
	bring_up(0);
	machine_settle();
	do_set_timer_op(machine_now + 1000, 0, 0, 0, 0);
	machine_now += 1000;
	machine_settle();
	assert_int_equal(virqs[0], 1);
	do_set_timer_op(machine_now + 1000, 0, 0, 0, 0);
	do_set_timer_op(0, 0, 0, 0, 0);
	machine_now += 1000;
	machine_settle();
	assert_int_equal(virqs[0], 1);
	do_set_timer_op(-1UL, 0, 0, 0, 0);	/* lost its way: soon */
	machine_now += 100 * NSEC_PER_MSEC;
	machine_settle();
	assert_int_equal(virqs[0], 2);
	do_set_timer_op(machine_now + BIT(50), 0, 0, 0, 0);
	machine_now += 100 * NSEC_PER_MSEC;
	machine_settle();
	assert_int_equal(virqs[0], 3);
	do_set_timer_op(1, 0, 0, 0, 0);		/* past: at once */
	machine_settle();
	assert_int_equal(virqs[0], 4);
}

static void watchdog(void *data)
{
	shutdown_reason = SHUTDOWN_watchdog;
}

static long watchdog_op(u32 id, u32 timeout)
{
	struct sched_watchdog op = { id, timeout };

	return do_sched_op(SCHEDOP_watchdog, (unsigned long)&op, 0, 0, 0);
}

static void test_watchdog(void **state)
{
	start(1, 1);
	bring_up(0);
	machine_settle();
	timer_init(&guest.watchdog[0], watchdog, NULL, 0);
	timer_init(&guest.watchdog[1], watchdog, NULL, 0);
	shutdown_reason = -1;
	assert_int_equal(watchdog_op(0, 0), -EINVAL);
	assert_int_equal(watchdog_op(3, 1), -EINVAL);
	assert_int_equal(watchdog_op(1, 1), -EINVAL);
	assert_int_equal(watchdog_op(0, 30), 1);
	assert_int_equal(watchdog_op(0, 10), 2);
	assert_int_equal(watchdog_op(0, 10), -ENOSPC);
	assert_int_equal(watchdog_op(2, 0), 0);
	machine_now += 20 * NSEC_PER_SEC;
	machine_settle();
	assert_int_equal(watchdog_op(1, 30), 0);
	machine_now += 20 * NSEC_PER_SEC;
	machine_settle();
	assert_int_equal(shutdown_reason, -1);
	machine_now += 10 * NSEC_PER_SEC;
	machine_settle();
	assert_int_equal(shutdown_reason, SHUTDOWN_watchdog);
}

static void test_bad_calls(void **state)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_MAX + 1 };
	struct sched_remote_shutdown r = { .domain_id = 77 };
	struct sched_pin_override pin = { .pcpu = 0 };

	start(1, 1);
	bring_up(0);
	machine_settle();
	shutdown_reason = -1;
	assert_int_equal(do_sched_op(99, 0, 0, 0, 0), -ENOSYS);
	for (unsigned int cmd = SCHEDOP_shutdown; cmd <= SCHEDOP_watchdog; cmd++)
		assert_int_equal(do_sched_op(cmd, 0, 0, 0, 0), -EFAULT);
	assert_int_equal(do_sched_op(SCHEDOP_shutdown, (unsigned long)&s, 0, 0, 0), -EINVAL);
	assert_int_equal(do_sched_op(SCHEDOP_shutdown_code, (unsigned long)&s, 0, 0, 0), -EINVAL);
	assert_int_equal(do_sched_op(SCHEDOP_remote_shutdown, (unsigned long)&r, 0, 0, 0), -ESRCH);
	r.domain_id = 0;
	assert_int_equal(do_sched_op(SCHEDOP_remote_shutdown, (unsigned long)&r, 0, 0, 0), -EPERM);
	assert_int_equal(do_sched_op(SCHEDOP_pin_override, (unsigned long)&pin, 0, 0, 0), -EPERM);
	guest.is_hardware_domain = true;
	pin.pcpu = 1;
	assert_int_equal(do_sched_op(SCHEDOP_pin_override, (unsigned long)&pin, 0, 0, 0), -EINVAL);
	assert_int_equal(shutdown_reason, -1);
	s.reason = SHUTDOWN_reboot;
	assert_int_equal(do_sched_op(SCHEDOP_shutdown, (unsigned long)&s, 0, 0, 0), 0);
	assert_int_equal(shutdown_reason, SHUTDOWN_reboot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_runstate_in_user_mode),
		cmocka_unit_test(test_periodic_timer),
		cmocka_unit_test(test_set_timer_op),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_bad_calls),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	machine_free();
	return rc;
}
