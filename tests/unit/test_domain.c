// SPDX-License-Identifier: GPL-2.0-only
/* core/domain.c: finding domains while they come and go, making and ending them. */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/options.h>
#include <hv/panic.h>
#include <hv/percpu.h>
#include <hv/printk.h>
#include <hv/sched.h>

#include <xen/sched.h>

#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

STUB_CURRENT struct vcpu *current;
struct percpu *percpu_of[MAX_CPUS];
struct hv_options opts;
unsigned long max_page = 1 << 18;

static char log_text[4096];
static jmp_buf machine_gone;
static enum { RUNS, HALTED, RESTARTED, RESTARTED_LATER } machine;
static unsigned long fail_at;		/* countdown to the failing step of a creation; 0: none */
static unsigned int live;		/* what creations took and did not give back */
static unsigned int virqs, sleeps, sent_to;

static bool step_fails(void)
{
	return fail_at && --fail_at == 0;
}

/* ---- what core/domain.c calls ---- */

void bug(const char *what, const char *file, unsigned int line)
{
	fprintf(stderr, "BUG: %s:%u: %s\n", file, line, what);
	abort();
}

void panic(const char *fmt, ...)
{
	abort();
}

static void append(const char *fmt, va_list args)
{
	size_t used = strlen(log_text);

	vsnprintf(log_text + used, sizeof(log_text) - used, fmt, args);
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(fmt, args);
	va_end(args);
}

void printk_level(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(fmt, args);
	va_end(args);
}

void show_registers(const struct cpu_user_regs *regs)
{
	printk("<registers>\n");
}

void *hv_alloc(size_t size)
{
	if (step_fails())
		return NULL;
	__atomic_fetch_add(&live, 1, __ATOMIC_SEQ_CST);
	return calloc(1, size);
}

void *hv_alloc_array(size_t size, size_t n)
{
	return hv_alloc(size * n);
}

void hv_free(void *p)
{
	if (p)
		__atomic_fetch_sub(&live, 1, __ATOMIC_SEQ_CST);
	free(p);
}

void *hv_page_alloc(unsigned int order)
{
	return hv_alloc(PAGE_SIZE << order);
}

void hv_page_free(void *va, unsigned int order)
{
	hv_free(va);
}

void hv_page_share(void *va, struct domain *d, bool writable)
{
}

void hv_page_free_shared(void *va)
{
	hv_free(va);
}

/* Domains whose last reference is gone; freed when no thread looks any more. */
static struct rcu_head *gone;

void rcu_call(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	head->fn = fn;
	head->next = __atomic_load_n(&gone, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&gone, &head->next, head, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
}

static void free_gone(void)
{
	while (gone) {
		struct rcu_head *head = gone;

		gone = head->next;
		head->fn(head);
	}
}

void flush_forget_foreign(domid_t domid)
{
}

int arch_domain_init(struct domain *d)
{
	return step_fails() ? -ENOMEM : 0;
}

void arch_domain_destroy(struct domain *d)
{
}

int arch_vcpu_init(struct vcpu *v)
{
	return step_fails() ? -ENOMEM : 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
}

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
	assert_int_equal(max_port, d->is_privileged ? ~0U : 1023);
	d->evtchn = hv_alloc(1);
	return d->evtchn ? 0 : -ENOMEM;
}

void evtchn_domain_destroy(struct domain *d)
{
	hv_free(d->evtchn);
}

int grant_table_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack_frames,
		     unsigned int max_version)
{
	d->grant = hv_alloc(1);
	return d->grant ? 0 : -ENOMEM;
}

void grant_table_destroy(struct domain *d)
{
	hv_free(d->grant);
}

int pirq_domain_init(struct domain *d)
{
	d->pirqs = hv_alloc(1);
	return d->pirqs ? 0 : -ENOMEM;
}

void pirq_domain_free(struct domain *d)
{
	hv_free(d->pirqs);
}

int sched_vcpu_init(struct vcpu *v)
{
	return 0;
}

void sched_domain_init(struct domain *d)
{
}

/* Until it returns the policy's timer may fire, which looks at the vCPUs. */
void sched_domain_destroy(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		assert_ptr_equal(v->domain, d);
}

void sched_vcpu_destroy(struct vcpu *v)
{
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	sleeps++;
}

/* A vCPU that runs again shuts its domain down at once. */
static bool shuts_down_again;

void vcpu_wake(struct vcpu *v)
{
	if (shuts_down_again && !v->pause_flags && !v->domain->pause_count)
		domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

void domain_pause_nosync(struct domain *d)
{
	d->pause_count++;
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	d->pause_count--;
	for_each_vcpu(d, v)
		vcpu_wake(v);
}

void virq_send_global(u32 virq)
{
	assert_int_equal(virq, VIRQ_DOM_EXC);
	virqs++;
}

int evtchn_send(struct domain *d, u32 port)
{
	sent_to = port;
	return port == 7 ? 0 : -EINVAL;
}

void timer_init(struct timer *t, void (*fn)(void *data), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void timer_kill(struct timer *t)
{
}

void machine_halt(void)
{
	machine = HALTED;
	longjmp(machine_gone, 1);
}

void machine_restart(void)
{
	machine = RESTARTED;
	longjmp(machine_gone, 1);
}

void reboot_or_halt(void)
{
	machine = opts.noreboot ? HALTED : RESTARTED_LATER;
	longjmp(machine_gone, 1);
}

/* ---- tests ---- */

static struct domain *make_domain(domid_t domid, unsigned int max_vcpus, bool privileged)
{
	const struct domain_config config = {
		.max_vcpus = max_vcpus,
		.privileged = privileged,
		.max_evtchn_port = privileged ? ~0U : 1023,
		.max_grant_frames = 4,
	};

	return domain_create(domid, &config);
}

static struct domain caller = { .domain_id = DOMID_IDLE };
static struct vcpu caller_vcpu = { .domain = &caller };

static int setup(void **state)
{
	current = &caller_vcpu;
	log_text[0] = '\0';
	virqs = sleeps = 0;
	opts.noreboot = false;
	return 0;
}

static void test_list_and_lookup(void **state)
{
	const domid_t ids[] = { 7, 3, 64 + 7, 1, 0x7fef, 5 };
	domid_t last = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		assert_non_null(make_domain(ids[i], 1, false));
	assert_null(make_domain(64 + 7, 1, false));
	assert_null(make_domain(DOMID_SELF, 1, false));
	assert_null(make_domain(9, 0, false));
	assert_null(make_domain(9, MAX_VCPUS + 1, false));
	for (struct domain *d = domain_list; d; d = d->next_in_list) {
		assert_true(d->domain_id > last);
		last = d->domain_id;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		struct domain *d = domain_get(ids[i]);

		assert_non_null(d);
		assert_int_equal(d->domain_id, ids[i]);
		assert_int_equal(d->refcount, 2);
		domain_put(d);
	}
	assert_null(domain_get(4));
	assert_null(domain_get(DOMID_IDLE));

	unsigned int found = 0;

	for (struct domain *d = domain_get_from(0); d; found++) {
		domid_t next = d->domain_id + 1;

		assert_int_equal(d->refcount, 2);
		domain_put(d);
		d = domain_get_from(next);
	}
	assert_int_equal(found, ARRAY_SIZE(ids));
	assert_null(domain_get_from(0x7ff0));
	assert_null(domain_get(DOMID_INVALID));

	current->domain = domain_list;
	assert_ptr_equal(domain_get(DOMID_SELF), domain_list);
	domain_put(domain_list);
	assert_null(domain_get_remote(7));
	assert_int_equal(domain_list->next_in_list->refcount, 1);
	domain_list->is_privileged = true;
	assert_int_equal(domain_get_remote(7)->domain_id, 7);
	domain_put(domain_get(7));	/* the two just taken */
	domain_put(domain_list->next_in_list->next_in_list->next_in_list);
	current = NULL;
	while (domain_list)
		domain_put(domain_list);
	caller_vcpu.domain = &caller;
	assert_int_equal(virqs, 0);
	free_gone();
	assert_int_equal(virqs, ARRAY_SIZE(ids));
}

/* Whatever step fails, all before it is undone. */
static void test_creation_fails_anywhere(void **state)
{
	unsigned int before = live;
	struct domain *d = NULL;

	for (unsigned long n = 1; !d; n++) {
		fail_at = n;
		d = make_domain(2, 4, false);
		fail_at = 0;
		if (!d)
			assert_int_equal(live, before);
		assert_true(n < 20);
	}
	for (unsigned int i = 0; i < 4; i++) {
		fail_at = 2;
		assert_null(vcpu_create(d, i));
		fail_at = 0;
		assert_non_null(vcpu_create(d, i));
	}
	assert_int_equal(d->shared_info->vcpu_info[31].evtchn_upcall_mask, 1);
	assert_null(domain_vcpu(d, 4));
	assert_null(domain_vcpu(d, ~0U));
	domain_put(d);
	assert_null(domain_get(2));
	free_gone();
	assert_int_equal(live, before);
}

#define STORM_ROUNDS	20000
#define GRACE_ROUNDS	64

static bool storm_over;
static unsigned int found[2];
/* How often the thread has begun to look. */
static unsigned int looking[2];

/* Domain 100 is always there; 101 and 164 (one hash chain with 100 and 36) come and go. */
static void *look_up(void *data)
{
	unsigned int *nr_found = data, *phase = &looking[nr_found - found];

	current = &caller_vcpu;
	while (!READ_ONCE(storm_over)) {
		struct domain *d;

		__atomic_fetch_add(phase, 1, __ATOMIC_SEQ_CST);
		d = domain_get(100);
		if (!d || d->domain_id != 100)
			abort();
		domain_put(d);
		d = domain_get(164);
		if (!d)
			continue;
		if (d->domain_id != 164 || !READ_ONCE(d->refcount))
			abort();
		(*nr_found)++;
		domain_put(d);
	}
	return NULL;
}

/* What rcu_call() promises: each thread has begun anew. */
static void let_readers_pass(void)
{
	struct rcu_head *mine = __atomic_exchange_n(&gone, NULL, __ATOMIC_SEQ_CST);

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int phase = __atomic_load_n(&looking[i], __ATOMIC_SEQ_CST);

		while (__atomic_load_n(&looking[i], __ATOMIC_SEQ_CST) == phase)
			sched_yield();
	}
	while (mine) {
		struct rcu_head *head = mine;

		mine = head->next;
		head->fn(head);
	}
}

static void test_lookup_in_a_storm(void **state)
{
	struct domain *d, *stays = make_domain(100, 1, false);
	pthread_t thread[2];

	storm_over = false;
	for (unsigned int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, look_up, &found[i]);
	for (unsigned int i = 0; i < STORM_ROUNDS; i++) {
		const domid_t ids[] = { 36, 101, 164 };

		/* NULL while a reader still holds the last one of that id. */
		d = make_domain(ids[i % 3], 1, false);
		if (d)
			domain_put(d);
		if (i % GRACE_ROUNDS == GRACE_ROUNDS - 1)
			let_readers_pass();
	}
	WRITE_ONCE(storm_over, true);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(stays->refcount, 1);
	domain_put(stays);
	assert_null(domain_list);
	free_gone();
}

static void test_shutdown_and_crash(void **state)
{
	struct domain *d = make_domain(4, 2, false);
	struct vcpu *v = vcpu_create(d, 0);

	vcpu_create(d, 1);
	current = v;
	domain_crash(d, "did %s", "this");
	assert_string_equal(log_text,
			    "Domain 4 (vcpu#0) crashed on cpu#0: did this\n<registers>\n");
	assert_true(d->is_shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
	assert_true(test_bit(VPF_SHUTDOWN, &d->vcpu[1]->pause_flags));
	assert_int_equal(sleeps, 2);
	assert_int_equal(virqs, 1);
	domain_shutdown(d, SHUTDOWN_reboot);	/* too late */
	assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
	assert_int_equal(virqs, 1);

	domain_resume(d);
	assert_false(test_bit(VPF_SHUTDOWN, &d->vcpu[1]->pause_flags));
	assert_int_equal(domain_set_shutdown_code(d, SHUTDOWN_soft_reset), 0);
	assert_int_equal(domain_set_shutdown_code(d, SHUTDOWN_reboot), -EINVAL);
	domain_shutdown(d, SHUTDOWN_crash);
	assert_int_equal(d->shutdown_code, SHUTDOWN_soft_reset);
	current = &caller_vcpu;
	domain_put(d);
	free_gone();
}

/* Shut down again before all is resumed: the whole of it is shut down. */
static void test_resume_and_shutdown(void **state)
{
	struct domain *d = make_domain(4, 3, false);
	struct vcpu *v;

	for (unsigned int i = 0; i < 3; i++)
		vcpu_create(d, i);
	domain_shutdown(d, SHUTDOWN_suspend);
	shuts_down_again = true;
	domain_resume(d);
	shuts_down_again = false;
	assert_true(d->is_shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
	for_each_vcpu(d, v)
		assert_true(test_bit(VPF_SHUTDOWN, &v->pause_flags));
	domain_put(d);
	free_gone();
}

static void shut_down(struct domain *d, u8 reason)
{
	if (setjmp(machine_gone) == 0)
		domain_shutdown(d, reason);
}

/* A subscriber is told in place of VIRQ_DOM_EXC's handler, of suspends only, if it is there. */
static void test_subscribers_are_told(void **state)
{
	static const struct {
		u8 reason;
		u32 port;
		unsigned int sent_to, virqs;
	} cases[] = {
		{ SHUTDOWN_suspend, 7, 7, 0 },
		{ SHUTDOWN_suspend, 8, 8, 1 },
		{ SHUTDOWN_suspend, 0, 0, 1 },
		{ SHUTDOWN_poweroff, 7, 0, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct domain *d = make_domain(4, 1, false);

		d->suspend_port = cases[i].port;
		virqs = sent_to = 0;
		domain_shutdown(d, cases[i].reason);
		assert_int_equal(sent_to, cases[i].sent_to);
		assert_int_equal(virqs, cases[i].virqs);
		domain_put(d);
		free_gone();
	}
}

static void test_domain0_is_the_machine(void **state)
{
	static const struct {
		u8 reason;
		bool noreboot;
		int machine;
		const char *text;
	} cases[] = {
		{ SHUTDOWN_poweroff, false, HALTED, "Hardware Dom0 halted: halting machine\n" },
		{ SHUTDOWN_reboot, true, RESTARTED, "Hardware Dom0 shutdown: rebooting machine\n" },
		{ SHUTDOWN_watchdog, false, RESTARTED,
		  "Hardware Dom0 shutdown: watchdog rebooting machine\n" },
		{ SHUTDOWN_crash, false, RESTARTED_LATER,
		  "Hardware Dom0 crashed: rebooting machine in 5 seconds.\n" },
		{ SHUTDOWN_crash, true, HALTED,
		  "Hardware Dom0 crashed: 'noreboot' set - not rebooting.\n" },
		{ SHUTDOWN_suspend, true, HALTED,
		  "Hardware Dom0 shutdown (unknown reason 2): 'noreboot' set - not rebooting.\n" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct domain *d = make_domain(0, 1, true);

		assert_ptr_equal(hardware_domain, d);
		log_text[0] = '\0';
		opts.noreboot = cases[i].noreboot;
		machine = RUNS;
		shut_down(d, cases[i].reason);
		assert_int_equal(machine, cases[i].machine);
		assert_string_equal(log_text, cases[i].text);
		domain_put(domain_list);
		free_gone();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_list_and_lookup, setup),
		cmocka_unit_test_setup(test_creation_fails_anywhere, setup),
		cmocka_unit_test_setup(test_lookup_in_a_storm, setup),
		cmocka_unit_test_setup(test_shutdown_and_crash, setup),
		cmocka_unit_test_setup(test_resume_and_shutdown, setup),
		cmocka_unit_test_setup(test_subscribers_are_told, setup),
		cmocka_unit_test_setup(test_domain0_is_the_machine, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
