// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler under load: seeded workloads of up to thousands of vCPUs on
 * simulated CPUs. Time is simulated, so that all figures are exact and the same
 * each time: shares against weights, caps, how long anybody waits, and what a
 * decision costs, counted in basic blocks of the scheduler's code.
 */
#include "sched_machine.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define MS		NSEC_PER_MSEC
#define US		NSEC_PER_USEC
#define SEC(n)		((n) * NSEC_PER_SEC)
#define NO_EVENT	(~0UL)
#define WORKERS		20000

/* What a vCPU does: runs for burst_ns, sleeps for sleep_ns, each from half to one and a half. */
struct worker {
	struct vcpu *v;
	u64 burst_ns, sleep_ns;	/* sleep_ns 0: never sleeps */
	u64 left_ns;		/* of this burst */
	u64 entered_ns;
	u64 wake_ns;		/* when it wakes; NO_EVENT */
	u64 runnable_since_ns;	/* waits since; NO_EVENT */
	u64 worst_wait_ns, waits, sum_wait_ns;
	u64 asked_ns;		/* bursts begun */
	unsigned int heap_pos;
};

static struct worker workers[WORKERS];
static unsigned int nr_workers;
static struct worker *running_on[MACHINE_CPUS];

/* Sleepers by when they wake: a binary heap. */
static struct worker *sleepers[WORKERS];
static unsigned int nr_sleepers;

static u64 steps, wakes;
static bool counting;

__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	steps += counting;
}

/* ---- the workload ---- */

static u64 about(u64 ns)
{
	return ns / 2 + (ns ? (u64)rand() * 1000 % ns : 0);
}

static struct worker *worker_of(const struct vcpu *v)
{
	return &workers[v->regs.rax];	/* which the scheduler does not touch */
}

static void heap_swap(unsigned int a, unsigned int b)
{
	struct worker *w = sleepers[a];

	sleepers[a] = sleepers[b];
	sleepers[b] = w;
	sleepers[a]->heap_pos = a;
	sleepers[b]->heap_pos = b;
}

static void sleepers_add(struct worker *w)
{
	unsigned int at = nr_sleepers++;

	sleepers[at] = w;
	w->heap_pos = at;
	for (; at && sleepers[at]->wake_ns < sleepers[(at - 1) / 2]->wake_ns; at = (at - 1) / 2)
		heap_swap(at, (at - 1) / 2);
}

static struct worker *sleepers_take(void)
{
	struct worker *w = sleepers[0];
	unsigned int at = 0, child;

	heap_swap(0, --nr_sleepers);
	while ((child = 2 * at + 1) < nr_sleepers) {
		if (child + 1 < nr_sleepers &&
		    sleepers[child + 1]->wake_ns < sleepers[child]->wake_ns)
			child++;
		if (sleepers[at]->wake_ns <= sleepers[child]->wake_ns)
			break;
		heap_swap(at, child);
		at = child;
	}
	return w;
}

static void machine_entered(struct vcpu *v)
{
	struct worker *w = worker_of(v);

	w->entered_ns = machine_now;
	running_on[stub_cpu] = w;
	if (w->runnable_since_ns != NO_EVENT) {
		u64 wait = machine_now - w->runnable_since_ns;

		w->waits++;
		w->sum_wait_ns += wait;
		w->worst_wait_ns = max(w->worst_wait_ns, wait);
		w->runnable_since_ns = NO_EVENT;
	}
}

static void machine_left(struct vcpu *v)
{
	struct worker *w = worker_of(v);

	assert_ptr_equal(running_on[stub_cpu], w);
	running_on[stub_cpu] = NULL;
	if (w->sleep_ns)
		w->left_ns -= machine_now - w->entered_ns;
	if (vcpu_runnable(v))
		w->runnable_since_ns = machine_now;
}

/* What wakes them is not there before they sleep. */
static bool machine_event(struct vcpu *v)
{
	return false;
}

static void begin_burst(struct worker *w)
{
	w->left_ns = about(w->burst_ns);
	w->asked_ns += w->left_ns;
	w->wake_ns = NO_EVENT;
	w->runnable_since_ns = machine_now;
}

static void wake(struct worker *w)
{
	wakes++;
	begin_burst(w);
	machine_cpu((unsigned int)rand() % nr_cpus);
	counting = true;
	vcpu_unblock(w->v);
	counting = false;
}

static u64 burst_end(const struct worker *w)
{
	return w && w->sleep_ns ? w->entered_ns + w->left_ns : NO_EVENT;
}

static void end_burst(unsigned int cpu)
{
	struct worker *w = running_on[cpu];

	w->wake_ns = machine_now + about(w->sleep_ns);
	sleepers_add(w);
	machine_cpu(cpu);
	assert_ptr_equal(current, w->v);
	counting = true;
	vcpu_block();
	counting = false;
}

/* When the next timer of a CPU is due; ~0 if none is set. */
static u64 next_timer(void)
{
	u64 next = ~0UL;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (machine[cpu].timer_ns && machine[cpu].timer_ns < next)
			next = machine[cpu].timer_ns;
	return next;
}

static u64 next_event(void)
{
	u64 next = next_timer();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		next = min(next, burst_end(running_on[cpu]));
	return nr_sleepers ? min(next, sleepers[0]->wake_ns) : next;
}

static void simulate(u64 for_ns)
{
	u64 until = machine_now + for_ns;

	while (machine_now < until) {
		machine_now = min(until, max(next_event(), machine_now));
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			if (burst_end(running_on[cpu]) <= machine_now)
				end_burst(cpu);
		while (nr_sleepers && sleepers[0]->wake_ns <= machine_now)
			wake(sleepers_take());
		counting = true;
		machine_settle();
		counting = false;
	}
}

/* ---- domains ---- */

static struct domain *domains[WORKERS];
static unsigned int nr_domains;

static void begin(unsigned int cpus, const char *sched, unsigned int seed)
{
	srand(seed);
	nr_domains = nr_sleepers = nr_workers = 0;
	memset(running_on, 0, sizeof(running_on));
	machine_start(cpus, sched);
}

static void set_params(struct domain *d, u16 weight, u16 cap)
{
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2 };

	op.u.credit2.weight = weight;
	op.u.credit2.cap = cap;
	assert_int_equal(sched_domain_set_params(d, &op), 0);
}

/* A domain of @vcpus that all do the same. They start soon, but not all at once. */
static struct domain *add_domain(unsigned int vcpus, u16 weight, u64 burst_ns, u64 sleep_ns)
{
	struct domain *d = hv_alloc(sizeof(*d));

	d->domain_id = (domid_t)nr_domains;
	d->max_vcpus = vcpus;
	d->vcpu = hv_alloc(vcpus * sizeof(*d->vcpu));
	domains[nr_domains++] = d;
	d->next_in_list = domain_list;
	domain_list = d;
	sched_domain_init(d);
	set_params(d, weight, 0);
	for (unsigned int i = 0; i < vcpus; i++) {
		struct vcpu *v = d->vcpu[i] = vcpu_create(d, i);
		struct worker *w = &workers[nr_workers];

		assert_true(nr_workers < WORKERS);
		v->regs.rax = nr_workers++;
		*w = (struct worker){ .v = v, .burst_ns = burst_ns, .sleep_ns = sleep_ns,
				      .wake_ns = machine_now + (u64)rand() % (10 * MS) };
		v->pause_flags = BIT(VPF_BLOCKED);
		sleepers_add(w);
	}
	return d;
}

static u64 ran_ns(const struct domain *d)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		struct vcpu_runstate_info info;

		runstate_get(d->vcpu[i], &info);
		sum += info.time[RUNSTATE_running];
		assert_int_equal(info.time[0] + info.time[1] + info.time[2] + info.time[3],
				 machine_now - 1000);
	}
	return sum;
}

static void assert_near(u64 is, u64 should, unsigned int permille, const char *what, u64 which)
{
	u64 off = is > should ? is - should : should - is;

	if (off * 1000 > should * permille) {
		print_error("%s %lu: %lu ns, should be %lu ns\n", what, which, is, should);
		fail();
	}
}

/* What weights give to those that always want to run, none of whom wants more than it can. */
static void check_shares(u64 *before, u64 for_ns, unsigned int permille)
{
	u64 weights = 0, total = 0;

	for (unsigned int i = 0; i < nr_domains; i++)
		weights += (u64)domains[i]->sched.weight * domains[i]->max_vcpus;
	for (unsigned int i = 0; i < nr_domains; i++)
		total += ran_ns(domains[i]) - before[i];
	assert_near(total, for_ns * nr_cpus, 1, "all CPUs", nr_cpus);
	for (unsigned int i = 0; i < nr_domains; i++)
		assert_near(ran_ns(domains[i]) - before[i],
			    (u64)((double)total * domains[i]->sched.weight *
				  domains[i]->max_vcpus / (double)weights),
			    permille, "domain", i);
}

static void measure_shares(u64 for_ns, unsigned int permille)
{
	u64 *before = hv_alloc(nr_domains * sizeof(*before));

	simulate(SEC(5));	/* until they have spread over the CPUs */
	for (unsigned int i = 0; i < nr_domains; i++)
		before[i] = ran_ns(domains[i]);
	simulate(for_ns);
	check_shares(before, for_ns, permille);
}

/* ---- shares ---- */

static const u16 weights[] = { 64, 128, 256, 512, 1024 };

static void test_shares_one_cpu(void **state)
{
	begin(1, "credit2", 1);
	for (unsigned int i = 0; i < 10; i++)
		add_domain(1, weights[i % 5], 0, 0);
	measure_shares(SEC(30), 20);
}

/* From the least weight to the greatest. */
static void test_shares_extremes(void **state)
{
	begin(1, "credit2", 2);
	add_domain(1, 1, 0, 0);
	add_domain(1, 65535, 0, 0);
	add_domain(1, 655, 0, 0);
	measure_shares(SEC(2000), 20);
}

static void test_shares_many_cpus(void **state)
{
	static const unsigned int cpus[] = { 2, 3, 8, 32 };

	for (unsigned int n = 0; n < ARRAY_SIZE(cpus); n++) {
		begin(cpus[n], "credit2", 3 + n);
		for (unsigned int i = 0; i < 8 * cpus[n]; i++)
			add_domain(1, weights[(unsigned int)rand() % 5], 0, 0);
		measure_shares(SEC(60), 20);
	}
}

/* One more than there are CPUs, or a few: they have to take turns on different ones. */
static void test_shares_one_too_many(void **state)
{
	for (unsigned int cpus = 2; cpus <= 8; cpus += 2) {
		begin(cpus, "credit2", 20 + cpus);
		for (unsigned int i = 0; i < cpus + 1; i++)
			add_domain(1, 256, 0, 0);
		measure_shares(SEC(30), 20);
	}
}

/* Thousands of domains with some vCPUs each. */
static void test_shares_thousands(void **state)
{
	begin(16, "credit2", 30);
	for (unsigned int i = 0; i < 1000; i++)
		add_domain(1 + i % 4, weights[i % 5], 0, 0);
	measure_shares(SEC(600), 20);
}

/* ---- those that sleep ---- */

/* They get what they ask for if that is less than their share, and at once. */
static void test_sleepers_among_hogs(void **state)
{
	struct domain *io[8];
	u64 worst = 0, sum = 0, waits = 0;

	begin(4, "credit2", 40);
	for (unsigned int i = 0; i < 16; i++)
		add_domain(1, 256, 0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(io); i++)
		io[i] = add_domain(1, 256, 200 * US, 5 * MS);
	/* In the first round nobody has had less than others. */
	simulate(SEC(1));
	for (unsigned int i = 0; i < ARRAY_SIZE(io); i++)
		worker_of(io[i]->vcpu[0])->worst_wait_ns = 0;
	simulate(SEC(30));
	for (unsigned int i = 0; i < ARRAY_SIZE(io); i++) {
		struct worker *w = worker_of(io[i]->vcpu[0]);

		assert_near(ran_ns(io[i]), w->asked_ns, 5, "sleeper", i);
		worst = max(worst, w->worst_wait_ns);
		sum += w->sum_wait_ns;
		waits += w->waits;
	}
	print_message("waits after waking, of sleepers: %lu us on average, %lu us at most\n",
		      sum / waits / 1000, worst / 1000);
	/* Who runs has the rate limit; other sleepers that woke before have a burst each. */
	assert_true(sum / waits <= MS);
	assert_true(worst <= MS + ARRAY_SIZE(io) * 300 * US);
}

/* One that sleeps and asks for more than its share gets its share, not more. */
static void test_greedy_sleepers(void **state)
{
	u64 before[2];

	begin(1, "credit2", 41);
	add_domain(1, 256, 0, 0);
	add_domain(1, 256, 5 * MS, MS);
	simulate(SEC(1));
	for (unsigned int i = 0; i < 2; i++)
		before[i] = ran_ns(domains[i]);
	simulate(SEC(30));
	for (unsigned int i = 0; i < 2; i++)
		assert_near(ran_ns(domains[i]) - before[i], SEC(15), 50, "domain", i);
}

/* A CPU does not idle while somebody who may run there waits for another. */
static void test_work_conserving(void **state)
{
	u64 idle = 0;

	begin(8, "credit2", 42);
	for (unsigned int i = 0; i < 7; i++)
		add_domain(1, 256, 0, 0);
	for (unsigned int i = 0; i < 30; i++)
		add_domain(1, 256, 300 * US, 2 * MS);
	simulate(SEC(5));
	for (unsigned int cpu = 0; cpu < 8; cpu++)
		idle += sched_idle_time_ns(cpu);
	print_message("idle: %lu permille\n", idle / 40000000);
	assert_true(idle < SEC(5) * 8 / 50);
}

/* How long one that wants nothing but to run may wait: see Documentation/design/scheduling.rst. */
static void check_waits(unsigned int cpus, unsigned int nr, u64 slice_ns)
{
	u64 sum_weights = 0;

	for (unsigned int i = 0; i < nr_domains; i++)
		sum_weights += domains[i]->sched.weight;
	for (unsigned int i = 0; i < nr_domains; i++) {
		struct worker *w = worker_of(domains[i]->vcpu[0]);
		u64 weight = domains[i]->sched.weight;
		u64 bound = 2 * slice_ns * (nr / cpus + sum_weights / cpus / weight + 2);

		if (w->worst_wait_ns > bound)
			print_error("domain %u of weight %lu waited %lu us, bound %lu us\n", i,
				    weight, w->worst_wait_ns / 1000, bound / 1000);
		assert_true(w->worst_wait_ns <= bound);
	}
}

static void test_waits(void **state)
{
	static const unsigned int cpus[] = { 1, 4, 16 };

	for (unsigned int n = 0; n < ARRAY_SIZE(cpus); n++) {
		begin(cpus[n], "credit2", 50 + n);
		for (unsigned int i = 0; i < 10 * cpus[n]; i++)
			add_domain(1, weights[(unsigned int)rand() % 5],
				   i % 3 ? 0 : 3 * MS, i % 3 ? 0 : 3 * MS);
		simulate(SEC(60));
		check_waits(cpus[n], 10 * cpus[n], 10 * MS);
	}
}

/* ---- caps ---- */

static void check_cap(struct domain *d, u64 for_ns)
{
	u64 before = ran_ns(d);

	simulate(for_ns);
	assert_near(ran_ns(d) - before, for_ns / 100 * d->sched.cap, 20, "cap", d->sched.cap);
}

static void test_caps_alone(void **state)
{
	static const u16 caps[] = { 1, 7, 25, 50, 99 };

	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++) {
		struct domain *d;

		begin(2, "credit2", 60 + i);
		d = add_domain(1, 256, 0, 0);
		set_params(d, 0, caps[i]);
		simulate(SEC(1));
		check_cap(d, SEC(10));
	}
}

static void test_caps_many_vcpus(void **state)
{
	static const u16 caps[] = { 10, 150, 333 };

	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++) {
		struct domain *d;

		begin(8, "credit2", 70 + i);
		d = add_domain(4, 256, 0, 0);
		set_params(d, 0, caps[i]);
		for (unsigned int j = 0; j < 8; j++)
			add_domain(1, 128, 500 * US, 2 * MS);
		simulate(SEC(1));
		check_cap(d, SEC(10));
	}
}

/* Under load, and one that also sleeps; what the capped leave goes to the others. */
static void test_caps_under_load(void **state)
{
	struct domain *capped, *sleeper, *hog;
	u64 before;

	begin(1, "credit2", 80);
	capped = add_domain(1, 512, 0, 0);
	sleeper = add_domain(1, 512, MS, MS / 2);
	hog = add_domain(1, 256, 0, 0);
	set_params(capped, 0, 20);
	set_params(sleeper, 0, 30);
	simulate(SEC(1));
	before = ran_ns(hog);
	check_cap(capped, SEC(10));
	check_cap(sleeper, SEC(10));
	assert_near(ran_ns(hog) - before, SEC(10), 20, "the rest", 50);
	/* Lifted. */
	set_params(capped, 256, 0);
	set_params(sleeper, 256, 0);
	simulate(SEC(1));
	before = ran_ns(capped);
	simulate(SEC(10));
	assert_near(ran_ns(capped) - before, SEC(10) / 3, 20, "cap lifted", 0);
}

/* ---- everything at once ---- */

/* Invariants of sched.c, with nothing under way. */
static void check_settled(void)
{
	unsigned int waiting[MACHINE_CPUS] = { 0 };

	machine[stub_cpu].running = current;
	for (unsigned int i = 0; i < nr_workers; i++) {
		struct vcpu *v = workers[i].v;
		unsigned int cpu = v->processor;
		bool runs = machine[cpu].running == v;

		assert_false(v->sched.in_transit);
		assert_int_equal(runs, is_sched_current(v));
		assert_int_equal(runs, v->is_running);
		assert_false(runs && v->sched.queued);
		assert_int_equal(vcpu_runnable(v), runs || v->sched.queued);
		assert_true(!vcpu_runnable(v) || sched_may_run(v, cpu));
		assert_true(v->sched.queued || !v->sched.credit2.parked);
		waiting[cpu] += v->sched.queued && !v->sched.credit2.parked;
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		bool idle = is_idle_vcpu(machine[cpu].running);

		assert_int_equal(sched_cpus[cpu]->nr_waiting, waiting[cpu]);
		assert_false(idle && waiting[cpu]);
		assert_true(idle || test_bit(cpu, &sched_pool_cpus));
	}
}

static void random_mask(cpumask_t *mask)
{
	cpumask_clear(mask);
	mask->bits[0] = rand() % 4 ? (u64)rand() : ~0UL;
}

static struct worker *paused[16];
static struct domain *paused_domain;

static void disturb(void)
{
	struct worker *w = &workers[(unsigned int)rand() % nr_workers];
	unsigned int cpu = (unsigned int)rand() % nr_cpus, slot = (unsigned int)rand() % 16;
	struct domain *d = w->v->domain;
	cpumask_t mask;
	int rc;

	machine_cpu((unsigned int)rand() % nr_cpus);
	switch (rand() % 8) {
	case 0:
		random_mask(&mask);
		rc = vcpu_set_hard_affinity(w->v, &mask);
		assert_true(rc == 0 || rc == -EINVAL || rc == -EBUSY);
		break;
	case 1:
		random_mask(&mask);
		assert_int_equal(vcpu_set_soft_affinity(w->v, &mask), 0);
		break;
	case 2:
		if (paused[slot])
			vcpu_unpause(paused[slot]->v);
		else
			vcpu_pause_nosync(w->v);
		paused[slot] = paused[slot] ? NULL : w;
		break;
	case 3:
		if (paused_domain)
			assert_int_equal(domain_unpause_by_controller(paused_domain), 0);
		else
			domain_pause_nosync(d);
		if (!paused_domain)
			d->controller_pauses = 1;
		paused_domain = paused_domain ? NULL : d;
		break;
	case 4:
		if (test_bit(cpu, &sched_pool_cpus)) {
			rc = sched_cpu_down(cpu);
			machine_settle();
			if (rc == -EAGAIN)
				assert_int_equal(sched_cpu_down(cpu), 0);
			else
				assert_true(rc == 0 || rc == -EBUSY);
		} else {
			sched_cpu_up(cpu);
		}
		break;
	case 5:
		set_params(d, (u16)(1 + rand() % 2000), rand() % 3 ? 0 : (u16)(1 + rand() % 200));
		break;
	case 6:
		if (!is_idle_vcpu(current)) {
			rc = vcpu_bind_current(rand() % 2 ? -1 : rand() % (int)nr_cpus);
			assert_true(rc == 0 || rc == -EBUSY || rc == -EINVAL);
		}
		break;
	case 7:
		if (!is_idle_vcpu(current))
			vcpu_yield();
	}
}

static void test_disturbed(void **state)
{
	for (unsigned int seed = 1; seed <= 6; seed++) {
		begin(2 + seed, "credit2", 100 + seed);
		memset(paused, 0, sizeof(paused));
		paused_domain = NULL;
		for (unsigned int i = 0; i < 20; i++)
			add_domain(1 + i % 4, weights[i % 5], i % 3 ? 0 : 200 * US, i % 3 ? 0 : MS);
		for (unsigned int i = 0; i < 4000; i++) {
			disturb();
			simulate(about(200 * US));
			check_settled();
			(void)ran_ns(domains[(unsigned int)rand() % nr_domains]);
		}
	}
}

/* ---- cost ---- */

static u64 turns(void)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < nr_workers; i++)
		sum += workers[i].waits;
	return sum;
}

/* Basic blocks of the scheduler's per wake-up or switch, on one CPU that @nr compete for. */
static u64 cost_of_decision(unsigned int nr)
{
	begin(1, "credit2", 90);
	for (unsigned int i = 0; i < nr; i++)
		add_domain(1, weights[i % 5], i % 2 ? 0 : 2 * MS, i % 2 ? 0 : 2 * MS);
	simulate(SEC(2));
	steps = wakes = 0;
	wakes -= turns();
	simulate(SEC(20));
	return steps / (wakes + turns());
}

static void test_cost(void **state)
{
	u64 few = cost_of_decision(100), many = cost_of_decision(10000);

	print_message("basic blocks per decision: %lu among 100, %lu among 10000\n", few, many);
	assert_true(many <= 2 * few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_one_cpu),
		cmocka_unit_test(test_shares_extremes),
		cmocka_unit_test(test_shares_many_cpus),
		cmocka_unit_test(test_shares_one_too_many),
		cmocka_unit_test(test_shares_thousands),
		cmocka_unit_test(test_sleepers_among_hogs),
		cmocka_unit_test(test_greedy_sleepers),
		cmocka_unit_test(test_work_conserving),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_caps_alone),
		cmocka_unit_test(test_caps_many_vcpus),
		cmocka_unit_test(test_caps_under_load),
		cmocka_unit_test(test_disturbed),
		cmocka_unit_test(test_cost),
	};

	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	machine_free();
	return rc;
}
