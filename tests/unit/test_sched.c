// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypervisor/sched/ with core/timer.c and core/softirq.c on simulated CPUs: who
 * runs is who should, shares are fair, no wake-up is lost, run states add up.
 */
#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "../../hypervisor/sched/sched.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS		4
#define VCPUS		12
#define START_NS	1000

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus;
unsigned int stub_cpu;
struct vcpu *current;
struct domain *dom_idle, *hardware_domain;
struct hv_options opts = { .sched_ratelimit_us = 1000 };
spinlock_t domain_list_lock;
struct domain *domain_list;

static struct percpu cpus[CPUS];
static struct vcpu *running[CPUS];	/* current of each CPU */
static u64 hardware[CPUS];
static u64 now;
static jmp_buf switched;

static struct domain idle_domain, guest;
static struct vcpu idles[CPUS], vcpus[VCPUS];
static struct vcpu *vcpu_pointers[VCPUS];
static struct vcpu_runstate_info areas[VCPUS];
static bool event[VCPUS];		/* pending and not masked */
static bool port_pending[64];
static unsigned int virqs[VCPUS];
static int pollers;
static void (*show_queues)(unsigned char key);
static unsigned int lines_printed;
static int shutdown_reason;

/* ---- what the scheduler calls ---- */

u64 now_ns(void)
{
	return now;
}

bool arch_timer_program(u64 deadline_ns)
{
	if (deadline_ns <= now)
		return false;
	hardware[stub_cpu] = deadline_ns;
	return true;
}

void send_ipi(unsigned int cpu, u8 vector)
{
}

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

void panic(const char *fmt, ...)
{
	abort();
}

void printk(const char *fmt, ...)
{
	lines_printed++;
}

void printk_level(enum log_level level, const char *fmt, ...)
{
}

void register_keyhandler(unsigned char key, void (*fn)(unsigned char key), const char *desc)
{
	assert_int_equal(key, 'r');
	show_queues = fn;
}

/* Freed by the next start(). */
static void *allocated[4 * CPUS];
static unsigned int nr_allocated;

void *hv_alloc(size_t size)
{
	assert_true(nr_allocated < ARRAY_SIZE(allocated));
	return allocated[nr_allocated++] = calloc(1, size);
}

static void free_all(void)
{
	while (nr_allocated)
		free(allocated[--nr_allocated]);
}

struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id)
{
	struct vcpu *v = d == dom_idle ? &idles[vcpu_id] : &vcpus[vcpu_id];

	memset(v, 0, sizeof(*v));
	v->domain = d;
	v->vcpu_id = vcpu_id;
	assert_int_equal(sched_vcpu_init(v), 0);
	return v;
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	assert_ptr_equal(current, next);
	assert_true(prev->is_running && next->is_running);
}

void continue_running(struct vcpu *v)
{
	assert_ptr_equal(current, v);
	longjmp(switched, 1);
}

void cpu_idle(void)
{
}

void time_update_vcpu(struct vcpu *v, bool force)
{
}

bool local_events_need_delivery(struct vcpu *v)
{
	return event[v->vcpu_id];
}

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	assert_int_equal(virq, VIRQ_TIMER);
	virqs[v->vcpu_id]++;
	event[v->vcpu_id] = true;
	vcpu_kick(v);
}

bool evtchn_port_is_valid(struct domain *d, u32 port)
{
	return port && port < ARRAY_SIZE(port_pending);
}

bool evtchn_port_is_pending(struct domain *d, u32 port)
{
	return port_pending[port];
}

void evtchn_poll_count(struct domain *d, int by)
{
	pollers += by;
	assert_true(pollers >= 0);
}

void domain_shutdown(struct domain *d, u8 reason)
{
	shutdown_reason = reason;
}

int domain_set_shutdown_code(struct domain *d, u8 reason)
{
	d->shutdown_code = reason;
	return 0;
}

struct domain *domain_get(domid_t domid)
{
	return domid == guest.domain_id ? &guest : NULL;
}

void domain_put(struct domain *d)
{
}

size_t raw_copy_from_guest(void *to, unsigned long from_va, size_t len)
{
	if (from_va < PAGE_SIZE)
		return len;
	memcpy(to, (void *)from_va, len);
	return 0;
}

size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	if (to_va < PAGE_SIZE)
		return len;
	memcpy((void *)to_va, from, len);
	return 0;
}

/* ---- the machine ---- */

static void enter_cpu(unsigned int cpu)
{
	running[stub_cpu] = current;
	stub_cpu = cpu;
	current = running[cpu];
}

/* What a CPU does before it returns to its guest, or halts. */
static void run_softirqs(void)
{
	do {
		while (softirq_is_pending())
			if (setjmp(switched) == 0)
				softirq_run();
	} while (is_idle_vcpu(current) && sched_steal(stub_cpu));
}

static void settle(void)
{
	bool again;

	do {
		again = false;
		for (unsigned int i = 0; i < nr_cpus; i++) {
			enter_cpu(i);
			if (hardware[i] && hardware[i] <= now) {
				hardware[i] = 0;
				timer_interrupt();
			}
			again |= softirq_is_pending();
			run_softirqs();
		}
	} while (again);
}

static void start_policy(unsigned int n_cpus, unsigned int n_vcpus,
			 const struct sched_policy *policy)
{
	static bool registered;

	free_all();
	memset(cpus, 0, sizeof(cpus));
	memset(hardware, 0, sizeof(hardware));
	memset(event, 0, sizeof(event));
	memset(port_pending, 0, sizeof(port_pending));
	memset(virqs, 0, sizeof(virqs));
	memset(areas, 0, sizeof(areas));
	memset(&guest, 0, sizeof(guest));
	memset(sched_cpus, 0, sizeof(sched_cpus));
	cpumask_clear(&sched_pool_cpus);
	cpumask_clear(&sched_idle_cpus);
	domain_list = &guest;
	pollers = 0;
	now = START_NS;
	nr_cpus = n_cpus;
	dom_idle = &idle_domain;
	guest.max_vcpus = n_vcpus;
	guest.vcpu = vcpu_pointers;
	if (!registered) {
		timer_subsystem_init();
		sched_init();
	}
	registered = true;
	sched_policy = policy;
	for (unsigned int i = 0; i < n_cpus; i++) {
		percpu_of[i] = &cpus[i];
		cpus[i].online = true;
		stub_cpu = i;
		sched_init_cpu(i);
		running[i] = cpus[i].idle;
	}
	sched_domain_init(&guest);
	stub_cpu = 0;
	current = running[0];
	for (unsigned int i = 0; i < n_vcpus; i++) {
		vcpu_pointers[i] = vcpu_create(&guest, i);
		vcpus[i].arch.kernel_mode = true;
		vcpus[i].runstate_guest = (unsigned long)&areas[i];
		vcpus[i].periodic_period_ns = 0;
	}
}

static void start(unsigned int n_cpus, unsigned int n_vcpus)
{
	start_policy(n_cpus, n_vcpus, &sched_credit2);
}

static void bring_up(unsigned int i)
{
	clear_bit_atomic(VPF_DOWN, &vcpus[i].pause_flags);
	vcpu_wake(&vcpus[i]);
}

static u64 ran_ns(unsigned int i)
{
	struct vcpu_runstate_info info;

	runstate_get(&vcpus[i], &info);
	return info.time[RUNSTATE_running];
}

static void block(unsigned int i)
{
	enter_cpu(vcpus[i].processor);
	assert_ptr_equal(current, &vcpus[i]);
	vcpu_block();
}

static void wake_by_event(unsigned int i)
{
	event[i] = true;
	vcpu_kick(&vcpus[i]);
}

/* ---- checks ---- */

static void check_vcpu(struct vcpu *v)
{
	bool is_current = cpus[v->processor].sched_current == v;
	struct vcpu_runstate_info info;
	u64 sum = 0;
	int state = vcpu_runnable(v) ? RUNSTATE_runnable :
		    v->pause_flags & (BIT(VPF_BLOCKED) | BIT(VPF_POLL)) ? RUNSTATE_blocked :
		    RUNSTATE_offline;

	assert_int_equal(vcpu_runnable(v), is_current || v->sched.queued);
	assert_false(is_current && v->sched.queued);
	assert_false(v->sched.in_transit);
	assert_int_equal(v->sched.misplaced, !sched_may_run(v, v->processor));
	assert_false(v->sched.misplaced && vcpu_runnable(v));
	assert_int_equal(v->is_running, is_current);
	assert_int_equal(v->runstate.state, is_current ? RUNSTATE_running : state);
	for (unsigned int i = 0; i < nr_cpus; i++)
		assert_true(i == v->processor || cpus[i].sched_current != v);
	/* An idle CPU has nobody waiting. */
	if (v->sched.queued && !v->sched.credit2.parked)
		assert_ptr_not_equal(cpus[v->processor].sched_current, cpus[v->processor].idle);
	runstate_get(v, &info);
	for (unsigned int i = 0; i < 4; i++)
		sum += info.time[i];
	assert_int_equal(sum, now - START_NS);
	if (is_current) {
		assert_int_equal(areas[v->vcpu_id].state, RUNSTATE_running);
		assert_false(areas[v->vcpu_id].state_entry_time & XEN_RUNSTATE_UPDATE);
	}
}

static void check_all(void)
{
	running[stub_cpu] = current;
	for (unsigned int i = 0; i < nr_cpus; i++)
		assert_ptr_equal(cpus[i].sched_current, running[i]);
	for (unsigned int i = 0; i < guest.max_vcpus; i++)
		check_vcpu(&vcpus[i]);
}

/* ---- tests ---- */

static void test_hogs_share(void **state)
{
	start(1, 5);
	for (unsigned int i = 0; i < 5; i++)
		bring_up(i);
	for (unsigned int ms = 0; ms < 10000; ms++) {
		settle();
		now += NSEC_PER_MSEC;
	}
	for (unsigned int i = 0; i < 5; i++)
		assert_in_range(ran_ns(i), 1980 * NSEC_PER_MSEC, 2020 * NSEC_PER_MSEC);
}

static void test_alone_no_interrupts(void **state)
{
	start(1, 1);
	bring_up(0);
	settle();
	assert_ptr_equal(current, &vcpus[0]);
	assert_int_equal(hardware[0], 0);
	now += 3600 * NSEC_PER_SEC;
	settle();
	assert_int_equal(ran_ns(0), 3600 * NSEC_PER_SEC);
}

/* One that slept runs at once when woken, however many others want to run. */
static void test_wake_runs_at_once(void **state)
{
	start(1, 4);
	for (unsigned int i = 0; i < 4; i++)
		bring_up(i);
	settle();
	while (current != &vcpus[3]) {
		now += NSEC_PER_MSEC;
		settle();
	}
	block(3);
	settle();
	for (unsigned int i = 0; i < 100; i++) {
		now += 7 * NSEC_PER_MSEC;
		settle();
		assert_ptr_not_equal(current, &vcpus[3]);
		wake_by_event(3);
		settle();
		assert_ptr_equal(current, &vcpus[3]);
		event[3] = false;
		now += 50 * NSEC_PER_USEC;
		block(3);
		settle();
	}
}

/* Two that wake each other all the time do not starve the third. */
static void test_ping_pong_is_fair(void **state)
{
	start(1, 3);
	for (unsigned int i = 0; i < 3; i++)
		bring_up(i);
	settle();
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int me = current->vcpu_id;

		now += 20 * NSEC_PER_USEC;
		if (current != cpus[0].idle && me < 2) {
			event[me] = false;
			wake_by_event(1 - me);
			block(me);
		}
		settle();
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
	settle();
	first = current;
	assert_int_equal(do_sched_op(SCHEDOP_yield, 0, 0, 0, 0), 0);
	settle();
	assert_ptr_not_equal(current, first);
	assert_ptr_not_equal(current, cpus[0].idle);
	/* Whom others ask whether it holds a lock without running. */
	assert_int_equal(areas[first->vcpu_id].state, RUNSTATE_runnable);
}

/* An event that comes between the decision to block and the switch is not lost. */
static void test_block_races(void **state)
{
	start(1, 1);
	bring_up(0);
	settle();
	event[0] = true;
	block(0);			/* before */
	settle();
	assert_ptr_equal(current, &vcpus[0]);
	event[0] = false;
	block(0);
	wake_by_event(0);		/* between */
	settle();
	assert_ptr_equal(current, &vcpus[0]);
	event[0] = false;
	block(0);
	settle();
	assert_ptr_equal(current, cpus[0].idle);
	assert_int_equal(areas[0].state, RUNSTATE_blocked);
	wake_by_event(0);		/* after */
	settle();
	assert_ptr_equal(current, &vcpus[0]);
}

static void random_op(unsigned int *paused)
{
	unsigned int i = rand() % VCPUS;
	struct vcpu *v = &vcpus[i];
	evtchn_port_t port = 1 + rand() % 8;
	struct sched_poll poll = { .nr_ports = 1, .timeout = now + rand() % 100000 };
	struct sched_pin_override pin = { .pcpu = rand() % (CPUS + 1) - 1 };

	set_xen_guest_handle_raw(poll.ports, &port);
	enter_cpu(rand() % CPUS);
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
				now += rand() % 20000;
				settle();
				check_all();
			}
		}
		/* Wake all: all must run within one round. */
		for (unsigned int i = 0; i < VCPUS; i++) {
			while (paused[i]--)
				vcpu_unpause(&vcpus[i]);
			bring_up(i);
			vcpu_unblock(&vcpus[i]);
			memset(&areas[i], 0xff, sizeof(areas[i]));
		}
		for (unsigned int ms = 0; ms < VCPUS * 11; ms++) {
			settle();
			check_all();
			now += NSEC_PER_MSEC;
		}
		for (unsigned int i = 0; i < VCPUS; i++)
			assert_int_not_equal(areas[i].state, -1);
		assert_int_equal(pollers, 0);
	}
}

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
	settle();
	assert_int_equal(poll_ports(ports, 129, 0), -EINVAL);
	ports[2] = 64;
	assert_int_equal(poll_ports(ports, 3, 0), -EINVAL);
	assert_int_equal(poll_ports(NULL, 1, 0), -EFAULT);
	assert_int_equal(vcpus[0].pause_flags, 0);
	assert_int_equal(pollers, 0);
	port_pending[2] = true;
	assert_int_equal(poll_ports(ports, 2, 0), 0);
	assert_int_equal(vcpus[0].pause_flags, 0);	/* back at once */

	assert_int_equal(poll_ports(ports, 1, now + NSEC_PER_MSEC), 0);
	settle();
	assert_ptr_equal(current, cpus[0].idle);
	now += NSEC_PER_MSEC;
	settle();
	assert_ptr_equal(current, &vcpus[0]);
	/* Without ports it is a sleep. */
	assert_int_equal(poll_ports(NULL, 0, now + NSEC_PER_MSEC), 0);
	settle();
	assert_ptr_equal(current, cpus[0].idle);
	now += NSEC_PER_MSEC;
	settle();
	assert_ptr_equal(current, &vcpus[0]);
}

static void test_runstate_in_user_mode(void **state)
{
	start(1, 2);
	bring_up(0);
	bring_up(1);
	settle();
	vcpus[0].arch.kernel_mode = vcpus[1].arch.kernel_mode = false;
	memset(areas, 0xff, sizeof(areas));
	now += 10 * NSEC_PER_MSEC;
	settle();
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
	settle();
	vcpu_set_periodic_timer(&vcpus[0], 4 * NSEC_PER_MSEC);
	for (unsigned int ms = 0; ms < 100; ms++) {
		now += NSEC_PER_MSEC;
		settle();
	}
	assert_in_range(virqs[0], 24, 26);
	event[0] = false;
	block(0);
	settle();
	now += NSEC_PER_SEC;		/* a sleeping vCPU has no tick */
	settle();
	assert_ptr_equal(current, cpus[0].idle);
	assert_in_range(virqs[0], 24, 26);
	wake_by_event(0);
	settle();
	assert_in_range(virqs[0], 25, 27);
	vcpu_set_periodic_timer(&vcpus[0], 0);
	now += NSEC_PER_SEC;
	settle();
	assert_in_range(virqs[0], 25, 27);
}

static void test_set_timer_op(void **state)
{
	start(1, 1);
	bring_up(0);
	settle();
	do_set_timer_op(now + 1000, 0, 0, 0, 0);
	now += 1000;
	settle();
	assert_int_equal(virqs[0], 1);
	do_set_timer_op(now + 1000, 0, 0, 0, 0);
	do_set_timer_op(0, 0, 0, 0, 0);
	now += 1000;
	settle();
	assert_int_equal(virqs[0], 1);
	do_set_timer_op(-1UL, 0, 0, 0, 0);	/* lost its way: soon */
	now += 100 * NSEC_PER_MSEC;
	settle();
	assert_int_equal(virqs[0], 2);
	do_set_timer_op(now + BIT(50), 0, 0, 0, 0);
	now += 100 * NSEC_PER_MSEC;
	settle();
	assert_int_equal(virqs[0], 3);
	do_set_timer_op(1, 0, 0, 0, 0);		/* past: at once */
	settle();
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
	settle();
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
	now += 20 * NSEC_PER_SEC;
	settle();
	assert_int_equal(watchdog_op(1, 30), 0);
	now += 20 * NSEC_PER_SEC;
	settle();
	assert_int_equal(shutdown_reason, -1);
	now += 10 * NSEC_PER_SEC;
	settle();
	assert_int_equal(shutdown_reason, SHUTDOWN_watchdog);
}

static void test_bad_calls(void **state)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_MAX + 1 };
	struct sched_remote_shutdown r = { .domain_id = 77 };
	struct sched_pin_override pin = { .pcpu = 0 };

	start(1, 1);
	bring_up(0);
	settle();
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

static unsigned int cpu_of_running(unsigned int i)
{
	assert_true(is_sched_current(&vcpus[i]));
	return vcpus[i].processor;
}

static void run_for_ms(unsigned int ms)
{
	while (ms--) {
		now += NSEC_PER_MSEC;
		settle();
	}
}

static void test_affinity(void **state)
{
	cpumask_t mask = { { 4 } }, hard, soft;

	start(3, 2);
	bring_up(0);
	bring_up(1);
	settle();
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &mask), 0);
	settle();
	run_for_ms(20);		/* the other may have been there */
	assert_int_equal(cpu_of_running(0), 2);
	check_all();
	/* Both must share one, though another idles. */
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[1], &mask), 0);
	settle();
	assert_int_equal(vcpus[1].processor, 2);
	assert_true(vcpus[0].sched.queued || vcpus[1].sched.queued);
	mask.bits[0] = ~0UL;
	assert_int_equal(vcpu_set_soft_affinity(&vcpus[1], &(cpumask_t){ { 2 } }), 0);
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[1], &mask), 0);
	run_for_ms(50);
	assert_int_equal(cpu_of_running(0), 2);
	assert_int_equal(cpu_of_running(1), 1);
	vcpu_get_affinity(&vcpus[1], &hard, &soft);
	assert_int_equal(hard.bits[0], ~0UL);
	assert_int_equal(soft.bits[0], 2);
	mask.bits[0] = 8;
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[1], &mask), -EINVAL);
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
	settle();
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		enter_cpu(vcpus[0].processor);
		assert_int_equal(pin_override((int)cpu), 0);
		settle();
		assert_int_equal(cpu_of_running(0), cpu);
		enter_cpu(cpu);
		assert_int_equal(pin_override((int)cpu), -EBUSY);
		assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &(cpumask_t){ { 7 } }), -EBUSY);
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
	settle();
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &(cpumask_t){ { 2 } }), 0);
	settle();
	while (sched_cpu_down(1) == -EAGAIN)
		settle();
	settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(vcpus[i].processor, 0);
	assert_ptr_equal(cpus[1].sched_current, cpus[1].idle);
	assert_int_equal(sched_cpu_down(0), -EBUSY);
	sched_free_cpus(&idle);
	assert_int_equal(idle.bits[0], 2);
	assert_int_equal(sched_pool_info(0, &info), 0);
	assert_int_equal(info.cpus.bits[0], 1);
	assert_int_equal(info.nr_domains, 1);
	assert_int_equal(info.sched_id, XEN_SCHEDULER_CREDIT2);
	assert_int_equal(sched_pool_info(1, &info), -ENOENT);
	sched_cpu_up(1);
	settle();
	assert_ptr_not_equal(cpus[1].sched_current, cpus[1].idle);
	check_all();
}

/* One that may run on a CPU alone wakes when that has left the pool, and it was not told yet. */
static void wakes_while_its_cpu_goes(const struct sched_policy *policy)
{
	start_policy(2, 1, policy);
	bring_up(0);
	settle();
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &(cpumask_t){ { 2 } }), 0);
	settle();
	block(0);
	settle();
	clear_bit_atomic(1, &sched_pool_cpus);	/* as sched_cpu_down() begins */
	wake_by_event(0);
	assert_int_equal(vcpus[0].processor, 1);
	while (sched_cpu_down(1) == -EAGAIN)
		settle();
	settle();
	assert_int_equal(vcpus[0].processor, 0);
	assert_true(is_sched_current(&vcpus[0]));
}

static void test_wake_while_cpu_goes(void **state)
{
	wakes_while_its_cpu_goes(&sched_credit2);
	check_all();
	wakes_while_its_cpu_goes(&sched_null);
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
		settle();
	assert_int_equal(rc, 0);
	settle();
}

static void test_pools(void **state)
{
	u32 id = XEN_SYSCTL_CPUPOOL_PAR_ANY, other = 1, cpu = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	struct sched_pool_info info;

	start(4, 3);
	for (unsigned int i = 0; i < 3; i++)
		bring_up(i);
	settle();
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
		settle();
	assert_int_equal(cpu, 1);
	assert_int_equal(sched_pool_add_cpu(0, 1), 0);
	assert_int_equal(sched_pool_add_cpu(1, XEN_SYSCTL_CPUPOOL_PAR_ANY), 0);
	assert_int_equal(sched_pool_add_cpu(1, 3), 0);
	assert_int_equal(cpus_of(1), 0xc);
	cpu = 2;
	assert_int_equal(sched_pool_remove_cpu(0, &cpu), -EINVAL);
	settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_true(vcpus[i].processor < 2);

	/* The domain goes there, even the vCPU that was bound to CPU 0. */
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &(cpumask_t){ { 1 } }), 0);
	settle();
	assert_int_equal(sched_pool_move(&guest, 1), 0);
	settle();
	for (unsigned int i = 0; i < 3; i++)
		assert_true(vcpus[i].processor >= 2);
	assert_ptr_equal(cpus[0].sched_current, cpus[0].idle);
	assert_ptr_equal(cpus[1].sched_current, cpus[1].idle);
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[0], &(cpumask_t){ { 1 } }), -EINVAL);
	assert_int_equal(sched_pool_info(1, &info), 0);
	assert_int_equal(info.nr_domains, 1);
	check_all();

	/* Its last CPU stays while it has a domain. */
	take_cpu(1, 2);
	cpu = 3;
	assert_int_equal(sched_pool_remove_cpu(1, &cpu), -EBUSY);
	assert_int_equal(sched_pool_destroy(1), -EBUSY);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(vcpus[i].processor, 3);
	assert_int_equal(sched_pool_move(&guest, 0), 0);
	settle();
	take_cpu(1, 3);
	assert_int_equal(sched_pool_destroy(1), 0);
	assert_int_equal(sched_pool_destroy(1), -ENOENT);
	assert_int_equal(sched_pool_destroy(0), -EBUSY);
	assert_int_equal(sched_pool_info(1, &info), -ENOENT);
	assert_int_equal(sched_pool_add_cpu(0, 2), 0);
	assert_int_equal(sched_pool_add_cpu(0, 3), 0);
	settle();
	assert_int_equal(cpus_of(0), 0xf);
	check_all();
}

static void test_controller_pauses(void **state)
{
	start(1, 2);
	bring_up(0);
	settle();
	enter_cpu(0);
	assert_int_equal(domain_unpause_by_controller(&guest), -EINVAL);
	domain_pause_nosync(&guest);		/* somebody else's */
	settle();
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(domain_pause_by_controller(&guest), 0);
	assert_int_equal(domain_pause_by_controller(&guest), -EOVERFLOW);
	bring_up(1);				/* as good as made now */
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(domain_unpause_by_controller(&guest), 0);
	assert_int_equal(domain_unpause_by_controller(&guest), -EINVAL);
	settle();
	assert_ptr_equal(current, cpus[0].idle);
	domain_unpause(&guest);
	settle();
	assert_ptr_not_equal(current, cpus[0].idle);
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
	lines_printed = 0;
	show_queues('r');
	assert_true(lines_printed >= 3);
}

static void test_null(void **state)
{
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_NULL };
	unsigned int seen = 0, waits = 0;

	start_policy(3, 4, &sched_null);
	for (unsigned int i = 0; i < 4; i++)
		bring_up(i);
	settle();
	for (unsigned int i = 0; i < 4; i++) {
		if (is_sched_current(&vcpus[i]))
			seen |= 1U << vcpus[i].processor;
		else
			waits = i;
	}
	assert_int_equal(seen, 7);	/* a CPU each, the fourth has none */
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(hardware[i], 0);
	now += NSEC_PER_SEC;
	settle();
	assert_int_equal(ran_ns(waits), 0);

	/* A sleeper keeps its CPU, and gets it back at once. */
	block(waits ? 0 : 1);
	settle();
	assert_int_equal(ran_ns(waits), 0);
	wake_by_event(waits ? 0 : 1);
	settle();
	assert_true(is_sched_current(&vcpus[waits ? 0 : 1]));

	/* One whose CPU goes from under it loses it to who waits. */
	assert_int_equal(sched_domain_get_params(&guest, &op), 0);
	assert_int_equal(vcpu_set_hard_affinity(&vcpus[waits ? 0 : 1], &(cpumask_t){ {
		7 & ~(1UL << vcpus[waits ? 0 : 1].processor) } }), 0);
	settle();
	assert_true(is_sched_current(&vcpus[waits]));
	assert_true(vcpus[waits ? 0 : 1].sched.queued);
	show_queues('r');
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
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_pin_override),
		cmocka_unit_test(test_cpu_goes),
		cmocka_unit_test(test_wake_while_cpu_goes),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_controller_pauses),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_runstate_in_user_mode),
		cmocka_unit_test(test_periodic_timer),
		cmocka_unit_test(test_set_timer_op),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_bad_calls),
	};

	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	free_all();
	return rc;
}
