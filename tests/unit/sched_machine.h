/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated CPUs under the unedited scheduler: what it calls, and the part of a
 * CPU that calls it. Included by one .c of a test, which says what vCPUs do:
 *
 *	machine_now			the time, for all CPUs
 *	machine_entered(v)		v continues on stub_cpu
 *	machine_left(v)			v has left stub_cpu
 *	machine_event(v)		v has an event to take
 *
 * and with MACHINE_GUEST_CALLS defined also what guests' calls and memory need.
 */
#ifndef SCHED_MACHINE_H
#define SCHED_MACHINE_H

#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include "../../hypervisor/sched/sched.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_CPUS	64
#ifndef MACHINE_NOW
#define MACHINE_NOW	machine_now
#endif

struct percpu *percpu_of[MAX_CPUS];
unsigned int nr_cpus;
STUB_CPU unsigned int stub_cpu;
STUB_CURRENT struct vcpu *current;
struct domain *dom_idle, *hardware_domain;
struct hv_options opts = { .sched_ratelimit_us = 1000 };
spinlock_t domain_list_lock;
struct domain *domain_list;

static u64 machine_now;
static struct {
	struct percpu percpu;
	struct vcpu *running;
	u64 timer_ns;
} machine[MACHINE_CPUS];
static struct domain idle_domain;
static STUB_CPU jmp_buf machine_switched;
static unsigned int machine_lines;	/* printed */
static void (*machine_show_queues)(unsigned char key);

static void machine_entered(struct vcpu *v);
static void machine_left(struct vcpu *v);
static bool machine_event(struct vcpu *v);

u64 now_ns(void)
{
	return MACHINE_NOW;
}

bool arch_timer_program(u64 deadline_ns)
{
	if (deadline_ns <= now_ns())
		return false;
	machine[stub_cpu].timer_ns = deadline_ns;
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
	machine_lines++;
}

void printk_level(enum log_level level, const char *fmt, ...)
{
}

void register_keyhandler(unsigned char key, void (*fn)(unsigned char key), const char *desc)
{
	assert_int_equal(key, 'r');
	machine_show_queues = fn;
}

/* All that a machine has, in a list; freed together. */
struct machine_memory {
	struct machine_memory *next;
	u64 unused;		/* what follows is aligned */
};

static struct machine_memory *machine_memory;

void *hv_alloc(size_t size)
{
	struct machine_memory *m = calloc(1, sizeof(*m) + size);

	m->next = machine_memory;
	machine_memory = m;
	return m + 1;
}

static void machine_free(void)
{
	while (machine_memory) {
		struct machine_memory *next = machine_memory->next;

		free(machine_memory);
		machine_memory = next;
	}
}

struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id)
{
	struct vcpu *v = hv_alloc(sizeof(*v));

	v->domain = d;
	v->vcpu_id = (u16)vcpu_id;
	v->arch.kernel_mode = true;
	assert_int_equal(sched_vcpu_init(v), 0);
	v->periodic_period_ns = 0;
	return v;
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
	assert_ptr_equal(current, next);
	assert_true(prev->is_running && next->is_running);
	if (!is_idle_vcpu(prev))
		machine_left(prev);
}

void continue_running(struct vcpu *v)
{
	if (!is_idle_vcpu(v))
		machine_entered(v);
	longjmp(machine_switched, 1);
}

void cpu_idle(void)
{
}

void time_update_vcpu(struct vcpu *v, bool force)
{
}

bool local_events_need_delivery(struct vcpu *v)
{
	return machine_event(v);
}

#ifndef MACHINE_GUEST_CALLS

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
}

bool vcpu_poll_end(struct vcpu *v)
{
	return false;
}

size_t raw_copy_to_guest(unsigned long to_va, const void *from, size_t len)
{
	return len;
}

#endif

/* ---- CPUs ---- */

static void machine_cpu(unsigned int cpu)
{
	machine[stub_cpu].running = current;
	stub_cpu = cpu;
	current = machine[cpu].running;
}

/* What @cpu does before it returns to its guest, or halts. */
static void machine_run_softirqs(void)
{
	do {
		while (softirq_is_pending())
			if (setjmp(machine_switched) == 0)
				softirq_run();
	} while (is_idle_vcpu(current) && nr_cpus > 1 && sched_steal(stub_cpu));
}

/* Timers that are due, and all that follows, on all CPUs. */
static void machine_settle(void)
{
	bool again;

	do {
		again = false;
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
			bool due = machine[cpu].timer_ns && machine[cpu].timer_ns <= machine_now;

			if (!due && !machine[cpu].percpu.softirq_pending)
				continue;
			again = true;
			machine_cpu(cpu);
			if (due) {
				machine[cpu].timer_ns = 0;
				timer_interrupt();
			}
			machine_run_softirqs();
		}
	} while (again);
}

/* A machine of @cpus that idle; whatever there was before is gone. */
static void machine_start(unsigned int cpus, const char *sched)
{
	static bool registered;

	assert_true(cpus <= MACHINE_CPUS);
	machine_free();
	memset(machine, 0, sizeof(machine));
	memset(sched_cpus, 0, sizeof(sched_cpus));
	cpumask_clear(&sched_pool_cpus);
	cpumask_clear(&sched_idle_cpus);
	domain_list = NULL;
	dom_idle = &idle_domain;
	machine_now = 1000;
	nr_cpus = cpus;
	if (!registered) {
		timer_subsystem_init();
		sched_init();
	}
	registered = true;
	sched_policy = strcmp(sched, "null") ? &sched_credit2 : &sched_null;
	sched_ratelimit_us = 1000;
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		percpu_of[cpu] = &machine[cpu].percpu;
		machine[cpu].percpu.online = true;
	}
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		stub_cpu = cpu;
		sched_init_cpu(cpu);
		machine[cpu].running = current;
	}
	machine_settle();
}

#endif
